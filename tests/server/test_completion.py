"""Completion in manifests, asked of the real process."""

from typing import Any

import pytest

from tests.server.real_server import opened
from tests.server.test_navigation import Session, session

__all__ = ["session"]

URI = "file:///nowhere/pod.yaml"
TEXT = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  # k8s-lsp: ignore[
  containers:
    - name: app
      image: example.com/app:1.0
      sec
"""
TYPED = {"line": 8, "character": 9}
COMMENT = {"line": 4, "character": 20}
SNIPPETS = {
    "textDocument": {
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
        }
    }
}


def labels(session: Session, position: dict[str, int]) -> list[str]:
    items = session.ask_at("textDocument/completion", URI, position)
    return [item["label"] for item in items]


def test_a_block_takes_the_place_of_the_word(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    block, key = session.ask_at("textDocument/completion", URI, TYPED)
    assert (block["label"], key["label"]) == ("securityContext (restricted)", "securityContext")
    start, end = {"line": 8, "character": 6}, TYPED
    assert block["textEdit"]["range"] == key["textEdit"]["range"] == {"start": start, "end": end}
    assert "\n          drop:\n            - ALL\n" in block["textEdit"]["newText"]
    assert "insertTextFormat" not in block and isinstance(block["documentation"], str)


@pytest.mark.parametrize("session", [{"capabilities": SNIPPETS}], indirect=True)
def test_a_client_with_snippets_has_the_block_as_one(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    block: dict[str, Any] = session.ask_at("textDocument/completion", URI, TYPED)[0]
    assert block["insertTextFormat"] == 2 and block["documentation"]["kind"] == "markdown"
    assert "\n    drop:\n      - ALL\n" in block["textEdit"]["newText"]


@pytest.mark.parametrize(
    "session", [{"initializationOptions": {"editor": {"completion": False}}}], indirect=True
)
def test_a_setting_leaves_manifests_to_another_server(session: Session) -> None:
    session.client.send(opened(TEXT, URI))
    assert labels(session, TYPED) == []
    assert "host-pid" in labels(session, COMMENT)


def test_a_text_that_is_not_open_has_nothing(session: Session) -> None:
    assert labels(session, TYPED) == []
