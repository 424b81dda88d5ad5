"""How the process begins and ends, as bytes on its streams."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "k8s_lsp", "server"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

INITIALIZE: dict[str, Any] = {
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}
HOVER = {
    "id": 3,
    "method": "textDocument/hover",
    "params": {"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": 0}},
}
SHUTDOWN = {"id": 2, "method": "shutdown"}
EXIT = {"method": "exit"}


def framed(*messages: dict[str, Any]) -> bytes:
    frames = []
    for message in messages:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        frames.append(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    return b"".join(frames)


def unframed(data: bytes) -> list[dict[str, Any]]:
    messages = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        found = re.search(rb"Content-Length: (\d+)", head)
        assert found, data
        length = int(found[1])
        messages.append(json.loads(rest[:length]))
        data = rest[length:]
    return messages


def run(*messages: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        COMMAND,
        input=framed(*messages),
        capture_output=True,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )


def test_a_session_that_was_shut_down_ends_well() -> None:
    result = run(INITIALIZE, SHUTDOWN, EXIT)
    assert (result.returncode, result.stderr) == (0, b"")
    assert [message["id"] for message in unframed(result.stdout)] == [1, 2]


def test_exit_without_shutdown_is_an_error() -> None:
    assert run(INITIALIZE, EXIT).returncode == 1


def test_a_client_that_is_gone_ends_the_process() -> None:
    assert run(INITIALIZE).returncode == 1


def test_a_request_after_shutdown_is_refused() -> None:
    result = run(INITIALIZE, SHUTDOWN, HOVER, EXIT)
    answer = unframed(result.stdout)[-1]
    assert (answer["id"], answer["error"]["code"]) == (3, -32600)
    assert result.returncode == 0


def test_one_session_over_tcp() -> None:
    with subprocess.Popen(
        [*COMMAND, "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, line
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=60) as connection:
            connection.sendall(framed(INITIALIZE, SHUTDOWN, EXIT))
            data = b""
            while part := connection.recv(65536):
                data += part
        assert [message["id"] for message in unframed(data)] == [1, 2]
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""


OPEN = {
    "method": "textDocument/didOpen",
    "params": {
        "textDocument": {
            "uri": "file:///work/pod.yaml",
            "languageId": "yaml",
            "version": 1,
            "text": "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n",
        }
    },
}


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32603, "message": "no"}},
        {"result": None},
        {"result": 7},
        {"result": []},
        {"result": [None]},
        {"result": ["x"]},
    ],
    ids=json.dumps,
)
def test_nothing_is_analysed_before_the_answer_whatever_it_is(answer: dict[str, Any]) -> None:
    params = {**INITIALIZE["params"], "capabilities": {"workspace": {"configuration": True}}}
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def send(*messages: dict[str, Any]) -> None:
            assert process.stdin is not None
            process.stdin.write(framed(*messages))
            process.stdin.flush()

        def until(method: str | None) -> dict[str, Any]:
            """Read up to a message of that method; None is the answer to the hover."""
            assert process.stdout is not None
            while True:
                length = int(process.stdout.readline().split(b":")[1])
                while process.stdout.readline() != b"\r\n":
                    pass
                message: dict[str, Any] = json.loads(process.stdout.read(length))
                assert method is not None or "diagnostics" not in message.get("params", {})
                if message.get("method") == method and message.get("id") != INITIALIZE["id"]:
                    return message

        try:
            send({**INITIALIZE, "params": params}, {"method": "initialized", "params": {}}, OPEN)
            question = until("workspace/configuration")
            # The answer comes behind the text, about which nothing is said yet.
            send(HOVER)
            assert until(None)["result"] is None
            send({"id": question["id"], **answer})
            found = until("textDocument/publishDiagnostics")
            assert "host-pid" in {each["code"] for each in found["params"]["diagnostics"]}
        finally:
            process.kill()
