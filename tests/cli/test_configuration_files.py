"""`.k8s-lsp.yaml` on the command line: which one counts, for what, and what its mistakes do."""

import json
import os
from pathlib import Path

import pytest

from k8s_lsp.configuration.choices import Configuration
from k8s_lsp.configuration.reading import read
from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, PRIVILEGED

OFF = "rules: {privileged-container: off}\n"


def made(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="\n")


def found(run: Command, *arguments: str, stdin: bytes = b"") -> dict[str, str]:
    """The severity of the one rule that these tests speak of, by file."""
    result = run("check", *BASELINE, "--output-format", "json", *arguments, stdin=stdin)
    assert not [line for line in result.err.splitlines() if "left out by exclude" not in line]
    return {
        each["path"]: each["severity"]
        for each in json.loads(result.out)["findings"]
        if each["rule"] == "privileged-container"
    }


def test_the_nearest_file_above_each_manifest_counts(run: Command, folder: Path) -> None:
    made(
        folder,
        {
            ".k8s-lsp.yaml": "rules: {privileged-container: hint}\n",
            "pod.yaml": PRIVILEGED,
            "a/b/pod.yaml": PRIVILEGED,
            "own/.k8s-lsp.yaml": "profile: baseline\n",
            "own/x/pod.yaml": PRIVILEGED,
            "off/.k8s-lsp.yaml": OFF,
            "off/pod.yaml": PRIVILEGED,
        },
    )
    expected = {"pod.yaml": "hint", "a/b/pod.yaml": "hint", "own/x/pod.yaml": "error"}
    assert found(run) == expected
    assert found(run, "pod.yaml", "a/b/pod.yaml", "own", "off/pod.yaml") == expected


def test_the_way_up_ends_at_the_repository(run: Command, folder: Path) -> None:
    made(
        folder,
        {".k8s-lsp.yaml": OFF, "repo/.git/HEAD": "", "repo/a/pod.yaml": PRIVILEGED},
    )
    assert found(run, "repo") == {"repo/a/pod.yaml": "error"}
    made(folder, {"repo/.k8s-lsp.yaml": "rules: {privileged-container: hint}\n"})
    assert found(run, "repo") == {"repo/a/pod.yaml": "hint"}


def test_the_command_line_counts_more(run: Command, folder: Path) -> None:
    made(
        folder,
        {
            ".k8s-lsp.yaml": "profile: restricted\nkubernetes-version: 1.20\n" + OFF,
            "pod.yaml": PRIVILEGED,
        },
    )
    assert found(run) == {}
    assert found(run, "--rule", "privileged-container=warning") == {"pod.yaml": "warning"}
    result = run("check")
    assert "root-user-allowed" in result.out and "privileged-container" not in result.out
    assert "root-user-allowed" not in run("check", "--profile", "baseline").out


def test_a_file_can_be_named_or_left_out(run: Command, folder: Path) -> None:
    made(
        folder,
        {
            ".k8s-lsp.yaml": OFF,
            "conf/hint.yaml": "rules: {privileged-container: hint}\nexclude: [gen]\n",
            "pod.yaml": PRIVILEGED,
            "conf/gen/pod.yaml": PRIVILEGED,
            "gen/pod.yaml": PRIVILEGED,
        },
    )
    everything = ("pod.yaml", "conf/gen/pod.yaml", "gen/pod.yaml")
    assert found(run, "--no-config") == dict.fromkeys(everything, "error")
    # Its patterns speak of its own folder.
    assert found(run, "--config", "conf/hint.yaml") == {"pod.yaml": "hint", "gen/pod.yaml": "hint"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--config", "gone.yaml"), "--config: gone.yaml: no such file"),
        (("--config", "."), "--config: .: is a folder"),
        pytest.param(
            ("--config", os.devnull),
            f"--config: {os.devnull}: is not a regular file",
            marks=pytest.mark.skipif(os.name != "posix", reason="absent: /dev/null"),
        ),
        (("--config", "a", "--no-config"), "not allowed with"),
    ],
)
def test_a_file_that_cannot_be_meant(
    run: Command, folder: Path, options: tuple[str, ...], message: str
) -> None:
    result = run("check", *options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err and result.err.count("\n") == 1


def test_standard_input_stands_where_its_name_says(run: Command, folder: Path) -> None:
    made(folder, {".k8s-lsp.yaml": "rules: {privileged-container: hint}\n", "a/.k8s-lsp.yaml": OFF})
    text = PRIVILEGED.encode()
    assert found(run, "-", stdin=text) == {"<stdin>": "hint"}
    assert found(run, "-", "--stdin-filename", "a/pod.yaml", stdin=text) == {}


def test_exclude_leaves_out_what_is_not_named(run: Command, folder: Path) -> None:
    made(
        folder,
        {
            "x/.k8s-lsp.yaml": 'exclude: ["vendor/**", "*.gen.yaml", "!ours.gen.yaml"]\n',
            "x/pod.yaml": PRIVILEGED,
            "x/vendor/a/pod.yaml": PRIVILEGED,
            "x/b.gen.yaml": PRIVILEGED,
            "x/ours.gen.yaml": PRIVILEGED,
            "vendor/pod.yaml": PRIVILEGED,
        },
    )
    assert set(found(run)) == {"x/pod.yaml", "x/ours.gen.yaml", "vendor/pod.yaml"}
    assert set(found(run, "x/b.gen.yaml")) == {"x/b.gen.yaml"}
    assert set(found(run, "x", "--exclude", "ours.gen.yaml")) == {"x/pod.yaml"}


def test_ignore_turns_rules_off_for_some_files(run: Command, folder: Path) -> None:
    ignore = "ignore: [{path: 'gen/*.json', rules: [privileged-container, host-pid]}]\n"
    made(folder, {".k8s-lsp.yaml": ignore, "pod.yaml": PRIVILEGED, "gen/pod.yaml": PRIVILEGED})
    made(folder, {"gen/pod.json": PRIVILEGED})
    assert set(found(run)) == {"pod.yaml", "gen/pod.yaml"}
    assert set(found(run, "gen/pod.json")) == set()


def test_mistakes_are_shown_at_their_place_and_the_rest_counts(run: Command, folder: Path) -> None:
    text = "rules:\n  privileged-contaner: off\n  host-pid: loud\nprofile: baseline\n"
    made(folder, {".k8s-lsp.yaml": text, "a/pod.yaml": PRIVILEGED})
    result = run("check", "a")
    assert result.err == (
        'error: .k8s-lsp.yaml:2:3: there is no rule "privileged-contaner"; '
        "did you mean privileged-container?\n"
        "2 |   privileged-contaner: off\n"
        "  |   ^^^^^^^^^^^^^^^^^^^\n"
        'error: .k8s-lsp.yaml:3:13: "loud" is not one of error, warning, information, hint or off\n'
        "3 |   host-pid: loud\n"
        "  |             ^^^^\n"
    )
    assert result.status == 2
    assert result.out.startswith("a/pod.yaml:10:21: error[privileged-container]")
    assert "1 finding (1 error)" in result.out


def test_mistakes_are_errors_of_the_report(run: Command, folder: Path) -> None:
    made(folder, {".k8s-lsp.yaml": "profil: all\n", "pod.yaml": HARDENED})
    result = run("check", *BASELINE, "--output-format", "json", "--fail-on", "never")
    assert json.loads(result.out)["errors"] == [
        {
            "path": ".k8s-lsp.yaml",
            "message": 'line 1, column 1: there is no setting "profil"; did you mean profile?',
        }
    ]
    assert result.status == 2


@pytest.mark.parametrize("name", [".k8s-lsp.yaml", "a/.k8s-lsp.yaml"])
def test_a_configuration_file_can_be_checked_itself(run: Command, folder: Path, name: str) -> None:
    made(folder, {name: "rules: {privileged-container: loud}\n"})
    result = run("check", name)
    assert result.status == 2
    assert result.err.startswith(f'error: {name}:1:31: "loud" is not one of')
    made(folder, {name: OFF})
    assert run("check", name) == (0, "No findings in 1 file.\n", "")


def test_a_configuration_file_is_no_manifest(run: Command, folder: Path) -> None:
    made(folder, {".k8s-lsp.yaml": OFF, "pod.yaml": PRIVILEGED})
    assert run("check", *BASELINE).out == "No findings in 1 file.\n"


def test_broken_yaml_and_unreadable_bytes(run: Command, folder: Path) -> None:
    made(folder, {".k8s-lsp.yaml": "rules: [\nprofile: baseline\n", "pod.yaml": HARDENED})
    result = run("check")
    assert result.status == 2
    assert result.err.startswith("error: .k8s-lsp.yaml:1:8: this '[' is not closed\n")
    assert result.out == "No findings in 1 file.\n"
    (folder / ".k8s-lsp.yaml").write_bytes(b"profile: \xff\n")
    result = run("check", *BASELINE)
    assert result.status == 2
    assert result.err.startswith("error: .k8s-lsp.yaml: is not UTF-8")


def test_a_newer_version_is_a_warning(run: Command, folder: Path) -> None:
    made(folder, {".k8s-lsp.yaml": "kubernetes-version: 1.99\n", "pod.yaml": HARDENED})
    result = run("check", *BASELINE)
    assert result.err.startswith("warning: .k8s-lsp.yaml:1:21: newer than")
    assert result.status == 0


def test_harden_inserts_the_amounts_that_were_chosen(run: Command, folder: Path) -> None:
    made(
        folder,
        {
            ".k8s-lsp.yaml": "resources: {limits: {memory: 1Gi}, requests: {memory: 64Mi}}\n",
            "pod.yaml": HARDENED,
        },
    )
    result = run("harden", "--diff")
    assert "+          memory: 1Gi" in result.out and "+          memory: 64Mi" in result.out
    made(folder, {".k8s-lsp.yaml": "resource: {}\n"})
    assert run("harden", "--diff").status == 2


def test_trusted_registries_are_an_option_of_their_rule(run: Command, folder: Path) -> None:
    rules = "rules:\n  untrusted-image-registry: {severity: warning, registries: [%s]}\n"
    made(folder, {".k8s-lsp.yaml": rules % "registry.example.com/", "pod.yaml": HARDENED})
    assert "warning[untrusted-image-registry]" in run("check").out
    made(folder, {".k8s-lsp.yaml": rules % "example.com"})
    assert "untrusted-image-registry" not in run("check").out


def test_each_configuration_file_is_read_once(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []

    def counted(text: str) -> Configuration:
        texts.append(text)
        return read(text)

    monkeypatch.setattr("k8s_lsp.configuration.reading.read", counted)
    made(folder, {f"{a}/{b}/pod.yaml": HARDENED for a in range(5) for b in range(5)})
    made(folder, {".k8s-lsp.yaml": "profile: all\n"})
    run("check")
    assert texts == ["profile: all\n"]
