"""Offsets of the engine <-> positions of the protocol, for one version of a text."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lsprotocol import types

from k8s_lsp.engine.results import Analysis, UnitResult
from k8s_lsp.kubernetes.facts import Place
from k8s_lsp.text import (
    Edit,
    Encoding,
    Span,
    code_points,
    code_units,
    first_line,
    line_end,
    line_starts,
)


@dataclass(frozen=True, eq=False)
class Lines:
    r"""A text with the places of its lines, which are found once, when one is asked for.

    Offsets count code points from the text's start, positions lines from 0 and code units of
    `encoding`.
    """

    text: str
    encoding: Encoding

    @cached_property
    def starts(self) -> list[int]:
        """The offsets at which lines begin, in the protocol's line model."""
        return line_starts(self.text)

    def position_of(self, offset: int) -> types.Position:
        r"""The position of an offset; inside of a `\r\n`, where there is none, the line's end."""
        line = bisect_right(self.starts, offset) - 1
        start = self.starts[line]
        if offset > start and self.text.startswith("\r\n", offset - 1):
            offset -= 1
        if self.text.isascii():
            return types.Position(line, offset - start)
        return types.Position(line, code_units(self.text[start:offset], self.encoding))

    def range_of(self, span: Span) -> types.Range:
        """The range of an edit or of any other span, however many lines it covers."""
        return types.Range(self.position_of(span.start), self.position_of(span.end))

    def token_of(self, span: Span) -> tuple[int, int, int]:
        """The line of a span's token, and the characters at which that begins and ends.

        The token stands for the span: it is what the span covers of its first line.
        """
        line = bisect_right(self.starts, span.start) - 1
        beginning = self.starts[line]
        _, end = first_line(self.text, Span(beginning, span.end))
        start = min(span.start, end)
        if self.text.isascii():
            return line, start - beginning, end - beginning
        before, whole = self.text[beginning:start], self.text[beginning:end]
        return line, code_units(before, self.encoding), code_units(whole, self.encoding)

    def token_range_of(self, span: Span) -> types.Range:
        """The range of a span's token."""
        line, start, end = self.token_of(span)
        return types.Range(types.Position(line, start), types.Position(line, end))

    def offset_of(self, position: types.Position) -> int:
        """The offset of a position; past a line's end that end, past the last line the text's."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[max(position.line, 0)]
        end = line_end(self.text, start)
        units = max(position.character, 0) if position.line >= 0 else 0
        if self.text.isascii():
            return min(start + units, end)
        return start + code_points(self.text[start:end], units, self.encoding)

    def span_of(self, range_: types.Range) -> Span:
        """The span of a range; one that is upside down becomes empty."""
        start = self.offset_of(range_.start)
        return Span(start, max(start, self.offset_of(range_.end)))

    def text_edit_of(self, edit: Edit) -> types.TextEdit:
        """The edit as the protocol has it."""
        return types.TextEdit(self.range_of(edit.span), edit.text)

    def text_edits_of(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """The edits in the order of the text; inserts at one offset keep their own order."""
        return [self.text_edit_of(edit) for edit in sorted(edits, key=lambda edit: edit.span)]


def lines_of(text: str, encoding: Encoding) -> Lines:
    """A text with its lines."""
    return Lines(text, encoding)


def columns_of_place(place: Place, encoding: Encoding) -> tuple[int, int]:
    """The characters of its line at which a name in a file begins and ends."""
    start = place.column.counted_in(encoding)
    return start, start + code_units(place.token, encoding)


def range_of_place(place: Place, encoding: Encoding) -> types.Range:
    """The range of a name in a file, whose text need not be known."""
    start, end = columns_of_place(place, encoding)
    return types.Range(types.Position(place.line, start), types.Position(place.line, end))


class Document(NamedTuple):
    """One version of an open text, with all that features ask of it."""

    uri: str
    version: int | None
    lines: Lines
    analysis: Analysis

    def unit_at(self, offset: int) -> tuple[UnitResult, int] | None:
        """The unit that holds an offset, and where it begins; None where nothing was analysed."""
        offsets = self.analysis.offsets
        index = bisect_right(offsets, offset) - 1
        return (self.analysis.units[index], offsets[index]) if index >= 0 else None
