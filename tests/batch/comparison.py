"""What `k8s-lsp batch` writes, beside what `k8s-lsp check` says of the same folder."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Finding = tuple[Any, ...]


def findings_in(output: Path) -> list[dict[str, Any]]:
    """All rows that a run has written."""
    files = sorted((output / "findings").glob("*.parquet"))
    tables = [pq.read_table(file) for file in files]
    return [row for table in tables for row in table.to_pylist()]


def found_by_batch(rows: Iterable[dict[str, Any]]) -> list[Finding]:
    """The findings in rows, in the words of the JSON of `check`, in order."""
    return sorted((_in_words_of_check(row) for row in rows if row["error"] is None), key=json.dumps)


def _in_words_of_check(row: dict[str, Any]) -> Finding:
    level, related = row["pod_security_level"], row["related"]
    return (
        f"{row['repository']}/{row['path']}",
        row["rule"],
        row["severity"],
        row["message"],
        {"line": row["start_line"], "column": row["start_column"]},
        {"line": row["end_line"], "column": row["end_column"]},
        {
            "apiVersion": row["api_version"],
            "kind": row["kind"],
            "name": row["name"],
            "namespace": row["namespace"],
        },
        row["field"],
        None if level is None else {"level": level, "control": row["pod_security_control"]},
        row["fix"],
        [{**place, "path": f"{row['repository']}/{place['path']}"} for place in related],
    )


def found_by_check(out: str) -> list[Finding]:
    """The findings in the JSON of `check`, in order."""
    keys = ("path", "rule", "severity", "message", "start", "end", "object", "field")
    return sorted(
        (
            (
                *(finding[key] for key in keys),
                finding["pod_security"],
                finding["fix"],
                finding.get("related", []),
            )
            for finding in json.loads(out)["findings"]
        ),
        key=json.dumps,
    )


def write_part(place: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows of manifests as one file of Parquet."""
    pq.write_table(pa.Table.from_pylist(list(rows)), place)
