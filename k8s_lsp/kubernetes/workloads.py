"""Which kinds hold a pod, and where."""

from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Path


class PodPlace(NamedTuple):
    """Where a kind keeps its pod: the path of what carries the pod's `metadata` and `spec`."""

    groups: frozenset[str]
    template: Path


_CORE = frozenset({""})
_APPS = frozenset({"apps", "extensions"})
_BATCH = frozenset({"batch"})
_TEMPLATE: Path = ("spec", "template")

POD_PLACES: dict[str, PodPlace] = {
    "Pod": PodPlace(_CORE, ()),
    "PodTemplate": PodPlace(_CORE, ("template",)),
    "ReplicationController": PodPlace(_CORE, _TEMPLATE),
    "ReplicaSet": PodPlace(_APPS, _TEMPLATE),
    "Deployment": PodPlace(_APPS, _TEMPLATE),
    "DaemonSet": PodPlace(_APPS, _TEMPLATE),
    "StatefulSet": PodPlace(_APPS, _TEMPLATE),
    "Job": PodPlace(_BATCH, _TEMPLATE),
    "CronJob": PodPlace(_BATCH, ("spec", "jobTemplate", "spec", "template")),
}
"""The kinds that Pod Security evaluates (admission.go, defaultPodSpecExtractor), in the API groups
that served them; `extensions` is gone from servers, not from manifests."""

WITH_POD = frozenset(POD_PLACES)
"""The kinds that may hold a pod."""


def group_of(api_version: str) -> str:
    """The API group of an `apiVersion`: `apps` of `apps/v1`, the empty core group of `v1`."""
    return api_version.rpartition("/")[0]


def pod_place(api_version: str, kind: str) -> Path | None:
    """The path of the pod's `metadata` and `spec` in an object of this kind, if it has one."""
    place = POD_PLACES.get(kind)
    return place.template if place and group_of(api_version) in place.groups else None
