"""Nothing piles up in a long session, shown by counting blocks of memory, so strings too."""

import asyncio
import gc
import sys
from typing import Any

from lsprotocol import types

from k8s_lsp.server.app import create_server
from k8s_lsp.server.state import Server

URI = "file:///work/pod.yaml"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: app, image: example.com/app:1.4.2, securityContext: {privileged: true}}
"""


class Writer:
    """Stands for the client: it only counts what it is told."""

    def __init__(self) -> None:
        self.count = 0

    def write(self, data: bytes) -> None:
        self.count += 1

    def close(self) -> None:
        pass


def notify(server: Server, method: str, params: Any) -> None:
    message = types.METHOD_TO_TYPES[method][0]
    server.protocol.handle_message(message(params=params, jsonrpc="2.0"))


def blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


async def edited(server: Server, writer: Writer, versions: range) -> int:
    """Type and take back a letter again and again; gives the number of blocks afterwards."""
    start = types.Position(5, 14)
    end = types.Position(5, 15)
    for version in versions:
        change = (
            types.TextDocumentContentChangePartial(types.Range(start, start), "x")
            if version % 2
            else types.TextDocumentContentChangePartial(types.Range(start, end), "")
        )
        document = types.VersionedTextDocumentIdentifier(version, URI)
        told = writer.count
        notify(
            server,
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.DidChangeTextDocumentParams(document, [change]),
        )
        while writer.count == told:
            await asyncio.sleep(0)
    return blocks()


async def opened(server: Server, writer: Writer, numbers: range) -> int:
    """Open, analyse and close one text after another; gives the number of blocks afterwards."""
    for number in numbers:
        item = types.TextDocumentItem(f"file:///work/{number}/pod.yaml", "yaml", 1, POD)
        told = writer.count
        notify(server, types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))
        while writer.count == told:
            await asyncio.sleep(0)
        identifier = types.TextDocumentIdentifier(item.uri)
        notify(server, types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(identifier))
    return blocks()


def begun() -> tuple[Server, Writer]:
    server, writer = create_server(), Writer()
    server.protocol.set_writer(writer)
    server.protocol.handle_message(
        types.InitializeRequest(
            id=1, params=types.InitializeParams(capabilities=types.ClientCapabilities())
        )
    )
    return server, writer


async def test_nothing_piles_up_over_edits() -> None:
    server, writer = begun()
    item = types.TextDocumentItem(URI, "yaml", 1, POD)
    notify(server, types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))
    before = await edited(server, writer, range(101, 601))
    after = await edited(server, writer, range(601, 1601))
    assert after - before < 500


async def test_nothing_piles_up_over_texts_that_were_closed() -> None:
    server, writer = begun()
    before = await opened(server, writer, range(500))
    after = await opened(server, writer, range(500, 1500))
    assert after - before < 500
