"""How a client is connected: by standard input and output, or by a port of this machine."""

import asyncio
import os
import socket
import sys
from contextlib import closing, redirect_stdout
from io import BufferedReader
from typing import BinaryIO

from k8s_lsp.garbage import freeze_garbage
from k8s_lsp.server.addresses import is_loopback
from k8s_lsp.server.app import create_server
from k8s_lsp.server.client_process import end_with
from k8s_lsp.server.greeting import Beginning, beginning
from k8s_lsp.server.session import Session
from k8s_lsp.server.state import Server
from k8s_lsp.server.worker import in_process


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
        return _serve(server, reader, writer, beginning())


def serve_tcp(host: str, port: int, client: int | None = None) -> int:
    """Serve the first client that connects, and end with it; gives the exit status.

    Raises ValueError where `host` is not this machine itself, because a program that connects can
    read what is open. Port 0 takes a free port; the address is printed to standard error.
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


def _server(client: int | None) -> Server:
    """A server that ends the process together with that of its client."""
    server = create_server(start_worker=in_process)
    freeze_garbage()
    if client is not None:
        end_with(client, lambda: server.exit_status)
    return server


def _serve(
    server: Server, reader: BufferedReader, writer: BinaryIO, begun: Beginning | None = None
) -> int:
    session = Session(server, reader, writer, begun)
    with closing(session.writer):
        try:
            asyncio.run(session.run())
        finally:
            server.indexer.end()
    return server.exit_status
