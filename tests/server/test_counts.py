"""What a keystroke costs, by counts: what is parsed, what is judged, and what is sent."""

import asyncio
import json
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from lsprotocol import types

import k8s_lsp.engine
import k8s_lsp.server.app
from k8s_lsp.engine import analyze
from k8s_lsp.server.app import create_server
from k8s_lsp.server.buffers import BLOCK, Json
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reparse import reparse
from tests.benchmarks.client import read_message
from tests.benchmarks.keystrokes import Keystroke, keystrokes, written
from tests.benchmarks.manifests import Manifest, manifests

URI = "file:///work/manifest.yaml"
SMALL, *LARGE = manifests()


@pytest.mark.parametrize("manifest", LARGE, ids=[each.name for each in LARGE])
def test_a_keystroke_costs_one_document_or_item(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def parsing(text: str, **arguments: Any) -> Tree:
        parsed.append(text)
        return parse(text, **arguments)

    def reparsing(tree: Tree | None, text: str, **arguments: Any) -> Tree | None:
        parsed.append(text)
        return reparse(tree, text, **arguments)

    analysis = analyze(manifest.text)
    monkeypatch.setattr(k8s_lsp.engine, "reparse", reparsing)
    monkeypatch.setattr(k8s_lsp.engine, "parse", parsing)
    # Enough for a changed value, a new line, and a line that is no YAML yet.
    for key in keystrokes(manifest, written(manifest)[:6]):
        before = {id(result.reported) for result in analysis.units if result.reported}
        parsed.clear()
        # The analysis before is kept: what is new must not take the identity of what is gone.
        previous, analysis = analysis, analyze(key.text, previous=analysis)
        (text,) = parsed
        assert text in key.document
        assert text.count("apiVersion:") == 1
        after = {id(result.reported) for result in analysis.units if result.reported}
        assert len(after - before) <= 1
        assert len(previous.units) == len(analysis.units)


class Session:
    """A server without a process, and the bytes that it sent to its client."""

    def __init__(self) -> None:
        self.server = create_server()
        self.server.protocol.set_writer(self)
        self.server.protocol.handle_message(
            types.InitializeRequest(
                id=1, params=types.InitializeParams(capabilities=types.ClientCapabilities())
            )
        )
        self.sent = b""
        self.version = 0
        item = types.TextDocumentItem(URI, "yaml", self.version, SMALL.text)
        self._notify(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        pass

    def change(self, key: Keystroke) -> None:
        self.version += 1
        place = key.change["range"]
        change = types.TextDocumentContentChangePartial(
            types.Range(types.Position(**place["start"]), types.Position(**place["end"])),
            key.change["text"],
        )
        document = types.VersionedTextDocumentIdentifier(self.version, URI)
        self._notify(
            types.TEXT_DOCUMENT_DID_CHANGE, types.DidChangeTextDocumentParams(document, [change])
        )

    async def told(self) -> list[Any]:
        """What was sent since this was asked last: the version of each message, at least of one."""
        while not self.sent:
            await asyncio.sleep(0)
        stream, self.sent = BytesIO(self.sent), b""
        messages = iter(lambda: read_message(stream), b"")
        return [json.loads(message)["params"].get("version") for message in messages]

    def _notify(self, method: str, params: Any) -> None:
        message = types.METHOD_TO_TYPES[method][0]
        self.server.protocol.handle_message(message(params=params, jsonrpc="2.0"))


async def test_a_keystroke_is_answered_once() -> None:
    session = Session()
    told = await session.told()
    for key in keystrokes(SMALL, written(SMALL)):
        session.change(key)
        told += await session.told()
    # A message too many would have stood before the one that comes next.
    assert told == list(range(session.version + 1))


async def test_a_burst_is_answered_once() -> None:
    session = Session()
    assert await session.told() == [0]
    for burst in range(3):
        keys = list(keystrokes(SMALL, "x" * 50))
        for key in keys:
            session.change(key)
        assert await session.told() == [100 * (burst + 1)]


async def test_a_keystroke_is_answered_in_the_turn_of_the_loop_that_it_is_handled_in() -> None:
    session = Session()
    await session.told()
    key = next(keystrokes(SMALL, "x"))
    session.server.arrived.append(partial(session.change, key))
    session.server.work()
    assert session.sent
    assert await session.told() == [1]


async def test_what_arrives_while_a_text_is_analysed_is_handled_before_anything_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session()
    await session.told()
    first, *others = keystrokes(SMALL, "xyz")
    analysed = 0

    def interrupted(*arguments: Any, **options: Any) -> Any:
        nonlocal analysed
        analysed += 1
        while others:
            session.server.arrived.append(partial(session.change, others.pop(0)))
            asyncio.get_running_loop().call_soon(session.server.work)
        return analyze(*arguments, **options)

    monkeypatch.setattr(k8s_lsp.server.app, "analyze", interrupted)
    session.change(first)
    assert await session.told() == [6]
    assert analysed == 2


class Writes(list[bytes]):
    """What a server wrote, call by call."""

    def write(self, data: bytes) -> None:
        self.append(data)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("pieces", "length", "calls"), [(1, 2, 1), (120, 750, 1), (1000, 2000, 16)]
)
def test_a_message_is_written_in_few_calls_and_no_large_block(
    pieces: int, length: int, calls: int
) -> None:
    server, writes = create_server(), Writes()
    server.protocol.set_writer(writes)
    strings = [b'"%s"' % (b"x" * (length - 2))] * pieces
    listed = b",".join(strings)
    between = [each for string in strings for each in (string, b",")][:-1]
    server.protocol.notify("told", Json([b"[", *between, b"]"]))
    assert calls <= len(writes) <= calls + 1
    assert max(map(len, writes)) <= BLOCK + length
    body = read_message(BytesIO(b"".join(writes)))
    assert body == b'{"jsonrpc":"2.0","method":"told","params":[%s]}' % listed
