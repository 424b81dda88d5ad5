"""The status bar tells the state of the text, and what decides about it."""

import re

import pytest

from tests.editors.manifests import NGINX
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.test_commands import ENTRY, choose
from tests.editors.vscode.workbench import Workbench

STATUS = r"#k8s-lsp\.k8s-lsp\.status"
TOOLTIP = ".monaco-hover:not(.hidden)"
PLACEHOLDER = '.quick-input-widget input[placeholder="It is written to {}"]'
TOAST = ".notification-toast"

PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n"
CLEAN = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
TEMPLATE = "{{ if .a }}\n" + PRIVILEGED + "{{ end }}\n"
BROKEN = "# the team's\nprofile: baseline # as agreed\nrules:\n  host-pit: off\n"


def shown(vscode: Workbench) -> str:
    """The text of the item; "" where it is hidden. Its icons are no text."""
    text = vscode.page(
        "evaluate", f"document.querySelector(String.raw`{STATUS}`)?.textContent ?? ''"
    )
    return re.sub(r"[\s\u00a0]+", " ", text).strip()


def until_shown(vscode: Workbench, expected: str) -> None:
    vscode.until(f"the item says {expected!r}", lambda: shown(vscode), expected.__eq__)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("findings.yaml", NGINX, "k8s-lsp 7 1"),
        ("clean.yaml", CLEAN, "k8s-lsp: clean"),
        ("patch.yaml", PATCH, "k8s-lsp: patch"),
        ("template.yaml", TEMPLATE, "k8s-lsp: template, read in part 1"),
        ("compose.yaml", "services:\n  web:\n    image: nginx\n", ""),
    ],
)
def test_each_state_is_told(vscode: Workbench, name: str, text: str, expected: str) -> None:
    vscode.open(vscode.write("before.yaml", PRIVILEGED))
    until_shown(vscode, "k8s-lsp 1")
    vscode.open(vscode.write(name, text))
    until_shown(vscode, expected)


def test_it_follows_what_is_typed(vscode: Workbench) -> None:
    name = vscode.write("typed.yaml", PRIVILEGED)
    vscode.open(name)
    until_shown(vscode, "k8s-lsp 1")
    vscode.change(name, "kind: Pod\n", "kind: \n")
    until_shown(vscode, "")
    vscode.change(name, "kind: \n", "kind: Pod\n")
    until_shown(vscode, "k8s-lsp 1")


def test_the_tooltip_names_what_decides(vscode: Workbench) -> None:
    vscode.write("tooltip/.k8s-lsp.yaml", 'profile: baseline\nkubernetes-version: "1.30"\n')
    vscode.open(vscode.write("tooltip/pod.yaml", PATCH))
    until_shown(vscode, "k8s-lsp: patch")
    vscode.on(STATUS, "", "hover")
    for text in (
        "Deployment web is read as a patch, because it has no spec.selector",
        "Profile: baseline · Choose",
        "Kubernetes: 1.30",
        "Settings file: tooltip/.k8s-lsp.yaml · Open",
    ):
        vscode.see(TOOLTIP, text)
    vscode.point(600, 300)
    vscode.until_gone(TOOLTIP, "Profile")


def test_a_broken_settings_file_is_told_and_opened(vscode: Workbench) -> None:
    settings = vscode.write("broken/.k8s-lsp.yaml", BROKEN)
    name = vscode.write("broken/pod.yaml", PRIVILEGED)
    # Other tests have broken files too, each with its button.
    vscode.run("notifications.clearAll")
    vscode.open(name)
    message = 'broken/.k8s-lsp.yaml has a mistake in line 4: there is no rule "host-pit"'
    vscode.see(TOAST, message)
    until_shown(vscode, "k8s-lsp: settings file broken 1")
    vscode.on(f"{TOAST} .monaco-button", "Open", "click")
    vscode.until_gone(TOAST)
    vscode.until("the mistake is selected", lambda: vscode.probe.ask("selected"), [3, 2, 10].__eq__)
    vscode.change(settings, "host-pit", "host-pid")
    vscode.probe.ask("save", settings)
    vscode.open(name)
    until_shown(vscode, "k8s-lsp 1")


def test_a_profile_is_written_to_the_settings_file(vscode: Workbench) -> None:
    text = "# the team's\nprofile: baseline # as agreed\n"
    settings = vscode.write("chosen/.k8s-lsp.yaml", text)
    name = vscode.write("chosen/nginx.yaml", NGINX)
    vscode.open(name)
    until_shown(vscode, "k8s-lsp: clean")
    choose(vscode, "k8s-lsp: Choose Profile")
    vscode.see(PLACEHOLDER.format("chosen/.k8s-lsp.yaml"))
    vscode.on(ENTRY, "Exactly the restricted level", "click")
    until_shown(vscode, "k8s-lsp 4")
    written = (vscode.folder / settings).read_text(encoding="utf-8")
    assert written == text.replace("baseline", "restricted")


def test_without_a_settings_file_it_is_written_to_the_workspace(vscode: Workbench) -> None:
    vscode.open(vscode.write("alone/nginx.yaml", NGINX))
    until_shown(vscode, "k8s-lsp 7 1")
    settings = vscode.folder / ".vscode" / "settings.json"
    before = settings.read_text(encoding="utf-8")
    choose(vscode, "k8s-lsp: Choose Profile")
    vscode.see(PLACEHOLDER.format("the settings of VS Code"))
    vscode.on(ENTRY, "Exactly the baseline level", "click")
    until_shown(vscode, "k8s-lsp: clean")
    assert '"k8s-lsp.profile": "baseline"' in settings.read_text(encoding="utf-8")
    settings.write_text(before, encoding="utf-8")
    until_shown(vscode, "k8s-lsp 7 1")
