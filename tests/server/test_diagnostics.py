"""How diagnostics reach the client: pushed or pulled, never both, and only what is new is made."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import k8s_lsp.features.convert
import k8s_lsp.server.documents
import k8s_lsp.server.publisher
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis
from k8s_lsp.features.client import Client
from k8s_lsp.features.diagnostics import diagnostics_of
from k8s_lsp.server.app import create_server
from k8s_lsp.server.state import run_later
from k8s_lsp.text import line_starts
from tests.features.opened import URI, opened

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: é😀, image: example.com/app:1.4.2, securityContext: {privileged: true}}
"""
PUSH = "textDocument/publishDiagnostics"
REFRESH = "workspace/diagnostic/refresh"

PULLS: dict[str, Any] = {
    "textDocument": {"diagnostic": {}},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}
ASKED = {**PULLS, "workspace": {"configuration": True, "diagnostics": {"refreshSupport": True}}}


class Session:
    """A server without a process, and the messages that it sent to its client."""

    def __init__(self, capabilities: dict[str, Any], **options: Any) -> None:
        self.server = create_server(self.after)
        self.server.protocol.set_writer(self)
        self.sent: list[dict[str, Any]] = []
        self._written = b""
        self.count = 0
        params = {"processId": None, "rootUri": None, "capabilities": capabilities, **options}
        self.send(id=0, method="initialize", params=params)
        self.send(method="initialized", params={})

    def after(self, delay: float, run: Callable[[], None]) -> None:
        """Run something on the loop after some seconds."""
        run_later(delay, run)

    def write(self, data: bytes) -> None:
        self._written += data
        header, _, body = self._written.partition(b"\r\n\r\n")
        length = re.match(rb"Content-Length: (\d+)(\r\n|$)", header)
        assert length is not None and int(length[1]) >= len(body)
        if int(length[1]) == len(body):
            self._written = b""
            self.sent.append(json.loads(body.decode()))
            assert self.sent[-1]["jsonrpc"] == "2.0"

    def close(self) -> None:
        pass

    def send(self, **message: Any) -> None:
        protocol = self.server.protocol
        protocol.handle_message(protocol.structure_message({"jsonrpc": "2.0", **message}))

    def open(self, text: str, uri: str = URI) -> None:
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": item})

    def change(self, version: int, line: int, character: int, text: str) -> None:
        here = {"line": line, "character": character}
        params = {
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{"range": {"start": here, "end": here}, "text": text}],
        }
        self.send(method="textDocument/didChange", params=params)

    def close_text(self) -> None:
        self.send(method="textDocument/didClose", params={"textDocument": {"uri": URI}})

    def configure(self, level: str) -> None:
        settings = {"k8s-lsp": {"rules": {"privileged-container": level}}}
        self.send(method="workspace/didChangeConfiguration", params={"settings": settings})

    def ask(self, uri: str = URI, previous: str | None = None) -> int:
        """Ask for the diagnostics; gives the number of the question."""
        self.count += 1
        params = {"textDocument": {"uri": uri}, "previousResultId": previous}
        self.send(id=self.count, method="textDocument/diagnostic", params=params)
        return self.count

    async def pull(self, uri: str = URI, previous: str | None = None) -> Any:
        return (await self.answer(self.ask(uri, previous)))["result"]

    async def answer(self, number: int) -> dict[str, Any]:
        return (await self.until("id", number))[0]

    async def pushed(self) -> Any:
        """What is pushed next; nothing is left over from before."""
        (message,) = await self.until("method", PUSH)
        self.sent.clear()
        return message["params"]

    async def until(self, member: str, value: Any) -> list[dict[str, Any]]:
        """The messages with that value, as soon as there is one."""

        async def come() -> list[dict[str, Any]]:
            while not (found := self.all(value, member)):
                await asyncio.sleep(0)
            return found

        return await asyncio.wait_for(come(), 60)

    def all(self, value: Any, member: str = "method") -> list[dict[str, Any]]:
        return [each for each in self.sent if each.get(member) == value]


async def idle() -> None:
    """Let everything run that does not wait for the client."""
    for _ in range(100):
        await asyncio.sleep(0)


def severities(report: Any) -> list[int]:
    return [each["severity"] for each in report["items"] if each["code"] == "privileged-container"]


async def test_a_push_is_what_the_protocol_asks_for() -> None:
    session = Session({})
    session.open(POD)
    found = diagnostics_of(opened(POD), Client())
    assert await session.pushed() == {"uri": URI, "version": 1, "diagnostics": found}
    session.change(2, 0, 0, "\n")
    found = diagnostics_of(opened("\n" + POD), Client())
    assert await session.pushed() == {"uri": URI, "version": 2, "diagnostics": found}
    session.close_text()
    assert await session.pushed() == {"uri": URI, "diagnostics": []}


async def test_who_does_not_pull_is_not_told_that_it_could() -> None:
    session = Session({})
    assert "diagnosticProvider" not in session.sent[0]["result"]["capabilities"]
    session.open(POD)
    assert (await session.answer(session.ask()))["error"]["code"] == -32601


async def test_who_pulls_is_never_pushed_to() -> None:
    session = Session(PULLS)
    provider = session.sent[0]["result"]["capabilities"]["diagnosticProvider"]
    assert provider == {
        "identifier": "k8s-lsp",
        "interFileDependencies": True,
        "workspaceDiagnostics": False,
    }
    session.open(POD)
    session.configure("hint")
    session.change(2, 0, 0, "\n")
    await idle()
    session.close_text()
    await idle()
    assert session.all(PUSH) == []


async def test_a_pull_is_about_the_text_as_it_is() -> None:
    session = Session(PULLS)
    assert await session.pull() == {"kind": "full", "items": []}
    session.open(POD)
    found = await session.pull()
    assert found == {
        "kind": "full",
        "resultId": found["resultId"],
        "items": diagnostics_of(opened(POD), Client()),
    }
    session.change(2, 0, 0, "\n")
    other = await session.pull(previous=found["resultId"])
    assert other["items"] == diagnostics_of(opened("\n" + POD), Client())
    assert other["resultId"] != found["resultId"]
    session.close_text()
    assert await session.pull(previous=other["resultId"]) == {"kind": "full", "items": []}


async def test_what_did_not_change_is_not_sent_again() -> None:
    session = Session(PULLS)
    session.open(POD)
    first = (await session.pull())["resultId"]
    unchanged = {"kind": "unchanged", "resultId": first}
    assert await session.pull(previous=first) == unchanged
    # The text is another one, what is wrong with it is not.
    session.change(2, 6, 0, "# end")
    assert await session.pull(previous=first) == unchanged
    assert (await session.pull(previous="another server's"))["resultId"] == first
    assert (await session.pull())["resultId"] == first


async def test_a_text_that_was_opened_again_is_told_whole() -> None:
    session = Session(PULLS)
    session.open(POD)
    first = await session.pull()
    session.close_text()
    session.open(POD)
    # Meanwhile the client may have cleared what it had been told.
    second = await session.pull(previous=first["resultId"])
    assert second["items"] == first["items"]


async def test_questions_that_wait_in_a_row_cost_one_analysis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analysed: list[str] = []

    def counting(analysis: Analysis, text: str, *arguments: Any, **options: Any) -> Any:
        analysed.append(text)
        return update(analysis, text, *arguments, **options)

    monkeypatch.setattr(k8s_lsp.server.documents, "update", counting)
    session = Session(PULLS)
    session.open(POD)
    numbers = []
    for version in range(2, 12):
        session.change(version, 0, 0, "\n")
        numbers.append(session.ask())
    answers = [await session.answer(number) for number in numbers]
    assert analysed == ["\n" * 10 + POD]
    assert all(each["result"] == answers[0]["result"] for each in answers)


# Settings.


async def test_a_pull_waits_for_the_settings() -> None:
    session = Session(ASKED)
    await idle()
    session.open(POD)
    number = session.ask()
    await idle()
    (question,) = session.all("workspace/configuration")
    assert not any(each.get("id") == number for each in session.sent)
    session.send(id=question["id"], result=[{"rules": {"privileged-container": "hint"}}])
    assert severities((await session.answer(number))["result"]) == [4]
    await idle()
    assert session.all(PUSH) == session.all(REFRESH) == []


@pytest.mark.parametrize("then", ["cancelled", "closed", "shut down"])
async def test_a_pull_that_waits_may_be_overtaken(then: str) -> None:
    session = Session(ASKED)
    await idle()
    session.open(POD)
    number = session.ask()
    await idle()
    (question,) = session.all("workspace/configuration")
    if then == "cancelled":
        session.send(method="$/cancelRequest", params={"id": number})
    elif then == "closed":
        session.close_text()
    else:
        session.send(id=99, method="shutdown")
    await idle()
    session.send(id=question["id"], result=[None])
    answer = await session.answer(number)
    if then == "closed":
        assert answer["result"] == {"kind": "full", "items": []}
    else:
        assert answer["error"]["code"] == -32800
    await idle()
    assert len([each for each in session.sent if each.get("id") == number]) == 1


async def test_other_settings_are_a_reason_to_pull_again() -> None:
    session = Session(PULLS)
    session.configure("warning")
    session.open(POD)
    session.configure("error")
    await idle()
    # Nobody has asked yet, so nobody has to ask again.
    assert session.all(REFRESH) == []
    first = await session.pull()
    assert severities(first) == [1]
    session.configure("hint")
    (refresh,) = session.all(REFRESH)
    assert refresh["id"] is not None
    session.send(id=refresh["id"], result=None)
    second = await session.pull(previous=first["resultId"])
    assert severities(second) == [4]
    session.configure("hint")
    assert len(session.all(REFRESH)) == 1


async def test_a_client_that_refuses_to_pull_again_is_left_alone() -> None:
    session = Session(PULLS)
    session.open(POD)
    await session.pull()
    session.configure("hint")
    (refresh,) = session.all(REFRESH)
    session.send(id=refresh["id"], error={"code": -32601, "message": "no"})
    await idle()
    assert severities(await session.pull()) == [4]


async def test_who_cannot_be_told_to_pull_again_hears_of_other_settings() -> None:
    session = Session({"textDocument": {"diagnostic": {}}})
    session.open(POD)
    assert severities({"items": (await session.pushed())["diagnostics"]}) == [1]
    session.configure("hint")
    assert severities({"items": (await session.pushed())["diagnostics"]}) == [4]
    assert session.all(REFRESH) == []


async def test_another_file_is_a_reason_to_pull_again(tmp_path: Path) -> None:
    folders = [{"uri": tmp_path.as_uri(), "name": "folder"}]
    session = Session(PULLS, workspaceFolders=folders)
    uri, settings = (tmp_path / "pod.yaml").as_uri(), tmp_path / ".k8s-lsp.yaml"
    session.open(POD, uri)
    assert severities(await session.pull(uri)) == [1]
    settings.write_text("rules: {privileged-container: hint}\n")
    changes = [{"uri": settings.as_uri(), "type": 1}]
    session.send(method="workspace/didChangeWatchedFiles", params={"changes": changes})
    assert len(session.all(REFRESH)) == 1
    assert severities(await session.pull(uri)) == [4]


@pytest.mark.parametrize("capabilities", [{}, PULLS], ids=["pushed", "pulled"])
async def test_a_settings_file_is_told_in_the_same_way(capabilities: dict[str, Any]) -> None:
    uri = "file:///work/.k8s-lsp.yaml"
    session = Session(capabilities)
    session.open("rules:\n  nonsense: off\n", uri)
    if not capabilities:
        found = await session.pushed()
        assert (found["uri"], found["version"]) == (uri, 1)
        items = found["diagnostics"]
    else:
        found = await session.pull(uri)
        items = found["items"]
        unchanged = {"kind": "unchanged", "resultId": found["resultId"]}
        assert await session.pull(uri, found["resultId"]) == unchanged
    (item,) = items
    assert item["range"]["start"] == {"line": 1, "character": 2}
    assert "nonsense" in item["message"]


# What a keystroke costs.


@pytest.mark.parametrize("capabilities", [{}, PULLS], ids=["pushed", "pulled"])
async def test_a_keystroke_costs_the_diagnostics_and_lines_of_one_document(
    capabilities: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def measuring(text: str) -> list[int]:
        measured.append(text)
        return line_starts(text)

    # The diagnostics of a document begin with its lines.
    monkeypatch.setattr(k8s_lsp.features.convert, "line_starts", measuring)
    documents = [POD.replace("web", f"web-{number}") for number in range(500)]
    session = Session(capabilities)
    session.open("---\n".join(documents))

    async def told() -> Any:
        return await session.pull() if capabilities else await session.pushed()

    await told()
    assert len(measured) == len(set(measured)) == 500
    line = 250 * 7 + 2
    for version, text in enumerate(("x", "\n"), 2):
        measured.clear()
        session.change(version, line, len("metadata: {name: web-250"), text)
        await told()
        assert len(measured) == 1 and "web-250" in measured[0]


DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n"
    + "".join(f"  property{n}: {{type: string}}\n" for n in range(500))
    + "  scope: Cluster\n  scope: Namespaced\n---\n"
    + POD
)
"""Its mistake can wait: there is next to nothing to say about a definition, and it is long."""


def codes(diagnostics: Any) -> set[str]:
    return {each["code"] for each in diagnostics}


def put_off(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What the server wants to do when nobody types: here, when the test says so."""
    later: list[Callable[[], None]] = []
    call_later = session.server.call_later

    def caught(delay: float, run: Callable[[], None]) -> None:
        if delay == k8s_lsp.server.publisher.TYPING_PAUSE:
            later.append(run)
        else:
            call_later(delay, run)

    monkeypatch.setattr(session.server, "call_later", caught)
    return later


async def test_what_was_put_off_is_pushed_when_nobody_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session({})
    later = put_off(session, monkeypatch)
    session.open(DEFINITION)
    first = await session.pushed()
    assert "privileged-container" in codes(first["diagnostics"])
    assert "duplicate-key" not in codes(first["diagnostics"])
    later.pop()()
    then = await session.pushed()
    assert then["version"] == first["version"]
    assert codes(then["diagnostics"]) == codes(first["diagnostics"]) | {"duplicate-key"}
    # Elsewhere a key is pressed: what was read once is there at once, and nothing comes after it.
    session.change(2, 507, 0, "\n")
    assert "duplicate-key" in codes((await session.pushed())["diagnostics"])
    assert not later


async def test_what_was_put_off_and_overtaken_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session({})
    later = put_off(session, monkeypatch)
    session.open(DEFINITION)
    await session.pushed()
    session.change(2, 3, 0, "  # more\n")
    await session.pushed()
    overtaken, current = later
    overtaken()
    assert session.all(PUSH) == []
    current()
    assert "duplicate-key" in codes((await session.pushed())["diagnostics"])


async def test_what_was_put_off_is_a_reason_to_pull_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(k8s_lsp.server.publisher, "TYPING_PAUSE", 0)
    session = Session(PULLS)
    session.open(DEFINITION)
    first = await session.pull()
    assert "duplicate-key" not in codes(first["items"])
    await session.until("method", REFRESH)
    assert "duplicate-key" in codes((await session.pull(previous=first["resultId"]))["items"])


async def test_who_cannot_be_told_to_pull_again_is_pushed_to() -> None:
    session = Session({"textDocument": {"diagnostic": {}}})
    session.open(DEFINITION)
    (report,) = await session.until("method", PUSH)
    assert codes(report["params"]["diagnostics"])
