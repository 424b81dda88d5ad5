"""Where a `Reader` works: in a process of the same interpreter, or in slices on the loop.

The process is started by the path of this very interpreter, and speaks with us by its standard
input and output, so that it ends when we do, however that happens. It opens nothing but files that
it reads, and starts nothing.
"""

import asyncio
import contextlib
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Protocol

from lsprotocol import types

from k8s_lsp.garbage import tune_gc
from k8s_lsp.server.reader import Answer, Reader, Request
from k8s_lsp.server.state import Server

NICENESS = 5
"""How much others go before the process, where the system knows that."""

Take = Callable[[Answer | None], None]
"""Takes an answer; None says that the worker has ended by itself, and answers nothing more."""


class Worker(Protocol):
    """What reads and judges beside the server."""

    def ask(self, request: Request) -> None:
        """Have a request answered, behind those before it; what those judge is interrupted."""

    def end(self) -> None:
        """End at once; nothing more is answered."""


StartWorker = Callable[[Take], Worker]
"""Starts a worker, whose answers are taken on the loop."""

HandOver = Callable[[Callable[[], None]], object]
"""Has something run on the loop, behind what has arrived."""


class Slices:
    """A worker without a process: it does a step whenever the loop has nothing else to do."""

    def __init__(self, take: Take, hand_over: HandOver) -> None:
        self._take = take
        self._hand_over = hand_over
        self._reader = Reader()
        self._requests: deque[Request] = deque()
        self._steps: Iterator[Answer] | None = None
        self._is_ended = False

    def ask(self, request: Request) -> None:
        """Have a request answered, behind those before it."""
        self._requests.append(request)
        if self._steps is None:
            self._begin()

    def end(self) -> None:
        """Do nothing more."""
        self._is_ended = True

    def _begin(self) -> None:
        request = self._requests.popleft()
        self._steps = self._reader.answers(request, lambda: bool(self._requests))
        self._hand_over(self._step)

    def _step(self) -> None:
        if self._is_ended or self._steps is None:
            return
        answer = next(self._steps, None)
        if answer is not None:
            self._take(answer)
            self._hand_over(self._step)
            return
        self._steps = None
        if self._requests:
            self._begin()


class Process:
    """A worker that is a process of its own."""

    def __init__(self, take: Take, hand_over: HandOver) -> None:
        """With what takes answers on the loop, and what hands over to that from another thread.

        Raises OSError where no process can be started.
        """
        self._take = take
        self._hand_over = hand_over
        if not sys.executable:
            raise OSError("this interpreter does not know where it is")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # On Windows, a window would open for it.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        for run in (self._send, self._receive):
            Thread(target=run, daemon=True).start()
        self._is_ended = False

    def ask(self, request: Request) -> None:
        """Have a request answered, behind those before it; what those judge is interrupted."""
        self._requests.put(request)

    def end(self) -> None:
        """End the process; nothing more is answered."""
        self._is_ended = True
        self._requests.put(None)
        self._process.kill()

    def _send(self) -> None:
        """Write the requests, in a thread of its own: the process may be slow to read them."""
        stream = self._process.stdin
        assert stream is not None
        with contextlib.suppress(OSError), stream:
            while (request := self._requests.get()) is not None:
                _write(stream, request)

    def _receive(self) -> None:
        """Hand over what is answered, in a thread of its own, until the process ends."""
        stream = self._process.stdout
        assert stream is not None
        with stream:
            for answer in _values(stream):
                self._pass(answer)
        self._process.wait()
        self._pass(None)

    def _pass(self, answer: Answer | None) -> None:
        def take() -> None:
            if not self._is_ended:
                self._take(answer)

        # Where the loop has ended, there is nothing to hand over to.
        with contextlib.suppress(RuntimeError):
            self._hand_over(take)


def in_slices(server: Server) -> StartWorker:
    """Work on the server's own loop."""
    return lambda take: Slices(take, server.call_next)


def in_process(server: Server) -> StartWorker:
    """Work in another process, or on the loop where none can be started."""

    def start(take: Take) -> Worker:
        loop = asyncio.get_running_loop()

        def hand_over(run: Callable[[], None]) -> None:
            # Behind what the client has sent, and not among that: no text waits for it.
            loop.call_soon_threadsafe(server.call_later, 0.0, run)

        try:
            return Process(take, hand_over)
        except OSError as error:
            server.log(f"no process can be started: {error}", types.MessageType.Warning, once=True)
            return in_slices(server)(take)

    return start


# The process.

_PROGRAM = """
import sys
sys.path[:] = {path!r}
from k8s_lsp.server import lazy_types
lazy_types.load()
from k8s_lsp.server.worker import main
main()
"""


def main() -> None:
    """Answer requests until nobody is there any more who could make one."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What prints by mistake must not come between the answers.
    sys.stdout = sys.stderr
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
    tune_gc()
    waiting: SimpleQueue[Request] = SimpleQueue()
    Thread(target=_take_requests, args=(requests, waiting), daemon=True).start()
    reader = Reader()
    with contextlib.suppress(OSError, KeyboardInterrupt):
        while True:
            for answer in reader.answers(waiting.get(), lambda: not waiting.empty()):
                _write(answers, answer)


def _take_requests(stream: IO[bytes], waiting: "SimpleQueue[Request]") -> None:
    """Queue what is asked; where nobody asks any more, the process ends, whatever it does."""
    try:
        for request in _values(stream):
            waiting.put(request)
    finally:
        os._exit(0)


def _write(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def _values(stream: IO[bytes]) -> Iterator[Any]:
    """The values that another end of ours has written, up to its end."""
    while len(header := stream.read(8)) == 8:
        length = int.from_bytes(header, "big")
        data = stream.read(length)
        if len(data) < length:
            return
        yield pickle.loads(data)
