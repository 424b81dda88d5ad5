"""Every case: its findings, its fixes, and what must not depend on how it is written."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.results import Analysis
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Span
from tests.fixes import harden_text
from tests.markers import Case, Expected, found_in, how_to_mark, read_case, write_case

CASES = Path(__file__).parent / "cases"
FILES = sorted(file for file in CASES.glob("*/*.yaml") if not file.name.endswith(".fixed.yaml"))


EVERY = 8
"""One of how many prefixes of a case the quick run analyses; `make sweep` analyses all."""


def one_of(every: int, files: Sequence[Path] = FILES) -> list[Any]:
    """Cases as parameters, of which the quick run takes one of `every`, and `make sweep` all."""
    return [
        pytest.param(file, id=name(file), marks=pytest.mark.sweep if index % every else ())
        for index, file in enumerate(files)
    ]


def load(file: Path) -> Case:
    """Read a case without translating its line breaks."""
    return read_case(file.read_bytes().decode(), file.parent.name)


def name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def described(found: list[Expected]) -> list[tuple[int, int, int, str, str]]:
    return [each[:5] for each in found]


def are_as_expected(found: list[Expected], expected: list[Expected]) -> bool:
    """Whether findings stand where the markers are, with the messages that they tell a part of."""
    return described(found) == described(expected) and all(
        marker.message in finding.message for marker, finding in zip(expected, found, strict=True)
    )


@pytest.mark.parametrize("file", FILES, ids=name)
def test_findings_stand_where_the_markers_say(file: Path, update: bool) -> None:
    case = load(file)
    analysis = analyze(case.text, case.settings)
    found, expected = found_in(analysis), sorted(case.expected)
    if update and expected and not are_as_expected(found, expected):
        file.write_bytes(write_case(case, found).encode())
        return
    assert not analysis.incomplete
    assert described(found) == described(expected), how_to_mark(case, found)
    assert are_as_expected(found, expected)


def test_a_case_without_markers_is_told_how_to_write_them() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n"
    case = read_case(f"{pod}  hostPID: true\n", "host-pid")
    found = found_in(analyze(case.text, case.settings))
    line, marker = how_to_mark(case, found).splitlines()[-2:]
    assert read_case(f"{pod}{line}\n{marker}\n", "host-pid") == case._replace(expected=found)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_preferred_fixes_give_the_fixed_text(file: Path, update: bool) -> None:
    case = load(file)
    fixed = file.with_suffix(".fixed.yaml")
    hardened = harden_text(case.text, case.settings)
    if update and (hardened != case.text or fixed.exists()):
        fixed.write_bytes(hardened.encode())
    if fixed.exists():
        assert hardened == fixed.read_bytes().decode()
    else:
        assert hardened == case.text, "its .fixed.yaml is missing: make test ARGS=--update"
    assert harden_text(hardened, case.settings) == hardened


@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_fix_alone_makes_its_finding_disappear(file: Path) -> None:
    from tests.fixes import check_fixes

    case = load(file)
    check_fixes(case.text, case.settings)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_the_way_of_writing_does_not_matter(file: Path) -> None:
    case = load(file)
    if "\r" in case.text or case.text.startswith("\ufeff"):
        return
    plain = found_in(analyze(case.text, case.settings))
    with_crlf = found_in(analyze(case.text.replace("\n", "\r\n"), case.settings))
    with_bom = found_in(analyze("\ufeff" + case.text, case.settings))
    assert with_crlf == plain
    assert [each._replace(column=0) for each in with_bom if each.line == 0] == [
        each._replace(column=0) for each in plain if each.line == 0
    ]
    assert [each for each in with_bom if each.line] == [each for each in plain if each.line]


@pytest.mark.parametrize("file", one_of(3))
def test_the_pure_parser_finds_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load(file)
    found = found_in(analyze(case.text, case.settings))
    hardened = harden_text(case.text, case.settings)
    monkeypatch.setattr("k8s_lsp.engine.reading.parse", partial(parse, parser="pure"))
    assert found_in(analyze(case.text, case.settings)) == found
    assert harden_text(case.text, case.settings) == hardened


def prefixes(text: str) -> Iterator[str]:
    """What a text is while somebody types it, word by word."""
    for boundary in re.finditer(r"\b|\s(?=\S)", text):
        yield text[: boundary.start()]


@pytest.mark.parametrize("file", FILES, ids=name)
def test_some_prefixes_analyse(file: Path) -> None:
    case = load(file)
    # Not the same ones of each: many cases begin alike.
    for prefix in islice(prefixes(case.text), len(case.text) % EVERY, None, EVERY):
        within_bounds(analyze(prefix, case.settings))


@pytest.mark.sweep
@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_prefix_analyses(file: Path) -> None:
    case = load(file)
    for prefix in prefixes(case.text):
        within_bounds(analyze(prefix, case.settings))


def within_bounds(analysis: Analysis) -> None:
    """Assert that nothing failed and that every span is one token of the text, on one line."""
    assert not analysis.incomplete
    for offset, reported in analysis.published():
        places = [reported.finding.span, *(each.span for each in reported.finding.related)]
        for place in places:
            span: Span = place.shifted(offset)
            assert 0 <= span.start <= span.end <= len(analysis.text)
            assert not re.search("[\r\n]", analysis.text[span.start : span.end])
