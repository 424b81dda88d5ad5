"""When a changed text is analysed.

There is no fixed delay. A text that was cheap the last time is analysed as soon as the messages
that have already arrived are handled; a dear one waits about as long as its last analysis took, so
that a burst of changes costs one analysis, and at most half of the time goes into analyses.

Pure logic: the clock and the queue are arguments.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

CHEAP = 0.02
"""Seconds between a key and its effect that are not noticed."""

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


@dataclass(slots=True)
class _Text:
    """What is known about one text: how often it changed, what it cost, and what is under way.

    `cost` is None before the first analysis. That tells nothing of the next one, which knows most
    of the text already.
    """

    changes: int = 0
    cost: float | None = None
    is_waiting: bool = False


class Superseded(Exception):
    """An analysis ended before its time, because there is something else to do first."""


class Scheduler(Generic[Key, Result]):
    """Analyses texts that were marked dirty, and publishes each state at most once.

    `clock` gives seconds, `call_later` runs a function after some seconds, behind what is queued.
    `analyse` gives the result for the state of a text at that moment, and `publish` takes it,
    unless the text has changed or gone in between. Where `analyse` raises Superseded, it is called
    again behind what is queued.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        call_later: Callable[[float, Callable[[], None]], object],
        analyse: Callable[[Key], Result],
        publish: Callable[[Key, Result], None],
    ) -> None:
        self._clock = clock
        self._call_later = call_later
        self._analyse = analyse
        self._publish = publish
        self._texts: dict[Key, _Text] = {}

    def changed(self, key: Key) -> None:
        """Mark a text dirty: it is new, or other than it was."""
        text = self._texts.setdefault(key, _Text())
        text.changes += 1
        if not text.is_waiting:
            text.is_waiting = True
            cost = text.cost or 0.0
            self._call_later(cost if cost > CHEAP else 0.0, lambda: self._run(key, text))

    def closed(self, key: Key) -> None:
        """Forget a text; what is under way for it comes to nothing."""
        self._texts.pop(key, None)

    def _run(self, key: Key, text: _Text) -> None:
        if self._texts.get(key) is not text:
            return
        text.is_waiting = False
        seen = text.changes
        begin = self._clock()
        try:
            result = self._analyse(key)
        except Superseded:
            text.is_waiting = True
            self._call_later(0.0, lambda: self._run(key, text))
            return
        except Exception:
            self._count(text, begin)
            raise
        self._count(text, begin)
        # Publishing queues up, so that a change that has already arrived goes first.
        self._call_later(0.0, lambda: self._finish(key, text, seen, result))

    def _count(self, text: _Text, begin: float) -> None:
        text.cost = 0.0 if text.cost is None else self._clock() - begin

    def _finish(self, key: Key, text: _Text, seen: int, result: Result) -> None:
        if self._texts.get(key) is text and text.changes == seen:
            self._publish(key, result)
