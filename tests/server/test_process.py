"""How the process begins and ends, as bytes on its streams."""

import json
import re
import socket
import subprocess
import sys
from threading import Timer
from typing import Any

import pytest

from tests.server.real_server import (
    COMMAND,
    ENVIRONMENT,
    EXIT,
    INITIALIZE,
    INITIALIZED,
    SHUTDOWN,
    Client,
    framed,
    hover,
    opened,
    serving,
    unframed,
)


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
    result = run(INITIALIZE, EXIT)
    assert (result.returncode, result.stderr) == (1, b"")


def test_the_end_does_not_wait_for_the_client_to_close_its_stream() -> None:
    with serving() as client:
        client.send(INITIALIZE, SHUTDOWN, EXIT)
        assert client.process.wait(timeout=60) == 0


def test_a_client_that_is_gone_ends_the_process() -> None:
    result = run(INITIALIZE)
    assert (result.returncode, result.stderr) == (1, b"")
    assert [message["id"] for message in unframed(result.stdout)] == [1]


def test_a_client_that_stops_listening_ends_the_process() -> None:
    with serving() as client:
        client.send(INITIALIZE)
        client.answer(1)
        client.output.close()
        client.send(hover(2))
        assert client.process.wait(timeout=60) == 1


def test_a_request_after_shutdown_is_refused() -> None:
    result = run(INITIALIZE, SHUTDOWN, hover(3), EXIT)
    answer = unframed(result.stdout)[-1]
    assert (answer["id"], answer["error"]["code"]) == (3, -32600)
    assert result.returncode == 0


def test_a_request_before_initialize_is_refused() -> None:
    result = run(hover(3), opened("a: b"), INITIALIZE, SHUTDOWN, EXIT)
    refused, *others = unframed(result.stdout)
    assert (refused["id"], refused["error"]["code"]) == (3, -32002)
    assert [message["id"] for message in others] == [1, 2]


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


POD = "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n"


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
    with serving() as client:
        client.send({**INITIALIZE, "params": params}, INITIALIZED, opened(POD))
        while (question := client.receive()).get("method") != "workspace/configuration":
            pass
        # The answer comes behind the text, about which nothing is said yet.
        client.send(hover(3))
        while "result" not in (message := client.receive()):
            assert "diagnostics" not in message.get("params", {})
        assert (message["id"], message["result"]) == (3, None)
        client.send({"id": question["id"], **answer})
        found = client.told("textDocument/publishDiagnostics")
        assert "host-pid" in {each["code"] for each in found["diagnostics"]}


# The client's process.

IDLE = [sys.executable, "-c", "input()"]
"""A process that stays until it is killed."""


def watched(editor: "subprocess.Popen[bytes]", how: str) -> tuple[list[str], dict[str, Any]]:
    """The options and the first message of a client that names its process in that way."""
    if how == "option":
        return [f"--clientProcessId={editor.pid}"], INITIALIZE
    params = {**INITIALIZE["params"], "processId": editor.pid}
    return [], {**INITIALIZE, "params": params}


@pytest.mark.parametrize("how", ["initialize", "option"])
@pytest.mark.parametrize(("messages", "status"), [((), 1), ((SHUTDOWN,), 0)])
def test_the_client_process_takes_the_server_with_it(
    how: str, messages: tuple[dict[str, Any], ...], status: int
) -> None:
    with subprocess.Popen(IDLE, stdin=subprocess.PIPE) as editor:
        options, initialize = watched(editor, how)
        with serving(*options) as client:
            client.send(initialize, *messages)
            for message in (initialize, *messages):
                client.answer(message["id"])
            editor.kill()
            editor.wait()
            # Its pipes are open at both ends.
            assert client.process.wait(timeout=60) == status


@pytest.mark.skipif(sys.platform == "win32", reason="parent: Windows tells no child of its death")
def test_a_parent_that_nobody_has_waited_for_is_gone_too() -> None:
    program = "import subprocess, sys; subprocess.call(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", program, *COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as editor:
        client = Client(editor)
        client.send(watched(editor, "initialize")[1])
        client.answer(1)
        editor.kill()
        guard = Timer(60, client.input.close)
        guard.start()
        # The server is the last that could write here.
        assert client.output.read() == b""
        guard.cancel()
        assert not client.input.closed
