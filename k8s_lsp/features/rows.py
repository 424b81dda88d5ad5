"""Findings -> the rows of a list of problems: what is absent of one block is one of them.

Only editors are told so. A command or a report has one finding a rule, and so have ignore comments,
severities and fixes.
"""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import get_args

from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.kubernetes.fields import Path, path_text
from k8s_lsp.rules.base import PodSecurityLevel
from k8s_lsp.settings import SEVERITIES, Settings
from k8s_lsp.text import Span

Row = Sequence[Diagnosis]
"""What one diagnostic tells, the gravest first."""

_LEVELS = get_args(PodSecurityLevel)


def rows_of(diagnoses: Iterable[Diagnosis], settings: Settings) -> list[Row]:
    """The rows for what is told of a unit, each in the place of its first finding."""
    if not settings.group_absent:
        return [(diagnosis,) for diagnosis in diagnoses]
    rows: list[Row] = []
    blocks: dict[tuple[Path, Span], list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        finding = diagnosis.finding
        block = finding.absent_block
        # What else is related to a finding is told of that alone.
        if block is None or finding.related:
            rows.append([diagnosis])
        elif (known := blocks.get((block, finding.span))) is not None:
            known.append(diagnosis)
        else:
            blocks[block, finding.span] = row = [diagnosis]
            rows.append(row)
    for row in blocks.values():
        if len(row) > 1:
            row.sort(key=_gravity)
    return rows


def _gravity(diagnosis: Diagnosis) -> tuple[int, int]:
    """How grave a finding is; of equal ones, a lower level of Pod Security goes first."""
    control = diagnosis.control
    level = _LEVELS.index(control.level) if control is not None else len(_LEVELS)
    return SEVERITIES.index(diagnosis.severity), level


def message_of(row: Row) -> str:
    """What several findings of an absent block say together, on one line."""
    first = row[0]
    paths = [diagnosis.finding.path or () for diagnosis in row]
    parents = zip(*(path[:-1] for path in paths), strict=False)
    block = tuple(names[0] for names in takewhile(_are_same, parents))
    fields = sorted({path_text(path[len(block) :]) for path in paths})
    owner = first.object.container_at(block) or first.object.pod_at(block)
    is_overlaid = owner is not None and owner.handling.kind == "overlay"
    told = (
        f"{owner or first.object.kind} has no {block[-1]}: it must set {_listed(fields)}"
        f"{', unless its operator sets them' if is_overlaid else ''}"
    )
    return " ".join(told.split())


def _are_same(names: tuple[str | int, ...]) -> bool:
    return all(name == names[0] for name in names)


def _listed(words: list[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
