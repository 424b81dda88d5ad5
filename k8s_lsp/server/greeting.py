"""The answer to `initialize`, given before what understands the client is loaded.

What handles messages takes five times as long to load as Python takes to start. Most clients have
sent `initialize` by then, and wait for its answer with all that they send next. So that answer is
made from a file, and the session goes on from there: 35 ms after the start of the process, where it
takes 295 without. The first findings come no later, and earlier by what the client does meanwhile.

`initialize.json` holds what pygls answers, and tests hold the two together: what it offers to every
client, and what it offers beside that to one that fulfils a condition. Whoever says something here
that the protocol does not know is answered by pygls, and so is everyone where a stream cannot be
waited for, as on Windows.
"""

import json
import os
import re
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from k8s_lsp import __version__
from k8s_lsp.server.client_process import notice
from k8s_lsp.server.framing import Incoming

if TYPE_CHECKING:
    from pygls.exceptions import JsonRpcException

OFFERS = Path(__file__).with_name("initialize.json")

PATIENCE = 0.1
"""Seconds that are waited for a client, before it is waited for with everything loaded."""

AT_ONCE = 2**16
"""Bytes that are read at most before it is looked whether they are a message."""

_ARGUMENTS = re.compile(r"--stdio|--clientProcessId=[0-9]{1,10}")
"""What may stand behind `server` where standard input and output are the client's."""

ENCODINGS = ("utf-8", "utf-16", "utf-32")


class Beginning(NamedTuple):
    """What was read before there was a session: messages, and the bytes behind them.

    `is_answered` says that the first message is `initialize` and has got its answer.
    """

    incoming: Incoming
    messages: "Sequence[dict[str, Any] | JsonRpcException]" = ()
    is_answered: bool = False


_begun: list[Beginning] = []
"""Of the one client that standard input leads to; none where that was not looked at."""


def greet(arguments: Sequence[str], source: int = 0, target: int = 1) -> None:
    """Read what the client of a process with these arguments says first, and answer it.

    The descriptors are those of the streams. What was read is kept for `beginning`.
    """
    if all(map(_ARGUMENTS.fullmatch, arguments)):
        incoming = Incoming()
        messages = _first_messages(incoming, source)
        answer = answer_to(messages[0]) if messages else None
        if answer is not None:
            for client in _processes(arguments, messages[0]):
                # It may be gone before there is a session that would end with it.
                notice(client)
            _write(target, json.dumps(answer).encode())
        _begun.append(Beginning(incoming, messages, answer is not None))


def beginning() -> Beginning:
    """What was read before; it is given once."""
    return _begun.pop() if _begun else Beginning(Incoming())


def _first_messages(incoming: Incoming, source: int) -> "list[dict[str, Any] | JsonRpcException]":
    """The first message, with those that have come together with it; none if it is late."""
    # Streams may be closed, and not every system can wait for every stream.
    with suppress(OSError):
        while select.select([source], [], [], PATIENCE)[0]:
            data = os.read(source, AT_ONCE)
            messages = [*incoming.messages(data)]
            if messages or not data:
                return messages
    return []


def _processes(arguments: Sequence[str], message: object) -> Iterator[int]:
    """The processes without which there is nothing to do."""
    for argument in arguments:
        if argument != "--stdio":
            yield int(argument.partition("=")[2])
    match message:
        case {"params": {"processId": int() as client}}:
            yield client


def _write(target: int, body: bytes) -> None:
    message = memoryview(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    # That the client has gone is seen by the session.
    with suppress(OSError):
        while message:
            message = message[os.write(target, message) :]


# What is answered.


class _OddError(Exception):
    """A client says what the protocol does not know."""


def answer_to(message: object) -> dict[str, Any] | None:
    """The answer to the first message of a client; None where pygls has to give it."""
    match message:
        case {"method": "initialize", "id": int() | str() as id_, "params": dict() as params}:
            if isinstance(id_, bool):
                return None
        case _:
            return None
    with suppress(_OddError):
        result = {
            "capabilities": _capabilities(params),
            "serverInfo": {"name": "k8s-lsp", "version": __version__},
        }
        return {"jsonrpc": "2.0", "id": id_, "result": result}
    return None


def _capabilities(params: Mapping[str, Any]) -> dict[str, Any]:
    offers = json.loads(OFFERS.read_text(encoding="utf-8"))
    met = [name for name, is_met in CONDITIONS.items() if is_met(params)]
    offered: dict[str, Any] = {"positionEncoding": _encoding(params), **offers["always"]}
    for name in met:
        offered |= offers[name]
    return offered


def _encoding(params: Mapping[str, Any]) -> str:
    """The client's first choice that we know, as pygls chooses."""
    wanted = _texts(params, "general.positionEncodings")
    return next((encoding for encoding in wanted if encoding in ENCODINGS), "utf-16")


def _pulls(params: Mapping[str, Any]) -> bool:
    """The same as `Client.pulls`."""
    pulls = _at(params, "textDocument.diagnostic", dict) is not None and bool(
        _at(params, "workspace.diagnostics.refreshSupport", bool)
    )
    if pulls and "diagnostics" in json.dumps(params.get("initializationOptions")):
        # Settings may ask for more, and to read them takes what is not loaded.
        raise _OddError
    return pulls


def _resolves_edits(params: Mapping[str, Any]) -> bool:
    """The same as `Client.resolves_edits`."""
    properties = _texts(params, "textDocument.codeAction.resolveSupport.properties")
    return bool(_at(params, "textDocument.codeAction.dataSupport", bool)) and "edit" in properties


def _applies_edits(params: Mapping[str, Any]) -> bool:
    """The same as `Client.applies_edits`."""
    return bool(_at(params, "workspace.applyEdit", bool))


def _inlay_hints(params: Mapping[str, Any]) -> bool:
    """The same as `Client.inlay_hints`."""
    return _at(params, "textDocument.inlayHint", dict) is not None


CONDITIONS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "pulls": _pulls,
    "resolves_edits": _resolves_edits,
    "applies_edits": _applies_edits,
    "inlay_hints": _inlay_hints,
}
"""What makes a difference to what is offered, by the names that `Client` has for it."""


def _texts(params: Mapping[str, Any], path: str) -> list[str]:
    texts = _at(params, path, list) or []
    if not all(isinstance(text, str) for text in texts):
        raise _OddError
    return texts


def _at(params: Mapping[str, Any], path: str, type_: type) -> Any:
    """What the client declares at a path, if anything; raises _OddError for another type."""
    value: Any = params
    for name in ("capabilities", *path.split(".")):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _OddError
        value = value.get(name)
    if value is not None and type(value) is not type_:
        raise _OddError
    return value
