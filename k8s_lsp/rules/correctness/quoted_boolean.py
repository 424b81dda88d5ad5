"""A text stands where the API server reads a boolean.

The API server cannot decode the object and rejects it as a whole. Templates that quote every
value produce this, and so does the belief that YAML needs quotes.

Without the quotes the value comes into effect, perhaps for the first time: look at what it
switches on or off. There is no quick fix where that would weaken the workload.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.field_names import is_refused
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

_POD = (
    "automountServiceAccountToken",
    "enableServiceLinks",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostUsers",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
)
_POD_SECURITY = ("runAsNonRoot",)
_WINDOWS = ("hostProcess",)
_MOUNT = ("readOnly",)
_SOURCE = ("optional",)
_CONTAINER = ("stdin", "stdinOnce", "tty")
_CONTAINER_SECURITY = (
    "allowPrivilegeEscalation",
    "privileged",
    "readOnlyRootFilesystem",
    "runAsNonRoot",
)
_OBJECT = {
    "ServiceAccount": ("automountServiceAccountToken",),
    "ConfigMap": ("immutable",),
    "Secret": ("immutable",),
}
_SPEC = {"Deployment": ("paused",), "Job": ("suspend",), "CronJob": ("suspend",)}

_WEAK = {
    "allowPrivilegeEscalation": True,
    "automountServiceAccountToken": True,
    "hostIPC": True,
    "hostNetwork": True,
    "hostPID": True,
    "hostProcess": True,
    "hostUsers": True,
    "privileged": True,
    "readOnly": False,
    "readOnlyRootFilesystem": False,
    "runAsNonRoot": False,
    "shareProcessNamespace": True,
}
"""The value that another rule would object to: no fix brings it into effect."""

_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD | _OBJECT.keys() | _SPEC.keys(),
    silences={
        "privilege-escalation-allowed": "token",
        "root-user-allowed": "token",
        "service-account-token-mounted": "token",
        "writable-root-filesystem": "token",
    },
)
def quoted_boolean(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for field, pod, owner in _booleans(obj):
        if field.text is not None and field.boolean is None and field.present:
            yield found(
                field,
                f"{field.path[-1]} must be true or false without quotes, not a text",
                fixes=partial(_fixes, obj, pod, owner, field, context.version),
            )


def _booleans(obj: KubeObject) -> Iterator[tuple[Field, Pod | None, Container | None]]:
    """The boolean fields of an object, with the pod and the container that they belong to."""
    for field in obj.root.entries(_OBJECT.get(obj.kind, ())):
        yield field, None, None
    for field in obj.get("spec").entries(_SPEC.get(obj.kind, ())):
        yield field, None, None
    for pod in obj.pods:
        for field in _pod_booleans(pod):
            yield field, pod, None
        for container in pod.containers:
            for field in _container_booleans(container):
                yield field, pod, container


def _pod_booleans(pod: Pod) -> Iterator[Field]:
    if pod.shape != "part":
        yield from pod.spec.entries(_POD)
    yield from pod.security().entries(_POD_SECURITY)
    yield from pod.security("windowsOptions").entries(_WINDOWS)
    for volume in pod.volumes():
        for source in volume.entries():
            yield from source.entries((*_MOUNT, *_SOURCE))


def _container_booleans(container: Container) -> Iterator[Field]:
    yield from container.field.entries(_CONTAINER)
    yield from container.security().entries(_CONTAINER_SECURITY)
    yield from container.security("windowsOptions").entries(_WINDOWS)
    for mount in container.get("volumeMounts").items():
        yield from mount.entries(_MOUNT)
    for variable in container.get("env").items():
        for source in variable.get("valueFrom").entries():
            yield from source.entries(_SOURCE)
    for imported in container.get("envFrom").items():
        for source in imported.entries():
            yield from source.entries(_SOURCE)


def _fixes(
    obj: KubeObject,
    pod: Pod | None,
    container: Container | None,
    field: Field,
    version: Version,
) -> tuple[Fix, ...]:
    value = _WORDS.get((field.text or "").lower())
    name = str(field.path[-1])
    if value is None or _WEAK.get(name) is value:
        return ()
    if pod is not None and is_refused(pod, container or pod, name, value, version):
        return ()
    word = "true" if value else "false"
    return fix(f"Write {word} without quotes", field.set(obj.text, value))


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
        readOnlyRootFilesystem: "true"
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
        readOnlyRootFilesystem: true
"""

REFERENCES = ("https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",)

ADMISSION = Undecidable("the API server does not decode an object with a text in such a place")
