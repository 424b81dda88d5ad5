"""A role lets its subjects change admission.

Everything that is written to the API server passes the admission webhooks and policies. Who
adds a webhook sees those objects whole, Secrets included; who adds a mutating one changes
them on their way, and puts a container into everybody's pods. Who deletes or narrows one takes
away a check that others rely on, a policy engine's for instance.

The installers of service meshes, policy engines and certificate managers ask for this right, often
to keep the CA bundle of their own webhook up to date. For that update and patch with resourceNames
are enough, of which nothing is said; create cannot be narrowed by name, so let the webhook be
installed together with the rest.

What breaks shows up in the program's log as "forbidden"; a webhook whose CA bundle is not
renewed fails later, when its certificate changes.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import ADMISSION_CONTROL
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import single_grants


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def webhook_control_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        # Who names its own webhooks can neither add one nor touch those of others.
        grant = None if policy.is_named else policy.grant(*ADMISSION_CONTROL)
        if grant is not None:
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, "
                "which decides what the API server accepts and who sees it",
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: injector
rules:
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations]
    verbs: [get, list, create, delete]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: injector
rules:
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations]
    verbs: [get, list]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
    "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
)

BENCHMARKS = ("CIS 5.1.12",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_155",),
    "Trivy": ("KSV-0114",),
    "Kubescape": ("C-0281",),
    "Kyverno": ("restrict-clusterrole-mutating-validating-admission-webhooks",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "!item.isNamed",
            "variables.title + ' must not grant ' + item.verbs.join(', ') + ' on ' +\n"
            "    item.resources.join(', ') +\n"
            "    ', which decides what the API server accepts and who sees it'",
            items="variables.grants",
        ),
    ),
    variables=single_grants("grants", *ADMISSION_CONTROL),
)
