"""What kustomizations make of what they list: one whole of folders, and objects of a namespace."""

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


def given_namespaces(
    kustomizations: Mapping[str, tuple[str, ...]], namespaces: Mapping[str, str]
) -> Mapping[str, frozenset[str]]:
    """The namespaces into which kustomizations put the objects of the files that they list.

    The keys are the paths of the files. The first argument is as above; the second one has the
    namespace that each gives. The outermost one that gives any counts, on each of the ways by which
    a file is listed; an empty one stands for a way on which none does. Source: kustomize,
    api/internal/target/kustTarget.go, where each runs its transformers on what it has accumulated.
    """
    by_folder = {posixpath.dirname(path): path for path in kustomizations}
    listing: dict[str, list[str]] = {}
    for path, listed in kustomizations.items():
        for each in listed:
            listing.setdefault(by_folder.get(each, each), []).append(path)
    put_by = {path: _put_by(path, listing, namespaces) for path in kustomizations}
    return {
        path: frozenset().union(*(put_by[each] for each in listed_by))
        for path, listed_by in listing.items()
        if path not in kustomizations
    }


def _put_by(
    path: str, listing: Mapping[str, list[str]], namespaces: Mapping[str, str]
) -> frozenset[str]:
    """The namespaces into which a kustomization and those that list it put its objects."""
    found: set[str] = set()
    pending = [(path, namespaces.get(path, ""))]
    known = set(pending)
    while pending:
        inner, namespace = pending.pop()
        outer = {(each, namespaces.get(each, "") or namespace) for each in listing.get(inner, ())}
        if not outer:
            found.add(namespace)
        pending += sorted(outer - known)
        known |= outer
    return frozenset(found)
