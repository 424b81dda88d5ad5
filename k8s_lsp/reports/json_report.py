"""Findings as one JSON object, whose shape is public and has a version."""

import json
from collections.abc import Iterable
from typing import Any

from k8s_lsp.reports.entries import Entry, FileReport

VERSION = 1
"""Goes up when a reader of the former shape would no longer understand the output."""


def findings_json(reports: Iterable[FileReport], files: int) -> str:
    """What `check` found in `files` files, and the errors, as one object.

    Each finding is one line, for those who search with grep. Everything outside of ASCII is
    escaped, so that no terminal or pipe can spoil it.
    """
    ordered = sorted(reports, key=lambda report: report.path)
    errors = _lines(
        {"path": report.path, "message": message} for report in ordered for message in report.errors
    )
    findings = _lines(
        _finding(report.path, entry) for report in ordered for entry in report.entries
    )
    return (
        f'{{"version": {VERSION},\n "files": {files},\n'
        f' "errors": [{errors}],\n "findings": [{findings}]}}'
    )


def _lines(items: Iterable[dict[str, Any]]) -> str:
    return ",".join(f"\n  {json.dumps(item)}" for item in items)


def _finding(path: str, entry: Entry) -> dict[str, Any]:
    return {
        "path": path,
        "rule": entry.rule,
        "severity": entry.severity,
        "message": entry.message,
        "start": {"line": entry.line, "column": entry.column},
        "end": {"line": entry.line, "column": entry.end_column},
        "object": {
            "apiVersion": entry.object.api_version,
            "kind": entry.object.kind,
            "name": entry.object.name,
            "namespace": entry.object.namespace,
        },
        "field": entry.field,
        "pod_security": None
        if entry.control is None
        else {"level": entry.control.level, "control": entry.control.id},
        "fix": None if entry.fix is None else entry.fix.safety,
    }
