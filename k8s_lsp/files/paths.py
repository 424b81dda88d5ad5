"""Where a path leads, as far as its name, its neighbours and the current folder tell."""

import os
from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
"""What is read of a folder."""


def from_here(path: str) -> str:
    """A path as seen from the current folder."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # It is on another drive of Windows.
        return path


def inside(folder: str, place: str) -> str:
    """The path of what lies below a folder, as seen from there."""
    return place[len(folder) :].lstrip(os.sep).replace(os.sep, "/")


def is_repository(folder: str | Path) -> bool:
    """Whether a folder is the root of a git repository; one that may not be looked into is not."""
    return os.path.exists(os.path.join(folder, ".git"))


def folders_to(top: str, folder: str) -> list[str]:
    """The folders from one down to another that is it or lies below it, both included."""
    folders = [folder]
    while folders[-1] != top:
        folders.append(os.path.dirname(folders[-1]))
    return folders[::-1]


def repository_of(folder: str) -> str | None:
    """The root of the git repository that a folder lies in."""
    while not is_repository(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def place_below(root: str, path: str) -> str:
    """A path as seen from a folder that it lies below, else its absolute path.

    `root` is the real path of the folder.
    """
    place = os.path.abspath(path)
    if not place.startswith(root.rstrip(os.sep) + os.sep):
        folder, name = os.path.split(place)
        real = os.path.join(os.path.realpath(folder), name)
        if not real.startswith(root.rstrip(os.sep) + os.sep):
            return place
        place = real
    return inside(root, place)
