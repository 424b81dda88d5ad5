"""While a long text is read, what arrives is handled first; but not for ever."""

from collections.abc import Callable

import pytest

from k8s_lsp.engine.incremental import Defer
from k8s_lsp.server import documents
from k8s_lsp.server.documents import WASTED
from k8s_lsp.syntax.units import Unit
from tests.server.real_server import INITIALIZED
from tests.server.test_odd_clients import HOST_PID, OPENED, POD, URI, put
from tests.server.test_silent_clients import PULLS, Silent

OTHER = "file:///work/other.yaml"
LONG = "---\n".join([POD] * 30)


class Session(Silent):
    """A session with a short text and a long one, of which units are read one by one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pulls: bool = False) -> None:
        declared = PULLS if pulls else {"workspace": {}}
        workspace = {**declared["workspace"], "configuration": False}
        super().__init__(**{**declared, "workspace": workspace})
        self.read = 0
        self.now = 0.0
        self.server.clock = lambda: self.now
        self.meanwhile: dict[int, Callable[[], None]] = {}
        giving_way = documents._giving_way

        def counting(*arguments: object) -> Defer:
            defer = giving_way(*arguments)  # type: ignore[arg-type]

            def count(unit: Unit) -> bool:
                # What a client sends while the server is busy is put there by another thread.
                self.meanwhile.pop(self.read, lambda: None)()
                deferred = defer(unit)
                self.read += 1
                return deferred

            return count

        monkeypatch.setattr(documents, "_giving_way", counting)
        short = put(OPENED, "params.textDocument.uri", OTHER)
        self.send(INITIALIZED, short, put(OPENED, "params.textDocument.text", LONG))

    def arrive(self, number: int, act: Callable[[], None], after: float = 0.0) -> None:
        """Have something arrive when that many units were read in all, and seconds have passed."""

        def put_into_inbox() -> None:
            self.now += after
            self.server.inbox.append(act)
            self.server.call_later(0.0, lambda: None)

        self.meanwhile[number] = put_into_inbox

    def hover(self, id_: int) -> None:
        text = {"uri": OTHER}
        params = {"textDocument": text, "position": HOST_PID}
        self.send({"id": id_, "method": "textDocument/hover", "params": params})

    def change(self) -> None:
        document = {"uri": URI, "version": 2}
        changes = [{"text": LONG.replace("hostPID: true", "hostPID: false")}]
        params = {"textDocument": document, "contentChanges": changes}
        self.send({"method": "textDocument/didChange", "params": params})


async def settled(session: Session) -> list[tuple[str, object]]:
    """Everything that was sent in the end, in its order: answers, and texts with their findings."""
    for _ in range(100):
        await session.told(None)
    sent: list[tuple[str, object]] = []
    for message in session.messages():
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            codes = [diagnostic["code"] for diagnostic in params["diagnostics"]]
            sent.append((params["uri"], codes.count("host-pid")))
        elif "method" not in message and message["id"] != 1:
            sent.append(("answer", message["id"]))
    return sent


async def test_what_arrives_is_answered_before_a_long_text_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(monkeypatch)
    session.arrive(20, lambda: session.hover(2))
    assert await settled(session) == [("answer", 2), (OTHER, 1), (URI, 30)]


async def test_a_change_ends_the_analysis_of_what_was_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(monkeypatch)
    session.arrive(20, session.change)
    assert await settled(session) == [(OTHER, 1), (URI, 0)]
    # The one of the other text, what was read until then, and the new text.
    assert session.read == 20 + 30


async def test_a_pull_waits_for_what_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch, pulls=True)
    session.arrive(20, lambda: session.hover(3))
    text = {"textDocument": {"uri": URI}}
    session.send({"id": 2, "method": "textDocument/diagnostic", "params": text})
    assert await settled(session) == [("answer", 3), ("answer", 2)]


async def test_code_actions_wait_for_what_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch, pulls=True)
    session.arrive(20, lambda: session.hover(3))
    range_ = {"start": HOST_PID, "end": HOST_PID}
    params = {"textDocument": {"uri": URI}, "range": range_, "context": {"diagnostics": []}}
    session.send({"id": 2, "method": "textDocument/codeAction", "params": params})
    assert await settled(session) == [("answer", 3), ("answer", 2)]


async def test_the_turn_of_a_long_text_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(monkeypatch)
    session.arrive(10, lambda: session.hover(2), after=WASTED * 0.6)
    # By then more time would be lost than may be.
    session.arrive(20, lambda: session.hover(3), after=WASTED * 0.6)
    sent = await settled(session)
    assert sent == [("answer", 2), (OTHER, 1), ("answer", 3), (URI, 30)]
    # The one of the other text, those that were read in vain, and all of them.
    assert session.read == 10 + 30
