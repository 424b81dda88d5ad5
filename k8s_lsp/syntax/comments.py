"""Comments of a unit: where YAML sees one, and where one could be written."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Tree
from k8s_lsp.text import Edit, Span, line_end, line_start, newline_of, next_line

_JSON = re.compile(r'\ufeff?\s*[{\[][\s{\[]*["}\]]')


class Comment(NamedTuple):
    """A comment from its `#` to its last character; `alone` says that its line has nothing else."""

    span: Span
    alone: bool


class Layout(NamedTuple):
    """The text of a unit, and its scalars in order: a `#` there is no comment."""

    text: str
    scalars: tuple[Span, ...]


def layout_of(tree: Tree) -> Layout:
    """Find the scalars, once for all questions about a unit."""
    return Layout(tree.text, tuple(sorted(_scalars(tree))))


def comments_with(layout: Layout, words: Iterable[str]) -> list[Comment]:
    """The comments on lines that hold one of the words, in order."""
    text = layout.text
    found: dict[int, Comment] = {}
    for word in words:
        at = text.find(word)
        while at >= 0:
            start, end = line_start(text, at), line_end(text, at)
            comment = comment_in(layout, Span(start, end))
            if comment is not None:
                found[start] = comment
            at = text.find(word, end)
    return [found[start] for start in sorted(found)]


def comment_in(layout: Layout, line: Span) -> Comment | None:
    """The comment of a line, if it has one."""
    text = layout.text
    at = text.find("#", line.start, line.end)
    while at >= 0:
        before = text[line.start : at].lstrip("\ufeff")
        if before[-1:] in ("", " ", "\t") and not is_text(layout, at):
            end = at + len(text[at : line.end].rstrip())
            return Comment(Span(at, end), not before.strip())
        at = text.find("#", at + 1, line.end)
    return None


def line_at(text: str, offset: int) -> Span:
    """The line that holds an offset, without its break."""
    return Span(line_start(text, offset), line_end(text, offset))


def line_below(text: str, comment: Comment) -> Span:
    """The line that a comment stands above; other comments may stand between the two."""
    end = line_end(text, comment.span.end)
    while end < len(text):
        start = next_line(text, end)
        end = line_end(text, start)
        if not text[start:end].lstrip().startswith("#"):
            return Span(start, end)
    return Span(end, end)


def is_json(text: str) -> bool:
    """Whether a unit looks like JSON, where every key is quoted and nothing is a comment.

    The first thing within its brackets tells: a quote, or the end of empty ones, which are JSON
    and YAML alike, so that what is true of JSON is safe there. `{a: 1}` is YAML.
    """
    return _JSON.match(text) is not None


def commented(layout: Layout, line: Span, comment: str) -> tuple[Edit, bool] | None:
    """The edit that writes a comment for a line, and whether it is then alone.

    It goes to the line's end if that has none yet, else alone above it. None where neither is
    possible: within a scalar of several lines, and in JSON.
    """
    text = layout.text
    if is_json(text):
        return None
    if not is_text(layout, line.end) and comment_in(layout, line) is None:
        end = line.start + len(text[line.start : line.end].rstrip())
        return Edit(Span(end, end), f"  {comment}"), False
    start = _after_mark(text, line.start)
    # What stands above the first line of a unit that begins with a dash is in another unit.
    if is_text(layout, start) or (line.start == 0 and text.startswith("-", start)):
        return None
    content = text[start : line.end]
    indent = content[: len(content) - len(content.lstrip())]
    return Edit(Span(start, start), f"{indent}{comment}{newline_of(text)}"), True


def removal(text: str, comment: Comment, part: Span) -> Edit:
    """The edit that takes a part of a comment away, the rest of the line stays.

    The whole comment goes with the blanks before it, and with its line where it is alone.
    """
    line = line_at(text, part.start)
    if not comment.alone or part.start > comment.span.start:
        before = line.start + len(text[line.start : part.start].rstrip())
        return Edit(Span(before, part.end), "")
    if part.end < comment.span.end:
        following = text.find("#", part.end)
        return Edit(Span(part.start, following), "")
    start = _after_mark(text, line.start)
    return Edit(Span(start, min(next_line(text, line.end), len(text))), "")


def _after_mark(text: str, offset: int) -> int:
    """The offset, behind the byte order mark if one stands there."""
    return offset + text.startswith("\ufeff", offset)


def is_text(layout: Layout, offset: int) -> bool:
    """Whether what stands or would be inserted at an offset is part of a scalar."""
    index = bisect_left(layout.scalars, Span(offset, offset)) - 1
    return index >= 0 and offset < layout.scalars[index].end


def _scalars(tree: Tree) -> Iterator[Span]:
    """The scalars; of a block scalar what stands below its header, which may have a comment."""
    waiting: list[Node] = list(tree.roots)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            start, end = node.span
            if node.style in ("|", ">", "{{") and tree.text.startswith(("|", ">"), start):
                yield Span(line_end(tree.text, start), end + 1)
            elif start < end:
                yield node.span
        elif isinstance(node, Mapping):
            for entry in node.entries:
                waiting += entry
        elif not isinstance(node, Alias):
            waiting += node.items
