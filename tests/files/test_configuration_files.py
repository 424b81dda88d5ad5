"""Configuration files on the disk: what is read, and what is said of those that cannot be."""

import os
from functools import partial
from pathlib import Path

import pytest

from k8s_lsp.files.configuration_files import read_configuration, unreadable
from k8s_lsp.files.reading import read_short_text


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / ".k8s-lsp.yaml"


def messages_of(place: Path, bytes_limit: int | None = None) -> list[str]:
    if bytes_limit is None:
        configuration = read_configuration(place)
    else:
        configuration = read_configuration(place, partial(read_short_text, bytes_limit=bytes_limit))
    assert configuration is not None
    assert not configuration.values
    return [mistake.message for mistake in configuration.errors]


def test_a_file_that_is_there_is_read(place: Path) -> None:
    place.write_bytes(b"\xef\xbb\xbfprofile: all\r\n")
    configuration = read_configuration(place)
    assert configuration is not None
    assert configuration.text == "profile: all\r\n"
    assert configuration.values == {"profile": "all"}
    assert configuration.errors == ()


def test_what_is_no_file_chooses_nothing(place: Path) -> None:
    assert read_configuration(place) is None
    place.mkdir()
    assert read_configuration(place) is None


@pytest.mark.skipif(os.name != "posix", reason="absent: named pipes and links")
def test_what_would_be_read_for_ever_is_one_mistake(place: Path) -> None:
    os.mkfifo(place)
    assert messages_of(place) == ["is not a regular file"]
    place.unlink()
    for target in ("/dev/zero", "gone", place.name):
        place.symlink_to(target)
        assert messages_of(place) == ["is not a regular file"]
        place.unlink()


def test_a_text_that_cannot_be_read_is_one_mistake(place: Path) -> None:
    place.write_bytes(b"profile: \xff\n")
    assert messages_of(place) == ["is not UTF-8: byte 0xff at offset 9, line 1; save it as UTF-8"]
    assert messages_of(place, 1_000_000) == ["is not UTF-8; save it as UTF-8"]
    assert messages_of(place, 10) == ["longer than 10 bytes"]


def test_the_caller_decides_about_a_folder_that_may_not_be_looked_into(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise PermissionError

    # Root may look everywhere, so the answer is given here.
    monkeypatch.setattr(Path, "is_file", fail)
    with pytest.raises(PermissionError):
        read_configuration(place)


def test_a_configuration_that_is_unreadable_has_a_reason_and_no_text() -> None:
    configuration = unreadable("permission denied")
    assert (configuration.text, configuration.values) == ("", {})
    assert [mistake.message for mistake in configuration.errors] == ["permission denied"]
