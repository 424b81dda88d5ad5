"""The client's process, without which there is nothing to do."""

import os
import sys
import time
from collections.abc import Callable
from threading import Thread

LOOK_EVERY = 1.0
"""Seconds between two looks whether the client's process lives."""

_noticed: dict[int, Callable[[], None]] = {}
"""What returns when a process has ended, by its id."""


def notice(client: int) -> None:
    """Look for a process that is there now, so that `end_with` knows of it when it is gone."""
    wait = waiting_for(client) if 0 < client < 2**31 else None
    if wait is not None:
        _noticed[client] = wait


def end_with(client: int, exit_status: Callable[[], int]) -> None:
    """End our process when that one ends, even if others hold its ends of the pipes.

    `exit_status` tells how, at that moment. A process that is not there is one of another machine
    or container, and is not watched.
    """
    if client not in _noticed:
        notice(client)
    wait = _noticed.get(client)

    def run(wait: Callable[[], None]) -> None:
        wait()
        # The loop may be writing to a pipe that is not read any more, and would not hear of it.
        os._exit(exit_status())

    if wait is not None:
        Thread(target=run, args=(wait,), daemon=True).start()


if sys.platform == "win32":
    import ctypes

    def waiting_for(pid: int) -> Callable[[], None] | None:
        """What returns when that process has ended; None where there is none."""
        synchronize, without_end = 0x0010_0000, -1
        process = ctypes.windll.kernel32.OpenProcess(synchronize, False, pid)
        if not process:
            return None
        return lambda: ctypes.windll.kernel32.WaitForSingleObject(process, without_end)

else:

    def waiting_for(pid: int) -> Callable[[], None] | None:
        """What returns when that process has ended; None where there is none."""
        is_parent = os.getppid() == pid

        def lives() -> bool:
            if is_parent:
                # Its id lives on until its parent has asked how it ended, its children do not wait.
                return os.getppid() == pid
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
            except PermissionError:
                pass
            return True

        def wait() -> None:
            while lives():
                time.sleep(LOOK_EVERY)

        return wait if lives() else None
