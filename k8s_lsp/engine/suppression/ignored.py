"""The findings of an analysed text that comments and annotations silence, with their reasons."""

from collections.abc import Iterator
from typing import NamedTuple

from k8s_lsp.engine.results import Analysis, Diagnosis, UnitResult
from k8s_lsp.engine.suppression.reach import Reaches, Silencing
from k8s_lsp.engine.suppression.suppressions import silencings_in


class Ignored(NamedTuple):
    """A finding that is not told, and what silences it; None for a comment about the whole file.

    Both have the offsets of the unit at that `position`.
    """

    position: int
    diagnosis: Diagnosis
    silencing: Silencing | None


def ignored_in(analysis: Analysis) -> Iterator[Ignored]:
    """The findings that would be told if nothing silenced them, but for those about whole units.

    Nothing of it is kept by an analysis: most callers never ask, and most texts silence nothing.
    """
    foreign = analysis.settings.foreign_ignores
    for index, unit in enumerate(analysis.units):
        hidden = _hidden_in(unit)
        if hidden:
            silencings = [
                (silencing, Reaches([silencing.reach]))
                for silencing in silencings_in(unit.tree, unit.objects, foreign)
            ]
            for diagnosis in hidden:
                yield Ignored(index, diagnosis, _what_silences(diagnosis, silencings))


def _hidden_in(unit: UnitResult) -> list[Diagnosis]:
    """What was found and neither implied nor told. Of a unit that was not checked, nothing is."""
    told = {id(diagnosis) for diagnosis in unit.published}
    return [
        diagnosis
        for diagnoses in unit.checked
        for diagnosis in diagnoses
        if unit.is_checked and diagnosis.status == "published" and id(diagnosis) not in told
    ]


def _what_silences(
    diagnosis: Diagnosis, silencings: list[tuple[Silencing, Reaches]]
) -> Silencing | None:
    for silencing, reaches in silencings:
        is_named = diagnosis.rule.slug in silencing.slugs
        if is_named and reaches.hold(diagnosis.object, diagnosis.finding):
            return silencing
    return None
