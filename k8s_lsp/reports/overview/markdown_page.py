"""A report as Markdown, as GitHub and GitLab show it, and as a terminal does."""

import re
from collections.abc import Iterator
from typing import Final

from k8s_lsp import __version__
from k8s_lsp.reports.overview.sections import (
    Cell,
    Code,
    Graded,
    Headline,
    Report,
    Section,
    Table,
    number,
)
from k8s_lsp.reports.text_report import printable


def markdown_page(report: Report) -> Iterator[str]:
    """The report as text, in pieces."""
    yield f"# {_literal(report.title)}\n\n{_literal(report.summary)}\n"
    for note in report.notes:
        yield f"\n> **Note:** {_literal(note)}\n"
    yield "\n"
    yield from _headlines(report.headlines)
    for section in report.sections:
        yield from _section(section)
    yield f"\nMade by k8s-lsp {__version__}.\n"


def _headlines(headlines: tuple[Headline, ...]) -> Iterator[str]:
    yield f"| {' | '.join(_literal(each.label) for each in headlines)} |\n"
    yield f"|{'--:|' * len(headlines)}\n"
    yield f"| {' | '.join(number(each.value) for each in headlines)} |\n"


def _section(section: Section) -> Iterator[str]:
    yield f"\n## {_literal(section.title)}\n"
    for paragraph in section.text:
        yield f"\n{paragraph}\n"
    for table in section.tables:
        if len(section.tables) > 1:
            yield f"\n### {_literal(table.caption)}\n"
        yield "\n"
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.header)} |\n"
    are_numbers = [bool(table.rows) and isinstance(cell, int) for cell in table.rows[0]]
    yield f"|{''.join('--:|' if is_number else '---|' for is_number in are_numbers)}\n"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |\n"
    if table.more:
        yield f"\n{number(table.more)} more.\n"


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return number(cell)
    if isinstance(cell, Graded):
        return cell.severity
    return _code(cell.text) if isinstance(cell, Code) else _literal(cell)


_MARK: Final = re.compile(r"[\\`*_\[\]<>|~@#&!]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def _literal(text: str) -> str:
    """Text that reads as it is: nothing in it marks up, links or mentions."""
    return _MARK.sub(r"\\\g<0>", printable(text))


def _code(text: str) -> str:
    """A word as code; in a table, a bar would end its cell even there."""
    word = printable(text)
    return _literal(word) if set("`|\\") & set(word) else f"`{word}`"
