"""Neovim without a screen, with the configuration of its page."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.editors.driver import Driver, environment

DRIVE = Path(__file__).with_name("drive.lua")


@contextmanager
def running(commands: list[str], configuration: str, home: Path) -> Iterator[Driver]:
    """Start Neovim with an `init.lua` in an empty home, and end it."""
    init = home / ".config/nvim/init.lua"
    init.parent.mkdir(parents=True)
    init.write_text(configuration, encoding="utf-8")
    folder = home / "manifests"
    folder.mkdir()
    log = home / "stderr"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [commands[-1], "--headless", "-c", f"luafile {DRIVE}"],
            cwd=folder,
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdin and process.stdout
        try:
            yield Driver(folder, process.stdin, process.stdout, log.read_text)
        finally:
            process.kill()
