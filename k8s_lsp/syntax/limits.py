"""How large and how deep a text may be, and what is said where it is more."""

from typing import Final

DEPTH: Final = 200
"""How many collections may stand inside of one another; deeper, no tree is made."""

NODES: Final = 1_000_000
"""How many nodes a unit may have; with more, no tree is made."""

PLACES: Final = 500
"""How many repaired places are told apart; with more of them, all collections are open."""

LIMITS: Final = {
    "depth": f"not analysed: a document is nested more than {DEPTH} levels deep",
    "nodes": f"not analysed: a document has more than {NODES:,} values",
}
"""What to tell people of each limit that a tree can name."""


class LimitError(Exception):
    """The text may be YAML, but there is too much of it; the argument names the limit."""
