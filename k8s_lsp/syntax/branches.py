"""Branches of a template: which places of a text may never come together."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from k8s_lsp.regexes import regex
from k8s_lsp.text import Span

_ACTION: Final = regex(r"\{\{-?\s*(if|else|end|with|range|define|block)\b")
"""An action that begins, changes or ends a branch, or what ends like one (text/template)."""

_DEFINITIONS: Final = ("define", "block")
"""The actions that end like a branch, and begin none."""


def may_exclude(text: str, one: Span, other: Span) -> bool:
    """Whether two places may stand in branches of which a template never writes both.

    An action between them may be one of a whole branch that neither is in: these are not told
    apart, so that what is said of both places is certain.
    """
    first, second = sorted((one, other))
    between = _ACTION.finditer(text, first.end, second.start) if "{{" in text else ()
    return any(action[1] not in _DEFINITIONS for action in between)


def other_branches(text: str, place: int) -> Iterator[Span]:
    """The branches that a template writes instead of those in which a place stands."""
    for starts in _conditions(text):
        if starts[0] <= place < starts[-1]:
            for start, end in pairwise(starts):
                if not start <= place < end:
                    yield Span(start, end)


def conditions_around(text: str, place: int) -> list[str]:
    """The expressions on which it depends whether a template writes a place, the outermost first.

    That of an `else` is the one of its `if`, with its own if it has one.
    """
    opened: list[str] = []
    for action in _ACTION.finditer(text, 0, place):
        expression = text[action.end() : text.find("}}", action.end())].strip(" -")
        if action[1] == "end":
            opened = opened[:-1]
        elif action[1] != "else":
            opened.append(expression)
        elif opened:
            opened[-1] = f"{opened[-1]} {expression}".strip()
    return opened


@lru_cache(maxsize=4)
def _conditions(text: str) -> list[list[int]]:
    """Where the branches of each condition start, and its end; none for one with a single one."""
    found: list[list[int]] = []
    opened: list[list[int]] = []
    for action in _ACTION.finditer(text):
        if action[1] == "end":
            if opened:
                found.append([*opened.pop(), action.start()])
        elif action[1] != "else":
            opened.append([action.start()])
        elif opened:
            opened[-1].append(action.start())
    return [each for each in found if len(each) > 2]
