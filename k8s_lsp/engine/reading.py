"""From the text of a unit to its tree, its objects, and what these tell about others.

Not all of every text is read. Schemas of thousands of lines stand in manifests about which rules
have nothing to say but what is wrong with any YAML: that they are in order is seen without making
nodes. And a text without the keys of an object holds none. What is found is the same either way.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from k8s_lsp.engine.results import UnitResult
from k8s_lsp.engine.suppression.suppressions import has_comments
from k8s_lsp.kubernetes.custom_resources import SERVED, places_of
from k8s_lsp.kubernetes.facts import UnitFacts, facts_of
from k8s_lsp.kubernetes.objects import (
    NO_PLACES,
    KubeObject,
    PlacesByKind,
    may_hold_objects,
    objects_of,
    values_of,
)
from k8s_lsp.kubernetes.places import CorePlace, own_places
from k8s_lsp.kubernetes.queries import Facts, Reach, defined_places_of
from k8s_lsp.kubernetes.schemas import united
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.actions import holds_actions, parse_unless_template
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.skip import is_small, skip_block
from k8s_lsp.syntax.units import Unit, says_kind

SKIPPED_BLOCKS = {"CustomResourceDefinition": "spec"}
"""Kinds below whose key no rule looks: only what is wrong with any YAML can be wrong there."""

SKIP_ABOVE = 8_192
"""How many code points a unit must have more than for a block of it to be skipped."""

PartOfText: TypeAlias = tuple[Sequence[Unit], UnitFacts]
"""The units of a part of a text that is judged part by part, and what the rest of it tells."""

ReadUnit = Callable[[Unit, bool], UnitResult]
"""Reads a unit; the flag says that the text is a template, whose actions hide a part of it."""


def read_unit(unit: Unit, is_template: bool) -> UnitResult:
    """A unit with its tree, and the objects in it."""
    tree = tree_skipping_block(unit, is_template)
    if tree is None:
        tree = parse(unit.text, template=is_template, read_as=unit.read_as)
    return interpret(unit, tree)


def read_units(
    units: Sequence[Unit], is_chart_template: bool, read: ReadUnit
) -> tuple[list[UnitResult], Unit | None]:
    """The units of a text, and one of those that make it a template, if one does.

    A text with actions is read as a template as a whole: they may reach across documents. Beside
    objects every unit is read, because it is told what is wrong with the text of any of them.
    """
    found: list[UnitResult] = []
    action_unit = None
    for unit in units:
        result = read_unless_template(unit, is_chart_template, read)
        if result is None:
            found, action_unit = [read(unit, True) for unit in units], unit
            break
        found.append(result)
    if any(unit.objects for unit in found):
        is_template = action_unit is not None
        found = [read_unit(unit.unit, is_template) if unit.is_pending else unit for unit in found]
    return found, action_unit


def read_unless_template(
    unit: Unit, is_chart_template: bool, read: ReadUnit = read_unit
) -> UnitResult | None:
    """A unit as `read` reads it in a text that is no template; None where it makes it one.

    In a template of a chart any double braces do, elsewhere only those outside of the text of
    scalars and comments.
    """
    if "{{" not in unit.text:
        return read(unit, False)
    if is_chart_template:
        return None
    tree = tree_skipping_block(unit, False)
    if tree is None:
        tree = parse_unless_template(unit.text, unit.read_as)
    elif holds_actions(tree):
        tree = None
    return None if tree is None else interpret(unit, tree)


def findings_only(unit: Unit, is_template: bool) -> UnitResult:
    """`read_unit`, for callers that want findings alone: a text without objects gets no tree."""
    is_told = unit.listed_as[1] or may_hold_objects(unit.text)
    if unit.read_as != "values" and not is_told and is_small(unit.text):
        return UnitResult(unit, Tree(unit.text), is_pending=True)
    return read_unit(unit, is_template)


def interpret(unit: Unit, tree: Tree) -> UnitResult:
    """A unit with the objects of its tree, and what these tell about others."""
    objects = objects_in(unit, tree)
    return UnitResult(unit, tree, objects, facts_of(objects))


def objects_in(unit: Unit, tree: Tree, places: PlacesByKind = NO_PLACES) -> tuple[KubeObject, ...]:
    """The objects of a unit, by its tree or a copy of that; `places` as for `objects_of`."""
    if unit.read_as == "values":
        return values_of(tree)
    return objects_of(tree, is_item=unit.is_item, listed_as=unit.listed_as, places=places)


def with_places(unit: UnitResult, settings: Settings, reach: Reach) -> UnitResult:
    """The unit with its objects as the settings and definitions in reach describe their kinds.

    What it tells others does not depend on them, so that nothing is told in a circle.
    """
    facts = Facts(reach)
    places: dict[tuple[str, str], tuple[CorePlace, ...]] = {}
    for obj in unit.objects:
        kind = (obj.api_version, obj.kind)
        group, _, version = obj.api_version.rpartition("/")
        if "." not in group or group in SERVED or kind in places:
            continue
        own = own_places(settings, group, obj.kind)
        defined = facts.ask(defined_places_of, group, obj.kind, version)
        if own or defined:
            known = united(places_of(obj.api_version, obj.kind), defined or ())
            named = {place.path for place in own}
            places[kind] = (*own, *(place for place in known if place.path not in named))
    if not (facts.asked or unit.places):
        return unit
    if places == unit.places:
        return unit._replace(asked_of_kinds=facts.asked)
    objects = objects_in(unit.unit, unit.tree, places)
    return unit.invalidate()._replace(objects=objects, asked_of_kinds=facts.asked, places=places)


def skippable_kind(text: str) -> str | None:
    """The kind of a large definition about which there is next to nothing to say; else None."""
    if len(text) <= SKIP_ABOVE:
        return None
    return next((kind for kind in SKIPPED_BLOCKS if says_kind(text, kind)), None)


def tree_skipping_block(unit: Unit, is_template: bool) -> Tree | None:
    """The tree of a large definition, without the block that no rule looks into.

    None where the unit is no such definition, or where anything may have to be said of the block.
    """
    text = unit.text
    kind = skippable_kind(text)
    # What is a comment in the block is not known as long as that is not read.
    if kind is None or has_comments(text):
        return None
    skipped = skip_block(text, SKIPPED_BLOCKS[kind])
    if skipped is None:
        return None
    tree = parse(text, template=is_template, skipped=skipped, read_as=unit.read_as)
    kinds = [obj.kind for obj in objects_of(tree, is_item=unit.is_item)]
    return tree if not tree.problems and kinds == [kind] else None
