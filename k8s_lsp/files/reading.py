"""How the bytes of a file become a text."""

import codecs
import os
import stat
import sys
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from k8s_lsp.engine.results import NO_LIMITS
from k8s_lsp.files.errors import FileError, MissingFile, reason_of

BYTES_LIMIT = 4 * NO_LIMITS.text_length
"""A file with more bytes is too long, whatever its characters are."""

MOST_OF_LIST = 1 << 31
"""As many bytes may have what begins like a List, or like a stream of JSON: neither is judged as a
whole. It ends a run that is given no end to read."""

BLOCK = 1 << 16
"""How many bytes of a file are asked for at once: memory is taken for all of them."""


class Source(NamedTuple):
    """A file to read, by the name that the output shows; standard input has no place."""

    path: str
    place: str | None


def read(source: Source) -> tuple[str, str]:
    """The byte order mark of a file, if it has one, and its text with its own line breaks.

    Raises FileError, which names the encoding that a file in another one than UTF-8 seems to have.
    """
    data = _bytes_of(source.place, BYTES_LIMIT, MOST_OF_LIST)
    if len(data) > (MOST_OF_LIST if _may_be_list(data) else BYTES_LIMIT):
        raise FileError(f"longer than {NO_LIMITS.text_length:,} characters")
    mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
    return mark, _decoded(data).removeprefix(mark)


def read_text(place: Path) -> str:
    """The text of a file, read as a manifest is, without its byte order mark; raises FileError."""
    path = str(place)
    return read(Source(path, path))[1]


def read_short_text(place: Path, bytes_limit: int) -> str:
    """The text of a file that must be short, because a client waits, without its byte order mark.

    Raises FileError.
    """
    data = _bytes_of(str(place), bytes_limit)
    if len(data) > bytes_limit:
        raise FileError(f"longer than {bytes_limit:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError("is not UTF-8; save it as UTF-8") from error


def read_regular_bytes(place: Path | str, bytes_limit: int, *, follow_link: bool = True) -> bytes:
    """What a regular file holds: nothing that a folder holds makes this wait, or read for ever.

    Raises MissingFile, and FileError, also where the file is longer than the limit.
    """
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK"))
    try:
        mode = (os.stat if follow_link else os.lstat)(place).st_mode
        if stat.S_ISLNK(mode):
            raise FileError("is a symbolic link, which git does not follow")
        if stat.S_ISREG(mode):
            with open(os.open(place, flags), "rb", buffering=0) as file:
                mode = os.fstat(file.fileno()).st_mode
                data = _read_blocks(file, bytes_limit) if stat.S_ISREG(mode) else b""
    except FileNotFoundError as error:
        raise MissingFile(reason_of(error)) from error
    except OSError as error:
        raise FileError(reason_of(error)) from error
    if not stat.S_ISREG(mode):
        raise FileError("is not a regular file")
    if len(data) > bytes_limit:
        raise FileError(f"longer than {bytes_limit:,} bytes")
    return data


def _may_be_list(data: bytes) -> bool:
    """Whether what a file holds begins like a List, or like a stream of JSON."""
    beginning = data[:_BEGINNING]
    return beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or b"\nitems:" in beginning


_BEGINNING = 4_096
"""In how many bytes a List says that it is one: nothing but its kind and metadata comes first."""


def _bytes_of(place: str | None, limit: int, of_list: int = 0) -> bytes:
    """What a file holds, or some bytes more than the limit; raises FileError.

    Of what may be a List so many bytes are read instead.
    """
    try:
        if place is None:
            # Python has no stream for what was closed when it started.
            if sys.stdin is None:
                raise FileError("is closed")
            return _read_blocks(sys.stdin.buffer, limit, of_list)
        with open(place, "rb", buffering=0) as file:
            return _read_blocks(file, limit, of_list)
    except OSError as error:
        raise FileError(reason_of(error)) from error


def _read_blocks(file: BinaryIO | FileIO, limit: int, of_list: int = 0) -> bytes:
    blocks: list[bytes] = []
    size = 0
    # A pipe gives what it has; only nothing is the end.
    while size <= limit and (block := file.read(BLOCK)):
        blocks.append(block)
        size += len(block)
        if limit < size <= of_list and _may_be_list(b"".join(blocks[:2])):
            limit = of_list
    return b"".join(blocks)


def _decoded(data: bytes) -> str:
    """The text of a file; raises FileError, which names the encoding that it seems to have."""
    # The mark of UTF-16 begins that of UTF-32.
    for name, marks in (
        ("UTF-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
        ("UTF-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
    ):
        if data.startswith(marks):
            raise FileError(f"is {name}; save it as UTF-8")
    zero = data.find(0)
    if zero >= 0:
        even, odd = data[:4096:2], data[1:4096:2]
        for upper, lower in ((even, odd), (odd, even)):
            # In UTF-16, one byte of every Latin character is zero, always the same of the two.
            if upper.count(0) * 2 > len(upper) and not lower.count(0):
                raise FileError("is UTF-16 without a byte order mark; save it as UTF-8")
        raise FileError(f"is a binary file: byte 0x00 at offset {zero}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}, line {line}; "
            "save it as UTF-8"
        ) from error
