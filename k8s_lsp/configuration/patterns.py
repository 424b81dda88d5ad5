"""Patterns in the syntax of .gitignore, and which files they mean."""

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def ignore_spec(lines: Iterable[str]) -> "GitIgnoreSpec | None":
    """Patterns as git reads them; None where one of them is malformed."""
    # Most runs need no patterns, and this library takes half as long to load as all of ours.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return None


def matches(
    folder: PurePath, spec: "GitIgnoreSpec", path: PurePath, is_folder: bool = False
) -> bool:
    """Whether a path below the folder is meant."""
    try:
        inside = path.relative_to(folder).as_posix()
    except ValueError:
        return False
    return bool(spec.check_file(inside + "/" * is_folder).include)
