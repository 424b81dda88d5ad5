"""The ignore comment that is being typed: which word of it, and what it would speak for."""

import re
from typing import NamedTuple

from k8s_lsp.engine.suppression.comments import BEGINNING, MARKER, comment_at
from k8s_lsp.engine.suppression.reach import Reach, landmarks_in, reach_of_comment
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.syntax.comments import is_json
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.text import Span, line_start

_TYPED = re.compile(
    BEGINNING + r"(?:ignore[\t ]*\[(?P<before>(?:[^\],#]*,)*)[\t ]*)?(?P<word>[A-Za-z0-9-]*)\Z"
)
_REST = re.compile(r"(?P<word>[A-Za-z0-9-]*)(?P<after>[^\]#\r\n]*)")
_SLUG = re.compile(r"[A-Za-z0-9-]+")


class PartialIgnore(NamedTuple):
    """The word of an ignore comment that is being typed; the comment may be unfinished.

    `others` are the slugs beside it in the brackets; None where the word stands before them, in
    the place of `ignore`.
    """

    word: Span
    others: frozenset[str] | None
    reach: Reach


def may_be_ignore(text: str, offset: int) -> bool:
    """Whether an ignore comment may be what is typed at an offset, by the look of its line."""
    return _typed(text, offset) is not None


def partial_ignore_at(
    tree: Tree, objects: tuple[KubeObject, ...], offset: int
) -> PartialIgnore | None:
    """The word that is being typed at an offset, where that is in an ignore comment."""
    text = tree.text
    match = _typed(text, offset)
    comment = None if match is None or is_json(text) else comment_at(tree, offset)
    if match is None or comment is None or match.start() < comment.span.start:
        return None
    rest = _REST.match(text, offset)
    assert rest is not None  # It matches anything, if only nothing.
    others = None
    if match["before"] is not None:
        others = frozenset(_SLUG.findall(f"{match['before']} {rest['after']}"))
    elif rest["after"].lstrip().startswith(("ignore", "[")):
        # What could be typed here stands here.
        return None
    word = Span(match.start("word"), rest.end("word"))
    return PartialIgnore(word, others, reach_of_comment(text, comment, landmarks_in(objects)))


def _typed(text: str, offset: int) -> re.Match[str] | None:
    start = line_start(text, offset)
    return _TYPED.search(text, start, offset) if text.find(MARKER, start, offset) >= 0 else None
