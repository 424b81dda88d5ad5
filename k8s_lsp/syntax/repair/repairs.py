"""Repairs: characters that stand in for those of a text, and the small ones that are tried.

A repair overwrites characters and never moves one, so that every place in the repaired text is a
place in the text of the user.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from k8s_lsp.text import Span, line_end


class Repair(NamedTuple):
    """Characters that stand in for those of the text while it is read.

    A repair that `grows` gives its original characters to the scalar that ends where it stands. A
    `template` stands for an unknown value, a `template line` for any number of unknown lines.
    """

    span: Span
    text: str
    role: Literal["", "grows", "template", "template line"] = ""


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


def blank_out(text: str, start: int, end: int) -> tuple[Repair, ...]:
    """Spaces over everything from `start` to `end` but the line breaks."""
    while start < end and text[start] in " \t":
        start += 1
    old = text[start:end]
    return (Repair(Span(start, end), old if old.isspace() else blanked(old)),)


def blanked(text: str) -> str:
    """Spaces for everything but the line breaks."""
    if "\n" not in text and "\r" not in text:
        return " " * len(text)
    return re.sub(r"[^\r\n]", " ", text)


def make_opaque(text: str, start: int) -> tuple[Repair, ...]:
    """Letters over the rest of the line, so that it is read as one plain scalar."""
    end = start + len(text[start : line_end(text, start)].rstrip())
    return (Repair(Span(start, end), "x" * (end - start)),)


def make_word(start: int) -> tuple[Repair, ...]:
    """A letter over a quote or a bracket, so that it becomes part of the word behind it."""
    return (Repair(Span(start, start + 1), "x"),)


def add_colon(text: str, start: int) -> Iterator[tuple[Repair, ...]]:
    """A colon in the place of the line's last character, if that leaves a key."""
    end = start + len(text[start : line_end(text, start)].rstrip())
    if end - start > 1:
        yield (Repair(Span(end - 1, end), ":", role="grows"),)


def close_open(text: str, start: int, end: int) -> Iterator[tuple[Repair, ...]]:
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
