"""Unified diffs: small cases by eye, and every case through an interpreter of the format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.reports.diff import unified_diff


def test_no_change_is_no_diff() -> None:
    assert unified_diff("a.yaml", "a\n", "a\n") == ""


def test_a_change_has_three_lines_of_context() -> None:
    before = "".join(f"{number}\n" for number in range(1, 21))
    assert unified_diff("a.yaml", before, before.replace("10\n", "ten\n")) == (
        "--- a.yaml\n+++ a.yaml\n@@ -7,7 +7,7 @@\n"
        " 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n"
    )  # fmt: skip


def test_a_missing_last_newline_is_told_on_its_side() -> None:
    assert unified_diff("a", "x\ny", "x\ny\n") == (
        "--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n"
    )


def test_a_carriage_return_belongs_to_its_line() -> None:
    diff = unified_diff("a", "x\r\ny\r\n", "x\r\nz\r\n")
    assert diff == "--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\r\n-y\r\n+z\r\n"


def test_an_empty_side_has_no_lines() -> None:
    assert unified_diff("a", "", "x\n") == "--- a\n+++ a\n@@ -0,0 +1 @@\n+x\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("./x/a.yaml", "x/a.yaml"),
        ("x/../a.yaml", "a.yaml"),
        ("a b.yaml", "a b.yaml\t"),
        ("é.yaml", "é.yaml"),
        ('a"b\n.yaml', '"a\\042b\\012.yaml"'),
    ],
)
def test_names_are_those_that_patch_and_git_read(path: str, name: str) -> None:
    assert unified_diff(path, "x\n", "y\n").startswith(f"--- {name}\n+++ {name}\n@@ ")


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "\r", "\u2028", "d: e\n"]))
TEXTS = st.builds(lambda lines, end: "".join(lines) + end, LINES, st.sampled_from(["", "z"]))


def test_lines_that_occur_often_are_not_rewritten() -> None:
    document = "---\nkind: Pod\nspec:\n  a: {}\n"
    before = "".join(document.format(number) for number in range(200)) + "---\nkind: Pod\nspec:\n"
    for number in (0, 100, 199):
        line = f"  a: {number}\n"
        diff = unified_diff("a", before, before.replace(line, f"{line}  b: 1\n"))
        assert [each for each in diff.split("\n")[3:] if each[:1] in "+-" and each] == ["+  b: 1"]


@given(TEXTS, TEXTS)
def test_a_diff_applied_gives_the_other_text(before: str, after: str) -> None:
    assert applied(before, unified_diff("a", before, after)) == after


def applied(before: str, diff: str) -> str:
    """The text after a diff, read strictly: every count and every unchanged line must hold."""
    old = [line + "\n" for line in before.split("\n")]
    old[-1] = old[-1][:-1]
    if not diff:
        return before
    lines = diff.split("\n")
    assert lines.pop() == ""
    new: list[str] = []
    done = 0
    position = 2
    while position < len(lines):
        _, old_range, new_range, _ = lines[position].split()
        old_start, old_count = counts(old_range)
        new_start, new_count = counts(new_range)
        start = old_start - 1 if old_count else old_start
        new += old[done:start]
        assert len(new) == (new_start - 1 if new_count else new_start)
        done = start
        position += 1
        signs = ""
        while position < len(lines) and not lines[position].startswith("@@"):
            sign, text = lines[position][0], lines[position][1:] + "\n"
            signs += sign
            position += 1
            if position < len(lines) and lines[position].startswith("\\"):
                text = text[:-1]
                position += 1
            if sign in " -":
                assert old[done] == text
                done += 1
                old_count -= 1
            if sign in " +":
                new.append(text)
                new_count -= 1
        assert (old_count, new_count) == (0, 0)
        # Less context than three lines would mean the start or the end of the text.
        assert start == 0 or signs.startswith("   ")
        rest = len([line for line in old[done:] if line])
        assert rest == 0 or signs.endswith("   ")
    return "".join([*new, *old[done:]])


def counts(text: str) -> tuple[int, int]:
    start, _, count = text[1:].partition(",")
    return int(start), int(count or 1)
