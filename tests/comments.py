"""What comments may expect of every edit: they stay with what they belong to.

This is the yardstick, not the code: it looks at the lines of a text and at the edits of one round.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8s_lsp.syntax.nodes import Mapping, Node
from k8s_lsp.syntax.nodes import Sequence as Items
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Edit, Span, line_starts

_LINE = re.compile(r"[^\r\n]*")
_COMMENT = re.compile(r"(?m)(?:^|(?<=[\s,\[\]{}]))#[^\r\n]*")
_CONTENT = re.compile(r"\ufeff?[ \t]*((?:- +)*)")
_COMMENTED_OUT = re.compile(r"#[# ]*(?:- |[\w\"'./-]+:)")
_NAME = re.compile(r"[\w./-]*(?:[a-z][A-Z]|[A-Z]{2}|[0-9_./-])[\w./-]*\w|\w+(?=[`\":])")
"""What is no word of ordinary language, or is written as code."""


class Line(NamedTuple):
    """A line that has something on it.

    `column` is that of its first character, `content` where what stands behind its dashes begins.
    `comment` is where its comment begins, -1 where it has none.
    """

    span: Span
    column: int
    content: int
    comment: int

    @property
    def is_comment(self) -> bool:
        """Whether nothing but a comment stands there."""
        return self.comment >= 0 and self.comment == self.span.start + self.column


def lines_of(text: str) -> list[Line]:
    """The lines of a text that are not blank; what is within a scalar of several lines is none."""
    scalars = sorted(_scalars(text))
    starts = [span.start for span in scalars]

    def is_text(offset: int) -> bool:
        before = bisect(starts, offset) - 1
        return before >= 0 and offset < scalars[before].end

    found: list[Line] = []
    begins = line_starts(text)
    for start, following in zip(begins, [*begins[1:], len(text)], strict=True):
        end = start + len(text[start:following].rstrip("\r\n"))
        blanks = end - start - len(text[start:end].lstrip(" \t\ufeff"))
        if start + blanks == end or (is_text(start) and is_text(start + blanks)):
            continue
        match = _CONTENT.match(text, start, end)
        assert match is not None
        marks = (at.start() for at in _COMMENT.finditer(text, start, end))
        comment = next((mark for mark in marks if not is_text(mark)), -1)
        found.append(Line(Span(start, end), blanks, match.end(), comment))
    return found


def _scalars(text: str) -> Iterator[Span]:
    base = 0
    for unit in cut(text):
        waiting: list[Node] = list(parse(unit.text).roots)
        while waiting:
            node = waiting.pop()
            if isinstance(node, Mapping):
                waiting += (child for entry in node.entries for child in entry)
            elif isinstance(node, Items):
                waiting += node.items
            elif getattr(node, "style", "") in ("|", ">"):
                # Its header may have a comment.
                header = _LINE.match(unit.text, node.span.start)
                assert header is not None
                yield Span(base + header.end(), base + node.span.end + 1)
            else:
                yield node.span.shifted(base)
        base += len(unit.text)


def comment_faults(text: str, edits: Sequence[Edit]) -> list[str]:
    """What a round of edits does to comments that they could not expect; nothing where all is well.

    A comment goes only with the line that it stands on, or with the line below it that it stands
    directly above in the same column, or with the block in which it stands. One that stays above
    such a line still stands above it; one that is deeper than what follows stays in its block.
    """
    lines = lines_of(text)
    return [
        f"{fault}: {text[line.comment : line.span.end]!r}"
        for index, line in enumerate(lines)
        # Our own comments are what one rule is about.
        if line.comment >= 0 and "k8s-lsp:" not in text[line.comment : line.span.end]
        for fault in (
            _faults_alone(text, lines, index, edits)
            if line.is_comment
            else _faults_beside(text, line, edits)
        )
    ]


def _faults_beside(text: str, line: Line, edits: Sequence[Edit]) -> Iterator[str]:
    for edit in edits:
        if _cuts(edit, line):
            yield "cut"
            continue
        takes_all = edit.span.start <= line.content and not edit.text
        if edit.span.start <= line.comment < edit.span.end and not takes_all:
            yield "taken from a line that stays"
        rest = text[edit.span.end : line.comment]
        if takes_all and line.content < edit.span.end <= line.comment and not rest.strip(" \t,"):
            yield "left by the line that it speaks of"


def _faults_alone(text: str, lines: list[Line], index: int, edits: Sequence[Edit]) -> Iterator[str]:
    line = lines[index]
    below = next((other for other in lines[index + 1 :] if not other.is_comment), None)
    described = (
        below if below is not None and _is_directly_above(text, lines, index, below) else None
    )
    for edit in edits:
        if _cuts(edit, line):
            yield "cut"
            continue
        goes = edit.span.start <= line.comment < edit.span.end
        if goes:
            first = next(
                other
                for other in lines
                if other.span.end > edit.span.start and not other.is_comment
            )
            with_line = described is not None and described.content < edit.span.end
            is_deeper = line.column == 0 or first.column < line.column
            if not with_line and not (first.content < line.comment and is_deeper):
                yield "gone without what it describes"
        elif described is not None:
            is_gone = edit.span.start <= described.content < edit.span.end and not edit.text
            if is_gone and not _names_more(text, lines, index, described, edit):
                yield "left by what it describes"
            if line.span.end <= edit.span.start < described.content and "\n" in edit.text:
                yield "torn from what it describes"
        above = next((other for other in reversed(lines[:index]) if not other.is_comment), None)
        if line.column and _is_of_block(lines, index, below):
            is_between = above is None or above.span.start <= edit.span.start
            if is_between and edit.span.end <= line.span.start and not goes:
                added = [new for new in edit.text.split("\n")[1:] if new.strip()]
                if any(len(new) - len(new.lstrip(" ")) < line.column for new in added):
                    yield "torn from its block"


def _is_of_block(lines: list[Line], index: int, below: Line | None) -> bool:
    """Whether a comment is deeper than what follows it, and than the comments above it.

    Comments at the margin do not count: an editor writes them there wherever they belong.
    """
    column = lines[index].column
    if below is not None and column <= below.column:
        return False
    above = index - 1
    while above >= 0 and lines[above].is_comment:
        if 0 < lines[above].column < column:
            return False
        above -= 1
    return True


def _cuts(edit: Edit, line: Line) -> bool:
    comment = Span(line.comment, line.span.end)
    inside = edit.span.start < comment.end and edit.span.end > comment.start
    return inside and not (edit.span.start <= comment.start and comment.end <= edit.span.end)


def _is_directly_above(text: str, lines: list[Line], index: int, below: Line) -> bool:
    """Whether comments of one column, and no blank line, stand between a comment and a line."""
    line = lines[index]
    between = [other for other in lines[index:] if other.span.start < below.span.start]
    together = re.sub(r"[^\n]", "", text[line.span.end : below.span.start])
    return len(together) == len(between) and {other.column for other in between} == {below.column}


def _names_more(text: str, lines: list[Line], index: int, described: Line, edit: Edit) -> bool:
    """Whether a block of comments says something about more than the line below it."""
    if described.column == 0:
        return True
    start, end = index, index
    while start and lines[start - 1].is_comment and lines[start - 1].column == described.column:
        start -= 1
    while lines[end].is_comment:
        end += 1
    block = [text[line.comment : line.span.end] for line in lines[start:end]]
    rest = set(_NAME.findall(text[: lines[start].span.start] + text[edit.span.end :]))
    return any(
        _COMMENTED_OUT.match(comment) or rest & set(_NAME.findall(comment)) for comment in block
    )
