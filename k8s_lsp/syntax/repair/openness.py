"""What makes a collection `open`: nothing is concluded from what is missing in it."""

from bisect import bisect_left
from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from k8s_lsp.syntax.nodes import Alias, Node, Scalar, Sequence
from k8s_lsp.syntax.repair.lines import indent_at, line_after, line_before, line_from
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.text import Span, line_start


class Place(NamedTuple):
    """A repaired place for which no collection has been marked `open` yet."""

    offset: int
    column: int
    dash: bool
    template: bool


def places_of(text: str, repairs: tuple[Repair, ...]) -> list[Place]:
    """Where the repairs stand in the layout of the text."""
    places = []
    for repair in repairs:
        if repair.role == "template":
            continue
        offset = repair.span.start
        if repair.role == "template line":
            places.append(Place(offset, offset - line_start(text, offset), False, True))
            continue
        while text[offset : offset + 1] in (" ", "\t"):
            offset += 1
        column = offset - line_start(text, offset)
        dash = text[offset : offset + 1] == "-"
        places.append(Place(offset, column, dash, False))
    return sorted(places)


def opens(
    text: str,
    places: list[Place],
    span: tuple[int, int],
    is_list: bool,
    stop: int,
    siblings: list[Node],
    parent: tuple[int, bool] | None,
) -> bool:
    """Whether one of the places lies directly among the entries of a block collection.

    A line that was blanked above, between or below the entries belongs to the collection that its
    indentation names; if none has that indentation, to the two between which it lies. The
    collection covers the span, and its last line ends before `stop`. The `siblings` stand before
    it in its parent, of which is given where it begins and whether it is a block list. Places that
    no other collection can have are taken away.
    """
    start, end = span
    behind = bisect_left(places, (max(stop, end + 1),))
    if not behind:
        return False
    above = bisect_left(places, (_gap(text, start, siblings, parent),), 0, behind)
    is_open = False
    taken = []
    for place in places[above:behind]:
        offset, column, dash, template = place
        if start <= offset < end:
            is_open = True
            taken.append(place)
            continue
        own_column = start - line_start(text, start)
        if template:
            is_open = True
        elif own_column <= column:
            is_open = True
            if not is_list or dash or own_column < column:
                taken.append(place)
        elif parent is None or parent[0] - line_start(text, parent[0]) < column:
            is_open = True
    for place in taken:
        places.remove(place)
    return is_open


def opens_inside(places: list[Place], start: int, stop: int) -> bool:
    """Whether one of the places lies between the brackets at `start` and before `stop`."""
    inside = places[bisect_left(places, (start,)) : bisect_left(places, (stop,))]
    for place in inside:
        places.remove(place)
    return bool(inside)


def _gap(text: str, start: int, siblings: list[Node], parent: tuple[int, bool] | None) -> int:
    """Where what stands before a collection ends, given where its first entry begins."""
    if parent is None:
        return 0
    begin, is_list = parent
    gap = siblings[-1].span.end if siblings else begin
    # What stands above an item's dash belongs to the sequence.
    return max(gap, text.rfind("-", gap, start)) if is_list else gap


def hides_entries(keys: Iterable[Node]) -> bool:
    """Whether a template stands in the place of a key or an item: for several of them, or none."""
    return any(type(key) is Scalar and key.style == "{{" for key in keys)


def opened_by_lines(
    roots: Iterable[Node], old: str, old_lines: Span, new: str, new_lines: Span
) -> dict[int, bool]:
    """The collections in, right above or right below which lines changed, and which are `open`.

    The lines of the old text, which has these roots, became those of the new one. A new line
    belongs to the collection that has its indentation; if none has, to those between which it
    lies; and to the brackets that it stands in. The collections are named by their `id`.
    """
    start, end = old_lines
    above = line_before(old, start)
    below = line_from(old, end)
    # An item begins behind its dash, and what stands above that belongs to the list.
    below = len(old) if below is None else below + indent_at(old, below) + 1
    # A list may have the indentation of the mapping that it is in; then it is the deeper one.
    depths: dict[int, tuple[int, bool]] = {}
    brackets: dict[int, bool] = {}
    waiting: list[Node] = [*roots]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (Scalar, Alias)) or node.span.end <= above or node.start >= below:
            continue
        is_list = isinstance(node, Sequence)
        waiting += node.items if isinstance(node, Sequence) else map(itemgetter(1), node.entries)
        if not node.flow:
            depths[id(node)] = node.span.start - line_start(old, node.span.start), is_list
        elif node.start < start < node.span.end:
            brackets[id(node)] = True
    if brackets:
        return brackets
    opened: set[tuple[int, bool]] = set()
    line = line_from(new, new_lines.start)
    while line is not None and line < new_lines.end:
        indent = indent_at(new, line)
        depth = indent, new.startswith("-", line + indent)
        nearest = max((other for other in depths.values() if other <= depth), default=(-1, False))
        opened |= {
            other for other in depths.values() if other == nearest or nearest < depth < other
        }
        line = line_after(new, line)
    return {collection: depth in opened for collection, depth in depths.items()}
