"""`k8s-lsp check`: show what is wrong with manifests."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.exit_status import FAILED, FOUND, OK
from k8s_lsp.cli.output import by_path, print_error, print_read_errors
from k8s_lsp.cli.outputs import (
    Output,
    chosen_outputs,
    details_of,
    failing_severities,
    write_run,
)
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, gather_tasks, print_silence
from k8s_lsp.engine.results import asked_in
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.paths import SUFFIXES, from_here
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.reports.entries import Details, FileReport, file_report
from k8s_lsp.reports.formats import RunReport
from k8s_lsp.reports.text_report import Tally, counted, kind_note, tally_of
from k8s_lsp.workspace.file_facts import facts_of_analysis


def run(options: argparse.Namespace) -> int:
    """Check the files that the options name, and return the exit status; raises UsageError."""
    outputs = chosen_outputs(options)
    gathered = _without_outputs(gather_tasks(options), outputs)
    if options.fix and gathered.has_standard_input:
        raise UsageError(
            "k8s-lsp check: error: --fix cannot change standard input; k8s-lsp harden - can"
        )
    tally, fixed = Tally(), 0
    read_errors = list(gathered.read_errors)
    kept: list[list[Any]] = [[] for _ in outputs]
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks) + len(gathered.around))
    shows = tuple(output.format.of_file for output in outputs)
    work = partial(_check_file, shows=shows, details=details_of(outputs), fix=options.fix)
    with run_in_context(work, gathered, progress, writes=options.fix) as results:
        for checked in results:
            tally.add(checked.tally)
            fixed += checked.is_fixed
            read_errors += checked.errors
            if notes is not None and checked.note:
                notes.append(checked.note)
            for output, files, shown in zip(outputs, kept, checked.shown, strict=False):
                if not output.is_streamed:
                    files.append(shown)
                elif shown:
                    progress.clear()
                    sys.stdout.write(shown)
    report = RunReport(
        tally,
        sorted(read_errors, key=by_path),
        sorted(gathered.configuration_errors, key=by_path),
        Counter(reason for _, reason in gathered.left_out),
        _status(tally, read_errors or gathered.configuration_errors, options.fail_on),
    )
    told, not_written = _write(outputs, kept, report)
    if fixed:
        print_error(f"safe fixes changed {counted(fixed, 'file')}")
    print_silence(gathered, read_errors, tally, notes)
    for note in told:
        print_error(note)
    print_read_errors(not_written)
    return FAILED if not_written else report.status


def _without_outputs(gathered: Gathered, outputs: Sequence[Output]) -> Gathered:
    """What there is to do, but for files of folders that an earlier run wrote, and this one will.

    Raises UsageError where one was named: it is there to be read.
    """
    written = {
        os.path.realpath(output.path)
        for output in outputs
        if output.path is not None and output.path.endswith(SUFFIXES)
    }
    if not written:
        return gathered
    for path in gathered.paths:
        if os.path.realpath(path) in written:
            raise UsageError(f"k8s-lsp check: error: --output: {path} is to be checked, too")
    tasks = [
        task
        for task in gathered.tasks
        if task.source.place is None or os.path.realpath(task.source.place) not in written
    ]
    return gathered._replace(tasks=tasks)


def _status(tally: Tally, errors: Sequence[ReadError], fail_on: str) -> int:
    if errors:
        return FAILED
    is_failing = any(tally.severities[severity] for severity in failing_severities(fail_on))
    return FOUND if is_failing else OK


def _write(
    outputs: Sequence[Output], kept: Sequence[list[Any]], report: RunReport
) -> tuple[list[str], list[ReadError]]:
    """Write all outputs, and give what is to be said of them, and which could not be written."""
    told: list[str] = []
    errors: list[ReadError] = []
    for output, files in zip(outputs, kept, strict=True):
        try:
            told += write_run(output, files, report)
        except FileError as error:
            errors.append(ReadError(output.path or "<stdout>", str(error)))
    return told, errors


class _Checked(NamedTuple):
    """What was found in a file, `shown` in each output format: small, for it may be kept.

    `note` says what kind of file it is, where little can be found in it.
    """

    errors: list[ReadError]
    tally: Tally
    shown: tuple[Any, ...] = ()
    is_fixed: bool = False
    note: str | None = None


def _check_file(
    task: Task,
    surroundings: Surroundings,
    *,
    shows: Sequence[Callable[[FileReport, str], Any]],
    details: Details,
    fix: bool,
) -> Judged[_Checked]:
    path = task.source.path
    try:
        file = one_file.analyze_file(task.source, task.settings, surroundings)
    except FileError as error:
        return Judged(_Checked([ReadError(path, str(error))], Tally()))
    analysis = file.analysis
    not_fixed: list[ReadError] = []
    if fix:
        try:
            analysis = one_file.rewrite(file, one_file.fix_all, write=True).analysis
        except FileError as error:
            not_fixed.append(ReadError(path, str(error)))
    report = file_report(path, analysis, from_here, **details._asdict())
    checked = _Checked(
        [ReadError(path, message) for message in report.errors] + not_fixed,
        tally_of(report),
        tuple([show(report, analysis.text) for show in shows]),
        analysis.text != file.analysis.text,
        kind_note(report),
    )
    if task.place is None or fix:
        return Judged(checked)
    facts = facts_of_analysis(task.place.path, analysis)
    return Judged(checked, facts, asked_in(analysis))
