"""A container may run as root.

Without `runAsNonRoot: true` the image alone decides, and an image that names no user runs as
root. Root in a container is root on the node as soon as anything between the two gives way: a
hole in the kernel or the runtime, a writable host path, one capability too many. With the field
the kubelet looks at the user before it starts the container, and refuses 0.

Nothing changes for an image that has a numeric user: look for `USER 10001` in its Dockerfile.
Any other does not start any more, with CreateContainerConfigError: the kubelet cannot know what
number a name stands for. Then set `runAsUser` to a number above 0 as well; for a well-known image
the fix does, and writes the folders, variables and ports that the image needs as that user. A
`runAsUser` alone keeps root away, but does not satisfy Pod Security: there it is a choice worth
knowing. An explicit false counts even where nothing inherits it. On Windows the kubelet refuses
ContainerAdministrator, so that ContainerUser has to take its place.

A pod with `hostUsers: false` has a user namespace of its own, in which 0 is nobody on the node:
from 1.35 on, Pod Security accepts it there. Beside `privileged: true` only the profile `restricted`
asks for the field, and privileged-container speaks: what asks for that rarely goes without root.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import depends_on_user_of_image, non_root
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import (
    root_source,
    root_users,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, missing, rule
from k8s_lsp.rules.refusing_root import agent_as_root, refusing_root
from k8s_lsp.settings import Settings, Severity


@rule(
    severity="warning",
    subject=POD,
    controls=(Control("restricted", "runAsNonRoot"),),
)
def root_user_allowed(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version >= (1, 35) and not pod.uses_host_users:
        return
    for_pod = pod.security("runAsNonRoot")
    if _is_wrong(for_pod):
        yield found(
            for_pod,
            _message(pod, for_pod),
            fixes=partial(_fixes, pod, pod, context.settings),
            affected=pod.inheriting("runAsNonRoot"),
        )
    for_all = cache(partial(_fixes_for_all, pod, context.settings))
    for container in pod.containers:
        own = container.security("runAsNonRoot")
        if _is_wrong(own):
            yield found(
                own,
                _message(container, own),
                fixes=partial(_fixes, pod, container, context.settings),
            )
        elif not any(each.present or each.unknown for each in (own, for_pod)):
            yield missing(
                container,
                own,
                _message(container, own),
                also=(for_pod,),
                severity=_severity(pod, container, context.settings),
                fixes=partial(_fixes_of_absence, pod, container, context.settings, for_all),
            )


def _severity(pod: Pod, container: Container, settings: Settings) -> Severity | None:
    """A choice worth knowing, where a number above 0 is the user: none but Pod Security minds."""
    if settings.profile in ("baseline", "restricted"):
        return None
    user = container.security("runAsUser")
    number = (user if user.present else pod.security("runAsUser")).integer
    return "information" if number is not None and number > 0 else None


def _is_wrong(flag: Field) -> bool:
    """Whether something else than true stands there."""
    return flag.present and not flag.unknown and flag.boolean is not True


def _message(owner: Pod | Container, flag: Field) -> str:
    if flag.boolean is False:
        return f"{owner} must not set securityContext.runAsNonRoot to false"
    return f"{owner} must set securityContext.runAsNonRoot to true"


def _fixes_of_absence(
    pod: Pod, container: Container, settings: Settings, for_all: Callable[[], tuple[Fix, ...]]
) -> Iterator[Fix]:
    """Set it for the pod where that serves every container, else for this one.

    Where root is asked for, setting it alone would only keep the container from starting. Then it
    takes the place of a 0, wherever that stands, and an administrator becomes an ordinary user.
    """
    if container.type == "ephemeral":
        return
    source = root_source(container)
    if source is not None:
        yield from _fixes(pod, pod if source == "pod" else container, settings)
        return
    yield from for_all()
    yield from _fixes(pod, container, settings, only=bool(for_all()))


def _fixes_for_all(pod: Pod, settings: Settings) -> tuple[Fix, ...]:
    """Nothing where a container asks for something else or would be kept from starting."""
    own = (each.security("runAsNonRoot") for each in pod.containers)
    if root_users(pod, pod) or any(flag.present and flag.boolean is not True for flag in own):
        return ()
    fixes = tuple(_fixes(pod, pod, settings))
    return () if any(each.left_because for each in fixes) else fixes


def _fixes(
    pod: Pod, owner: Pod | Container, settings: Settings, *, only: bool = False
) -> Iterator[Fix]:
    """Set it at the owner, with what the images are known to need then; a false is a decision."""
    hardening = non_root(pod, owner, settings, only=only)
    if hardening is None:
        title, edits, left_because = refusing_root(pod, owner, settings, only=only)
        yield from fix(title, edits, preferred=not only, left_because=left_because)
        return
    title, edits, left_because = hardening
    left_because = left_because or agent_as_root(pod, owner, settings)
    yield from fix(title, edits, preferred=not only, left_because=left_because)
    filling = non_root(pod, owner, settings, only=only, fill=True)
    if filling is not None:
        yield from fix(filling.title, filling.edits, preferred=False)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
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
    "Trivy": ("KSV-0012",),
    "kube-linter": ("run-as-non-root",),
    "Polaris": ("runAsRootAllowed",),
    "kubesec": ("RunAsNonRoot",),
    "KICS": ("Container Running As Root",),
    "Kubescape": ("C-0013",),
    "Kyverno": ("require-run-as-nonroot",),
    "Snyk": ("SNYK-CC-K8S-10",),
    "Monokle": ("PSS203",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "!variables.isIsolated && !owner.securityContext.?runAsNonRoot.orValue(true)",
            "owner.title + ' must not set securityContext.runAsNonRoot to false'",
        ),
        Violation(
            "container",
            "!variables.isIsolated && !has(container.securityContext.runAsNonRoot) &&\n"
            "    !has(variables.pod.securityContext.runAsNonRoot)",
            "container.title + ' must set securityContext.runAsNonRoot to true'",
        ),
    ),
    variables=(
        (
            "isIsolated",
            "variables.minor >= 35 && !variables.pod.spec.?hostUsers.orValue(true)",
        ),
    ),
)
