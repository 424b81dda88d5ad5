"""What VS Code changes in a manifest: fixes, Harden, ignore comments, and what runs on save."""

from k8s_lsp.settings import Settings
from tests.editors.manifests import NGINX
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench
from tests.fixes import harden_text

QUICK_FIX = "quickfix"
HARDEN = "refactor.rewrite"
FAULT = "privileged: true"
"""Where the fault of `PRIVILEGED` stands."""


def test_a_quick_fix(vscode: Workbench) -> None:
    name = vscode.write("fix.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    assert vscode.actions(name, FAULT, QUICK_FIX)[0] == "Set privileged to false"
    vscode.apply(name, FAULT, QUICK_FIX, "Set privileged to false")
    assert vscode.text(name) == PRIVILEGED.replace("privileged: true", "privileged: false")
    # Now that it is not privileged, it is worth saying that it may become so.
    vscode.until_rules(name, "privilege-escalation-allowed")


def test_an_ignore_comment(vscode: Workbench) -> None:
    name = vscode.write("ignore.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    vscode.apply(name, FAULT, QUICK_FIX, "Ignore privileged-container on this line")
    comment = "privileged: true  # k8s-lsp: ignore[privileged-container]"
    assert vscode.text(name) == PRIVILEGED.replace("privileged: true", comment)
    vscode.until_rules(name)
    vscode.change(name, "[privileged-container]", "[privileged-contain]")
    vscode.until_rules(name, "privileged-container", "unused-ignore")


def test_harden_a_container_and_undo(vscode: Workbench) -> None:
    name = vscode.write("harden-container.yaml", NGINX)
    vscode.open(name)
    vscode.until("findings", lambda: vscode.rules(name))
    vscode.apply(name, "- name: nginx", HARDEN, 'Harden container "nginx"')
    hardened = vscode.text(name)
    assert hardened.startswith(NGINX)
    assert "allowPrivilegeEscalation: false" in hardened
    vscode.see(".notification-toast", "Changed: ")
    vscode.run("undo")
    assert vscode.text(name) == NGINX


def test_harden_the_file_and_undo(vscode: Workbench) -> None:
    name = vscode.write("harden-file.yaml", NGINX)
    vscode.open(name)
    vscode.until("findings", lambda: vscode.rules(name))
    vscode.run("k8s-lsp.hardenFile")
    # As `k8s-lsp harden` does it, whose result other tests look at.
    hardened = harden_text(NGINX, Settings())
    vscode.until("it is hardened", lambda: vscode.text(name), lambda text: text == hardened)
    vscode.see(".notification-toast", "Changed: ")
    vscode.until_rules(name)
    vscode.run("undo")
    assert vscode.text(name) == NGINX


def test_saving_applies_safe_fixes_and_no_others(vscode: Workbench) -> None:
    text = PRIVILEGED.replace("  containers:", "  serviceAccount: robot\n  containers:")
    name = vscode.write("save.yaml", text)
    vscode.open(name)
    vscode.until_rules(name, "deprecated-service-account-field", "privileged-container")
    vscode.configure("editor.codeActionsOnSave", {"source.fixAll.k8s-lsp": "explicit"})
    vscode.change(name, "name: web", "name: web-1")
    assert vscode.probe.ask("save", name)
    expected = text.replace("name: web", "name: web-1").replace(
        "serviceAccount: robot", "serviceAccountName: robot"
    )
    assert (vscode.folder / name).read_text(encoding="utf-8") == expected
    vscode.until_rules(name, "privileged-container")
