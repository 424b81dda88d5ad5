"""Texts are cut where nothing reaches across."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import CUT_LISTS_ABOVE, Unit, cut, offsets_of
from tests.syntax.lists import COUNT, ITEM, list_of
from tests.syntax.trees import values


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", [""]),
        ("a: b\n", ["a: b\n"]),
        ("---\na: b\n", ["---\na: b\n"]),
        ("a: b\n---\nc: d\n", ["a: b\n", "---\nc: d\n"]),
        ("a: b\n---", ["a: b\n", "---"]),
        ("a\n--- b\n---\tc\n", ["a\n", "--- b\n", "---\tc\n"]),
        ("a\r\n---\r\nb\r\n", ["a\r\n", "---\r\nb\r\n"]),
        # Only a line feed ends a line here.
        ("a\r---\rb", ["a\r---\rb"]),
        ("---\n---\n", ["---\n", "---\n"]),
        ("a\n----\nb\n", ["a\n", "----\nb\n"]),
        ("a\n ---\nb\n", ["a\n ---\nb\n"]),
        ("a\n---b\n", ["a\n", "---b\n"]),
        ("a\n---# b\nc\n", ["a\n", "---# b\nc\n"]),
        ("a\n---\u00a0\nc\n", ["a\n", "---\u00a0\nc\n"]),
        ("a\n\ufeff---\nb\n", ["a\n", "\ufeff---\nb\n"]),
        ("a: 'b\n---\nc'\n", ["a: 'b\n", "---\nc'\n"]),
        ("a\u2028---\n", ["a\u2028---\n"]),
        ("a: |\n  b\n---\nc\n", ["a: |\n  b\n", "---\nc\n"]),
        ("a\n...\n---\nb\n", ["a\n...\n", "---\nb\n"]),
        ("a\x85---\n", ["a\x85---\n"]),
        ("%YAML 1.1\n---\na\n", ["%YAML 1.1\n", "---\na\n"]),
        ("\ufeff%YAML 1.1\n# b\n\n---\na\n", ["\ufeff%YAML 1.1\n# b\n\n", "---\na\n"]),
        ("a\n...\n%YAML 1.1\n---\nb\n", ["a\n...\n%YAML 1.1\n", "---\nb\n"]),
        ("a: b\n%c\n---\nd\n", ["a: b\n%c\n", "---\nd\n"]),
        ("# 100%\n---\na\n", ["# 100%\n", "---\na\n"]),
    ],
)
def test_documents(text: str, units: list[str]) -> None:
    assert [unit.text for unit in cut(text)] == units


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ('{"a": 1}', [("start", '{"a": 1}')]),
        ('{"a": 1}{"b": {"c": 2}}\n', [("start", '{"a": 1}'), ("json", '{"b": {"c": 2}}\n')]),
        ('{"a": 1}\n\n {}\r\n', [("start", '{"a": 1}\n\n '), ("json", "{}\r\n")]),
        ('\ufeff {"a": 1} {}', [("start", '\ufeff {"a": 1} '), ("json", "{}")]),
        ('{"a": "} {"}', [("start", '{"a": "} {"}')]),
        ('{"a": 1}{"b": 2}}', [("start", '{"a": 1}'), ("json", '{"b": 2}}')]),
        ('{"a": 1}}', [("start", '{"a": 1}}')]),
        ('{"a": 1},\n', [("start", '{"a": 1},\n')]),
        ('{"a": 1} # b\n# c\n', [("start", '{"a": 1} # b\n# c\n')]),
        ('{"a": 1} b', [("start", '{"a": 1} '), ("rest", "b")]),
        ('{"a": 1}\n# b\n{}\n{}', [("start", '{"a": 1}\n'), ("rest", "# b\n{}\n{}")]),
        ('{"a": 1}{} # b', [("start", '{"a": 1}'), ("json", "{} "), ("refused", "# b")]),
        ('{"a": 1}\n---\n{} {}', [("start", '{"a": 1}\n'), ("document", "---\n{} {}")]),
        (
            '{"a": 1}{}\n---\n{}\n---\n{}',
            [
                ("start", '{"a": 1}'),
                ("json", "{}\n"),
                ("refused", "---\n{}\n"),
                ("document", "---\n{}"),
            ],
        ),
        ("{a: 1} {}", [("start", "{a: 1} {}")]),
        ('{"a": 1,} {}', [("start", '{"a": 1,} {}')]),
        ('# a\n{"a": 1} {}', [("start", '# a\n{"a": 1} {}')]),
        ('---\n{"a": 1} {}', [("start", '---\n{"a": 1} {}')]),
        ('[{"a": 1}] {}', [("start", '[{"a": 1}] {}')]),
        # The decoder takes away every separator that ends something.
        ("---\n---\n---\n", [("start", "---\n"), ("document", "---\n"), ("yaml", "---\n")]),
        ("a\n---\n---\n", [("start", "a\n"), ("document", "---\n"), ("yaml", "---\n")]),
    ],
)
def test_each_unit_knows_how_it_is_read(text: str, units: list[tuple[str, str]]) -> None:
    assert [(unit.read_as, unit.text) for unit in cut(text)] == units


@given(st.lists(st.sampled_from(["---", "--", "a", "%", "...", "\n", "\r", "\r\n", " ", "#"])))
def test_units_cover_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    units = cut(text)
    assert "".join(unit.text for unit in units) == text
    offsets = offsets_of(units)
    assert all(
        text.startswith(unit.text, offset) for unit, offset in zip(units, offsets, strict=True)
    )


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("below", ["", "metadata:\n  resourceVersion: '1'\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_items_of_a_large_list(indent: str, below: str, newline: str) -> None:
    item = ITEM.format(indent).replace("\n", newline)
    text = list_of(ITEM.format(indent), below=below).replace("\n", newline)
    head, *items = cut(text)
    if below:
        tail = items.pop()
        assert tail == Unit(below.replace("\n", newline), False, "document")
    assert head.text == f"apiVersion: v1{newline}kind: List{newline}items:{newline}"
    assert items == [Unit(item, True, "document")] * COUNT
    assert "".join(unit.text for unit in cut(text)) == text


@pytest.mark.parametrize("comment", ["\n", "   # x\n", "     # x\n", "# x\n\n", "  # x\n   # y\n"])
def test_blank_lines_and_deeper_comments_stay_with_the_item_above(comment: str) -> None:
    first, second, *_ = cut(list_of(ITEM.format("  ") + comment))[1:]
    assert first.text == second.text == ITEM.format("  ") + comment


@pytest.mark.parametrize("comment", ["# x\n", "  # x\n", " # x\n  # y\n", "# x\r\n"])
@pytest.mark.parametrize("item", [ITEM.format("  "), ITEM.format("  ") + "\n"])
def test_comments_right_above_a_dash_go_with_its_item(comment: str, item: str) -> None:
    head, first, second, *_ = cut(list_of(comment + item))
    assert head.text == "apiVersion: v1\nkind: List\nitems:\n"
    assert first.text == second.text == comment + item


def test_a_cut_list_holds_what_the_whole_list_holds() -> None:
    text = list_of(ITEM.format("  "), below="metadata: {}\n")
    head, *items, tail = [parse(unit.text).roots[0] for unit in cut(text)]
    [whole] = parse(text).roots
    together = values(head) | {"items": [values(item)[0] for item in items]} | values(tail)
    assert together == values(whole)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ITEM.format("  ") * COUNT, id="no List"),
        pytest.param(list_of(ITEM.format("  ")).replace("List", "ListX"), id="another kind"),
        pytest.param(list_of(ITEM.format("  "))[: CUT_LISTS_ABOVE - 1], id="small"),
        pytest.param(
            list_of(ITEM.format("  ").replace("v1", "&x v1").replace("Pod", "*x")), id="anchor"
        ),
        pytest.param(list_of(ITEM.format("  ").replace("v1", "v1 #\x85")), id="hidden line break"),
        pytest.param(list_of(ITEM.format("  "), below=" x: y\n"), id="line of smaller indent"),
        pytest.param(list_of(ITEM.format("  "), below="x: y\n"), id="key of no List"),
        pytest.param(list_of(ITEM.format("  "), below="...\n"), id="end of the document"),
        pytest.param(
            list_of(ITEM.format("  "), below="metadata: {}\nitems:\n  - a\n"), id="items twice"
        ),
        pytest.param(list_of(ITEM.format("  ").replace("v1", "'v1\n\nx'")), id="quote"),
        pytest.param(list_of("  a: b\n"), id="no item"),
        pytest.param(f"kind: List\nitems: []\n{'# x' * CUT_LISTS_ABOVE}\n", id="flow"),
        pytest.param(f"kind: List\nitems:\n{'# x' * CUT_LISTS_ABOVE}\n", id="nothing"),
    ],
)
def test_a_list_is_not_cut_where_that_is_not_safe(text: str) -> None:
    assert cut(text) == [Unit(text)]


@pytest.mark.parametrize("word", ["&x v1", "'a &b'", "*x", "'* *b* &'", "k8s.io/a?b=*c&d=e"])
def test_an_anchor_or_an_alias_alone_reaches_nowhere(word: str) -> None:
    item = ITEM.format("  ").replace("v1", word)
    assert [unit.text for unit in cut(list_of(item))[1:]] == [item] * COUNT


def test_documents_beside_a_list_keep_their_place() -> None:
    large = list_of(ITEM.format("  "))
    units = cut(f"a: b\n---\n{large}---\nc: d\n")
    assert units[0].text == "a: b\n"
    assert units[1].text.startswith("---\napiVersion: v1\n")
    assert offsets_of(units)[1] == len("a: b\n")
    assert [unit.is_item for unit in units] == [False, False, *[True] * COUNT, False]
    assert units[-1].text == "---\nc: d\n"
