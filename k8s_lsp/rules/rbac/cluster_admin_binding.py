"""Somebody is made cluster-admin.

cluster-admin may do everything: read every Secret, run anything on every node, change who may
do what. Bound by a ClusterRoleBinding it covers the cluster; bound by a RoleBinding all that
is in one namespace, its Secrets and RoleBindings, and the namespace itself.

If the subject is a ServiceAccount, that power lies as a file in each of its pods: one hole in
the program, one `kubectl exec`, and the cluster belongs to somebody else. If it is a person,
a lost laptop is enough.

Give a role that says what is needed: `view`, `edit` or `admin` in a namespace, or one of your
own. The reference of a binding cannot be changed afterwards, so the binding has to be deleted
and made anew. What was forgotten shows up as "forbidden" with the missing verb and resource.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import BINDINGS, binding_of
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import ADDED_SUBJECTS


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=BINDINGS,
)
def cluster_admin_binding(obj: KubeObject, context: Context) -> Iterator[Finding]:
    binding = binding_of(obj)
    if binding is None or not binding.gives("ClusterRole", "cluster-admin"):
        return
    if binding.subjects and all(
        binding.is_default(subject, context.version) for subject in binding.subjects
    ):
        return
    reach = "the whole cluster" if binding.is_cluster_binding else "everything in the namespace"
    yield found(
        binding.role_name,
        f"{binding.title} must not bind cluster-admin, which controls {reach}",
    )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: dashboard
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: dashboard
    namespace: tools
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
  - kind: ServiceAccount
    name: dashboard
    namespace: tools
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
)

BENCHMARKS = ("CIS 5.1.1",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0111",),
    "kube-linter": ("cluster-admin-role-binding",),
    "Polaris": (
        "clusterrolebindingClusterAdmin",
        "rolebindingClusterAdminClusterRole",
        "rolebindingClusterAdminRole",
    ),
    "KICS": ("Cluster Admin Rolebinding With Superuser Permissions",),
    "Kubescape": ("C-0035", "C-0185"),
    "Kyverno": ("restrict-binding-clusteradmin",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.roleRef.kind == 'ClusterRole' && object.roleRef.name == 'cluster-admin' &&\n"
            "    (object.?subjects.orValue([]).size() == 0 || variables.added.size() > 0)",
            "variables.title + ' must not bind cluster-admin, which controls ' +\n"
            "    (object.kind == 'ClusterRoleBinding'\n"
            "      ? 'the whole cluster' : 'everything in the namespace')",
        ),
    ),
    variables=ADDED_SUBJECTS,
)
