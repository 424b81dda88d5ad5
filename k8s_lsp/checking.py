"""What the rules find in an object, and after an edit only those again that read what changed.

Most keystrokes move what stands behind them, and change one value or none. What a rule found holds
on, at its new place, unless the rule looked at that value. Nobody has to declare what a rule looks
at: when a value begins to change, all rules run once on an object in which it is watched.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from k8s_lsp.kubernetes.objects import KubeObject, objects_of
from k8s_lsp.rules.base import Context, Control, Finding, Fix, Related, Rule
from k8s_lsp.settings import Severity
from k8s_lsp.syntax.nodes import Scalar, Tree
from k8s_lsp.syntax.reuse.same_shape import Correspondence, same_shape
from k8s_lsp.syntax.reuse.tracking import ReadTracker, track
from k8s_lsp.syntax.scalars import is_null
from k8s_lsp.text import first_line

Speaking = Mapping[str, tuple[Rule, Severity]]
"""The rules that run, by their slugs and in their order, and the severities of their findings."""

ALWAYS = frozenset(["yaml-syntax"])
"""Rules that look at more than the tree: at what the parser said."""


class Reported(NamedTuple):
    """A finding as the settings publish it, in the offsets of its unit."""

    rule: Rule
    severity: Severity
    finding: Finding
    object: KubeObject
    control: Control | None


class Found(NamedTuple):
    """What a rule found, and how that is published; None where it is not."""

    rule: Rule
    finding: Finding
    reported: Reported | None


class Checked(NamedTuple):
    """The objects of a tree, and what was found in each.

    `told` are the indexes of what was published of that, in its order. `readers` are the rules that
    looked at the value of the `leaf`, if they were watched.
    """

    tree: Tree
    objects: tuple[KubeObject, ...]
    found: tuple[Sequence[Found], ...]
    told: tuple[Sequence[int], ...]
    leaf: Scalar | None
    readers: frozenset[str]


class Plan(NamedTuple):
    """How the objects of a unit are checked.

    Where something is `kept`, only the rules `again` run, and the findings of the others are those,
    object by object. Otherwise all rules run, on `watched` objects where a `watch` is kept on the
    `leaf`.
    """

    kept: tuple[Sequence[Found], ...] = ()
    again: frozenset[str] = frozenset()
    leaf: Scalar | None = None
    watched: tuple[KubeObject, ...] = ()
    watch: ReadTracker | None = None


ALL = Plan()
"""All rules run, and nobody asks what they read."""


def plan_of(
    before: Checked, tree: Tree, objects: tuple[KubeObject, ...], is_item: bool, context: Context
) -> Plan:
    """How to check the objects of a tree, given what the rules found in an earlier one.

    They must all have run, under the same context.
    """
    if bool(before.tree.problems) != bool(tree.problems):
        return ALL
    alike = same_shape(before.tree.roots, tree.roots)
    if alike is None:
        return ALL
    leaf, again = alike.new_leaf, ALWAYS
    if alike.old_leaf is not None and leaf is not None:
        if is_null(alike.old_leaf) != is_null(leaf) or (
            _read_ahead(before.objects) != _read_ahead(objects)
        ):
            return ALL
        if alike.old_leaf is not before.leaf:
            watch = ReadTracker()
            copies = objects_of(track(tree, leaf, watch), is_item=is_item)
            return Plan(leaf=leaf, watched=copies, watch=watch)
        again |= before.readers
    kept: list[Sequence[Found]] = []
    for found, obj in zip(before.found, objects, strict=True):
        moved = _moved([each for each in found if each.rule.slug not in again], alike, obj, context)
        if moved is None:
            return ALL
        kept.append(moved)
    return Plan(tuple(kept), again, leaf)


def check(
    index: int,
    obj: KubeObject,
    rules: Speaking,
    context: Context,
    is_template: bool,
    plan: Plan,
    crashes: dict[str, Exception],
    most: int | None,
) -> Sequence[Found]:
    """What the rules find in the object of that index; those that crash are written down once.

    Where template expressions hide a part of the text, nothing is concluded from what is missing.
    Who wants no more than so many findings may get more of them. Where something is kept and
    nothing new is found, the answer is the very thing that is kept.
    """
    if not plan.kept:
        return list(islice(_checked(index, obj, rules, context, is_template, plan, crashes), most))
    again = {slug: speaking for slug, speaking in rules.items() if slug in plan.again}
    new = list(_checked(index, obj, again, context, is_template, plan, crashes))
    kept = plan.kept[index]
    if not new:
        return kept
    order = {slug: place for place, slug in enumerate(rules)}
    return sorted((*kept, *new), key=lambda each: order[each.rule.slug])


def _checked(
    index: int,
    obj: KubeObject,
    rules: Speaking,
    context: Context,
    is_template: bool,
    plan: Plan,
    crashes: dict[str, Exception],
) -> Iterator[Found]:
    """What these rules find now."""
    watch = plan.watch
    is_said = _Said(obj.text)
    for rule, severity in rules.values():
        if rule.words and not is_said[rule.words]:
            continue
        subject = obj
        if watch is not None:
            # What another rule has asked already would be answered without a look at the leaf.
            subject = plan.watched[index]
            subject.answers.clear()
            watch.current = rule.slug
        try:
            for finding in rule.check(subject, context):
                reported = None
                if _is_concluded(finding, is_template) and _is_asked(finding, context):
                    reported = reported_of(rule, severity, finding, obj, context)
                yield Found(rule, finding, reported)
        except Exception as error:
            crashes.setdefault(rule.slug, error)


class _Said(dict[tuple[str, ...], bool]):
    """Whether one of some words may stand in a text; many rules ask for the same."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Where characters are escaped, a word may be written in another way.
        self._is_escaped = "\\" in text

    def __missing__(self, words: tuple[str, ...]) -> bool:
        found = self[words] = self._is_escaped or any(word in self._text for word in words)
        return found


def _is_concluded(finding: Finding, is_template: bool) -> bool:
    """Whether the finding holds: nothing follows from what is missing where text is unread."""
    if not finding.absent_from:
        return True
    return not is_template and not any(mapping.open for mapping in finding.absent_from)


def _is_asked(finding: Finding, context: Context) -> bool:
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


def reported_of(
    rule: Rule, severity: Severity, finding: Finding, each: KubeObject, context: Context
) -> Reported:
    """A finding as the settings publish it; the severity is the rule's."""
    if finding.severity is not None and not any(
        slug == rule.slug for slug, _ in context.settings.rules
    ):
        severity = finding.severity
    tidy = _on_one_line(finding, each.text)
    return Reported(rule, severity, tidy, each, _control(rule, finding, context))


def _on_one_line(finding: Finding, text: str) -> Finding:
    """The finding, with places and a message of one line, whatever scalars they come from."""
    spans = [finding.span, *[related.span for related in finding.related]]
    shown = "".join([finding.message, *[text[start:end] for start, end in spans]])
    if "\n" not in shown and "\r" not in shown:
        return finding
    return replace(
        finding,
        span=first_line(text, finding.span),
        message=" ".join(finding.message.split()),
        related=tuple(
            Related(first_line(text, related.span), " ".join(related.message.split()))
            for related in finding.related
        ),
    )


def checked_by(
    plan: Plan,
    tree: Tree,
    objects: tuple[KubeObject, ...],
    found: Sequence[Sequence[Found]],
    told: Sequence[Sequence[int]],
) -> Checked:
    """What is known for the next time, once all objects were checked."""
    readers = plan.again if plan.watch is None else frozenset(plan.watch.readers)
    return Checked(tree, objects, tuple(found), tuple(told), plan.leaf, readers)


def _read_ahead(objects: Iterable[KubeObject]) -> list[object]:
    """What is read of the values in some objects before rules are asked about them."""
    return [
        (
            each.api_version,
            each.kind,
            each.name,
            each.namespace,
            [(container.title, container.is_partial) for container in each.containers],
        )
        for each in objects
    ]


def _moved(
    found: Sequence[Found], alike: Correspondence, obj: KubeObject, context: Context
) -> list[Found] | None:
    """What was found in an object, at its new places; None where one does not stand at a node.

    What would put them right is asked of the rules again, once somebody wants to see it.
    """
    moved = []
    numbers: dict[Rule, int] = {}
    for rule, finding, reported in found:
        number = numbers[rule] = numbers.get(rule, -1) + 1
        span = alike.place(finding.span)
        if span is None or (reported is not None and reported.finding is not finding):
            return None
        related = finding.related
        if related:
            places = [alike.place(each.span) for each in related]
            related = tuple(
                Related(place, each.message)
                for place, each in zip(places, related, strict=True)
                if place is not None
            )
            if len(related) < len(places):
                return None
        now = Finding(
            span,
            finding.message,
            finding.path,
            partial(_fixes_again, rule, obj, context, number),
            related,
            finding.containers,
            finding.absent_from,
            finding.level,
            finding.severity,
        )
        if reported is not None:
            reported = Reported(rule, reported.severity, now, obj, reported.control)
        moved.append(Found(rule, now, reported))
    return moved


def _fixes_again(rule: Rule, obj: KubeObject, context: Context, number: int) -> Iterable[Fix]:
    """The fixes of the finding that a rule makes as the one of that number."""
    finding = next(islice(rule.check(obj, context), number, None), None)
    return () if finding is None else finding.fixes()
