"""What two states of a text have in common, and what a broken one tells the next."""

from dataclasses import dataclass
from typing import NamedTuple

from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.repair.attempt import ParseFailure
from k8s_lsp.text import Span, line_start, next_line


@dataclass(frozen=True, slots=True, eq=False)
class BrokenTree(Tree):
    """The tree of a text that could not be read whole, and what helps to read the next state.

    `whole` is the tree of the last state that could, or else of the first that is known. `failure`
    says why this one could not, and `given_up` is the part of a line that was read as if it was
    blank, if that was enough.
    """

    whole: Tree | None = None
    failure: ParseFailure | None = None
    given_up: Span | None = None


def last_whole(tree: Tree) -> Tree | None:
    """The last whole state of a broken text; None where it is not known, or the text is whole."""
    return tree.whole if isinstance(tree, BrokenTree) else None


class Change(NamedTuple):
    """Whole lines of a text, with their breaks, and those that stand in their place now.

    Where the last line is among them, they end behind the end of the text, so that an empty value
    there is in them too.
    """

    old: Span
    new: Span


def change_between(old: str, new: str) -> Change:
    """Which lines of two texts differ: one run of lines that holds every difference."""
    start = common_prefix(old, new)
    same = min(common_prefix(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    old_end, new_end = len(old) - same, len(new) - same
    first = line_start(new, start)
    if first < start or line_start(old, old_end) < old_end or line_start(new, new_end) < new_end:
        old_end, new_end = next_line(old, old_end), next_line(new, new_end)
    return Change(Span(first, old_end), Span(first, new_end))


def difference(old: str, new: str) -> Span | None:
    """The part of the old text that is another one in the new; None where they are the same."""
    start = common_prefix(old, new)
    if start == len(old) == len(new):
        return None
    longest = min(len(old), len(new)) - start
    return Span(start, len(old) - min(common_prefix(old[::-1], new[::-1]), longest))


def common_prefix(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
