"""Texts of others in Markdown of this project: they are shown as they are, and mark up nothing.

What a manifest says can be meant to deceive who reads a hover: an image that is fetched, a link, a
piece of HTML. Whatever comes from a text goes through one of these two functions.
"""

import re

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
