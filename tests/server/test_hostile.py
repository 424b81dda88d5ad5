"""Texts that were made to hurt: each is answered by one server, which says what it left out."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.server.real_server import INITIALIZE, INITIALIZED, Client, hover, opened, serving

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostPID: true}\n"
PUBLISH = "textDocument/publishDiagnostics"
TIMES = 100_000
DEEP = "not analysed: a document is nested more than 200 levels deep"
LONG = "not analysed: longer than 5,000,000 characters"
MANY = "not analysed: a document has more than 1,000,000 values"
FURTHER = "not analysed further: more than 10,000 findings"
FOUND = "pod must not set hostPID to true"
"""What is said of the pod where nothing was left out."""


def bomb(levels: int) -> str:
    """Ten aliases to ten aliases to …: ten to the power of `levels` words."""
    lists = ["a0: &a0 [lol]"]
    for level in range(levels):
        aliases = ", ".join([f"*a{level}"] * 10)
        lists.append(f"a{level + 1}: &a{level + 1} [{aliases}]")
    return "\n".join(lists) + "\n"


def flow(length: int) -> str:
    """A pod in one line of JSON, about that long."""
    name = '{"name": "A", "value": "B"}, '
    return (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"hostPID": true,'
        ' "containers": [{"name": "app", "env": ['
        + (name * (length // len(name))).rstrip(", ")
        + "]}]}}"
    )


def containers(length: int) -> str:
    """A pod of many containers in one line of JSON, about that long."""
    one = '{"name": "a", "image": "b"}, '
    return (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": ['
        + (one * (length // len(one))).rstrip(", ")
        + "]}}"
    )


def padded(length: int) -> str:
    """A pod and lines of text, that long together."""
    rest = length - len(POD) - len("text: |\n")
    line = "  " + "x" * 97 + "\n"
    return POD + "text: |\n" + (line * (rest // len(line) + 1))[: rest - 1] + "\n"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One server for all texts, which must live through them."""
    with serving(guard=400) as client:
        client.send(INITIALIZE, INITIALIZED)
        client.answer(1)
        yield client


ids = count(2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[" * TIMES, DEEP, id="sequences that nobody closes"),
        pytest.param(POD + "a: " + "[" * TIMES + "]" * TIMES, DEEP, id="flow sequences"),
        pytest.param(POD + "a:\n  " + "- " * TIMES, DEEP, id="block sequences in one line"),
        pytest.param("{a: " * TIMES, DEEP, id="mappings that nobody closes"),
        pytest.param(POD + "a: " + "{a: " * TIMES + "}" * TIMES, DEEP, id="flow mappings"),
        pytest.param("".join(" " * i + "a:\n" for i in range(2000)), DEEP, id="block mappings"),
        pytest.param(bomb(60) + POD, FOUND, id="an alias bomb"),
        pytest.param(POD + "<<: *a\n" * TIMES, FOUND, id="merges of what there is not"),
        pytest.param(POD + "a:\n" * TIMES, FOUND, id="one key again and again"),
        pytest.param(POD + "a: [" + "0," * 1_000_000 + "0]", MANY, id="a million values"),
        pytest.param(POD + "a: " + "x" * 1_000_000, FOUND, id="a scalar in one line"),
        pytest.param(flow(1_000_000), FOUND, id="JSON in one line"),
        pytest.param(POD + "a:\n" * TIMES, FURTHER, id="one key more often than can be told"),
        pytest.param(containers(1_000_000), FURTHER, id="bad containers in one line"),
        pytest.param(f"{POD}---\n" * 10_001, FURTHER, id="more pods than can be told"),
        pytest.param(
            f"{POD}---\n" * 60_000, FURTHER, marks=pytest.mark.sweep, id="as many pods as fit in"
        ),
        pytest.param(padded(5_000_000), FOUND, id="as long as may be"),
        pytest.param(padded(5_000_001), LONG, id="longer than may be"),
    ],
)
def test_the_server_lives_and_says_what_it_left_out(client: Client, text: str, said: str) -> None:
    id_ = next(ids)
    uri = f"file:///work/{id_}.yaml"
    client.send(opened(text, uri))
    found = client.told(PUBLISH)
    assert found["uri"] == uri
    assert said in {diagnostic["message"] for diagnostic in found["diagnostics"]}
    client.send(hover(id_, uri))
    assert "result" in client.answer(id_)
    client.send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}})
    assert client.told(PUBLISH) == {"uri": uri, "diagnostics": []}
