"""The recipes of TEAM.md: what people copy, and what they are told that it prints."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.conftest import ROOT

_PAGE = (ROOT / "TEAM.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EXAMPLE = _PAGE.partition("\n```sh\n")[2].partition("```\n")[0]
"""The script that makes the repository in which the page can be followed."""

WEB = EXAMPLE.partition("> deploy/web.yaml <<'END'\n")[2].partition("END\n")[0]
"""The manifest that its branch adds: privileged, at line 17, columns 25 to 29."""


class Recipe(NamedTuple):
    """A recipe: the files that it has by their paths, its sessions, and what CI prints.

    A file's block begins with a comment that is its path. A session is a list of commands, each
    with what it prints. What CI prints is text, or a diff.
    """

    title: str
    files: dict[str, str]
    sessions: list[list[tuple[str, str]]]
    printed: list[str]


def recipes(title: str) -> dict[str, Recipe]:
    """The recipes of a section, by their titles and in their order."""
    section = _PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return {recipe.title: recipe for recipe in _recipes(section)}


def _recipes(section: str) -> Iterator[Recipe]:
    for part in section.split("\n### ")[1:]:
        title, _, text = part.partition("\n")
        recipe = Recipe(title, {}, [], [])
        for language, block in _BLOCK.findall(text):
            if language == "console":
                recipe.sessions.append(list(_commands(block)))
            elif language in ("text", "diff"):
                recipe.printed.append(block)
            else:
                path, _, content = block.removeprefix("# ").partition("\n")
                recipe.files[path] = content
        yield recipe


def _commands(session: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def spoken(text: str) -> str:
    """What was printed, without what differs from run to run and no space at line ends."""
    text = re.sub(r"\bin \d+\.\d+s\b", "in 0.05s", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
