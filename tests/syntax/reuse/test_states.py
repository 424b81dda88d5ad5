"""What two states of a text have in common."""

import pytest

from k8s_lsp.syntax.reuse.states import Change, change_between
from k8s_lsp.text import Span


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("a\nb\nc\n", "a\nbx\nc\n", Change(Span(2, 4), Span(2, 5))),
        ("a\nb\n", "a\nx\nb\n", Change(Span(2, 2), Span(2, 4))),
        ("a\nx\nb\n", "a\nb\n", Change(Span(2, 4), Span(2, 2))),
        ("a\nb", "a\nb\n", Change(Span(2, 4), Span(2, 5))),
        ("a:", "a: b", Change(Span(0, 3), Span(0, 5))),
        ("a\r\nb\r\n", "a\r\n\r\nb\r\n", Change(Span(3, 3), Span(3, 5))),
        ("a\nb\nc\nd\n", "a\nx\nc\ny\n", Change(Span(2, 8), Span(2, 8))),
    ],
)
def test_a_change_is_whole_lines(old: str, new: str, change: Change) -> None:
    assert change_between(old, new) == change
