"""Each fix alone, on what others wrote and in every way of writing; tests/fixes.py says what holds.

The cases of this repository go through the same in tests/test_cases.py.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers

from k8s_lsp.text import Edit, Span
from tests.comments import comment_faults
from tests.fixes import changed_paths, check_fixes, trials
from tests.manifests import manifest as manifest_of
from tests.test_corpora import files_of, text_of

SAMPLE = 80
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""


def check(files: Iterable[Path]) -> Counter[str]:
    """Try every fix of some files, and return how often each rule had one."""
    tried: Counter[str] = Counter()
    for file in files:
        for trial in trials(text_of(file)):
            tried[trial.rule.slug] += 1
            assert not trial.complaints, f"{file}\n{trial}"
    print(f"\n{tried.total()} fixes of {len(tried)} rules tried alone")
    return tried


def test_a_sample_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")[::SAMPLE]).total() > 500


@pytest.mark.sweep
def test_every_file_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")).total() > 70_000


@given(integers(0, 2**32))
@settings(max_examples=20)
def test_every_way_of_writing(seed: int) -> None:
    check_fixes(manifest_of(seed))


@pytest.mark.sweep
def test_many_ways_of_writing() -> None:
    tried = sum(check_fixes(manifest_of(seed)) for seed in range(1_000))
    print(f"\n{tried} fixes tried alone in 1,000 generated manifests")
    assert tried > 20_000


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": {}}, {}, []),
        ({"a": None}, {"a": {"b": 1}}, [("a", "b")]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [("a", 1)]),
        ({"a": [1]}, {"a": [1, {"b": 2, "c": 3}]}, [("a", 1, "b"), ("a", 1, "c")]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, [("a", 1, "b")]),
        ({"a": {"b": 1}}, {"a": 1}, [("a",)]),
    ],
)
def test_the_yardstick_sees_what_changed(old: Any, new: Any, expected: list[Any]) -> None:
    assert list(changed_paths(old, new)) == expected


@pytest.mark.parametrize(
    ("text", "gone", "new", "fault"),
    [
        ("a:\n  # b\n  b: 1 # x\n  c: 2\n", "  # b\n  b: 1 # x\n", "", None),
        ("a:\n  # b\n  b: 1\n  c: 2\n", "  b: 1\n", "", "left by what it describes"),
        ("a:\n  # see c.d\n  b: 1\n  c.d: 2\n", "  b: 1\n", "", None),
        ("a:\n  # b\n\n  b: 1\n  c: 2\n", "  b: 1\n", "", None),
        ("a:\n  b: 1\n  # c\n  c: 2\n", "  b: 1\n  # c\n", "", "gone without what it describes"),
        ("a:\n  b: 1 # x\n  c: 2\n", "b: 1 ", "", "left by the line that it speaks of"),
        ("a:\n  b: 1 # x\n  c: 2\n", " # x", "", "taken from a line that stays"),
        ("a:\n  b: 1 # x\n  c: 2\n", " # ", "", "cut"),
        ("a:\n  # b\n  b: 1\n", "", "\n  c: 2", "torn from what it describes"),
        ("a:\n  - b: 1\n    # c\n\n    # d\n", "", "\n  - e: 1", "torn from its block"),
        ("a:\n  - b: 1\n    # c\n\n    # d\n", "", "\n    e: 1", None),
        ("a: |\n  # no comment\nb: 1\n", "  # no comment\n", "", None),
    ],
)
def test_the_yardstick_sees_what_happens_to_comments(
    text: str, gone: str, new: str, fault: str | None
) -> None:
    """What is inserted goes behind the first comment; a text without one has no faults."""
    start = text.index(gone) if gone else text.index("\n", text.index("#"))
    faults = comment_faults(text, [Edit(Span(start, start + len(gone)), new)])
    assert [found.partition(":")[0] for found in faults] == ([fault] if fault else [])
