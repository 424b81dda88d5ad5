"""A role is bound to everybody who has signed in, or to all ServiceAccounts.

system:authenticated holds every user and every ServiceAccount, those of later tenants and of pods
that are broken into too. On some managed services it is wider still: on
Google's, anyone with a Google account counts as authenticated. system:serviceaccounts holds
every pod that has a token; `system:serviceaccounts:<namespace>` those of one namespace, which
is for your information only.

Such a binding turns one stolen token, of whatever account, into the bound role.

Bind the groups and ServiceAccounts that need it. To find out who they are, look in the audit
log for requests that this binding allowed: the reason that is written there names it. The
default bindings, such as the one of system:discovery, are not reported.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import BINDINGS, Binding, Subject, added_subjects
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import ADDED_SUBJECTS

_ACCOUNTS = "system:serviceaccounts"


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=BINDINGS,
)
def authenticated_group_subject(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for binding, subject in added_subjects(obj, context.version):
        if subject.kind == "Group":
            yield from _judged(binding, subject)


def _judged(binding: Binding, subject: Subject) -> Iterator[Finding]:
    message = f"{binding.title} must not bind {subject.name}: "
    if subject.name == "system:authenticated":
        yield found(subject.field, message + "every user and every ServiceAccount has the role")
    elif subject.name == _ACCOUNTS:
        yield found(subject.field, message + "every ServiceAccount of the cluster has the role")
    elif subject.name.startswith(f"{_ACCOUNTS}:"):
        yield found(
            subject.field,
            message + "every ServiceAccount of that namespace has the role",
            severity="information",
        )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: readers
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:authenticated
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: readers
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: example:readers
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#service-account-permissions",
)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Trivy": ("KSV-01011",),
    "Kubescape": ("C-0265",),
    "Kyverno": ("restrict-binding-system-groups",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.kind == 'Group' && (item.name == 'system:authenticated' ||\n"
            "    item.name == 'system:serviceaccounts' ||\n"
            "    item.name.startsWith('system:serviceaccounts:'))",
            "variables.title + ' must not bind ' + item.name + ': ' +\n"
            "    (item.name == 'system:authenticated'\n"
            "      ? 'every user and every ServiceAccount has the role'\n"
            "      : 'every ServiceAccount of ' + (item.name == 'system:serviceaccounts'\n"
            "        ? 'the cluster' : 'that namespace') + ' has the role')",
            items="variables.added",
        ),
    ),
    variables=ADDED_SUBJECTS,
)
