"""Trees in a form that tests can compare and read."""

from collections.abc import Iterator
from typing import Any

import pytest

from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence, Tree
from k8s_lsp.syntax.reading.events import PARSER, ParserName
from k8s_lsp.syntax.reparse import reparse
from k8s_lsp.text import Span

PARSERS: tuple[ParserName, ...] = ("C", "pure") if PARSER == "C" else ("pure",)
"""The parsers that can run here."""

each_parser = pytest.mark.parametrize("parser", PARSERS)
needs_both_parsers = pytest.mark.skipif(
    len(PARSERS) == 1, reason="absent: clib: there is no C parser to compare with"
)


def again(tree: Tree, text: str, *, template: bool = False, edited: Span | None = None) -> Tree:
    """The tree of a text of which an earlier state had the given one."""
    known = reparse(tree, text, template=template, edited=edited)
    assert known is not None, "something is known of earlier states"
    return known


def as_data(node: Node) -> Any:
    """Everything that a node says, as plain values."""
    match node:
        case Scalar(span, value, style, tag, anchor, start):
            return ("scalar", span, value, style, tag, anchor, start)
        case Alias(span, name, target):
            return ("alias", span, name, target.span if target else None)
        case Mapping(span, entries, flow, open_, tag, anchor, start):
            pairs = [(as_data(key), as_data(value)) for key, value in entries]
            return ("mapping", span, flow, open_, tag, anchor, start, pairs)
        case Sequence(span, items, flow, open_, tag, anchor, start):
            listed = [as_data(item) for item in items]
            return ("sequence", span, flow, open_, tag, anchor, start, listed)


def roots_as_data(tree: Tree) -> list[Any]:
    """Everything that the documents of a tree say, as plain values."""
    return [as_data(root) for root in tree.roots]


def nodes(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """A node and everything in it by path: `.key` for a value, `.key?` for the key, `[0]`."""
    yield path or ".", node
    if isinstance(node, Mapping):
        for key, value in node.entries:
            name = f"{path}.{key.value if isinstance(key, Scalar) else '*'}"
            yield from nodes(key, f"{name}?")
            yield from nodes(value, name)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from nodes(item, f"{path}[{index}]")


def slices(tree: Tree) -> list[tuple[str, str]]:
    """The source text of each node of the first document, in the order of the text."""
    return [(path, tree.text[slice(*node.span)]) for path, node in nodes(tree.roots[0])]


def values(node: Node) -> Any:
    """What a node holds: lists, dictionaries, and the text of scalars."""
    match node:
        case Scalar(value=value):
            return value
        case Alias(target=target):
            return values(target) if target else None
        case Mapping(entries=entries):
            return {values(key): values(value) for key, value in entries}
        case Sequence(items=items):
            return [values(item) for item in items]


def open_paths(tree: Tree) -> list[str]:
    """The paths of the collections from which nothing may be concluded."""
    return [
        path
        for root in tree.roots
        for path, node in nodes(root)
        if isinstance(node, Mapping | Sequence) and node.open
    ]


def assert_well_formed(tree: Tree) -> None:
    """Assert that all spans lie in the text, in order, and inside of their parents."""
    end = 0
    for root in tree.roots:
        assert_nested(root, Span(end, len(tree.text)))
        end = root.span.end
    for problem in tree.problems:
        start, end = problem.span
        assert 0 <= start <= end <= len(tree.text), problem
        assert not {"\n", "\r"} & set(tree.text[start:end]), problem


def assert_nested(node: Node, room: Span) -> None:
    """Assert that a node lies in `room`, and what it holds in it, one after the other."""
    assert room.start <= node.start <= node.span.start <= node.span.end <= room.end, node
    children: list[Node] = []
    if isinstance(node, Mapping):
        children = [child for entry in node.entries for child in entry]
    elif isinstance(node, Sequence):
        children = [*node.items]
    start = node.span.start
    for child in children:
        assert_nested(child, Span(start, node.span.end))
        start = child.span.end
