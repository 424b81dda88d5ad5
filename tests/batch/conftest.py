"""The command, run in this process and in a folder of its own."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from k8s_lsp.cli import main


class Result(NamedTuple):
    status: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
