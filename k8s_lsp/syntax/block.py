"""Lines become nodes: what people write by hand is read without a parser of all of YAML.

Nearly every manifest has its keys, items and values one below the other, each on a line. One
pattern reads such a line, in less time than it takes to look at the events of a parser. What is
anything else is not read here, and nothing is ever refused here: the parser decides.
"""

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from k8s_lsp.syntax.drafts import (
    DEPTH,
    FIRST,
    ITEM,
    NODES,
    PLAIN,
    QUOTED,
    WORDS,
    ScalarDraft,
    Texts,
    as_written,
    collection,
    empty_scalar,
    end_of_block,
    receives,
)
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence, Style
from k8s_lsp.text import Span

_ANY_QUOTED = r"""(?:"[^"\\]*"|"[^"\\\n]*(?:\\["\\/nrt][^"\\\n]*)+"|'[^']*(?:''[^']*)*')"""

_LINE: Final = re.compile(
    rf"""
    ([ ]*)
    ((?:-(?![^ \n])[ ]*)*)
    (?:(?:({FIRST}[^\s:\#]{{0,1000}})|({QUOTED}))[ ]*:(?![^ \n])[ ]*)?
    (?:({PLAIN})
      |({_ANY_QUOTED})
      |([|>]-?)
      |(\[[ ]*(?:{ITEM}[ ]*(?:,[ ]*{ITEM}[ ]*)*)?\]|{{[ ]*}})
    )?
    [ ]*(?:(?<![^ \n])\#[^\n]*)?(?:\n|\Z)
    """,
    re.ASCII | re.VERBOSE,
)
"""Indentation; dashes; a key, plain or quoted; a value: plain, quoted, block, flow; a comment."""

_INDENT, _DASHES, _KEY, _QUOTED_KEY, _PLAIN, _QUOTED_VALUE, _BLOCK, _FLOW = range(1, 9)

_START: Final = re.compile(r"---(?![^ \n])[ ]*(?:(?<= )#[^\n]*)?(?:\n|\Z)")
_FLOW_ITEM: Final = re.compile(ITEM, re.ASCII | re.VERBOSE)
_ABOVE: Final = re.compile(r"((?:[ ]*\n)*)[ ]*")
"""What stands above the text of a block scalar: blank lines, and the indentation of the first."""

_MARKER: Final = re.compile(r"\n(?:---|\.\.\.)|\n[ ]*\t|\t[ ]*\n")
"""What may not stand in a quoted value of several lines, or makes its lines hard to tell."""

_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}

_MORE: Final = re.compile(
    rf"((?:[ ]*\n)*)([ ]*)([^\s:\#]{WORDS})((?<=[ ])\#[^\n]*)?(?:\n|\Z)", re.ASCII | re.VERBOSE
)
"""A line on which a plain value goes on: blank lines; indentation; words; a comment."""


class _Open(NamedTuple):
    """A collection in which another one has begun: its column, kind, place and children."""

    column: int
    is_list: bool
    token: int
    children: list[Node]


def read_block(texts: Texts) -> tuple[Node, ...] | None:
    """The documents of a unit; None where one is not written in the way that is read here.

    Where there is an answer, it is the one that the parser would give.
    """
    source, places = texts.source, list(texts.places)
    length = len(source)
    if "\r" in source:
        return None
    position = 0
    if source.startswith("---"):
        start_line = _START.match(source)
        if start_line is None:
            return None
        position = start_line.end()
    # The innermost open collection; at first, the document, which waits for its content.
    column, is_list, token = -1, False, -1
    children: list[Node] = []
    unclosed: list[_Open] = []
    # Near the limit it is the parser that counts.
    values = 0
    # Where an empty value stands, while no other one has come.
    awaited = position
    # Looked up once, and the usual scalars are made here as `_made` makes the others, because this
    # loop is where the time of an analysis goes.
    match, new, opened, span_type, scalar = _LINE.match, tuple.__new__, _Open, Span, Scalar
    blank, draft = object.__new__, ScalarDraft
    # What was changed next, behind all that was passed.
    changes = iter((*texts.changes, Span(length + 1, length + 1)))
    first, last = next(changes)
    node: Any
    while True:
        if position < length:
            line = match(source, position)
            if line is None:
                position = _continued(texts, position, column, awaited, children)
                if position < 0:
                    return None
                continue
            begin, content, part = line.end(_INDENT), line.end(_DASHES), line.lastindex or 0
            is_item = begin < content
            if part == _DASHES and not is_item:
                position = line.end()
                continue
            indent = begin - position
            key_end = line.end(_KEY)
            is_simple = key_end >= 0
            if not is_simple:
                key_end = line.end(_QUOTED_KEY)
        else:
            line, begin, indent, is_item = None, length, -1, False
        # What ends above the line.
        while column > indent or (is_list and column == indent and not is_item):
            if awaited >= 0:
                children.append(empty_scalar(texts, awaited))
                awaited = -1
            values += len(children) + 1
            if len(unclosed) > DEPTH or values > NODES // 2:
                return None
            span, is_open = (token, children[-1].span.end), False
            above = unclosed.pop()
            if places:
                parent = (above.token, above.is_list) if unclosed else None
                is_open = receives(texts, places, span, is_list, begin, above.children, parent)
            node = collection(texts, is_list, span, children, False, is_open)
            column, is_list, token, children = above
            children.append(node)
        if line is None:
            return tuple(children)
        # What begins in it, or goes on.
        if indent == column and (is_item or key_end >= 0) and is_item == is_list:
            if awaited >= 0:
                children.append(empty_scalar(texts, awaited))
        elif awaited < 0 or (indent <= column and not (is_item and indent == column)):
            position = _continued(texts, position, column, awaited, children)
            if position < 0:
                return None
            continue
        elif is_item or key_end >= 0:
            unclosed.append(new(opened, (column, is_list, token, children)))
            column, is_list, token, children = indent, is_item, begin, []
        elif column < 0:
            return None
        if is_item:
            dash = begin
            inner = source.find("-", dash + 1, content)
            while inner >= 0:
                unclosed.append(new(opened, (column, is_list, token, children)))
                column, is_list, token, children = inner - position, True, inner, []
                dash = inner
                inner = source.find("-", dash + 1, content)
            awaited = dash + 1
            if key_end >= 0:
                unclosed.append(new(opened, (column, is_list, token, children)))
                column, is_list, token, children = content - position, False, content, []
        following = line.end()
        while last < position:
            first, last = next(changes)
        is_touched = following >= first
        if key_end >= 0:
            if is_touched or not is_simple:
                node = _scalar(texts, content, key_end)
            else:
                node = blank(draft)
                node.span = new(span_type, (content, key_end))
                node.value = source[content:key_end]
                node.style = ""
                node.tag = node.anchor = None
                node.start = content
                node.__class__ = scalar
            children.append(node)
            if part < _PLAIN:
                awaited = source.index(":", key_end) + 1
        if part == _PLAIN and not is_touched:
            start, end = line.span(_PLAIN)
            value = source[start:end]
            if value[-1] == " ":
                value = value.rstrip(" ")
                end = start + len(value)
            node = blank(draft)
            node.span = new(span_type, (start, end))
            node.value = value
            node.style = ""
            node.tag = node.anchor = None
            node.start = start
            node.__class__ = scalar
            children.append(node)
            awaited = -1
        elif part >= _PLAIN:
            start, end = line.span(part)
            awaited = -1
            if part == _BLOCK:
                block = _block(texts, start, following, column)
                if block is None:
                    return None
                node, position = block
                children.append(node)
                continue
            if part == _FLOW:
                hidden = any(start <= place.offset < end for place in places)
                if hidden or len(unclosed) >= DEPTH or texts.growing:
                    return None
                node = _flow(texts, start, end)
                values += end - start
                children.append(node)
            elif part == _QUOTED_VALUE and _MARKER.search(source, start, end):
                return None
            else:
                children.append(_scalar(texts, start, end))
        position = following


def _scalar(texts: Texts, start: int, end: int) -> Scalar:
    """The plain scalar of one line, without the blanks behind it, or a quoted one."""
    source = texts.source
    quote = source[start]
    if quote not in "\"'":
        value = source[start:end].rstrip(" ")
        return _made(texts, start, start + len(value), value, "")
    value = source[start + 1 : end - 1]
    if "\n" in value:
        value = _joined(value.split("\n"))
    if quote == "'":
        value = value.replace("''", "'")
    elif "\\" in value:
        value = _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)
    return _made(texts, start, end, value, quote)


def _joined(lines: list[str]) -> str:
    """A value of several lines: a line goes on with the next, and blank ones are breaks."""
    first, *inner, last = lines
    joined = first.rstrip(" ")
    breaks = 1
    for line in inner:
        words = line.strip(" ")
        if words:
            joined += ("\n" * (breaks - 1) or " ") + words
            breaks = 0
        breaks += 1
    return joined + ("\n" * (breaks - 1) or " ") + last.lstrip(" ")


def _made(texts: Texts, start: int, end: int, value: str, style: Any) -> Scalar:
    """A scalar that stands in the source, with what the text has there."""
    if texts.changes and not (texts.local and texts.text[start:end] == texts.source[start:end]):
        value, style, end = as_written(texts, start, end, value, style)
    node: Any = object.__new__(ScalarDraft)
    node.span = tuple.__new__(Span, (start, end))
    node.value = value
    node.style = style
    node.tag = node.anchor = None
    node.start = start
    node.__class__ = Scalar
    scalar: Scalar = node
    return scalar


def _flow(texts: Texts, start: int, end: int) -> Mapping | Sequence:
    """The empty mapping, or the sequence of scalars, whose brackets these are."""
    is_list = texts.source[start] == "["
    items = _FLOW_ITEM.finditer(texts.source, start + 1, end - 1)
    children: list[Node] = [_scalar(texts, *item.span()) for item in items]
    return collection(texts, is_list, (start, end), children, True)


def _continued(texts: Texts, position: int, column: int, awaited: int, children: list[Node]) -> int:
    """Let the plain value that stands last go on in the lines from a position.

    Gives where they end; -1 where these lines are anything else.
    """
    source = texts.source
    value = children[-1] if children else None
    if awaited >= 0 or texts.growing or not isinstance(value, Scalar) or value.style:
        return -1
    start, end = value.span
    if source[end:position].strip(" \n"):
        return -1
    content = source[start:end]
    while line := _MORE.match(source, position):
        if line.end(2) - line.end(1) <= column:
            break
        begin, stop = line.span(3)
        breaks = source.count("\n", end, begin)
        words = source[begin:stop].rstrip(" ")
        content += ("\n" * (breaks - 1) or " ") + words
        end, position = begin + len(words), line.end()
        if line.lastindex == 4:
            break
    if end == value.span.end:
        return -1
    children[-1] = _made(texts, start, end, content, "")
    return position


def _block(texts: Texts, start: int, position: int, column: int) -> tuple[Scalar, int] | None:
    """The block scalar whose first line is the one at the position, and where its lines end."""
    source = texts.source
    above = _ABOVE.match(source, position)
    assert above is not None, "it matches everywhere"
    first, indent = above.end(), above.end() - above.end(1)
    if source.startswith("\t", first):
        return None
    style: Style = "|" if source[start] == "|" else ">"
    value = ""
    if column < indent and first < len(source):
        if indent < max(map(len, above[1].split("\n"))):
            return None
        lines, margin = _lines_of(indent)
        content = lines.match(source, position)
        assert content is not None, "it matches everywhere"
        position = content.end()
        text = margin.sub("", content[0])
        body = text.rstrip("\n")
        end = text[len(body) : len(body) + 1] if source[start + 1] != "-" else ""
        value = (_folded(body) if style == ">" else body) + end
    stop = end_of_block(source, start, position)
    if source is not texts.text:
        value, style, stop = as_written(texts, start, stop, value, style)
    return Scalar(Span(start, stop), value, style, start=start), position


@lru_cache(maxsize=64)
def _lines_of(indent: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The lines of a block scalar that is indented so far, and what does not belong to its text."""
    margin = f"[ ]{{{indent}}}"
    return (
        re.compile(rf"(?:{margin}[^\n]*\n|[ ]*\n)*(?:{margin}[^\n]+\Z)?"),
        re.compile(rf"^[ ]{{0,{indent}}}", re.MULTILINE),
    )


def _folded(text: str) -> str:
    """A folded text: a line goes on with the next, unless one of them is indented."""
    folded = ""
    breaks = 0
    indented: bool | None = None
    for line in text.split("\n"):
        if not line:
            breaks += 1
            continue
        before, indented = indented, line[0] in " \t"
        if before is None:
            folded += "\n" * breaks
        elif before or indented:
            folded += "\n" * (breaks + 1)
        else:
            folded += "\n" * breaks or " "
        folded += line
        breaks = 0
    return folded
