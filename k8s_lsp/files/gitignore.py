"""Which files git leaves out, by the `.gitignore` of their folder and of those above it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from k8s_lsp.configuration.patterns import ignore_spec
from k8s_lsp.files.paths import is_repository

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

GITIGNORE = ".gitignore"


class IgnoreFile(NamedTuple):
    """The patterns of one .gitignore, and the folder that they speak of."""

    folder: Path
    spec: "GitIgnoreSpec"


Ignores = tuple[IgnoreFile, ...]
"""All that hold for a folder, the outermost first."""


def read_ignores(folder: Path) -> Ignores:
    """The patterns of a folder's own .gitignore, without the lines that git would not read."""
    try:
        data = (folder / GITIGNORE).read_bytes()
    except OSError:
        return ()
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    spec = ignore_spec(lines) or ignore_spec(line for line in lines if ignore_spec([line]))
    return () if spec is None else (IgnoreFile(folder, spec),)


def ignores_above(top: Path, read_ignores: Callable[[Path], Ignores] = read_ignores) -> Ignores:
    """The patterns that hold for a folder from above, as far up as its git repository reaches.

    None where they exclude the folder itself: a user who names it wants it to be read.
    """
    chain = [top]
    while not is_repository(chain[-1]):
        if chain[-1] == chain[-1].parent:
            return ()
        chain.append(chain[-1].parent)
    ignores: Ignores = ()
    for folder in reversed(chain):
        if is_ignored(folder, ignores, is_folder=True):
            return ()
        if folder != top:
            ignores = (*ignores, *read_ignores(folder))
    return ignores


def is_ignored(place: Path, ignores: Sequence[IgnoreFile], *, is_folder: bool = False) -> bool:
    """Whether the did_you_mean .gitignore that speaks of a file or folder below it excludes it."""
    for ignore in reversed(ignores):
        name = place.relative_to(ignore.folder).as_posix()
        verdict = ignore.spec.check_file(name + "/" * is_folder)
        if verdict.include is not None:
            return verdict.include
    return False
