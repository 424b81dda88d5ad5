"""The list of what the folders hold, by the levels of Pod Security, and when it is told of."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.in_process import CHANGED, CREATED, DELETED, WATCHES, FolderSession
from tests.server.test_indexing import ACCOUNT, POD

LIST = "k8s-lsp/workloads"
NEWS = "k8s-lsp/workloadsChanged"

HARD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: hard}
spec:
  selector: {matchLabels: {app: hard}}
  template:
    metadata: {labels: {app: hard}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          image: example.com/web:1.4.2
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""

BAD = """\
apiVersion: v1
kind: List
items:
  - apiVersion: batch/v1
    kind: Job
    metadata: {namespace: shop, labels: {"é𝔘": x}, name: "job"}
    spec: {template: {spec: {hostPID: true, containers: [{name: a, image: a}]}}}
  - {apiVersion: v1, kind: Pod, metadata: {namespace: shop}, spec: {containers: [{name: a}]}}
"""

FILES = {
    "a/hard.yaml": HARD,
    "b/bad.yaml": BAD,
    "b/kustomization.yaml": "patches: [{path: patch.yaml}]\n",
    "b/patch.yaml": HARD.replace("  selector: {matchLabels: {app: hard}}\n", ""),
    "b/pod.yaml": POD,
    "c/account.yaml": ACCOUNT,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


async def started(folder: Path, **more: Any) -> FolderSession:
    session = FolderSession(folder, **more)
    await session.settle()
    return session


async def listed(session: FolderSession) -> list[tuple[str, str]]:
    """Give what is listed, by the titles, with the levels."""
    answer = await session.asked(LIST, None)
    return [(f"{each['kind']} {each['name']}", each["level"]) for each in answer["workloads"]]


async def test_each_has_its_level_in_the_order_of_files(folder: Path) -> None:
    session = await started(folder)
    assert await listed(session) == [
        ("Deployment hard", "restricted"),
        ("Job job", "privileged"),
        ("Pod ", "baseline"),
        ("Pod web", "baseline"),
    ]
    answer = await session.asked(LIST, None)
    assert answer["manifests"] is True and answer["reading"] is False
    assert [each["namespace"] for each in answer["workloads"]] == ["", "shop", "shop", "shop"]


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 61), ("utf-16", 58), ("utf-32", 57)])
async def test_a_place_is_counted_as_the_client_counts(
    folder: Path, encoding: str, start: int
) -> None:
    # Up to `name: `, the line has 57 code points; of two of them, one takes two code units of
    # UTF-16, and they take six bytes.
    capabilities = {**WATCHES, "general": {"positionEncodings": [encoding]}}
    session = await started(folder, capabilities=capabilities)
    answer = await session.asked(LIST, None)
    [place] = [each["location"] for each in answer["workloads"] if each["name"] == "job"]
    assert place["uri"] == (folder / "b/bad.yaml").as_uri()
    assert place["range"]["start"] == {"line": 5, "character": start}
    assert place["range"]["end"]["line"] == 5


async def test_whoever_has_asked_is_told_once_that_it_is_another_list(folder: Path) -> None:
    session = await started(folder)
    assert session.all(NEWS) == []
    await listed(session)
    pod = folder / "b/pod.yaml"
    session.open(pod)
    await session.settle()
    before = len(session.all(NEWS))
    await listed(session)
    session.change(pod, POD.replace("spec:\n", "spec:\n  hostIPC: true\n"))
    await session.settle()
    assert len(session.all(NEWS)) == before + 1
    session.change(pod, POD)
    await session.settle()
    # It has not asked since.
    assert len(session.all(NEWS)) == before + 1


async def test_it_follows_texts_and_files(folder: Path) -> None:
    session = await started(folder)
    pod, hard = folder / "b/pod.yaml", folder / "a/hard.yaml"
    session.open(pod)
    session.change(pod, POD.replace("spec:\n", "spec:\n  hostIPC: true\n"))
    await session.settle()
    assert dict(await listed(session))["Pod web"] == "privileged"
    session.close_text(pod)
    await session.settle()
    assert dict(await listed(session))["Pod web"] == "baseline"
    before = len(session.all(NEWS))
    hard.unlink()
    session.watched(DELETED, hard)
    await session.settle()
    assert len(session.all(NEWS)) == before + 1
    assert "Deployment hard" not in dict(await listed(session))
    hard.write_text(HARD.replace("runAsNonRoot: true", "runAsNonRoot: false"))
    session.watched(CREATED, hard)
    await session.settle()
    assert dict(await listed(session))["Deployment hard"] == "baseline"
    hard.write_text(HARD)
    session.watched(CHANGED, hard)
    await session.settle()
    assert dict(await listed(session))["Deployment hard"] == "restricted"


async def test_it_says_why_it_is_empty(tmp_path: Path) -> None:
    session = FolderSession(tmp_path)
    first = await session.asked(LIST, None)
    await session.settle()
    assert first == {"workloads": [], "manifests": False, "reading": True}
    assert session.all(NEWS)
    last = await session.asked(LIST, None)
    assert last == {"workloads": [], "manifests": False, "reading": False}
    (tmp_path / "account.yaml").write_text(ACCOUNT)
    session.watched(CREATED, tmp_path / "account.yaml")
    await session.settle()
    assert await session.asked(LIST, None) == {**last, "manifests": True}


async def test_without_a_folder_it_is_empty(folder: Path) -> None:
    session = FolderSession()
    session.open(folder / "b/pod.yaml")
    await session.settle()
    answer = await session.asked(LIST, None)
    assert answer == {"workloads": [], "manifests": False, "reading": False}
