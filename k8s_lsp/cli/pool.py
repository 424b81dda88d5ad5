"""Work shared out among processes, where there is so much of it that they repay their start."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from k8s_lsp.garbage import tune_gc

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Task = TypeVar("Task")
Result = TypeVar("Result")

START_METHOD = "fork" if sys.platform == "linux" else "spawn"
"""How a process starts: as a copy of this one where that is safe, else anew."""

FILES_PER_WORKER = {"fork": 64, "spawn": 256}
"""How many files repay the start of a process, by the method."""

MOST_PROCESSES = 8
"""The most processes: each takes memory, and more of them would hardly end a run sooner."""

CHUNK = 64
"""How many tasks a process is given at a time, at the most, so that it seldom waits for more."""

SHARE = 4
"""In how many parts a process gets what is left for it, so that none works on alone in the end."""


class WorkerLost(Exception):
    """A process ended before its work was done; the one line says how."""


class _Worker(NamedTuple):
    """A process, and this side's end of the pipe to it."""

    process: "BaseProcess"
    connection: "Connection"


def processes_for(tasks: int) -> int:
    """How many processes to share so many tasks out among; one is this process alone."""
    wanted = min(tasks // FILES_PER_WORKER[START_METHOD], cores(), MOST_PROCESSES)
    if wanted < 2:
        return 1
    # Like all that only many processes need, it is loaded where they are: most runs have one.
    import threading

    # A copy of this process would have the locks of other threads, but not the threads.
    return 1 if threading.active_count() > 1 else wanted


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def worker_pool(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    processes: int,
    *,
    start_method: str = START_METHOD,
    chunk: int = CHUNK,
) -> Iterator[Iterator[tuple[int, Result]]]:
    """Give the result of `work` for every task, with the task's index, in any order.

    A process is given at most `chunk` tasks at a time. With more than one process, `work`, tasks
    and results are pickled, and the processes are killed in the end, whatever they do then: `work`
    must not write into files that it does not make. Iterating may raise WorkerLost.
    """
    if processes < 2:
        yield enumerate(map(work, tasks))
        return
    workers: list[_Worker] = []
    try:
        with _uninterrupted():
            for _ in range(processes):
                workers.append(_start_worker(work, start_method))
        yield _results_from(workers, tasks, chunk)
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()


def in_order(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """The results alone, each as soon as all those of a lower index are there."""
    early: dict[int, Result] = {}
    following = 0
    for index, result in results:
        early[index] = result
        while following in early:
            yield early.pop(following)
            following += 1


def _start_worker(work: Callable[[Task], Result], start_method: str) -> _Worker:
    import multiprocessing

    context: Any = multiprocessing.get_context(start_method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs, ours), daemon=True)
    process.start()
    # It closes when the process ends, which we see, if no other process has it open.
    theirs.close()
    return _Worker(process, ours)


def _serve(work: Callable[[Task], Result], connection: "Connection", other: "Connection") -> None:
    """Do what a process is there for, until its parent wants no more results."""
    import signal

    other.close()
    # Windows does not hand down what a signal does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tune_gc()
    # An exception of `work` is a mistake of ours: it is shown, and this process ends.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            tasks = connection.recv()
            connection.send([work(task) for task in tasks])


def _results_from(
    workers: Sequence[_Worker], tasks: Sequence[Task], most: int
) -> Iterator[tuple[int, Result]]:
    """Hand out the tasks, and give each result as it comes, with the index of its task."""
    from multiprocessing.connection import wait

    start = 0
    busy: dict[object, tuple[_Worker, int]] = {}

    def hand_out(worker: _Worker) -> None:
        nonlocal start
        fair = (len(tasks) - start) // (SHARE * len(workers))
        chunk = tasks[start : start + max(1, min(fair, most))]
        if chunk:
            busy[worker.connection] = worker, start
            start += len(chunk)
            # One that is dead by now will be found out when its results are read.
            with contextlib.suppress(OSError):
                worker.connection.send(chunk)

    for worker in workers:
        hand_out(worker)
    while busy:
        for connection in wait([worker.connection for worker, _ in busy.values()]):
            worker, first = busy.pop(connection)
            try:
                results = worker.connection.recv()
            except (EOFError, OSError):
                raise WorkerLost(_how_it_ended(worker.process)) from None
            hand_out(worker)
            yield from enumerate(results, first)


def _how_it_ended(process: "BaseProcess") -> str:
    process.join()
    code = process.exitcode or 0
    how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
    return f"one of the processes that share the work {how}; the run is not complete"


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C do nothing to processes that are starting: each would tell where it was."""
    import signal

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
