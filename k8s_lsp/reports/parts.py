"""The reports of the parts of one text, which was too long to be judged at once, told as one."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from k8s_lsp.engine.results import Analysis
from k8s_lsp.reports.entries import Entry, FileReport, Seen, Suppression, file_report
from k8s_lsp.text import line_breaks, line_start


class Beginning(NamedTuple):
    """Where a part begins: its offset, how many lines stand before it, and how much of its own."""

    offset: int
    line: int
    column: int


class PartLines:
    """Tells where parts of a text begin, each from the one that was asked for before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known = {0: Beginning(0, 0, 0)}
        self._last = 0

    def at(self, start: int) -> Beginning:
        """Where the part begins that stands at an offset; parts come in order at first."""
        if start not in self._known:
            line = self._known[self._last].line + line_breaks(self._text[self._last : start])
            self._known[start] = Beginning(start, line, start - line_start(self._text, start))
            self._last = start
        return self._known[start]


def part_report(
    path: str,
    analysis: Analysis,
    seen: Seen,
    details: Mapping[str, bool],
    begins: Beginning,
    first_item: int,
) -> FileReport:
    """The report of a part, by the lines of the whole text; `seen` and `details` as for others."""
    report = file_report(path, analysis, seen, first_item=first_item, **details)
    return report._replace(
        entries=tuple(_moved(entry, begins) for entry in report.entries),
        ignored=tuple(_moved(entry, begins) for entry in report.ignored),
    )


def whole_report(path: str, reports: Iterable[FileReport]) -> FileReport:
    """The report of a text from those of its parts, in their order."""
    parts = tuple(reports)
    return FileReport(
        path,
        tuple(chain.from_iterable(part.entries for part in parts)),
        tuple(dict.fromkeys(chain.from_iterable(part.errors for part in parts))),
        is_without_objects=all(part.is_without_objects for part in parts),
        holds_patch=any(part.holds_patch for part in parts),
        ignored=tuple(chain.from_iterable(part.ignored for part in parts)),
        runners=tuple(chain.from_iterable(part.runners for part in parts)),
    )


def _moved(entry: Entry, begins: Beginning) -> Entry:
    """An entry of a part where it stands in the whole text."""
    offset, line, column = begins
    if entry.line > 1:
        column = 0
    fix = entry.fix
    if fix is not None and fix.edits:
        fix = fix._replace(edits=tuple(edit.shifted(offset) for edit in fix.edits))
    return entry._replace(
        line=entry.line + line,
        column=entry.column + column,
        end_column=entry.end_column + column,
        fix=fix,
        notes=tuple(
            note if note.path else note._replace(line=note.line + line) for note in entry.notes
        ),
        suppression=_moved_suppression(entry.suppression, begins),
    )


def _moved_suppression(suppression: Suppression | None, begins: Beginning) -> Suppression | None:
    if suppression is None or not suppression.line:
        return suppression
    column = 0 if suppression.line > 1 else begins.column
    return suppression._replace(
        line=suppression.line + begins.line,
        column=suppression.column + column,
        end_column=suppression.end_column + column,
    )
