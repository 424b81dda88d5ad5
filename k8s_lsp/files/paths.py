"""Where a path leads, as far as its neighbours and the current folder tell."""

import os
from pathlib import Path


def from_here(path: str) -> str:
    """A path as seen from the current folder."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # It is on another drive of Windows.
        return path


def is_repository(folder: Path) -> bool:
    """Whether a folder is the root of a git repository; one that may not be looked into is not."""
    try:
        return (folder / ".git").exists()
    except OSError:
        return False
