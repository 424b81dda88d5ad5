"""Nothing piles up in a long session, shown by counting objects."""

import asyncio
import gc
from typing import Any

from lsprotocol import types

from k8s_lsp.server.app import Server, create_server

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


async def edited(server: Server, writer: Writer, versions: range) -> int:
    """Type and take back a letter again and again; gives the number of objects afterwards."""
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
    gc.collect()
    return len(gc.get_objects())


async def test_objects_do_not_pile_up() -> None:
    server, writer = create_server(), Writer()
    server.protocol.set_writer(writer)
    server.protocol.handle_message(
        types.InitializeRequest(
            id=1, params=types.InitializeParams(capabilities=types.ClientCapabilities())
        )
    )
    item = types.TextDocumentItem(URI, "yaml", 1, POD)
    notify(server, types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))
    before = await edited(server, writer, range(101, 201))
    after = await edited(server, writer, range(201, 1201))
    assert after < before * 1.01
