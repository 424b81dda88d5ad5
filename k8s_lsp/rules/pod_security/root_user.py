"""A container is told to run as root.

`runAsUser: 0` overrules the user that the image names, also where the image was built not to
need root. Root in a container is root on the node as soon as anything between the two gives
way: a hole in the kernel or the runtime, a writable host path, one capability too many. Before
that, it may change every file of the image and of most volumes.

The fix leaves the choice to the image and asks the kubelet to refuse root, because the right
number is known to whoever built the image: look for `USER` in its Dockerfile. The kubelet wants
a number there; for an image with a user name or none, set `runAsUser` to a number above 0. For a
well-known image the fix writes that number, and what else the image needs as that user; for any
other the number stands there on purpose, and hardening leaves it to you.
What breaks are programs that write where only root may, listen on a port below 1024 or change
their user themselves: they say "permission denied" when they start. `fsGroup` hands them their
volumes.

A pod with `hostUsers: false` has a user namespace of its own, in which 0 is nobody on the node:
from 1.35 on, Pod Security accepts it there. In a privileged container root gives little more away,
and what asks for that flag rarely goes without root: there it is for your information.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.image_fixes import depends_on_user_of_image, non_root
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import (
    giving_up,
    root_users,
    severity_of_root,
    without_users,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, rule
from k8s_lsp.rules.refusing_root import agent_as_root, refusing_root
from k8s_lsp.settings import Settings


@rule(
    severity="warning",
    subject=POD,
    requires_any_of=("runAsUser",),
    controls=(Control("restricted", "runAsUser", Version(1, 23)),),
    silences={"low-user-id": "token", "root-user-allowed": "container"},
)
def root_user(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version >= (1, 35) and not pod.uses_host_users:
        return
    owners: tuple[Pod | Container, ...] = (pod, *pod.containers)
    for owner in owners:
        user = owner.security("runAsUser")
        if user.integer == 0:
            yield found(
                user,
                f"{owner} must not set securityContext.runAsUser to 0",
                fixes=partial(_fixes, pod, owner, context.settings),
                affected=pod.inheriting("runAsUser") if isinstance(owner, Pod) else (),
                severity=severity_of_root(
                    pod.inheriting("runAsUser") if isinstance(owner, Pod) else (owner,)
                ),
            )


def _fixes(pod: Pod, owner: Pod | Container, settings: Settings) -> tuple[Fix, ...]:
    """Remove the 0, and let the kubelet refuse to start as root what then has no user.

    The user that a known image needs takes its place.
    """
    hardening = non_root(pod, owner, settings)
    if hardening is not None:
        title, edits, left_because = hardening
        left_because = left_because or agent_as_root(pod, owner, settings)
        return fix(title, edits, left_because=left_because)
    inherits = isinstance(owner, Container) and not owner.security("runAsNonRoot").present
    if (pod if inherits else owner).security("runAsNonRoot").boolean is True:
        roots = [owner.security("runAsUser")] if isinstance(owner, Pod) else root_users(pod, owner)
        return fix(giving_up(roots), without_users(pod, roots))
    title, edits, left_because = refusing_root(pod, owner, settings)
    return fix(title, edits, left_because=left_because)


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
        runAsUser: 0
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
        runAsNonRoot: true
"""

AFTER_FIX = (
    "start",
    "runAsNonRoot was set for {containers}: an image without a numeric user will not start",
    depends_on_user_of_image,
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
)

BENCHMARKS = (
    "CIS 5.2.7",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_23",),
    "Trivy": ("KSV-0105",),
    "kube-linter": ("run-as-non-root",),
    "Polaris": ("runAsRootAllowed",),
    "KICS": ("Container Running As Root",),
    "Kubescape": ("C-0013",),
    "Kyverno": ("require-run-as-non-root-user",),
    "Monokle": ("PSS204",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "!(variables.minor >= 35 && !variables.pod.spec.?hostUsers.orValue(true)) &&\n"
            "    owner.securityContext.?runAsUser.orValue(-1) == 0",
            "owner.title + ' must not set securityContext.runAsUser to 0'",
        ),
    )
)
