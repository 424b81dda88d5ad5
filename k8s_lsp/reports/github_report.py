"""Findings for GitHub Actions: annotations of lines, and the summary of a job.

Where the formats are told: docs.github.com, "Workflow commands for GitHub Actions".
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import quote

from k8s_lsp.reports.entries import Entry, FileReport, Seen
from k8s_lsp.reports.formats import Format, RunReport, Written, shown_path
from k8s_lsp.reports.text_report import counted, printable, summary, told_entries
from k8s_lsp.settings import SEVERITIES, Severity

SHOWN_LIMIT: Final = 10
"""How many annotations of each level GitHub shows for a step; the others stand in its log alone
(github.com/actions/runner, ExecutionContext.AddIssue)."""

SUMMARY_LIMIT: Final = 1_000_000
"""How many bytes the summary of a step has at most; GitHub refuses more than 1 MiB."""

_LEVELS: Final[dict[Severity, str]] = {
    "error": "error",
    "warning": "warning",
    "information": "notice",
    "hint": "notice",
}


# Annotations.


def github_format(seen: Seen) -> Format:
    """Workflow commands, in which `seen` gives the place of a file in its repository."""
    return Format(partial(_commands_of_file, seen=seen), partial(_commands_of_run, seen=seen))


def _commands_of_file(report: FileReport, text: str, *, seen: Seen) -> list[str]:
    path = seen(report.path)
    return [_command_of(path, entry) for entry in told_entries(report.entries)]


def _command_of(path: str, entry: Entry) -> str:
    place: dict[str, str | int] = {
        "file": path,
        "line": entry.line,
        "endLine": entry.line,
        "col": entry.column,
        "endColumn": entry.end_column,
        "title": f"k8s-lsp: {entry.rule}",
    }
    return _command(_LEVELS[entry.severity], place, entry.message)


def _command(level: str, properties: dict[str, str | int], message: str) -> str:
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}\n"


def _data(text: str) -> str:
    """Text as the runner reads it (github.com/actions/toolkit, command.ts, escapeData)."""
    return shown_path(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _commands_of_run(files: Sequence[Sequence[str]], run: RunReport, *, seen: Seen) -> Written:
    """What could not be read goes first, then the gravest: only the first are shown at lines."""
    errors = [
        _command("error", {"file": seen(path), "title": "k8s-lsp: not checked whole"}, why)
        for path, why in run.errors
    ]
    commands = [command for file in files for command in file]
    return Written([*errors, *commands])


# The summary of a job.


class _Row(NamedTuple):
    """A finding as a row of the table."""

    severity: Severity
    markdown: str


def github_summary_format(seen: Seen, blob: str | None) -> Format:
    """Markdown for the page of a job.

    `blob` is the address at which the host shows files of the commit, if it is known: places are
    links then.
    """
    return Format(partial(_rows_of_file, seen=seen, blob=blob), _summary_of_run)


def _rows_of_file(report: FileReport, text: str, *, seen: Seen, blob: str | None) -> list[_Row]:
    path = seen(report.path)
    return [_Row(entry.severity, _row(path, entry, blob)) for entry in told_entries(report.entries)]


def _row(path: str, entry: Entry, blob: str | None) -> str:
    place = _literal(f"{path}:{entry.line}")
    if blob is not None:
        address = quote(path.encode("utf-8", "surrogateescape"))
        place = f"[{place}]({blob}/{address}#L{entry.line})"
    return f"| {entry.severity} | {place} | `{entry.rule}` | {_literal(entry.message)} |\n"


_MARK = re.compile(r"[\\`*_\[\]<>|~@#&!]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def _literal(text: str) -> str:
    """Text of a manifest that reads as it is: nothing in it marks up, links or mentions."""
    return _MARK.sub(r"\\\g<0>", printable(text))


_TABLE = "\n| Severity | Place | Rule | Message |\n|---|---|---|---|\n"


def _summary_of_run(files: Sequence[Sequence[_Row]], run: RunReport) -> Written:
    rows = [row for file in files for row in file]
    return Written(_summary(rows, run))


def _summary(rows: Sequence[_Row], run: RunReport) -> Iterator[str]:
    total = summary(run.tally).partition("\n")[0]
    head = f"## k8s-lsp\n\n{_literal(total)}\n"
    for path, why in run.errors:
        head += f"\n- **Not checked whole:** {_literal(path)}: {_literal(why)}"
    head += "\n" if run.errors else ""
    by_level = Counter(_LEVELS[row.severity] for row in rows)
    hidden = sum(max(count - SHOWN_LIMIT, 0) for count in by_level.values())
    if hidden:
        head += (
            f"\nGitHub shows {SHOWN_LIMIT} annotations of each level of a step: {hidden:,} of "
            f"{counted(len(rows), 'finding')} {'stands' if hidden == 1 else 'stand'} only here "
            "and in the log.\n"
        )
    yield head
    if not rows:
        return
    gravest = sorted(rows, key=lambda row: SEVERITIES.index(row.severity))
    room = SUMMARY_LIMIT - len((head + _TABLE).encode()) - 200
    fitting = _fitting(gravest, room)
    yield _TABLE
    yield from (row.markdown for row in islice(gravest, fitting))
    if fitting < len(rows):
        yield f"\n{len(rows) - fitting:,} more, the least grave, are left out: see the log.\n"


def _fitting(rows: Sequence[_Row], room: int) -> int:
    """How many rows fit into so many bytes."""
    for count, row in enumerate(rows):
        room -= len(row.markdown.encode())
        if room < 0:
            return count
    return len(rows)
