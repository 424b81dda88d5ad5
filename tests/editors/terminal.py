"""A terminal of tmux, in which an editor runs as it does before a user."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DEADLINE = 60
"""Seconds that a screen has to become what is waited for."""


class Terminal:
    """One terminal, which nobody else's tmux knows of."""

    def __init__(self, tmux: str, socket: Path) -> None:
        self.command = [tmux, "-S", str(socket), "-f", "/dev/null"]

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        return subprocess.run(
            [*self.command, *arguments],
            env=environment,
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout

    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by their names in tmux, such as `Escape` and `C-x`."""
        self.run("send-keys", *keys)

    def type(self, text: str) -> None:
        self.run("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Insert a text at once, as a terminal does for somebody who pastes it."""
        self.run("set-buffer", "--", text)
        self.run("paste-buffer", "-p", "-d")

    def until(self, *conditions: str | Callable[[str], object]) -> str:
        """The screen, as soon as it holds all texts, and is as all functions want it."""
        end = time.monotonic() + DEADLINE
        while not all(_holds(each, screen := self.screen()) for each in conditions):
            assert time.monotonic() < end, f"never seen {conditions}:\n{screen}"
            time.sleep(0.02)
        return screen


def _holds(condition: str | Callable[[str], object], screen: str) -> bool:
    return condition in screen if isinstance(condition, str) else bool(condition(screen))


@contextmanager
def terminal(
    tmux: str, folder: Path, command: list[str], environment: dict[str, str]
) -> Iterator[Terminal]:
    """Run a command in a terminal of 120 by 40, in a folder, and end it."""
    # A socket's path must be short, and is no secret here: nobody waits at it when the test ends.
    shown = Terminal(tmux, folder / "tmux")
    size = ["-x", "120", "-y", "40"]
    shown.run("new-session", "-d", *size, "-c", str(folder), *command, environment=environment)
    try:
        yield shown
    finally:
        shown.run("kill-server")
