"""Template expressions: where they are, and how they are hidden from a YAML parser."""

from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs, blanked
from k8s_lsp.text import Span, line_end, line_start


def braces_in(text: str) -> Span | None:
    """What lies between the first braces that open an expression and the last ones that end one."""
    start = text.find("{{")
    end = text.rfind("}}", start + 2) if start >= 0 else -1
    return None if end < 0 else Span(start, end + 2)


def holds_expression(text: str, start: int, end: int) -> bool:
    """Whether a template expression begins and ends in a part of a text."""
    start = text.find("{{", start, end)
    return start >= 0 and text.find("}}", start + 2, end) >= 0


def mask_templates(text: str) -> tuple[Repair, ...]:
    """Repairs that hide Go template expressions from a YAML parser.

    A line on which nothing else stands becomes blank; anything else becomes a word.
    """
    actions = actions_in(text)
    if not actions:
        return ()
    ghost = _without(text, actions)
    repairs = []
    line, is_alone = Span(-1, -1), False
    for span in actions:
        start, end = span
        if start > line.end:
            # Other expressions may stand in the line, perhaps of several lines.
            line = Span(line_start(ghost, start), line_end(ghost, start))
            is_alone = not ghost[line.start : line.end].strip()
        if is_alone:
            repairs.append(Repair(span, blanked(text[start:end]), "template line"))
        else:
            repairs.append(Repair(span, "x" * (end - start), "template"))
    return tuple(repairs)


def actions_in(text: str) -> list[Span]:
    """The expressions of a Go template, in order; one that is not closed ends with its line."""
    actions = []
    unclosed: Unclosed = {}
    last = _Last(text.rfind("}}"), text.rfind("*/"))
    start = text.find("{{")
    while start >= 0:
        end = _end_of_action(text, start, last, unclosed)
        actions.append(Span(start, end))
        start = text.find("{{", end)
    return actions


class _Last(NamedTuple):
    """Where the last braces and the last end of a comment stand: none is looked for behind them."""

    braces: int
    comment: int


Unclosed: TypeAlias = dict[str, int]
"""Up to which place each quote is known to begin no string of a Go template."""

_ACTION: Final = regex(r"""\{\{[^{}"`/]*\}\}""")
"""A template expression without strings and comments, as most of them are."""

_TOKEN: Final = regex(r"""["'`]|}}|{{""")
"""The beginning of a string, the end of an expression, or what no expression has inside."""

_STRINGS: Final = {
    '"': regex(r'"(?:[^"\\\n]|\\.)*"'),
    "'": regex(r"'(?:[^'\\\n]|\\.)*'"),
    "`": regex(r"`[^`]*`"),
}
"""The strings of a Go template, in which braces end nothing, by their first character."""


def _without(text: str, actions: list[Span]) -> str:
    """The text with blanks in the place of the expressions."""
    return apply_repairs(
        text, tuple(Repair(span, " " * (span.end - span.start)) for span in actions)
    )


def _end_of_action(text: str, start: int, last: _Last, unclosed: Unclosed) -> int:
    """Where a template expression ends; one that is not closed ends with its line."""
    usual = _ACTION.match(text, start)
    if usual is not None:
        return usual.end()
    inside = text[start + 2 : start + 10].lstrip("- \t\r\n")
    end = start
    if inside.startswith("/*"):
        # A comment may speak of other expressions.
        end = text.find("*/", start) if start < last.comment else -1
    end = text.find("}}", end) if 0 <= end < last.braces else -1
    if end < 0:
        return line_end(text, start)
    if not inside.startswith("/*") and any(text.count(quote, start, end) % 2 for quote in '"`'):
        # These braces stand in a string, which has another quote behind them.
        return _end_behind_strings(text, start, unclosed) or end + 2
    return end + 2


def _end_behind_strings(text: str, start: int, unclosed: Unclosed) -> int | None:
    """Where an expression ends, at the first `}}` that stands in no string; None if at none."""
    token = _TOKEN.search(text, start + 2)
    while token is not None:
        quote, place = token[0], token.start()
        if quote in ("}}", "{{"):
            return token.end() if quote == "}}" else None
        string = None if place < unclosed.get(quote, 0) else _STRINGS[quote].match(text, place)
        if string is None and place >= unclosed.get(quote, 0):
            # Nor does another one of these quotes behind it close anything before that place.
            unclosed[quote] = len(text) if quote == "`" else line_end(text, place)
        token = _TOKEN.search(text, token.end() if string is None else string.end())
    return None
