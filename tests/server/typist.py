"""Somebody who types, in a server without a process; a second passes only when a test says so."""

import asyncio
from collections.abc import Callable
from typing import Any

from k8s_lsp.server.publisher import HELD_FOR
from tests.features.opened import URI, split
from tests.server.test_diagnostics import PULLS, PUSH, REFRESH, Session, idle

EDITOR: dict[str, Any] = {
    "textDocument": {
        "publishDiagnostics": {"dataSupport": True, "relatedInformation": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}},
    }
}
WAYS = {
    "pushed": EDITOR,
    "pulled": {**PULLS, "textDocument": {**EDITOR["textDocument"], "diagnostic": {}}},
}
"""Capabilities of a client that is pushed to, and of one that pulls."""


class Typist(Session):
    """A text that is open, where its cursor is, and what was told of it last."""

    def __init__(self, text: str = "", way: str = "pushed", **options: Any) -> None:
        self.held: list[Callable[[], None]] = []
        super().__init__(WAYS[way], **options)
        self.text, self.version, self.cursor = text, 1, len(text)
        self.told: list[dict[str, Any]] = []
        self.pulls = way == "pulled"
        self.open(text)

    def after(self, delay: float, run: Callable[[], None]) -> None:
        if delay == HELD_FOR:
            self.held.append(run)
        else:
            asyncio.get_running_loop().call_soon(run)

    def to(self, place: str) -> None:
        """Put the cursor behind a text that occurs once."""
        assert self.text.count(place) == 1, place
        self.cursor = self.text.index(place) + len(place)

    def write_text(self, new: str, over: int = 0) -> None:
        """Write something at the cursor, over so many characters before it, in one change."""
        start = self.cursor - over
        self.version += 1
        params = {
            "textDocument": {"uri": URI, "version": self.version},
            "contentChanges": [
                {
                    "range": {"start": self.place(start), "end": self.place(self.cursor)},
                    "text": new,
                }
            ],
        }
        self.text = self.text[:start] + new + self.text[self.cursor :]
        self.cursor = start + len(new)
        self.send(method="textDocument/didChange", params=params)

    def replace_text(self, text: str) -> None:
        """Send the whole text, as a client does that knows no ranges."""
        self.text, self.version = text, self.version + 1
        document = {"uri": URI, "version": self.version}
        params = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.send(method="textDocument/didChange", params=params)

    def place(self, offset: int) -> dict[str, int]:
        lines = split(self.text[:offset])
        return {"line": len(lines) - 1, "character": len(lines[-1])}

    async def see(self) -> list[dict[str, Any]]:
        """What the client shows once the server is at rest."""
        await idle()
        if self.pulls:
            self.told = (await self.pull())["items"]
        elif pushed := self.all(PUSH):
            assert pushed[-1]["params"]["version"] == self.version
            self.told = pushed[-1]["params"]["diagnostics"]
        self.sent = [each for each in self.sent if each.get("method") == REFRESH]
        return self.told

    async def type(self, text: str) -> list[dict[str, Any]]:
        """Type key by key, each seen."""
        for key in text:
            self.write_text(key)
            await self.see()
        return self.told

    async def second(self) -> list[dict[str, Any]]:
        """Let a second pass."""
        held, self.held = self.held, []
        for run in held:
            run()
        return await self.see()

    def save(self) -> None:
        self.send(method="textDocument/didSave", params={"textDocument": {"uri": URI}})


def rules(told: list[dict[str, Any]]) -> list[str]:
    """The rules that diagnostics name, in the order of the letters."""
    return sorted(
        slug for each in told for slug in each.get("data", {}).get("rules", [each["code"]])
    )


def lines_of(told: list[dict[str, Any]], slug: str) -> list[int]:
    """The lines of the diagnostics that name a rule."""
    return [each["range"]["start"]["line"] for each in told if slug in rules([each])]
