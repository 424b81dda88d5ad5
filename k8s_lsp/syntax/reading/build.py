"""Events become nodes, and nodes are made here, whatever they are made from."""

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from k8s_lsp.syntax.limits import DEPTH, NODES, LimitError
from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, Style, names_of
from k8s_lsp.syntax.reading.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    failure_of,
)
from k8s_lsp.syntax.repair.attempt import ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.masked_text import MaskedText, as_written
from k8s_lsp.syntax.repair.openness import Place, hides_entries, opens, opens_inside
from k8s_lsp.syntax.repair.templates import holds_expression
from k8s_lsp.syntax.scalars import binary_text
from k8s_lsp.text import Span, line_end, line_start

# Nodes before they are frozen. Most of the time that a node takes would go into the frozen
# constructor, which sets each field through `object.__setattr__`. A change of class costs a tenth.


class _ScalarDraft:
    """What becomes a Scalar when its class is changed."""

    __slots__ = Scalar.__slots__


class _MappingDraft:
    """What becomes a Mapping when its class is changed."""

    __slots__ = Mapping.__slots__


class _SequenceDraft:
    """What becomes a Sequence when its class is changed."""

    __slots__ = Sequence.__slots__


def make_scalar(
    span: Span, value: str, style: Style, tag: str | None, anchor: str | None, start: int
) -> Scalar:
    """A scalar, in a fraction of the time that its constructor takes."""
    made: Any = object.__new__(_ScalarDraft)
    made.span = span
    made.value = value
    made.style = style
    made.tag = tag
    made.anchor = anchor
    made.start = start
    made.__class__ = Scalar
    scalar: Scalar = made
    return scalar


def make_mapping(
    span: Span,
    entries: tuple[Entry, ...],
    flow: bool,
    is_open: bool,
    tag: str | None,
    anchor: str | None,
    start: int,
) -> Mapping:
    """A mapping, which finds its entries by their names."""
    made: Any = object.__new__(_MappingDraft)
    made.span = span
    made.entries = entries
    made.names = names_of(entries)
    made.flow = flow
    made.open = is_open
    made.tag = tag
    made.anchor = anchor
    made.start = start
    made.__class__ = Mapping
    mapping: Mapping = made
    return mapping


def make_sequence(
    span: Span,
    items: tuple[Node, ...],
    flow: bool,
    is_open: bool,
    tag: str | None,
    anchor: str | None,
    start: int,
) -> Sequence:
    """A sequence."""
    made: Any = object.__new__(_SequenceDraft)
    made.span = span
    made.items = items
    made.flow = flow
    made.open = is_open
    made.tag = tag
    made.anchor = anchor
    made.start = start
    made.__class__ = Sequence
    sequence: Sequence = made
    return sequence


class _Open(NamedTuple):
    """A collection whose end has not come yet, and what stands before it in its parent."""

    event: Any
    siblings: list[Node]


def build(text: MaskedText, next_event: Callable[[], Any]) -> ParseAttempt:
    """Nodes from events, without recursion: a text decides how deep they nest.

    Raises LimitError for a text that is too deep or too large, and nothing else, whatever the
    parser raises.
    """
    # One function, and the usual scalars are made in it as `make_scalar` makes the others, because
    # this loop is where the time of an analysis goes: each call more is one for every node.
    source = text.masked
    places = list(text.places)
    roots: list[Node] = []
    children = roots
    unclosed: list[_Open] = []
    anchors: dict[str, Scalar | Mapping | Sequence] = {}
    unknown: Alias | None = None
    quoted: Span | None = None
    count = 0
    is_odd = False
    node: Any
    draft, scalar, new, span_type, opened = _ScalarDraft, Scalar, tuple.__new__, Span, _Open
    empty, local, changes = object.__new__, text.local, text.changes
    first, last = (changes[0].start, changes[-1].end) if changes else (len(source) + 1, -1)
    try:
        while True:
            event = next_event()
            kind = type(event)
            count += 1
            if kind is ScalarEvent:
                start = event.start_mark.index
                end = event.end_mark.index
                style = event.style or ""
                anchor = event.anchor
                if (
                    start != end
                    and anchor is None
                    and event.ctag is None
                    and (not style or style in "\"'")
                    and (
                        end < first
                        or start > last
                        or (local and text.original[start:end] == source[start:end])
                    )
                ):
                    node = empty(draft)
                    node.span = new(span_type, (start, end))
                    node.value = event.value
                    node.style = style
                    node.tag = node.anchor = None
                    node.start = start
                    node.__class__ = scalar
                else:
                    node = _scalar(text, event, children, unclosed)
                    is_odd = is_odd or event.ctag is not None
                    if anchor is not None:
                        anchors[anchor] = node
                if style in "\"'" and style:
                    quoted = node.span
                children.append(node)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(unclosed) == DEPTH:
                    raise LimitError("depth")
                if event.anchor is not None:
                    # An alias inside of the node that it names would be a cycle.
                    anchors.pop(event.anchor, None)
                unclosed.append(new(opened, (event, children)))
                children = []
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                begin, siblings = unclosed.pop()
                span = _span(text, begin, event.end_mark.index, children)
                is_open = bool(places) and _opens(
                    text, places, begin, span, event.start_mark.index, siblings, unclosed
                )
                node = _collection(text, begin, span, children, is_open)
                if kind is MappingEndEvent and not is_odd:
                    names = node.names
                    is_odd = len(names) < len(node.entries) or not _ODD_KEYS.isdisjoint(names)
                if begin.anchor is not None:
                    anchors.setdefault(begin.anchor, node)
                children = siblings
                children.append(node)
            elif kind is AliasEvent:
                span = Span(event.start_mark.index, event.end_mark.index)
                node = Alias(span, event.anchor, anchors.get(event.anchor))
                if node.target is None and unknown is None:
                    unknown = node
                children.append(node)
            elif kind is DocumentEndEvent:
                dropped = _behind_document(source, roots[-1].span.end)
                if _is_nothing(roots[-1]):
                    roots.pop()
                if dropped is not None:
                    return ParseAttempt(
                        tuple(roots), None, quoted, None, unknown, (), dropped, is_odd
                    )
            elif kind is StreamEndEvent or event is None:
                return ParseAttempt(tuple(roots), None, quoted, None, unknown, is_odd=is_odd)
            if count > NODES:
                raise LimitError("nodes")
    except LimitError:
        raise
    except Exception as error:
        # Whatever the parser raises, and not only what it means to raise, ends the reading here.
        failure = failure_of(source, error)
    brackets = [begin.end_mark.index - 1 for begin, _ in unclosed if begin.flow_style]
    flow = brackets[0] if brackets else None
    _truncate(text, failure, children, unclosed)
    return ParseAttempt(tuple(roots), failure, quoted, flow, unknown)


_ODD_KEYS: Final = frozenset(("<<", "", "~", "null", "Null", "NULL"))


def _behind_document(source: str, end: int) -> int | None:
    """Where something stands behind a document that ends at an offset, and may end with `...`."""
    place = _after_blanks(source, end, len(source))
    while source.startswith("...", place) and line_start(source, place) == place:
        place = _after_blanks(source, place + 3, len(source))
    return place if place < len(source) else None


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.span.start == node.span.end and node.tag is None


def _truncate(
    text: MaskedText, failure: ParseFailure, children: list[Node], unclosed: list[_Open]
) -> None:
    """Close what the failure left open, and leave it `open`: more would have come."""
    while unclosed:
        begin, siblings = unclosed.pop()
        if type(begin) is MappingStartEvent and len(children) % 2:
            children.pop()
        span = _span(text, begin, failure.offset, children)
        siblings.append(_collection(text, begin, span, children, is_open=True))
        children = siblings


def _scalar(text: MaskedText, event: Any, children: list[Node], unclosed: list[_Open]) -> Scalar:
    """A scalar that takes more than copying its event."""
    source = text.masked
    start = token = _start_of_properties(source, event)
    end = event.end_mark.index
    value = event.value
    style: Style = event.style or ""
    tag = None
    if event.anchor is not None or event.tag is not None:
        tag = _tag(event.tag)
        token = _after_properties(source, start, end)
        if tag == "!!binary" and (decoded := binary_text(value)) is not None:
            value, tag = decoded, "!!str"
    if style and style in "|>":
        # Where the last line is not ended, the parser is shown that it is.
        end = _end_of_block(source, token, min(end, len(source)))
    elif not style and start == end:
        return _empty_scalar(text, _empty_place(source, start, children, unclosed))
    if source is not text.original and token < end:
        value, style, end = as_written(text, token, end, value, style)
    if text.has_expressions and holds_expression(text.original, token, end):
        style = "{{"
    return make_scalar(Span(token, end), value, style, tag, event.anchor, start)


def _span(text: MaskedText, begin: Any, stop: int, children: list[Node]) -> Span:
    """What a collection covers that ends before `stop`."""
    source = text.masked
    is_list = type(begin) is SequenceStartEvent
    flow = begin.flow_style
    token = begin.end_mark.index
    if flow and source[token - 1 : token] == ("[" if is_list else "{"):
        token -= 1
        end = stop
        for repaired in text.growing:
            if repaired.start < end < repaired.end:
                end = repaired.end
    else:
        # A single pair in a flow sequence has no brackets.
        token = begin.start_mark.index if flow else _token(source, begin)
        end = children[-1].span.end if children else token
    return tuple.__new__(Span, (token, end))


def _opens(
    text: MaskedText,
    places: list[Place],
    begin: Any,
    span: Span,
    stop: int,
    siblings: list[Node],
    unclosed: list[_Open],
) -> bool:
    """Whether one of the places lies directly among the entries of a collection."""
    if begin.flow_style:
        return opens_inside(places, span.start, max(stop, span.end))
    parent = None
    if unclosed:
        around = unclosed[-1].event
        parent = _token(text.masked, around), type(around) is SequenceStartEvent
    is_list = type(begin) is SequenceStartEvent
    return opens(text.masked, places, span, is_list, stop, siblings, parent)


def _collection(
    text: MaskedText, begin: Any, span: Span, children: list[Node], is_open: bool
) -> Mapping | Sequence:
    """The node of a collection: a list of the children, or every other one is a key."""
    is_list = type(begin) is SequenceStartEvent
    flow = bool(begin.flow_style)
    keys = children if is_list else children[::2]
    # Text is one item, but it may be any key.
    may_hide = text.templates or (text.has_expressions and not is_list)
    if text.everything_open or (may_hide and hides_entries(keys)):
        is_open = True
    tag, start = None, span[0]
    if begin.anchor is not None or begin.ctag is not None:
        tag, start = _tag(begin.tag), _start_of_properties(text.masked, begin)
    if is_list:
        return make_sequence(span, tuple(children), flow, is_open, tag, begin.anchor, start)
    new = tuple.__new__
    entries = tuple([new(Entry, pair) for pair in zip(keys, children[1::2], strict=True)])
    made = make_mapping(span, entries, flow, is_open, tag, begin.anchor, start)
    if len(made.names) == len(entries):
        return made
    # A key is given twice, or is no scalar.
    entries = tuple([Entry(_key_of_alias(key), value) for key, value in entries])
    return make_mapping(span, entries, flow, is_open, tag, begin.anchor, start)


def _key_of_alias(key: Node) -> Node:
    """What a key says that is the alias of a scalar, where it stands."""
    target = key.target if isinstance(key, Alias) else None
    if not isinstance(target, Scalar):
        return key
    return make_scalar(key.span, target.value, target.style, target.tag, None, key.span.start)


def _empty_scalar(text: MaskedText, place: int) -> Scalar:
    """The empty value that stands at a place, or what a template or a repair hides there."""
    style: Style = ""
    if text.templates:
        below = bisect_left(text.templates, Span(place, place))
        if below < len(text.templates) and (
            text.templates[below].start < _after_blanks(text.masked, place, len(text.masked))
        ):
            # What the template writes there may be the value.
            style = "{{"
    for start, end in text.growing:
        if place <= start and not text.masked[place:start].strip():
            value, style, end = as_written(text, start, end, text.original[start:end], style)
            return make_scalar(Span(start, end), value, style, None, None, start)
    return make_scalar(Span(place, place), "", style, None, None, place)


def _empty_place(source: str, position: int, children: list[Node], unclosed: list[_Open]) -> int:
    """Where an empty value stands, given where the parser puts it: often at the next token.

    Right behind its colon, its question mark or its dash; behind its key if it has no colon.
    """
    if not unclosed or type(unclosed[-1].event) is not MappingStartEvent:
        return position
    if len(children) % 2 == 0:
        mark = source.rfind("?", 0, position + 1)
        return mark + 1 if not source[mark + 1 : position].strip() else position
    end = children[-1].span.end
    colon = _after_blanks(source, end, len(source))
    return colon + 1 if colon <= position and source[colon : colon + 1] == ":" else end


def _token(source: str, event: Any) -> int:
    """Where a block collection's first entry begins, with its dash."""
    token: int = event.end_mark.index
    is_list = type(event) is SequenceStartEvent
    return token - 1 if is_list and source[token : token + 1] != "-" else token


def _tag(tag: Any) -> str | None:
    """The tag, the core ones in their short form: `!!str`."""
    return None if tag is None else str(tag).replace("tag:yaml.org,2002:", "!!", 1)


def _start_of_properties(source: str, event: Any) -> int:
    """Where the node's anchor and tag begin; the pure parser forgets a tag before an anchor."""
    start: int = event.start_mark.index
    if event.anchor is None or event.tag is None or source[start] != "&":
        return start
    after = _after_blanks(source, start + 1 + len(event.anchor), len(source))
    if source.startswith("!", after):
        return start
    before = start
    while before > 0 and source[before - 1] in " \t\r\n":
        before -= 1
    while before > 0 and source[before - 1] not in " \t\r\n":
        before -= 1
    return source.find("!", before, start)


def _after_properties(source: str, position: int, end: int) -> int:
    """Where the token begins behind an anchor and a tag."""
    after = position
    while position < end and source[position] in "&!":
        while position < end and source[position] not in " \t\r\n":
            position += 1
        after = position
        position = _after_blanks(source, position, end)
    return position if position < end else min(after, end)


def _after_blanks(source: str, position: int, end: int) -> int:
    """The first place from `position` that is neither blank nor in a comment, or `end`."""
    blanks = _BLANKS.match(source, position, end)
    assert blanks is not None, "it matches everywhere"
    return blanks.end()


_BLANKS: Final = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
"""Blanks, line breaks and comments."""


def _end_of_block(source: str, start: int, end: int) -> int:
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
