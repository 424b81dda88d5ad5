"""One pure function from a text to what is wrong with it, and the loops that put it right."""

from bisect import bisect, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from k8s_lsp.kubernetes.facts import Facts, facts_of, joined
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject, objects_of
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version, version_of
from k8s_lsp.rules.base import Context, Control, Finding, Fix, Related, Rule, Scope
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, Level, Settings, Severity
from k8s_lsp.suppression import (
    UNUSED,
    Heard,
    Ignoring,
    Suppressions,
    ignored_in_file,
    ignorings,
    spoken_for,
    suppressions_in,
    unused,
    writing_in,
)
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import LIMITS, parse
from k8s_lsp.syntax.recover import joined as joined_trees
from k8s_lsp.syntax.units import Unit, cut, cut_again, says_kind
from k8s_lsp.text import Edit, Span, apply_edits, line_end, line_start

SIZE_LIMIT = 20_000_000
"""The longest text that is analysed, in code points."""

DEFAULTS = Settings()

LARGE = 8_192
"""How many characters a unit must have more than for it to be put off: others cost nothing."""

PATIENT = ("CustomResourceDefinition",)
"""Kinds that no rule looks into: only what is wrong with any YAML can be wrong with them."""

ROUNDS_LIMIT = 100
"""How often fixes are applied and the result analysed again; each round fixes something."""


Speaking = tuple[Rule, Severity]
"""A rule that runs, and the severity of its findings."""


class Reported(NamedTuple):
    """A finding as the settings publish it, in the offsets of its unit."""

    rule: Rule
    severity: Severity
    finding: Finding
    object: KubeObject
    control: Control | None


class Failure(NamedTuple):
    """Why a text could not be analysed whole: a limit that was reached, or a rule that crashed."""

    message: str
    is_limit: bool


class UnitResult(NamedTuple):
    """What was found in one unit, and what it rests on, so that it can be used again."""

    unit: Unit
    tree: Tree
    objects: tuple[KubeObject, ...]
    facts: Facts
    context: Context | None
    """None where the rules have not run yet."""
    silent: frozenset[str]
    """The rules that the whole file ignores."""
    reported: tuple[Reported, ...]
    failures: tuple[Failure, ...]
    is_pending: bool = False
    """Whether it was not read yet, because it can wait."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """All that is known about a text.

    `units` are in order; what they hold is relative to their offset, and the path of an object
    that is an item of a List that was cut begins with `items[0]`, whatever its real index.
    `is_template` says that template expressions hide a part of the text: nothing was concluded
    from what is missing, and no fixes are offered.
    """

    text: str
    settings: Settings
    is_template: bool
    units: tuple[UnitResult, ...]
    failures: tuple[Failure, ...]

    @property
    def is_pending(self) -> bool:
        """Whether something was put off; the whole is known when it was analysed unhurried."""
        return any(result.is_pending for result in self.units)

    def reported(self) -> Iterator[tuple[Unit, Reported]]:
        """Every finding with its unit, in the order of the text."""
        for result in self.units:
            for each in result.reported:
                yield result.unit, each


def analyze(
    text: str,
    settings: Settings = DEFAULTS,
    *,
    previous: Analysis | None = None,
    edited: Span | None = None,
    hurried: bool = False,
    longest: int = SIZE_LIMIT,
    most: int | None = None,
) -> Analysis:
    """Analyse a text. Never raises, but for settings that hold a malformed Kubernetes version.

    `previous` is the analysis of an earlier state of the same text, and `edited` the span of this
    text that changed since: they save work, and help to read units that do not parse. For a text
    that parses, the result is the same with any `previous`. Who is `hurried` does not wait for
    large units of a kind about which there is next to nothing to say. A text of more than `longest`
    code points is not read, and after `most` findings, those counted that are not published, the
    rest is not judged.
    """
    version = version_of(settings.kubernetes_version)
    if len(text) > longest:
        limit = Failure(f"not analysed: longer than {longest:,} characters", True)
        return Analysis(text, settings, False, (), (limit,))
    is_template = "{{" in text
    if previous is None or edited is None:
        units = cut(text)
    else:
        units = cut_again(text, previous.text, [each.unit for each in previous.units], edited)
    known = _known(units, previous, is_template)
    read = [
        _read(unit, is_template, edited, hurried, earlier)
        if result is None or (result.is_pending and not hurried)
        else _moved(result, unit)
        for unit, (result, earlier) in zip(units, known, strict=True)
    ]
    context = Context(settings, version, joined(result.facts for result in read))
    silent = ignored_in_file(text, settings.foreign_ignores)
    judged = tuple(_judge(read, context, silent, is_template, most))
    failures = tuple(failure for result in judged for failure in result.failures)
    return Analysis(text, settings, is_template, judged, failures)


class _Known(NamedTuple):
    """What the previous analysis knows of a unit.

    `result` is that of a unit with the same text. `earlier` is the tree of what stood in its place,
    which helps where the text does not parse.
    """

    result: UnitResult | None = None
    earlier: Tree | None = None


def _known(units: list[Unit], previous: Analysis | None, is_template: bool) -> Iterator[_Known]:
    """What is known of each unit.

    An edit leaves almost all units as they are: from the beginning and from the end they are
    compared in place, and only those between are looked up by their text.
    """
    results = () if previous is None else previous.units
    before = _common(units, results)
    after = _common(units[before:][::-1], results[before:][::-1])
    changed = units[before : len(units) - after]
    others = results[before : len(results) - after]
    same = previous is not None and previous.is_template == is_template
    found = {_key(result.unit): result for result in others} if same else {}
    yield from (_Known(result if same else None) for result in results[:before])
    for unit, earlier in zip(changed, _earlier(changed, others), strict=True):
        yield _Known(found.get(_key(unit)), earlier)
    yield from (_Known(result if same else None) for result in results[len(results) - after :])


def _earlier(units: list[Unit], results: Sequence[UnitResult]) -> list[Tree | None]:
    """The trees of what stood in the units' places: in each, or in all, where some were joined."""
    if len(units) == len(results):
        return [
            result.tree if (unit.item is None) == (result.unit.item is None) else None
            for unit, result in zip(units, results, strict=True)
        ]
    if results and all(unit.item is None for unit in (*units, *(each.unit for each in results))):
        return [joined_trees(result.tree for result in results)] * len(units)
    return [None] * len(units)


def _key(unit: Unit) -> tuple[str, bool]:
    """What the result of a unit rests on: its text, and whether it is an item of a List."""
    return unit.text, unit.item is None


def _common(units: list[Unit], results: Sequence[UnitResult]) -> int:
    """How many units at the beginning have the text of the result at their place."""
    count = 0
    for unit, result in zip(units, results, strict=False):
        if _key(unit) != _key(result.unit):
            break
        count += 1
    return count


def _moved(result: UnitResult, unit: Unit) -> UnitResult:
    """What was found in a unit, where that stands now."""
    return result if result.unit == unit else result._replace(unit=unit)


def _read(
    unit: Unit, is_template: bool, edited: Span | None, hurried: bool, earlier: Tree | None
) -> UnitResult:
    """The unit's tree, objects and facts."""
    if hurried and len(unit.text) > LARGE and any(says_kind(unit.text, each) for each in PATIENT):
        return UnitResult(
            unit, Tree(unit.text), (), Facts(), None, frozenset(), (), (), is_pending=True
        )
    tree = parse(unit.text, template=is_template, edited=_within(unit, edited), previous=earlier)
    objects = objects_of(tree, is_item=unit.item is not None)
    return UnitResult(unit, tree, objects, facts_of(objects), None, frozenset(), (), ())


def _within(unit: Unit, span: Span | None) -> Span | None:
    """The part of a span of the whole text that lies in a unit, in the unit's offsets."""
    if span is None:
        return None
    start, end = span.shifted(-unit.offset)
    length = len(unit.text)
    return None if end < 0 or start > length else Span(max(start, 0), min(end, length))


def _judge(
    read: list[UnitResult],
    context: Context,
    silent: frozenset[str],
    is_template: bool,
    most: int | None,
) -> Iterator[UnitResult]:
    """The units with their findings, made anew only where the context changed.

    What lies behind `most` findings counts as not judged, so that it is judged when they are fewer.
    """
    rules = _enabled(RULES, context.settings, context.version)
    # Most units were judged in one and the same context, which is compared once.
    known = next((each.context for each in read if each.context is not None), None)
    if known == context:
        context = known
    left = most
    for result in read:
        is_known = result.context is context or result.context == context
        if left == 0:
            result = result._replace(context=None, reported=(), failures=())
        elif not is_known or result.silent != silent:
            result, heard = _judged(result, context, rules, silent, is_template, left)
            if left is not None and heard >= left:
                enough = Failure(f"not analysed further: more than {most:,} findings", True)
                result = result._replace(context=None, failures=(*result.failures, enough))
                left = 0
        if left is not None:
            left = max(left - len(result.reported), 0)
        yield result


def _judged(
    result: UnitResult,
    context: Context,
    rules: Iterable[Speaking],
    silent: frozenset[str],
    is_template: bool,
    most: int | None,
) -> tuple[UnitResult, int]:
    """The unit with its findings, and how many there were before some were left out."""
    failures = [] if result.tree.limit is None else [Failure(LIMITS[result.tree.limit], True)]
    crashed: set[str] = set()
    heard: list[Heard] = []
    reported: list[Reported] = []
    for each in result.objects:
        found: list[Reported] = []
        for rule, severity in rules:
            try:
                left = None if most is None else most - len(heard)
                for finding in islice(rule.check(each, context), left):
                    heard.append(Heard(rule.slug, each, finding))
                    if _is_concluded(finding, is_template) and _is_asked(finding, rule, context):
                        found.append(_reported(rule, severity, finding, each, context))
            except Exception as error:
                crashed.add(rule.slug)
                failures.append(Failure(f"rule {rule.slug} failed: {error!r}", False))
        reported += _precedence(found, context)
    # What is ignored has already silenced what it implies: ignoring it brings nothing else up.
    suppressions = suppressions_in(result.tree, result.objects, context.settings.foreign_ignores)
    reported += _unused(result, context, rules, suppressions, heard, crashed, is_template)
    reported = [
        each
        for each in reported
        if each.rule.slug not in silent
        and not suppressions.silence(each.rule.slug, each.object, each.finding)
    ]
    reported.sort(key=lambda each: each.finding.span)
    judged = result._replace(
        context=context, silent=silent, reported=tuple(reported), failures=tuple(failures)
    )
    return judged, len(heard)


def _unused(
    result: UnitResult,
    context: Context,
    rules: Iterable[Speaking],
    suppressions: Suppressions,
    heard: list[Heard],
    crashed: set[str],
    is_template: bool,
) -> Iterator[Reported]:
    """The findings of `unused-ignore`, which no check of one object could make.

    Whether a comment is used depends on what all rules found in its unit. So the rule has all that
    a rule has but a check that finds something, and its findings are made here, once the others
    are known. Of a rule that is off or crashed, and in a text that was not read whole, nobody
    knows what it would have found.
    """
    if not suppressions.comments or not result.objects:
        return
    speaking = {rule.slug: (rule, severity) for rule, severity in rules}
    if UNUSED not in speaking:
        return
    is_whole = not is_template and not result.tree.problems
    judged = speaking.keys() - crashed if is_whole else set()
    rule, severity = speaking[UNUSED]
    for obj, finding in unused(
        result.tree.text, result.objects, suppressions.comments, heard, judged
    ):
        yield _reported(rule, severity, finding, obj, context)


def _reported(
    rule: Rule, severity: Severity, finding: Finding, each: KubeObject, context: Context
) -> Reported:
    chosen = any(slug == rule.slug for slug, _ in context.settings.rules)
    if finding.severity is not None and not chosen:
        severity = finding.severity
    tidy = _on_one_line(finding, each.text)
    return Reported(rule, severity, tidy, each, _control(rule, finding, context))


def _on_one_line(finding: Finding, text: str) -> Finding:
    """The finding, with places and a message of one line, whatever scalars they come from."""
    spans = (finding.span, *(related.span for related in finding.related))
    if "\n" not in finding.message and not any(
        text.find(line_break, *span) >= 0 for span in spans for line_break in "\r\n"
    ):
        return finding
    return replace(
        finding,
        span=_first_line(finding.span, text),
        message=" ".join(finding.message.split()),
        related=tuple(
            Related(_first_line(related.span, text), " ".join(related.message.split()))
            for related in finding.related
        ),
    )


def _first_line(span: Span, text: str) -> Span:
    return Span(span.start, min(span.end, line_end(text, span.start)))


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
def _enabled(rules: tuple[Rule, ...], settings: Settings, version: Version) -> tuple[Speaking, ...]:
    """The rules that run. The same settings hold for thousands of files."""
    levels = ((rule, level_of(rule, Context(settings, version))) for rule in rules)
    return tuple((rule, level) for rule, level in levels if level != "off")


def _is_concluded(finding: Finding, is_template: bool) -> bool:
    """Whether the finding holds: nothing follows from what is missing where text is unread."""
    if not finding.absent_from:
        return True
    return not is_template and not any(mapping.open for mapping in finding.absent_from)


def _is_asked(finding: Finding, rule: Rule, context: Context) -> bool:
    """Whether a finding that violates only the restricted level is asked for."""
    return not (context.settings.profile == "baseline" and finding.level == "restricted")


def _control(rule: Rule, finding: Finding, context: Context) -> Control | None:
    """The Pod Security check that reports the finding, with the lowest level that it violates."""
    profile = context.settings.profile
    lowest = finding.level or next((control.level for control in rule.controls), None)
    if lowest is None:
        return None
    reporting = rule.control_at(
        context.version, "restricted" if profile == "restricted" else lowest
    )
    return None if reporting is None else Control(lowest, reporting.id, reporting.since)


def _precedence(found: list[Reported], context: Context) -> list[Reported]:
    """The findings that are published: none twice, and none that another one implies.

    The profiles that mirror the Pod Security Standards publish every violation.
    """
    once = list({(each.rule.slug, each.finding.span): each for each in reversed(found)}.values())
    if context.settings.profile in ("baseline", "restricted"):
        return once
    said = {
        (slug, scope, reach)
        for speaker in once
        for slug, scope in speaker.rule.silences.items()
        for reach in _reach(speaker, scope)
    }
    return [each for each in once if not _is_said(each, said)]


Said = set[tuple[str, Scope, object]]
"""Which slugs are silenced, in which scope, and where: what a finding is looked up in."""


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
    slug, theirs = each.rule.slug, _containers(each)
    item = _item(each)
    return (
        (slug, "token", each.finding.span) in said
        or (bool(theirs) and all((slug, "container", path) in said for path in theirs))
        or (item is not None and (slug, "item", (item, each.severity)) in said)
        or (slug, "object", None) in said
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


Choose = Callable[[Analysis, Unit, Reported], Fix | None]
"""Which fix of a finding to apply, if any."""


def fix_all(text: str, settings: Settings, previous: Analysis | None = None) -> str:
    """The text after every safe preferred fix: the API server would store the same objects."""

    def choose(analysis: Analysis, _unit: Unit, reported: Reported) -> Fix | None:
        fix = preferred_fix(analysis, reported)
        return fix if fix is not None and fix.safety == "safe" else None

    return _applied(text, settings, choose, previous)


def harden(text: str, settings: Settings, previous: Analysis | None = None) -> str:
    """The text after every preferred fix."""

    def choose(analysis: Analysis, _unit: Unit, reported: Reported) -> Fix | None:
        return preferred_fix(analysis, reported)

    return _applied(text, settings, choose, previous)


def harden_container(
    text: str, settings: Settings, index: int, path: Path, previous: Analysis | None = None
) -> str:
    """The text after the fixes of one container's findings that stay inside of that container.

    `index` is the position of its unit, `path` its own; neither changes while fixes are applied.
    """

    def choose(analysis: Analysis, unit: Unit, reported: Reported) -> Fix | None:
        if not _is_unit(analysis, index, unit) or _containers(reported) != (path,):
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

    def choose(analysis: Analysis, unit: Unit, reported: Reported) -> Fix | None:
        if not _is_unit(analysis, index, unit) or reported.object.root.path != path:
            return None
        return preferred_fix(analysis, reported)

    return _applied(text, settings, choose, previous)


def _is_unit(analysis: Analysis, index: int, unit: Unit) -> bool:
    return index < len(analysis.units) and analysis.units[index].unit is unit


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
            for unit, reported in analysis.reported()
            for fix in (_shifted(choose(analysis, unit, reported), unit.offset),)
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
