"""Which files git leaves out, by the `.gitignore` of their folder and of those above it."""

import codecs
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from k8s_lsp.configuration.patterns import MOST_PATTERNS, Pattern, Patterns, parse_patterns, verdict
from k8s_lsp.files.errors import FileError, MissingFile
from k8s_lsp.files.paths import folders_to, inside, repository_of
from k8s_lsp.files.reading import read_regular_bytes

GITIGNORE = ".gitignore"

BYTES_LIMIT = 1_000_000
"""The longest .gitignore that is read."""


class IgnoreFile(NamedTuple):
    """The patterns of one .gitignore, and the folder that they speak of."""

    folder: str
    patterns: Patterns


Ignores = tuple[IgnoreFile, ...]
"""All that hold for a folder, the outermost first."""


def read_ignores(folder: str) -> Ignores:
    """The patterns of a folder's own .gitignore, without the lines that git would pass over.

    Raises FileError where there is one that is not read.
    """
    try:
        data = read_regular_bytes(Path(folder, GITIGNORE), BYTES_LIMIT, follow_link=False)
    except MissingFile:
        return ()
    patterns: list[Pattern] = []
    for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        line = line.removesuffix(b"\r").partition(b"\0")[0]
        patterns += parse_patterns([line.decode("utf-8", "surrogateescape")]) or ()
    if sum(pattern.weight for pattern in patterns) > MOST_PATTERNS:
        raise FileError("holds more or longer patterns than can be compared with each file")
    return (IgnoreFile(folder, tuple(patterns)),) if patterns else ()


def ignores_above(top: str, read_ignores: Callable[[str], Ignores] = read_ignores) -> Ignores:
    """The patterns that hold for a folder from above, as far up as its git repository reaches.

    None where they exclude the folder itself: a user who names it wants it to be read.
    """
    root = repository_of(top)
    if root is None:
        return ()
    ignores: Ignores = ()
    for folder in folders_to(root, top):
        if is_ignored(folder, ignores, is_folder=True):
            return ()
        if folder != top:
            ignores = (*ignores, *read_ignores(folder))
    return ignores


def is_ignored(place: str, ignores: Sequence[IgnoreFile], *, is_folder: bool = False) -> bool:
    """Whether the nearest .gitignore that speaks of a file or folder below it excludes it."""
    for ignore in reversed(ignores):
        name = inside(ignore.folder, place)
        is_out = verdict(ignore.patterns, name, is_folder=is_folder)
        if is_out is not None:
            return is_out
    return False
