"""Comments of a unit: where YAML sees one, what it belongs to, and where one could be written.

What a comment belongs to, its place tells:

* A comment at the end of a line belongs to that line.
* Comments on lines of their own that stand directly above an entry or an item, in its very column
  and with no blank line between, belong to it; but not those that begin a document, which speak
  of all of it, and none of a block that comments configuration out or names a neighbour.
* Comments that are indented deeper than an entry, below it or within, belong to it, blank lines
  or not. So does a line that was commented out at the margin, if it was deeper.
* All others belong to what follows, or to nothing that can be told.

What is removed takes along what belongs to it, and nothing is inserted between the two.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Tree
from k8s_lsp.text import (
    HIDDEN_BREAKS,
    Edit,
    Span,
    end_above,
    has_hidden_breaks,
    line_end,
    line_start,
    newline_of,
    next_line,
)

_JSON = regex(r'\ufeff?\s*[{\[][\s{\[]*["}\]]')

_COMMENTED_OUT = regex(r"""#+[ \t]*(?:-[ \t]|["']?[a-z][\w./-]*["']?:(?:[ \t]|$))""")
"""A line that looks like an item, or like a key, which begins with a small letter in Kubernetes."""

_WORD = regex(r"[A-Za-z0-9_](?:[\w./-]*\w)?")

_AS_CODE = ("`", '"', ":")
"""What stands behind a word that is written as code."""

_IS_CODE = regex(r"[a-z][A-Z]|[A-Z]{2}|[0-9_./-]")
"""What tells a name from a word of ordinary language: `hostPID`, `SYS_TIME`, `a-b`, not `image`."""


_SHOWN_BREAKS = str.maketrans(dict.fromkeys(HIDDEN_BREAKS, "\n"))


class Comment(NamedTuple):
    """A comment from its `#` to its last character; `alone` says that its line has nothing else."""

    span: Span
    alone: bool


class Layout(NamedTuple):
    """The text of a unit, and its scalars in order: a `#` there is no comment.

    In the text every line ends with what an editor takes for its end, too: a comment goes no
    further than the line of YAML that it stands in.
    """

    text: str
    scalars: tuple[Span, ...]


def layout_of(tree: Tree) -> Layout:
    """Find the scalars, once for all questions about a unit."""
    text = tree.text
    if has_hidden_breaks(text) and not is_json(text):
        text = text.translate(_SHOWN_BREAKS)
    return Layout(text, tuple(sorted(_scalars(tree))))


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
    if at < 0:
        return None
    content = text[line.start : line.end]
    start = line.end - len(content.lstrip("\ufeff"))
    while at >= 0:
        if (at <= start or text[at - 1] in " \t") and not is_text(layout, at):
            end = at + len(text[at : line.end].rstrip())
            return Comment(Span(at, end), not text[start:at].strip())
        at = text.find("#", at + 1, line.end)
    return None


def line_at(text: str, offset: int) -> Span:
    """The line that holds an offset, without its break."""
    return Span(line_start(text, offset), line_end(text, offset))


def line_below(text: str, comment: Comment, known: dict[int, Span] | None = None) -> Span:
    """The line that a comment stands above; other comments may stand between the two.

    `known` keeps the answer for those others, by the starts of their lines, so that many comments
    that stand below one another are not passed over by each of them.
    """
    known = {} if known is None else known
    passed: list[int] = []
    end = line_end(text, comment.span.end)
    below = None
    while below is None and end < len(text):
        start = next_line(text, end)
        end = line_end(text, start)
        below = known.get(start)
        if below is None and not text[start:end].lstrip().startswith("#"):
            below = Span(start, end)
        passed.append(start)
    below = below or Span(end, end)
    known.update(dict.fromkeys(passed, below))
    return below


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


def end_with_comments(text: str, offset: int, column: int) -> int:
    """The end of an entry's lines, whose last value ends at an offset and whose key has a column.

    That is the end of its last line, or of the last comment below that belongs to it: one that is
    deeper than its column. What was commented out at the margin keeps its indentation behind the
    sign, of which a tool may have taken two characters; else a place at the margin tells nothing.
    """
    end = line_end(text, offset)
    start, margin_counts = next_line(text, end), column > 0
    while start < len(text):
        stop = line_end(text, start)
        content = text[start:stop].lstrip(" ")
        indent = stop - start - len(content)
        if content.startswith("#"):
            if margin_counts and indent == 0:
                indent = stop - start - len(content[1:].lstrip(" ")) - 2
            if indent > column:
                end = stop
            elif content == text[start:stop] and column > 0:
                # What is commented out below it at the margin may be a part of it.
                margin_counts = False
            else:
                break
        elif content.strip():
            break
        start = next_line(text, stop)
    return end


def start_with_comments(text: str, offset: int, floor: int, names: Collection[str]) -> int:
    """The start of an entry's lines, whose first line has nothing before an offset but blanks.

    That is the start of that line, or of the comments directly above it that belong to it.
    `floor` is where the entry above ends, 0 where there is none, and `names` are those of its
    neighbours: a comment that names one of them does not go where the entry goes.
    """
    start, first = line_start(text, offset), start_of_comments(text, offset, floor)
    block = text[first:start]
    return start if is_commented_out(block) or names_one(block, names) else first


def start_of_comments(text: str, offset: int, floor: int) -> int:
    """The start of the comments directly above a line, whatever they say; else of that line.

    The arguments are those of `start_with_comments`.
    """
    start = first = line_start(text, offset)
    if floor == 0 and start == offset:
        return start  # The comments that begin a document.
    mark = f"{text[start:offset]}#"
    while first > floor:
        above = line_start(text, end_above(text, first))
        if (floor and above <= floor) or not text.startswith(mark, above):
            break
        first = above
    return first


def is_commented_out(comments: str) -> bool:
    """Whether one of some lines of comments is configuration that was commented out."""
    return any(_COMMENTED_OUT.match(line.strip()) for line in comments.splitlines())


def names_one(comments: str, names: Collection[str]) -> bool:
    """Whether comments name one of some entries or items.

    A word of ordinary language, such as `image`, does so only where it is written as code.
    """
    return any(
        word[0] in names and (_IS_CODE.search(word[0]) or comments.startswith(_AS_CODE, word.end()))
        for word in _WORD.finditer(comments)
    )


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
