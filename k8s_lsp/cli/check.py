"""`k8s-lsp check`: show what is wrong with manifests."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.exit_status import FAILED, FOUND, OK
from k8s_lsp.cli.output import by_path, print_error, wants_colour
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Task, gather_tasks, print_silence
from k8s_lsp.engine.results import asked_in
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.paths import from_here
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.reports import text_report
from k8s_lsp.reports.entries import FileReport, file_report
from k8s_lsp.reports.json_report import file_json, findings_json
from k8s_lsp.reports.text_report import Tally, counted, kind_note, tally_of
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.workspace.file_facts import facts_of_analysis

Show = Callable[[FileReport, str], str]
"""From the report of a file and its text to what the output says of it."""


def run(options: argparse.Namespace) -> int:
    """Check the files that the options name, and return the exit status; raises UsageError."""
    gathered = gather_tasks(options)
    if options.fix and gathered.has_standard_input:
        raise UsageError(
            "k8s-lsp check: error: --fix cannot change standard input; k8s-lsp harden - can"
        )
    as_text = options.output_format == "text"
    colour = as_text and wants_colour(sys.stdout)
    show: Show = partial(text_report.file_text, colour=colour) if as_text else file_json
    tally, fixed = Tally(), 0
    read_errors = list(gathered.read_errors)
    findings: list[str] = []
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks) + len(gathered.around))
    work = partial(_check_file, show=show, fix=options.fix)
    with run_in_context(work, gathered, progress, writes=options.fix) as results:
        for checked in results:
            tally.add(checked.tally)
            fixed += checked.is_fixed
            read_errors += checked.errors
            if notes is not None and checked.note:
                notes.append(checked.note)
            # Text is told file by file, so that only what is told at the end needs to be kept.
            if not as_text:
                findings.append(checked.shown)
            elif checked.shown:
                progress.clear()
                sys.stdout.write(checked.shown)
    if not as_text:
        errors = sorted(read_errors + gathered.configuration_errors, key=by_path)
        sys.stdout.writelines(findings_json(findings, errors, tally.files))
    elif tally.files:
        print(text_report.summary(tally))
    if fixed:
        print_error(f"safe fixes changed {counted(fixed, 'file')}")
    print_silence(gathered, read_errors, tally, notes)
    if read_errors or gathered.configuration_errors:
        return FAILED
    return FOUND if _fails(tally, options.fail_on) else OK


def _fails(tally: Tally, fail_on: str) -> bool:
    """Whether there are findings at or above the severity that makes the run fail."""
    if fail_on == "never":
        return False
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(tally.severities[severity] for severity in failing)


class _Checked(NamedTuple):
    """What was found in a file, `shown` in the output format: small, for it may be kept.

    `note` says what kind of file it is, where little can be found in it.
    """

    errors: list[ReadError]
    tally: Tally
    shown: str = ""
    is_fixed: bool = False
    note: str | None = None


def _check_file(
    task: Task, surroundings: Surroundings, *, show: Show, fix: bool
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
    report = file_report(path, analysis, from_here)
    checked = _Checked(
        [ReadError(path, message) for message in report.errors] + not_fixed,
        tally_of(report),
        show(report, analysis.text),
        analysis.text != file.analysis.text,
        kind_note(report),
    )
    if task.place is None or fix:
        return Judged(checked)
    facts = facts_of_analysis(task.place.path, analysis)
    return Judged(checked, facts, asked_in(analysis))
