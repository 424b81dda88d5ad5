"""The analysis of a text after an edit: what `analyze` would give, faster.

Only the units around the edit are cut and read anew; the others are handed on as they are, or,
where the rules know something else than before, are checked again without being read. In a unit
that does not parse, what stood there before tells more than the text alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from operator import is_
from typing import NamedTuple, TypeVar

from k8s_lsp.engine.analysis import analyze, check_unit, check_units
from k8s_lsp.engine.checking import CheckOptions, options_for
from k8s_lsp.engine.reading import (
    interpret,
    read_unit,
    read_unless_template,
    skippable_kind,
    tree_skipping_block,
    with_places,
)
from k8s_lsp.engine.recheck import NO_READERS, Checked, Readers, recheck
from k8s_lsp.engine.results import NO_LIMITS, Analysis, Limits, UnitResult
from k8s_lsp.kubernetes.queries import Reach, Surroundings, still_holds
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.reparse import reparse, reparse_value
from k8s_lsp.syntax.reuse.recut import Cut, cut_again
from k8s_lsp.syntax.reuse.transplant import concat_trees
from k8s_lsp.syntax.units import Unit, cut
from k8s_lsp.text import Span, common_ends

T = TypeVar("T")

Defer = Callable[[Unit], bool]
"""Whether a unit is not read yet, because there will be time for it later."""


@dataclass(frozen=True, slots=True, eq=False)
class UpdatedAnalysis(Analysis):
    """An analysis that knows which rules have read the leaf that is changing.

    `readers` has them by the identity of the unit that was changed last.
    """

    readers: Mapping[int, Readers] = field(default_factory=dict)


def defer_nothing(unit: Unit) -> bool:
    """Have every unit read."""
    return False


def defer_large_units(unit: Unit) -> bool:
    """Put off large definitions, about which there is next to nothing to say."""
    return skippable_kind(unit.text) is not None


def update(
    analysis: Analysis,
    text: str,
    edited: Span | None = None,
    *,
    settings: Settings | None = None,
    is_chart_template: bool | None = None,
    is_values: bool | None = None,
    surroundings: Surroundings | None = None,
    limits: Limits = NO_LIMITS,
    defer: Defer = defer_nothing,
) -> Analysis:
    """What `analyze` gives with the same arguments, given the analysis of an earlier state.

    `edited` is a span of the text, in code points, outside of which nothing has changed since, if
    one is known. `settings`, `is_chart_template`, `is_values` and `surroundings` are those of the
    analysis if none are given. In a text that does not parse, more may be known than to `analyze`,
    never less.
    """
    settings = analysis.settings if settings is None else settings
    if is_chart_template is None:
        is_chart_template = analysis.is_chart_template
    if is_values is None:
        is_values = analysis.is_values
    if len(text) > limits.text_length:
        return analyze(
            text,
            settings,
            is_chart_template=is_chart_template,
            is_values=is_values,
            surroundings=surroundings or analysis.context.facts.reach.others,
            limits=limits,
        )
    change = change_between(analysis, text, edited, is_chart_template, is_values)
    change, read = _find_actions(change, analysis, defer)
    before, old, after = change.parts(analysis.units)
    new = _read(change, old, read, analysis.is_template, defer)
    reach = _reach(analysis, old, (before, new, after), surroundings)
    new = [with_places(unit, settings, reach) for unit in new]
    before, after = (_described(part, settings, reach, analysis) for part in (before, after))
    is_manifest = any(unit.objects for unit in chain(before, new, after))
    options = options_for(text, settings, reach, change.is_template, is_manifest, limits)
    if not _are_for(options, analysis):
        stale = [unit.invalidate() for unit in (*before, *new, *after)]
        return _all_checked(text, change, options, _check(stale, options, {}))
    earlier = _earlier(analysis, old, new)
    is_rest_judged = True
    if reach is not analysis.context.facts.reach:
        # What others tell may have changed: then it is judged anew what has asked for it.
        kept = [[_unless_stale(unit, reach) for unit in part] for part in (before, new, after)]
        earlier = {key: each for key, each in earlier.items() if _holds(each.unit, reach)}
        rest = (*before, *after)
        is_rest_judged = all(map(is_, rest, (*kept[0], *kept[2]))) and all(
            unit.is_checked for unit in rest
        )
        before, new, after = kept
    checked, readers = _check(new, options, earlier)
    units = (*before, *checked, *after)
    count = analysis.finding_count - _count(old) + _count(checked)
    is_enough = limits.findings is not None and count > limits.findings
    if not is_rest_judged or analysis.incomplete or is_enough:
        # What is left to check is not only what is new.
        all_units, _ = _check(units, options, {})
        return _all_checked(text, change, options, (all_units, readers))
    # The others are complete, or all units are new.
    return _updated(text, change, options, units, readers, checked, count)


def _are_for(options: CheckOptions, analysis: Analysis) -> bool:
    """Whether an analysis was made with these options, but for what others tell."""
    return (
        options.context.settings == analysis.context.settings
        and options.context.version == analysis.context.version
        and options.is_manifest == any(unit.objects for unit in analysis.units)
        and options.muted_rules == analysis.muted_rules
        and options.is_template == analysis.is_template
    )


def _earlier(
    analysis: Analysis, old: Sequence[UnitResult], new: Sequence[UnitResult]
) -> dict[int, Checked]:
    """What stood in the place of each new unit, by the unit's identity, where that is known."""
    if len(new) != len(old):
        return {}
    known = analysis.readers if isinstance(analysis, UpdatedAnalysis) else {}
    return {
        id(unit): Checked(stood, known.get(id(stood), NO_READERS))
        for unit, stood in zip(new, old, strict=True)
        if unit.places == stood.places
    }


def _reach(
    analysis: Analysis,
    old: Sequence[UnitResult],
    parts: tuple[Sequence[UnitResult], Sequence[UnitResult], Sequence[UnitResult]],
    surroundings: Surroundings | None,
) -> Reach:
    """What is in reach of the text: the same value as before where that has not changed."""
    before, new, after = parts
    reach = analysis.context.facts.reach
    others = reach.others if surroundings is None else surroundings
    if others is reach.others and [unit.facts for unit in old] == [unit.facts for unit in new]:
        return reach
    return Reach(tuple(each for unit in (*before, *new, *after) for each in unit.facts), others)


def _described(
    units: Sequence[UnitResult], settings: Settings, reach: Reach, analysis: Analysis
) -> Sequence[UnitResult]:
    """The units of an analysis as settings and definitions in reach describe their kinds now."""
    is_other = settings != analysis.settings
    if not is_other and reach is analysis.context.facts.reach:
        return units
    return [
        with_places(unit, settings, reach)
        if is_other or not still_holds(unit.asked_of_kinds, reach)
        else unit
        for unit in units
    ]


def _holds(unit: UnitResult, reach: Reach) -> bool:
    """Whether what the rules asked about other objects is answered in the same way now."""
    return still_holds(unit.asked, reach)


def _unless_stale(unit: UnitResult, reach: Reach) -> UnitResult:
    return unit if _holds(unit, reach) else unit.invalidate()


def _all_checked(
    text: str,
    change: "Change",
    options: CheckOptions,
    result: tuple[tuple[UnitResult, ...], Mapping[int, Readers]],
) -> UpdatedAnalysis:
    """The analysis of a text, all of whose units were looked at."""
    units, readers = result
    return _updated(text, change, options, units, readers, units, _count(units))


def _updated(
    text: str,
    change: "Change",
    options: CheckOptions,
    units: tuple[UnitResult, ...],
    readers: Mapping[int, Readers],
    checked: tuple[UnitResult, ...],
    count: int,
) -> UpdatedAnalysis:
    """The analysis of a text; none but the `checked` units can be incomplete or pending."""
    return UpdatedAnalysis(
        text,
        options.context.settings,
        units,
        change.offsets,
        options.context,
        options.muted_rules,
        tuple(reason for unit in checked for reason in unit.incomplete),
        count,
        change.is_chart_template,
        change.action_unit,
        any(unit.is_pending for unit in checked),
        readers,
    )


def updating(analysis: Analysis) -> Callable[[str, Settings], Analysis]:
    """What `analyze` is, for states that follow each other: each is the update of the last one."""

    def analyze_next(text: str, settings: Settings) -> Analysis:
        nonlocal analysis
        analysis = update(analysis, text, settings=settings)
        return analysis

    return analyze_next


# What an edit changed.


class Change(NamedTuple):
    """The units of a text that are others than in an earlier state of it.

    `cut` says how many at both ends are the same, and which are new. `offsets` tells where all
    units of the text begin, and `edited` is the span outside of which it has not changed.
    `action_unit` is one of those that make the text a template, if one does.
    """

    cut: Cut
    offsets: tuple[int, ...]
    edited: Span | None
    is_chart_template: bool
    action_unit: Unit | None = None

    @property
    def is_template(self) -> bool:
        """Whether the text is a template."""
        return self.action_unit is not None

    def parts(self, earlier: Sequence[T]) -> tuple[Sequence[T], Sequence[T], Sequence[T]]:
        """What is known of each of the earlier units: of those above, within and below."""
        first, last = self.cut.before, len(earlier) - self.cut.after
        return earlier[:first], earlier[first:last], earlier[last:]


def change_between(
    analysis: Analysis, text: str, edited: Span | None, is_chart_template: bool, is_values: bool
) -> Change:
    """The units of the text that are others than in the analysis of an earlier state."""
    added = len(text) - len(analysis.text)
    around = None
    if edited is not None and is_values == analysis.is_values:
        units = analysis.units
        around = cut_again(text, analysis.offsets, lambda index: units[index].unit, edited, added)
    change = _narrowed(
        around or Cut(0, cut(text, "values") if is_values else cut(text), 0), analysis
    )
    first = change.before
    above = analysis.offsets[:first]
    start = above[-1] + len(analysis.units[first - 1].unit.text) if first else 0
    *new, _ = accumulate((len(unit.text) for unit in change.units), initial=start)
    below = analysis.offsets[len(analysis.offsets) - change.after :]
    offsets = (*above, *new, *[offset + added for offset in below])
    return Change(change, offsets, edited, is_chart_template)


def _whole(change: Cut, analysis: Analysis) -> Cut:
    """All units of the text, given those that differ."""
    units = [result.unit for result in analysis.units]
    below = units[len(units) - change.after :]
    return Cut(0, [*units[: change.before], *change.units, *below], 0)


def _narrowed(change: Cut, analysis: Analysis) -> Cut:
    """The same change without units at its ends that have not changed either."""
    last = len(analysis.units) - change.after
    old = [result.unit for result in analysis.units[change.before : last]]
    before, after = common_ends(change.units, old)
    new = change.units[before : len(change.units) - after]
    return Cut(change.before + before, new, change.after + after)


# Reading what changed.


def _find_actions(
    change: Change, analysis: Analysis, defer: Defer
) -> tuple[Change, dict[Unit, UnitResult]]:
    """The change, with a unit that makes the text a template, if one does, and what was read.

    Only where none does, what was read of units to know that is theirs. All units have changed
    where the text becomes a template, or is none any more. What is put off makes no template yet.
    """
    above, old, below = change.parts(analysis.units)
    units: Sequence[Unit] = change.cut.units
    read: dict[Unit, UnitResult] = {}
    is_same = change.is_chart_template == analysis.is_chart_template
    if is_same and not analysis.is_template and not analysis.is_pending:
        if not any("{{" in unit.text for unit in units):
            return change, read
        # Only what was edited can bring the first action.
        known, trees = old, _earlier_trees(change.cut.units, old)
    else:
        unchanged = [result.unit for result in (*above, *below)]
        if is_same and analysis.action_unit in unchanged:
            cut = _whole(change.cut, analysis) if analysis.is_pending else change.cut
            return change._replace(cut=cut, action_unit=analysis.action_unit), read
        units = [*units, *unchanged]
        known = () if analysis.is_template or not is_same else analysis.units
        trees = [None] * len(units)
    done = {result.unit for result in known if not result.is_pending}
    for unit, tree in zip(units, trees, strict=False):
        if "{{" in unit.text and unit not in done and (change.is_chart_template or not defer(unit)):
            result = _read_unless_template(unit, change.is_chart_template, tree)
            if result is None:
                change, read = change._replace(action_unit=unit), {}
                break
            read[unit] = result
    if change.is_template != analysis.is_template or analysis.is_pending:
        change = change._replace(cut=_whole(change.cut, analysis))
    return change, read


def _read_unless_template(
    unit: Unit, is_chart_template: bool, earlier: Tree | None
) -> UnitResult | None:
    """A unit as `read_unless_template` has it, or more, where an earlier tree helps to read it."""
    if earlier is not None and not is_chart_template:
        tree = reparse_value(earlier, unit.text)
        if tree is not None:
            # What has no actions gets none with a value that has no braces.
            return interpret(unit, tree)
    result = read_unless_template(unit, is_chart_template)
    if result is None or earlier is None or not result.tree.problems:
        return result
    tree = reparse(earlier, unit.text, read_as=unit.read_as)
    return result if tree is None else interpret(unit, tree)


def _read(
    change: Change,
    old: Sequence[UnitResult],
    read: Mapping[Unit, UnitResult],
    was_template: bool,
    defer: Defer,
) -> list[UnitResult]:
    """The new units, with what is known of those that stood in their place, or was just read."""
    known = {result.unit: result for result in old} if was_template == change.is_template else {}
    known.update(read)
    units = change.cut.units
    offsets = change.offsets[change.cut.before :]
    results = []
    for unit, offset, earlier in zip(units, offsets, _earlier_trees(units, old), strict=False):
        result = known.get(unit)
        if result is None or (result.is_pending and not defer(unit)):
            result = _read_unit(unit, _within(unit, offset, change.edited), earlier, change, defer)
        results.append(result)
    return results


def _earlier_trees(units: list[Unit], old: Sequence[UnitResult]) -> list[Tree | None]:
    """The trees of what stood in the units' places: in each, or in all, where some were joined."""
    if len(units) == len(old):
        return [
            result.tree if unit.is_item == result.unit.is_item else None
            for unit, result in zip(units, old, strict=True)
        ]
    if old and not any(unit.is_item for unit in (*units, *(result.unit for result in old))):
        return [concat_trees(result.tree for result in old)] * len(units)
    return [None] * len(units)


def _read_unit(
    unit: Unit, edited: Span | None, earlier: Tree | None, change: Change, defer: Defer
) -> UnitResult:
    """A unit as `read_unit` gives it, or more than that, where an earlier tree helps to read it."""
    if defer(unit):
        return UnitResult(unit, Tree(unit.text), is_pending=True)
    # What a template says depends on its text alone.
    if change.is_template:
        return read_unit(unit, change.is_template)
    tree = tree_skipping_block(unit, False) or reparse(
        earlier, unit.text, edited=edited, read_as=unit.read_as
    )
    return read_unit(unit, False) if tree is None else interpret(unit, tree)


def _within(unit: Unit, offset: int, span: Span | None) -> Span | None:
    """The part of a span of the whole text that lies in a unit, in the unit's offsets."""
    if span is None:
        return None
    length = len(unit.text)
    start, end = span.shifted(-offset)
    return None if end < 0 or start > length else Span(max(start, 0), min(end, length))


# Checking what was read.


def _check(
    units: Iterable[UnitResult], options: CheckOptions, earlier: Mapping[int, Checked]
) -> tuple[tuple[UnitResult, ...], dict[int, Readers]]:
    """The units with their diagnoses, and the rules that have read the changing leaves.

    `earlier` is what stood in the place of a unit, and was checked with the same options. It is
    found by the identity of the unit, and the readers by that of the result.
    """
    readers: dict[int, Readers] = {}

    def check(unit: UnitResult, options: CheckOptions, room: int | None) -> UnitResult:
        if unit.is_checked and (room is None or unit.finding_count <= room):
            return unit
        known = earlier.get(id(unit))
        again = None if known is None else recheck(known, unit, options, room)
        if again is None:
            return check_unit(unit.invalidate(), options, room)
        readers[id(again.unit)] = again.readers
        return again.unit

    return check_units(units, options, check), readers


def _count(units: Iterable[UnitResult]) -> int:
    return sum(unit.finding_count for unit in units)
