"""Our own comments in a unit: `# k8s-lsp: ignore[slug, …] reason`."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from k8s_lsp.engine.suppression.reach import Landmarks, Reach, reach_of_comment
from k8s_lsp.regexes import regex
from k8s_lsp.syntax.comments import Comment, Layout, comment_in, comments_with, layout_of, line_at
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.text import Edit, Span

MARKER: Final = "k8s-lsp:"
"""What every comment of ours has in it."""

# How far a comment may be indented is bounded, so that a line of nothing but signs stays cheap.
BEGINNING: Final = r"(?<![^\s\ufeff])#[#\t ]{0,80}k8s-lsp:[\t ]*"
"""The regular expression of what stands before the word `ignore`."""

_IGNORE = regex(BEGINNING + r"(?P<word>ignore)(?![\w-])(?:[\t ]*\[(?P<slugs>[^\]#]*)\])?")
_SLUG = regex(r"[^\s,][^,]*(?<!\s)")
_NEXT = regex(r"\s#")


class SlugToken(NamedTuple):
    """A slug as a comment names it, right or wrong."""

    text: str
    span: Span


class IgnoreComment(NamedTuple):
    """One `# k8s-lsp: ignore[…] reason`; `span` is all of it, within the comment that holds it.

    `insertion` is the edit that adds a slug, with `{}` in its place. The `reason` may be empty.
    """

    span: Span
    comment: Comment
    slugs: tuple[SlugToken, ...]
    reach: Reach
    insertion: Edit
    reason: str


def ignore_comments(layout: Layout, landmarks: Landmarks) -> tuple[IgnoreComment, ...]:
    """The comments of ours in a unit, in order."""
    known: dict[int, Span] = {}
    return tuple(
        ignore
        for comment in comments_with(layout, [MARKER])
        for ignore in _ignores_in(layout.text, comment, landmarks, known)
    )


def slug_token_at(tree: Tree, offset: int) -> SlugToken | None:
    """The slug that holds an offset, where that is in an ignore comment."""
    text = tree.text
    line = line_at(text, offset)
    comment = comment_at(tree, offset) if text.find(MARKER, *line) >= 0 else None
    if comment is not None:
        for match in _IGNORE.finditer(text, *comment.span):
            for token in _slugs_in(match):
                if token.span.start <= offset <= token.span.end:
                    return token
    return None


def slug_tokens(tree: Tree) -> Iterator[SlugToken]:
    """Everything that ignore comments name, in the order of the text."""
    if MARKER in tree.text:
        for comment in comments_with(layout_of(tree), [MARKER]):
            for match in _IGNORE.finditer(tree.text, *comment.span):
                yield from _slugs_in(match)


def comment_at(tree: Tree, offset: int) -> Comment | None:
    """The comment on the line of an offset, if there is one."""
    return comment_in(layout_of(tree), line_at(tree.text, offset))


def _ignores_in(
    text: str, comment: Comment, landmarks: Landmarks, known: dict[int, Span]
) -> Iterator[IgnoreComment]:
    reach = None
    for match in _IGNORE.finditer(text, *comment.span):
        reach = reach or reach_of_comment(text, comment, landmarks, known)
        following = _NEXT.search(text, match.end(), comment.span.end)
        end = following.start() if following is not None else comment.span.end
        span = Span(match.start(), match.start() + len(text[match.start() : end].rstrip()))
        slugs = _slugs_in(match)
        reason = text[match.end() : span.end].strip()
        yield IgnoreComment(span, comment, slugs, reach, _insertion(match, slugs), reason)


def _slugs_in(match: re.Match[str]) -> tuple[SlugToken, ...]:
    if match["slugs"] is None:
        return ()
    found = _SLUG.finditer(match.string, *match.span("slugs"))
    return tuple(SlugToken(slug[0], Span(*slug.span())) for slug in found)


def _insertion(match: re.Match[str], slugs: tuple[SlugToken, ...]) -> Edit:
    if slugs:
        return Edit(Span(slugs[-1].span.end, slugs[-1].span.end), ", {}")
    if match["slugs"] is not None:
        return Edit(Span(*match.span("slugs")), "{}")
    return Edit(Span(match.end("word"), match.end("word")), "[{}]")
