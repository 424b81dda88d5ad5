"""The hardened diff as suggestions of a review."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.cli import github_review as review
from k8s_lsp.cli.github_review import FileDiff, file_diffs, review_of, shown_lines
from k8s_lsp.reports.diff import unified_diff

lines = st.lists(st.sampled_from(["a", "b", "  - c", "", "`````", "-- x", "++ y", "@@ z"]))


def patch_of(before: str, after: str) -> str:
    """The patch of a file, as a pull request has it: without the lines that name the file."""
    return "\n".join(unified_diff("x", before, after).split("\n")[2:])


def reviewed(
    files: Mapping[str, tuple[str, str]], patches: Mapping[str, str], said: Any = ()
) -> dict[str, Any] | None:
    diff = "".join(unified_diff(path, *texts) for path, texts in files.items())
    return review_of("c0ffee", file_diffs(diff), patches, said)


def with_suggestions(text: str, comments: list[dict[str, Any]]) -> str:
    """The text in which GitHub has taken all suggestions."""
    lines = text.split("\n")
    for comment in sorted(comments, key=lambda comment: -comment["line"]):
        first, *new, last = comment["body"].split("\n")
        assert first == f"{last}suggestion"
        assert not any(line.startswith(last) for line in new)
        start = comment.get("start_line", comment["line"])
        assert comment.get("start_line") != comment["line"]
        lines[start - 1 : comment["line"]] = new
    return "\n".join(lines)


@given(lines, lines)
def test_all_suggestions_together_are_the_hardened_text(old: list[str], new: list[str]) -> None:
    before, after = ("\n".join([*each, "end", ""]) for each in (old, new))
    answer = reviewed({"a": (before, after)}, {"a": patch_of("", before)})
    if before == after:
        assert answer is None
        return
    assert answer is not None
    if not answer["comments"]:
        # Two additions beside the first line, which one suggestion alone can replace.
        assert "<code>a</code>" in answer["body"]
        return
    assert with_suggestions(before, answer["comments"]) == after


BEFORE = "one\ntwo\nthree\nfour\nfive\n"
AFTER = "one\n2\nthree\nfour\nfive\nsix\n"


def test_what_one_line_becomes_is_a_suggestion_for_it() -> None:
    assert reviewed({"a.yaml": (BEFORE, AFTER)}, {"a.yaml": patch_of("", BEFORE)}) == {
        "commit_id": "c0ffee",
        "event": "COMMENT",
        "body": "**k8s-lsp harden** would change what this pull request writes. Read it: a fix may "
        "change what a workload is allowed to do. The suggestions for one file belong together: "
        "add all of them to one batch.",
        "comments": [
            {
                "path": "a.yaml",
                "line": 2,
                "side": "RIGHT",
                "body": "```suggestion\n2\n```",
            },
            {
                "path": "a.yaml",
                "line": 5,
                "side": "RIGHT",
                "body": "```suggestion\nfive\nsix\n```",
            },
        ],
    }


def test_a_file_of_which_not_all_can_be_suggested_is_shown_as_a_diff() -> None:
    text = BEFORE + "x\n" * 20
    answer = reviewed(
        {"a.yaml": (text, AFTER + "x\n" * 20)},
        {"a.yaml": patch_of(text.replace("x\n", "y\n", 1), text)},
    )
    assert answer is not None
    assert answer["comments"] == []
    assert (
        "<details><summary><code>a.yaml</code></summary>\n\n```diff\n--- a.yaml\n"
        in (answer["body"])
    )
    assert "-two\n+2\n" in answer["body"]


@pytest.mark.parametrize(
    "patch", [patch_of("", BEFORE.replace("two", "zwei")), "@@ -0,0 +1 @@\n+one"]
)
def test_lines_that_the_head_does_not_have_so_are_not_suggested(patch: str) -> None:
    answer = reviewed({"a.yaml": (BEFORE, AFTER)}, {"a.yaml": patch})
    assert answer is not None
    assert answer["comments"] == []


def test_files_that_the_pull_request_does_not_touch_are_left_alone() -> None:
    assert reviewed({"a.yaml": (BEFORE, AFTER)}, {"b.yaml": patch_of("", BEFORE)}) is None


def test_line_breaks_of_windows_are_not_suggested() -> None:
    before, after = (text.replace("\n", "\r\n") for text in (BEFORE, AFTER))
    answer = reviewed({"a.yaml": (before, after)}, {"a.yaml": patch_of("", before)})
    assert answer is not None
    assert answer["comments"] == []


def test_what_was_said_is_not_said_again() -> None:
    files = {"a.yaml": (BEFORE, AFTER), "b.yaml": (BEFORE, AFTER)}
    patches = {"a.yaml": patch_of("", BEFORE), "b.yaml": "@@ -1 +1 @@\n-x\n+one"}
    first = reviewed(files, patches)
    assert first is not None
    said = [("", first["body"]), *((each["path"], each["body"]) for each in first["comments"])]
    assert reviewed(files, patches, said) is None
    second = reviewed(files, patches, said[:-1])
    assert second is not None
    assert second["comments"] == first["comments"][-1:]


def test_a_review_is_no_longer_than_github_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "LONGEST_BODY", 700)
    monkeypatch.setattr(review, "MOST_COMMENTS", 3)
    files = {f"{name}.yaml": (BEFORE, AFTER) for name in "abcdef"}
    answer = reviewed(files, {path: patch_of("", BEFORE) for path in files})
    assert answer is not None
    assert [each["path"] for each in answer["comments"]] == ["a.yaml"] * 2
    assert len(answer["body"]) <= 700 + 100
    assert answer["body"].endswith("; `k8s-lsp harden --diff` shows them.")


@pytest.mark.parametrize("path", ["a b.yaml", "ü.yaml", "deploy/a.yaml"])
def test_paths_are_those_of_the_pull_request(path: str) -> None:
    diff = unified_diff(f"./{path}", BEFORE, AFTER)
    assert [each.path for each in file_diffs(diff)] == [path]


def test_several_files_are_told_apart() -> None:
    diff = unified_diff("a", BEFORE, AFTER) + unified_diff("b", AFTER, BEFORE)
    first, second = file_diffs(diff)
    assert isinstance(first, FileDiff)
    assert (first.path, second.path) == ("a", "b")
    assert first.text + second.text == diff


def test_only_lines_of_the_new_version_are_shown() -> None:
    patch = dedent("""\
        @@ -1,3 +1,2 @@
         a
        -b
        -c
        +d
        @@ -9 +8 @@ spec:
        -x
        +y
        \\ No newline at end of file""")
    assert shown_lines(patch) == {1: "a", 2: "d", 8: "y"}


def test_the_program_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {
        "diff": unified_diff("a.yaml", BEFORE, AFTER),
        "files": "".join(
            json.dumps(each) + "\n"
            for each in (
                {"path": "a.yaml", "patch": patch_of("", BEFORE)},
                {"path": "picture.png", "patch": None},
            )
        ),
        "said": json.dumps({"path": "a.yaml", "body": "Why?"}) + "\n",
        "nothing": "",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    review.main("c0ffee", *(str(tmp_path / name) for name in ("diff", "files", "said")))
    assert len(json.loads(capsys.readouterr().out)["comments"]) == 2
    review.main("c0ffee", *(str(tmp_path / name) for name in ("nothing", "files", "said")))
    assert capsys.readouterr().out == ""
