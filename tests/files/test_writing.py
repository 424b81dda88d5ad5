"""From a text to a file; tests/cli/test_harden.py holds that it is whole or untouched."""

import os
from pathlib import Path

import pytest

from k8s_lsp.files.errors import FileError
from k8s_lsp.files.writing import replace_text


@pytest.mark.parametrize("text", ["", "\ufeffa: é\r\nb\r\n", "🦊\u2028"])
def test_the_text_is_written_as_it_is(tmp_path: Path, text: str) -> None:
    place = tmp_path / "a.yaml"
    place.write_text("before, and longer than what comes behind it")
    replace_text(place, text)
    assert place.read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^cannot be written: no such file or folder$"):
        replace_text(tmp_path / "gone.yaml", "a: 1\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="absent: named pipes")
def test_only_a_regular_file_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a regular file"):
        replace_text(tmp_path / "pipe", "a: 1\n")
