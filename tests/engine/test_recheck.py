"""What is reused of a check is what a new one would find, and a key costs few rules."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from k8s_lsp.engine import incremental, recheck
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.checking import run_rules
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.engine.selection import EnabledRules
from k8s_lsp.kubernetes.fields import Cache
from k8s_lsp.kubernetes.objects import KubeObject, objects_of
from k8s_lsp.rules.base import Context, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Span, line_end, line_start
from tests.benchmarks.keystrokes import keystrokes, written
from tests.benchmarks.manifests import manifests
from tests.engine.test_incremental import said
from tests.test_cases import load, name, one_of

EVERYTHING = Settings("all", registries=("registry.example.com/",))

TYPED = ("x", "xy", "x", "")
"""What is added to a value, one state after the other."""

WRITTEN = ("true", "0", "root", "ALL", "Always", "10m", "null", '"x"', "Localhost", "default")
"""What is written in the place of a value: words that mean something somewhere."""


def leaves(node: Node) -> Iterator[Scalar]:
    """The plain values of a tree that stand on one line."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from leaves(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from leaves(item)
    elif isinstance(node, Scalar) and node.style == "":
        yield node


def states(text: str, leaf: Scalar) -> Iterator[tuple[str, Span]]:
    """Texts that differ in one value from the one before, and the line of that value."""
    start, end = leaf.span
    before, value, after = text[:start], text[start:end], text[end:]
    # What stands at a colon would become a part of the key.
    before += "" if before[-1:] in (" ", "") else " "
    for new in (*(value + each for each in TYPED), *WRITTEN, value):
        now = before + new + after
        yield now, Span(line_start(now, start), line_end(now, len(before + new)))


def type_all(text: str, settings: Settings, states: Iterable[tuple[str, Span]]) -> None:
    analysis = analyze(text, settings)
    for now, edited in states:
        before, analysis = analysis, update(analysis, now, edited)
        with patch.object(incremental, "recheck", return_value=None):
            anew = update(before, now, edited)
        assert said(analysis) == said(anew), now


@pytest.mark.parametrize("file", one_of(6))
def test_a_value_is_typed(file: Path) -> None:
    case = load(file)
    found = [each for root in parse(case.text).roots for each in leaves(root)]
    for leaf in Random(name(file)).sample(found, min(2, len(found))):
        type_all(case.text, case.settings, states(case.text, leaf))


@pytest.mark.sweep
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_every_value_of_every_example_is_typed(rule: Rule) -> None:
    for text in (rule.bad, rule.good):
        for root in parse(text).roots:
            for leaf in leaves(root):
                type_all(text, EVERYTHING, states(text, leaf))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_rule_looks_at_the_text_for_its_fixes_only(rule: Rule) -> None:
    for obj in objects_of(parse(rule.bad)):
        found, blind = (
            [(each.span, each.message) for each in rule.findings(subject, Context(EVERYTHING))]
            for subject in (obj, replace(obj, text="", cache=Cache(obj.root)))
        )
        assert found == blind


SMALL = next(each for each in manifests() if each.name.startswith("40 "))


def test_a_line_is_typed_that_is_broken_on_the_way() -> None:
    type_all(
        SMALL.text,
        EVERYTHING,
        ((key.text, Span(0, len(key.text))) for key in keystrokes(SMALL, written(SMALL))),
    )


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (
            "-rc",
            {
                "latest-image-tag",
                "retired-registry",
                # A known image may need its token.
                "service-account-token-mounted",
            },
        ),
        ("\n          com", set()),
    ],
)
def test_a_key_costs_the_rules_that_look_at_what_it_changes(
    typed: str, asked: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first key in a value and the first key that breaks the text cost all rules."""
    ran: list[set[str]] = []

    def recording(obj: KubeObject, rules: EnabledRules, *more: Any) -> Iterator[Diagnosis]:
        ran.append(set(rules))
        return run_rules(obj, rules, *more)

    monkeypatch.setattr(recheck, "run_rules", recording)
    analysis = analyze(SMALL.text)
    for key in islice(keystrokes(SMALL, typed), len(typed)):
        analysis = update(analysis, key.text)
    assert ran[-2:] == [asked & ran[-1]] * 2
