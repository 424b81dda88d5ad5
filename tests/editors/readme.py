"""The configurations of `editors/`, taken from the text that a person copies them from."""

import re
from pathlib import Path

EDITORS = Path(__file__).resolve().parent.parent.parent / "editors"


def block(editor: str, heading: str) -> str:
    """The first fenced block below a heading of an editor's page."""
    text = (EDITORS / editor / "README.md").read_text(encoding="utf-8")
    sections = re.split(r"^##+ (.*)\n", text, flags=re.M)
    section = dict(zip(sections[1::2], sections[2::2], strict=True))[heading]
    found = re.search(r"^```\w+\n(.*?)^```$", section, re.M | re.S)
    assert found, f"editors/{editor}/README.md has no block below {heading!r}"
    return found[1]
