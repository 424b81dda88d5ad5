"""Which level of the API stands at a path of an object: what may be typed there follows from it."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.workloads import group_of, pod_place

_OF_RBAC: Final = {"rules": "PolicyRule"}

TREE: Final[dict[str, dict[str, str]]] = {
    **FIELDS,
    "AnySecurityContext": {**FIELDS["SecurityContext"], **FIELDS["PodSecurityContext"]},
    "PodSpec": {**FIELDS["PodSpec"], "os": "PodOS"},
    "PodOS": {"name": ""},
    "PodSecurityContext": {**FIELDS["PodSecurityContext"], "sysctls": "Sysctl"},
    "Sysctl": {"name": "", "value": ""},
    "Capabilities": {"add": "Added", "drop": "Dropped"},
    "ResourceRequirements": {"claims": "", "limits": "Limits", "requests": "Requests"},
    "Role": _OF_RBAC,
    "ClusterRole": _OF_RBAC,
    "PolicyRule": {"verbs": "Verbs"},
    "Namespace": {"metadata": "NamespaceMeta"},
    "NamespaceMeta": {"labels": "NamespaceLabels"},
}
"""The fields of each level, with the level that a field leads to. The items of a list that hold
words are a level too (`Added`, `Dropped`, `Verbs`), and so are keys that are free but for a few."""

LISTS: Final = frozenset(
    """
    add containers drop ephemeralContainers initContainers rules sysctls verbs volumeMounts volumes
    """.split()
)
"""The fields above whose values are lists."""

_GROUPS: Final = {
    "Namespace": "",
    "Role": "rbac.authorization.k8s.io",
    "ClusterRole": "rbac.authorization.k8s.io",
    "ServiceAccount": "",
}
"""The API groups of the kinds in TREE that hold no pod."""


class Level(NamedTuple):
    """What stands at a path: a level of TREE, its field, and the pod and container around it.

    `is_list` says that the path leads to a list, and not to an item of it. A level of which only
    some fields are known to stand there (`is_part`) has no more than what is below it. `path` is
    from the root of the unit.
    """

    type: str
    pod: Pod | None
    container: Container | None
    is_list: bool = False
    is_part: bool = False
    path: Path = ()

    def may_have(self, key: str) -> bool:
        """Whether the controller of a custom resource leaves a field of the level where it is."""
        owner = self.container or self.pod
        if owner is None:
            return True
        refused = owner.absent if isinstance(owner, Container) else owner.handling.refused
        if not refused:
            return True
        names = [str(step) for step in (*self.path[len(owner.path) :], key)]
        return not any(".".join(names[: depth + 1]) in refused for depth in range(len(names)))


def level_at(obj: KubeObject, path: Path) -> Level | None:
    """The level at a path from the root of an object; None where it is not known, or none.

    The object may be one that is still being typed, whose pod is not yet a mapping.
    """
    whole = (*obj.root.path, *path)
    pod, container = obj.pod_at(whole), obj.container_at(whole)
    if pod_place(obj.api_version, obj.kind) is not None or (
        obj.kind in _GROUPS and group_of(obj.api_version) == _GROUPS[obj.kind]
    ):
        found = _walked(obj.kind, path, pod, container)
        return found and found._replace(path=whole)
    bases = [each for each in _bases(obj) if whole[: len(each[0])] == each[0]]
    if not bases:
        return None
    base, name, is_part = max(bases, key=lambda each: len(each[0]))
    level = _walked(name, whole[len(base) :], pod, container)
    return level and level._replace(is_part=is_part and whole == base, path=whole)


def _bases(obj: KubeObject) -> Iterable[tuple[Path, str, bool]]:
    """Where a custom resource has what is known of a pod, and as which level."""
    for pod in obj.pods:
        yield pod.path, "PodSpec", pod.shape != "whole"
        yield pod.security().path, "PodSecurityContext", False
        for each in pod.containers:
            name = "EphemeralContainer" if each.type == "ephemeral" else "Container"
            yield each.path, name, each.parts is not None
            context = each.security().path
            both = context == pod.security().path
            yield context, "AnySecurityContext" if both else "SecurityContext", False
            yield each.get("resources").path, "ResourceRequirements", False


def _walked(level: str, path: Path, pod: Pod | None, container: Container | None) -> Level | None:
    """The level that a path leads to from another one."""
    is_list = False
    for step in path:
        if isinstance(step, int) != is_list:
            return None
        if isinstance(step, int):
            is_list = False
            continue
        level = TREE.get(level, {}).get(step, "")
        if not level:
            return None
        is_list = step in LISTS
    return Level(level, pod, container, is_list)
