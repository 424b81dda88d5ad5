"""`k8s-lsp harden`: what it writes, what it tells, and what it never does to a file."""

import errno
import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from k8s_lsp.cli import one_file
from k8s_lsp.engine.hardened import Hardened
from k8s_lsp.engine.results import Analysis
from tests.cli.conftest import Command
from tests.cli.manifests import (
    BASELINE,
    HARDENED,
    HOST_PATH,
    PRIVILEGED,
    broken_fix,
    decided_on_purpose,
    nameless,
    shouted_name,
)

WEB = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
    - name: log
      image: example.com/log:1.4.2
"""

NAMELESS = "apiVersion: v1\nkind: Pod\nspec: {containers: []}\n"


def test_it_writes_and_tells_what_is_left(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED + "---\n" + HOST_PATH)
    (folder / "b.yaml").write_text(HOST_PATH)
    (folder / "c.yaml").write_text(HARDENED)
    result = run("harden", *BASELINE)
    message = 'error[host-path-volume] volume "data"'
    lines = result.out.splitlines()
    assert lines[0] == "a.yaml: 1 of 2 findings fixed"
    assert lines[1].startswith(f"  a.yaml:22:7: {message}")
    assert lines[2] == "b.yaml: unchanged, 1 finding left"
    assert lines[3].startswith(f"  b.yaml:11:7: {message}")
    assert lines[4:] == [
        "1 of 3 files changed; 1 of 3 findings fixed, 2 left",
        "look at this before you deploy it:",
        "  1 container lost access to the node: what needs its devices or its kernel fails",
        "rules applied: privileged-container",
        "why, and what may break: k8s-lsp explain privileged-container",
    ]
    assert (result.status, result.err) == (0, "")
    assert (folder / "a.yaml").read_text() == HARDENED + "---\n" + HOST_PATH
    assert (folder / "b.yaml").read_text() == HOST_PATH


def test_it_does_nothing_twice(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    run("harden", *BASELINE)
    state = (folder / "a.yaml").stat()
    result = run("harden", *BASELINE)
    assert result == (0, "0 of 1 file changed; no findings\n", "")
    now = (folder / "a.yaml").stat()
    # To read it may change when it was read last.
    assert now.st_ino == state.st_ino and now.st_mtime_ns == state.st_mtime_ns


def test_its_result_satisfies_check(run: Command, folder: Path) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    assert run("check", *BASELINE).status == 1
    assert run("harden", *BASELINE).status == 0
    assert run("check", *BASELINE).status == 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.rstrip("\n"), id="no-last-newline"),
        pytest.param(lambda text: "\ufeff" + text, id="byte-order-mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n", 3), id="mixed"),
        pytest.param(lambda text: text + "# 🦊 \u2028# \u0085# é\n\n\n", id="odd-characters"),
    ],
)
def test_it_keeps_every_other_byte(run: Command, folder: Path, spoil: Callable[[str], str]) -> None:
    before, after = spoil(PRIVILEGED).encode(), spoil(HARDENED).encode()
    (folder / "a.yaml").write_bytes(before)
    run("harden", *BASELINE)
    assert (folder / "a.yaml").read_bytes() == after
    assert run("harden", *BASELINE, "-", stdin=before).out.encode() == after


class TestStandardInput:
    def test_the_result_goes_to_standard_output_alone(self, run: Command) -> None:
        result = run("harden", *BASELINE, "-", stdin=PRIVILEGED.encode())
        assert (result.status, result.out) == (0, HARDENED)
        assert "<stdin>: 1 of 1 finding fixed" in result.err

    def test_what_needs_nothing_comes_out_as_it_is(self, run: Command) -> None:
        text = "a:   [1,2 ]\r\n"
        assert run("harden", "-", stdin=text.encode()).out == text

    def test_its_diff(self, run: Command) -> None:
        arguments = ("harden", *BASELINE, "--diff", "-", "--stdin-filename", "x/a.yaml")
        result = run(*arguments, stdin=PRIVILEGED.encode())
        assert result.out.startswith("--- x/a.yaml\n+++ x/a.yaml\n@@ ")


class TestDiff:
    def test_it_writes_nothing_else_anywhere(self, run: Command, folder: Path) -> None:
        (folder / "a.yaml").write_text(PRIVILEGED + "---\n" + HOST_PATH, newline="\n")
        result = run("harden", *BASELINE, "--diff")
        assert result.out == (
            "--- a.yaml\n"
            "+++ a.yaml\n"
            "@@ -7,7 +7,7 @@\n"
            "     - name: app\n"
            "       image: example.com/app:1.4.2\n"
            "       securityContext:\n"
            "-        privileged: true\n"
            "+        privileged: false\n"
            " ---\n"
            " apiVersion: v1\n"
            " kind: Pod\n"
        )
        assert result.status == 0
        lines = result.err.splitlines()
        assert lines[0] == "a.yaml: 1 of 2 findings would be fixed"
        assert lines[1].startswith("  a.yaml:22:7: error[host-path-volume] ")
        assert lines[2] == "1 of 1 file would change; 1 of 2 findings would be fixed, 1 left"
        assert lines[3] == "look at this before you deploy it:"
        assert (folder / "a.yaml").read_text() == PRIVILEGED + "---\n" + HOST_PATH
        assert [path.name for path in folder.iterdir()] == ["a.yaml"]

    def test_patch_makes_of_it_what_harden_would_write(
        self, run: Command, folder: Path, program: Callable[[str], str]
    ) -> None:
        patch = program("patch")
        texts = {
            "a.yaml": PRIVILEGED,
            "x/with space.yaml": PRIVILEGED,
            "x/crlf.yaml": PRIVILEGED.replace("\n", "\r\n"),
            "x/cut.yaml": PRIVILEGED.rstrip("\n"),
            "x/mark.yaml": "\ufeff" + PRIVILEGED,
            "x/two.yaml": PRIVILEGED + "# a comment\n" * 30 + "---\n" + PRIVILEGED,
        }
        for name, text in texts.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(text.encode())
        diff = run("harden", *BASELINE, "--diff", "./x", "a.yaml").out
        subprocess.run([patch, "-p0", "--binary", "--quiet"], input=diff.encode(), check=True)
        for name, text in texts.items():
            assert (folder / name).read_bytes() == text.replace("true", "false").encode()

    def test_it_counts_as_writing_does(self, run: Command, folder: Path) -> None:
        # Only once the network of the node is given up, its ports can be.
        shared = HOST_PATH.replace("spec:", "spec:\n  hostNetwork: true").replace(
            "  volumes:", "      ports: [{containerPort: 8080, hostPort: 8080}]\n  volumes:"
        )
        (folder / "a.yaml").write_text(shared)
        planned = run("harden", *BASELINE, "--diff")
        assert "-      ports: [{containerPort: 8080, hostPort: 8080}]\n" in planned.out
        done = run("harden", *BASELINE)
        assert done.out.splitlines()[0] == "a.yaml: 2 of 3 findings fixed"
        message = 'error[host-path-volume] volume "data"'
        # The place is that of the text as it is on disk.
        assert done.out.splitlines()[1].startswith(f"  a.yaml:12:7: {message}")
        lines = planned.err.splitlines()
        assert lines[0] == "a.yaml: 2 of 3 findings would be fixed"
        assert lines[1].startswith(f"  a.yaml:13:7: {message}")
        assert lines[2] == "1 of 1 file would change; 2 of 3 findings would be fixed, 1 left"
        assert lines[3:] == done.out.splitlines()[3:]


class TestTheWordAtTheEnd:
    def test_the_gravest_consequences_come_first_and_are_few(
        self, run: Command, folder: Path
    ) -> None:
        (folder / "a.yaml").write_text(WEB)
        (folder / "b.yaml").write_text(WEB.replace("web", "other"))
        lines = run("harden", "--no-config").out.splitlines()
        start = lines.index("look at this before you deploy it:")
        assert lines[start + 1 : start + 4] == [
            "  runAsNonRoot was set for 4 containers: an image without a numeric user will not "
            "start",
            "  the root filesystem of 4 containers is read-only: what writes outside of its "
            "volumes fails",
            "  limits and requests are defaults, not measured: what needs more memory is killed",
        ]
        assert lines[start + 4].startswith("rules applied: capabilities-not-dropped, ")
        assert lines[start + 5 :] == ["why, and what may break: k8s-lsp explain root-user-allowed"]

    def test_who_has_a_user_above_0_starts(self, run: Command, folder: Path) -> None:
        user = "      securityContext: {runAsUser: 10001}\n"
        (folder / "a.yaml").write_text(WEB + user)
        assert "runAsNonRoot was set for 1 container:" in run("harden").out
        pod = WEB.replace("spec:", "spec:\n  securityContext: {runAsUser: 10001}")
        (folder / "a.yaml").write_text(pod)
        result = run("harden")
        assert "root-user-allowed" in result.out
        assert "numeric user" not in result.out

    def test_where_nothing_was_applied_there_is_none(self, run: Command, folder: Path) -> None:
        (folder / "a.yaml").write_text(HOST_PATH)
        lines = run("harden", *BASELINE).out.splitlines()
        assert lines[2:] == ["0 of 1 file changed; 0 of 1 finding fixed, 1 left"]

    def test_what_is_left_has_its_place_and_its_reason(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (decided_on_purpose, shouted_name))
        (folder / "a.yaml").write_text(PRIVILEGED.replace("spec:", "spec:\n  hostPID: true"))
        lines = run("harden").out.splitlines()
        assert lines[:2] == [
            "a.yaml: unchanged, 1 finding left",
            "  left for you: a.yaml:6:12: error[decided-on-purpose] it is an agent of its node",
        ]
        # `check` says no more than what `harden` does.
        assert "a fix: k8s-lsp harden" not in run("check").out
        assert "fix: Remove it, though it is an agent (review)" in run("check").out


class TestJson:
    def test_it_is_one_object(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rules = (decided_on_purpose, shouted_name, nameless)
        monkeypatch.setattr("k8s_lsp.engine.checking.RULES", rules)
        agent = PRIVILEGED.replace("spec:", "spec:\n  hostPID: true")
        (folder / "a.yaml").write_text(agent.replace("web", "WEB") + "---\n" + NAMELESS)
        (folder / "b.yaml").write_bytes(b"\xff")
        arguments = ("harden", "--output-format", "json")
        planned, done = (run(*arguments, *more) for more in (("--diff",), ()))
        assert (planned.status, done.status) == (2, 2)
        told = json.loads(done.out)
        assert [*told] == [
            "version", "files", "changed", "written", "errors", "consequences", "applied", "left",
            "findings", "diff",
        ]  # fmt: skip
        assert (told["version"], told["files"], told["changed"]) == (1, 1, 1)
        assert [error["path"] for error in told["errors"]] == ["b.yaml"]
        pod = {"apiVersion": "v1", "kind": "Pod", "name": "WEB", "namespace": None}
        assert told["applied"] == [
            {
                "path": "a.yaml",
                "rule": "shouted-name",
                "severity": "hint",
                "object": pod,
                "field": "metadata.name",
                "fix": "safe",
                "title": "Write it in small letters",
            }
        ]
        (left,) = told["left"]
        assert left["reason"] == "it is an agent of its node"
        assert left["start"] == {"line": 6, "column": 12}
        assert [finding["rule"] for finding in told["findings"]] == [
            "decided-on-purpose",
            "nameless",
        ]
        assert {**told["findings"][0], "reason": left["reason"]} == left
        assert (told["written"], told["diff"]) == (True, None)
        again = json.loads(planned.out)
        assert again["diff"].startswith("--- a.yaml\n+++ a.yaml\n")
        assert again == {**told, "written": False, "diff": again["diff"]}

    def test_standard_output_holds_one_thing(self, run: Command) -> None:
        arguments = ("harden", "--output-format", "json", "-")
        result = run(*arguments, stdin=PRIVILEGED.encode())
        assert (result.status, result.out) == (2, "")
        assert "add --diff" in result.err
        told = json.loads(run(*arguments, "--diff", *BASELINE, stdin=PRIVILEGED.encode()).out)
        assert told["diff"].startswith("--- <stdin>\n")
        assert [applied["rule"] for applied in told["applied"]] == ["privileged-container"]

    def test_nothing_to_do_is_an_object_too(self, run: Command, folder: Path) -> None:
        told = json.loads(run("harden", "--output-format", "json").out)
        assert (told["files"], told["applied"], told["left"]) == (0, [], [])


class TestWriting:
    @pytest.mark.skipif(os.name != "posix", reason="absent: permissions of POSIX")
    @pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
    def test_permissions_and_owner_stay(self, run: Command, folder: Path, mode: int) -> None:
        file = folder / "a.yaml"
        file.write_text(PRIVILEGED)
        file.chmod(mode)
        before = file.stat()
        run("harden", *BASELINE)
        after = file.stat()
        assert file.read_text() == HARDENED
        assert stat.S_IMODE(after.st_mode) == mode
        assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)

    @pytest.mark.skipif(os.name != "posix", reason="absent: links that every user may make")
    def test_a_link_stays_one_and_its_target_is_written(self, run: Command, folder: Path) -> None:
        (folder / "x").mkdir()
        (folder / "x/target.yaml").write_text(PRIVILEGED)
        (folder / "link.yaml").symlink_to("x/target.yaml")
        run("harden", *BASELINE, "link.yaml")
        assert (folder / "link.yaml").readlink() == Path("x/target.yaml")
        assert (folder / "x/target.yaml").read_text() == HARDENED

    @pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
    @pytest.mark.parametrize("command", ["harden", "check --fix"])
    def test_a_file_is_whole_or_untouched(
        self,
        run: Command,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
        command: str,
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        (folder / "a.yaml").write_text(PRIVILEGED)
        # As if the fix were a safe one.
        monkeypatch.setattr(one_file, "fix_all", one_file.harden)
        with monkeypatch.context() as broken:
            broken.setattr(step, fail)
            result = run(*command.split(), *BASELINE)
        assert result.status == 2
        assert "error: a.yaml: cannot be written: no space left on device\n" in result.err
        assert "privileged-container" in result.out
        assert (folder / "a.yaml").read_text() == PRIVILEGED
        assert [path.name for path in folder.iterdir()] == ["a.yaml"]

    def test_an_interrupt_leaves_it_untouched_too(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        (folder / "a.yaml").write_text(PRIVILEGED)
        with monkeypatch.context() as broken:
            broken.setattr("os.fsync", interrupt)
            assert run("harden", *BASELINE).status == 130
        assert (folder / "a.yaml").read_text() == PRIVILEGED
        assert [path.name for path in folder.iterdir()] == ["a.yaml"]

    @pytest.mark.parametrize("command", ["harden", "check --fix"])
    def test_what_another_program_saves_meanwhile_stays(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        harden, theirs = one_file.harden, PRIVILEGED.replace("web", "theirs")

        def overtaken(before: Analysis) -> Hardened:
            after = harden(before)
            if before.text == PRIVILEGED:
                (folder / "a.yaml").write_text(theirs)
            return after

        for name in ("harden", "fix_all"):
            monkeypatch.setattr(one_file, name, overtaken)
        (folder / "a.yaml").write_text(PRIVILEGED)
        (folder / "b.yaml").write_text(PRIVILEGED + "# another\n")
        result = run(*command.split(), *BASELINE)
        assert result.status == 2
        assert result.err.splitlines()[-1] == (
            "error: a.yaml: left as it was: another program has changed it meanwhile"
        )
        assert (folder / "a.yaml").read_text() == theirs
        # The others are not held back.
        assert (folder / "b.yaml").read_text() == HARDENED + "# another\n"

    @pytest.mark.skipif(os.name != "posix", reason="absent: permissions of POSIX")
    def test_a_write_protected_file_is_respected(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "a.yaml").write_text(PRIVILEGED)
        # Root may write everywhere, so the answer is given here.
        monkeypatch.setattr("os.access", lambda *_: False)
        result = run("harden", *BASELINE)
        assert result.status == 2
        assert "error: a.yaml: cannot be written: permission denied\n" in result.err
        assert (folder / "a.yaml").read_text() == PRIVILEGED


def broken_by_fixes(before: Analysis) -> Hardened:
    return Hardened(one_file.analyze(before.text + "  - [\n", before.settings))


class TestSafetyNet:
    @pytest.mark.parametrize("arguments", [("harden",), ("harden", "--diff"), ("check", "--fix")])
    def test_what_would_not_parse_is_not_written(
        self,
        run: Command,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        arguments: tuple[str, ...],
    ) -> None:
        for name in ("harden", "fix_all"):
            monkeypatch.setattr(one_file, name, broken_by_fixes)
        (folder / "a.yaml").write_text(PRIVILEGED)
        result = run(*arguments, *BASELINE)
        assert result.status == 2
        assert "error: a.yaml: left as it was: with its fixes it would not parse" in result.err
        assert (folder / "a.yaml").read_text() == PRIVILEGED

    def test_what_did_not_parse_before_may_be_mended(self, run: Command, folder: Path) -> None:
        broken = "a: [\n---\n"
        (folder / "a.yaml").write_text(broken + PRIVILEGED)
        assert run("harden", *BASELINE).status == 0
        assert (folder / "a.yaml").read_text() == broken + HARDENED

    def test_standard_input_comes_out_as_it_was(
        self, run: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(one_file, "harden", broken_by_fixes)
        result = run("harden", *BASELINE, "-", stdin=PRIVILEGED.encode())
        assert (result.status, result.out) == (2, PRIVILEGED)

    def test_a_fix_that_crashes_leaves_the_file_alone(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (broken_fix,))
        (folder / "a.yaml").write_text(PRIVILEGED)
        result = run("harden")
        assert result.status == 2
        assert "error: a.yaml: left as it was: a fix failed: RuntimeError" in result.err
        assert (folder / "a.yaml").read_text() == PRIVILEGED


def test_a_template_gets_fixes_of_its_literal_text_and_is_counted(
    run: Command, folder: Path
) -> None:
    template = PRIVILEGED.replace("web", "{{ .Release.Name }}")
    (folder / "a.yaml").write_text(template)
    result = run("harden")
    assert result.status == 0
    assert "1 file is a template and was checked in part\n" in result.err
    hardened = template.replace("privileged: true", "privileged: false")
    assert (folder / "a.yaml").read_text() == hardened


def test_in_a_chart_any_braces_make_a_template(run: Command, folder: Path) -> None:
    (folder / "web/templates").mkdir(parents=True)
    text = f"# {{{{ .Release.Name }}}}\n{PRIVILEGED}"
    for path in ("web/pod.yaml", "web/templates/pod.yaml"):
        (folder / path).write_text(text)
    assert "template" not in run("check").err
    (folder / "web/Chart.yaml").write_text("name: web\n")
    assert run("harden").err.endswith("1 file is a template and was checked in part\n")
    changed = text.replace("privileged: true", "privileged: false")
    assert (folder / "web/templates/pod.yaml").read_text() == changed
    assert (folder / "web/pod.yaml").read_text().count("readOnlyRootFilesystem: true") == 1
