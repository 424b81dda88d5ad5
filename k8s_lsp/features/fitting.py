"""What a hover is made of, and how it is kept to the lines that fit into an editor's window."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from k8s_lsp.features.markdown import height

MOST_LINES: Final = 12
"""How many lines a hover has at most; empty ones and fences of code do not count."""

MOST_LINES_OF_ONE_FINDING: Final = 8
"""How many it has where it explains one finding: editors show what that says above it."""

SEPARATOR: Final = "\n\n"


class Part(NamedTuple):
    """A paragraph, list, table or piece of code, in Markdown.

    Where there is no room for all, those of the highest `rank` go first, the last of them before
    the others, and those of rank 0 stay.
    One that `shrinks` loses its last lines before it goes, down to its first; where the last one
    tells the source of all, that `stays`.
    """

    text: str
    rank: int = 0
    shrinks: bool = False
    stays: bool = False


def fitted(parts: Iterable[Part], most: int = MOST_LINES) -> str:
    """The parts in their order, as many as there is room for."""
    left = [part for part in parts if part.text]
    while sum(height(part.text) for part in left) > most:
        index = max(range(len(left)), key=lambda each: (left[each].rank, each))
        if left[index].rank == 0:
            break
        shorter = _shorter(left[index]) if left[index].shrinks else None
        left[index : index + 1] = [] if shorter is None else [shorter]
    return SEPARATOR.join(part.text for part in left)


_FENCE: Final = "```"


def _shorter(part: Part) -> Part | None:
    """The part with one line less, of which the last tells that there is more; None of the least.

    The first line of a list tells what it is a list of.
    """
    *lines, last = part.text.split("\n")
    if last == _FENCE:
        kept = [line for line in lines[1:] if line != "# …"]
        if len(kept) < 3:
            return None
        return part._replace(text="\n".join((lines[0], *kept[:-1], "# …", _FENCE)))
    ending = ["- …", last] if part.stays else ["- …"]
    lines = [line for line in (lines if part.stays else (*lines, last)) if line != "- …"]
    if len([line for line in lines if line]) < 3:
        return None
    return part._replace(text="\n".join((*lines[:-1], *ending)))
