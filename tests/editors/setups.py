"""The editors, each with a configuration from its page."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from tests.editors.driver import Driver
from tests.editors.emacs.process import running as emacs
from tests.editors.neovim.process import running as neovim
from tests.editors.readme import block


class Setup(NamedTuple):
    """An editor with a configuration: the commands that it needs, of which the last is its own."""

    running: Callable[[list[str], str, Path], AbstractContextManager[Driver]]
    commands: tuple[str, ...]
    configuration: str

    def adding(self, page: str, heading: str, *commands: str) -> "Setup":
        """The same with another block after the first, which needs other commands too."""
        return self._replace(
            commands=(*commands, *self.commands),
            configuration=self.configuration + block(page, heading),
        )


NEW_NEOVIM = block("neovim", "Neovim 0.11 and newer")
OLD_NEOVIM = block("neovim", "Neovim 0.7 to 0.10")
EGLOT, LSP_MODE = block("emacs", "eglot"), block("emacs", "lsp-mode")

ALONE = {
    "nvim": Setup(neovim, ("nvim",), NEW_NEOVIM),
    "nvim-0.10": Setup(neovim, ("nvim-0.10",), OLD_NEOVIM),
    "nvim-0.7": Setup(neovim, ("nvim-0.7",), OLD_NEOVIM),
    "emacs-30-eglot": Setup(emacs, ("tmux", "emacs-30"), EGLOT),
    "emacs-30-lsp-mode": Setup(emacs, ("tmux", "emacs-30"), LSP_MODE),
    "emacs-28-eglot": Setup(emacs, ("tmux", "emacs-28"), EGLOT),
    "emacs-28-lsp-mode": Setup(emacs, ("tmux", "emacs-28"), LSP_MODE),
}

LINKED = {
    "nvim": ALONE["nvim"].adding("neovim", "Links"),
    "emacs-30-lsp-mode": ALONE["emacs-30-lsp-mode"].adding("emacs", "Links"),
    "emacs-28-lsp-mode": ALONE["emacs-28-lsp-mode"].adding("emacs", "Links"),
}
"""Those that show links or can be taught to; the others have no code for them at all."""

YAML = "yaml-language-server"

BESIDE = {
    "nvim": ALONE["nvim"].adding("neovim", "Beside yaml-language-server", YAML),
    "emacs-30-eglot": ALONE["emacs-30-eglot"].adding("emacs", "With eglot", YAML, "rass"),
    "emacs-30-lsp-mode": ALONE["emacs-30-lsp-mode"].adding("emacs", "With lsp-mode", YAML),
}

ON_SAVE = {
    "nvim": ALONE["nvim"].adding("neovim", "Safe fixes on save"),
    "emacs-30-eglot": ALONE["emacs-30-eglot"].adding("emacs", "Safe fixes on save"),
    "emacs-28-eglot": ALONE["emacs-28-eglot"].adding("emacs", "Safe fixes on save"),
}
