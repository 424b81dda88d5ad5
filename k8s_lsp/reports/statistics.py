"""How many findings each rule has, instead of the findings."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8s_lsp.reports.entries import FileReport
from k8s_lsp.reports.formats import Format, RunReport, Written
from k8s_lsp.reports.json_report import VERSION, error_json
from k8s_lsp.reports.text_report import summary, told_entries
from k8s_lsp.settings import SEVERITIES, Severity


class _Counted(NamedTuple):
    """The findings of a rule that have one severity, and how many of these have a fix in bulk."""

    rule: str
    severity: Severity
    findings: int
    files: int
    fixable: int


def statistics_text() -> Format:
    """A table for people, the most frequent rule first."""
    return Format(_of_file, _text_of_run)


def statistics_json() -> Format:
    """One object; its head is that of the findings."""
    return Format(_of_file, _json_of_run)


def _of_file(report: FileReport, text: str) -> list[_Counted]:
    entries = told_entries(report.entries)
    found = Counter((entry.rule, entry.severity) for entry in entries)
    fixable = Counter((entry.rule, entry.severity) for entry in entries if entry.is_fixed_in_bulk)
    return [_Counted(*key, count, 1, fixable[key]) for key, count in found.items()]


def _all(files: Sequence[Sequence[_Counted]]) -> list[_Counted]:
    """The rules of all files: the most frequent first, then by severity and name."""
    totals: dict[tuple[str, Severity], _Counted] = {}
    for counted in (counted for file in files for counted in file):
        key = counted.rule, counted.severity
        before = totals.get(key, _Counted(*key, 0, 0, 0))
        numbers = (one + other for one, other in zip(before[2:], counted[2:], strict=True))
        totals[key] = _Counted(*key, *numbers)
    return sorted(
        totals.values(),
        key=lambda total: (-total.findings, SEVERITIES.index(total.severity), total.rule),
    )


_COLUMNS = ("findings", "files", "fixable", "severity", "rule")


def _text_of_run(files: Sequence[Sequence[_Counted]], run: RunReport) -> Written:
    if not run.tally.files:
        return Written(())
    rows = [
        (
            *(str(number) for number in (total.findings, total.files, total.fixable)),
            total.severity,
            total.rule,
        )
        for total in _all(files)
    ]
    return Written([*_table(rows), f"{summary(run.tally)}\n"])


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    for row in (_COLUMNS, *rows):
        numbers = (cell.rjust(width) for cell, width in zip(row[:3], widths[:3], strict=True))
        yield "  ".join([*numbers, row[3].ljust(widths[3]), row[4]]) + "\n"
    yield "\n"


def _json_of_run(files: Sequence[Sequence[_Counted]], run: RunReport) -> Written:
    return Written(_json(files, run))


def _json(files: Sequence[Sequence[_Counted]], run: RunReport) -> Iterator[str]:
    yield f'{{"version": {VERSION},\n "files": {run.tally.files},\n'
    yield f' "errors": [{",".join(map(error_json, run.errors))}],\n'
    totals = (f"\n  {json.dumps(total._asdict())}" for total in _all(files))
    yield f' "statistics": [{",".join(totals)}]}}\n'
