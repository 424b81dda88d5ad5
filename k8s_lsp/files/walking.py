"""Which files are read: those that are named, and the manifests of folders."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from k8s_lsp.configuration.patterns import ignore_spec
from k8s_lsp.configuration.schema import FILE_NAME
from k8s_lsp.configuration.stack import SettingsStack
from k8s_lsp.files.errors import ReadError, reason_of
from k8s_lsp.files.gitignore import GITIGNORE, Ignores, ignores_above, is_ignored, read_ignores
from k8s_lsp.files.paths import from_here
from k8s_lsp.files.reading import Source

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".yaml", ".yml", ".json")
"""What is read of a folder."""


class FoundFile(NamedTuple):
    """A file to read, its real folder, and what was chosen for the files there."""

    source: Source
    folder: str
    layers: SettingsStack


class _Selection(NamedTuple):
    """What is left out of folders; each function is asked by the folder that it speaks of."""

    excluded: "GitIgnoreSpec | None"
    use_gitignore: bool
    read_ignores: Callable[[Path], Ignores]
    layers_of: Callable[[str], SettingsStack]


class _Folder(NamedTuple):
    """A folder that is still to be listed, and what holds there.

    `shown` comes before the names of what it holds.
    """

    place: str
    shown: str
    layers: SettingsStack
    ignores: Ignores


def find_files(
    paths: Sequence[str],
    *,
    exclude: Sequence[str],
    use_gitignore: bool,
    stdin_name: str,
    layers_of: Callable[[str], SettingsStack],
) -> tuple[list[FoundFile], list[ReadError]]:
    """The files that the paths name or hold, each once, by their names in the output.

    `-` is standard input. Also returns what cannot be found or listed, with the reason.
    """
    found: dict[str, FoundFile] = {}
    missing: list[ReadError] = []
    excluded = ignore_spec(exclude) if exclude else None
    selection = _Selection(excluded, use_gitignore, cache(read_ignores), layers_of)
    for path in paths:
        shown = path.replace(os.sep, "/")
        if path == "-":
            folder = os.path.realpath(os.path.dirname(stdin_name))
            found.setdefault("-", FoundFile(Source(stdin_name, None), folder, layers_of(folder)))
        elif path and os.path.isdir(path):
            for real, file in _in_folder(shown, path, selection, missing):
                found.setdefault(real, file)
        elif path and _exists(Path(path)):
            folder = os.path.realpath(os.path.dirname(path))
            file = FoundFile(Source(shown, path), folder, layers_of(folder))
            found.setdefault(os.path.realpath(path), file)
        else:
            missing.append(ReadError(shown, "no such file or folder"))
    return sorted(found.values(), key=lambda file: file.source.path), missing


def _exists(place: Path) -> bool:
    """Whether something is there, even if it may not be looked at: reading it will tell."""
    try:
        return place.exists()
    except OSError:
        return True


def _in_folder(
    shown: str, place: str, selection: _Selection, missing: list[ReadError]
) -> Iterator[tuple[str, FoundFile]]:
    """The manifests of a folder, each with the real path of the file behind it."""
    top = os.path.realpath(place)
    above = ignores_above(Path(top), selection.read_ignores) if selection.use_gitignore else ()
    prefix = "" if shown.rstrip("/") == "." else shown.rstrip("/") + "/"
    waiting = [_Folder(top, prefix, SettingsStack(), above)]
    # There may be thousands of files, and most folders leave out nothing: paths stay texts.
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder.place) as listing:
                entries = list(listing)
        except OSError as error:
            missing.append(ReadError(folder.shown.rstrip("/") or shown, reason_of(error)))
            continue
        folders = [entry for entry in entries if _is_walked(entry)]
        manifests = [entry for entry in entries if _is_manifest(entry)]
        # What is wrong with a configuration is of interest where it holds for anything.
        if not folders and not manifests:
            continue
        names = {entry.name for entry in entries}
        folder = _with_own_choices(folder, names, selection, is_top=folder.place == top)
        leaves_out = _leaves_out(folder, selection)
        for entry in folders:
            if leaves_out is None or not leaves_out(entry, True):
                inside = f"{folder.shown}{entry.name}/"
                waiting.append(folder._replace(place=entry.path, shown=inside))
        for entry in manifests:
            if leaves_out is None or not leaves_out(entry, False):
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                source = Source(folder.shown + entry.name, entry.path)
                yield real, FoundFile(source, folder.place, folder.layers)


def _with_own_choices(
    folder: _Folder, names: set[str], selection: _Selection, *, is_top: bool
) -> _Folder:
    """The folder with what its own files, whose names are given, add to what holds above it."""
    if selection.use_gitignore and GITIGNORE in names:
        own = selection.read_ignores(Path(folder.place))
        folder = folder._replace(ignores=(*folder.ignores, *own))
    # What holds above holds here, unless something here may say otherwise.
    if is_top or not names.isdisjoint((FILE_NAME, ".git")):
        folder = folder._replace(layers=selection.layers_of(folder.place))
    return folder


def _leaves_out(
    folder: _Folder, selection: _Selection
) -> "Callable[[os.DirEntry[str], bool], bool] | None":
    """Tells of an entry, and whether that is a folder, if it is left out; None: nothing is."""
    excluded = selection.excluded
    if not folder.ignores and excluded is None and not folder.layers.excludes_some:
        return None

    def is_left_out(entry: "os.DirEntry[str]", is_folder: bool) -> bool:
        if excluded is not None:
            name = from_here(folder.shown + entry.name)
            if excluded.check_file(name + "/" * is_folder).include:
                return True
        place = Path(entry.path)
        return folder.layers.excludes(place, is_folder=is_folder) or is_ignored(
            place, folder.ignores, is_folder=is_folder
        )

    return is_left_out


def _is_walked(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder to look into; no link is followed to one."""
    if entry.name.startswith(".") or entry.name == "node_modules":
        return False
    return entry.is_dir(follow_symlinks=False)


def _is_manifest(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a file to read; a link may be followed to one.

    A dangling link holds no manifest, and a named pipe would wait for ever.
    """
    if entry.name == FILE_NAME or not entry.name.lower().endswith(SUFFIXES):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False
