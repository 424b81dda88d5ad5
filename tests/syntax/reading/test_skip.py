"""What is not read: in order for whoever reads it, and without a duplicate key."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import PARSER
from k8s_lsp.syntax.reading.skip import is_small, skip_block
from k8s_lsp.syntax.units import cut, says_kind
from tests.syntax.edited import INDENTED, edits
from tests.syntax.trees import nodes, roots_as_data

EDITS = 2_000
"""How many random edits of manifests are compared each time; a sweep makes forty times as many."""

HEAD, TAIL = "kind: Web\nspec:\n", "status: {}\n"


def has_duplicates(root: Node) -> bool:
    return any(
        isinstance(node, Mapping) and len(node.names) < len(node.entries) for _, node in nodes(root)
    )


def assert_in_order(text: str) -> bool:
    """Assert that there is nothing to say about what is not read; return whether that was so."""
    skipped = skip_block(text, "spec")
    # Where something is wrong with the rest, all has to be read.
    if skipped is None or parse(skipped, parser=PARSER).problems:
        return False
    assert len(skipped) == len(text)
    parsed = parse(text, parser=PARSER)
    assert (parsed.problems, parsed.limit) == ((), None), repr(text)
    root = parsed.roots[0]
    assert isinstance(root, Mapping)
    assert not has_duplicates(root.names["spec"].value), repr(text)
    assert isinstance(root.names["spec"].value, Mapping | Sequence), repr(text)
    assert not any(isinstance(node, Alias) or node.anchor for _, node in nodes(root)), repr(text)
    # All the rest is read, and stands where it stood.
    mine = parse(text, skipped=skipped)
    assert mine.text == text
    assert roots_as_data(mine) == roots_as_data(parse(skipped, parser=PARSER)), repr(text)
    seen = mine.roots[0]
    assert isinstance(seen, Mapping)
    assert [key.span for key, _ in seen.entries] == [key.span for key, _ in root.entries]
    return True


@pytest.mark.parametrize(
    "block",
    [
        " a: b\n",
        "  a: b\n  c:\n    d: e # comment\n\n    f:\n# comment\n  g:\n",
        "  a:\n  - b\n  - c: d\n    e: f\n  h:\n    - i\n    - j: k\n      l:\n      - m\n",
        "  a: one\n    two\n\n    - three#\n  b:\n  - c: d\n      e\n    f: g\n",
        "  a: |\n    one\n     two: x\n\n    # three\n  b: >-\n\n    - four\n",
        "  a:\n  - b: |\n      c\n    d: e\n",
        "  a: 'it''s\n    one'\n  b: \"two \\\"\n\n    three\"\n  c: ''\n",
        "  a: [b, 'c d', \"e\"]\n  f: []\n  g: {}\n",
        "  a: http://b/#c\n  d: e:f\n  ?g: -h\n",
        "  é: 😀\n",
    ],
)
def test_what_machines_write_is_in_order(block: str) -> None:
    assert assert_in_order(HEAD + block + TAIL)
    assert assert_in_order((HEAD + block).removesuffix("\n"))


@pytest.mark.parametrize(
    "block",
    [
        "",
        "\n# nothing\n",
        "  a\n",
        "  a: b\n  a: c\n",
        "  a:\n  - b: c\n    b: d\n",
        "  a: b\n   c: d\n",
        "  a: b\n    c: d\n",
        "    a: b\n  c: d\n",
        "  a: b: c\n",
        "  a: b # c\n    d\n",
        "  a: b\n  - c\n",
        "  a:\n    - b\n   - c\n",
        "  - a: b\n  c: d\n",
        "  a:\n  - b: c\n   d: e\n",
        "  a:\n  - b: c\n    d\n",
        "  a: 'b\n",
        "  a: 'b\n  c'\n",
        '  a: "\\x"\n',
        "  a: &b c\n",
        "  a: *b\n",
        "  a: !!str b\n",
        "  a: {b: c}\n",
        "  a: |2\n    b\n",
        "  a: |\n      b\n    c\n",
        "  a: |\n     \n    b\n",
        "  ? a\n  : b\n",
        "  'a': b\n",
        "  a: {{ b }}\n",
        "\ta: b\n",
        "  a: b\r\n",
        "  a: @b\n",
    ],
)
def test_what_is_anything_else_is_read(block: str) -> None:
    assert skip_block(HEAD + block + TAIL, "spec") is None


@pytest.mark.parametrize("text", ["", "spec: {}\n", "a:\n  spec:\n    b: c\n", "spec: |\n  a: b\n"])
def test_where_no_such_block_is_all_is_read(text: str) -> None:
    assert skip_block(text, "spec") is None


@given(st.lists(INDENTED, max_size=12).map("".join))
def test_lines_are_in_order_for_the_parser(block: str) -> None:
    assert_in_order(HEAD + block + TAIL)


# --- Texts without objects ----------------------------------------------------------------------

NESTED = [
    lambda depth: "[" * depth,
    lambda depth: "[a: " * depth,
    lambda depth: "{a: " * depth,
    lambda depth: "- " * depth + "a\n",
    lambda depth: "? " * depth + "a\n",
    lambda depth: "".join(" " * level + "a:\n" for level in range(depth)),
    lambda depth: "".join(f"{' ' * level}a:\n{' ' * level}-\n" for level in range(depth)),
    lambda depth: "".join(f"{' ' * level}a:\r{' ' * level}-\r" for level in range(depth)),
    lambda depth: "".join("  " * level + "- a:\n" for level in range(depth)),
    lambda depth: (
        "".join(f"{' ' * level}a:\n{' ' * level}-\n" for level in range(depth // 4))
        + " " * (depth // 4)
        + "[a: " * (depth // 4)
    ),
]
"""Texts that nest the deeper, the larger the number is."""


@pytest.mark.parametrize("nested", NESTED)
def test_what_is_small_is_not_nested_too_deep(nested: Callable[[int], str]) -> None:
    assert is_small(nested(10))
    assert parse(nested(500)).limit == "depth"
    for depth in range(10, 500):
        if is_small(nested(depth)):
            assert parse(nested(depth)).limit is None, depth


def test_what_is_small_has_not_too_many_nodes() -> None:
    assert is_small("- a\n" * 1_000)
    assert not is_small("- a\n" * 400_000)


# --- Texts of others ----------------------------------------------------------------------------


def assert_edits_are_in_order_for_the_parser(corpora: Path, count: int) -> None:
    files = [
        file
        for file in sorted((corpora / "real").rglob("*.yaml"))
        if b"kind: CustomResourceDefinition" in file.read_bytes()
    ]
    random, unread = Random(count), 0
    for _, after, _, _ in edits(files, count):
        lines = after.splitlines(keepends=True)
        margin = min(
            (len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0
        )
        indent = " " * random.choice([1, 2, 4])
        block = "".join(indent + line[margin:] if line.strip() else line for line in lines)
        unread += assert_in_order(HEAD + block.removesuffix("\n") + "\n" + TAIL)
    assert unread > count // 20


def test_some_edits_are_in_order_for_the_parser(corpora: Path) -> None:
    assert_edits_are_in_order_for_the_parser(corpora, EDITS)


@pytest.mark.sweep
def test_many_edits_are_in_order_for_the_parser(corpora: Path) -> None:
    assert_edits_are_in_order_for_the_parser(corpora, 40 * EDITS)


def test_the_definitions_of_others_are_in_order(corpora: Path) -> None:
    units = [
        unit.text
        for file in sorted((corpora / "real").rglob("*.yaml"))
        for unit in cut(file.read_bytes().decode("utf-8", "replace"))
        if says_kind(unit.text, "CustomResourceDefinition") and "{{" not in unit.text
    ]
    in_order = [text for text in units if len(text) < 200_000 and assert_in_order(text)]
    assert len(in_order) > 0.8 * len(units), len(units)
