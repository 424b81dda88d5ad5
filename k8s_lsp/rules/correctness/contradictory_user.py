"""A container has to run as root and must not run as root.

The API server accepts `runAsNonRoot: true` beside `runAsUser: 0`. The kubelet does not: it
never starts the container, and the pod stays in CreateContainerConfigError with the words
"container's runAsUser breaks non-root policy". The two values often stand far apart, one at the
container and the other one at the pod.

Remove the 0, and the image's own user counts. Where the image has none, or one that is a name,
set `runAsUser` to a number above 0; for a well-known image the fix does. Giving up `runAsNonRoot`
would start the container too, as root.

On Windows the same holds for `runAsUserName: ContainerAdministrator`, in capitals or not. Every
Windows image has the user ContainerUser beside it; what installs programs or services fails as
that one.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import non_root
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import (
    ADMINISTRATOR,
    USER,
    WINDOWS_USER,
    giving_up,
    is_root,
    without_users,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.branches import may_exclude


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("runAsUser",),
    silences={"root-user": "token"},
)
def contradictory_user(pod: Pod, context: Context) -> Iterator[Finding]:
    system = pod.get("os", "name").text
    # The API server rejects the other system's user, whatever else there is.
    if system != "windows":
        yield from _contradictions(pod, context.settings, USER, "0")
    if system != "linux":
        yield from _contradictions(pod, context.settings, WINDOWS_USER, ADMINISTRATOR)


def _contradictions(
    pod: Pod, settings: Settings, names: tuple[str, ...], value: str
) -> Iterator[Finding]:
    """Where a user stands that the kubelet refuses; `names` is its path in a securityContext."""
    refused = [each for each in pod.containers if _is_refused(each, names)]
    what = f"securityContext.{'.'.join(names)} to {value} where runAsNonRoot is true"
    for_pod = pod.security(*names)
    inheriting = [each for each in refused if not each.security(*names).present]
    if inheriting:
        yield found(
            for_pod,
            f"pod must not set {what}: the kubelet refuses to start the container",
            fixes=partial(_fixes, pod, pod, (for_pod,), settings),
            affected=inheriting,
        )
    for container in refused:
        own = container.security(*names)
        if own.present:
            # The pod's number is next in line; a name is replaced by another one.
            users = (own, for_pod) if names == USER else (own,)
            yield found(
                own,
                f"{container} must not set {what}: the kubelet refuses to start it",
                fixes=partial(_fixes, pod, container, users, settings),
            )


def _is_refused(container: Container, names: tuple[str, ...]) -> bool:
    """Whether the kubelet refuses it for the two values.

    Source: kuberuntime, security_context_others.go and security_context_windows.go; of
    windowsOptions each key is inherited (securitycontext, DetermineEffectiveSecurityContext).
    """
    flag, own = container.effective("runAsNonRoot").field, container.security(*names)
    if flag.boolean is not True:
        return False
    user = own if own.present else container.pod.security(*names)
    return is_root(user) and not may_exclude(container.text, flag.span, user.span)


def _fixes(
    pod: Pod, owner: Pod | Container, users: tuple[Field, ...], settings: Settings
) -> tuple[Fix, ...]:
    """Give up each user that is refused; the one that a known image needs takes its place."""
    roots = [user for user in users if is_root(user)]
    hardening = non_root(pod, owner, settings) if roots[0].integer == 0 else None
    if hardening is not None:
        title, edits, left_because = hardening
        return fix(title, edits, left_because=left_because)
    return fix(giving_up(roots), without_users(pod, roots))


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

_FLAG = (
    "container.securityContext.?runAsNonRoot"
    ".or(variables.pod.securityContext.?runAsNonRoot).orValue(false)"
)

ADMISSION = Admission(
    tuple(
        violation
        for system, names, root, value in (
            ("windows", ".".join(USER), " == 0", "0"),
            (
                "linux",
                ".?".join(WINDOWS_USER),
                f'.lowerAscii() == "{ADMINISTRATOR.lower()}"',
                ADMINISTRATOR,
            ),
        )
        for what in (f"securityContext.{names.replace('?', '')} to {value} where runAsNonRoot is",)
        for violation in (
            Violation(
                "pod",
                f"""
                variables.system != "{system}" && variables.containers.exists(container,
                  {_FLAG} && !container.securityContext.?{names}.hasValue() &&
                  variables.pod.securityContext.?{names}.hasValue() &&
                  variables.pod.securityContext.{names.replace("?", "")}{root})
                """,
                f"'pod must not set {what} true: the kubelet refuses to start the container'",
            ),
            Violation(
                "container",
                f"""
                variables.system != "{system}" && {_FLAG} &&
                  container.securityContext.?{names}.hasValue() &&
                  container.securityContext.{names.replace("?", "")}{root}
                """,
                f"container.title + ' must not set {what} true: the kubelet refuses to start it'",
            ),
        )
    ),
    variables=(("system", "variables.pod.spec.?os.?name.orValue('')"),),
)
