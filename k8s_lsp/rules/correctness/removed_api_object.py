"""A manifest relies on PodSecurityPolicy, which is gone.

Kubernetes 1.25 removed PodSecurityPolicy. A policy that is still in the repository looks like
protection and gives none: the API server does not know its kind, and the rest of the release
may be installed without it. A role that grants `use` on policies grants nothing.

Label the namespaces for Pod Security Admission instead, or write the rule as a
ValidatingAdmissionPolicy or for Kyverno or Gatekeeper. Policies also set defaults in pods, such
as a seccomp profile or dropped capabilities; the new ones only refuse, so the workloads have to
say these things themselves. For clusters older than 1.25, set their version in the settings.

Nothing is said of what a chart writes only after it has asked the cluster, in a condition with
`.Capabilities`: it keeps the policy for those that still know it.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import GROUP, ROLES
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.syntax.branches import conditions_around

_REMOVED = Version(1, 25)

_GROUPS = ("policy", "extensions")
"""The API groups that served PodSecurityPolicy."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES | {"PodSecurityPolicy"},
)
def removed_api_object(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if context.version < _REMOVED:
        return
    if obj.kind == "PodSecurityPolicy" and obj.group in _GROUPS:
        kind = obj.get("kind")
        if kind.present and not _asks_cluster(obj, kind):
            yield found(
                kind, f"PodSecurityPolicy protects nothing: Kubernetes {_REMOVED} removed it"
            )
    elif obj.kind in ROLES and obj.group == GROUP:
        for policy in obj.get("rules").items():
            groups = {item.text for item in policy.get("apiGroups").items()}
            verbs = {item.text for item in policy.get("verbs").items()}
            if not groups & {*_GROUPS, "*"} or not verbs & {"use", "*"}:
                continue
            for resource in policy.get("resources").items():
                if resource.text == "podsecuritypolicies" and not _asks_cluster(obj, resource):
                    yield found(
                        resource,
                        "rule must not grant the use of podsecuritypolicies: Kubernetes "
                        f"{_REMOVED} removed them",
                    )


def _asks_cluster(obj: KubeObject, field: Field) -> bool:
    """Whether a template writes a field only for clusters that it has asked what they know.

    Source: helm.sh, "Built-in Objects" (`Capabilities.APIVersions`, `Capabilities.KubeVersion`).
    """
    if "{{" not in obj.text:
        return False
    return any(".Capabilities" in each for each in conditions_around(obj.text, field.span.start))


BAD = """\
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata:
  name: web
spec:
  privileged: false
"""

GOOD = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-policy/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/",
)

ADMISSION = Admission(
    (
        Violation(
            "object",
            """
            variables.minor >= 25 &&
              item.?apiGroups.orValue([]).exists(each, each in ["policy", "extensions", "*"]) &&
              item.?verbs.orValue([]).exists(each, each in ["use", "*"]) &&
              "podsecuritypolicies" in item.?resources.orValue([])
            """,
            """
            'rule must not grant the use of podsecuritypolicies: ' +
              'Kubernetes 1.25 removed them'
            """,
            items="variables.rules",
        ),
    )
)
