"""Divide a long text into parts of which each can be read, judged and forgotten by itself.

What is read back from a cluster is one List of everything, and the tree of a text takes many times
the room of the text. Its items do not know one another, nor do the values of a stream of JSON.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8s_lsp.syntax.json_values import JsonItems, begins_with_brace, json_items
from k8s_lsp.syntax.units import CUT_LISTS_ABOVE, Unit, cut, items_between, list_places

PART_LENGTH = 524_288
"""How many characters a part has at least, but for the last: trees of so many fit any memory."""


class Part(NamedTuple):
    """Units that follow one another from an offset on; so many items of the List stand before."""

    start: int
    units: tuple[Unit, ...]
    first_item: int = 0

    @property
    def end(self) -> int:
        """Where the part ends in the text."""
        return self.start + sum(len(unit.text) for unit in self.units)


def may_be_divided(text: str) -> bool:
    """Whether a text is long, and looks like a List or like a stream of JSON."""
    if len(text) <= CUT_LISTS_ABOVE:
        return False
    return begins_with_brace(text) or "kind: List" in text


def parts_of(text: str, length: int = PART_LENGTH) -> Iterator[Part] | None:
    """The parts of a text in order; None for a text that has to be read as a whole.

    In JSON the List around the items belongs to none: there is nothing in it to be judged, and it
    is in order. They can be asked for again.
    """
    if begins_with_brace(text):
        items = json_items(text)
        if items is not None:
            return _parts_of_items(text, items, length)
        return _parts_of_units(_stream_in(text), length)
    places = list_places(text)
    return _parts_of_units(_units_between(text, places), length) if places else None


def _stream_in(text: str) -> Sequence[Unit]:
    """The values of a stream of JSON; none where it is not that alone."""
    units = cut(text)
    is_stream = len(units) > 1 and all(unit.read_as in ("start", "json") for unit in units)
    return units if is_stream else ()


def _units_between(text: str, places: Sequence[int]) -> list[Unit]:
    """The units of a List in YAML whose items begin at the places, as `cut` makes them."""
    head, tail = places[0], places[-1]
    units = [Unit(text[:head]), *items_between(text, places)]
    return [*units, Unit(text[tail:], False, "document")] if tail < len(text) else units


def _parts_of_units(units: Sequence[Unit], length: int) -> Iterator[Part] | None:
    return _parts(units, length) if units else None


def _parts(units: Sequence[Unit], length: int) -> Iterator[Part]:
    start = items = 0
    there: list[Unit] = []
    size = 0
    for unit in units:
        there.append(unit)
        size += len(unit.text)
        if size >= length:
            yield Part(start, tuple(there), items)
            start += size
            items += sum(unit.is_item for unit in there)
            there, size = [], 0
    if there:
        yield Part(start, tuple(there), items)


def _parts_of_items(text: str, items: JsonItems, length: int) -> Iterator[Part]:
    """The parts of a List in JSON; each item has the comma behind it for a blank.

    What is written into an item takes its indentation from the line that it begins in.
    """
    listed_as = (items.api_version, items.kind)
    there: list[Unit] = []
    first, size, last = 0, 0, len(items.starts) - 1
    start = begins = _with_blanks(text, items.starts[0])
    for index, end in enumerate(items.ends):
        following = end if index == last else _with_blanks(text, items.starts[index + 1])
        written = text[start:end] + text[end:following].replace(",", " ")
        there.append(Unit(written, True, "json", listed_as))
        size += len(written)
        start = following
        if size >= length or index == last:
            yield Part(begins, tuple(there), first)
            there, first, size, begins = [], index + 1, 0, following


def _with_blanks(text: str, start: int) -> int:
    """Where the line of an item begins, if nothing but blanks stands before it there."""
    line = start
    while line > 0 and text[line - 1] in " \t":
        line -= 1
    return line if line > 0 and text[line - 1] == "\n" else start
