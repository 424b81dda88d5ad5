"""The demo typed from an empty file, in three rhythms: no finding leaves and comes back.

A pause is a request, or a second of the injected clock, never a sleep.
"""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.settings import Settings
from tests import oracle
from tests.features.opened import URI, splice
from tests.server.typist import WAYS, Typist, rules
from tests.test_nginx import HARDENED, NGINX


class Seen(NamedTuple):
    """A state of the text, and the rules that the diagnostics named then."""

    text: str
    rules: frozenset[str]


async def key_by_key(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """Each key is seen before the next."""
    for key in text:
        typist.write_text(key)
        yield Seen(typist.text, frozenset(rules(await typist.see())))


async def in_bursts(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """The keys of a word come faster than answers."""
    for key in text:
        typist.write_text(key)
        if not key.isalnum():
            yield Seen(typist.text, frozenset(rules(await typist.see())))


async def with_pauses(typist: Typist, text: str) -> AsyncIterator[Seen]:
    """A second passes in the middle of each line, and behind it what can be done is asked for."""
    for line in text.splitlines(keepends=True):
        pause = (len(line) + len(line) - len(line.lstrip())) // 2
        for column, key in enumerate(line):
            typist.write_text(key)
            yield Seen(typist.text, frozenset(rules(await typist.see())))
            if column == pause:
                yield Seen(typist.text, frozenset(rules(await typist.second())))
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


def key_above(text: str) -> str:
    """The key whose value the last line of a text belongs to."""
    *above, last = text.split("\n")
    depth = len(last) - len(last.lstrip())
    for line in reversed(above):
        if line.strip() and len(line) - len(line.lstrip()) < depth:
            return line.strip().removeprefix("- ").partition(":")[0]
    return ""


def returning(seen: list[Seen], reads: dict[str, str]) -> list[tuple[str, str]]:
    """The rules whose finding left and came back, each with the line that was typed then.

    `reads` names the field of a rule: while its value is typed, that has changed.
    """
    found = []
    told: set[str] = set()
    gone: dict[str, str] = {}
    for text, now in seen:
        for slug in now & gone.keys():
            if reads.get(slug) != key_above(gone[slug]):
                found.append((slug, gone[slug].rpartition("\n")[2]))
            del gone[slug]
        gone |= dict.fromkeys(told - now - gone.keys(), text)
        told |= now
    return found


SYNTAX = "yaml-syntax"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rhythm", RHYTHMS)
async def test_the_walk_from_nothing_to_restricted(rhythm: str, way: str) -> None:
    typist = Typist("", way)
    seen = [each async for each in RHYTHMS[rhythm](typist, NGINX)]
    if rhythm != "with_pauses":
        # The author is not told of an error in the very line that is being typed.
        assert not any(SYNTAX in each.rules for each in seen)
    assert returning([each._replace(rules=each.rules - {SYNTAX}) for each in seen], {}) == []
    assert len(typist.told) == 3 and len(rules(typist.told)) == 8
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


async def test_the_same_without_help() -> None:
    typist = Typist()
    seen = [each async for each in key_by_key(typist, HARDENED)]
    without = [each._replace(rules=each.rules - {SYNTAX}) for each in seen]
    # In `seccompProfile:`, below which a `t` stands, the type is not missing but no type.
    reads = {"missing-seccomp-profile": "seccompProfile"}
    # What is wrong with half a value goes with the rest of it, and may be wrong with another one.
    halves = {"quoted-boolean", "limit-below-request"}
    found = [each for each in returning(without, reads) if each[0] not in halves]
    assert found == []
    assert typist.told == []


def test_the_measure_sees_what_returns() -> None:
    seen = [Seen("a:\n  b", frozenset("xy")), Seen("a:\n  bc", frozenset("y"))]
    seen.append(Seen("a:\n  bc:", frozenset("xy")))
    assert returning(seen, {}) == [("x", "  bc")]
    assert returning(seen, {"x": "a"}) == []
