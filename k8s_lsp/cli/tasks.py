"""What `check` and `harden` do alike: they find out what there is to do, and run over it."""

import argparse
import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from k8s_lsp.cli import pool
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.configurations import Configurations
from k8s_lsp.cli.output import (
    print_configuration_errors,
    print_error,
    print_left_out,
    print_nothing_to_check,
    print_read_errors,
    print_warnings,
)
from k8s_lsp.cli.progress import Progress
from k8s_lsp.configuration.choices import Values
from k8s_lsp.files.errors import ReadError
from k8s_lsp.files.reading import Source
from k8s_lsp.files.roots import Roots
from k8s_lsp.files.walking import LOOKED_THROUGH, FoundFile, FoundFiles, LeftOut, find_files
from k8s_lsp.kubernetes.versions import NEWEST, is_newer_than_known
from k8s_lsp.reports.text_report import Tally, patches_note, templates_note
from k8s_lsp.settings import Settings
from k8s_lsp.workspace.index import FilePlace

Result = TypeVar("Result")
Work = TypeVar("Work")

DEFAULTS = Settings()


class Task(NamedTuple):
    """A file to read, and the settings that hold for it.

    `place` is where it stands among others, None for one that stands alone.
    """

    source: Source
    settings: Settings
    place: FilePlace | None = None


class Gathered(NamedTuple):
    """What there is to do, the paths with nothing behind them, and what is wrong with settings.

    `paths` are those that were named, or the one that stands for none. `left_out` are manifests
    that they hold and that are not read: all of them where `all_counted`. `around` are the files
    that belong together with those, and are not judged. `configurations` tell the settings of
    other files.
    """

    tasks: list[Task]
    paths: list[str]
    read_errors: list[ReadError]
    configuration_errors: list[ReadError]
    left_out: list[LeftOut]
    all_counted: bool
    around: list[Task]
    configurations: Configurations

    @property
    def has_standard_input(self) -> bool:
        """Whether one of the files is standard input."""
        return any(task.source.place is None for task in self.tasks)


def gather_tasks(options: argparse.Namespace) -> Gathered:
    """Find the files and their settings, and say what is wrong with these; raises UsageError."""
    configurations = configurations_for(options)
    paths = options.paths or ["."]
    find = partial(
        find_files,
        exclude=options.exclude,
        use_gitignore=not options.no_ignore,
        stdin_name=options.stdin_filename,
        layers_of=configurations.of,
    )
    found = find(paths, looked_through=None if options.verbose else LOOKED_THROUGH)
    named = frozenset(os.path.realpath(path) for path in paths if Path(path).is_dir())
    roots = None if options.no_context else Roots(named, are_bounds=False)
    tasks = [
        Task(file.source, configurations.settings_for(file), _place_of(file, roots))
        for file in found.files
    ]
    errors = print_configuration_errors(configurations.broken())
    print_warnings(found.warnings)
    around = _around(tasks, named, roots, find)
    return Gathered(
        tasks,
        paths,
        found.errors,
        errors,
        found.left_out,
        found.all_counted,
        around,
        configurations,
    )


def _place_of(file: FoundFile, roots: Roots | None) -> FilePlace | None:
    """Where a file stands among others; standard input stands alone."""
    place = file.source.place
    if roots is None or place is None:
        return None
    return roots.place_of(f"{file.folder}{os.sep}{os.path.split(place)[1]}")


def _around(
    tasks: Sequence[Task],
    named: Collection[str],
    roots: Roots | None,
    find: Callable[..., FoundFiles],
) -> list[Task]:
    """The files that belong together with those of some tasks, and are none of them.

    What keeps one of these from being read is no business of a run that does not name it.
    """
    known = {task.place.path for task in tasks if task.place is not None}
    tops = {task.place.top for task in tasks if task.place is not None}
    missing = sorted(top for top in tops if not _is_within(os.path.normpath(top), named))
    if roots is None or not missing:
        return []
    around = []
    for file in find(missing, looked_through=0).files:
        place = _place_of(file, roots)
        if place is not None and place.top in tops and place.path not in known:
            around.append(Task(file.source, DEFAULTS, place))
    return around


def _is_within(place: str, folders: Collection[str]) -> bool:
    """Whether a place is one of some folders, or lies below one."""
    return any(place == folder or place.startswith(folder + os.sep) for folder in folders)


@contextlib.contextmanager
def run_tasks(
    work: Callable[[Work], Result],
    tasks: Sequence[Work],
    progress: Progress,
    *,
    is_shared: bool,
    weight: int = 1,
) -> Iterator[Iterator[Result]]:
    """Give the results of `work` in the order of the tasks, each as soon as it can be.

    Where it `is_shared`, it is shared out among processes if there is enough of it: no other
    process reads what comes in, or writes files. The `weight` is of how many usual files each is.
    """
    processes = pool.processes_for(weight * len(tasks)) if is_shared else 1
    with pool.worker_pool(work, tasks, processes) as results:
        yield pool.in_order(progress.over(results))


def print_silence(
    gathered: Gathered, read_errors: Sequence[ReadError], tally: Tally, notes: Sequence[str] | None
) -> None:
    """Say, at the end of a run, what was not read, or not whole, and why.

    `notes` names files of which little can be found, where that is asked for: then what is left
    out is named too.
    """
    print_read_errors(read_errors)
    is_all_read = gathered.all_counted and not gathered.left_out
    if not gathered.tasks and not read_errors:
        print_nothing_to_check(gathered.paths, is_some_left_out=not is_all_read)
    for note in notes or ():
        print_error(note)
    if tally.templates:
        print_error(templates_note(tally.templates))
    if tally.patches:
        print_error(patches_note(tally.patches))
    by_name = notes is not None
    if not is_all_read:
        print_left_out(gathered.left_out, all_counted=gathered.all_counted, by_name=by_name)


def configurations_for(options: argparse.Namespace) -> Configurations:
    """The settings that the options name, and those of the files that they leave to count."""
    chosen, only = chosen_values(options), only_configuration(options)
    return Configurations(chosen, only=only, use_files=not options.no_config)


def chosen_values(options: argparse.Namespace) -> Values:
    """What the command line chooses of the settings; a version that is too new is warned of."""
    version = options.kubernetes_version
    if version is not None and is_newer_than_known(version):
        print_error(
            f"warning: Kubernetes {version} is newer than {NEWEST}, the newest version that these "
            f"rules know; judging by {NEWEST}"
        )
    chosen: Values = {"rules": {slug: {"severity": level} for slug, level in options.rules}}
    if options.profile is not None:
        chosen["profile"] = options.profile
    if version is not None:
        chosen["kubernetes-version"] = version
    return chosen


def only_configuration(options: argparse.Namespace) -> Path | None:
    """The one configuration file that counts, where one is named; raises UsageError."""
    only = None if options.config is None else Path(options.config)
    if only is not None and not only.is_file():
        is_other = "is not a regular file" if only.exists() else "no such file"
        why = "is a folder" if only.is_dir() else is_other
        raise UsageError(f"{options.parser.prog}: error: --config: {options.config}: {why}")
    return only
