"""Only what is new fails: beside a file of known findings, and beside a commit."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, HOST_PATH, PRIVILEGED

KNOWN = ("--known-findings", "known.json")
WRITE = ("--write-known-findings", "known.json")


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular, whatever is configured on this machine."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{what}": "x"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")


@pytest.fixture
def repository(folder: Path) -> Path:
    """Give the current folder as an empty repository."""
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return folder


def test_known_findings_alone_do_not_fail(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    written = run("check", *BASELINE, *WRITE)
    assert (written.status, written.err) == (0, "1 finding written to known.json\n")
    assert written.out == "No new findings in 1 file; 1 known finding is not shown.\n"
    again = run("check", *BASELINE, *KNOWN)
    assert again == written._replace(err="")


def test_what_is_new_fails_and_is_shown_alone(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    run("check", *BASELINE, *WRITE)
    (folder / "a.yaml").write_text(f"# Moved.\n{PRIVILEGED}---\n{HOST_PATH}")
    result = run("check", *BASELINE, *KNOWN)
    assert result.status == 1
    assert "a.yaml:23:7: error[host-path-volume]" in result.out
    assert "privileged-container" not in result.out
    assert "1 new finding (1 error) in 1 of 1 file; 1 known finding is not shown\n" in result.out
    assert run("check", *BASELINE, *KNOWN, "--fail-on", "never").status == 0


def test_what_is_gone_is_told(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.yaml").write_text(HOST_PATH)
    run("check", *BASELINE, *WRITE)
    (folder / "a.yaml").write_text(HARDENED)
    (folder / "b.yaml").unlink()
    result = run("check", *BASELINE, *KNOWN)
    assert result.status == 0
    assert result.err == (
        "gone: a.yaml: privileged-container: Pod web: "
        'spec.containers["app"].securityContext.privileged\n'
        'gone: b.yaml: host-path-volume: Pod node: spec.volumes["data"].hostPath\n'
        "2 known findings are gone; --write-known-findings known.json forgets them\n"
    )


def test_what_was_not_asked_about_is_not_gone(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.yaml").write_text(HOST_PATH)
    run("check", *BASELINE, *WRITE)
    assert run("check", *BASELINE, *KNOWN, "a.yaml").err == ""
    # Nor is what was in a file that cannot be read.
    (folder / "b.yaml").write_bytes(b"\xff")
    unreadable = run("check", *BASELINE, *KNOWN)
    assert unreadable.status == 2
    assert "gone" not in unreadable.err


def test_a_copy_is_new_where_the_original_is_not_asked_about(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    run("check", *BASELINE, *WRITE)
    shutil.copy(folder / "a.yaml", folder / "b.yaml")
    assert run("check", *BASELINE, *KNOWN, "b.yaml").status == 1
    result = run("check", *BASELINE, *KNOWN)
    assert "b.yaml:10:21" in result.out
    assert "a.yaml:10:21" not in result.out
    (folder / "a.yaml").unlink()
    assert run("check", *BASELINE, *KNOWN, "b.yaml").status == 0


def test_known_findings_hold_from_any_folder(folder: Path, run: Command) -> None:
    (folder / "deploy").mkdir()
    (folder / "deploy/a.yaml").write_text(PRIVILEGED)
    (folder / "deploy/b.yaml").write_text(PRIVILEGED)
    run("check", *BASELINE, *WRITE, "deploy")
    assert '"path": "deploy/a.yaml"' in (folder / "known.json").read_text()
    os.chdir(folder / "deploy")
    assert run("check", *BASELINE, "--known-findings", "../known.json", "a.yaml").status == 0


def test_json_says_of_each_finding_whether_it_is_new(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    run("check", *BASELINE, *WRITE)
    (folder / "b.yaml").write_text(HOST_PATH)
    result = run("check", *BASELINE, *KNOWN, "--output-format", "json")
    assert result.status == 1
    output = json.loads(result.out)
    assert output["files"] == 2
    assert [(each["path"], each["state"]) for each in output["findings"]] == [
        ("a.yaml", "known"),
        ("b.yaml", "new"),
    ]
    plain = json.loads(run("check", *BASELINE, "--output-format", "json").out)
    assert not any("state" in each for each in plain["findings"])


def test_nothing_is_written_of_a_run_that_is_not_whole(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    run("check", *BASELINE, *WRITE)
    before = (folder / "known.json").read_text()
    (folder / "a.yaml").write_bytes(b"\xff")
    result = run("check", *BASELINE, *WRITE)
    assert result.status == 2
    assert "error: known.json: not written" in result.err
    assert (folder / "known.json").read_text() == before


def test_a_place_that_cannot_be_written_is_told(folder: Path, run: Command) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, "--write-known-findings", "no/known.json")
    assert result.status == 2
    assert "error: no/known.json: no such file or folder\n" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--known-findings", "no.json"), "--known-findings: no.json: no such file or folder\n"),
        (("--known-findings", "a.yaml"), "--known-findings: a.yaml: is not JSON: "),
        ((*KNOWN, *WRITE), "--write-known-findings: not allowed with argument --known-findings\n"),
        ((*KNOWN, "--diff-base", "main"), "not allowed with argument --known-findings\n"),
        (("--diff-base", "main"), "--diff-base: "),
    ],
)
def test_wrong_use_is_told(
    folder: Path, run: Command, arguments: tuple[str, ...], message: str
) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    result = run("check", *BASELINE, *arguments)
    assert result.status == 2
    assert message in result.err
    assert result.err.count("\n") == 1


# A commit.


def test_findings_of_a_commit_are_known(repository: Path, run: Command) -> None:
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    (repository / "a.yaml").write_text(f"---\n{HOST_PATH}---\n{PRIVILEGED}")
    result = run("check", *BASELINE, "--diff-base", "main")
    assert result.status == 1
    assert "host-path-volume" in result.out
    assert "privileged-container" not in result.out


def test_what_has_changed_on_the_base_since_the_branch_left_it_does_not_count(
    repository: Path, run: Command
) -> None:
    (repository / "old.yaml").write_text(PRIVILEGED)
    commit(repository)
    git(repository, "switch", "-qc", "branch")
    (repository / "new.yaml").write_text(HARDENED.replace("web", "other"))
    commit(repository)
    git(repository, "switch", "-q", "main")
    (repository / "old.yaml").write_text(HARDENED)
    (repository / "node.yaml").write_text(HOST_PATH)
    commit(repository)
    git(repository, "switch", "-q", "branch")
    result = run("check", *BASELINE, "--diff-base", "main")
    assert (result.status, "gone" in result.err) == (0, False)
    (repository / "new.yaml").write_text(PRIVILEGED.replace("web", "other"))
    assert run("check", *BASELINE, "--diff-base", "main").status == 1


def test_a_base_of_another_history_counts_as_it_is(repository: Path, run: Command) -> None:
    """So does one whose common commit a shallow clone lacks."""
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    git(repository, "switch", "-q", "--orphan", "other")
    (repository / "a.yaml").write_text(f"{PRIVILEGED}---\n{HOST_PATH}")
    commit(repository)
    result = run("check", *BASELINE, "--diff-base", "main")
    assert result.status == 1
    assert "host-path-volume" in result.out
    assert "privileged-container" not in result.out


def test_a_rename_makes_nothing_new(repository: Path, run: Command) -> None:
    (repository / "old").mkdir()
    (repository / "old/a.yaml").write_text(PRIVILEGED)
    commit(repository)
    (repository / "new").mkdir()
    git(repository, "mv", "old/a.yaml", "new/b.yaml")
    for paths in ((), ("new",), ("new/b.yaml",)):
        assert run("check", *BASELINE, "--diff-base", "HEAD", *paths).status == 0
    shutil.copy(repository / "new/b.yaml", repository / "new/c.yaml")
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 1


def test_a_commit_is_judged_among_its_own_files(repository: Path, run: Command) -> None:
    """The pod mounts a token that is used as long as its account is bound."""
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
    pod = HARDENED.replace("spec:\n", "spec:\n  serviceAccountName: web\n")
    silent = account + "automountServiceAccountToken: false\n"
    (repository / "pod.yaml").write_text(pod)
    (repository / "account.yaml").write_text(silent)
    commit(repository)
    options = ("--rule", "service-account-token-mounted=error", "--diff-base", "HEAD")
    assert run("check", *BASELINE, *options, "pod.yaml").status == 0
    (repository / "account.yaml").write_text(account)
    result = run("check", *BASELINE, *options, "pod.yaml")
    assert result.status == 1
    assert "service-account-token-mounted" in result.out
    commit(repository)
    assert run("check", *BASELINE, *options, "pod.yaml").status == 0


def test_both_trees_are_judged_by_the_settings_of_today(repository: Path, run: Command) -> None:
    (repository / ".k8s-lsp.yaml").write_text("rules: {privileged-container: off}\n")
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    (repository / ".k8s-lsp.yaml").write_text("profile: baseline\n")
    result = run("check", "--diff-base", "HEAD")
    assert result.status == 0
    assert "1 known finding is not shown" in result.out


def test_a_comment_that_goes_makes_a_finding_new(repository: Path, run: Command) -> None:
    ignored = "true  # k8s-lsp: ignore[privileged-container] it loads a driver"
    (repository / "a.yaml").write_text(PRIVILEGED.replace("true", ignored))
    commit(repository)
    (repository / "a.yaml").write_text(PRIVILEGED)
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 1


def test_what_no_commit_has_is_new(repository: Path, run: Command) -> None:
    (repository / "a.txt").write_text("")
    commit(repository)
    (repository / "a.yaml").write_text(PRIVILEGED)
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 1


def test_gone_findings_of_a_commit_are_told(repository: Path, run: Command) -> None:
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    (repository / "a.yaml").write_text(HARDENED)
    result = run("check", *BASELINE, "--diff-base", "main")
    assert result.status == 0
    assert result.err.endswith("1 finding of main is gone\n")


def test_standard_input_stands_where_its_name_says(repository: Path, run: Command) -> None:
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    options = ("check", *BASELINE, "--diff-base", "HEAD", "-")
    named = ("--stdin-filename", "a.yaml")
    assert run(*options, *named, stdin=PRIVILEGED.encode()).status == 0
    assert run(*options, *named, stdin=HOST_PATH.encode()).status == 1


def test_submodules_are_looked_into(
    repository: Path, run: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    (other / "a.yaml").write_text(PRIVILEGED)
    commit(other)
    git(repository, "submodule", "--quiet", "add", str(other), "sub")
    commit(repository)
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 0
    (repository / "sub/b.yaml").write_text(HOST_PATH)
    result = run("check", *BASELINE, "--diff-base", "HEAD")
    assert result.status == 1
    assert "1 known finding is not shown" in result.out


def test_odd_names_are_read(repository: Path, run: Command) -> None:
    (repository / "ü b").mkdir()
    (repository / "ü b/\n.yaml").write_text(PRIVILEGED)
    (repository / "link.yaml").symlink_to("ü b/\n.yaml")
    (repository / "empty.yaml").write_text("")
    commit(repository)
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 0


def test_a_hook_of_git_changes_nothing(
    repository: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    monkeypatch.setenv("GIT_DIR", "nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert run("check", *BASELINE, "--diff-base", "HEAD").status == 0


@pytest.mark.parametrize("revision", ["no-such", "--help", "", "HEAD:a.yaml"])
def test_a_commit_that_is_not_there_is_told(repository: Path, run: Command, revision: str) -> None:
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    result = run("check", f"--diff-base={revision}")
    assert (result.status, result.out) == (2, "")
    assert f'there is no commit "{revision}"' in result.err


def test_paths_in_two_repositories_are_told(repository: Path, run: Command) -> None:
    for name in ("one", "two"):
        (repository / name).mkdir()
        git(repository / name, "init", "--quiet")
        (repository / name / "a.yaml").write_text(PRIVILEGED)
    result = run("check", "--diff-base", "HEAD", "one", "two/a.yaml")
    assert (result.status, result.out) == (2, "")
    assert "one and two/a.yaml lie in different repositories\n" in result.err


def test_without_git_it_is_told(
    repository: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (repository / "a.yaml").write_text(PRIVILEGED)
    result = run("check", "--diff-base", "HEAD")
    assert (result.status, result.out) == (2, "")
    assert "git cannot be started" in result.err


def test_a_tree_cannot_write_outside_of_its_folder(repository: Path, run: Command) -> None:
    """Git itself makes no such tree, but whoever makes one by hand can have it fetched."""
    (repository / "a.yaml").write_text(PRIVILEGED)
    commit(repository)
    blob = bytes.fromhex(git(repository, "hash-object", "-w", "a.yaml").strip())
    outside = repository.parent / "outside.yaml"
    tree = repository / "tree"
    names = [f"../../../../../../../..{outside}", "../outside.yaml", ".git/x.yaml"]
    tree.write_bytes(b"".join(b"100644 " + os.fsencode(name) + b"\0" + blob for name in names))
    made = git(repository, "hash-object", "-w", "-t", "tree", "--literally", "tree").strip()
    bad = git(repository, "commit-tree", made, "-m", "x").strip()
    run("check", *BASELINE, "--diff-base", bad)
    assert not outside.exists()
