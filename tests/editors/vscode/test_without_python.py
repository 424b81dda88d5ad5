"""A machine without Python, and a folder that nobody trusts."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.manifests import NGINX
from tests.editors.vscode.workbench import Programs, Workbench, opened

STATUS = r"#k8s-lsp\.k8s-lsp\.status"
TOAST = ".notification-toast"
BUTTON = f"{TOAST} .monaco-button"
ENTRY = ".quick-input-list .monaco-list-row"

PYTHON = os.path.realpath(f"{sys.base_prefix}/bin/python3")


@pytest.fixture
def untrusted(programs: Programs, extensions: Path, tmp_path: Path) -> Iterator[Workbench]:
    """Give a VS Code that finds no program at all, in a folder that is not trusted."""
    folder, nothing = tmp_path / "folder", tmp_path / "nothing"
    folder.mkdir()
    nothing.mkdir()
    settings = {
        "security.workspace.trust.enabled": True,
        "security.workspace.trust.startupPrompt": "never",
    }
    data = tmp_path / "data"
    with opened(
        programs, extensions, folder, data, settings=settings, path=str(nothing)
    ) as workbench:
        yield workbench


def test_it_is_said_with_a_button_that_puts_it_right(untrusted: Workbench, tmp_path: Path) -> None:
    assert not untrusted.probe.ask("trusted")
    # Whoever has no manifest open hears nothing of it.
    untrusted.open(untrusted.write("notes.txt", "What else there is to do.\n"))
    untrusted.see(".view-line", "What else")
    assert untrusted.on(TOAST, "", "count") == 0

    name = untrusted.write("nginx.yaml", NGINX)
    untrusted.open(name)
    untrusted.see(TOAST, "no Python 3.10 or newer was found")
    untrusted.see(STATUS, "no Python")
    untrusted.page("screenshot", {"path": str(tmp_path / "no-python.png")})
    assert untrusted.servers() == []

    untrusted.on(BUTTON, "Choose Interpreter", "click")
    # The dialog first shows the folder that is open, then that of the interpreter.
    untrusted.see(ENTRY, name)
    untrusted.on(".quick-input-widget input.input", "", "fill", PYTHON)
    untrusted.until_gone(ENTRY, name)
    untrusted.page("screenshot", {"path": str(tmp_path / "choose.png")})
    untrusted.press("Enter")
    untrusted.until("its findings", lambda: len(untrusted.rules(name)) == 3)
    untrusted.until_gone(STATUS, "no Python")
