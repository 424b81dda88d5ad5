"""Names as seen from the current folder, and where a repository begins."""

import os
from pathlib import Path

import pytest

from k8s_lsp.files.paths import from_here, is_repository


def test_a_path_is_seen_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    assert from_here(str(tmp_path / "x/y/a.yaml")) == "y/a.yaml"
    assert from_here(str(tmp_path / "a.yaml")) == "../a.yaml"
    assert from_here("y/../a.yaml") == "a.yaml"


def test_a_path_on_another_drive_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", fail)
    assert from_here(r"D:\a.yaml") == r"D:\a.yaml"


@pytest.mark.parametrize("kind", ["folder", "file of a worktree"])
def test_a_repository_has_an_entry_of_git(tmp_path: Path, kind: str) -> None:
    assert not is_repository(tmp_path)
    if kind == "folder":
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert is_repository(tmp_path)


def test_a_folder_that_may_not_be_looked_into_is_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise PermissionError

    # Root may look everywhere, so the answer is given here.
    monkeypatch.setattr(Path, "exists", fail)
    assert not is_repository(tmp_path)
