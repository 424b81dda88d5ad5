"""An editor that has a folder open says of each file what a `check` of the folder says."""

import contextlib
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.cli import main
from k8s_lsp.features.diagnostics import READ_IN_PART
from k8s_lsp.server.buffers import key_of
from tests.server.in_process import PUSH, WATCHES, FolderSession

SEVERITIES = ("error", "warning", "information", "hint")
CAPABILITIES = {**WATCHES, "general": {"positionEncodings": ["utf-32"]}}

Told = tuple[str, str, str, int, int, int, int]
"""A finding: its rule, severity and message, and its place, which counts from 1."""


def of_check(folder: Path) -> tuple[dict[str, list[Told]], set[str]]:
    """What a check says of each file, and which files it cannot read whole."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        main(["check", "--output-format", "json", "--fail-on", "never", str(folder)])
    report = json.loads(output.getvalue())
    found: dict[str, list[Told]] = defaultdict(list)
    for each in report["findings"]:
        places = (each[edge][part] for edge in ("start", "end") for part in ("line", "column"))
        found[each["path"]].append((each["rule"], each["severity"], each["message"], *places))
    return found, {each["path"] for each in report["errors"]}


def of_server(diagnostics: list[Any]) -> Iterator[Told]:
    for each in diagnostics:
        start, end = each["range"]["start"], each["range"]["end"]
        yield (
            each["code"],
            SEVERITIES[each["severity"] - 1],
            each["message"],
            start["line"] + 1,
            start["character"] + 1,
            end["line"] + 1,
            end["character"] + 1,
        )


@pytest.mark.parametrize(
    "repository",
    ["GoogleCloudPlatform__microservices-demo", pytest.param("", marks=pytest.mark.sweep)],
)
async def test_server_and_check_agree_word_for_word(corpora: Path, repository: str) -> None:
    folder = (corpora / "real" / repository).resolve()
    checked, unread = of_check(folder)
    one_each = {"editor": {"group-absent": False}}
    session = FolderSession(folder, capabilities=CAPABILITIES, options=one_each)
    await session.settle()
    suffixes = (".yaml", ".yml", ".json")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in suffixes]
    compared = in_context = 0
    for path in paths:
        if not path.is_file() or str(path) in unread or path.name == ".k8s-lsp.yaml":
            continue
        session.open(path, path.read_bytes().decode("utf-8-sig"))
        await session.settle()
        told = [each for each in session.all(PUSH) if each["uri"] == path.as_uri()]
        found = list(of_server(told[-1]["diagnostics"]))
        if any(each[0] == READ_IN_PART for each in found):
            continue
        assert sorted(found) == sorted(checked[str(path)]), path
        # What others tell was needed.
        analysis: Any = session.server.documents[key_of(path.as_uri())]
        in_context += bool(any(unit.asked for unit in analysis.analysis.units))
        compared += bool(found)
        session.close_text(path)
        await session.settle()
        session.sent.clear()
    assert compared > 0.9 * sum(map(bool, checked.values())) and in_context > 10
