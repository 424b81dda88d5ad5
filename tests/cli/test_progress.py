"""How far a long run is, on a terminal and nowhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp.cli import progress
from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, PRIVILEGED


@pytest.mark.skipif(os.name != "posix", reason="absent: terminals that a program can make")
@pytest.mark.parametrize("command", [("check",), ("harden",), ("harden", "--diff")], ids=" ".join)
@pytest.mark.parametrize(("seconds", "text"), [(0, PRIVILEGED), (0, HARDENED), (1000, PRIVILEGED)])
def test_progress_of_a_long_run_is_shown_on_a_terminal_and_taken_away(
    folder: Path, command: tuple[str, ...], seconds: int, text: str
) -> None:
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (folder / name).write_text(text)
    program = "import sys; from k8s_lsp.cli import main, progress\n"
    program += f"progress.PROGRESS_AFTER = {seconds}; main(sys.argv[1:])"
    master, terminal = os.openpty()
    with os.fdopen(master, "rb", buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-c", program, *command, *BASELINE],
            stdout=terminal,
            stderr=terminal,
            check=True,
        )
        os.write(terminal, b"END")
        os.close(terminal)
        seen = b""
        while not seen.endswith(b"END"):
            seen += screen.read(1000)
    shown = re.findall(rb"\r[1-3] of 3 files(.)", seen, re.DOTALL)
    # Before anything else is written, the line is written anew or taken away.
    assert set(shown) == ({b"\r"} if seconds == 0 else set())
    assert seen.count(b"\r\x1b[K") <= len(shown)
    assert (b"c.yaml" in seen) == (text == PRIVILEGED)


def test_progress_is_not_shown_without_a_terminal(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pod.yaml").write_text(HARDENED)
    monkeypatch.setattr(progress, "PROGRESS_AFTER", 0.0)
    assert run("check", *BASELINE).err == ""
