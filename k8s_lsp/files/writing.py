"""How a text becomes a file again."""

import contextlib
import os
import stat
from pathlib import Path

from k8s_lsp.files.errors import FileError, reason_of


def replace_text(place: Path, text: str) -> None:
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
        raise FileError(f"cannot be written: {reason_of(error)}") from error
