"""Edits in every style of YAML, before and after side by side."""

from collections.abc import Callable

import pytest

from k8s_lsp import edits
from k8s_lsp.edits import Data, Edits
from k8s_lsp.kubernetes.fields import Field, root_field
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import apply_edits
from tests import oracle
from tests.fixes import changed_paths

Path = tuple[str | int, ...]


def field_at(text: str, path: Path) -> Field:
    return root_field(parse(text).roots[0]).get(*path)


def applied(text: str, result: Edits | None) -> str | None:
    if result is None:
        return None
    after = apply_edits(text, result)
    # Another parser reads the result.
    oracle.load(after)
    return after


SET: list[tuple[str, str, Path, Data, str | None]] = [
    ("a value", "a: yes # why\n", ("a",), False, "a: false # why\n"),
    ("a quoted value", "a: 'yes'\n", ("a",), False, "a: false\n"),
    ("an empty value", "a:\nb: 1\n", ("a",), True, "a: true\nb: 1\n"),
    ("an empty value with a comment", "a: # why\nb: 1\n", ("a",), True, "a: true # why\nb: 1\n"),
    ("a null", "a: ~\n", ("a",), True, "a: true\n"),
    ("a null that becomes a block", "a: null # why\n", ("a", "b"), True, "a: # why\n  b: true\n"),
    ("an empty flow mapping", "a: {}\nb: 1\n", ("a", "c"), True, "a:\n  c: true\nb: 1\n"),
    ("an empty flow mapping, comment", "a: {} # no\n", ("a", "c"), True, "a: # no\n  c: true\n"),
    ("an empty key", "a:\n  b:\nc: 1\n", ("a", "b", "d"), "x", "a:\n  b:\n    d: x\nc: 1\n"),
    (
        "a new key at the end",
        "a:\n  b: 1\n  # c\nd: 2\n",
        ("a", "e"),
        3,
        "a:\n  b: 1\n  e: 3\n  # c\nd: 2\n",
    ),
    ("no last newline", "a:\n  b: 1", ("a", "c"), 2, "a:\n  b: 1\n  c: 2"),
    ("CRLF", "a:\r\n  b: 1\r\nc: 2\r\n", ("a", "d"), 3, "a:\r\n  b: 1\r\n  d: 3\r\nc: 2\r\n"),
    ("four spaces", "a:\n    b: 1\n", ("a", "c", "d"), 2, "a:\n    b: 1\n    c:\n        d: 2\n"),
    ("behind a dash", "a:\n- b: 1\n", ("a", 0, "c"), 2, "a:\n- b: 1\n  c: 2\n"),
    ("behind an indented dash", "a:\n  - b: 1\n", ("a", 0, "c"), 2, "a:\n  - b: 1\n    c: 2\n"),
    ("behind a wide dash", "a:\n  -   b: 1\n", ("a", 0, "c"), 2, "a:\n  -   b: 1\n      c: 2\n"),
    (
        "a list, indented",
        "x:\n  - y\na:\n  b: 1\n",
        ("a", "c"),
        ["ALL"],
        "x:\n  - y\na:\n  b: 1\n  c:\n    - ALL\n",
    ),
    (
        "a list, indentless",
        "x:\n- y\na:\n  b: 1\n",
        ("a", "c"),
        ["ALL"],
        "x:\n- y\na:\n  b: 1\n  c:\n  - ALL\n",
    ),
    (
        "after a block scalar",
        "a:\n  b: |\n    text\n\n\nc: 1\n",
        ("a", "d"),
        2,
        "a:\n  b: |\n    text\n  d: 2\n\n\nc: 1\n",
    ),
    ("flow", "a: {b: 1}\n", ("a", "c"), 2, "a: {b: 1, c: 2}\n"),
    ("flow, nested", "a: {b: {}}\n", ("a", "b", "c"), ["x"], "a: {b: {c: [x]}}\n"),
    ("flow over lines", "a: {\n  b: 1\n}\n", ("a", "c"), 2, "a: {\n  b: 1,\n  c: 2\n}\n"),
    (
        "flow with a comment",
        "a: {\n  b: 1 # x\n}\n",
        ("a", "c"),
        2,
        "a: {\n  b: 1, # x\n  c: 2\n}\n",
    ),
    ("flow with a last comma", "a: {\n  b: 1,\n}\n", ("a", "c"), 2, "a: {\n  b: 1,\n  c: 2,\n}\n"),
    ("JSON", '{"a": {"b": 1}}\n', ("a", "c"), "x", '{"a": {"b": 1, "c": "x"}}\n'),
    ("compact JSON", '{"a":{"b":1}}', ("a", "c"), {"d": "x"}, '{"a":{"b":1,"c":{"d":"x"}}}'),
    (
        "{} on its own line",
        "a:\n  b:\n    {}\nc: 1\n",
        ("a", "b", "d"),
        2,
        "a:\n  b:\n    d: 2\nc: 1\n",
    ),
    ("an image", "a: b.c/d:1.2\n", ("a",), "e.f/d:1.2", "a: e.f/d:1.2\n"),
    ("a quoted image", "a: 'b.c/d:1.2'\n", ("a",), "e.f/d:1.2", "a: 'e.f/d:1.2'\n"),
    ("a plain number that becomes a text", "a: 1\n", ("a",), "2", 'a: "2"\n'),
    (
        "pretty JSON",
        '{\n  "a": {\n    "b": 1\n  }\n}\n',
        ("a", "c", "d"),
        True,
        '{\n  "a": {\n    "b": 1,\n    "c": {\n      "d": true\n    }\n  }\n}\n',
    ),
    (
        "flow, comma and bracket behind",
        "a: {\n  b: 1, }\nd: 1\n",
        ("a", "c"),
        2,
        "a: {\n  b: 1, c: 2, }\nd: 1\n",
    ),
    (
        "pretty JSON, empty",
        '{\n  "a": {},\n  "b": 1\n}\n',
        ("a", "c", "d"),
        True,
        '{\n  "a": {\n    "c": {\n      "d": true\n    }\n  },\n  "b": 1\n}\n',
    ),
    (
        "pretty JSON, tabs",
        '{\n\t"a": 1\n}',
        ("b", "c"),
        2,
        '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 2\n\t}\n}',
    ),
    (
        "comments below that are deeper",
        "a:\n  b:\n    c: 1\n    # d: 2\n  # e\nf: 3\n",
        ("a", "g"),
        4,
        "a:\n  b:\n    c: 1\n    # d: 2\n  g: 4\n  # e\nf: 3\n",
    ),
    (
        "the nearest style counts",
        "x:\n- y\nz:\n    k:\n        - v\n",
        ("z", "a"),
        ["w"],
        "x:\n- y\nz:\n    k:\n        - v\n    a:\n        - w\n",
    ),
    ("single quotes", "'a':\n  'b': 1\n", ("a", "c"), "d", "'a':\n  'b': 1\n  'c': 'd'\n"),
    ("an explicit key", "? a\n: {}\n", ("a",), ["b"], None),
    ("white space behind an empty value", "a: \nb: 1\n", ("a",), True, "a: true\nb: 1\n"),
    ("white space behind {}", "a: {} \nb: 1\n", ("a", "c"), 2, "a:\n  c: 2\nb: 1\n"),
    ("emoji before", 'a: {x: "😀", b: {}}\n', ("a", "b", "c"), 1, 'a: {x: "😀", b: {c: 1}}\n'),
    ("quoted keys", '"a":\n  "b": 1\n', ("a", "c"), 2, '"a":\n  "b": 1\n  "c": 2\n'),
    ("behind ---", "--- # x\na:\n  b: 1\n", ("a", "c"), 2, "--- # x\na:\n  b: 1\n  c: 2\n"),
    ("through an alias", "x: &x\n  b: 1\na: *x\n", ("a", "c"), 2, None),
    ("below an anchor", "a: &x\n  b: 1\nc: *x\n", ("a", "d"), 2, None),
    ("an alias that is a value", "x: &x true\na: *x\n", ("a",), False, "x: &x true\na: false\n"),
    ("a merged value", "x: &x\n  b: 1\na:\n  <<: *x\n", ("a", "b"), 2, None),
    ("words that YAML reads as others", "a: {}\n", ("a", "b"), "0", 'a:\n  b: "0"\n'),
]


@pytest.mark.parametrize(
    ("text", "path", "data", "after"), [row[1:] for row in SET], ids=[row[0] for row in SET]
)
def test_set(text: str, path: Path, data: Data, after: str | None) -> None:
    assert applied(text, field_at(text, path).set(text, data)) == after


REMOVE: list[tuple[str, str, Path, str | None]] = [
    ("a line", "a:\n  b: 1\n  c: 2\n", ("a", "b"), "a:\n  c: 2\n"),
    ("the last line, no newline", "a:\n  b: 1\n  c: 2", ("a", "c"), "a:\n  b: 1\n"),
    ("its comment goes", "a:\n  b: 1 # why\n  c: 2\n", ("a", "b"), "a:\n  c: 2\n"),
    ("a block", "a:\n  b:\n    x: 1\n    y: 2\n  c: 2\n", ("a", "b"), "a:\n  c: 2\n"),
    ("an item", "a:\n  - x\n  - y\n  - z\n", ("a", 1), "a:\n  - x\n  - z\n"),
    ("an item, indentless", "a:\n- x\n- y\nb: 1\n", ("a", 1), "a:\n- x\nb: 1\n"),
    ("behind a dash", "a:\n- b: 1\n  c: 2\n", ("a", 0, "b"), "a:\n- c: 2\n"),
    ("the empty parent goes too", "z: 1\na:\n  b:\n    - x\n", ("a", "b", 0), "z: 1\n"),
    ("flow, first", "a: {b: 1, c: 2}\n", ("a", "b"), "a: {c: 2}\n"),
    ("flow, last", "a: {b: 1, c: 2}\n", ("a", "c"), "a: {b: 1}\n"),
    ("flow item", "a: [x, y, z]\n", ("a", 1), "a: [x, z]\n"),
    ("JSON", '{\n  "a": 1,\n  "b": 2\n}\n', ("a",), '{\n  "b": 2\n}\n'),
    ("CRLF", "a: 1\r\nb: 2\r\nc: 3\r\n", ("b",), "a: 1\r\nc: 3\r\n"),
    ("through an alias", "x: &x\n  b: 1\n  d: 2\na: *x\n", ("a", "b"), None),
    ("flow over lines", "a: {\n  b: 1,\n  c: 2\n}\n", ("a", "c"), "a: {\n  b: 1\n}\n"),
    (
        "flow over lines, comments",
        "a: {\n  b: 1, # x\n  c: 2 # y\n}\n",
        ("a", "c"),
        "a: {\n  b: 1 # x\n}\n",
    ),
    (
        "flow over lines, in the middle",
        "a: {\n  b: 1, # x\n  c: 2, # y\n  d: 3\n}\n",
        ("a", "c"),
        "a: {\n  b: 1, # x\n  d: 3\n}\n",
    ),
    (
        "flow, the first one, over lines",
        "z: {\n  a: {b: 1,},\n  c: 1\n}\n",
        ("z", "a", "b"),
        "z: {\n  c: 1\n}\n",
    ),
    ("flow, bracket behind it", "a: {\n  b: 1, # x\n  c: 2}\n", ("a", "c"), None),
    ("an explicit key", "a: 1\n? b\n: 2\nc: 3\n", ("b",), None),
    ("a key given twice", "a: 1\na: 2\nb: 3\n", ("a",), None),
]


OWNED: list[tuple[str, str, str]] = [
    ("above and beside", "a:\n  # one\n  b: 1 # b\n  # two\n  c: 2\n", "a:\n  # two\n  c: 2\n"),
    ("several lines above", "a:\n  # one\n  # more\n  b: 1\n  c: 2\n", "a:\n  c: 2\n"),
    ("CRLF", "a:\r\n  # one\r\n  # more\r\n  b: 1 # x\r\n  c: 2\r\n", "a:\r\n  c: 2\r\n"),
    ("a blank line between", "a:\n  # x\n\n  b: 1\n  c: 2\n", "a:\n  # x\n\n  c: 2\n"),
    ("another column", "a:\n# x\n  b: 1\n  c: 2\n", "a:\n# x\n  c: 2\n"),
    (
        "a line that was commented out",
        "a:\n  # d: 3\n  b: 1\n  c: 2\n",
        "a:\n  # d: 3\n  c: 2\n",
    ),
    ("a neighbour is named", "a:\n  # see `c`\n  b: 1\n  c: 2\n", "a:\n  # see `c`\n  c: 2\n"),
    (
        "a neighbour is named as it is written",
        "a:\n  # for hostPID too\n  b: 1\n  hostPID: 2\n",
        "a:\n  # for hostPID too\n  hostPID: 2\n",
    ),
    ("a word of the language", "a:\n  # the image asks\n  b: 1\n  image: 2\n", "a:\n  image: 2\n"),
    ("what begins a document", "# license\nb: 1\nc: 2\n", "# license\nc: 2\n"),
    ("within", "a:\n  b: # x\n    # y\n    y: 1 # z\n  c: 2\n", "a:\n  c: 2\n"),
    ("deeper below", "a:\n  b:\n    y: 1\n    # z: 2\n  # c\n  c: 2\n", "a:\n  # c\n  c: 2\n"),
    ("beside, over lines", "a:\n  b: 1 # x\n       # y\n  c: 2\n", "a:\n  c: 2\n"),
    ("behind a dash", "- b: 1 # x\n  c: 2\n", "- c: 2\n"),
    ("the dash has its own", "# item\n- b: 1\n  c: 2\n", "# item\n- c: 2\n"),
    ("above in a flow", "a: {\n  # x\n  b: 1,\n  c: 2\n}\n", "a: {\n  c: 2\n}\n"),
    ("the text above is no comment", 'a:\n  z: "1\n  # 2"\n  b: 1\n', 'a:\n  z: "1\n  # 2"\n'),
    (
        "the parent and its comments",
        "a:\n  c: 2\n  # p\n  p: # q\n    # b\n    b: 1 # x\n",
        "a:\n  c: 2\n",
    ),
    ("a parent with more in it", "a:\n  p:\n    b: 1\n    # z: 2\n", "a:\n  p:\n    # z: 2\n"),
    (
        "a parent with more above",
        "a:\n  p:\n    # of all\n\n    b: 1\n",
        "a:\n  p:\n    # of all\n\n",
    ),
    (
        "items",
        "a:\n  # of all: b and d-e\n  - b\n  - d-e\n",
        "a:\n  # of all: b and d-e\n  - d-e\n",
    ),
]


@pytest.mark.parametrize(
    ("text", "after"), [row[1:] for row in OWNED], ids=[row[0] for row in OWNED]
)
def test_what_is_removed_takes_its_comments_along(text: str, after: str) -> None:
    root = root_field(parse(text).roots[0])
    waiting, field = [root], root
    while waiting:
        field = waiting.pop()
        if field.path[-1:] == ("b",) or field.text == "b":
            break
        waiting += [*field.entries(), *field.items()]
    assert applied(text, field.remove(text, ())) == after


def test_a_removed_block_may_not_speak_of_what_stays() -> None:
    text = "a:\n  b:\n    # as in hostPID\n    y: 1\n  hostPID: 2\n"
    assert field_at(text, ("a", "b")).remove(text, ()) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: {# x\n}\n", ("a", "b")),
        ("z:\n  a: {\n    # x\n  }\n", ("z", "a", "b")),
        ("z: {a: {\n  # x\n}}\n", ("z", "a", "b")),
    ],
)
def test_brackets_with_a_comment_between_are_not_filled(text: str, path: Path) -> None:
    assert field_at(text, path).set(text, 1) is None
    listed = (
        text.replace("a: {", "a: [").replace("# x\n}", "# x\n]").replace("# x\n  }", "# x\n  ]")
    )
    assert field_at(listed, path[:-1]).append(listed, 1) is None


def test_an_anchor_within_stays_for_its_aliases() -> None:
    text = "a:\n  b:\n    c: &x 1\n  d: *x\n"
    assert field_at(text, ("a", "b")).remove(text, ()) is None


BELOW: list[tuple[str, str, str]] = [
    ("a blank line", "    # a\n\n    # b\n", ""),
    ("a shallower one behind it", "    # a\n\n    # b\n", "  # volumes:\n"),
    ("a blank line with blanks", "    # a\n  \n    # b\n", "\n  # c\n"),
    ("commented out at the margin", "#    env:\n#      - x\n", ""),
    ("commented out at the margin by a tool", "#     env:\n#       - x\n", "#   volumes:\n"),
    ("commented out at the margin, blank lines", "\n#     env:\n\n#     x: 1\n", "\n# c\n"),
    ("one at the margin between", "    # a\n# b\n    # c\n", "# d\n"),
    ("a block at the margin", "", "#  volumes:\n#    - x\n"),
    ("nothing", "", "\n# Where it ends.\n"),
    ("nothing deeper", "", "\n  # a\n    # b\n"),
]


@pytest.mark.parametrize(
    ("inner", "outer"), [row[1:] for row in BELOW], ids=[row[0] for row in BELOW]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_nothing_is_inserted_into_the_comments_of_a_block(
    inner: str, outer: str, newline: str
) -> None:
    before, last = "a:\n  b:\n  - c: 1\n", "z: 3\n"
    text = f"{before}{inner}{outer}{last}".replace("\n", newline)
    after = f"{before}{inner}  d: 2\n{outer}{last}".replace("\n", newline)
    assert applied(text, field_at(text, ("a", "d")).set(text, 2)) == after
    item = f"{before}{inner}  - e\n{outer}{last}".replace("\n", newline)
    assert applied(text, field_at(text, ("a", "b")).append(text, "e")) == item


@pytest.mark.parametrize(
    ("text", "path", "after"), [row[1:] for row in REMOVE], ids=[row[0] for row in REMOVE]
)
def test_remove(text: str, path: Path, after: str | None) -> None:
    assert applied(text, field_at(text, path).remove(text, ())) == after


X = "x: &x\n  b: 1\n  c: 2\n"
Y = "y: &y\n  d: 3\n"

MERGED: list[tuple[str, str, Path, str | None]] = [
    ("block", f"{X}a:\n  <<: *x\n", ("a", "b"), None),
    ("flow", f"{X}a: {{<<: *x}}\n", ("a", "b"), None),
    ("nested in a flow", f"{X}a: {{e: {{<<: *x}}}}\n", ("a", "e", "b"), None),
    ("a list of merges", f"{X}{Y}a:\n  <<: [*x, *y]\n", ("a", "d"), None),
    ("a block list of merges", f"{X}{Y}a:\n  <<:\n  - *x\n  - *y\n", ("a", "b"), None),
    ("two merges", f"{X}{Y}a:\n  <<: *x\n  <<: *y\n", ("a", "d"), None),
    ("a mapping in place", "a:\n  <<: {b: 1, c: 2}\n", ("a", "b"), None),
    ("a merge of a merge", f"{X}y: &y\n  <<: *x\na:\n  <<: *y\n", ("a", "b"), None),
    (
        "below what is merged",
        "x: &x\n  e:\n    b: 1\n  c: 2\na:\n  <<: *x\n",
        ("a", "e", "b"),
        None,
    ),
    (
        "an item below what is merged",
        "x: &x\n  e: [b]\n  c: 2\na:\n  <<: *x\n",
        ("a", "e", 0),
        None,
    ),
    ("in an item", f"{X}a:\n- <<: *x\n", ("a", 0, "b"), None),
    ("an alias of a mapping that merges", f"{X}y: &y\n  <<: *x\na: *y\n", ("a", "b"), None),
    ("where the anchor is", f"{X}a:\n  <<: *x\n", ("x", "b"), None),
    ("where the only entry is", "x: &x\n  b: 1\na:\n  <<: *x\n", ("x", "b"), None),
    ("where the anchor is, below", "x: &x\n  e: {b: 1}\na:\n  <<: *x\n", ("x", "e", "b"), None),
    ("an anchor and a merge at once", f"{X}a: &a\n  <<: *x\n  d: 3\nz: *a\n", ("a", "d"), None),
    ("it would come back", f"{X}a:\n  <<: *x\n  b: 3\n", ("a", "b"), None),
    ("it would come back from above", f"{X}a:\n  b: 3\n  <<: *x\n", ("a", "b"), None),
    ("an alias of several entries", f"{X}a: *x\n", ("a", "b"), None),
    # What is the place's own goes, and the merge stays.
    ("its own, below", f"{X}a:\n  <<: *x\n  d: 3\n", ("a", "d"), f"{X}a:\n  <<: *x\n"),
    ("its own, above", f"{X}a:\n  d: 3\n  <<: *x\n", ("a", "d"), f"{X}a:\n  <<: *x\n"),
    ("its own, in a flow", f"{X}a: {{<<: *x, d: 3}}\n", ("a", "d"), f"{X}a: {{<<: *x}}\n"),
    (
        "its own, with its parent",
        f"{X}a:\n  <<: *x\n  e:\n    d: 3\n",
        ("a", "e", "d"),
        f"{X}a:\n  <<: *x\n",
    ),
    (
        "an alias of the only entry",
        "x: &x\n  b: 1\nz: 2\na: *x\n",
        ("a", "b"),
        "x: &x\n  b: 1\nz: 2\n",
    ),
    (
        "a key that looks like one",
        'z: 1\na:\n  "<<": 2\n  b: 1\n',
        ("a", "b"),
        'z: 1\na:\n  "<<": 2\n',
    ),
]


@pytest.mark.parametrize(
    ("text", "path", "after"), [row[1:] for row in MERGED], ids=[row[0] for row in MERGED]
)
def test_no_merge_is_taken_away(text: str, path: Path, after: str | None) -> None:
    field = field_at(text, path)
    assert field.present
    assert applied(text, field.remove(text, ())) == after


@pytest.mark.parametrize(
    ("text", "path", "after"), [row[1:] for row in MERGED], ids=[row[0] for row in MERGED]
)
def test_what_is_merged_is_changed_nowhere(text: str, path: Path, after: str | None) -> None:
    """A value may be set where it can be removed, or at its own place, above or below a merge."""
    field = field_at(text, path)
    result = applied(text, field.set(text, 9))
    if field.shared:
        assert result is None
        assert field.rename(text, "z") is None
    elif result is not None:
        changed = list(changed_paths(oracle.load(text)[0], oracle.load(result)[0]))
        assert changed == [path]


MOVED: list[tuple[str, str, str | None]] = [
    (
        "above and beside",
        "a:\n  # one\n  # two\n  b: 1  # x\n  c: 2\n",
        "a:\n  c: 2\n  d:\n    # one\n    # two\n    e: 1  # x\n",
    ),
    (
        "CRLF",
        "a:\r\n  # one\r\n  b: 1 # x\r\n  c: 2\r\n",
        "a:\r\n  c: 2\r\n  d:\r\n    # one\r\n    e: 1 # x\r\n",
    ),
    ("to a key that is empty", "a:\n  b: 1 # x\n  d: {}\n", "a:\n  d:\n    e: 1 # x\n"),
    ("beside others", "a:\n  b: 1 # x\n  d:\n    f: 1\n", "a:\n  d:\n    f: 1\n    e: 1 # x\n"),
    ("no comments", "a:\n  b: 1\n  # of c\n  c: 2\n", "a:\n  # of c\n  c: 2\n  d:\n    e: 1\n"),
    ("no comments, into brackets", "a:\n  b: 1\n  d: {f: 1}\n", "a:\n  d: {f: 1, e: 1}\n"),
    ("into brackets", "a:\n  b: 1 # x\n  d: {f: 1}\n", None),
    ("inside of the value", "a:\n  b:\n    # x\n    - 1\n  c: 2\n", None),
    ("beside a part of the value", "a:\n  b:\n    - 1 # x\n  c: 2\n", None),
    ("beside the key of a block", "a:\n  b: # x\n    - 1\n  c: 2\n", None),
    ("below", "a:\n  b: 1 # x\n       # y\n  c: 2\n", None),
]


@pytest.mark.parametrize(
    ("text", "after"), [row[1:] for row in MOVED], ids=[row[0] for row in MOVED]
)
def test_what_is_moved_takes_its_comments_along(text: str, after: str | None) -> None:
    old, new = field_at(text, ("a", "b")), field_at(text, ("a", "d", "e"))
    moved = old.carry(text, new.set(text, 1), "e")
    assert applied(text, edits.together(old.remove(text, ("a",)), moved)) == after


def test_a_key_is_not_renamed_to_one_that_is_merged() -> None:
    text = f"{X}a:\n  <<: *x\n  d: 3\n"
    assert field_at(text, ("a", "d")).rename(text, "b") is None
    assert applied(text, field_at(text, ("a", "d")).rename(text, "e")) == text.replace("d:", "e:")


APPEND: list[tuple[str, str, Path, Data, str | None]] = [
    ("block", "a:\n  - x\nb: 1\n", ("a",), "ALL", "a:\n  - x\n  - ALL\nb: 1\n"),
    (
        "block, comment",
        "a:\n  - x # y\n  # z\nb: 1\n",
        ("a",),
        "ALL",
        "a:\n  - x # y\n  - ALL\n  # z\nb: 1\n",
    ),
    ("flow", "a: [x]\n", ("a",), "ALL", "a: [x, ALL]\n"),
    ("empty flow", "a: []\n", ("a",), "ALL", "a: [ALL]\n"),
    ("nothing", "b:\n  - y\na:\n", ("a",), "ALL", "b:\n  - y\na:\n  - ALL\n"),
    ("absent", "b:\n  - y\n", ("a",), "ALL", "b:\n  - y\na:\n  - ALL\n"),
    ("a mapping", "a:\n- x: 1\n", ("a",), {"v": 1, "z": {}}, "a:\n- x: 1\n- v: 1\n  z: {}\n"),
]


@pytest.mark.parametrize(
    ("text", "path", "data", "after"), [row[1:] for row in APPEND], ids=[row[0] for row in APPEND]
)
def test_append(text: str, path: Path, data: Data, after: str | None) -> None:
    assert applied(text, field_at(text, path).append(text, data)) == after


def test_together_fills_an_empty_value_before_the_lines_below_it() -> None:
    text = "a:\n  b:\n    c:\n"
    both = edits.together(
        field_at(text, ("a", "d")).set(text, 1), field_at(text, ("a", "b", "c")).set(text, 2)
    )
    assert applied(text, both) == "a:\n  b:\n    c: 2\n  d: 1\n"


def test_together_keeps_the_deeper_block_first() -> None:
    text = "a:\n  b:\n    c: 1\n"
    set_two: Callable[..., Edits | None] = lambda *path: field_at(text, path).set(text, 2)  # noqa: E731
    both = edits.together(set_two("a", "b", "d"), set_two("a", "e"))
    assert applied(text, both) == "a:\n  b:\n    c: 1\n    d: 2\n  e: 2\n"
    assert edits.together(both, None) is None


def test_several_keys_share_their_commas() -> None:
    text = "a: {\n  b: 1 # x\n}\n"
    both = field_at(text, ("a",)).set_all(text, {"c": 2, "d": {"e": 3}})
    assert applied(text, both) == "a: {\n  b: 1, # x\n  c: 2,\n  d: {e: 3}\n}\n"


def test_several_keys_of_an_anchor_are_not_written() -> None:
    text = "a: &x\n  b: 1\nc: *x\n"
    assert field_at(text, ("a",)).set_all(text, {"d": 2, "e": 3}) is None
    assert field_at(text, ("c",)).set_all(text, {"d": 2, "e": 3}) is None


IN_ORDER: list[tuple[str, str, str]] = [
    ("in between", "a: 1\nc: 3\n", "a: 1\nb: 2\nc: 3\n"),
    ("first", "c: 3\nd: 4\n", "b: 2\nc: 3\nd: 4\n"),
    ("last", "a: 1\n", "a: 1\nb: 2\n"),
    ("below a comment of its block", "# why\n\nc: 3\n", "# why\n\nb: 2\nc: 3\n"),
    ("above a comment of its neighbour", "a: 1\n# why\nc: 3\n", "a: 1\nb: 2\n# why\nc: 3\n"),
    ("behind a comment of its neighbour", "a: 1 # why\nc: 3\n", "a: 1 # why\nb: 2\nc: 3\n"),
    ("behind a block", "a:\n  d: 1\nc: 3\n", "a:\n  d: 1\nb: 2\nc: 3\n"),
    ("no order but the last ones'", "d: 4\na: 1\nc: 3\n", "d: 4\na: 1\nb: 2\nc: 3\n"),
    ("before the last ones", "a: 1\ne: 5\nc: 3\nd: 4\n", "a: 1\ne: 5\nb: 2\nc: 3\nd: 4\n"),
    ("capitals first", "a: 1\nbB: 3\n", "a: 1\nb: 2\nbB: 3\n"),
    ("CRLF", "a: 1\r\nc: 3\r\n", "a: 1\r\nb: 2\r\nc: 3\r\n"),
    ("CRLF, first", "c: 3\r\n", "b: 2\r\nc: 3\r\n"),
    ("flow", "{a: 1, c: 3}", "{a: 1, b: 2, c: 3}"),
    ("flow, first", "{c: 3}", "{b: 2, c: 3}"),
    ("flow, beside a comment", "{a: 1, c: 3} # why", "{a: 1, b: 2, c: 3} # why"),
    ("flow, on lines", "{\n  a: 1,\n  c: 3\n}", "{\n  a: 1,\n  b: 2,\n  c: 3\n}"),
    (
        "flow, below a comment",
        "{\n  a: 1, # why\n  c: 3 # so\n}",
        "{\n  a: 1, # why\n  b: 2,\n  c: 3 # so\n}",
    ),
    (
        "flow, with a comment that would be of another",
        "{\n  a: 1,\n  # why\n  c: 3\n}",
        "{\n  a: 1,\n  # why\n  c: 3,\n  b: 2\n}",
    ),
    ("JSON", '{"a":1,"c":3}', '{"a":1,"b":2,"c":3}'),
    ("JSON, on lines", '{\n  "c": 3\n}', '{\n  "b": 2,\n  "c": 3\n}'),
    ("a merge key goes first", "<<: {z: 1}\nc: 3\n", "<<: {z: 1}\nb: 2\nc: 3\n"),
    ("nothing goes before a merge key", "c: 3\n<<: {z: 1}\n", "c: 3\n<<: {z: 1}\nb: 2\n"),
]


@pytest.mark.parametrize("where", ["securityContext", "resources", "other"])
@pytest.mark.parametrize(("before", "after"), [each[1:] for each in IN_ORDER])
def test_keys_stand_in_the_order_of_the_api_reference(before: str, after: str, where: str) -> None:
    is_json, newline = before.startswith('{"') or before.startswith('{\n  "'), "\n"
    if before[0] == "{":
        head, margin = ('{"' + where + '": ', "") if is_json else (f"{where}: ", "")
    else:
        newline = "\r\n" if "\r" in before else "\n"
        head, margin = f"{where}:{newline}", "  "
    tail = "}" if is_json else ""

    def whole(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return head + "".join(margin + line if line.strip() else line for line in lines) + tail

    text = whole(before)
    result = applied(text, field_at(text, (where, "b")).set(text, 2))
    assert result is not None
    if where == "other":
        # A label or a container has no order but its author's.
        assert oracle.load(result) == oracle.load(whole(after))
        return
    assert result == whole(after)


@pytest.mark.parametrize(
    ("text", "path", "data", "expected"),
    [
        ('a: {b: "x"}\n', ("a", "c"), "new", 'a: {b: "x", c: "new"}\n'),
        ("a:\n  b: 'x'\n", ("a", "c"), "new", "a:\n  b: 'x'\n  c: 'new'\n"),
        # One that is plain shows that quotes are for what needs them.
        ('a:\n  b: "x"\n  d: x\n', ("a", "c"), "new", 'a:\n  b: "x"\n  d: x\n  c: new\n'),
        ('a:\n  b: "1"\n', ("a", "c"), "new", 'a:\n  b: "1"\n  c: new\n'),
        ('a:\n  b: "true"\n', ("a", "c"), "new", 'a:\n  b: "true"\n  c: new\n'),
        ("a:\n  b: 'x'\n  d: \"x\"\n", ("a", "c"), "new", "a:\n  b: 'x'\n  d: \"x\"\n  c: new\n"),
        # Quotes that are needed are those of the neighbours too.
        ("a:\n  b: 'x'\n", ("a", "c"), "yes", "a:\n  b: 'x'\n  c: 'yes'\n"),
        # Numbers and booleans are none in quotes.
        ('a:\n  b: "x"\n', ("a", "c"), True, 'a:\n  b: "x"\n  c: true\n'),
        ('a:\n  b: "x"\n', ("a", "c"), 7, 'a:\n  b: "x"\n  c: 7\n'),
        # Where nothing is quoted or plain, what is around it shows.
        ('b: "x"\na:\n  d: 1\n', ("a", "c"), "new", 'b: "x"\na:\n  d: 1\n  c: "new"\n'),
        ('b: "x"\na:\n', ("a", "c"), ["new"], 'b: "x"\na:\n  c:\n    - "new"\n'),
        ('b: "x"\na: {d: 1}\n', ("a", "c"), ["new"], 'b: "x"\na: {d: 1, c: ["new"]}\n'),
    ],
)
def test_a_new_string_is_quoted_as_its_neighbours(
    text: str, path: Path, data: Data, expected: str
) -> None:
    assert applied(text, field_at(text, path).set(text, data)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a: ["x"]\n', 'a: ["x", "new"]\n'),
        ("a:\n- 'x'\n", "a:\n- 'x'\n- 'new'\n"),
        ('a:\n- "x"\n- z\n', 'a:\n- "x"\n- z\n- new\n'),
    ],
)
def test_a_new_item_is_quoted_as_its_neighbours(text: str, expected: str) -> None:
    assert applied(text, field_at(text, ("a",)).append(text, "new")) == expected
