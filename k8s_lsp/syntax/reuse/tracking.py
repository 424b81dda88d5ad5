"""Which readers look at the value of one leaf of a tree."""

from dataclasses import dataclass, field, replace

from k8s_lsp.syntax import nodes
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Tree, names_of


@dataclass(slots=True)
class ReadTracker:
    """The readers of a leaf's value: those that were `current` when it was looked at."""

    current: str = ""
    readers: set[str] = field(default_factory=set)


class TrackedScalar(Scalar):
    """The same as a `leaf`, but that it tells its tracker when its value is looked at."""

    __slots__ = ("_tracker", "leaf")
    _tracker: ReadTracker
    leaf: Scalar

    def __init__(self, leaf: Scalar, tracker: ReadTracker) -> None:
        put = object.__setattr__
        for name in ("span", "style", "tag", "anchor", "start"):
            put(self, name, getattr(leaf, name))
        put(self, "leaf", leaf)
        put(self, "_tracker", tracker)

    @property
    def value(self) -> str:
        """The text that the token stands for."""
        self._tracker.readers.add(self._tracker.current)
        return self.leaf.value


def track(tree: Tree, leaf: Scalar, tracker: ReadTracker) -> Tree:
    """The same tree with a tracked leaf. It holds no aliases, so that one way leads to the leaf."""

    def copied(node: Node) -> Node:
        if node is leaf:
            return TrackedScalar(leaf, tracker)
        if node.span.end < leaf.span.start or leaf.span.end < node.span.start:
            return node
        if isinstance(node, Mapping):
            entries = tuple(Entry(key, copied(value)) for key, value in node.entries)
            return replace(node, entries=entries, names=names_of(entries))
        if isinstance(node, nodes.Sequence):
            return replace(node, items=tuple(map(copied, node.items)))
        return node

    return replace(tree, roots=tuple(map(copied, tree.roots)))
