"""Streams that are closed, full or gone: a message where one can be heard, and status 2."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp.cli import main
from tests.cli.conftest import Result
from tests.cli.manifests import BASELINE, HARDENED, PRIVILEGED

pytestmark = pytest.mark.skipif(os.name != "posix", reason="absent: a shell that closes streams")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a manifest that has a finding, and one that has none."""
    (tmp_path / "bad.yaml").write_text(PRIVILEGED)
    (tmp_path / "good.yaml").write_text(HARDENED)
    return tmp_path


def shell(folder: Path, command: str) -> Result:
    """What becomes of a command line of a shell, in which `k` is the command."""
    line = f'k() {{ "{sys.executable}" -m k8s_lsp "$@"; }}; {command}'
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    result = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Result(result.returncode, result.stdout, result.stderr)


PROFILE = " ".join(BASELINE)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("check good.yaml >&-", "k8s-lsp check: error: standard output is closed\n"),
        ("check good.yaml >&- <&-", "k8s-lsp check: error: standard output is closed\n"),
        ("check --fix bad.yaml >&-", "k8s-lsp check: error: standard output is closed\n"),
        ("harden bad.yaml >&-", "k8s-lsp harden: error: standard output is closed\n"),
        ("harden --diff bad.yaml >&-", "k8s-lsp harden: error: standard output is closed\n"),
        ("rules >&-", "k8s-lsp rules: error: standard output is closed\n"),
        ("explain host-pid >&-", "k8s-lsp explain: error: standard output is closed\n"),
        ("server >&-", "k8s-lsp server: error: standard output is closed\n"),
        ("server <&-", "k8s-lsp server: error: standard input is closed\n"),
        ("check - <&-", "error: <stdin>: is closed\n"),
        ("harden - <&-", "error: <stdin>: is closed\n"),
        ("check good.yaml >&- 2>&-", ""),
        ("check - <&- 2>&-", ""),
        ("check gone.yaml 2>&-", ""),
        ("check --bogus 2>&-", ""),
        ("check --bogus >&- 2>&-", ""),
        ("check --bogus 2>/dev/full", ""),
        ("check gone.yaml 2>/dev/full", ""),
        ("check good.yaml >/dev/full", "k8s-lsp: error: no space left on device\n"),
        ("check good.yaml >/dev/full 2>/dev/full", ""),
        ("check - 0>hole", "error: <stdin>: bad file descriptor\n"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, command: str, message: str) -> None:
    if "/dev/full" in command and not Path("/dev/full").exists():
        pytest.skip("absent: /dev/full")
    assert shell(folder, f"k {command}") == (2, "", message)
    assert (folder / "bad.yaml").read_text() == PRIVILEGED


@pytest.mark.parametrize(
    ("command", "status"),
    [("good.yaml 2>&-", 0), ("bad.yaml 2>&-", 1), ("good.yaml <&-", 0), ("bad.yaml <&- 2>&-", 1)],
)
def test_a_stream_that_is_not_needed_may_be_closed(folder: Path, command: str, status: int) -> None:
    result = shell(folder, f"k check {PROFILE} --output-format json {command}")
    assert (result.status, result.err) == (status, "")
    assert result.out.startswith('{"version": 1,') and result.out.endswith("]}\n")


def test_what_no_one_hears_does_not_stand_in_the_report(folder: Path) -> None:
    (folder / ".gitignore").write_text("good.yaml\n")
    result = shell(folder, f"k check {PROFILE} --output-format json --kubernetes-version 1.99 2>&-")
    assert result.status == 1
    assert result.out.startswith('{"version": 1,') and result.out.endswith("]}\n")


@pytest.mark.parametrize("closed", ["<&-", "<&- 2>&-"])
def test_no_file_gets_the_number_of_a_closed_stream(folder: Path, closed: str) -> None:
    assert shell(folder, f"k harden {PROFILE} . {closed}").status == 0
    assert (folder / "bad.yaml").read_text() == HARDENED


def test_many_files_are_shared_out_all_the_same(folder: Path) -> None:
    for number in range(200):
        (folder / f"{number}.yaml").write_text(PRIVILEGED)
    result = shell(folder, f"k check {PROFILE} --output-format json . <&- 2>&-")
    assert (result.status, result.out.count('"rule"')) == (1, 201)


@pytest.mark.parametrize("output_format", ["text", "json", "gitlab"])
def test_a_program_may_collect_the_output_as_text(folder: Path, output_format: str) -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        main(["check", *BASELINE, "--output-format", output_format, str(folder)])
    assert "privileged" in output.getvalue()
