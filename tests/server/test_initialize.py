"""The answer to `initialize`: no capability comes or goes unnoticed, whoever gives it."""

import asyncio
import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_lsp import client_capabilities

from k8s_lsp import __version__
from k8s_lsp.server import greeting
from k8s_lsp.server.app import create_server
from tests.server.test_odd_clients import ODD, ODD_CAPABILITIES, PARAMS, places, put

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
    """What pygls answers."""
    params = {"processId": None, "rootUri": None, "capabilities": capabilities}
    return answer_to_message({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})


def answer_to_message(message: dict[str, Any]) -> dict[str, Any]:
    output, protocol = Output(), create_server().protocol
    protocol.set_writer(output)
    protocol.handle_message(protocol.structure_message(message))
    answer: dict[str, Any] = json.loads(output.data.partition(b"\r\n\r\n")[2])["result"]
    # To a client that could do more of it, pygls says what is meant where nothing is said.
    for absent in ("willSave", "willSaveWaitUntil"):
        assert not answer["capabilities"]["textDocumentSync"].pop(absent, False)
    return answer


def greeted(capabilities: Any, options: Any = None) -> dict[str, Any] | None:
    """The answer that is given before pygls is loaded; None where pygls has to give it."""
    params = {"capabilities": capabilities, "initializationOptions": options}
    answer = greeting.answer_to({"id": 1, "method": "initialize", "params": params})
    return None if answer is None else answer["result"]


MEETING: dict[str, dict[str, Any]] = {
    "pulls": {
        "textDocument": {"diagnostic": {}},
        "workspace": {"diagnostics": {"refreshSupport": True}},
    },
    "resolves_edits": {
        "textDocument": {
            "codeAction": {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}
        },
    },
    "applies_edits": {"workspace": {"applyEdit": True}},
    "inlay_hints": {"textDocument": {"inlayHint": {}}},
}
"""Capabilities of a client that meets a condition, and no other one."""


def offers() -> dict[str, Any]:
    """What the file has to hold."""
    always = answer_to({})["capabilities"]
    written = {"always": {**always}}
    del written["always"]["positionEncoding"]
    for name, capabilities in MEETING.items():
        offered = answer_to(capabilities)["capabilities"].items()
        written[name] = {key: value for key, value in offered if always.get(key) != value}
    return written


async def test_the_file_holds_what_pygls_answers(update: bool) -> None:
    if update:
        greeting.OFFERS.write_text(json.dumps(offers(), indent=2) + "\n", encoding="utf-8")
    found = json.loads(greeting.OFFERS.read_text(encoding="utf-8"))
    assert found == offers(), "run: make test ARGS=--update"
    assert [*found] == ["always", *greeting.CONDITIONS]


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {**one}
    for key, value in other.items():
        both[key] = joined(both[key], value) if isinstance(both.get(key), dict) else value
    return both


@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("met", [(), *((name,) for name in MEETING), tuple(MEETING)])
async def test_a_client_that_meets_conditions_is_offered_the_same_by_both(
    met: tuple[str, ...], encoding: str | None
) -> None:
    capabilities: dict[str, Any] = {}
    if encoding is not None:
        capabilities["general"] = {"positionEncodings": [encoding, "utf-16"]}
    for name in met:
        capabilities = joined(capabilities, MEETING[name])
    answer = answer_to(capabilities)
    assert answer["capabilities"]["positionEncoding"] == (encoding or "utf-16")
    assert greeted(capabilities) == answer


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_is_offered_the_same_by_both(name: str) -> None:
    answer = answer_to(CLIENTS[name])
    assert answer["serverInfo"] == {"name": "k8s-lsp", "version": __version__}
    assert greeted(CLIENTS[name]) == answer


@pytest.mark.parametrize("editor", ["visual_studio_code", "neovim@0.11.0", "neovim@0.6.1", "emacs"])
async def test_real_editors_are_greeted(editor: str) -> None:
    converter = create_server().protocol._converter
    capabilities = converter.unstructure(client_capabilities(editor))
    assert greeted(capabilities, {"profile": "recommended"}) == answer_to(capabilities)


# What the protocol does not know is left to pygls, unless it makes no difference.


def odd(place: str, value: Any) -> Any:
    """The parameters of a client that says one odd thing; all else makes a difference."""
    everything = reduce(joined, (*MEETING.values(), PARAMS["capabilities"]))
    return put({**PARAMS, "capabilities": everything}, place, value)


def same_or_left(params: Any) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    early = greeting.answer_to(message)
    assert early is None or early["result"] == answer_to_message(message)


@pytest.mark.parametrize(("place", "value"), ODD_CAPABILITIES, ids=repr)
async def test_an_odd_client_is_offered_the_same_or_left_to_pygls(place: str, value: Any) -> None:
    same_or_left(odd(place, value))


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(places(odd("trace", "off"))), ODD, min_size=1, max_size=3))
def test_whatever_stands_at_whatever_places(changes: dict[str, Any]) -> None:
    params = odd("trace", "off")
    for place in sorted(changes, key=lambda place: -place.count(".")):
        params = put(params, place, changes[place])

    async def compare() -> None:
        same_or_left(params)

    asyncio.run(compare())


TEXT = "capabilities.textDocument"


@pytest.mark.parametrize(
    ("place", "value", "is_greeted"),
    [
        ("trace", "compact", True),
        ("processId", 2**70, True),
        ("workspaceFolders", {}, True),
        ("clientInfo", {}, True),
        ("capabilities.later", [], True),
        (f"{TEXT}.hover", True, True),
        (f"{TEXT}.diagnostic", None, True),
        (f"{TEXT}.diagnostic", {"dynamicRegistration": 5}, True),
        (f"{TEXT}.codeAction.dataSupport", False, True),
        (f"{TEXT}.codeAction.resolveSupport.properties", [], True),
        ("capabilities.general.positionEncodings", ["utf-7"], True),
        ("capabilities.general.positionEncodings", ["utf-7", "utf-8"], True),
        ("capabilities", None, True),
        ("initializationOptions", {"profile": "all"}, True),
        ("initializationOptions", {"workspace": {"diagnostics": True}}, False),
        ("capabilities.general.positionEncodings", ["utf-8", 8], False),
        ("capabilities.general.positionEncodings", "utf-8", False),
        ("capabilities.general", [], False),
        ("capabilities", "all", False),
        (f"{TEXT}.diagnostic", True, False),
        ("capabilities.workspace.diagnostics.refreshSupport", 1, False),
        ("capabilities.workspace.applyEdit", None, True),
        ("capabilities.workspace.applyEdit", "yes", False),
        (f"{TEXT}.inlayHint", {"resolveSupport": 5}, True),
        (f"{TEXT}.inlayHint", [], False),
        (f"{TEXT}.codeAction.dataSupport", "true", False),
        (f"{TEXT}.codeAction.resolveSupport.properties", "edit", False),
        (f"{TEXT}.codeAction", [], False),
    ],
)
async def test_who_is_greeted(place: str, value: Any, is_greeted: bool) -> None:
    params = odd(place, value)
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    assert (greeting.answer_to(message) is not None) == is_greeted
    same_or_left(params)


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "initialize"},
        {"id": 1, "method": "initialize", "params": None},
        {"id": 1, "method": "initialize", "params": []},
        {"method": "initialize", "params": {}},
        {"id": True, "method": "initialize", "params": {}},
        {"id": 1.5, "method": "initialize", "params": {}},
        {"id": 1, "method": "shutdown", "params": {}},
        {"id": 1, "result": {}},
        {"method": "exit"},
    ],
)
def test_what_is_no_initialize_is_left_to_the_session(message: dict[str, Any]) -> None:
    assert greeting.answer_to(message) is None


@pytest.mark.parametrize("id_", [0, -1, 2**70, "", "one"])
def test_the_answer_names_the_request(id_: int | str) -> None:
    answer = greeting.answer_to({"id": id_, "method": "initialize", "params": {}})
    assert answer is not None and answer["id"] == id_
