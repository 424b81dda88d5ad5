"""Where a comment is, where one may be written, and how one goes away again."""

import pytest

from k8s_lsp.syntax.comments import (
    Comment,
    commented,
    comments_with,
    is_json,
    layout_of,
    line_at,
    line_below,
    removal,
)
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.text import Span, apply_edits
from tests.syntax.trees import each_parser


def comments(text: str, parser: ParserName = "pure") -> list[str]:
    found = comments_with(layout_of(parse(text, parser=parser)), ["x:"])
    return [text[each.span.start : each.span.end] + "!" * each.alone for each in found]


@each_parser
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # x: y", ["# x: y"]),
        ("a: 1\t# x: y  ", ["# x: y"]),
        ("  # x: y  \na: 1", ["# x: y!"]),
        ("\ufeff# x: y\na: 1", ["# x: y!"]),
        ("# b\na: 1 # c # x: y # x: z", ["# c # x: y # x: z"]),
        ("a: 1 # x: y\r\nb: 2 # x: z\r\n", ["# x: y", "# x: z"]),
        ("a: '# x: y'", []),
        ("a: ' # x: y' # x: z", ["# x: z"]),
        ('a: "b\n  # x: y\n  c" # x: z', ["# x: z"]),
        ("a: b# x:y", []),
        ("a: |\n  # x: y\n  b # x: z\n# x: end", ["# x: end!"]),
        ("a: | # x: y\n  b", ["# x: y"]),
        ("a: |+ # x: y\n\n\n# x: z\nb: 1", ["# x: y", "# x: z!"]),
        ("a: >-\n  b\n\n  # x: y\nc: 1", []),
        ("a: [b, # x: y\n  'c # x: z', # x: z\n  d]", ["# x: y", "# x: z"]),
        ("- a\n- - b # x: y\n  # x: z\n  - c", ["# x: y", "# x: z!"]),
        ('{"a": "# x: y"}', []),
        ("a: *b # x: y", ["# x: y"]),
        ("a: b\n  c # x: y", ["# x: y"]),
        ("x: 1", []),
        ("# x:", ["# x:!"]),
        ("", []),
    ],
)
def test_comments_are_what_yaml_takes_for_them(
    text: str, expected: list[str], parser: ParserName
) -> None:
    assert comments(text, parser) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# x:\na: 1", "a: 1"),
        ("# x:\n  # why\r\n  a: 1\r\nb: 1", "  a: 1"),
        ("# x:\n\na: 1", ""),
        ("# x:", ""),
    ],
)
def test_a_comment_stands_above_the_next_line_that_is_none(text: str, line: str) -> None:
    (comment,) = comments_with(layout_of(parse(text)), ["x:"])
    span = line_below(text, comment)
    assert text[span.start : span.end] == line


@each_parser
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: ^1", "a: 1  # new"),
        ("a: ^1  ", "a: 1  # new  "),
        ("a: ^1\r\nb: 2\r\n", "a: 1  # new\r\nb: 2\r\n"),
        ("a: ^1 # why", "# new\na: 1 # why"),
        ("a:\r\n  b: ^1 # why\r\n", "a:\r\n  # new\r\n  b: 1 # why\r\n"),
        ("\ufeffa: ^1 # why", "\ufeff# new\na: 1 # why"),
        ("a: [^b,\n  c]", "a: [b,  # new\n  c]"),
        ("a: [b, # why\n  ^c # why\n  ]", "a: [b, # why\n  # new\n  c # why\n  ]"),
        ("a: ^|\n  b\nc: 1", "a: |  # new\n  b\nc: 1"),
        ("a: |\n  ^b\nc: 1", None),
        ("a: |\n  c\n  ^b\n", None),
        ("a: >\n  c\n  ^b", None),
        ("a: |\n  b\nc: ^1 # why", "a: |\n  b\n# new\nc: 1 # why"),
        ("a: ^'b\n  c'", "# new\na: 'b\n  c'"),
        ("a: 'b\n  ^c'", "a: 'b\n  c'  # new"),
        ("a: 'b\n  ^c' # why", None),
        ("a: ^b\n  c", "# new\na: b\n  c"),
        ("a: b\n  ^c", "a: b\n  c  # new"),
        ("--- {a: ^1}", "--- {a: 1}  # new"),
        ("--- {a: ^1} # why", None),
        ('{"a": ^1}', None),
        ('[\n  {"a": ^1}\n]', None),
        ('{a: ^"b"}', '{a: "b"}  # new'),
    ],
)
def test_a_comment_is_written_where_it_changes_nothing(
    text: str, expected: str | None, parser: ParserName
) -> None:
    place = text.index("^")
    text = text.replace("^", "")
    layout = layout_of(parse(text, parser=parser))
    written = commented(layout, line_at(text, place), "# new")
    if expected is None:
        assert written is None
        return
    assert written is not None
    edit, alone = written
    after = apply_edits(text, [edit])
    assert after == expected
    (comment,) = comments_with(layout_of(parse(after, parser=parser)), ["new"])
    assert comment.alone == alone
    assert apply_edits(after, [removal(after, comment, comment.span)]) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1 # ^new$", "a: 1"),
        ("a: 1 # ^new$  \n", "a: 1  \n"),
        ("a: 1 # ^new$ # why", "a: 1 # why"),
        ("a: 1 # why # ^new$\r\n", "a: 1 # why\r\n"),
        ("  # ^new$\na: 1", "a: 1"),
        ("  # ^new$ # why\na: 1", "  # why\na: 1"),
        ("  # why # ^new$\na: 1", "  # why\na: 1"),
        ("a: 1\n# ^new$", "a: 1\n"),
        ("\ufeff# ^new$\r\na: 1", "\ufeffa: 1"),
    ],
)
def test_a_part_of_a_comment_goes_and_the_rest_stays(text: str, expected: str) -> None:
    part = Span(text.index("^") - 2, text.index("$") - 1)
    text = text.replace("^", "").replace("$", "")
    (comment,) = comments_with(layout_of(parse(text)), ["new"])
    assert isinstance(comment, Comment)
    assert apply_edits(text, [removal(text, comment, part)]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', True),
        ('[{"a": 1}]', True),
        ('\ufeff \n{\n  "a": 1}', True),
        # Both JSON and YAML: what JSON forbids is not written there.
        ("{}", True),
        ("[]", True),
        ("[{}]", True),
        ("[[]]", True),
        # Flow style of YAML: JSON has no plain keys.
        ("{a: 1}", False),
        ("[{a: 1}]", False),
        ("[[a]]", False),
        ("a: {}", False),
        ("- {}", False),
        ("", False),
    ],
)
def test_json_is_told_by_what_stands_first_in_its_brackets(text: str, expected: bool) -> None:
    assert is_json(text) is expected
