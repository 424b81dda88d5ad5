"""Where custom resources hold core types, and what their controllers make of them.

`custom_resources.txt` has a line for each kind: of each of its schemas, newest first, the versions
and the places at which a type of k8s.io/api stands, mined from the CRDs of projects and from their
Go types. Its first line has the sets of fields that are absent at places, which name a set by its
number. `controllers.txt` has what the controllers do, by their code. Neither is read before the
first custom resource is met, and no line is taken apart before the first object of its kind.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from k8s_lsp.kubernetes.places import (
    AS_WRITTEN,
    EXACT,
    ITEMS,
    NO_MERGING,
    VALUES,
    CorePlace,
    Handling,
    Merging,
    Pattern,
    PlaceType,
)

WORDS: Final = "h"
"""The code of a host that has neither containers nor a security context of a pod: it says a thing
or two of pods that are elsewhere or the controller's, and only what is written counts."""

CODES: Final[dict[str, PlaceType]] = {
    WORDS: "PodHost",
    "H": "PodHost",
    "T": "PodTemplateSpec",
    "P": "PodSpec",
    "C": "Container",
    "S": "SecurityContext",
    "Q": "PodSecurityContext",
    "A": "AnySecurityContext",
    "R": "ResourceRequirements",
    "V": "Volume",
    "v": "VolumeSource",
    "M": "VolumeMount",
    "E": "EnvVar",
    "F": "EnvFromSource",
    "L": "PolicyRule",
    "O": "Object",
    "I": "Image",
}
"""The types, as the table writes them behind each path."""

HANDLINGS: Final = {
    "exact": EXACT,
    "overlay": Handling("overlay"),
    "hardened": Handling("hardened"),
    "ignored": Handling("ignored"),
    "written": AS_WRITTEN,
}
"""The handlings by their words in the second table, which adds to them."""

MERGES: Final = "merges"
"""The first word of a line of the second table that says what is merged into what."""

SERVED: Final = frozenset(
    "admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io"
    " authentication.k8s.io authorization.k8s.io certificates.k8s.io coordination.k8s.io"
    " discovery.k8s.io events.k8s.io flowcontrol.apiserver.k8s.io internal.apiserver.k8s.io"
    " networking.k8s.io node.k8s.io rbac.authorization.k8s.io resource.k8s.io scheduling.k8s.io"
    " storage.k8s.io storagemigration.k8s.io".split()
)
"""The groups with a dot in which the API server serves kinds itself, but for what it aggregates.

Source: the folders of k8s.io/api, k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator.
"""

_NONE: Final[frozenset[str]] = frozenset()
_ITEMS, _VALUES = f".{ITEMS}", f".{VALUES}"


class _Tables(NamedTuple):
    """The rows of the two tables, by group and kind and by group; the sets of absent fields.

    The rows of the second that say what is merged stand apart from the others.
    """

    places: dict[str, str]
    handlings: dict[str, list[str]]
    mergings: dict[str, list[str]]
    absent: list[str]


@lru_cache(maxsize=1024)
def places_of(api_version: str, kind: str) -> tuple[CorePlace, ...]:
    """The places of a kind of custom resources at which core types stand, in the order of paths.

    They are those of its version, else those of the newest version that is known; none where the
    kind is not, and none for the kinds that Kubernetes serves itself.
    """
    group, _, version = api_version.lower().rpartition("/")
    # No group of a CustomResourceDefinition is without a dot (apiextensions' validation).
    if "." not in group or group in SERVED:
        return ()
    tables = _tables()
    kind = kind.lower()
    row = tables.places.get(f"{group} {kind}")
    if row is None:
        return ()
    schemas = [each.split(" ") for each in row.split(" ; ")]
    chosen = next((each for each in schemas if version in each[0].split(",")), schemas[0])
    handlings = [_handling(says) for says in _said_of(kind, tables.handlings.get(group, ()))]
    return tuple(_place(place, handlings, tables.absent) for place in chosen[1:])


@lru_cache(maxsize=1024)
def merging_of(api_version: str, kind: str) -> Merging:
    """What parts of an object of a kind of custom resources have from each other."""
    group = api_version.lower().rpartition("/")[0]
    if "." not in group or group in SERVED:
        return NO_MERGING
    rows = _said_of(kind.lower(), _tables().mergings.get(group, ()))
    return next(map(_merging, rows), NO_MERGING)


def _said_of(kind: str, rows: Iterable[str]) -> Iterator[str]:
    """What those rows of a group say that are about a kind."""
    for kinds, _, says in (each.partition(" | ") for each in rows):
        if kind in kinds.split(","):
            yield says


@cache
def _tables() -> _Tables:
    """Both tables, indexed: a quarter of a millisecond, once."""
    absent, *rows = _text("custom_resources.txt").splitlines()
    handlings: dict[str, list[str]] = {}
    mergings: dict[str, list[str]] = {}
    for line in _text("controllers.txt").splitlines():
        group, _, says = line.partition(" ")
        said = mergings if f" | {MERGES} " in says else handlings
        said.setdefault(group, []).append(says)
    places = dict([row.split("  ", 1) for row in rows])
    return _Tables(places, handlings, mergings, absent.split(" "))


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _place(text: str, handlings: "list[_Handling]", absent: list[str]) -> CorePlace:
    """A place of the table: its path, and behind a colon its code and the number of its absents."""
    written, _, coded = text.partition(":")
    code = coded[0]
    path = tuple(written.replace(ITEMS, _ITEMS).replace(VALUES, _VALUES).split("."))
    type = CODES[code]
    handling = _handling_at(path, type, handlings)
    if code == WORDS:
        handling = AS_WRITTEN._replace(
            refused=handling.refused, token_because=handling.token_because
        )
    return CorePlace(path, type, handling, _names(absent[int(coded[1:])]) if coded[1:] else _NONE)


class _Handling(NamedTuple):
    """A line of the second table; `at` are the names of a path below which alone it counts."""

    at: frozenset[str]
    says: Handling


def _handling_at(path: Pattern, type: PlaceType, handlings: list[_Handling]) -> Handling:
    """What the first line says that counts there.

    Of a kind whose controller nobody read, a whole template of pods is taken for what it is.
    """
    for each in handlings:
        if not each.at or not each.at.isdisjoint(path):
            return each.says
    return EXACT if type == "PodTemplateSpec" else AS_WRITTEN


@cache
def _handling(row: str) -> _Handling:
    """A line of the second table, behind its kinds."""
    words, because, _ = (each.strip() for each in row.split("|", 2))
    kind, *more = words.split(" ")
    given = dict(each.partition("=")[::2] for each in more)
    sets_some = not given.keys().isdisjoint(("pod", "container"))
    says = HANDLINGS[kind]._replace(
        replaces="replaces" in given,
        own_containers=_names(given.get("own", "")),
        refused=_names(given.get("refused", "")),
        token_because=because or None,
        token_is_off="no-token" in given,
        pod_sets=_names(given.get("pod", "")) if sets_some else None,
        container_sets=_names(given.get("container", "")) if sets_some else None,
        empty_removes="empty" in given,
    )
    # Most are asked for this one.
    return _Handling(_names(given.get("at", "")), EXACT if says == EXACT else says)


@cache
def _merging(row: str) -> Merging:
    """What a line of the second table says is merged, behind its kinds."""
    words = row.split(" | ")[0].split(" ")[1:]
    given: dict[str, Any] = dict(each.partition("=")[::2] for each in words)
    for name in ("typed", "tasks", "layers"):
        given[name] = tuple(given[name].split(",")) if name in given else ()
    given["pods"] = tuple(
        tuple(path.split(".")) for path in given.get("pods", "").split(",") if path
    )
    given["unless"] = tuple(given["unless"].split(".")) if "unless" in given else ()
    return Merging(**given)


@cache
def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) if text else _NONE
