"""YAML text -> trees with spans.

The events of ruamel's C parser become nodes; where there is no C parser, ruamel's pure one stands
in. Both are held to what `kubectl` accepts, which is libyaml as ported to Go. No other module
knows which library reads the text.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import AliasToken, AnchorToken

from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Problem, Scalar, Sequence, Tree
from k8s_lsp.syntax.recover import (
    Failure,
    Kind,
    Reading,
    Repair,
    apply_repairs,
    explain,
    mask_templates,
    recover,
)
from k8s_lsp.text import Span, line_end, line_start

ParserName: TypeAlias = Literal["C", "pure"]

_CParser: Any = None
for _module in ("_ruamel_yaml", "_ruamel_yaml_clibz"):
    # The same parser in two distributions; ruamel.yaml itself looks for the first one only.
    with suppress(ImportError):
        _CParser = import_module(_module).CParser
        break

PARSER: Final[ParserName] = "pure" if _CParser is None else "C"
"""Which of ruamel's parsers reads the texts in this process."""

DEPTH: Final = 200
"""How many collections may stand inside of one another; deeper, no tree is made."""

NODES: Final = 1_000_000
"""How many nodes a unit may have; with more, no tree is made."""

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
    parser: ParserName = PARSER,
) -> Tree:
    """Read one unit; never raises.

    A `template` is a text with Go template expressions: what they stand for is unknown, and no
    problem is reported. `edited` is what changed last, which helps where the text does not parse;
    where it does, it makes no difference. `parser` is for tests, which hold the two parsers to one
    another.
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
            reading = recover(clean, broken, read, done, edited)
    except _LimitError as limit:
        return Tree(text, limit=str(limit))
    problems: tuple[Problem, ...] = ()
    if not template:
        if refused is not None:
            code = f"U+{ord(refused[0]):04X}"
            problems = (Problem(Span(*refused.span()), f"character {code} is not allowed in YAML"),)
        elif failure is not None:
            problems = (explain(text, failure, broken.quoted),)
        elif reading.unknown is not None:
            name = reading.unknown.name
            problems = (Problem(reading.unknown.span, f'no anchor "{name}" before this alias'),)
    return Tree(text, reading.roots, problems)


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
    reading = _build(text, source, _c_events(source), repairs)
    if reading.failure is not None and reading.failure.kind == "word":
        hidden, stand_in = _hide_colons(source)
        if hidden != source:
            reading = _build(text, hidden, _c_events(hidden), repairs, stand_in)
    return reading


def _read_pure(text: str, source: str, repairs: tuple[Repair, ...]) -> Reading:
    """Read with the pure parser, which wants spaces and no comment behind some tokens."""
    while True:
        reading = _build(text, source, _pure_events(source), repairs)
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


def _c_events(source: str) -> Callable[[], Any]:
    events: Callable[[], Any] = _CParser(source).get_event
    return events


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


def _pure_events(source: str) -> Callable[[], Any]:
    loader: Any = SimpleNamespace(
        comment_handling=None,
        processing_version=(1, 1),
        top_level_block_style_scalar_no_indent_error_1_1=True,
        doc_infos=[SimpleNamespace(doc_version=None)],
    )
    loader._resolver = loader
    loader._reader = Reader(source, loader)
    loader._scanner = _PureScanner(loader)
    events: Callable[[], Any] = Parser(loader).get_event
    return events


_ANCHOR_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


class _PureScanner(Scanner):
    """ruamel's pure scanner, with libyaml's rules where the two part ways."""

    def fetch_stream_end(self) -> None:
        # The end of the text ends its last line, so that a key may not lack its colon there.
        for key in self.possible_simple_keys.values():
            if key.required:
                raise ScannerError(
                    "while scanning a simple key",
                    key.mark,
                    "could not find expected ':'",
                    self.reader.get_mark(),
                )
        super().fetch_stream_end()

    def scan_to_next_token(self) -> None:
        # A tab separates tokens wherever no block collection may begin behind it.
        peek, forward = self.reader.peek, self.reader.forward
        while True:
            blanks = " \t" if self.flow_context or not self.allow_simple_key else " "
            while peek() in blanks:
                forward()
            if peek() == "#":
                while peek() not in "\r\n\0":
                    forward()
            if not self.scan_line_break():
                return
            if not self.flow_context:
                self.allow_simple_key = True

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str] | None:
        # Tabs are blanks here, unless they stand for indentation.
        reader = self.reader
        length = 0
        while reader.peek(length) in " \t":
            length += 1
        blanks = reader.prefix(length)
        reader.forward(length)
        if reader.peek() not in "\r\n":
            return [blanks] if blanks else []
        breaks = []
        while True:
            if reader.peek() in "\r\n":
                breaks.append(self.scan_line_break())
                self.allow_simple_key = True
                if self.check_document_start() or self.check_document_end():
                    return None
            elif reader.peek() == "\t" and reader.column < indent:
                raise ScannerError(
                    "while scanning a plain scalar",
                    start_mark,
                    "found a tab character that violates indentation",
                    reader.get_mark(),
                )
            elif reader.peek() in " \t":
                reader.forward()
            else:
                return breaks[1:] or [" "]

    def scan_anchor(self, TokenClass: type[AliasToken] | type[AnchorToken]) -> Any:
        # Names are ASCII letters, digits, `-` and `_`.
        reader = self.reader
        start_mark = reader.get_mark()
        reader.forward()
        length = 0
        while reader.peek(length) in _ANCHOR_CHARACTERS:
            length += 1
        name = reader.prefix(length)
        reader.forward(length)
        if not length or reader.peek() not in "\0 \t\r\n?:,]}%@`":
            raise ScannerError(
                "while scanning an anchor",
                start_mark,
                "did not find expected alphabetic or numeric character",
                reader.get_mark(),
            )
        return TokenClass(name, start_mark, reader.get_mark())

    def scan_directive(self) -> Any:
        # Other directives are refused, and so are other versions.
        token: Any = super().scan_directive()
        if token.name != "TAG" and (token.name != "YAML" or token.value not in ((1, 1), (1, 2))):
            raise ScannerError(
                "while scanning a directive", token.start_mark, "unknown", token.start_mark
            )
        return token

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> Any:
        self.block_start = self.reader.get_mark()
        return super().scan_block_scalar(style, rt)

    def scan_block_scalar_indentation(self) -> Any:
        # Blank lines above the text may be indented less than the text.
        breaks, end_mark, indent = self._scan_breaks(None)
        return breaks, indent, end_mark

    def scan_block_scalar_breaks(self, indent: int) -> Any:
        breaks, end_mark, _ = self._scan_breaks(indent)
        return breaks, end_mark

    def _scan_breaks(self, indent: int | None) -> tuple[list[str], Any, int]:
        """Blank lines; what they were, where they end, and how far they were indented."""
        reader = self.reader
        breaks: list[str] = []
        deepest = 0
        end_mark = reader.get_mark()
        while True:
            while reader.peek() == " " and (indent is None or reader.column < indent):
                reader.forward()
            deepest = max(deepest, reader.column)
            if reader.peek() == "\t" and (indent is None or reader.column < indent):
                raise ScannerError(
                    "while scanning a block scalar",
                    self.block_start,
                    "found a tab character where an indentation space is expected",
                    reader.get_mark(),
                )
            if reader.peek() not in "\r\n":
                return breaks, end_mark, deepest
            breaks.append(self.scan_line_break())
            end_mark = reader.get_mark()

    def scan_flow_scalar(self, style: str) -> Any:
        # An escape may not stand for half of a surrogate pair or for no character at all.
        start_mark = self.reader.get_mark()
        try:
            token: Any = super().scan_flow_scalar(style)
            token.value.encode()
        except (ValueError, OverflowError) as error:
            raise ScannerError(
                "while parsing a quoted scalar",
                start_mark,
                "found invalid Unicode character escape code",
                self.reader.get_mark(),
            ) from error
        return token


class _Open(NamedTuple):
    """A collection whose end has not come yet; `gap` is where that ends what stands before it."""

    event: Any
    siblings: list[Node]
    gap: int
    column: int


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


class _ScalarDraft:
    """A Scalar before it is frozen.

    Most of the time that a node takes would go into the frozen constructor, which sets each field
    through `object.__setattr__`. A change of class costs a third of that.
    """

    __slots__ = Scalar.__slots__

    def __init__(
        self, span: Span, value: str, style: str, tag: str | None, anchor: str | None, start: int
    ) -> None:
        self.span = span
        self.value = value
        self.style = style
        self.tag = tag
        self.anchor = anchor
        self.start = start


class _MappingDraft:
    """A Mapping before it is frozen."""

    __slots__ = Mapping.__slots__

    def __init__(
        self,
        span: Span,
        entries: tuple[Entry, ...],
        flow: bool,
        open_: bool,
        tag: str | None,
        anchor: str | None,
        start: int,
    ) -> None:
        self.span = span
        self.entries = entries
        self.flow = flow
        self.open = open_
        self.tag = tag
        self.anchor = anchor
        self.start = start


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
    verbatim = source is text
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
    draft, scalar, new, span_type = _ScalarDraft, Scalar, tuple.__new__, Span
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
                    verbatim
                    and start != end
                    and anchor is None
                    and event.ctag is None
                    and (not style or style in "\"'")
                ):
                    span = new(span_type, (start, end))
                    node = draft(span, event.value, style, None, None, start)
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
                gap = column = 0
                if places:
                    gap, column = _before(source, event, children, unclosed)
                unclosed.append(_Open(event, children, gap, column))
                children = []
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                closed = unclosed.pop()
                node = _collection(texts, closed, event.end_mark.index, children, all_open)
                if places and _receives(node, closed, unclosed, event.start_mark.index, places):
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
        failure = _failure(source, error)
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
    tag = None if begin.tag is None else _tag(begin.tag)
    flow = bool(begin.flow_style)
    is_mapping = type(begin) is MappingStartEvent
    start = begin.start_mark.index
    if flow and source[token - 1 : token] == ("{" if is_mapping else "["):
        token -= 1
        end = stop
        for repaired in texts.growing:
            if repaired.start < end < repaired.end:
                end = repaired.end
    else:
        if flow:
            # A single pair in a flow sequence has no brackets.
            token = start
        elif not is_mapping and source[token : token + 1] != "-":
            token -= 1
        end = children[-1].span.end if children else token
    if begin.anchor is None and tag is None:
        start = token
    else:
        start = _start_of_properties(source, begin)
    keys = children[::2] if is_mapping else children
    open_ = cut_off
    if texts.templates and not open_:
        # A template in the place of a key or an item may stand for several of them, or for none.
        open_ = any(isinstance(key, Scalar) and key.style == "{{" for key in keys)
    new = tuple.__new__
    span = new(Span, (token, end))
    if not is_mapping:
        return Sequence(span, tuple(children), flow, open_, tag, begin.anchor, start)
    entries = tuple([new(Entry, pair) for pair in zip(keys, children[1::2], strict=True)])
    node: Any = _MappingDraft(span, entries, flow, open_, tag, begin.anchor, start)
    node.__class__ = Mapping
    mapping: Mapping = node
    return mapping


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


def _before(
    source: str, event: Any, children: list[Node], unclosed: list[_Open]
) -> tuple[int, int]:
    """Where what stands before a collection ends, and the column of the collection."""
    token = event.end_mark.index
    if type(event) is SequenceStartEvent and source[token : token + 1] != "-":
        token -= 1
    gap = 0
    if unclosed:
        gap = children[-1].span.end if children else unclosed[-1].event.end_mark.index
        parent = unclosed[-1].event
        if type(parent) is SequenceStartEvent and not parent.flow_style:
            # What stands above an item's dash belongs to the sequence.
            gap = max(gap, source.rfind("-", gap, token))
    return gap, token - line_start(source, token)


def _receives(
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
    for place in places[:]:
        offset, column, dash, template = place
        if node.span.start <= offset < node.span.end or (node.flow and offset < stop):
            settled = node.span.start <= offset
            if settled:
                received = True
                places.remove(place)
            continue
        if node.flow or not closed.gap <= offset < max(stop, node.span.end + 1):
            continue
        if template:
            received = True
        elif closed.column <= column:
            received = True
            if isinstance(node, Mapping) or dash or closed.column < column:
                places.remove(place)
        elif not unclosed or unclosed[-1].column < column:
            received = True
    return received


_KINDS: tuple[tuple[str, Kind], ...] = (
    ("could not find expected ':'", "colon"),
    ("mapping values are not allowed", "nested"),
    ("keys are not allowed", "misplaced"),
    ("entries are not allowed", "misplaced"),
    ("unexpected end of stream", "quote"),
    ("unexpected document", "quote"),
    ("unexpected ':'", "word"),
    ("cannot start any token", "start"),
    ("tab character that violates indentation", "tab"),
    ("escape", "escape"),
    ("hexdecimal", "escape"),
    ("expected '<document start>'", "document"),
    ("node content", "content"),
    ("while parsing a flow", "flow"),
    ("while parsing a block mapping", "indent"),
    ("while parsing a block collection", "dash"),
    ("block scalar", "block"),
    ("anchor", "anchor"),
    ("alias", "anchor"),
    ("directive", "directive"),
    ("incompatible", "directive"),
    ("document", "document"),
    ("tag", "tag"),
)


def _failure(source: str, error: Exception) -> Failure:
    """What an exception of one of the parsers says, in our own terms."""
    if not isinstance(error, MarkedYAMLError):
        return Failure("other", 0, 0)
    words = f"{error.context or ''}: {error.problem or ''}"
    kind: Kind = next((kind for part, kind in _KINDS if part in words), "other")
    mark = error.problem_mark or error.context_mark
    offset = min(mark.index, len(source)) if mark else 0
    begin = min(error.context_mark.index, offset) if error.context_mark else offset
    if kind == "start" and source[offset : offset + 1] == "\t":
        kind = "tab"
    return Failure(kind, offset, begin)
