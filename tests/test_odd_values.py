"""Whatever stands in the place of a value, rules say what they find, and none of them fails."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.settings import Profile, Settings
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Edit, apply_edits
from tests.test_cases import CASES

ODD = (
    *("null", "~", "''", '" "', "[]", "{}", "true", "False", "0", "-1", "1.5", ".inf", "0x1F"),
    *("99999999999999999999999", "1e999", "2024-01-01", "text", "'*'", "'/'", "'..'", "v1/"),
    *("a/b/c", "'-'", "1Gi", "1.5m", "-1Gi", "99999Ei", "'1e99999'", "'\u0661'", "'\u00b2'"),
    *('"\\u0000"', '"a\\nb"', "'a: b'", "'--password='", "'https://a:b@c'", "|\n a\n\n b\n"),
    *("[a]", "[[]]", "[{}]", "[null]", "[1, a, null, {}, []]", "[{name: {a: b}}]"),
    *("{a: b}", "{name: x}", "{name: [x], value: {}}", "{[a]: b}", "{? {} : x}", "{1: 2}"),
    *("{true: x, null: y}", "{<<: *a}", "{<<: {a: b}}", "{<<: [*a, 1]}", "*a", "&x a", "&x {}"),
    *("!!binary eHg=", "! true", "!foo {}", "!!str 1", "{{ .Values.x }}"),
)
"""What may stand where something else is expected."""

FILES = sorted(CASES.glob("*/*.yaml"))
PROFILES: tuple[Profile, ...] = ("recommended", "all", "baseline", "restricted")
VERSIONS = ("1.16", "1.22", "latest")


def values_of(text: str) -> Iterator[Node]:
    """The nodes of a text, keys too, that have a token."""
    waiting: list[Node] = list(parse(text).roots)
    while waiting:
        node = waiting.pop()
        if node.span.start < node.span.end:
            yield node
        if isinstance(node, Mapping):
            for entry in node.entries:
                waiting += entry
        elif isinstance(node, Sequence):
            waiting += node.items


def changed(text: str, random_: random.Random) -> str:
    """The text with up to three of its values replaced."""
    nodes = list(values_of(text))
    edits: list[Edit] = []
    for node in random_.sample(nodes, min(len(nodes), random_.choice((1, 1, 2, 3)))):
        if not any(node.span.touches(edit.span) for edit in edits):
            edits.append(Edit(node.span, random_.choice(ODD)))
    return apply_edits(text, edits)


def assert_nothing_fails(text: str, settings: Settings) -> None:
    analysis = analyze(text, settings)
    assert not [told for told in analysis.incomplete if not told.is_limit], text
    for _, told in analysis.published():
        for fix in told.finding.fixes():
            assert fix.title, text


def run(file: Path, times: int) -> None:
    text = file.read_bytes().decode()
    # The seed is the file's name: the same texts in every run.
    random_ = random.Random(f"{file.parent.name}/{file.name}")
    for _ in range(times):
        version = random_.choice(VERSIONS)
        settings = Settings(random_.choice(PROFILES), kubernetes_version=version)
        assert_nothing_fails(changed(text, random_), settings)


def test_cases_with_odd_values_are_analysed() -> None:
    for file in FILES:
        run(file, 1)


@pytest.mark.sweep
@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_cases_with_many_odd_values_are_analysed(folder: Path) -> None:
    for file in sorted(folder.glob("*.yaml")):
        run(file, 60)


def test_the_values_of_a_case_are_replaced() -> None:
    text = "kind: Pod\nspec: {hostPID: true}\n"
    texts = {changed(text, random.Random(seed)) for seed in range(200)}
    assert len(texts) > 100
    assert any(isinstance(node, Scalar) and node.value == "hostPID" for node in values_of(text))
