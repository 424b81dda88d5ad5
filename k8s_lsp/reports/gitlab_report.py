"""Findings for GitLab: a report of code quality, and one of static analysis for security.

Code quality: docs.gitlab.com, "Code Quality", "Import Code Quality results from a CI/CD job".
Security: the schema `sast-report-format.json`, version 15, of GitLab's security report schemas.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final, NamedTuple

from k8s_lsp import __version__
from k8s_lsp.reports.entries import Details, Entry, FileReport, Seen
from k8s_lsp.reports.fingerprints import Identity, fingerprints
from k8s_lsp.reports.formats import Format, RunReport, Written, shown_path
from k8s_lsp.reports.sarif_rules import weakness_uri
from k8s_lsp.reports.text_report import told_entries
from k8s_lsp.rules import explanation
from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Severity

_IDENTIFIED: Final = Details(identify=True)

_encode = json.JSONEncoder().encode


class _Issue(NamedTuple):
    """A finding: all but its fingerprint, which is known only among all others."""

    identity: Identity
    members: dict[str, Any]


def _written(
    files: Sequence[Sequence[_Issue]], name: Callable[[dict[str, Any], str], dict[str, Any]]
) -> Iterator[str]:
    """The items of a list in JSON, a line each; `name` puts the fingerprint into one."""
    issues = [issue for file in files for issue in file]
    comma = "\n"
    marks = fingerprints(issue.identity for issue in issues)
    for issue, mark in zip(issues, marks, strict=True):
        yield comma
        yield _encode(name(issue.members, mark))
        comma = ",\n"


# Code quality.

_QUALITY_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "critical",
    "warning": "major",
    "information": "minor",
    "hint": "info",
}


def gitlab_format(seen: Seen) -> Format:
    """Code quality, in which `seen` gives the place of a file in its repository."""
    return Format(partial(_quality_of_file, seen=seen), _quality_of_run, _IDENTIFIED)


def _quality_of_file(report: FileReport, text: str, *, seen: Seen) -> list[_Issue]:
    path = shown_path(seen(report.path))
    return [
        _Issue(
            _identity_of(entry),
            {
                "type": "issue",
                "check_name": entry.rule,
                "description": entry.message,
                "categories": ["Security"],
                "severity": _QUALITY_SEVERITIES[entry.severity],
                "location": {"path": path, "lines": {"begin": entry.line, "end": entry.line}},
            },
        )
        for entry in told_entries(report.entries)
    ]


def _identity_of(entry: Entry) -> Identity:
    assert entry.identity is not None
    return entry.identity


def _quality_of_run(files: Sequence[Sequence[_Issue]], run: RunReport) -> Written:
    def name(members: dict[str, Any], fingerprint: str) -> dict[str, Any]:
        return {**members, "fingerprint": fingerprint}

    return Written(["[", *_written(files, name), "]\n"])


# Security.

SAST_VERSION: Final = "15.1.4"
"""The version of the schema."""

_SAST_SEVERITIES: Final[dict[Severity, str]] = {
    "error": "High",
    "warning": "Medium",
    "information": "Low",
    "hint": "Info",
}

_SOLUTION_LIMIT: Final = 7_000
"""How long the schema lets a solution be."""

_COMPONENT: Final = {
    "id": "k8s-lsp",
    "name": "k8s-lsp",
    "version": __version__,
    "vendor": {"name": "k8s-lsp"},
}

Clock = Callable[[], datetime]
"""Tells the time, with its zone."""


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(timezone.utc)


def gitlab_sast_format(seen: Seen, clock: Clock = utc_now) -> Format:
    """A security report, in which `seen` gives the place of a file in its repository.

    The run begins when this is called.
    """
    of_run = partial(_sast_of_run, started=clock(), clock=clock)
    return Format(partial(_sast_of_file, seen=seen), of_run, _IDENTIFIED)


def _sast_of_file(report: FileReport, text: str, *, seen: Seen) -> list[_Issue]:
    path = shown_path(seen(report.path))
    rules = {rule.slug: rule for rule in RULES}
    return [
        _Issue(_identity_of(entry), _vulnerability(path, entry, rules.get(entry.rule)))
        for entry in told_entries(report.entries)
    ]


def _vulnerability(path: str, entry: Entry, rule: Rule | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": entry.message[:255],
        "description": entry.message,
        "severity": _SAST_SEVERITIES[entry.severity],
        "location": {"file": path, "start_line": entry.line, "end_line": entry.line},
        "identifiers": [
            {"type": "k8s_lsp_rule", "name": f"k8s-lsp {entry.rule}", "value": entry.rule}
        ],
    }
    if entry.fix is not None:
        told["solution"] = f"{entry.fix.title} ({entry.fix.safety})"[:_SOLUTION_LIMIT]
    if rule is not None:
        told["description"] = f"{entry.message}\n\n{explanation.markdown(rule)}"
        told["identifiers"] += _identifiers(rule)
        if rule.references:
            told["links"] = [{"url": address} for address in rule.references]
    return told


def _identifiers(rule: Rule) -> Iterator[dict[str, str]]:
    for weakness in rule.weaknesses:
        number = weakness.removeprefix("CWE-")
        yield {
            "type": "cwe",
            "name": weakness,
            "value": number,
            "url": weakness_uri(weakness),
        }


def _sast_of_run(
    files: Sequence[Sequence[_Issue]], run: RunReport, *, started: datetime, clock: Clock
) -> Written:
    return Written(_sast(files, run, started, clock()))


def _sast(
    files: Sequence[Sequence[_Issue]], run: RunReport, started: datetime, ended: datetime
) -> Iterator[str]:
    def name(members: dict[str, Any], fingerprint: str) -> dict[str, Any]:
        signature = {"algorithm": "scope_offset", "value": fingerprint}
        item = {**members["location"], "signatures": [signature]}
        return {
            "id": fingerprint,
            **members,
            "tracking": {"type": "source", "items": [item]},
        }

    scan = {
        "analyzer": _COMPONENT,
        "scanner": _COMPONENT,
        "type": "sast",
        "start_time": _time(started),
        "end_time": _time(ended),
        "status": "failure" if run.errors else "success",
        "messages": [
            {"level": "fatal", "value": f"{shown_path(path)}: {why}"} for path, why in run.errors
        ],
    }
    yield f'{{"version": "{SAST_VERSION}",\n"scan": {_encode(scan)},\n"vulnerabilities": ['
    yield from _written(files, name)
    yield "]}\n"


def _time(time: datetime) -> str:
    """A time as the schema wants it: of UTC, without a zone."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
