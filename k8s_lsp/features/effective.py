"""The value of a field that counts in the end, and where it comes from, in one line of Markdown.

Written for people: containers by their names, lines counted from 1.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from k8s_lsp.features.markdown import code, literal, table
from k8s_lsp.features.meanings import FIELDS
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod, all_of
from k8s_lsp.kubernetes.queries import UNSURE, Facts
from k8s_lsp.syntax.nodes import Mapping, Scalar, Sequence

_INHERITED = (
    "runAsNonRoot",
    "runAsUser",
    "runAsGroup",
    "seccompProfile",
    "appArmorProfile",
    "seLinuxOptions",
)
"""The fields of a `securityContext` that a container inherits from its pod."""

_OWN = ("privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "procMount")
"""The fields that each container has for itself."""

_OVERVIEW = (*_OWN[:3], "capabilities", "runAsNonRoot", "runAsUser", "seccompProfile")
"""What is told about a whole `securityContext`: as many rows as an editor's window has room for."""


_OF_POD = ("runAsNonRoot", "runAsUser", "seccompProfile")
"""What is told about a pod's `securityContext` in any case, as it is of a container's."""

_WHERE_SET = (
    *(name for name in _INHERITED if name not in _OF_POD),
    "fsGroup",
    "supplementalGroups",
)
"""What is told about it where it stands there."""


@dataclass(frozen=True, slots=True, eq=False)
class PodField:
    """A field of a pod, and what is needed to tell its value.

    `container` is None at pod level. `line_of` gives the line of an offset in the unit, from 1.
    """

    object: KubeObject
    pod: Pod
    container: Container | None
    field: Field
    facts: Facts
    line_of: Callable[[int], int]


class InEffect(NamedTuple):
    """A field by its name within its pod or container, and what counts there, in Markdown."""

    name: str
    value: str


def names_of(place: PodField) -> tuple[str | int, ...]:
    """Where a field stands in its container, else in its pod spec, by the names of the core API.

    A custom resource may have a security context or the amounts under a name of its own.
    """
    path, pod, container = place.field.path, place.pod, place.container
    if container is not None:
        bases = [
            (container.security().path, ("securityContext",)),
            (container.get("resources").path, ("resources",)),
            (container.field.path, ()),
        ]
    else:
        bases = [(pod.security().path, ("securityContext",)), (pod.spec.path, ())]
    for base, names in bases:
        if path[: len(base)] == base:
            return (*names, *path[len(base) :])
    return path


def in_effect(place: PodField) -> InEffect | None:
    """What counts in the end for a field; None where nothing is known to decide about it."""
    container = place.container
    match names_of(place):
        case ("securityContext", str(name), *_) if container is not None:
            if name in (*_OWN, *_INHERITED, "capabilities"):
                return InEffect(name, _security(place, container, name))
        case ("resources", "limits" | "requests" as kind, str(name)) if container is not None:
            return InEffect(f"{kind}.{name}", _resource(place, container, kind, name))
        case ("automountServiceAccountToken",):
            return InEffect("automountServiceAccountToken", _automount(place))
        case ("serviceAccountName" | "serviceAccount",):
            return InEffect("serviceAccountName", _service_account(place))
        case (str(name),) if container is None and name.startswith(("host", "share")):
            return InEffect(name, _own(place, place.field, _default_of(f"pod.{name}")))
    return None


def effective(place: PodField) -> Iterator[str]:
    """The lines about the effective value of a field; none where there is nothing to say."""
    container = place.container
    names = names_of(place)
    if names == ("securityContext",) and container is not None:
        values = ((name, _security(place, container, name)) for name in _OVERVIEW)
        yield _table_of(_named(container), values)
    elif names == ("securityContext",):
        yield _table_of("containers that set no other value", _of_pod(place))
    elif names[:1] == ("resources",) and len(names) < 3 and container is not None:
        kinds = ("limits", "requests") if len(names) == 1 else names[1:]
        values = (
            (f"{kind}.{name}", _resource(place, container, str(kind), name))
            for kind in kinds
            for name in ("cpu", "memory")
        )
        yield _table_of(_named(container), values)
    elif container is None and names[:1] == ("securityContext",) and len(names) > 1:
        if names[1] in _INHERITED:
            yield from _of_all_containers(place, str(names[1]))
    elif (found := in_effect(place)) is not None:
        whose = f" for {_named(container)}" if container is not None else ""
        yield f"In effect{whose}: {found.value}."
        if container is not None and len(names) > 1:
            yield from _overruled(place, container, found.name)


def _table_of(whom: str, values: Iterable[tuple[str, str]]) -> str:
    """What counts for a container, or for some; what is not known of any field is told once."""
    rows: list[tuple[str, str]] = []
    unknown: dict[str, list[str]] = {}
    for name, value in values:
        if value in (_NOT_TOLD, _NOT_SET):
            unknown.setdefault(value, []).append(name)
        else:
            rows.append((f"`{name}`", brief(value)))
    for value, names in unknown.items():
        rows.append((f"`{names[0]}`" if len(names) == 1 else "others" if rows else "all", value))
    return table(("Field", f"In effect for {whom}"), rows)


_NOT_TOLD = "not told by this text"
_NOT_SET = "not set here; what it is laid over may set it"

_DEFAULT = " (default)"


def brief(value: str) -> str:
    """A value in effect as tables have it: of a default no more than the value itself."""
    if not value.endswith(_DEFAULT):
        return value
    return re.split("[:,] ", value.removesuffix(_DEFAULT))[0] + _DEFAULT


def _default_of(pattern: str) -> str:
    meaning = FIELDS.get(pattern)
    return meaning.default if meaning is not None and meaning.default else "not set"


def _by_default(place: PodField, field: Field, default: str) -> str:
    """What counts where nothing is set, and whether that is certain: others may set it."""
    is_null = field.key is not None and not field.present and not field.unknown
    owner = place.container or place.pod
    if not (is_null or field.lacking):
        return _NOT_TOLD
    if owner.leaves_open(field) or place.facts.why_patch(place.object) is not None:
        return _NOT_SET
    return f"{default}{_DEFAULT}"


def _own(place: PodField, field: Field, default: str) -> str:
    """A field that nothing else decides."""
    return _here(place, field) if field.present else _by_default(place, field, default)


def _here(place: PodField, field: Field) -> str:
    """A value that stands in the text, and where; `here` is what the cursor is on."""
    if field.unknown:
        return _NOT_TOLD
    if field.path == place.field.path[: len(field.path)]:
        return f"{shown(field)}, set here"
    own = place.container.field.path if place.container is not None else place.pod.spec.path
    source = "from" if field.path[: len(own)] == own else "inherited from"
    return f"{shown(field)}, {source} line {place.line_of(field.span.start)}"


def shown(field: Field) -> str:
    """A value as the API server reads it; of a struct, what tells it from others."""
    node = field.node
    if field.unknown or node is None:
        return "unknown"
    if isinstance(node, Scalar):
        truth = field.boolean
        if truth is None:
            return code(node.value)
        read = str(truth).lower()
        return code(read) if node.value == read else f"{code(read)} (written {code(node.value)})"
    if isinstance(node, Mapping):
        parts = {
            str(entry.path[-1]): entry.text or "…" for entry in field.entries() if entry.present
        }
        kind = parts.pop("type", None)
        if kind is not None and not parts:
            return code(kind)
        pairs = [f"type: {kind}"] if kind is not None else []
        pairs += (f"{name}: {parts[name]}" for name in sorted(parts))
        return code(", ".join(pairs) or "{}")
    assert isinstance(node, Sequence)
    return ", ".join(shown(item) for item in field.items()) or "none"


# securityContext.


def _security(place: PodField, container: Container, name: str) -> str:
    if name == "capabilities":
        return _capabilities(place, container)
    if name in _OWN:
        default = _default_of(f"container.securityContext.{name}")
        return _own(place, container.security(name), default)
    field, source = container.effective(name)
    if source == "default":
        return _by_default(place, field, _default_of(f"securityContext.{name}"))
    return _here(place, field)


def _of_pod(place: PodField) -> Iterator[tuple[str, str]]:
    """What a pod's `securityContext` gives its containers, and how many of them take it."""
    containers = place.pod.containers
    for name in (*_OF_POD, *_WHERE_SET):
        field = place.pod.security(name)
        if name in _OF_POD or field.present:
            value = _own(place, field, _default_of(f"securityContext.{name}"))
            others = (
                [each for each in containers if each.effective(name).source == "container"]
                if name in _INHERITED
                else []
            )
            if field.present and others:
                whom = _named(others[0]) if len(others) == 1 else f"{len(others)} containers"
                value += f"; not for {whom}"
            yield name, value


def _capabilities(place: PodField, container: Container) -> str:
    """What is left of the runtime's set, in words, with the line of what takes it away."""
    drop, add = (container.security("capabilities", each) for each in ("drop", "add"))
    dropped, added = _names(drop), _names(add)
    if "ALL" in added:
        return f"every capability, added in line {place.line_of(add.span.start)}"
    if "ALL" in dropped:
        line = f"`drop: [ALL]` in line {place.line_of(drop.span.start)}"
        if added:
            return f"{_listed(added)} alone, as {line} takes the rest away"
        return f"no capability is left, as {line} takes all away"
    if any(item.text is None for field in (drop, add) for item in field.items()):
        return _NOT_TOLD
    if not (dropped or added):
        default = "the runtime's set, about 14"
        return default + _DEFAULT if drop.present else _by_default(place, drop, default)
    text = "the runtime's set"
    if dropped:
        text += f" without {_listed(dropped)} (line {place.line_of(drop.span.start)})"
    if added:
        text += f" and {_listed(added)} (line {place.line_of(add.span.start)})"
    return text


def _names(field: Field) -> list[str]:
    # Runtimes read any case; what a prefix makes of a name differs, so it stays in sight.
    return [item.text.upper() for item in field.items() if item.text]


_MOST_NAMES = 6
"""How many capabilities are named: some manifests drop each of them by its name."""


def _listed(names: list[str]) -> str:
    known = list(dict.fromkeys(names))
    if len(known) > _MOST_NAMES:
        some = ", ".join(map(code, known[: _MOST_NAMES - 1]))
        return f"{some} and {len(known) - _MOST_NAMES + 1} more"
    return ", ".join(map(code, known))


def _named(container: Container) -> str:
    return literal(str(container))


def _overruled(place: PodField, container: Container, name: str) -> Iterator[str]:
    """What makes the value ineffective or the object invalid."""
    privileged = container.security("privileged")
    if privileged.boolean:
        line = place.line_of(privileged.span.start)
        if name in ("capabilities", "seccompProfile"):
            yield f"But the container is privileged (line {line}), so it has " + (
                "every capability." if name == "capabilities" else "no seccomp profile."
            )
        if name == "allowPrivilegeEscalation" and container.security(name).boolean is False:
            yield f"The API server refuses that beside `privileged: true` (line {line})."
    user = container.effective("runAsUser").field
    if name == "runAsNonRoot" and container.effective(name).field.boolean and user.integer == 0:
        line = place.line_of(user.span.start)
        yield f"But `runAsUser` is 0 (line {line}), so the kubelet will not start the container."


def _of_all_containers(place: PodField, name: str) -> Iterator[str]:
    """The containers that inherit a value of the pod, and those that have one of their own."""
    containers = place.pod.containers
    inheriting = [
        _named(container) for container in containers if container.effective(name).source == "pod"
    ]
    if len(inheriting) == len(containers) and len(containers) > 1:
        yield f"In effect for {all_of(containers)}."
    elif inheriting:
        yield f"In effect for {', '.join(inheriting)}."
    for container in containers:
        field, source = container.effective(name)
        if source == "container":
            line = place.line_of(field.span.start)
            yield f"Not for {_named(container)}: it has {shown(field)} (line {line})."


# Other fields.


def _resource(place: PodField, container: Container, kind: str, name: str) -> str:
    own = container.get("resources", kind, name)
    if own.present:
        return _here(place, own)
    namespace = place.object.namespace
    limit = container.get("resources", "limits", name)
    if kind == "requests" and limit.present:
        return f"{shown(limit)}, from the limit in line {place.line_of(limit.span.start)}"
    known = place.facts.default_limits if kind == "limits" else place.facts.default_requests
    if name in known(namespace):
        return "what a LimitRange of its namespace gives"
    default = FIELDS.get(f"container.resources.{kind}.{name}")
    return _by_default(place, own, default.default if default is not None else "none")


def _automount(place: PodField) -> str:
    own = place.pod.spec.get("automountServiceAccountToken")
    if own.present:
        return _here(place, own)
    says = place.facts.automount(place.object.namespace, place.pod.service_account.text)
    if says is None:
        return _by_default(place, own, "`true`")
    if says == UNSURE:
        return "unknown: files disagree about its ServiceAccount"
    return f"`{str(says).lower()}`, from its ServiceAccount"


def _service_account(place: PodField) -> str:
    return _own(place, place.pod.service_account, "the account `default`")
