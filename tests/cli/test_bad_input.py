"""What cannot be read or does not exist: a clear line, the right status, and nothing written."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, PRIVILEGED

UNREADABLE = [
    pytest.param(PRIVILEGED.encode("utf-16"), "is UTF-16; save it as UTF-8", id="UTF-16"),
    pytest.param(
        b"\xfe\xff" + PRIVILEGED.encode("utf-16-be"), "is UTF-16; save it as UTF-8", id="UTF-16BE"
    ),
    pytest.param(
        PRIVILEGED.encode("utf-16-le"),
        "is UTF-16 without a byte order mark; save it as UTF-8",
        id="UTF-16LE-unmarked",
    ),
    pytest.param(
        PRIVILEGED.encode("utf-16-be"),
        "is UTF-16 without a byte order mark; save it as UTF-8",
        id="UTF-16BE-unmarked",
    ),
    pytest.param(PRIVILEGED.encode("utf-32"), "is UTF-32; save it as UTF-8", id="UTF-32"),
    pytest.param(
        gzip.compress(PRIVILEGED.encode(), mtime=0),
        "is a binary file: byte 0x00 at offset 3",
        id="gzip",
    ),
    pytest.param(
        PRIVILEGED.encode() + b"\0", f"is a binary file: byte 0x00 at offset {len(PRIVILEGED)}",
        id="NUL",
    ),
    pytest.param(
        PRIVILEGED.replace("web", "café").encode("latin-1"),
        "is not UTF-8: byte 0xe9 at offset 46, line 4; save it as UTF-8",
        id="Latin-1",
    ),
    pytest.param(
        PRIVILEGED.encode() + "é".encode()[:1],
        f"is not UTF-8: byte 0xc3 at offset {len(PRIVILEGED)}, line 11; save it as UTF-8",
        id="cut-off",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), UNREADABLE)
@pytest.mark.parametrize(
    "command", [("check",), ("check", "--fix"), ("harden",), ("harden", "--diff")], ids=" ".join
)
def test_a_file_that_is_no_utf8_text(
    run: Command, folder: Path, command: tuple[str, ...], data: bytes, message: str
) -> None:
    (folder / "bad.yaml").write_bytes(data)
    (folder / "good.yaml").write_text(PRIVILEGED)
    result = run(*command, *BASELINE)
    assert result.err.splitlines()[-1] == f"error: bad.yaml: {message}"
    assert result.status == 2
    assert (folder / "bad.yaml").read_bytes() == data
    assert sorted(path.name for path in folder.iterdir()) == ["bad.yaml", "good.yaml"]
    # The others are not held back.
    assert "good.yaml" in result.out


def test_standard_input_without_a_byte(run: Command) -> None:
    """A shell goes on where the command before the pipe has failed, but not in an editor."""
    told = "error: <stdin>: is empty; the command before the pipe may have failed\n"
    checked = run("check", "-", stdin=b"")
    assert (checked.status, checked.err) == (2, told)
    assert run("harden", "-", stdin=b"") == (2, "", told)
    assert run("check", "--stdin-filename", "a.yaml", "-", stdin=b"").status == 0
    assert run("check", "-", stdin=b"\n").status == 0


@pytest.mark.parametrize(("data", "message"), UNREADABLE)
def test_standard_input_that_is_no_utf8_text(run: Command, data: bytes, message: str) -> None:
    checked = run("check", "--output-format", "json", "-", stdin=data)
    assert json.loads(checked.out) == {
        "version": 1,
        "files": 0,
        "errors": [{"path": "<stdin>", "message": message}],
        "findings": [],
    }
    assert checked.status == 2
    assert run("harden", "-", stdin=data) == (2, "", f"error: <stdin>: {message}\n")


def test_text_in_which_nul_bytes_would_be_a_guess_is_binary(run: Command) -> None:
    result = run("check", "-", stdin=b"a: 1\n\0\0\0\0")
    assert result.err == "error: <stdin>: is a binary file: byte 0x00 at offset 5\n"


@pytest.mark.parametrize("command", ["check", "harden"])
@pytest.mark.parametrize("path", ["gone.yaml", "gone/", "pod.yaml/x", ""])
def test_a_path_that_does_not_exist(run: Command, folder: Path, command: str, path: str) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    assert run(command, path) == (2, "", f"error: {path}: no such file or folder\n")


def test_a_file_above_the_limit(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8s_lsp.files.reading.BYTES_LIMIT", 100)
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check")
    assert (result.status, result.out) == (2, "")
    assert result.err == "error: pod.yaml: longer than 20,000,000 characters\n"


USAGE = [
    (("check", "--profile", "strict"), '"strict" is not one of recommended, baseline, restricted'),
    (("check", "--fail-on", "warn"), '"warn" is not one of error, warning, information, hint'),
    (("check", "--output-format", "toml"), '"toml" is not one of text, json, sarif'),
    (("harden", "--kubernetes-version", "1"), "write 1.34, v1.34 or latest"),
    (("check", "--kubernetes-version", "0.9"), "below 1.0"),
    (("check", "--rule", "privileged-container"), "is not SLUG=LEVEL"),
    (("check", "--rule", "privileged-contaner=off"), "did you mean privileged-container?"),
    (("check", "--rule", "qwertyuiop=off"), "k8s-lsp rules lists them all"),
    (("check", "--rule", "privileged-container=no"), '"no" is not one of error, warning, inform'),
    (("check", "--rule", "privileged-container="), '"" is not one of error, warning, inform'),
    (("check", "--exclude", "!"), '"!" is not a pattern'),
    (("check", "--exlude", "x"), "unknown option --exlude; did you mean --exclude?"),
    (("check", "--exclud=x"), "unknown option --exclud=x; did you mean --exclude?"),
    (
        ("check", "--konfig", "x"),
        "unknown option --konfig; did you mean --config?; see k8s-lsp check --help",
    ),
    (("check", "-x"), "unknown option -x; see k8s-lsp check --help"),
    (("check", "--fix", "-"), "--fix cannot change standard input"),
    (("check", "--diff"), "unknown option --diff"),
    (("harden", "--fix"), "unknown option --fix"),
    (("check", "--profile"), "expected one argument"),
    (("explain",), "SLUG"),
    (("explain", "privileged"), "k8s-lsp rules lists them all"),
    (("explain", "host-pit"), "did you mean host-pid?"),
    (("rules", "more"), "unexpected argument more"),
    (("server", "--tcp", "7000"), "is not HOST:PORT"),
    (("server", "--tcp", "localhost:70000"), "is not HOST:PORT"),
    (("server", "--tcp", "0.0.0.0:7000"), "can be reached by other machines"),
    (("server", "--tcp", "example.com:7000"), "can be reached by other machines"),
    (("server", "--stdio", "--tcp", "localhost:1"), "not allowed with"),
    (("lint",), "check"),
    (("--bogus",), "unknown option --bogus; see k8s-lsp --help"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: "".join(value))
def test_a_command_line_that_asks_for_what_does_not_exist(
    run: Command, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert message in result.err
    assert result.err.startswith("k8s-lsp")
    assert (folder / "pod.yaml").read_text() == PRIVILEGED


def test_a_version_newer_than_known_is_a_warning(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, "--kubernetes-version", "1.999")
    assert "privileged-container" in result.out
    assert result.status == 1
    assert result.err.startswith("warning: Kubernetes 1.999 is newer than ")


def test_a_name_cannot_command_the_terminal(run: Command, folder: Path) -> None:
    result = run("check", "\x1b[2J.yaml")
    assert result.err == "error: \ufffd[2J.yaml: no such file or folder\n"
