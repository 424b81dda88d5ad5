r"""The open texts, kept as the client changes them, and messages that are JSON already.

pygls' own documents split lines where the protocol does not (form feed, NEL, U+2028), split the
whole text again on each access, and change the positions that they are given. So texts are kept
here, whose lines end at `\n`, `\r\n` or a lone `\r`, and pygls' handlers of the three notifications
are replaced.

Nobody keeps the lines: a keystroke would have to go through all of them to know where its own
begins. It is found from the line that changed last.
"""

import json
import logging
from collections.abc import Sequence
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol, lsp_method

from k8s_lsp.features.client import encoding_of
from k8s_lsp.features.convert import Lines, lines_of
from k8s_lsp.text import (
    Encoding,
    Span,
    code_points,
    common_ends,
    line_breaks,
    line_end,
    line_start,
    next_line,
)

log = logging.getLogger(__name__)

FAR = 300
"""How many lines are passed one by one; beyond that it is cheaper to read the text from its top."""


def key_of(uri: str) -> str:
    """What stands for a text: clients do not always escape the same characters of its address."""
    return unquote(uri)


class Buffer:
    """One open text; `version` is the client's, and grows with every change."""

    def __init__(self, uri: str, version: int, text: str, encoding: Encoding) -> None:
        self.uri = uri
        self.version = version
        self.encoding = encoding
        self.text = text
        # The line that changed last, and where it begins: the next change is seldom far from it.
        self._line = 0
        self._start = 0
        # The text of the last snapshot, and how many code points at its beginning and at its end
        # nobody has touched since.
        self._seen = ""
        self._same_before = 0
        self._same_after = 0

    def snapshot(self, known: str | None = None) -> tuple[Lines, Span | None]:
        """The text with its lines, and the span of it that changed since the last snapshot.

        The span covers whole lines without the last line end. It is None where the text that is
        `known` is not the one that the last snapshot gave.
        """
        text, start = self.text, self._same_before
        is_known, self._seen = known is self._seen, text
        end = max(len(text) - self._same_after, start)
        self._same_before = self._same_after = len(text)
        # Where a line break got another kind, a part of it has changed too.
        stop = max(line_end(text, _at_break(text, end)), end)
        span = Span(line_start(text, _at_break(text, start)), stop)
        return lines_of(text, self.encoding), span if is_known else None

    def apply(self, change: "Change") -> None:
        """Apply one change of the client; places outside of the text mean its nearest place."""
        text, new = self.text, change.text
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            before, after = _common_ends(text, new)
            self._line = self._start = 0
            self.text = new
        else:
            # The beginning is found last, so that its line is the one that is kept in mind.
            end = self._offset_of(change.range.end)
            before = self._offset_of(change.range.start)
            after = len(text) - max(before, end)
            self.text = f"{text[:before]}{new}{text[len(text) - after :]}"
            if self.text.startswith("\r\n", self._start - 1):
                # The two have become one line break, and the line begins behind it.
                self._start += 1
        self._same_before = min(self._same_before, before)
        self._same_after = min(self._same_after, after)

    def _offset_of(self, position: "types.Position | Position") -> int:
        """The offset of a position; its line, or the last one, is kept in mind."""
        text, line, start = self.text, self._line, self._start
        if abs(position.line - line) > FAR:
            line = min(position.line, line_breaks(text))
            start = sum(map(len, islice(_lines(text), line)))
        while line > position.line:
            line, start = line - 1, line_start(text, _at_break(text, start - 1))
        while line < position.line and (below := next_line(text, start)) <= len(text):
            line, start = line + 1, below
        self._line, self._start = line, start
        if line < position.line:
            return len(text)
        content = text[start : line_end(text, start)]
        return start + code_points(content, position.character, self.encoding)


def _at_break(text: str, offset: int) -> int:
    r"""An offset; inside of a `\r\n`, where no line ends, the offset of that."""
    return offset - 1 if text.startswith("\r\n", offset - 1) else offset


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """How many code points two texts have in common at both ends, in whole lines."""
    lines = [*_lines(one)]
    before, after = common_ends(lines, [*_lines(other)])
    return sum(map(len, lines[:before])), sum(map(len, lines[len(lines) - after :]))


def _lines(text: str) -> StringIO:
    """The lines of a text with their ends, which Python finds here where the protocol has them."""
    return StringIO(text, newline="")


class Position(NamedTuple):
    """The protocol's value, without what makes that dear."""

    line: int
    character: int


class Range(NamedTuple):
    """The same of a range."""

    start: Position
    end: Position


class PartialChange(NamedTuple):
    """The same of a change of a part of a text."""

    range: Range
    text: str


Change = types.TextDocumentContentChangeEvent | PartialChange


def changes_of(params: Any) -> tuple[types.VersionedTextDocumentIdentifier, list[Change]]:
    """The text that is changed, and its changes, of parameters as they were read.

    The protocol's values and cattrs would take more time than all else about a key. Raises
    AttributeError, KeyError, TypeError or ValueError where that is not what the protocol allows.
    """
    document = params["textDocument"]
    return (
        types.VersionedTextDocumentIdentifier(document["version"], document["uri"]),
        [_change_of(change) for change in params["contentChanges"]],
    )


def _change_of(change: Any) -> Change:
    range_, text = change.get("range"), change["text"]
    if range_ is None:
        return types.TextDocumentContentChangeWholeDocument(text)
    if type(text) is not str:
        raise TypeError(f"not a text: {text!r}")
    return PartialChange(Range(_position_of(range_["start"]), _position_of(range_["end"])), text)


def _position_of(position: Any) -> Position:
    line, character = position["line"], position["character"]
    for number in (line, character):
        if type(number) is not int or not 0 <= number < 2**31:
            raise ValueError(f"not an unsigned integer: {number!r}")
    return Position(line, character)


class Json(NamedTuple):
    """Parameters or a result that are JSON already, in pieces."""

    pieces: list[bytes]


BLOCK = 2**17
"""About how many bytes of a message are written together: most messages need one call, and none
needs a large block of memory."""


class Protocol(LanguageServerProtocol):
    """pygls' protocol with our buffers, with answers after `shutdown`, and with JSON sent as it is.

    This is the only place that relies on how pygls works inside. Its own handlers are generators,
    and it keeps something for every notification that such a one handled; ours are plain functions.
    """

    def __init__(self, *arguments: Any) -> None:
        self._buffers: dict[str, Buffer] = {}
        super().__init__(*arguments)

    def buffer(self, key: str) -> Buffer | None:
        """The open text of that key."""
        return self._buffers.get(key)

    def open_keys(self) -> list[str]:
        """The keys of all open texts."""
        return list(self._buffers)

    @property
    def is_shut_down(self) -> bool:
        """Whether the client has asked for the end."""
        return self._shutdown

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take the text over from the client."""
        item = params.text_document
        encoding = encoding_of(self.workspace.position_encoding)
        self._buffers[key_of(item.uri)] = Buffer(item.uri, item.version, item.text, encoding)
        self._then(types.TEXT_DOCUMENT_DID_OPEN, params)

    def change(self, params: Any) -> None:
        """Handle a change as it was read; raises JsonRpcInvalidParams where it is none."""
        try:
            document, changes = changes_of(params)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise JsonRpcInvalidParams(repr(error)) from error
        self._change(document, changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply the changes."""
        self._change(params.text_document, params.content_changes)

    def _change(
        self, document: types.VersionedTextDocumentIdentifier, changes: Sequence[Change]
    ) -> None:
        """Apply the changes, each on the text that the one before it left."""
        buffer = self.buffer(key_of(document.uri))
        if buffer is None:
            log.warning("ignored a change of %s, which is not open", document.uri)
            return
        for change in changes:
            buffer.apply(change)
        buffer.version = document.version
        # Whoever hears of it looks at the buffer.
        params = types.DidChangeTextDocumentParams(document, [])
        self._then(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget the text."""
        self._buffers.pop(key_of(params.text_document.uri), None)
        self._then(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def handle_message(self, message: Any) -> None:
        """Handle a message; after `shutdown` a request is refused, where pygls stays silent."""
        if self._shutdown and hasattr(message, "id") and hasattr(message, "method"):
            error = JsonRpcInvalidRequest("the server is shutting down").to_response_error()
            self._send_response(message.id, error=error)
            return
        super().handle_message(message)

    def notify(self, method: str, params: Any | None = None) -> None:
        """Send a notification."""
        if isinstance(params, Json):
            self._send_json(f'"method":{json.dumps(method)},"params":', params)
        else:
            super().notify(method, params)

    def _send_response(
        self, msg_id: str | int, result: Any | None = None, error: Any | None = None
    ) -> None:
        if isinstance(result, Json):
            self._send_json(f'"id":{json.dumps(msg_id)},"result":', result)
        else:
            super()._send_response(msg_id, result, error)

    def _send_json(self, members: str, last: Json) -> None:
        """Send a message that has these members; it goes the way that pygls' own go."""
        if self.writer is None:
            return
        body = [f'{{"jsonrpc":"2.0",{members}'.encode(), *last.pieces, b"}"]
        length = sum(map(len, body))
        message = [b"Content-Length: %d\r\n\r\n" % length, *body]
        # How many pieces make a block, as they are long on average.
        together = max(len(message) * BLOCK // length, 1)
        for start in range(0, len(message), together):
            self.writer.write(b"".join(message[start : start + together]))

    def _then(self, method: str, params: Any) -> None:
        """Run the handler that is registered for the notification."""
        handler = self.fm.features.get(method)
        if handler is not None:
            handler(params)
