"""A broken text keeps what the last good tree knows."""

import pytest

from k8s_lsp.syntax.nodes import Alias, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.repair.attempt import ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.syntax.repair.search import recover
from k8s_lsp.syntax.reuse.last_good import TRIES, LastGood, hints_of
from k8s_lsp.syntax.reuse.states import change_between
from tests.syntax.pods import SECOND, WHOLE, pod
from tests.syntax.trees import (
    again,
    assert_well_formed,
    nodes,
    open_paths,
    roots_as_data,
    values,
)


def after(old: str, new: str) -> Tree:
    before = parse(old)
    assert not before.problems
    tree = again(before, new)
    assert len(tree.problems) == 1
    assert_well_formed(tree)
    return tree


@pytest.mark.parametrize(
    ("line", "typed", "expected", "opened"),
    [
        # The key of what goes on below keeps its name until it is typed again.
        ("spec:", "s", None, ["."]),
        ("  containers:", "  cont", None, [".spec"]),
        ("  containers:", "", None, [".spec"]),
        # An item stays one, and its neighbours lose nothing to it.
        (
            "    - name: second",
            "    -name",
            {"spec": {"containers": [WHOLE, {"image": "redis"}], "volumes": []}},
            [".spec.containers", ".spec.containers[1]"],
        ),
        (
            "      image: nginx",
            "  image: nginx",
            {"spec": {"containers": [{"name": "first"}, SECOND], "volumes": []}},
            [".spec", ".spec.containers[0]"],
        ),
        # What was typed is read where that leaves all else as it was.
        (
            "      image: nginx",
            "      image: 'ngi",
            {"spec": {"containers": [WHOLE | {"image": "ngi"}, SECOND], "volumes": []}},
            [".spec.containers[0]"],
        ),
    ],
)
def test_what_did_not_change_stays_as_it_was(
    line: str, typed: str, expected: dict[str, object] | None, opened: list[str]
) -> None:
    old = pod("")
    tree = after(old, old.replace(f"{line}\n", f"{typed}\n"))
    whole = values(parse(old).roots[0])
    assert values(tree.roots[0]) == whole | (expected or {})
    assert open_paths(tree) == opened


def test_a_line_that_may_be_between_two_collections_opens_both() -> None:
    old = pod("")
    tree = after(old, old.replace("      image: nginx\n", "      image: nginx\n     '\n"))
    assert values(tree.roots[0]) == values(parse(old).roots[0])
    assert open_paths(tree) == [".spec.containers", ".spec.containers[0]"]


def test_a_change_in_brackets_opens_what_they_hold() -> None:
    old = "a:\n  b: [\n    c,\n    {d: e},\n  ]\nf\n".replace("f\n", "f: g\n")
    tree = after(old, old.replace("    c,\n", "    c}: {\n"))
    assert values(tree.roots[0]) == {"a": {"b": [{"d": "e"}]}, "f": "g"}
    assert open_paths(tree) == [".a.b"]


def test_a_moved_alias_names_the_moved_node() -> None:
    old = "a:\nb: &x\n  c: d\ne: *x\n"
    tree = after(old, old.replace("a:", "a: @@@"))
    found = dict(nodes(tree.roots[0]))
    alias = found[".e"]
    assert isinstance(alias, Alias) and alias.target is found[".b"]
    assert tree.text[slice(*alias.span)] == "*x"


def test_a_mistake_elsewhere_is_read_as_before() -> None:
    broken = parse(pod("secur"))
    text = broken.text.replace("redis", "redis:7")
    tree = again(broken, text)
    assert values(tree.roots[0])["spec"]["containers"] == [WHOLE, {**SECOND, "image": "redis:7"}]
    assert open_paths(tree) == open_paths(broken)


def test_what_came_back_is_there_again() -> None:
    old = pod("")
    broken = old.replace("containers:", "cont")
    tree = again(parse(old), broken)
    less = again(tree, broken.replace("image: redis", ""))
    undone = again(less, broken)
    assert "redis" in str(roots_as_data(tree)) and "redis" not in str(roots_as_data(less))
    assert roots_as_data(undone) == roots_as_data(tree)


def test_of_a_text_that_is_new_nothing_is_known() -> None:
    old = "a: b\n"
    tree = again(parse(old), "c: d\ne: 'f\n")
    assert values(tree.roots[0]) == {"c": "d", "e": "f"}


def test_with_a_known_tree_fewer_repairs_are_tried() -> None:
    old = "a: b\n"
    text = old + "".join(f"k{n}: 'a\n" for n in range(100))
    last_good = LastGood(parse(old), change_between(old, text), {(len(text), 0)})
    count = 0

    def broken_at(number: int) -> ParseAttempt:
        quote = text.index(f"k{number}:") + 4
        return ParseAttempt((), ParseFailure("quote", quote, quote))

    def read(source: str, repairs: tuple[Repair, ...]) -> ParseAttempt:
        nonlocal count
        count += 1
        return broken_at(count)

    reading = recover(text, broken_at(0), read, hints=hints_of(last_good, text, None))
    assert [values(root) for root in reading.roots] == [{"a": "b"}]
    assert reading.failure is None
    assert count == TRIES
