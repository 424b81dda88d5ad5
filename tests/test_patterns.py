"""No regular expression of the package takes more than a time in proportion to its text.

Their steps are counted on texts that repeat what each of them can tell apart, behind what stands
before its repetitions. Every pattern is found: the values of all modules are looked through, and
what is made within a function is named here.
"""

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import k8s_lsp
from k8s_lsp.configuration.schema import LABEL_PATTERN, NAMESPACE_PATTERN
from k8s_lsp.kubernetes import schemas
from k8s_lsp.regexes import Uncompiled, regex
from k8s_lsp.syntax.reading import skip
from tests.steps import Steps, TooManyStepsError, alphabet, beginnings, bodies

LINEAR = 2.5
"""How much more twice the text may take: twice, and what one of its ends costs. Quadratic, it
takes nearly four times as much."""

MADE_IN_FUNCTIONS = {
    # What it makes of hard patterns is held to an end beside what it makes of others.
    "k8s_lsp.configuration.wildcards:matcher": [],
    "k8s_lsp.cli.arguments:_namespace": [re.compile(NAMESPACE_PATTERN)],
    "k8s_lsp.configuration.messages:text_mistake": [
        re.compile(NAMESPACE_PATTERN),
        re.compile(LABEL_PATTERN),
    ],
    "k8s_lsp.edits:carry_comments": [re.compile(r"(?m)^ *[\"']?name[\"']?:[^\r\n]*")],
    "k8s_lsp.syntax.reading.skip:_top_level": [skip._top_level("spec")],
    "k8s_lsp.kubernetes.image_needs:_has_word": [re.compile("(?<![a-z])alpine(?![a-z])")],
    "k8s_lsp.kubernetes.schemas:defined_kind": [re.compile(schemas._SPEC)],
    "k8s_lsp.kubernetes.schemas:defined_places": [re.compile(schemas._OF_NO_USE)],
    # Its patterns are those that modules have as values.
    "k8s_lsp.regexes:compiled": [],
    # Its patterns are the SHAPES of the module.
    "k8s_lsp.kubernetes.credentials:_shape": [],
}

HANDED_ON = {
    "k8s_lsp.edits:_ABOVE_BLOCK",
    "k8s_lsp.edits:_ABOVE_ITEM",
    # What runs it in a cluster counts no steps back.
    "k8s_lsp.exports.cel:REFERENCE",
}
"""Patterns that another function is given, which asks them for a match alone."""

METHODS = {"match": True, "fullmatch": True}
"""Which uses of a pattern are anchored: they begin at one place alone."""


class Use(NamedTuple):
    """A pattern, and whether it is only ever asked for what begins at one place."""

    where: str
    pattern: re.Pattern[str]
    anchored: bool


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(k8s_lsp.__path__, "k8s_lsp."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    """The patterns that a value is or holds, in tuples and the like."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Uncompiled):
        yield value.compiled
    elif isinstance(value, dict):
        for inner in value.values():
            yield from patterns_in(inner)
    elif isinstance(value, (tuple, list)):
        for inner in value:
            yield from patterns_in(inner)


def as_text(pattern: re.Pattern[Any]) -> re.Pattern[str]:
    """The same pattern for texts, where it is one for bytes."""
    if isinstance(pattern.pattern, str):
        return pattern
    flags = pattern.flags | re.ASCII
    return re.compile(pattern.pattern.decode("latin-1"), flags)


def searched(tree: ast.Module) -> set[str]:
    """The names of a module that are used otherwise than to ask `match` or `fullmatch` of them."""
    asked: set[ast.AST] = set()
    names: list[ast.Name] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.append(node)
        elif isinstance(node, ast.Attribute) and METHODS.get(node.attr):
            value = node.value.value if isinstance(node.value, ast.Subscript) else node.value
            asked.add(value)
    return {node.id for node in names if node not in asked and not isinstance(node.ctx, ast.Store)}


def calls_in(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The uses of the module `re` within functions, with the names of these."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                    and node.func.attr != "escape"
                ):
                    yield function.name, node


def uses() -> Iterator[Use]:
    for module in modules():
        assert module.__file__ is not None
        tree = ast.parse(Path(module.__file__).read_bytes())
        elsewhere = searched(tree)
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                where = f"{module.__name__}:{name}"
                anchored = where in HANDED_ON or name not in elsewhere
                yield Use(where, as_text(pattern), anchored)
        for function, call in calls_in(tree):
            where = f"{module.__name__}:{function}"
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                assert isinstance(call.func, ast.Attribute)
                flags = re.MULTILINE if len(call.args) > 2 else 0
                yield Use(where, re.compile(first.value, flags), call.func.attr in METHODS)
            else:
                assert where in MADE_IN_FUNCTIONS, f"name what {where} makes"
                yield from (Use(where, made, False) for made in MADE_IN_FUNCTIONS[where])


USES = list({(use.pattern, use.anchored): use for use in uses()}.values())


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


def growth(use: Use, before: str, repeated: str) -> float:
    """How many times as many steps twice the repetitions take."""
    steps = []
    for length in (16, 32):
        text = before + repeated * (length // len(repeated) + 1) + "\x00"
        try:
            steps.append(Steps(use.pattern, text).search(anchored=use.anchored))
        except (TooManyStepsError, RecursionError):
            return float("inf")
    return steps[1] / steps[0]


def slow_texts(use: Use, most: int) -> list[tuple[str, str]]:
    """What takes too long: what stands before, and what is repeated; of `most` characters."""
    characters = alphabet(use.pattern)
    repeated = {"".join(some) for n in range(1, most + 1) for some in product(characters, repeat=n)}
    return [
        (before, pump)
        for before in beginnings(use.pattern)
        for pump in sorted(repeated | set(bodies(use.pattern)))
        if growth(use, before, pump) > LINEAR
    ]


def test_the_patterns_are_found() -> None:
    places = {use.where for use in USES}
    assert len(USES) > 50
    assert {"k8s_lsp.kubernetes.credentials:SHAPES", "k8s_lsp.server.framing:_LENGTH"} <= places


@pytest.mark.parametrize("use", USES, ids=lambda use: use.where)
def test_twice_the_text_takes_twice_the_steps(use: Use) -> None:
    most = 2 if len(alphabet(use.pattern)) < 9 else 1
    assert not slow_texts(use, most)


@pytest.mark.sweep
@pytest.mark.parametrize("use", USES, ids=lambda use: use.where)
def test_twice_any_text_takes_twice_the_steps(use: Use) -> None:
    assert not slow_texts(use, 2 if len(alphabet(use.pattern)) > 8 else 3)


@pytest.mark.parametrize(
    "slow, repeated",
    [
        (r"^[ -]*([\w-]+)=", "-"),
        (r":[ ]*(?:#[^\n]*)?\n", ":#"),
        (r"(?:a|b|ab)*c", "ab"),
        (r"(?:\s*,?)*x", " "),
        (r"(?=(a*))\1b", "a"),
        (r"\w+\s*=\s*\w+!", "a"),
    ],
)
def test_what_is_slow_is_seen(slow: str, repeated: str) -> None:
    assert growth(Use("", re.compile(slow, re.MULTILINE), False), "", repeated) > LINEAR


@pytest.mark.parametrize("text", ["a: b # c\n  - d", "{{ x }}\t'a'", 'k8s-lsp: ignore["]\r\n1.5'])
def test_steps_find_what_re_finds(text: str) -> None:
    for pattern in (use.pattern for use in USES):
        found = [match.span() for match in pattern.finditer(text)]
        assert Steps(pattern, text).spans() == found, pattern


def test_a_pattern_is_compiled_when_it_is_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def counted(self: Uncompiled) -> re.Pattern[str]:
        compiled.append(self._expression)
        return re.compile(self._expression, self._flags)

    monkeypatch.setattr(Uncompiled, "compiled", property(counted))
    word = regex("[a-z]+", re.IGNORECASE)
    assert compiled == []
    assert [bool(word.fullmatch(text)) for text in ("ab", "AB", "1")] == [True, True, False]
    assert compiled == ["[a-z]+"]
    assert (word.pattern, word.flags & re.IGNORECASE) == ("[a-z]+", re.IGNORECASE)
