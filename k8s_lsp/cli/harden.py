"""`k8s-lsp harden`: apply the preferred fix of every finding, or show all of them as a diff."""

import argparse
import sys
from functools import partial
from typing import NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.output import wants_colour, write_output
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import Task, gather_tasks, print_silence, run_tasks
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.reports.entries import FileReport, file_report
from k8s_lsp.reports.text_report import (
    Tally,
    hardened_summary,
    hardened_text,
    kind_note,
    tally_of,
)


def run(options: argparse.Namespace) -> int:
    """Harden the files that the options name, and return the exit status; raises UsageError."""
    gathered = gather_tasks(options)
    writes = not options.diff
    # Standard output gets the diff, or the hardened standard input, and nothing else then.
    is_taken = options.diff or gathered.has_standard_input
    out = sys.stderr if is_taken else sys.stdout
    show = partial(_shown, written=writes, colour=wants_colour(out))
    tally, changed, findings = Tally(), 0, 0
    read_errors = list(gathered.read_errors)
    notes: list[str] | None = [] if options.verbose else None
    progress = Progress(len(gathered.tasks))
    work = partial(_harden_file, write=writes)
    with run_tasks(work, gathered, progress, writes=writes) as results:
        for hardened in results:
            before, after = hardened.before, hardened.after
            read_errors += [ReadError(after.path, message) for message in after.errors]
            if hardened.output:
                progress.clear()
                write_output(hardened.output)
            if before is None:
                continue
            tally.add(tally_of(after))
            if notes is not None and (note := kind_note(after)) is not None:
                notes.append(note)
            changed += hardened.is_changed
            findings += len(before.entries)
            if before.entries:
                progress.clear()
                out.write(show(before, after, changed=hardened.is_changed))
    if tally.files:
        print(hardened_summary(tally, changed, findings, written=writes), file=out)
    print_silence(gathered, read_errors, tally, notes)
    return FAILED if read_errors or gathered.configuration_errors else OK


def _shown(
    before: FileReport, after: FileReport, *, changed: bool, written: bool, colour: bool
) -> str:
    # Lines are those of the file as it is on disk now.
    without_fix = (entry for entry in before.entries if entry.fix is None)
    left = after.entries if written else without_fix
    return hardened_text(before, after, left, changed=changed, written=written, colour=colour)


class _Hardened(NamedTuple):
    """The findings of a file after and before; `before` is None where it could not be read.

    `output` belongs on standard output.
    """

    after: FileReport
    before: FileReport | None = None
    output: str = ""
    is_changed: bool = False


def _harden_file(task: Task, *, write: bool) -> _Hardened:
    path = task.source.path
    try:
        file = one_file.analyze_file(task.source, task.settings)
    except FileError as error:
        return _Hardened(FileReport(path, errors=(str(error),)))
    analysis = file.analysis
    before = after = file_report(path, analysis)
    try:
        analysis = one_file.rewrite(file, one_file.harden, write=write)
        after = file_report(path, analysis)
    except FileError as error:
        after = before._replace(errors=(*before.errors, str(error)))
    output = ""
    if not write:
        from k8s_lsp.reports.diff import unified_diff

        output = unified_diff(path, file.mark + file.analysis.text, file.mark + analysis.text)
    elif task.source.place is None:
        output = file.mark + analysis.text
    return _Hardened(after, before, output, analysis.text != file.analysis.text)
