"""One pure function from a text to what is wrong with it, and the loops that put it right."""

from bisect import bisect, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import NamedTuple

from k8s_lsp.checking import (
    ALL,
    Checked,
    Found,
    Reported,
    Speaking,
    check,
    checked_by,
    plan_of,
    reported_of,
)
from k8s_lsp.kubernetes.facts import NO_FACTS, Facts, facts_of, joined
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject, may_hold_objects, objects_of
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version, version_of
from k8s_lsp.rules.base import Context, Fix, Rule, Scope
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, Level, Settings
from k8s_lsp.suppression import (
    UNUSED,
    Heard,
    Ignoring,
    Suppressions,
    has_comments,
    ignored_in_file,
    ignorings,
    spoken_for,
    suppressions_in,
    unused,
    writing_in,
)
from k8s_lsp.syntax.limits import LIMITS
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.skip import is_small, skip_block
from k8s_lsp.syntax.reparse import reparse
from k8s_lsp.syntax.reuse.recut import Cut, cut_again
from k8s_lsp.syntax.reuse.transplant import concat_trees
from k8s_lsp.syntax.units import Unit, cut, says_kind
from k8s_lsp.text import Edit, Span, apply_edits, common_ends, line_end, line_start

SIZE_LIMIT = 20_000_000
"""The longest text that is analysed, in code points."""

DEFAULTS = Settings()

UNKNOWN = Context()
"""What the rules know of a text that was not analysed."""

LARGE = 8_192
"""How many characters a unit must have more than for it to be put off: others cost nothing."""

PATIENT = {"CustomResourceDefinition": "spec"}
"""Kinds below whose key nobody looks: only what is wrong with any YAML can be wrong there."""

ROUNDS_LIMIT = 100
"""How often fixes are applied and the result analysed again; each round fixes something."""


class Failure(NamedTuple):
    """Why a text could not be analysed whole: a limit that was reached, or a rule that crashed."""

    message: str
    is_limit: bool


class UnitResult(NamedTuple):
    """What was found in one unit, wherever that stands, and what it rests on.

    `heard` is how many findings there were before some of them were left out. `is_judged` says that
    the rules have run, and `is_pending` that the unit was not read yet, because it can wait.
    `checked` is what they found, where all of them did without a failure.
    """

    unit: Unit
    tree: Tree
    objects: tuple[KubeObject, ...] = ()
    facts: Facts = NO_FACTS
    reported: tuple[Reported, ...] = ()
    failures: tuple[Failure, ...] = ()
    heard: int = 0
    is_judged: bool = False
    is_pending: bool = False
    checked: Checked | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """All that is known about a text.

    `units` are in order, each at its own of the `offsets`; what they hold is relative to that, and
    the path of an object that is an item of a List that was cut begins with `items[0]`, whatever
    its real index. `is_template` says that template expressions hide a part of the text: nothing
    was concluded from what is missing, and no fixes are offered. `context` is what the rules knew,
    and `silent` are those that the whole file ignores. `heard` counts the findings before some were
    left out. `is_pending` says that something was put off; the whole is known when the text was
    analysed unhurried.
    """

    text: str
    settings: Settings
    is_template: bool = False
    units: tuple[UnitResult, ...] = ()
    offsets: tuple[int, ...] = ()
    context: Context = UNKNOWN
    silent: frozenset[str] = frozenset()
    failures: tuple[Failure, ...] = ()
    heard: int = 0
    is_pending: bool = False

    def reported(self) -> Iterator[tuple[int, Reported]]:
        """Every finding with the offset of its unit, in the order of the text."""
        for offset, result in zip(self.offsets, self.units, strict=True):
            for each in result.reported:
                yield offset, each


def analyze(
    text: str,
    settings: Settings = DEFAULTS,
    *,
    previous: Analysis | None = None,
    edited: Span | None = None,
    hurried: bool = False,
    sparing: bool = False,
    longest: int = SIZE_LIMIT,
    most: int | None = None,
) -> Analysis:
    """Analyse a text. Never raises, but for settings that hold a malformed Kubernetes version.

    `previous` is the analysis of an earlier state of the same text, and `edited` a span of this
    text, if one is known outside of which nothing changed since: nobody looks there. They save
    work, and help to read units that do not parse. For a text that parses, the result is the same
    with any `previous`. Who is `hurried` does not wait for
    large units of a kind about which there is next to nothing to say. Who is `sparing` wants
    findings alone: units that hold no object have no tree then. A text of more than `longest` code
    points is not read, and after `most` findings, those counted that are not published, the rest is
    not judged.
    """
    version = version_of(settings.kubernetes_version)
    if len(text) > longest:
        limit = Failure(f"not analysed: longer than {longest:,} characters", True)
        return Analysis(text, settings, failures=(limit,))
    known = _nothing(settings) if previous is None else previous
    around = _cut_around(text, known, edited)
    reading = _Reading(_is_template(text, known, around), hurried, sparing, edited)
    change = _change(text, known, reading, around)
    first, last = change.before, len(known.units) - change.after
    before, old, after = known.units[:first], known.units[first:last], known.units[last:]
    offsets = _offsets(text, known, change)
    new = _read(change.units, offsets[first:], old, known.is_template, reading)
    facts = known.context.facts
    if any(each.facts is not NO_FACTS for each in (*old, *new)):
        facts = joined(each.facts for each in (*before, *new, *after))
    context = Context(settings, version, facts)
    silent = ignored_in_file(text, settings.foreign_ignores)
    is_same = context == known.context and silent == known.silent
    if not is_same:
        before, new, after = map(_unjudged, (before, new, after))
    enabled, about = _enabled(RULES, settings, version)
    judging = _Judging(context, enabled, about, silent, reading.is_template, most)
    judged = _judge(new, judging, _checked_before(new, old) if is_same else ())
    heard = known.heard - _heard(old) + _heard(judged)
    # Where nothing else is left to judge, the units around the change are not even looked at.
    if not is_same or known.failures or (most is not None and heard > most):
        before, judged, after = (), _judge((*before, *judged, *after), judging), ()
        heard = _heard(judged)
    units = (*before, *judged, *after)
    return Analysis(
        text,
        settings,
        reading.is_template,
        units,
        offsets,
        context,
        silent,
        tuple(failure for result in judged for failure in result.failures),
        heard,
        any(each.is_pending for each in (units if known.is_pending else judged)),
    )


Results = tuple[UnitResult, ...]


@lru_cache(maxsize=8)
def _nothing(settings: Settings) -> Analysis:
    """What is known of a text before it was looked at."""
    return Analysis("", settings)


def _heard(results: Results) -> int:
    return sum(result.heard for result in results)


def _unjudged(results: Results) -> Results:
    """The same units, for rules that know something else than before."""
    return tuple(
        result._replace(is_judged=False) if result.is_judged else result for result in results
    )


# What an edit changed, and reading that.


class _Reading(NamedTuple):
    """How units are read; `edited` is the span of the text that changed last."""

    is_template: bool
    hurried: bool
    sparing: bool
    edited: Span | None


def _cut_around(text: str, known: Analysis, edited: Span | None) -> Cut | None:
    """The units around an edit, cut anew; None where nothing is known of the others."""
    if edited is None:
        return None
    added = len(text) - len(known.text)
    return cut_again(text, known.offsets, lambda index: known.units[index].unit, edited, added)


def _is_template(text: str, known: Analysis, around: Cut | None) -> bool:
    """Whether template expressions hide a part of the text; only an edit brings the first one."""
    if around is None or known.is_template:
        return "{{" in text
    return any("{{" in unit.text for unit in around.units)


def _change(text: str, known: Analysis, reading: _Reading, around: Cut | None) -> Cut:
    """The units of the text that are others than in the analysis before."""
    if known.is_template != reading.is_template or (known.is_pending and not reading.hurried):
        return Cut(0, cut(text), 0)
    first, new, rest = around or Cut(0, cut(text), 0)
    old = [result.unit for result in known.units[first : len(known.units) - rest]]
    before, after = common_ends(new, old)
    return Cut(first + before, new[before : len(new) - after], rest + after)


def _offsets(text: str, known: Analysis, change: Cut) -> tuple[int, ...]:
    """Where the units of the text begin, given the ones before a change and what changed."""
    first = change.before
    start = known.offsets[first - 1] + len(known.units[first - 1].unit.text) if first else 0
    *new, _ = accumulate((len(unit.text) for unit in change.units), initial=start)
    added = len(text) - len(known.text)
    rest = known.offsets[len(known.offsets) - change.after :]
    return (*known.offsets[:first], *new, *[offset + added for offset in rest])


def _read(
    units: list[Unit], offsets: Sequence[int], old: Results, was_template: bool, reading: _Reading
) -> Results:
    """The results of units that came in the place of old ones, as far as they are known."""
    known = {result.unit: result for result in old} if was_template == reading.is_template else {}
    read = []
    for unit, offset, earlier in zip(units, offsets, _earlier(units, old), strict=False):
        result = known.get(unit)
        if result is None or (result.is_pending and not reading.hurried):
            result = _read_one(unit, offset, earlier, reading)
        read.append(result)
    return tuple(read)


def _earlier(units: list[Unit], results: Results) -> list[Tree | None]:
    """The trees of what stood in the units' places: in each, or in all, where some were joined."""
    if len(units) == len(results):
        return [
            result.tree if unit.is_item == result.unit.is_item else None
            for unit, result in zip(units, results, strict=True)
        ]
    if results and not any(unit.is_item for unit in (*units, *(each.unit for each in results))):
        return [concat_trees(result.tree for result in results)] * len(units)
    return [None] * len(units)


def _read_one(unit: Unit, offset: int, earlier: Tree | None, reading: _Reading) -> UnitResult:
    """The unit's tree, objects and facts."""
    text = unit.text
    if reading.sparing and not may_hold_objects(text) and is_small(text):
        return UnitResult(unit, Tree(text))
    kind = None
    if len(text) > LARGE:
        kind = next((each for each in PATIENT if says_kind(text, each)), None)
        if kind is not None and reading.hurried:
            return UnitResult(unit, Tree(text), is_pending=True)
    # Nobody knows what is a comment in a text that is not read.
    skipped = None if kind is None or has_comments(text) else skip_block(text, PATIENT[kind])
    if skipped is not None:
        tree = parse(text, template=reading.is_template, skipped=skipped)
        objects = objects_of(tree, is_item=unit.is_item)
        if not tree.problems and [each.kind for each in objects] == [kind]:
            return UnitResult(unit, tree, objects, facts_of(objects))
    edited = _within(text, offset, reading.edited)
    known = reparse(earlier, text, template=reading.is_template, edited=edited)
    tree = parse(text, template=reading.is_template) if known is None else known
    objects = objects_of(tree, is_item=unit.is_item)
    return UnitResult(unit, tree, objects, facts_of(objects))


def _within(text: str, offset: int, span: Span | None) -> Span | None:
    """The part of a span of the whole text that lies in a unit, in the unit's offsets."""
    if span is None:
        return None
    start, end = span.shifted(-offset)
    return None if end < 0 or start > len(text) else Span(max(start, 0), min(end, len(text)))


# Judging what was read.


class _Judging(NamedTuple):
    """What the rules know, which of them run, and how many findings are enough for one text.

    `about` are those of the `rules` that look at objects of a kind, or None at those of any other.
    """

    context: Context
    rules: Speaking
    about: Mapping[str | None, Speaking]
    silent: frozenset[str]
    is_template: bool
    most: int | None


def _checked_before(new: Results, old: Results) -> Sequence[Checked | None]:
    """What was found in the units that stood in the places of new ones; nothing where none did."""
    return [result.checked for result in old] if len(new) == len(old) else ()


def _judge(results: Results, judging: _Judging, before: Sequence[Checked | None] = ()) -> Results:
    """The units with their findings, made anew for those that are not judged yet.

    What lies behind the most findings stays unjudged, and is judged when they are fewer. `before`
    is what the same rules found in earlier states of the units.
    """
    judged: list[UnitResult] = []
    left = judging.most
    for result, checked in zip_longest(results, before):
        if judged and not judged[-1].is_judged:
            result = result._replace(reported=(), failures=(), heard=0, is_judged=False)
        elif not result.is_judged or (left is not None and result.heard > left):
            result = _judged(result, judging, left, checked)
        if left is not None:
            left -= min(len(result.reported), left)
        judged.append(result)
    return tuple(judged)


def _judged(
    result: UnitResult, judging: _Judging, left: int | None, before: Checked | None
) -> UnitResult:
    """The unit with its findings; not judged to the end where they are more than are left."""
    context, _, about, silent, is_template, most = judging
    tree, objects = result.tree, result.objects
    failures = [] if tree.limit is None else [Failure(LIMITS[tree.limit], True)]
    plan = ALL if before is None else plan_of(before, tree, objects, result.unit.is_item, context)
    crashes: dict[str, Exception] = {}
    reported: list[Reported] = []
    all_found: list[Sequence[Found]] = []
    all_told: list[Sequence[int]] = []
    heard, is_whole = 0, True
    for index, each in enumerate(objects):
        # One more than are left tells that the rest is too much.
        more = None if left is None else left - heard + 1
        rules = about.get(each.kind) or about[None]
        found = check(index, each, rules, context, is_template, plan, crashes, more)
        if more is not None and len(found) >= more:
            is_whole = False
            found = found[: more - 1]
            failures.append(Failure(f"not analysed further: more than {most:,} findings", True))
        if (
            before is not None
            and plan.kept
            and found is plan.kept[index]
            and len(found) == len(before.found[index])
        ):
            told = before.told[index]
        else:
            told = _precedence(found, context)
        heard += len(found)
        all_found.append(found)
        all_told.append(told)
        reported += filter(None, (found[place].reported for place in told))
        if not is_whole:
            break
    failures += (
        Failure(f"rule {slug} failed: {error!r}", False) for slug, error in crashes.items()
    )
    kept = None if failures else checked_by(plan, tree, objects, all_found, all_told)
    # What is ignored has already silenced what it implies: ignoring it brings nothing else up.
    foreign = context.settings.foreign_ignores and bool(reported)
    suppressions = suppressions_in(tree, objects, foreign)
    if is_whole and suppressions.comments and objects:
        everything = [
            Heard(rule.slug, obj, finding)
            for obj, found in zip(objects, all_found, strict=True)
            for rule, finding, _ in found
        ]
        reported += _unused(result, judging, suppressions, everything, crashes.keys())
    if silent or suppressions.reaches:
        reported = [
            each
            for each in reported
            if each.rule.slug not in silent
            and not suppressions.silence(each.rule.slug, each.object, each.finding)
        ]
    reported.sort(key=lambda each: each.finding.span)
    return result._replace(
        reported=tuple(reported),
        failures=tuple(failures),
        heard=heard,
        is_judged=is_whole,
        checked=kept,
    )


def _unused(
    result: UnitResult,
    judging: _Judging,
    suppressions: Suppressions,
    heard: list[Heard],
    crashed: Collection[str],
) -> Iterator[Reported]:
    """The findings of `unused-ignore`, which no check of one object could make.

    Whether a comment is used depends on what all rules found in its unit. So the rule has all that
    a rule has but a check that finds something, and its findings are made here, once the others
    are known. Of a rule that is off or crashed, and in a text that was not read whole, nobody
    knows what it would have found.
    """
    speaking = judging.rules
    if UNUSED not in speaking:
        return
    is_whole = not judging.is_template and not result.tree.problems
    judged = speaking.keys() - crashed if is_whole else set()
    rule, severity = speaking[UNUSED]
    for obj, finding in unused(
        result.tree.text, result.objects, suppressions.comments, heard, judged
    ):
        yield reported_of(rule, severity, finding, obj, judging.context)


# Which rules speak.


def level_of(rule: Rule, context: Context) -> Level:
    """The severity of a rule under the settings; `off` where it does not run."""
    settings = context.settings
    level: Level = rule.severity
    if settings.profile == "all":
        level = "information" if level == "off" else level
    elif settings.profile != "recommended" and rule.slug != "yaml-syntax":
        level = level if rule.control_at(context.version, settings.profile) else "off"
    for slug, chosen in settings.rules:
        if slug == rule.slug:
            level = chosen
    return level


@lru_cache(maxsize=8)
def _enabled(
    rules: tuple[Rule, ...], settings: Settings, version: Version
) -> tuple[Speaking, Mapping[str | None, Speaking]]:
    """The rules that run, and those of them that look at each kind, as in `_Judging`.

    The same settings hold for thousands of files.
    """
    levels = ((rule, level_of(rule, Context(settings, version))) for rule in rules)
    enabled = {rule.slug: (rule, level) for rule, level in levels if level != "off"}
    kinds = {kind for rule in rules if rule.kinds is not None for kind in rule.kinds}
    about = {
        kind: {
            slug: speaking
            for slug, speaking in enabled.items()
            if speaking[0].kinds is None or kind in speaking[0].kinds
        }
        for kind in (None, *kinds)
    }
    return enabled, about


def _precedence(found: Sequence[Found], context: Context) -> list[int]:
    """Which findings are published: none twice, and none that another one implies.

    The profiles that mirror the Pod Security Standards publish every violation.
    """
    once: dict[tuple[str, Span], tuple[int, Reported]] = {}
    for place, (rule, _, reported) in reversed([*enumerate(found)]):
        if reported is not None:
            once[rule.slug, reported.finding.span] = place, reported
    if context.settings.profile in ("baseline", "restricted"):
        return [place for place, _ in once.values()]
    slugs = {slug for slug, _ in once}
    said: dict[str, Said] = {}
    for _, speaker in once.values():
        for slug, scope in speaker.rule.silences.items():
            if slug in slugs:
                places = said.setdefault(slug, set())
                places.update((scope, reach) for reach in _reach(speaker, scope))
    return [
        place
        for place, each in once.values()
        if each.rule.slug not in said or not _is_said(each, said[each.rule.slug])
    ]


Said = set[tuple[Scope, object]]
"""In which scopes the findings of a rule are silenced, and where: what one is looked up in."""


def _reach(speaker: Reported, scope: Scope) -> Iterable[object]:
    """The places that a finding silences others at."""
    if scope == "token":
        return (speaker.finding.span,)
    if scope == "container":
        return _containers(speaker)
    if scope == "item":
        # What is graver than a general remark about its neighbour still has to be said.
        least = SEVERITIES.index(speaker.severity)
        return tuple((_item(speaker), severity) for severity in SEVERITIES[least:])
    return (None,)


def _is_said(each: Reported, said: Said) -> bool:
    """Whether another finding implies this one; it speaks for all of this one's containers."""
    theirs, item = _containers(each), _item(each)
    return (
        ("token", each.finding.span) in said
        or (bool(theirs) and all(("container", path) in said for path in theirs))
        or (item is not None and ("item", (item, each.severity)) in said)
        or ("object", None) in said
    )


def _item(each: Reported) -> Path | None:
    """The path of the item of the object's list that a finding stands in: a rule of a Role."""
    depth = len(each.object.root.path) + 2
    path = each.finding.path or ()
    return path[:depth] if len(path) >= depth else None


def _containers(each: Reported) -> tuple[Path, ...]:
    """The paths of the containers that a finding speaks for."""
    return spoken_for(each.object, each.finding)


# Putting it right.


def fixes_of(analysis: Analysis, reported: Reported) -> tuple[Fix, ...]:
    """The fixes of a finding, in the offsets of its unit.

    There are none where the text is not whole, a template or broken: nobody could tell what comes
    of them. Raises whatever a fix raises: the shells say so, each in its own way.
    """
    return tuple(_fixes(analysis, reported))


def preferred_fix(analysis: Analysis, reported: Reported) -> Fix | None:
    """The one fix that "Harden" takes for a finding; no others are put together for it."""
    return next((each for each in _fixes(analysis, reported) if each.preferred), None)


def _fixes(analysis: Analysis, reported: Reported) -> Iterable[Fix]:
    if analysis.is_template or not reported.object.is_whole:
        return ()
    return reported.finding.fixes()


def ignores_of(
    result: UnitResult, reported: Iterable[Reported]
) -> Iterator[tuple[Reported, list[Ignoring]]]:
    """The comments that would silence each of a unit's findings, as edits of the unit.

    There are none where the text is broken, and none for what only removing text can cure.
    """
    if result.tree.problems:
        return
    writing = writing_in(result.tree, result.objects)
    for each in reported:
        if each.rule.slug != UNUSED:
            yield each, list(ignorings(writing, each.rule.slug, each.object, each.finding))


Choose = Callable[[Analysis, int, Reported], Fix | None]
"""Which fix of a finding to apply, if any; the number is the index of its unit."""


def fix_all(text: str, settings: Settings, previous: Analysis | None = None) -> str:
    """The text after every safe preferred fix: the API server would store the same objects."""

    def choose(analysis: Analysis, _index: int, reported: Reported) -> Fix | None:
        fix = preferred_fix(analysis, reported)
        return fix if fix is not None and fix.safety == "safe" else None

    return _applied(text, settings, choose, previous)


def harden(text: str, settings: Settings, previous: Analysis | None = None) -> str:
    """The text after every preferred fix."""

    def choose(analysis: Analysis, _index: int, reported: Reported) -> Fix | None:
        return preferred_fix(analysis, reported)

    return _applied(text, settings, choose, previous)


def harden_container(
    text: str, settings: Settings, index: int, path: Path, previous: Analysis | None = None
) -> str:
    """The text after the fixes of one container's findings that stay inside of that container.

    `index` is the position of its unit, `path` its own; neither changes while fixes are applied.
    """

    def choose(analysis: Analysis, unit: int, reported: Reported) -> Fix | None:
        if unit != index or _containers(reported) != (path,):
            return None
        inside = _container_span(analysis.units[index], path)
        for fix in fixes_of(analysis, reported):
            if all(
                inside.start <= edit.span.start <= edit.span.end <= inside.end for edit in fix.edits
            ):
                return fix
        return None

    return _applied(text, settings, choose, previous)


def harden_object(
    text: str, settings: Settings, index: int, path: Path, previous: Analysis | None = None
) -> str:
    """The text after every preferred fix of one object's findings.

    `index` is the position of its unit, `path` that of its root; neither changes on the way.
    """

    def choose(analysis: Analysis, unit: int, reported: Reported) -> Fix | None:
        if unit != index or reported.object.root.path != path:
            return None
        return preferred_fix(analysis, reported)

    return _applied(text, settings, choose, previous)


def containers_of(result: UnitResult) -> Iterator[Container]:
    """The containers of a unit's objects."""
    for each in result.objects:
        yield from each.containers


def _container_span(result: UnitResult, path: Path) -> Span:
    """The lines of a container, in its unit."""
    for container in containers_of(result):
        if container.field.path == path and container.field.node is not None:
            span = container.field.node.span
            text = result.unit.text
            return Span(line_start(text, span.start), line_end(text, span.end))
    return Span(0, 0)


def _applied(text: str, settings: Settings, choose: Choose, previous: Analysis | None) -> str:
    """Apply fixes that do not touch each other, analyse again, until nothing is left to apply."""
    analysis = analyze(text, settings, previous=previous)
    for _ in range(ROUNDS_LIMIT):
        edits = _compatible(
            fix
            for index, result in enumerate(analysis.units)
            for reported in result.reported
            for fix in (_shifted(choose(analysis, index, reported), analysis.offsets[index]),)
            if fix is not None
        )
        if not edits:
            break
        text = apply_edits(analysis.text, edits)
        analysis = analyze(text, settings, previous=analysis)
    return analysis.text


def _shifted(fix: Fix | None, offset: int) -> tuple[Edit, ...] | None:
    return None if fix is None else tuple(edit.shifted(offset) for edit in fix.edits)


def _compatible(fixes: Iterable[tuple[Edit, ...]]) -> list[Edit]:
    """The edits of as many fixes as fit together, whole fixes only, the first ones first."""
    taken: list[Edit] = []
    spans: list[Span] = []
    for edits in fixes:
        if not any(_touches_one(edit.span, spans) for edit in edits):
            taken += edits
            for edit in edits:
                insort(spans, edit.span)
    return taken


def _touches_one(span: Span, ordered: list[Span]) -> bool:
    """Whether a span touches one of some ordered ones that do not overlap."""
    index = bisect(ordered, span)
    return any(span.touches(other) for other in ordered[max(index - 1, 0) : index + 1])
