"""Helix in a terminal, with the configuration of its page, driven by the keys of a user."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.editors.driver import environment
from tests.editors.manifests import (
    COMPLETED,
    EMOJI,
    HALF_TYPED,
    HARDENED,
    NGINX,
    SCHEMA,
    TWO,
    WITH_SCHEMA,
)
from tests.editors.readme import block
from tests.editors.terminal import Terminal, terminal

CONFIGURATION = block("helix", "Configuration")

Open = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture
def opened(program: Callable[[str], str], tmp_path: Path) -> Open:
    """Give a function that opens a file of `tmp_path` in Helix, at a line and a column."""
    tmux, hx = program("tmux"), program("hx")
    home = tmp_path / "home"

    @contextmanager
    def run(
        name: str, text: str, place: str = "1:1", configuration: str = CONFIGURATION
    ) -> Iterator[Terminal]:
        languages = home / ".config/helix/languages.toml"
        languages.parent.mkdir(parents=True, exist_ok=True)
        languages.write_text(configuration, encoding="utf-8")
        (tmp_path / name).write_bytes(text.encode())
        with terminal(tmux, tmp_path, [hx, f"{name}:{place}"], environment(home)) as shown:
            yield shown

    return run


def count(shown: Terminal, marks: str) -> None:
    """Wait until the status line counts these findings: by severity, before the selections."""
    shown.until(lambda screen: re.search(rf" NOR .*\.yaml( \[\+\])? +{marks} *1 sel", screen))


def goes_to(shown: Terminal, place: str) -> None:
    """See that the next finding starts at a line and column."""
    shown.press("]", "d")
    # The finding is selected, with the cursor at its end; this turns the selection round.
    shown.press(r"M-\;")
    shown.until(f"1 sel  {place}\n")


def choose(shown: Terminal, *titles: str) -> None:
    """Choose the last of the titles in the menu, which starts with all of them."""
    shown.press("Space", "a")
    shown.until(*titles)
    shown.press(*["Down"] * (len(titles) - 1), "Enter")


def write(shown: Terminal) -> None:
    shown.type(":w")
    shown.press("Enter")
    shown.until("written")


def test_findings_stand_at_their_tokens(opened: Open) -> None:
    with opened("nginx.yaml", NGINX) as shown:
        count(shown, "● 3")
        goes_to(shown, "16:5")
        shown.until("pod must set automountServiceAccountToken to false unless")
        goes_to(shown, "18:17")
        shown.until("has no limits: it must set cpu and memory", "has no securityContext: it must")
        shown.press("Space", "k")
        shown.until("7 findings", "root-user-allowed")


def test_places_after_an_emoji_are_counted_as_the_editor_does(opened: Open, tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: baseline\n")
    with opened("pod.yaml", EMOJI) as shown:
        count(shown, "● 1")
        goes_to(shown, "7:68")
        choose(shown, "Set privileged to false")
        count(shown, "")
        write(shown)
    fixed = EMOJI.replace("privileged: true", "privileged: false")
    assert (tmp_path / "pod.yaml").read_bytes().decode() == fixed


def test_a_quick_fix_changes_what_it_says_and_nothing_else(opened: Open, tmp_path: Path) -> None:
    with opened("nginx.yaml", NGINX, "16:5") as shown:
        count(shown, "● 3")
        choose(shown, "Set automountServiceAccountToken to false")
        shown.until("      automountServiceAccountToken: false\n")
        write(shown)
    fixed = NGINX + "      automountServiceAccountToken: false\n"
    assert (tmp_path / "nginx.yaml").read_bytes().decode() == fixed


def test_harden_does_everything_at_once(opened: Open, tmp_path: Path) -> None:
    with opened("nginx.yaml", NGINX, "18:18") as shown:
        count(shown, "● 3")
        choose(shown, 'Harden container "nginx" and its pod')
        count(shown, "")
        write(shown)
    assert (tmp_path / "nginx.yaml").read_bytes().decode() == HARDENED


def test_a_finding_can_be_ignored_by_a_comment(opened: Open, tmp_path: Path) -> None:
    with opened("nginx.yaml", NGINX, "16:5") as shown:
        count(shown, "● 3")
        ignore = "Ignore service-account-token-mounted on this line"
        choose(shown, "Set automountServiceAccountToken to false", ignore)
        count(shown, "● 2")
        write(shown)
    comment = "    spec:  # k8s-lsp: ignore[service-account-token-mounted]\n"
    ignored = NGINX.replace("    spec:\n", comment)
    assert (tmp_path / "nginx.yaml").read_bytes().decode() == ignored


RHYTHMS = {"key by key": r".", "in words": r"\S+\s*", "in lines": r".+"}
"""What is typed between two pauses."""


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_demo_typed_from_nothing(opened: Open, tmp_path: Path, rhythm: str) -> None:
    with opened("typed.yaml", "") as shown:
        shown.press("i")
        counts: list[int] = []
        for number, line in enumerate(NGINX.rstrip("\n").split("\n"), 1):
            if number > 1:
                shown.press("Enter")
            if f" 1 sel  {number}:1\n" not in shown.until(f" 1 sel  {number}:"):
                # What Helix indents by itself is taken back.
                shown.press("C-u")
                shown.until(f" 1 sel  {number}:1\n")
            indentation = line[: len(line) - len(line.lstrip())]
            first, *others = re.findall(RHYTHMS[rhythm], line.lstrip())
            typed = ""
            for part in (indentation + first, *others):
                # Helix tells of keys that come at once in any order; what is pasted is one change.
                shown.paste(part)
                typed += part
                # A pause is the screen that shows it.
                counts.append(marks_in(shown.until(f" 1 sel  {number}:{len(typed) + 1}\n")))
        # A screen may show the text before what is found in it.
        counts.append(marks_in(shown.until(lambda screen: marks_in(screen) >= 3)))
        # What is less than before is not more again.
        for index, each in enumerate(counts):
            assert each == max(counts[: index + 1]) or each == max(counts[index:]), counts
        assert max(counts) in (3, 4)
        shown.press("Escape")
        count(shown, "● 3")
        shown.type(":18")
        shown.press("Enter", "g", "l")
        choose(shown, 'Harden container "nginx" and its pod')
        count(shown, "")
        write(shown)
    assert (tmp_path / "typed.yaml").read_bytes().decode() == HARDENED


def marks_in(screen: str) -> int:
    """How many findings the status line counts while somebody types."""
    counted = re.search(r" INS .*\.yaml(?: \[\+\])?(.*?)1 sel", screen)
    return sum(map(int, re.findall(r"\d+", counted[1]))) if counted else 0


def test_a_settings_file_counts_when_it_is_saved(opened: Open, tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: recommended\n")
    with opened("nginx.yaml", NGINX) as shown:
        count(shown, "● 3")
        shown.type(":o .k8s-lsp.yaml")
        shown.press("Enter")
        shown.until("profile: recommended")
        shown.type("%:pipe sed s/recommended/baseline/")
        shown.press("Enter")
        shown.until("profile: baseline")
        count(shown, "")
        write(shown)
        shown.type(":o nginx.yaml")
        shown.press("Enter")
        shown.until("name: nginx-deployment")
        count(shown, "")


def test_the_settings_of_the_page_count_from_the_start(opened: Open) -> None:
    baseline = CONFIGURATION.replace("recommended", "baseline")
    assert baseline != CONFIGURATION
    with opened("pod.yaml", TWO, configuration=baseline) as shown:
        count(shown, "● 2")


def test_while_a_quote_is_open_the_rest_keeps_its_findings(opened: Open, tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: baseline\n")
    with opened("pod.yaml", TWO.replace("name: one", 'name: "one"'), "8:17") as shown:
        count(shown, "● 2")
        shown.type("d")
        shown.until('- name: "one\n', "this quote is not closed")
        # One is what Helix marks; the others are the two containers that stay privileged.
        count(shown, "● 3")
        shown.press("g", "h")
        goes_to(shown, "8:13")
        goes_to(shown, "11:21")
        goes_to(shown, "15:21")
        shown.until('container "two" must not set securityContext.privileged to true')


def beside(configuration: str) -> str:
    """The configuration of the page for both servers."""
    alone = configuration.replace('name = "yaml"\nlanguage-servers = ["k8s-lsp"]\n', "")
    both = alone.replace("[[language]]\n\n", "", 1)
    assert both != configuration
    return both + block("helix", "Beside yaml-language-server")


@pytest.mark.parametrize("typed", COMPLETED)
@pytest.mark.parametrize("is_beside", [False, True], ids=["alone", "beside"])
def test_what_is_accepted_is_written_where_it_belongs(
    opened: Open, program: Callable[[str], str], tmp_path: Path, is_beside: bool, typed: str
) -> None:
    if is_beside:
        program("yaml-language-server")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: restricted\n")
    label, written = COMPLETED[typed]
    configuration = beside(CONFIGURATION) if is_beside else CONFIGURATION
    with opened("pod.yaml", f"{HALF_TYPED}{typed}\n", "11:1", configuration) as shown:
        count(shown, "●.*")
        shown.press("A")
        shown.until(" INS ")
        shown.press("C-x")
        shown.until(f" {label} ")
        shown.press("C-n")
        shown.press("Enter")
        shown.until(written.splitlines()[-1])
        shown.press("Escape")
        shown.until(" NOR ")
        write(shown)
    assert (tmp_path / "pod.yaml").read_text() == f"{HALF_TYPED}{written}\n"


def test_nothing_is_shown_twice_beside_yaml_language_server(
    opened: Open, program: Callable[[str], str], tmp_path: Path
) -> None:
    program("yaml-language-server")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: baseline\n")
    with opened("pod.yaml", WITH_SCHEMA, "8:1", beside(CONFIGURATION)) as shown:
        count(shown, "● 1")
        shown.type("xc")
        for letters in ("h", "ho", "hos", "host", "hostP"):
            # Helix 25.01 may tell servers of faster keys in another order.
            shown.type(letters[-1])
            shown.until(f"  {letters}\n")
        popup = shown.until("hostPID")
        assert popup.count("hostPID") == 1
        shown.press("Escape")
        # A key that follows too fast would be taken for one with Alt.
        shown.until(" NOR ")
        shown.type(":7")
        shown.press("Enter")
        shown.type("ww")
        shown.press("Space", "k")
        hover = shown.until("A pod shares the network of its node")
        assert "What the schema says" not in hover


def test_hints_tell_what_holds_by_default(opened: Open, tmp_path: Path) -> None:
    config = tmp_path / "home/.config/helix/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[editor.lsp]\ndisplay-inlay-hints = true\n", encoding="utf-8")
    asking = '{ profile = "recommended", editor = { inlay-hints = true } }'
    configuration = CONFIGURATION.replace('{ profile = "recommended" }', asking)
    assert asking in configuration
    with opened("nginx.yaml", NGINX, configuration=configuration) as shown:
        count(shown, "● 3")
        # Helix asks for hints a while after a key.
        shown.press("j")
        shown.until("spec: by default serviceAccountName: default")
        shown.until("name: nginx by default allowPrivilegeEscalation: true")
