"""How a client is connected: what it sends becomes messages, and its end is ours.

The loop reads, so that a key is handled in the very moment in which it comes. A thread reads too,
whenever the loop does not come to it: so a client is never kept from writing, and a request that it
takes back in the meantime is not run. It reads alone where the loop cannot wait for a stream, as on
Windows. Everything else happens on the loop.
"""

import asyncio
import ipaddress
import json
import os
import re
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout, suppress
from functools import partial
from io import BufferedReader
from threading import Lock, Thread
from typing import Any, BinaryIO, TypeGuard

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcRequestCancelled,
    JsonRpcServerNotInitialized,
)
from pygls.io_ import StdoutWriter

from k8s_lsp.garbage import freeze_garbage
from k8s_lsp.server.app import Server, create_server

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; more than the largest text that is analysed can need, whatever is escaped in it."""

LONGEST_HEADER = 2**16
"""Bytes that are looked at together for a line of a message's header."""

AT_ONCE = 2**16
"""Bytes that are read at most before somebody looks whether they are a message."""

HEAD_START = 0.005
"""Seconds after which the thread reads what the loop has not."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether the client's process lives."""

_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n\Z", re.IGNORECASE)
"""At the end of a line: what comes before it is left of a message whose length was wrong."""


def serve_stdio(client: int | None = None) -> int:
    """Serve one client on standard input and output; gives the exit status.

    It is 0 after `shutdown`, else 1, as the protocol asks. `client` is the id of a process without
    which there is nothing to do; `initialize` may name another one.
    """
    server = _server(client)
    reader = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115
    writer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What prints by mistake must not reach the client.
    with redirect_stdout(sys.stderr):
        return _serve(server, reader, writer)


def serve_tcp(host: str, port: int, client: int | None = None) -> int:
    """Serve the first client that connects, and end with it; gives the exit status.

    Raises ValueError where `host` is not this machine itself, because whoever can connect can read
    what is open. Port 0 takes a free port; the address is printed to standard error.
    """
    if not is_loopback(host):
        raise ValueError(f"{host} is not a loopback address: use 127.0.0.1, ::1 or localhost")
    server = _server(client)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        address, bound = listening.getsockname()[:2]
        print(f"k8s-lsp listens on {address}:{bound}", file=sys.stderr, flush=True)
        connection, _ = listening.accept()
    with connection:
        # Each message is written whole, and waits for nothing that might follow it.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return _serve(server, connection.makefile("rb"), connection.makefile("wb"))


def is_loopback(host: str) -> bool:
    """Whether the host is this machine; a name other than localhost could lead anywhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Incoming:
    """Makes messages of bytes, however these come; for what is no message, the error that says why.

    What has come without its end is kept, and there is never more of it than the largest message.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._length: int | None = None
        self._has_header = False
        self._passed_over = 0

    def messages(self, data: bytes) -> Iterator[dict[str, Any] | JsonRpcException]:
        """The messages that end in the data."""
        self._bytes += data
        while True:
            if self._passed_over:
                passed = min(self._passed_over, len(self._bytes))
                self._passed_over -= passed
                del self._bytes[:passed]
            if self._has_header and self._length is not None:
                if len(self._bytes) < self._length:
                    return
                body = self._taken(self._length)
                self._length, self._has_header = None, False
                yield _message(body)
                continue
            end = self._bytes.find(b"\n", 0, LONGEST_HEADER) + 1
            if not end and len(self._bytes) < LONGEST_HEADER:
                return
            line = self._taken(end or LONGEST_HEADER)
            if found := _LENGTH.search(line):
                self._length = int(found[1])
            elif line.strip():
                pass
            elif self._length is None:
                yield JsonRpcParseError("a message without Content-Length")
            elif self._length > LARGEST_MESSAGE:
                yield JsonRpcParseError(f"a message of {self._length} bytes is too large")
                self._passed_over, self._length = self._length, None
            else:
                self._has_header = True

    def _taken(self, length: int) -> bytes:
        taken = bytes(self._bytes[:length])
        del self._bytes[:length]
        return taken


def _message(body: bytes) -> dict[str, Any] | JsonRpcException:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        return JsonRpcParseError(f"not JSON: {error}")
    return message if isinstance(message, dict) else JsonRpcInvalidRequest("not an object")


# One session.


def _server(client: int | None) -> Server:
    """A server that ends the process together with that of its client."""
    server = create_server()
    freeze_garbage()
    if client is not None:
        _end_with(client, server)
    return server


def _serve(server: Server, reader: BufferedReader, writer: BinaryIO) -> int:
    session = Session(server, reader, writer)
    with closing(session.writer):
        asyncio.run(session.run())
    return _status(server)


def _status(server: Server) -> int:
    return 0 if server.protocol.is_shut_down else 1


class Session:
    """What the thread that reads and the loop share.

    `waiting` holds the requests that were read, but neither handled nor cancelled.
    """

    def __init__(self, server: Server, reader: BufferedReader, writer: BinaryIO) -> None:
        self.server = server
        self.reader = reader
        self.ended = asyncio.Event()
        self.writer = _Writer(writer, self.ended)
        self.waiting: set[str | int] = set()
        self._incoming = Incoming()
        self._reading = Lock()
        self._is_at_end = False
        # Tells whether there is something to read, where the loop reads too.
        self._poll: Any = None
        self._is_initialized = False

    async def run(self) -> None:
        """Serve the client until it says `exit`, or is gone."""
        self.server.protocol.set_writer(self.writer)
        loop = asyncio.get_running_loop()
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

    def read(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over to the loop what the client sends; this runs in a thread of its own."""
        while not self._is_at_end:
            if self._poll is not None:
                select.select([self.reader], [], [])
                time.sleep(HEAD_START)
            self._receive()
            # Where the loop has ended, nobody needs to hear of anything.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.server.work)

    def _read_on_the_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._receive()
        if self._is_at_end:
            loop.remove_reader(self.reader)
        self.server.work()

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
                # Nearly all messages are changes, and those are no requests.
                match None if _is_change(message) else message:
                    case {"method": "$/cancelRequest", "params": {"id": str() | int() as id_}}:
                        self.waiting.discard(id_)
                    case {"method": _, "id": str() | int() as id_}:
                        self.waiting.add(id_)
                self.server.arrived.append(partial(self.handle, message))
            if not data:
                self._is_at_end = True
                self.server.arrived.append(self.ended.set)

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
            case {"method": method, "id": str() | int() as id_}:
                if id_ not in self.waiting:
                    self.refuse(id_, JsonRpcRequestCancelled())
                    return
                self.waiting.discard(id_)
                if method == "initialize":
                    self.initialize(message)
                if self._is_initialized:
                    self.dispatch(message, id_)
                else:
                    self.refuse(id_, JsonRpcServerNotInitialized())
            case _ if self._is_initialized:
                self.dispatch(message)

    def initialize(self, message: dict[str, Any]) -> None:
        """From now on messages are handled, as long as the client's process lives."""
        self._is_initialized = True
        match message:
            case {"params": {"processId": int() as client}}:
                _end_with(client, self.server)

    def dispatch(self, message: dict[str, Any], id_: str | int | None = None) -> None:
        """Hand a message to pygls, which raises for one that the protocol does not allow."""
        protocol = self.server.protocol
        try:
            if _is_change(message):
                protocol.change(message.get("params"))
                return
            # pygls wants `params` where the protocol lets them be left out.
            protocol.handle_message(protocol.structure_message({"params": None, **message}))
        except Exception as error:
            if not isinstance(error, JsonRpcException):
                error = JsonRpcInvalidRequest(str(error))
            if id_ is not None:
                self.refuse(id_, error)
            self.server.report_server_error(error, JsonRpcException)

    def refuse(self, id_: str | int | None, error: JsonRpcException) -> None:
        """Answer a request, or a message that cannot be told to be one, with an error."""
        answer = {"id": id_, "error": {"code": error.code, "message": error.message}}
        body = json.dumps({"jsonrpc": "2.0", **answer}).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def _is_change(message: dict[str, Any] | JsonRpcException) -> TypeGuard[dict[str, Any]]:
    """Whether somebody types."""
    return (
        isinstance(message, dict)
        and message.get("method") == types.TEXT_DOCUMENT_DID_CHANGE
        and "id" not in message
    )


class _Writer(StdoutWriter):
    """Writes at once, and waits for a client that does not read: more is of no use to it.

    Who has stopped reading for good has ended the session.
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


# The client's process.


def _end_with(client: int, server: Server) -> None:
    """End our process when that one ends, even if others hold its ends of the pipes.

    A process that is not there is one of another machine or container, and is not watched.
    """
    wait = waiting_for(client) if 0 < client < 2**31 else None

    def run(wait: Callable[[], None]) -> None:
        wait()
        # The loop may be writing to a pipe that nobody reads, and would not hear of it.
        os._exit(_status(server))

    if wait is not None:
        Thread(target=run, args=(wait,), daemon=True).start()


if sys.platform == "win32":
    import ctypes

    def waiting_for(pid: int) -> Callable[[], None] | None:
        """What returns when that process has ended; None where there is none."""
        synchronize, without_end = 0x0010_0000, -1
        process = ctypes.windll.kernel32.OpenProcess(synchronize, False, pid)
        if not process:
            return None
        return lambda: ctypes.windll.kernel32.WaitForSingleObject(process, without_end)

else:

    def waiting_for(pid: int) -> Callable[[], None] | None:
        """What returns when that process has ended; None where there is none."""
        is_parent = os.getppid() == pid

        def lives() -> bool:
            if is_parent:
                # Its id lives on until somebody has asked how it ended, its children do not wait.
                return os.getppid() == pid
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
            except PermissionError:
                pass
            return True

        def wait() -> None:
            while lives():
                time.sleep(LOOK_EVERY)

        return wait if lives() else None
