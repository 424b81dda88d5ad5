"""The files of a run among each other: what each tells, and what is judged by it.

A file is judged alone first, while it is read. Once it is known what all of them tell, those are
judged again whose rules have asked for something that is answered in another way now: most files
are read once. What writes files waits until all is known.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from k8s_lsp.cli.one_file import read_facts
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, run_tasks
from k8s_lsp.files.errors import FileError
from k8s_lsp.kubernetes.queries import (
    NO_SURROUNDINGS,
    Asked,
    Reach,
    Surroundings,
    still_holds,
)
from k8s_lsp.workspace.index import NO_INDEX, FileFacts, Index

Result = TypeVar("Result")


class Judged(NamedTuple, Generic[Result]):
    """What comes of a file, what it tells others, and what was asked of others to judge it."""

    result: Result
    facts: FileFacts = FileFacts()
    asked: Asked | None = None


Judge = Callable[[Task, Surroundings], Judged[Result]]


@contextlib.contextmanager
def run_in_context(
    judge: Judge[Result],
    gathered: Gathered,
    progress: Progress,
    *,
    writes: bool,
    is_late: bool = False,
) -> Iterator[Iterator[Result]]:
    """Give what `judge` makes of each task, in the order of the tasks, by all that they tell.

    One that `is_late` is asked once all is known, as one that `writes` has to be; the others are
    asked before, and at most once more.
    """
    is_late = is_late or writes
    tasks, around = gathered.tasks, gathered.around
    is_shared = not gathered.has_standard_input
    if not around and sum(task.place is not None for task in tasks) < 2:
        # A file that is alone is told at once.
        work: Callable[[Task], Result] = partial(_alone, judge=judge)
        with run_tasks(work, tasks, progress, is_shared=is_shared and not writes) as alone:
            yield alone
        return
    first = partial(_first, judge=None if is_late else judge, named=len(tasks))
    numbered = list(enumerate((*tasks, *around)))
    with run_tasks(first, numbered, progress, is_shared=is_shared) as found:
        firsts = list(found)
    index = _index_of([task for _, task in numbered], firsts)
    again = [
        number
        for number, task in enumerate(tasks)
        if is_late or not _holds(task, firsts[number], index)
    ]
    work = partial(_again, judge=judge, index=index)
    with run_tasks(
        work, [tasks[number] for number in again], progress, is_shared=is_shared and not writes
    ) as results:
        yield _merged(firsts, again, results, len(tasks))


def _alone(task: Task, *, judge: Judge[Result]) -> Result:
    return judge(task, NO_SURROUNDINGS).result


def _first(
    numbered: tuple[int, Task], *, judge: Judge[Result] | None, named: int
) -> Judged[Result | None]:
    """What comes of a file alone; of one that is not to be judged, what it tells."""
    number, task = numbered
    if judge is not None and number < named:
        result, facts, asked = judge(task, NO_SURROUNDINGS)
        return Judged(result, facts, asked)
    if task.place is None:
        return Judged(None)
    try:
        return Judged(None, read_facts(task.source, task.place))
    except FileError:
        # It is told, if it is named, when it is read to be judged.
        return Judged(None)


def _again(task: Task, *, judge: Judge[Result], index: Index) -> Result:
    surroundings = NO_SURROUNDINGS if task.place is None else index.surroundings(task.place)
    return judge(task, surroundings).result


def _index_of(tasks: list[Task], firsts: list[Judged[Result | None]]) -> Index:
    return NO_INDEX.updated(
        {
            task.place: first.facts
            for task, first in zip(tasks, firsts, strict=True)
            if task.place is not None
        }
    )


def _holds(task: Task, first: Judged[Result | None], index: Index) -> bool:
    """Whether what came of a file alone is true among the others too."""
    if task.place is None or not first.asked:
        return True
    own = tuple([obj.in_file("", obj.uses, obj.place, obj.marks) for obj in first.facts.objects])
    return still_holds(first.asked, Reach(own, index.surroundings(task.place)))


def _merged(
    firsts: list[Judged[Result | None]], again: list[int], results: Iterator[Result], count: int
) -> Iterator[Result]:
    """The results in the order of the tasks: the second one where there is one."""
    second = set(again)
    for number in range(count):
        result = next(results) if number in second else firsts[number].result
        assert result is not None
        yield result
