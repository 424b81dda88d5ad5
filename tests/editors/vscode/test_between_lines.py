"""What stands between the lines: lenses, hints and links, and the message after hardening."""

from collections.abc import Iterator

import pytest

from tests.editors.manifests import NGINX
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench

LENS = ".codelens-decoration a"
TOAST = ".notification-toast"
BUTTON = f"{TOAST} .monaco-button"
PREVIEW = ".tab.active"

NEEDS = (
    "Pod Security: baseline · restricted needs allowPrivilegeEscalation: false, "
    "all capabilities dropped, runAsNonRoot: true and a seccompProfile · Harden"
)


@pytest.fixture
def vscode(vscode: Workbench) -> Iterator[Workbench]:
    """Give a VS Code without messages, before and after."""
    vscode.run("notifications.clearAll")
    yield vscode
    vscode.run("notifications.clearAll")


def hardened_by_lens(vscode: Workbench, name: str) -> None:
    """Open the Deployment that every tutorial shows, and click on its lens."""
    vscode.open(vscode.write(name, NGINX))
    vscode.see(LENS, NEEDS)
    vscode.on(LENS, NEEDS, "click")
    vscode.see(LENS, "Pod Security: restricted")
    vscode.see(TOAST, "Changed: ")


def test_a_click_on_the_lens_hardens_and_the_message_undoes_it(vscode: Workbench) -> None:
    name = "lens.yaml"
    hardened_by_lens(vscode, name)
    vscode.on(BUTTON, "Undo", "click")
    vscode.see(LENS, NEEDS)
    assert vscode.text(name) == NGINX


def test_what_was_changed_since_is_not_undone(vscode: Workbench) -> None:
    name = "lens-changed.yaml"
    hardened_by_lens(vscode, name)
    vscode.change(name, "replicas: 3", "replicas: 4")
    changed = vscode.text(name)
    vscode.on(BUTTON, "Undo", "click")
    vscode.see(TOAST, "was changed after it was hardened")
    assert vscode.text(name) == changed


def test_the_message_tells_what_may_break(vscode: Workbench) -> None:
    hardened_by_lens(vscode, "lens-breaks.yaml")
    vscode.on(BUTTON, "What May Break", "click")
    vscode.see(PREVIEW, "what-may-break.md")


def test_a_setting_takes_the_lens_away(vscode: Workbench) -> None:
    vscode.open(vscode.write("lens-off.yaml", NGINX))
    vscode.see(LENS, NEEDS)
    vscode.configure("k8s-lsp.editor", {"code-lens": False})
    vscode.until_gone(LENS)
    vscode.configure("k8s-lsp.editor", {"code-lens": True})
    vscode.see(LENS, NEEDS)


def test_hints_are_shown_where_a_setting_asks_for_them(vscode: Workbench) -> None:
    name = vscode.write("hints.yaml", PRIVILEGED.replace("spec:\n", "spec:\n  hostUsers: true\n"))
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    assert vscode.probe.ask("hints", name) == []
    vscode.configure("k8s-lsp.editor", {"inlay-hints": True})
    hints = vscode.until("hints", lambda: vscode.probe.ask("hints", name))
    assert [line for line, _ in hints] == [4, 13]
    assert hints[1][1].replace("\n", "").startswith("by default allowPrivilegeEscalation: true")
    # The editor draws spaces as no-break spaces.
    vscode.see(".view-line", "allowPrivilegeEscalation:\u00a0true")


def test_a_rule_in_a_comment_leads_to_its_page(vscode: Workbench) -> None:
    comment = "privileged: true  # k8s-lsp: ignore[privileged-container]"
    name = vscode.write("linked.yaml", PRIVILEGED.replace("privileged: true", comment))
    vscode.open(name)
    links = vscode.until("a link", lambda: vscode.probe.ask("links", name))
    [[line, _, target]] = links
    assert line == 13
    assert target.startswith("command:k8s-lsp.explainRule")
    vscode.see(".detected-link", "privileged-container")
    vscode.probe.ask("select", [13, 50, 50])
    vscode.run("editor.action.openLink")
    vscode.see(PREVIEW, "privileged-container.md")


def test_the_code_of_a_finding_leads_to_its_page(vscode: Workbench) -> None:
    name = vscode.write("coded.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    vscode.run("workbench.actions.view.problems")
    vscode.on(".markers-panel a.monaco-link", "privileged-container", "click")
    vscode.see(PREVIEW, "privileged-container.md")
    vscode.run("workbench.action.closePanel")
