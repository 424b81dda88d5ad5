"""A Windows pod has a field for Linux, or the reverse.

Once a pod says in `os.name` where it runs, the API server rejects the fields that the other
system cannot obey. Most are security settings: without `os` they would be accepted and
silently have no effect, so that a pod looks hardened and is not.

On Windows, users are set by windowsOptions.runAsUserName, and runAsNonRoot keeps out
ContainerAdministrator; capabilities, seccomp, AppArmor and SELinux do not exist there. Removing
the field changes nothing for containers that ran on this system. If they are meant for the
other one, change `os.name` instead, and the node selector with it.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.kubernetes.windows import (
    LINUX_ALONE,
    LINUX_IF_TRUE,
    OS_SINCE,
    linux_fields,
    linux_pod_fields,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule

_WINDOWS = "windowsOptions"


@rule(
    severity="error",
    subject=POD,
)
def windows_linux_field(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version < OS_SINCE:
        return
    system = pod.get("os", "name").text
    if system == "windows":
        for owner, field in linux_fields(pod, context.version):
            yield found(
                field,
                f"{owner} must not set {_name(owner, field)} where os.name is windows: "
                "the API server rejects it",
                fixes=partial(_linux_fixes, owner, field),
                at="key",
            )
    elif system == "linux":
        for owner, security in security_contexts(pod):
            options = security.get(_WINDOWS)
            if options.present:
                yield found(
                    options,
                    f"{owner} must not set {_name(owner, options)} where os.name is linux: "
                    "the API server rejects it",
                    fixes=partial(_windows_fixes, pod),
                    at="key",
                )


def _name(owner: Pod | Container, field: Field) -> str:
    """The field as its owner names it."""
    start = len(owner.path)
    return ".".join(str(part) for part in field.path[start:])


def _linux_fixes(owner: Pod | Container, field: Field) -> tuple[Fix, ...]:
    """Remove the field, unless something else would then be missing or rejected."""
    name = str(field.path[-1])
    if name == "resources" or (name == "hostUsers" and field.boolean is False):
        # The containers need limits of their own then. And Pod Security passes over users where
        # hostUsers is false, so that without it the pod would have to say more.
        return ()
    if name == "privileged" and field.boolean and _shares_mounts(owner):
        return ()
    return fix(f"Remove {name}", field.remove(owner.text, owner.path))


def _shares_mounts(owner: Pod | Container) -> bool:
    """Whether a mount asks for what only privileged containers may (validateMountPropagation)."""
    mounts = owner.get("volumeMounts").items()
    return any(mount.get("mountPropagation").text == "Bidirectional" for mount in mounts)


def _windows_fixes(pod: Pod) -> tuple[Fix, ...]:
    """Remove the options everywhere at once: all containers are HostProcess ones, or none is."""
    removals = [
        security.get(_WINDOWS).remove(pod.text, owner.path)
        for owner, security in security_contexts(pod)
        if security.get(_WINDOWS).present
    ]
    places = "" if len(removals) == 1 else " everywhere in the pod"
    return fix(f"Remove {_WINDOWS}{places}", together(*removals))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  os:
    name: windows
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        runAsNonRoot: true
        readOnlyRootFilesystem: true
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  os:
    name: windows
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        runAsNonRoot: true
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/workloads/pods/#pod-os",
    "https://kubernetes.io/docs/concepts/windows/intro/#compatibility-v1-pod",
)

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            variables.minor >= 25 && variables.system == "windows" && (
              item in variables.ifTrue ? variables.pod.spec[item] : item in variables.ofPod)
            """,
            """
            'pod must not set ' + item + ' where os.name is windows: the API server rejects it'
            """,
            items="variables.pod.spec",
        ),
        Violation(
            "owner",
            """
            variables.minor >= 25 && (variables.system == "windows"
              ? item in (owner.type == "pod" ? variables.ofPodSecurity : variables.ofSecurity)
              : variables.system == "linux" && item == "windowsOptions")
            """,
            """
            owner.title + ' must not set securityContext.' + item + ' where os.name is ' +
              variables.system + ': the API server rejects it'
            """,
            items="owner.securityContext",
        ),
    ),
    variables=(("system", "variables.pod.spec.?os.?name.orValue('')"),),
    constants=lambda settings, version: {
        "ifTrue": LINUX_IF_TRUE,
        "ofPod": linux_pod_fields(version),
        "ofPodSecurity": tuple(sorted(LINUX_ALONE["PodSecurityContext"])),
        "ofSecurity": tuple(sorted(LINUX_ALONE["SecurityContext"])),
    },
)
