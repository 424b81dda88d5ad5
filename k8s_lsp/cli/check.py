"""`k8s-lsp check`: show what is wrong with manifests."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

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
from k8s_lsp.reports.running import told_once
from k8s_lsp.reports.text_report import Tally, counted, kind_note, tally_of
from k8s_lsp.workspace.file_facts import facts_of_analysis

if TYPE_CHECKING:
    from k8s_lsp.cli.earlier import Earlier
    from k8s_lsp.reports.known_findings import Located

Shows: TypeAlias = Sequence[Callable[[FileReport, str], Any]]
"""From the report of a file and its text to what each output says of it."""


def run(options: argparse.Namespace) -> int:
    """Check the files that the options name, and return the exit status; raises UsageError."""
    outputs = chosen_outputs(options)
    gathered = _without_outputs(gather_tasks(options), outputs)
    if options.fix and gathered.has_standard_input:
        raise UsageError(
            "k8s-lsp check: error: --fix cannot change standard input; k8s-lsp harden - can"
        )
    earlier, gathered = _earlier(options, gathered)
    tally, fixed = Tally(), 0
    read_errors = list(gathered.read_errors)
    kept: list[list[Any]] = [[] for _ in outputs]
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks) + len(gathered.around))
    shows = tuple(output.format.of_file for output in outputs)
    is_compared = earlier is not None
    details = details_of(outputs, identify=is_compared)
    work = partial(
        _check_file, shows=shows, details=details, fix=options.fix, is_compared=is_compared
    )
    with run_in_context(work, gathered, progress, writes=options.fix) as results:
        compared = None if earlier is None else _compare(earlier, gathered, results, shows, options)
        for checked in results if compared is None else compared.checked:
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
    is_whole = not (report.errors or not_written)
    if earlier is not None and compared is not None:
        is_whole = _end(earlier, compared, is_whole=is_whole)
    return report.status if is_whole else FAILED


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

    `note` says what kind of file it is, where little can be found in it. Where findings are
    compared with earlier ones, nothing is counted and shown yet, and the `report` and its `text`
    are there for that.
    """

    errors: list[ReadError]
    tally: Tally
    shown: tuple[Any, ...] = ()
    is_fixed: bool = False
    note: str | None = None
    report: FileReport | None = None
    text: str = ""


class _Compared(NamedTuple):
    """What was found in all files, of which only now is known what is new."""

    checked: list[_Checked]
    found: "list[Located]"
    gone: "list[Located]"


def _earlier(options: argparse.Namespace, gathered: Gathered) -> "tuple[Earlier | None, Gathered]":
    """What the run is compared with, and what there is to do then; raises UsageError."""
    asked = (options.diff_base, options.known_findings, options.write_known_findings)
    if asked == (None, None, None):
        return None, gathered
    # Most runs compare with nothing.
    from k8s_lsp.cli.earlier import earlier_of, without_file

    earlier = earlier_of(options, gathered)
    return earlier, without_file(earlier, gathered)


def _compare(
    earlier: "Earlier",
    gathered: Gathered,
    results: Iterable[_Checked],
    shows: Shows,
    options: argparse.Namespace,
) -> _Compared:
    """Tell what is new, which no file tells by itself, and show it."""
    from k8s_lsp.cli.earlier import with_states

    checked = list(results)
    told = with_states(earlier, gathered, [each.report for each in checked], options)
    for number, report in enumerate(told.reports):
        if report is not None:
            text = checked[number].text
            shown = tuple(show(report, text) for show in shows)
            checked[number] = checked[number]._replace(tally=tally_of(report), shown=shown)
    return _Compared(checked, told.found, told.gone)


def _end(earlier: "Earlier", compared: _Compared, *, is_whole: bool) -> bool:
    """Say what is gone, and write what is known if that is asked for; whether all went well."""
    from k8s_lsp.cli.earlier import print_gone, write_known_findings

    print_gone(earlier, compared.gone)
    return write_known_findings(earlier, compared.found, is_whole=is_whole) and is_whole


def _check_file(
    task: Task,
    surroundings: Surroundings,
    *,
    shows: Shows,
    details: Details,
    fix: bool,
    is_compared: bool,
) -> Judged[_Checked]:
    path = task.source.path
    try:
        read = one_file.read_file(task.source)
    except FileError as error:
        return Judged(_Checked([ReadError(path, str(error))], Tally()))
    parts = (
        None
        if fix
        else one_file.check_parts(read, task.settings, task.place, surroundings, details._asdict())
    )
    if parts is not None:
        checked = _shown(parts.report, read.text, shows, is_compared=is_compared)
        return Judged(checked, parts.facts, parts.asked)
    file = one_file.analyze_read(read, task.settings, surroundings)
    analysis = file.analysis
    not_fixed: list[ReadError] = []
    if fix:
        try:
            analysis = one_file.rewrite(file, one_file.fix_all, write=True).analysis
        except FileError as error:
            not_fixed.append(ReadError(path, str(error)))
    report = file_report(path, analysis, from_here, **details._asdict())
    checked = _shown(report, analysis.text, shows, is_compared=is_compared)
    checked = checked._replace(
        errors=checked.errors + not_fixed, is_fixed=analysis.text != file.analysis.text
    )
    if task.place is None or fix:
        return Judged(checked)
    facts = facts_of_analysis(task.place.path, analysis, locates_names=False)
    return Judged(checked, facts, asked_in(analysis))


def _shown(report: FileReport, text: str, shows: Shows, *, is_compared: bool) -> _Checked:
    """What is told of a file, in each output; not yet where it is to be compared."""
    report = told_once(report)
    checked = _Checked(
        [ReadError(report.path, message) for message in report.errors],
        Tally() if is_compared else tally_of(report),
        () if is_compared else tuple([show(report, text) for show in shows]),
        note=kind_note(report),
    )
    if not is_compared:
        return checked
    # Only what has findings needs its text to be shown.
    return checked._replace(report=report, text=text if report.entries or report.ignored else "")
