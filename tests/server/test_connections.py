"""How bytes become messages, which of them are handled, and what is said of the others."""

import asyncio
import json
import subprocess
import sys
from io import BufferedReader, BytesIO
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from k8s_lsp.server import framing
from k8s_lsp.server.app import create_server
from k8s_lsp.server.client_process import waiting_for
from k8s_lsp.server.framing import Incoming
from k8s_lsp.server.session import Session
from tests.server.real_server import EXIT, INITIALIZE, framed, hover, serving, unframed

ONE, TWO = {"jsonrpc": "2.0", "method": "one"}, {"jsonrpc": "2.0", "method": "two"}


def read(data: bytes) -> list[dict[str, Any] | int]:
    """What is read, in whatever pieces it comes; of errors only the code."""
    whole, *cut = (
        [
            message.code if isinstance(message, JsonRpcException) else message
            for piece in pieces
            for message in incoming.messages(piece)
        ]
        for pieces in ([data], map(bytes, zip(data)), (data[:7], data[7:11], data[11:]))
        for incoming in (Incoming(),)
    )
    assert cut == [whole, whole]
    return whole


def body(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def headed(length: int, data: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (length, data)


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: {}\r\n\r\n",
        "Content-Length: {}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        "content-length:{}\n\n",
        "CONTENT-LENGTH :  {} \r\n\r\n",
    ],
)
def test_a_header(head: str) -> None:
    data = b"".join(
        head.format(len(body(each))).encode() + body(each) for each in ({**ONE, "ä": "\u2028"}, TWO)
    )
    assert read(data) == [{**ONE, "ä": "\u2028"}, TWO]


PARSE_ERROR, INVALID_REQUEST = -32700, -32600


@pytest.mark.parametrize(
    ("broken", "errors"),
    [
        (headed(4, b"nope"), [PARSE_ERROR]),
        (headed(0, b""), [PARSE_ERROR]),
        (headed(2, b"\xff\xfe"), [PARSE_ERROR]),
        (headed(200_000, b"[" * 200_000), [PARSE_ERROR]),
        (headed(2, b"[]"), [INVALID_REQUEST]),
        (headed(4, b"null"), [INVALID_REQUEST]),
        (b"Content-Length: many\r\n\r\n", [PARSE_ERROR]),
        (b"Content-Length: -1\r\n\r\n", [PARSE_ERROR]),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", [PARSE_ERROR]),
        (b"\x00\xff" * 100_000 + b"\r\n\r\n", [PARSE_ERROR]),
        # What is left of a body stands before the next header.
        (headed(len(body(ONE)) - 2, body(ONE)), [PARSE_ERROR]),
        (b"typed by a person\n", []),
    ],
    ids=range(12),
)
def test_what_is_no_message_does_not_hide_those_that_follow(
    broken: bytes, errors: list[int]
) -> None:
    assert read(broken + framed(ONE, TWO)) == [*errors, ONE, TWO]


def test_a_length_that_reaches_into_the_next_message_costs_that_one_too() -> None:
    data = headed(len(body(ONE)) + 5, body(ONE)) + framed(TWO, ONE, TWO)
    assert read(data) == [PARSE_ERROR, PARSE_ERROR, ONE, TWO]


@pytest.mark.parametrize("end", [b"", b"Content-Le", b"Content-Length: 4\r\n"])
def test_the_end_of_the_stream(end: bytes) -> None:
    assert read(framed(ONE) + end) == [ONE]


def test_a_message_that_is_too_large_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "LARGEST_MESSAGE", 100_000)
    largest = body(ONE).ljust(100_000)
    assert read(headed(100_000, largest) + framed(TWO)) == [ONE, TWO]
    assert read(headed(100_001, largest + b" ") + framed(TWO)) == [PARSE_ERROR, TWO]


# What is done with messages.


class Output(BytesIO):
    """Keeps what was written when it is closed."""

    def close(self) -> None:
        pass


async def answers(data: bytes) -> dict[int | None, Any]:
    """Answers by their ids: an error's code, or a result.

    All of it has been read before the first message is handled.
    """
    output = Output()
    session = Session(create_server(), BufferedReader(BytesIO(data)), output)
    session.server.protocol.set_writer(session.writer)
    session.read(asyncio.get_running_loop())
    await session.ended.wait()
    return {
        message["id"]: message["error"]["code"] if "error" in message else message["result"]
        for message in unframed(output.getvalue())
        if "method" not in message
    }


URI = "file:///work/pod.yaml"


def changed(change: dict[str, Any]) -> dict[str, Any]:
    return {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [change]}


upside_down = {"start": {"line": "1", "character": 0}, "end": {"line": 0, "character": 0}}


def cancelled(id_: object) -> dict[str, Any]:
    return {"method": "$/cancelRequest", "params": {"id": id_}}


async def test_a_request_that_was_taken_back_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def handler(server: object, params: types.HoverParams) -> None:
        ran.append(params.text_document.uri)

    monkeypatch.setattr("k8s_lsp.server.app._hover", handler)
    got = await answers(
        framed(
            INITIALIZE,
            hover(2, "file:///two"),
            hover(3, "file:///three"),
            cancelled(2),
            cancelled("3"),
            cancelled(4),
            hover(4, "file:///four"),
        )
    )
    assert {id_: got[id_] for id_ in (2, 3, 4)} == {2: -32800, 3: None, 4: None}
    assert ran == ["file:///three", "file:///four"]


@pytest.mark.parametrize(
    "message",
    [
        cancelled([]),
        {"method": "$/cancelRequest"},
        {"method": []},
        {"method": "textDocument/didOpen", "params": {}},
        {"method": "textDocument/didChange"},
        {"method": "textDocument/didChange", "params": {"textDocument": URI}},
        {"method": "textDocument/didChange", "params": changed({"text": 1})},
        {"method": "textDocument/didChange", "params": changed({"text": "", "range": {}})},
        {"method": "textDocument/didChange", "params": changed({"text": "", "range": upside_down})},
        {"id": 77, "result": {}},
        {"id": [], "result": {}},
        {"id": None, "method": "textDocument/hover"},
        {},
    ],
    ids=json.dumps,
)
async def test_what_cannot_be_handled_and_is_no_request_gets_no_answer(
    message: dict[str, Any],
) -> None:
    got = await answers(framed(INITIALIZE, message, hover(3)))
    assert set(got) == {1, 3}
    assert got[3] is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"method": "textDocument/hover"}, -32602),
        ({"method": "textDocument/hover", "params": {"textDocument": 7}}, -32602),
        ({"method": "no/such"}, -32601),
        ({"method": "no/such", "params": {}}, -32601),
    ],
    ids=json.dumps,
)
async def test_a_request_that_cannot_be_handled_is_answered(
    request_: dict[str, Any], code: int
) -> None:
    got = await answers(framed(INITIALIZE, {"id": 2, **request_}, hover(3)))
    assert (got[2], got[3]) == (code, None)


@pytest.mark.parametrize("version", [{}, {"jsonrpc": "1.0"}, {"jsonrpc": 2}], ids=json.dumps)
async def test_a_request_of_another_version_is_answered(version: dict[str, Any]) -> None:
    request = body(version | hover(2))
    got = await answers(framed(INITIALIZE) + headed(len(request), request) + framed(hover(3)))
    assert (got[2], got[3]) == (None, None)


async def test_exit_ends_the_session_and_not_the_program() -> None:
    assert set(await answers(framed(INITIALIZE, EXIT))) == {1}


async def test_what_is_not_json_is_answered_and_logged() -> None:
    got = await answers(framed(INITIALIZE) + headed(4, b"nope") + framed(hover(3)))
    assert (got[None], got[3]) == (PARSE_ERROR, None)


def test_a_client_may_write_everything_before_it_reads() -> None:
    """Far more of both than pipes hold."""
    ids = range(2, 5002)
    with serving() as client:
        client.send(INITIALIZE, *map(hover, ids))
        assert [client.answer(id_)["id"] for id_ in ids] == list(ids)


# Processes.


def test_nobody_waits_for_a_process_that_is_not_there() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert waiting_for(process.pid) is None


def test_waiting_for_a_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        wait = waiting_for(process.pid)
        assert wait is not None
        process.kill()
        process.wait()
        wait()
