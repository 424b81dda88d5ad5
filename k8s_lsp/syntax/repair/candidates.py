"""Repairs to try for each kind of failure, the least harmful first."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from k8s_lsp.syntax.repair.attempt import FailureKind, ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.lines import (
    after_indicators,
    end_of_deeper,
    indent_at,
    line_after,
    line_before,
    value_start,
)
from k8s_lsp.syntax.repair.repairs import (
    Repair,
    add_colon,
    blank_out,
    close_open,
    make_opaque,
    make_word,
)
from k8s_lsp.text import Span, line_end, line_start


def candidates(
    text: str, broken: ParseAttempt, failure: ParseFailure, suspect: int | None
) -> Iterator[tuple[bool, tuple[Repair, ...]]]:
    """Repairs to try, the least harmful first, and whether they give up whole lines.

    Of these, the line with the offset `suspect` goes first.
    """
    start = line_start(text, failure.offset)
    targeted: list[Iterator[tuple[Repair, ...]]] = []
    if broken.quoted is not None and swallows(text, failure, broken.quoted):
        open_quote = ParseFailure("quote", failure.offset, broken.quoted.start)
        targeted.append(_candidates_for_quote(text, open_quote))
    if failure.kind == "flow" and text[failure.offset : failure.offset + 1] in ("]", "}"):
        targeted.append(_candidates_for_odd_bracket(text, failure))
    if broken.flow is not None and (
        failure.kind in ("flow", "quote") or line_end(text, broken.flow) < start
    ):
        targeted.append(_candidates_for_open_flow(text, broken.flow))
    targeted.append(_CANDIDATES[failure.kind](text, failure))
    for candidate in chain.from_iterable(targeted):
        yield False, candidate
    lines = [] if suspect is None else [line_start(text, suspect)]
    lines += [start, line_before(text, start), line_start(text, failure.begin)]
    for line in dict.fromkeys(lines):
        yield True, blank_out(text, line, line_end(text, line))
        yield True, blank_out(text, line, end_of_deeper(text, line))


def first_repairs(text: str, broken: ParseAttempt) -> tuple[Repair, ...]:
    """What `recover` tries first on a text whose plain reading is broken; not what is lossy."""
    assert broken.failure is not None, "what was read whole needs no repair"
    is_lossy, first = next(candidates(text, broken, broken.failure, None))
    return () if is_lossy else first


def swallows(text: str, failure: ParseFailure, quoted: Span | None) -> bool:
    """Whether the last quoted scalar comes from a quote that was left open.

    Such a quote pairs with the next one that comes, lines below, and what was meant to be quoted
    there follows right behind.
    """
    start = line_start(text, failure.offset)
    return quoted is not None and line_end(text, quoted.start) < start <= quoted.end


def _candidates_for_colon(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    key = failure.begin
    below = line_after(text, key)
    if text[key : key + 1] in ("[", "{", '"', "'") and text[
        key : line_end(text, key)
    ].rstrip().endswith(":"):
        yield make_word(key)
    if below is not None and indent_at(text, below) > key - line_start(text, key):
        yield from add_colon(text, key)
    yield blank_out(text, key, line_end(text, key))


def _candidates_for_nested(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    colon = failure.offset
    start = line_start(text, colon)
    first = after_indicators(text, start)
    value = value_start(text, first, colon)
    if value is not None:
        # `key: word: word`: the rest of the line is taken as one value.
        yield make_opaque(text, value)
        return
    above = line_before(text, start)
    first_above = after_indicators(text, above)
    value_above = value_start(text, first_above, line_end(text, above))
    if value_above is None:
        yield from add_colon(text, first_above)
        yield blank_out(text, first_above, line_end(text, above))
        return
    below = line_after(text, colon)
    alone = below is None or indent_at(text, below) < indent_at(text, start)
    if alone:
        yield blank_out(text, start, line_end(text, start))
    yield blank_out(text, value_above, line_end(text, above))


def _candidates_for_quote(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    if text[failure.begin : line_end(text, failure.begin)].rstrip().endswith(":"):
        yield make_word(failure.begin)
    yield make_opaque(text, failure.begin)
    yield from close_open(text, failure.begin, line_end(text, failure.begin))


def _candidates_for_odd_bracket(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    """One closing bracket too many, or the wrong one of the two."""
    odd = Span(failure.offset, failure.offset + 1)
    yield (Repair(odd, " "),)
    yield (Repair(odd, "}" if text[failure.begin] == "{" else "]"),)


def _candidates_for_open_flow(text: str, bracket: int) -> Iterator[tuple[Repair, ...]]:
    start = line_start(text, bracket)
    end = line_end(text, bracket)
    if not text[start:bracket].strip(" -") and text[bracket:end].rstrip().endswith(":"):
        yield make_word(bracket)
    yield from close_open(text, bracket, end)
    yield from close_open(text, bracket, end_of_deeper(text, start))
    yield make_opaque(text, bracket)


def _candidates_for_flow(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    yield make_opaque(text, failure.begin)
    end = end_of_deeper(text, line_start(text, failure.begin))
    yield blank_out(text, failure.begin, end)


def _candidates_for_indent(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    start = line_start(text, failure.offset)
    if text[start : failure.offset].strip(" -"):
        yield blank_out(text, failure.offset, line_end(text, start))
        return
    above = line_before(text, start)
    if above < start and indent_at(text, above) < indent_at(text, start):
        first = after_indicators(text, above)
        value = value_start(text, first, line_end(text, above))
        if value is not None:
            yield blank_out(text, value, line_end(text, above))


def _candidates_for_start(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    yield make_opaque(text, failure.offset)
    yield blank_out(text, failure.offset, line_end(text, failure.offset))


def _candidates_for_token(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    yield make_opaque(text, failure.begin)
    yield blank_out(text, failure.begin, line_end(text, failure.begin))


def _candidates_for_escape(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    backslash = text.rfind("\\", failure.begin, failure.offset + 2)
    if backslash >= 0:
        yield (Repair(Span(backslash, backslash + 1), "x"),)
    yield make_opaque(text, failure.begin)


def _candidates_for_block(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    yield blank_out(text, failure.begin + 1, line_end(text, failure.begin))


def _candidates_for_tab(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    repairs: list[Repair] = []
    line: int | None = 0
    while line is not None and len(repairs) < 10_000:
        end = line
        while text[end : end + 1] in (" ", "\t"):
            end += 1
        if "\t" in text[line:end]:
            repairs.append(Repair(Span(line, end), " " * (end - line)))
        line = line_after(text, line)
    yield tuple(repairs)


def _no_candidates(text: str, failure: ParseFailure) -> Iterator[tuple[Repair, ...]]:
    return iter(())


_CANDIDATES: Final[
    dict[FailureKind, Callable[[str, ParseFailure], Iterator[tuple[Repair, ...]]]]
] = {
    "anchor": _candidates_for_token,
    "block": _candidates_for_block,
    "colon": _candidates_for_colon,
    "content": _candidates_for_start,
    "dash": _candidates_for_indent,
    "directive": _no_candidates,
    "document": _no_candidates,
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
