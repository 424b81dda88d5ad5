"""Definitions, references and symbols, asked of the real process."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
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


def test_open_texts_outside_of_folders_are_found_by_name(session: Session) -> None:
    untitled = "untitled:Untitled-1"
    session.client.send(opened(TEXT, untitled))
    session.ask("textDocument/documentSymbol", textDocument={"uri": untitled})
    found = session.ask("workspace/symbol", query="robot")
    assert [symbol["location"] for symbol in found] == [{"uri": untitled, "range": span(2, 41, 46)}]


# Other files.

ACCOUNT, _, POD = TEXT.partition("---\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an account and a pod that uses it, in a file each."""
    (tmp_path / "é account.yaml").write_text(ACCOUNT, encoding="utf-8")
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def among(folder: Path) -> Iterator[Session]:
    """A session that has the folder open, whose files were read."""
    with serving() as client:
        uri = folder.as_uri()
        folders = [{"uri": uri, "name": "folder"}]
        params: dict[str, Any] = {"processId": None, "rootUri": uri}
        params["workspaceFolders"] = folders
        capabilities = {"workspace": {"workspaceFolders": True}}
        params["capabilities"] = capabilities
        client.send({"id": 1, "method": "initialize", "params": params})
        client.answer(1)
        client.send(INITIALIZED)
        session = Session(client)
        session_waits_for(session, 2)
        yield session


def session_waits_for(session: Session, number: int) -> list[str]:
    """The names of the symbols in all files, as soon as there are so many."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = session.ask("workspace/symbol", query="")
        if len(found) == number:
            return [symbol["name"] for symbol in found]
        time.sleep(0.05)
    raise AssertionError(found)


def test_the_way_leads_to_files_that_are_not_open_and_back(among: Session, folder: Path) -> None:
    pod, account = (folder / "pod.yaml").as_uri(), (folder / "é account.yaml").as_uri()
    among.client.send(opened(POD, pod))
    declaration: dict[str, Any] = {"uri": account, "range": span(2, 41, 46)}
    use = {"line": 4, "character": 22}
    assert among.ask_at("textDocument/definition", pod, use) == [declaration]
    context = {"includeDeclaration": True}
    found = among.ask_at("textDocument/references", pod, use, context=context)
    assert found == [{"uri": pod, "range": span(4, 22, 27)}, declaration]
    among.client.send(opened(ACCOUNT, account))
    at = declaration["range"]["start"]
    found = among.ask_at("textDocument/references", account, at, context=context)
    assert found == [declaration, {"uri": pod, "range": span(4, 22, 27)}]


def test_what_another_open_text_says_counts_unsaved(among: Session, folder: Path) -> None:
    pod, account = (folder / "pod.yaml").as_uri(), (folder / "é account.yaml").as_uri()
    among.client.send(opened(f"# a\n# b\n{ACCOUNT}", account), opened(POD, pod))
    use = {"line": 4, "character": 22}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        (found,) = among.ask_at("textDocument/definition", pod, use)
        if found["range"] == span(4, 41, 46):
            return
        time.sleep(0.05)
    raise AssertionError(found)


def test_all_files_are_searched_for_names(among: Session, folder: Path) -> None:
    assert session_waits_for(among, 2) == ['ServiceAccount "robot"', 'Pod "web"']
    (found,) = among.ask("workspace/symbol", query="svcacc rob")
    assert found["location"]["uri"] == (folder / "é account.yaml").as_uri()
