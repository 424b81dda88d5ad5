"""Which files there are; tests/cli/test_paths.py holds the names and the patterns."""

import os
from pathlib import Path

import pytest

from k8s_lsp.configuration.stack import SettingsStack
from k8s_lsp.files.errors import ReadError
from k8s_lsp.files.reading import Source
from k8s_lsp.files.walking import FoundFile, find_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with some files, which is the current one."""
    for name in ("b.yaml", "x/a.yml", "x/.k8s-lsp.yaml", "x/y/c.json", "z/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found_by(
    *paths: str, stdin_name: str = "<stdin>", exclude: tuple[str, ...] = ()
) -> tuple[list[FoundFile], list[ReadError], list[str]]:
    """What is found, what is not, and for which folders the settings were asked for."""
    asked: list[str] = []

    def layers_of(folder: str) -> SettingsStack:
        asked.append(folder)
        return SettingsStack()

    files, missing = find_files(
        paths,
        exclude=exclude,
        use_gitignore=True,
        stdin_name=stdin_name,
        layers_of=layers_of,
    )
    return files, missing, asked


def test_a_file_has_a_name_a_place_and_a_folder(folder: Path) -> None:
    files, missing, _ = found_by("./x", "b.yaml", "gone.yaml", "")
    assert [(file.source, file.folder) for file in files] == [
        (Source("./x/a.yml", str(folder / "x/a.yml")), str(folder / "x")),
        (Source("./x/y/c.json", str(folder / "x/y/c.json")), str(folder / "x/y")),
        (Source("b.yaml", "b.yaml"), str(folder)),
    ]
    assert missing == [
        ReadError("gone.yaml", "no such file or folder"),
        ReadError("", "no such file or folder"),
    ]


def test_settings_are_asked_for_where_they_may_change(folder: Path) -> None:
    (folder / "w/deep").mkdir(parents=True)
    (folder / "w/deep/d.yaml").touch()
    (folder / "w/.git").touch()
    _, _, asked = found_by(".")
    assert sorted(asked) == [str(folder), str(folder / "w"), str(folder / "x")]


def test_standard_input_stands_where_its_name_says(folder: Path) -> None:
    (file,), _, asked = found_by("-", "-", stdin_name="x/in.yaml")
    assert (file.source, file.folder) == (Source("x/in.yaml", None), str(folder / "x"))
    assert set(asked) == {str(folder / "x")}


def test_a_folder_that_cannot_be_listed_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def scandir(place: str) -> object:
        if place == str(folder / "x/y"):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    # Root may list everything, so the answer is given here.
    monkeypatch.setattr(os, "scandir", scandir)
    files, missing, _ = found_by(".")
    assert [file.source.path for file in files] == ["b.yaml", "x/a.yml"]
    assert missing == [ReadError("x/y", "permission denied")]


def test_what_is_excluded_is_not_found() -> None:
    files, _, _ = found_by(".", exclude=("x/y/", "b.yaml"))
    assert [file.source.path for file in files] == ["x/a.yml"]
