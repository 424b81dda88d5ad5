"""What the last good tree knows of a text that does not parse.

A repair is right only if it leaves all that stands outside of the changed lines as it was. Where no
repair does, the tree of before is moved with the text.
"""

from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import Final, NamedTuple

from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence, Tree
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.syntax.repair.search import Hints
from k8s_lsp.syntax.reuse.states import Change, change_between, last_whole
from k8s_lsp.syntax.reuse.transplant import transplant
from k8s_lsp.text import Span

TRIES: Final = 8
"""How many repaired texts are read at most, where the last good tree can stand in."""


class LastGood(NamedTuple):
    """The tree of an earlier state of a text, what has changed since, and which leaves have not."""

    tree: Tree
    change: Change
    leaves: AbstractSet[tuple[int, int]]


def hints_of(last_good: LastGood | None, masked: str, edited: Span | None) -> Hints:
    """What the search for repairs is told: of the last good tree, and of what changed last.

    The repairs are those of the `masked` text.
    """
    suspect = None if edited is None else edited.start
    if last_good is None:
        return Hints(suspect)
    return Hints(
        suspect,
        partial(sacrifices, last_good),
        partial(preserves, last_good),
        partial(transplant, last_good.tree, last_good.change, masked),
        TRIES,
    )


def last_good_of(tree: Tree, text: str) -> LastGood | None:
    """What an earlier tree says about a text; None where most of the text is new.

    Lines that changed and came back are only in the last whole tree, and others only in the last
    one. The one counts that tells more, or else the whole one.
    """
    best: LastGood | None = None
    for earlier in (last_whole(tree), tree):
        if earlier is not None:
            change = change_between(earlier.text, text)
            last_good = LastGood(earlier, change, _leaves(earlier.roots, change.old))
            if best is None or len(last_good.leaves) > len(best.leaves):
                best = last_good
    if best is None or 2 * (best.change.new.end - best.change.new.start) > len(text):
        return None
    return best if best.leaves else None


def sacrifices(last_good: LastGood, repairs: tuple[Repair, ...]) -> bool:
    """Whether the repairs overwrite what is known, or the changed lines: the tree knows better."""
    first, last = last_good.change.new
    for (start, end), *_ in repairs:
        if start < last and end > first:
            return True
        added = last - first if start >= last else 0
        if any(start <= place + added < end for place, _ in last_good.leaves):
            return True
    return False


def preserves(last_good: LastGood, attempt: ParseAttempt) -> bool:
    """Whether all that did not change was read, as far as the attempt got."""
    first, last = last_good.change.new
    lost = last_good.leaves - _leaves(attempt.roots, last_good.change.new)
    if not lost or attempt.failure is None:
        return not lost
    place = min(lost)[0]
    return place + (last - first if place >= first else 0) >= attempt.failure.begin


@lru_cache(maxsize=4)
def _leaves(roots: tuple[Node, ...], touched: Span) -> AbstractSet[tuple[int, int]]:
    """Where each leaf outside of the touched lines stands, and its path and value in a number.

    A place is that in the text without the touched lines, which is the same before and after they
    change: while one line is typed in, the same is asked of each tree twice, of the whole one every
    time. In a path an item's place stands for its index, which changes with what comes and goes
    above.
    """
    found: set[tuple[int, int]] = set()
    start, end = touched
    lines = end - start

    def place(offset: int) -> int:
        return offset if offset < start else offset - lines if offset >= end else -1

    waiting = [(root, hash(place(root.span.start))) for root in roots]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, Mapping):
            waiting += [(entry.value, hash((path, name))) for name, entry in node.names.items()]
        elif isinstance(node, Sequence):
            waiting += [(item, hash((path, place(item.span.start)))) for item in node.items]
        elif node.span.end <= start or node.span.start >= end:
            content = node.value if isinstance(node, Scalar) else node.name
            found.add((place(node.span.start), hash((path, content))))
    return found
