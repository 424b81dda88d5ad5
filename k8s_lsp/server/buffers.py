r"""The open texts, kept as the client changes them.

pygls' own documents split lines where the protocol does not (form feed, NEL, U+2028), split the
whole text again on each access, and change the positions that they are given. So texts are kept
here, whose lines end at `\n`, `\r\n` or a lone `\r`.

No lines are kept: a keystroke would have to go through all of them to know where its own
begins. It is found from the line that changed last.
"""

import re
from collections.abc import Sequence
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote

from lsprotocol import types

from k8s_lsp.features.convert import Lines, lines_of
from k8s_lsp.text import (
    Encoding,
    Span,
    code_points,
    code_units,
    common_ends,
    line_breaks,
    line_end,
    line_start,
    next_line,
)

FAR = 300
"""How many lines are passed one by one; beyond that it is cheaper to read the text from its top."""


_FILE = re.compile(r"file:/", re.IGNORECASE)

_DRIVE = re.compile(r"file:/+[A-Z]:(?=/|\Z)", re.IGNORECASE)
"""The beginning of the address of a file on Windows."""


def key_of(uri: str) -> str:
    """What stands for a text, however its client spells the address of it.

    Clients do not always escape the same characters of a file's address, and Windows does not tell
    the letters of drives by their case. What other addresses mean is known to the client alone.
    """
    if not _FILE.match(uri):
        return uri
    path = unquote(uri)
    drive = _DRIVE.match(path)
    return path if drive is None else drive[0].lower() + path[drive.end() :]


class TypedLine(NamedTuple):
    """The line that somebody types in: its number before the last change, and now."""

    before: int
    now: int


class Buffer:
    """One open text; `version` is the client's, None where that did not count its last change.

    `typed` is None until the text changes, and from when on nobody is taken to type in it.
    """

    def __init__(self, uri: str, version: int | None, text: str, encoding: Encoding) -> None:
        self.uri = uri
        self.version = version
        self.encoding = encoding
        self.text = text
        self.typed: TypedLine | None = None
        # The line that changed last, and where it begins: the next change is seldom far from it.
        self._line = 0
        self._start = 0
        # The text of the last snapshot, and how many code points at its beginning and at its end
        # are the same since.
        self._seen = ""
        self._same_before = 0
        self._same_after = 0

    def snapshot(self, known: str | None = None) -> tuple[Lines, Span | None]:
        """The text with its lines, and the span of it that changed since the last snapshot.

        The span covers whole lines without the last line end. It is None where the text that is
        `known` is not the one that the last snapshot gave.
        """
        text, start = self.text, self._same_before
        is_known, self._seen = known is self._seen, text
        end = max(len(text) - self._same_after, start)
        self._same_before = self._same_after = len(text)
        # Where a line break got another kind, a part of it has changed too.
        stop = max(line_end(text, _at_break(text, end)), end)
        span = Span(line_start(text, _at_break(text, start)), stop)
        return lines_of(text, self.encoding), span if is_known else None

    def apply(self, change: "Change") -> None:
        """Apply one change of the client; places outside of the text mean its nearest place."""
        text, new = self.text, change.text
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            before, after = _common_ends(text, new)
            self._line = self._start = 0
            self.text = new
            first = line_breaks(text[:before])
            lines = new[before : len(new) - after]
            # The end of the last line begins another one, in which nothing has changed.
            ends = lines.endswith(("\n", "\r"))
            self.typed = TypedLine(first, first + line_breaks(lines) - ends)
        else:
            # The beginning is found last, so that its line is the one that is kept in mind.
            end = self._offset_of(change.range.end)
            before = self._offset_of(change.range.start)
            self.typed = TypedLine(self._line, self._line + line_breaks(new))
            if self.encoding == "utf-16" and not (text.isascii() and new.isascii()):
                before, end, new = self._in_whole_pairs(before, end, change)
            end = max(before, end)
            after = len(text) - end
            self.text = f"{text[:before]}{new}{text[end:]}"
            if self.text.startswith("\r\n", self._start - 1):
                # The two have become one line break, and the line begins behind it.
                self._start += 1
        self._same_before = min(self._same_before, before)
        self._same_after = min(self._same_after, after)

    def _in_whole_pairs(
        self, start: int, end: int, change: "types.TextDocumentContentChangePartial | PartialChange"
    ) -> tuple[int, int, str]:
        """The span and the new text of a change that may begin or end inside of a character.

        UTF-16 has two halves for a character above U+FFFF, and some clients send and delete them
        one by one. What is left of a character stays, and two halves that meet are one again.
        """
        text, new = self.text, change.text
        begins_inside = self._is_inside(start, change.range.start)
        ends_inside = self._is_inside(end, change.range.end)
        if end < start or (end == start and begins_inside):
            # A range that is upside down is empty: it ends where it begins.
            end, ends_inside = start, begins_inside
        if begins_inside:
            new = _halves(text[start])[0] + new
        if ends_inside:
            new += _halves(text[end])[1]
            end += 1
        if start and _is_half(text[start - 1]):
            start -= 1
            new = text[start] + new
        if end < len(text) and _is_half(text[end]):
            new += text[end]
            end += 1
        return start, end, _joined(new)

    def _is_inside(self, offset: int, position: "types.Position | Position") -> bool:
        """Whether a position whose offset is known is behind it, between two halves."""
        if offset == len(self.text) or self.text[offset] <= "\uffff":
            return False
        before = self.text[line_start(self.text, offset) : offset]
        return code_units(before, "utf-16") < position.character

    def _offset_of(self, position: "types.Position | Position") -> int:
        """The offset of a position; its line, or the last one, is kept in mind."""
        text, line, start = self.text, self._line, self._start
        if abs(position.line - line) > FAR:
            line = min(position.line, line_breaks(text))
            start = sum(map(len, islice(_lines(text), line)))
        while line > position.line:
            line, start = line - 1, line_start(text, _at_break(text, start - 1))
        while line < position.line and (below := next_line(text, start)) <= len(text):
            line, start = line + 1, below
        self._line, self._start = line, start
        if line < position.line:
            return len(text)
        content = text[start : line_end(text, start)]
        return start + code_points(content, position.character, self.encoding)


def _is_half(character: str) -> bool:
    """Whether a character is half of a pair of UTF-16."""
    return "\ud800" <= character <= "\udfff"


def _halves(character: str) -> str:
    """The two halves of a character above U+FFFF."""
    high, low = divmod(ord(character) - 0x1_0000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


def _joined(text: str) -> str:
    """A text in which halves that stand together are one character; others stay alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _at_break(text: str, offset: int) -> int:
    r"""An offset; inside of a `\r\n`, where no line ends, the offset of that."""
    return offset - 1 if text.startswith("\r\n", offset - 1) else offset


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """How many code points two texts have in common at both ends, in whole lines."""
    lines = [*_lines(one)]
    before, after = common_ends(lines, [*_lines(other)])
    return sum(map(len, lines[:before])), sum(map(len, lines[len(lines) - after :]))


def _lines(text: str) -> StringIO:
    """The lines of a text with their ends, which Python finds here where the protocol has them."""
    return StringIO(text, newline="")


class Position(NamedTuple):
    """The protocol's value, without what makes that dear."""

    line: int
    character: int


class Range(NamedTuple):
    """The same of a range."""

    start: Position
    end: Position


class PartialChange(NamedTuple):
    """The same of a change of a part of a text."""

    range: Range
    text: str


Change = types.TextDocumentContentChangeEvent | PartialChange


class Changes(NamedTuple):
    """The changes of a text, each of what the one before it left, and its version after them."""

    uri: str
    version: int | None
    changes: Sequence[Change]


def changes_of(params: Any) -> Changes:
    """The text that is changed, and its changes, of parameters as they were read.

    The protocol's values and cattrs would take more time than all else about a key. A version that
    is none is as if it was absent, because a change that is not applied would be worse. Raises
    AttributeError, KeyError, TypeError or ValueError where all else is not what the protocol
    allows.
    """
    document = params["textDocument"]
    uri, version = document["uri"], document.get("version")
    if type(uri) is not str:
        raise TypeError(f"not an address: {uri!r}")
    if type(version) is not int or not -(2**31) <= version < 2**31:
        version = None
    return Changes(uri, version, [_change_of(change) for change in params["contentChanges"]])


def _change_of(change: Any) -> Change:
    range_, text = change.get("range"), change["text"]
    if type(text) is not str:
        raise TypeError(f"not a text: {text!r}")
    if range_ is None:
        return types.TextDocumentContentChangeWholeDocument(text)
    return PartialChange(Range(_position_of(range_["start"]), _position_of(range_["end"])), text)


def _position_of(position: Any) -> Position:
    line, character = position["line"], position["character"]
    for number in (line, character):
        if type(number) is not int:
            raise ValueError(f"not an integer: {number!r}")
    # A place outside of the text means its nearest place, however far outside it is.
    return Position(max(line, 0), max(character, 0))
