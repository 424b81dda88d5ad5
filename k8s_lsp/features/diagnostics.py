"""Findings -> diagnostics, as data that `json.dumps` takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from lsprotocol import types

from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, Lines, columns_of_place
from k8s_lsp.features.rows import Row, message_of, rows_of
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.kubernetes.facts import Place
from k8s_lsp.rules.base import Related, Rule
from k8s_lsp.settings import Severity
from k8s_lsp.text import Encoding

SOURCE = "k8s-lsp"

READ_IN_PART = "read-in-part"
"""The code of a diagnostic that tells of a text that was not read whole; no rule is called so."""

Diagnostic: TypeAlias = dict[str, Any]
"""A diagnostic with the members that the protocol allows, in the order in which they are sent.

What is published, what is pulled and what a code action refers to are all made of this. It is plain
data, because a keystroke waits for it: to make values of lsprotocol and to take them apart again
costs several times as much.
"""

Range: TypeAlias = dict[str, dict[str, int]]
"""A range of the protocol, in the same form."""

_SEVERITIES: dict[Severity, int] = {
    "error": types.DiagnosticSeverity.Error.value,
    "warning": types.DiagnosticSeverity.Warning.value,
    "information": types.DiagnosticSeverity.Information.value,
    "hint": types.DiagnosticSeverity.Hint.value,
}


def diagnostics_of(document: Document, client: Client) -> list[Diagnostic]:
    """Everything that is published about a text, in its order."""
    lines, uri, analysis = document.lines, document.uri, document.analysis
    return [
        *gaps_of(document),
        *(
            diagnostic_of_row(lines, uri, client, row, offset)
            for result, offset in zip(analysis.units, analysis.offsets, strict=True)
            for row in rows_of(result.published, analysis.settings)
        ),
    ]


def gaps_of(document: Document) -> list[Diagnostic]:
    """That a text was not analysed whole, and why, at its beginning."""
    reasons = dict.fromkeys(reason.message for reason in document.analysis.incomplete)
    if document.analysis.is_encrypted:
        reasons["not read: its values are encrypted with SOPS"] = None
    if not reasons:
        return []
    place = token_range(0, 0, 0)
    return [diagnostic_without_rule(place, "; ".join(reasons), "information", READ_IN_PART)]


def diagnostic_without_rule(
    range_: Range, message: str, severity: Severity, code: str | None = None
) -> Diagnostic:
    """What is said of a text, but by no rule."""
    return {
        "range": range_,
        "message": message,
        "severity": _SEVERITIES[severity],
        **({} if code is None else {"code": code}),
        "source": SOURCE,
    }


def diagnostic_of(
    lines: Lines, uri: str, client: Client, reported: Diagnosis, offset: int = 0
) -> Diagnostic:
    """One finding of the unit at an offset of a text, with as much as the client can show."""
    rule, severity, finding = reported.rule, reported.severity, reported.finding
    place = token_range(*lines.token_of(finding.span.shifted(offset)))
    diagnostic = diagnostic_of_rule(rule, severity, finding.message, place, client)
    if client.related_information and finding.related:
        diagnostic["relatedInformation"] = [
            related_elsewhere(related, lines.encoding)
            if related.path
            else _related(related, uri, token_range(*lines.token_of(related.span.shifted(offset))))
            for related in sorted(finding.related, key=_is_elsewhere)
        ]
    return diagnostic


def diagnostic_of_row(
    lines: Lines, uri: str, client: Client, row: Row, offset: int = 0
) -> Diagnostic:
    """The findings of one row, of the unit at an offset of a text."""
    if len(row) == 1:
        return diagnostic_of(lines, uri, client, row[0], offset)
    place = token_range(*lines.token_of(row[0].finding.span.shifted(offset)))
    told = [(each.rule, each.severity, each.finding.message) for each in row]
    return diagnostic_of_rules(told, message_of(row), uri, place, client)


ToldByRule: TypeAlias = tuple[Rule, Severity, str]
"""A rule, how grave its finding is, and the message of that."""


def diagnostic_of_rules(
    told: Sequence[ToldByRule], message: str, uri: str, range_: Range, client: Client
) -> Diagnostic:
    """What several rules say at a place, the gravest first; its data names each of them."""
    gravest, severity, _ = told[0]
    diagnostic = diagnostic_of_rule(gravest, severity, message, range_, client)
    # Where a hover shows it, it would push the table of the same findings out of sight.
    if client.related_information and not client.hovers_diagnostics:
        diagnostic["relatedInformation"] = [
            {
                "location": {"uri": uri, "range": range_},
                "message": f"{own_severity}[{rule.slug}] {own_message}",
            }
            for rule, own_severity, own_message in told
        ]
    if client.diagnostic_data:
        diagnostic["data"] = {"rules": [rule.slug for rule, _, _ in told]}
    return diagnostic


def _is_elsewhere(related: Related) -> bool:
    return bool(related.path)


def related_elsewhere(related: Related, encoding: Encoding) -> Diagnostic:
    """Related information about a place in another file, which only its own place tells."""
    uri = Path(related.path).as_uri()
    return _related(related, uri, place_range(related.place, encoding))


def _related(related: Related, uri: str, range_: Range) -> Diagnostic:
    return {"location": {"uri": uri, "range": range_}, "message": related.message}


def diagnostic_of_rule(
    rule: Rule, severity: Severity, message: str, range_: Range, client: Client
) -> Diagnostic:
    """What a rule says at a place, without what else is related to that."""
    diagnostic: Diagnostic = {
        "range": range_,
        "message": message,
        "severity": _SEVERITIES[severity],
        "code": rule.slug,
    }
    if client.code_description:
        diagnostic["codeDescription"] = {"href": link_of(rule, client)}
    diagnostic["source"] = SOURCE
    if client.unnecessary_tag and rule.is_unnecessary:
        diagnostic["tags"] = [types.DiagnosticTag.Unnecessary.value]
    return diagnostic


def token_range(line: int, start: int, end: int) -> Range:
    """The range of a token, which stands in one line."""
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": end},
    }


def place_range(place: Place, encoding: Encoding) -> Range:
    """The range of a name in a file, whose text need not be known."""
    return token_range(place.line, *columns_of_place(place, encoding))


def protocol_value(diagnostic: Diagnostic) -> types.Diagnostic:
    """The same as a value of lsprotocol, as code actions hold it."""
    value = types.Diagnostic(
        _range_value(diagnostic["range"]),
        diagnostic["message"],
        severity=types.DiagnosticSeverity(diagnostic["severity"]),
        code=diagnostic.get("code"),
        source=diagnostic["source"],
    )
    if "codeDescription" in diagnostic:
        value.code_description = types.CodeDescription(**diagnostic["codeDescription"])
    if "tags" in diagnostic:
        value.tags = [types.DiagnosticTag(tag) for tag in diagnostic["tags"]]
    if "relatedInformation" in diagnostic:
        value.related_information = [
            types.DiagnosticRelatedInformation(
                types.Location(
                    related["location"]["uri"], _range_value(related["location"]["range"])
                ),
                related["message"],
            )
            for related in diagnostic["relatedInformation"]
        ]
    if "data" in diagnostic:
        value.data = diagnostic["data"]
    return value


def _range_value(range_: Range) -> types.Range:
    return types.Range(types.Position(**range_["start"]), types.Position(**range_["end"]))
