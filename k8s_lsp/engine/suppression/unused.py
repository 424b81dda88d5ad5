"""Ignore comments that silence nothing, and the fixes that take them away."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter

from k8s_lsp.configuration.words import did_you_mean, meant_word
from k8s_lsp.engine.suppression.comments import IgnoreComment, SlugToken
from k8s_lsp.engine.suppression.reach import FindingIndex
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
    comments: Collection[IgnoreComment],
    found: Iterable[tuple[str, KubeObject, Finding]],
    checked: Collection[str],
) -> Iterator[Finding]:
    """What is wrong with the ignore comments of a unit that has objects.

    `found` are all findings there, before precedence, each with the slug of its rule and its
    object; `checked` are the rules of which it is known that they found nothing else. A comment
    that names the rule about such comments wants to be left alone.
    """
    if not comments:
        return
    by_slug: dict[str, list[tuple[KubeObject, Finding]]] = {}
    for slug, obj, finding in found:
        by_slug.setdefault(slug, []).append((obj, finding))
    found_by = {slug: FindingIndex(pairs) for slug, pairs in by_slug.items()}
    places = sorted(((_start(obj), obj) for obj in objects), key=itemgetter(0))
    known = [rule.slug for rule in RULES]
    for comment in comments:
        names_the_rule = any(token.text in _UNNECESSARY for token in comment.slugs)
        if names_the_rule or _is_templated(text, comment):
            continue
        idle = partial(_is_idle, comment, found_by, checked)
        reasons: dict[SlugToken, str] = {}
        meant: dict[SlugToken, str] = {}
        for token in comment.slugs:
            if token.text not in known:
                reasons[token] = f'there is no rule "{token.text}"{did_you_mean(token.text, known)}'
                word = meant_word(token.text, known)
                if word is not None and (word in _UNNECESSARY or not idle(word)):
                    meant[token] = word
            elif idle(token.text):
                reasons[token] = f"{token.text} finds nothing here"
        # The object that a comment stands in or below; the first one where it stands above all.
        above = bisect_right(places, comment.span.start, key=itemgetter(0)) - 1
        yield from _findings(text, places[max(above, 0)][1], comment, reasons, meant)


def _is_idle(
    comment: IgnoreComment, found: Mapping[str, FindingIndex], checked: Collection[str], slug: str
) -> bool:
    """Whether it is known that a rule finds nothing that a comment reaches."""
    return slug in checked and not (slug in found and found[slug].any_in(comment.reach))


def _start(obj: KubeObject) -> int:
    return 0 if obj.root.written is None else obj.root.written.start


def _is_templated(text: str, comment: IgnoreComment) -> bool:
    """Whether a template expression may yet decide what a comment names."""
    return "{{" in text[comment.span.start : comment.span.end]


def _findings(
    text: str,
    obj: KubeObject,
    comment: IgnoreComment,
    reasons: dict[SlugToken, str],
    meant: dict[SlugToken, str],
) -> Iterator[Finding]:
    """One finding for a comment that is of no use at all, else one for each useless slug.

    `meant` are the rules that misspelt slugs come near to, where these would ignore something.
    """
    if len(reasons) == len(comment.slugs):
        said = dict.fromkeys(reasons.values()) or ["it names no rule, as in ignore[host-network]"]
        fixes = partial(_fixes, comment, comment.slugs, meant, partial(_removal, text, comment))
        message = f"this comment ignores nothing: {'; '.join(said)}"
        yield Finding(comment.span, message, fixes=fixes, about=obj)
        return
    for token, reason in reasons.items():
        fixes = partial(_fixes, comment, (token,), meant, partial(_unlist, comment, token))
        message = f"this slug ignores nothing: {reason}"
        yield Finding(token.span, message, fixes=fixes, about=obj)


def _fixes(
    comment: IgnoreComment,
    tokens: Sequence[SlugToken],
    meant: Mapping[SlugToken, str],
    removing: Callable[[], Fix],
) -> tuple[Fix, ...]:
    """The slugs that are meant in place of useless ones, or else nothing in their place.

    Nothing in bulk takes the one, which hides a finding, nor then the other: somebody has decided.
    """
    kept = {token.text for token in comment.slugs if token not in tokens}
    words = [meant[token] for token in tokens if token in meant]
    listed = ", ".join(word for word in dict.fromkeys(words) if word not in kept)
    if not listed:
        return (removing(),)
    written = ", ".join(token.text for token in tokens)
    correction = Fix(
        f'Change "{written}" to "{listed}"',
        (Edit(Span(tokens[0].span.start, tokens[-1].span.end), listed),),
        "review",
        left_because="the comment misspells what it ignores",
    )
    return (correction, removing()._replace(preferred=False))


def _removal(text: str, comment: IgnoreComment) -> Fix:
    edit = removal(text, comment.comment, comment.span)
    return Fix("Remove the ignore comment", (edit,), "safe")


def _unlist(comment: IgnoreComment, token: SlugToken) -> Fix:
    """Take one slug of several out of the list, with one comma."""
    index = comment.slugs.index(token)
    if index + 1 < len(comment.slugs):
        span = Span(token.span.start, comment.slugs[index + 1].span.start)
    else:
        span = Span(comment.slugs[index - 1].span.end, token.span.end)
    title = f"Remove {token.text} from the ignore comment"
    return Fix(title, (Edit(span, ""),), "safe")
