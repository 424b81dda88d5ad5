"""Why a text is not YAML, in words."""

from typing import Final

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Problem
from k8s_lsp.syntax.repair.attempt import FailureKind, ParseAttempt, ParseFailure
from k8s_lsp.syntax.repair.candidates import swallows
from k8s_lsp.syntax.repair.lines import after_indicators, line_before, value_start
from k8s_lsp.text import Span, line_end, line_start


def explain(text: str, broken: ParseAttempt) -> Problem:
    """Why a reading failed in words, at the token that shows it."""
    failure = broken.failure
    assert failure is not None, "what was read whole needs no explanation"
    kind, offset, begin = failure
    if swallows(text, failure, broken.quoted) and broken.quoted is not None:
        kind, begin = "quote", broken.quoted.start
    if kind in ("document", "directive"):
        directive = _DIRECTIVE.match(text, text.find("\n") + 1 if text.startswith("---") else 0)
        if directive is not None:
            return Problem(Span(*directive.span(1)), "kubectl refuses a directive")
        if kind == "document":
            return explain_dropped(text, offset, is_json=False)
    if text[offset : offset + 1] in _CLOSING and kind in _MAY_BE_ODD_BRACKETS:
        return Problem(Span(offset, offset + 1), _odd_bracket(text, failure))
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
        value = value_start(text, after_indicators(text, start), offset)
        if value is not None:
            at, message = value, "a value that contains ': ' needs quotes"
        else:
            above = line_before(text, start)
            first = after_indicators(text, above)
            if above < start and value_start(text, first, line_end(text, above)) is None:
                at, message = first, _MESSAGES["colon"]
            else:
                at = after_indicators(text, start)
    mark = text.find("\ufeff", line_start(text, at), line_end(text, at)) if at else -1
    if mark > 0:
        return Problem(Span(mark, mark + 1), "kubectl takes a byte order mark here for text")
    end = line_end(text, at)
    at = min(at, end)
    if at == end and at > 0:
        at = line_start(text, at)
        at += len(text[at:end]) - len(text[at:end].lstrip())
    return Problem(Span(at, at + len(text[at:end].rstrip())), message)


def _odd_bracket(text: str, failure: ParseFailure) -> str:
    """What is wrong with the closing bracket at which a reading failed."""
    bracket = text[failure.offset]
    begun = text[failure.begin] if failure.kind == "flow" else ""
    if begun not in _CLOSED_BY:
        return f"this '{bracket}' closes nothing"
    return f"expected ',' or '{_CLOSED_BY[begun]}': this '{bracket}' does not close the '{begun}'"


def explain_dropped(text: str, place: int, *, is_json: bool) -> Problem:
    """What the decoder makes of what stands at a place behind the end of a document."""
    end = line_end(text, place)
    span = Span(place, place + len(text[place:end].rstrip()))
    message = _REFUSED if is_json else _DROPPED
    if text[place : place + 1] in _CLOSING:
        message += f": this '{text[place]}' closes nothing"
    return Problem(span, message)


_CLOSED_BY: Final = {"[": "]", "{": "}"}

_CLOSING: Final = ("]", "}")

_MAY_BE_ODD_BRACKETS: Final = frozenset(
    ("content", "dash", "flow", "indent", "misplaced", "nested", "start")
)
"""How a reading fails at a bracket that closes nothing, or another one than was opened."""


_DIRECTIVE: Final = regex(r"\ufeff?(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*(%[^\r\n]*)")

_REFUSED: Final = "kubectl refuses what follows the end of this JSON"

_DROPPED: Final = "kubectl drops what follows the end of a document, up to the next '---' line"

_SHOWN_WHERE_IT_BEGINS: Final = frozenset(
    ("anchor", "block", "colon", "directive", "escape", "quote", "tag", "word")
)

_MESSAGES: Final[dict[FailureKind, str]] = {
    "anchor": "an anchor or alias needs a name of letters, digits, '-' and '_'",
    "block": "this block of text is not well-formed",
    "colon": "expected ':' after this key",
    "content": "expected a value here",
    "dash": "expected '- ' here, as in the items above",
    "directive": "this directive is not well-formed",
    "document": _DROPPED,
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
