"""How many steps a regular expression takes: a matcher that backtracks as `re` does, and counts.

It walks what `re` itself parses, so it knows every pattern that `re` knows. It is slow, which does
not matter for a hundred characters, and it counts the same on every machine. It knows none of the
short cuts of `re`: what is linear here is linear there.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, TypeAlias

if sys.version_info >= (3, 11):
    from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
else:
    import sre_compile as _compiler
    import sre_constants as _constants
    import sre_parse as _parser

Node: TypeAlias = tuple[Any, Any]
Groups: TypeAlias = dict[int, tuple[int, int]]
Rest: TypeAlias = Callable[[int, Groups], "tuple[int, Groups] | None"]

MANY = 6
"""What is bounded, by however many characters, costs no more than its bound. So that a short text
shows what grows without one, no repetition is bounded higher than this."""

MOST_STEPS = 400_000
"""How many steps are enough to see that there are too many."""

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


class TooManyStepsError(Exception):
    """The text took more steps than anything that grows in proportion to it."""


class Steps:
    """Counts the steps of a pattern on a text."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self.nodes: list[Node] = list(parsed(pattern))
        self.flags = pattern.flags
        self.text = text
        self.count = 0

    def search(self, *, anchored: bool) -> int:
        """Steps to find all matches in the text, or one that begins with it, if `anchored`."""
        for _ in self._attempts():
            if anchored:
                break
        return self.count

    def spans(self) -> list[tuple[int, int]]:
        """Where all matches begin and end, as `finditer` has it but for bounded repetitions."""
        return [span for span in self._attempts() if span is not None]

    def _attempts(self) -> Iterator[tuple[int, int] | None]:
        """What is found at one place after the other."""
        start = 0
        while start <= len(self.text):
            found = self._match(self.nodes, 0, start, {}, lambda at, groups: (at, groups))
            yield None if found is None else (start, found[0])
            start = start + 1 if found is None else max(found[0], start + 1)

    def _match(
        self, nodes: list[Node], index: int, at: int, groups: Groups, rest: Rest
    ) -> "tuple[int, Groups] | None":
        self.count += 1
        if self.count > MOST_STEPS:
            raise TooManyStepsError
        if index == len(nodes):
            return rest(at, groups)
        operator, argument = nodes[index]

        def following(at: int, groups: Groups) -> "tuple[int, Groups] | None":
            return self._match(nodes, index + 1, at, groups, rest)

        if operator in _REPEATS:
            return self._repeat(operator, argument, at, groups, following)
        if operator is _constants.BRANCH:
            for branch in argument[1]:
                found = self._match(list(branch), 0, at, groups, following)
                if found is not None:
                    return found
            return None
        if operator is _constants.SUBPATTERN:
            number, _, _, inner = argument

            def grouped(end: int, groups: Groups) -> "tuple[int, Groups] | None":
                return following(end, groups if number is None else {**groups, number: (at, end)})

            return self._match(list(inner), 0, at, groups, grouped)
        if operator is _constants.GROUPREF_EXISTS:
            number, then, otherwise = argument
            chosen = list((then if number in groups else otherwise) or ())
            return self._match(chosen, 0, at, groups, following)
        if operator is _constants.GROUPREF:
            start, end = groups.get(argument, (0, -1))
            same = end >= start and self.text.startswith(self.text[start:end], at)
            return following(at + end - start, groups) if same else None
        if operator in (_constants.ASSERT, _constants.ASSERT_NOT):
            wanted = operator is _constants.ASSERT
            return following(at, groups) if self._asserts(argument, at, groups) is wanted else None
        if operator is _constants.AT:
            return following(at, groups) if self._is_at(argument, at) else None
        matches = at < len(self.text) and one_character(nodes[index], self.flags, self.text[at])
        return following(at + 1, groups) if matches else None

    def _asserts(self, argument: Any, at: int, groups: Groups) -> bool:
        direction, inner = argument
        start = at if direction > 0 else at - inner.getwidth()[0]
        if start < 0:
            return False
        return (
            self._match(list(inner), 0, start, groups, lambda at, groups: (at, groups)) is not None
        )

    def _is_at(self, place: Any, at: int) -> bool:
        if place in (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING):
            is_line = self.flags & re.MULTILINE and place is _constants.AT_BEGINNING
            return at == 0 or bool(is_line and self.text[at - 1] == "\n")
        if place in (_constants.AT_END, _constants.AT_END_STRING):
            is_line = self.flags & re.MULTILINE and place is _constants.AT_END
            return at == len(self.text) or bool(is_line and self.text[at] == "\n")
        if place is _constants.AT_BOUNDARY:
            return self._is_in_word(at - 1) is not self._is_in_word(at)
        raise NotImplementedError(place)

    def _is_in_word(self, at: int) -> bool:
        return 0 <= at < len(self.text) and (self.text[at].isalnum() or self.text[at] == "_")

    def _repeat(
        self, operator: Any, argument: Any, at: int, groups: Groups, following: Rest
    ) -> "tuple[int, Groups] | None":
        least, most, inner = argument
        least = min(least, MANY)
        most = most if most == _constants.MAXREPEAT else min(most, MANY)
        nodes = list(inner)
        if len(nodes) == 1 and is_one_character(nodes[0]):
            return self._repeat_character(nodes[0], operator, least, most, at, groups, following)

        def more(count: int, at: int, groups: Groups) -> "tuple[int, Groups] | None":
            def again(end: int, groups: Groups) -> "tuple[int, Groups] | None":
                # As in `re`, what matches nothing is not repeated for ever.
                return more(count + 1, end, groups) if end > at or count < least else None

            if count < least:
                return self._match(nodes, 0, at, groups, again)
            if operator is _constants.MIN_REPEAT:
                found = following(at, groups)
                if found is not None or count >= most:
                    return found
                return self._match(nodes, 0, at, groups, again)
            found = self._match(nodes, 0, at, groups, again) if count < most else None
            return found if found is not None else following(at, groups)

        return more(0, at, groups)

    def _repeat_character(
        self,
        node: Node,
        operator: Any,
        least: int,
        most: Any,
        at: int,
        groups: Groups,
        following: Rest,
    ) -> "tuple[int, Groups] | None":
        """The same, without a frame for each character."""
        furthest = at
        limit = len(self.text) if most == _constants.MAXREPEAT else min(at + most, len(self.text))
        while furthest < limit and one_character(node, self.flags, self.text[furthest]):
            furthest += 1
        self.count += furthest - at
        ends: Iterable[int] = range(furthest, at + least - 1, -1)
        if operator is _constants.MIN_REPEAT:
            ends = range(at + least, furthest + 1)
        for end in ends:
            found = following(end, groups)
            if found is not None:
                return found
        return None


@cache
def parsed(pattern: re.Pattern[str]) -> tuple[Node, ...]:
    """What `re` parses of a pattern."""
    return tuple(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))


_ONE = frozenset((_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY))


def is_one_character(node: Node) -> bool:
    return node[0] in _ONE


_answers: dict[tuple[int, int], tuple[Node, re.Pattern[str], dict[str, bool]]] = {}
"""What was asked of a node: it stays alive here, so that its id stays its own."""


def one_character(node: Node, flags: int, character: str) -> bool:
    """Whether a node that stands for one character stands for this one."""
    key = (id(node), flags)
    if key not in _answers:
        tree = _parser.SubPattern(_parser.State(), [node])
        tree.state.str, tree.state.flags = "", flags
        _answers[key] = node, _compiler.compile(tree, flags), {}
    _, pattern, known = _answers[key]
    if character not in known:
        known[character] = pattern.match(character) is not None
    return known[character]


# Texts that may take long.


def alphabet(pattern: re.Pattern[str]) -> list[str]:
    """One character for each way in which the pattern can tell characters apart."""
    nodes = [node for node in _all_nodes(list(parsed(pattern))) if is_one_character(node)]
    kinds: dict[tuple[bool, ...], str] = {}
    for code in (*range(0x09, 0x0E), *range(0x20, 0x7F), 0x85, 0xE9, 0xFEFF):
        kind = tuple(one_character(node, pattern.flags, chr(code)) for node in nodes)
        kinds.setdefault(kind, chr(code))
    return sorted(kinds.values())


def beginnings(pattern: re.Pattern[str]) -> list[str]:
    """What may stand before each repetition of the pattern, and nothing."""
    return sorted({"", *_before_repeats(list(parsed(pattern)), "", pattern.flags)})


def bodies(pattern: re.Pattern[str]) -> list[str]:
    """What one round of each repetition may match."""
    repeats = [node for node in _all_nodes(list(parsed(pattern))) if node[0] in _REPEATS]
    return sorted({_example(list(node[1][2]), pattern.flags) for node in repeats} - {""})


def _before_repeats(nodes: list[Node], before: str, flags: int) -> Iterator[str]:
    for node in nodes:
        if node[0] in _REPEATS:
            yield before
        for inner in _inner(node):
            yield from _before_repeats(inner, before, flags)
        before += _example([node], flags)


def _example(nodes: list[Node], flags: int) -> str:
    """A short text that the nodes match, but for what stands around it."""
    text = ""
    for node in nodes:
        operator, argument = node
        if is_one_character(node):
            text += next(
                (
                    chr(c)
                    for c in (0x61, 0x41, 0x30, *range(0x20, 0x7F), 0x0A, 0x09, 0x85, 0xE000)
                    if one_character(node, flags, chr(c))
                ),
                chr(argument) if isinstance(argument, int) else "",
            )
        elif operator in _REPEATS:
            text += _example(list(argument[2]), flags) * min(max(argument[0], 1), MANY)
        elif operator is _constants.SUBPATTERN or operator is _constants.BRANCH:
            text += _example(_inner(node)[0], flags)
    return text


def _inner(node: Node) -> list[list[Node]]:
    operator, argument = node
    if operator in _REPEATS:
        return [list(argument[2])]
    if operator is _constants.SUBPATTERN:
        return [list(argument[3])]
    if operator is _constants.BRANCH:
        return [list(branch) for branch in argument[1]]
    if operator in (_constants.ASSERT, _constants.ASSERT_NOT):
        return [list(argument[1])]
    if operator is _constants.GROUPREF_EXISTS:
        return [list(branch) for branch in argument[1:] if branch is not None]
    return []


def _all_nodes(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for inner in _inner(node):
            yield from _all_nodes(inner)
