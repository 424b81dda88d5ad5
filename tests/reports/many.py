"""As many findings as an organisation has, as `k8s-lsp batch` leaves them."""

import json
import random
from pathlib import Path

import fsspec

from k8s_lsp.cli.batch_parts import write_findings
from k8s_lsp.cli.batch_tables import FINDINGS, Judgement, table_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES

OF_PART = 50_000
"""How many findings a part has."""


def write_many(folder: Path, count: int) -> None:
    """Write so many findings of all rules, in 8 objects of each of 50 files of a repository."""
    choice = random.Random(1)
    parts = []
    for start in range(0, count, OF_PART):
        numbers = range(start, min(count, start + OF_PART))
        rows = [_row(number, choice) for number in numbers]
        name = f"part-{start}"
        judgement = Judgement(table_of(rows), len(rows) // 8)
        place = f"{folder}/findings/{name}.parquet"
        record = write_findings(fsspec.filesystem("file"), place, judgement, {"part": name})
        parts.append({"path": f"findings/{name}.parquet", **record})
    (folder / "manifest.json").write_text(json.dumps({"version": 1, "parts": parts}))


def _row(number: int, choice: random.Random) -> tuple[object, ...]:
    rule = RULES[min(int(choice.expovariate(1 / 12)), len(RULES) - 1)]
    control = rule.controls[0] if rule.controls else None
    is_mended = choice.random() < 0.7
    row: dict[str, object] = {
        "repository": f"repository-{number // 400:04}",
        "path": f"deploy/service-{number // 8 % 50}.yaml",
        "rule": rule.slug,
        "severity": rule.severity if rule.severity in SEVERITIES else "information",
        "message": f'container "app-{number}": {rule.summary}',
        "start_line": choice.randrange(1, 200),
        "api_version": "apps/v1",
        "kind": "Deployment",
        "namespace": "shop",
        "name": f"service-{number // 8}",
        "pod_security_level": None if control is None else control.level,
        "pod_security_control": None if control is None else control.id,
        "fix": "review" if is_mended else None,
        "fixed_in_bulk": is_mended,
        "fingerprint": f"{number:032x}",
    }
    return tuple(row.get(field.name) for field in FINDINGS)
