"""A client is answered before the server is loaded, and notices nothing else of that."""

import asyncio
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.server import greeting
from k8s_lsp.server.app import create_server
from k8s_lsp.server.session import Session
from tests.server.real_server import (
    COMMAND,
    ENVIRONMENT,
    EXIT,
    INITIALIZE,
    INITIALIZED,
    SHUTDOWN,
    framed,
    hover,
    opened,
    unframed,
)
from tests.server.test_connections import Output
from tests.server.test_odd_clients import ODD_CAPABILITIES, PARAMS, put

Json = dict[str, Any]

POD = "apiVersion: v1\nkind: Pod\nspec: {hostPID: true}\n"
OPENED = opened(POD, "file:///a")
ASKED = {**hover(3), "params": {**hover(3)["params"], "position": {"line": 2, "character": 8}}}


class Pipe:
    """Both ends of a pipe."""

    def __init__(self) -> None:
        self.source, self.target = os.pipe()

    def send(self, data: bytes) -> None:
        assert os.write(self.target, data) == len(data)

    def received(self) -> bytes:
        """What is there."""
        return os.read(self.source, 2**16) if select.select([self.source], [], [], 0)[0] else b""


@pytest.fixture
def client() -> Iterator[Pipe]:
    """What the client writes."""
    yield from pipe()


@pytest.fixture
def server() -> Iterator[Pipe]:
    """What the server writes."""
    yield from pipe()


def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    for descriptor in (made.source, made.target):
        try:
            os.close(descriptor)
        except OSError:
            continue


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test sends is there; what was read of it belongs to no other test."""
    monkeypatch.setattr(greeting, "PATIENCE", 0)
    yield
    greeting.beginning()


def greet(client: Pipe, server: Pipe, *arguments: str) -> list[Json]:
    greeting.greet(arguments, client.source, server.target)
    return unframed(server.received())


def answers(messages: list[Json]) -> list[Json]:
    return [message for message in messages if "method" not in message]


async def served(data: bytes, begun: greeting.Beginning | None = None) -> tuple[list[Json], int]:
    """What a session writes that is sent this, up to its end, and the status of that."""
    output, server = Output(), create_server()
    session = Session(server, BufferedReader(BytesIO(data)), output, begun)
    server.protocol.set_writer(session.writer)
    session.begin()
    session.read(asyncio.get_running_loop())
    await session.ended.wait()
    return unframed(output.getvalue()), server.exit_status


def without(message: Json, *names: str) -> Json:
    return {name: value for name, value in message.items() if name not in names}


@pytest.mark.parametrize(
    "messages",
    [
        [INITIALIZE],
        [INITIALIZE, EXIT],
        [INITIALIZE, SHUTDOWN, EXIT],
        [INITIALIZE, SHUTDOWN, hover(3), EXIT],
        [INITIALIZE, INITIALIZED, OPENED, ASKED, SHUTDOWN, EXIT],
        # Some clients do not say that they are initialized.
        [INITIALIZE, OPENED, ASKED],
        [INITIALIZE, {**INITIALIZE, "id": 2}, ASKED],
        [{**INITIALIZE, "id": "one"}, {**hover(2), "id": "two"}, ASKED],
        [INITIALIZE, {"method": "$/cancelRequest", "params": {"id": 7}}, ASKED],
        [INITIALIZE, OPENED, ASKED, {"method": "$/cancelRequest", "params": {"id": 3}}],
        [INITIALIZE, {"id": 5, "method": "no/such"}, {"method": "no/such"}, {"id": 6}],
        [INITIALIZE, {"id": None, "method": 7}, {"id": True, "method": "x"}],
        [hover(9), INITIALIZE, ASKED],
        [OPENED, INITIALIZE, ASKED],
        [{"method": "exit"}, INITIALIZE],
        [SHUTDOWN, INITIALIZE, {**SHUTDOWN, "id": 4}, EXIT],
        [{**INITIALIZE, "params": None}, ASKED],
        [{**INITIALIZE, "id": 1.5}, INITIALIZE, ASKED],
        [without(INITIALIZE, "id"), INITIALIZE, ASKED],
    ],
)
@pytest.mark.parametrize("cut", [None, 1, 30, 250], ids=["whole", "1", "30", "250"])
async def test_a_session_goes_on_as_if_it_had_begun(
    messages: list[Json], cut: int | None, client: Pipe, server: Pipe
) -> None:
    data = framed(*messages)
    expected, status = await served(data)
    client.send(data[:cut])
    early = greet(client, server)
    # The rest comes when the server is loaded.
    rest = b"" if cut is None else data[cut:]
    late, late_status = await served(rest, greeting.beginning())
    assert answers(early + late) == answers(expected)
    assert late_status == status
    # At most the answer to the first message, and only where that has come.
    assert len(early) <= (1 if cut is None or cut == 250 else 0)


@pytest.mark.parametrize(("place", "value"), ODD_CAPABILITIES, ids=repr)
async def test_an_odd_client_is_served_the_same(
    place: str, value: Any, client: Pipe, server: Pipe
) -> None:
    params = put(PARAMS, place, value)
    client.send(framed({**INITIALIZE, "params": params}, INITIALIZED, OPENED, ASKED))
    early = greet(client, server)
    late, _ = await served(b"", greeting.beginning())
    first, second = answers(early + late)
    assert first["id"] == 1 and first["result"]["serverInfo"]["name"] == "k8s-lsp"
    assert second["id"] == 3 and "host-pid" in second["result"]["contents"]["value"]


async def test_what_was_answered_is_not_taken_back(client: Pipe, server: Pipe) -> None:
    taken_back = {"method": "$/cancelRequest", "params": {"id": 1}}
    client.send(framed(INITIALIZE, taken_back, OPENED, ASKED))
    (early,) = greet(client, server)
    assert early["id"] == 1 and "result" in early
    (answer,) = answers((await served(b"", greeting.beginning()))[0])
    assert answer["id"] == 3 and "host-pid" in answer["result"]["contents"]["value"]


def test_a_client_that_says_nothing_yet_is_not_waited_for(client: Pipe, server: Pipe) -> None:
    assert greet(client, server) == []
    assert not greeting.beginning().messages


def test_what_was_read_is_given_once(client: Pipe, server: Pipe) -> None:
    client.send(framed(INITIALIZE))
    assert len(greet(client, server)) == 1
    assert greeting.beginning().is_answered
    assert greeting.beginning()[1:] == ((), False)


@pytest.mark.parametrize("end", [0, 1])
def test_a_stream_that_is_closed_is_left_to_the_session(
    end: int, client: Pipe, server: Pipe
) -> None:
    client.send(framed(INITIALIZE))
    os.close((client.source, server.source)[end])
    greeting.greet((), client.source, server.target)
    assert bool(greeting.beginning().messages) == bool(end)


@pytest.mark.parametrize(
    ("arguments", "is_greeted"),
    [
        ("", True),
        ("--stdio", True),
        ("--clientProcessId=1", True),
        ("--stdio --clientProcessId=12345", True),
        ("--tcp 127.0.0.1:0", False),
        ("--tcp=127.0.0.1:0", False),
        ("--help", False),
        ("--stdio --later", False),
        ("--clientProcessId=x", False),
        ("--clientProcessId=", False),
        ("pod.yaml", False),
    ],
)
def test_arguments(arguments: str, is_greeted: bool, client: Pipe, server: Pipe) -> None:
    client.send(framed(INITIALIZE))
    assert bool(greet(client, server, *arguments.split())) == is_greeted
    # What is not greeted is not read either.
    assert bool(client.received()) == (not is_greeted)


# The process.


def run(tmp_path: Path, *messages: Json, program: list[str] = COMMAND) -> Any:
    """Run the server on a file, so that all of it is there when the process starts."""
    (tmp_path / "sent").write_bytes(framed(*messages))
    with (tmp_path / "sent").open("rb") as stdin:
        return subprocess.run(
            program, stdin=stdin, capture_output=True, env=ENVIRONMENT, timeout=60, check=False
        )


@pytest.mark.parametrize(
    ("messages", "status", "ids"),
    [
        ([INITIALIZE, SHUTDOWN, EXIT], 0, [1, 2]),
        ([INITIALIZE, EXIT], 1, [1]),
        ([INITIALIZE], 1, [1]),
        ([EXIT], 1, []),
        ([], 1, []),
        ([INITIALIZE, INITIALIZED, OPENED, ASKED, SHUTDOWN, EXIT], 0, [1, 3, 2]),
    ],
)
def test_how_the_process_ends(
    tmp_path: Path, messages: list[Json], status: int, ids: list[int]
) -> None:
    done = run(tmp_path, *messages)
    assert (done.returncode, done.stderr) == (status, b"")
    assert [message["id"] for message in answers(unframed(done.stdout))] == ids


def test_the_answer_waits_for_nothing_that_is_large(tmp_path: Path) -> None:
    program = """if True:
        import os, sys
        from k8s_lsp import cli
        from k8s_lsp.server import greeting
        answer_to = greeting.answer_to
        def look(message):
            answer = answer_to(message)
            loaded = {name.partition(".")[0] for name in sys.modules}
            large = {"asyncio", "attr", "attrs", "cattrs", "lsprotocol", "pygls", "ruamel"} & loaded
            own = sorted(name for name in sys.modules if name.startswith("k8s_lsp"))
            print(len(sys.modules), *large, *own, file=sys.stderr)
            return answer
        greeting.answer_to = look
        sys.argv = ["k8s-lsp", "server"]
        cli.main()
    """
    done = run(tmp_path, INITIALIZE, SHUTDOWN, EXIT, program=[sys.executable, "-c", program])
    assert done.returncode == 0
    count, *names = done.stderr.decode().split()
    assert int(count) < 120
    assert names == [
        "k8s_lsp",
        "k8s_lsp.cli",
        "k8s_lsp.garbage",
        "k8s_lsp.server",
        "k8s_lsp.server.client_process",
        "k8s_lsp.server.framing",
        "k8s_lsp.server.greeting",
    ]
