"""Which files are read, and under which names."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, PRIVILEGED


def made(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PRIVILEGED)


def paths(run: Command, *arguments: str) -> list[str]:
    """The names of the files that were read: each of them holds one finding."""
    result = run("check", *BASELINE, "--output-format", "json", *arguments)
    report = json.loads(result.out)
    found = [finding["path"] for finding in report["findings"]]
    assert len(found) == report["files"]
    return found


def test_a_folder_gives_yaml_and_json_below_it_sorted(run: Command, folder: Path) -> None:
    made(folder, "z.yaml", "b/deep/er.yml", "a.json", "notes.txt", "Makefile", "yaml")
    assert paths(run) == ["a.json", "b/deep/er.yml", "z.yaml"]


def test_hidden_folders_and_node_modules_are_left_out(run: Command, folder: Path) -> None:
    made(folder, ".github/a.yaml", "node_modules/b.yaml", "x/node_modules/c.yaml", "x/d.yaml")
    made(folder, ".e.yaml")
    assert paths(run, "--no-ignore") == [".e.yaml", "x/d.yaml"]
    assert paths(run, ".github") == [".github/a.yaml"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (".", "x/a.yaml"),
        ("./x", "./x/a.yaml"),
        ("x/", "x/a.yaml"),
        ("x/../x", "x/../x/a.yaml"),
        ("./x/a.yaml", "./x/a.yaml"),
    ],
)
def test_paths_are_shown_as_given(run: Command, folder: Path, given: str, shown: str) -> None:
    made(folder, "x/a.yaml")
    assert paths(run, given) == [shown]


def test_an_absolute_path_stays_one(run: Command, folder: Path) -> None:
    made(folder, "x/a.yaml")
    assert paths(run, str(folder / "x")) == [(folder / "x/a.yaml").as_posix()]


def test_a_named_file_is_read_whatever_its_name(run: Command, folder: Path) -> None:
    made(folder, "pod.txt", "out/b.yaml")
    (folder / ".gitignore").write_text("out/\n")
    assert paths(run, "pod.txt", "out/b.yaml", "--exclude", "*") == ["out/b.yaml", "pod.txt"]


def test_each_file_is_read_once(run: Command, folder: Path) -> None:
    made(folder, "x/a.yaml")
    assert paths(run, "x", ".", "x/a.yaml", "./x/a.yaml") == ["x/a.yaml"]


def test_paths_may_stand_before_and_behind_options(run: Command, folder: Path) -> None:
    made(folder, "a.yaml", "b.yaml", "c.yaml")
    assert paths(run, "a.yaml", "--no-ignore", "b.yaml", "--fail-on", "never", "c.yaml") == [
        "a.yaml",
        "b.yaml",
        "c.yaml",
    ]


def test_a_path_behind_two_dashes_may_begin_with_one(run: Command, folder: Path) -> None:
    made(folder, "-a.yaml", "--b.yaml", "c.yaml")
    assert paths(run, "--", "-a.yaml") == ["-a.yaml"]
    assert paths(run, "c.yaml", "--no-ignore", "--", "-a.yaml", "--b.yaml") == [
        "--b.yaml",
        "-a.yaml",
        "c.yaml",
    ]


@pytest.mark.skipif(os.name != "posix", reason="absent: links that every user may make")
def test_linked_files_are_read_once_and_linked_folders_are_not(run: Command, folder: Path) -> None:
    made(folder, "in/a.yaml", "out/b.yaml", "out/c.yaml")
    (folder / "in/folder").symlink_to(folder / "out")
    (folder / "in/loop").symlink_to(folder / "in")
    (folder / "in/link.yaml").symlink_to(folder / "out/b.yaml")
    (folder / "in/same.yaml").symlink_to("a.yaml")
    (folder / "in/dangling.yaml").symlink_to("gone.yaml")
    os.mkfifo(folder / "in/pipe.yaml")
    found = paths(run, "in")
    assert len(found) == 2
    assert "in/link.yaml" in found
    assert paths(run, "in/folder") == ["in/folder/b.yaml", "in/folder/c.yaml"]


class TestGitignore:
    def test_it_holds_below_its_folder_and_the_nearest_wins(
        self, run: Command, folder: Path
    ) -> None:
        made(folder, "a.yaml", "gen/b.yaml", "x/gen/c.yaml", "x/keep.gen.yaml", "x/d.gen.yaml")
        made(folder, "only/e.yaml", "x/only/f.yaml")
        (folder / ".gitignore").write_text("gen/\n/only\n# a comment\n*.gen.yaml\n")
        (folder / "x/.gitignore").write_text("!keep.gen.yaml\r\n")
        assert paths(run) == ["a.yaml", "x/keep.gen.yaml", "x/only/f.yaml"]
        assert len(paths(run, "--no-ignore")) == 7

    def test_it_reaches_down_from_the_root_of_the_repository(
        self, run: Command, folder: Path
    ) -> None:
        made(folder, "repo/x/y/a.yaml", "repo/x/y/b.gen.yaml", "repo/x/y/c.out.yaml")
        (folder / ".gitignore").write_text("a.yaml\n")
        (folder / "repo/.git").mkdir()
        (folder / "repo/.gitignore").write_text("*.gen.yaml\n")
        (folder / "repo/x/.gitignore").write_text("y/*.out.yaml\n")
        assert paths(run, "repo/x/y") == ["repo/x/y/a.yaml"]

    def test_outside_of_a_repository_nothing_above_counts(self, run: Command, folder: Path) -> None:
        made(folder, "x/a.yaml")
        (folder / ".gitignore").write_text("a.yaml\n")
        assert paths(run, "x") == ["x/a.yaml"]

    def test_a_named_folder_is_read_though_it_is_ignored(self, run: Command, folder: Path) -> None:
        made(folder, "build/a.yaml", "build/b.gen.yaml")
        (folder / ".git").mkdir()
        (folder / ".gitignore").write_text("build/\n")
        (folder / "build/.gitignore").write_text("*.gen.yaml\n")
        assert paths(run, "build") == ["build/a.yaml"]
        assert paths(run) == []

    def test_a_malformed_line_spoils_only_itself(self, run: Command, folder: Path) -> None:
        made(folder, "a.yaml", "b.yaml", "c.yaml")
        (folder / ".gitignore").write_bytes(b"[z-a]\n!\n\xff\na.yaml\n")
        assert paths(run) == ["b.yaml", "c.yaml"]


class TestExclude:
    def test_it_speaks_of_the_current_folder(self, run: Command, folder: Path) -> None:
        made(folder, "a.yaml", "x/a.yaml", "x/y/b.yaml", "z/b.yaml")
        assert paths(run, "x", "z", "--exclude", "/x/y/") == ["x/a.yaml", "z/b.yaml"]
        assert paths(run, "--exclude", "a.yaml", "--exclude", "z/**") == ["x/y/b.yaml"]

    def test_it_holds_above_the_current_folder(
        self, run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made(folder, "a.yaml", "b.yaml", "x/c.yaml")
        monkeypatch.chdir(folder / "x")
        assert paths(run, "..", "--exclude", "b.yaml") == ["../a.yaml", "../x/c.yaml"]

    def test_it_holds_without_gitignore_too(self, run: Command, folder: Path) -> None:
        made(folder, "a.yaml", "b.yaml")
        assert paths(run, "--no-ignore", "--exclude", "a.yaml") == ["b.yaml"]


@pytest.mark.parametrize("arguments", [(), ("empty",), ("empty", ".")])
def test_nothing_to_check_is_a_warning(
    run: Command, folder: Path, arguments: tuple[str, ...]
) -> None:
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text(PRIVILEGED)
    result = run("check", *arguments)
    assert (result.status, result.out) == (0, "")
    assert result.err == (
        "warning: nothing to check: no .yaml, .yml or .json file in "
        f"{', '.join(arguments) or '.'}\n"
    )


def test_nothing_to_check_is_still_a_report(run: Command, folder: Path) -> None:
    result = run("check", "--output-format", "json")
    assert json.loads(result.out) == {"version": 1, "files": 0, "errors": [], "findings": []}
    assert (result.status, result.err.startswith("warning: ")) == (0, True)


def test_nothing_to_harden_is_a_warning(run: Command, folder: Path) -> None:
    result = run("harden")
    assert (result.status, result.out) == (0, "")
    assert result.err.startswith("warning: nothing to check")


def test_files_that_are_no_manifests_are_told_apart(run: Command, folder: Path) -> None:
    (folder / "empty.yaml").write_bytes(b"")
    (folder / "package.json").write_text('{"name": "x", "scripts": {"a": "b"}}')
    (folder / "broken.yaml").write_text("a: [\n")
    (folder / "pod.yaml").write_text(HARDENED)
    result = run("check", *BASELINE)
    assert (result.status, result.out, result.err) == (
        0,
        "No findings in 4 files; 3 hold no Kubernetes object.\n",
        "",
    )
