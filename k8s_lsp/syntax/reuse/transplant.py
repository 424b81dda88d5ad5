"""Trees are moved: a node that stands at another place is another node."""

from collections.abc import Iterable
from typing import Any

from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, Style, Tree
from k8s_lsp.syntax.reading.build import make_mapping, make_scalar, make_sequence
from k8s_lsp.syntax.repair.openness import opened_by_lines
from k8s_lsp.syntax.reuse.states import BrokenTree, Change, last_whole
from k8s_lsp.text import Span


def shift_tree(
    roots: tuple[Node, ...],
    end: int,
    added: int,
    leaf: Scalar | None = None,
    new_leaf: Scalar | None = None,
) -> tuple[Node, ...]:
    """The documents, when so many characters come to stand before the offset that was `end`.

    What ends before that is handed on as it is. The `new_leaf` stands in the place of the `leaf`.
    """
    new = tuple.__new__
    anchored: dict[int, Any] = {}

    def place(offset: int) -> int:
        return offset if offset < end else offset + added

    def move(node: Node) -> Node:
        start, stop = node.span
        if stop < end:
            return node
        span = new(Span, (place(start), stop + added))
        moved: Any
        if type(node) is Scalar:
            if node is leaf:
                assert new_leaf is not None, "something stands in the place of the leaf"
                return new_leaf
            begin = place(node.start)
            moved = make_scalar(span, node.value, node.style, node.tag, node.anchor, begin)
        elif type(node) is Mapping:
            entries = tuple(
                [
                    entry
                    if entry[1].span.end < end
                    else new(Entry, (move(entry[0]), move(entry[1])))
                    for entry in node.entries
                ]
            )
            begin = place(node.start)
            moved = make_mapping(span, entries, node.flow, node.open, node.tag, node.anchor, begin)
        elif type(node) is Sequence:
            items = tuple([move(item) for item in node.items])
            begin = place(node.start)
            moved = make_sequence(span, items, node.flow, node.open, node.tag, node.anchor, begin)
        else:
            assert isinstance(node, Alias)
            return Alias(span, node.name, anchored.get(id(node.target), node.target))
        if node.anchor is not None:
            anchored[id(node)] = moved
        result: Node = moved
        return result

    return tuple([move(root) for root in roots])


def concat_trees(trees: Iterable[Tree]) -> Tree:
    """The tree of the texts of some trees behind one another."""
    text = ""
    roots: tuple[Node, ...] = ()
    whole: Tree | None = None
    for tree in trees:
        roots += shift_tree(tree.roots, 0, len(text))
        text += tree.text
        # Where a document was cut in two and becomes one again, both come from the same tree.
        whole = whole or last_whole(tree)
    return Tree(text, roots) if whole is None else BrokenTree(text, roots, whole=whole)


def transplant(tree: Tree, change: Change, text: str) -> tuple[Node, ...]:
    """The documents of the tree of an earlier state, where they stand in `text` now.

    What began in the changed lines is gone, but for the keys of what goes on below them. A
    collection is `open` that began there or lost something, or that the new lines may belong to.
    """
    start, end = change.old
    shift = change.new.end - end
    last = min(change.new.end, len(text))
    around = opened_by_lines(tree.roots, tree.text, change.old, text, change.new)
    moved: dict[int, Node | None] = {}

    def place(offset: int) -> int:
        return offset if offset < start else offset + shift if offset >= end else min(offset, last)

    def move(node: Node) -> Node | None:
        if node.span.end <= start and id(node) not in around:
            return node
        began_there = start <= node.start < end
        new: Node | None = None
        if isinstance(node, Mapping | Sequence):
            new = move_collection(node, began_there)
        elif not began_there:
            new = move_leaf(node)
        moved[id(node)] = new
        return new

    def move_leaf(node: Scalar | Alias) -> Scalar | Alias:
        span = Span(place(node.span.start), place(node.span.end))
        if isinstance(node, Alias):
            target: Any = moved.get(id(node.target), node.target)
            return Alias(span, node.name, target)
        # Of a value of several lines, of which some changed, only the place is known.
        style: Style = "{{" if node.start < start < node.span.end else node.style
        return make_scalar(span, node.value, style, node.tag, node.anchor, place(node.start))

    def move_entry(entry: Entry) -> Entry | None:
        key, value = entry
        new_key = move_leaf(key) if isinstance(key, Scalar) else move(key)
        new_value = move(value)
        return None if new_key is None or new_value is None else Entry(new_key, new_value)

    def move_collection(node: Mapping | Sequence, began_there: bool) -> Node | None:
        entries: list[Entry] = []
        if isinstance(node, Mapping):
            entries = [entry for entry in map(move_entry, node.entries) if entry is not None]
            children = [value for _, value in entries]
            is_less = len(children) < len(node.entries)
        else:
            children = [item for item in map(move, node.items) if item is not None]
            is_less = len(children) < len(node.items)
        if began_there and not children:
            return None
        begin, stop = place(node.span.start), place(node.span.end)
        span = Span(begin, stop if node.flow or not children else children[-1].span.end)
        is_open = node.open or is_less or began_there or around.get(id(node), False)
        begin = place(node.start)
        if isinstance(node, Mapping):
            return make_mapping(
                span, tuple(entries), node.flow, is_open, node.tag, node.anchor, begin
            )
        return make_sequence(
            span, tuple(children), node.flow, is_open, node.tag, node.anchor, begin
        )

    return tuple(root for root in map(move, tree.roots) if root is not None)
