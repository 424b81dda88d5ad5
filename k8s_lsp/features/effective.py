"""The value of a field that counts in the end, and where it comes from, in one line of Markdown.

Written for people: containers by their names, lines counted from 1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from k8s_lsp.features.markdown import code, literal
from k8s_lsp.features.meanings import FIELDS
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
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

_OVERVIEW = (*_OWN[:3], "capabilities", *_INHERITED[:4])
"""What is told about a whole `securityContext`."""


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


def effective(place: PodField) -> Iterator[str]:
    """The lines about the effective value of a field; none where there is nothing to say."""
    container = place.container
    path = place.field.path[
        len(place.pod.spec.path if container is None else container.field.path) :
    ]
    match path:
        case ("securityContext",) if container is not None:
            yield f"In effect for {_named(container)}:"
            yield "\n".join(
                f"- `{name}`: {_security(place, container, name)}" for name in _OVERVIEW
            )
        case ("securityContext", str(name), *_) if container is not None:
            if name in (*_OWN, *_INHERITED, "capabilities"):
                yield f"In effect for {_named(container)}: {_security(place, container, name)}"
                yield from _overruled(place, container, name)
        case ("securityContext", str(name), *_) if name in _INHERITED:
            yield from _of_all_containers(place, name)
        case ("resources", "limits" | "requests" as kind, str(name)) if container is not None:
            yield f"In effect for {_named(container)}: {_resource(place, container, kind, name)}"
        case ("automountServiceAccountToken",):
            yield f"In effect: {_automount(place)}"
        case ("serviceAccountName" | "serviceAccount",):
            yield f"In effect: {_service_account(place)}"
        case (str(name),) if container is None and name.startswith(("host", "share")):
            yield f"In effect: {_own(place, place.field)}"


def _own(place: PodField, field: Field, default: str = "`false`") -> str:
    """A field that nothing else decides."""
    return _here(place, field) if field.present else f"{default} (default)"


def _here(place: PodField, field: Field) -> str:
    """A value that stands in the text, and where; `here` is what the cursor is on."""
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
        return _capabilities(container)
    if name in _OWN:
        return _own(place, container.security(name), FIELDS[f"container.securityContext.{name}"][1])
    field, source = container.effective(name)
    if source == "default":
        return f"{FIELDS[f'securityContext.{name}'].default} (default)"
    return _here(place, field)


def _capabilities(container: Container) -> str:
    """What is left of the runtime's set, in words."""
    dropped = _names(container.security("capabilities", "drop"))
    added = _names(container.security("capabilities", "add"))
    if "ALL" in added:
        return "every capability"
    if "ALL" in dropped:
        return f"only {_listed(added)}" if added else "none"
    text = "the runtime's default set"
    if dropped:
        text += f" without {_listed(dropped)}"
    return text + (f", and {_listed(added)}" if added else "")


def _names(field: Field) -> list[str]:
    # Runtimes read any case; what a prefix makes of a name differs, so it stays in sight.
    return [item.text.upper() for item in field.items() if item.text]


def _listed(names: list[str]) -> str:
    return ", ".join(map(code, names))


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
        number = "both" if len(containers) == 2 else f"all {len(containers)}"
        yield f"In effect for {number} containers."
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
    meaning = FIELDS.get(f"container.resources.{kind}.{name}")
    return f"{meaning.default if meaning is not None else 'none'} (default)"


def _automount(place: PodField) -> str:
    own = place.pod.spec.get("automountServiceAccountToken")
    if own.present:
        return _here(place, own)
    says = place.facts.automount(place.object.namespace, place.pod.service_account.text)
    if says is None:
        return "`true` (default)"
    if says == UNSURE:
        return "unknown: files disagree about its ServiceAccount"
    return f"`{str(says).lower()}`, from its ServiceAccount"


def _service_account(place: PodField) -> str:
    return _own(place, place.pod.service_account, "`default`")
