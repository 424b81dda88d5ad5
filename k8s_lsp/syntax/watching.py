"""Who looks at one leaf of a tree."""

from dataclasses import dataclass, field, replace

from k8s_lsp.syntax import nodes
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Tree, names_of


@dataclass(slots=True)
class Watch:
    """Who looks at a leaf's value: whoever is `current` when somebody does."""

    current: str = ""
    readers: set[str] = field(default_factory=set)


class Watched(Scalar):
    """The same as a `leaf`, but that it tells its watch when somebody looks at its value."""

    __slots__ = ("_watch", "leaf")
    _watch: Watch
    leaf: Scalar

    def __init__(self, leaf: Scalar, watch: Watch) -> None:
        put = object.__setattr__
        for name in ("span", "style", "tag", "anchor", "start"):
            put(self, name, getattr(leaf, name))
        put(self, "leaf", leaf)
        put(self, "_watch", watch)

    @property
    def value(self) -> str:
        """The text that the token stands for."""
        self._watch.readers.add(self._watch.current)
        return self.leaf.value


def watched(tree: Tree, leaf: Scalar, watch: Watch) -> Tree:
    """The same tree with a watched leaf. It holds no aliases, so that one way leads to the leaf."""

    def copied(node: Node) -> Node:
        if node is leaf:
            return Watched(leaf, watch)
        if node.span.end < leaf.span.start or leaf.span.end < node.span.start:
            return node
        if isinstance(node, Mapping):
            entries = tuple(Entry(key, copied(value)) for key, value in node.entries)
            return replace(node, entries=entries, names=names_of(entries))
        if isinstance(node, nodes.Sequence):
            return replace(node, items=tuple(map(copied, node.items)))
        return node

    return replace(tree, roots=tuple(map(copied, tree.roots)))
