"""What the rules find in one object, and what may be concluded from what is missing there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from k8s_lsp.engine.precedence import with_precedence
from k8s_lsp.engine.results import Diagnosis, Incomplete, Limits, Status, UnitResult
from k8s_lsp.engine.selection import EnabledRules, Selection, selection_for
from k8s_lsp.engine.suppression.comments import IgnoreComment
from k8s_lsp.engine.suppression.other_tools import ignored_in_file
from k8s_lsp.engine.suppression.unused import unused
from k8s_lsp.kubernetes.bare_shells import is_bare_shell
from k8s_lsp.kubernetes.objects import KubeObject, lacks_colon, unread_object
from k8s_lsp.kubernetes.queries import Facts, Reach
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.base import Context, Control, Finding, Rule, UnitView
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Profile, Settings, Severity
from k8s_lsp.syntax.comments import is_json
from k8s_lsp.syntax.limits import LIMITS
from k8s_lsp.text import HIDDEN_BREAKS, first_line, has_hidden_breaks, line_start

Crashes = dict[str, Exception]
"""What rules raised, by their slugs; the first time counts."""


class CheckOptions(NamedTuple):
    """How the objects of one text are checked.

    `context` is what the rules know, `muted_rules` are those that the whole text ignores, and
    `findings_limit` is how many findings are enough; None for all of them. What `is_manifest` holds
    an object somewhere: kubectl reads all of its documents.
    """

    context: Context
    selection: Selection
    muted_rules: frozenset[str]
    is_template: bool
    is_manifest: bool
    findings_limit: int | None

    def asking_anew(self) -> "CheckOptions":
        """The same, for one unit: what its rules ask about other objects is remembered apart."""
        facts = Facts(self.context.facts.reach)
        return self._replace(context=self.context._replace(facts=facts))


def options_for(
    text: str,
    settings: Settings,
    reach: Reach,
    is_template: bool,
    is_manifest: bool,
    limits: Limits,
) -> CheckOptions:
    """How the objects of a text are checked, once it is known which others are in reach."""
    version = version_of(settings.kubernetes_version)
    return CheckOptions(
        Context(settings, version, Facts(reach)),
        selection_for(RULES, settings, version),
        ignored_in_file(text, settings.foreign_ignores),
        is_template,
        is_manifest,
        limits.findings,
    )


CheckObject = Callable[[KubeObject, CheckOptions, Crashes, int | None], Sequence[Diagnosis]]
"""Gives the diagnoses of an object, at most so many of them, as `check_object` does."""

CheckUnit = Callable[[UnitResult, CheckOptions, int | None], UnitResult]
"""Gives a unit with its diagnoses, for which there is so much room, as `check_unit` does."""


def check_object(
    obj: KubeObject, options: CheckOptions, crashes: Crashes, most: int | None = None
) -> Sequence[Diagnosis]:
    """What the rules find in an object, at most the first findings where `most` is given."""
    rules = options.selection.for_object(obj)
    found = list(islice(run_rules(obj, rules, options, crashes), most))
    return with_precedence(found, options.context.settings.profile)


def run_rules(
    obj: KubeObject, rules: EnabledRules, options: CheckOptions, crashes: Crashes
) -> Iterator[Diagnosis]:
    """What these rules find in an object, rule by rule; a rule that crashes ends there."""
    context = options.context
    mentions = mentions_in(obj.text)
    for rule, severity in rules.values():
        if rule.requires_any_of and not mentions[rule.requires_any_of]:
            continue
        try:
            for finding in rule.findings(obj, context):
                status = _status(finding, obj, options)
                yield diagnose(rule, severity, finding, obj, context, status)
        except Exception as error:
            crashes.setdefault(rule.slug, error)


def check_whole(
    unit: UnitResult,
    found: Iterable[Diagnosis],
    comments: Collection[IgnoreComment],
    options: CheckOptions,
    crashes: Crashes,
) -> Iterator[Diagnosis]:
    """What the rules about whole units find, once it is known what was `found` in its objects.

    Of a rule that is off or crashed, and in a text that was not read whole, it is not known what it
    would have found: whether a comment that names it is used stays open. Of a unit without objects
    only what is wrong with its text is told, where it stands beside objects or was meant to be one.
    """
    if not unit.objects and not (
        unit.tree.problems and (options.is_manifest or lacks_colon(unit.tree.text))
    ):
        return
    tree, objects = unit.tree, unit.objects or (unread_object(unit.tree),)

    def unused_ignores() -> Iterable[Finding]:
        triples = [(each.rule.slug, each.object, each.finding) for each in found]
        is_whole = not options.is_template and not tree.problems
        checked = options.selection.rules.keys() - crashes.keys() if is_whole else set()
        return unused(tree.text, objects, comments, triples, checked)

    view = UnitView(objects, tree.problems, unused_ignores)
    for slug, (rule, severity) in options.selection.of_units.items():
        try:
            for finding in rule.check(view, options.context):
                yield diagnose(
                    rule, severity, finding, finding.about or objects[0], options.context
                )
        except Exception as error:
            crashes.setdefault(slug, error)


def why_incomplete(
    unit: UnitResult, options: CheckOptions, is_checked: bool, crashes: Crashes
) -> Iterator[Incomplete]:
    """Why a unit was not analysed whole: what it is too much of, and which rules crashed."""
    if unit.tree.limit is not None:
        yield Incomplete(LIMITS[unit.tree.limit], True)
    if not is_checked:
        reason = f"not analysed further: more than {options.findings_limit:,} findings"
        yield Incomplete(reason, True)
    for slug, error in crashes.items():
        yield Incomplete(f"rule {slug} failed: {error!r}", False)


@lru_cache(maxsize=1)
def mentions_in(text: str) -> "Mentions":
    """What is known of the words in a text, which is searched once for all of its objects."""
    return Mentions(text)


class Mentions(dict[tuple[str, ...], bool]):
    """Whether one of some words may stand in a text; many rules ask for the same."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Where characters are escaped, a word may be written in another way.
        self._is_escaped = "\\" in text

    def __missing__(self, words: tuple[str, ...]) -> bool:
        found = self._is_escaped
        for word in words:
            found = found or word in self._text
        self[words] = found
        return found


def _status(finding: Finding, obj: KubeObject, options: CheckOptions) -> Status:
    """Whether a finding is told, as long as no other one says the same.

    Nothing is concluded from what is missing where the text is a template, in a patch, or in a
    mapping that is `open`: what is missed may stand elsewhere, or in what could not be read.
    """
    if finding.absent_from and (
        options.is_template or options.context.facts.why_patch(obj) is not None
    ):
        return "unknown"
    for mapping in finding.absent_from:
        if mapping.open:
            return "unknown"
    if finding.level == "restricted" and options.context.settings.profile == "baseline":
        return "out_of_profile"
    return "published"


def diagnose(
    rule: Rule,
    severity: Severity,
    finding: Finding,
    obj: KubeObject,
    context: Context,
    status: Status = "published",
) -> Diagnosis:
    """A finding as the settings have it; the `severity` is that of its rule.

    A finding may be less or more grave than its rule says, and what a bare shell lacks is less so,
    unless the settings say how grave the rule is.
    """
    if status != "published":
        return Diagnosis(rule, severity, finding, obj, None, status)
    own = finding.severity
    if own is None and obj.kind == "Pod" and severity == "warning" and finding.absent_from:
        own = _of_bare_shell(obj, context.settings.profile)
    if own is not None and not any(slug == rule.slug for slug, _ in context.settings.rules):
        severity = own
    control = _control(rule, finding, context)
    finding = _on_one_line(finding, obj.text)
    if has_hidden_breaks(obj.text) and not is_json(obj.text):
        finding = _behind_hidden_break(finding, obj.text)
    return Diagnosis(rule, severity, finding, obj, control, status)


def _of_bare_shell(obj: KubeObject, profile: Profile) -> Severity | None:
    """How grave it is what an object lacks in which nothing runs but a shell: for information.

    The profiles that mirror the Pod Security Standards know no such pods.
    """
    if profile in ("baseline", "restricted") or not is_bare_shell(obj):
        return None
    return "information"


def _control(rule: Rule, finding: Finding, context: Context) -> Control | None:
    """The Pod Security check that reports the finding, with the lowest level that it violates."""
    profile = context.settings.profile
    if not (finding.level or rule.controls):
        return None
    lowest = finding.level or rule.controls[0].level
    reporting = rule.control_at(
        context.version, "restricted" if profile == "restricted" else lowest
    )
    return None if reporting is None else Control(lowest, reporting.id, reporting.since)


def _behind_hidden_break(finding: Finding, text: str) -> Finding:
    """The finding, with a word about what no editor shows: why it is not behind a `#`, say."""
    start = finding.span.start
    line = text[line_start(text, start) : start]
    hidden = next((character for character in reversed(line) if character in HIDDEN_BREAKS), None)
    if hidden is None:
        return finding
    word = f"U+{ord(hidden):04X}"
    message = f"{finding.message} (for kubectl, a hidden {word} begins a line before it)"
    return replace(finding, message=message)


def _on_one_line(finding: Finding, text: str) -> Finding:
    """The finding, with places and a message of one line, whatever scalars they come from."""
    start, end = finding.span
    shown = finding.message + text[start:end]
    for related in finding.related:
        if not related.path:
            start, end = related.span
            shown += text[start:end]
    if "\n" not in shown and "\r" not in shown:
        return finding
    return replace(
        finding,
        span=first_line(text, finding.span),
        message=" ".join(finding.message.split()),
        related=tuple(
            related._replace(
                span=related.span if related.path else first_line(text, related.span),
                message=" ".join(related.message.split()),
            )
            for related in finding.related
        ),
    )
