"""`k8s-lsp harden`: apply the preferred fix of every finding, or show all of them as a diff."""

import argparse
import sys
from functools import partial
from typing import NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.output import by_path, wants_colour, write_output
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Gathered, Task, gather_tasks, print_silence
from k8s_lsp.engine.hardened import Hardened
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.paths import from_here
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.reports.entries import HardenedReport, hardened_report
from k8s_lsp.reports.hardened_report import (
    HardenedTally,
    hardened_file,
    hardened_json,
    hardened_summary,
    hardened_text,
)
from k8s_lsp.reports.text_report import kind_note


def run(options: argparse.Namespace) -> int:
    """Harden the files that the options name, and return the exit status; raises UsageError."""
    gathered = gather_tasks(options)
    as_json = options.output_format == "json"
    if as_json and gathered.has_standard_input and not options.diff:
        raise UsageError(
            "k8s-lsp harden: error: --output-format json and the hardened standard input both "
            "belong on standard output; add --diff"
        )
    writes = not options.diff
    tell = _Json(written=writes) if as_json else _Text(gathered, written=writes)
    tally = HardenedTally()
    read_errors = list(gathered.read_errors)
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks) + len(gathered.around))
    work = partial(_harden_file, write=writes)
    # What an edit overrules may be decided in another file: all are read before one is changed.
    with run_in_context(work, gathered, progress, is_late=True, writes=writes) as results:
        for hardened in results:
            read_errors += hardened.errors
            report = hardened.report
            if report is not None:
                tally.add(report, changed=hardened.is_changed)
                if notes is not None and (note := kind_note(report.after)) is not None:
                    notes.append(note)
            if not as_json:
                progress.clear()
            tell.file(hardened)
    tell.end(tally, sorted(read_errors + gathered.configuration_errors, key=by_path))
    print_silence(gathered, read_errors, tally.left, notes)
    return FAILED if read_errors or gathered.configuration_errors else OK


class _Hardened(NamedTuple):
    """What became of a file; the report is None where it could not be read.

    `output` belongs on standard output: a diff, or the hardened standard input.
    """

    errors: list[ReadError]
    report: HardenedReport | None = None
    output: str = ""
    is_changed: bool = False


class _Text:
    """Tells people, file by file.

    Standard output gets the diff, or the hardened standard input, and nothing else then.
    """

    def __init__(self, gathered: Gathered, *, written: bool) -> None:
        is_taken = not written or gathered.has_standard_input
        self._out = sys.stderr if is_taken else sys.stdout
        self._colour = wants_colour(self._out)
        self._written = written

    def file(self, hardened: _Hardened) -> None:
        if hardened.output:
            write_output(hardened.output)
        report = hardened.report
        if report is not None and (report.found or report.after.entries):
            changed = hardened.is_changed
            self._out.write(
                hardened_text(report, changed=changed, written=self._written, colour=self._colour)
            )

    def end(self, tally: HardenedTally, errors: list[ReadError]) -> None:
        if tally.left.files:
            print(hardened_summary(tally, written=self._written), file=self._out)


class _Json:
    """Tells programs, with one object in the end."""

    def __init__(self, *, written: bool) -> None:
        self._files: list[dict[str, str]] = []
        self._diff: list[str] = []
        self._written = written

    def file(self, hardened: _Hardened) -> None:
        self._diff.append(hardened.output)
        if hardened.report is not None:
            self._files.append(hardened_json(hardened.report))

    def end(self, tally: HardenedTally, errors: list[ReadError]) -> None:
        diff = None if self._written else "".join(self._diff)
        pieces = hardened_file(self._files, errors, tally, written=self._written, diff=diff)
        sys.stdout.writelines(pieces)


def _harden_file(task: Task, surroundings: Surroundings, *, write: bool) -> Judged[_Hardened]:
    path = task.source.path
    try:
        file = one_file.analyze_file(task.source, task.settings, surroundings)
    except FileError as error:
        return Judged(_Hardened([ReadError(path, str(error))]))
    errors: list[ReadError] = []
    before = file.analysis
    try:
        hardened = one_file.rewrite(file, one_file.harden, write=write)
    except FileError as error:
        hardened = Hardened(before)
        errors.append(ReadError(path, str(error)))
    report = hardened_report(path, before, hardened, written=write, seen=from_here)
    errors[:0] = (ReadError(path, message) for message in report.after.errors)
    output = ""
    if not write:
        from k8s_lsp.reports.diff import unified_diff

        output = unified_diff(path, file.mark + before.text, file.mark + hardened.text)
    elif task.source.place is None:
        output = file.mark + hardened.text
    return Judged(_Hardened(errors, report, output, hardened.text != before.text))
