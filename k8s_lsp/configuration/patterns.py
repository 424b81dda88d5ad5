"""Patterns in the syntax of .gitignore, and which files they mean: what git's own matcher says.

The measure is `wildmatch.c` and `dir.c` of git, which a test asks about random patterns. Unlike
there, no pattern takes longer than about the product of its length and that of the path, so that
no settings file can keep a process from its work.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import PurePath
from typing import NamedTuple

PATTERN_LENGTH = 4096
"""The longest pattern, in bytes: a path of Linux has no more (PATH_MAX)."""

MOST_PATTERNS = 10_000
"""The most patterns of one source, because each file is compared with all of them.

One with wildcards counts for as many more as it has bytes divided by five: Python takes up to 50 µs
a byte to compile it.
"""

_WILDCARD = re.compile(r"[*?\[\\]")
_STARS = re.compile(r"\*+")
_BYTES = [chr(code) for code in range(1, 256)]
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": " \t".__contains__,
    "cntrl": lambda char: not char.isprintable(),
    "digit": str.isdigit,
    "graph": lambda char: char.isprintable() and char != " ",
    "lower": str.islower,
    "print": str.isprintable,
    "punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
    "space": " \t\n\r".__contains__,
    "upper": str.isupper,
    "xdigit": "0123456789abcdefABCDEF".__contains__,
}


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


class _MalformedPattern(ValueError):
    """A pattern that can mean nothing."""


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
    except _MalformedPattern:
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
    """What a line says; None where it is blank or a comment. Raises _MalformedPattern."""
    text = _without_trailing_spaces(line)
    if not text or text.startswith("#"):
        return None
    is_negative = text.startswith("!")
    text = text[is_negative:]
    folders_only = text.endswith("/")
    text = text[: len(text) - folders_only]
    if not text or len(text) > PATTERN_LENGTH:
        raise _MalformedPattern
    by_name = "/" not in text
    text = text.removeprefix("/")
    wildcard = _WILDCARD.search(text)
    means = text.__eq__ if wildcard is None else _matcher(text, wildcard.start(), by_name)
    weight = 1 if wildcard is None else 1 + len(text) / 5
    return Pattern(not is_negative, folders_only, by_name, weight, means)


def _without_trailing_spaces(line: str) -> str:
    """The line without the spaces at its end; a backslash keeps the one behind it."""
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return line[: len(text) + 1] if backslashes % 2 else text


def _matcher(glob: str, start: int, by_name: bool) -> Callable[[str], object]:
    """Tells of a path or name whether a pattern means it; `start` is where its wildcards begin.

    Raises _MalformedPattern.
    """
    if by_name and glob.startswith("*") and _WILDCARD.search(glob, 1) is None:
        suffix = glob[1:]
        return lambda name: name.endswith(suffix)
    # What git compares first, it takes away: `**` behind it then stands at the beginning.
    regex = re.escape(glob[:start]) + _regex(glob[start:])
    # Most patterns are only looked at, to see whether they are in order.
    compiled = lru_cache(maxsize=1)(lambda: re.compile(regex, re.DOTALL).fullmatch)
    return lambda path: compiled()(path)


class _Span(NamedTuple):
    """A part of a pattern: what crosses folders before it, and its pieces; `*` parts them."""

    crossing: str
    pieces: list[str]


def _regex(glob: str) -> str:
    """A regular expression that never comes back to a wildcard behind which another one stands.

    A piece between two `*` is taken where it first occurs, which leaves most to the next. Between
    two `**` the same is right, because a span there always covers the same number of folders.
    """
    text = ""
    groups = 0
    *before, last = _spans(glob)
    for span in before:
        part = _span_regex(span, groups)
        groups += len(span.pieces)
        text += _once(part, groups) if span.crossing else part
        groups += 1
    return text + _span_regex(last, groups)


def _span_regex(span: _Span, groups: int) -> str:
    first, *rest = span.pieces
    text = span.crossing + first
    for number, piece in enumerate(rest, start=groups):
        part = "[^/]*?" + piece
        text += part if number == groups + len(rest) - 1 else _once(part, number)
    return text


def _once(part: str, number: int) -> str:
    """What a part matches first, and nothing else: `re` has atomic groups from Python 3.11 on."""
    return f"(?=(?P<g{number}>{part}))(?P=g{number})"


def _spans(glob: str) -> list[_Span]:
    """The parts of a pattern between its `**`; raises _MalformedPattern."""
    spans = [_Span("", [""])]
    at = 0
    while at < len(glob):
        stars = _STARS.match(glob, at)
        if stars is None:
            part, at = _single(glob, at)
            spans[-1].pieces[-1] += part
            continue
        end = stars.end()
        is_whole_name = (at == 0 or glob[at - 1] == "/") and (
            end == len(glob) or glob.startswith(("/", "\\/"), end)
        )
        if end - at == 1 or not is_whole_name:
            spans[-1].pieces.append("")
        elif glob.startswith("/", end):
            spans.append(_Span("(?:.*?/)??", [""]))
            end += 1
        else:
            spans.append(_Span(".*?", [""]))
        at = end
    return spans


def _single(glob: str, at: int) -> tuple[str, int]:
    """A regular expression for the one byte that is meant at an index, and where that ends."""
    if glob[at] == "?":
        return "[^/]", at + 1
    if glob[at] == "[":
        end, members = _bracket(glob, at + 1)
        return _byte_class(members), end
    if glob[at] == "\\":
        at += 1
        if at == len(glob):
            raise _MalformedPattern
    return re.escape(glob[at]), at + 1


def _bracket(glob: str, at: int) -> tuple[int, frozenset[str]]:
    """Where a bracket ends that began before an index, and the bytes that it means."""
    is_negated = glob.startswith(("!", "^"), at)
    at += is_negated
    first, members, previous = at, set[str](), ""
    while at == first or not glob.startswith("]", at):
        if glob.startswith("[:", at) and (end := glob.find("]", at + 2)) > at + 2:
            name = glob[at + 2 : end - 1]
            if glob[end - 1] == ":":
                if name not in _CLASSES:
                    raise _MalformedPattern
                members.update(char for char in _BYTES[:127] if _CLASSES[name](char))
                previous, at = "", end + 1
                continue
        is_range = previous and glob.startswith("-", at) and glob[at + 1 : at + 2] not in ("", "]")
        at += bool(is_range)
        at += glob.startswith("\\", at)
        if at >= len(glob):
            raise _MalformedPattern
        char = glob[at]
        at += 1
        if is_range:
            members.update(_BYTES[ord(previous) - 1 : ord(char)])
            previous = ""
        else:
            members.add(char)
            previous = char
    return at + 1, frozenset(_BYTES).difference(members) if is_negated else frozenset(members)


@lru_cache(maxsize=256)
def _byte_class(members: frozenset[str]) -> str:
    """A regular expression for one of some bytes; `/` ends a name, whatever a bracket says."""
    codes = sorted(ord(char) for char in members if char != "/")
    if not codes:
        return "(?!)"
    runs = groupby(enumerate(codes), lambda numbered: numbered[1] - numbered[0])
    bounds = ((run[0][1], run[-1][1]) for run in (list(run) for _, run in runs))
    return "[" + "".join(f"\\x{low:02x}-\\x{high:02x}" for low, high in bounds) + "]"
