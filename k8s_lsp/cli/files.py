"""Which files are read, how their bytes become a text, and how a text becomes a file again."""

import codecs
import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from k8s_lsp.configuration import FILE_NAME, Layers, ignore_spec
from k8s_lsp.engine import SIZE_LIMIT

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".yaml", ".yml", ".json")
"""What is read of a folder."""

BYTES_LIMIT = 4 * SIZE_LIMIT
"""A file with more bytes is too long, whatever its characters are."""

BLOCK = 1 << 16
"""How many bytes of a file are asked for at first."""


class FileError(Exception):
    """Why a file cannot be read or written, in words that follow its name."""


class Source(NamedTuple):
    """A file to read, by the name that the output shows; standard input has no place."""

    path: str
    place: Path | None


# Which files.


class _Ignore(NamedTuple):
    """The patterns of one .gitignore, and the folder that they speak of."""

    folder: Path
    spec: "GitIgnoreSpec"


class _Selection(NamedTuple):
    """What is left out of folders; each function is asked by the folder that it speaks of."""

    excluded: "GitIgnoreSpec | None"
    use_gitignore: bool
    ignores_in: Callable[[Path], tuple[_Ignore, ...]]
    layers_of: Callable[[Path], Layers]


def find(
    paths: Sequence[str],
    *,
    exclude: Sequence[str],
    use_gitignore: bool,
    stdin_name: str,
    layers_of: Callable[[Path], Layers],
) -> tuple[list[Source], list[tuple[str, str]]]:
    """The files that the paths name or hold, each once, by their names in the output.

    `-` is standard input. Also returns what cannot be found or listed, with the reason.
    """
    found: dict[Path | None, Source] = {}
    missing: list[tuple[str, str]] = []
    excluded = ignore_spec(exclude) if exclude else None
    selection = _Selection(excluded, use_gitignore, cache(_ignores_in), layers_of)
    for path in paths:
        shown, place = path.replace(os.sep, "/"), Path(path)
        if path == "-":
            found.setdefault(None, Source(stdin_name, None))
        elif path and place.is_dir():
            for source, real in _in_folder(shown, place, selection, missing):
                found.setdefault(real, source)
        elif path and _exists(place):
            found.setdefault(place.resolve(), Source(shown, place))
        else:
            missing.append((shown, "no such file or folder"))
    return sorted(found.values(), key=lambda source: source.path), missing


def _exists(place: Path) -> bool:
    """Whether something is there, even if it may not be looked at: reading it will tell."""
    try:
        return place.exists()
    except OSError:
        return True


def _in_folder(
    shown: str, place: Path, selection: _Selection, missing: list[tuple[str, str]]
) -> Iterator[tuple[Source, Path]]:
    """The manifests of a folder, each with the real file behind it."""
    excluded, use_gitignore, ignores_in, layers_of = selection
    top = place.resolve()
    prefix = "" if shown.rstrip("/") == "." else shown.rstrip("/") + "/"

    def name_of(inside: Path) -> str:
        return prefix + inside.relative_to(top).as_posix()

    def note(error: OSError) -> None:
        missing.append((name_of(Path(error.filename)), reason(error)))

    def is_left_out(inside: Path, ignores: Sequence[_Ignore], end: str = "") -> bool:
        if excluded is not None and excluded.check_file(from_here(name_of(inside)) + end).include:
            return True
        if layers_of(inside.parent).excludes(inside, is_folder=bool(end)):
            return True
        return _is_ignored(inside, ignores, end)

    known = {top: _ignores_above(top, ignores_in) if use_gitignore else ()}
    for name, folders, files in os.walk(top, onerror=note):
        folder = Path(name)
        ignores = known.pop(folder)
        if use_gitignore and ".gitignore" in files:
            ignores = (*ignores, *ignores_in(folder))
        folders[:] = [
            each
            for each in folders
            if not each.startswith(".")
            and each != "node_modules"
            and not is_left_out(folder / each, ignores, "/")
        ]
        known.update((folder / each, ignores) for each in folders)
        # Most folders leave out nothing, and there may be thousands of files.
        is_asked = bool(ignores) or excluded is not None or layers_of(folder).excludes_some
        for each in files:
            # A dangling link holds no manifest, and a named pipe would wait for ever.
            if each == FILE_NAME or not each.lower().endswith(SUFFIXES):
                continue
            file = folder / each
            if file.is_file():
                if is_asked and is_left_out(file, ignores):
                    continue
                yield Source(name_of(file), file), file.resolve() if file.is_symlink() else file


def from_here(path: str) -> str:
    """A path as seen from the current folder."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # It is on another drive of Windows.
        return path


def _ignores_above(
    top: Path, ignores_in: Callable[[Path], tuple[_Ignore, ...]]
) -> tuple[_Ignore, ...]:
    """The patterns that hold for a folder from above, as far up as its git repository reaches.

    None where they exclude the folder itself: whoever names it wants it to be read.
    """
    chain = [top]
    while not (chain[-1] / ".git").exists():
        if chain[-1] == chain[-1].parent:
            return ()
        chain.append(chain[-1].parent)
    ignores: tuple[_Ignore, ...] = ()
    for folder in reversed(chain):
        if _is_ignored(folder, ignores, "/"):
            return ()
        if folder != top:
            ignores = (*ignores, *ignores_in(folder))
    return ignores


def _ignores_in(folder: Path) -> tuple[_Ignore, ...]:
    """The patterns of a folder's own .gitignore, without the lines that git would not read."""
    try:
        data = (folder / ".gitignore").read_bytes()
    except OSError:
        return ()
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    spec = ignore_spec(lines) or ignore_spec(line for line in lines if ignore_spec([line]))
    return () if spec is None else (_Ignore(folder, spec),)


def _is_ignored(place: Path, ignores: Sequence[_Ignore], end: str) -> bool:
    """Whether the nearest .gitignore that speaks of a file or folder below it excludes it."""
    for ignore in reversed(ignores):
        verdict = ignore.spec.check_file(place.relative_to(ignore.folder).as_posix() + end)
        if verdict.include is not None:
            return verdict.include
    return False


# From bytes to text.


def read(source: Source) -> tuple[str, str]:
    """The byte order mark of a file, if it has one, and its text with its own line breaks.

    Raises FileError.
    """
    try:
        if source.place is None:
            data = _bytes(sys.stdin.buffer)
        else:
            with source.place.open("rb") as file:
                data = _bytes(file)
    except OSError as error:
        raise FileError(reason(error)) from error
    if len(data) > BYTES_LIMIT:
        raise FileError(f"longer than {SIZE_LIMIT:,} characters")
    mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
    return mark, _decoded(data).removeprefix(mark)


def _bytes(file: BinaryIO) -> bytes:
    """What a file holds, or one byte more than the limit."""
    # Room for all that may be asked for is made at once, and most files need little.
    data = file.read(BLOCK)
    if len(data) == BLOCK:
        data += file.read(BYTES_LIMIT + 1 - BLOCK)
    return data


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


def reason(error: OSError) -> str:
    """What the operating system says, in the words of this program."""
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return (error.strerror or str(error)).lower()


# From text to bytes.


def write_out(text: str) -> None:
    """Write to standard output as UTF-8, line breaks as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def replace(place: Path, text: str) -> None:
    """Give a file another text, whole or not at all, with its permissions and its owner.

    A symbolic link stays one, and the file behind it is changed. Raises FileError.
    """
    try:
        target = place.resolve(strict=True)
        state = target.stat()
        if not stat.S_ISREG(state.st_mode):
            raise FileError("cannot be written: not a regular file")
        if not os.access(target, os.W_OK):
            raise FileError("cannot be written: permission denied")
        descriptor, name = tempfile.mkstemp(prefix=".k8s-lsp-", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if os.name == "posix":
                # Only root may give a file away; the others can at least keep its group.
                with contextlib.suppress(PermissionError):
                    os.chown(temporary, -1, state.st_gid)
                    os.chown(temporary, state.st_uid, -1)
            temporary.chmod(stat.S_IMODE(state.st_mode))
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise FileError(f"cannot be written: {reason(error)}") from error
