"""What the client sends becomes messages, and these are handled, until one of the two has ended.

The loop reads, so that a key is handled in the very moment in which it comes. A thread reads too,
whenever the loop does not come to it: so a client is never kept from writing, and a request that it
takes back in the meantime is not run. It reads alone where the loop cannot wait for a stream, as on
Windows. Everything else happens on the loop.
"""

import asyncio
import json
import select
import time
from contextlib import suppress
from functools import partial
from io import BufferedReader
from math import isfinite
from threading import Lock, Thread
from typing import Any, BinaryIO, TypeGuard

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcRequestCancelled,
    JsonRpcServerNotInitialized,
)
from pygls.io_ import StdoutWriter

from k8s_lsp.server.client_process import end_with
from k8s_lsp.server.framing import Incoming
from k8s_lsp.server.greeting import AT_ONCE, Beginning
from k8s_lsp.server.state import Server

HEAD_START = 0.005
"""Seconds after which the thread reads what the loop has not."""


class Session:
    """What the thread that reads and the loop share.

    `waiting` holds the requests that were read, but neither handled nor cancelled.
    """

    def __init__(
        self,
        server: Server,
        reader: BufferedReader,
        writer: BinaryIO,
        beginning: Beginning | None = None,
    ) -> None:
        self.server = server
        self.reader = reader
        self.ended = asyncio.Event()
        self.writer = _Writer(writer, self.ended)
        self.waiting: set[str | int] = set()
        self._beginning = Beginning(Incoming()) if beginning is None else beginning
        self._incoming = self._beginning.incoming
        self._reading = Lock()
        self._is_at_end = False
        # Tells whether there is something to read, where the loop reads too.
        self._poll: Any = None
        self._is_initialized = False

    async def run(self) -> None:
        """Serve the client until it says `exit`, or is gone."""
        self.server.protocol.set_writer(self.writer)
        loop = asyncio.get_running_loop()
        self.begin()
        # Not every loop can wait for every stream: not for a file, and on Windows for none.
        with suppress(NotImplementedError, OSError):
            loop.add_reader(self.reader, self._read_on_the_loop, loop)
            poll = select.poll()
            poll.register(self.reader, select.POLLIN)
            self._poll = poll
        Thread(target=self.read, args=(loop,), daemon=True).start()
        await self.ended.wait()
        if self._poll is not None:
            loop.remove_reader(self.reader)

    def begin(self) -> None:
        """Take what was read before; a first message that was answered is not answered again."""
        messages = [*self._beginning.messages]
        if self._beginning.is_answered:
            first: Any = messages.pop(0)
            # Before the others are looked at, which might take it back.
            self._note(first)
            self.server.protocol.answered = first["id"]
            self.handle(first)
            self.server.protocol.answered = None
        for message in messages:
            self._take(message)
        self.server.drain()

    def read(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over to the loop what the client sends; this runs in a thread of its own."""
        while not self._is_at_end:
            if self._poll is not None:
                select.select([self.reader], [], [])
                time.sleep(HEAD_START)
            self._receive()
            # Where the loop has ended, there is nothing to hand over to.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.server.drain)

    def _read_on_the_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._receive()
        if self._is_at_end:
            loop.remove_reader(self.reader)
        self.server.drain()

    def _receive(self) -> None:
        """Take what the client has sent. Waits for something, unless another one may read it."""
        with self._reading:
            if self._is_at_end:
                return
            if self._poll is not None and not self._poll.poll(0):
                return
            data = b""
            # A connection that breaks is one that ends.
            with suppress(OSError):
                data = self.reader.read1(AT_ONCE)
            for message in self._incoming.messages(data):
                self._take(message)
            if not data:
                self._is_at_end = True
                self.server.inbox.append(self.ended.set)

    def _take(self, message: dict[str, Any] | JsonRpcException) -> None:
        """Have a message handled in its turn."""
        self._note(message)
        self.server.inbox.append(partial(self.handle, message))

    def _note(self, message: dict[str, Any] | JsonRpcException) -> None:
        """Keep in mind which requests wait, and which were taken back."""
        # Nearly all messages are changes, and those are no requests.
        match None if _is_change(message) else message:
            case {"method": "$/cancelRequest", "params": {"id": str() | int() as id_}}:
                self.waiting.discard(id_)
            case {"method": _, "id": id_} if _is_id(id_):
                self.waiting.add(id_)

    def handle(self, message: dict[str, Any] | JsonRpcException) -> None:
        """Have a message handled, or refuse it."""
        match message:
            case _ if self._is_initialized and _is_change(message):
                self.dispatch(message)
            case JsonRpcException():
                self.refuse(None, message)
                self.server.report_server_error(message, JsonRpcException)
            case {"method": "exit"}:
                self.ended.set()
            case {"method": method, "id": id_} if _is_id(id_):
                self.request(method, id_, message)
            case {"method": _, "id": id_}:
                number = id_ if type(id_) is float and isfinite(id_) else None
                self.refuse(number, JsonRpcInvalidRequest("an id is an integer or a string"))
            case _ if self._is_initialized:
                self.dispatch(message)

    def request(self, method: object, id_: str | int, message: dict[str, Any]) -> None:
        """Have a request handled that was not taken back, if it is time for it."""
        if id_ not in self.waiting:
            self.refuse(id_, JsonRpcRequestCancelled())
            return
        self.waiting.discard(id_)
        is_first = method == types.INITIALIZE and not self.server.protocol.is_initialized
        if is_first:
            self.initialize(message)
        if not isinstance(method, str) or (method == types.INITIALIZE and not is_first):
            self.refuse(id_, JsonRpcInvalidRequest(f"cannot be asked for now: {method}"))
        elif self._is_initialized:
            self.dispatch(message, id_)
        else:
            self.refuse(id_, JsonRpcServerNotInitialized())

    def initialize(self, message: dict[str, Any]) -> None:
        """From now on messages are handled, as long as the client's process lives."""
        self._is_initialized = True
        match message:
            case {"params": {"processId": int() as client}}:
                end_with(client, lambda: self.server.exit_status)

    def dispatch(self, message: dict[str, Any], id_: str | int | None = None) -> None:
        """Hand a message to pygls, which raises for one that the protocol does not allow."""
        protocol = self.server.protocol
        try:
            if _is_change(message):
                protocol.change(message.get("params"))
                return
            # pygls wants `params` where the protocol lets them be left out, and is silent where
            # the version is another one.
            whole = {"params": None, **message, "jsonrpc": protocol.VERSION}
            value = protocol.structure_message(whole)
            protocol.handle_message(value)
            if id_ is not None and not hasattr(value, "id"):
                # A notification that the client waits for.
                self.answer(id_, {"result": None})
        except Exception as error:
            if not isinstance(error, JsonRpcException):
                error = JsonRpcInvalidRequest(str(error))
            if id_ is not None:
                self.refuse(id_, error)
            self.server.report_server_error(error, JsonRpcException)

    def refuse(self, id_: str | int | float | None, error: JsonRpcException) -> None:
        """Answer a request, or a message that cannot be told to be one, with an error."""
        self.answer(id_, {"error": {"code": error.code, "message": error.message}})

    def answer(self, id_: str | int | float | None, what: dict[str, Any]) -> None:
        """Answer a request with what is no value of the protocol."""
        if id_ is not None and id_ == self.server.protocol.answered:
            return
        body = json.dumps({"jsonrpc": "2.0", "id": id_, **what}).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def _is_id(value: object) -> TypeGuard[str | int]:
    """Whether a value can tell requests apart, as the protocol has it."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _is_change(message: dict[str, Any] | JsonRpcException) -> TypeGuard[dict[str, Any]]:
    """Whether a message is a change of a text, as nearly all are."""
    return (
        isinstance(message, dict)
        and message.get("method") == types.TEXT_DOCUMENT_DID_CHANGE
        and "id" not in message
    )


class _Writer(StdoutWriter):
    """Writes at once, and waits for a client that does not read: more is of no use to it.

    A client that has stopped reading for good has ended the session.
    """

    def __init__(self, stream: BinaryIO, ended: asyncio.Event) -> None:
        super().__init__(stream)
        self._ended = ended

    def write(self, data: bytes) -> None:
        try:
            super().write(data)
        except OSError:
            self._ended.set()

    def close(self) -> None:
        # What could not be written stays in the stream, which tries again now.
        with suppress(OSError):
            self._stdout.close()
