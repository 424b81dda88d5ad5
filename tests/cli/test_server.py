"""`k8s-lsp server`: which server is started; tests/server/test_process.py runs one."""

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ((), (None,)),
        (("--stdio",), (None,)),
        (("--stdio", "--clientProcessId=123"), (123,)),
        (("--clientProcessId", "123"), (123,)),
        (("--tcp", "127.0.0.1:7000"), ("127.0.0.1", 7000, None)),
        (("--tcp", "[::1]:0", "--clientProcessId=123"), ("::1", 0, 123)),
        (("--tcp", "localhost:7000"), ("localhost", 7000, None)),
    ],
)
def test_server_starts_the_server(
    run: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    call: object,
) -> None:
    calls: list[object] = []

    def serve(*arguments: object) -> int:
        calls.append(arguments)
        return 7

    function = "serve_tcp" if "--tcp" in arguments else "serve_stdio"
    monkeypatch.setattr(f"k8s_lsp.server.connections.{function}", serve)
    assert run("server", *arguments).status == 7
    assert calls == [call]
