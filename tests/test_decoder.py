"""What the product reads in a text is what kubectl reads there.

The measure is kubectl's own decoder, of the newest Kubernetes that the rules know. Where the two
may differ, `oracles.decoder_classes` says why; anything else fails.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.kubernetes.versions import NEWEST
from k8s_lsp.syntax.units import cut
from tests.conftest import absent
from tests.oracles.decoder import SOURCE, Answer, Ask, Decoder, built
from tests.oracles.decoder_classes import CLASSES, ODDITIES, classes_of
from tests.oracles.differences import differences
from tests.oracles.go_programs import NoGoError, pinned_version
from tests.oracles.mutations import (
    case_texts,
    large_lists,
    merges,
    minimised,
    mutations,
    words,
    written_by_programs,
)
from tests.oracles.readings import equal, reading_of

NOTHING = Answer([], None)
TOLD = 5
"""How many of the texts that are read otherwise a failure tells."""


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Ask kubectl's decoder what a text says."""
    try:
        program = built()
    except NoGoError as reason:
        absent("go", str(reason))
    with Decoder(program) as decoder:
        yield decoder.ask


@pytest.fixture(scope="module")
def suite(corpora: Path) -> list[str]:
    """Texts of the YAML test suite, in YAML and in JSON."""
    files = sorted((corpora / "yaml-test-suite").rglob("in.*"))
    return [file.read_bytes().decode() for file in files]


def assert_same(texts: Iterable[str], ask: Ask) -> None:
    """Every text is read as kubectl reads it, or belongs to a class."""
    others = [text for text in texts if is_unexplained(text, ask)]
    told = "\n".join(describe(text, ask) for text in others[:TOLD])
    assert not others, f"{len(others)} read otherwise\n{told}"


def is_unexplained(text: str, ask: Ask) -> bool:
    return not classes_of(text, ask) <= CLASSES.keys()


def describe(text: str, ask: Ask) -> str:
    """The smallest text in which the two differ in the same way, and what they make of it."""
    names = differences(text, ask)
    small = minimised(text, lambda rest: differences(rest, ask) == names)
    reading = reading_of(small)
    return (
        f"{small!r} ({', '.join(sorted(names))})\n"
        f"  kubectl: {ask(small)}\n"
        f"  product: {[document.value for document in reading.documents]}, "
        f"{[refusal.message for refusal in reading.refusals]}"
    )


def test_the_decoder_is_that_of_the_newest_version() -> None:
    _, minor, _ = pinned_version(SOURCE, "k8s.io/apimachinery").split(".")
    assert int(minor) == NEWEST.minor, (
        "go get k8s.io/apimachinery@v0.MINOR in tests/oracles/decoder"
    )


@pytest.mark.parametrize(
    ("text", "documents", "refusal"),
    [
        ("a: ! yes", [{"a": "yes"}], None),
        ("a: # b\x85b: 0o17", [{"a": None, "b": 15}], None),
        ("a: &x {b: 1}\nc: {b: 2, <<: *x}", [{"a": {"b": 1}, "c": {"b": 1}}], None),
        ("a: |\n  b", [{"a": "b\n"}], None),
        ("---\n---\nnull\n---\na\n...\nb", ["a"], None),
        ("a\n--- b", [], "invalid Yaml document separator: b"),
        ("a\n---\n%YAML 1.1\n---\nb", ["a"], "did not find expected <document start>"),
        ('{"a": 1}{"b": 18446744073709551616}\n[', [{"a": 1}, {"b": 2.0**64}], "unexpected EOF"),
        ('{"a": 1e999}{"b": 1}', [{"b": 1}], "cannot unmarshal number 1e999"),
        ("a: [", [], "did not find expected node content"),
        ("\ufeffa: '\ufeff'", [{"a": "\ufeff"}], None),
        ("", [], None),
    ],
)
def test_the_decoder_answers(
    text: str, documents: list[Any], refusal: str | None, ask: Ask
) -> None:
    answer = ask(text)
    assert equal(answer.documents, documents)
    assert refusal in answer.refusal if refusal and answer.refusal else answer.refusal == refusal


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a: 1", set()),
        ("a: {{ .b }}", {"template"}),
        ("a # b\nc\n---\nd: 1", {"dropped"}),
        ("a: 1\n...\nb: 2\n---\nc: 3\n", {"dropped"}),
        ("1: a\n'1': b", {"same-name"}),
        ('[a":"]', {"colon"}),
        ("[" * 300 + "]" * 300, {"limit"}),
        ("a: [", set()),
        ("a: 1\n---\nb: [\n---\nc: [", set()),
    ],
)
def test_what_differs_has_a_class(text: str, names: set[str], ask: Ask) -> None:
    assert differences(text, ask) == names
    assert classes_of(text, ask) == names
    assert names <= CLASSES.keys()


def test_there_are_at_most_ten_classes() -> None:
    assert len(CLASSES) <= 10
    assert ODDITIES.keys() <= CLASSES.keys()


@pytest.mark.parametrize(
    ("text", "answers", "names"),
    [
        ("a: 1", {"a: 1": Answer([{"a": 1.0}], None)}, set()),
        ("a: 1", {"a: 1": Answer([{"a": True}], None)}, {"values"}),
        ("a: 1", {"a: 1": Answer([{"a": "1"}], None)}, {"values"}),
        ("a: 1", {"a: 1": Answer([{"a": 1}, {"b": 1}], None)}, {"values"}),
        ("a: 1", {"a: 1": Answer([], None)}, {"values"}),
        ("- 1", {"- 1": Answer([[2]], None)}, {"no-object"}),
        ("a: 1", {"a: 1": Answer([], "no")}, {"taken"}),
        ("a: 1", {"a: 1": Answer([{"a": 1}], "no")}, {"taken"}),
        ("a: [", {"a: [": Answer([], "no"), "": NOTHING}, set()),
        ("a: [", {"a: [": Answer([{}], "no"), "": NOTHING}, {"values"}),
        ("a: [", {"a: [": Answer([], None), "a: \n": Answer([], "no")}, {"refused"}),
        (
            "a\n---\nb: [",
            {"a\n---\nb: [": Answer(["a"], "no"), "a\n": Answer([], "no"), "": NOTHING},
            {"taken"},
        ),
    ],
)
def test_a_difference_is_told(text: str, answers: dict[str, Answer], names: set[str]) -> None:
    assert differences(text, answers.__getitem__) - {"dropped"} == names


def test_a_failure_tells_the_smallest_text() -> None:
    def refusing_x(text: str) -> Answer:
        return Answer([], "no x" if "x" in text else None)

    with pytest.raises(AssertionError, match=r"1 read otherwise\n *'x' \(taken\)"):
        assert_same(["# a\nx: \n", ""], refusing_x)


def test_the_cases_are_read_alike(ask: Ask) -> None:
    assert_same(case_texts(), ask)


def test_the_suite_is_read_alike(suite: list[str], ask: Ask) -> None:
    assert len(suite) > 300
    assert_same(suite, ask)


def test_mutations_of_cases_are_read_alike(ask: Ask) -> None:
    assert_same(mutations(cases_and_json(ask), 1000), ask)


def test_mutations_of_the_suite_are_read_alike(suite: list[str], ask: Ask) -> None:
    assert_same(mutations(suite, 1000), ask)


def test_merges_are_read_alike(ask: Ask) -> None:
    assert_same(merges(500), ask)


def test_words_are_read_alike(ask: Ask) -> None:
    assert_same(words(500), ask)


def test_large_lists_are_read_alike(ask: Ask) -> None:
    texts = list(large_lists(case_texts(), 8))
    assert sum(len(cut(text)) > 20 for text in texts) > 2
    assert_same(texts, ask)


@pytest.mark.sweep
def test_many_large_lists_are_read_alike(ask: Ask) -> None:
    assert_same(large_lists(case_texts(), 100), ask)


@pytest.mark.sweep
def test_many_merges_and_words_are_read_alike(ask: Ask) -> None:
    assert_same([*merges(5_000), *words(5_000)], ask)


@pytest.mark.sweep
def test_many_mutations_of_cases_are_read_alike(ask: Ask) -> None:
    assert_same(mutations(cases_and_json(ask), 10_000), ask)


@pytest.mark.sweep
def test_many_mutations_of_the_suite_are_read_alike(suite: list[str], ask: Ask) -> None:
    assert_same(mutations(suite, 10_000), ask)


def cases_and_json(ask: Ask) -> list[str]:
    """The cases as they stand, and as programs would write them."""
    cases = case_texts()
    return [*cases, *written_by_programs(cases, ask)]
