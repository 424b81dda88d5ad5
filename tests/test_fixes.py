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

from tests.fixes import changed_paths, check_fixes, trials
from tests.manifests import manifest as manifest_of
from tests.test_corpora import files_of, text_of

SAMPLE = 40
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
    assert check(files_of(corpora, manifest, "real", "peers")[::SAMPLE]).total() > 1_000


@pytest.mark.sweep
def test_every_file_of_the_corpora(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert check(files_of(corpora, manifest, "real", "peers")).total() > 70_000


@given(integers(0, 2**32))
@settings(max_examples=40)
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
