"""Texts of others in Markdown of this project: they are shown as they are, and mark up nothing.

What a manifest says can be meant to deceive who reads a hover: an image that is fetched, a link, a
piece of HTML. Whatever comes from a text goes through one of these two functions.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
"""Spaces, line breaks of every kind, and what has no shape."""

_MARK = re.compile(
    r"[\\`*\[\]<|~@]"
    # In the middle of a word it is a letter, and names of constants have many.
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    # A character that is written as `&lt;` or `&#60;`.
    r"|&(?=[#A-Za-z])"
    # What is made a link though nothing marks it (GitHub Flavored Markdown, extended autolinks).
    r"|:(?=//)|(?<=www)\.",
    re.IGNORECASE,
)

_TICKS = re.compile("`+")


def literal(text: str) -> str:
    """A text in the middle of a line, where it reads as it is."""
    return _MARK.sub(r"\\\g<0>", _in_one_line(text))


def code(value: str) -> str:
    """A value as code, whatever it contains; an empty one as a pair of quotes."""
    line = _in_one_line(value) or '""'
    fence = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    # The first and the last space belong to the fence, and set ticks apart from it.
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def _in_one_line(text: str) -> str:
    """A text without what could end its paragraph."""
    return _INVISIBLE.sub(" ", text).strip()


BREAK: Final = "  \n"
"""Ends a line within a paragraph."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, as GitHub and most editors know it; its columns stand in line where none does."""
    lines = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(3, *(len(shown(cell)) for cell in column)) for column in zip(*lines, strict=True)]
    lines.insert(1, [":" + "-" * (width - 1) for width in widths])
    return "\n".join(f"| {' | '.join(map(_padded, line, widths))} |" for line in lines)


def is_table(text: str) -> bool:
    """Whether a text is a table."""
    return text.startswith("| ")


def _cell(text: str) -> str:
    """A text within a cell, which a bar ends even in code."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\|", text)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - len(shown(cell)))


_LINK = re.compile(r"\[([^][]+)\]\([^)]+\)")


def shown(text: str) -> str:
    """A line of this project's Markdown about as long as it is shown: without marks and targets."""
    return re.sub(r"\*\*|`|\\(?=[!-/:-@[-`{-~])", "", _LINK.sub(r"\1", text))


_DELIMITERS = re.compile(r"\|[-:| ]*\|")
"""The line below the header of a table."""

LINE_LENGTH: Final = 100
"""How many characters a line of a hover has in the window of an editor, at its first width."""


def height(text: str) -> int:
    """How many lines a text takes in a hover of LINE_LENGTH; empty ones count for nothing."""
    return sum(_height_of_line(line) for line in text.split("\n"))


def _height_of_line(line: str) -> int:
    if not line.strip() or line.startswith("```") or _DELIMITERS.fullmatch(line):
        return 0
    return max(1, -(-len(shown(line.rstrip())) // LINE_LENGTH))
