"""The smallest same-length repair that makes a half-typed unit parse.

Half of all states of a text that somebody types do not parse. A repair overwrites characters and
never moves one, so that every place in the repaired text is a place in the text of the user. What
a repair touched is remembered: the tree says of no collection around it what is missing there.

Whoever has the tree of the state before knows more: a repair is right only if it leaves all that
stands outside of the changed lines as it was. Where no repair does, the tree of before is moved
with the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.syntax.nodes import (
    Alias,
    Entry,
    Failure,
    Kind,
    Mapping,
    Node,
    Problem,
    Scalar,
    Sequence,
    Style,
    Tree,
    names_of,
)
from k8s_lsp.text import Span, line_end, line_start, next_line

TRIES: Final = 24
"""How many repaired texts are read for one broken unit, at most."""

TRIES_IF_KNOWN: Final = 8
"""The same, where the tree of an earlier state can stand in."""

READ: Final = 4_000_000
"""How many characters the repaired texts of one broken unit have together, past three of them."""


class Repair(NamedTuple):
    """Characters that stand in for those of the text while it is read.

    A repair that `grows` gives its original characters to the scalar that ends where it stands. A
    `template` stands for an unknown value, a `template line` for any number of unknown lines.
    """

    span: Span
    text: str
    role: Literal["", "grows", "template", "template line"] = ""


class Reading(NamedTuple):
    """What one attempt to read a text gave: all of it, or what came before the failure.

    `quoted` is the last quoted scalar, `flow` where the outermost flow collection begins that the
    failure left open, and `unknown` the first alias without an anchor. `repairs` are those with
    which recovery read a text to its end.
    """

    roots: tuple[Node, ...]
    failure: Failure | None
    quoted: Span | None = None
    flow: int | None = None
    unknown: Alias | None = None
    repairs: tuple[Repair, ...] = ()


class Change(NamedTuple):
    """Whole lines of a text, with their breaks, and those that stand in their place now.

    Where the last line is among them, they end behind the end of the text, so that an empty value
    there is in them too.
    """

    old: Span
    new: Span


class Known(NamedTuple):
    """The tree of an earlier state of a text, what has changed since, and which leaves have not."""

    tree: Tree
    change: Change
    leaves: AbstractSet[tuple[int, int]]


Read: TypeAlias = Callable[[str, tuple[Repair, ...]], Reading]
"""Reads a repaired text; the repairs say which of its characters are not the user's."""


def apply_repairs(text: str, repairs: tuple[Repair, ...]) -> str:
    """The text with the repairs written over it."""
    if not repairs:
        return text
    parts: list[str] = []
    done = 0
    for (start, end), new, _ in repairs:
        if start < done:
            break
        parts += (text[done:start], new)
        done = end
    else:
        return "".join((*parts, text[done:]))
    # One is written over another one.
    characters = list(text)
    for (start, end), new, _ in repairs:
        characters[start:end] = new
    return "".join(characters)


def recover(
    text: str,
    broken: Reading,
    read: Read,
    done: tuple[Repair, ...] = (),
    edited: Span | None = None,
    known: Known | None = None,
) -> Reading:
    """The best reading of a text whose plain reading is `broken`.

    Repairs one failure after the other and takes, each time, the first of the candidates that lets
    the whole text be read, or else the one with which reading gets furthest. Candidates that give
    up whole lines come last. Where none gets further, what was read before the failure is all
    there is.

    `done` are the repairs that `broken` was already read with. Where lines have to be given up,
    that of `edited`, which changed last, goes first: the text was whole before. With `known`, no
    candidate counts that loses a part of the tree, and the moved tree stands in where none is left:
    it also knows what the changed lines were.
    """
    tries = min(TRIES if known is None else TRIES_IF_KNOWN, max(3, READ // (len(text) + 1)))
    lossy: Reading | None = None
    while broken.failure is not None and tries > 0:
        best: tuple[Reading, tuple[Repair, ...]] | None = None
        reach = broken.failure.offset
        source = apply_repairs(text, done)
        seen = {source}
        for is_lossy, candidate in _candidates(source, broken, broken.failure, edited):
            repaired = apply_repairs(source, candidate)
            if repaired in seen or (is_lossy and known and _gives_up(candidate, known)):
                continue
            if tries == 0:
                break
            seen.add(repaired)
            reading = read(repaired, done + candidate)
            tries -= 1
            got = len(text) + 1 if reading.failure is None else reading.failure.offset
            if got <= reach or (known and not _keeps(reading, known)):
                continue
            if reading.failure is not None:
                best, reach = (reading, done + candidate), got
            elif best is None or not is_lossy:
                return reading._replace(repairs=done + candidate)
            else:
                # A repair of this line alone was found, but there is another broken line below.
                lossy = lossy or reading
                break
        if best is None:
            break
        broken, done = best
    if lossy is not None or known is None:
        return lossy or broken
    return Reading(moved(known.tree, known.change, text), None)


def first_repairs(text: str, broken: Reading) -> tuple[Repair, ...]:
    """What `recover` tries first on a text whose plain reading is broken; not what is lossy."""
    assert broken.failure is not None, "what was read whole needs no repair"
    is_lossy, first = next(_candidates(text, broken, broken.failure, None))
    return () if is_lossy else first


def explain(text: str, broken: Reading) -> Problem:
    """Why a reading failed in words, at the token that shows it."""
    failure = broken.failure
    assert failure is not None, "what was read whole needs no explanation"
    kind, offset, begin = failure
    if _swallows(text, failure, broken.quoted) and broken.quoted is not None:
        kind, begin = "quote", broken.quoted.start
    message = _MESSAGES[kind]
    at = begin if kind in _SHOWN_WHERE_IT_BEGINS else offset
    bracket = begin if kind == "flow" and line_end(text, begin) < offset else None
    if kind == "content" and text[offset:].lstrip()[:3] in ("", "---", "..."):
        # The text or its document ends where a value is still to come.
        bracket = broken.flow
    if bracket is not None:
        return Problem(Span(bracket, bracket + 1), f"this '{text[bracket]}' is not closed")
    if kind == "nested":
        start = line_start(text, offset)
        value = _value_start(text, _after_indicators(text, start), offset)
        if value is not None:
            at, message = value, "a value that contains ': ' needs quotes"
        else:
            above = _line_before(text, start)
            first = _after_indicators(text, above)
            if above < start and _value_start(text, first, line_end(text, above)) is None:
                at, message = first, _MESSAGES["colon"]
            else:
                at = _after_indicators(text, start)
    end = line_end(text, at)
    at = min(at, end)
    if at == end and at > 0:
        at = line_start(text, at)
        at += len(text[at:end]) - len(text[at:end].lstrip())
    return Problem(Span(at, at + len(text[at:end].rstrip())), message)


_SHOWN_WHERE_IT_BEGINS: Final = frozenset(
    ("anchor", "block", "colon", "directive", "escape", "quote", "tag", "word")
)

_MESSAGES: Final[dict[Kind, str]] = {
    "anchor": "an anchor or alias needs a name of letters, digits, '-' and '_'",
    "block": "this block of text is not well-formed",
    "colon": "expected ':' after this key",
    "content": "expected a value here",
    "dash": "expected '- ' here, as in the items above",
    "directive": "this directive is not well-formed",
    "document": "expected '---' before another document",
    "escape": "unknown escape in a double-quoted value",
    "flow": "expected ',' or the closing bracket",
    "indent": "this does not fit the indentation of the lines above",
    "misplaced": "a list item or key cannot begin here",
    "nested": "this is indented deeper than the value above it allows",
    "other": "this is not YAML",
    "quote": "this quote is not closed",
    "start": "a value cannot begin with this character unless it is quoted",
    "tab": "a tab cannot be used as indentation",
    "tag": "this tag is not well-formed",
    "word": "a value that contains ':' needs quotes here",
}


_ACTION: Final = re.compile(r"""\{\{[^{}"`/]*\}\}""")
"""A template expression without strings and comments, as most of them are."""

_STRING: Final = re.compile(r"""["](?:[^"\\\n]|\\.)*["]|'(?:[^'\\\n]|\\.)*'|`[^`]*`|}}""")
"""A string of a Go template, in which braces end nothing, or the end of an expression."""


def mask_templates(text: str) -> tuple[Repair, ...]:
    """Repairs that hide Go template expressions from a YAML parser.

    A line on which nothing else stands becomes blank; anything else becomes a word.
    """
    actions = []
    start = text.find("{{")
    while start >= 0:
        end = _end_of_action(text, start)
        actions.append(Span(start, end))
        start = text.find("{{", end)
    ghost = ""
    repairs = []
    for span in actions:
        start, end = span
        beside = text[line_start(text, start) : start] + text[end : line_end(text, end)]
        if "{{" in beside or "}}" in beside:
            # Other expressions stand there, perhaps of several lines.
            ghost = ghost or _without(text, actions)
            beside = ghost[line_start(ghost, start) : line_end(ghost, start)]
        if beside.strip():
            repairs.append(Repair(span, "x" * (end - start), "template"))
        else:
            repairs.append(Repair(span, _blanks(text[start:end]), "template line"))
    return tuple(repairs)


def _without(text: str, actions: list[Span]) -> str:
    """The text with blanks in the place of the expressions."""
    return apply_repairs(
        text, tuple(Repair(span, " " * (span.end - span.start)) for span in actions)
    )


def _end_of_action(text: str, start: int) -> int:
    """Where a template expression ends; one that is not closed ends with its line."""
    usual = _ACTION.match(text, start)
    if usual is not None:
        return usual.end()
    inside = text[start + 2 : start + 10].lstrip("- \t\r\n")
    # A comment may speak of other expressions.
    end = text.find("*/", start) if inside.startswith("/*") else start
    end = text.find("}}", end) if end >= 0 else end
    if end < 0:
        return line_end(text, start)
    if not inside.startswith("/*") and any(text.count(each, start, end) % 2 for each in '"`'):
        # These braces stand in a string, which has another quote behind them.
        for part in _STRING.finditer(text, start):
            if part[0] == "}}":
                return part.end()
    return end + 2


def _candidates(
    text: str, broken: Reading, failure: Failure, edited: Span | None
) -> Iterator[tuple[bool, tuple[Repair, ...]]]:
    """Repairs to try, the least harmful first, and whether they give up whole lines."""
    start = line_start(text, failure.offset)
    targeted: list[Iterator[tuple[Repair, ...]]] = []
    if broken.quoted is not None and _swallows(text, failure, broken.quoted):
        open_quote = Failure("quote", failure.offset, broken.quoted.start)
        targeted.append(_candidates_for_quote(text, open_quote))
    if broken.flow is not None and (
        failure.kind in ("flow", "quote") or line_end(text, broken.flow) < start
    ):
        targeted.append(_candidates_for_open_flow(text, broken.flow))
    targeted.append(_CANDIDATES[failure.kind](text, failure))
    for candidate in chain.from_iterable(targeted):
        yield False, candidate
    lines = [] if edited is None else [line_start(text, edited.start)]
    lines += [start, _line_before(text, start), line_start(text, failure.begin)]
    for line in dict.fromkeys(lines):
        yield True, _blank(text, line, line_end(text, line))
        yield True, _blank(text, line, _end_of_deeper(text, line))


def _swallows(text: str, failure: Failure, quoted: Span | None) -> bool:
    """Whether the last quoted scalar comes from a quote that somebody left open.

    Such a quote pairs with the next one that comes, lines below, and what was meant to be quoted
    there follows right behind.
    """
    start = line_start(text, failure.offset)
    return quoted is not None and line_end(text, quoted.start) < start <= quoted.end


def _candidates_for_colon(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    key = failure.begin
    below = _line_after(text, key)
    if text[key : key + 1] in ("[", "{", '"', "'") and text[
        key : line_end(text, key)
    ].rstrip().endswith(":"):
        yield _as_word(key)
    if below is not None and _indent(text, below) > key - line_start(text, key):
        yield from _with_colon(text, key)
    yield _blank(text, key, line_end(text, key))


def _candidates_for_nested(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    colon = failure.offset
    start = line_start(text, colon)
    first = _after_indicators(text, start)
    value = _value_start(text, first, colon)
    if value is not None:
        # `key: word: word`: the rest of the line is taken as one value.
        yield _opaque(text, value)
        return
    above = _line_before(text, start)
    first_above = _after_indicators(text, above)
    value_above = _value_start(text, first_above, line_end(text, above))
    if value_above is None:
        yield from _with_colon(text, first_above)
        yield _blank(text, first_above, line_end(text, above))
        return
    below = _line_after(text, colon)
    alone = below is None or _indent(text, below) < _indent(text, start)
    if alone:
        yield _blank(text, start, line_end(text, start))
    yield _blank(text, value_above, line_end(text, above))


def _candidates_for_quote(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    if text[failure.begin : line_end(text, failure.begin)].rstrip().endswith(":"):
        yield _as_word(failure.begin)
    yield _opaque(text, failure.begin)
    yield from _closed(text, failure.begin, line_end(text, failure.begin))


def _candidates_for_open_flow(text: str, bracket: int) -> Iterator[tuple[Repair, ...]]:
    start = line_start(text, bracket)
    end = line_end(text, bracket)
    if not text[start:bracket].strip(" -") and text[bracket:end].rstrip().endswith(":"):
        yield _as_word(bracket)
    yield from _closed(text, bracket, end)
    yield from _closed(text, bracket, _end_of_deeper(text, start))
    yield _opaque(text, bracket)


def _candidates_for_flow(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    yield _opaque(text, failure.begin)
    end = _end_of_deeper(text, line_start(text, failure.begin))
    yield _blank(text, failure.begin, end)


def _candidates_for_indent(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    start = line_start(text, failure.offset)
    if text[start : failure.offset].strip(" -"):
        yield _blank(text, failure.offset, line_end(text, start))
        return
    above = _line_before(text, start)
    if above < start and _indent(text, above) < _indent(text, start):
        first = _after_indicators(text, above)
        value = _value_start(text, first, line_end(text, above))
        if value is not None:
            yield _blank(text, value, line_end(text, above))


def _candidates_for_start(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    yield _opaque(text, failure.offset)
    yield _blank(text, failure.offset, line_end(text, failure.offset))


def _candidates_for_token(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    yield _opaque(text, failure.begin)
    yield _blank(text, failure.begin, line_end(text, failure.begin))


def _candidates_for_escape(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    backslash = text.rfind("\\", failure.begin, failure.offset + 2)
    if backslash >= 0:
        yield (Repair(Span(backslash, backslash + 1), "x"),)
    yield _opaque(text, failure.begin)


def _candidates_for_block(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    yield _blank(text, failure.begin + 1, line_end(text, failure.begin))


def _candidates_for_tab(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    repairs: list[Repair] = []
    line: int | None = 0
    while line is not None and len(repairs) < 10_000:
        end = line
        while text[end : end + 1] in (" ", "\t"):
            end += 1
        if "\t" in text[line:end]:
            repairs.append(Repair(Span(line, end), " " * (end - line)))
        line = _line_after(text, line)
    yield tuple(repairs)


def _candidates_for_document(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    above = _line_before(text, line_start(text, failure.offset))
    if text.startswith("...", above):
        yield (Repair(Span(above, above + 3), "---"),)


def _no_candidates(text: str, failure: Failure) -> Iterator[tuple[Repair, ...]]:
    return iter(())


_CANDIDATES: Final[dict[Kind, Callable[[str, Failure], Iterator[tuple[Repair, ...]]]]] = {
    "anchor": _candidates_for_token,
    "block": _candidates_for_block,
    "colon": _candidates_for_colon,
    "content": _candidates_for_start,
    "dash": _candidates_for_indent,
    "directive": _no_candidates,
    "document": _candidates_for_document,
    "escape": _candidates_for_escape,
    "flow": _candidates_for_flow,
    "indent": _candidates_for_indent,
    "misplaced": _candidates_for_start,
    "nested": _candidates_for_nested,
    "other": _no_candidates,
    "quote": _candidates_for_quote,
    "start": _candidates_for_start,
    "tab": _candidates_for_tab,
    "tag": _candidates_for_token,
    "word": _candidates_for_token,
}


def _blank(text: str, start: int, end: int) -> tuple[Repair, ...]:
    """Spaces over everything from `start` to `end` but the line breaks."""
    while start < end and text[start] in " \t":
        start += 1
    old = text[start:end]
    return (Repair(Span(start, end), old if old.isspace() else _blanks(old)),)


def _blanks(text: str) -> str:
    """Spaces for everything but the line breaks."""
    if "\n" not in text and "\r" not in text:
        return " " * len(text)
    return re.sub(r"[^\r\n]", " ", text)


def _opaque(text: str, start: int) -> tuple[Repair, ...]:
    """Letters over the rest of the line, so that it is read as one plain scalar."""
    end = start + len(text[start : line_end(text, start)].rstrip())
    return (Repair(Span(start, end), "x" * (end - start)),)


def _as_word(start: int) -> tuple[Repair, ...]:
    """A letter over a quote or a bracket, so that it becomes part of the word behind it."""
    return (Repair(Span(start, start + 1), "x"),)


def _with_colon(text: str, start: int) -> Iterator[tuple[Repair, ...]]:
    """A colon in the place of the line's last character, if that leaves a key."""
    end = start + len(text[start : line_end(text, start)].rstrip())
    if end - start > 1:
        yield (Repair(Span(end - 1, end), ":", role="grows"),)


def _closed(text: str, start: int, end: int) -> Iterator[tuple[Repair, ...]]:
    """Closing quotes and brackets over the last characters of what begins at `start`."""
    body = text[start:end].rstrip()
    closers = quote = ""
    word = 0
    before = " "
    for index, character in enumerate(body):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and before in " \t\r\n[{,:":
            quote, word = character, index
        elif character in "[{":
            closers = {"[": "]", "{": "}"}[character] + closers
        elif character in "]}":
            closers = closers[1:]
        before = character
    closers = quote + closers
    at = len(body) - len(closers)
    if (
        not closers
        or at <= 0
        or set(body[at:-1]) & set(" \t\r\n,")
        or set(body[at:]) & set(":[]{}")
    ):
        # There is no room without the loss of more than a part of the last word.
        return
    span = Span(start + at, start + len(body))
    closing = Repair(span, closers, "grows" if body[at:].strip(",") else "")
    if not quote and body[-1] in "'\"" and at > word > 0:
        # The brackets go where the last closing quote is, so its word must do without quotes.
        yield (Repair(Span(start + word, start + at), "x" * (at - word)), closing)
    else:
        yield (closing,)


def _indent(text: str, line: int) -> int:
    """How many spaces the line begins with."""
    end = line
    while text[end : end + 1] == " ":
        end += 1
    return end - line


def _after_indicators(text: str, line: int) -> int:
    """Where the first thing of a line begins that is no dash."""
    position = line + _indent(text, line)
    while text.startswith("- ", position):
        position += 2
        while text[position : position + 1] == " ":
            position += 1
    return position


def _value_start(text: str, start: int, end: int) -> int | None:
    """Where the value of the `key: value` in text[start:end] begins; None where there is none."""
    colon = text.find(": ", start, end)
    if colon < 0:
        return None
    value = colon + 1
    while value < end and text[value] in " \t":
        value += 1
    return value if value < end and text[value] != "#" else None


def _line_before(text: str, line: int) -> int:
    """The nearest line above that is neither blank nor a comment; if none is, `line`."""
    above = line
    while above > 0:
        above = line_start(text, above - 1 - (text[above - 2 : above] == "\r\n"))
        if text[above : line_end(text, above)].lstrip()[:1] not in ("", "#"):
            return above
    return line


def _line_after(text: str, offset: int) -> int | None:
    """The nearest line below that is neither blank nor a comment."""
    return _line_from(text, next_line(text, offset))


def _line_from(text: str, line: int) -> int | None:
    """The nearest line from this one on that is neither blank nor a comment."""
    while line < len(text):
        if text[line : line_end(text, line)].lstrip()[:1] not in ("", "#"):
            return line
        line = next_line(text, line)
    return None


def _end_of_deeper(text: str, line: int) -> int:
    """Where the lines end that follow a line and are indented deeper."""
    indent = _indent(text, line)
    last = line
    below = _line_after(text, line)
    while below is not None and _indent(text, below) > indent:
        last = below
        below = _line_after(text, below)
    return line_end(text, last)


# --- What is known from the state before --------------------------------------------------------


def known_of(previous: Tree, text: str) -> Known | None:
    """What an earlier tree says about a text; None where most of the text is new.

    Lines that changed and came back are only in the last whole tree, and others only in the last
    one. The one counts that tells more, or else the whole one.
    """
    best: Known | None = None
    for tree in (previous.whole, previous):
        if tree is not None:
            change = change_between(tree.text, text)
            known = Known(tree, change, _leaves(tree.roots, change.old))
            if best is None or len(known.leaves) > len(best.leaves):
                best = known
    if best is None or 2 * (best.change.new.end - best.change.new.start) > len(text):
        return None
    return best if best.leaves else None


def change_between(old: str, new: str) -> Change:
    """Which lines of two texts differ: one run of lines that holds every difference."""
    start = common(old, new)
    same = min(common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    old_end, new_end = len(old) - same, len(new) - same
    first = line_start(new, start)
    if first < start or line_start(old, old_end) < old_end or line_start(new, new_end) < new_end:
        old_end, new_end = next_line(old, old_end), next_line(new, new_end)
    return Change(Span(first, old_end), Span(first, new_end))


def common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=4)
def _leaves(roots: tuple[Node, ...], touched: Span) -> AbstractSet[tuple[int, int]]:
    """Where each leaf outside of the touched lines stands, and its path and value in a number.

    A place is that in the text without the touched lines, which is the same before and after they
    change: who types in one line asks the same of each tree twice, of the whole one every time. In
    a path an item's place stands for its index, which changes with what comes and goes above.
    """
    found: set[tuple[int, int]] = set()
    start, end = touched
    lines = end - start

    def place(offset: int) -> int:
        return offset if offset < start else offset - lines if offset >= end else -1

    waiting = [(root, hash(place(root.span.start))) for root in roots]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, Mapping):
            waiting += [(entry.value, hash((path, name))) for name, entry in node.names.items()]
        elif isinstance(node, Sequence):
            waiting += [(item, hash((path, place(item.span.start)))) for item in node.items]
        elif node.span.end <= start or node.span.start >= end:
            content = node.value if isinstance(node, Scalar) else node.name
            found.add((place(node.span.start), hash((path, content))))
    return found


def _gives_up(repairs: tuple[Repair, ...], known: Known) -> bool:
    """Whether the repairs overwrite what is known, or the changed lines: the tree knows better."""
    first, last = known.change.new
    for (start, end), *_ in repairs:
        if start < last and end > first:
            return True
        added = last - first if start >= last else 0
        if any(start <= place + added < end for place, _ in known.leaves):
            return True
    return False


def _keeps(reading: Reading, known: Known) -> bool:
    """Whether all that did not change was read, as far as reading got."""
    first, last = known.change.new
    lost = known.leaves - _leaves(reading.roots, known.change.new)
    if not lost or reading.failure is None:
        return not lost
    place = min(lost)[0]
    return place + (last - first if place >= first else 0) >= reading.failure.begin


def moved(tree: Tree, change: Change, text: str) -> tuple[Node, ...]:
    """The documents of the tree of an earlier state, where they stand in `text` now.

    What began in the changed lines is gone, but for the keys of what goes on below them. A
    collection is `open` that began there or lost something, or that the new lines may belong to.
    """
    return _moved(tree.roots, change, min(change.new.end, len(text)), _around(tree, change, text))


def joined(trees: Iterable[Tree]) -> Tree:
    """The tree of the texts of some trees behind one another."""
    text = ""
    roots: tuple[Node, ...] = ()
    whole: Tree | None = None
    for tree in trees:
        roots += _moved(tree.roots, Change(Span(0, 0), Span(0, len(text))), 0, {})
        text += tree.text
        # Where a document was cut in two and becomes one again, both come from the same tree.
        whole = whole or tree.whole
    return Tree(text, roots, whole=whole)


def _moved(
    roots: tuple[Node, ...], change: Change, last: int, around: dict[int, bool]
) -> tuple[Node, ...]:
    """The nodes behind a change; what is kept of the changed lines ends at `last`."""
    start, end = change.old
    shift = change.new.end - end
    now: dict[int, Node | None] = {}

    def place(offset: int) -> int:
        return offset if offset < start else offset + shift if offset >= end else min(offset, last)

    def moved_span(node: Node) -> Span:
        return Span(place(node.span.start), place(node.span.end))

    def move(node: Node) -> Node | None:
        if node.span.end <= start and id(node) not in around:
            return node
        began_there = start <= node.start < end
        new: Node | None = None
        if isinstance(node, Mapping):
            new = move_mapping(node, began_there)
        elif isinstance(node, Sequence):
            new = move_sequence(node, began_there)
        elif not began_there:
            new = move_leaf(node)
        now[id(node)] = new
        return new

    def move_leaf(node: Scalar | Alias) -> Scalar | Alias:
        if isinstance(node, Alias):
            target: Any = now.get(id(node.target), node.target)
            return Alias(moved_span(node), node.name, target)
        # Of a value of several lines, of which some changed, only the place is known.
        style: Style = "{{" if node.start < start < node.span.end else node.style
        begin = place(node.start)
        return Scalar(moved_span(node), node.value, style, node.tag, node.anchor, begin)

    def move_mapping(node: Mapping, began_there: bool) -> Mapping | None:
        entries: list[Entry] = []
        for key, value in node.entries:
            new_key = move_leaf(key) if isinstance(key, Scalar) else move(key)
            new_value = move(value)
            if new_key is not None and new_value is not None:
                entries.append(Entry(new_key, new_value))
        if began_there and not entries:
            return None
        span = moved_span(node)
        if entries and not node.flow:
            span = Span(span.start, entries[-1].value.span.end)
        is_less = len(entries) < len(node.entries)
        open_ = node.open or is_less or began_there or around.get(id(node), False)
        begin = place(node.start)
        names = names_of(entries)
        return Mapping(span, tuple(entries), node.flow, open_, node.tag, node.anchor, begin, names)

    def move_sequence(node: Sequence, began_there: bool) -> Sequence | None:
        items = [item for item in map(move, node.items) if item is not None]
        if began_there and not items:
            return None
        span = moved_span(node)
        if items and not node.flow:
            span = Span(span.start, items[-1].span.end)
        is_less = len(items) < len(node.items)
        open_ = node.open or is_less or began_there or around.get(id(node), False)
        begin = place(node.start)
        return Sequence(span, tuple(items), node.flow, open_, node.tag, node.anchor, begin)

    return tuple(root for root in map(move, roots) if root is not None)


def _around(tree: Tree, change: Change, text: str) -> dict[int, bool]:
    """The collections in, right above or right below which lines changed, and which are `open`.

    A new line belongs to the collection that has its indentation; if none has, to those between
    which it lies; and to the brackets that it stands in.
    """
    old = tree.text
    start, end = change.old
    above = _line_before(old, start)
    below = _line_from(old, end)
    # An item begins behind its dash, and what stands above that belongs to the list.
    below = len(old) if below is None else below + _indent(old, below) + 1
    # A list may have the indentation of the mapping that it is in; then it is the deeper one.
    depths: dict[int, tuple[int, bool]] = {}
    brackets: dict[int, bool] = {}
    waiting: list[Node] = [*tree.roots]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (Scalar, Alias)) or node.span.end <= above or node.start >= below:
            continue
        is_list = isinstance(node, Sequence)
        waiting += node.items if isinstance(node, Sequence) else map(itemgetter(1), node.entries)
        if not node.flow:
            depths[id(node)] = node.span.start - line_start(old, node.span.start), is_list
        elif node.start < start < node.span.end:
            brackets[id(node)] = True
    if brackets:
        return brackets
    receiving: set[tuple[int, bool]] = set()
    line = _line_from(text, change.new.start)
    while line is not None and line < change.new.end:
        indent = _indent(text, line)
        depth = indent, text.startswith("-", line + indent)
        nearest = max((each for each in depths.values() if each <= depth), default=(-1, False))
        receiving |= {each for each in depths.values() if each == nearest or nearest < depth < each}
        line = _line_after(text, line)
    return {collection: depth in receiving for collection, depth in depths.items()}
