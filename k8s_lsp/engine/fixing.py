"""What puts findings right: single fixes, comments that silence them, and fixes in bulk.

Two rules that each insert `securityContext:` at one offset would write it twice. So fixes in bulk
are applied in a loop: those that do not touch each other, then the text is analysed again.
"""

from bisect import bisect, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.hardened import Applied, Hardened
from k8s_lsp.engine.results import Analysis, Diagnosis, UnitResult
from k8s_lsp.engine.suppression.reach import containers_of_finding
from k8s_lsp.engine.suppression.writing import (
    IgnorePlace,
    ignore_edit,
    ignore_writer,
    place_in_object,
    place_on_line,
)
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.rules.base import Fix
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.comments import end_with_comments
from k8s_lsp.syntax.nodes import Mapping, Tree
from k8s_lsp.text import (
    Edit,
    Span,
    apply_edits,
    has_hidden_breaks,
    hides_break,
    line_start,
    line_starts,
    may_hold_comments,
    next_line,
)

ROUNDS_LIMIT = 100
"""How often fixes are applied and the result analysed again; each round fixes something."""

Analyze = Callable[[str, Settings], Analysis]
"""Analyses the text that fixes have changed: `analyze`, or what gives the same faster."""

AnalyzeFrom = Callable[[Analysis], Analyze]
"""Gives a function that analyses what becomes of a text, given the analysis of that text."""


def from_scratch(analysis: Analysis) -> Analyze:
    """Analyse all of a text, whatever is known of it but where it lies."""
    return partial(
        analyze, is_chart_template=analysis.is_chart_template, is_values=analysis.is_values
    )


def fixes_of(analysis: Analysis, diagnosis: Diagnosis) -> tuple[Fix, ...]:
    """The fixes of a finding, in the offsets of its unit.

    Where the text is broken there are only those of the very values that findings stand at, in a
    patch only those of what it sets, and in a template only those of literal text: what comes of
    others could not be told. Raises whatever a fix raises: the shells say so, each in its own way.
    """
    return tuple(_fixes(analysis, diagnosis))


def preferred_fix(analysis: Analysis, diagnosis: Diagnosis) -> Fix | None:
    """The one fix that is best for a finding; no others are put together for it."""
    # For each finding of a report: a generator would be three calls more.
    for fix in _fixes(analysis, diagnosis):
        if fix.preferred:
            return fix
    return None


def bulk_fix(analysis: Analysis, diagnosis: Diagnosis) -> Fix | None:
    """The preferred fix, where "Harden" takes it: what is decided on purpose is left."""
    fix = preferred_fix(analysis, diagnosis)
    return fix if fix is not None and fix.left_because is None else None


class Left(NamedTuple):
    """A finding that has a fix, and that is left to a person, with the offset of its unit."""

    offset: int
    diagnosis: Diagnosis
    reason: str


def left_for_you(analysis: Analysis) -> Iterator[Left]:
    """The findings that no fix in bulk takes away though they have one, in the text's order.

    Raises whatever a fix raises.
    """
    for offset, diagnosis in analysis.published():
        fix = preferred_fix(analysis, diagnosis)
        if fix is not None and fix.left_because is not None:
            yield Left(offset, diagnosis, fix.left_because)


IN_BROKEN_TEXT = "the text around it cannot be read, so that what else is to be done is not known"
"""Why no fix in bulk changes a text that has errors of the syntax."""

IN_A_PATCH = "it stands in a patch, and what that changes is not known here"
"""Why no fix in bulk changes a patch."""


def _fixes(analysis: Analysis, diagnosis: Diagnosis) -> Iterable[Fix]:
    text = diagnosis.object.text
    fixes = diagnosis.finding.fixes()
    if not diagnosis.object.is_whole:
        fixes = _fixes_of_value(fixes, diagnosis.finding.span)
    if analysis.context.facts.why_patch(diagnosis.object) is not None:
        fixes = _fixes_of_patch(fixes)
    if has_hidden_breaks(text):
        fixes = [
            fix for fix in fixes if not any(hides_break(text, edit.span) for edit in fix.edits)
        ]
    if not analysis.is_template and not may_hold_comments(text):
        return fixes
    # Most texts with findings have neither, and their run does not load what reads them.
    from k8s_lsp.engine.deliberate import with_branches, with_reason
    from k8s_lsp.engine.literals import changes_literals

    def find_tree() -> Tree:
        return next(unit.tree for unit in analysis.units if unit.tree.text is text)

    if analysis.is_template:
        tree = find_tree()
        fixes = (
            with_branches(diagnosis, fix) for fix in fixes if changes_literals(tree, fix.edits)
        )
    return (with_reason(diagnosis, fix, find_tree) for fix in fixes)


def _fixes_of_value(fixes: Iterable[Fix], value: Span) -> Iterator[Fix]:
    """The fixes that write another value over the one that was read, and touch nothing else."""
    for fix in fixes:
        if all(edit.span == value and edit.text for edit in fix.edits):
            yield fix if fix.left_because else fix._replace(left_because=IN_BROKEN_TEXT)


def _fixes_of_patch(fixes: Iterable[Fix]) -> Iterator[Fix]:
    """The fixes that change or take away what a patch sets; none fills in what it does not."""
    for fix in fixes:
        if all(edit.span.end > edit.span.start for edit in fix.edits):
            yield fix if fix.left_because else fix._replace(left_because=IN_A_PATCH)


class Ignoring(NamedTuple):
    """A comment that would silence findings of a unit, as an edit of that unit."""

    diagnoses: tuple[Diagnosis, ...]
    slugs: tuple[str, ...]
    title: str
    edit: Edit


class Ignorings(NamedTuple):
    """The comments for the lines of some findings, and those for their whole objects."""

    on_lines: tuple[Ignoring, ...]
    in_objects: tuple[Ignoring, ...]


def ignores_of(unit: UnitResult, diagnoses: Iterable[Diagnosis]) -> Ignorings:
    """The comments that would silence a unit's findings: one for each line, one for each object.

    A comment names each rule that it silences once, in the order of the findings. There are none
    where the text is broken, and none for what only removing text can cure.
    """
    text, found = unit.unit.text, [each for each in diagnoses if not each.rule.is_unnecessary]
    if unit.tree.problems or not found:
        return Ignorings((), ())
    on_lines: dict[Span, list[Diagnosis]] = {}
    in_objects: dict[Span, list[Diagnosis]] = {}
    in_values: set[Span] = set()
    for diagnosis in found:
        line, in_value = place_on_line(text, diagnosis.object, diagnosis.finding)
        on_lines.setdefault(line, []).append(diagnosis)
        if in_value:
            in_values.add(line)
        if (whole := place_in_object(text, diagnosis.object)) is not None:
            in_objects.setdefault(whole.line, []).append(diagnosis)
    writer = ignore_writer(unit.tree, unit.objects)

    def written(line: Span, found: list[Diagnosis], in_value: bool) -> Iterator[Ignoring]:
        slugs = tuple(dict.fromkeys(diagnosis.rule.slug for diagnosis in found))
        ignoring = ignore_edit(writer, slugs, IgnorePlace(line, in_value))
        if ignoring is not None and not hides_break(text, ignoring.edit.span):
            yield Ignoring(tuple(found), slugs, ignoring.title, ignoring.edit)

    here = [
        each for line, found in on_lines.items() for each in written(line, found, line in in_values)
    ]
    edits = [each.edit for each in here]
    there = [each for line, found in in_objects.items() for each in written(line, found, False)]
    return Ignorings(tuple(here), tuple(each for each in there if each.edit not in edits))


# In bulk. What analyses the results may be given; else it is done from scratch.


Choose = Callable[[Analysis, int, Diagnosis], Fix | None]
"""Which fix of a finding to apply, if any; the number is the index of its unit."""


def fix_all(analysis: Analysis, analyze: Analyze | None = None) -> Hardened:
    """What becomes of the text with every safe preferred fix.

    The API server would store the same objects.
    """

    def choose(analysis: Analysis, _index: int, diagnosis: Diagnosis) -> Fix | None:
        fix = bulk_fix(analysis, diagnosis)
        return fix if fix is not None and fix.safety == "safe" else None

    return _fixed(analysis, choose, analyze)


def harden(analysis: Analysis, analyze: Analyze | None = None) -> Hardened:
    """What becomes of the text with every preferred fix, but for what is left to a person."""

    def choose(analysis: Analysis, _index: int, diagnosis: Diagnosis) -> Fix | None:
        return bulk_fix(analysis, diagnosis)

    return _fixed(analysis, choose, analyze)


def harden_container(
    analysis: Analysis, index: int, path: Path, analyze: Analyze | None = None
) -> Hardened:
    """What becomes of the text with the fixes of a container that stay inside of that container.

    `index` is the position of its unit, `path` its own; neither changes while fixes are applied.
    """

    def choose(analysis: Analysis, unit: int, diagnosis: Diagnosis) -> Fix | None:
        if unit != index or containers_of_finding(diagnosis.object, diagnosis.finding) != (path,):
            return None
        is_inside = _inside_of(analysis.units[index], path)
        fixes = fixes_of(analysis, diagnosis)
        if any(fix.preferred and fix.left_because is not None for fix in fixes):
            return None
        return next((fix for fix in fixes if all(map(is_inside, fix.edits))), None)

    return _fixed(analysis, choose, analyze)


def harden_with_pod(
    analysis: Analysis, index: int, path: Path, analyze: Analyze | None = None
) -> Hardened:
    """What becomes of the text with every preferred fix of a container's findings and its pod's.

    `index` is the position of its unit, `path` its own; neither changes while fixes are applied.
    """

    def choose(analysis: Analysis, unit: int, diagnosis: Diagnosis) -> Fix | None:
        if unit != index or not concerns_with_pod(diagnosis, path):
            return None
        return bulk_fix(analysis, diagnosis)

    return _fixed(analysis, choose, analyze)


def concerns_with_pod(diagnosis: Diagnosis, path: Path) -> bool:
    """Whether a finding is about the container at a path, or about its pod and no container."""
    obj, finding = diagnosis.object, diagnosis.finding
    about = containers_of_finding(obj, finding)
    if about:
        return path in about
    pod = None if finding.path is None else obj.pod_at(finding.path)
    own = obj.pod_at(path)
    return pod is not None and own is not None and pod.path == own.path


def harden_object(
    analysis: Analysis, index: int, path: Path, analyze: Analyze | None = None
) -> Hardened:
    """What becomes of the text with every preferred fix of one object's findings.

    `index` is the position of its unit, `path` that of its root; neither changes on the way.
    """

    def choose(analysis: Analysis, unit: int, diagnosis: Diagnosis) -> Fix | None:
        if unit != index or diagnosis.object.root.path != path:
            return None
        return bulk_fix(analysis, diagnosis)

    return _fixed(analysis, choose, analyze)


def _inside_of(unit: UnitResult, path: Path) -> Callable[[Edit], bool]:
    """A function that tells of an edit of a unit whether it changes a container and nothing else.

    Where the last container of a pod ends, new keys of the pod are written too, at the very same
    offset: by their indentation they are told from those of the container.
    """
    containers = (container for container in unit.containers() if container.field.path == path)
    field = next((container.field for container in containers), None)
    if field is None or not isinstance(field.written, Mapping):
        return lambda edit: False
    text, (start, end) = unit.unit.text, field.written.span
    if field.written.flow:
        return lambda edit: start < edit.span.start <= edit.span.end < end
    column = start - line_start(text, start)
    if not text[start - column : start].strip():
        start -= column
    end = end_with_comments(text, end, column)
    margin = " " * column

    def is_inside(edit: Edit) -> bool:
        # A line that goes takes its break along.
        last = end if edit.text else next_line(text, end)
        if not start <= edit.span.start <= edit.span.end <= last:
            return False
        return all(edit.text.startswith(margin, line) for line in line_starts(edit.text)[1:])

    return is_inside


def _fixed(analysis: Analysis, choose: Choose, analyze: Analyze | None) -> Hardened:
    """Apply fixes that do not touch each other, analyse again, until nothing is left to apply.

    Those that are last come in rounds of their own.
    """
    analyze = analyze or from_scratch(analysis)
    applied: list[Applied] = []
    rounds: list[tuple[Edit, ...]] = []
    for _ in range(ROUNDS_LIMIT):
        chosen = list(_chosen(analysis, choose))
        early = [applied for applied in chosen if not applied.fix.is_last]
        taken, edits = _compatible(early or chosen, analysis.offsets)
        if not edits:
            break
        applied += taken
        # Those at one offset keep their order.
        rounds.append(tuple(sorted(edits, key=lambda edit: edit.span)))
        analysis = analyze(apply_edits(analysis.text, edits), analysis.settings)
    return Hardened(analysis, tuple(applied), tuple(rounds))


def _chosen(analysis: Analysis, choose: Choose) -> Iterator[Applied]:
    """The fix that is chosen for each finding, if any, but for those that wait for others."""
    for index, unit in enumerate(analysis.units):
        chosen = [
            Applied(index, diagnosis, fix)
            for diagnosis in unit.published
            if (fix := choose(analysis, index, diagnosis)) is not None
        ]
        if any(applied.fix.waits_for for applied in chosen):
            rules = {(id(one.diagnosis.object), one.diagnosis.rule.slug) for one in chosen}
            chosen = [
                applied
                for applied in chosen
                if not any(
                    (id(applied.diagnosis.object), slug) in rules for slug in applied.fix.waits_for
                )
            ]
        yield from chosen


def _compatible(
    chosen: Iterable[Applied], offsets: Sequence[int]
) -> tuple[list[Applied], list[Edit]]:
    """As many fixes as fit together, whole fixes only, the first ones first, and their edits.

    The edits have the offsets of the whole text. A fix of several findings is taken for all of
    them: what a pod lacks is told of each of its containers.
    """
    taken: list[Applied] = []
    edits: list[Edit] = []
    spans: list[Span] = []
    known: set[tuple[Edit, ...]] = set()
    for candidate in chosen:
        moved = tuple(edit.shifted(offsets[candidate.unit]) for edit in candidate.fix.edits)
        if moved in known:
            taken.append(candidate)
        elif not any(_touches_one(edit.span, spans) for edit in moved):
            taken.append(candidate)
            known.add(moved)
            edits += moved
            for edit in moved:
                insort(spans, edit.span)
    return taken, edits


def _touches_one(span: Span, ordered: list[Span]) -> bool:
    """Whether a span touches one of some ordered ones that do not overlap."""
    index = bisect(ordered, span)
    return any(span.touches(other) for other in ordered[max(index - 1, 0) : index + 1])
