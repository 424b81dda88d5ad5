"""The patterns of `.gitignore` files: which hold for a folder, and what they say."""

from pathlib import Path

import pytest

from k8s_lsp.files.gitignore import Ignores, ignores_above, is_ignored, read_ignores


def written(folder: Path, name: str, patterns: str) -> Path:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / ".gitignore").write_text(patterns)
    return place


def test_a_folder_without_one_has_no_patterns(tmp_path: Path) -> None:
    assert read_ignores(tmp_path) == ()
    (tmp_path / ".gitignore").mkdir()
    assert read_ignores(tmp_path) == ()


def test_a_line_that_git_would_not_read_spoils_only_itself(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"[z-a]\n!\n\xff\na.yaml\n")
    ignores = read_ignores(tmp_path)
    assert [ignore.folder for ignore in ignores] == [tmp_path]
    assert is_ignored(tmp_path / "x/a.yaml", ignores)
    assert not is_ignored(tmp_path / "b.yaml", ignores)


def test_the_nearest_that_speaks_of_a_file_wins(tmp_path: Path) -> None:
    top = written(tmp_path, ".", "*.gen.yaml\n")
    inner = written(tmp_path, "x", "!keep.gen.yaml\n")
    ignores = (*read_ignores(top), *read_ignores(inner))
    assert is_ignored(inner / "a.gen.yaml", ignores)
    assert not is_ignored(inner / "keep.gen.yaml", ignores)


def test_some_patterns_speak_of_folders_alone(tmp_path: Path) -> None:
    ignores = read_ignores(written(tmp_path, ".", "out/\n"))
    assert is_ignored(tmp_path / "out", ignores, is_folder=True)
    assert not is_ignored(tmp_path / "out", ignores)


class TestAbove:
    def test_they_reach_down_from_the_root_of_the_repository(self, tmp_path: Path) -> None:
        written(tmp_path, ".", "a.yaml\n")
        repository = written(tmp_path, "repo", "b.yaml\n")
        (repository / ".git").mkdir()
        inner = written(tmp_path, "repo/x", "c.yaml\n")
        top = written(tmp_path, "repo/x/y", "d.yaml\n")
        assert [ignore.folder for ignore in ignores_above(top)] == [repository, inner]

    def test_outside_of_a_repository_none_hold(self, tmp_path: Path) -> None:
        written(tmp_path, ".", "a.yaml\n")
        assert ignores_above(written(tmp_path, "x", "")) == ()

    @pytest.mark.parametrize("pattern", ["x/", "/x/y/", "y"])
    def test_none_hold_for_a_folder_that_they_exclude(self, tmp_path: Path, pattern: str) -> None:
        written(tmp_path, ".", pattern + "\n")
        (tmp_path / ".git").mkdir()
        assert ignores_above(written(tmp_path, "x/y", "")) == ()

    def test_the_caller_may_read_each_file_in_its_own_way(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "x/y").mkdir(parents=True)
        asked: list[Path] = []

        def none_in(folder: Path) -> Ignores:
            asked.append(folder)
            return ()

        assert ignores_above(tmp_path / "x/y", none_in) == ()
        assert asked == [tmp_path, tmp_path / "x"]
