"""A role lets its subjects approve or sign certificates.

A client certificate carries a user name and groups, and the API server believes it. Who may
approve requests for the signer kubernetes.io/kube-apiserver-client can have one made out to
any user, the components of the control plane included, and Kubernetes cannot revoke a
certificate before it expires.

Approving takes two rights: update or patch on certificatesigningrequests/approval, and approve
on the signer. The verb sign lets a controller put the certificate into the request; to make
one that the API server believes it also needs the key of that authority. With resourceNames
that name a signer of your own, whose certificates the API server does not accept, it is for
your information only.

Keep it to the controller that does this and to the people who run the cluster. What breaks is
`kubectl certificate approve`, or the controller, with "not permitted to approve requests".
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, PolicyRule, policy_rules
from k8s_lsp.kubernetes.rbac_powers import CSR_APPROVAL
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants
from k8s_lsp.settings import Severity

_CLIENT_SIGNERS = frozenset(
    (
        "kubernetes.io/kube-apiserver-client",
        "kubernetes.io/kube-apiserver-client-kubelet",
        "kubernetes.io/*",
    )
)
"""The signers whose certificates the API server believes; the domain may stand for all of its own
(kubernetes, plugin/pkg/admission/certificates/util.go, IsAuthorizedForSignerName)."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def csr_approval_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in policy.grants(*CSR_APPROVAL):
            effect = "which lets certificates be made for the names of others"
            if grant.verbs == ("sign",):
                effect = "which decides what certificates others get"
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, {effect}",
                severity=_severity(policy),
            )


def _severity(policy: PolicyRule) -> Severity | None:
    """Names make it less grave, unless one is a signer of client certificates."""
    names = (item.string for item in policy.field.get("resourceNames").items())
    return None if any(name in _CLIENT_SIGNERS for name in names) else policy.severity


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: certificates
rules:
  - apiGroups: [certificates.k8s.io]
    resources: [certificatesigningrequests, certificatesigningrequests/approval]
    verbs: [get, list, update]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: certificates
rules:
  - apiGroups: [certificates.k8s.io]
    resources: [certificatesigningrequests]
    verbs: [get, list, update]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing",
    "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
)

BENCHMARKS = ("CIS 5.1.11",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_156",),
    "Kubescape": ("C-0280",),
    "Kyverno": ("restrict-clusterrole-csr",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(grant, variables.title + ' must not grant ' +\n"
            "    grant.verbs.join(', ') + ' on ' + grant.resource +\n"
            "    (grant.verbs == ['sign'] ? ', which decides what certificates others get'\n"
            "      : ', which lets certificates be made for the names of others')"
            ").join('; ')",
            items="variables.grants",
        ),
    ),
    variables=grants("grants", *CSR_APPROVAL),
)
