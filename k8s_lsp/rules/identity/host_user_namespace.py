"""A pod shares the user ids of its node.

Without `hostUsers: false`, root in a container is root on the node for the kernel, held back
only by capabilities, seccomp and what the container cannot see. With it the pod gets numbers
of its own: its root is nobody outside, its capabilities end at the border of the pod, and two
pods never share a number. Several breakouts of recent years came to nothing there.

Most programs do not notice. It takes Linux 6.3, containerd 2.0 or CRI-O, a recent runc or crun,
and volumes whose file system can map ids: NFS cannot. A pod that breaks does not start at all,
and its events say why; try it on each kind of node and volume that it may meet. A pod that uses
the network, processes or IPC of its node has to give them up first. With block devices and on
Windows it cannot be had, and servers before 1.33 drop the field by default: there the rule
keeps silent.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, missing, rule

_SINCE = Version(1, 33)
"""Where the feature gate UserNamespacesSupport is on by default: older servers drop the field."""


@rule(
    severity="off",
    subject=POD,
)
def host_user_namespace(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version < _SINCE or any(map(_may_hold, _lasting_obstacles(pod))):
        return
    shared = pod.get("hostUsers")
    if shared.boolean is False or shared.unknown:
        return
    message = "pod must set hostUsers to false to have user ids of its own"
    fixes = partial(_fixes, pod)
    if shared.present:
        yield found(shared, message, fixes=fixes)
    else:
        yield missing(pod, shared, message, also=_lasting_obstacles(pod), fixes=fixes)


def _lasting_obstacles(pod: Pod) -> tuple[Field, ...]:
    """What a pod hardly gives up, and what the API server rejects beside `hostUsers: false`.

    That is block devices (validation.go, validateHostUsers) and Windows (validateWindows). The
    kubelet rejects it for gVisor, whose sandbox is no user namespace (github.com/google/gvisor,
    issue 13303).
    """
    names = (pod.get("os", "name"), pod.get("runtimeClassName"))
    return (*(each.get("volumeDevices") for each in pod.containers), *names)


def _may_hold(obstacle: Field) -> bool:
    return (
        obstacle.unknown or any(obstacle.items()) or obstacle.text in ("windows", "gvisor", "runsc")
    )


def _fixes(pod: Pod) -> tuple[Fix, ...]:
    """Set it to false, unless the pod shares another namespace of its node.

    The API server rejects both together (validation.go, validateHostUsers): the fixes of the other
    namespaces come first. So do those of root: from 1.35 on, Pod Security accepts root in a pod
    with user ids of its own, but a server that drops the field would have it run as the node's.
    """
    namespaces = [pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")]
    if any(each.boolean or each.unknown for each in namespaces):
        return ()
    edits = pod.set(("hostUsers",), False)
    return fix("Set hostUsers to false", edits, waits_for=("root-user", "root-user-allowed"))


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
  hostUsers: false
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/user-namespaces/",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {"kubesec": ("HostUsers",)}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.isOfUse && variables.pod.spec.?hostUsers.orValue(true) &&\n"
            "    !(variables.pod.spec.?os.?name.orValue('') in variables.obstacles) &&\n"
            "    !(variables.pod.spec.?runtimeClassName.orValue('') in variables.obstacles) &&\n"
            "    variables.containers.all(each,\n"
            "      each.spec.?volumeDevices.orValue([]).size() == 0)",
            "'pod must set hostUsers to false to have user ids of its own'",
        ),
    ),
    constants=lambda settings, version: {
        "isOfUse": version >= _SINCE,
        "obstacles": ("windows", "gvisor", "runsc"),
    },
)
