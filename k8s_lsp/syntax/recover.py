"""The smallest same-length repair that makes a half-typed unit parse.

Half of all states of a text that somebody types do not parse. A repair overwrites characters and
never moves one, so that every place in the repaired text is a place in the text of the user. What
a repair touched is remembered: the tree says of no collection around it what is missing there.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.syntax.nodes import Alias, Node, Problem
from k8s_lsp.text import Span, line_end, line_start

TRIES: Final = 24
"""How many repaired texts are read for one broken unit, at most."""

READ: Final = 4_000_000
"""How many characters the repaired texts of one broken unit have together, past three of them."""

Kind: TypeAlias = Literal[
    "anchor",
    "block",
    "colon",
    "content",
    "dash",
    "directive",
    "document",
    "escape",
    "flow",
    "indent",
    "misplaced",
    "nested",
    "other",
    "quote",
    "start",
    "tab",
    "tag",
    "word",
]
"""What kind of mistake ended the reading, independent of the parser's words."""


class Failure(NamedTuple):
    """Why and where reading stopped.

    `offset` is where the parser noticed it, `begin` where the construct began that it was in.
    """

    kind: Kind
    offset: int
    begin: int


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
    failure left open, and `unknown` the first alias without an anchor.
    """

    roots: tuple[Node, ...]
    failure: Failure | None
    quoted: Span | None = None
    flow: int | None = None
    unknown: Alias | None = None


Read: TypeAlias = Callable[[str, tuple[Repair, ...]], Reading]
"""Reads a repaired text; the repairs say which of its characters are not the user's."""


def apply_repairs(text: str, repairs: tuple[Repair, ...]) -> str:
    """The text with the repairs written over it."""
    if not repairs:
        return text
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
) -> Reading:
    """The best reading of a text whose plain reading is `broken`.

    Repairs one failure after the other and takes, each time, the first of the candidates that lets
    the whole text be read, or else the one with which reading gets furthest. Candidates that give
    up whole lines come last. Where none gets further, what was read before the failure is all
    there is.

    `done` are the repairs that `broken` was already read with. Where lines have to be given up,
    that of `edited`, which changed last, goes first: the text was whole before.
    """
    tries = min(TRIES, max(3, READ // (len(text) + 1)))
    lossy: Reading | None = None
    while broken.failure is not None and tries > 0:
        best: tuple[Reading, tuple[Repair, ...]] | None = None
        reach = broken.failure.offset
        source = apply_repairs(text, done)
        seen = {source}
        for is_lossy, candidate in _candidates(source, broken, broken.failure, edited):
            repaired = apply_repairs(source, candidate)
            if repaired in seen:
                continue
            seen.add(repaired)
            reading = read(repaired, done + candidate)
            tries -= 1
            if reading.failure is None:
                if best is None or not is_lossy:
                    return reading
                # A repair of this line alone was found, but there is another broken line below.
                lossy = lossy or reading
                break
            if reading.failure.offset > reach:
                best, reach = (reading, done + candidate), reading.failure.offset
            if tries == 0:
                break
        if best is None:
            break
        broken, done = best
    return broken if lossy is None or broken.failure is None else lossy


def explain(text: str, failure: Failure, quoted: Span | None) -> Problem:
    """The failure in words, at the token that shows it."""
    kind, offset, begin = failure
    if _swallows(text, failure, quoted) and quoted is not None:
        kind, begin = "quote", quoted.start
    message = _MESSAGES[kind]
    at = begin if kind in _SHOWN_WHERE_IT_BEGINS else offset
    if kind == "flow" and line_end(text, begin) < offset:
        at = begin
        message = f"this '{text[begin]}' is not closed"
        return Problem(Span(begin, begin + 1), message)
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


def mask_templates(text: str) -> tuple[Repair, ...]:
    """Repairs that hide Go template expressions from a YAML parser.

    A line on which nothing else stands becomes blank; anything else becomes a word.
    """
    actions = []
    start = text.find("{{")
    while start >= 0:
        inside = text[start + 2 : start + 10].lstrip("- \t\r\n")
        # A comment may speak of other expressions.
        end = text.find("*/", start) if inside.startswith("/*") else start
        end = text.find("}}", end) if end >= 0 else end
        end = line_end(text, start) if end < 0 else end + 2
        actions.append(Span(start, end))
        start = text.find("{{", end)
    ghost = apply_repairs(
        text, tuple(Repair(span, " " * (span.end - span.start)) for span in actions)
    )
    repairs = []
    for start, end in actions:
        old = text[start:end]
        if ghost[line_start(ghost, start) : line_end(ghost, start)].strip():
            repairs.append(Repair(Span(start, end), "x" * len(old), "template"))
        else:
            new = "".join(c if c in "\r\n" else " " for c in old)
            repairs.append(Repair(Span(start, end), new, "template line"))
    return tuple(repairs)


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
    new = old if old.isspace() else "".join(c if c in "\r\n" else " " for c in old)
    return (Repair(Span(start, end), new),)


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
    while True:
        offset = line_end(text, offset)
        offset += 2 if text.startswith("\r\n", offset) else 1
        if offset >= len(text):
            return None
        if text[offset : line_end(text, offset)].lstrip()[:1] not in ("", "#"):
            return offset


def _end_of_deeper(text: str, line: int) -> int:
    """Where the lines end that follow a line and are indented deeper."""
    indent = _indent(text, line)
    last = line
    below = _line_after(text, line)
    while below is not None and _indent(text, below) > indent:
        last = below
        below = _line_after(text, below)
    return line_end(text, last)
