"""Which findings of an earlier check still hold, so that only some rules have to run again.

Most keystrokes move what stands behind them, and change one value or none. What a rule found holds
on, at its new place, unless the rule looked at that value. No rule declares what it looks at: when
a value begins to change, all rules run once on objects in which reading it is recorded.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from k8s_lsp.engine.analysis import check_unit
from k8s_lsp.engine.checking import CheckOptions, Crashes, run_rules
from k8s_lsp.engine.precedence import with_precedence, without_precedence
from k8s_lsp.engine.reading import objects_in
from k8s_lsp.engine.results import Diagnosis, UnitResult
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import Context, Finding, Fix, Related, Rule
from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.syntax.reuse.same_shape import Correspondence, same_shape
from k8s_lsp.syntax.reuse.tracking import ReadTracker, track
from k8s_lsp.syntax.scalars import is_null


class Readers(NamedTuple):
    """The rules that looked at the value of a leaf, by their slugs; none where no leaf was read."""

    leaf: Scalar | None = None
    rules: frozenset[str] = frozenset()


NO_READERS = Readers()


class Checked(NamedTuple):
    """A unit with its diagnoses, and the rules that have read the leaf that is changing."""

    unit: UnitResult
    readers: Readers = NO_READERS


def recheck(
    before: Checked, unit: UnitResult, options: CheckOptions, room: int | None
) -> Checked | None:
    """The unit with its diagnoses, as `check_unit` gives them, if it is much like one `before`.

    That one was checked with the same options. None where all rules have to run again, and where
    they did not all run before.
    """
    old = before.unit
    if old.incomplete or not old.is_checked or bool(old.tree.problems) != bool(unit.tree.problems):
        return None
    correspondence = same_shape(old.tree.roots, unit.tree.roots)
    if correspondence is None:
        return None
    if correspondence.old_leaf is None or correspondence.new_leaf is None:
        return _recheck_readers(old, correspondence, frozenset(), unit, options, room)
    if is_null(correspondence.old_leaf) != is_null(correspondence.new_leaf) or (
        eager_reads(old.objects) != eager_reads(unit.objects)
    ):
        return None
    if correspondence.old_leaf is before.readers.leaf:
        return _recheck_readers(old, correspondence, before.readers.rules, unit, options, room)
    return _record_readers(unit, correspondence.new_leaf, options, room)


def eager_reads(objects: Iterable[KubeObject]) -> list[object]:
    """What is read of the values in some objects before rules are asked about them."""
    return [
        (
            obj.api_version,
            obj.kind,
            obj.name,
            obj.namespace,
            obj.patch_because,
            [
                (pod.path, pod.shape, [_read_of(container) for container in pod.containers])
                for pod in obj.pods
            ],
        )
        for obj in objects
    ]


def _read_of(container: Container) -> tuple[object, ...]:
    """What is read of a container: of one in a custom resource its image, put together of parts."""
    image = container.get("image").text if container.is_placed else None
    return container.title, container.is_partial, image


# All rules, recorded.


def _record_readers(
    unit: UnitResult, leaf: Scalar, options: CheckOptions, room: int | None
) -> Checked:
    """The unit with its diagnoses, and the rules that looked at the leaf to make them."""
    tracker = ReadTracker()
    copies = iter(objects_in(unit.unit, track(unit.tree, leaf, tracker), unit.places))
    # Where pods are found by what is written, a value may decide which there are: then it does not
    # count who else has looked at it.
    decides = bool(tracker.readers) and any(obj.is_custom for obj in unit.objects)

    def check(
        obj: KubeObject, options: CheckOptions, crashes: Crashes, most: int | None
    ) -> Sequence[Diagnosis]:
        copy = next(copies)
        found: list[Diagnosis] = []
        for slug, enabled in options.selection.for_object(obj).items():
            # What another rule has asked already would be answered without a look at the leaf.
            copy.cache.clear()
            tracker.current = slug
            found += run_rules(copy, {slug: enabled}, options, crashes)
        found = [diagnosis._replace(object=obj) for diagnosis in found]
        return with_precedence(found, options.context.settings.profile)[:most]

    result = check_unit(unit, options, room, check)
    readers = NO_READERS if decides else Readers(leaf, frozenset(tracker.readers))
    return Checked(result, readers)


# What was found before, and some rules again.


def _recheck_readers(
    old: UnitResult,
    correspondence: Correspondence,
    readers: frozenset[str],
    unit: UnitResult,
    options: CheckOptions,
    room: int | None,
) -> Checked | None:
    """The unit with the diagnoses of the old one, but for those of the rules that run again."""
    rebased = []
    for diagnoses, obj in zip(old.checked, unit.objects, strict=True):
        reused = [diagnosis for diagnosis in diagnoses if diagnosis.rule.slug not in readers]
        moved = rebase_findings(reused, correspondence, obj, options.context)
        if moved is None:
            return None
        rebased.append((moved, len(reused) < len(diagnoses)))
    remaining = iter(rebased)

    def check(
        obj: KubeObject, options: CheckOptions, crashes: Crashes, most: int | None
    ) -> Sequence[Diagnosis]:
        reused, is_fewer = next(remaining)
        rules = options.selection.for_object(obj)
        again = {slug: rules[slug] for slug in rules if slug in readers}
        new = list(run_rules(obj, again, options, crashes))
        if not new and not is_fewer:
            return reused
        order = {slug: place for place, slug in enumerate(rules)}
        both = sorted((*without_precedence(reused), *new), key=lambda found: order[found.rule.slug])
        return with_precedence(both, options.context.settings.profile)

    result = check_unit(unit, options, room, check)
    # What the others have asked still counts.
    result = result._replace(asked={**old.asked, **result.asked})
    return Checked(result, Readers(correspondence.new_leaf, readers))


def rebase_findings(
    diagnoses: Iterable[Diagnosis],
    moves: Correspondence,
    obj: KubeObject,
    context: Context,
) -> list[Diagnosis] | None:
    """What was found in an object, at its new places; None where one does not stand at a node.

    What would put them right is asked of the rules again, once a fix is asked for.
    """
    rebased = []
    numbers: dict[Rule, int] = {}
    for rule, severity, finding, _, control, status in diagnoses:
        number = numbers[rule] = numbers.get(rule, -1) + 1
        span = moves.place(finding.span)
        if span is None:
            return None
        related = finding.related
        if related:
            moved_places = [_moved(place, moves) for place in related]
            related = tuple(place for place in moved_places if place is not None)
            if len(related) < len(moved_places):
                return None
        moved = Finding(
            span,
            finding.message,
            finding.path,
            partial(_fixes_again, rule, obj, context, number),
            related,
            finding.containers,
            finding.absent_from,
            finding.level,
            finding.severity,
            None,
            finding.absent_block,
        )
        rebased.append(Diagnosis(rule, severity, moved, obj, control, status))
    return rebased


def _moved(related: Related, moves: Correspondence) -> Related | None:
    """A related place, at where it is now; one in another file stays."""
    if related.path:
        return related
    span = moves.place(related.span)
    return None if span is None else related._replace(span=span)


def _fixes_again(rule: Rule, obj: KubeObject, context: Context, number: int) -> Iterable[Fix]:
    """The fixes of the finding that a rule makes as the one of that number."""
    finding = next(islice(rule.findings(obj, context), number, None), None)
    return () if finding is None else finding.fixes()
