"""What the rules find in an object, and after an edit only those again that read what changed.

Most keystrokes move what stands behind them, and change one value or none. What a rule found holds
on, at its new place, unless the rule looked at that value. Nobody has to declare what a rule looks
at: when a value begins to change, all rules run once on an object in which it is watched.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from k8s_lsp.kubernetes.objects import KubeObject, objects_of
from k8s_lsp.rules.base import Context, Finding, Fix, Related, Rule
from k8s_lsp.settings import Severity
from k8s_lsp.syntax.likeness import likeness
from k8s_lsp.syntax.nodes import Scalar, Tree
from k8s_lsp.syntax.scalars import is_null
from k8s_lsp.syntax.watching import Watch, watched
from k8s_lsp.text import Span

Speaking = tuple[Rule, Severity]
"""A rule that runs, and the severity of its findings."""

ALWAYS = frozenset(["yaml-syntax"])
"""Rules that look at more than the tree: at what the parser said."""

Found = dict[Rule, list[Finding]]
"""What was found in one object, by the rules that found something."""


class Checked(NamedTuple):
    """The objects of a tree, and what was found in each.

    `readers` are the rules that looked at the value of the `leaf`, if they were watched.
    """

    tree: Tree
    objects: tuple[KubeObject, ...]
    found: tuple[Found, ...]
    leaf: Scalar | None
    readers: frozenset[str]


class Plan(NamedTuple):
    """How the objects of a unit are checked.

    Where something is `kept`, only the rules `again` run, and the findings of the others are those,
    object by object. Otherwise all rules run, on `watched` objects where a `watch` is kept on the
    `leaf`.
    """

    kept: tuple[Found, ...] = ()
    again: frozenset[str] = frozenset()
    leaf: Scalar | None = None
    watched: tuple[KubeObject, ...] = ()
    watch: Watch | None = None


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
    alike = likeness(before.tree.roots, tree.roots)
    if alike is None:
        return ALL
    leaf, again = alike.now, ALWAYS
    if alike.before is not None and leaf is not None:
        if is_null(alike.before) != is_null(leaf) or (
            _read_ahead(before.objects) != _read_ahead(objects)
        ):
            return ALL
        if alike.before is not before.leaf:
            watch = Watch()
            copies = objects_of(watched(tree, leaf, watch), is_item=is_item)
            return Plan(leaf=leaf, watched=copies, watch=watch)
        again |= before.readers
    kept: list[Found] = []
    for found, obj in zip(before.found, objects, strict=True):
        now: Found = {}
        for rule, findings in found.items():
            if rule.slug not in again:
                moved = _moved(findings, alike.spans, rule, obj, context)
                if moved is None:
                    return ALL
                now[rule] = moved
        kept.append(now)
    return Plan(tuple(kept), again, leaf)


def check(
    index: int,
    obj: KubeObject,
    rules: Sequence[Speaking],
    context: Context,
    plan: Plan,
    crashes: dict[str, Exception],
) -> Iterator[tuple[Rule, Severity, Finding]]:
    """What the rules find in the object of that index; those that crash are written down once."""
    kept, watch = plan.kept[index] if plan.kept else None, plan.watch
    for rule, severity in rules:
        if kept is not None and rule.slug not in plan.again:
            for finding in kept.get(rule, ()):
                yield rule, severity, finding
            continue
        subject = obj
        if watch is not None:
            # What another rule has asked already would be answered without a look at the leaf.
            subject = plan.watched[index]
            subject.answers.clear()
            watch.current = rule.slug
        try:
            for finding in rule.check(subject, context):
                yield rule, severity, finding
        except Exception as error:
            crashes.setdefault(rule.slug, error)


def checked_by(
    plan: Plan, tree: Tree, objects: tuple[KubeObject, ...], found: Sequence[Found]
) -> Checked:
    """What is known for the next time, once all objects were checked."""
    readers = plan.again if plan.watch is None else frozenset(plan.watch.readers)
    return Checked(tree, objects, tuple(found), plan.leaf, readers)


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
    findings: list[Finding], spans: dict[Span, Span], rule: Rule, obj: KubeObject, context: Context
) -> list[Finding] | None:
    """A rule's findings at their new places; None where one does not stand at a node.

    What would put them right is asked of the rule again, once somebody wants to see it.
    """
    moved = []
    for number, each in enumerate(findings):
        span = spans.get(each.span)
        related = tuple((spans.get(other.span), other.message) for other in each.related)
        if span is None or any(place is None for place, _ in related):
            return None
        moved.append(
            Finding(
                span,
                each.message,
                each.path,
                partial(_fixes_again, rule, obj, context, number),
                tuple(Related(place, message) for place, message in related if place is not None),
                each.containers,
                each.absent_from,
                each.level,
                each.severity,
            )
        )
    return moved


def _fixes_again(rule: Rule, obj: KubeObject, context: Context, number: int) -> Iterable[Fix]:
    """The fixes of the finding that a rule makes as the one of that number."""
    finding = next(islice(rule.check(obj, context), number, None), None)
    return () if finding is None else finding.fixes()
