"""YAML text -> trees with spans: events become nodes, and what cannot be read is repaired first."""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

from k8s_lsp.syntax.events import (
    PARSER,
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ParserName,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    events_of,
    failure_of,
)
from k8s_lsp.syntax.nodes import (
    Alias,
    Entry,
    Mapping,
    Node,
    Problem,
    Scalar,
    Sequence,
    Tree,
    names_of,
)
from k8s_lsp.syntax.recover import (
    Failure,
    Reading,
    Repair,
    apply_repairs,
    explain,
    known_of,
    mask_templates,
    recover,
)
from k8s_lsp.text import Span, line_end, line_start

DEPTH: Final = 200
"""How many collections may stand inside of one another; deeper, no tree is made."""

NODES: Final = 1_000_000
"""How many nodes a unit may have; with more, no tree is made."""

LIMITS: Final = {
    "depth": f"not analysed: a document is nested more than {DEPTH} levels deep",
    "nodes": f"not analysed: a document has more than {NODES:,} values",
}
"""What to tell people of each limit that a tree can name."""

PLACES: Final = 500
"""How many repaired places are told apart; with more of them, all collections are open."""

_PRINTABLE_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_NOT_YAML = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"  # as go-yaml's reader
)
_REPLACED = re.compile(f"[{_NOT_YAML}\x85\u2028\u2029\ufeff]")
_REFUSED = re.compile(f"[{_NOT_YAML}]")


class _LimitError(Exception):
    """The text may be YAML, but there is too much of it."""


def parse(
    text: str,
    *,
    template: bool = False,
    edited: Span | None = None,
    previous: Tree | None = None,
    parser: ParserName = PARSER,
) -> Tree:
    """Read one unit; never raises.

    A `template` is a text with Go template expressions: what they stand for is unknown, and no
    problem is reported. `previous` is the tree of an earlier state of the unit, and `edited` what
    changed last, for who has no such tree: they help where the text does not parse; where it does,
    they make no difference. `parser` is for tests, which hold the two parsers to one another.
    """
    clean = _sanitised(text)
    refused = None if clean is text else _REFUSED.search(text)
    done: tuple[Repair, ...] = ()
    if refused is not None:
        matches = islice(_REFUSED.finditer(text), PLACES + 1)
        done = tuple(Repair(Span(*match.span()), " ") for match in matches)
    if template:
        done += mask_templates(clean)
        clean = apply_repairs(clean, done)

    def read(source: str, repairs: tuple[Repair, ...]) -> Reading:
        return _read(text, source, repairs, parser)

    try:
        reading = broken = read(clean, done)
        failure = broken.failure
        if failure is not None:
            known = None if previous is None else known_of(previous, text)
            reading = recover(clean, broken, read, done, edited, known)
    except _LimitError as limit:
        return Tree(text, limit=str(limit))
    problems: tuple[Problem, ...] = ()
    if not template:
        if refused is not None:
            code = f"U+{ord(refused[0]):04X}"
            problems = (Problem(Span(*refused.span()), f"character {code} is not allowed in YAML"),)
        elif failure is not None:
            problems = (explain(text, broken),)
        elif reading.unknown is not None:
            name = reading.unknown.name
            problems = (Problem(reading.unknown.span, f'no anchor "{name}" before this alias'),)
    whole = None if failure is None or previous is None else previous.whole or previous
    return Tree(text, reading.roots, problems, whole=whole)


def _sanitised(text: str) -> str:
    """A text of the same length in which no character is left that only one of us understands.

    Both parsers refuse a whole stream for one control character. They take NEL, LS and PS for
    line breaks, or not, and neither does an editor. A byte order mark at the start of a line is no
    column: a line break in its place keeps what follows it at the first one.
    """
    if text.isascii():
        if not text.encode("ascii").translate(None, _PRINTABLE_ASCII):
            return text
    elif not _REPLACED.search(text):
        return text

    def replacement(match: re.Match[str]) -> str:
        at = match.start()
        starts_line = at == 0 or text[at - 1] in "\r\n"
        return "\n" if match[0] == "\ufeff" and starts_line else " "

    return _REPLACED.sub(replacement, text)


def _read(text: str, source: str, repairs: tuple[Repair, ...], parser: ParserName) -> Reading:
    """Read `source`, the repaired form of `text`."""
    if parser == "pure":
        return _read_pure(text, source, repairs)
    reading = _build(text, source, events_of(source, "C"), repairs)
    if reading.failure is not None and reading.failure.kind == "word":
        hidden, stand_in = _hide_colons(source)
        if hidden != source:
            reading = _build(text, hidden, events_of(hidden, "C"), repairs, stand_in)
    return reading


def _read_pure(text: str, source: str, repairs: tuple[Repair, ...]) -> Reading:
    """Read with the pure parser, which wants spaces and no comment behind some tokens."""
    while True:
        reading = _build(text, source, events_of(source, "pure"), repairs)
        if reading.failure is None or reading.failure.kind not in ("block", "directive", "tag"):
            return reading
        kind, start, begin = reading.failure
        if line_start(source, start) > begin:
            return reading
        if source[start : start + 1] == "\t":
            end = start + 1
        elif source[start : start + 1] == "#" and kind != "tag":
            end = line_end(source, start)
        else:
            return reading
        source = source[:start] + " " * (end - start) + source[end:]


_WORD = re.compile(r"(?<![^\s,\[\]{}])[^\s,\[\]{}!&*][^\s,\[\]{}]*")
_COLON = re.compile(r"(?<![\"']):(?=\S)")


def _hide_colons(source: str) -> tuple[str, str]:
    """Replace the colons inside of words, and say by which character.

    The C parser refuses `{image: nginx:1.2}`, which `kubectl` reads. Which words are plain and
    stand in a flow collection is not known here; for the others the replacement changes nothing,
    because values get their colons back. It spares what would not survive it: tags, anchors,
    aliases, and the colons that separate a key from its value.
    """
    stand_in = next(c for c in map(chr, range(0xE000, 0xF8FF)) if c not in source)

    def hidden(match: re.Match[str]) -> str:
        # The character behind the word decides about a colon at its end.
        word = match[0] + source[match.end() : match.end() + 1]
        colons = 0
        if word[0] == ":" and not _continues(source, match.start()):
            colons = len(word) - len(word.lstrip(":"))
        return (word[:colons] + _COLON.sub(stand_in, word[colons:]))[: len(match[0])]

    return _WORD.sub(hidden, source), stand_in


def _continues(source: str, start: int) -> bool:
    """Whether the word at `start` goes on with a plain scalar that began with another word."""
    # A long look back would be slow on a long line, and tells no more.
    nearby = source[max(0, start - 200) : start]
    before = nearby[line_start(nearby, len(nearby)) :].rstrip(" \t")
    if nearby[-1:] not in (" ", "\t") or before[-1:] in ("", *",[]{}:?\"'"):
        return False
    return before.replace(",", " ").replace("[", " ").replace("{", " ").split()[-1][0] not in "!&*"


class _Open(NamedTuple):
    """A collection whose end has not come yet, and what stands before it in its parent."""

    event: Any
    siblings: list[Node]


class _Place(NamedTuple):
    """A repaired place for which no collection has been marked `open` yet."""

    offset: int
    column: int
    dash: bool
    template: bool


class _Texts(NamedTuple):
    """What a unit's nodes are made from: the user's text, and what the parser was given."""

    text: str
    source: str
    stand_in: str
    templates: list[Span]
    growing: list[Span]


# Nodes before they are frozen. Most of the time that a node takes would go into the frozen
# constructor, which sets each field through `object.__setattr__`. A change of class costs a tenth.


class _ScalarDraft:
    __slots__ = Scalar.__slots__


class _MappingDraft:
    __slots__ = Mapping.__slots__


class _SequenceDraft:
    __slots__ = Sequence.__slots__


def _build(
    text: str,
    source: str,
    next_event: Callable[[], Any],
    repairs: tuple[Repair, ...],
    stand_in: str = "",
) -> Reading:
    """Nodes from the events of `source`, without recursion: a text decides how deep they nest."""
    texts = _Texts(
        text,
        source,
        stand_in,
        [repair.span for repair in repairs if repair.role in ("template", "template line")],
        [repair.span for repair in repairs if repair.role == "grows"],
    )
    places = _places(text, repairs[: PLACES + 1])
    all_open = len(places) > PLACES
    if all_open:
        places = []
    touched = _touched(texts, repairs)
    local = not texts.growing and not stand_in
    roots: list[Node] = []
    children = roots
    unclosed: list[_Open] = []
    anchors: dict[str, Scalar | Mapping | Sequence] = {}
    unknown: Alias | None = None
    quoted: Span | None = None
    failure: Failure | None = None
    flow: int | None = None
    count = 0
    node: Any
    # Looked up once: this loop is where the time of an analysis goes.
    draft, scalar, new, span_type, opened = _ScalarDraft, Scalar, tuple.__new__, Span, _Open
    empty, first, last = object.__new__, touched.start, touched.end
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
                        or (local and text[start:end] == source[start:end])
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
                    node = _scalar(texts, event, children, unclosed)
                    if anchor is not None:
                        anchors[anchor] = node
                if style in "\"'" and style:
                    quoted = node.span
                children.append(node)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(unclosed) == DEPTH:
                    raise _LimitError("depth")
                if event.anchor is not None:
                    # An alias inside of the node that it names would be a cycle.
                    anchors.pop(event.anchor, None)
                unclosed.append(new(opened, (event, children)))
                children = []
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                closed = unclosed.pop()
                node = _collection(texts, closed, event.end_mark.index, children, all_open)
                if places and _receives(
                    source, node, closed, unclosed, event.start_mark.index, places
                ):
                    node = replace(node, open=True)
                if closed.event.anchor is not None:
                    anchors.setdefault(closed.event.anchor, node)
                children = closed.siblings
                children.append(node)
            elif kind is AliasEvent:
                span = Span(event.start_mark.index, event.end_mark.index)
                node = Alias(span, event.anchor, anchors.get(event.anchor))
                if node.target is None and unknown is None:
                    unknown = node
                children.append(node)
            elif kind is DocumentEndEvent:
                anchors = {}
                if isinstance(roots[-1], Scalar) and roots[-1].span.start == roots[-1].span.end:
                    roots.pop()
            elif kind is StreamEndEvent or event is None:
                break
            if count > NODES:
                raise _LimitError("nodes")
    except _LimitError:
        raise
    except Exception as error:
        # Whatever the parser raises, and not only what it means to raise, ends the reading here.
        failure = failure_of(source, error)
        brackets = [begin.end_mark.index - 1 for begin, *_ in unclosed if begin.flow_style]
        flow = brackets[0] if brackets else None
        while unclosed:
            closed = unclosed.pop()
            if type(closed.event) is MappingStartEvent and len(children) % 2:
                children.pop()
            node = _collection(texts, closed, failure.offset, children, True)
            children = closed.siblings
            children.append(node)
    return Reading(tuple(roots), failure, quoted, flow, unknown)


def _touched(texts: _Texts, repairs: tuple[Repair, ...]) -> Span:
    """The part of the text outside of which all was read as it is written."""
    text, source = texts.text, texts.source
    if source is text:
        return Span(len(text) + 1, len(text) + 1)
    start = min((repair.span.start for repair in repairs), default=0)
    end = max((repair.span.end for repair in repairs), default=0)
    if texts.stand_in or text[:start] != source[:start] or text[end:] != source[end:]:
        return Span(0, len(text))
    return Span(start, end)


def _scalar(texts: _Texts, event: Any, children: list[Node], unclosed: list[_Open]) -> Scalar:
    """A scalar that takes more than copying its event."""
    source = texts.source
    start = token = _start_of_properties(source, event)
    end = event.end_mark.index
    value = event.value
    style: Any = event.style or ""
    tag = None
    if event.anchor is not None or event.tag is not None:
        tag = _tag(event.tag)
        token = _after_properties(source, start, end)
    if style and style in "|>":
        end = _end_of_block(source, token, end)
    elif not style and start == end:
        start = token = end = _empty_place(source, start, children, unclosed)
        below = bisect_left(texts.templates, Span(end, end))
        if below < len(texts.templates) and (
            texts.templates[below].start < _after_blanks(source, end, len(source))
        ):
            # What the template writes there may be the value.
            style = "{{"
        for repaired in texts.growing:
            if end <= repaired.start and not source[end : repaired.start].strip():
                start, token, end = repaired.start, *repaired
                value = texts.text[token:end]
    if source is not texts.text and token < end:
        value, style, end = _as_written(texts, token, end, value, style)
    return Scalar(Span(token, end), value, style, tag, event.anchor, start)


def _as_written(
    texts: _Texts, token: int, end: int, value: str, style: Any
) -> tuple[str, Any, int]:
    """Value, style and end of a scalar, undoing what the parser was shown instead of the text."""
    text, source = texts.text, texts.source
    for repaired in texts.growing:
        if token <= repaired.start <= end < repaired.end:
            end = repaired.end
            written = text[token:end]
            return written.strip("\"'"), written[0] if written[0] in "\"'" else style, end
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
        if written[0] in "\"'":
            return written[1:], written[0], end
        if written[0] in "[{":
            return written[1:], style, end
        return written, style, end
    if style in "\"'" and style not in written[1:-1] and "\\" not in source[token:end]:
        return written[1:-1], style, end
    return value, style, end


def _collection(
    texts: _Texts, closed: _Open, stop: int, children: list[Node], cut_off: bool
) -> Mapping | Sequence:
    """The node of a collection that ends before `stop`."""
    source, begin = texts.source, closed.event
    token = begin.end_mark.index
    flow = bool(begin.flow_style)
    is_mapping = type(begin) is MappingStartEvent
    if flow and source[token - 1 : token] == ("{" if is_mapping else "["):
        token -= 1
        end = stop
        for repaired in texts.growing:
            if repaired.start < end < repaired.end:
                end = repaired.end
    else:
        if flow:
            # A single pair in a flow sequence has no brackets.
            token = begin.start_mark.index
        elif not is_mapping and source[token : token + 1] != "-":
            token -= 1
        end = children[-1].span.end if children else token
    keys = children[::2] if is_mapping else children
    if texts.templates and not cut_off:
        # A template in the place of a key or an item may stand for several of them, or for none.
        cut_off = any(isinstance(key, Scalar) and key.style == "{{" for key in keys)
    new = tuple.__new__
    node: Any
    if is_mapping:
        node = object.__new__(_MappingDraft)
        pairs = zip(keys, children[1::2], strict=True)
        node.entries = entries = tuple([new(Entry, pair) for pair in pairs])
        node.names = names_of(entries)
    else:
        node = object.__new__(_SequenceDraft)
        node.items = tuple(children)
    node.span = new(Span, (token, end))
    node.flow = flow
    node.open = cut_off
    node.anchor = begin.anchor
    if begin.anchor is None and begin.ctag is None:
        node.tag = None
        node.start = token
    else:
        node.tag = _tag(begin.tag)
        node.start = _start_of_properties(source, begin)
    node.__class__ = Mapping if is_mapping else Sequence
    collection: Mapping | Sequence = node
    return collection


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
    while position < end:
        if source[position] == "#":
            position = min(line_end(source, position), end)
        elif source[position] in " \t\r\n":
            position += 1
        else:
            break
    return position


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


def _places(text: str, repairs: tuple[Repair, ...]) -> list[_Place]:
    """Where the repairs stand in the layout of the text."""
    places = []
    for repair in repairs:
        if repair.role == "template":
            continue
        offset = repair.span.start
        while text[offset : offset + 1] in (" ", "\t"):
            offset += 1
        column = offset - line_start(text, offset)
        dash = text[offset : offset + 1] == "-"
        places.append(_Place(offset, column, dash, repair.role == "template line"))
    return places


def _gap(source: str, opened: _Open, unclosed: list[_Open], token: int) -> int:
    """Where what stands before a collection ends, given where its first entry begins."""
    if not unclosed:
        return 0
    parent = unclosed[-1].event
    gap: int = opened.siblings[-1].span.end if opened.siblings else parent.end_mark.index
    if type(parent) is SequenceStartEvent and not parent.flow_style:
        # What stands above an item's dash belongs to the sequence.
        gap = max(gap, source.rfind("-", gap, token))
    return gap


def _token(source: str, event: Any) -> int:
    """Where a block collection's first entry begins, with its dash."""
    token: int = event.end_mark.index
    is_list = type(event) is SequenceStartEvent
    return token - 1 if is_list and source[token : token + 1] != "-" else token


def _column(source: str, token: int) -> int:
    """How far a collection is indented, given where its first entry begins."""
    return token - line_start(source, token)


def _receives(
    source: str,
    node: Mapping | Sequence,
    closed: _Open,
    unclosed: list[_Open],
    stop: int,
    places: list[_Place],
) -> bool:
    """Whether one of the places lies directly among the entries of the collection.

    A line that was blanked above, between or below the entries belongs to the collection that its
    indentation names; if none has that indentation, to the two between which it lies.
    """
    received = False
    start, end = node.span
    below = max(stop, end + 1)
    for place in places[:]:
        offset, column, dash, template = place
        if start <= offset < end or (node.flow and offset < stop):
            if start <= offset:
                received = True
                places.remove(place)
            continue
        if node.flow or offset >= below:
            continue
        token = _token(source, closed.event)
        if offset < _gap(source, closed, unclosed, token):
            continue
        own_column = _column(source, token)
        if template:
            received = True
        elif own_column <= column:
            received = True
            if isinstance(node, Mapping) or dash or own_column < column:
                places.remove(place)
        elif not unclosed or _column(source, _token(source, unclosed[-1].event)) < column:
            received = True
    return received
