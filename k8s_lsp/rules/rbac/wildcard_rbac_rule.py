"""A role grants with a wildcard.

A `*` stands for everything that exists and for everything that will exist: each new custom
resource, each subresource and each verb that Kubernetes or an add-on invents later is granted
at once, without anybody reading the role again. Among the verbs are escalate, bind and
impersonate, among the resources Secrets, pods/exec and serviceaccounts/token.

Whoever takes over a subject of the role, often one pod with a mounted token, needs nothing
more: with `*` on `*` in all API groups it is cluster-admin under another name.

To replace it you have to know what the subject asks for. The API server's audit log tells
which verbs and resources it used, and `kubectl auth can-i --list --as=…` what it may do now.
What you forget shows up as "forbidden", with the verb, the resource and the API group.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, PolicyRule, policy_rules
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.settings import Severity


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
    silences={
        "secret-read-access": "item",
        "pod-exec-access": "item",
        "workload-creation-access": "item",
        "impersonate-access": "item",
        "rbac-escalation-access": "item",
        "csr-approval-access": "item",
        "webhook-control-access": "item",
        "node-proxy-access": "item",
        "token-creation-access": "item",
        "persistent-volume-creation-access": "item",
        "namespace-label-access": "item",
    },
)
def wildcard_rbac_rule(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        broad = [
            *_wildcards(policy, policy.verbs, "verbs", ("*",)),
            *_wildcards(policy, policy.resources, "resources", ("*",)),
            *(
                _wildcards(policy, policy.urls, "URLs", ("*", "/*"))
                if policy.is_cluster_role
                else ()
            ),
        ]
        # Without another wildcard, a group's `*` only adds resources of the same names.
        yield from broad or _wildcards(policy, policy.groups, "API groups", ("*",), "information")


def _wildcards(
    policy: PolicyRule,
    items: tuple[Field, ...],
    what: str,
    wildcards: tuple[str, ...],
    severity: Severity | None = None,
) -> Iterator[Finding]:
    for item in items:
        text = item.string or ""
        if text in wildcards or (text.startswith("*/") and text != "*/*"):
            yield found(
                item,
                f'{policy.role} must name the {what} that it grants instead of "{text}"',
                severity=severity or policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: deployer
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: ["*"]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: deployer
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [get, list, watch, update, patch]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
)

BENCHMARKS = ("CIS 5.1.3",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_49",),
    "Trivy": ("KSV-0044", "KSV-0045", "KSV-0046", "KSV-0112"),
    "kube-linter": ("wildcard-in-rules",),
    "KICS": ("RBAC Wildcard In Rule",),
    "Kubescape": ("C-0187",),
    "Kyverno": ("restrict-wildcard-verbs", "restrict-wildcard-resources"),
}
