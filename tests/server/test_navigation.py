"""Definitions, references and symbols, asked of the real process."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.server.real_server import INITIALIZED, Client, opened, serving

URI = "file:///nowhere/pod.yaml"
TEXT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {annotations: {a: "😀"}, name: robot}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: robot
  containers:
    - {name: app, image: example.com/app:1.0}
"""
USE = {"line": 8, "character": 24}
TREES = {
    "textDocument": {
        "definition": {"linkSupport": True},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
    }
}


class Session:
    """A session with a server that has its settings."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._ids = count(10)

    def ask(self, method: str, **params: Any) -> Any:
        id_ = next(self._ids)
        self.client.send({"id": id_, "method": method, "params": params})
        return self.client.answer(id_)["result"]

    def ask_at(self, method: str, uri: str, position: dict[str, int], **params: Any) -> Any:
        return self.ask(method, textDocument={"uri": uri}, position=position, **params)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session, by the params that `initialize` gets beside those without which it has none."""
    params: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}
    params |= getattr(request, "param", {})
    with serving() as client:
        client.send({"id": 1, "method": "initialize", "params": params})
        client.answer(1)
        client.send(INITIALIZED)
        yield Session(client)


def span(line: int, start: int, end: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": end},
    }


def test_from_a_name_to_its_object_and_back(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    account: dict[str, Any] = {"uri": URI, "range": span(2, 41, 46)}
    use = {"uri": URI, "range": span(8, 22, 27)}
    assert session.ask_at("textDocument/definition", URI, USE) == [account]
    for with_declaration, expected in ((True, [account, use]), (False, [use])):
        found = session.ask_at(
            "textDocument/references",
            URI,
            account["range"]["start"],
            context={"includeDeclaration": with_declaration},
        )
        assert found == expected


@pytest.mark.parametrize("session", [{"capabilities": TREES}], indirect=True)
def test_links_and_trees_for_who_takes_them(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    account = span(2, 41, 46)
    assert session.ask_at("textDocument/definition", URI, USE) == [
        {
            "originSelectionRange": span(8, 22, 27),
            "targetUri": URI,
            "targetRange": account,
            "targetSelectionRange": account,
        }
    ]
    _, pod = session.ask("textDocument/documentSymbol", textDocument={"uri": URI})
    assert pod["name"] == 'Pod "web"'
    assert [child["name"] for child in pod["children"]] == ['container "app"']


def test_a_list_of_symbols_for_who_takes_no_tree(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    found = session.ask("textDocument/documentSymbol", textDocument={"uri": URI})
    assert [(symbol["name"], symbol.get("containerName")) for symbol in found] == [
        ('ServiceAccount "robot"', None),
        ('Pod "web"', None),
        ('container "app"', 'Pod "web"'),
    ]


@pytest.mark.parametrize(
    "session", [{"initializationOptions": {"editor": {"outline": False}}}], indirect=True
)
def test_the_outline_can_be_left_to_another_server(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    assert session.ask("textDocument/documentSymbol", textDocument={"uri": URI}) == []
    assert session.ask_at("textDocument/definition", URI, USE) != []


def test_a_text_that_is_not_open_leads_nowhere(session: Session) -> None:
    assert session.ask_at("textDocument/definition", URI, USE) == []
    context = {"includeDeclaration": True}
    assert session.ask_at("textDocument/references", URI, USE, context=context) == []
    assert session.ask("textDocument/documentSymbol", textDocument={"uri": URI}) == []
    assert session.ask("workspace/symbol", query="") == []
