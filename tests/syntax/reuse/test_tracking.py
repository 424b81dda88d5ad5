"""A tracked value tells what looked at it, and nothing else."""

from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reuse.tracking import ReadTracker, track
from k8s_lsp.syntax.scalars import boolean, is_null
from tests.syntax.trees import nodes, roots_as_data

TEXT = "a: {b: true, c: d}\ne: null\n"


def test_reading_a_value_is_recorded_and_passing_by_is_not() -> None:
    tree = parse(TEXT)
    leaf = dict(nodes(tree.roots[0]))[".a.b"]
    assert isinstance(leaf, Scalar)
    tracker = ReadTracker("nobody")
    tracked = dict(nodes(track(tree, leaf, tracker).roots[0]))
    node, other = tracked[".a.b"], tracked[".a.c"]
    assert isinstance(node, Scalar) and isinstance(other, Scalar)
    assert (node.peek(), node.span, node.style) == (leaf.value, leaf.span, leaf.style)
    assert not is_null(node) and other.value == "d"
    assert not tracker.readers
    tracker.current = "reader"
    assert boolean(node) is True
    assert tracker.readers == {"reader"}


def test_a_null_can_be_tracked() -> None:
    tree = parse(TEXT)
    leaf = dict(nodes(tree.roots[0]))[".e"]
    assert isinstance(leaf, Scalar)
    tracker = ReadTracker("reader")
    node = dict(nodes(track(tree, leaf, tracker).roots[0]))[".e"]
    assert isinstance(node, Scalar) and is_null(node)
    assert not tracker.readers
    assert roots_as_data(track(tree, leaf, tracker)) == roots_as_data(tree)
