"""What of a text a parser is shown, so that it refuses nothing that kubectl reads.

Both of ruamel's parsers reject YAML that kubectl accepts, each in its own places. So the text is
repaired at the same length before it counts as broken, and values are taken from the user's.
"""

import re
from itertools import islice
from typing import NamedTuple

from k8s_lsp.syntax.limits import PLACES
from k8s_lsp.syntax.nodes import Problem
from k8s_lsp.syntax.reading.build import build
from k8s_lsp.syntax.reading.events import PARSER, ParserName, events_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.repair.masked_text import MaskedText, mask
from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs
from k8s_lsp.syntax.repair.templates import mask_templates
from k8s_lsp.text import Span, line_end, line_start

_PRINTABLE_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_NOT_YAML = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"  # as go-yaml's reader
)
_REPLACED = re.compile(f"[{_NOT_YAML}\x85\u2028\u2029\ufeff]")
_REFUSED = re.compile(f"[{_NOT_YAML}]")


class Source(NamedTuple):
    """A text, and what is read of it: the masked text, in which the repairs stand already.

    `refused` is the first character that no YAML may have.
    """

    text: str
    masked: str
    repairs: tuple[Repair, ...] = ()
    refused: Problem | None = None
    template: bool = False
    parser: ParserName = PARSER

    @property
    def is_as_written(self) -> bool:
        """Whether the parser is shown the very text, all of which means what it says."""
        return self.masked is self.text and not self.template


def source_of(
    text: str,
    *,
    template: bool = False,
    skipped: str | None = None,
    parser: ParserName | None = None,
) -> Source:
    """What is read of a text; the arguments are those of `parse`."""
    masked = _sanitised(text)
    found = None if masked is text else _REFUSED.search(text)
    refused: Problem | None = None
    repairs: tuple[Repair, ...] = ()
    if found is not None:
        message = f"character U+{ord(found[0]):04X} is not allowed in YAML"
        refused = Problem(Span(*found.span()), message)
        matches = islice(_REFUSED.finditer(text), PLACES + 1)
        repairs = tuple(Repair(Span(*match.span()), " ") for match in matches)
    if skipped is not None and masked is text:
        masked = skipped
    if template:
        repairs += mask_templates(masked)
        masked = apply_repairs(masked, repairs)
    return Source(text, masked, repairs, refused, template, parser or PARSER)


def read(source: Source) -> ParseAttempt:
    """Read what the parser is shown; raises LimitError."""
    return read_repaired(source, source.masked, source.repairs)


def read_repaired(source: Source, masked: str, repairs: tuple[Repair, ...]) -> ParseAttempt:
    """Read another masked form of the same text, which these repairs made; raises LimitError."""
    text = mask(source.text, masked, repairs)
    if source.parser == "pure":
        return _read_pure(text, repairs)
    attempt = build(text, events_of(masked, "C"))
    if attempt.failure is not None and attempt.failure.kind == "word":
        hidden, colon_as = _hide_colons(masked)
        if hidden != masked:
            text = mask(source.text, hidden, repairs, colon_as)
            attempt = build(text, events_of(hidden, "C"))
    return attempt


def _sanitised(text: str) -> str:
    """A text of the same length in which no character is left that only one of us understands.

    Both parsers refuse a whole stream for one control character. They take NEL, LS and PS for
    line breaks, or not, and neither does an editor. A byte order mark at the start of a line is no
    column: a line break in its place keeps what follows it at the first one.
    """
    if text.isascii():
        if not text.encode("ascii").translate(None, _PRINTABLE_ASCII):
            return text
    elif not _REPLACED.search(text):
        return text

    def replacement(match: re.Match[str]) -> str:
        at = match.start()
        starts_line = at == 0 or text[at - 1] in "\r\n"
        return "\n" if match[0] == "\ufeff" and starts_line else " "

    return _REPLACED.sub(replacement, text)


def _read_pure(text: MaskedText, repairs: tuple[Repair, ...]) -> ParseAttempt:
    """Read with the pure parser, which wants spaces and no comment behind some tokens."""
    while True:
        masked = text.masked
        attempt = build(text, events_of(masked, "pure"))
        if attempt.failure is None or attempt.failure.kind not in ("block", "directive", "tag"):
            return attempt
        kind, start, begin = attempt.failure
        if line_start(masked, start) > begin:
            return attempt
        if masked[start : start + 1] == "\t":
            end = start + 1
        elif masked[start : start + 1] == "#" and kind != "tag":
            end = line_end(masked, start)
        else:
            return attempt
        masked = masked[:start] + " " * (end - start) + masked[end:]
        text = mask(text.original, masked, repairs)


_WORD = re.compile(r"(?<![^\s,\[\]{}])[^\s,\[\]{}!&*][^\s,\[\]{}]*")
_COLON = re.compile(r"(?<![\"']):(?=\S)")


def _hide_colons(source: str) -> tuple[str, str]:
    """Replace the colons inside of words, and say by which character.

    The C parser refuses `{image: nginx:1.2}`, which `kubectl` reads. Which words are plain and
    stand in a flow collection is not known here; for the others the replacement changes nothing,
    because values get their colons back. It spares what would not survive it: tags, anchors,
    aliases, and the colons that separate a key from its value.
    """
    colon_as = next(c for c in map(chr, range(0xE000, 0xF8FF)) if c not in source)

    def hidden(match: re.Match[str]) -> str:
        # The character behind the word decides about a colon at its end.
        word = match[0] + source[match.end() : match.end() + 1]
        colons = 0
        if word[0] == ":" and not _continues(source, match.start()):
            colons = len(word) - len(word.lstrip(":"))
        return (word[:colons] + _COLON.sub(colon_as, word[colons:]))[: len(match[0])]

    return _WORD.sub(hidden, source), colon_as


def _continues(source: str, start: int) -> bool:
    """Whether the word at `start` goes on with a plain scalar that began with another word."""
    # A long look back would be slow on a long line, and tells no more.
    nearby = source[max(0, start - 200) : start]
    before = nearby[line_start(nearby, len(nearby)) :].rstrip(" \t")
    if nearby[-1:] not in (" ", "\t") or before[-1:] in ("", *",[]{}:?\"'"):
        return False
    return before.replace(",", " ").replace("[", " ").replace("{", " ").split()[-1][0] not in "!&*"
