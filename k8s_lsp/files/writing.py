"""How a text becomes a file again."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.reading import read_regular_bytes

CHANGED = "left as it was: another program has changed it meanwhile"


def write_whole(place: Path, text: str) -> None:
    """Let a file have a text, whole or not at all, whatever was there; its folder is made.

    A symbolic link stays one. What is no regular file, as a pipe, is written to as it is. Raises
    FileError.
    """
    try:
        target = place.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("utf-8", "surrogateescape")
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
        with successor(target, data) as temporary:
            temporary.chmod(mode)
    except OSError as error:
        raise FileError(f"cannot be written: {reason_of(error)}") from error


@contextlib.contextmanager
def successor(target: Path, data: bytes) -> Iterator[Path]:
    """Give a file beside another one, which takes its place at the end, or is gone if that raises.

    It holds the data already, and nobody else may read it yet. Raises OSError.
    """
    # Most runs write no file.
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=".k8s-lsp-", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _umask() -> int:
    """What new files do not permit, which can only be asked for by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def replace_text(place: Path, text: str, *, expected: str) -> None:
    """Give a file another text, whole or not at all, with all else that it has.

    A symbolic link stays one, and the file behind it is changed. Raises FileError, and leaves the
    file as it was, where something of it cannot be kept, and where it no longer holds the text
    that is expected. The last look is taken right before the new file takes its place: what
    another program saves in the microseconds between is lost, and so is what it writes later by
    way of a file that it has kept open.
    """
    try:
        target = place.resolve(strict=True)
        before = target.stat()
        _check_replaceable(target, before)
        data = expected.encode("utf-8")
        if before.st_size != len(data) or read_regular_bytes(target, len(data)) != data:
            raise FileError(CHANGED)
        with successor(target, text.encode("utf-8")) as temporary:
            _take_over(temporary, target, before)
            if _identity(target.stat()) != _identity(before):
                raise FileError(CHANGED)
    except OSError as error:
        raise FileError(f"cannot be written: {reason_of(error)}") from error


def _check_replaceable(target: Path, state: os.stat_result) -> None:
    """Raise FileError where a new file cannot take the place of this one."""
    if not stat.S_ISREG(state.st_mode):
        raise FileError("cannot be written: not a regular file")
    if not os.access(target, os.W_OK):
        raise FileError("cannot be written: permission denied")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise FileError(
            "cannot be written: a new file must take its place, and its folder is write-protected"
        )
    if state.st_nlink > 1:
        raise FileError(
            f"left as it was: it has {state.st_nlink} names (hard links), and a new file in its "
            "place would have only this one"
        )


def _identity(state: os.stat_result) -> tuple[int, ...]:
    """What differs after a file was saved, whether in place or by another one in its place."""
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _take_over(temporary: Path, target: Path, state: os.stat_result) -> None:
    """Give the new file the owner, the permissions and the attributes of the old one.

    Raises FileError where one of them cannot be kept.
    """
    if os.name == "posix":
        # Only root may give a file away; the others have it already, or may not keep it.
        made = temporary.stat()
        if (made.st_uid, made.st_gid) != (state.st_uid, state.st_gid):
            try:
                os.chown(temporary, state.st_uid, state.st_gid)
            except PermissionError as error:
                raise FileError("left as it was: its owner or group cannot be kept") from error
    attributes = _attributes(target)
    # The folder may have given some to the new file; some, as an ACL, say more than the mode.
    for name in _attributes(temporary).keys() - attributes.keys():
        os.removexattr(temporary, name)
    temporary.chmod(stat.S_IMODE(state.st_mode))
    for name, value in attributes.items():
        if _attributes(temporary).get(name) != value:
            try:
                os.setxattr(temporary, name, value)
            except OSError as error:
                raise FileError(f"left as it was: its attribute {name} cannot be kept") from error


def _attributes(place: Path) -> dict[str, bytes]:
    """The extended attributes of a file, of which an ACL is one; none where there cannot be any."""
    # Python asks for them on Linux alone.
    if not hasattr(os, "listxattr"):
        return {}
    try:
        return {name: os.getxattr(place, name) for name in os.listxattr(place)}
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise
