"""Where a file stands among others: the outermost folder that it belongs to, and roots below it."""

import os

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.files.charts import CHART
from k8s_lsp.files.paths import is_repository
from k8s_lsp.workspace.file_facts import KUSTOMIZATIONS
from k8s_lsp.workspace.index import FilePlace

_MARKS = (CHART, FILE_NAME)
"""The files that make their folder a root, but for kustomizations, which the index knows."""


class Roots:
    """The places of files; each folder is looked at once.

    How long the answers stay true, the caller knows: there is no way to forget them.
    """

    def __init__(self, folders: frozenset[str], *, are_bounds: bool) -> None:
        """With the folders that are open or were named, by their real paths.

        Those that `are_bounds` are the outermost themselves, whatever lies around them. Others are
        so where no repository does; and where there is neither, the outermost root is.
        """
        self._folders = folders
        self._are_bounds = are_bounds
        # No cache of a method: that would be a cycle, which is freed by a search alone.
        self._known: dict[str, tuple[str | None, tuple[str, ...]]] = {}

    def place_of(self, path: str) -> FilePlace | None:
        """The place of a file, whose path is real and absolute; None for one that stands alone."""
        top, roots = self._of(os.path.dirname(path))
        return None if top is None else FilePlace(_slashed(path), top, roots)

    def _of(self, folder: str) -> tuple[str | None, tuple[str, ...]]:
        if folder not in self._known:
            self._known[folder] = self._look(folder)
        return self._known[folder]

    def _look(self, folder: str) -> tuple[str | None, tuple[str, ...]]:
        """The top of a folder, if it has one, and the roots between the two."""
        is_named = folder in self._folders
        if is_repository(folder) or (is_named and self._are_bounds):
            return _slashed(folder), ()
        parent = os.path.dirname(folder)
        top, roots = (None, ()) if parent == folder else self._of(parent)
        if top is not None:
            is_root = _holds_one(folder, _MARKS)
            return top, (_slashed(folder), *roots) if is_root else roots
        if is_named or (not self._are_bounds and _holds_one(folder, (*_MARKS, *KUSTOMIZATIONS))):
            return _slashed(folder), ()
        return None, ()


def _holds_one(folder: str, names: tuple[str, ...]) -> bool:
    return any(os.path.isfile(f"{folder}{os.sep}{name}") for name in names)


def _slashed(path: str) -> str:
    return path.replace(os.sep, "/")
