"""The command, run in this process and in a folder of its own."""

import io
import sys
from pathlib import Path

import pytest

from k8s_lsp.cli import main
from tests.cli.conftest import Command, Result, folder

__all__ = ["Command", "folder"]


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Command:
    """Give the command as a function of its arguments; `batch` works in this process."""

    def command(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        alone = arguments[:1] == ("batch",) and "--scheduler" not in arguments
        status = main((*arguments, *(("--processes", "1") if alone else ())))
        out, err = capfdbinary.readouterr()
        return Result(status, out.decode(), err.decode())

    return command
