"""Whether two trees say the same, but for places and one leaf: so they do after most keystrokes."""

from collections.abc import Sequence
from typing import NamedTuple

from k8s_lsp.syntax import nodes
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar
from k8s_lsp.text import Span


class Correspondence(NamedTuple):
    """How a tree became another one of the same shape.

    `spans` tells where every token and collection of the old tree stands in the new one, but for
    what ends before `unmoved`, which stands where it stood. `old_leaf` and `new_leaf` are the one
    leaf whose value changed, in both trees, or None.
    """

    spans: dict[Span, Span]
    unmoved: int
    old_leaf: Scalar | None
    new_leaf: Scalar | None

    def place(self, span: Span) -> Span | None:
        """Where a token or a collection stands now; None where the span is that of no such."""
        return span if span.end < self.unmoved else self.spans.get(span)


def same_shape(old: Sequence[Node], new: Sequence[Node]) -> Correspondence | None:
    """How the nodes of one tree became those of another; None where more than one leaf changed.

    Part of the shape are keys, as they are read and quoted, and the styles, tags and anchors of
    values. Trees with aliases never correspond if a leaf changed: it might be read by another way.
    """
    spans: dict[Span, Span] = {}
    old_leaf = new_leaf = None
    unmoved = 0
    has_aliases = False
    if len(old) != len(new):
        return None
    waiting: list[tuple[Node, Node]] = list(zip(old, new, strict=True))
    while waiting:
        one, other = waiting.pop()
        if one is other:
            # It was handed on, with all that is in it, because it ends above what changed.
            unmoved = max(unmoved, one.span.end + 1)
            continue
        kind = type(one)
        if kind is not type(other):
            return None
        spans[one.span] = other.span
        if isinstance(one, Scalar):
            assert isinstance(other, Scalar)
            if one.style != other.style or one.tag != other.tag or one.anchor != other.anchor:
                return None
            if one.value != other.value:
                if old_leaf is not None:
                    return None
                old_leaf, new_leaf = one, other
        elif isinstance(one, Mapping):
            assert isinstance(other, Mapping)
            if len(one.entries) != len(other.entries) or not _have_same_shape(one, other):
                return None
            for (key, value), (other_key, other_value) in zip(
                one.entries, other.entries, strict=True
            ):
                if not isinstance(key, Scalar) or not isinstance(other_key, Scalar):
                    return None
                if key.value != other_key.value or key.style != other_key.style:
                    return None
                spans[key.span] = other_key.span
                waiting.append((value, other_value))
        elif isinstance(one, nodes.Sequence):
            assert isinstance(other, nodes.Sequence)
            if len(one.items) != len(other.items) or not _have_same_shape(one, other):
                return None
            waiting += zip(one.items, other.items, strict=True)
        else:
            assert isinstance(other, nodes.Alias)
            if one.name != other.name or (one.target is None) != (other.target is None):
                return None
            has_aliases = True
    if old_leaf is not None and (has_aliases or old_leaf.anchor is not None):
        return None
    return Correspondence(spans, unmoved, old_leaf, new_leaf)


def _have_same_shape(one: Mapping | nodes.Sequence, other: Mapping | nodes.Sequence) -> bool:
    return (
        one.open == other.open
        and one.flow == other.flow
        and one.tag == other.tag
        and one.anchor == other.anchor
    )
