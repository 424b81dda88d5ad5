"""Clients that say what the protocol does not know: they are answered, and the server lives on."""

import asyncio
import copy
import json
from io import BufferedReader, BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8s_lsp.server.app import create_server
from k8s_lsp.server.lenient import LARGEST
from k8s_lsp.server.session import Session
from tests.server.real_server import EXIT, INITIALIZED, framed, unframed
from tests.server.test_connections import Output

Json = dict[str, Any]

URI = "file:///work/pod.yaml"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  containers: [{name: app, image: example.com/app:1.4.2}]
"""
HOST_PID = {"line": 4, "character": 4}
OPENED = {
    "method": "textDocument/didOpen",
    "params": {"textDocument": {"uri": URI, "languageId": "yaml", "version": 1, "text": POD}},
}

PARAMS: Json = {
    "processId": None,
    "clientInfo": {"name": "an editor", "version": "1.0"},
    "locale": "en",
    "rootPath": "/no/such/folder",
    "rootUri": "file:///no/such/folder",
    "trace": "off",
    "initializationOptions": {"profile": "all"},
    "workspaceFolders": [{"uri": "file:///no/such/folder", "name": "work"}],
    "capabilities": {
        "general": {
            "positionEncodings": ["utf-16"],
            "markdown": {"parser": "marked", "version": "1"},
            "staleRequestSupport": {"cancel": True, "retryOnContentModified": ["a"]},
        },
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
                "dataSupport": True,
                "resolveSupport": {"properties": ["edit"]},
                "tagSupport": {"valueSet": [1]},
            },
            "completion": {
                "completionItem": {
                    "documentationFormat": ["markdown"],
                    "insertTextModeSupport": {"valueSet": [1, 2]},
                    "tagSupport": {"valueSet": [1]},
                },
                "completionItemKind": {"valueSet": [1]},
            },
            "foldingRange": {"rangeLimit": 5, "foldingRangeKind": {"valueSet": ["comment"]}},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
            "publishDiagnostics": {
                "relatedInformation": True,
                "tagSupport": {"valueSet": [1, 2]},
            },
            "rename": {"prepareSupportDefaultBehavior": 1},
            "semanticTokens": {
                "requests": {"range": True, "full": {"delta": True}},
                "tokenTypes": ["type"],
                "tokenModifiers": [],
                "formats": ["relative"],
            },
            "synchronization": {"didSave": True, "willSave": False},
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
        "workspace": {
            "symbol": {"symbolKind": {"valueSet": [1]}, "tagSupport": {"valueSet": [1]}},
            "workspaceEdit": {
                "documentChanges": True,
                "resourceOperations": ["create"],
                "failureHandling": "undo",
            },
            "workspaceFolders": True,
        },
    },
}
"""What a client says of itself, all of it as the protocol has it."""


def put(value: Any, place: str, new: Any) -> Any:
    """A copy of a value with something else at a place, given as its names with dots."""
    changed = copy.deepcopy(value)
    *steps, last = place.split(".")
    part = changed
    for step in steps:
        part = part[int(step)] if isinstance(part, list) else part[step]
    part[int(last) if isinstance(part, list) else last] = new
    return changed


def request(id_: Any, method: str, **params: Any) -> Json:
    return {"id": id_, "method": method, "params": {"textDocument": {"uri": URI}, **params}}


def hover(id_: Any, position: Any = HOST_PID) -> Json:
    return request(id_, "textDocument/hover", position=position)


def actions(id_: Any, context: Any, range_: Any = None) -> Json:
    where = {"start": HOST_PID, "end": HOST_PID} if range_ is None else range_
    return request(id_, "textDocument/codeAction", range=where, context=context)


async def told(*messages: Json | bytes, params: Json = PARAMS) -> list[Json]:
    """All that a server writes that is told this, from `initialize` to the end."""
    data = b"".join(
        message if isinstance(message, bytes) else framed(message)
        for message in (
            {"id": "begin", "method": "initialize", "params": params},
            INITIALIZED,
            OPENED,
            *messages,
            hover("last"),
        )
    )
    output = Output()
    session = Session(create_server(), BufferedReader(BytesIO(data + framed(EXIT))), output)
    session.server.protocol.set_writer(session.writer)
    session.read(asyncio.get_running_loop())
    await session.ended.wait()
    # Code actions wait for the settings, if only for a turn of the loop.
    for _ in range(5):
        await asyncio.sleep(0)
    return unframed(output.getvalue())


async def answers(*messages: Json | bytes, params: Json = PARAMS) -> list[tuple[Any, Any]]:
    """The answers but the first and the last, which must be there: ids with results or codes."""
    got = [
        (message["id"], message["error"]["code"] if "error" in message else message["result"])
        for message in await told(*messages, params=params)
        if "method" not in message
    ]
    known = {id_: value for id_, value in got if isinstance(id_, str)}
    assert known["begin"]["serverInfo"]["name"] == "k8s-lsp"
    # The text is still known, and what may be said about it.
    assert "host-pid" in known["last"]["contents"]["value"]
    return [(id_, value) for id_, value in got if id_ not in ("begin", "last")]


# What a client says of itself.

TEXT, WORKSPACE = "capabilities.textDocument", "capabilities.workspace"
ODD_CAPABILITIES: list[tuple[str, Any]] = [
    (f"{TEXT}.publishDiagnostics.tagSupport.valueSet", [1, 2, 3]),
    (f"{TEXT}.publishDiagnostics.tagSupport", True),
    (f"{TEXT}.publishDiagnostics", "yes"),
    (f"{TEXT}.completion.completionItem.tagSupport.valueSet", [2]),
    (f"{TEXT}.completion.completionItem.insertTextModeSupport.valueSet", [1, 2, 3]),
    (f"{TEXT}.completion.completionItem.documentationFormat", ["html", "markdown"]),
    (f"{TEXT}.completion.completionItemKind.valueSet", [1, 99]),
    (f"{TEXT}.completion", []),
    (f"{TEXT}.codeAction.tagSupport.valueSet", [2]),
    (f"{TEXT}.codeAction.codeActionLiteralSupport.codeActionKind.valueSet", ["refactor.far", 7]),
    (f"{TEXT}.codeAction.resolveSupport", True),
    (f"{TEXT}.codeAction.dataSupport", "true"),
    (f"{TEXT}.foldingRange.foldingRangeKind.valueSet", [5]),
    (f"{TEXT}.foldingRange.rangeLimit", -1),
    (f"{TEXT}.foldingRange.rangeLimit", 2**70),
    (f"{TEXT}.hover.contentFormat", ["html", "markdown"]),
    (f"{TEXT}.hover.contentFormat", "markdown"),
    (f"{TEXT}.hover.contentFormat", 1.5),
    (f"{TEXT}.hover", True),
    (f"{TEXT}.rename.prepareSupportDefaultBehavior", 2),
    (f"{TEXT}.semanticTokens.formats", ["absolute"]),
    (f"{TEXT}.semanticTokens", {}),
    (f"{TEXT}.semanticTokens.requests", None),
    (f"{TEXT}.diagnostic", 3),
    (f"{TEXT}.diagnostic", False),
    (f"{TEXT}.later", {"valueSet": [1]}),
    (TEXT, None),
    (TEXT, "all"),
    (f"{WORKSPACE}.symbol.symbolKind.valueSet", [1, 27]),
    (f"{WORKSPACE}.symbol.tagSupport.valueSet", [2]),
    (f"{WORKSPACE}.workspaceEdit.resourceOperations", ["create", "copy"]),
    (f"{WORKSPACE}.workspaceEdit.failureHandling", "undoRedo"),
    (f"{WORKSPACE}.workspaceFolders", {"supported": True}),
    (WORKSPACE, 0),
    ("capabilities.general.positionEncodings", ["utf-7", 8, "utf-16"]),
    ("capabilities.general.positionEncodings", [["utf-16"]]),
    ("capabilities.general.positionEncodings", "utf-8"),
    ("capabilities.general", []),
    ("capabilities.window.showDocument", True),
    ("capabilities.experimental", [[]]),
    ("capabilities", None),
    ("capabilities", []),
    ("capabilities", "none"),
    ("trace", "compact"),
    ("trace", 1),
    ("processId", "1234"),
    ("processId", 2**70),
    ("rootUri", 5),
    ("rootPath", {}),
    ("clientInfo", {}),
    ("clientInfo", "an editor"),
    ("locale", ["en"]),
    ("initializationOptions", [1]),
    ("initializationOptions", "none"),
    ("workspaceFolders", [{"uri": "file:///no/such/folder"}, {"name": "b"}, None]),
    ("workspaceFolders", {}),
]


@pytest.mark.parametrize(("place", "value"), ODD_CAPABILITIES, ids=repr)
async def test_an_odd_client_is_served(place: str, value: Any) -> None:
    assert await answers(params=put(PARAMS, place, value)) == []


async def test_a_client_that_says_nothing_is_served() -> None:
    assert await answers(params={}) == []


def places(value: Any, above: str = "") -> list[str]:
    """All places in a value, with dots."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for step, part in below:
        found.append(f"{above}{step}")
        if isinstance(part, dict | list):
            found += places(part, f"{above}{step}.")
    return found


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "html", "utf-7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["valueSet", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(places(PARAMS)), ODD, min_size=1, max_size=3))
def test_whatever_stands_at_whatever_places(odd: dict[str, Any]) -> None:
    params = PARAMS
    # The innermost first: what stands above may take its place away.
    for place in sorted(odd, key=lambda place: -place.count(".")):
        params = put(params, place, odd[place])
    assert asyncio.run(answers(params=params)) == []


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        (f"{TEXT}.publishDiagnostics.tagSupport.valueSet", [1, 3]),
        (f"{TEXT}.completion.completionItem.tagSupport.valueSet", [2]),
        (f"{TEXT}.semanticTokens", {}),
        (f"{TEXT}.codeAction.tagSupport", 5),
    ],
)
async def test_what_is_known_counts_beside_what_is_not(place: str, odd: Any) -> None:
    (offered,) = [
        message["result"]
        for message in await told(params=put(PARAMS, place, odd))
        if message.get("id") == "begin"
    ]
    assert offered["capabilities"]["codeActionProvider"]["resolveProvider"]
    line = {"start": HOST_PID, "end": {**HOST_PID, "character": 99}}
    fixes = actions(2, {"diagnostics": [], "only": ["quickfix"]}, line)
    ((_, (fix, *_)),) = await answers(fixes, params=put(PARAMS, place, odd))
    assert "documentChanges" in fix["edit"]


# Requests and notifications.

HERE = {"start": HOST_PID, "end": HOST_PID}
FOREIGN: Json = {
    "range": HERE,
    "message": "from elsewhere",
    "severity": 1,
    "code": "x",
    "codeDescription": {"href": "https://example.com"},
    "source": "another",
    "tags": [1],
    "relatedInformation": [{"location": {"uri": URI, "range": HERE}, "message": "there"}],
    "data": None,
}

INVALID_REQUEST, INVALID_PARAMS, NOT_FOUND = -32600, -32602, -32601
ANSWER = "some answer"


def changed(**document: Any) -> Json:
    """The change that leaves the text as it is."""
    return {
        "method": "textDocument/didChange",
        "params": {
            "textDocument": {"uri": URI, **document},
            "contentChanges": [{"text": POD}],
        },
    }


def framed_as(body: str) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body.encode()), body.encode())


ODD_MESSAGES: list[tuple[Json | bytes, list[tuple[Any, Any]]]] = [
    # Requests that are none, or of another one's.
    (request(2, "textDocument/unknown"), [(2, NOT_FOUND)]),
    (request(2, "$/unknown"), [(2, NOT_FOUND)]),
    (request(2, "textDocument/rename", position=HOST_PID, newName="x"), [(2, NOT_FOUND)]),
    ({"method": "$/unknown", "params": {}}, []),
    ({"method": "textDocument/unknown"}, []),
    ({"method": "$/setTrace", "params": {"value": "compact"}}, []),
    ({"method": "$/setTrace", "params": []}, []),
    ({"method": "$/progress", "params": {"token": [], "value": 1}}, []),
    ({"method": "$/cancelRequest", "params": {"id": 1.5}}, []),
    ({"method": "$/cancelRequest", "params": None}, []),
    ({"id": 2, "method": 7}, [(2, INVALID_REQUEST)]),
    ({"id": 2, "method": None, "params": [1]}, [(2, INVALID_REQUEST)]),
    ({"id": 2, "method": "initialize", "params": PARAMS}, [(2, INVALID_REQUEST)]),
    ({"id": 2}, []),
    ({"id": 2, "result": {"x": 1}}, []),
    ({"id": "none of mine", "error": {"code": "x", "message": 5}}, []),
    # Ids.
    (hover("two"), [("two", ANSWER)]),
    (hover(""), [("", ANSWER)]),
    (hover(-7), [(-7, ANSWER)]),
    (hover(2**70), [(2**70, ANSWER)]),
    (hover(1.5), [(1.5, INVALID_REQUEST)]),
    (hover(None), []),
    (hover(True), [(None, INVALID_REQUEST)]),
    (hover([1]), [(None, INVALID_REQUEST)]),
    (hover({}), [(None, INVALID_REQUEST)]),
    # What is no message.
    (framed_as("[]"), [(None, INVALID_REQUEST)]),
    (framed_as(json.dumps([{"jsonrpc": "2.0", **hover(2)}])), [(None, INVALID_REQUEST)]),
    (framed_as('{"jsonrpc": "2.0", "id": NaN, "method": "x"}'), [(None, -32700)]),
    (framed_as('{"jsonrpc": "2.0", "id": 1e999, "method": "x"}'), [(None, INVALID_REQUEST)]),
    (framed_as(f'{{"jsonrpc": "2.0", "id": {"9" * 9999}, "method": "x"}}'), [(None, -32700)]),
    # Parameters.
    (hover(2, {"line": 2**31, "character": 0}), [(2, None)]),
    (hover(2, {"line": 4, "character": 2**64}), [(2, ANSWER)]),
    (hover(2, {"line": 4, "character": -1}), [(2, None)]),
    (hover(2, {"line": "four"}), [(2, INVALID_PARAMS)]),
    (hover(2, [4, 4]), [(2, INVALID_PARAMS)]),
    ({"id": 2, "method": "textDocument/hover"}, [(2, INVALID_PARAMS)]),
    ({"id": 2, "method": "textDocument/hover", "params": [URI, 4, 4]}, [(2, INVALID_PARAMS)]),
    ({**hover(2), "more": {"x": []}}, [(2, ANSWER)]),
    (request(2, "textDocument/completion", position=HOST_PID, context={"x": 1}), [(2, ANSWER)]),
    ({"method": "textDocument/didOpen", "params": {"textDocument": {"uri": 7}}}, []),
    (put(OPENED, "params.textDocument.version", None), []),
    (put(OPENED, "params.textDocument.languageId", 5), []),
    (put(OPENED, "params.textDocument", {"uri": URI, "text": POD}), []),
    (changed(), []),
    (changed(version=None), []),
    (changed(version="2"), []),
    (changed(version=2**31), []),
    ({"id": 2, **changed(version=2)}, [(2, None)]),
    ({"id": None, **changed(version=2)}, []),
    ({"method": "textDocument/didClose", "params": {"textDocument": None}}, []),
    ({"method": "textDocument/didSave", "params": {"textDocument": {"uri": URI}, "text": 5}}, []),
    ({"method": "workspace/didChangeConfiguration", "params": {}}, []),
    ({"method": "workspace/didChangeConfiguration", "params": {"settings": [5]}}, []),
    ({"method": "workspace/didChangeWatchedFiles", "params": {"changes": [{"type": 9}]}}, []),
    ({"method": "workspace/didChangeWorkspaceFolders", "params": {"event": {}}}, []),
    # The context of code actions.
    (actions(2, {"diagnostics": [FOREIGN]}), [(2, ANSWER)]),
    *(
        (actions(2, {"diagnostics": [put(FOREIGN, place, value)]}), [(2, ANSWER)])
        for place, value in (
            ("range.start.character", -1),
            ("range.end.character", 2**31),
            ("range.start.line", None),
            ("range.start", {}),
            ("range", None),
            ("severity", 0),
            ("severity", "error"),
            ("tags", [3]),
            ("tags", 1),
            ("codeDescription", {}),
            ("codeDescription", {"href": None}),
            ("code", {"value": 1, "target": "x"}),
            ("source", 7),
            ("message", None),
            ("relatedInformation", [{}]),
            ("relatedInformation.0.location", URI),
            ("relatedInformation.0.location.range.start.line", -5),
        )
    ),
    (actions(2, {"diagnostics": [None, 5, {}, FOREIGN]}), [(2, ANSWER)]),
    (actions(2, {"diagnostics": None}), [(2, ANSWER)]),
    (actions(2, {}), [(2, ANSWER)]),
    (actions(2, None), [(2, ANSWER)]),
    (actions(2, {"diagnostics": [], "only": None}), [(2, ANSWER)]),
    (actions(2, {"diagnostics": [], "only": "quickfix"}), [(2, ANSWER)]),
    (actions(2, {"diagnostics": [], "only": ["later", 5, None, "quickfix"]}), [(2, ANSWER)]),
    (actions(2, {"diagnostics": [], "triggerKind": 3}), [(2, ANSWER)]),
    (actions(2, {"diagnostics": [], "triggerKind": "x"}), [(2, ANSWER)]),
    (
        actions(
            2, {"diagnostics": []}, {"start": HOST_PID, "end": {"line": 2**32, "character": 0}}
        ),
        [(2, ANSWER)],
    ),
]


@pytest.mark.parametrize(("message", "expected"), ODD_MESSAGES, ids=range(len(ODD_MESSAGES)))
async def test_an_odd_message_is_answered_or_ignored(
    message: Json | bytes, expected: list[tuple[Any, Any]]
) -> None:
    got = await answers(message)
    assert [id_ for id_, _ in got] == [id_ for id_, _ in expected]
    for (_, answer), (_, right) in zip(got, expected, strict=True):
        if right is ANSWER:
            assert isinstance(answer, dict | list)
        else:
            assert answer == right


async def test_a_number_that_is_too_large_is_the_end() -> None:
    beyond = {"line": LARGEST + 1, "character": 0}
    everything = {"start": {"line": 0, "character": 0}, "end": beyond}
    ((_, far),) = await answers(actions(2, {"diagnostics": []}, everything))
    end = {"line": POD.count("\n"), "character": 0}
    ((_, near),) = await answers(actions(2, {"diagnostics": []}, {**everything, "end": end}))
    assert far == near != []


@pytest.mark.parametrize("version", [{}, {"version": None}, {"version": 1.5}, {"version": 2**40}])
async def test_a_change_without_a_version_is_applied(version: Json) -> None:
    change = changed(**version)
    text = POD.replace("  containers", "  hostIPC: true\n  containers")
    change["params"]["contentChanges"] = [{"text": text}]
    ((_, found),) = await answers(change, hover(2, {"line": 5, "character": 4}))
    assert "host-ipc" in found["contents"]["value"]
    rewrite = actions(3, {"diagnostics": [], "only": ["refactor.rewrite"]})
    ((_, (action, *_)),) = await answers(change, rewrite)
    assert "version" not in action["data"]
    resolve = {"id": 4, "method": "codeAction/resolve", "params": action}
    ((_, resolved),) = await answers(change, resolve)
    (edit,) = resolved["edit"]["documentChanges"]
    assert edit["textDocument"] == {"uri": URI, "version": None}


@pytest.mark.parametrize("half", ["\ud83d", "\ude00", "\ude00\ud83d"])
@pytest.mark.parametrize(
    "place",
    [
        "# {}\n",
        "# k8s-lsp: ignore[{}]\n",
        'x: "{}"\n',
        "x: {}\n",
        "{}: x\n",
        "- {}\n",
        "---\n{}\n",
        "  {}",
    ],
)
async def test_half_a_character_is_no_reason_to_end(place: str, half: str) -> None:
    text = POD + place.format(half)
    opening = put(OPENED, "params.textDocument.text", text)
    last = {"line": POD.count("\n"), "character": 6}
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    got = await answers(opening, hover(2, last), actions(3, {"diagnostics": []}, everything))
    assert [id_ for id_, _ in got] == [2, 3]
    assert isinstance(got[1][1], list)


async def test_a_text_is_called_as_it_was_opened() -> None:
    spelled, asked = "file:///c%3A/Work/pod.yaml", "file:///C:/Work/pod.yaml"
    text = {"uri": asked}
    changing = {"textDocument": {**text, "version": 2}, "contentChanges": [{"text": POD}]}
    messages = await told(
        put(OPENED, "params.textDocument.uri", spelled),
        {"method": "textDocument/didChange", "params": changing},
        {
            "id": 2,
            "method": "textDocument/hover",
            "params": {"textDocument": text, "position": HOST_PID},
        },
        {"method": "textDocument/didClose", "params": {"textDocument": text}},
    )
    (hovered,) = [message["result"] for message in messages if message.get("id") == 2]
    assert "host-pid" in hovered["contents"]["value"]
    published = [
        (message["params"]["uri"], bool(message["params"]["diagnostics"]))
        for message in messages
        if message.get("method") == "textDocument/publishDiagnostics"
    ]
    # All of it is handled before the first analysis.
    assert (spelled, False) in published and asked not in dict(published)
