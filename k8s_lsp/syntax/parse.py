"""YAML text -> trees with spans: events become nodes, and what cannot be read is repaired first."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

from k8s_lsp.syntax.drafts import (
    DEPTH,
    NODES,
    PLACES,
    Place,
    ScalarDraft,
    Texts,
    after_blanks,
    as_written,
    collection,
    empty_scalar,
    end_of_block,
    receives,
    receives_inside,
    texts_of,
)
from k8s_lsp.syntax.nodes import (
    Alias,
    Failure,
    Mapping,
    Node,
    Problem,
    Scalar,
    Sequence,
    Style,
    Tree,
)
from k8s_lsp.syntax.reading.events import (
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
from k8s_lsp.syntax.recover import (
    Reading,
    Repair,
    apply_repairs,
    explain,
    known_of,
    mask_templates,
    recover,
)
from k8s_lsp.syntax.retyping import given_up_by, with_change, with_line
from k8s_lsp.text import Span, line_end, line_start

LIMITS: Final = {
    "depth": f"not analysed: a document is nested more than {DEPTH} levels deep",
    "nodes": f"not analysed: a document has more than {NODES:,} values",
}
"""What to tell people of each limit that a tree can name."""

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
    shown: str | None = None,
    parser: ParserName | None = None,
) -> Tree:
    """Read one unit; never raises.

    A `template` is a text with Go template expressions: what they stand for is unknown, and no
    problem is reported. `previous` is the tree of an earlier state of the unit, and `edited` what
    changed last, for who has no such tree: they help where the text does not parse; where it does,
    they make no difference. `shown` is read in place of a text without odd characters: it is as
    long, and lacks what nobody looks into. `parser` is for tests, which hold the two parsers to one
    another, and what is not read again to both.
    """
    clean = _sanitised(text)
    refused = None if clean is text else _REFUSED.search(text)
    done: tuple[Repair, ...] = ()
    if refused is not None:
        matches = islice(_REFUSED.finditer(text), PLACES + 1)
        done = tuple(Repair(Span(*match.span()), " ") for match in matches)
    if shown is not None and clean is text:
        clean = shown
    if template:
        done += mask_templates(clean)
        clean = apply_repairs(clean, done)

    def read(source: str, repairs: tuple[Repair, ...]) -> Reading:
        return _read(text, source, repairs, parser)

    # What earlier states tell is known of texts that are read as they are written.
    kin = previous if clean is text and parser is None and not template else None
    roots = None if kin is None else with_change(kin, text)
    if roots is not None:
        return Tree(text, roots, as_written=True)
    try:
        retyped = None
        if kin is not None:
            retyped = with_line(kin, text, lambda shown: _read(shown, shown, (), PARSER))
        if retyped is not None:
            reading, broken = retyped
        else:
            reading = broken = _read(text, clean, done, parser)
        failure = broken.failure
        if failure is not None and retyped is None:
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
    is_shown = clean is text and not template
    return Tree(
        text,
        reading.roots,
        problems,
        as_written=is_shown and not problems,
        whole=whole,
        failure=failure,
        given_up=given_up_by(reading.repairs, text) if is_shown else None,
    )


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


def _read(
    text: str, source: str, repairs: tuple[Repair, ...], parser: ParserName | None
) -> Reading:
    """Read `source`, the repaired form of `text`."""
    texts = texts_of(text, source, repairs)
    if (parser or PARSER) == "pure":
        return _read_pure(texts, repairs)
    reading = _build(texts, events_of(source, "C"))
    if reading.failure is not None and reading.failure.kind == "word":
        hidden, stand_in = _hide_colons(source)
        if hidden != source:
            texts = texts_of(text, hidden, repairs, stand_in)
            reading = _build(texts, events_of(hidden, "C"))
    return reading


def _read_pure(texts: Texts, repairs: tuple[Repair, ...]) -> Reading:
    """Read with the pure parser, which wants spaces and no comment behind some tokens."""
    while True:
        source = texts.source
        reading = _build(texts, events_of(source, "pure"))
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
        texts = texts_of(texts.text, source, repairs)


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


def _build(texts: Texts, next_event: Callable[[], Any]) -> Reading:
    """Nodes from events, without recursion: a text decides how deep they nest."""
    source = texts.source
    places = list(texts.places)
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
    draft, scalar, new, span_type, opened = ScalarDraft, Scalar, tuple.__new__, Span, _Open
    empty, local, changes = object.__new__, texts.local, texts.changes
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
                        or (local and texts.text[start:end] == source[start:end])
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
                node = _collection(texts, closed, event.end_mark.index, children)
                if places and _receives(
                    texts, places, node, event.start_mark.index, closed.siblings, unclosed
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
            node = _collection(texts, closed, failure.offset, children, cut_off=True)
            children = closed.siblings
            children.append(node)
    return Reading(tuple(roots), failure, quoted, flow, unknown)


def _scalar(texts: Texts, event: Any, children: list[Node], unclosed: list[_Open]) -> Scalar:
    """A scalar that takes more than copying its event."""
    source = texts.source
    start = token = _start_of_properties(source, event)
    end = event.end_mark.index
    value = event.value
    style: Style = event.style or ""
    tag = None
    if event.anchor is not None or event.tag is not None:
        tag = _tag(event.tag)
        token = _after_properties(source, start, end)
    if style and style in "|>":
        end = end_of_block(source, token, end)
    elif not style and start == end:
        return empty_scalar(texts, _empty_place(source, start, children, unclosed))
    if source is not texts.text and token < end:
        value, style, end = as_written(texts, token, end, value, style)
    return Scalar(Span(token, end), value, style, tag, event.anchor, start)


def _collection(
    texts: Texts, closed: _Open, stop: int, children: list[Node], *, cut_off: bool = False
) -> Mapping | Sequence:
    """The node of a collection that ends before `stop`."""
    source, begin = texts.source, closed.event
    is_list = type(begin) is SequenceStartEvent
    flow = bool(begin.flow_style)
    token = begin.end_mark.index
    if flow and source[token - 1 : token] == ("[" if is_list else "{"):
        token -= 1
        end = stop
        for repaired in texts.growing:
            if repaired.start < end < repaired.end:
                end = repaired.end
    else:
        # A single pair in a flow sequence has no brackets.
        token = begin.start_mark.index if flow else _token(source, begin)
        end = children[-1].span.end if children else token
    node = collection(texts, is_list, (token, end), children, flow, cut_off)
    if begin.anchor is None and begin.ctag is None:
        return node
    start = _start_of_properties(source, begin)
    return replace(node, tag=_tag(begin.tag), anchor=begin.anchor, start=start)


def _receives(
    texts: Texts,
    places: list[Place],
    node: Mapping | Sequence,
    stop: int,
    siblings: list[Node],
    unclosed: list[_Open],
) -> bool:
    """Whether one of the places lies directly among the entries of a collection."""
    if node.flow:
        return receives_inside(places, node.span.start, max(stop, node.span.end))
    parent = None
    if unclosed:
        begin = unclosed[-1].event
        parent = _token(texts.source, begin), type(begin) is SequenceStartEvent
    is_list = isinstance(node, Sequence)
    return receives(texts, places, node.span, is_list, stop, siblings, parent)


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
    after = after_blanks(source, start + 1 + len(event.anchor), len(source))
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
        position = after_blanks(source, position, end)
    return position if position < end else min(after, end)


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
    colon = after_blanks(source, end, len(source))
    return colon + 1 if colon <= position and source[colon : colon + 1] == ":" else end
