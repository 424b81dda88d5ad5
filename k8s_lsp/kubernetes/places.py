"""What may be said of a place of an object at which a core type of Kubernetes stands."""

import re
from typing import Final, Literal, NamedTuple, TypeAlias, cast

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
]
"""The core type, by its name in k8s.io/api. A PodHost has some fields of a pod spec beside fields
of its own; an AnySecurityContext has those of a pod's and of a container's security context in one;
an Object is a whole object of its own."""

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
    or drops them; `token_because` is the reason, as a clause, for which the token of the account is
    not to be taken.
    """

    kind: Literal["exact", "overlay", "hardened", "ignored"]
    replaces: bool = False
    own_containers: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    token_because: str | None = None


EXACT: Final = Handling("exact")

AS_WRITTEN: Final = Handling("hardened")
"""Nothing is known of the controller: what is not written may be set by it."""


class CorePlace(NamedTuple):
    """A place of a kind of objects at which a core type stands.

    `absent` are the fields of that type, dotted (`securityContext.procMount`), which its schema
    does not have: the API server drops or refuses them.
    """

    path: Pattern
    type: PlaceType
    handling: Handling = AS_WRITTEN
    absent: frozenset[str] = frozenset()


PATTERN: Final = r"[\w$-]+(\[\]|\{\})*(\.[\w$-]+(\[\]|\{\})*)*"
"""How people write a pattern: `spec.template`, `spec.sidecars[]`, `spec.roles{}.pod`."""


def pattern_of(text: str) -> Pattern | None:
    """The pattern that is written in a text; None where it is none."""
    if not re.fullmatch(PATTERN, text, re.ASCII):
        return None
    return tuple(re.findall(r"\[\]|\{\}|[\w$-]+", text))


def own_places(settings: Settings, group: str, kind: str) -> tuple[CorePlace, ...]:
    """The places that the settings name in a kind of objects."""
    return tuple(
        CorePlace(path, cast(PlaceType, place.type), AS_WRITTEN if place.hardened else EXACT)
        for own in settings.custom_resources
        if (own.group, own.kind) == (group, kind)
        for place in own.places
        if (path := pattern_of(place.path)) is not None
    )
