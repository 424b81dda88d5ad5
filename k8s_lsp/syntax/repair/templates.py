"""Template expressions: where they are, and how they are hidden from a YAML parser."""

import re
from typing import Final

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
            repairs.append(Repair(span, blanked(text[start:end]), "template line"))
    return tuple(repairs)


def actions_in(text: str) -> list[Span]:
    """The expressions of a Go template, in order; one that is not closed ends with its line."""
    actions = []
    start = text.find("{{")
    while start >= 0:
        end = _end_of_action(text, start)
        actions.append(Span(start, end))
        start = text.find("{{", end)
    return actions


_ACTION: Final = re.compile(r"""\{\{[^{}"`/]*\}\}""")
"""A template expression without strings and comments, as most of them are."""

_STRING: Final = re.compile(r"""["](?:[^"\\\n]|\\.)*["]|'(?:[^'\\\n]|\\.)*'|`[^`]*`|}}""")
"""A string of a Go template, in which braces end nothing, or the end of an expression."""


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
    if not inside.startswith("/*") and any(text.count(quote, start, end) % 2 for quote in '"`'):
        # These braces stand in a string, which has another quote behind them.
        for part in _STRING.finditer(text, start):
            if part[0] == "}}":
                return part.end()
    return end + 2
