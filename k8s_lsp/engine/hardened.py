"""What fixes in bulk have done to a text: which ones were taken, and what to look at afterwards."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.engine.suppression.reach import containers_of_finding
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import AfterFix, Fix, Risk
from k8s_lsp.settings import SEVERITIES, Severity
from k8s_lsp.text import Edit

MOST_CONSEQUENCES = 3
"""How many consequences are told: more of them would not be read."""


class Applied(NamedTuple):
    """A fix that was taken, and the finding that it was for, in the unit of that index.

    The finding's offsets are those of the text as it was in that round.
    """

    unit: int
    diagnosis: Diagnosis
    fix: Fix


class Hardened(NamedTuple):
    """The analysis of a text after its fixes, and what these were.

    `rounds` are the edits of each round, in the order of the text; each round's offsets are those
    of the text that the round before has left.
    """

    analysis: Analysis
    applied: tuple[Applied, ...] = ()
    rounds: tuple[tuple[Edit, ...], ...] = ()

    @property
    def text(self) -> str:
        """The text with its fixes."""
        return self.analysis.text

    def place_before(self, offset: int) -> int:
        """Where what stands at an offset now stood before all fixes; in what is new, its place."""
        for edits in reversed(self.rounds):
            offset = _place_before(edits, offset)
        return offset


def _place_before(edits: Iterable[Edit], offset: int) -> int:
    """The offset before some edits, given in order, of what stands at an offset after them."""
    growth = 0
    for edit in edits:
        start = edit.span.start + growth
        if offset < start:
            break
        if offset < start + len(edit.text):
            return edit.span.start
        growth += len(edit.text) - (edit.span.end - edit.span.start)
    return offset - growth


class Consequence(NamedTuple):
    """What may be different after fixes, and for how many pods and containers.

    `rule` is the slug of one that tells more. A caller shows `str(consequence)`.
    """

    rule: str
    risk: Risk
    severity: Severity
    text: str
    pods: int
    containers: int

    def __str__(self) -> str:
        return self.text.format(
            pods=_counted(self.pods, "pod"), containers=_counted(self.containers, "container")
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"


def consequences(hardened: Hardened) -> tuple[Consequence, ...]:
    """What may be different after the fixes that were taken, in the order of these."""
    first: dict[str, tuple[AfterFix, Diagnosis]] = {}
    concerned: dict[str, dict[tuple[int, Path], Path]] = {}
    for applied in hardened.applied:
        after = applied.diagnosis.rule.after_fix
        if after is None or applied.fix.takes_nothing:
            continue
        first.setdefault(after.text, (after, applied.diagnosis))
        here = concerned.setdefault(after.text, {})
        for container in _containers_of(hardened.analysis, applied):
            if after.concerns(container):
                here[applied.unit, container.path] = applied.diagnosis.object.root.path
    found = []
    for text, here in concerned.items():
        after, diagnosis = first[text]
        pods = {(unit, root) for (unit, _), root in here.items()}
        slug, severity = diagnosis.rule.slug, diagnosis.severity
        if here:
            found.append(Consequence(slug, after.risk, severity, text, len(pods), len(here)))
    return tuple(found)


def _containers_of(analysis: Analysis, applied: Applied) -> Iterator[Container]:
    """The containers that a fix was for, as they are now: all those of the pod for its own."""
    obj = applied.diagnosis.object
    paths = containers_of_finding(obj, applied.diagnosis.finding)
    if not paths:
        pod = obj.pod_at(applied.diagnosis.finding.path or ())
        paths = tuple(each.path for each in (obj.containers if pod is None else pod.containers))
    for container in analysis.units[applied.unit].containers():
        if container.path in paths:
            yield container


def gravest(found: Iterable[Consequence]) -> list[Consequence]:
    """The consequences of several texts, those of one kind together: the gravest, and few."""
    together: dict[str, Consequence] = {}
    for each in found:
        same = together.get(each.text)
        if same is not None:
            each = same._replace(
                pods=same.pods + each.pods, containers=same.containers + each.containers
            )
        together[each.text] = each
    return sorted(together.values(), key=_gravity)[:MOST_CONSEQUENCES]


def _gravity(consequence: Consequence) -> tuple[int, int]:
    return (
        get_args(Risk).index(consequence.risk),
        SEVERITIES.index(consequence.severity),
    )
