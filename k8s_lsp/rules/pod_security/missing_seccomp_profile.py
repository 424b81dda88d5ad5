"""A container has no seccomp profile.

Seccomp decides which system calls a process may make. Unless the kubelet was started with
`--seccomp-default`, a container without a profile may make them all, the rare ones included in
which the kernel's holes are found again and again. `RuntimeDefault` takes the profile that the
container runtime brings along, which refuses what ordinary programs never call.

Few programs notice. Debuggers, tracers, file system mounts and software that builds sandboxes
of its own do, and then report "operation not permitted" for a call that used to work. The
kernel's audit log names the call; a `Localhost` profile on the node can allow it.

Set it once for the pod: its containers inherit the profile, unless they have one of their own. A
privileged container runs unconfined all the same, so that privileged-container speaks there, and
this rule in the profile `restricted` alone.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import without_contrary_seccomp
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, missing, rule


@rule(
    severity="warning",
    subject=POD,
    controls=(Control("restricted", "seccompProfile_restricted", Version(1, 19)),),
)
def missing_seccomp_profile(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version < (1, 19):
        return  # The field did not exist.
    if pod.is_windows and context.version >= (1, 25):
        return
    for_pod = pod.security("seccompProfile")
    for_all = cache(partial(_fixes_for_all, pod))
    for container in pod.containers:
        own = container.security("seccompProfile")
        if not any(each.present or each.unknown for each in (own, for_pod)):
            yield missing(
                container,
                own.get("type"),
                f"{container} must set securityContext.seccompProfile.type to RuntimeDefault or "
                "Localhost",
                also=(for_pod,),
                fixes=partial(_fixes, pod, container, for_all),
            )


def _fixes(pod: Pod, container: Container, for_all: Callable[[], tuple[Fix, ...]]) -> Iterator[Fix]:
    """Choose the runtime's profile: for the pod where no container disagrees, else for this one."""
    if pod.is_windows or container.type == "ephemeral":
        return
    yield from for_all()
    yield from _fix(pod, container, is_alternative=bool(for_all()))


def _fixes_for_all(pod: Pod) -> tuple[Fix, ...]:
    profiles = (each.security("seccompProfile") for each in pod.containers)
    agreed = all(
        not profile.present or profile.get("type").text == "RuntimeDefault" for profile in profiles
    )
    return _fix(pod, pod) if agreed else ()


def _fix(pod: Pod, owner: Pod | Container, *, is_alternative: bool = False) -> tuple[Fix, ...]:
    where = "the pod" if isinstance(owner, Pod) else str(owner)
    title = f"Set seccompProfile to RuntimeDefault for {where}{' only' if is_alternative else ''}"
    contrary = without_contrary_seccomp(pod, owner)
    if contrary:
        title += " and remove the annotation that contradicts it"
    placed = owner.set(("securityContext", "seccompProfile"), {"type": "RuntimeDefault"})
    return fix(title, together(placed, contrary), preferred=not is_alternative)


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
    seccompProfile:
      type: RuntimeDefault
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/tutorials/security/seccomp/",
)

BENCHMARKS = (
    "CIS 5.7.2",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-1188",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_31",),
    "Trivy": ("KSV-0030", "KSV-0104"),
    "kube-score": ("container-seccomp-profile",),
    "Polaris": ("linuxHardening",),
    "kubesec": ("SeccompAny",),
    "KICS": ("Seccomp Profile Is Not Configured",),
    "Kubescape": ("C-0055", "C-0210"),
    "Kyverno": ("restrict-seccomp-strict",),
    "Monokle": ("PSS205",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "variables.minor >= 19 && !(variables.minor >= 25 && variables.pod.isWindows) &&\n"
            "    !has(container.securityContext.seccompProfile) &&\n"
            "    !has(variables.pod.securityContext.seccompProfile)",
            "container.title + ' must set securityContext.seccompProfile.type to ' +\n"
            "    'RuntimeDefault or Localhost'",
        ),
    )
)
