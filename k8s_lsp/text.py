"""Places in a text and changes of it. Standard library only.

Every offset in this project counts code points from the start of a text. Lines and the three
code units of the Language Server Protocol exist here only as conversions, for the two rooms
that speak to the outside.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, repeat, takewhile
from operator import add, eq
from typing import Final, Literal, NamedTuple, TypeVar

T = TypeVar("T")

HIDDEN_BREAKS: Final = "\x85\u2028\u2029"
"""What ends a line for YAML 1.1, but neither for an editor nor for the protocol."""

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""A position encoding of the Language Server Protocol: what one character of a column counts."""


class Span(NamedTuple):
    """A half-open range of code-point offsets; an empty one stands between two characters."""

    start: int
    end: int

    def touches(self, other: "Span") -> bool:
        """Whether the two overlap or meet at an end."""
        return self.start <= other.end and other.start <= self.end

    def shifted(self, offset: int) -> "Span":
        """The same place, seen from a text that begins `offset` code points earlier."""
        return Span(self.start + offset, self.end + offset)


class Edit(NamedTuple):
    """A replacement of a span; an empty span inserts, an empty text deletes."""

    span: Span
    text: str

    def shifted(self, offset: int) -> "Edit":
        """The same edit, seen from a text that begins `offset` code points earlier."""
        return Edit(self.span.shifted(offset), self.text)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that all speak of the same `text`.

    Raises ValueError where two of them overlap or a span lies outside of the text. Inserts at
    one offset keep their order.
    """
    parts: list[str] = []
    done = 0
    for span, new in sorted(edits, key=lambda edit: edit.span):
        if span.start < done or span.end < span.start or span.end > len(text):
            raise ValueError(f"edit at {span.start}:{span.end} overlaps another or leaves the text")
        parts += (text[done : span.start], new)
        done = span.end
    parts.append(text[done:])
    return "".join(parts)


def common_ends(
    one: Sequence[T], other: Sequence[T], same: Callable[[T, T], bool] = eq
) -> tuple[int, int]:
    """How many items both have in common at the beginning, and at the end of what is left.

    Lines, units and results of an edited text are compared in this way: an edit changes few.
    """

    def common(one: Iterable[T], other: Iterable[T]) -> int:
        return len(list(takewhile(bool, map(same, one, other))))

    before = common(one, other)
    return before, common(reversed(one[before:]), reversed(other[before:]))


def line_starts(text: str) -> list[int]:
    r"""The offset at which each line begins, in the protocol's line model.

    Lines end at `\n`, `\r\n` or a lone `\r`, and nowhere else: not at form feed, NEL or U+2028,
    where `str.splitlines` also cuts.
    """
    if text.count("\r") == text.count("\r\n"):
        # Nearly always: and no step of Python for each line.
        lines = text.split("\n")[:-1]
        return [0, *accumulate(map(add, map(len, lines), repeat(1)))]
    starts = [0]
    position, length = 0, len(text)
    while position < length:
        character = text[position]
        position += 1
        if character == "\r" and position < length and text[position] == "\n":
            position += 1
        if character in "\r\n":
            starts.append(position)
    return starts


def line_breaks(text: str) -> int:
    r"""How many lines of a text have an end: one fewer than `line_starts` finds."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


_MOST_LINES: Final = 128
"""The longest that most lines are: the window in which their breaks are looked for first."""


def line_start(text: str, offset: int) -> int:
    """The offset at which the line that holds `offset` begins."""
    near = offset - _MOST_LINES
    newline = text.rfind("\n", near if near > 0 else 0, offset)
    if newline >= 0 and text.find("\r", newline, offset) < 0:
        # Nearly always, and a third of the time of the loop below.
        return newline + 1
    stop, width = offset, _MOST_LINES
    while stop > 0:
        # All of a text whose lines end otherwise would be searched for one of the two.
        start = max(stop - width, 0)
        newline = text.rfind("\n", start, stop)
        carriage_return = text.rfind("\r", max(newline, start), stop)
        if newline >= 0 or carriage_return >= 0:
            return max(newline, carriage_return) + 1
        stop, width = start, 2 * width
    return 0


def line_end(text: str, offset: int) -> int:
    """The offset of the line end at or after `offset`, before its break; the text's end if none."""
    start, width, length = offset, _MOST_LINES, len(text)
    while start < length:
        stop = start + width
        newline = text.find("\n", start, stop)
        carriage_return = text.find("\r", start, stop if newline < 0 else newline)
        if carriage_return >= 0:
            return carriage_return
        if newline >= 0:
            return newline
        start, width = stop, 2 * width
    return length


@lru_cache(maxsize=1)
def has_hidden_breaks(text: str) -> bool:
    """Whether a line of a text is several lines for YAML 1.1; all its findings ask in a row."""
    return not text.isascii() and any(character in text for character in HIDDEN_BREAKS)


@lru_cache(maxsize=1)
def may_hold_comments(text: str) -> bool:
    """Whether a text has the sign of a comment anywhere; all its findings ask in a row."""
    return "#" in text


def hides_break(text: str, span: Span) -> bool:
    """Whether a line that a span touches is several lines for YAML 1.1."""
    lines = text[line_start(text, span.start) : line_end(text, span.end)]
    return has_hidden_breaks(lines)


def first_line(text: str, span: Span) -> Span:
    """What a span covers of the line that it begins in."""
    return Span(span.start, min(span.end, line_end(text, span.start)))


def next_line(text: str, offset: int) -> int:
    """Where the line below an offset begins; behind the end of the text if there is none."""
    end = line_end(text, offset)
    return end + (2 if text.startswith("\r\n", end) else 1)


def end_above(text: str, line: int) -> int:
    """Where the line ends, before its break, that is above one that begins at an offset.

    The offset is not that of the first line.
    """
    return line - (2 if text.startswith("\r\n", line - 2) else 1)


def line_above(text: str, line: int) -> int | None:
    """Where the line begins that is above one that begins at an offset; None for the first line."""
    return line_start(text, end_above(text, line)) if line > 0 else None


def newline_of(text: str) -> str:
    r"""The line break that the text uses first: `\n`, `\r\n` or `\r`; `\n` where it has none."""
    end = line_end(text, 0)
    return text[end : end + 2] if text.startswith("\r\n", end) else text[end : end + 1] or "\n"


def code_units(text: str, encoding: Encoding) -> int:
    """The length of `text` in code units of `encoding`."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def code_points(text: str, units: int, encoding: Encoding) -> int:
    """How many code points of `text` the first `units` code units cover.

    Past the end it is the whole length; inside of a character, the character is left out.
    """
    if encoding == "utf-32" or text.isascii():
        return min(units, len(text))
    covered = 0
    for index, character in enumerate(text):
        covered += code_units(character, encoding)
        if covered > units:
            return index
    return len(text)


def is_one_edit_away(name: str, other: str) -> bool:
    """Whether one letter was added, left out or changed, or two neighbours changed places.

    Capitals make no difference.
    """
    name, other = name.lower(), other.lower()
    if abs(len(name) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    name, other = name[start:], other[start:]
    return (
        name[1:] == other[1:]
        or name[1:] == other
        or name == other[1:]
        or (name[1:2] + name[:1] + name[2:] == other and len(name) > 1)
    )
