"""Patterns in the syntax of .gitignore, and which files they mean: what git's own matcher says.

The measure is `wildmatch.c` and `dir.c` of git, which a test asks about random patterns. Unlike
there, no pattern takes longer than about the product of its length and that of the path, so that
no settings file can keep a process from its work: `wildcards` sees to that.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

PATTERN_LENGTH = 4096
"""The longest pattern, in bytes: a path of Linux has no more (PATH_MAX)."""

MOST_PATTERNS = 10_000
"""The most patterns of one source, because each file is compared with all of them.

One with wildcards counts for as many more as it has bytes divided by five: Python takes up to 50 µs
a byte to compile it.
"""

WILDCARDS = ("*", "?", "[", "\\")
"""What makes of a pattern more than the name that it is."""


class Pattern(NamedTuple):
    """One line: what it means is left out, or, where it began with `!`, is taken back in.

    `means` is asked about the name of a file or folder, or, unless `by_name`, about its path.
    `weight` is for how many it counts.
    """

    leaves_out: bool
    folders_only: bool
    by_name: bool
    weight: float
    means: Callable[[str], object]


Patterns = tuple[Pattern, ...]
"""The patterns of one source, in its order: the last that means a path decides about it."""


def parse_patterns(lines: Iterable[str]) -> Patterns | None:
    """Patterns as git reads them; None where they are more than the limits allow.

    None too where one of them is malformed: git would pass it over, for it can mean nothing.
    """
    patterns: list[Pattern] = []
    total = 0.0
    try:
        for line in lines:
            pattern = _parse(_bytewise(line))
            if pattern is not None:
                patterns.append(pattern)
                total += pattern.weight
            if total > MOST_PATTERNS:
                return None
    except ValueError:
        return None
    return tuple(patterns)


def verdict(patterns: Patterns, path: str, *, is_folder: bool = False) -> bool | None:
    """Whether a path is left out, whatever holds for the folders above it; None: nothing is said.

    The path is relative to the folder that the patterns speak of, joined with `/`.
    """
    path = _bytewise(path)
    name = path[path.rfind("/") + 1 :]
    for is_out, folders_only, by_name, _, means in reversed(patterns):
        if (is_folder or not folders_only) and means(name if by_name else path):
            return is_out
    return None


def leaves_out(patterns: Patterns, path: str, *, is_folder: bool = False) -> bool:
    """Whether a path is left out, by itself or because a folder above it is."""
    ends = [at for at, char in enumerate(path) if char == "/"]
    for end in (*ends, len(path)):
        place = path[:end]
        # No pattern means the folder that it speaks of, or one above that.
        if place.rpartition("/")[2] in (".", ".."):
            continue
        if verdict(patterns, place, is_folder=is_folder or end < len(path)):
            return True
    return False


def matches(folder: PurePath, patterns: Patterns, path: PurePath, is_folder: bool = False) -> bool:
    """Whether a path below the folder is left out."""
    try:
        inside = path.relative_to(folder).as_posix()
    except ValueError:
        return False
    return leaves_out(patterns, inside, is_folder=is_folder)


def _bytewise(text: str) -> str:
    """The text with a character for each byte of its UTF-8: git compares bytes."""
    if text.isascii():
        return text
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # It is half a character in the JSON of an editor, or in a name on Windows.
        data = text.encode("utf-8", "surrogatepass")
    return data.decode("latin-1")


def _parse(line: str) -> Pattern | None:
    """What a line says; None where it is blank or a comment. Raises ValueError."""
    text = _without_trailing_spaces(line)
    if not text or text.startswith("#"):
        return None
    is_negative = text.startswith("!")
    text = text[is_negative:]
    folders_only = text.endswith("/")
    text = text[: len(text) - folders_only]
    if not text or len(text) > PATTERN_LENGTH:
        raise ValueError(line)
    by_name = "/" not in text
    text = text.removeprefix("/")
    means: Callable[[str], object]
    if not _has_wildcards(text):
        means, weight = text.__eq__, 1.0
    else:
        weight = 1 + len(text) / 5
        if by_name and text.startswith("*") and not _has_wildcards(text[1:]):
            means = partial(_ends_with, text[1:])
        else:
            # Most runs need no such patterns.
            from k8s_lsp.configuration.wildcards import matcher

            means = matcher(text)
    return Pattern(not is_negative, folders_only, by_name, weight, means)


def _has_wildcards(text: str) -> bool:
    return any(wildcard in text for wildcard in WILDCARDS)


def _ends_with(suffix: str, name: str) -> bool:
    return name.endswith(suffix)


def _without_trailing_spaces(line: str) -> str:
    """The line without the spaces at its end; a backslash keeps the one behind it."""
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return line[: len(text) + 1] if backslashes % 2 else text
