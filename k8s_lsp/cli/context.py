"""The files of a run among each other: what each tells, and what is judged by it.

Files are judged while they are read, by what is known of the others then. Once it is known what all
of them tell, those are judged again whose rules have asked for something that is answered in
another way now. What most of these ask for are the few bindings: where files that hold some come
first, most files are read once. What writes files waits until all is known.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from posixpath import basename
from typing import Final, Generic, TypeAlias, TypeVar

from k8s_lsp.cli.one_file import read_facts
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, run_tasks
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.reading import BYTES_LIMIT, read_regular_bytes
from k8s_lsp.kubernetes.queries import (
    NO_SURROUNDINGS,
    Asked,
    Reach,
    Surroundings,
    still_holds,
)
from k8s_lsp.workspace.file_facts import TOOLS
from k8s_lsp.workspace.index import NO_INDEX, FileFacts, Index

Result = TypeVar("Result")
Made = TypeVar("Made", covariant=True)

_NO_FACTS: Final = FileFacts()


@dataclass(frozen=True, eq=False)
class Judged(Generic[Made]):
    """What comes of a file, what it tells others, and what was asked of others to judge it."""

    result: Made
    facts: FileFacts = _NO_FACTS
    asked: Asked | None = None


_Numbered: TypeAlias = tuple[int, Task]

Judge = Callable[[Task, Surroundings], Judged[Result]]


@contextlib.contextmanager
def run_in_context(
    judge: Judge[Result],
    gathered: Gathered,
    progress: Progress,
    *,
    writes: bool,
    is_late: bool = False,
    is_shared: bool = True,
) -> Iterator[Iterator[Result]]:
    """Give what `judge` makes of each task, in the order of the tasks, by all that they tell.

    One that `is_late` is asked once all is known, as one that `writes` has to be; the others are
    asked before, and at most once more. The work `is_shared` out among processes where it can be,
    unless the caller is such a process itself.
    """
    tasks, around = gathered.tasks, gathered.around
    is_shared = is_shared and not gathered.has_standard_input
    if not around and sum(task.place is not None for task in tasks) < 2:
        # A file that is alone is told at once.
        work: Callable[[Task], Result] = partial(_alone, judge=judge)
        with run_tasks(work, tasks, progress, is_shared=is_shared and not writes) as alone:
            yield alone
        return
    is_late = is_late or writes
    numbered = list(enumerate((*tasks, *around)))
    index = NO_INDEX
    firsts: dict[int, Judged[Result | None]] = {}
    for part, weight in _parts(numbered, len(tasks), is_late=is_late):
        first = partial(_first, judge=None if is_late else judge, named=len(tasks), index=index)
        with run_tasks(first, part, progress, is_shared=is_shared, weight=weight) as found:
            firsts.update(zip((number for number, _ in part), found, strict=True))
        index = index.updated(
            {task.place: firsts[number].facts for number, task in part if task.place is not None}
        )
    again = [
        number
        for number, task in enumerate(tasks)
        if is_late or not _holds(task, firsts[number], index)
    ]
    work = partial(_again, judge=judge, index=index)
    todo = [tasks[number] for number in again]
    is_shared = is_shared and not writes
    weight = 1 if is_late else _WEIGHT
    with run_tasks(work, todo, progress, is_shared=is_shared, weight=weight) as results:
        yield _merged(firsts, again, results, len(tasks))


def read_index(gathered: Gathered) -> Index:
    """What all files of a run tell, for a caller that asks about one after the other."""
    places = {}
    for task in (*gathered.tasks, *gathered.around):
        if task.place is not None:
            places[task.place] = _first((0, task), judge=None, named=0, index=NO_INDEX).facts
    return NO_INDEX.updated(places)


_BINDINGS: Final = b"RoleBinding"
"""What a file says that holds a binding of an account."""

_WEIGHT: Final = 3
"""Of how many usual files one is that is judged before or after the others: these are large."""

_MANY: Final = 64
"""From how many files on each is looked at for bindings, before it is read."""


def _parts(
    numbered: list[_Numbered], named: int, *, is_late: bool
) -> list[tuple[list[_Numbered], int]]:
    """The tasks in the order in which files are read: those first by which others are judged.

    Each part has the weight of one of its tasks.

    They are the files around, and where there are many, what tells how images are tagged, which is
    small and asked for by the largest, and then those with bindings. Of 3,624 files these are 171,
    and 88 are judged twice then instead of 408: a check takes 10 percent less.
    """
    if is_late:
        return [(numbered, 1)]
    tools: list[_Numbered] = []
    early: list[_Numbered] = []
    others: list[_Numbered] = []
    for number, task in numbered:
        if named >= _MANY and task.place is not None and basename(task.place.path) in TOOLS:
            tools.append((number, task))
        elif number >= named or (named >= _MANY and _holds_binding(task)):
            early.append((number, task))
        else:
            others.append((number, task))
    return [(tools, 1), (early, _WEIGHT), (others, 1)]


def _holds_binding(task: Task) -> bool:
    """Whether a file may hold a binding: one that cannot be read twice, or at all, holds none."""
    if task.place is None or task.source.place is None:
        return False
    try:
        return _BINDINGS in read_regular_bytes(task.source.place, BYTES_LIMIT)
    except FileError:
        return False


def _alone(task: Task, *, judge: Judge[Result]) -> Result:
    return judge(task, NO_SURROUNDINGS).result


def _first(
    numbered: _Numbered, *, judge: Judge[Result] | None, named: int, index: Index
) -> Judged[Result | None]:
    """What comes of a file among those of the index; of one not to be judged, what it tells."""
    number, task = numbered
    if judge is not None and number < named:
        return judge(task, surroundings_of(task, index))
    if task.place is None:
        return Judged(None)
    try:
        return Judged(None, read_facts(task.source, task.place))
    except FileError:
        # It is told, if it is named, when it is read to be judged.
        return Judged(None)


def _again(task: Task, *, judge: Judge[Result], index: Index) -> Result:
    return judge(task, surroundings_of(task, index)).result


def surroundings_of(task: Task, index: Index) -> Surroundings:
    """What the files of an index tell the file of a task."""
    return NO_SURROUNDINGS if task.place is None else index.surroundings(task.place)


def _holds(task: Task, first: Judged[Result | None], index: Index) -> bool:
    """Whether what came of a file among some is true among all of them too."""
    if task.place is None or not first.asked:
        return True
    own = tuple([obj.in_file("", obj.uses, obj.place, obj.marks) for obj in first.facts.objects])
    return still_holds(first.asked, Reach(own, index.surroundings(task.place)))


def _merged(
    firsts: Mapping[int, Judged[Result | None]],
    again: list[int],
    results: Iterator[Result],
    count: int,
) -> Iterator[Result]:
    """The results in the order of the tasks: the second one where there is one."""
    second = set(again)
    for number in range(count):
        result = next(results) if number in second else firsts[number].result
        assert result is not None
        yield result
