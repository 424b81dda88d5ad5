"""`k8s-lsp check`: show what is wrong with manifests."""

import argparse
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.exit_status import FAILED, FOUND, OK
from k8s_lsp.cli.output import by_path, print_error, wants_colour
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, gather_tasks, print_silence
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

if TYPE_CHECKING:
    from k8s_lsp.cli.earlier import Earlier
    from k8s_lsp.reports.known_findings import Located

Show = Callable[[FileReport, str], str]
"""From the report of a file and its text to what the output says of it."""


def run(options: argparse.Namespace) -> int:
    """Check the files that the options name, and return the exit status; raises UsageError."""
    gathered = gather_tasks(options)
    if options.fix and gathered.has_standard_input:
        raise UsageError(
            "k8s-lsp check: error: --fix cannot change standard input; k8s-lsp harden - can"
        )
    earlier, gathered = _earlier(options, gathered)
    as_text = options.output_format == "text"
    colour = as_text and wants_colour(sys.stdout)
    show: Show = partial(text_report.file_text, colour=colour) if as_text else file_json
    tally, fixed = Tally(), 0
    read_errors = list(gathered.read_errors)
    findings: list[str] = []
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks) + len(gathered.around))
    work = partial(_check_file, show=show, fix=options.fix, identify=earlier is not None)
    with run_in_context(work, gathered, progress, writes=options.fix) as results:
        compared = None if earlier is None else _compare(earlier, gathered, results, show, options)
        for checked in results if compared is None else compared.checked:
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
    is_whole = not (read_errors or gathered.configuration_errors)
    if earlier is not None and compared is not None:
        is_whole = _end(earlier, compared, is_whole=is_whole)
    if not is_whole:
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

    `note` says what kind of file it is, where little can be found in it. Where findings are
    compared with earlier ones, nothing is counted and shown yet, and the `report` and its `text`
    are there for that.
    """

    errors: list[ReadError]
    tally: Tally
    shown: str = ""
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
    show: Show,
    options: argparse.Namespace,
) -> _Compared:
    """Tell what is new, which no file tells by itself, and show it."""
    from k8s_lsp.cli.earlier import with_states

    checked = list(results)
    told = with_states(earlier, gathered, [each.report for each in checked], options)
    for number, report in enumerate(told.reports):
        if report is not None:
            shown = show(report, checked[number].text)
            checked[number] = checked[number]._replace(tally=tally_of(report), shown=shown)
    return _Compared(checked, told.found, told.gone)


def _end(earlier: "Earlier", compared: _Compared, *, is_whole: bool) -> bool:
    """Say what is gone, and write what is known if that is asked for; whether all went well."""
    from k8s_lsp.cli.earlier import print_gone, write_known_findings

    print_gone(earlier, compared.gone)
    return write_known_findings(earlier, compared.found, is_whole=is_whole) and is_whole


def _check_file(
    task: Task, surroundings: Surroundings, *, show: Show, fix: bool, identify: bool
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
    report = file_report(path, analysis, from_here, identify=identify)
    checked = _Checked(
        [ReadError(path, message) for message in report.errors] + not_fixed,
        Tally() if identify else tally_of(report),
        "" if identify else show(report, analysis.text),
        analysis.text != file.analysis.text,
        kind_note(report),
    )
    if identify:
        # Only what has findings needs its text to be shown.
        text = analysis.text if report.entries else ""
        checked = checked._replace(report=report, text=text)
    if task.place is None or fix:
        return Judged(checked)
    facts = facts_of_analysis(task.place.path, analysis)
    return Judged(checked, facts, asked_in(analysis))
