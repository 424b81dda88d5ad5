"""What the product reads in a text, as plain values that compare with those of kubectl's decoder.

Rules see a text through the fields of its trees, so the values are made of these: names, merged
keys and aliases are as `kubernetes.fields` has them, scalars as `syntax.scalars` has them.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from k8s_lsp.engine.reading import read_unit
from k8s_lsp.kubernetes.fields import Field, root_field
from k8s_lsp.syntax import scalars
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.units import Unit, cut

_INT64 = 1 << 63

UNREADABLE = float("nan")
"""A value that its tag does not fit, or an alias of nothing: it equals nothing."""


class Document(NamedTuple):
    """A document that does not say null, and the offset in the text at which it begins."""

    start: int
    value: Any


class Refusal(NamedTuple):
    """The first problem of a unit: where it is, where its unit begins and ends, and its words."""

    start: int
    unit_start: int
    unit_end: int
    message: str


class Reading(NamedTuple):
    """The documents that are seen in a text, what is refused, and the limits that were reached.

    `same_names` are keys of one document that only JSON does not tell apart, as `1` and `"1"`.
    """

    documents: list[Document]
    refusals: list[Refusal]
    limits: list[str]
    same_names: list[str]


def reading_of(text: str) -> Reading:
    """What the product reads in a text."""
    reading = Reading([], [], [], [])
    is_template = "{{" in text
    start = 0
    for units in _of_one_document(cut(text)):
        end = start + sum(len(unit.text) for unit in units)
        place = start
        found: list[Document] = []
        for unit in units:
            tree = read_unit(unit, is_template).tree
            for root in tree.roots:
                reading.same_names.extend(_same_names(root))
                found.append(Document(place + root.span.start, _value(root_field(root))))
            for problem in tree.problems[:1]:
                reading.refusals.append(
                    Refusal(place + problem.span.start, start, end, problem.message)
                )
            if tree.limit is not None:
                reading.limits.append(tree.limit)
            place += len(unit.text)
        if len(units) > 1:
            found = [Document(start, _whole_list([document.value for document in found]))]
        reading.documents.extend(each for each in found if each.value is not None)
        start = end
    return reading


def _of_one_document(units: Iterable[Unit]) -> list[list[Unit]]:
    """The units, with those together that a large List was cut into."""
    together: list[list[Unit]] = []
    for unit in units:
        is_part = unit.is_item or (together and together[-1][-1].is_item)
        if is_part and not unit.text.startswith("---"):
            together[-1].append(unit)
        else:
            together.append([unit])
    return together


def _whole_list(parts: list[Any]) -> Any:
    """The List that was cut into these parts: mappings of its keys, and sequences of one item."""
    whole: dict[str, Any] = {}
    items = []
    for part in parts:
        if isinstance(part, dict):
            whole |= part
        elif isinstance(part, list):
            items += part
    return whole | {"items": items}


def _same_names(root: Node) -> list[str]:
    """The names in JSON of keys that are of different types in YAML.

    They may stand in different mappings, because merges can bring these together.
    """
    meanings: dict[str, set[tuple[type, Any]]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += node.items
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                if isinstance(key, Scalar):
                    meaning = _meaning(key)
                    meanings.setdefault(_name(key), set()).add((type(meaning), meaning))
                waiting.append(value)
    return [name for name, several in meanings.items() if len(several) > 1]


def _value(field: Field) -> Any:
    node = field.node
    if isinstance(node, Mapping):
        return dict(_members(field))
    if isinstance(node, Sequence):
        return [_value(item) for item in field.items()]
    if node is not None:
        return _meaning(node)
    # What means null has no node, and neither has an alias of nothing.
    return UNREADABLE if field.unknown else None


def _members(field: Field) -> Iterator[tuple[str, Any]]:
    for member in field.entries():
        # A key may be an alias of a scalar.
        key = member.key.target if isinstance(member.key, Alias) else member.key
        assert isinstance(key, Scalar)
        yield _name(key), _value(member)


def _meaning(node: Scalar) -> Any:
    if scalars.is_null(node):
        return None
    if scalars.is_string(node):
        return node.value
    truth = scalars.boolean(node)
    if truth is not None:
        return truth
    amount = scalars.number(node)
    return UNREADABLE if amount is None else amount


def _name(key: Scalar) -> str:
    """The text of a key in JSON, as `convertToJSONableObject` of sigs.k8s.io/yaml writes it."""
    meaning = _meaning(key)
    if isinstance(meaning, bool):
        return "true" if meaning else "false"
    if isinstance(meaning, float):
        # What is no finite number may be a key, though no value.
        return key.value.lower().lstrip("+") if math.isnan(meaning) else _float_name(meaning)
    return key.value if meaning is None else str(meaning)


def _float_name(value: float) -> str:
    """A float with the fewest digits that tell it among those of 32 bits.

    So writes `strconv.FormatFloat(value, 'g', -1, 32)`.
    """
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    (value,) = struct.unpack("<f", packed)
    digits = next(n for n in range(10) if struct.pack("<f", float(f"{value:.{n}e}")) == packed)
    short = f"{value:.{digits}e}"
    exponent = int(short.partition("e")[2])
    return f"{value:.{max(0, digits - exponent)}f}" if -5 < exponent < 6 else short


def equal(one: Any, other: Any) -> bool:
    """Whether two plain values are the same to JSON, where 1 and 1.0 are and 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        # Go makes a float of what does not fit into 64 bits, and writes it with fewer digits.
        return one == other or (abs(one) >= _INT64 and math.isclose(one, other, rel_tol=1e-15))
    return type(one) is type(other) and bool(one == other)
