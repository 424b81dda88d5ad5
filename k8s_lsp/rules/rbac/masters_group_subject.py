"""A role is bound to the group system:masters.

The API server lets members of system:masters do everything before it asks RBAC or any webhook.
So the binding gives them nothing that they do not have, and deleting it takes nothing away.

It shows, though, that somebody counts on the group as if it were one of their own. Credentials
in system:masters, mostly client certificates, cannot be restricted and are valid until they
expire: whoever copies one has the cluster for as long.

Bind a group of your own instead, issue credentials for that, and keep those of system:masters
for emergencies. The default binding of cluster-admin to the group is not reported.
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
def masters_group_subject(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for binding, subject in added_subjects(obj, context.version):
        if (subject.kind, subject.name) == ("Group", "system:masters"):
            yield found(
                subject.field,
                f"{binding.title} must not bind system:masters: "
                "the group may do everything without RBAC, so this has no effect",
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: operators
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:masters
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: operators
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: example:operators
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",)

BENCHMARKS = ("CIS 5.1.7",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0123",),
    "Kubescape": ("C-0246",),
    "Kyverno": ("restrict-binding-system-groups",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.kind == 'Group' && item.name == 'system:masters'",
            "variables.title + ' must not bind system:masters: "
            "the group may do everything without RBAC, so this has no effect'",
            items="variables.added",
        ),
    ),
    variables=ADDED_SUBJECTS,
)
