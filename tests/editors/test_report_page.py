"""The page of `k8s-lsp report` in a browser: in both themes, wide and narrow, with its script."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.editors.vscode.workbench import DEADLINE, Peer
from tests.editors.vscode.workbench import HERE as BROWSER
from tests.reports.many import write_many
from tests.reports.organisation import OWNERS, write_now, write_then

PICTURES = ROOT / ".github" / "images"

WIDTH = 1280
HEIGHT = 1000
"""How large the window is; the pictures show the whole of where to start."""

PICTURE_LIMIT = 200_000
"""How many bytes a picture may have: the repository holds them."""

FAULTS = """
window.faults = [];
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(kind, (event) => faults.push(`${kind}: ${event.message ?? event.reason ??
    event.violatedDirective}`));
}
console.error = (...words) => faults.push(`console: ${words}`);
"""
"""Keeps what goes wrong in a page, from before it has begun."""

CUT = """[...document.querySelectorAll("h1, h2, p, th, td, li, code, caption, label, button")]
  .filter((each) => each.checkVisibility() && (each.scrollWidth > each.clientWidth + 1
    || each.getBoundingClientRect().right > innerWidth + 1)
    && getComputedStyle(each).display !== "inline" && !each.closest("thead"))
  .map((each) => each.textContent)"""
"""What does not fit into its place, or into the window."""


class Page:
    """A page in a browser."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def do(self, method: str, *arguments: Any) -> Any:
        return self._peer.ask("page", method, *arguments)

    def open(self, file: Path, theme: str = "light", width: int = WIDTH) -> None:
        """Open a file of HTML, and wait until its script has shown the list."""
        self.do("emulateMedia", {"colorScheme": theme})
        self.do("setViewportSize", {"width": width, "height": HEIGHT})
        self.do("goto", file.as_uri())
        self.do("waitForSelector", "#list table")

    def said(self, expression: str) -> Any:
        """What the page says to a question in its own language."""
        return self.do("evaluate", expression)

    def rows(self) -> list[str]:
        """The rows of the list that are shown."""
        rows: list[str] = self.said(
            "[...document.querySelectorAll('#list tbody tr')].map((row) => row.innerText)"
        )
        return rows

    def count(self) -> str:
        """What is told of how many findings fit."""
        text: str = self.said("document.querySelector('[role=status]').textContent")
        return text

    def choose(self, name: str, start: str) -> None:
        """Choose what begins so."""
        self.said(
            f"(() => {{ const select = document.querySelector('select[name={name}]');"
            f"select.value = [...select.options].find((each) => each.text.startsWith('{start}'))"
            ".value; select.dispatchEvent(new Event('change')); })()"
        )

    def press(self, key: str) -> None:
        """Press a key."""
        self._peer.ask("keyboard", "press", key)

    def click(self, selector: str, text: str) -> None:
        """Click the first element that fits and contains the text."""
        self._peer.ask({"selector": selector, "text": text}, "click")

    def search(self, words: str) -> None:
        """Type into the search."""
        self.do("fill", "#words", words)


@pytest.fixture(scope="module")
def page(program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a browser, which asks nothing of a network."""
    failed = tmp_path_factory.mktemp("browser") / "failed.png"
    driver_js = str(BROWSER / "browser.js")
    command = [program("node-with-playwright"), driver_js, program("chromium")]
    with subprocess.Popen(
        [*command, str(DEADLINE), str(failed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as driver:
        assert driver.stdin is not None and driver.stdout is not None
        browser = Page(Peer(driver.stdin, driver.stdout, lambda: f"--- seen: {failed}"))
        browser.do("addInitScript", {"content": FAULTS})
        yield browser
        driver.stdin.close()


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of three small repositories and their teams, since an earlier run."""
    folder = tmp_path_factory.mktemp("organisation")
    write_then(folder / "src-then")
    write_now(folder / "src-now")
    (folder / "OWNERS").write_text(OWNERS)
    for name in ("then", "now"):
        run(folder, "batch", f"src-{name}", name, "--processes", "1")
    report = ("report", "now", "--since", "then", "--teams", "OWNERS")
    run(folder, *report, "--title", "Kubernetes at ACME", "--output", "html=page.html")
    return folder / "page.html"


def run(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "k8s_lsp", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_reader_sees_first(
    page: Page, organisation: Path, theme: str, tmp_path: Path, update: bool
) -> None:
    page.open(organisation, theme)
    folder = PICTURES if update else tmp_path
    folder.mkdir(exist_ok=True)
    picture = folder / f"report-{theme}.png"
    # Where Chromium draws twice the pixels, a picture would be twice as wide.
    bottom = page.said("document.querySelector('.beside').getBoundingClientRect().bottom")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": round(bottom)}
    page.do("screenshot", {"path": str(picture), "clip": clip, "scale": "css"})
    assert picture.stat().st_size < PICTURE_LIMIT
    ground = page.said("getComputedStyle(document.body).backgroundColor")
    red = int(re.findall(r"\d+", ground)[0])
    assert red > 200 if theme == "light" else red < 60
    # The colours of charts are those of the theme, in which none is left out.
    drawn = page.said(
        "[...new Set([...document.querySelectorAll('svg path[fill^=var], svg text')]"
        ".map((each) => getComputedStyle(each).fill))]"
    )
    assert len(drawn) >= 6
    assert "rgb(0, 0, 0)" not in drawn


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 700, 800, 1280])
def test_nothing_is_cut_and_nothing_goes_wrong(
    page: Page, organisation: Path, theme: str, width: int
) -> None:
    page.open(organisation, theme, width)
    assert page.said("document.documentElement.scrollWidth") == width
    assert page.said(CUT) == []
    assert page.said("faults") == []


def test_findings_are_searched_and_chosen(page: Page, organisation: Path) -> None:
    page.open(organisation)
    assert page.count() == "1–50 of 58"
    page.choose("severity", "error")
    assert page.count() == "1–9 of 9"
    assert all(row.startswith("error") for row in page.rows())
    page.choose("rule", "privileged-container")
    assert page.count() == "1–3 of 3"
    page.choose("change", "new")
    assert page.count() == "1–2 of 2"
    page.choose("team", "@acme/payments @acme/risk")
    (row,) = page.rows()
    assert "payments/deploy/fraud.yaml:12" in row
    page.choose("repository", "platform")
    assert page.count() == "No finding fits."
    for name in ("severity", "rule", "change", "team", "repository"):
        page.choose(name, "all")
    page.search("METRICS  hostpid")
    (row,) = page.rows()
    assert "platform/agents/metrics.yaml" in row
    page.search("")
    assert page.count() == "1–50 of 58"
    assert page.said("faults") == []


def test_pages_are_turned_by_the_keyboard(page: Page, organisation: Path) -> None:
    page.open(organisation)
    page.said("[...document.querySelectorAll('#list button')][1].focus()")
    page.press("Enter")
    assert page.count() == "51–58 of 58"
    assert len(page.rows()) == 8
    # There is no next page: the focus is on the button that leads back.
    assert page.said("document.activeElement.textContent") == "Previous"
    page.press("Enter")
    assert page.count() == "1–50 of 58"


def test_without_the_script_all_rules_are_there(page: Page, organisation: Path) -> None:
    """The list is hidden until the script has read it: here it is taken away."""
    copy = organisation.with_name("without.html")
    text = organisation.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    page.do("goto", copy.as_uri())
    assert page.said("document.querySelector('#choices').checkVisibility()") is False
    rules = page.said(
        "[...document.querySelectorAll('summary code')].map((each) => each.innerText)"
    )
    assert len(rules) == len(set(rules)) == 16
    page.click("summary", "privileged-container")
    table = page.said("document.querySelector('details[open]').innerText")
    assert table.count("privileged to true") == 3


def test_nothing_of_a_manifest_is_run(page: Page, tmp_path: Path) -> None:
    hostile = "<img src=x onerror=faults.push(1)><script>faults.push(2)</script>]]>"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: '%s'}\nspec: {hostPID: true}\n"
    (tmp_path / "pod.yaml").write_text(pod % hostile)
    run(tmp_path, "batch", ".", "out", "--processes", "1", "--profile", "all")
    run(tmp_path, "report", "out", "--title", hostile, "--output", "html=page.html")
    page.open(tmp_path / "page.html")
    assert page.said("document.querySelector('h1').textContent") == hostile
    assert any(hostile in row for row in page.rows())
    assert page.said("faults") == []
    assert page.said("document.querySelectorAll('img').length") == 0


@pytest.mark.sweep
def test_a_hundred_thousand_findings_are_searched(page: Page, tmp_path: Path) -> None:
    write_many(tmp_path / "out", 100_000)
    teams = ("--team", "one=repository-00*", "--team", "two=repository-01*")
    run(tmp_path, "report", "out", *teams, "--output", "html=page.html")
    file = tmp_path / "page.html"
    assert file.stat().st_size < 5_000_000
    page.open(file)
    assert page.count() == "1–50 of 100,000"
    # So many elements, and no more, however many findings there are.
    assert page.said("document.querySelectorAll('*').length") < 30_000
    page.search("app-99999")
    (row,) = page.rows()
    assert "repository-0249/deploy/service-49.yaml" in row
    page.search("")
    page.choose("repository", "repository-0100")
    assert page.count() == "1–50 of 400"
    page.choose("repository", "all")
    page.choose("team", "two")
    assert page.count() == "1–50 of 40,000"
    page.choose("team", "no team")
    assert page.count() == "1–50 of 20,000"
    assert page.said("faults") == []
