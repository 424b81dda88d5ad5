"""Reading gives a tree for every text, the same one with both parsers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.limits import DEPTH
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading import build
from k8s_lsp.syntax.reading.events import PARSER, ParserName
from k8s_lsp.syntax.scalars import boolean, is_null, number
from k8s_lsp.syntax.units import cut
from tests.syntax.trees import (
    PARSERS,
    assert_well_formed,
    each_parser,
    needs_both_parsers,
    nodes,
    roots_as_data,
    values,
)


def node_at(text: str, path: str, parser: ParserName = PARSER) -> Node:
    return dict(nodes(parse(text, parser=parser).roots[0]))[path]


@each_parser
@pytest.mark.parametrize(
    ("text", "value", "style"),
    [
        ("a: b", "b", ""),
        ("a: 'it''s'", "it's", "'"),
        ('a: "\\u00e9\\n\\""', 'é\n"', '"'),
        ('{"a": "\\u00e9\\/"}', "é/", '"'),
        ("a: 'b\n\n  c'", "b\nc", "'"),
        ('a: "b \\\n  c"', "b c", '"'),
        ("a: b\n  c\n\n  d", "b c\nd", ""),
        ("a: |\n  b\n   c\n\n", "b\n c\n", "|"),
        ("a: |-\n  b\n\n", "b", "|"),
        ("a: |+\n  b\n\n", "b\n\n", "|"),
        ("a: |1\n  b\n", " b\n", "|"),
        ("a: |\n\n\n  b\n", "\n\nb\n", "|"),
        ("a: |\n \n  b\n", "\nb\n", "|"),
        ("a: >\n  b\n  c\n\n  d\n", "b c\nd\n", ">"),
        ("a: >-  # why\n  b\n", "b", ">"),
        ("a: ># why\n  b\n", "b\n", ">"),
        ("a: |\t# why\n  b\n", "b\n", "|"),
        ("a: b\r\n  c\r\n", "b c", ""),
        ("a: |\r\n  b\r\n", "b\n", "|"),
        ("a:\tb\tc\t", "b\tc", ""),
        ("a: b\n \tc", "b c", ""),
        ("a: {b: c:d}", {"b": "c:d"}, None),
        ("a: {b: 'c:d e:f', g: h:i}", {"b": "c:d e:f", "g": "h:i"}, None),
        ("a: [b :c, 'd':e]", ["b :c", {"d": "e"}], None),
        ("a: [!t b:c, &x d:e, *x ]", ["b:c", "d:e", "d:e"], None),
        ("a: [b:c,d:e,]\nf: |\n  g:h\n", ["b:c", "d:e"], None),
        ("a: [b:, c:]", ["b:", "c:"], None),
        ("a: b\x85  c", "b c", ""),
        ("a: b \u2028  c", "b\u2028c", ""),
        ("a: b\u2029\n\x85  c", "b\u2029\n\nc", ""),
        ("a: 'b\u2028c'", "b\u2028c", "'"),
        ('a: "b \u2028\n\u2028 c"', "b\u2028\n\u2028c", '"'),
        ("a: |\n  b\u2028  c\x85  d\n", "b\u2028c\nd\n", "|"),
        ("a: >\n  b\u2028  c\x85  d\n", "b\u2028c d\n", ">"),
        ("a: |\n  b", "b\n", "|"),
        ("a: >-\n  b", "b", ">"),
        ("a: b\ufeffc", "b\ufeffc", ""),
        ("a: 'b\n\ufeffc'", "b \ufeffc", "'"),
        ('{"a": "\\ud83d\\ude80 \\/"}', "🚀 /", '"'),
        ('{"a": "\\ud83d \\\\ud83d"}', "\ufffd \\ud83d", '"'),
        ('{"a": "b\u2028c\x7f\x85"}', "b\u2028c\x7f\x85", '"'),
        ('{"a"\n: "b"}', "b", '"'),
        ('\t{\n"a":\t"b"\n\t}\n\t', "b", '"'),
        ("a: !!binary aGk=", "hi", ""),
        ("b: &x a\n*x : c", "c", ""),
        ("!!binary YQ==: c", "c", ""),
    ],
)
def test_values(text: str, value: object, style: str | None, parser: ParserName) -> None:
    tree = parse(text, parser=parser)
    assert tree.problems == ()
    node = node_at(text, ".a", parser)
    assert values(node) == value
    assert style is None or (isinstance(node, Scalar) and node.style == style)


@each_parser
@pytest.mark.parametrize(
    ("text", "tag", "anchor"),
    [
        ("a: b", None, None),
        ("a: !!str b", "!!str", None),
        ("a: !<tag:yaml.org,2002:int> 1", "!!int", None),
        ("a: ! b", "!", None),
        ("a: !t &x b", "!t", "x"),
        ("a: &x !!map {b: c}", "!!map", "x"),
        ("a: !!seq &x\n- b", "!!seq", "x"),
    ],
)
def test_tags_and_anchors(
    text: str, tag: str | None, anchor: str | None, parser: ParserName
) -> None:
    node = node_at(text, ".a", parser)
    assert not isinstance(node, Alias)
    assert (node.tag, node.anchor) == (tag, anchor)


@each_parser
def test_an_alias_has_the_node_that_its_name_stood_for(parser: ParserName) -> None:
    text = "- &x a\n- *x\n- &x b\n- *x\n- *y\n- &y c\n"
    found = [node_at(text, f"[{index}]", parser) for index in (1, 3, 4)]
    assert [values(node) for node in found] == ["a", "b", None]


@each_parser
@pytest.mark.parametrize(
    "text",
    [
        "- &x [*x]",
        "- &x {a: *x}",
        "- &x\n  a: *x\n",
        # The anchor that counts is the one of the node around the alias.
        "- &x 1\n- &x [*x]",
    ],
)
def test_an_alias_inside_of_the_node_that_it_names_has_no_target(
    text: str, parser: ParserName
) -> None:
    aliases = [node for _, node in nodes(parse(text, parser=parser).roots[0])]
    assert [node.target for node in aliases if isinstance(node, Alias)] == [None]


@each_parser
def test_an_anchor_inside_of_a_node_of_its_name_wins(parser: ParserName) -> None:
    assert values(node_at("- &x [&x 1, *x]\n- *x\n", "[0]", parser)) == ["1", "1"]
    assert values(node_at("- &x [&x 1, *x]\n- *x\n", "[1]", parser)) == "1"


@each_parser
def test_anchors_end_with_their_document(parser: ParserName) -> None:
    _, unit = cut("a: &x b\n...\n---\n- *x\n")
    tree = parse(unit.text, parser=parser, read_as=unit.read_as)
    assert [problem.message for problem in tree.problems] == ['no anchor "x" before this alias']


@each_parser
@pytest.mark.parametrize(
    ("text", "roots"),
    [
        ("", []),
        ("\n  \n", []),
        ("# a\n", []),
        ("---\n", []),
        ("--- # a\n", []),
        ("---\n...\n", []),
        ("---\n&x\n", []),
        ("\ufeff", []),
        ("\ufeff\ufeffa", ["a"]),
        ("!\n", [""]),
        ("---\n''\n", [""]),
        ("---\n{}\n", [{}]),
        ("a\n...\n---\nb\n...\n", ["a", "b"]),
        ("a\n---# b\nc\n---\u00a0\nd\n", ["a", "c", "d"]),
        ("a\n--- # b\nc\n---\t\nd\n", ["a", "c", "d"]),
    ],
)
def test_documents_without_content_have_no_root(
    text: str, roots: list[Any], parser: ParserName
) -> None:
    trees = [parse(unit.text, parser=parser, read_as=unit.read_as) for unit in cut(text)]
    assert [values(root) for tree in trees for root in tree.roots] == roots
    assert not any(tree.problems for tree in trees)


@each_parser
@pytest.mark.parametrize("text", ["[", "{a: ", "- ", "? ", "? - ", "a:\n"])
def test_depth_is_limited(text: str, parser: ParserName) -> None:
    deep = "".join(" " * level + text for level in range(2 * DEPTH)) if "\n" in text else ""
    tree = parse(deep or text * 2 * DEPTH, parser=parser)
    assert (tree.limit, tree.roots, tree.problems) == ("depth", (), ())


@each_parser
def test_what_is_just_not_too_deep_is_read(parser: ParserName) -> None:
    tree = parse("[" * DEPTH + "]" * DEPTH, parser=parser)
    assert (tree.limit, tree.problems, len(tree.roots)) == (None, (), 1)
    assert parse("[" * (DEPTH + 1) + "]" * (DEPTH + 1), parser=parser).limit == "depth"


@each_parser
def test_brackets_in_strings_are_not_deep(parser: ParserName) -> None:
    tree = parse(f"a: '{'[' * 1000}'\nb: x{'[' * 1000}\n# {'[' * 1000}\n", parser=parser)
    assert (tree.limit, tree.problems) == (None, ())


@each_parser
def test_nodes_are_limited(parser: ParserName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "NODES", 100)
    assert parse("[" + "a," * 90 + "]", parser=parser).limit is None
    tree = parse("[" + "a," * 110 + "]", parser=parser)
    assert (tree.limit, tree.roots) == ("nodes", ())


@each_parser
def test_an_alias_bomb_stays_as_small_as_its_text(parser: ParserName) -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    [root] = parse("\n".join(lines), parser=parser).roots
    assert sum(1 for _ in nodes(root)) == 1 + 2 * 30 + 1 + 29 * 9


@pytest.mark.parametrize("character", ["[", "{", '"', "'", "&", "*", "!", "\t", "\x00", "a", ":"])
def test_long_lines_are_read(character: str) -> None:
    assert_well_formed(parse("a: " + character * 1_000_000))


def test_the_c_parser_runs_where_it_is_installed() -> None:
    pytest.importorskip("_ruamel_yaml")
    assert PARSER == "C"


# --- Anything at all ----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *"ab:-?[]{},'\"|>&*!#%@`\\~ \t\n\r\ufeff\x85\u2028\x00\x07é😀\ud800/1.",
        *("- ", ": ", "? ", " #", "---\n", "...\n", "\r\n", "\n  ", "\n    ", "k: v\n", "- i\n"),
        *("&x ", "*x", "!!str ", "|+\n", ">-\n", "<<: ", "%YAML 1.1\n", "{{ .x }}", "{{", "}}"),
    ]
)


@given(st.text(), st.booleans(), st.sampled_from(PARSERS))
def test_any_text_is_read(text: str, template: bool, parser: ParserName) -> None:
    assert_well_formed(parse(text, template=template, parser=parser))


@given(st.lists(PIECES).map("".join), st.booleans(), st.sampled_from(PARSERS))
def test_anything_like_yaml_is_read(text: str, template: bool, parser: ParserName) -> None:
    tree = parse(text, template=template, parser=parser)
    assert_well_formed(tree)
    assert not template or tree.problems == ()
    # A mistake of our own would end the reading like one of the user's, and say only this.
    assert "this is not YAML" not in {problem.message for problem in tree.problems}


@needs_both_parsers
@given(st.lists(PIECES).map("".join))
def test_both_parsers_accept_the_same_and_read_the_same(text: str) -> None:
    c, pure = parse(text, parser="C"), parse(text, parser="pure")
    assert bool(c.problems) == bool(pure.problems)
    if not c.problems:
        assert roots_as_data(c) == roots_as_data(pure)


# --- Texts of others ----------------------------------------------------------------------------


def units_of(files: list[Path]) -> Iterator[tuple[Path, str, bool]]:
    for file in files:
        text = file.read_bytes().decode("utf-8", "replace")
        for unit in cut(text):
            yield file, unit.text, "{{" in text


def assert_both_parsers_agree(files: list[Path]) -> None:
    assert files
    for file, text, template in units_of(files):
        c = parse(text, template=template, parser="C")
        pure = parse(text, template=template, parser="pure")
        assert_well_formed(c)
        assert (c.problems, c.limit) == (pure.problems, pure.limit), file
        assert roots_as_data(c) == roots_as_data(pure), file


def corpus(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.suffix in (".yaml", ".yml", ".json"))


@needs_both_parsers
def test_both_parsers_agree_on_the_yaml_test_suite(corpora: Path) -> None:
    assert_both_parsers_agree(corpus(corpora / "yaml-test-suite"))


@needs_both_parsers
@pytest.mark.parametrize("folder", ["peers", "pss", "real"])
def test_both_parsers_agree_on_some_manifests(corpora: Path, folder: str) -> None:
    assert_both_parsers_agree(corpus(corpora / folder)[::15])


@pytest.mark.sweep
@needs_both_parsers
@pytest.mark.parametrize("folder", ["peers", "pss", "real"])
def test_both_parsers_agree_on_all_manifests(corpora: Path, folder: str) -> None:
    assert_both_parsers_agree(corpus(corpora / folder))


KUBECTL_DIFFERS = {
    # What its decoder refuses, or what go-yaml v2 reads as libyaml did, before or beside YAML 1.2.
    "validity": {
        **dict.fromkeys(("4MUZ/01", "4MUZ/02", "5MUD", "VJP3/01"), "key and colon split"),
        **dict.fromkeys(("6CK3", "6LVF", "BEC7", "P76L", "W4TN", "Z9M4"), "directives"),
        **dict.fromkeys((f"MUS6/0{number}" for number in range(2, 7)), "directives"),
        **dict.fromkeys(
            (
                *("2G84/02", "2G84/03", "6FWR", "6JQW", "93WF", "96L6", "9MQT/00", "B3HG"),
                *("DK3J", "FP8R", "FTA2", "J7PZ", "T26H"),
            ),
            "content behind --- on its line",
        ),
        **dict.fromkeys(
            (
                *("4FJ6", "6BFJ", "6PBE", "9MMW", "KK5P", "LX3P", "M5DY", "Q9WF", "RZP5"),
                "SBG9",
            ),
            "keys that are mappings or lists",
        ),
        **dict.fromkeys(("DFF7", "FH7J"), "keys that are null"),
        **dict.fromkeys(("6CA3", "A2M4", "Y79Y/001", "Y79Y/010", "R4YG"), "tabs as indentation"),
        **dict.fromkeys(("6ZKB", "7Z25", "9WXW"), "what follows ... is dropped"),
        **dict.fromkeys(("8XYN", "W5VH"), "names of anchors"),
        **dict.fromkeys(("NHX8", "S3PD", "SM9W/01"), "no empty keys without ?"),
        **dict.fromkeys(("SU5Z", "X4QW"), "comments without a blank before them"),
        "HM87/00": "a colon in flow separates",
        "HWV9": "nothing before ...",
        "QB6E": "quoted text need not be indented",
        "Y79Y/003": "tabs in flow",
    },
    "value": {
        **dict.fromkeys(("6XDY", "PUW8"), "empty documents are left out"),
        "565N": "!!binary is the text that it stands for",
        "HM87/01": "a question mark in flow is a key",
        "Y2GN": "a name of an anchor ends before a colon",
    },
}


def as_json(node: Node) -> Any:
    """What the API server makes of a node."""
    match node:
        case Scalar():
            for meaning in (boolean(node), number(node)):
                if meaning is not None:
                    return meaning
            return None if is_null(node) else node.value
        case Mapping(entries=entries):
            return {
                "null" if isinstance(key, Scalar) and is_null(key) else values(key): as_json(value)
                for key, value in entries
            }
        case Sequence(items=items):
            return [as_json(item) for item in items]
        case Alias(target=target):
            assert target is not None
            return as_json(target)


def documents_of(text: str) -> list[Any]:
    """The values of a text of several JSON documents."""
    found = []
    while text := text.strip():
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def test_the_yaml_test_suite_says_the_same(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    differs: dict[str, set[str]] = {"validity": set(), "value": set()}
    suite = corpora / "yaml-test-suite"
    labels = {record["path"]: record["label"] for record in manifest}
    files = sorted(suite.rglob("in.yaml"))
    assert len(files) > 100
    for file in files:
        name = file.parent.relative_to(suite).as_posix()
        trees = [
            parse(unit.text, read_as=unit.read_as)
            for unit in cut(file.read_bytes().decode("utf-8"))
        ]
        refused = any(tree.problems for tree in trees)
        expected = file.with_name("in.json")
        if refused != (labels[file.relative_to(corpora).as_posix()] == "fail"):
            differs["validity"].add(name)
        elif not refused and expected.exists():
            read = [as_json(root) for tree in trees for root in tree.roots]
            wanted = documents_of(expected.read_text(encoding="utf-8"))
            if read != wanted and (read or wanted != [None]):
                differs["value"].add(name)
    assert differs == {kind: set(known) for kind, known in KUBECTL_DIFFERS.items()}
