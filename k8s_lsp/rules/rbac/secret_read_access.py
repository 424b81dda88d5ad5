"""A role lets its subjects read Secrets.

Not only get shows what a Secret holds: list and watch answer with the whole objects, values
included. Among them are database passwords, registry logins, certificates with their keys and
long-lived tokens of ServiceAccounts that may do more than the reader.

In a ClusterRole that is bound cluster-wide this reaches kube-system too, and from there it is
a short way to the whole cluster.

Most programs do not need it: a pod gets its Secrets mounted by the kubelet, without any right
of its own. A controller that does read some should name them with resourceNames, in a Role of
their namespace, of which nothing is said. That works for get; list and watch then have to ask for a
single name.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import SECRET_READING
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def secret_read_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in () if policy.is_narrow else policy.grants(*SECRET_READING):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which shows what the Secrets hold",
                severity=policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [get, list]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [get, list]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
)

BENCHMARKS = ("CIS 5.1.2",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV2_K8S_5",),
    "Trivy": ("KSV-0041", "KSV-0113"),
    "kube-linter": ("access-to-secrets",),
    "KICS": (
        "RBAC Roles with Read Secrets Permissions",
        "ServiceAccount Allows Access Secrets",
    ),
    "Kubescape": ("C-0015", "C-0186"),
    "Kyverno": ("restrict-secret-role-verbs",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.exists(grant, variables.isClusterRole || !grant.isNamed)",
            "item.filter(grant, variables.isClusterRole || !grant.isNamed).map(grant,\n"
            "    variables.title + ' must not grant ' +\n"
            "    grant.verbs.join(', ') + ' on ' + grant.resource +\n"
            "    ', which shows what the Secrets hold'"
            ").join('; ')",
            items="variables.grants",
        ),
    ),
    variables=grants("grants", *SECRET_READING),
)
