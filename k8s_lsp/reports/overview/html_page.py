"""A report as one page of HTML that asks nothing of a network and runs no script but its own.

Its policy of content names the style and the script by their digests, so that nothing which comes
from a manifest can be either, whatever it holds. Without the script all but the search is there.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Final

from k8s_lsp import __version__
from k8s_lsp.reports.overview.charts import chart_svg
from k8s_lsp.reports.overview.found import place_of
from k8s_lsp.reports.overview.listed import Listed, harden_text, list_data
from k8s_lsp.reports.overview.sections import (
    Cell,
    Chart,
    Code,
    Graded,
    Headline,
    Report,
    Section,
    Table,
    number,
    object_text,
)
from k8s_lsp.reports.overview.totals import Row
from k8s_lsp.reports.text_report import printable
from k8s_lsp.settings import SEVERITIES, Severity

PER_RULE: Final = 20
"""How many findings of a rule are there without the script."""


def html_page(report: Report, listed: Listed, chosen_by: Sequence[str]) -> Iterator[str]:
    """The page, in pieces; `chosen_by` are the columns of the list that have a choice."""
    style, script = _resource("page.css"), _resource("page.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    title = _text(report.title)
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield f"<header>\n<h1>{title}</h1>\n<p>{_text(report.summary)}</p>\n"
    yield "".join(
        f'<p class="note"><strong>Note:</strong> {_text(note)}</p>\n' for note in report.notes
    )
    yield from _headlines(report.headlines)
    yield from _contents(report, listed)
    yield "</header>\n<main>\n"
    for section in report.sections:
        yield from _section(section)
    if listed.seen:
        yield from _list(listed, chosen_by)
    yield f"</main>\n<footer>Made by k8s-lsp {__version__}.</footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


@lru_cache(maxsize=8)
def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _text(text: str) -> str:
    return escape(printable(text))


def _with_code(paragraph: str) -> str:
    """Text of our own, in which words between backquotes are code."""
    words = enumerate(_text(paragraph).split("`"))
    return "".join(f"<code>{word}</code>" if place % 2 else word for place, word in words)


def _headlines(headlines: Sequence[Headline]) -> Iterator[str]:
    yield f'<ul class="headlines of-{len(headlines)}">\n'
    for each in headlines:
        label = _text(each.label)
        if each.target is not None:
            label = f'<a href="#{each.target}">{label}</a>'
        note = f"<small>{_text(each.note)}</small>" if each.note else ""
        tone = f' class="{each.tone}"' if each.tone else ""
        yield f"<li{tone}><strong>{number(each.value)}</strong> <span>{label}</span>{note}</li>\n"
    yield "</ul>\n"


def _contents(report: Report, listed: Listed) -> Iterator[str]:
    links = [(section.name, section.title) for section in report.sections]
    if listed.seen:
        links.append(("findings", "All findings"))
    yield '<nav aria-label="Sections"><ul>\n'
    yield from (f'<li><a href="#{name}">{_text(title)}</a></li>\n' for name, title in links)
    yield "</ul></nav>\n"


def _section(section: Section) -> Iterator[str]:
    name = section.name
    yield f'<section id="{name}" aria-labelledby="{name}-heading">\n'
    yield f'<h2 id="{name}-heading">{_text(section.title)}</h2>\n'
    yield from (f'<p class="lead">{_with_code(paragraph)}</p>\n' for paragraph in section.text)
    tables = section.tables
    if section.chart is not None:
        drawn = chart_svg(section.chart, name)
        yield f'<div class="beside">\n<figure>\n{_legend(section.chart)}{drawn}\n'
        yield f"<figcaption>{_text(section.chart.title)}</figcaption>\n</figure>\n"
        yield from (piece for table in tables[:1] for piece in _table(table))
        yield "</div>\n"
        tables = tables[1:]
    for table in tables:
        yield from _table(table)
    yield "</section>\n"


def _legend(chart: Chart) -> str:
    items = "".join(f'<li class="{part.tone}">{_text(part.name)}</li>' for part in chart.parts)
    return f'<ul class="legend" aria-hidden="true">{items}</ul>\n'


def _table(table: Table) -> Iterator[str]:
    # What is wider than a small screen is moved by itself, also by the keyboard.
    yield (
        f'<div class="table" role="region" tabindex="0" aria-label="{_text(table.caption)}">'
        f"<table>\n<caption>{_text(table.caption)}</caption>\n<thead><tr>"
    )
    first = table.rows[0] if table.rows else ()
    for title, cell in zip(table.header, first, strict=True):
        kind = ' class="number"' if isinstance(cell, int) else ""
        yield f'<th scope="col"{kind}>{_text(title)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in table.rows:
        yield f'<tr><th scope="row">{_cell(row[0])}</th>'
        for title, cell in zip(table.header[1:], row[1:], strict=True):
            # An empty cell says nothing, also where it would say its own name.
            label = f' data-label="{_text(title)}"' if cell != "" else ""
            yield f"<td{_kind_of(cell)}{label}>{_cell(cell)}</td>"
        yield "</tr>\n"
    yield "</tbody>\n</table>"
    if table.more:
        yield f'<p class="more">{number(table.more)} more.</p>'
    yield "</div>\n"


def _kind_of(cell: Cell) -> str:
    if not isinstance(cell, int):
        return ""
    return ' class="number"' if cell else ' class="number zero"'


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return number(cell)
    if isinstance(cell, Graded):
        return _badge(cell.severity)
    if isinstance(cell, Code):
        # A path may be broken where a folder ends.
        return f"<code>{_text(cell.text).replace('/', '/<wbr>')}</code>"
    return _text(cell)


def _badge(severity: Severity) -> str:
    return f'<span class="badge {severity}">{severity}</span>'


# The list of all findings.

_CHOICES: Final = {
    "severity": "Severity",
    "rule": "Rule",
    "team": "Team",
    "repository": "Repository",
    "change": "Change",
}
"""What readers may choose the findings by, and how that is called."""


def _list(listed: Listed, chosen_by: Sequence[str]) -> Iterator[str]:
    rows = listed.rows()
    yield '<section id="findings" aria-labelledby="findings-heading">\n'
    yield '<h2 id="findings-heading">All findings</h2>\n'
    if len(rows) < listed.seen:
        yield (
            f'<p class="lead">These are the gravest {number(len(rows))} of '
            f"{number(listed.seen)}; all tables above count all of them.</p>\n"
        )
    yield '<form id="choices" role="search" hidden>\n'
    yield '<label>Search<input type="search" id="words" autocomplete="off"></label>\n'
    for name, title in _CHOICES.items():
        if name in chosen_by:
            yield f'<label>{title}<select name="{name}"></select></label>\n'
    yield "</form>\n"
    yield '<div id="list" hidden></div>\n'
    yield from _without_script(rows)
    yield f'<script type="application/gzip" id="data">{list_data(rows)}</script>\n</section>\n'


def _without_script(rows: Sequence[Row]) -> Iterator[str]:
    """The findings rule by rule, the gravest of each, for whoever runs no script."""
    yield '<div id="rule-by-rule">\n'
    by_rule = sorted(rows, key=lambda row: row.finding.rule)
    for rule, group in groupby(by_rule, key=lambda row: row.finding.rule):
        members = sorted(group, key=lambda row: SEVERITIES.index(row.finding.severity))
        yield f"<details><summary><code>{_text(rule)}</code> {number(len(members))}</summary>\n"
        cells = [_list_row(row) for row in members[:PER_RULE]]
        caption = f"Findings of {rule}"
        header = ("Place", "Severity", "Object", "Finding", "Harden")
        yield from _table(Table(caption, header, cells, max(len(members) - PER_RULE, 0)))
        yield "</details>\n"
    yield "</div>\n"


def _list_row(row: Row) -> tuple[Cell, ...]:
    finding = row.finding
    place = f"{place_of(finding.repository, finding.path)}:{finding.line}"
    return (
        Code(place),
        Graded(finding.severity),
        object_text(finding.object),
        finding.message,
        harden_text(row),
    )
