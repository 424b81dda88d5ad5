"""What judges parts: the cores of this machine, or the workers of a Dask cluster."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

from k8s_lsp.cli import pool
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.batch_parts import Done, Part
from k8s_lsp.cli.output import print_error

ATTEMPTS: Final = 3
"""How often a part is begun whose process ended before it was done, as for want of memory."""

Work = Callable[[Part], Done]


def on_all_cores(work: Work, parts: Sequence[Part], processes: int) -> Iterator[Done]:
    """What becomes of each part, in any order. Raises WorkerLost where processes go on ending."""
    waiting = dict(enumerate(parts))
    for attempt in range(ATTEMPTS):
        numbers = list(waiting)
        try:
            # The libraries of tables have threads, and a copy of a process would not have them.
            with pool.worker_pool(
                work,
                [waiting[number] for number in numbers],
                processes,
                start_method="spawn",
                chunk=1,
            ) as results:
                for index, done in results:
                    del waiting[numbers[index]]
                    yield done
                return
        except pool.WorkerLost as error:
            if attempt == ATTEMPTS - 1:
                raise
            print_error(f"{error}; the parts that it left are begun again")


def on_dask(work: Work, parts: Sequence[Part], scheduler: str) -> Iterator[Done]:
    """What becomes of each part, in any order; raises UsageError where there is no such cluster.

    A part whose worker is lost is done by another one: Dask sees to that. Its `allowed-failures`
    say how often.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise _usage_error("--scheduler needs Dask: pip install distributed") from None
    try:
        client = distributed.Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise _usage_error(f"--scheduler: {scheduler} does not answer: {error}") from None
    with contextlib.closing(client):
        # Others may judge the same parts at the same time, by other settings: keys are new.
        futures = client.map(work, parts, pure=False, retries=0)
        waiting = dict(zip(futures, parts, strict=True))
        for future in distributed.as_completed(futures):
            part = waiting.pop(future)
            lost = future.exception() if future.status == "error" else None
            yield future.result() if lost is None else Done(part, None, error=repr(lost))
            future.release()


def _usage_error(why: str) -> UsageError:
    return UsageError(f"k8s-lsp batch: error: {why}")
