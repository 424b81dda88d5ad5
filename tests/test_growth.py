"""What an answer costs grows with the text, not with its square: function calls are counted."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from k8s_lsp import edits
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import preferred_fix

HEAD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
CONTAINER = """
    - name: app
      image: example.com/app:1.4.2
      # The only thing that somebody thought of.
      resources:
        limits: {cpu: 500m}
"""


def calls_of(work: Callable[[str], None], text: str) -> int:
    """How many functions of Python are called: the same number on every machine."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        work(text)
    finally:
        sys.setprofile(None)
    return count


def analysis_of(text: str) -> None:
    analyze(text)


def fixes_of_all(text: str) -> None:
    analysis = analyze(text)
    fixes = [preferred_fix(analysis, each) for _, each in analysis.published()]
    assert any(fixes)


@pytest.mark.parametrize("work", [analysis_of, fixes_of_all])
def test_twice_the_containers_cost_twice_the_calls(work: Callable[[str], None]) -> None:
    small, large = (calls_of(work, HEAD + CONTAINER * count) for count in (50, 100))
    assert large < 2.1 * small


def test_the_style_of_a_text_is_looked_up_once_for_all_its_fixes() -> None:
    edits._matches.cache_clear()
    fixes_of_all(HEAD + CONTAINER * 50)
    info = edits._matches.cache_info()
    assert info.misses <= 2 < info.hits


@pytest.mark.parametrize("words", ["k8s-lsp: ignore", "trivy:ignore:", "kics-scan ignore"])
@pytest.mark.parametrize("signs", ["# ", "#", " "])
def test_a_long_line_of_signs_is_read_at_all(words: str, signs: str) -> None:
    # Quadratic, each of these would take hours.
    line = f"kind: Pod # {signs * 500_000} {words} {signs * 500_000}\n"
    analysis = analyze(f"apiVersion: v1\n{line}spec: {{hostPID: true}}\n")
    assert [each.rule.slug for _, each in analysis.published()][-1:] == ["host-pid"]
