"""Which files there are; tests/cli/test_paths.py holds the names and the patterns."""

import os
import random
from pathlib import Path

import pytest

from k8s_lsp.configuration.stack import SettingsStack
from k8s_lsp.files import git_index
from k8s_lsp.files.errors import ReadError
from k8s_lsp.files.reading import Source
from k8s_lsp.files.walking import FoundFile, FoundFiles, LeftOut, find_files
from tests.files.conftest import Git, made


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

    found = find_files(
        paths,
        exclude=exclude,
        use_gitignore=True,
        stdin_name=stdin_name,
        layers_of=layers_of,
    )
    return found.files, found.errors, asked


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


def test_settings_are_not_asked_for_where_they_hold_for_nothing() -> None:
    assert found_by("z") == ([], [], [])


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


def walked(
    *paths: str, exclude: tuple[str, ...] = (), looked_through: int | None = 100
) -> FoundFiles:
    return find_files(
        paths,
        exclude=exclude,
        use_gitignore=True,
        stdin_name="<stdin>",
        layers_of=lambda _: SettingsStack(),
        looked_through=looked_through,
    )


def names(found: FoundFiles) -> list[str]:
    return [file.source.path for file in found.files]


class TestTracked:
    """Git never ignores what it tracks, whatever a .gitignore says."""

    @pytest.fixture(autouse=True)
    def repository(self, folder: Path, git: Git) -> None:
        git(folder, "init", "--quiet")
        made(folder, "gen/a.yaml", "gen/deep/er/b.json", "gen/deep/notes.txt", "c.gen.yaml")
        git(folder, "add", "--all")
        made(folder, "gen/new.yaml", "gen/deep/new.yaml", "gen/other/new.yaml", "new.gen.yaml")

    def test_a_tracked_file_is_read(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("gen/\n*.gen.yaml\n/x\n")
        found = walked(".")
        assert names(found) == [
            "b.yaml",
            "c.gen.yaml",
            "gen/a.yaml",
            "gen/deep/er/b.json",
            "x/a.yml",
            "x/y/c.json",
        ]
        assert [left for left, _ in found.left_out] == [
            "gen/deep/new.yaml",
            "gen/new.yaml",
            "gen/other/new.yaml",
            "new.gen.yaml",
        ]
        assert {reason for _, reason in found.left_out} == {".gitignore"}
        assert (found.errors, found.warnings, found.all_counted) == ([], [], True)

    @pytest.mark.parametrize("pattern", ["gen", "gen/*", "gen/**", "*", "/gen/", "*.json\n*.yaml"])
    def test_however_it_is_ignored(self, folder: Path, git: Git, pattern: str) -> None:
        (folder / ".gitignore").write_text(pattern + "\n")
        tracked = set(git(folder, "ls-files").split())
        others = set(git(folder, "ls-files", "--others", "--exclude-standard").split())
        read = {name for name in tracked | others if name.endswith(("yaml", "yml", "json"))}
        assert set(names(walked("."))) == {name for name in read if "/." not in name}

    def test_what_is_seen_from_a_folder_below(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / ".gitignore").write_text("deep\nnew.yaml\n")
        assert names(walked("gen")) == ["gen/a.yaml", "gen/deep/er/b.json"]
        monkeypatch.chdir(folder / "gen/other")
        assert names(walked("../../gen")) == ["../../gen/a.yaml", "../../gen/deep/er/b.json"]
        # A folder that is named is read whole, though it is ignored.
        assert names(walked("../deep")) == ["../deep/er/b.json", "../deep/new.yaml"]

    def test_exclude_and_hidden_folders_and_node_modules_stay(self, folder: Path, git: Git) -> None:
        (folder / ".gitignore").write_text("gen/\n")
        made(
            folder, "gen/node_modules/d.yaml", "gen/.hidden/d.yaml", "gen/deep/node_modules/d.yaml"
        )
        git(folder, "add", "--force", "--all")
        found = walked("gen/..", exclude=("gen/deep/",))
        assert [name for name in names(found) if "gen/" in name.removeprefix("gen/../")] == [
            "gen/../gen/a.yaml",
            "gen/../gen/new.yaml",
            "gen/../gen/other/new.yaml",
        ]

    def test_a_gitignore_in_an_ignored_folder_says_nothing(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("gen/\n")
        (folder / "gen/.gitignore").write_text("!new.yaml\n")
        assert "gen/new.yaml" not in names(walked("."))

    def test_a_submodule_in_an_ignored_folder_has_its_own_choices(
        self, folder: Path, git: Git, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = tmp_path_factory.mktemp("other")
        git(other, "init", "--quiet")
        made(other, "d.yaml", "e.gen.yaml")
        git(other, "add", "--all")
        git(other, "commit", "--quiet", "--message", "all")
        git(folder, "submodule", "--quiet", "add", str(other), "vendor/sub")
        made(folder, "vendor/sub/new.yaml", "vendor/clone/.git/HEAD", "vendor/clone/f.yaml")
        (folder / ".gitignore").write_text("vendor/\n*.gen.yaml\n")
        found = walked("vendor/..")
        assert [name for name in names(found) if "/vendor" in name] == [
            "vendor/../vendor/sub/d.yaml",
            "vendor/../vendor/sub/e.gen.yaml",
            "vendor/../vendor/sub/new.yaml",
        ]

    def test_an_index_that_is_not_known_is_said(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("gen/\n")
        (folder / ".git/index").write_bytes(b"DIRC\0\0\0\5")
        found = walked(".")
        assert "gen/a.yaml" not in names(found)
        assert found.warnings == [
            ReadError(
                ".git",
                "index has a form that is not known here; "
                "what .gitignore names is left out, though git may track it",
            )
        ]

    def test_the_index_is_read_only_where_a_pattern_asks_for_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def none_in(root: str) -> tuple[str, ...]:
            asked.append(root)
            return ()

        monkeypatch.setattr(git_index, "read_tracked", none_in)
        (folder / ".gitignore").write_text("*.log\n")
        walked(".")
        assert asked == []
        (folder / ".gitignore").write_text("*.yaml\n")
        walked(".", "gen")
        assert asked == [str(folder)]


class TestLeftOut:
    def test_it_is_told_with_its_reason(self, folder: Path) -> None:
        made(
            folder, "out/d.yaml", "out/deep/e.yml", "out/.hidden/f.yaml", "out/node_modules/g.yaml"
        )
        (folder / ".gitignore").write_text("out/\nz\n")
        found = walked(".", exclude=("b.yaml", "y/"))
        assert found.left_out == [
            LeftOut("b.yaml", "exclude"),
            LeftOut("out/d.yaml", ".gitignore"),
            LeftOut("out/deep/e.yml", ".gitignore"),
            LeftOut("x/y/c.json", "exclude"),
        ]

    @pytest.mark.skipif(os.name != "posix", reason="absent: named pipes and links")
    def test_what_is_no_file(self, folder: Path) -> None:
        os.mkfifo(folder / "pipe.yaml")
        (folder / "dangling.yaml").symlink_to("gone.yaml")
        (folder / "folder.yaml").symlink_to("x")
        (folder / "zero.json").symlink_to("/dev/zero")
        # A text that is open in Emacs.
        (folder / ".#b.yaml").symlink_to("user@host.1234")
        reasons = {(path, reason) for path, reason in walked(".").left_out}
        names = ("pipe.yaml", "dangling.yaml", "folder.yaml", "zero.json")
        assert reasons == {(name, "no regular file") for name in names}

    @pytest.mark.skipif(os.name != "posix", reason="absent: links that every user may make")
    def test_a_link_that_cannot_be_followed_is_left_to_the_reader(self, folder: Path) -> None:
        (folder / "loop.yaml").symlink_to("loop.yaml")
        found = walked(".")
        assert "loop.yaml" in names(found)
        assert found.left_out == []

    def test_what_is_read_after_all_is_not_left_out(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("x/\n")
        found = walked(".", "x/a.yml")
        assert [left for left, _ in found.left_out] == ["x/y/c.json"]
        assert walked(".", "x").left_out == []

    def test_each_is_told_once(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("x/\nb.yaml\n")
        assert [left for left, _ in walked(".", "./", "../" + folder.name).left_out] == [
            "b.yaml",
            "x/a.yml",
            "x/y/c.json",
        ]

    def test_not_all_are_looked_for(self, folder: Path) -> None:
        made(folder, *(f"out/{number}.yaml" for number in range(50)))
        (folder / ".gitignore").write_text("out/\n")
        found = walked(".", looked_through=20)
        assert (len(found.left_out), found.all_counted) == (20, False)
        found = walked(".", looked_through=None)
        assert (len(found.left_out), found.all_counted) == (50, True)

    @pytest.mark.parametrize("exclude", ["x", "x/", "/x", "x/**", "*"])
    def test_a_folder_that_is_named_may_be_excluded(self, exclude: str) -> None:
        found = walked("x", exclude=(exclude,))
        assert (names(found), len(found.left_out)) == ([], 2)

    def test_the_current_folder_is_not_excluded_by_its_name(self, folder: Path) -> None:
        for path in (".", ".."):
            assert names(walked(path, exclude=(".*", folder.parent.name, folder.name + "x")))


@pytest.mark.skipif(os.name != "posix", reason="absent: named pipes")
def test_patterns_that_are_not_read_are_said_once(folder: Path) -> None:
    os.mkfifo(folder / "x/.gitignore")
    found = walked(".", "x", "x/y")
    assert found.warnings == [ReadError("x/.gitignore", "is not a regular file; it is passed over")]
    assert len(names(found)) == 3


FOLDERS = ("a", "b", "gen", "c.d", "é")
FILES = ("a.yaml", "b.json", "x.gen.yaml", "n.txt")
PATTERNS = (
    *("gen", "gen/", "/a", "a/b", "*.gen.yaml", "!x.gen.yaml", "b/**", "**/gen/a.yaml", "*", "é"),
    *("!a.yaml", "!*/", "a/*", "!a/b", "c.d/", "/gen/*.json", "a\\", "[a-b]"),
)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_read_is_what_git_takes_for_part_of_the_project(
    git: Git, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    top = tmp_path_factory.mktemp("project")
    monkeypatch.chdir(top)

    def below() -> str:
        return "".join(chance.choice(FOLDERS) + "/" for _ in range(chance.randint(0, 3)))

    files = sorted({below() + chance.choice(FILES) for _ in range(40)})
    made(top, *files)
    git(top, "init", "--quiet")
    git(top, "add", "--force", *chance.sample(files, len(files) // 3))
    for _ in range(chance.randint(1, 4)):
        place = top / below()
        if place.is_dir():
            lines = [chance.choice(PATTERNS) for _ in range(chance.randint(1, 3))]
            (place / ".gitignore").write_text("\n".join(lines), encoding="utf-8")
    listed = git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    found = walked(".", looked_through=None)
    assert names(found) == sorted({name for name in listed if name.endswith((".yaml", ".json"))})
    left_out = {name for name in files if not name.endswith(".txt")}.difference(names(found))
    assert {name for name, _ in found.left_out} == left_out
