"""What people see in the window, in a dark and a light theme.

Each test takes a picture. With --update those of the dark theme become the pictures of the
extension's README, and of the pages at the top, for a person to look at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.editors.manifests import NGINX
from tests.editors.vscode.conftest import EXTENSION
from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench
from tests.integrations.recipes import WEB

THEMES = {"dark": "Default Dark Modern", "light": "Default Light Modern"}

WIDTH, HEIGHT = 1140, 860
"""Of the window: wide enough for the messages, and still readable where pictures are narrow."""

EDITOR_X, EDITOR_Y, STATUS_HEIGHT = 52, 36, 30
"""Where the editor begins, right of the activity bar and below the title, and what is below it."""

STATUS = r"#k8s-lsp\.k8s-lsp\.status"
PROBLEM = ".markers-panel .monaco-list-row"
ACTION = ".action-widget .monaco-list-row.action"
BULB = ".lightBulbWidget"
HOVER = ".monaco-hover:not(.hidden)"
SUGGESTION = ".suggest-widget .monaco-list-row"
LENS = ".codelens-decoration a"
TOAST = ".notification-toast"

# In the page's own language: boxes of what has the look of a squiggle, and of the text that fills
# the end of a line. The editor draws spaces as no-break spaces.
SQUIGGLES = (
    "[...document.querySelectorAll('{}')].map(each => each.getBoundingClientRect().toJSON())"
)
TOKEN = """
[...document.querySelectorAll('.editor-instance .view-line')]
  .find(line => line.textContent.replaceAll('\\u00a0', ' ') === {line!r})
  .querySelector(':scope > span > span:last-child').getBoundingClientRect().toJSON()
"""
CUT = """
[...document.querySelectorAll('{}')].filter(each => each.scrollWidth > each.clientWidth)
  .map(each => each.textContent)
"""

SCROLLED = f"""
[...document.querySelectorAll('{HOVER} .monaco-hover-content')]
  .filter(each => each.scrollHeight > each.clientHeight + 1).map(each => each.textContent)
"""
"""The hovers of which a part is not seen, each as its text."""

FITTING = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  automountServiceAccountToken: false
  containers:
    - name: first
      image: nginx:1.27
      resources:
        limits: {memory: 256Mi, cpu: 1}
      securityContext:
        allowPrivilegeEscalation: false
        runAsNonRoot: true
        readOnlyRootFilesystem: true
        seccompProfile: {localhostProfile: a.json, type: Localhost}
        capabilities:
          drop: [ALL]
          add: [NET_BIND_SERVICE, SYS_TIME]
"""

TOLD = {
    "nginx:1.27": "starts as root",
    "securityContext": "readOnlyRootFilesystem",
    "SYS_TIME": "An intruder makes expired certificates",
    "NET_BIND": "Listen on ports below 1024",
    "drop": "and it is one that restricted asks for",
}
"""What is told of the tokens of that, among other things."""


class Window(NamedTuple):
    """VS Code as a person looks at it, and where to put pictures of it."""

    workbench: Workbench
    pictures: Path

    def evaluate(self, expression: str) -> Any:
        """What the page says to a question in its own language."""
        return self.workbench.page("evaluate", expression)

    def show(self, name: str, text: str) -> None:
        """Open a new file, and wait until it has squiggles."""
        self.workbench.open(self.workbench.write(name, text))
        self.workbench.until("findings", lambda: self.workbench.diagnostics(name))
        self.workbench.run("workbench.action.focusActiveEditorGroup")

    def picture(self, name: str, x: int, y: int, right: int, bottom: int) -> None:
        """Take a picture of a part of the window."""
        clip = {"x": x, "y": y, "width": right - x, "height": bottom - y}
        self.workbench.page("screenshot", {"path": str(self.pictures / name), "clip": clip})


@pytest.fixture(params=THEMES)
def window(
    request: pytest.FixtureRequest, vscode: Workbench, tmp_path: Path, update: bool
) -> Iterator[Window]:
    """Give a window of the README's size in a theme."""
    vscode.configure("workbench.colorTheme", THEMES[request.param])
    vscode.page("setViewportSize", {"width": WIDTH, "height": HEIGHT})
    vscode.run("workbench.action.closeSidebar")
    for path in vscode.folder.glob("**/*.yaml"):
        # What other tests wrote there would change what is shown of these.
        if "kind: ServiceAccount" in path.read_text(encoding="utf-8"):
            path.unlink()
    is_shown = update and request.param == "dark"
    yield Window(vscode, EXTENSION / "images" if is_shown else tmp_path)
    vscode.press("Escape")
    vscode.run("workbench.action.closePanel")


def test_the_squiggle_sits_under_the_token(window: Window) -> None:
    window.show("squiggle.yaml", NGINX)
    window.workbench.see(".squiggly-warning", state="attached")
    boxes = window.evaluate(SQUIGGLES.format(".squiggly-warning"))
    token = window.evaluate(TOKEN.format(line="        - name: nginx"))
    [squiggle] = [box for box in boxes if abs(box["y"] - token["y"]) < token["height"] / 2]
    assert abs(squiggle["left"] - token["left"]) < 1.5
    assert abs(squiggle["right"] - token["right"]) < 1.5


def test_the_problems_panel(window: Window) -> None:
    window.show("nginx-deployment.yaml", NGINX)
    window.workbench.run("workbench.actions.view.problems")
    for text in ("has no securityContext", "missing-seccomp-profile", "[Ln 18, Col 17]"):
        window.workbench.see(PROBLEM, text)
    window.workbench.see(PROBLEM, "[Ln 16, Col 5]")
    assert window.evaluate(CUT.format(f"{PROBLEM} .monaco-highlighted-label")) == []
    window.picture("problems.png", EDITOR_X, EDITOR_Y, WIDTH, HEIGHT - STATUS_HEIGHT)


def test_the_hover(window: Window) -> None:
    window.show("pod.yaml", PRIVILEGED)
    window.workbench.see(".squiggly-error", state="attached")
    [box] = window.evaluate(SQUIGGLES.format(".squiggly-error"))
    window.workbench.probe.ask("select", [18, 0, 0])
    window.workbench.point(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.workbench.see(HOVER, 'container "app" must not set securityContext.privileged to true')
    window.workbench.see(HOVER, "Pod Security: baseline")
    assert window.evaluate(SCROLLED) == []
    window.picture("hover.png", EDITOR_X, EDITOR_Y, 1060, 460)


@pytest.mark.parametrize("token", ["nginx:1.27", "securityContext", "SYS_TIME", "NET_BIND", "drop"])
def test_a_hover_fits_into_its_window(window: Window, token: str) -> None:
    window.show("fits.yaml", FITTING)
    before = FITTING[: FITTING.index(token)]
    line, column = before.count("\n"), len(before) - before.rfind("\n")
    window.workbench.probe.ask("select", [line, column, column])
    window.workbench.run("editor.action.showHover")
    window.workbench.see(HOVER, TOLD[token])
    assert window.evaluate(SCROLLED) == []
    window.workbench.press("Escape")


def test_a_fix_is_chosen_from_the_menu_and_applied(window: Window) -> None:
    name = "pod.yaml"
    window.show(name, PRIVILEGED)
    window.workbench.see(".squiggly-error", state="attached")
    window.workbench.probe.ask("select", [13, 22, 22])
    window.workbench.see(BULB)
    window.workbench.press("Control+.")
    window.workbench.see(ACTION, "Set privileged to false")
    window.workbench.see(ACTION, 'Harden container "app"')
    window.workbench.see(ACTION, "Ignore privileged-container on this line")
    assert window.evaluate(CUT.format(f"{ACTION} .title")) == []
    window.picture("fix.png", EDITOR_X, EDITOR_Y, 900, 560)
    window.workbench.on(ACTION, "Set privileged to false", "click")
    window.workbench.see(".editor-instance .view-line", "privileged: false")
    window.workbench.until_gone(".squiggly-error")
    fixed = PRIVILEGED.replace("privileged: true", "privileged: false")
    assert window.workbench.text(name) == fixed


def test_the_finding_of_the_page_for_teams(window: Window) -> None:
    workbench, name = window.workbench, "shop/deploy/web.yaml"
    workbench.write("shop/.k8s-lsp.yaml", "profile: baseline\n")
    window.show(name, WEB)
    line, text = next(pair for pair in enumerate(WEB.split("\n")) if "privileged" in pair[1])
    workbench.until("the settings count", lambda: len(workbench.diagnostics(name)), (1).__eq__)
    workbench.see(LENS, "Pod Security: privileged")
    workbench.probe.ask("select", [line, len(text) - 2, len(text) - 2])
    workbench.see(BULB)
    workbench.press("Control+.")
    workbench.see(ACTION, "Set privileged to false")
    window.picture("team.png", EDITOR_X, EDITOR_Y, 760, 620)


def test_the_status_bar(window: Window) -> None:
    window.show("status.yaml", NGINX)
    window.workbench.see(STATUS, "k8s-lsp")
    window.workbench.until(
        "it counts 7 warnings and one information",
        lambda: window.workbench.on(STATUS, "", "textContent"),
        lambda text: text.split() == ["k8s-lsp", "7", "1"],
    )
    window.picture("status.png", WIDTH - 600, HEIGHT - STATUS_HEIGHT, WIDTH, HEIGHT)


def test_the_walk_from_an_empty_file_to_restricted(window: Window) -> None:
    workbench, name = window.workbench, "walk.yaml"
    workbench.run("notifications.clearAll")
    workbench.open(workbench.write(name, ""))
    workbench.run("workbench.action.focusActiveEditorGroup")
    workbench.run("editor.action.triggerSuggest")
    workbench.see(SUGGESTION, "Deployment")
    window.picture("walk-empty.png", EDITOR_X, EDITOR_Y, 860, 230)
    workbench.press("Escape")
    workbench.probe.ask("replace", 0, 0, NGINX)
    workbench.see(LENS, "Pod Security: baseline")
    workbench.see(".squiggly-warning", state="attached")
    window.picture("walk-typed.png", EDITOR_X, EDITOR_Y, WIDTH, 540)
    workbench.on(LENS, "Harden", "click")
    workbench.see(LENS, "Pod Security: restricted")
    workbench.see(TOAST, "Changed: ")
    workbench.until_rules(name)
    window.picture("walk-hardened.png", EDITOR_X, EDITOR_Y, WIDTH, HEIGHT - STATUS_HEIGHT)
    workbench.run("notifications.clearAll")
