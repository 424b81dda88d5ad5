"""Which manifests git tracks, as its index says: no program is started.

The format is that of git's own `gitformat-index`: versions 2 to 4, with hashes of SHA-1 or SHA-256,
and split in two files or not. An index that lists folders instead of their files (a sparse one)
does not tell what they hold, so that it counts as unknown, like any form of later years.
"""

import contextlib
import os
from bisect import bisect_left
from itertools import islice
from pathlib import Path
from struct import Struct, unpack_from
from struct import error as StructError
from typing import NamedTuple

from k8s_lsp.files.errors import FileError, MissingFile
from k8s_lsp.files.paths import SUFFIXES
from k8s_lsp.files.reading import read_regular_bytes

INDEX_LIMIT = 100_000_000
"""The largest index that is read, in bytes; a million files take fewer."""

PATH_LIMIT = 4096
"""The longest path, in bytes (PATH_MAX of Linux): version 4 could tell of endless ones."""

GITDIR_LIMIT = 2 * PATH_LIMIT
"""The longest `.git` that is a file, in bytes."""

Tracked = tuple[str, ...]
"""The paths of the manifests that git tracks, sorted; a submodule ends with `/`."""

_HASH_SIZES = (20, 32)
_HEADER = Struct(">4sLL")
_EXTENSION = Struct(">4sL")
_ENTRY = {size: Struct(f">24xL{12 + size}xH") for size in _HASH_SIZES}
"""How an entry begins, by the size of its hash: its mode, and its flags.

Before the mode stand two times, the device and the inode; the owner, its group, the size and the
hash follow. The flags hold the length of the name, if that is short.
"""
_IS_EXTENDED, _NAME_LENGTH = 0x4000, 0x0FFF
_FOLDER, _SUBMODULE = 0o040000, 0o160000
_ENDS = tuple(suffix.encode() for suffix in SUFFIXES)


class _UnknownForm(Exception):
    """The bytes are no index in a form that is known here."""


class _Index(NamedTuple):
    """What an index file holds.

    `names` has one for each entry, empty where that is no manifest or stands in for one of the
    shared index, whose hash is `shared`. `deleted` is the bitmap of those that are no longer there.
    """

    names: list[bytes]
    shared: str | None = None
    deleted: bytes = b""


def read_tracked(root: str) -> Tracked:
    """The manifests that git tracks in the repository with that root.

    Raises FileError where that cannot be known.
    """
    folder = _git_folder(Path(root))
    try:
        own = _read_index(folder, "index")
    except MissingFile:
        # In a new repository.
        return ()
    names = own.names
    if own.shared is not None:
        try:
            shared = _read_index(folder, f"sharedindex.{own.shared}").names
        except MissingFile as error:
            raise FileError("index is split, and a part of it is missing") from error
        deleted = _set_bits(own.deleted, len(shared))
        names += [name for at, name in enumerate(shared) if at not in deleted]
    return tuple(sorted({os.fsdecode(name) for name in names if name}))


def is_tracked(tracked: Tracked, path: str) -> bool:
    """Whether git tracks a manifest, by its path from the root."""
    at = bisect_left(tracked, path)
    return at < len(tracked) and tracked[at] == path


def holds_tracked(tracked: Tracked, folder: str) -> bool:
    """Whether git tracks a manifest below a folder, or a submodule that is or lies there."""
    at = bisect_left(tracked, folder + "/")
    return at < len(tracked) and tracked[at].startswith(folder + "/")


def _git_folder(root: Path) -> Path:
    """Where git keeps what it knows of the files below a root; raises FileError."""
    place = root / ".git"
    if place.is_dir():
        return place
    # In a worktree or a submodule, `.git` is a file that names the folder.
    text = read_regular_bytes(place, GITDIR_LIMIT)
    if not text.startswith(b"gitdir: "):
        raise FileError("does not begin with gitdir:")
    folder = root / os.fsdecode(text[8:].rstrip(b"\r\n"))
    if not folder.is_dir():
        raise FileError("names a folder that is not there")
    return folder


def _read_index(folder: Path, name: str) -> _Index:
    """An index file of the folder; raises MissingFile and FileError."""
    try:
        data = read_regular_bytes(folder / name, INDEX_LIMIT)
    except MissingFile:
        raise
    except FileError as error:
        raise FileError(f"{name} {error}") from None
    # Which hashes it has, only the settings of the repository say; with the others, no entry ends
    # where the next begins.
    for hash_size in _HASH_SIZES:
        with contextlib.suppress(_UnknownForm, IndexError, ValueError, StructError):
            return _parse(data, hash_size)
    raise FileError(f"{name} has a form that is not known here")


def _parse(data: bytes, hash_size: int) -> _Index:
    """What an index says; raises _UnknownForm and what the bytes make Python raise."""
    signature, version, count = _HEADER.unpack_from(data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise _UnknownForm
    names: list[bytes] = []
    name, at, length = b"", _HEADER.size, 0
    begin = _ENTRY[hash_size]
    for _ in range(count):
        start = at
        mode, flags = begin.unpack_from(data, start)
        at += begin.size + (2 if flags & _IS_EXTENDED else 0)
        if version == 4:
            kept, at = _kept_length(data, at, len(name))
            end = data.index(b"\0", at)
            name = name[:kept] + data[at:end]
            at = end + 1
        else:
            end = at + (flags & _NAME_LENGTH)
            if flags & _NAME_LENGTH == _NAME_LENGTH:
                end = data.index(b"\0", end)
            name = data[at:end]
            if data[end]:
                raise _UnknownForm
            # One to eight zeros fill the entry up to a multiple of eight bytes.
            at = start + (end - start + 8) // 8 * 8
        if len(name) > PATH_LIMIT or mode == _FOLDER:
            raise _UnknownForm
        if mode == _SUBMODULE:
            names.append(name + b"/")
        else:
            names.append(name if name.lower().endswith(_ENDS) else b"")
        length += len(names[-1])
        if length > INDEX_LIMIT:
            raise _UnknownForm
    return _with_extensions(names, data, at, hash_size)


def _kept_length(data: bytes, at: int, length: int) -> tuple[int, int]:
    """How much of the name before a name begins with, and where the rest of it stands."""
    byte = data[at]
    dropped = byte & 0x7F
    while byte & 0x80 and dropped <= length:
        at += 1
        byte = data[at]
        dropped = (dropped + 1 << 7) + (byte & 0x7F)
    if dropped > length:
        raise _UnknownForm
    return length - dropped, at + 1


def _with_extensions(names: list[bytes], data: bytes, at: int, hash_size: int) -> _Index:
    """The index with what stands behind its entries, as far as that tells about them."""
    index = _Index(names)
    end = len(data) - hash_size
    while at < end:
        kind, size = _EXTENSION.unpack_from(data, at)
        at += _EXTENSION.size
        if kind == b"link":
            shared = data[at : at + hash_size]
            # Zeros say that there is no shared index.
            if shared.strip(b"\0"):
                deleted = data[at + hash_size : at + size]
                index = index._replace(shared=shared.hex(), deleted=deleted)
        elif not kind[:1].isupper():
            # Of the others, git says that they must be understood; `sdir` makes an index sparse.
            raise _UnknownForm
        at += size
    if at != end:
        raise _UnknownForm
    return index


def _set_bits(bitmap: bytes, count: int) -> set[int]:
    """Which of `count` bits are set in a bitmap of the form EWAH.

    A word says how often a bit is repeated, in words, and how many words follow as they are.
    """
    if not bitmap:
        return set()
    try:
        _, length = unpack_from(">LL", bitmap)
        words = iter(unpack_from(f">{length}Q", bitmap, 8))
    except StructError as error:
        raise FileError("index has a form that is not known here") from error
    bits: set[int] = set()
    at = 0
    for word in words:
        repeated = (word >> 1 & 0xFFFFFFFF) * 64
        if word & 1:
            bits.update(range(min(at, count), min(at + repeated, count)))
        at += repeated
        for literal in islice(words, word >> 33):
            bits.update(at + bit for bit in range(64) if literal >> bit & 1)
            at += 64
    return bits
