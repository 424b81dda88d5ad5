"""Help and version, and what a start loads and settles."""

import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp import __version__
from k8s_lsp.cli import main
from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[2]


def test_no_command_prints_the_help(run: Command) -> None:
    result = run()
    assert (result.status, result.out) == (2, "")
    for command in ("check", "harden", "rules", "explain", "export", "server"):
        assert f"\n    {command} " in result.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert not end.value.code
    assert capsys.readouterr().out == f"k8s-lsp {__version__}\n"


@pytest.mark.parametrize("command", ["check", "harden", "rules", "explain", "export", "server"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert not end.value.code
    assert capsys.readouterr().out.startswith(f"usage: k8s-lsp {command} ")


def test_only_server_loads_the_protocol(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n")
    program = """\
import sys
from k8s_lsp.cli import main
file = sys.argv[1]
for arguments in (["check", file], ["rules"], ["explain", "host-pid"], ["harden", "--diff", file]):
    assert main(arguments) == 0
print(sorted({"lsprotocol", "pygls", "cattrs", "asyncio"} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_garbage_is_looked_for_once_modules_are_loaded() -> None:
    program = """\
import gc
import sys
from k8s_lsp.cli import main
sys.argv = ["k8s-lsp", "rules"]
from k8s_lsp.cli import commands
commands._COMMANDS["rules"] = lambda _: print(gc.isenabled(), gc.get_threshold()[0]) or 7
main()
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.returncode) == ("True 50000\n", 7), result.stderr
