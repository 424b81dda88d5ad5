"""Names as seen from the current folder, and where a repository begins."""

import os
from pathlib import Path

import pytest

from k8s_lsp.files.paths import folders_to, from_here, inside, is_repository, repository_of


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

    (tmp_path / ".git").mkdir()
    # Root may look everywhere, so the answer is given here.
    with monkeypatch.context() as forbidden:
        forbidden.setattr(os, "stat", fail)
        assert not is_repository(tmp_path)
    assert is_repository(str(tmp_path))


def test_the_nearest_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    top, inner = str(tmp_path), str(tmp_path / "a/b")
    assert repository_of(inner) == top
    (tmp_path / "a/b/.git").write_text("gitdir: elsewhere\n")
    assert repository_of(inner + "/c") == repository_of(inner) == inner
    assert repository_of("/") is None


def test_folders_lie_in_each_other() -> None:
    assert folders_to("/a", "/a/b/c") == ["/a", "/a/b", "/a/b/c"]
    assert folders_to("/", "/a") == ["/", "/a"]
    assert folders_to("/a", "/a") == ["/a"]
    assert inside("/", "/a/b") == inside("/x", "/x/a/b") == "a/b"
