"""A role lets its subjects write Secrets.

Create is more than it seems. A Secret of the type kubernetes.io/service-account-token that names
an account is filled with a token of this account by the control plane, whichever account of the
namespace it is, and the token does not expire. Who can also read the Secret, or mount it in a pod,
is that account from then on. In kube-system, which a ClusterRole that is bound cluster-wide
reaches, these are the controllers of Kubernetes, among them one that may change every role. A role
that can do neither gets no token out, and only plants what others may take for theirs: that is for
your information.

Update and patch replace what others put there: the password of a database, the key of a
certificate, the address and the login of a registry, the keys that a program trusts. Programs that
follow the Secret take the new value at once.

Many operators write Secrets, because they make certificates or passwords. Give them a Role in the
namespaces where they do, and name what they update with resourceNames, of which nothing is said.
Create cannot be narrowed that way, so let somebody else create an empty Secret, or keep what may do
so in a namespace without accounts that are worth something. What breaks otherwise shows up as
"cannot create resource secrets".
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, PolicyRule, grants_any, policy_rules
from k8s_lsp.kubernetes.rbac_powers import (
    SECRET_READING,
    SECRET_WRITING,
    WORKLOAD_CREATION,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import gives_any, grants, joined


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def secret_write_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    accounts = "any account of its namespace"
    if obj.kind == "ClusterRole":
        accounts = "any account in reach"
    elif obj.namespace == "kube-system":
        accounts = "the controllers of Kubernetes"
    policies = policy_rules(obj)
    for policy in policies:
        for grant in () if policy.is_narrow else policy.grants(*SECRET_WRITING):
            effect, severity = "which replaces what other programs rely on", policy.severity
            if grant.creates and _reaches_new(policies):
                effect = f"which makes tokens of {accounts}"
            elif grant.verbs == ("create",):
                effect, severity = "which plants what others may take for theirs", "information"
            yield found(
                grant.item, f"{policy.role} must not grant {grant}, {effect}", severity=severity
            )


def _reaches_new(policies: tuple[PolicyRule, ...]) -> bool:
    """Whether a role reads the Secrets that it creates, or mounts them in pods of its own."""
    return grants_any(policies, *SECRET_READING, *WORKLOAD_CREATION)


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: writer
rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [create, update]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: writer
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [create, update]
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller",
    "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {"Trivy": ("KSV-0113",)}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.exists(grant, variables.isClusterRole || !grant.isNamed)",
            "item.filter(grant, variables.isClusterRole || !grant.isNamed).map(grant,\n"
            "    variables.title + ' must not grant ' + grant.verbs.join(', ') + ' on ' +\n"
            "    grant.resource + (variables.reachesNew && !grant.isNamed &&\n"
            "      ('*' in grant.verbs || 'create' in grant.verbs)\n"
            "        ? ', which makes tokens of ' + (variables.isClusterRole\n"
            "          ? 'any account in reach'\n"
            "          : object.metadata[?'namespace'].orValue('') == 'kube-system'\n"
            "          ? 'the controllers of Kubernetes' : 'any account of its namespace')\n"
            "        : grant.verbs == ['create']\n"
            "        ? ', which plants what others may take for theirs'\n"
            "        : ', which replaces what other programs rely on')).join('; ')",
            items="variables.grants",
        ),
    ),
    variables=joined(
        grants("grants", *SECRET_WRITING),
        gives_any("reachesNew", *SECRET_READING, *WORKLOAD_CREATION),
    ),
)
