"""What is accepted while one types is written where it belongs, alone and beside another server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors.manifests import COMPLETED, HALF_TYPED
from tests.editors.vscode.test_beside_yaml_language_server import running_both
from tests.editors.vscode.workbench import Programs, Workbench

SUGGESTION = ".suggest-widget.visible .monaco-list-row"

RED_HAT = {"publisher": "redhat", "name": "vscode-yaml"}
"""What the extension is called that offers the keys of YAML."""


@pytest.fixture(scope="module")
def beside_red_hat(
    programs: Programs,
    program: Callable[[str], str],
    vsix: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workbench]:
    """Give a VS Code in which an extension of that name runs that server."""
    server, folder = program("yaml-language-server"), tmp_path_factory.mktemp("red-hat")
    with running_both(programs, server, program("node"), vsix, folder, **RED_HAT) as workbench:
        yield workbench


def labels(vscode: Workbench, name: str, typed: str) -> list[str]:
    """What is offered behind what was typed, by everybody who offers something."""
    line, column = HALF_TYPED.count("\n"), len(f"        {typed}")
    found: list[str] = vscode.probe.ask("completions", name, line, column)
    return found


def typed_into(vscode: Workbench, name: str, typed: str, label: str) -> str:
    """Open a container in which somebody has typed something, with the cursor behind that.

    Once the server is there, it offers that `label`; VS Code itself offers words before.
    """
    name = vscode.write(name, f"{HALF_TYPED}{typed}\n")
    vscode.open(name)
    vscode.until(f"{label} is offered", lambda: label in labels(vscode, name, typed))
    column = len(f"        {typed}")
    vscode.probe.ask("select", [HALF_TYPED.count("\n"), column, column])
    vscode.run("workbench.action.focusActiveEditorGroup")
    return name


def accept(vscode: Workbench, label: str) -> None:
    """Have the list shown, and take the entry of that name with the mouse."""
    vscode.press("Control+Space")
    vscode.on(SUGGESTION, label, "click")


@pytest.mark.parametrize("typed", COMPLETED)
def test_what_is_accepted_is_written_where_it_belongs(vscode: Workbench, typed: str) -> None:
    label, written = COMPLETED[typed]
    name = typed_into(vscode, "accepted.yaml", typed, label)
    accept(vscode, label)
    vscode.until(
        "it is written", lambda: vscode.text(name), lambda text: text == f"{HALF_TYPED}{written}\n"
    )


def test_keys_are_left_to_the_extension_of_red_hat(beside_red_hat: Workbench) -> None:
    vscode = beside_red_hat
    # VS Code itself offers the words of all texts that are open.
    vscode.configure("editor.wordBasedSuggestions", "off")
    # Blocks are what only one of the two has.
    name = typed_into(vscode, "keys.yaml", "", "restricted")
    assert "allowPrivilegeEscalation" not in labels(vscode, name, "")
    vscode.configure("k8s-lsp.editor", {"completion": True})
    vscode.until("keys", lambda: "allowPrivilegeEscalation" in labels(vscode, name, ""))
    vscode.configure("k8s-lsp.editor", {"completion": False})
    vscode.until("nothing", lambda: "restricted" not in labels(vscode, name, ""))
    vscode.configure("k8s-lsp.editor", None)
    vscode.until("blocks", lambda: "restricted" in labels(vscode, name, ""))


@pytest.mark.parametrize("typed", COMPLETED)
def test_what_is_accepted_beside_it_is_written_too(beside_red_hat: Workbench, typed: str) -> None:
    label, written = COMPLETED[typed]
    # Keys are offered where that is chosen; values and blocks are in any case.
    beside_red_hat.configure("k8s-lsp.editor", {"completion": True} if typed.isalpha() else None)
    name = typed_into(beside_red_hat, "beside.yaml", typed, label)
    accept(beside_red_hat, label)
    beside_red_hat.until(
        "it is written",
        lambda: beside_red_hat.text(name),
        lambda text: text == f"{HALF_TYPED}{written}\n",
    )
    beside_red_hat.reset()
