"""Emacs in a terminal, with the configuration of its page."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.editors.driver import Driver, environment
from tests.editors.terminal import DEADLINE, terminal

DRIVE = Path(__file__).with_name("drive.el")


@contextmanager
def running(commands: list[str], configuration: str, home: Path) -> Iterator[Driver]:
    """Start Emacs with an `init.el` in an empty home, and end it; before it comes tmux."""
    init = home / ".emacs.d/init.el"
    init.parent.mkdir(parents=True)
    init.write_text(configuration, encoding="utf-8")
    folder = home / "manifests"
    # What Emacs takes for a project gets one server.
    (folder / ".git").mkdir(parents=True)
    place = home / "drive"
    *_, tmux, emacs = commands
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        server.settimeout(DEADLINE)
        variables = environment(home) | {"DRIVE_SOCKET": str(place)}
        arguments = [emacs, "-nw", "-l", str(DRIVE)]
        with terminal(tmux, home, arguments, variables) as shown:
            try:
                connection, _ = server.accept()
            except TimeoutError as error:
                raise AssertionError(shown.screen()) from error
            with connection, connection.makefile("rw", encoding="utf-8") as stream:
                yield Driver(folder, stream, stream, shown.screen)
