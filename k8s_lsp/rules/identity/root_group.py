"""A container is told to run in the group root.

Files that belong to root are often open to their group as well: configuration and keys of the
image, sockets and directories of the node on a hostPath volume. Group 0 opens them to a process
that is not root otherwise. Pod Security does not look at groups.

Some images want it: those made for OpenShift, where the user id is arbitrary, give their files
to group 0 on purpose. There it does little harm. Otherwise set the group that owns the
program's files (`id` in the running container, `ls -ln` on its directories). Nothing is said where
the user is root by its number as well: root-user says so, and the group adds nothing. To leave the
field out is not enough: without one, and without a group in the image, it is 0 again. What breaks
says "permission denied" when it opens a file; `fsGroup` hands over volumes.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule


@rule(
    severity="information",
    subject=POD,
    requires_any_of=("runAsGroup",),
)
def root_group(pod: Pod, context: Context) -> Iterator[Finding]:
    owners: tuple[Pod | Container, ...] = (pod, *pod.containers)
    for owner in owners:
        group = owner.security("runAsGroup")
        if group.integer == 0:
            members = pod.inheriting("runAsGroup") if isinstance(owner, Pod) else (owner,)
            # In values and in custom resources the containers of a pod may stand elsewhere.
            if all(map(_is_root, members)) if members else _is_told_root(owner):
                continue
            yield found(
                group,
                f"{owner} must not set securityContext.runAsGroup to 0",
                affected=members if isinstance(owner, Pod) else (),
            )


def _is_root(container: Container) -> bool:
    """Whether a container is told to be root, to which every group is open."""
    return container.effective("runAsUser").field.integer == 0


def _is_told_root(owner: Pod | Container) -> bool:
    """Whether root is told beside the group, for whoever takes both from there."""
    return owner.security("runAsUser").integer == 0


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsUser: 10001
    runAsGroup: 0
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsUser: 10001
    runAsGroup: 10001
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0116",),
    "Kyverno": ("require-non-root-groups",),
    "Monokle": ("KBP109",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            """
            owner.securityContext.?runAsGroup.orValue(-1) == 0 && !(owner.type == "pod"
              ? (variables.heirs.size() > 0
                  ? variables.heirs.all(each, each in variables.roots)
                  : variables.pod.securityContext.?runAsUser.orValue(-1) == 0)
              : owner in variables.roots)
            """,
            "owner.title + ' must not set securityContext.runAsGroup to 0'",
        ),
    ),
    variables=(
        (
            "heirs",
            "variables.containers.filter(each, !has(each.securityContext.runAsGroup))",
        ),
        (
            "roots",
            """
            variables.containers.filter(each, each.securityContext.?runAsUser
              .or(variables.pod.securityContext.?runAsUser).orValue(-1) == 0)
            """,
        ),
    ),
)
