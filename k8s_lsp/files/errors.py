"""Why a file is not read or written, in the words of this program."""

from typing import NamedTuple


class FileError(Exception):
    """Why a file cannot be read or written, in words that follow its name."""


class MissingFile(FileError):
    """There is no such file."""


class ReadError(NamedTuple):
    """Why a file was not read, or not whole: its name in the output, and the reason."""

    path: str
    message: str


def reason_of(error: OSError) -> str:
    """What the operating system says."""
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return (error.strerror or str(error)).lower()
