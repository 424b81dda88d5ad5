"""Clients that can be asked for their settings, and take their time; the tests do not."""

import asyncio
from collections.abc import Callable
from typing import Any

from k8s_lsp.server.app import create_server
from k8s_lsp.server.settings_conversation import PATIENCE
from tests.server.real_server import INITIALIZED, unframed
from tests.server.test_initialize import Output
from tests.server.test_odd_clients import OPENED, URI, Json

PULLS: Json = {
    "textDocument": {"diagnostic": {}},
    "workspace": {"configuration": True, "diagnostics": {"refreshSupport": True}},
}


class Silent:
    """A client that answers nothing by itself, and the only clock that its server has."""

    def __init__(self, **capabilities: Any) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.output = Output()
        self.server = create_server(lambda delay, run: self.timers.append((delay, run)))
        self.server.protocol.set_writer(self.output)
        asked = {"workspace": {"configuration": True}, **capabilities}
        self.send({"id": 1, "method": "initialize", "params": {"capabilities": asked}})

    def send(self, *messages: Json) -> None:
        protocol = self.server.protocol
        for message in messages:
            whole = {"jsonrpc": "2.0", "params": None, **message}
            protocol.handle_message(protocol.structure_message(whole))

    async def told(self, method: str | None) -> list[Json]:
        """What the server has sent since; the answers, where no method is given."""
        for _ in range(5):
            await asyncio.sleep(0)
        return [message for message in self.messages() if message.get("method") == method]

    def messages(self) -> list[Json]:
        """All that the server has sent."""
        return unframed(self.output.data)

    async def found(self) -> list[list[str]]:
        """The rules of each list of diagnostics that was published."""
        return [
            [diagnostic["code"] for diagnostic in message["params"]["diagnostics"]]
            for message in await self.told("textDocument/publishDiagnostics")
        ]

    def wait(self) -> None:
        """Let as much time pass as the server has patience."""
        ((delay, run),) = self.timers
        assert delay == PATIENCE == 2.0
        run()

    async def answer(self, **settings: Any) -> None:
        (question,) = await self.told("workspace/configuration")
        self.send({"id": question["id"], "result": [settings]})


async def test_texts_are_judged_by_the_defaults_after_a_while() -> None:
    client = Silent()
    client.send(INITIALIZED, OPENED)
    assert await client.found() == []
    client.wait()
    (found,) = await client.found()
    assert "host-pid" in found
    (_, warning) = await client.told("window/logMessage")
    assert "no settings from the client" in warning["params"]["message"]


async def test_an_answer_that_comes_late_counts() -> None:
    client = Silent()
    client.send(INITIALIZED, OPENED)
    client.wait()
    await client.answer(rules={"host-pid": "off"})
    before, after = await client.found()
    assert [slug for slug in before if slug not in after] == ["host-pid"]


async def test_after_an_answer_nothing_is_left_to_wait_for() -> None:
    client = Silent()
    client.send(INITIALIZED, OPENED)
    await client.answer(rules={"host-pid": "off"})
    (found,) = await client.found()
    client.wait()
    assert await client.found() == [found]
    assert "host-pid" not in found
    assert len(await client.told("window/logMessage")) == 1


async def test_a_client_that_is_never_initialized_gets_findings() -> None:
    client = Silent()
    client.send(OPENED)
    client.wait()
    (found,) = await client.found()
    assert "host-pid" in found


async def test_a_pull_and_code_actions_are_answered_after_a_while() -> None:
    client = Silent(**PULLS)
    text = {"uri": URI}
    here = {"line": 4, "character": 4}
    range_ = {"start": here, "end": here}
    client.send(
        INITIALIZED,
        OPENED,
        {"id": 2, "method": "textDocument/diagnostic", "params": {"textDocument": text}},
        {
            "id": 3,
            "method": "textDocument/codeAction",
            "params": {"textDocument": text, "range": range_, "context": {"diagnostics": []}},
        },
    )
    assert [message["id"] for message in await client.told(None)] == [1]
    client.wait()
    assert [message["id"] for message in await client.told(None)] == [1, 2, 3]
