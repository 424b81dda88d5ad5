"""Findings -> diagnostics."""

from collections.abc import Iterator
from pathlib import Path

from lsprotocol import types

import k8s_lsp.rules
from k8s_lsp.engine import Reported
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.rules.base import Rule
from k8s_lsp.settings import Severity
from k8s_lsp.suppression import UNUSED
from k8s_lsp.syntax.units import Unit
from k8s_lsp.text import Span

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
            document.lines.range_of(Span(0, 0)),
            "; ".join(reached),
            severity=types.DiagnosticSeverity.Information,
            source=SOURCE,
        )
