"""The events of ruamel's two parsers. No other module knows which library reads the text.

The C parser reads where there is one, and ruamel's pure one stands in. Both are held to what
`kubectl` accepts, which is libyaml as ported to Go: the pure scanner is corrected here where it
parts ways with libyaml, and source.py hides from both what they should not refuse.
"""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, Literal, TypeAlias

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

from k8s_lsp.syntax.repair.attempt import FailureKind, ParseFailure

__all__ = [
    "PARSER",
    "AliasEvent",
    "DocumentEndEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ParserName",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "events_of",
    "failure_of",
]

ParserName: TypeAlias = Literal["C", "pure"]

_CParser: Any = None
for _module in ("_ruamel_yaml", "_ruamel_yaml_clibz"):
    # The same parser in two distributions; ruamel.yaml itself looks for the first one only.
    with suppress(ImportError):
        _CParser = import_module(_module).CParser
        break

PARSER: Final[ParserName] = "pure" if _CParser is None else "C"
"""Which of ruamel's parsers reads the texts in this process."""


def events_of(source: str, parser: ParserName) -> Callable[[], Any]:
    """A function that gives the next event of a text; it raises whatever the parser raises."""
    return _c_events(source) if parser == "C" else _pure_events(source)


def _c_events(source: str) -> Callable[[], Any]:
    events: Callable[[], Any] = _CParser(source).get_event
    return events


def _pure_events(source: str) -> Callable[[], Any]:
    loader: Any = SimpleNamespace(
        comment_handling=None,
        processing_version=(1, 1),
        top_level_block_style_scalar_no_indent_error_1_1=True,
        doc_infos=[SimpleNamespace(doc_version=None)],
    )
    loader._resolver = loader
    reader: Any = Reader(source, loader)
    # Lines end where those of YAML 1.1 do.
    reader.forward = reader.forward_1_1
    loader._reader = reader
    loader._scanner = _PureScanner(loader)
    events: Callable[[], Any] = Parser(loader).get_event
    return events


_BREAKS: Final = "\r\n\x85\u2028\u2029"
"""What ends a line for libyaml."""

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
                while peek() not in _BREAKS + "\0":
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
        if reader.peek() not in _BREAKS:
            return [blanks] if blanks else []
        breaks: list[str] = []
        while True:
            if reader.peek() in _BREAKS:
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
                # Of the breaks in a row the first is a space, unless it is one that stays.
                first, *others = breaks
                return (others or [" "]) if first == "\n" else breaks

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
        if not length or reader.peek() not in f"\0 \t{_BREAKS}?:,]}}%@`":
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
            if reader.peek() not in _BREAKS:
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


_KINDS: tuple[tuple[str, FailureKind], ...] = (
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


def failure_of(source: str, error: Exception) -> ParseFailure:
    """What an exception of one of the parsers says, in our own terms."""
    if not isinstance(error, MarkedYAMLError):
        return ParseFailure("other", 0, 0)
    words = f"{error.context or ''}: {error.problem or ''}"
    kind: FailureKind = next((kind for part, kind in _KINDS if part in words), "other")
    mark = error.problem_mark or error.context_mark
    offset = min(mark.index, len(source)) if mark else 0
    begin = min(error.context_mark.index, offset) if error.context_mark else offset
    if kind == "start" and source[offset : offset + 1] == "\t":
        kind = "tab"
    return ParseFailure(kind, offset, begin)
