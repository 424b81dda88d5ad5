"""Which readers look at the value of one leaf of a tree."""

from dataclasses import dataclass, field, replace

from k8s_lsp.syntax.nodes import Scalar, Tree
from k8s_lsp.syntax.reuse.transplant import shift_tree


@dataclass(slots=True)
class ReadTracker:
    """The readers of a leaf's value: those that were `current` when it was looked at."""

    current: str = ""
    readers: set[str] = field(default_factory=set)


class TrackedScalar(Scalar):
    """The same as a `leaf`, but that it tells its tracker when its value is looked at."""

    __slots__ = ("_leaf", "_tracker")
    _leaf: Scalar
    _tracker: ReadTracker

    def __init__(self, leaf: Scalar, tracker: ReadTracker) -> None:
        put = object.__setattr__
        for name in ("span", "style", "tag", "anchor", "start"):
            put(self, name, getattr(leaf, name))
        put(self, "_leaf", leaf)
        put(self, "_tracker", tracker)

    @property
    def value(self) -> str:
        """The text that the token stands for."""
        self._tracker.readers.add(self._tracker.current)
        return self._leaf.value

    def peek(self) -> str:
        """The same text, for what passes by."""
        return self._leaf.value


def track(tree: Tree, leaf: Scalar, tracker: ReadTracker) -> Tree:
    """The same tree with a tracked leaf."""
    tracked = TrackedScalar(leaf, tracker)
    return replace(tree, roots=shift_tree(tree.roots, leaf.span.start, 0, leaf, tracked))
