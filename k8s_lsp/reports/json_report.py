"""Findings as one JSON object, whose shape is public and has a version."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from k8s_lsp.reports.entries import Entry, FileReport

VERSION = 1
"""Goes up when a reader of the former shape would no longer understand the output."""


def findings_json(
    findings: Iterable[str], errors: Iterable[tuple[str, str]], files: int
) -> Iterator[str]:
    """What `check` found in `files` files, as the pieces of one object.

    `findings` is what `file_json` gave for the files; an error is a path and a message.
    """
    told = (_line({"path": path, "message": message}) for path, message in errors)
    yield f'{{"version": {VERSION},\n "files": {files},\n "errors": [{",".join(told)}],\n'
    yield ' "findings": ['
    comma = ""
    for each in filter(None, findings):
        yield comma
        yield each
        comma = ","
    yield "]}\n"


def file_json(report: FileReport, text: str) -> str:
    """The findings of one file, each on a line, for those who search with grep.

    Everything outside of ASCII is escaped, so that no terminal or pipe can spoil it.
    """
    return ",".join(_line(_finding(report.path, entry)) for entry in report.entries)


def _line(item: dict[str, Any]) -> str:
    return f"\n  {json.dumps(item)}"


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
