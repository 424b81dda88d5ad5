"""A container has to run as user 0 and must not run as root.

The API server accepts `runAsNonRoot: true` beside `runAsUser: 0`. The kubelet does not: it
never starts the container, and the pod stays in CreateContainerConfigError with the words
"container's runAsUser breaks non-root policy". The two values often stand far apart, one at the
container and the other one at the pod.

Remove the 0, and the image's own user counts. Where the image has none, or one that is a name,
set `runAsUser` to a number above 0; for a well-known image the fix does. Giving up `runAsNonRoot`
would start the container too, as root.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import non_root
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule
from k8s_lsp.settings import Settings


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("runAsUser",),
    silences={"root-user": "token"},
)
def contradictory_user(pod: Pod, context: Context) -> Iterator[Finding]:
    if pod.is_windows:
        return  # In a Windows pod the API server rejects the user, whatever else there is.
    refused = [each for each in pod.containers if _is_refused(each)]
    for_pod = pod.security("runAsUser")
    inheriting = [each for each in refused if not each.security("runAsUser").present]
    if inheriting:
        yield found(
            for_pod,
            "pod must not set securityContext.runAsUser to 0 where runAsNonRoot is true: "
            "the kubelet refuses to start the container",
            fixes=partial(_fixes, pod, pod, (for_pod,), context.settings),
            affected=inheriting,
        )
    for container in refused:
        own = container.security("runAsUser")
        if own.present:
            yield found(
                own,
                f"{container} must not set securityContext.runAsUser to 0 where runAsNonRoot is "
                "true: the kubelet refuses to start it",
                # The pod's user is next in line.
                fixes=partial(_fixes, pod, container, (own, for_pod), context.settings),
            )


def _is_refused(container: Container) -> bool:
    """Whether the kubelet refuses it for the two values (security_context_others.go)."""
    user, flag = container.effective("runAsUser"), container.effective("runAsNonRoot")
    return user.field.integer == 0 and flag.field.boolean is True


def _fixes(
    pod: Pod, owner: Pod | Container, users: tuple[Field, ...], settings: Settings
) -> tuple[Fix, ...]:
    """Remove each 0, with a `securityContext` that it would leave empty.

    The user that a known image needs takes its place.
    """
    hardening = non_root(pod, owner, settings)
    if hardening is not None:
        title, edits, left_because = hardening
        return fix(title, edits, left_because=left_because)
    zeros = (user for user in users if user.integer == 0)
    removals = (zero.remove(pod.text, zero.path[:-2]) for zero in zeros)
    return fix("Remove runAsUser: 0", together(*removals))


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
        runAsNonRoot: true
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

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
)
