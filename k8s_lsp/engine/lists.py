"""A long List or stream of JSON, part by part: judged as `analyze` would judge it as a whole.

Trees are what takes room, so those of a part are gone when the next one is read; what its objects
tell others stays. A part is judged by what is known of the others by then, which is what objects
tell that many ask for, and again if all of them together give another answer to what was asked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.reading import findings_only, read_unit
from k8s_lsp.engine.results import Analysis, UnitResult, asked_in
from k8s_lsp.kubernetes.facts import UnitFacts
from k8s_lsp.kubernetes.queries import Asked, Reach, Surroundings, still_holds
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.actions import parse_unless_template
from k8s_lsp.syntax.parts import Part, parts_of
from k8s_lsp.syntax.units import Unit

Kept = TypeVar("Kept")


class PartResult(NamedTuple):
    """A part that was judged, by its place in the text, with what was asked about others."""

    part: Part
    analysis: Analysis


def divided(text: str) -> Callable[[], Iterator[Part]] | None:
    """A function that gives the parts of a text, each time anew; None if it is read as a whole.

    Actions of a template may reach across the items of a List in YAML, and in no string of JSON.
    """
    parts = parts_of(text)
    if parts is None:
        return None
    if "{{" in text:
        units = (unit for part in parts for unit in part.units if "{{" in unit.text)
        if any(_is_template(unit) for unit in units):
            return None
    return lambda: parts_of(text) or iter(())


def _is_template(unit: Unit) -> bool:
    return unit.read_as != "json" and parse_unless_template(unit.text, unit.read_as) is None


def analyze_parts(
    parts: Callable[[], Iterator[Part]],
    text: str,
    settings: Settings,
    surroundings: Surroundings,
    keep: Callable[[PartResult], Kept],
) -> tuple[list[Kept], Asked]:
    """What `keep` makes of each part of a text, in order, and all that was asked about others.

    It is called once or twice for a part, and the last time counts.
    """
    early = [_early_facts(part) for part in parts()]
    kept: list[Kept] = []
    facts: list[UnitFacts] = []
    asked: list[Asked] = []
    for index, part in enumerate(parts()):
        judged = _judged(part, text, settings, surroundings, _others(early, index))
        kept.append(keep(judged))
        facts.append(_facts_in(judged.analysis.units))
        asked.append(asked_in(judged.analysis))
    reach = Reach(tuple(fact for of_part in facts for fact in of_part), surroundings)
    again = {index for index, found in enumerate(asked) if not still_holds(found, reach)}
    for index, part in enumerate(parts() if again else ()):
        if index in again:
            judged = _judged(part, text, settings, surroundings, _others(facts, index))
            kept[index], asked[index] = keep(judged), asked_in(judged.analysis)
    return kept, {question: answer for found in asked for question, answer in found.items()}


def _others(facts: Sequence[UnitFacts], index: int) -> UnitFacts:
    """What all parts tell but one."""
    return tuple(fact for at, of_part in enumerate(facts) if at != index for fact in of_part)


def _judged(
    part: Part, text: str, settings: Settings, surroundings: Surroundings, others: UnitFacts
) -> PartResult:
    analysis = analyze(
        text[part.start : part.end],
        settings,
        surroundings=surroundings,
        read=findings_only,
        part=(part.units, others),
    )
    return PartResult(part, analysis)


def _facts_in(units: Iterable[UnitResult]) -> UnitFacts:
    """What the objects of some units tell others, in the order of the text."""
    return tuple(fact for unit in units for fact in unit.facts)


_EARLY: Final = frozenset(
    "ClusterRole ClusterRoleBinding CustomResourceDefinition LimitRange Namespace NetworkPolicy"
    " ResourceQuota Role RoleBinding ServiceAccount".split()
)
"""The kinds about which the rules ask for each pod: what they tell is read before all others."""

_KIND: Final = re.compile(r'^[ -]{0,12}"?kind"?: ?"?([A-Za-z]+)', re.MULTILINE)
"""A line that says what kind an item is; also the one of another object in it."""

_KIND_LOOKED_FOR: Final = 300
"""In how many characters of an item its kind is looked for: `kubectl get` writes it first."""


def _early_facts(part: Part) -> UnitFacts:
    """What the objects of a part tell that are of the kinds which many ask about.

    One that is overlooked costs time and nothing else: what has asked for it is judged again.
    """
    early = [unit for unit in part.units if _kind_of(unit) in _EARLY]
    return _facts_in(read_unit(unit, False) for unit in early)


def _kind_of(unit: Unit) -> str:
    beginning = unit.text[:_KIND_LOOKED_FOR]
    found = _KIND.search(beginning) or _ON_ONE_LINE.search(beginning)
    return found[1] if found is not None else unit.listed_as[1]


_ON_ONE_LINE: Final = re.compile(r'"kind": ?"([A-Za-z]+)"')
