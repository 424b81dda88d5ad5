"""Settings, of the user and of a folder, take effect at once."""

from tests.editors.manifests import NGINX
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench

RESTRICTED = [
    "capabilities-not-dropped",
    "missing-seccomp-profile",
    "privilege-escalation-allowed",
    "root-user-allowed",
]
"""What the restricted level forbids in the nginx Deployment."""


def test_the_profile(vscode: Workbench) -> None:
    name = vscode.write("profile.yaml", NGINX)
    vscode.open(name)
    vscode.until("findings", lambda: len(vscode.rules(name)) == 3)
    vscode.configure("k8s-lsp.profile", "restricted")
    vscode.until_rules(name, "missing-seccomp-profile")
    vscode.configure("k8s-lsp.editor", {"group-absent": False})
    vscode.until_rules(name, *RESTRICTED)
    vscode.configure("k8s-lsp.editor", None)
    vscode.configure("k8s-lsp.profile", None)
    vscode.until("findings", lambda: len(vscode.rules(name)) == 3)


def test_the_rules(vscode: Workbench) -> None:
    name = vscode.write("rules.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    vscode.configure("k8s-lsp.rules", {"privileged-container": "hint"})
    vscode.until(
        "a hint", lambda: [each["severity"] for each in vscode.diagnostics(name)] == ["Hint"]
    )
    vscode.configure("k8s-lsp.rules", {"privileged-container": "off"})
    vscode.until_rules(name, "privilege-escalation-allowed")
    vscode.configure("k8s-lsp.rules", None)
    vscode.until_rules(name, "privileged-container")


def test_files_that_are_not_open_are_told_once(vscode: Workbench) -> None:
    closed, opened, first = (
        vscode.write(f"{name}.yaml", PRIVILEGED) for name in ("closed", "opened", "first")
    )
    vscode.open(first)
    vscode.until_rules(first, "privileged-container")
    assert vscode.rules(closed) == []
    vscode.configure("k8s-lsp.workspace", {"diagnostics": True})
    vscode.until_rules(closed, "privileged-container")
    vscode.until_rules(opened, "privileged-container")
    vscode.open(opened)
    vscode.change(opened, "privileged: true", "privileged: false")
    vscode.until_rules(opened, "privilege-escalation-allowed")
    vscode.configure("k8s-lsp.workspace", None)
    vscode.until_rules(closed)
    vscode.until_rules(opened, "privilege-escalation-allowed")
    vscode.run("workbench.action.files.revert")


def test_a_settings_file_counts_as_soon_as_it_is_written(vscode: Workbench) -> None:
    name = vscode.write("team/nginx.yaml", NGINX)
    vscode.open(name)
    vscode.until("findings", lambda: len(vscode.rules(name)) == 3)
    vscode.write("team/.k8s-lsp.yaml", "profile: restricted\n")
    vscode.until_rules(name, "missing-seccomp-profile")
    (vscode.folder / "team/.k8s-lsp.yaml").unlink()
    vscode.until("findings", lambda: len(vscode.rules(name)) == 3)


def test_a_mistake_in_a_settings_file_is_marked_and_the_rest_counts(vscode: Workbench) -> None:
    text = "profile: restricted\nrules:\n  missing-cpu-limit: of\n"
    settings = vscode.write("mistaken/.k8s-lsp.yaml", text)
    name = vscode.write("mistaken/nginx.yaml", NGINX)
    vscode.open(name)
    vscode.until_rules(name, "missing-seccomp-profile")
    vscode.open(settings)
    [mistake] = vscode.until("the mistake", lambda: vscode.diagnostics(settings))
    assert (mistake["severity"], mistake["start"], mistake["end"]) == ("Error", [2, 21], [2, 23])
    vscode.change(settings, ": of\n", ": off\n")
    vscode.until("no mistake", lambda: not vscode.diagnostics(settings))
