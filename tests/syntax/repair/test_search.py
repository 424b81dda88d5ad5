"""A half-typed text keeps what its broken place has no part in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8s_lsp.syntax.limits import PLACES
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.repair.attempt import ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs
from k8s_lsp.syntax.repair.search import TRIES, recover
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span
from tests.syntax.pods import SECOND, WHOLE, pod
from tests.syntax.trees import (
    assert_well_formed,
    each_parser,
    nodes,
    open_paths,
    values,
)


@each_parser
@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("secur", WHOLE),
        ("securityContext", WHOLE),
        ("command: 'a", WHOLE | {"command": "a"}),
        ('command: "a b: c', WHOLE | {"command": "a b: c"}),
        ("command: a: b", WHOLE | {"command": "a: b"}),
        ("command: @a", WHOLE | {"command": "@a"}),
        ("command: *", WHOLE | {"command": "*"}),
        ('command: "\\q"', WHOLE | {"command": "\\q"}),
        ("args: [", WHOLE | {"args": ""}),
        ("- name: x", WHOLE),
        ("  tty: true", WHOLE),
        ("\tcommand: a", WHOLE),
    ],
)
def test_one_broken_line_opens_its_mapping_only(
    line: str, first: dict[str, object], parser: ParserName
) -> None:
    tree = parse(pod(line), parser=parser)
    assert len(tree.problems) == 1
    spec = values(tree.roots[0])["spec"]
    assert spec["containers"] == [first, SECOND]
    assert spec["volumes"] == []
    assert ".spec.containers[0]" in open_paths(tree)
    assert not {".", ".spec", ".spec.containers[1]", ".spec.volumes"} & {*open_paths(tree)}
    assert_well_formed(tree)


@each_parser
@pytest.mark.parametrize(
    ("text", "expected", "opened"),
    [
        # The line belongs to the collection that its indentation names.
        ("a:\n  b: c\nd\n", {"a": {"b": "c"}}, ["."]),
        ("a:\n  b: c\n  d\n", {"a": {"b": "c"}}, [".a"]),
        ("a:\n  b\n  c: d\n", {"a": {"c": "d"}}, [".a"]),
        ("a:\n- b: c\n  d\ne: f\n", {"a": [{"b": "c"}], "e": "f"}, [".a[0]"]),
        ("a:\n- b: c\nd\ne: f\n", {"a": [{"b": "c"}], "e": "f"}, [".", ".a"]),
        # If none has it, to both between which it lies.
        ("a:\n    b: c\n  d: e\nf: g\n", {"a": {"b": "c"}, "f": "g"}, [".", ".a"]),
        # Children of a key that lacks its colon keep their place.
        ("spec\n  a: b\nc: d\n", {"spec": {"a": "b"}, "c": "d"}, ["."]),
        ("a: b\nspec\n  c: d\n", {"a": "b", "spec": {"c": "d"}}, ["."]),
        ("- spec\n    a: b\n- c\n", [{"spec": {"a": "b"}}, "c"], ["[0]"]),
        ("a: x\n  b: c\n  d: e\nf: g\n", {"a": {"b": "c", "d": "e"}, "f": "g"}, [".a"]),
        # A quote that pairs with one further down.
        ('a: "b\nc: d\ne: "f"\n', {"a": "b", "c": "d", "e": "f"}, ["."]),
        ('"a:\n  b: c\nd: e\n', {"a": {"b": "c"}, "d": "e"}, ["."]),
        ("[a:\n  b: c\nd: e\n", {"a": {"b": "c"}, "d": "e"}, ["."]),
        ("a: [\n  b,\n  cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: [b, cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b', 'cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b', 'cd'\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b',\nd: e\n", {"a": ["b"], "d": "e"}, [".a"]),
        ("a: [\n  'b',\n  'cd'\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: {b: c\nd: e\n", {"a": {"b": "c"}, "d": "e"}, [".a"]),
        ("a: [b, {c: de\nd: e\n", {"a": ["b", {"c": "de"}], "d": "e"}, [".a[1]"]),
        # A bracket too many, or the wrong one.
        ("a: {b: {c: d}]}\ne: f\n", {"a": {"b": {"c": "d"}}, "e": "f"}, [".a"]),
        ("a: {b: c]\nd: e\n", {"a": {"b": "c"}, "d": "e"}, [".a"]),
        ("a: [b, c}\nd: e\n", {"a": ["b", "c"], "d": "e"}, [".a"]),
        ("a: {b: c}}\nd: e\n", {"a": {"b": "c"}, "d": "e"}, ["."]),
        ("a: b\n...\nc: d\n", {"a": "b"}, []),
        ("a:\n\tb: c\n\td: e\nf: g\n", {"a": {"b": "c", "d": "e"}, "f": "g"}, [".a"]),
        ("a: b\nc\nd: e\nf\ng: h\n", {"a": "b", "d": "e", "g": "h"}, ["."]),
    ],
)
def test_what_is_kept_and_what_is_open(
    text: str, expected: object, opened: list[str], parser: ParserName
) -> None:
    tree = parse(text, parser=parser)
    assert values(tree.roots[0]) == expected
    assert open_paths(tree) == opened
    assert len(tree.problems) == 1


@each_parser
def test_a_repair_shows_in_no_span(parser: ParserName) -> None:
    text = "securityContext\n  a: [bc, 'de\n"
    tree = parse(text, parser=parser)
    found = {path: text[slice(*node.span)] for path, node in nodes(tree.roots[0])}
    assert found == {
        ".": "securityContext\n  a: [bc, 'de",
        ".securityContext?": "securityContext",
        ".securityContext": "a: [bc, 'de",
        ".securityContext.a?": "a",
        ".securityContext.a": "[bc, 'de",
        ".securityContext.a[0]": "bc",
        ".securityContext.a[1]": "'de",
    }


@each_parser
def test_the_documents_beside_a_broken_one_are_whole(parser: ParserName) -> None:
    units = cut("a: b\n...\n---\nc: 'd\n...\n---\ne: f\n")
    trees = [parse(unit.text, parser=parser, read_as=unit.read_as) for unit in units]
    assert [values(root) for tree in trees for root in tree.roots] == [
        {"a": "b"},
        {"c": "d"},
        {"e": "f"},
    ]
    assert [open_paths(tree) for tree in trees] == [[], ["."], []]


@each_parser
def test_many_broken_places_open_everything(parser: ParserName) -> None:
    tree = parse("a:\n  b: c\n" + "\td: \x00e\n" * (PLACES + 1), parser=parser)
    assert {".", ".a"} <= {*open_paths(tree)}


def test_where_nothing_helps_the_text_before_the_mistake_is_kept() -> None:
    text = "a:\n  b: c\n" + "- d: [}\n" * (2 * TRIES)
    tree = parse(text)
    assert values(tree.roots[0]) == {"a": {"b": "c"}}
    assert "." in open_paths(tree)


def test_tries_are_counted() -> None:
    text = "".join(f"k{n}: 'a\n" for n in range(100))
    sources: list[str] = []

    def read(source: str, repairs: tuple[Repair, ...]) -> ParseAttempt:
        assert source == apply_repairs(text, repairs)
        assert len(source) == len(text)
        sources.append(source)
        return broken_at(text.index(f"k{len(sources)}:"))

    def broken_at(offset: int) -> ParseAttempt:
        return ParseAttempt((), ParseFailure("indent", offset, 0))

    assert recover(text, broken_at(0), read).failure is not None
    assert len(sources) == TRIES


def containers(tree: Tree) -> Iterator[tuple[Span, object]]:
    for root in tree.roots:
        for _, node in nodes(root):
            if isinstance(node, Mapping):
                keys = {key.value for key, _ in node.entries if isinstance(key, Scalar)}
                if {"name", "image"} <= keys:
                    yield node.span, values(node)


def typed(text: str, every: int) -> Iterator[tuple[str, int, int]]:
    """States of a text in which a line is typed again, and where the line stands in the text."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        if number % every == 0 and line.strip() and not line.lstrip().startswith(("#", "---")):
            for cursor in range(end - len(line.lstrip()), end + 1):
                yield text[:cursor] + text[end:], cursor, end
        start = end + 1


def assert_typing_keeps_the_others(files: list[Path], every: int, share: float) -> None:
    states = kept = 0
    for file in files:
        text = file.read_bytes().decode("utf-8", "replace")
        if "{{" in text or len(text) > 40_000:
            continue
        for unit in cut(text):
            before = [*containers(parse(unit.text))]
            for state, cursor, end in typed(unit.text, every) if before else ():
                start = unit.text.rfind("\n", 0, cursor) + 1
                shift = cursor - end
                others = [(span, it) for span, it in before if span.end <= start]
                others += [(span.shifted(shift), it) for span, it in before if span.start > end]
                after = dict(containers(parse(state)))
                states += 1
                kept += all(after.get(span) == it for span, it in others)
    assert states > 1000
    assert kept / states >= share


def test_typing_keeps_the_containers_that_it_does_not_touch(corpora: Path) -> None:
    files = sorted((corpora / "real").rglob("*.yaml"))
    assert_typing_keeps_the_others(files[::25], every=12, share=0.99)


@pytest.mark.sweep
def test_typing_anywhere_keeps_the_containers_that_it_does_not_touch(corpora: Path) -> None:
    files = sorted((corpora / "real").rglob("*.yaml"))
    assert_typing_keeps_the_others(files, every=9, share=0.99)


def test_no_state_of_a_text_that_is_typed_from_its_start_loses_what_stands_above() -> None:
    text = pod("args: [a, 'b', {c: d}]\n      tty: true")
    whole: Node = parse(text).roots[0]
    above = values(whole)
    for end in range(len(text)):
        tree = parse(text[:end])
        assert_well_formed(tree)
        if end > text.index("spec:"):
            assert values(tree.roots[0])["kind"] == above["kind"]
        if end > text.index("    - name: second"):
            first = values(tree.roots[0])["spec"]["containers"][0]
            assert first == above["spec"]["containers"][0]
