"""Containers, objects and everything -> ways to harden them, each with a title and its edits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import NamedTuple

from k8s_lsp.engine.fixing import (
    AnalyzeFrom,
    bulk_fix,
    concerns_with_pod,
    fix_all,
    harden,
    harden_container,
    harden_object,
    harden_with_pod,
)
from k8s_lsp.engine.hardened import Hardened
from k8s_lsp.engine.results import Analysis, Diagnosis, UnitResult
from k8s_lsp.features.changes import edits_between
from k8s_lsp.features.hardened_message import HardenedMessage, changed_fields, message_of
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, all_of
from k8s_lsp.rules.base import PodSecurityLevel
from k8s_lsp.text import Edit, Span, line_end, line_start

Remember = Callable[[str, HardenedMessage], None]
"""Is told a text that a client may make of the open one, and what to say once it has: no command
comes with the edit, because clients differ in which of the two they then ask for."""

HARDEN = "refactor.rewrite"
FIX_ALL = "source.fixAll.k8s-lsp"
"""What a rewrite does, by the kind of code action that always may do it."""

LEVELS: tuple[PodSecurityLevel, ...] = ("restricted", "baseline")

HARDEN_LIMIT = 4
"""How many ways of hardening are offered at once: a longer menu is not read."""

LEVELS_LIMIT = 20
"""In files with more containers than that, hardening to other levels is not offered: whether it
would make a difference takes too long to find out for a menu."""

_AMOUNTS = ("limits", "requests")

LACKING_LIMIT = 3
"""How many fields a title names that a lower level leaves as they are."""


class Rewrite(NamedTuple):
    """A change of a whole text, small enough to travel to the client and back.

    `unit` and `path` name the container or the object to harden; without them everything is.
    `with_pod` says that a container is hardened with what its pod decides for it. `level` is the
    Pod Security level to harden to, where it is not what the settings ask for.
    """

    kind: str
    unit: int | None = None
    path: Path = ()
    level: PodSecurityLevel | None = None
    with_pod: bool = False


class Hardening(NamedTuple):
    """A way to harden, and what a menu calls it."""

    title: str
    rewrite: Rewrite


Make = Callable[[Rewrite], Hardened]
"""What becomes of one text by a rewrite; each is made once."""


class Place(NamedTuple):
    """A finding, with the index of its unit."""

    unit: int
    diagnosis: Diagnosis


def changes_of(
    analysis: Analysis, rewrite: Rewrite, analyze_from: AnalyzeFrom, remember: Remember
) -> list[Edit]:
    """The edits of a rewrite, small ones; what to say of it is remembered."""
    hardened = _rewritten(analysis, rewrite, analyze_from)
    # What runs on save is silent.
    if rewrite.kind == HARDEN:
        remember(hardened.text, message_of(hardened, rewrite.unit, rewrite.path))
    return edits_between(analysis.text, hardened.text)


def _rewritten(analysis: Analysis, rewrite: Rewrite, analyze_from: AnalyzeFrom) -> Hardened:
    analyze, settings = analyze_from(analysis), analysis.settings
    if rewrite.level is not None:
        settings = replace(settings, profile=rewrite.level)
    # All of the text, and all that is wrong with it: what is published may be less.
    whole = analyze(analysis.text, settings)
    if rewrite.kind == FIX_ALL:
        return fix_all(whole, analyze)
    if rewrite.unit is not None:
        objects = whole.units[rewrite.unit].objects if rewrite.unit < len(whole.units) else ()
        if any(obj.root.path == rewrite.path for obj in objects):
            return harden_object(whole, rewrite.unit, rewrite.path, analyze)
        alone_or_not = harden_with_pod if rewrite.with_pod else harden_container
        return alone_or_not(whole, rewrite.unit, rewrite.path, analyze)
    return harden(whole, analyze)


# The one that comes first: it takes away all findings at a span that can be taken away in bulk.


def first_hardening(analysis: Analysis, touched: Span, found: Iterable[Place]) -> Hardening | None:
    """The smallest way that hardens all that findings at a span are about.

    None where nothing would change: what is decided on purpose is left to a person.
    """
    places = [each for each in found if bulk_fix(analysis, each.diagnosis) is not None]
    if not places:
        return None
    level = _to(_level_of(analysis))
    index, diagnosis = places[0]
    obj = diagnosis.object
    is_one = all(each.diagnosis.object is obj for each in places)
    container = _container_of(analysis, touched, places) if is_one else None
    if is_one and container is None:
        return Hardening(f"{_title_of(obj)}{level}", Rewrite(HARDEN, index, obj.root.path))
    if container is None or _is_all(analysis, container):
        return Hardening(f"{_title_for_all(analysis)}{level}", Rewrite(HARDEN))
    rewrite = Rewrite(HARDEN, index, container.path, with_pod=True)
    return Hardening(f"Harden {container} and its pod{level}", rewrite)


def _container_of(analysis: Analysis, touched: Span, places: list[Place]) -> Container | None:
    """The container that findings at a span are about, alone or with its pod; None for several."""
    obj = places[0].diagnosis.object
    here = [each for _, each in _containers_at(analysis, touched)]
    if not here:
        # In the lines of a pod, what its only container lacks is meant too.
        pods = {
            id(pod): pod
            for each in places
            if (pod := obj.pod_at(each.diagnosis.finding.path or ())) is not None
        }
        here = [each for pod in pods.values() for each in pod.containers if each.parts is None]
    if len(here) != 1 or not all(
        concerns_with_pod(each.diagnosis, here[0].path) for each in places
    ):
        return None
    return here[0]


def _is_all(analysis: Analysis, container: Container) -> bool:
    """Whether a container and its pod are all that hardening everything would change."""
    is_only_one = [each.path for each in whole_containers(analysis)] == [container.path]
    return is_only_one and not _has_fixes(analysis, in_pods=False)


# All others.


def other_hardenings(
    analysis: Analysis, touched: Span, analyze_from: AnalyzeFrom, first: Hardening | None
) -> list[Hardening]:
    """Hardening each container at a span, and everything; then everything to another level.

    What changes the text as another does, or as the first, is not offered again.
    """
    level = _level_of(analysis)
    everything = Rewrite(HARDEN)
    hardened: Hardened | None = None
    make: Make = cache(lambda rewrite: _rewritten(analysis, rewrite, analyze_from))
    if len(whole_containers(analysis)) <= LEVELS_LIMIT:
        hardened = make(everything)
    done = {analysis.text}
    if first is not None:
        done.add(make(first.rewrite).text)
    most = HARDEN_LIMIT - (first is not None)
    # Each is tried, which takes time: no more of them than are shown.
    offered = list(islice(_hardenings_at(analysis, touched, make, done, hardened), most))
    if (hardened is None or hardened.text not in done) and _has_fixes(analysis):
        del offered[most - 1 :]
        offered.append(Hardening(f"{_title_for_all(analysis)}{_to(level)}", everything))
    if level is None and whole_containers(analysis) and hardened is not None:
        offered += _to_levels(analysis, make, done, hardened)
    return offered[:most]


def _hardenings_at(
    analysis: Analysis,
    touched: Span,
    make: Make,
    done: set[str],
    hardened: Hardened | None,
) -> Iterator[Hardening]:
    """The containers and objects at a span; the texts that they give are added to those `done`."""
    level = _level_of(analysis)
    for rewrite, container in _containers_at(analysis, touched):
        text = make(rewrite).text
        if text not in done:
            done.add(text)
            yield Hardening(f"Harden {container}{_to(level)}", rewrite)
    for rewrite, obj in _objects_at(analysis, touched):
        text = make(rewrite).text
        if text not in done and (hardened is None or text != hardened.text):
            done.add(text)
            yield Hardening(f"{_title_of(obj)}{_to(level)}", rewrite)


def _to_levels(
    analysis: Analysis, make: Make, done: set[str], hardened: Hardened
) -> Iterator[Hardening]:
    """Hardening everything to the levels of Pod Security, each with what that leaves as it is."""
    done = {*done, hardened.text}
    fields = list(_names(hardened))
    for level in LEVELS:
        rewrite = Rewrite(HARDEN, level=level)
        lower = make(rewrite)
        if lower.text in done:
            continue
        done.add(lower.text)
        changed = set(_names(lower))
        lacking = [name for name in fields if name not in changed]
        containers = whole_containers(analysis)
        subject = f" {all_of(containers)}" if len(containers) > 1 else ""
        without = f" only: leaves {_listed(lacking)} as {_they(lacking)}" if lacking else ""
        yield Hardening(f"Harden{subject} to {level}{without}", rewrite)


def _names(hardened: Hardened) -> Iterator[str]:
    """The fields that were changed; limits and requests of all kinds are one."""
    for name in dict.fromkeys(changed_fields(hardened.applied)):
        amounts, _, _ = name.partition(".")
        yield amounts if amounts in _AMOUNTS else name


def _they(names: list[str]) -> str:
    return "it is" if len(set(names)) == 1 and names[0] not in _AMOUNTS else "they are"


def _listed(names: list[str]) -> str:
    known = list(dict.fromkeys(names))
    if len(known) > LACKING_LIMIT:
        known[LACKING_LIMIT:] = [f"{len(known) - LACKING_LIMIT} more"]
    *first, last = known
    return f"{', '.join(first)} and {last}" if first else last


def _level_of(analysis: Analysis) -> PodSecurityLevel | None:
    """The Pod Security level that the settings ask for, where they ask for that alone."""
    return next((level for level in LEVELS if level == analysis.settings.profile), None)


def _to(level: PodSecurityLevel | None) -> str:
    return f" to {level}" if level is not None else ""


def _title_for_all(analysis: Analysis) -> str:
    """What hardening everything touches, objects without a pod too."""
    containers = whole_containers(analysis)
    rest = _has_fixes(analysis, in_pods=False)
    if not containers or (rest and len(containers) == 1):
        return "Harden the whole file"
    if len(containers) == 1:
        return f"Harden {containers[0]} and its pod"
    return f"Harden {all_of(containers)}{' and the rest of the file' if rest else ''}"


def _title_of(obj: KubeObject) -> str:
    return f'Harden {obj.kind} "{obj.name}"' if obj.name else f"Harden this {obj.kind}"


def whole_containers(analysis: Analysis) -> list[Container]:
    """The containers of a text that are not only parts of one."""
    return [
        container
        for result in analysis.units
        for container in result.containers()
        if container.parts is None
    ]


def units_of(analysis: Analysis) -> Iterator[tuple[UnitResult, int]]:
    """The units of a text, each with where it begins."""
    return zip(analysis.units, analysis.offsets, strict=True)


def _containers_at(analysis: Analysis, touched: Span) -> Iterator[tuple[Rewrite, Container]]:
    """The containers whose lines a span touches, each with the rewrite that hardens it."""
    for index, (result, offset) in enumerate(units_of(analysis)):
        text = result.unit.text
        if offset > touched.end or offset + len(text) < touched.start:
            continue
        for container in result.containers():
            # What arrives through an alias stands elsewhere, and belongs to others too. Parts of a
            # container are no lines of their own.
            if (
                container.field.written is not container.field.node
                or container.field.shared
                or container.parts is not None
            ):
                continue
            assert container.field.written is not None
            span = container.field.written.span
            lines = Span(line_start(text, span.start), line_end(text, span.end))
            if touched.touches(lines.shifted(offset)):
                yield Rewrite(HARDEN, index, container.field.path), container


def _objects_at(analysis: Analysis, touched: Span) -> Iterator[tuple[Rewrite, KubeObject]]:
    """The objects whose lines a span touches, each with the rewrite that hardens it."""
    for index, (result, offset) in enumerate(units_of(analysis)):
        for obj in result.objects:
            if obj.root.written is not None and obj.root.written is obj.root.node:
                span = obj.root.written.span.shifted(offset)
                if touched.touches(span):
                    yield Rewrite(HARDEN, index, obj.root.path), obj


def _has_fixes(analysis: Analysis, in_pods: bool | None = None) -> bool:
    """Whether hardening changes an object with a pod, one without, or any."""
    return any(
        bulk_fix(analysis, diagnosis) is not None
        for _, diagnosis in analysis.published()
        if in_pods is None or bool(diagnosis.object.pods) == in_pods
    )


def has_safe_fixes(analysis: Analysis) -> bool:
    """Whether what runs on save would change anything."""
    fixes = (bulk_fix(analysis, diagnosis) for _, diagnosis in analysis.published())
    return any(fix is not None and fix.safety == "safe" for fix in fixes)
