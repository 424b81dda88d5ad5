"""A role is bound to a ServiceAccount called default.

Every pod that names no ServiceAccount runs as the `default` one of its namespace. A role that
is bound to it therefore belongs to every such pod, those that are added later included: the
web server with the old library has the rights of the controller beside it.

Make a ServiceAccount for the program that needs the role, name it in the pod's
serviceAccountName, and bind that one.

What breaks are pods that lived on this binding without anybody knowing. They log "forbidden"
with `system:serviceaccount:<namespace>:default` as the user, so you can find them before you
remove it: look for that user in the audit log.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import BINDINGS, added_subjects
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import ADDED_SUBJECTS


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=BINDINGS,
)
def default_service_account_binding(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for binding, subject in added_subjects(obj, context.version):
        account = subject.account
        if account is not None and account.name == "default":
            yield found(
                subject.field,
                f'{binding.title} must not bind the ServiceAccount "default": '
                "every pod that names none has the role",
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: leader-election
  namespace: web
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: leader-election
subjects:
  - kind: ServiceAccount
    name: default
    namespace: web
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: leader-election
  namespace: web
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: leader-election
subjects:
  - kind: ServiceAccount
    name: controller
    namespace: web
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#service-account-permissions",
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)

BENCHMARKS = ("CIS 5.1.5",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_42",),
    "KICS": ("Role Binding To Default Service Account",),
    "Kubescape": ("C-0189",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.kind == 'ServiceAccount' && item.name == 'default' ||\n"
            "    item.kind == 'User' && item.name.startsWith('system:serviceaccount:') &&\n"
            "      item.name.split(':').size() == 4 && item.name.endsWith(':default')",
            'variables.title + \' must not bind the ServiceAccount "default": '
            "every pod that names none has the role'",
            items="variables.added",
        ),
    ),
    variables=ADDED_SUBJECTS,
)
