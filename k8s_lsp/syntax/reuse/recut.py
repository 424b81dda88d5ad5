"""Cut a text into units, given how an earlier state of it was cut."""

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from k8s_lsp.syntax.json_values import begins_with_brace
from k8s_lsp.syntax.units import (
    CUT_LISTS_ABOVE,
    Unit,
    cut,
    is_lone_separator,
    items_between,
    items_in,
)
from k8s_lsp.text import Span


class Cut(NamedTuple):
    """The units of a text that differ from those of another one.

    `before` and `after` are how many units at the beginning and at the end are the same in both.
    """

    before: int
    units: list[Unit]
    after: int


def cut_again(
    text: str, offsets: Sequence[int], unit_at: Callable[[int], Unit], edited: Span, added: int
) -> Cut | None:
    """The same as `cut(text)`, at the cost of the documents or the items around the edit.

    `offsets` are those of the units of another text, of which `unit_at` gives one by its index:
    they are many, and nearly all of them stay as they are. `edited` is the span of the text outside
    of which nothing is different, and `added` how much longer the text is. None where the whole
    text has to be cut.
    """
    if not offsets:
        return None
    if begins_with_brace(text) or begins_with_brace(unit_at(0).text):
        # How each value of a JSON stream is read may depend on all those above it.
        return None
    start, end = edited
    # Whether a unit ends somewhere may depend on the one before, but not on more of them.
    first = max(bisect(offsets, start) - 2, 0)
    last = min(bisect(offsets, end - added), len(offsets) - 1)
    while last < len(offsets) - 1 and is_lone_separator(unit_at(last)._replace(read_as="document")):
        # How many stand in a row tells which of them the decoder takes away.
        last += 1
    around = [unit_at(index) for index in range(max(first - 1, 0), min(last + 2, len(offsets)))]
    window = text[offsets[first] : offsets[last] + len(unit_at(last).text) + added]
    rest = len(offsets) - last - 1
    if not any(unit.is_item for unit in around):
        return Cut(first, cut(window, unit_at(first).read_as), rest)
    if not all(unit.is_item for unit in around):
        return None
    if added < 0:
        below = map(unit_at, range(first + 1, len(offsets)))
        above = map(unit_at, range(first, -1, -1))
        if _length_of_items(below) + _length_of_items(above) + added <= CUT_LISTS_ABOVE:
            return None
    places = items_in(window)
    return Cut(first, items_between(window, places), rest) if places else None


def _length_of_items(units: Iterable[Unit]) -> int:
    """How long the items are together with which some units begin."""
    return sum(len(unit.text) for unit in takewhile(lambda unit: unit.is_item, units))
