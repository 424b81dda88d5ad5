"""A container runs with a user id below 10000.

Linux knows users by their number. Without a user namespace, user 1000 of the container is user
1000 of the node, often the first person who got an account there, and lower numbers belong to
its services. A process that breaks out of the container, or reaches a directory of the node,
owns the files of that user.

The number 10000 is a convention, no border of the kernel, and clusters that hand out user ids
themselves (OpenShift) want the field left out. The image's files may belong to the old number:
build it for the new one, or give the files to a group (`ls -ln` shows the owners). What breaks
says "permission denied", or cannot find its user in /etc/passwd. With `hostUsers: false` the
numbers of the pod are nobody's on the node, and the rule keeps silent.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule

_LOWEST = 10_000
"""Above what Linux distributions give to people and services; the number that other tools use."""

_USER_NAMESPACES = Version(1, 33)
"""Since when `hostUsers: false` works by default (feature gate UserNamespacesSupport)."""


@rule(
    severity="off",
    subject=POD,
    requires_any_of=("runAsUser",),
)
def low_user_id(pod: Pod, context: Context) -> Iterator[Finding]:
    if _has_own_users(pod, context.version):
        return
    owners: tuple[Pod | Container, ...] = (pod, *pod.containers)
    for owner in owners:
        user = owner.security("runAsUser")
        if user.integer is not None and 0 <= user.integer < _LOWEST:
            yield found(
                user,
                f"{owner} must set securityContext.runAsUser to {_LOWEST} or more,"
                f" not to {user.integer}",
                affected=pod.inheriting("runAsUser") if isinstance(owner, Pod) else (),
            )


def _has_own_users(pod: Pod, version: Version) -> bool:
    """Whether the pod has, or may have, a user namespace of its own."""
    if version < _USER_NAMESPACES:
        return False
    return not pod.uses_host_users or pod.get("hostUsers").unknown


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        runAsUser: 1000
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        runAsUser: 10001
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_40",),
    "Trivy": ("KSV-0020",),
    "kube-score": ("container-security-context-user-group-id",),
    "kubesec": ("RunAsUser",),
    "KICS": ("Container Running With Low UID",),
    "Snyk": ("SNYK-CC-K8S-11",),
    "Monokle": ("KBP104",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "!variables.hasOwnUsers && owner.securityContext.?runAsUser.orValue(-1) >= 0 &&\n"
            "    owner.securityContext.runAsUser < variables.lowest",
            "owner.title + ' must set securityContext.runAsUser to ' + string(variables.lowest) +\n"
            "    ' or more, not to ' + string(owner.securityContext.runAsUser)",
        ),
    ),
    variables=(
        (
            "hasOwnUsers",
            "variables.canHaveUsers && !variables.pod.spec.?hostUsers.orValue(true)",
        ),
    ),
    constants=lambda settings, version: {
        "canHaveUsers": version >= _USER_NAMESPACES,
        "lowest": _LOWEST,
    },
)
