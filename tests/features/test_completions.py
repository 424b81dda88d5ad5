"""The completions that a person is offered, in situations of each kind, as texts to read."""

import re
from pathlib import Path

import pytest

from k8s_lsp.configuration.reading import read
from k8s_lsp.features.client import Client
from k8s_lsp.features.completion import settings_completions
from k8s_lsp.features.convert import lines_of
from k8s_lsp.features.manifest_completion import manifest_completions
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.settings import Settings
from tests.features.opened import URI, opened

CURSOR = "¦"
"""Where a person types: each of them is one list."""

SITUATIONS = sorted((Path(__file__).parent / "completions").glob("*.yaml"))
CLIENT = Client(snippets=True, insert_text_modes=frozenset((1, 2)))


def lists(marked: str, is_settings: bool) -> str:
    """What is offered at each cursor, one below the other, in the order in which it is shown."""
    text = marked.replace(CURSOR, "")
    lines = lines_of(text, "utf-16")
    file = SettingsFile(URI, 1, lines, read(text))
    shown = []
    for index, match in enumerate(re.finditer(CURSOR, marked)):
        position = lines.position_of(match.start() - index)
        if is_settings:
            items = settings_completions(file, CLIENT, position)
        else:
            items = manifest_completions(opened(text, Settings()), CLIENT, position)
        labels = [item.label for item in sorted(items, key=lambda item: item.sort_text or "")]
        before = text.split("\n")[position.line][: position.character]
        shown.append(f"line {position.line + 1}, after {before.strip()!r}:\n")
        shown += [f"  {label}\n" for label in labels] or ["  (nothing)\n"]
    return "".join(shown)


@pytest.mark.parametrize("file", SITUATIONS, ids=lambda file: file.stem)
def test_the_completions(file: Path, update: bool) -> None:
    found = lists(file.read_text(encoding="utf-8"), file.stem == "settings")
    golden = file.with_suffix(".txt")
    if update:
        golden.write_text(found, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == found, "run: make test ARGS=--update"
