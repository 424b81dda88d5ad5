"""Findings -> diagnostics, and their JSON, which is made anew only where something changed."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types

import k8s_lsp.rules
from k8s_lsp.engine import Reported, UnitResult
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import BEGINNING, Document, lines_of
from k8s_lsp.rules.base import Rule
from k8s_lsp.settings import Severity
from k8s_lsp.suppression import UNUSED
from k8s_lsp.syntax.units import Unit
from k8s_lsp.text import line_breaks

SOURCE = "k8s-lsp"

RULES_PAGE = (Path(k8s_lsp.rules.__path__[0]) / "README.md").as_uri()
"""Where the rules are documented; each has its slug as anchor. It is the page that came with this
version, so that it is there without a network and says what this version does."""

_SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


def diagnostics_of(document: Document, client: Client) -> list[types.Diagnostic]:
    """Everything that is published about a text, in its order.

    A text that was not analysed whole, because it reached a limit, says so at its beginning.
    """
    return [
        *_limits(document),
        *(
            diagnostic_of(document, client, unit, reported)
            for unit, reported in document.analysis.reported()
        ),
    ]


def diagnostic_of(
    document: Document, client: Client, unit: Unit, reported: Reported
) -> types.Diagnostic:
    """One finding, with as much as the client can show."""
    rule, severity, finding = reported.rule, reported.severity, reported.finding
    diagnostic = types.Diagnostic(
        document.lines.token_range_of(finding.span.shifted(unit.offset)),
        finding.message,
        severity=_SEVERITIES[severity],
        code=rule.slug,
        source=SOURCE,
    )
    if client.unnecessary_tag and rule.slug == UNUSED:
        diagnostic.tags = [types.DiagnosticTag.Unnecessary]
    if client.code_description:
        diagnostic.code_description = types.CodeDescription(link_of(rule))
    if client.related_information and finding.related:
        diagnostic.related_information = [
            types.DiagnosticRelatedInformation(
                types.Location(
                    document.uri, document.lines.token_range_of(related.span.shifted(unit.offset))
                ),
                related.message,
            )
            for related in finding.related
        ]
    return diagnostic


def link_of(rule: Rule) -> str:
    """The address of a rule's documentation."""
    return f"{RULES_PAGE}#{rule.slug}"


def _limits(document: Document) -> Iterator[types.Diagnostic]:
    reached = dict.fromkeys(
        failure.message for failure in document.analysis.failures if failure.is_limit
    )
    if reached:
        yield types.Diagnostic(
            BEGINNING,
            "; ".join(reached),
            severity=types.DiagnosticSeverity.Information,
            source=SOURCE,
        )


# As JSON.

Unstructure = Callable[[object], object]
"""Makes what `json.dumps` takes of a value of the protocol."""


class Rendered(NamedTuple):
    """The diagnostics of one unit as JSON, separated by commas.

    `json` is what they are where the unit begins at `line`. For other places `template` has a
    `%d` in the stead of each line, and `lines` are these, counted from the unit's first line.
    `height` is how many lines of the unit have an end, and so how far below the next one begins.
    """

    reported: tuple[Reported, ...]
    template: str
    lines: tuple[int, ...]
    height: int
    line: int
    json: str

    def at(self, line: int) -> "Rendered":
        """The same for a unit that begins at another line."""
        return self._replace(line=line, json=self.template % tuple(map(line.__add__, self.lines)))


class Report(NamedTuple):
    """Everything that is published about one version of a text: a list of diagnostics as JSON.

    `units` are what it is made of, by their texts, for the report of the next version.
    """

    json: str
    units: Mapping[str, Rendered]


def report_of(
    document: Document, client: Client, unstructure: Unstructure, previous: Report | None = None
) -> Report:
    """The JSON of `diagnostics_of`, made anew only for the units that are not in `previous`.

    `previous` is the report of an earlier version of the same document, for the same client.
    """
    known = {} if previous is None else previous.units
    units: dict[str, Rendered] = {}
    parts = [json_of(_limits(document), unstructure)[1:-1]]
    line = 0
    for result in document.analysis.units:
        unit = known.get(result.unit.text)
        # The engine keeps the very same tuple where there was nothing to judge again.
        if unit is None or unit.reported is not result.reported:
            unit = _rendered(document, client, result, unstructure)
        if unit.line != line:
            unit = unit.at(line)
        units[result.unit.text] = unit
        parts.append(unit.json)
        line += unit.height
    return Report(f"[{','.join(filter(None, parts))}]", units)


_encode = json.JSONEncoder(separators=(",", ":")).encode


def json_of(diagnostics: Iterable[types.Diagnostic], unstructure: Unstructure) -> str:
    """A list of diagnostics as the protocol has it."""
    return _encode([unstructure(each) for each in diagnostics])


_LINE = re.compile(r'"line":(\d+)')
"""A line in the JSON of a diagnostic. No string holds one, because its quotes are escaped there."""


def _rendered(
    document: Document, client: Client, result: UnitResult, unstructure: Unstructure
) -> Rendered:
    """The diagnostics of a unit, made as if it was the whole text: it begins with a line."""
    unit = result.unit._replace(offset=0)
    alone = document._replace(lines=lines_of(unit.text, document.lines.encoding))
    found = (diagnostic_of(alone, client, unit, reported) for reported in result.reported)
    text = json_of(found, unstructure)[1:-1]
    # What stands between the lines, and each line behind it.
    pieces = _LINE.split(text.replace("%", "%%"))
    template, lines = '"line":%d'.join(pieces[::2]), tuple(map(int, pieces[1::2]))
    return Rendered(result.reported, template, lines, line_breaks(unit.text), 0, text)
