"""A container may run as root.

Without `runAsNonRoot: true` the image alone decides, and an image that names no user runs as
root. Root in a container is root on the node as soon as anything between the two gives way: a
hole in the kernel or the runtime, a writable host path, one capability too many. With the field
the kubelet looks at the user before it starts the container, and refuses 0.

Nothing changes for an image that has a numeric user: look for `USER 10001` in its Dockerfile.
Any other does not start any more, with CreateContainerConfigError: the kubelet cannot know what
number a name stands for. Then set `runAsUser` to a number above 0 as well. A `runAsUser` alone
does not satisfy Pod Security, and an explicit false counts even where nothing inherits it.

A pod with `hostUsers: false` has a user namespace of its own, in which 0 is nobody on the node:
from 1.35 on, Pod Security accepts it there.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import depends_on_user_of_image, root_users, without_root
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, missing, rule


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
            fixes=partial(_fixes_of_value, pod, pod),
            affected=pod.inheriting("runAsNonRoot"),
        )
    for_all = cache(partial(_fixes_for_all, pod))
    for container in pod.containers:
        own = container.security("runAsNonRoot")
        if _is_wrong(own):
            yield found(
                own,
                _message(container, own),
                fixes=partial(_fixes_of_value, pod, container),
            )
        elif not any(each.present or each.unknown for each in (own, for_pod)):
            yield missing(
                container,
                own,
                _message(container, own),
                also=(for_pod,),
                fixes=partial(_fixes_of_absence, pod, container, for_all),
            )


def _is_wrong(flag: Field) -> bool:
    """Whether something else than true stands there."""
    return flag.present and not flag.unknown and flag.boolean is not True


def _message(owner: Pod | Container, flag: Field) -> str:
    if flag.boolean is False:
        return f"{owner} must not set securityContext.runAsNonRoot to false"
    return f"{owner} must set securityContext.runAsNonRoot to true"


def _fixes_of_value(pod: Pod, owner: Pod | Container) -> tuple[Fix, ...]:
    return fix(_title(pod, owner), without_root(pod, owner))


def _fixes_of_absence(
    pod: Pod, container: Container, for_all: Callable[[], tuple[Fix, ...]]
) -> Iterator[Fix]:
    """Set it for the pod where that serves every container, else for this one.

    Where a 0 is in effect, setting it alone would only keep the container from starting. Then it
    takes the place of that 0, wherever that stands.
    """
    if container.type == "ephemeral":
        return
    user = container.effective("runAsUser")
    if user.field.integer == 0:
        owner = pod if user.source == "pod" else container
        yield from fix(_title(pod, owner), without_root(pod, owner))
        return
    yield from for_all()
    title = _title(pod, container)
    yield from fix(
        f"{title} only" if for_all() else title,
        without_root(pod, container),
        preferred=not for_all(),
    )


def _fixes_for_all(pod: Pod) -> tuple[Fix, ...]:
    """Nothing where a container asks for something else or would be kept from starting."""
    own = (each.security("runAsNonRoot") for each in pod.containers)
    if root_users(pod, pod) or any(flag.present and flag.boolean is not True for flag in own):
        return ()
    return fix(_title(pod, pod), without_root(pod, pod))


def _title(pod: Pod, owner: Pod | Container) -> str:
    where = "the pod" if isinstance(owner, Pod) else str(owner)
    verb = "Remove runAsUser: 0 and set" if root_users(pod, owner) else "Set"
    return f"{verb} runAsNonRoot to true for {where}"


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
