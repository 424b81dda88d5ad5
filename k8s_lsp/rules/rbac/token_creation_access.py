"""A role lets its subjects make tokens for ServiceAccounts.

Create on serviceaccounts/token gives out a token of any ServiceAccount in reach, and with it
all that this account may do. That holds wherever its tokens are trusted, in a cloud provider's
identity service for instance. In a ClusterRole that is bound cluster-wide, the accounts of
kube-system are in reach.

The token needs no pod, works from anywhere that reaches the API server, and stays valid until
it expires, even after the right was taken away.

Operators that sign in elsewhere for others need this. Name their accounts with resourceNames, in a
Role of their namespace, of which nothing is said: the request carries the account's name, so that
works here although it does not for other create rights. What breaks shows up as "cannot create
resource serviceaccounts/token".
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import TOKEN_CREATION
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def token_creation_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in () if policy.is_narrow else policy.grants(*TOKEN_CREATION):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which makes tokens of other accounts",
                severity=policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: secrets-operator
rules:
  - apiGroups: [""]
    resources: [serviceaccounts, serviceaccounts/token]
    verbs: [get, create]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: secrets-operator
rules:
  - apiGroups: [""]
    resources: [serviceaccounts]
    verbs: [get, create]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request",
    "https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/",
)

BENCHMARKS = ("CIS 5.1.13",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {"Kubescape": ("C-0282",)}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.exists(grant, variables.isClusterRole || !grant.isNamed)",
            "item.filter(grant, variables.isClusterRole || !grant.isNamed).map(grant,\n"
            "    variables.title + ' must not grant ' +\n"
            "    grant.verbs.join(', ') + ' on ' + grant.resource +\n"
            "    ', which makes tokens of other accounts'"
            ").join('; ')",
            items="variables.grants",
        ),
    ),
    variables=grants("grants", *TOKEN_CREATION),
)
