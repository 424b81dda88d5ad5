"""The patterns of `.gitignore` files: which hold for a folder, and what they say."""

import os
from pathlib import Path

import pytest

from k8s_lsp.files.errors import FileError
from k8s_lsp.files.gitignore import Ignores, ignores_above, is_ignored, read_ignores


def written(folder: Path, name: str, patterns: str) -> str:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / ".gitignore").write_text(patterns)
    return str(place)


def test_a_folder_without_one_has_no_patterns(tmp_path: Path) -> None:
    assert read_ignores(str(tmp_path)) == ()


def test_a_line_that_git_would_not_read_spoils_only_itself(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"[z-a]\n!\n\xff\na.yaml\n")
    ignores = read_ignores(str(tmp_path))
    assert [ignore.folder for ignore in ignores] == [str(tmp_path)]
    assert is_ignored(f"{tmp_path}/x/a.yaml", ignores)
    assert not is_ignored(f"{tmp_path}/b.yaml", ignores)


def test_the_nearest_that_speaks_of_a_file_wins(tmp_path: Path) -> None:
    top = written(tmp_path, ".", "*.gen.yaml\n")
    inner = written(tmp_path, "x", "!keep.gen.yaml\n")
    ignores = (*read_ignores(top), *read_ignores(inner))
    assert is_ignored(f"{inner}/a.gen.yaml", ignores)
    assert not is_ignored(f"{inner}/keep.gen.yaml", ignores)


def test_some_patterns_speak_of_folders_alone(tmp_path: Path) -> None:
    ignores = read_ignores(written(tmp_path, ".", "out/\n"))
    assert is_ignored(f"{tmp_path}/out", ignores, is_folder=True)
    assert not is_ignored(f"{tmp_path}/out", ignores)


class TestAbove:
    def test_they_reach_down_from_the_root_of_the_repository(self, tmp_path: Path) -> None:
        written(tmp_path, ".", "a.yaml\n")
        repository = written(tmp_path, "repo", "b.yaml\n")
        Path(repository, ".git").mkdir()
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
        asked: list[str] = []

        def none_in(folder: str) -> Ignores:
            asked.append(folder)
            return ()

        assert ignores_above(str(tmp_path / "x/y"), none_in) == ()
        assert asked == [str(tmp_path), str(tmp_path / "x")]


def test_lines_end_as_git_ends_them(tmp_path: Path) -> None:
    data = (
        b"\xef\xbb\xbfa.yaml\r\nb\x0b.yaml\nc\xe2\x80\xa8.yaml\nd.yaml\0more\ne\r.yaml\nf.yaml \r\n"
    )
    (tmp_path / ".gitignore").write_bytes(data)
    ignores = read_ignores(str(tmp_path))
    for name in ("a.yaml", "b\x0b.yaml", "c\u2028.yaml", "d.yaml", "e\r.yaml", "f.yaml"):
        assert is_ignored(f"{tmp_path}/{name}", ignores), name
    assert not is_ignored(f"{tmp_path}/.yaml", ignores)


class TestUnread:
    """What is no list of patterns is told: a process must neither wait for it nor hold it all."""

    def reason(self, folder: Path) -> str:
        with pytest.raises(FileError) as error:
            read_ignores(str(folder))
        return str(error.value)

    @pytest.mark.skipif(os.name != "posix", reason="absent: links that every user may make")
    @pytest.mark.parametrize("target", ["/dev/zero", "patterns", "gone", ".gitignore"])
    def test_a_link_which_git_does_not_follow_either(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "patterns").write_text("a.yaml\n")
        (tmp_path / ".gitignore").symlink_to(target)
        assert self.reason(tmp_path) == "is a symbolic link, which git does not follow"

    @pytest.mark.skipif(os.name != "posix", reason="absent: named pipes and sockets")
    def test_what_is_no_regular_file(self, tmp_path: Path) -> None:
        place = tmp_path / ".gitignore"
        place.mkdir()
        assert self.reason(tmp_path) == "is not a regular file"
        place.rmdir()
        os.mkfifo(place)
        assert self.reason(tmp_path) == "is not a regular file"

    def test_a_long_file(self, tmp_path: Path) -> None:
        with (tmp_path / ".gitignore").open("wb") as file:
            file.truncate(100_000_000)
        assert self.reason(tmp_path) == "longer than 1,000,000 bytes"
        (tmp_path / ".gitignore").write_bytes(b"#" * 999_999 + b"\n")
        assert read_ignores(str(tmp_path)) == ()

    def test_too_many_patterns(self, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("a*b*c\n" * 10_000)
        assert self.reason(tmp_path).startswith("holds more or longer patterns than can be")

    def test_a_file_that_may_not_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        (tmp_path / ".gitignore").write_text("a.yaml\n")
        # Root may read everything, so the answer is given here.
        monkeypatch.setattr(os, "open", fail)
        assert self.reason(tmp_path) == "permission denied"
