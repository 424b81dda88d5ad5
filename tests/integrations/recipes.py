"""The recipes of README.md: what people copy, and what they are told that it prints."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.conftest import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Recipe(NamedTuple):
    """A recipe: the files that it has by their paths, its sessions, and what CI prints.

    A file's block begins with a comment that is its path. A session is a list of commands, each
    with what it prints.
    """

    title: str
    files: dict[str, str]
    sessions: list[list[tuple[str, str]]]
    printed: list[str]


def recipes(title: str) -> dict[str, Recipe]:
    """The recipes of a section, by their titles and in their order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return {recipe.title: recipe for recipe in _recipes(section)}


def _recipes(section: str) -> Iterator[Recipe]:
    for part in section.split("\n### ")[1:]:
        title, _, text = part.partition("\n")
        recipe = Recipe(title, {}, [], [])
        for language, block in _BLOCK.findall(text):
            if language == "console":
                recipe.sessions.append(list(_commands(block)))
            elif language == "text":
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
