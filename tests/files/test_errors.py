"""What the operating system says, in the words of this program."""

import errno

import pytest

from k8s_lsp.files.errors import reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "no such file or folder"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("Odd"), "odd"),
    ],
)
def test_a_reason_is_in_small_letters(error: OSError, reason: str) -> None:
    assert reason_of(error) == reason
