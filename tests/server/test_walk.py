"""The demo typed from an empty file, in three rhythms: no finding leaves for no reason.

The number of findings never drops and returns while no field that a rule reads has changed. A pause
is a request, or a second of the injected clock, never a sleep.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.settings import Settings
from tests import oracle
from tests.features.opened import URI, splice
from tests.server.typist import WAYS, Typist
from tests.test_nginx import HARDENED, NGINX


class Found(NamedTuple):
    """A finding as a client shows it: its rule, what that says, and the line."""

    rule: str
    message: str
    line: int


class Seen(NamedTuple):
    """A state of the text, and the findings that the diagnostics told then, in their order."""

    text: str
    found: tuple[Found, ...]


def seen_of(text: str, told: list[dict[str, Any]]) -> Seen:
    """What of one block is absent is one diagnostic, in which each rule has its own message."""
    found = []
    for each in told:
        line = each["range"]["start"]["line"]
        if len(each.get("data", {}).get("rules", ())) > 1:
            for related in each["relatedInformation"]:
                slug, _, message = related["message"].partition("[")[2].partition("] ")
                found.append(Found(slug, message, line))
        else:
            found.append(Found(each["code"], each["message"], line))
    return Seen(text, tuple(found))


async def key_by_key(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """Each key is seen before the next."""
    for key in text:
        typist.write_text(key)
        yield seen_of(typist.text, await typist.see())


async def in_bursts(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """The keys of a word come faster than answers."""
    for key in text:
        typist.write_text(key)
        if not key.isalnum():
            yield seen_of(typist.text, await typist.see())


async def with_pauses(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """A second passes in the middle of each line, and behind it what can be done is asked for."""
    for line in text.splitlines(keepends=True):
        pause = (len(line) + len(line) - len(line.lstrip())) // 2
        for column, key in enumerate(line):
            typist.write_text(key)
            yield seen_of(typist.text, await typist.see())
            if column == pause:
                yield seen_of(typist.text, await typist.second())
        await asked_for_actions(typist)


async def asked_for_actions(typist: Typist) -> Any:
    typist.count += 1
    place = typist.place(typist.cursor)
    params = {
        "textDocument": {"uri": URI},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": typist.told},
    }
    typist.send(id=typist.count, method="textDocument/codeAction", params=params)
    return (await typist.answer(typist.count))["result"]


RHYTHMS = {each.__name__: each for each in (key_by_key, in_bursts, with_pauses)}


def typed_fields(lines: list[str], row: int) -> Iterator[tuple[str, ...]]:
    """The fields whose values are typed in a line, each as the names that lead there.

    A word without a colon is the value of the key above it, as long as it is all that stands there.
    """
    names = list[str]()
    depth = len(lines[row]) - len(lines[row].lstrip())
    bare = lines[row].strip()
    is_item, bare = bare.startswith("-"), bare.removeprefix("-").strip()
    above = depth + is_item
    for line in reversed(lines[:row]):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < above:
            names.insert(0, line.strip().removeprefix("- ").partition(":")[0])
            above = indent
    if ":" in bare:
        yield (*names, bare.partition(":")[0])
    elif is_item or lines[row - 1].rstrip().endswith(":"):
        yield tuple(names)


DOTTED = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")


def reads(found: Found, field: tuple[str, ...]) -> bool:
    """Whether a finding says of a field, or of one below it, what is wrong.

    One that says of a limit "to its request" names the request so.
    """
    named = found.message
    if "its request" in named:
        named += named.replace(".limits.", ".requests.")
    for name in DOTTED.findall(named):
        parts = tuple(name.split("."))
        for length in range(1, len(parts) + 1):
            if field[-length:] == parts[:length]:
                return True
    return False


def unexplained(states: Iterable[Seen]) -> list[tuple[str, str]]:
    """The findings that left though no field that their rules read has changed since.

    That is so of those whose own line was typed, and of those that say something of a field that
    was. Each comes with the last line of the text from which it left.
    """
    left = []
    before = Seen("", ())
    for now in states:
        assert now.text.startswith(before.text)
        lines = now.text.split("\n")
        typed = range(before.text.count("\n"), len(lines))
        fields = [field for row in typed for field in typed_fields(lines, row)]
        gone = Counter(each[:2] for each in before.found) - Counter(each[:2] for each in now.found)
        for found in before.found:
            is_typed = found.line in typed or any(reads(found, field) for field in fields)
            if found[:2] in gone and not is_typed:
                left.append((found.rule, lines[-1]))
        before = now
    return left


def is_back(states: Iterable[Seen]) -> bool:
    """Whether the number of findings drops and returns to where it was."""
    counts = [len(each.found) for each in states]
    return any(
        lower < count <= max(counts[index:])
        for index, (count, lower) in enumerate(pairwise(counts), start=1)
    )


SYNTAX = "yaml-syntax"


def without_syntax(states: Iterable[Seen]) -> list[Seen]:
    """The states without errors of the syntax, which come and go with the line that is typed."""
    return [
        Seen(text, tuple(each for each in found if each.rule != SYNTAX)) for text, found in states
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rhythm", RHYTHMS)
async def test_the_walk_from_nothing_to_restricted(rhythm: str, way: str) -> None:
    typist = Typist("", way)
    seen = [each async for each in RHYTHMS[rhythm](typist, NGINX)]
    assert unexplained(seen) == []
    assert not is_back(without_syntax(seen))
    if rhythm != "with_pauses":
        # The author is not told of an error in the very line that is being typed.
        assert seen == without_syntax(seen) and not is_back(seen)
    assert len(typist.told) == 3 and len(seen[-1].found) == 8
    # The cursor goes to the name of the container, and the first action does it all.
    typist.to("- name: nginx")
    action = (await asked_for_actions(typist))[0]
    assert action["title"] == 'Harden container "nginx" and its pod'
    for edit in reversed(action["edit"]["changes"][URI]):
        start, end = (types.Position(**edit["range"][edge]) for edge in ("start", "end"))
        typist.replace_text(splice(typist.text, types.Range(start, end), edit["newText"], "utf-16"))
    assert await typist.see() == []
    # That it starts, and that the API server takes it, is known of this text.
    assert typist.text == HARDENED
    assert list(analyze(typist.text, Settings("restricted")).published()) == []
    [document] = oracle.load(typist.text)
    assert oracle.rejections(document, oracle.NEWEST) == []


@pytest.mark.parametrize("rhythm", RHYTHMS)
async def test_the_same_without_help(rhythm: str) -> None:
    typist = Typist()
    seen = [each async for each in RHYTHMS[rhythm](typist, HARDENED)]
    # Each field that is written takes the finding along that asked for it, and no other.
    assert unexplained(seen) == []
    assert typist.told == []


MEMORY = Found("missing-memory-limit", 'container "a" must set resources.limits.memory', 2)
BEFORE = "spec:\n  a:\n  - name: a\n    resources:\n      limits:\n"


@pytest.mark.parametrize(
    ("before", "typed", "expected"),
    [
        # The field itself, one above it, and another one.
        (BEFORE, "        memory: 1", []),
        (BEFORE, "        1", []),
        ("spec:\n  a:\n  - name: a\n", "    resources: 1", []),
        (BEFORE, "        cpu: 1", ["        cpu: 1"]),
        (BEFORE + "        cpu: 1\n", "        m", ["        m"]),
        (BEFORE, "    image: 1", ["    image: 1"]),
        (BEFORE, "\n", [""]),
        # Several lines in one step; the line of the finding.
        (BEFORE, "        cpu: 1\n        memory: 1\n    image: b", []),
        ("spec:\n  a:\n  - name: a", "b", []),
    ],
)
def test_the_measure_asks_what_was_typed(before: str, typed: str, expected: list[str]) -> None:
    states = [Seen(before, (MEMORY,)), Seen(before + typed, ())]
    assert unexplained(states) == [(MEMORY.rule, line) for line in expected]
    # Of two alike, one that is left does not stand for the other.
    twice = [Seen(before, (MEMORY, MEMORY)), Seen(before + typed, (MEMORY,))]
    assert {line for _, line in unexplained(twice)} == {*expected}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 3, 3], False),
        ([3, 2, 3], True),
        ([3, 2, 2], False),
        ([1, 3, 1, 2, 4], True),
        # Back to where it dropped from, which is not the most that there were.
        ([5, 3, 2, 3], True),
        ([5, 3, 4], False),
    ],
)
def test_the_measure_sees_a_number_that_returns(counts: list[int], expected: bool) -> None:
    assert is_back(Seen("", (MEMORY,) * count) for count in counts) is expected
