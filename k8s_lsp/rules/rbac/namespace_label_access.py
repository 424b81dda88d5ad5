"""A role lets its subjects change the labels of namespaces.

What Pod Security demands in a namespace stands in its labels. Who may patch or update the
namespace takes them off, and privileged pods are allowed. Network policies and admission
webhooks choose namespaces by label as well, so the same right opens ways that were closed.

It counts in a Role too: a request for one namespace is authorised within that namespace, so a
RoleBinding there is enough.

Programs that create namespaces for tenants need it, people who work inside one do not. What
breaks are tools that label or annotate namespaces, among them service meshes that switch
injection on, with "cannot patch resource namespaces". Let whoever creates the namespace set
the labels, or allow only some of them to change with an admission policy.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import LABELLING
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def namespace_label_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in policy.grants(*LABELLING):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, "
                "which takes off the labels that Pod Security goes by",
                severity=policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: tenant
rules:
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get, list, patch]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: tenant
rules:
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get, list]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification",
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
)

WEAKNESSES = ("CWE-266",)

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(grant, variables.title + ' must not grant ' +\n"
            "    grant.verbs.join(', ') + ' on ' + grant.resource +\n"
            "    ', which takes off the labels that Pod Security goes by'"
            ").join('; ')",
            items="variables.grants",
        ),
    ),
    variables=grants("grants", *LABELLING),
)
