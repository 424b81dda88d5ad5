"""Moved trees stand where their text stands now."""

from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.nodes import Alias, Scalar, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reuse.states import change_between
from k8s_lsp.syntax.reuse.transplant import concat_trees, shift_tree, transplant
from k8s_lsp.text import line_start
from tests.syntax.pods import TEMPLATE, pod
from tests.syntax.trees import again, assert_well_formed, nodes, roots_as_data, values


def test_a_text_of_which_a_line_changed_is_unknown() -> None:
    old = "a: |\n  b\n  c\n  d\ne: f\n"
    new = old.replace("  c", "xyz")
    (root,) = transplant(parse(old), change_between(old, new), new)
    found = dict(nodes(root))
    assert isinstance(found[".a"], Scalar) and found[".a"].style == "{{"
    assert values(found[".e"]) == "f"


def test_documents_that_become_one_keep_their_nodes() -> None:
    old = ["a:\n  b: c\n", "---\na:\n  d: e\n"]
    new = "a:\n  b: c\n--\na:\n  d: e\n"
    tree = again(concat_trees(map(parse, old)), new)
    assert [values(root) for root in tree.roots] == [{"a": {"b": "c"}}, {"a": {"d": "e"}}]
    assert_well_formed(tree)


def test_a_document_that_was_cut_in_two_becomes_one_again() -> None:
    old = pod("")
    broken = old.replace("containers:", "cont")
    tree = again(parse(old), broken)
    middle = broken.index("    - name: second")
    above, below = broken[:middle], "---\n" + broken[middle:]
    parts = [again(tree, above), again(tree, below)]
    joined = again(concat_trees(parts), broken)
    assert roots_as_data(joined) == roots_as_data(tree)


ANYTHING = st.lists(
    st.sampled_from([*"ab:'\"[]{},-&*|# \t\n\r😀", "\n  ", ": ", "- ", "&a ", "*a", "---\n"]),
    max_size=6,
).map("".join)

SHARED = "a: &a\n  - b: |\n      c\n\n      d\n    'e': {f: [g,\n      h], i: *a}\n\nj: *a\n"


@given(
    text=st.sampled_from([pod(""), SHARED, SHARED.replace("\n", "\r\n"), TEMPLATE]),
    data=st.data(),
)
def test_a_known_tree_fits_the_text_whatever_happens_to_it(text: str, data: st.DataObject) -> None:
    is_template = text is TEMPLATE
    tree = parse(text, template=is_template)
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        new = text[:start] + data.draw(ANYTHING) + text[end:]
        (first, old_end), (_, new_end) = change = change_between(text, new)
        assert text[:first] == new[:first] and text[old_end:] == new[new_end:]
        assert line_start(text, first) == first
        for span in change:
            assert all(node.span.end <= len(new) for node in transplant(tree, change, new)), span
        assert_well_formed(Tree(new, transplant(tree, change, new)))
        alone, tree = (
            parse(new, template=is_template),
            again(tree, new, template=is_template),
        )
        assert_well_formed(tree)
        assert tree.problems == alone.problems
        if not alone.problems and not is_template:
            assert roots_as_data(tree) == roots_as_data(alone)
        text = new


def test_a_shifted_alias_names_the_shifted_node() -> None:
    text = "a: b\nc: &x\n  d: e\nf: *x\n"
    before = parse(text)
    after = parse(text.replace("b", "bcd"))
    old_leaf, new_leaf = (dict(nodes(tree.roots[0]))[".a"] for tree in (before, after))
    assert isinstance(old_leaf, Scalar) and isinstance(new_leaf, Scalar)
    roots = shift_tree(before.roots, old_leaf.span.end, 2, old_leaf, new_leaf)
    assert roots_as_data(Tree(after.text, roots)) == roots_as_data(after)
    found = dict(nodes(roots[0]))
    alias = found[".f"]
    assert isinstance(alias, Alias) and alias.target is found[".c"]


def test_what_ends_above_is_handed_on() -> None:
    (root,) = parse("a: {b: c}\nd: e\n").roots
    (moved,) = shift_tree((root,), 9, 5)
    assert dict(nodes(moved))[".a"] is not dict(nodes(root))[".a"]
    (moved,) = shift_tree((root,), 10, 5)
    assert dict(nodes(moved))[".a"] is dict(nodes(root))[".a"]
