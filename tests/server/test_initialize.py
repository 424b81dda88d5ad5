"""The answer to `initialize`: no capability comes or goes unnoticed."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp import __version__
from k8s_lsp.server.app import create_server

EXPECTED = Path(__file__).with_name("initialize.json")

LITERALS = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
CLIENTS: dict[str, dict[str, Any]] = {
    "that can do nothing": {},
    "that pulls and resolves": {
        "textDocument": {
            "codeAction": {
                **LITERALS,
                "dataSupport": True,
                "resolveSupport": {"properties": ["edit"]},
            },
            "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
            "diagnostic": {"dynamicRegistration": True},
            "hover": {"contentFormat": ["markdown"]},
            "inlayHint": {},
        },
        "workspace": {
            "applyEdit": True,
            "configuration": True,
            "diagnostics": {"refreshSupport": True},
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "workspaceFolders": True,
        },
    },
    "that counts in UTF-8": {"general": {"positionEncodings": ["utf-8", "utf-16"]}},
    "that counts in UTF-32": {"general": {"positionEncodings": ["utf-32"]}},
    "that is pushed to": {
        "textDocument": {
            "codeAction": LITERALS,
            "publishDiagnostics": {"relatedInformation": True},
            "synchronization": {"didSave": True},
        },
    },
}


class Output:
    """Keeps what the server writes."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        pass


def answer_to(capabilities: dict[str, Any]) -> dict[str, Any]:
    output, protocol = Output(), create_server().protocol
    protocol.set_writer(output)
    params = {"processId": None, "rootUri": None, "capabilities": capabilities}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    protocol.handle_message(protocol.structure_message(message))
    answer: dict[str, Any] = json.loads(output.data.partition(b"\r\n\r\n")[2])["result"]
    return answer


async def all_answers() -> dict[str, Any]:
    """They are given on a loop, which waits for the clients' settings."""
    return {
        f"the answer to a client {name}": answer_to(sent)["capabilities"]
        for name, sent in CLIENTS.items()
    }


@pytest.fixture(scope="module")
def expected(update: bool) -> dict[str, Any]:
    """What stands in the file; with --update, what the server answers now."""
    if update:
        answers = asyncio.run(all_answers())
        EXPECTED.write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", CLIENTS)
async def test_what_a_client_is_offered(name: str, expected: dict[str, Any]) -> None:
    answer = answer_to(CLIENTS[name])
    assert answer["serverInfo"] == {"name": "k8s-lsp", "version": __version__}
    found = expected[f"the answer to a client {name}"]
    assert answer["capabilities"] == found, "run: make test ARGS=--update"


def test_the_file_speaks_of_these_clients_alone(expected: dict[str, Any]) -> None:
    assert [*expected] == [f"the answer to a client {name}" for name in CLIENTS]
