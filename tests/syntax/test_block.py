"""What is read without the parser: just as the parser reads it, and nearly everything."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.block import read_block
from k8s_lsp.syntax.drafts import DEPTH, NODES, texts_of
from k8s_lsp.syntax.events import PARSER
from k8s_lsp.syntax.nodes import Node, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span
from tests.syntax.trees import as_data, roots_as_data

SHARE = 0.96
"""How many of the units that people write are read without the parser, at the least."""

EDITS = 4_000
"""How many random edits of manifests are compared each time; a sweep makes twenty times as many."""


def read(text: str) -> tuple[Node, ...] | None:
    return read_block(texts_of(text, text, ()))


def assert_same(text: str, mine: Tree, parsed: Tree) -> None:
    assert (mine.problems, mine.limit) == (parsed.problems, parsed.limit), repr(text)
    assert roots_as_data(mine) == roots_as_data(parsed), repr(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "--- # a comment\na: b\n",
        "a: b\nc:\n  d: e # comment\n\n  f:\n# comment\ng:\n",
        "a:\n- b\n- c: d\n  e: f\n-\n- - g\n  - h\ni:\n  - j\n",
        "  a: b\n  c: d",
        "- a: b:c#d\n  e: -1\n  --f: http://g/#h\n  :i: ?j\n",
        "a: b c  \nd:   e\n\"f g\": 'h i'\n'j': \"k\"\n",
        "a: one\n  two # three\nb:\n  four\n\n\n  five\n  - six\n",
        'a: \'it\'\'s one\n\n  two \' # three\nb: "one \n two"\nc: "\\"\\n\\\\"\n',
        "a: |\n  one\n   two\n\n  three\n\n\nb: |-\n    four\n\n  \nc: |\nd: e",
        "a: >\n  one\n  two\n\n  three\n   four\n  five\n\n\n  six\nb: >-\n\n  seven",
        "a: [b, 'c d', \"e\", -f, --g=h/i]\nj: []\nk: {}\nl: [ m , n ]\n",
        "- |\n x\n-  y\n- \n  z\n",
        "😀: é\n\u00a0: \u00a0b\n",
    ],
)
def test_what_people_write_needs_no_parser(text: str) -> None:
    roots = read(text)
    assert roots is not None
    parsed = parse(text, parser=PARSER)
    assert parsed.problems == ()
    assert [as_data(root) for root in roots] == roots_as_data(parsed)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "{a: b}",
        "a: &b c\nd: *b\n",
        "a: !!str b\n",
        "? a\n: b\n",
        "a: b: c\n",
        "a: b\n c: d\n",
        "a: b # c\n  d\n",
        "a: 'b\n",
        "a: b\r\n",
        "a:\tb\n",
        "a: |2\n  b\n",
        "a: |+\n  b\n",
        "a: |\n   \n  b\n",
        "a: 'b\n--- c'\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "a: {b: c}\n",
        "a: b\n- c\n",
        "  a: b\nc: d\n",
        "- " * (DEPTH + 1) + "a\n",
        "a: [" + "b," * (NODES // 2) + "]\n",
    ],
)
def test_what_is_anything_else_is_left_to_the_parser(text: str) -> None:
    assert read(text) is None


LINES = st.sampled_from(
    [
        *("a: b\n", "a:\n", "- a\n", "-\n", "- a: b\n", "- - a\n", "a\n", "a b\n", "a:b\n", "\n"),
        *("a: |\n", "a: >-\n", "- |-\n", "a: 'b\n", "b'\n", 'a: "b\n', 'b"\n', "'a': b\n"),
        *("a: [b, c]\n", "a: {}\n", "a: ''\n", "a: b # c\n", "# a\n", " # a\n", "a: b#c:d\n"),
        *("a: b: c\n", "a: &b c\n", "a: *b\n", "\ta: b\n", "a: b\t\n", "a: b\r\n", "---\n"),
        *("...\n", "a:", "a", "-", "'"),
    ]
)
INDENTED = st.tuples(st.sampled_from(["", " ", "  ", "   ", "    "]), LINES).map("".join)


@given(st.lists(INDENTED, max_size=12).map("".join))
def test_lines_are_read_as_by_the_parser(text: str) -> None:
    assert_same(text, parse(text), parse(text, parser=PARSER))


@given(st.lists(INDENTED, max_size=8).map("".join), st.lists(INDENTED, max_size=8).map("".join))
def test_repaired_lines_are_read_as_by_the_parser(before: str, after: str) -> None:
    for text, template in ((f"{before}{{{{ x }}}}{after}", True), (before + after, False)):
        previous = parse(before, template=template)
        edited = Span(len(before), len(text) - len(after))
        mine = parse(text, template=template, edited=edited, previous=previous)
        parsed = parse(text, template=template, edited=edited, previous=previous, parser=PARSER)
        assert_same(text, mine, parsed)


# --- Texts of others ----------------------------------------------------------------------------

PIECES = [
    *(" ", "  ", "\n", "\n\n", " \n", "   \n", "- ", "-", "  - x\n", "\t", "\r\n", "\u00a0", "é"),
    *(":", ": ", "x:", "key", "a b", "b: c", "#", " #", "?", "? ", "%", "@", "`", "\\", "\\n"),
    *("'", '"', "''", '""', "|", ">", "|-\n", ">-\n", "[", "]", "{", "}", ",", "&a", "*a", "!t"),
    *("<<", "😀", "---", "...", "~", "null", "1", "{{ x }}"),
]


def edits(files: list[Path], count: int) -> Iterator[tuple[str, str, Span, bool]]:
    """Manifests, or some lines of them, that are edited at random: before, after, where."""
    random = Random(count)
    for _ in range(count):
        text = random.choice(files).read_bytes().decode("utf-8", "replace")
        unit = random.choice(cut(text)).text
        lines = unit.splitlines(keepends=True)
        if random.random() < 0.5:
            first = random.randrange(len(lines) + 1)
            unit = "".join(lines[first : first + random.randrange(1, 12)])
        unit = unit[:4_000]
        for _ in range(random.randrange(1, 6)):
            start = random.randrange(len(unit) + 1)
            end, new = start, random.choice(PIECES)
            if random.random() < 0.4:
                end, new = min(start + random.choice([1, 1, 2, 5]), len(unit)), ""
            edited = unit[:start] + new + unit[end:]
            yield unit, edited, Span(start, start + len(new)), "{{" in text
            unit = edited


def assert_edits_are_read_as_by_the_parser(corpora: Path, count: int) -> None:
    files = sorted(
        file for folder in ("peers", "pss", "real") for file in (corpora / folder).rglob("*.yaml")
    )
    previous, before = Tree(""), ""
    for text, after, edited, template in edits(files, count):
        if text != before:
            previous = parse(text, template=template)
        mine = parse(after, template=template, edited=edited, previous=previous)
        parsed = parse(after, template=template, edited=edited, previous=previous, parser=PARSER)
        assert_same(after, mine, parsed)
        previous, before = mine, after


def test_some_edits_are_read_as_by_the_parser(corpora: Path) -> None:
    assert_edits_are_read_as_by_the_parser(corpora, EDITS)


@pytest.mark.sweep
def test_many_edits_are_read_as_by_the_parser(corpora: Path) -> None:
    assert_edits_are_read_as_by_the_parser(corpora, 20 * EDITS)


def test_nearly_all_manifests_of_others_need_no_parser(corpora: Path) -> None:
    read_, left = 0, []
    for file in sorted((corpora / "real").rglob("*")):
        if file.suffix not in (".yaml", ".yml"):
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        if "{{" in text or not re.search(r"^kind:", text, re.MULTILINE):
            continue
        for unit in cut(text):
            if read(unit.text) is None:
                left.append(file)
            else:
                read_ += 1
    assert read_ >= SHARE * (read_ + len(left)), left
