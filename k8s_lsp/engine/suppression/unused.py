"""Ignore comments that silence nothing, and the fixes that take them away."""

from collections.abc import Collection, Iterable, Iterator
from functools import partial

from k8s_lsp.configuration.messages import did_you_mean
from k8s_lsp.engine.suppression.comments import IgnoreComment, SlugToken
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Finding, Fix
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.syntax.comments import removal
from k8s_lsp.text import Edit, Span

_UNNECESSARY = frozenset(rule.slug for rule in RULES if rule.is_unnecessary)
"""The rule about comments that silence nothing."""


def unused(
    text: str,
    objects: tuple[KubeObject, ...],
    comments: Iterable[IgnoreComment],
    found: Iterable[tuple[str, KubeObject, Finding]],
    checked: Collection[str],
) -> Iterator[Finding]:
    """What is wrong with the ignore comments of a unit that has objects.

    `found` are all findings there, before precedence, each with the slug of its rule and its
    object; `checked` are the rules of which it is known that they found nothing else. A comment
    that names the rule about such comments wants to be left alone.
    """
    by_slug: dict[str, list[tuple[KubeObject, Finding]]] = {}
    for slug, obj, finding in found:
        by_slug.setdefault(slug, []).append((obj, finding))
    known = [rule.slug for rule in RULES]
    for comment in comments:
        names_the_rule = any(token.text in _UNNECESSARY for token in comment.slugs)
        if names_the_rule or _is_templated(text, comment):
            continue
        reasons: dict[SlugToken, str] = {}
        for token in comment.slugs:
            if token.text not in known:
                reasons[token] = f'there is no rule "{token.text}"{did_you_mean(token.text, known)}'
            elif token.text in checked and not any(
                comment.reach.holds(obj, finding) for obj, finding in by_slug.get(token.text, ())
            ):
                reasons[token] = f"{token.text} finds nothing here"
        yield from _findings(text, _object_at(objects, comment.span.start), comment, reasons)


def _is_templated(text: str, comment: IgnoreComment) -> bool:
    """Whether a template expression may yet decide what a comment names."""
    return "{{" in text[comment.span.start : comment.span.end]


def _findings(
    text: str, obj: KubeObject, comment: IgnoreComment, reasons: dict[SlugToken, str]
) -> Iterator[Finding]:
    """One finding for a comment that is of no use at all, else one for each useless slug."""
    if len(reasons) == len(comment.slugs):
        said = dict.fromkeys(reasons.values()) or ["it names no rule, as in ignore[host-network]"]
        edit = removal(text, comment.comment, comment.span)
        fixes = partial(_removals, "Remove the ignore comment", edit)
        message = f"this comment ignores nothing: {'; '.join(said)}"
        yield Finding(comment.span, message, fixes=fixes, about=obj)
        return
    for token, reason in reasons.items():
        title = f"Remove {token.text} from the ignore comment"
        fixes = partial(_removals, title, _unlist(comment, token))
        message = f"this slug ignores nothing: {reason}"
        yield Finding(token.span, message, fixes=fixes, about=obj)


def _removals(title: str, edit: Edit) -> tuple[Fix, ...]:
    return (Fix(title, (edit,), "safe"),)


def _unlist(comment: IgnoreComment, token: SlugToken) -> Edit:
    """Take one slug of several out of the list, with one comma."""
    index = comment.slugs.index(token)
    if index + 1 < len(comment.slugs):
        return Edit(Span(token.span.start, comment.slugs[index + 1].span.start), "")
    return Edit(Span(comment.slugs[index - 1].span.end, token.span.end), "")


def _object_at(objects: tuple[KubeObject, ...], offset: int) -> KubeObject:
    """The object that a comment stands in or below; the first one where it stands above all."""
    found = objects[0]
    for obj in objects:
        if obj.root.written is not None and obj.root.written.start <= offset:
            found = obj
    return found
