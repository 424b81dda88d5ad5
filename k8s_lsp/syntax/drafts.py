"""Nodes are made here, whoever reads the text, and what its repairs mean for them."""

import re
from bisect import bisect_left
from collections.abc import Sequence as List
from typing import Any, Final, Literal, NamedTuple

from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence, Style, names_of
from k8s_lsp.syntax.recover import Repair
from k8s_lsp.text import Span, line_end, line_start

DEPTH: Final = 200
"""How many collections may stand inside of one another; deeper, no tree is made."""

NODES: Final = 1_000_000
"""How many nodes a unit may have; with more, no tree is made."""

PLACES: Final = 500
"""How many repaired places are told apart; with more of them, all collections are open."""

FIRST: Final = r"""(?:[^\s\-?:,\[\]{}\#&*!|>'"%@`]|[\-?:](?=\S))"""
"""A pattern of the first character of a plain value, where it can be no other thing."""

WORDS: Final = r"[^\t\n:\#]*(?:(?::(?=\S)|(?<=\S)\#)[^\t\n:\#]*)*"
"""What follows it: a colon stands before a character, and a hash behind one."""

PLAIN: Final = FIRST + WORDS
"""A pattern of a plain value on one line, outside of brackets, and of blanks behind it."""

QUOTED: Final = r"""(?:"[^"\\\n]{0,1000}"|'[^'\n]{0,1000}')"""
"""A pattern of a quoted key or item, in which every character stands for itself."""

ITEM: Final = rf"""(?:(?:[\w./$~+^()<=;\\]|-(?=[\w./\-]))[^\s,:\[\]{{}}\#"'?]*|{QUOTED})"""
"""A pattern of a scalar in brackets."""


class Place(NamedTuple):
    """A repaired place for which no collection has been marked `open` yet."""

    offset: int
    column: int
    dash: bool
    template: bool


class Texts(NamedTuple):
    """What a unit's nodes are made from: the user's text, and the `source` that is read.

    `stand_in` is the character that hides colons in the source. `templates` and `growing` are the
    repairs of these roles, and `places` where the repairs stand, in order, unless there are too
    many, so that `all_open`. Outside of the `changes`, which are in order, all is read as it is
    written; inside, it may be the same where the repairs are `local`.
    """

    text: str
    source: str
    stand_in: str = ""
    templates: List[Span] = ()
    growing: List[Span] = ()
    places: List[Place] = ()
    all_open: bool = False
    changes: List[Span] = ()
    local: bool = True


def texts_of(text: str, source: str, repairs: tuple[Repair, ...], stand_in: str = "") -> Texts:
    """What is read of a text, given the repairs that made the source of it."""
    if source is text:
        return Texts(text, source)
    growing = [repair.span for repair in repairs if repair.role == "grows"]
    places = _places(text, repairs[: PLACES + 1])
    all_open = len(places) > PLACES
    return Texts(
        text,
        source,
        stand_in,
        [repair.span for repair in repairs if repair.role in ("template", "template line")],
        growing,
        () if all_open else places,
        all_open,
        _changes(text, source, repairs, stand_in),
        not growing and not stand_in,
    )


def _places(text: str, repairs: tuple[Repair, ...]) -> list[Place]:
    """Where the repairs stand in the layout of the text."""
    places = []
    for repair in repairs:
        if repair.role == "template":
            continue
        offset = repair.span.start
        if repair.role == "template line":
            places.append(Place(offset, offset - line_start(text, offset), False, True))
            continue
        while text[offset : offset + 1] in (" ", "\t"):
            offset += 1
        column = offset - line_start(text, offset)
        dash = text[offset : offset + 1] == "-"
        places.append(Place(offset, column, dash, False))
    return sorted(places)


def _changes(text: str, source: str, repairs: tuple[Repair, ...], stand_in: str) -> list[Span]:
    """The parts of the text outside of which all was read as it is written."""
    changes: list[Span] = []
    for span in sorted(repair.span for repair in repairs):
        if changes and span.start <= changes[-1].end:
            changes[-1] = Span(changes[-1].start, max(span.end, changes[-1].end))
        else:
            changes.append(span)
    done = 0
    for start, end in (*changes, Span(len(text), len(text))):
        if stand_in or text[done:start] != source[done:start]:
            return [Span(0, len(text))]
        done = end
    return changes


# Nodes before they are frozen. Most of the time that a node takes would go into the frozen
# constructor, which sets each field through `object.__setattr__`. A change of class costs a tenth.


class ScalarDraft:
    """What becomes a Scalar when its class is changed."""

    __slots__ = Scalar.__slots__


class MappingDraft:
    """What becomes a Mapping when its class is changed."""

    __slots__ = Mapping.__slots__


class SequenceDraft:
    """What becomes a Sequence when its class is changed."""

    __slots__ = Sequence.__slots__


def collection(
    texts: Texts,
    is_list: bool,
    span: tuple[int, int],
    children: list[Node],
    flow: bool = False,
    cut_off: bool = False,
) -> Mapping | Sequence:
    """A list of the children, or a mapping in which every other one is a key; without properties.

    One that is `cut_off` is open, like one in which repairs are not told apart.
    """
    new = tuple.__new__
    keys: List[Node]
    made: Any
    if is_list:
        made = object.__new__(SequenceDraft)
        made.items = keys = tuple(children)
    else:
        made = object.__new__(MappingDraft)
        keys = children[::2]
        pairs = zip(keys, children[1::2], strict=True)
        made.entries = entries = tuple([new(Entry, pair) for pair in pairs])
        made.names = names_of(entries)
    if texts.source is not texts.text:
        cut_off = cut_off or texts.all_open
        if texts.templates:
            # One in the place of a key or an item may stand for several of them, or for none.
            for key in keys:
                if type(key) is Scalar and key.style == "{{":
                    cut_off = True
    made.span = new(Span, span)
    made.flow = flow
    made.open = cut_off
    made.tag = made.anchor = None
    made.start = span[0]
    made.__class__ = Sequence if is_list else Mapping
    node: Mapping | Sequence = made
    return node


def empty_scalar(texts: Texts, place: int) -> Scalar:
    """The empty value that stands at a place, or what a template or a repair hides there."""
    style: Style = ""
    if texts.templates:
        below = bisect_left(texts.templates, Span(place, place))
        if below < len(texts.templates) and (
            texts.templates[below].start < after_blanks(texts.source, place, len(texts.source))
        ):
            # What the template writes there may be the value.
            style = "{{"
    for start, end in texts.growing:
        if place <= start and not texts.source[place:start].strip():
            value, style, end = as_written(texts, start, end, texts.text[start:end], style)
            return Scalar(Span(start, end), value, style, start=start)
    return Scalar(Span(place, place), "", style, start=place)


def as_written(
    texts: Texts, token: int, end: int, value: str, style: Style
) -> tuple[str, Style, int]:
    """Value, style and end of a scalar, undoing what the parser was shown instead of the text."""
    text, source = texts.text, texts.source
    for repaired in texts.growing:
        if token <= repaired.start <= end < repaired.end:
            end = repaired.end
            written = text[token:end]
            return written.strip("\"'"), _quote(written) or style, end
    index = bisect_left(texts.templates, Span(end, end)) - 1
    if index >= 0 and texts.templates[index].end > token:
        return text[token:end], "{{", end
    if texts.stand_in:
        value = value.replace(texts.stand_in, ":")
    written = text[token:end]
    if written == source[token:end] or "\n" in written or "\r" in written:
        return value, style, end
    if not style:
        # A quote or a bracket that was never closed was hidden from the parser.
        quote = _quote(written)
        if quote:
            return written[1:], quote, end
        if written[0] in "[{":
            return written[1:], style, end
        return written, style, end
    if style in "\"'" and style not in written[1:-1] and "\\" not in source[token:end]:
        return written[1:-1], style, end
    return value, style, end


def _quote(written: str) -> Literal["", "'", '"']:
    """The quote with which a scalar begins."""
    return "'" if written[0] == "'" else '"' if written[0] == '"' else ""


def after_blanks(source: str, position: int, end: int) -> int:
    """The first place from `position` that is neither blank nor in a comment, or `end`."""
    blanks = _BLANKS.match(source, position, end)
    assert blanks is not None, "it matches everywhere"
    return blanks.end()


_BLANKS: Final = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
"""Blanks, line breaks and comments."""


def end_of_block(source: str, start: int, end: int) -> int:
    """Where the text of the block scalar ends that begins at `start`, before its line break."""
    first_line = source[start : line_end(source, start)]
    header = len(first_line) - len(first_line[1:].lstrip("-+0123456789"))
    if "+" in first_line[:header]:
        for line_break in ("\r\n", "\n", "\r"):
            if source.endswith(line_break, start, end):
                return end - len(line_break)
        return end
    content = source[start:end].rstrip(" \t\r\n")
    if len(content) <= len(first_line):
        return start + header
    return line_end(source, start + len(content) - 1)


def receives(
    texts: Texts,
    places: list[Place],
    span: tuple[int, int],
    is_list: bool,
    stop: int,
    siblings: list[Node],
    parent: tuple[int, bool] | None,
) -> bool:
    """Whether one of the places lies directly among the entries of a block collection.

    A line that was blanked above, between or below the entries belongs to the collection that its
    indentation names; if none has that indentation, to the two between which it lies. The
    collection covers the span, and its last line ends before `stop`. The `siblings` stand before
    it in its parent, of which we have where it begins and whether it is a block list. Places that
    nobody else can receive are taken away.
    """
    start, end = span
    behind = bisect_left(places, (max(stop, end + 1),))
    if not behind:
        return False
    source = texts.source
    above = bisect_left(places, (_gap(source, start, siblings, parent),), 0, behind)
    received = False
    taken = []
    for place in places[above:behind]:
        offset, column, dash, template = place
        if start <= offset < end:
            received = True
            taken.append(place)
            continue
        own_column = start - line_start(source, start)
        if template:
            received = True
        elif own_column <= column:
            received = True
            if not is_list or dash or own_column < column:
                taken.append(place)
        elif parent is None or parent[0] - line_start(source, parent[0]) < column:
            received = True
    for place in taken:
        places.remove(place)
    return received


def receives_inside(places: list[Place], start: int, stop: int) -> bool:
    """Whether one of the places lies between the brackets at `start` and before `stop`."""
    inside = places[bisect_left(places, (start,)) : bisect_left(places, (stop,))]
    for place in inside:
        places.remove(place)
    return bool(inside)


def _gap(source: str, start: int, siblings: list[Node], parent: tuple[int, bool] | None) -> int:
    """Where what stands before a collection ends, given where its first entry begins."""
    if parent is None:
        return 0
    begin, is_list = parent
    gap = siblings[-1].span.end if siblings else begin
    # What stands above an item's dash belongs to the sequence.
    return max(gap, source.rfind("-", gap, start)) if is_list else gap
