"""`k8s-lsp check`: what it shows, in which order, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from k8s_lsp.reports.fingerprints import Identity, fingerprint
from k8s_lsp.rules.catalogue import RULES
from tests.cli.conftest import Command
from tests.cli.manifests import (
    BASELINE,
    HARDENED,
    HOST_PATH,
    PRIVILEGED,
    broken_check,
    broken_fix,
    decided_on_purpose,
    nameless,
    shouted_name,
)

ROOT = Path(__file__).resolve().parents[2]


def test_text_shows_the_line_and_underlines_the_token(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, "pod.yaml")
    assert result.out == (
        "pod.yaml:10:21: error[privileged-container] "
        'container "app" must not set securityContext.privileged to true\n'
        "10 |         privileged: true\n"
        "   |                     ^^^^\n"
        "   = fix: Set privileged to false (review)\n"
        "\n"
        "1 finding (1 error) in 1 of 1 file; 1 has a fix: k8s-lsp harden\n"
        "why, and what to do: k8s-lsp explain privileged-container\n"
    )
    assert result.err == ""


def test_the_summary_counts_by_severity_and_file(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.yaml").write_text(PRIVILEGED + "---\n" + HOST_PATH)
    (folder / "c.yaml").write_text(HARDENED)
    result = run("check", *BASELINE, "--rule", "host-path-volume=warning")
    assert result.out.splitlines()[-2:] == [
        "3 findings (2 errors, 1 warning) in 2 of 3 files; 2 have a fix: k8s-lsp harden",
        "why, and what to do: k8s-lsp explain privileged-container",
    ]


def test_the_summary_of_nothing(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(HARDENED)
    (folder / "b.yaml").write_text(HARDENED)
    assert run("check", *BASELINE).out == "No findings in 2 files.\n"


def test_json_is_as_in_the_contract(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, "--output-format", "json", "pod.yaml", "gone.yaml")
    assert json.loads(result.out) == {
        "version": 1,
        "files": 1,
        "errors": [{"path": "gone.yaml", "message": "no such file or folder"}],
        "findings": [
            {
                "path": "pod.yaml",
                "rule": "privileged-container",
                "severity": "error",
                "message": 'container "app" must not set securityContext.privileged to true',
                "start": {"line": 10, "column": 21},
                "end": {"line": 10, "column": 25},
                "object": {"apiVersion": "v1", "kind": "Pod", "name": "web", "namespace": None},
                "field": "spec.containers[0].securityContext.privileged",
                "pod_security": {"level": "baseline", "control": "privileged"},
                "fix": "review",
                "fixed_in_bulk": True,
                "fingerprint": fingerprint(
                    Identity(
                        "privileged-container",
                        "",
                        "Pod",
                        "",
                        "web",
                        'spec.containers["app"].securityContext.privileged',
                    ),
                    1,
                ),
            }
        ],
    }
    assert result.err == "error: gone.yaml: no such file or folder\n"
    assert result.status == 2


def test_json_says_null_where_there_is_nothing(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (nameless,))
    (folder / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    (finding,) = json.loads(run("check", "--output-format", "json").out)["findings"]
    assert finding["object"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": None,
        "namespace": None,
    }
    assert (finding["field"], finding["pod_security"], finding["fix"]) == (None, None, None)


def test_json_knows_a_finding_by_what_gitlab_knows_it_by(run: Command, folder: Path) -> None:
    two = PRIVILEGED + PRIVILEGED.partition("  containers:\n")[2].replace("app", "other")
    (folder / "a.yaml").write_text(two)
    (folder / "b.yaml").write_text(PRIVILEGED)
    quality = ("--output", "gitlab=quality.json")
    checked = json.loads(run("check", *BASELINE, *quality, "--output-format", "json").out)
    marks = [finding["fingerprint"] for finding in checked["findings"]]
    assert len(set(marks)) == 3
    told = json.loads((folder / "quality.json").read_text())
    assert marks == [issue["fingerprint"] for issue in told]


def test_json_tells_what_harden_leaves_and_why(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "k8s_lsp.engine.checking.RULES", (decided_on_purpose, shouted_name, nameless)
    )
    agent = PRIVILEGED.replace("spec:", "spec:\n  hostPID: true")
    nobody = "---\napiVersion: v1\nkind: Pod\nspec: {containers: []}\n"
    (folder / "a.yaml").write_text(agent.replace("web", "WEB") + nobody)
    found = json.loads(run("check", "--output-format", "json").out)["findings"]
    told = {
        finding["rule"]: (finding["fixed_in_bulk"], finding.get("left_because"))
        for finding in found
    }
    assert told == {
        "shouted-name": (True, None),
        "decided-on-purpose": (False, "it is an agent of its node"),
        "nameless": (False, None),
    }


def test_findings_are_ordered_by_path_position_and_slug(run: Command, folder: Path) -> None:
    two = PRIVILEGED.replace("  containers:\n", "  hostPID: true\n  hostIPC: true\n  containers:\n")
    for name in ("b.yaml", "a.yaml", "a/z.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(two)
    result = run("check", "--profile", "all", "--output-format", "json", "b.yaml", "a", "a.yaml")
    findings = json.loads(result.out)["findings"]
    places = [
        (
            finding["path"],
            finding["start"]["line"],
            finding["start"]["column"],
            finding["rule"],
        )
        for finding in findings
    ]
    assert places == sorted(places)
    assert {path for path, *_ in places} == {"a.yaml", "a/z.yaml", "b.yaml"}


def test_columns_count_code_points_and_a_byte_order_mark_is_none(
    run: Command, folder: Path
) -> None:
    line = '{apiVersion: v1, kind: Pod, metadata: {name: "🦊é"}, spec: {hostPID: true}}\r\n'
    (folder / "pod.yaml").write_bytes(b"\xef\xbb\xbf" + line.encode())
    result = run("check", *BASELINE, "--output-format", "json")
    (finding,) = json.loads(result.out)["findings"]
    assert finding["start"] == {"line": 1, "column": line.index("true") + 1}
    assert finding["end"] == {"line": 1, "column": line.index("true") + 5}
    assert finding["object"]["name"] == "🦊é"


@pytest.mark.parametrize(
    ("level", "fail_on", "status"),
    [
        ("error", "error", 1),
        ("error", "hint", 1),
        ("error", "never", 0),
        ("warning", None, 1),
        ("warning", "error", 0),
        ("information", None, 0),
        ("information", "information", 1),
        ("hint", "information", 0),
        ("hint", "hint", 1),
        ("off", "hint", 0),
    ],
)
def test_the_status_depends_on_the_gravest_finding(
    run: Command, folder: Path, level: str, fail_on: str | None, status: int
) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    options = () if fail_on is None else ("--fail-on", fail_on)
    result = run("check", *BASELINE, "--rule", f"privileged-container={level}", *options)
    assert result.status == status
    assert ("privileged-container" in result.out) == (level != "off")


def test_an_error_outweighs_everything(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, "--fail-on", "never", "pod.yaml", "gone.yaml")
    assert result.status == 2
    assert "privileged-container" in result.out


def test_the_last_level_of_a_rule_counts(run: Command, folder: Path) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    levels = ("--rule", "privileged-container=off", "--rule", "privileged-container=hint")
    assert "hint[privileged-container]" in run("check", *BASELINE, *levels).out


def test_the_kubernetes_version_decides(run: Command, folder: Path) -> None:
    """Seccomp became a field in 1.19, and restricted asks for it since then."""
    (folder / "pod.yaml").write_text(HARDENED)
    options = ("check", "--profile", "restricted", "--kubernetes-version")
    assert "missing-seccomp-profile" not in run(*options, "1.18").out
    assert "missing-seccomp-profile" in run(*options, "v1.19").out


def test_templates_are_counted_and_do_not_fail(run: Command, folder: Path) -> None:
    template = HARDENED.replace("web", "{{ .Release.Name }}")
    (folder / "a.yaml").write_text(template)
    one = run("check", *BASELINE)
    assert (one.status, one.err) == (0, "1 file is a template and was checked in part\n")
    (folder / "b.yaml").write_text(template)
    two = run("check", *BASELINE, "--output-format", "json")
    assert (two.status, two.err) == (0, "2 files are templates and were checked in part\n")


def test_a_rule_that_crashes_is_an_error_of_its_file(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (broken_check, shouted_name))
    (folder / "pod.yaml").write_text(HARDENED.replace("web", "WEB"))
    result = run("check", "--output-format", "json")
    report = json.loads(result.out)
    assert result.status == 2
    (error,) = report["errors"]
    assert error["path"] == "pod.yaml"
    assert "broken-check" in error["message"]
    assert "out of cheese" in error["message"]
    assert [finding["rule"] for finding in report["findings"]] == ["shouted-name"]
    assert result.err.startswith("error: pod.yaml: rule broken-check")


def test_a_fix_that_crashes_is_an_error_and_its_finding_stays(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (broken_fix,))
    (folder / "pod.yaml").write_text(HARDENED)
    result = run("check")
    assert result.status == 2
    assert "hint[broken-fix]" in result.out
    assert "out of cheese" in result.err


def test_a_limit_is_an_error_of_its_file(run: Command, folder: Path) -> None:
    (folder / "deep.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: " + "[" * 300 + "]" * 300)
    (folder / "pod.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE)
    assert result.status == 2
    assert "pod.yaml:10:21: error[privileged-container]" in result.out
    assert result.err.startswith("error: deep.yaml: ")


def test_standard_input(run: Command) -> None:
    result = run("check", *BASELINE, "-", stdin=PRIVILEGED.encode())
    assert result.out.startswith("<stdin>:10:21: ")
    named = run("check", *BASELINE, "-", "--stdin-filename", "a/b.yaml", stdin=PRIVILEGED.encode())
    assert named.out.startswith("a/b.yaml:10:21: ")


def test_fix_applies_what_is_safe_and_reports_the_rest(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [rule for rule in RULES if rule.slug == "privileged-container"]
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (*rules, shouted_name))
    (folder / "pod.yaml").write_bytes(PRIVILEGED.replace("web", "WEB").encode())
    (folder / "other.yaml").write_bytes(PRIVILEGED.encode())
    result = run("check", "--fix")
    assert (folder / "pod.yaml").read_bytes() == PRIVILEGED.encode()
    assert (folder / "other.yaml").read_bytes() == PRIVILEGED.encode()
    assert "shouted-name" not in result.out
    assert "pod.yaml:10:21: error[privileged-container]" in result.out
    assert result.err == "safe fixes changed 1 file\n"
    assert result.status == 1


def test_colour_is_for_terminals_whose_user_wants_it(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pod.yaml").write_text(PRIVILEGED)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("WT_SESSION", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" not in run("check", *BASELINE).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "\x1b[1;31merror[privileged-container]\x1b[0m" in run("check", *BASELINE).out
    assert "\x1b" not in run("check", *BASELINE, "--output-format", "json").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check", *BASELINE).out


def test_an_interrupt_ends_quietly(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (folder / "pod.yaml").write_text(PRIVILEGED)
    monkeypatch.setattr("k8s_lsp.cli.one_file.analyze", interrupt)
    assert run("check") == (130, "", "")


@pytest.mark.skipif(os.name != "posix", reason="absent: pipes that break as on POSIX")
def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    # More than a pipe holds, so that the command must notice that its reader is gone.
    (tmp_path / "pods.yaml").write_text("---\n".join([PRIVILEGED] * 1000))
    process = subprocess.Popen(
        [sys.executable, "-m", "k8s_lsp", "check", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.readline().startswith(str(tmp_path).encode())
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.wait() == 141
