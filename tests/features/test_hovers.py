"""The hovers that a person sees, in situations of each kind, as texts to read."""

import re
from pathlib import Path

import pytest
from lsprotocol import types

from k8s_lsp.configuration.reading import read
from k8s_lsp.features import settings_file
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import lines_of
from k8s_lsp.features.fitting import MOST_LINES
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.markdown import height
from k8s_lsp.features.rule_links import RULES_PAGE
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.settings import Settings
from tests.features.opened import URI, opened

CURSOR = "▮"
"""Where a person looks: each of them is one hover."""

HOVERS = Path(__file__).parent / "hovers"
SITUATIONS = sorted(HOVERS.glob("*.yaml"))

MARKDOWN = Client(markdown_hover=True)


def hovers(marked: str, client: Client, is_settings: bool) -> list[tuple[str, str]]:
    """What is told at each cursor, with the token that stands there."""
    text = marked.replace(CURSOR, "")
    lines = lines_of(text, "utf-16")
    file = SettingsFile(URI, 3, lines, read(text)) if is_settings else None
    document = opened(text, Settings())
    found = []
    for index, match in enumerate(re.finditer(CURSOR, marked)):
        offset = match.start() - index
        position = lines.position_of(offset)
        if file is not None:
            hover = settings_file.hover_at(file, client, position)
        else:
            hover = hover_at(document, client, position)
        token = re.match(r"[^\s,\]}]*", text[offset:])
        assert token is not None
        told = "(nothing)"
        if hover is not None:
            assert isinstance(hover.contents, types.MarkupContent)
            told = hover.contents.value
        found.append((f"{position.line + 1}: {token[0]}", told))
    return found


def shown(found: list[tuple[str, str]]) -> str:
    """The hovers below one another; where rules are explained is elsewhere on each machine."""
    text = "".join(f"{CURSOR} line {place}\n\n{told}\n\n\n" for place, told in found)
    text = re.sub(rf"{re.escape(RULES_PAGE)}#L\d+", "README.md#L…", text)
    # Trailing spaces, which break lines in Markdown, are seen by nobody.
    return text.replace("  \n", "\\\n").rstrip("\n") + "\n"


@pytest.mark.parametrize("file", SITUATIONS, ids=lambda file: file.stem)
def test_the_hovers(file: Path, update: bool) -> None:
    is_settings = file.stem == "settings"
    found = hovers(file.read_text(encoding="utf-8"), MARKDOWN, is_settings)
    golden = file.with_suffix(".txt")
    if update:
        golden.write_text(shown(found), encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == shown(found), "run: make test ARGS=--update"
    assert len(found) >= 3


@pytest.mark.parametrize("file", SITUATIONS, ids=lambda file: file.stem)
def test_a_hover_fits_and_reads_as_plain_text_too(file: Path) -> None:
    marked, is_settings = file.read_text(encoding="utf-8"), file.stem == "settings"
    for place, told in hovers(marked, MARKDOWN, is_settings):
        assert height(told) <= MOST_LINES, place
    for place, told in hovers(marked, Client(), is_settings):
        assert not re.search(r"\*\*|```|\]\(|^\||  $", told, re.M), place
