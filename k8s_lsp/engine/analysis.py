"""What is wrong with a text, from scratch: the whole meaning, to be read in one go.

It is cut into units, each is read, the rules run on each object of it, and what a comment or a
graver finding makes superfluous is not told. `incremental` finds it faster, `lists` in less room.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from k8s_lsp.engine.checking import (
    CheckObject,
    CheckOptions,
    CheckUnit,
    Crashes,
    check_object,
    check_whole,
    options_for,
    why_incomplete,
)
from k8s_lsp.engine.reading import PartOfText, ReadUnit, read_unit, read_units, with_places
from k8s_lsp.engine.results import NO_LIMITS, Analysis, Diagnosis, Incomplete, Limits, UnitResult
from k8s_lsp.engine.suppression.suppressions import suppressions_in
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Reach, Surroundings
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.units import cut, offsets_of

DEFAULTS = Settings()


def analyze(
    text: str,
    settings: Settings = DEFAULTS,
    *,
    is_chart_template: bool = False,
    is_values: bool = False,
    surroundings: Surroundings = NO_SURROUNDINGS,
    limits: Limits = NO_LIMITS,
    read: ReadUnit = read_unit,
    part: PartOfText | None = None,
) -> Analysis:
    """Analyse a text, among what other files around it tell.

    It may be `part` of another one. `is_chart_template` and `is_values` say that it is that of a
    file of a chart. Never raises, but for settings that hold a malformed Kubernetes version.
    """
    if len(text) > limits.text_length:
        reason = Incomplete(f"not analysed: longer than {limits.text_length:,} characters", True)
        return Analysis(text, settings, incomplete=(reason,), is_chart_template=is_chart_template)
    found, others = (cut(text, "values" if is_values else "start"), ()) if part is None else part
    units, action_unit = read_units(found, is_chart_template, read)
    is_manifest = any(unit.objects for unit in units)
    reach = Reach((*others, *(fact for unit in units for fact in unit.facts)), surroundings)
    options = options_for(text, settings, reach, action_unit is not None, is_manifest, limits)
    checked = check_units((with_places(unit, settings, reach) for unit in units), options)
    return Analysis(
        text,
        settings,
        checked,
        tuple(offsets_of(unit.unit for unit in units)),
        options.context,
        options.muted_rules,
        tuple(reason for unit in checked for reason in unit.incomplete),
        sum(unit.finding_count for unit in checked),
        is_chart_template,
        action_unit,
    )


def check_units(
    units: Iterable[UnitResult], options: CheckOptions, check: CheckUnit | None = None
) -> tuple[UnitResult, ...]:
    """The units with what was found in each; none is checked behind the most findings."""
    checked: list[UnitResult] = []
    room = options.findings_limit
    for unit in units:
        is_enough = bool(checked) and not checked[-1].is_checked
        result = unit.invalidate() if is_enough else (check or check_unit)(unit, options, room)
        room = None if room is None else room - result.finding_count
        checked.append(result)
    return tuple(checked)


def check_unit(
    unit: UnitResult,
    options: CheckOptions,
    room: int | None = None,
    check: CheckObject = check_object,
) -> UnitResult:
    """The unit with the diagnoses of its objects and its own, if there is room for so many."""
    options = options.asking_anew()
    crashes: Crashes = {}
    checked: list[Sequence[Diagnosis]] = []
    count = 0
    for obj in unit.objects:
        # One more than there is room for tells that the rest is too much.
        checked.append(check(obj, options, crashes, None if room is None else room - count + 1))
        count += len(checked[-1])
        if room is not None and count > room:
            checked[-1] = checked[-1][: room - count]
            break
    published = [
        diagnosis
        for diagnoses in checked
        for diagnosis in reversed(diagnoses)
        if diagnosis.status == "published"
    ]
    # What is ignored has already silenced what it implies: ignoring it brings nothing else up.
    foreign = options.context.settings.foreign_ignores and bool(published)
    suppressions = suppressions_in(unit.tree, unit.objects, foreign)
    if room is None or count <= room:
        found = chain.from_iterable(checked)
        whole = list(check_whole(unit, found, suppressions.comments, options, crashes))
        count += len(whole)
        published = [*whole, *published]
    is_checked = room is None or count <= room
    published = [
        diagnosis
        for diagnosis in published
        if diagnosis.rule.slug not in options.muted_rules
        and not suppressions.silence(diagnosis.rule.slug, diagnosis.object, diagnosis.finding)
    ]
    published.sort(key=lambda diagnosis: diagnosis.finding.span)
    return unit._replace(
        checked=tuple(checked),
        published=tuple(published if is_checked else published[:room]),
        incomplete=tuple(why_incomplete(unit, options, is_checked, crashes)),
        finding_count=count if room is None else min(count, room),
        is_checked=is_checked,
        asked={**unit.asked_of_kinds, **options.context.facts.asked},
    )
