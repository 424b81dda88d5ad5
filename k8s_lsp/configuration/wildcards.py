"""From a pattern with wildcards to a regular expression that works in linear time."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

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


def matcher(glob: str) -> Callable[[str], object]:
    """Tells of a path whether a pattern with wildcards means it; raises ValueError."""
    # What git compares first, it takes away: `**` behind it then stands at the beginning.
    start = _WILDCARD.search(glob)
    literal = glob if start is None else glob[: start.start()]
    regex = re.escape(literal) + _regex(glob[len(literal) :])
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
    """The parts of a pattern between its `**`; raises ValueError."""
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
            raise ValueError(glob)
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
                    raise ValueError(glob)
                members.update(char for char in _BYTES[:127] if _CLASSES[name](char))
                previous, at = "", end + 1
                continue
        is_range = previous and glob.startswith("-", at) and glob[at + 1 : at + 2] not in ("", "]")
        at += bool(is_range)
        at += glob.startswith("\\", at)
        if at >= len(glob):
            raise ValueError(glob)
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
