"""A text before and after -> the edits between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.features.changes import edits_between
from k8s_lsp.text import apply_edits

LINES = st.lists(
    st.sampled_from(["a: 1", "b: true", "b: false", "  c:", "- d", "---", ""]), max_size=12
)


@given(before=LINES, after=LINES, newline=st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_edits_make_the_one_of_the_other(
    before: list[str], after: list[str], newline: str
) -> None:
    old, new = newline.join(before), newline.join(after)
    edits = edits_between(old, new)
    assert apply_edits(old, edits) == new
    for edit in edits:
        for offset in edit.span:
            assert old[max(offset - 1, 0) : offset + 1] != "\r\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: true\nb: 1\n", "a: false\nb: 1\n", [("true", "false")]),
        ("a: 1\nc: 3\n", "a: 1\nb: 2\nc: 3\n", [("", "b: 2\n")]),
        ("a: 1", "a: 1\nb: 2", [("", "\nb: 2")]),
        ("a: 1\n", "a: 1\nb: 2\n", [("", "\nb: 2")]),
        ("a: 1\r\n", "a: 1\r\nb: 2\r\n", [("", "\r\nb: 2")]),
        ("a: 1\n---\nb: 1\n", "a: 1\n---\nb: 2\n", [("1", "2")]),
        ("a: 1\n", "a: 1\n", []),
    ],
)
def test_they_are_small(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    edits = edits_between(before, after)
    assert [(before[slice(*edit.span)], edit.text) for edit in edits] == expected


@given(before=LINES, after=LINES, newline=st.sampled_from(["\n", "\r\n"]))
def test_whole_lines_are_never_inserted_behind_the_last_one(
    before: list[str], after: list[str], newline: str
) -> None:
    old, new = (newline.join([*lines, ""]) for lines in (before, after))
    behind = [edit for edit in edits_between(old, new) if edit.span.start == len(old) > 0]
    assert not behind
