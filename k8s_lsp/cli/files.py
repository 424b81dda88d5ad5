"""Which files are read, how their bytes become a text, and how a text becomes a file again."""

import codecs
import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from k8s_lsp.configuration.patterns import ignore_spec
from k8s_lsp.configuration.schema import FILE_NAME
from k8s_lsp.configuration.stack import SettingsStack
from k8s_lsp.engine import SIZE_LIMIT

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".yaml", ".yml", ".json")
"""What is read of a folder."""

BYTES_LIMIT = 4 * SIZE_LIMIT
"""A file with more bytes is too long, whatever its characters are."""

BLOCK = 1 << 16
"""How many bytes of a file are asked for at once: room is made for all of them."""


class FileError(Exception):
    """Why a file cannot be read or written, in words that follow its name."""


class Source(NamedTuple):
    """A file to read, by the name that the output shows; standard input has no place."""

    path: str
    place: str | None


# Which files.


class _Ignore(NamedTuple):
    """The patterns of one .gitignore, and the folder that they speak of."""

    folder: Path
    spec: "GitIgnoreSpec"


class Found(NamedTuple):
    """A file to read, its real folder, and what was chosen for the files there."""

    source: Source
    folder: str
    layers: SettingsStack


class _Selection(NamedTuple):
    """What is left out of folders; each function is asked by the folder that it speaks of."""

    excluded: "GitIgnoreSpec | None"
    use_gitignore: bool
    ignores_in: Callable[[Path], tuple[_Ignore, ...]]
    layers_of: Callable[[str], SettingsStack]


class _Folder(NamedTuple):
    """A folder that is still to be listed, and what holds there.

    `shown` comes before the names of what it holds.
    """

    place: str
    shown: str
    layers: SettingsStack
    ignores: tuple[_Ignore, ...]


def find(
    paths: Sequence[str],
    *,
    exclude: Sequence[str],
    use_gitignore: bool,
    stdin_name: str,
    layers_of: Callable[[str], SettingsStack],
) -> tuple[list[Found], list[tuple[str, str]]]:
    """The files that the paths name or hold, each once, by their names in the output.

    `-` is standard input. Also returns what cannot be found or listed, with the reason.
    """
    found: dict[str, Found] = {}
    missing: list[tuple[str, str]] = []
    excluded = ignore_spec(exclude) if exclude else None
    selection = _Selection(excluded, use_gitignore, cache(_ignores_in), layers_of)
    for path in paths:
        shown = path.replace(os.sep, "/")
        if path == "-":
            folder = os.path.realpath(os.path.dirname(stdin_name))
            found.setdefault("-", Found(Source(stdin_name, None), folder, layers_of(folder)))
        elif path and os.path.isdir(path):
            for real, each in _in_folder(shown, path, selection, missing):
                found.setdefault(real, each)
        elif path and _exists(Path(path)):
            folder = os.path.realpath(os.path.dirname(path))
            each = Found(Source(shown, path), folder, layers_of(folder))
            found.setdefault(os.path.realpath(path), each)
        else:
            missing.append((shown, "no such file or folder"))
    return sorted(found.values(), key=lambda each: each.source.path), missing


def _exists(place: Path) -> bool:
    """Whether something is there, even if it may not be looked at: reading it will tell."""
    try:
        return place.exists()
    except OSError:
        return True


def _in_folder(
    shown: str, place: str, selection: _Selection, missing: list[tuple[str, str]]
) -> Iterator[tuple[str, Found]]:
    """The manifests of a folder, each with the real path of the file behind it."""
    excluded, use_gitignore, ignores_in, layers_of = selection

    def is_left_out(entry: "os.DirEntry[str]", within: _Folder, end: str = "") -> bool:
        if excluded is not None:
            name = from_here(within.shown + entry.name)
            if excluded.check_file(name + end).include:
                return True
        inside = Path(entry.path)
        return within.layers.excludes(inside, is_folder=bool(end)) or _is_ignored(
            inside, within.ignores, end
        )

    top = os.path.realpath(place)
    above = _ignores_above(Path(top), ignores_in) if use_gitignore else ()
    prefix = "" if shown.rstrip("/") == "." else shown.rstrip("/") + "/"
    waiting = [_Folder(top, prefix, SettingsStack(), above)]
    # There may be thousands of files, and most folders leave out nothing: paths stay texts.
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder.place) as listing:
                entries = list(listing)
        except OSError as error:
            missing.append((folder.shown.rstrip("/") or shown, reason(error)))
            continue
        names = {entry.name for entry in entries}
        folders = [entry for entry in entries if _is_walked(entry)]
        manifests = [entry for entry in entries if _is_manifest(entry)]
        # What is wrong with a configuration is of interest where it holds for anything.
        if not folders and not manifests:
            continue
        if use_gitignore and ".gitignore" in names:
            own = ignores_in(Path(folder.place))
            folder = folder._replace(ignores=(*folder.ignores, *own))
        # What holds above holds here, unless something here may say otherwise.
        if folder.place == top or not names.isdisjoint((FILE_NAME, ".git")):
            folder = folder._replace(layers=layers_of(folder.place))
        is_asked = bool(folder.ignores) or excluded is not None or folder.layers.excludes_some
        for entry in folders:
            if not (is_asked and is_left_out(entry, folder, "/")):
                inside = f"{folder.shown}{entry.name}/"
                waiting.append(folder._replace(place=entry.path, shown=inside))
        for entry in manifests:
            if not (is_asked and is_left_out(entry, folder)):
                real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                source = Source(folder.shown + entry.name, entry.path)
                yield real, Found(source, folder.place, folder.layers)


def _is_walked(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder to look into; no link is followed to one."""
    if entry.name.startswith(".") or entry.name == "node_modules":
        return False
    return entry.is_dir(follow_symlinks=False)


def _is_manifest(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a file to read; a link may be followed to one.

    A dangling link holds no manifest, and a named pipe would wait for ever.
    """
    if entry.name == FILE_NAME or not entry.name.lower().endswith(SUFFIXES):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False


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
            with open(source.place, "rb", buffering=0) as file:
                data = _bytes(file)
    except OSError as error:
        raise FileError(reason(error)) from error
    if len(data) > BYTES_LIMIT:
        raise FileError(f"longer than {SIZE_LIMIT:,} characters")
    mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
    return mark, _decoded(data).removeprefix(mark)


def _bytes(file: BinaryIO | FileIO) -> bytes:
    """What a file holds, or some bytes more than the limit."""
    blocks: list[bytes] = []
    size = 0
    # A pipe gives what it has; only nothing is the end.
    while size <= BYTES_LIMIT and (block := file.read(BLOCK)):
        blocks.append(block)
        size += len(block)
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
    # Most runs write no file.
    import tempfile

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
