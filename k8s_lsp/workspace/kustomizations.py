"""Which folders belong together because kustomizations list one another."""

import posixpath
from collections.abc import Mapping


def kustomization_roots(kustomizations: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The folders of kustomizations, and the one around all that are joined by what they list.

    The keys are the paths of the files, the values those that each lists: of files, or of the
    folders of other kustomizations.
    """
    folders = {posixpath.dirname(path): listed for path, listed in kustomizations.items()}
    joined: dict[str, str] = {folder: folder for folder in folders}

    def first(folder: str) -> str:
        while joined[folder] != folder:
            joined[folder] = joined[joined[folder]]
            folder = joined[folder]
        return folder

    around: dict[str, list[str]] = {}
    for folder, listed in folders.items():
        for path in listed:
            if path in joined:
                joined[first(path)] = first(folder)
    for folder, listed in folders.items():
        around.setdefault(first(folder), []).extend((folder, *map(_as_folder, listed)))
    common = {posixpath.commonpath(together) for together in around.values()}
    return frozenset(folders) | frozenset(common)


def _as_folder(path: str) -> str:
    """The folder of a listed file; a listed folder itself."""
    return posixpath.dirname(path) if posixpath.splitext(path)[1] else path
