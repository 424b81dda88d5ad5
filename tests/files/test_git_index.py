"""What git tracks, as its index tells: git writes each form, and says itself what is in it."""

import shutil
from pathlib import Path

import pytest

from k8s_lsp.files import git_index
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.git_index import holds_tracked, is_tracked, read_tracked
from tests.files.conftest import Git, made

NAMES = (
    "a.yaml",
    "b.YML",
    "deep/er/than/c.json",
    "deep/er/than/c.json.txt",
    "deep/er.yaml",
    "é 🦊.yaml",
    "x/" + "long" * 50 + "/d.yaml",
    "notes.txt",
)
MANIFESTS = sorted(name for name in NAMES if not name.endswith(".txt"))


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    """Give a repository that tracks some files, and has others."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    made(folder, *NAMES)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    made(folder, "untracked.yaml", "deep/untracked.json")
    return folder


def version_of(repository: Path) -> int:
    return (repository / ".git/index").read_bytes()[7]


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_is_read(repository: Path, git: Git, version: int) -> None:
    git(repository, "update-index", "--index-version", str(version))
    if version == 3:
        # Without a flag that only version 3 has, git writes version 2.
        made(repository, "later.yaml")
        git(repository, "add", "--intent-to-add", "later.yaml")
        git(repository, "update-index", "--skip-worktree", "a.yaml")
    assert version_of(repository) == version
    assert list(read_tracked(str(repository))) == sorted(
        MANIFESTS + ["later.yaml"] * (version == 3)
    )


@pytest.mark.parametrize("length", [1, 7, 8, 9, 62, 4000, 4090])
def test_a_name_may_have_every_length(tmp_path: Path, git: Git, length: int) -> None:
    git(tmp_path, "init", "--quiet")
    blob = git(tmp_path, "hash-object", "-w", "-t", "blob", "/dev/null").strip()
    name = "/".join("n" * 99 for _ in range(50))[: length - 1] + "n.yaml"
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"100644,{blob},z.yaml")
    for version in ("2", "4"):
        git(tmp_path, "update-index", "--index-version", version)
        assert read_tracked(str(tmp_path)) == (name, "z.yaml")


def test_hashes_may_be_those_of_sha_256(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256")
    made(tmp_path, *NAMES)
    git(tmp_path, "add", "--all")
    for version in ("2", "4"):
        git(tmp_path, "update-index", "--index-version", version)
        assert list(read_tracked(str(tmp_path))) == MANIFESTS


@pytest.mark.parametrize("version", ["2", "4"])
def test_an_index_may_be_split(repository: Path, git: Git, version: str) -> None:
    git(repository, "config", "splitIndex.maxPercentChange", "100")
    git(repository, "update-index", "--index-version", version)
    git(repository, "update-index", "--split-index")
    assert list(read_tracked(str(repository))) == MANIFESTS
    (repository / "a.yaml").write_text("replaced: true\n")
    made(repository, *(f"many/{number}.yaml" for number in range(300)))
    git(repository, "add", "a.yaml", "many")
    git(repository, "rm", "--quiet", "--cached", "b.YML", "deep/er.yaml")
    expected = set(git(repository, "ls-files", "-z").split("\0"))
    assert set(read_tracked(str(repository))) == {
        name for name in expected if name.lower().endswith(("yaml", "yml", "json"))
    }
    assert not is_tracked(read_tracked(str(repository)), "b.YML")
    git(repository, "commit", "--quiet", "--message", "more")
    git(repository, "update-index", "--split-index")
    git(repository, "rm", "--quiet", "-r", "--cached", "many")
    assert list(read_tracked(str(repository))) == sorted({*MANIFESTS} - {"b.YML", "deep/er.yaml"})
    for shared in (repository / ".git").glob("sharedindex.*"):
        shared.unlink()
    with pytest.raises(FileError, match="a part of it is missing"):
        read_tracked(str(repository))


def test_a_conflict_is_tracked_once(repository: Path, git: Git) -> None:
    blob = git(repository, "hash-object", "a.yaml").strip()
    git(repository, "rm", "--quiet", "--cached", "a.yaml")
    program = "".join(f"100644 {blob} {stage}\ta.yaml\n" for stage in (1, 2, 3))
    (repository / "stages").write_text(program)
    shell = f"!{shutil.which('git')} update-index --index-info <stages"
    git(repository, "-c", f"alias.stages={shell}", "stages")
    assert "\ta.yaml" in git(repository, "ls-files", "--unmerged")
    assert list(read_tracked(str(repository))) == MANIFESTS


def test_a_worktree_and_a_submodule_have_their_own(
    repository: Path, git: Git, tmp_path: Path
) -> None:
    git(repository, "worktree", "add", "--quiet", "../other", "HEAD")
    made(tmp_path / "other", "only/there.yaml")
    git(tmp_path / "other", "add", "--all")
    assert list(read_tracked(str(tmp_path / "other"))) == sorted([*MANIFESTS, "only/there.yaml"])
    around = tmp_path / "around"
    around.mkdir()
    git(around, "init", "--quiet")
    git(around, "submodule", "--quiet", "add", str(repository), "vendor/sub")
    assert read_tracked(str(around)) == ("vendor/sub/",)
    assert list(read_tracked(str(around / "vendor/sub"))) == MANIFESTS
    assert (around / "vendor/sub/.git").is_file()


def test_a_new_repository_tracks_nothing(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet")
    assert read_tracked(str(tmp_path)) == ()
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "none")
    git(tmp_path, "read-tree", "--empty")
    assert read_tracked(str(tmp_path)) == ()


def test_a_sparse_index_is_not_known(repository: Path, git: Git) -> None:
    git(repository, "sparse-checkout", "init", "--cone", "--sparse-index")
    git(repository, "sparse-checkout", "set", "x")
    with pytest.raises(FileError, match=r"^index has a form that is not known here$"):
        read_tracked(str(repository))


def test_a_hash_that_is_not_computed_is_not_missed(repository: Path) -> None:
    index = repository / ".git/index"
    index.write_bytes(index.read_bytes()[:-20] + bytes(20))
    assert list(read_tracked(str(repository))) == MANIFESTS


@pytest.mark.parametrize("version", ["2", "4"])
def test_an_index_that_is_cut_off_is_not_known(repository: Path, git: Git, version: str) -> None:
    git(repository, "update-index", "--index-version", version)
    index = repository / ".git/index"
    data = index.read_bytes()
    for length in range(0, len(data), 3):
        index.write_bytes(data[:length])
        with pytest.raises(FileError, match="not known here"):
            read_tracked(str(repository))


@pytest.mark.parametrize("version", ["2", "4"])
def test_whatever_byte_is_wrong_it_ends(repository: Path, git: Git, version: str) -> None:
    git(repository, "update-index", "--index-version", version)
    index = repository / ".git/index"
    data = index.read_bytes()
    known = 0
    for at in range(0, len(data), 5):
        index.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
        try:
            known += len(read_tracked(str(repository))) > 0
        except FileError as error:
            assert "not known here" in str(error)
    # The times, the hashes and the letters of a name may say anything.
    assert known


def test_names_that_grow_without_end_are_not_known(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    entry = bytes(60) + b"\0\1" + b"\0" + b"n" * 1000 + b"\0"
    header = b"DIRC\0\0\0\4" + (8).to_bytes(4, "big")
    (tmp_path / ".git/index").write_bytes(header + entry * 8 + bytes(20))
    with pytest.raises(FileError, match="not known here"):
        read_tracked(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("elsewhere\n", "does not begin with gitdir:"),
        ("gitdir: gone\n", "names a folder that is not there"),
        ("gitdir: " + "x" * 10_000, "longer than 8,192 bytes"),
    ],
)
def test_a_file_that_leads_nowhere_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / ".git").write_text(text)
    with pytest.raises(FileError, match=message):
        read_tracked(str(tmp_path))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="absent: a file without an end")
def test_an_index_that_is_no_file_or_too_large_is_said(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_index, "INDEX_LIMIT", 100)
    with pytest.raises(FileError, match=r"^index longer than 100 bytes$"):
        read_tracked(str(repository))
    (repository / ".git/index").unlink()
    (repository / ".git/index").symlink_to("/dev/zero")
    with pytest.raises(FileError, match=r"^index is not a regular file$"):
        read_tracked(str(repository))


def test_folders_hold_what_lies_below_them() -> None:
    tracked = ("a-b/x.yaml", "a/b/x.yaml", "a/sub/", "z.yaml")
    for folder, holds in (("a", True), ("a/b", True), ("a/sub", True), ("a/su", False)):
        assert holds_tracked(tracked, folder) == holds, folder
    for folder in ("b", "z.yaml", "", "zz", "a/b/x.yaml"):
        assert not holds_tracked(tracked, folder), folder
    assert is_tracked(tracked, "z.yaml")
    assert not is_tracked(tracked, "a")
    assert not is_tracked((), "a")
