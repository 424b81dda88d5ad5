"""What an analysis says: values, and nothing that computes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from k8s_lsp.kubernetes.facts import UnitFacts
from k8s_lsp.kubernetes.fields import root_field
from k8s_lsp.kubernetes.objects import NO_PLACES, KubeObject, PlacesByKind, is_encrypted
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.queries import Asked
from k8s_lsp.rules.base import Context, Control, Finding, Rule
from k8s_lsp.settings import Settings, Severity
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.units import Unit

Status = Literal["published", "repeated", "implied", "out_of_profile", "unknown"]
"""What becomes of a finding.

`repeated`: the same rule has said the same at the same place. `implied`: a graver finding says it
too (`Rule.silences`). `out_of_profile`: only the restricted level asks for it, and the settings do
not. `unknown`: nothing may be concluded from what is missing where text could not be read.
"""


class Limits(NamedTuple):
    """How much of a text is analysed.

    `text_length` is the longest text, in code points. `findings` is how many findings are enough,
    those counted that are not published; None for all of them.
    """

    text_length: int = 20_000_000
    findings: int | None = None


NO_LIMITS = Limits()
"""The limits of a caller that does not wait: no more than what a process can bear."""


class Incomplete(NamedTuple):
    """Why a text was not analysed whole: a limit that was reached, or a rule that crashed."""

    message: str
    is_limit: bool


class Diagnosis(NamedTuple):
    """A finding as the settings have it, in the offsets of its unit, and what becomes of it."""

    rule: Rule
    severity: Severity
    finding: Finding
    object: KubeObject
    control: Control | None
    status: Status


NOTHING_ASKED: Asked = MappingProxyType({})
"""What the rules have asked about other objects in a unit that was not checked."""


class UnitResult(NamedTuple):
    """What was read and found in one unit, wherever that stands.

    `checked` holds all diagnoses, object by object, in the order of the rules; `published` those
    that are told, in the order of the text. `finding_count` is how many findings there were.
    `is_checked` says that all rules have run, and `is_pending` that the unit was not even read yet.
    `asked` is what the rules have asked about other objects, with the answers that they got;
    `asked_of_kinds` what was asked about the kinds of its objects, and `places` what came of it.
    """

    unit: Unit
    tree: Tree
    objects: tuple[KubeObject, ...] = ()
    facts: UnitFacts = ()
    checked: tuple[Sequence[Diagnosis], ...] = ()
    published: tuple[Diagnosis, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    finding_count: int = 0
    is_checked: bool = False
    is_pending: bool = False
    asked: Asked = NOTHING_ASKED
    asked_of_kinds: Asked = NOTHING_ASKED
    places: PlacesByKind = NO_PLACES

    def containers(self) -> Iterator[Container]:
        """The containers of the unit's objects."""
        for obj in self.objects:
            yield from obj.containers

    def invalidate(self) -> "UnitResult":
        """The unit as it was read, for rules that know something else than before."""
        if not (self.checked or self.incomplete or self.is_checked):
            return self
        return UnitResult(
            self.unit,
            self.tree,
            self.objects,
            self.facts,
            is_pending=self.is_pending,
            asked_of_kinds=self.asked_of_kinds,
            places=self.places,
        )


NO_CONTEXT = Context()
"""What the rules know of a text that was not analysed."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """All that is known about a text.

    `units` are in order, each at its own of the `offsets`; what they hold is relative to that, and
    the path of an object that is an item of a List that was cut begins with `items[0]`, whatever
    its real index. `context` is what the rules knew, and `muted_rules` are those that the whole
    file ignores. `is_chart_template` is what the caller said of the file: that Helm fills in
    whatever stands in double braces there. `action_unit` is one of the units that make the text a
    template, if one does.
    """

    text: str
    settings: Settings
    units: tuple[UnitResult, ...] = ()
    offsets: tuple[int, ...] = ()
    context: Context = NO_CONTEXT
    muted_rules: frozenset[str] = frozenset()
    incomplete: tuple[Incomplete, ...] = ()
    finding_count: int = 0
    is_chart_template: bool = False
    action_unit: Unit | None = None
    is_pending: bool = False

    @property
    def is_values(self) -> bool:
        """Whether the caller said that the file holds the values of a chart."""
        return bool(self.units) and self.units[0].unit.read_as == "values"

    @property
    def is_encrypted(self) -> bool:
        """Whether the file holds values that were encrypted: of these nothing was read."""
        roots = self.units[0].tree.roots if self.is_values else ()
        return any(is_encrypted(root_field(root)) for root in roots)

    @property
    def is_template(self) -> bool:
        """Whether template actions hide a part of the text.

        Then nothing was concluded from what is missing, and only fixes of literal text are offered.
        """
        return self.action_unit is not None

    def published(self) -> Iterator[tuple[int, Diagnosis]]:
        """What is told of the text, with the offset of its unit, in the order of the text."""
        for offset, unit in zip(self.offsets, self.units, strict=True):
            for diagnosis in unit.published:
                yield offset, diagnosis


def asked_in(analysis: Analysis) -> Asked:
    """What was asked about other objects in the whole text: by rules, and of it as a whole."""
    asked = dict(analysis.context.facts.asked)
    for unit in analysis.units:
        asked.update(unit.asked)
    return asked
