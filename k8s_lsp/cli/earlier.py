"""Only what is new: the findings of a run beside those that were there before it."""

import argparse
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.output import print_error
from k8s_lsp.cli.tasks import Gathered, Task
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.paths import from_here
from k8s_lsp.files.reading import read_text
from k8s_lsp.reports.entries import FileReport
from k8s_lsp.reports.known_findings import (
    BrokenFile,
    Located,
    Whereabouts,
    compare,
    known_findings_text,
    read_known_findings,
)
from k8s_lsp.reports.text_report import counted, printable

GONE = 10
"""How many findings that are gone are told one by one."""


class Earlier(NamedTuple):
    """What the findings of a run are compared with.

    Paths are those from the folder `home`, which is real. `file` holds the known findings, or gets
    those of the run, where it `writes`; otherwise they are those of the commit that `revision`
    names.
    """

    home: Path
    file: str | None
    revision: str | None
    writes: bool = False


def earlier_of(options: argparse.Namespace, gathered: Gathered) -> Earlier:
    """What the options compare with, one of which is given; raises UsageError."""
    writes = options.write_known_findings is not None
    file = options.write_known_findings if writes else options.known_findings
    if file is not None:
        home = Path(file).resolve().parent
        return Earlier(home, file, None, writes)
    from k8s_lsp.cli.diff_base import repository_of

    return Earlier(Path(repository_of(gathered)), None, options.diff_base)


def without_file(earlier: Earlier, gathered: Gathered) -> Gathered:
    """What there is to do, but for the file of known findings, which is no manifest."""
    if earlier.file is None:
        return gathered
    file = os.path.realpath(earlier.file)
    name = Path(file).name
    tasks = [
        task
        for task in gathered.tasks
        if not (task.source.path.endswith(name) and os.path.realpath(task.source.path) == file)
    ]
    return gathered._replace(tasks=tasks)


class Compared(NamedTuple):
    """The reports of a run, whose findings say whether they are new, and what is gone.

    `found` are all findings of the run.
    """

    reports: list[FileReport | None]
    found: list[Located]
    gone: list[Located]


def with_states(
    earlier: Earlier,
    gathered: Gathered,
    reports: Sequence[FileReport | None],
    options: argparse.Namespace,
) -> Compared:
    """Tell of each finding whether it is new; a report is None where a file was not read.

    The reports are those of the tasks, in their order. Raises UsageError.
    """
    paths = [_path_of(task, earlier.home) for task in gathered.tasks]
    found = [
        Located(entry.identity, path)
        for path, report in zip(paths, reports, strict=True)
        if report is not None
        for entry in report.entries
        if entry.identity is not None
    ]
    if earlier.writes:
        return Compared(_told(reports, [True] * len(found)), found, [])
    checked = frozenset(paths)
    if earlier.file is not None:
        known = _read(earlier.file)
    else:
        from k8s_lsp.cli.diff_base import findings_at

        assert earlier.revision is not None
        known = findings_at(earlier.revision, str(earlier.home), checked, gathered, options)
    whole = {
        path
        for path, report in zip(paths, reports, strict=True)
        if report is not None and not report.errors
    }
    where = {
        path: _whereabouts(earlier.home, path, whole) for path in {each.path for each in known}
    }
    are_known, gone = compare(found, known, where)
    folders = [os.path.realpath(path) for path in gathered.paths if Path(path).is_dir()]
    gone = [each for each in gone if each.path in checked or _is_below(earlier, each, folders)]
    return Compared(_told(reports, are_known), found, gone)


def print_gone(earlier: Earlier, gone: Sequence[Located]) -> None:
    """Say which findings were there before and are gone."""
    if not gone:
        return
    by_file = sorted(gone, key=lambda located: (located.path, located.identity))
    for identity, path in by_file[:GONE]:
        place = from_here(str(earlier.home / path))
        name = "/".join(filter(None, (identity.namespace, identity.name)))
        words = (identity.rule, f"{identity.kind} {name}".rstrip(), identity.field)
        print_error(printable(f"gone: {place}: {': '.join(filter(None, words))}"))
    if len(gone) > GONE:
        print_error(f"gone: and {len(gone) - GONE} more")
    verb = "is" if len(gone) == 1 else "are"
    if earlier.file is None:
        print_error(f"{counted(len(gone), 'finding')} of {earlier.revision} {verb} gone")
    else:
        pronoun = "it" if len(gone) == 1 else "them"
        print_error(
            f"{counted(len(gone), 'known finding')} {verb} gone; "
            f"--write-known-findings {earlier.file} forgets {pronoun}"
        )


def write_known_findings(earlier: Earlier, found: Sequence[Located], *, is_whole: bool) -> bool:
    """Write what was found where the options ask for that, and say so; whether that went well.

    Where the run is not whole, the file stays as it was: what is not seen would be new later.
    """
    if not earlier.writes or earlier.file is None:
        return True
    file = printable(earlier.file)
    if not is_whole:
        print_error(f"error: {file}: not written, because not all files could be checked whole")
        return False
    try:
        Path(earlier.file).write_text(known_findings_text(found), encoding="utf-8", newline="\n")
    except OSError as error:
        print_error(f"error: {file}: {reason_of(error)}")
        return False
    print_error(f"{counted(len(found), 'finding')} written to {file}")
    return True


def _told(
    reports: Sequence[FileReport | None], are_known: Iterable[bool]
) -> list[FileReport | None]:
    """The reports, whose findings say of themselves whether they are known."""
    states = iter(are_known)
    told = []
    for report in reports:
        if report is not None and report.entries:
            entries = (
                entry._replace(state="known" if next(states) else "new") for entry in report.entries
            )
            report = report._replace(entries=tuple(entries))
        told.append(report)
    return told


def _path_of(task: Task, home: Path) -> str:
    """The path of a task's file from a folder; standard input stands where its name says."""
    place = os.path.realpath(task.source.place or task.source.path)
    try:
        return os.path.relpath(place, home).replace(os.sep, "/")
    except ValueError:  # It is on another drive of Windows.
        return place


def _whereabouts(home: Path, path: str, whole: Collection[str]) -> Whereabouts:
    if path in whole:
        return "here"
    return "elsewhere" if os.path.lexists(home / path) else "gone"


def _is_below(earlier: Earlier, located: Located, folders: Sequence[str]) -> bool:
    """Whether a finding stood below one of some folders."""
    place = os.path.normpath(earlier.home / located.path)
    return any(place.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _read(file: str) -> list[Located]:
    try:
        return read_known_findings(read_text(Path(file)))
    except (FileError, BrokenFile) as error:
        raise UsageError(f"k8s-lsp check: error: --known-findings: {file}: {error}") from None
