"""What `check` and `harden` do alike: they find out what there is to do, and run over it."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from k8s_lsp.cli import pool
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.configurations import Configurations
from k8s_lsp.cli.output import print_configuration_errors, print_error
from k8s_lsp.cli.progress import Progress
from k8s_lsp.configuration.reading import Values
from k8s_lsp.files.errors import ReadError
from k8s_lsp.files.reading import Source
from k8s_lsp.files.walking import find_files
from k8s_lsp.kubernetes.versions import NEWEST, is_newer_than_known
from k8s_lsp.settings import Settings

Result = TypeVar("Result")


class Task(NamedTuple):
    """A file to read, and the settings that hold for it."""

    source: Source
    settings: Settings


class Gathered(NamedTuple):
    """What there is to do, the paths with nothing behind them, and what is wrong with settings.

    `paths` are those that were named, or the one that stands for none.
    """

    tasks: list[Task]
    paths: list[str]
    read_errors: list[ReadError]
    configuration_errors: list[ReadError]

    @property
    def has_standard_input(self) -> bool:
        """Whether one of the files is standard input."""
        return any(task.source.place is None for task in self.tasks)


def gather_tasks(options: argparse.Namespace) -> Gathered:
    """Find the files and their settings, and say what is wrong with these; raises UsageError."""
    configurations = _configurations(options)
    paths = options.paths or ["."]
    files, missing = find_files(
        paths,
        exclude=options.exclude,
        use_gitignore=not options.no_ignore,
        stdin_name=options.stdin_filename,
        layers_of=configurations.of,
    )
    tasks = [Task(file.source, configurations.settings_for(file)) for file in files]
    return Gathered(tasks, paths, missing, print_configuration_errors(configurations.broken()))


@contextlib.contextmanager
def run_tasks(
    work: Callable[[Task], Result], gathered: Gathered, progress: Progress, *, writes: bool
) -> Iterator[Iterator[Result]]:
    """Give the results of `work` in the order of the tasks, each as soon as it can be.

    `work` is shared out among processes where there is enough of it, unless it writes files.
    """
    tasks = gathered.tasks
    # No other process reads what comes in, or writes files.
    is_alone = writes or gathered.has_standard_input
    processes = 1 if is_alone else pool.processes_for(len(tasks))
    with pool.worker_pool(work, tasks, processes) as results:
        yield pool.in_order(progress.over(results))


def _configurations(options: argparse.Namespace) -> Configurations:
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
    only = None if options.config is None else Path(options.config)
    if only is not None and not only.is_file():
        why = "is a folder" if only.is_dir() else "no such file"
        raise UsageError(f"k8s-lsp {options.command}: error: --config: {options.config}: {why}")
    return Configurations(chosen, only=only, use_files=not options.no_config)
