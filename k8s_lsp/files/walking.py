"""Which files are read: those that are named, and the manifests of folders."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.configuration.patterns import leaves_out, parse_patterns, verdict
from k8s_lsp.configuration.stack import SettingsStack
from k8s_lsp.files.errors import FileError, ReadError, reason_of
from k8s_lsp.files.gitignore import GITIGNORE, Ignores, ignores_above, is_ignored, read_ignores
from k8s_lsp.files.paths import SUFFIXES, from_here, inside, repository_of
from k8s_lsp.files.reading import Source

if TYPE_CHECKING:
    from k8s_lsp.files.git_index import Tracked

LOOKED_THROUGH = 10_000
"""How many entries of folders that are left out are looked through for manifests to count."""

Reason = Literal[".gitignore", "exclude", "no regular file"]
"""Why a manifest of a folder is left out."""


class FoundFile(NamedTuple):
    """A file to read, its real folder, and what was chosen for the files there."""

    source: Source
    folder: str
    layers: SettingsStack


class LeftOut(NamedTuple):
    """A manifest of a folder that is not read, by its name in the output, and the reason."""

    path: str
    reason: Reason


class FoundFiles(NamedTuple):
    """The files that some paths name or hold, each once, and what is to be said of the others.

    `errors` are what cannot be found or listed, and `warnings` what git says that cannot be read.
    `left_out` are manifests of folders, all of them where `all_counted`.
    """

    files: list[FoundFile]
    errors: list[ReadError]
    warnings: list[ReadError]
    left_out: list[LeftOut]
    all_counted: bool


class _Folder(NamedTuple):
    """A folder that is still to be listed, and what holds there.

    `shown` comes before the names of what it holds. `root` is that of its git repository, and
    `only_tracked` says that a .gitignore excludes the folder, but for what git tracks in it.
    """

    place: str
    shown: str
    layers: SettingsStack
    ignores: Ignores
    root: str | None
    only_tracked: bool = False


def find_files(
    paths: Sequence[str],
    *,
    exclude: Sequence[str],
    use_gitignore: bool,
    stdin_name: str,
    layers_of: Callable[[str], SettingsStack],
    looked_through: int | None = LOOKED_THROUGH,
) -> FoundFiles:
    """The files that the paths name or hold, each once, by their names in the output.

    `-` is standard input. Where `looked_through` is None, all that is left out is counted.
    """
    found: dict[str, FoundFile] = {}
    walk = _Walk(exclude, use_gitignore, layers_of, looked_through)
    for path in paths:
        shown = path.replace(os.sep, "/")
        if path == "-":
            folder = os.path.realpath(os.path.dirname(stdin_name))
            found.setdefault("-", FoundFile(Source(stdin_name, None), folder, layers_of(folder)))
        elif path and os.path.isdir(path):
            for real, file in walk.files_in(shown, path):
                found.setdefault(real, file)
        elif path and _exists(Path(path)):
            folder = os.path.realpath(os.path.dirname(path))
            file = FoundFile(Source(shown, path), folder, layers_of(folder))
            found.setdefault(os.path.realpath(path), file)
        else:
            walk.errors.append(ReadError(shown, "no such file or folder"))
    return FoundFiles(
        sorted(found.values(), key=lambda file: file.source.path),
        walk.errors,
        walk.warnings,
        sorted(left for place, left in walk.left_out.items() if place not in found),
        walk.all_counted,
    )


def _exists(place: Path) -> bool:
    """Whether something is there, even if it may not be looked at: reading it will tell."""
    try:
        return place.exists()
    except OSError:
        return True


class _Walk:
    """One run through folders: what is left out of them, and what there is to say about it."""

    def __init__(
        self,
        exclude: Sequence[str],
        use_gitignore: bool,
        layers_of: Callable[[str], SettingsStack],
        looked_through: int | None,
    ) -> None:
        self.errors: list[ReadError] = []
        self.warnings: list[ReadError] = []
        self.left_out: dict[str, LeftOut] = {}
        self.all_counted = True
        self._excluded = parse_patterns(exclude) or ()
        self._use_gitignore = use_gitignore
        self._layers_of = layers_of
        self._budget = float("inf") if looked_through is None else looked_through
        # Folders that are named may lie in each other, and below the same others.
        self._ignores_of = cache(self._read_ignores)
        self._tracked_in = cache(self._read_tracked)

    def files_in(self, shown: str, place: str) -> Iterator[tuple[str, FoundFile]]:
        """The manifests of a folder, each with the real path of the file behind it."""
        prefix = "" if shown.rstrip("/") == "." else shown.rstrip("/") + "/"
        top = _Folder(os.path.realpath(place), prefix, SettingsStack(), (), None)
        # There may be thousands of files, and most folders leave out nothing: paths stay texts.
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder.place) as listing:
                    entries = list(listing)
            except OSError as error:
                self.errors.append(ReadError(folder.shown.rstrip("/") or shown, reason_of(error)))
                continue
            folders = [entry for entry in entries if _is_walked(entry)]
            manifests = [entry for entry in entries if _is_manifest(entry)]
            # What is wrong with a configuration is of interest where it holds for anything.
            if not folders and not manifests:
                continue
            if folder is top:
                folder = self._with_all_choices(top)
                if self._is_excluded(folder):
                    self._leave_out_folder(top.place, prefix, "exclude")
                    return
            else:
                folder = self._with_own_choices(folder, {entry.name for entry in entries})
            reason_for = self._reasons(folder)
            for entry in folders:
                within = folder._replace(place=entry.path, shown=f"{folder.shown}{entry.name}/")
                reason = reason_for(entry, True) if reason_for is not None else None
                if reason is None:
                    waiting.append(within)
                elif reason == ".gitignore" and self._is_tracked(entry, folder.root, True):
                    waiting.append(within._replace(only_tracked=True))
                else:
                    self._leave_out_folder(entry.path, within.shown, reason)
            for entry in manifests:
                name = folder.shown + entry.name
                reason = reason_for(entry, False) if reason_for is not None else None
                if reason == ".gitignore" and self._is_tracked(entry, folder.root, False):
                    reason = None
                if reason is None and not _is_readable(entry):
                    reason = "no regular file"
                if reason is not None:
                    self.left_out.setdefault(entry.path, LeftOut(name, reason))
                    continue
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                yield real, FoundFile(Source(name, entry.path), folder.place, folder.layers)

    def _with_all_choices(self, top: _Folder) -> _Folder:
        """A folder that is named, with what holds there from above and by its own files."""
        place = top.place
        top = top._replace(layers=self._layers_of(place))
        if not self._use_gitignore:
            return top
        ignores = (*ignores_above(place, self._ignores_of), *self._ignores_of(place))
        return top._replace(ignores=ignores, root=repository_of(place))

    def _with_own_choices(self, folder: _Folder, names: set[str]) -> _Folder:
        """The folder with what its own files, whose names are given, add to what holds above it."""
        if ".git" in names and self._use_gitignore:
            # What a repository leaves out is no business of the one around it.
            folder = folder._replace(ignores=(), root=folder.place, only_tracked=False)
        if GITIGNORE in names and self._use_gitignore and not folder.only_tracked:
            own = self._ignores_of(folder.place)
            folder = folder._replace(ignores=(*folder.ignores, *own))
        # What holds above holds here, unless something here may say otherwise.
        if not names.isdisjoint((FILE_NAME, ".git")):
            folder = folder._replace(layers=self._layers_of(folder.place))
        return folder

    def _is_excluded(self, top: _Folder) -> bool:
        """Whether a folder that is named is excluded, by itself or with one above it."""
        seen = from_here(top.place)
        return leaves_out(self._excluded, seen, is_folder=True) or top.layers.excludes(
            Path(top.place), is_folder=True
        )

    def _reasons(
        self, folder: _Folder
    ) -> "Callable[[os.DirEntry[str], bool], Reason | None] | None":
        """Tells of an entry, and whether that is a folder, why it is left out.

        None where nothing is. What git tracks is the caller's affair: it is seldom asked about.
        """
        excluded, layers, ignores = self._excluded, folder.layers, folder.ignores
        if not (excluded or ignores or folder.only_tracked or layers.excludes_some):
            return None

        def reason_for(entry: "os.DirEntry[str]", is_folder: bool) -> Reason | None:
            if excluded:
                name = from_here(folder.shown + entry.name)
                if verdict(excluded, name, is_folder=is_folder):
                    return "exclude"
            if layers.excludes_some and layers.excludes(Path(entry.path), is_folder=is_folder):
                return "exclude"
            if folder.only_tracked or is_ignored(entry.path, ignores, is_folder=is_folder):
                return ".gitignore"
            return None

        return reason_for

    def _is_tracked(self, entry: "os.DirEntry[str]", root: str | None, is_folder: bool) -> bool:
        """Whether git tracks a file, or one of a folder: then no .gitignore leaves it out."""
        if root is None:
            return False
        # Most runs need no index.
        from k8s_lsp.files.git_index import holds_tracked, is_tracked

        path = inside(root, entry.path)
        return (holds_tracked if is_folder else is_tracked)(self._tracked_in(root), path)

    def _leave_out_folder(self, place: str, shown: str, reason: Reason) -> None:
        """Note the manifests that a folder would have had, as far as there is time for that."""
        waiting = [(place, shown)]
        while waiting:
            place, shown = waiting.pop()
            try:
                with os.scandir(place) as listing:
                    for entry in listing:
                        if self._budget <= 0:
                            self.all_counted = False
                            return
                        self._budget -= 1
                        name = shown + entry.name
                        if _is_walked(entry):
                            waiting.append((entry.path, name + "/"))
                        elif _is_manifest(entry):
                            self.left_out.setdefault(entry.path, LeftOut(name, reason))
            except OSError:
                # It would not have been read, whatever is in it.
                continue

    def _read_ignores(self, folder: str) -> Ignores:
        try:
            return read_ignores(folder)
        except FileError as error:
            place = from_here(os.path.join(folder, GITIGNORE))
            self.warnings.append(ReadError(place, f"{error}; it is passed over"))
            return ()

    def _read_tracked(self, root: str) -> "Tracked":
        from k8s_lsp.files.git_index import read_tracked

        try:
            return read_tracked(root)
        except FileError as error:
            message = f"{error}; what .gitignore names is left out, though git may track it"
            self.warnings.append(ReadError(from_here(os.path.join(root, ".git")), message))
            return ()


def _is_walked(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder to look into; no link is followed to one."""
    if entry.name.startswith(".") or entry.name == "node_modules":
        return False
    return entry.is_dir(follow_symlinks=False)


def _is_manifest(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is called like a file to read, and is no folder."""
    name = entry.name
    if name == FILE_NAME or not name.lower().endswith(SUFFIXES):
        return False
    # With a link of such a name, which leads to no file, Emacs says that it has a text open.
    return not entry.is_dir(follow_symlinks=False) and not name.startswith(".#")


def _is_readable(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a file; a link may be followed to one.

    A link that leads nowhere holds no manifest, and a named pipe would wait for ever.
    """
    try:
        return entry.is_file()
    except OSError:
        # Reading it will tell.
        return True
