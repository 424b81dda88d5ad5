"""Style and types: the same three commands that a contributor would run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("ruff check .", id="style"),
        pytest.param("ruff format --check .", id="format"),
        pytest.param("mypy", id="types"),
    ],
)
def test_is_clean(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
