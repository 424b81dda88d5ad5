"""What may be said of a place of an object at which a core type of Kubernetes stands."""

import re
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from k8s_lsp.regexes import regex
from k8s_lsp.settings import Settings

PlaceType: TypeAlias = Literal[
    "PodTemplateSpec",
    "PodSpec",
    "PodHost",
    "Container",
    "SecurityContext",
    "PodSecurityContext",
    "AnySecurityContext",
    "ResourceRequirements",
    "Volume",
    "VolumeSource",
    "VolumeMount",
    "EnvVar",
    "EnvFromSource",
    "PolicyRule",
    "Object",
    "Image",
    "HelmImage",
    "HelmAccount",
]
"""The core type, by its name in k8s.io/api. A PodHost has some fields of a pod spec beside fields
of its own; an AnySecurityContext has those of a pod's and of a container's security context in one;
an Object is a whole object of its own; an Image is the text of a reference to one that a pod runs.
A HelmImage is how the values of a chart name an image, by its parts or whole, and a HelmAccount how
they tell the ServiceAccount that the chart makes or takes: `shapes` reads both."""

ITEMS: Final = "[]"
"""In the path of a place: every item of a list."""

VALUES: Final = "{}"
"""In the path of a place: every value of a map."""

Pattern: TypeAlias = tuple[str, ...]
"""The path of a place from the root of its object: names, ITEMS and VALUES."""


class Handling(NamedTuple):
    """What the controller of a kind makes of what stands at a place.

    `exact`: its pods are as written, nothing is added that makes them safer. `overlay`: it is laid
    over a pod of the controller's own, for which nothing safe is set. `hardened`: the same over a
    pod that is hardened already, so that what is not written is not missing. `ignored`: what is
    written has no effect.

    Of a `hardened` pod, `replaces` says that a security context that is written takes the place of
    the controller's, so that what is missing in it is missing. `own_containers` are the names of
    the containers that the controller has: others are exact where there are any, and all are the
    controller's where there are none.
    `refused` are the fields of the pod spec that no fix may write, because the controller refuses
    or drops them, at a Container those of the container, dotted; `token_because` is the reason, as
    a clause, for which the token of the account is not to be taken.
    `token_is_off` says that the controller mounts no token where nothing is written.
    `pod_sets` and `container_sets` are what the controller sets in a pod, and in its own
    containers, of `allowPrivilegeEscalation`, `capabilities` (drops ALL), `readOnlyRootFilesystem`,
    `runAsNonRoot` and `seccompProfile`: the others are missing even where the pod is `hardened`.
    They are None where nobody read it.
    `empty_removes` says that a security context that is written as `{}` takes them all away.
    """

    kind: Literal["exact", "overlay", "hardened", "ignored"]
    replaces: bool = False
    own_containers: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    token_because: str | None = None
    token_is_off: bool = False
    pod_sets: frozenset[str] | None = None
    container_sets: frozenset[str] | None = None
    empty_removes: bool = False


class Merging(NamedTuple):
    """What parts of an object have from each other, by the names of the fields; empty for nothing.

    `base` stands beside containers, and is what each of them begins with. `templates` is a list of
    pods: their `defaults` stand beside it and are merged into each, in which `typed` are the fields
    that are containers, and `tasks` those by which one has something else to do. `elsewhere` stands
    in the stead of the list. `amounts` are those of a whole pod, for all below it.
    `pods` are paths of pods that are for what stands below a field called `below`, if nothing
    stands at `unless`, which are pods for some of it.
    `layers` are parts that have a pod template under the name that one beside them has, which is
    `layer`: each is merged over that one, lists item by item.
    `measured` beside its amounts says that a controller finds these out.
    """

    base: str = ""
    templates: str = ""
    defaults: str = ""
    typed: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    elsewhere: str = ""
    amounts: str = ""
    pods: tuple[Pattern, ...] = ()
    below: str = ""
    unless: Pattern = ()
    layer: str = ""
    layers: tuple[str, ...] = ()
    measured: str = ""


NO_MERGING: Final = Merging()

EXACT: Final = Handling("exact")

AS_WRITTEN: Final = Handling("hardened")
"""Nothing is known of the controller: what is not written may be set by it."""


class CorePlace(NamedTuple):
    """A place of a kind of objects at which a core type stands.

    `absent` are the fields of that type, dotted (`securityContext.procMount`), which its schema
    does not have: the API server drops or refuses them. Of a PodTemplateSpec they are those of its
    pod spec, but for `metadata`; those of containers begin with `containers[]`.
    """

    path: Pattern
    type: PlaceType
    handling: Handling = AS_WRITTEN
    absent: frozenset[str] = frozenset()


PATTERN: Final = r"[\w$-]+(\[\]|\{\})*(\.[\w$-]+(\[\]|\{\})*)*"
"""How people write a pattern: `spec.template`, `spec.sidecars[]`, `spec.roles{}.pod`."""


def pattern_of(text: str) -> Pattern | None:
    """The pattern that is written in a text; None where it is none."""
    if not _WHOLE.fullmatch(text):
        return None
    return tuple(_NAMES.findall(text))


_WHOLE: Final = regex(PATTERN, re.ASCII)
_NAMES: Final = regex(r"\[\]|\{\}|[\w$-]+")


def own_places(settings: Settings, group: str, kind: str) -> tuple[CorePlace, ...]:
    """The places that the settings name in a kind of objects."""
    return tuple(
        CorePlace(path, cast(PlaceType, place.type), AS_WRITTEN if place.hardened else EXACT)
        for own in settings.custom_resources
        if (own.group, own.kind) == (group, kind)
        for place in own.places
        if (path := pattern_of(place.path)) is not None
    )
