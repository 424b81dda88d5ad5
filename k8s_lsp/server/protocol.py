"""pygls' protocol with texts of our own, and with messages that are JSON already."""

import json
import logging
from typing import Any, NamedTuple

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol, lsp_method

from k8s_lsp.features.client import encoding_of
from k8s_lsp.server.buffers import Buffer, Changes, changes_of, key_of
from k8s_lsp.server.lenient import structured

log = logging.getLogger(__name__)


class Json(NamedTuple):
    """Parameters or a result that are JSON already, in pieces."""

    pieces: list[bytes]


BLOCK = 2**17
"""About how many bytes of a message are written together: most messages need one call, and none
needs a large block of memory."""


class Protocol(LanguageServerProtocol):
    """pygls' protocol with our buffers, with answers after `shutdown`, and with JSON sent as it is.

    This is the only place that relies on how pygls works inside. Its handlers of the three
    notifications about texts are replaced: they are generators, and it keeps something for every
    notification that such a one handled; ours are plain functions.
    """

    def __init__(self, *arguments: Any) -> None:
        self._buffers: dict[str, Buffer] = {}
        self.answered: str | int | None = None
        """A request that has its answer already, while it is handled all the same."""
        super().__init__(*arguments)

    def buffer(self, key: str) -> Buffer | None:
        """The open text of that key."""
        return self._buffers.get(key)

    def open_keys(self) -> list[str]:
        """The keys of all open texts."""
        return list(self._buffers)

    @property
    def is_initialized(self) -> bool:
        """Whether a client has begun the session, and was told what it may ask for."""
        return self._workspace is not None

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
            changes = changes_of(params)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise JsonRpcInvalidParams(repr(error)) from error
        self._change(changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply the changes."""
        document = params.text_document
        self._change(Changes(document.uri, document.version, params.content_changes))

    def _change(self, changes: Changes) -> None:
        buffer = self.buffer(key_of(changes.uri))
        if buffer is None:
            log.warning("ignored a change of %s, which is not open", changes.uri)
            return
        for change in changes.changes:
            buffer.apply(change)
        buffer.version = changes.version
        self._then(types.TEXT_DOCUMENT_DID_CHANGE, changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forget the text; from here on it is called as it was when it was opened."""
        buffer = self._buffers.pop(key_of(params.text_document.uri), None)
        if buffer is not None:
            params = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(buffer.uri))
        self._then(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The value of a message; what the protocol forbids in its parameters is left out."""
        if "method" not in data:
            # What pygls expects of an answer it forgets when it is asked.
            return super().structure_message(data)
        return structured(super().structure_message, data)

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
        if self.answered is not None and msg_id == self.answered:
            return
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
