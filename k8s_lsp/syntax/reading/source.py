"""What of a text a parser is shown, so that it reads what Kubernetes' decoder reads.

Both of ruamel's parsers reject YAML that the decoder accepts, each in its own places. So the text
is repaired at the same length before it counts as broken, and values are taken from the user's.
"""

import re
from itertools import islice
from typing import Final, NamedTuple

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.json_values import begins_with_brace, json_end
from k8s_lsp.syntax.limits import PLACES
from k8s_lsp.syntax.nodes import Problem
from k8s_lsp.syntax.reading.build import build
from k8s_lsp.syntax.reading.events import PARSER, ParserName, events_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.repair.masked_text import BOM_AS, MaskedText, mask
from k8s_lsp.syntax.repair.repairs import Repair, apply_repairs
from k8s_lsp.syntax.repair.templates import mask_templates
from k8s_lsp.syntax.units import ReadAs
from k8s_lsp.text import HIDDEN_BREAKS, Span, line_end, line_start

_PRINTABLE_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
_NOT_YAML = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"  # as go-yaml's reader
)
_REPLACED = regex(f"[{_NOT_YAML}{HIDDEN_BREAKS}\ufeff]")
_REFUSED = regex(f"[{_NOT_YAML}]")
_BREAK = regex(f"[{HIDDEN_BREAKS}]")


class Source(NamedTuple):
    """A text, and what is read of it: the masked text, in which the repairs stand already.

    `refused` is what the decoder refuses before it comes to read YAML: how the unit begins, or the
    first character that no YAML may have. Where the text `has_breaks` that hide in its lines, they
    are line feeds in the masked text, and themselves in what a parser is shown. In a text that
    `is_json`, and has odd characters, nothing is odd.
    """

    text: str
    masked: str
    repairs: tuple[Repair, ...] = ()
    refused: Problem | None = None
    template: bool = False
    parser: ParserName = PARSER
    read_as: ReadAs = "start"
    has_breaks: bool = False
    is_json: bool = False

    @property
    def is_as_written(self) -> bool:
        """Whether the parser is shown the very text, all of which means what it says."""
        return self.masked is self.text and not self.template and self.refused is None


def source_of(
    text: str,
    *,
    template: bool = False,
    skipped: str | None = None,
    parser: ParserName | None = None,
    read_as: ReadAs = "start",
) -> Source:
    """What is read of a text; the arguments are those of `parse`."""
    is_odd = _is_odd(text)
    is_escaped = "\\u" in text and _SURROGATE.search(text) is not None
    is_json = (is_odd or is_escaped) and is_json_text(text, read_as)
    if is_json:
        masked = _masked_json(text)
    else:
        masked = _masked_yaml(text, read_as) if is_odd else text
    has_breaks = is_odd and not is_json and _BREAK.search(text) is not None
    found = _REFUSED.search(text) if is_odd and not is_json else None
    refused, unread = _beginning(text, read_as, template)
    repairs: tuple[Repair, ...] = ()
    if unread:
        masked = " " * unread + masked[unread:]
    if found is not None:
        message = f"character U+{ord(found[0]):04X} is not allowed in YAML"
        refused = refused or Problem(Span(*found.span()), message)
        matches = islice(_REFUSED.finditer(text), PLACES + 1)
        repairs = tuple(Repair(Span(*match.span()), " ") for match in matches)
    if skipped is not None and masked is text:
        masked = skipped
    if template:
        repairs += mask_templates(masked)
        masked = apply_repairs(masked, repairs)
    source = Source(text, masked, repairs, refused, template, parser or PARSER, read_as)
    return source._replace(has_breaks=True) if has_breaks else source._replace(is_json=is_json)


def is_json_text(text: str, read_as: ReadAs) -> bool:
    """Whether the decoder reads the object at the beginning of a unit as JSON."""
    return read_as in ("start", "json") and begins_with_brace(text) and json_end(text) is not None


def read(source: Source) -> ParseAttempt:
    """Read what the parser is shown; raises LimitError."""
    attempt = read_repaired(source, source.masked, source.repairs)
    if attempt.failure is None or not is_json_text(source.text, source.read_as):
        return attempt
    # JSON may end a line between a key and its colon, and have tabs wherever it has blanks.
    masked = _KEY_ABOVE_COLON.sub(lambda match: match[1] + " " * len(match[2] or ""), source.masked)
    masked = masked.replace("\t", " ")
    return read_repaired(source._replace(is_json=True), masked, source.repairs)


def read_repaired(source: Source, masked: str, repairs: tuple[Repair, ...]) -> ParseAttempt:
    """Read another masked form of the same text, which these repairs made; raises LimitError."""
    text = mask(source.text, masked, repairs, is_json=source.is_json)
    if source.parser == "pure":
        return _read_pure(text, repairs, source.has_breaks)
    attempt = build(text, events_of(_shown(text, source.has_breaks), "C"))
    if attempt.failure is not None and attempt.failure.kind == "word":
        hidden, colon_as = _hide_colons(masked)
        if hidden != masked:
            text = mask(source.text, hidden, repairs, colon_as, is_json=source.is_json)
            attempt = build(text, events_of(_shown(text, source.has_breaks), "C"))
    return attempt


def _shown(text: MaskedText, has_breaks: bool) -> str:
    """What a parser is shown: it knows what the line breaks mean that hide in a line."""
    shown = text.masked
    if has_breaks:
        characters = list(shown)
        for match in _BREAK.finditer(text.original):
            if characters[match.start()] == "\n":
                characters[match.start()] = match[0]
        shown = "".join(characters)
    # The decoder ends the last line where the text does not, which only a block of text tells.
    if shown[-1:] not in ("", "\n") and ("|" in shown or ">" in shown):
        shown += "\n"
    return shown


def _is_odd(text: str) -> bool:
    """Whether a text has characters that only one of us understands."""
    if text.isascii():
        return bool(text.encode("ascii").translate(None, _PRINTABLE_ASCII))
    return _REPLACED.search(text) is not None


def _masked_yaml(text: str, read_as: ReadAs) -> str:
    """A text of the same length in which no character is left that only one of us understands.

    Both parsers refuse a whole stream for one control character. A byte order mark that begins what
    the decoder reads is no column: a line break in its place keeps what follows it at the first
    one. Any other is a part of the text.
    """
    begins = text.find("\n") + 1 if read_as == "document" and text.startswith("---") else 0
    marks = len(text) - len(text.lstrip("\ufeff"))

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "\ufeff":
            at = match.start()
            return "\n" if at == begins or at < marks else BOM_AS
        return "\n" if match[0] in HIDDEN_BREAKS else " "

    return _REPLACED.sub(replacement, text)


_SURROGATE: Final = regex(r"\\u[dD][89a-fA-F]")
_ESCAPE: Final = regex(r"\\(u[dD][89a-fA-F]..|.)")
# Every string is taken, with or without its end, so that none is looked for inside of another.
_KEY_ABOVE_COLON: Final = regex(
    r'("(?:[^"\\]|\\.)*(?:"|\\?\Z))(?:([ \t]*[\r\n][ \t\r\n]*)(?=:))?', re.DOTALL
)


def _masked_json(text: str) -> str:
    """A text of the same length, of whose strings a parser understands every character."""
    escaped = _ESCAPE.sub(lambda match: "xxxxxx" if len(match[0]) > 2 else match[0], text)
    masked = _REPLACED.sub("x", escaped)
    return "\n" + masked[1:] if text.startswith("\ufeff") else masked


_SEPARATOR: Final = regex(r"---(?:[ \t]+(?:#.*)?)?\r?\n?")
"""A separator's line as a parser knows it."""

_NOTHING_ENDS: Final = regex(r"---.*\n(?:[ \t]*(?:#.*)?\n)*\.\.\.(?=\s|$)")
"""A separator, and then the end of a document: without the separator, nothing is there to end."""


def _beginning(text: str, read_as: ReadAs, template: bool) -> tuple[Problem | None, int]:
    """What the decoder refuses of how a unit begins, and how much of that is not read.

    Source: `YAMLReader.Read` in k8s.io/apimachinery/pkg/util/yaml/decoder.go.
    """
    if read_as == "refused":
        start = len(text) - len(text.lstrip())
        end = line_end(text, start)
        return Problem(Span(start, end), "kubectl refuses what is not JSON behind JSON objects"), 0
    if read_as == "rest" and not text.strip():
        return Problem(Span(0, line_end(text, 0)), "kubectl refuses these blanks behind JSON"), 0
    mark = text.startswith("\ufeff---")
    if mark and read_as == "document":
        return Problem(Span(0, 4), "kubectl refuses a byte order mark before '---'"), 0
    # A mark at the start of the text is taken away before the separator is looked at.
    behind = 4 if mark else 3
    if not text.startswith("---", behind - 3):
        return None, 0
    end = text.find("\n")
    line = text[: len(text) if end < 0 else end]
    content = line[behind:].strip()
    if content[:1] not in ("", "#"):
        if template and content.startswith("{{"):
            return None, behind
        start = line.index(content, behind)
        message = "kubectl refuses the file here: only a comment may follow '---' on its line"
        return Problem(Span(start, start + len(content)), message), 0
    if read_as == "document" and (not _SEPARATOR.fullmatch(line) or _NOTHING_ENDS.match(text)):
        return None, len(line)
    return None, 0


def _read_pure(text: MaskedText, repairs: tuple[Repair, ...], has_breaks: bool) -> ParseAttempt:
    """Read with the pure parser, which wants spaces and no comment behind some tokens."""
    while True:
        masked = text.masked
        attempt = build(text, events_of(_shown(text, has_breaks), "pure"))
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
        text = mask(text.original, masked, repairs, is_json=text.is_json)


_WORD = regex(r"(?<![^\s,\[\]{}])[^\s,\[\]{}!&*][^\s,\[\]{}]*")
_COLON = regex(r"(?<![\"']):(?=\S)")


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
