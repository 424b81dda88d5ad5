"""`rules`, `explain`, `server`, help and version, and what a start loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp import __version__
from k8s_lsp.cli import main
from k8s_lsp.rules.catalogue import RULES
from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[2]


def test_no_command_prints_the_help(run: Command) -> None:
    result = run()
    assert (result.status, result.out) == (2, "")
    for command in ("check", "harden", "rules", "explain", "server"):
        assert f"\n    {command} " in result.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert not end.value.code
    assert capsys.readouterr().out == f"k8s-lsp {__version__}\n"


@pytest.mark.parametrize("command", ["check", "harden", "rules", "explain", "server"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert not end.value.code
    assert capsys.readouterr().out.startswith(f"usage: k8s-lsp {command} ")


def test_rules_as_text_has_a_line_for_each(run: Command) -> None:
    lines = run("rules").out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert listed == [rule.slug for rule in RULES]
    (privileged,) = (line for line in lines if line.startswith("  privileged-container "))
    assert privileged.split(maxsplit=2)[1:] == ["error", "A container runs privileged"]


def test_rules_as_json(run: Command) -> None:
    rules = {rule["slug"]: rule for rule in json.loads(run("rules", "--output-format", "json").out)}
    assert list(rules) == [rule.slug for rule in RULES]
    privileged = rules["privileged-container"]
    assert set(privileged) == {
        "slug",
        "family",
        "summary",
        "severity",
        "profiles",
        "pod_security",
        "fix",
        "references",
        "benchmarks",
        "other_tools",
    }
    assert privileged["fix"] == "review"
    assert privileged["benchmarks"] == ["CIS 5.2.2", "NSA/CISA"]
    assert rules["deprecated-service-account-field"]["fix"] == "safe"
    assert rules["host-path-volume"]["fix"] is None
    assert privileged["family"] == "pod_security"
    assert privileged["profiles"] == ["recommended", "baseline", "restricted", "all"]
    assert privileged["pod_security"] == [
        {"level": "baseline", "control": "privileged", "since": "1.0"}
    ]
    assert privileged["other_tools"]["Checkov"] == ["CKV_K8S_16"]
    assert rules["privilege-escalation-allowed"]["profiles"] == ["recommended", "restricted", "all"]
    assert rules["unpinned-image"]["profiles"] == ["all"]


def test_rules_as_a_page(run: Command) -> None:
    page = run("rules", "--output-format", "markdown").out
    headings = [line.removeprefix("## ") for line in page.split("\n") if line.startswith("## ")]
    assert headings == [rule.slug for rule in RULES]
    for slug in headings:
        assert page.count(f"(#{slug})") == 1
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


def test_explain_tells_what_a_rule_can_be_told(run: Command) -> None:
    out = run("explain", "untrusted-image-registry").out
    assert "- Option `registries`: the trusted registries" in out
    assert "- Option" not in run("explain", "host-pid").out


def test_explain(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = run("explain", "privileged-container")
    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[:3] == ["privileged-container", "", "A container runs privileged"]
    assert "        privileged: false" in result.out
    assert all(len(line) <= 60 or "://" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ((), (None,)),
        (("--stdio",), (None,)),
        (("--stdio", "--clientProcessId=123"), (123,)),
        (("--clientProcessId", "123"), (123,)),
        (("--tcp", "127.0.0.1:7000"), ("127.0.0.1", 7000, None)),
        (("--tcp", "[::1]:0", "--clientProcessId=123"), ("::1", 0, 123)),
        (("--tcp", "localhost:7000"), ("localhost", 7000, None)),
    ],
)
def test_server_starts_the_server(
    run: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    call: object,
) -> None:
    calls: list[object] = []

    def serve(*arguments: object) -> int:
        calls.append(arguments)
        return 7

    function = "serve_tcp" if "--tcp" in arguments else "serve_stdio"
    monkeypatch.setattr(f"k8s_lsp.server.connections.{function}", serve)
    assert run("server", *arguments).status == 7
    assert calls == [call]


def test_only_server_loads_the_protocol_and_only_patterns_their_library(tmp_path: Path) -> None:
    program = """\
import sys
from k8s_lsp.cli import main
for arguments in (["check", "-"], ["rules"], ["explain", "host-pid"], ["harden", "--diff", "-"]):
    assert main(arguments) == 0
print(sorted({"lsprotocol", "pygls", "cattrs", "asyncio", "pathspec"} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program],
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
