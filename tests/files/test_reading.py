"""From bytes to text; tests/cli/test_bad_input.py tells which bytes are none."""

import io
import os
import sys
from pathlib import Path

import pytest

from k8s_lsp.files import reading
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.reading import Source, read, read_short_text, read_text

MARK = b"\xef\xbb\xbf"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


def source_of(place: Path) -> Source:
    return Source("shown", str(place))


@pytest.mark.parametrize("text", ["", "a: é\r\n", "a\rb\n\n", "🦊\u2028\ufeff"])
def test_line_breaks_stay_and_the_mark_is_apart(place: Path, text: str) -> None:
    place.write_bytes(text.encode())
    assert read(source_of(place)) == ("", text)
    assert read_text(place) == read_short_text(place, 100) == text
    place.write_bytes(MARK + text.encode())
    assert read(source_of(place)) == ("\ufeff", text)
    assert read_text(place) == read_short_text(place, 100) == text


def test_standard_input_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MARK + b"a: 1\r\n")))
    assert read(Source("<stdin>", None)) == ("\ufeff", "a: 1\r\n")


@pytest.mark.skipif(os.name != "posix", reason="absent: pipes that give what they have")
def test_a_pipe_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    with os.fdopen(out, "rb", buffering=0) as pipe, os.fdopen(into, "wb", buffering=0) as writer:
        writer.write(b"a: 1\n")
        writer.write(b"b: 2\n")
        writer.close()
        monkeypatch.setattr(reading, "BLOCK", 3)
        assert read(Source("pipe", f"/dev/fd/{pipe.fileno()}")) == ("", "a: 1\nb: 2\n")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a: 1\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"a: \xe9\n", "is not UTF-8: byte 0xe9 at offset 3, line 1; save it as UTF-8"),
        (b"a: \0\n", "is a binary file: byte 0x00 at offset 3"),
    ],
)
def test_bytes_that_are_no_utf8_are_an_error(place: Path, data: bytes, reason: str) -> None:
    place.write_bytes(data)
    for call in (lambda: read(source_of(place)), lambda: read_text(place)):
        with pytest.raises(FileError) as error:
            call()
        assert str(error.value) == reason


def test_a_file_above_the_limit_is_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BYTES_LIMIT", 10)
    place.write_bytes(b"x" * 10)
    assert read_text(place) == "x" * 10
    place.write_bytes(b"x" * 11)
    with pytest.raises(FileError, match=r"^longer than 20,000,000 characters$"):
        read_text(place)


@pytest.mark.skipif(os.name != "posix", reason="absent: a file without an end")
def test_a_file_without_an_end_is_an_error() -> None:
    with pytest.raises(FileError, match=r"^longer than 1,000 bytes$"):
        read_short_text(Path("/dev/zero"), 1000)


def test_a_short_text_has_a_limit_in_bytes(place: Path) -> None:
    place.write_bytes("é".encode() * 500)
    assert read_short_text(place, 1000) == "é" * 500
    with pytest.raises(FileError, match=r"^longer than 999 bytes$"):
        read_short_text(place, 999)


def test_a_short_text_is_utf8(place: Path) -> None:
    place.write_bytes(b"profile: \xff\n")
    with pytest.raises(FileError, match=r"^is not UTF-8; save it as UTF-8$"):
        read_short_text(place, 1000)


@pytest.mark.parametrize("call", [read_text, lambda place: read_short_text(place, 10)])
def test_what_is_not_there_is_an_error(place: Path, call: object) -> None:
    assert callable(call)
    with pytest.raises(FileError, match=r"^no such file or folder$"):
        call(place)
