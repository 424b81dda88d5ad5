"""Neovim in a terminal, driven by the keys of a user: what is typed, and the status line."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.editors.driver import environment
from tests.editors.manifests import COMPLETED, HALF_TYPED, NGINX, SCHEMA
from tests.editors.readme import block
from tests.editors.terminal import Terminal, terminal

CONFIGURATION = block("neovim", "Neovim 0.11 and newer")
COMPLETING = CONFIGURATION + block("neovim", "Completion")
BESIDE = COMPLETING + block("neovim", "Beside yaml-language-server")
TELLING = CONFIGURATION + block("neovim", "In the status line")

Open = Callable[[str, str, str], AbstractContextManager[Terminal]]


@pytest.fixture
def opened(program: Callable[[str], str], tmp_path: Path) -> Open:
    """Give a function that opens a file of `tmp_path` in Neovim, with a configuration."""
    tmux, nvim = program("tmux"), program("nvim")
    home = tmp_path / "home"

    @contextmanager
    def run(name: str, text: str, configuration: str) -> Iterator[Terminal]:
        init = home / ".config/nvim/init.lua"
        init.parent.mkdir(parents=True)
        init.write_text(configuration, encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
        with terminal(tmux, tmp_path, [nvim, name], environment(home)) as shown:
            yield shown

    return run


@pytest.mark.parametrize("typed", COMPLETED)
@pytest.mark.parametrize("configuration", [COMPLETING, BESIDE], ids=["alone", "beside"])
def test_what_is_accepted_is_written_where_it_belongs(
    opened: Open, program: Callable[[str], str], tmp_path: Path, configuration: str, typed: str
) -> None:
    if configuration == BESIDE:
        program("yaml-language-server")
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    label, written = COMPLETED[typed]
    with opened("pod.yaml", HALF_TYPED + typed + "\n", configuration) as shown:
        # The server is there once it has found something.
        shown.until("W spec:")
        shown.press("G", "A")
        shown.until("-- INSERT --")
        shown.press("C-x", "C-o")
        shown.until(f" {label} ")
        shown.press("C-n")
        # What is chosen is explained beside the list.
        shown.until("restricted level" if label == "restricted" else "Default")
        shown.press("C-y")
        shown.until(written.splitlines()[-1])
        shown.press("Escape")
        shown.until(lambda screen: "-- INSERT --" not in screen)
        shown.type(":w")
        shown.press("Enter")
        shown.until("written")
    assert (tmp_path / "pod.yaml").read_text() == f"{HALF_TYPED}{written}\n"


def test_the_status_line_tells_the_state(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "note.yaml").write_text("just: text\n")
    with opened("nginx.yaml", NGINX, TELLING) as shown:
        shown.until("k8s-lsp: 8 findings  1:1")
        # Without its selector, the Deployment is read as a patch.
        shown.type("/selector")
        shown.press("Enter")
        shown.type("3dd")
        shown.until("k8s-lsp: patch")
        shown.type("u")
        shown.until("k8s-lsp: 8 findings")
        shown.type(":e note.yaml")
        shown.press("Enter")
        shown.until("just: text", lambda screen: "k8s-lsp:" not in screen)
        (tmp_path / ".k8s-lsp.yaml").write_text("profile: baseline\nrule: {}\n")
        shown.type(":w")
        shown.press("Enter")
        shown.type(":e nginx.yaml")
        shown.press("Enter")
        shown.until("k8s-lsp: settings file broken")
