"""What must not happen while somebody types: that findings leave and come back."""

from collections.abc import Iterable, Sequence
from itertools import pairwise


def returning(seen: Iterable[Sequence[str]]) -> list[tuple[int, int]]:
    """Where the number of findings dropped and returned: from which state to which.

    `seen` are the rules of each state. An error of the syntax does not count: it is of the line
    that is typed, which changes with each key, and is told once a second has passed there.
    """
    counts = [len([rule for rule in rules if rule != "yaml-syntax"]) for rules in seen]
    return [
        (before, after)
        for before, (count, lower) in enumerate(pairwise(counts))
        for after in range(before + 2, len(counts))
        if lower < count <= counts[after]
    ]
