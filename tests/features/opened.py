"""What an editor does, done again without the code under test: open a text, apply an edit."""

import re
from collections.abc import Sequence
from itertools import pairwise

from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding

DEFAULTS = Settings()

URI = "file:///work/pod.yaml"

_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def opened(
    text: str, settings: Settings = DEFAULTS, encoding: Encoding = "utf-16", version: int = 7
) -> Document:
    """The text as the server knows it after an analysis."""
    return Document(URI, version, lines_of(text, encoding), analyze(text, settings))


def split(text: str) -> list[str]:
    """The lines with their breaks, as the protocol has them."""
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


def offset_in(text: str, position: types.Position, encoding: Encoding) -> int:
    """Where an editor sees a position: beyond a line its end, inside of a character before it."""
    lines = split(text)
    if position.line >= len(lines):
        return len(text)
    codec, width = _CODECS[encoding]
    content = lines[position.line].rstrip("\r\n")
    units = content.encode(codec)[: position.character * width]
    before = sum(map(len, lines[: position.line]))
    return before + len(units.decode(codec, "ignore"))


def splice_units(text: str, range_: types.Range, new: str) -> str:
    """What an editor does that keeps a text as the code units of UTF-16, and breaks pairs."""

    def units(text: str) -> bytes:
        return text.encode("utf-16-le", "surrogatepass")

    def unit_in(position: types.Position) -> int:
        lines = split(text)
        if position.line >= len(lines):
            return len(units(text))
        content = units(lines[position.line].rstrip("\r\n"))
        before = units("".join(lines[: position.line]))
        return len(before) + len(content[: position.character * 2])

    start = unit_in(range_.start)
    end = max(start, unit_in(range_.end))
    data = units(text)
    return (data[:start] + units(new) + data[end:]).decode("utf-16-le", "surrogatepass")


def splice(text: str, range_: types.Range, new: str, encoding: Encoding) -> str:
    start = offset_in(text, range_.start, encoding)
    end = max(start, offset_in(text, range_.end, encoding))
    return text[:start] + new + text[end:]


def place(text: str, token: str, encoding: Encoding = "utf-16") -> types.Position:
    """The position of the first character of a token that occurs once."""
    assert text.count(token) == 1, token
    offset = text.index(token)
    before = split(text[:offset])
    codec, width = _CODECS[encoding]
    return types.Position(len(before) - 1, len(before[-1].encode(codec)) // width)


def applied(
    text: str, edit: types.WorkspaceEdit | None, encoding: Encoding = "utf-16", uri: str = URI
) -> str:
    """The text after a workspace edit of one file, in either form."""
    assert edit is not None
    if edit.document_changes is not None:
        (change,) = edit.document_changes
        assert isinstance(change, types.TextDocumentEdit) and change.text_document.uri == uri
        edits: Sequence[object] = change.edits
    else:
        assert edit.changes is not None
        edits = edit.changes[uri]
    spans = []
    for index, each in enumerate(edits):
        assert isinstance(each, types.TextEdit)
        start = offset_in(text, each.range.start, encoding)
        spans.append((start, offset_in(text, each.range.end, encoding), index, each.new_text))
    spans.sort()
    for one, other in pairwise(spans):
        assert one[1] <= other[0], "edits overlap"
    for start, end, _, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text
