"""A role is bound to requests without any credential.

A request that carries no credential comes from the user system:anonymous in the group
system:unauthenticated. Bound to one of them, a role belongs to everybody who reaches the API
server's port: on a public address that is the whole Internet, and inside it is every pod.

Such bindings are usually made to silence a "forbidden" for a while. They are found by scanning,
and they have been used to put miners into clusters, and to stay there.

What Kubernetes binds by itself is not reported: version and health information, the public
keys for ServiceAccount tokens, and kubeadm's cluster-info. Before you remove the binding, look
in the audit log for what uses it, such as load balancers that probe a path, and give those an
identity.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import BINDINGS, added_subjects
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import ADDED_SUBJECTS

_ANONYMOUS = frozenset((("User", "system:anonymous"), ("Group", "system:unauthenticated")))


@rule(
    severity="error",
    subject=OBJECT,
    kinds=BINDINGS,
)
def anonymous_subject(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for binding, subject in added_subjects(obj, context.version):
        if (subject.kind, subject.name) in _ANONYMOUS:
            yield found(
                subject.field,
                f"{binding.title} must not bind {subject.name}: "
                "whoever reaches the API server has the role, without any credential",
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: dashboard
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: User
    name: system:anonymous
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: dashboard
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: example:dashboard-readers
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#hardening",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles",
    "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
)

WEAKNESSES = ("CWE-306",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0122",),
    "kubesec": ("BindingsToSystemAnonymous",),
    "Kubescape": ("C-0262",),
    "Kyverno": ("restrict-binding-system-groups",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.kind == 'User' && item.name == 'system:anonymous' ||\n"
            "    item.kind == 'Group' && item.name == 'system:unauthenticated'",
            "variables.title + ' must not bind ' + item.name + "
            "': whoever reaches the API server has the role, without any credential'",
            items="variables.added",
        ),
    ),
    variables=ADDED_SUBJECTS,
)
