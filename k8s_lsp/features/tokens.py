"""What stands at an offset of a tree."""

from collections.abc import Iterator
from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence
from k8s_lsp.text import Span


class Token(NamedTuple):
    """A key, or a value without children.

    `path` leads to the value, from the node that was searched; that of a key is its value's.
    `parent` is the collection that the token is a key or an item of, None for that node itself.
    """

    path: Path
    node: Scalar | Alias
    is_key: bool
    parent: Mapping | Sequence | None


def holds(span: Span, offset: int) -> bool:
    """Whether a cursor at an offset is at a span: in it, or at one of its ends."""
    return span.start <= offset <= span.end


def token_at(node: Node, offset: int) -> Token | None:
    """The token at an offset, below a node or the node itself; None where none is there.

    Keys that are no scalars have no path, so that neither they nor their values are found.
    """
    path: Path = ()
    parent: Mapping | Sequence | None = None
    while holds(node.span, offset):
        if isinstance(node, Scalar | Alias):
            return Token(path, node, False, parent)
        for step, key, value in _children(node):
            if key is not None and holds(key.span, offset):
                return Token((*path, step), key, True, node)
            if holds(value.span, offset):
                path, parent, node = (*path, step), node, value
                break
        else:
            return None
    return None


def _children(node: Mapping | Sequence) -> Iterator[tuple[str | int, Scalar | None, Node]]:
    """The values of a collection, each with its step of a path and with its key, if it has one."""
    if isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield index, None, item
    else:
        for key, value in node.entries:
            if isinstance(key, Scalar):
                yield key.value, key, value
