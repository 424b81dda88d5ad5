"""Findings -> diagnostics, and their JSON, which is made anew only where something changed."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import is_
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types

import k8s_lsp.rules
from k8s_lsp.checking import Reported
from k8s_lsp.engine import UnitResult
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import BEGINNING, Document, lines_of
from k8s_lsp.rules.base import Rule
from k8s_lsp.settings import Severity
from k8s_lsp.text import Span, common_ends, line_breaks

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
            diagnostic_of(document, client, offset, reported)
            for offset, reported in document.analysis.reported()
        ),
    ]


def diagnostic_of(
    document: Document, client: Client, offset: int, reported: Reported
) -> types.Diagnostic:
    """One finding of the unit at an offset, with as much as the client can show."""
    rule, severity, finding = reported.rule, reported.severity, reported.finding
    diagnostic = types.Diagnostic(
        document.lines.token_range_of(finding.span.shifted(offset)),
        finding.message,
        severity=_SEVERITIES[severity],
        code=rule.slug,
        source=SOURCE,
    )
    if client.unnecessary_tag and rule.is_unnecessary:
        diagnostic.tags = [types.DiagnosticTag.Unnecessary]
    if client.code_description:
        diagnostic.code_description = types.CodeDescription(link_of(rule))
    if client.related_information and finding.related:
        diagnostic.related_information = [
            types.DiagnosticRelatedInformation(
                types.Location(
                    document.uri, document.lines.token_range_of(related.span.shifted(offset))
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
    """The diagnostics of one unit as JSON, separated by commas, wherever the unit stands.

    `template` has a `%d` in the stead of each line, and `lines` are these, counted from the unit's
    first line. `height` is how many lines of the unit have an end, and so how far below the next
    one begins.
    """

    template: bytes
    lines: tuple[int, ...]
    height: int

    def at(self, line: int) -> bytes:
        """The JSON for a unit that begins at that line."""
        return self.template % tuple(map(line.__add__, self.lines))


class Report(NamedTuple):
    """Everything that is published about one version of a text, as JSON.

    `general` is about the text as a whole, and `found` about each of the `units`, which begin at
    the `lines`; `rendered` is what that was made from, for the report of the next version.
    """

    general: bytes
    units: Sequence[UnitResult] = ()
    rendered: Sequence[Rendered] = ()
    lines: Sequence[int] = ()
    found: Sequence[bytes] = ()

    def pieces(self) -> list[bytes]:
        """A list of diagnostics, in pieces: nobody has to put it together to send it."""
        told = list(filter(None, (self.general, *self.found)))
        pieces = [b","] * (2 * len(told) + 1)
        pieces[1::2] = told
        pieces[0], pieces[-1] = b"[", b"]"
        return pieces if told else [b"[]"]

    def equals(self, other: "Report") -> bool:
        """Whether both tell the same."""
        return (self.general, self.found) == (other.general, other.found)


NOTHING = Report(b"")
"""What is told about an empty text."""


def report_of(
    document: Document, client: Client, unstructure: Unstructure, previous: Report = NOTHING
) -> Report:
    """The JSON of `diagnostics_of`, made anew only for units that are not in `previous`.

    `previous` is the report of an earlier version of the same document, for the same client. The
    engine hands on the very same results where there was nothing to judge again, so that they need
    not be looked at: below an edit their lines are moved, above it nothing is done.
    """
    units = document.analysis.units
    first, rest = common_ends(units, previous.units, is_)
    last = len(previous.units) - rest
    known = {
        id(result): rendered
        for result, rendered in zip(
            previous.units[first:last], previous.rendered[first:last], strict=True
        )
    }
    rendered = [
        known.get(id(result)) or _rendered(document, client, result)
        for result in units[first : len(units) - rest]
    ]
    line = previous.lines[first - 1] + previous.rendered[first - 1].height if first else 0
    *lines, line = accumulate((each.height for each in rendered), initial=line)
    found = [each.at(place) for each, place in zip(rendered, lines, strict=True)]
    moved, below = previous.lines[last:], previous.found[last:]
    if rest and moved[0] != line:
        down = line - moved[0]
        moved = [each + down for each in moved]
        below = [
            each.at(place) for each, place in zip(previous.rendered[last:], moved, strict=True)
        ]
    return Report(
        _listed(_limits(document), unstructure),
        units,
        [*previous.rendered[:first], *rendered, *previous.rendered[last:]],
        [*previous.lines[:first], *lines, *moved],
        [*previous.found[:first], *found, *below],
    )


def general_report(diagnostics: Iterable[types.Diagnostic], unstructure: Unstructure) -> Report:
    """The JSON of diagnostics that belong to no unit."""
    return Report(_listed(diagnostics, unstructure))


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _listed(diagnostics: Iterable[types.Diagnostic], unstructure: Unstructure) -> bytes:
    """Diagnostics as JSON, separated by commas."""
    return ",".join(_encode(unstructure(each)) for each in diagnostics).encode()


def _rendered(document: Document, client: Client, result: UnitResult) -> Rendered:
    """The diagnostics of a unit, made as if it was the whole text: it begins with a line.

    They are those of `diagnostic_of`, but written down at once: to make objects of the protocol and
    to take them apart again would cost several times as much, and a keystroke waits for this.
    """
    text = result.unit.text
    lines = lines_of(text, document.lines.encoding)
    places: list[int] = []

    def columns_of(span: Span) -> tuple[int, int]:
        line, start, end = lines.token_of(span)
        places.extend((line, line))
        return start, end

    found = []
    for rule, severity, finding, _, _ in result.reported:
        members = _members(rule, severity, finding.message, columns_of(finding.span), client)
        if client.related_information and finding.related:
            related = (
                _related(document.uri, each.message, columns_of(each.span))
                for each in finding.related
            )
            members += f',"relatedInformation":[{",".join(related)}]'
        found.append(f"{{{members}}}")
    return Rendered(",".join(found).encode(), tuple(places), line_breaks(text))


@lru_cache(512)
def _members(
    rule: Rule, severity: Severity, message: str, columns: tuple[int, int], client: Client
) -> str:
    """The template of what a diagnostic says before its related places.

    A keystroke changes next to none of a unit's diagnostics but for their lines.
    """
    link = tags = ""
    if client.code_description:
        link = f',"codeDescription":{{"href":{_escaped(link_of(rule))}}}'
    if client.unnecessary_tag and rule.is_unnecessary:
        tags = f',"tags":[{types.DiagnosticTag.Unnecessary.value}]'
    return (
        f'"range":{_RANGE % columns},"message":{_escaped(message)},'
        f'"severity":{_SEVERITIES[severity].value},"code":{_escaped(rule.slug)}{link},'
        f'"source":{_escaped(SOURCE)}{tags}'
    )


def _related(uri: str, message: str, columns: tuple[int, int]) -> str:
    """The template of a related place."""
    location = f'{{"uri":{_escaped(uri)},"range":{_RANGE % columns}}}'
    return f'{{"location":{location},"message":{_escaped(message)}}}'


_RANGE = '{"start":{"line":%%d,"character":%d},"end":{"line":%%d,"character":%d}}'
"""Makes the template of a range of the columns at which it begins and ends."""


def _escaped(text: str) -> str:
    """The JSON of a text, as it stands in a template."""
    return _encode(text).replace("%", "%%")
