"""The process that reads beside the server: it starts, and it ends with it."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.server.in_process import FolderSession
from tests.server.real_server import EXIT, INITIALIZE, INITIALIZED, SHUTDOWN, Client, serving
from tests.server.test_indexing import ACCOUNT, POD, SLUG, mounts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it asks /proc")

PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "account.yaml").write_text(ACCOUNT)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[Client]:
    with serving() as client:
        folders = [{"uri": folder.as_uri(), "name": "folder"}]
        params = {**INITIALIZE["params"], "workspaceFolders": folders}
        client.send({**INITIALIZE, "params": params}, INITIALIZED)
        uri = (folder / "pod.yaml").as_uri()
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": POD}
        client.send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
        yield client


def codes(client: Client) -> list[Any]:
    told = client.told("textDocument/publishDiagnostics")
    return [each["code"] for each in told["diagnostics"]]


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def wait_for_end(process: int) -> None:
    """Wait until a process is no more, or is a corpse that its new parent has to bury."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        try:
            status = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            return
        if status.rpartition(")")[2].split()[0] == "Z":
            return
        sleep(0.01)
    raise AssertionError("it does not end")


def test_another_process_reads(client: Client) -> None:
    assert SLUG in codes(client)
    assert SLUG not in codes(client)
    (worker,) = children(client.process.pid)
    client.send(SHUTDOWN, EXIT)
    assert client.process.wait(PATIENCE) == 0
    wait_for_end(worker)


def test_it_ends_with_a_server_that_is_killed(client: Client) -> None:
    assert [SLUG in codes(client) for _ in range(2)] == [True, False]
    (worker,) = children(client.process.pid)
    client.process.kill()
    client.process.wait()
    wait_for_end(worker)


def test_another_one_takes_the_place_of_one_that_is_killed(client: Client, folder: Path) -> None:
    assert [SLUG in codes(client) for _ in range(2)] == [True, False]
    (worker,) = children(client.process.pid)
    (folder / "account.yaml").unlink()
    os.kill(worker, signal.SIGKILL)
    assert "is started again" in client.told("window/logMessage")["message"]
    assert SLUG in codes(client)
    assert worker not in children(client.process.pid)


async def test_where_no_process_can_be_started_the_loop_reads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("k8s_lsp.server.worker.subprocess.Popen", refuse)
    from k8s_lsp.server.worker import in_process

    session = FolderSession(folder, start_worker=in_process)
    session.open(folder / "pod.yaml")
    await session.settle()
    assert not mounts(session, folder / "pod.yaml")
    (logged,) = [
        each["message"]
        for each in session.all("window/logMessage")
        if "no process" in each["message"]
    ]
    assert "no more processes" in logged
