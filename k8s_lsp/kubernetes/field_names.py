"""What a key is that none of the levels of a pod has, as `api_fields` knows them.

No key is called unknown because a cluster is old or new.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from k8s_lsp import edits
from k8s_lsp.edits import Data, Edits
from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.capabilities import CAPABILITIES
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject, cached_per_object
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.users import root_source
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.syntax import nodes
from k8s_lsp.text import Span

_CONTEXTS = (
    "AppArmorProfile",
    "Capabilities",
    "PodSecurityContext",
    "SELinuxOptions",
    "SeccompProfile",
    "SecurityContext",
    "WindowsSecurityContextOptions",
)
"""The levels at which every field is about security."""

_ABOUT_SECURITY = {
    "Container": frozenset({"resources", "securityContext"}),
    "EphemeralContainer": frozenset({"securityContext"}),
    "PodSpec": frozenset(
        """
        automountServiceAccountToken hostIPC hostNetwork hostPID hostUsers runtimeClassName
        securityContext serviceAccount serviceAccountName shareProcessNamespace
        """.split()
    ),
    "ResourceRequirements": frozenset({"limits", "requests"}),
    "ServiceAccount": frozenset({"automountServiceAccountToken"}),
    "VolumeMount": frozenset({"mountPropagation", "readOnly", "recursiveReadOnly"}),
}
"""The fields that are about security at the other levels."""


def security_fields(level: str) -> frozenset[str]:
    """The fields of a level on which the security of a workload depends."""
    return frozenset(FIELDS[level]) if level in _CONTEXTS else _ABOUT_SECURITY.get(level, _NONE)


_NONE: Final[frozenset[str]] = frozenset()


# Keys that are no fields.


class UnknownField(NamedTuple):
    """A key that its level does not have.

    `level` is the API's name of the type that was read there, and `owner` the innermost one of
    object, pod and container in which the key stands.
    """

    field: Field
    level: str
    owner: Container | Pod | KubeObject

    @property
    def name(self) -> str:
        """The key."""
        return str(self.field.path[-1])

    @property
    def span(self) -> Span:
        """The key, or the alias that brings it here: where the key stands, it may be right."""
        found = self.field.key.span if self.field.key is not None else self.field.span
        above = self.field.parent
        while above is not None:
            if isinstance(above.written, nodes.Alias):
                found = above.written.span
            above = above.parent
        return found


@cached_per_object
def unknown_fields(obj: KubeObject) -> tuple[UnknownField, ...]:
    """The keys that the API server does not know, of an object's pod and of what leads to it.

    Two rules ask for them one after the other.

    Nothing is said about a mapping of which a part could not be read: what seems to stand in it may
    belong to that part. The same goes for a text that had to be repaired: where a colon or a line
    break is missing, the lines below seem to belong to somebody else.
    """
    is_account = (obj.kind, obj.group) == ("ServiceAccount", "")
    if not obj.is_whole or not (obj.pods or is_account):
        return ()
    unknown: list[UnknownField] = []
    containers = {each.path: each for each in obj.containers if each.parts is None}
    pods = {pod.path: pod for pod in obj.pods if pod.shape == "whole"}
    waiting: list[tuple[Field, str, Container | Pod | KubeObject]] = [(obj.root, obj.kind, obj)]
    if obj.is_custom:
        # What leads to its pods is the matter of its own schema, and what stands beside them.
        waiting = [(pod.spec, "PodSpec", pod) for pod in pods.values()]
        waiting += [
            (each.field, "Container", each)
            for each in containers.values()
            if each.pod.shape != "whole"
        ]
    seen: set[tuple[int, str, bool]] = set()
    while waiting:
        field, level, owner = waiting.pop()
        # What aliases of aliases name is looked at once for each alias in the text, and once
        # where it stands, however many ways lead there.
        place = (id(field.written), level, field.shared)
        if place in seen:
            continue
        seen.add(place)
        owner = pods.get(field.path, owner)
        owner = containers.get(field.path, owner)
        if isinstance(field.node, nodes.Sequence):
            waiting += ((item, level, owner) for item in field.items())
        known = FIELDS[level]
        for name in _names(field):
            deeper = known.get(name)
            if deeper == "":
                continue
            child = field.get(name)
            if deeper is not None:
                waiting.append((child, deeper, owner))
            elif not field.open and not _is_template(child):
                unknown.append(UnknownField(child, level, owner))
    return tuple(unknown)


def _names(field: Field) -> list[str]:
    """The keys of a mapping, merged ones too; each once, without making fields of them."""
    if not isinstance(field.node, nodes.Mapping):
        return []
    names = field.node.names
    if "<<" in names:
        return [str(entry.path[-1]) for entry in field.entries()]
    return list(names)


def _is_template(field: Field) -> bool:
    return isinstance(field.key, nodes.Scalar) and field.key.style == "{{"


# What a field would do, if it were one.


def data_of(field: Field) -> "Data | None":
    """The value as it would be written again, elsewhere.

    None where that would not be the same: for null, numbers with a fraction, anchors, aliases, tags
    and what could not be read.
    """
    written = field.written
    if written is None or isinstance(written, nodes.Alias) or written.anchor or written.tag:
        return None
    if isinstance(written, nodes.Scalar):
        return next(
            (each for each in (field.boolean, field.integer, field.string) if each is not None),
            None,
        )
    is_sequence = isinstance(written, nodes.Sequence)
    children = list(field.items() if is_sequence else field.entries())
    children.sort(key=lambda child: child.span)
    values = [data_of(child) for child in children]
    if written.open or any(
        value is None or child.shared for value, child in zip(values, children, strict=True)
    ):
        return None
    whole = [value for value in values if value is not None]
    if is_sequence:
        return whole
    return {str(child.path[-1]): value for child, value in zip(children, whole, strict=True)}


_RESTRICTING: Final[Mapping[str, bool | str]] = {
    "allowPrivilegeEscalation": False,
    "automountServiceAccountToken": False,
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "hostUsers": False,
    "privileged": False,
    "procMount": "Default",
    "readOnly": True,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "shareProcessNamespace": False,
}


def restricts(name: str, data: Data) -> bool:
    """Whether a field with this value can only take something away from a workload.

    Groups do not count: each one that a process joins opens files to it.
    """
    if isinstance(data, Mapping):
        if name in ("appArmorProfile", "seccompProfile"):
            kinds = {"RuntimeDefault": {"type"}, "Localhost": {"type", "localhostProfile"}}
            return set(data) == kinds.get(str(data.get("type")))
        whole = name in ("capabilities", "securityContext") and bool(data)
        return whole and all(restricts(key, value) for key, value in data.items())
    if isinstance(data, bool | str):
        return data == _RESTRICTING.get(name) and type(data) is type(_RESTRICTING[name])
    if isinstance(data, int):
        return name in ("runAsGroup", "runAsUser") and data > 0
    return (
        name == "drop"
        and bool(data)
        and all(isinstance(each, str) and each in _DROPPABLE for each in data)
    )


def fits(level: str, name: str, data: Data) -> bool:
    """Whether a level has the field, and that everything in the value, to its depth."""
    deeper = FIELDS[level].get(name)
    if deeper is None or not isinstance(data, Mapping) or deeper not in FIELDS:
        return deeper is not None
    return all(fits(deeper, key, value) for key, value in data.items())


_DROPPABLE = CAPABILITIES | {"ALL"}

_SINCE: Final[Mapping[str, Version]] = {
    "appArmorProfile": Version(1, 30),
    "hostUsers": Version(1, 25),
    "seccompProfile": Version(1, 19),
}
"""The fields that some clusters in use do not have."""


def is_refused(pod: Pod, owner: Pod | Container, name: str, data: Data, version: Version) -> bool:
    """Whether a restricting field that came into effect at the owner could not stand there.

    The API server rejects what contradicts it, or is too old for it, or the kubelet does not start
    the container. In a Windows pod most of these fields are rejected.
    """
    if pod.is_windows or version < _SINCE.get(name, version):
        return True
    if isinstance(data, Mapping) and name in ("capabilities", "securityContext"):
        return any(is_refused(pod, owner, key, value, version) for key, value in data.items())
    asked = (owner,) if isinstance(owner, Container) else pod.containers
    if name == "runAsNonRoot":
        return any(root_source(each) is not None for each in asked)
    if name == "allowPrivilegeEscalation":
        return any(
            each.security("privileged").boolean is True or "CAP_SYS_ADMIN" in _added(each)
            for each in asked
        )
    if name == "drop" and isinstance(data, Sequence):
        return any(each in _added(container) for each in data for container in asked)
    if name in ("appArmorProfile", "seccompProfile"):
        kind = name.removesuffix("Profile").lower()
        annotations = pod.metadata.get("annotations").entries()
        return any(f"{kind}.security." in str(each.path[-1]) for each in annotations)
    if name == "hostUsers":
        return any(
            pod.get(each).boolean is True for each in ("hostNetwork", "hostPID", "hostIPC")
        ) or any(each.get("volumeDevices").present for each in pod.containers)
    return False


def _added(container: Container) -> set[str | None]:
    return {item.text for item in container.security("capabilities", "add").items()} - {"ALL"}


# How a key gets another name.


def wrapped(text: str, field: Field, names: tuple[str, ...], data: Data) -> Edits | None:
    """The edits that write `{names[0]: {names[1]: … data}}` where a key and its value stand.

    Only a value in flow style, JSON included, can be replaced by a mapping.
    """
    mapping = field.parent.node if field.parent is not None else None
    if not isinstance(mapping, nodes.Mapping) or not mapping.flow:
        return None
    for name in reversed(names[1:]):
        data = {name: data}
    return edits.together(
        field.rename(text, names[0]), edits.set_keys(text, mapping, {str(field.path[-1]): data})
    )
