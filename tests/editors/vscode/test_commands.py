"""The commands of the palette."""

import json

from tests.editors.vscode.conftest import EXTENSION
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench

PALETTE = ".quick-input-widget input.input"
ENTRY = ".quick-input-list .monaco-list-row"


def choose(vscode: Workbench, title: str) -> None:
    """Run a command as a person does, who reads its title in the palette."""
    vscode.press("F1")
    vscode.on(PALETTE, "", "fill", f">{title}")
    vscode.on(ENTRY, title, "click")


def test_every_command_of_the_palette_is_there(vscode: Workbench) -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    names = {each["command"] for each in package["contributes"]["commands"]}
    assert names >= {
        "k8s-lsp.explainRule",
        "k8s-lsp.hardenFile",
        "k8s-lsp.openSettingsFile",
        "k8s-lsp.restart",
        "k8s-lsp.showLog",
    }
    vscode.open(vscode.write("commands.yaml", PRIVILEGED))
    vscode.until("they are registered", lambda: names <= set(vscode.probe.ask("commands")))


def test_explain_a_rule(vscode: Workbench) -> None:
    name = vscode.write("explained.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    vscode.probe.ask("select", [13, 22, 22])
    choose(vscode, "k8s-lsp: Explain Rule")
    # The rule at the cursor is the first of the list.
    vscode.see(f'{ENTRY}[data-index="0"]', "privileged-container")
    vscode.press("Enter")
    vscode.see(".tab", "privileged-container.md")


def test_the_settings_file_is_created_and_opened(vscode: Workbench) -> None:
    name = vscode.write("settings.yaml", PRIVILEGED)
    vscode.open(name)
    choose(vscode, "k8s-lsp: Open Settings File")
    vscode.on(".notification-toast .monaco-button", "Create", "click")
    vscode.see(".tab.active", ".k8s-lsp.yaml")
    created = vscode.folder / ".k8s-lsp.yaml"
    assert "# profile:" in created.read_text(encoding="utf-8")
    vscode.open(name)
    vscode.run("k8s-lsp.openSettingsFile")
    vscode.see(".tab.active", ".k8s-lsp.yaml")
    created.unlink()


def test_the_log_says_first_which_parser_reads(vscode: Workbench) -> None:
    vscode.open(vscode.write("log.yaml", PRIVILEGED))
    choose(vscode, "k8s-lsp: Show Log")
    vscode.see(".panel .view-line", "reads YAML with ruamel.yaml's C parser")
    vscode.run("workbench.action.closePanel")
