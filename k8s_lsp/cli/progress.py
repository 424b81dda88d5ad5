"""How far a long run is."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

PROGRESS_AFTER = 1.0
"""Seconds before progress is shown; most runs are over by then."""


class Progress:
    """One line on standard error that tells how far a long run is, if that is a terminal."""

    def __init__(self, total: int, things: str = "files", *, is_watched: bool = True) -> None:
        self._total = total
        self._things = things
        self._next = time.monotonic() + PROGRESS_AFTER
        self._is_watched = is_watched and sys.stderr.isatty()
        self._is_shown = False

    def over(self, results: Iterable[Item]) -> Iterator[Item]:
        """The same results; between them, the line is written now and then."""
        try:
            for done, result in enumerate(results, start=1):
                yield result
                if self._is_watched and time.monotonic() >= self._next:
                    self._next = time.monotonic() + 0.1
                    self._is_shown = True
                    line = f"\r{done} of {self._total} {self._things}"
                    print(line, end="", file=sys.stderr, flush=True)
        finally:
            self.clear()

    def clear(self) -> None:
        """Take the line away, so that something else can be written there."""
        if self._is_shown:
            self._is_shown = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
