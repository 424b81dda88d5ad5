"""The server as a process of its own, and a client that sees the bytes on its streams."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "k8s_lsp", "server"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

INITIALIZE: dict[str, Any] = {
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}
INITIALIZED: dict[str, Any] = {"method": "initialized", "params": {}}
SHUTDOWN = {"id": 2, "method": "shutdown"}
EXIT = {"method": "exit"}


def hover(id_: int, uri: str = "file:///a") -> dict[str, Any]:
    position = {"line": 0, "character": 0}
    params = {"textDocument": {"uri": uri}, "position": position}
    return {"id": id_, "method": "textDocument/hover", "params": params}


def opened(text: str, uri: str = "file:///work/pod.yaml") -> dict[str, Any]:
    item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    return {"method": "textDocument/didOpen", "params": {"textDocument": item}}


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


class Client:
    """Both ends of one server's pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self.process = process
        self.input: BinaryIO = process.stdin  # type: ignore[assignment]
        self.output: BinaryIO = process.stdout  # type: ignore[assignment]

    def send(self, *messages: dict[str, Any]) -> None:
        self.write(framed(*messages))

    def write(self, data: bytes) -> None:
        self.input.write(data)
        self.input.flush()

    def receive(self) -> dict[str, Any]:
        """The next message of the server."""
        length = int(self.output.readline().split(b":")[1])
        while self.output.readline() != b"\r\n":
            pass
        message: dict[str, Any] = json.loads(self.output.read(length))
        return message

    def answer(self, id_: int | None) -> dict[str, Any]:
        """Read up to the answer to that request."""
        while True:
            message = self.receive()
            if "method" not in message and message["id"] == id_:
                return message

    def told(self, method: str) -> Any:
        """Read up to a message of that method; gives its parameters."""
        while True:
            message = self.receive()
            if message.get("method") == method:
                return message["params"]


@contextmanager
def serving(*options: str, guard: float = 120) -> Iterator[Client]:
    """A server of our own; one that hangs is killed after that many seconds."""
    with subprocess.Popen(
        [*COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        timer = Timer(guard, process.kill)
        timer.start()
        try:
            yield Client(process)
        finally:
            timer.cancel()
            process.kill()
