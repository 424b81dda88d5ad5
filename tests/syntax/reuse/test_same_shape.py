"""Trees of the same shape differ in places, and in one leaf at most."""

import pytest

from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reparse import reparse
from k8s_lsp.syntax.reuse.same_shape import same_shape
from k8s_lsp.text import Span

TEXT = "a: b\nc:\n  - d: e\n  - f\n"


def test_every_place_has_one_in_the_new_tree() -> None:
    correspondence = same_shape(parse(TEXT).roots, parse("\n" + TEXT).roots)
    assert correspondence is not None
    assert (correspondence.old_leaf, correspondence.new_leaf) == (None, None)
    for start, end in ((0, 1), (3, 4), (5, 6), (12, 13), (15, 16)):
        assert correspondence.place(Span(start, end)) == Span(start + 1, end + 1)
    assert correspondence.place(Span(1, 3)) is None


def test_the_leaf_that_changed_is_told() -> None:
    tree = parse(TEXT)
    new = reparse(tree, TEXT.replace("e", "xyz"))
    assert new is not None
    correspondence = same_shape(tree.roots, new.roots)
    assert correspondence is not None
    assert correspondence.old_leaf is not None and correspondence.new_leaf is not None
    assert (correspondence.old_leaf.value, correspondence.new_leaf.value) == ("e", "xyz")
    assert correspondence.place(Span(0, 1)) == Span(0, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: b", "a: 'b'"),
        ("a: b", "a: &x b"),
        ("a: b", "x: b"),
        ("a: b", "a: [b]"),
        ("a: b\nc: d", "a: x\nc: y"),
        ("a: b", "a: b\nc: d"),
        ("[a]", "[a, b]"),
        ("- a", "[a]"),
        ("a: &x b\nc: *x", "a: &x d\nc: *x"),
        ("a: b", "a: b: c"),
        ("# a", "a"),
    ],
)
def test_another_shape_corresponds_to_nothing(old: str, new: str) -> None:
    assert same_shape(parse(old).roots, parse(new).roots) is None
