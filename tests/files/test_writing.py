"""From a text to a file; tests/cli/test_harden.py holds that it is whole or untouched."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from k8s_lsp.files.errors import FileError
from k8s_lsp.files.writing import CHANGED, replace_text
from tests.conftest import absent


@pytest.mark.parametrize("text", ["", "\ufeffa: é\r\nb\r\n", "🦊\u2028"])
def test_the_text_is_written_as_it_is(tmp_path: Path, text: str) -> None:
    place = tmp_path / "a.yaml"
    before = "before, and longer than what comes behind it"
    place.write_text(before)
    replace_text(place, text, expected=before)
    assert place.read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^cannot be written: no such file or folder$"):
        replace_text(tmp_path / "gone.yaml", "a: 1\n", expected="")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="absent: named pipes")
def test_only_a_regular_file_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a regular file"):
        replace_text(tmp_path / "pipe", "a: 1\n", expected="")


BEFORE, AFTER = "before\n", "after\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file, alone in its folder."""
    place = tmp_path / "x/a.yaml"
    place.parent.mkdir()
    place.write_text(BEFORE)
    return place


def refused(file: Path, expected: str = BEFORE) -> str:
    """Why a file is not written; it is as it was, and its folder too."""
    data, state = file.read_bytes(), file.stat()
    with pytest.raises(FileError) as error:
        replace_text(file, AFTER, expected=expected)
    assert (file.read_bytes(), file.stat().st_ino) == (data, state.st_ino)
    assert not list(file.parent.glob(".k8s-lsp-*"))
    return str(error.value)


@pytest.mark.parametrize("text", ["other\n", "befor\n", "before\n\n", "", "befOre\n"])
def test_what_another_program_has_saved_stays(file: Path, text: str) -> None:
    file.write_text(text)
    assert refused(file) == CHANGED


def saved_in_place(file: Path) -> None:
    file.write_text("theirs\n")


def saved_with_the_same_text(file: Path) -> None:
    file.write_text(BEFORE)


def put_in_its_place(file: Path) -> None:
    other = file.with_name("other")
    other.write_text(BEFORE)
    other.replace(file)


@pytest.mark.parametrize("save", [saved_in_place, saved_with_the_same_text, put_in_its_place])
def test_what_is_saved_while_the_new_file_is_written_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path], None]
) -> None:
    sync = os.fsync

    def saved_meanwhile(descriptor: int) -> None:
        sync(descriptor)
        save(file)

    monkeypatch.setattr(os, "fsync", saved_meanwhile)
    with pytest.raises(FileError, match=CHANGED):
        replace_text(file, AFTER, expected=BEFORE)
    assert file.read_text() != AFTER
    assert [place.name for place in file.parent.iterdir()] == ["a.yaml"]


def test_a_file_that_is_gone_meanwhile_is_not_made_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: file.unlink())
    with pytest.raises(FileError, match=r"^cannot be written: no such file or folder$"):
        replace_text(file, AFTER, expected=BEFORE)
    assert list(file.parent.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="absent: links that every user may make")
def test_a_file_with_two_names_is_left_alone(file: Path) -> None:
    other = file.with_name("b.yaml")
    other.hardlink_to(file)
    for place in (file, other):
        assert refused(place).startswith("left as it was: it has 2 names (hard links)")
    link = file.with_name("link.yaml")
    link.symlink_to(file)
    assert refused(link).startswith("left as it was: it has 2 names (hard links)")
    other.unlink()
    replace_text(link, AFTER, expected=BEFORE)
    assert (file.read_text(), link.is_symlink()) == (AFTER, True)


ACL = (
    b"\2\0\0\0"  # The version, and entries: a kind, what it allows, and whom.
    b"\x01\0\6\0\xff\xff\xff\xff"  # the owner: read and write
    b"\x02\0\4\0\x39\x30\0\0"  # user 12345: read
    b"\x04\0\4\0\xff\xff\xff\xff"  # the group: read
    b"\x10\0\4\0\xff\xff\xff\xff"  # of both at most: read
    b"\x20\0\0\0\xff\xff\xff\xff"  # all others: nothing
)
"""An ACL of POSIX, as Linux stores it."""


def set_attribute(place: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(place, name, value)
    except (AttributeError, OSError) as error:
        absent("extended attributes", str(error))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user.origin", b"https://example.com"),
        ("user.empty", b""),
        ("system.posix_acl_access", ACL),
    ],
)
def test_attributes_and_access_lists_stay(file: Path, name: str, value: bytes) -> None:
    set_attribute(file, name, value)
    mode = file.stat().st_mode
    replace_text(file, AFTER, expected=BEFORE)
    assert file.read_text() == AFTER
    assert os.getxattr(file, name) == value
    assert file.stat().st_mode == mode


def test_a_file_gets_no_access_list_from_its_folder(file: Path) -> None:
    set_attribute(file.parent, "system.posix_acl_default", ACL)
    mode = file.stat().st_mode
    replace_text(file, AFTER, expected=BEFORE)
    assert os.listxattr(file) == []
    assert file.stat().st_mode == mode


def test_an_attribute_that_cannot_be_kept_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_attribute(file, "user.origin", b"here")

    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setxattr", fail)
    assert refused(file) == "left as it was: its attribute user.origin cannot be kept"


@pytest.mark.skipif(os.name != "posix", reason="absent: owners")
def test_an_owner_that_cannot_be_kept_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid():
        absent("root", "only root may give a file away")
    os.chown(file, 12345, 12345)
    replace_text(file, AFTER, expected=BEFORE)
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12345)

    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    # As for every other user.
    monkeypatch.setattr(os, "chown", fail)
    assert refused(file, AFTER) == "left as it was: its owner or group cannot be kept"


@pytest.mark.skipif(os.name != "posix", reason="absent: permissions of POSIX")
def test_a_folder_that_is_write_protected_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    # Root may write everywhere, so the answer is given here.
    monkeypatch.setattr(
        os, "access", lambda place, mode: place != file.parent and access(place, mode)
    )
    assert refused(file).startswith("cannot be written: a new file must take its place, and its")
