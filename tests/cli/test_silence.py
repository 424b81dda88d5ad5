"""Why nothing is said: whoever gets no finding can see what was read, and what was not."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.manifests import BASELINE, HARDENED, PRIVILEGED

TEMPLATE = HARDENED.replace("web", "{{ .Release.Name }}")


def made(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def ignored(folder: Path) -> Path:
    """Give a folder with one manifest that is read, and three that are left out."""
    made(folder, dict.fromkeys(("a.yaml", "gen/b.yaml", "gen/c/d.json", "e.yaml"), HARDENED))
    (folder / ".gitignore").write_text("gen/\n")
    return folder


EXCLUDE = ("--exclude", "e.yaml")
COUNT = "2 files were left out by .gitignore, 1 by exclude"


@pytest.mark.parametrize("command", [("check",), ("check", "--fix"), ("harden",)], ids=" ".join)
def test_what_is_left_out_is_counted(run: Command, ignored: Path, command: tuple[str, ...]) -> None:
    result = run(*command, *BASELINE, *EXCLUDE)
    assert (result.status, result.err) == (0, f"{COUNT}; --verbose names them\n")
    result = run(*command, *BASELINE, "--no-ignore", *EXCLUDE)
    assert result.err == "1 file was left out by exclude; --verbose names it\n"
    assert run(*command, *BASELINE, "--no-ignore").err == ""


@pytest.mark.parametrize("command", ["check", "harden"])
def test_and_named_where_that_is_asked_for(run: Command, ignored: Path, command: str) -> None:
    assert run(command, *BASELINE, *EXCLUDE, "--verbose").err == (
        "left out (exclude): e.yaml\n"
        "left out (.gitignore): gen/b.yaml\n"
        "left out (.gitignore): gen/c/d.json\n"
        f"{COUNT}\n"
    )


def test_json_stays_as_it_is(run: Command, ignored: Path) -> None:
    result = run("check", *BASELINE, "--output-format", "json", *EXCLUDE)
    assert json.loads(result.out) == {"version": 1, "files": 1, "errors": [], "findings": []}
    assert result.err == f"{COUNT}; --verbose names them\n"


def test_nothing_to_check_may_be_because_all_is_left_out(run: Command, ignored: Path) -> None:
    result = run("check", "--exclude", "*.yaml")
    assert result.status == 0
    assert result.err == (
        "warning: nothing to check: no .yaml, .yml or .json file in . that is not left out\n"
        "2 files were left out by .gitignore, 2 by exclude; --verbose names them\n"
    )


def test_a_large_folder_is_not_counted_whole(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("k8s_lsp.cli.tasks.LOOKED_THROUGH", 5)
    made(folder, {"a.yaml": HARDENED, ".gitignore": "gen/\n"})
    made(folder, {f"gen/{number}.txt": "" for number in range(9)})
    assert run("check", *BASELINE).err == (
        "a large folder was left out; --verbose names the files in it\n"
    )
    assert run("check", *BASELINE, "--verbose").err == ""
    made(folder, {f"gen/{number}.yaml": "" for number in range(90)})
    assert run("check", *BASELINE).err.startswith("at least ")
    assert run("check", *BASELINE, "--verbose").err.endswith(
        "\n90 files were left out by .gitignore\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="absent: named pipes")
def test_what_is_no_regular_file_is_left_out(run: Command, folder: Path) -> None:
    made(folder, {"a.yaml": HARDENED})
    os.mkfifo(folder / "pipe.yaml")
    assert run("check", *BASELINE).err == (
        "1 file was left out as no regular file; --verbose names it\n"
    )
    os.mkfifo(folder / ".gitignore")
    assert run("check", *BASELINE, "--verbose") == (
        0,
        "No findings in 1 file.\n",
        "warning: .gitignore: is not a regular file; it is passed over\n"
        "left out (no regular file): pipe.yaml\n"
        "1 file was left out as no regular file\n",
    )


def test_the_summary_tells_clean_from_read_in_part_and_from_no_manifest(
    run: Command, folder: Path
) -> None:
    made(folder, {"a.yaml": HARDENED})
    assert run("check", *BASELINE).out == "No findings in 1 file.\n"
    made(folder, {"b.yaml": TEMPLATE})
    assert run("check", *BASELINE).out == "No findings in 2 files; 1 was checked in part.\n"
    made(folder, {"package.json": "{}", "empty.yaml": ""})
    result = run("check", *BASELINE, "--verbose")
    assert result.out == (
        "No findings in 4 files; 1 was checked in part, 2 hold no Kubernetes object.\n"
    )
    assert result.err == (
        "checked in part (template): b.yaml\n"
        "no Kubernetes object: empty.yaml\n"
        "no Kubernetes object: package.json\n"
        "1 file is a template and was checked in part\n"
    )
    assert run("harden", *BASELINE).out == (
        "0 of 4 files changed; no findings; 1 was checked in part, 2 hold no Kubernetes object\n"
    )


def test_patches_are_told_once(run: Command, folder: Path) -> None:
    patch = HARDENED.replace("      image: example.com/app:1.4.2\n", "")
    made(folder, {"a.yaml": HARDENED, "image.yaml": patch})
    result = run("check", *BASELINE)
    assert result.out == "No findings in 2 files; 1 holds a patch.\n"
    assert result.err == "1 file holds a patch: only what it sets is judged\n"
    made(folder, {"user.yaml": patch})
    result = run("harden", *BASELINE, "--verbose")
    assert result.out == "0 of 3 files changed; no findings; 2 hold patches\n"
    assert result.err == (
        "only what it sets is judged (patch): image.yaml\n"
        "only what it sets is judged (patch): user.yaml\n"
        "2 files hold patches: only what they set is judged\n"
    )


def test_the_summary_tells_what_was_not_checked_whole(run: Command, folder: Path) -> None:
    deep = "apiVersion: v1\nkind: Pod\nspec: " + "{a: " * 300 + "1" + "}" * 300 + "\n"
    made(folder, {"a.yaml": deep})
    result = run("check", *BASELINE)
    assert result.status == 2
    assert result.out == "No findings in 1 file; 1 was not checked whole.\n"
    assert result.err.startswith("error: a.yaml: ")
    report = json.loads(run("check", *BASELINE, "--output-format", "json").out)
    assert [error["path"] for error in report["errors"]] == ["a.yaml"]


def test_a_folder_that_cannot_be_listed_is_an_error_of_the_report(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(folder, {"a.yaml": HARDENED, "x/b.yaml": PRIVILEGED})
    scan = os.scandir

    def scandir(place: str) -> object:
        if place == str(folder / "x"):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    # Root may list everything, so the answer is given here.
    monkeypatch.setattr(os, "scandir", scandir)
    result = run("check", *BASELINE, "--output-format", "json")
    assert json.loads(result.out)["errors"] == [{"path": "x", "message": "permission denied"}]
    assert (result.status, result.err) == (2, "error: x: permission denied\n")
