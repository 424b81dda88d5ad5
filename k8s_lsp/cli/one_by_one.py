"""The files of a check, about which a caller asks one after the other, as a test runner does.

What is found in them is what `check` finds when it is given the same paths and options.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from k8s_lsp.cli.arguments import UsageError, parse_arguments
from k8s_lsp.cli.context import read_index, surroundings_of
from k8s_lsp.cli.one_file import analyze_file
from k8s_lsp.cli.tasks import Task, gather_tasks
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.paths import from_here
from k8s_lsp.reports.entries import file_report
from k8s_lsp.reports.text_report import file_text, kind_note, printable
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.workspace.index import Index

_FITTING: Final = frozenset(
    "config exclude fail_on kubernetes_version no_config no_context no_ignore profile rules".split()
)
"""The options of `check` that change what is found in a file, or which files are read."""


class Verdict(NamedTuple):
    """What is told of one file.

    `text` has its findings as `check` shows them, and why it was not checked whole. `passes` says
    that nothing of that makes a run fail, and `why_nothing` why nothing can be found in it.
    """

    text: str
    passes: bool
    why_nothing: str | None = None


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """What options of `k8s-lsp check` ask for; raises UsageError where one does not fit here."""
    defaults = parse_arguments(["check"])
    options = parse_arguments(["check", *arguments])
    assert defaults is not None
    assert options is not None
    for name, value in vars(options).items():
        is_given = value != vars(defaults)[name]
        if is_given and name not in {*_FITTING, "parser"}:
            what = f"path {value[0]}" if name == "paths" else f"--{name.replace('_', '-')}"
            raise UsageError(f"k8s-lsp: error: {what} does not fit here; k8s-lsp check takes it")
    return options


class OneByOne:
    """The files that some paths hold, each judged when it is asked about, among all of them."""

    def __init__(self, options: argparse.Namespace, paths: Iterable[str]) -> None:
        """With what `options_of` gave; raises UsageError."""
        options = argparse.Namespace(**{**vars(options), "paths": list(paths)})
        self._fail_on: str = options.fail_on
        self._gathered = gather_tasks(options)
        self._tasks = {
            os.path.realpath(task.source.place): task
            for task in self._gathered.tasks
            if task.source.place is not None
        }

    @property
    def settings_errors(self) -> Sequence[ReadError]:
        """What is wrong with settings files, which fails a run."""
        return self._gathered.configuration_errors

    def holds(self, path: str) -> bool:
        """Whether `check` would read a file."""
        return os.path.realpath(path) in self._tasks

    def check(self, path: str) -> Verdict:
        """What is found in a file that it holds."""
        task = self._tasks[os.path.realpath(path)]
        try:
            return self._check(task)
        except FileError as error:
            return Verdict(_error(ReadError(task.source.path, str(error))), passes=False)

    def _check(self, task: Task) -> Verdict:
        surroundings = surroundings_of(task, self._index)
        analysis = analyze_file(task.source, task.settings, surroundings).analysis
        report = file_report(task.source.path, analysis, from_here)
        errors = [_error(ReadError(report.path, message)) for message in report.errors]
        fails = bool(errors) or any(self._is_failing(entry.severity) for entry in report.entries)
        text = "".join((file_text(report, analysis.text, colour=False), *errors)).rstrip()
        nothing = report.is_without_objects or report.is_encrypted
        return Verdict(text, not fails, kind_note(report) if nothing else None)

    def _is_failing(self, severity: str) -> bool:
        if self._fail_on == "never":
            return False
        return severity in SEVERITIES[: SEVERITIES.index(self._fail_on) + 1]

    @cached_property
    def _index(self) -> Index:
        return read_index(self._gathered)


def _error(error: ReadError) -> str:
    return f"error: {printable(error.path)}: {printable(error.message)}\n"
