"""Which team answers for a file: by patterns, of which the last that means it decides."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from k8s_lsp.configuration.patterns import Patterns, leaves_out, parse_patterns, verdict

NO_TEAM: Final = "no team"
"""Who answers for a file that no pattern means."""


class Assignment(NamedTuple):
    """Who answers for what some patterns mean; nobody, if `team` is None.

    What means `files_only` says nothing of what lies deeper in folders that it means too.
    """

    team: str | None
    patterns: Patterns
    files_only: bool = False


class BrokenLine(Exception):
    """Why a line assigns nothing, in words that follow its place."""


def assignment(team: str | None, pattern: str, *, files_only: bool = False) -> Assignment:
    """What a pattern in the syntax of .gitignore assigns; raises BrokenLine."""
    patterns = None if pattern.startswith("!") else parse_patterns([pattern])
    if not patterns:
        raise BrokenLine(f'"{pattern}" is not a pattern that means files')
    return Assignment(team, patterns, files_only)


def team_of(place: str, assignments: Sequence[Assignment]) -> str:
    """The team that answers for a file, whose path begins with its repository."""
    place = place.removeprefix("/")
    for team, patterns, files_only in reversed(assignments):
        is_meant = verdict(patterns, place) if files_only else leaves_out(patterns, place)
        if is_meant:
            return NO_TEAM if team is None else team
    return NO_TEAM


# CODEOWNERS, as GitHub and GitLab document it: "About code owners", "CODEOWNERS syntax".


def read_code_owners(text: str) -> list[Assignment]:
    """What a text in the form of a CODEOWNERS file assigns; raises BrokenLine.

    Owners of one line answer together, and are one team here. A line without owners takes back
    what others assign, unless its section, of GitLab, has some.
    """
    assignments = []
    of_section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        words = tuple(_words(line))
        if not words:
            continue
        if _is_section(line):
            of_section = tuple(_words(line.rpartition("]")[2]))
            continue
        pattern, *owners = words
        team = " ".join(owners or of_section) or None
        try:
            # There, and not in .gitignore, `docs/*` is silent about docs/api/index.md.
            assignments.append(assignment(team, pattern, files_only=pattern.endswith("/*")))
        except BrokenLine as error:
            raise BrokenLine(f"line {number}: {error}") from None
    return assignments


def _is_section(line: str) -> bool:
    return line.lstrip().startswith(("[", "^["))


def _words(line: str) -> Iterator[str]:
    """What a line says before its comment; a backslash makes a space part of a word."""
    word = ""
    for match in _SIGN.finditer(line):
        sign = match.group()
        if sign == "#" and not word:
            break
        if not sign.isspace():
            word += sign
        elif word:
            yield word
            word = ""
    if word:
        yield word


_SIGN: Final = re.compile(r"\\.|.")
"""A character, with the backslash before it, which patterns understand."""
