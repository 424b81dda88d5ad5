"""Two texts of a file as a unified diff that `patch -p0` and `git apply -p0` read."""

import posixpath
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 3
"""Unchanged lines around a change."""


def unified_diff(path: str, before: str, after: str) -> str:
    r"""The change of one file; empty where there is none.

    Lines end at `\n` alone, as for both programs, so that a carriage return is a part of its line
    and survives.
    """
    if before == after:
        return ""
    old, new = _lines(before), _lines(after)
    name = _name(path)
    parts = [f"--- {name}\n+++ {name}\n"]
    for hunk in _hunks(_changes(old, new)):
        first, last = hunk[0], hunk[-1]
        # Both programs take a hunk with less context behind it for the end of the file.
        start = max(first.old_start - CONTEXT, 0)
        end = min(last.old_end + CONTEXT, len(old))
        old_range = _range(start, end)
        new_range = _range(
            start + first.new_start - first.old_start, end + last.new_end - last.old_end
        )
        parts.append(f"@@ -{old_range} +{new_range} @@\n")
        for change in hunk:
            parts += _marked(" ", old[start : change.old_start])
            parts += _marked("-", old[change.old_start : change.old_end])
            parts += _marked("+", new[change.new_start : change.new_end])
            start = change.old_end
        parts += _marked(" ", old[start:end])
    return "".join(parts)


class _Change(NamedTuple):
    """Lines of the one text, and what stands for them in the other."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def _changes(old: list[str], new: list[str]) -> list[_Change]:
    # What is the same at both ends needs no search: a fix touches few lines of a large file.
    whole = _narrowed(old, new, _Change(0, len(old), 0, len(new)))
    matcher = SequenceMatcher(
        None, old[whole.old_start : whole.old_end], new[whole.new_start : whole.new_end]
    )
    found = (
        _Change(
            whole.old_start + old_start,
            whole.old_start + old_end,
            whole.new_start + new_start,
            whole.new_start + new_end,
        )
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    )
    # The matcher does not search for lines that occur often, such as `spec:`.
    return [_narrowed(old, new, change) for change in found]


def _narrowed(old: list[str], new: list[str], change: _Change) -> _Change:
    """The change without the lines that are the same at its ends."""
    old_start, old_end, new_start, new_end = change
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return _Change(old_start, old_end, new_start, new_end)


def _hunks(changes: list[_Change]) -> Iterator[list[_Change]]:
    """The changes, together where their contexts meet."""
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.old_start - hunk[-1].old_end > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _range(start: int, end: int) -> str:
    """Lines as a hunk's header counts them; an empty range names the line before it."""
    count = end - start
    return f"{start + 1 if count else start}" + ("" if count == 1 else f",{count}")


def _marked(sign: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield (
            sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
        )


def _name(path: str) -> str:
    """The path as both programs take it: git knows no `./`, and a tab ends a name with spaces."""
    name = posixpath.normpath(path)
    if any(character < " " or character in '"\\\x7f' for character in name):
        escaped = "".join(
            f"\\{ord(character):03o}" if character < " " or character in '"\\\x7f' else character
            for character in name
        )
        return f'"{escaped}"'
    return f"{name}\t" if " " in name else name
