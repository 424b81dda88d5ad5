"""What is told of a unit that does not parse: what was found there, and what was told before.

Nothing is concluded from what is missing where text could not be read. So each key that begins a
line would take the findings of its container away, and the colon behind it would bring them back.
The rules look at what could be read all the same, and what they miss there is `unknown`. Such a
finding is told on where it was told of the state before, unless what it misses was typed since,
where it could not be read. Nothing else moves it: it stands where the rule has it now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from k8s_lsp.engine.results import Diagnosis, UnitResult
from k8s_lsp.engine.suppression.suppressions import suppressions_in
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.settings import Settings


class Told(NamedTuple):
    """A unit of an earlier state of the text, and what was told of it."""

    result: UnitResult
    diagnoses: Sequence[Diagnosis]


def told_of(result: UnitResult, before: Sequence[Told], settings: Settings) -> Sequence[Diagnosis]:
    """What is told of a unit, given the units that stood in its place, in the order of the text."""
    if not before or not result.tree.problems:
        return result.published
    kept = list(_kept(result, before))
    if not kept:
        return result.published
    silenced = suppressions_in(result.tree, result.objects, settings.foreign_ignores)
    kept = [
        each for each in kept if not silenced.silence(each.rule.slug, each.object, each.finding)
    ]
    return sorted((*result.published, *kept), key=lambda diagnosis: diagnosis.finding.span)


def _kept(result: UnitResult, before: Sequence[Told]) -> Iterator[Diagnosis]:
    # What is found last goes first, as in what is published.
    unknown = [
        diagnosis
        for diagnoses in result.checked
        for diagnosis in reversed(diagnoses)
        if diagnosis.status == "unknown"
    ]
    if not unknown:
        return
    earlier = {id(now): (told, then) for told, then, now in _same_objects(result, before)}
    known: dict[int, dict[object, Diagnosis]] = {}
    for diagnosis in unknown:
        obj = diagnosis.object
        if id(obj) not in earlier:
            continue
        told, then = earlier[id(obj)]
        by_name = len(then.containers) != len(obj.containers)
        if id(obj) not in known:
            known[id(obj)] = {
                _identity(each, by_name): each
                for each in told.diagnoses
                if each.object is then and each.finding.absent_from
            }
        old = known[id(obj)].pop(_identity(diagnosis, by_name), None)
        if old is not None and not _is_typed(old, diagnosis):
            message = " ".join(diagnosis.finding.message.split())
            finding = replace(diagnosis.finding, message=message)
            yield Diagnosis(old.rule, old.severity, finding, obj, old.control, "published")


def _same_objects(
    result: UnitResult, before: Iterable[Told]
) -> Iterator[tuple[Told, KubeObject, KubeObject]]:
    """The objects of a unit, each with what it was: the one in its place, or else of its name."""
    old = [(told, obj) for told in before for obj in told.result.objects]
    if len(old) == len(result.objects):
        for (told, then), now in zip(old, result.objects, strict=True):
            yield told, then, now
        return
    by_name = {_name_of(obj): obj for obj in result.objects}
    for told, then in old:
        if _name_of(then) in by_name:
            yield told, then, by_name[_name_of(then)]


def _name_of(obj: KubeObject) -> tuple[str | None, ...]:
    return obj.kind, obj.namespace, obj.name


def _identity(diagnosis: Diagnosis, by_name: bool) -> object:
    """What tells a finding from the others of its object, in each state of the text.

    Where containers were added or taken away, theirs are told by the container's name; that of one
    without a name is a new one.
    """
    path, obj = diagnosis.finding.path or (), diagnosis.object
    place: Path = path[len(obj.root.path) :]
    container = obj.container_at(path) if by_name else None
    if container is not None:
        name = container.get("name").text
        if name is None:
            return diagnosis
        place = (*container.path[len(obj.root.path) : -1], name, *path[len(container.path) :])
    return diagnosis.rule.slug, place


def _is_typed(old: Diagnosis, new: Diagnosis) -> bool:
    """Whether a key that a finding misses was typed where it was not read.

    A key is one once its colon is there: until then, half a word takes no finding away.
    """
    finding = new.finding
    path = finding.path or ()
    block = path if finding.absent_block is None else finding.absent_block
    before, now = _lines_around(old), _lines_around(new)
    return any(
        _count(now, str(name)) > _count(before, str(name)) for name in path[len(block) - 1 :]
    )


def _count(text: str, key: str) -> int:
    return sum(text.count(f"{key}{end}:") for end in ("", '"', "'"))


def _lines_around(diagnosis: Diagnosis) -> str:
    """The text from where the container of a finding begins to where the next one does.

    For a finding that is not about a container, it is that from its pod or object on.
    """
    obj, path = diagnosis.object, diagnosis.finding.path or ()
    container, pod = obj.container_at(path), obj.pod_at(path)
    field = container.field if container is not None else obj.root if pod is None else pod.spec
    if field.written is None:
        return ""
    start = field.written.span.start
    if container is None:
        return obj.text[start:]
    others = (each.field.written for each in obj.containers)
    starts = (each.span.start for each in others if each is not None)
    return obj.text[start : min((each for each in starts if each > start), default=None)]
