"""A client of language servers that does as little as it can, and the same for all of them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter, sleep
from typing import Any, BinaryIO

from tests.benchmarks.keystrokes import Keystroke
from tests.benchmarks.manifests import HEADING
from tests.benchmarks.rivals import LanguageServer, environment

PATIENCE = 60.0
"""Seconds after which a server that says nothing has failed."""


class SilentError(Exception):
    """A server says nothing any more."""


QUIET = 0.005
"""Seconds in which a process that does nothing has to stay like that."""

CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {
            "versionSupport": True,
            "relatedInformation": True,
            "codeDescriptionSupport": True,
            "dataSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
    },
    "window": {"workDoneProgress": True},
    "workspace": {"configuration": True, "workspaceFolders": True},
}


def read_message(stream: BinaryIO) -> bytes:
    """The body of the next message; nothing at the end of the stream."""
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return stream.read(length)


class Client:
    """One session with one server, with one text open. All times are in seconds.

    A thread reads, and takes the time when a message has come whole, before anybody looks into it.
    """

    def __init__(self, server: LanguageServer, folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._uri = (folder / "manifest.yaml").as_uri()
        self._version = 0
        self._requests = 0
        self._takes_changes = True
        self.is_indexed = False
        """Whether the server has said that it knows the folder."""
        self._came: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        self.began = perf_counter()
        """When the process was spawned."""
        self._process = subprocess.Popen(
            server.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment(),
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin = self._process.stdin
        Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        self.starting = self._initialize() - self.began
        """From spawning the process to its answer to `initialize`."""

    @property
    def resident_memory(self) -> int:
        """Bytes of the process that are in memory now."""
        return memory(self._process.pid, "VmRSS")

    @property
    def most_memory(self) -> int:
        """The most bytes of the process that have been in memory."""
        return memory(self._process.pid, "VmHWM")

    def until_indexed(self) -> None:
        """Wait until the server knows the folder."""
        while not self.is_indexed:
            if self._came_within(PATIENCE) is None:
                raise SilentError(f"{self.server.name} says nothing any more")

    def open(self, text: str, begin: float | None = None) -> tuple[float, int]:
        """Open the text; how long the first diagnostics took, and how many they are.

        They are waited for since that time, or since the text was sent.
        """
        item = {"uri": self._uri, "languageId": "yaml", "version": 0, "text": self._own(text)}
        sent = self._notify("textDocument/didOpen", {"textDocument": item})
        return self._diagnosed(sent if begin is None else begin)

    def type(self, key: Keystroke) -> float:
        """Make one change; how long the diagnostics of the text after it took."""
        # What came without being asked for would be taken for the answer.
        while self._came_within(0):
            pass
        return self._diagnosed(self.change(key))[0]

    def change(self, key: Keystroke) -> float:
        """Send one change without waiting for anything; the time when that began."""
        self._version += 1
        change = key.change if self._takes_changes else {"text": self._own(key.text)}
        document = {"uri": self._uri, "version": self._version}
        return self._notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def settle(self) -> None:
        """Wait until nothing has come for a second."""
        while self._came_within(1.0):
            pass

    def rest(self) -> None:
        """Wait until the process has finished what it does behind its answer.

        Else the next one would be measured beside it.
        """
        before = -1
        while (now := self.processor_time()) != before:
            before = now
            sleep(QUIET)

    def processor_time(self) -> int:
        """Nanoseconds that the threads of the process have run so far."""
        files = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text(encoding="ascii").split()[0]) for file in files)

    def close(self) -> None:
        """End the session, and the process whatever it says to that."""
        try:
            self._request("shutdown", None)
            self._notify("exit", None)
            self._process.wait(5)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def _initialize(self) -> float:
        arrival, message = self._request(
            "initialize",
            {
                "processId": None,
                "rootUri": self._folder.as_uri(),
                "workspaceFolders": [{"uri": self._folder.as_uri(), "name": "benchmark"}],
                "capabilities": CAPABILITIES,
                "initializationOptions": self.server.options,
            },
        )
        sync = message["result"]["capabilities"]["textDocumentSync"]
        self._takes_changes = (sync["change"] if isinstance(sync, dict) else sync) == 2
        self._notify("initialized", {})
        if self.server.fetch is not None:
            self._notify("yaml/registerContentRequest", None)
        return arrival

    def _own(self, text: str) -> str:
        """The text with the first line that the server is told things by."""
        return text.replace(HEADING, self.server.heading, 1)

    def _diagnosed(self, begin: float) -> tuple[float, int]:
        """How long after `begin` diagnostics of the last version came, and how many they are.

        Who does not say which version they are of is believed that it is the last one.
        """

        def is_wanted(message: dict[str, Any]) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            return message["params"].get("version") in (None, self._version)

        arrival, message = self._until(is_wanted)
        return arrival - begin, len(message["params"]["diagnostics"])

    # Messages.

    def _request(self, method: str, params: Any) -> tuple[float, dict[str, Any]]:
        self._requests += 1
        number = self._requests
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return self._until(lambda message: message.get("id") == number and "method" not in message)

    def _notify(self, method: str, params: Any) -> float:
        return self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> float:
        """Write a message; the time when it was ready to be written."""
        body = json.dumps(message).encode()
        begin = perf_counter()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._stdin.flush()
        return begin

    def _until(self, is_wanted: Callable[[dict[str, Any]], bool]) -> tuple[float, dict[str, Any]]:
        """The next message of that kind and when it came; the server's questions are answered."""
        while came := self._came_within(PATIENCE):
            arrival, message = came
            if is_wanted(message):
                return arrival, message
        self._process.kill()
        raise SilentError(f"{self.server.name} says nothing any more")

    def _came_within(self, seconds: float) -> tuple[float, dict[str, Any]] | None:
        """The next message and when it came; None where none comes."""
        try:
            arrival, body = self._came.get(timeout=seconds)
        except Empty:
            return None
        if not body:
            raise RuntimeError(f"{self.server.name} has ended")
        message = json.loads(body)
        if "id" in message and "method" in message:
            self._answer(message)
        elif message.get("method") == "$/progress":
            value = message["params"]["value"]
            self.is_indexed = self.is_indexed or value.get("kind") == "end"
        return arrival, message

    def _answer(self, question: dict[str, Any]) -> None:
        result: Any = None
        if question["method"] == "workspace/configuration":
            items = question["params"]["items"]
            result = [self.server.settings.get(item.get("section", "")) for item in items]
        elif question["method"] == "vscode/content" and self.server.fetch is not None:
            params = question["params"]
            result = self.server.fetch(params[0] if isinstance(params, list) else params)
        self._send({"jsonrpc": "2.0", "id": question["id"], "result": result})

    def _read(self, stream: BinaryIO) -> None:
        while body := read_message(stream):
            self._came.put((perf_counter(), body))
        self._came.put((perf_counter(), b""))


def memory(process: int, what: str) -> int:
    """Bytes of memory of a process: `VmRSS` now, `VmHWM` at most so far."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == what:
            return int(value.split()[0]) * 1024
    return 0
