"""The findings that a page lists one by one: all, or the gravest where there are too many."""

import base64
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from k8s_lsp.reports.overview.found import place_of
from k8s_lsp.reports.overview.sections import object_text
from k8s_lsp.reports.overview.totals import Row
from k8s_lsp.settings import SEVERITIES, Severity

MOST_LISTED: Final = 100_000
"""How many findings a page lists: with more, a browser takes too long to open it."""


class Listed:
    """Findings as they come, of each severity no more than may be listed."""

    def __init__(self, most: int = MOST_LISTED) -> None:
        self._most = most
        self._rows: dict[Severity, list[Row]] = defaultdict(list)
        self.seen = 0

    def add(self, row: Row) -> None:
        """Take a finding, unless there are enough of its severity."""
        self.seen += 1
        of_severity = self._rows[row.finding.severity]
        if len(of_severity) < self._most:
            of_severity.append(row)

    def rows(self) -> list[Row]:
        """The gravest, by severity, file and place."""
        rows: list[Row] = []
        for severity in SEVERITIES:
            rows += self._rows[severity][: self._most - len(rows)]
        rows.sort(key=_order)
        return rows


def _order(row: Row) -> tuple[int, str, str, int, str]:
    finding = row.finding
    severity = SEVERITIES.index(finding.severity)
    return severity, finding.repository or "", finding.path, finding.line, finding.rule


class Column(NamedTuple):
    """A column of the list: what stands in it, and whether its values repeat."""

    name: str
    value: Callable[[Row], str]


COLUMNS: Final = (
    Column("severity", lambda row: row.finding.severity),
    Column("rule", lambda row: row.finding.rule),
    Column("repository", lambda row: row.finding.repository or ""),
    Column("path", lambda row: place_of(row.finding.repository, row.finding.path)),
    Column("object", lambda row: object_text(row.finding.object)),
    Column("message", lambda row: row.finding.message),
    Column("team", lambda row: row.team),
    Column("harden", lambda row: harden_text(row)),
    Column("change", lambda row: row.change or ""),
)


def harden_text(row: Row) -> str:
    """What Harden does with a finding."""
    finding = row.finding
    if finding.is_fixed_in_bulk:
        return "mends it"
    return f"leaves it: {finding.left_because}" if finding.left_because else "leaves it"


def list_data(rows: Sequence[Row]) -> str:
    """The list for the page's own script: of each column its words, and which one a row has.

    It is JSON, which gzip makes a fifth as long, in the letters of base64: no word of a manifest is
    there for whatever reads the page as HTML.
    """
    columns: dict[str, Any] = {}
    for name, value in COLUMNS:
        words, numbers = _numbered(value(row) for row in rows)
        columns[name] = {"words": words, "rows": numbers}
    lines = [row.finding.line for row in rows]
    text = json.dumps({"columns": columns, "lines": lines}, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


Word = TypeVar("Word", bound=Hashable)


def _numbered(words: Iterable[Word]) -> tuple[list[Word], list[int]]:
    """The words in the order in which they come, each once, and the number of each."""
    numbers: dict[Word, int] = {}
    rows = [numbers.setdefault(word, len(numbers)) for word in words]
    return list(numbers), rows
