"""Which places of a kind of objects hold core types, as the schema of its definition tells.

A definition does not name the types that it was generated from: only their fields are left. They
are told apart by those that no other type has. What looks like one and is none was learned from
the definitions of 45 projects, held against their Go types; the comments name it.

A definition may have a million characters, and most define kinds of which no object is in reach.
So its text is kept, and read when the first object of its kind is.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.fields import Field, root_field
from k8s_lsp.kubernetes.places import (
    AS_WRITTEN,
    EXACT,
    ITEMS,
    VALUES,
    CorePlace,
    Pattern,
    PlaceType,
)
from k8s_lsp.syntax.nodes import Mapping
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import next_line

DefinitionText: TypeAlias = str | bytes
"""The text of a unit that holds a definition, perhaps packed; empty where no core type is in it."""

DEPTH: Final = 40
"""How deep a schema is looked into; the deepest place that is known is nested 14 deep."""


def places_in(schema: Field) -> tuple[CorePlace, ...]:
    """The places of core types in the OpenAPI schema of an object, in its order.

    Below a place there are others only in fields that its type does not have.
    """
    found: list[CorePlace] = []
    for name, child in _properties(schema).items():
        # What a controller reports nobody writes.
        if name not in ("apiVersion", "kind", "metadata", "status"):
            found += _places(_Level(child, (name,)))
    return tuple(found)


def united(known: Iterable[CorePlace], defined: Iterable[CorePlace]) -> tuple[CorePlace, ...]:
    """The places that are known of a kind, and those that its definition has beside them.

    What a controller makes of a place no definition tells, nor what it leaves open.
    """
    by_path = {place.path: place for place in known}
    around = [place.path for place in by_path.values() if place.type != "PodHost"]
    for place in defined:
        same = by_path.get(place.path)
        if same is not None:
            by_path[place.path] = place._replace(handling=same.handling)
        elif not any(
            _is_within(place.path, path) or _is_within(path, place.path) for path in around
        ):
            by_path[place.path] = place
    return tuple(by_path.values())


def _is_within(path: Pattern, other: Pattern) -> bool:
    return path[: len(other)] == other


class _Level(NamedTuple):
    """One level of a schema: `beside` are the names of all fields of the level that has it."""

    schema: Field
    path: Pattern
    beside: frozenset[str] = frozenset()


def _places(level: _Level) -> Iterator[CorePlace]:
    schema, path, _ = level
    if len(path) > DEPTH:
        return
    fields = _properties(schema)
    type_ = _type_of(level, fields)
    if type_ is not None:
        handling = EXACT if type_ == "PodTemplateSpec" else AS_WRITTEN
        yield CorePlace(path, type_, handling, frozenset(_absent(type_, schema)))
    names = frozenset(fields)
    known = frozenset() if type_ is None else _FIELDS_OF.get(type_, names)
    for name, child in fields.items():
        if name not in known:
            yield from _places(_Level(child, (*path, name), names))
    if type_ is not None:
        return
    for key, step in (("items", ITEMS), ("additionalProperties", VALUES)):
        child = schema.get(key)
        if isinstance(child.node, Mapping):
            yield from _places(_Level(child, (*path, step)))


def _properties(schema: Field) -> dict[str, Field]:
    """The fields of an object, by their names."""
    return {str(each.path[-1]): each for each in schema.get("properties").entries()}


def _items(schema: Field | None) -> dict[str, Field]:
    """The fields of each item of a list; none where it is none."""
    return {} if schema is None else _properties(schema.get("items"))


# Which type it is.


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTAINER: Final = frozenset(FIELDS["EphemeralContainer"])
_POD: Final = frozenset(FIELDS["PodSpec"])
_OF_POD: Final = frozenset(FIELDS["PodSecurityContext"])
_OF_CONTAINER: Final = frozenset(FIELDS["SecurityContext"])
_OF_BOTH: Final = _OF_POD & _OF_CONTAINER
_SOURCES: Final = frozenset(FIELDS["Volume"]) - {"name"}
_MOUNT: Final = frozenset(FIELDS["VolumeMount"])
_REQUIREMENTS: Final = frozenset(FIELDS["ResourceRequirements"])
_OBJECT: Final = frozenset(FIELDS["Pod"])
_ENV: Final = _names("name value valueFrom")
_ENV_FROM: Final = _names("configMapRef secretRef")
_POLICY_RULE: Final = _names("apiGroups resources verbs")
_CLAIM: Final = _names("accessModes storageClassName")

_FIELDS_OF: Final[dict[PlaceType, frozenset[str]]] = {
    "Container": _CONTAINER,
    "PodHost": frozenset(),
    "PodSpec": _POD,
}
"""The fields of the types that may have others beside them; those of a host are places each."""

_OWN_FIELDS_OF_CONTAINER: Final = 13
"""How many fields a container has of its own at most, as the steps of pipelines do.

What has more is the configuration of something that happens to be a container too.
"""

_OWN_FIELDS_OF_POD: Final = 2
_FIELDS_OF_POD: Final = 8
"""How many fields of a pod spec one has at least, and how many of its own at most.

Anything else with containers is a host: what it calls `resources` or `image` is not the pod's.
"""


def _type_of(level: _Level, fields: dict[str, Field]) -> PlaceType | None:
    """The core type that a level of a schema has the fields of; None where it has those of none."""
    schema, path, beside = level
    if schema.get("x-kubernetes-embedded-resource").boolean and not path[-1].endswith("Ref"):
        # A reference that is said to be an object has its name and kind alone.
        return "Object"
    names = frozenset(fields)
    if not names:
        return None
    if "spec" in names and names <= _OBJECT:
        # Some are typed as a whole Pod.
        return "PodTemplateSpec" if _is_pod_spec(_properties(fields["spec"])) else None
    if "containers" in names and _is_container(_items(fields["containers"])):
        return "PodSpec" if _is_pod_spec(fields) else "PodHost"
    if _is_container(fields):
        return "Container"
    return (
        _security_context(names)
        or _requirements(fields, names, beside)
        or _of_volumes(names)
        or (_item(fields, names) if path[-1] == ITEMS else None)
    )


def _is_pod_spec(fields: dict[str, Field]) -> bool:
    names = frozenset(fields)
    return (
        _is_container(_items(fields.get("containers")))
        and len(names & _POD) >= _FIELDS_OF_POD
        and len(names - _POD) <= _OWN_FIELDS_OF_POD
    )


def _is_container(fields: dict[str, Field]) -> bool:
    """Whether these are the fields of a container, though some may be missing, and some be added.

    What can neither be named nor be told what to run is a setting of a container that the
    controller writes, as is what has fields of pods too. The containers of Azure have another
    environment.
    """
    names = frozenset(fields)
    return (
        "image" in names
        and ("command" in names or {"args", "name"} <= names)
        and ("name" in names or names.isdisjoint(_POD - _CONTAINER))
        and len(names & _CONTAINER) >= 5
        and len(names - _CONTAINER) <= _OWN_FIELDS_OF_CONTAINER
        and "environmentVariables" not in names
        and "secretRef" not in _items(fields.get("env"))
    )


def _security_context(names: frozenset[str]) -> PlaceType | None:
    """Which security context has these fields; none where there are too few, or others."""
    if len(names & _OF_BOTH) < 2 or not names <= _OF_POD | _OF_CONTAINER:
        return None
    is_of_pod = not names.isdisjoint(_OF_POD - _OF_BOTH)
    if names.isdisjoint(_OF_CONTAINER - _OF_BOTH):
        return "PodSecurityContext" if is_of_pod else None
    return "AnySecurityContext" if is_of_pod else "SecurityContext"


def _requirements(
    fields: dict[str, Field], names: frozenset[str], beside: frozenset[str]
) -> PlaceType | None:
    """The resources of a container: a volume claim has such, and some lists are called so."""
    amounts = ("limits", "requests")
    if not names.issuperset(amounts) or not names <= _REQUIREMENTS or not beside.isdisjoint(_CLAIM):
        return None
    are_maps = all(fields[name].get("additionalProperties").key is not None for name in amounts)
    return "ResourceRequirements" if are_maps else None


def _of_volumes(names: frozenset[str]) -> PlaceType | None:
    is_source = len(names & _SOURCES) >= 3 and not names.isdisjoint(("emptyDir", "hostPath"))
    if is_source and names <= _SOURCES | {"name"}:
        return "Volume" if "name" in names else "VolumeSource"
    if names <= _MOUNT and {"name", "mountPath"} <= names and "readOnly" in names:
        return "VolumeMount"
    return None


def _item(fields: dict[str, Field], names: frozenset[str]) -> PlaceType | None:
    """What only an item of a list is.

    Arguments and headers may have names, values and sources of values, roles that are not of
    Kubernetes have resources and verbs, and a reference may lead to a ConfigMap or a Secret.
    """
    if names <= _ENV and "valueFrom" in names:
        sources = _properties(fields["valueFrom"]).keys()
        return "EnvVar" if {"configMapKeyRef", "secretKeyRef"} <= sources else None
    if _ENV_FROM <= names <= _ENV_FROM | {"prefix"}:
        return "EnvFromSource"
    return "PolicyRule" if names >= _POLICY_RULE else None


# What it lacks.

_LEADING: Final = {
    "Container": _names(
        """
        env envFrom image imagePullPolicy livenessProbe name readinessProbe resources
        securityContext volumeMounts
        """
    ),
    "PodSpec": _names(
        """
        automountServiceAccountToken hostIPC hostNetwork hostPID hostUsers runtimeClassName
        initContainers securityContext serviceAccountName shareProcessNamespace volumes
        """
    ),
    "ResourceRequirements": _names("limits requests"),
    "VolumeMount": _names("readOnly"),
    "Volume": _names("emptyDir hostPath"),
    "PodSecurityContext": _OF_POD,
    "SecurityContext": _OF_CONTAINER,
    "AnySecurityContext": _OF_POD | _OF_CONTAINER,
}
"""Of each level, the fields that rules are about, or write: what else is absent asks nobody."""

_BELOW: Final = {
    "Container": {"securityContext": "SecurityContext", "resources": "ResourceRequirements"},
    "PodSpec": {"securityContext": "PodSecurityContext"},
}


def _absent(type_: str, schema: Field) -> Iterator[str]:
    """The fields of a type that the schema of a place lacks, dotted; those of pods as of specs."""
    if type_ == "PodTemplateSpec":
        if "metadata" not in _properties(schema):
            yield "metadata"
        yield from _absent("PodSpec", schema.get("properties", "spec"))
    else:
        yield from _lacking("PodSpec" if type_ == "PodHost" else type_, schema, "")


def _lacking(level: str, schema: Field, prefix: str) -> Iterator[str]:
    fields = _properties(schema)
    if not fields or schema.get("x-kubernetes-preserve-unknown-fields").boolean:
        # Whatever stands there is kept.
        return
    for name in sorted(_LEADING.get(level, ())):
        if name not in fields:
            yield f"{prefix}{name}"
    for name, deeper in _BELOW.get(level, {}).items():
        if name in fields:
            yield from _lacking(deeper, fields[name], f"{prefix}{name}.")
    if level == "PodSpec" and "containers" in fields:
        items = fields["containers"].get("items")
        yield from _lacking("Container", items, f"{prefix}containers{ITEMS}.")


# The text of a definition.

_TELLING: Final = (
    ("args:", "image:"),
    ("command:", "image:"),
    ("configMapKeyRef:", "secretKeyRef:"),
    ("configMapRef:", "secretRef:"),
    ("mountPath:", "readOnly:"),
    ("limits:", "requests:"),
    ("emptyDir:",),
    ("hostPath:",),
    ("apiGroups:", "verbs:"),
    ("runAsNonRoot:",),
    ("runAsUser:",),
    ("x-kubernetes-embedded-resource:",),
)
"""All words of one of these stand in each definition with a place: so much is seen at once."""


def definition_text(text: str) -> DefinitionText:
    """The text of a unit with definitions, where it may tell a place."""
    # In JSON a quote stands before the colon.
    is_telling = text.lstrip().startswith("{") or any(
        all(word in text for word in words) for words in _TELLING
    )
    return text if is_telling else ""


@lru_cache(maxsize=1)
def packed(text: DefinitionText) -> DefinitionText:
    """The same text in a tenth of the space, for those who keep it; many objects may share it.

    That takes a tenth of the time in which it is held to be in order.
    """
    if isinstance(text, bytes) or not text:
        return text
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


_SPEC: Final = r"(?m)^spec:[ ]*\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]+)(?=\S)"
# The module compiles patterns when they are used: most runs never meet a definition.


def defined_kind(definition: Field, text: str) -> tuple[str, str] | None:
    """The group and the kind that a definition in a text defines; None where it does not tell.

    The text tells them too where the tree does not, because what is below `spec` was not read.
    """
    spec = definition.get("spec")
    group, kind = spec.get("group").text, spec.get("names", "kind").text
    if group and kind:
        return group, kind
    start = re.search(_SPEC, text)
    name = definition.get("metadata", "name").text
    if start is None or not name:
        return None
    indent = start[1]
    told = _kind_below_names(text, start.end() - len(indent), indent)
    # Its name is that of the kind in the plural, and the group (validation.go,
    # ValidateCustomResourceDefinition).
    return None if told is None else (name.partition(".")[2], told)


def _kind_below_names(text: str, start: int, indent: str) -> str | None:
    """The name of the kind below the key `names` of a block; None where there is none."""
    is_below = False
    while start < len(text):
        end = next_line(text, start)
        line = text[start:end]
        start = end
        key, _, value = line.partition(":")
        if line.startswith(f"{indent} "):
            if is_below and key.strip() == "kind":
                return value.strip().strip("\"'") or None
        elif line.strip() and not line.lstrip().startswith("#"):
            if not line.startswith(indent):
                return None
            is_below = key == f"{indent}names"
    return None


_OF_NO_USE: Final = r"""(?mx)
    ^(?:
        ([ ]*)(?!(?:apiVersion|group|kind|name|version|x-kubernetes-[ep][\w-]*):)
        [\w$-]+:[ ]+(?=[^\s\[{])[^\n]*\n(?:\1[ ][^\n]*\n|[ ]*\n)*
      | [ ]*-[ ][^\n:]*\n
    )
    """
"""Keys of scalars, with the lines that go on below them, and items: three quarters of most texts.

The names of all fields are left, and so is what says which objects are embedded or kept as they
are.
"""


@lru_cache(maxsize=256)
def defined_places(
    definition: DefinitionText, group: str, kind: str, version: str
) -> tuple[CorePlace, ...] | None:
    """The places of a version of a kind; None where the definition does not have that version."""
    if not definition:
        return None
    text = definition
    if isinstance(text, bytes):
        text = zlib.decompress(text).decode("utf-8", "surrogatepass")
    is_template = "{{" in text
    tree = parse(re.sub(_OF_NO_USE, "", text), template=is_template)
    if tree.problems:
        tree = parse(text, template=is_template)
    for root in tree.roots:
        for each in _definitions(root_field(root)):
            spec = each.get("spec")
            if (spec.get("group").text, spec.get("names", "kind").text) == (group, kind):
                schema = _schema_of(spec, version)
                if schema is not None:
                    return places_in(schema)
    return None


def _definitions(field: Field) -> Iterator[Field]:
    """The objects at a field: itself, or those of a list or of a List."""
    if field.get("spec").present:
        yield field
    yield from field.items()
    yield from field.get("items").items()


def _schema_of(spec: Field, version: str) -> Field | None:
    """The schema of a version; before apiextensions.k8s.io/v1 there was one for all of them."""
    for each in spec.get("versions").items():
        if each.get("name").text == version:
            schema = each.get("schema", "openAPIV3Schema")
            return schema if schema.present else spec.get("validation", "openAPIV3Schema")
    is_only = not spec.get("versions").present and spec.get("version").text == version
    return spec.get("validation", "openAPIV3Schema") if is_only else None
