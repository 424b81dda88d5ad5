"""A server on the test's own loop, its client, and a clock that only the test moves."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from k8s_lsp.server.app import create_server
from k8s_lsp.server.state import Server
from k8s_lsp.server.worker import StartWorker, in_slices

PUSH = "textDocument/publishDiagnostics"
REFRESH = "workspace/diagnostic/refresh"
PULLS: dict[str, Any] = {
    "textDocument": {"diagnostic": {}},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}
WATCHES: dict[str, Any] = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
CREATED, CHANGED, DELETED = 1, 2, 3

_HEADER = re.compile(rb"Content-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n")


class FolderSession:
    """A server without a process that has folders open, and what it sent to its client.

    Its reader works in slices on the loop, and time passes when `settle` says so.
    """

    def __init__(
        self,
        *folders: Path,
        capabilities: dict[str, Any] = WATCHES,
        options: Any = None,
        start_worker: Callable[[Server], StartWorker] = in_slices,
    ) -> None:
        self.timers: list[Callable[[], None]] = []
        self.server = create_server(
            lambda _, run: self.timers.append(run), start_worker=start_worker
        )
        self.server.protocol.set_writer(self)
        self.sent: list[dict[str, Any]] = []
        self._written = b""
        self._count = 0
        self.versions: dict[str, int] = {}
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": each.as_uri(), "name": each.name} for each in folders],
        }
        self.send(id=0, method="initialize", params=params)
        self.send(method="initialized", params={})

    # The stream.

    def write(self, data: bytes) -> None:
        self._written += data
        while match := _HEADER.match(self._written):
            end = match.end() + int(match[1])
            if len(self._written) < end:
                return
            self.sent.append(json.loads(self._written[match.end() : end]))
            self._written = self._written[end:]
            message = self.sent[-1]
            if "id" in message and "method" in message:
                self.answer(message)

    def answer(self, request: dict[str, Any]) -> None:
        """Answer a question of the server, as a client does that can do what it is asked for."""
        asyncio.get_running_loop().call_soon(lambda: self.send(id=request["id"], result=None))

    def close(self) -> None:
        pass

    def send(self, **message: Any) -> None:
        protocol = self.server.protocol
        protocol.handle_message(protocol.structure_message({"jsonrpc": "2.0", **message}))

    async def settle(self) -> None:
        """Let everything happen that does not wait for the client, and all pauses pass."""
        while True:
            quiet = 0
            while quiet < 20:
                await asyncio.sleep(0)
                quiet = 0 if self.server.outbox else quiet + 1
            timers, self.timers = self.timers, []
            for run in timers:
                run()
            if not timers:
                return

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let things happen until it is so; no pause passes that takes longer."""
        for _ in range(10_000):
            if is_so():
                return
            if not self.server.outbox:
                timers, self.timers = self.timers, []
                for run in timers:
                    run()
            await asyncio.sleep(0)
        raise AssertionError("it never comes")

    # Texts.

    def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_text() if text is None else text
        item = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.versions[path.as_uri()] = 1
        self.send(method="textDocument/didOpen", params={"textDocument": item})

    def change(self, path: Path, text: str) -> None:
        self.versions[path.as_uri()] += 1
        document = {"uri": path.as_uri(), "version": self.versions[path.as_uri()]}
        params = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.send(method="textDocument/didChange", params=params)

    def save(self, path: Path) -> None:
        self.send(method="textDocument/didSave", params={"textDocument": {"uri": path.as_uri()}})

    def close_text(self, path: Path) -> None:
        self.send(method="textDocument/didClose", params={"textDocument": {"uri": path.as_uri()}})

    def watched(self, kind: int, *paths: Path) -> None:
        changes = [{"uri": path.as_uri(), "type": kind} for path in paths]
        self.send(method="workspace/didChangeWatchedFiles", params={"changes": changes})

    def folders(self, added: list[Path], removed: list[Path]) -> None:
        event = {
            "added": [{"uri": each.as_uri(), "name": each.name} for each in added],
            "removed": [{"uri": each.as_uri(), "name": each.name} for each in removed],
        }
        self.send(method="workspace/didChangeWorkspaceFolders", params={"event": event})

    # What was told.

    def all(self, method: str) -> list[Any]:
        return [each.get("params") for each in self.sent if each.get("method") == method]

    def codes(self, path: Path) -> list[str] | None:
        """The codes of what was pushed about a file last; None where that is nothing."""
        told = [each for each in self.all(PUSH) if each["uri"] == path.as_uri()]
        return [each["code"] for each in told[-1]["diagnostics"]] if told else None

    async def asked(self, method: str, params: Any) -> Any:
        """The answer to a question."""
        number = self.ask(method, params)
        await self.settle()
        return self.result(number)

    def ask(self, method: str, params: Any) -> int:
        self._count += 1
        self.send(id=self._count, method=method, params=params)
        return self._count

    def result(self, number: int) -> Any:
        """The answer to that question; None where there is none yet."""
        for each in self.sent:
            if "method" not in each and each["id"] == number:
                return each["result"]
        return None
