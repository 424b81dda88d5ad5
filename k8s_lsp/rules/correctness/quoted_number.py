"""A text stands where the API server reads a whole number.

The API server cannot decode the object and rejects it as a whole. Templates that quote every
value produce this, and so does a name in the place of an id: `runAsUser: nginx`, where Kubernetes
knows numbers alone.

Without the quotes the number comes into effect, perhaps for the first time. There is no quick fix
where that would make the workload root, or take a port of the node.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

_IDS: Final = frozenset(("fsGroup", "runAsGroup", "runAsUser", "supplementalGroups"))
"""What identifies an account or a group of the node's kernel, which knows no names."""

_POD = ("activeDeadlineSeconds", "priority", "terminationGracePeriodSeconds")
_POD_SECURITY = ("fsGroup", "runAsGroup", "runAsUser")
_CONTAINER_SECURITY = ("runAsGroup", "runAsUser")
_WITH_MODE: Final = frozenset(("configMap", "downwardAPI", "projected", "secret"))
"""The sources of a volume that write files (core/v1 VolumeSource)."""

_PORT = ("containerPort", "hostPort")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = (
    "failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold",
    "terminationGracePeriodSeconds", "timeoutSeconds",
)  # fmt: skip
_WORKLOAD = ("minReadySeconds", "progressDeadlineSeconds", "replicas", "revisionHistoryLimit")
_JOB = (
    "activeDeadlineSeconds", "backoffLimit", "completions", "parallelism",
    "ttlSecondsAfterFinished",
)  # fmt: skip
_SPEC: Final = {
    "CronJob": ("failedJobsHistoryLimit", "startingDeadlineSeconds", "successfulJobsHistoryLimit"),
    "DaemonSet": _WORKLOAD,
    "Deployment": _WORKLOAD,
    "HorizontalPodAutoscaler": ("maxReplicas", "minReplicas"),
    "Job": _JOB,
    "ReplicaSet": _WORKLOAD,
    "StatefulSet": _WORKLOAD,
}


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD | _SPEC.keys() | {"Service"},
)
def quoted_number(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for field in _numbers(obj):
        text = field.string
        if text is None:
            continue
        name = next(str(name) for name in reversed(field.path) if isinstance(name, str))
        if _NUMBER.fullmatch(text):
            message = f"{name} must be a number without quotes, not a text"
        elif name in _IDS and _NAME.fullmatch(text):
            message = f'{name} must be a number: the API server knows no account or group "{text}"'
        else:
            continue
        yield found(field, message, fixes=partial(_fixes, obj.text, name, field))


_NUMBER: Final = regex(r"[-+]?[0-9]+", re.ASCII)
_NAME: Final = regex(r"[a-z_][a-z0-9_-]*", re.ASCII)


def _numbers(obj: KubeObject) -> Iterator[Field]:
    """The fields of an object that hold whole numbers."""
    spec = obj.get("spec")
    yield from spec.entries(_SPEC.get(obj.kind, ()))
    if obj.kind == "CronJob":
        yield from spec.get("jobTemplate", "spec").entries(_JOB)
    elif obj.kind == "Service" and not obj.group:
        yield from _of_each(spec.get("ports").items(), ("nodePort", "port"))
    for pod in obj.pods:
        yield from _of_pod(pod)
    for container in obj.containers:
        yield from _of_container(container)


def _of_pod(pod: Pod) -> Iterator[Field]:
    if pod.shape != "part":
        yield from pod.spec.entries(_POD)
    yield from pod.security().entries(_POD_SECURITY)
    yield from pod.security("supplementalGroups").items()
    for volume in pod.volumes():
        yield from _of_each(volume.entries(_WITH_MODE), ("defaultMode",))


def _of_container(container: Container) -> Iterator[Field]:
    yield from container.security().entries(_CONTAINER_SECURITY)
    yield from _of_each(container.get("ports").items(), _PORT)
    yield from _of_each(container.field.entries(_PROBES), _PROBE)


def _of_each(fields: Iterable[Field], names: tuple[str, ...]) -> Iterator[Field]:
    for field in fields:
        yield from field.entries(names)


_WEAK: Final = frozenset(("hostPort", "nodePort"))
"""What another rule would object to, once it is in effect."""


def _fixes(text: str, name: str, field: Field) -> tuple[Fix, ...]:
    written = field.text or ""
    # With a zero before it, a number is an octal one without its quotes.
    if not re.fullmatch("0|[1-9][0-9]{0,8}", written, re.ASCII):
        return ()
    if name in _WEAK or (name in _IDS and written == "0"):
        return ()
    return fix(f"Write {written} without quotes", field.set(text, int(written)))


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
        runAsUser: "10001"
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

REFERENCES = ("https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",)

ADMISSION = Undecidable("the API server does not decode an object with a text in such a place")
