"""What other files tell, over the protocol: it comes and goes with them, and with their texts."""

from pathlib import Path

import pytest

from tests.server.in_process import CHANGED, CREATED, DELETED, FolderSession

SLUG = "service-account-token-mounted"

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers:
    - {name: web, image: example.com/web:1.4.2}
"""

ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
"""

SILENT = ACCOUNT.replace("automountServiceAccountToken: false\n", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    (root / "pod.yaml").write_text(POD)
    return root


def mounts(session: FolderSession, path: Path) -> bool:
    """Whether the token is said to be mounted."""
    codes = session.codes(path)
    assert codes is not None
    return SLUG in codes


async def opened(folder: Path) -> FolderSession:
    session = FolderSession(folder)
    session.open(folder / "pod.yaml")
    await session.settle()
    return session


async def test_a_file_that_is_there_counts(folder: Path) -> None:
    (folder / "account.yaml").write_text(ACCOUNT)
    session = await opened(folder)
    assert not mounts(session, folder / "pod.yaml")


async def test_a_file_counts_as_soon_as_it_is_written_and_until_it_is_gone(folder: Path) -> None:
    session = await opened(folder)
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    assert mounts(session, pod)
    account.write_text(ACCOUNT)
    session.watched(CREATED, account)
    await session.settle()
    assert not mounts(session, pod)
    account.write_text(SILENT)
    session.watched(CHANGED, account)
    await session.settle()
    assert mounts(session, pod)
    account.write_text(ACCOUNT)
    session.watched(CHANGED, account)
    await session.settle()
    assert not mounts(session, pod)
    account.unlink()
    session.watched(DELETED, account)
    await session.settle()
    assert mounts(session, pod)


async def test_an_unsaved_text_wins_until_it_is_closed(folder: Path) -> None:
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    account.write_text(ACCOUNT)
    session = await opened(folder)
    session.open(account)
    await session.settle()
    assert not mounts(session, pod)
    session.change(account, SILENT)
    await session.settle()
    assert mounts(session, pod)
    session.close_text(account)
    await session.settle()
    assert not mounts(session, pod)


async def test_a_text_without_a_file_counts_while_it_is_open(folder: Path) -> None:
    session = await opened(folder)
    pod, account = folder / "pod.yaml", folder / "new.yaml"
    session.open(account, ACCOUNT)
    await session.settle()
    assert not mounts(session, pod)
    session.close_text(account)
    await session.settle()
    assert mounts(session, pod)


async def test_what_is_left_out_does_not_count_open_or_not(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("account.yaml\n")
    account = folder / "account.yaml"
    account.write_text(ACCOUNT)
    session = await opened(folder)
    session.open(account)
    await session.settle()
    assert mounts(session, folder / "pod.yaml")
    (folder / ".gitignore").write_text("")
    session.watched(CHANGED, folder / ".gitignore")
    await session.settle()
    assert not mounts(session, folder / "pod.yaml")


async def test_roots_come_and_go(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "pod.yaml").write_text(POD)
    (other / "account.yaml").write_text(ACCOUNT)
    session = await opened(folder)
    session.open(other / "pod.yaml")
    await session.settle()
    # Outside of the open folders a text is alone, and no folder belongs to another one.
    assert mounts(session, folder / "pod.yaml") and mounts(session, other / "pod.yaml")
    session.folders([other], [])
    await session.settle()
    assert mounts(session, folder / "pod.yaml") and not mounts(session, other / "pod.yaml")
    session.folders([], [other])
    await session.settle()
    assert mounts(session, other / "pod.yaml")
    session.folders([other], [folder])
    await session.settle()
    assert not mounts(session, other / "pod.yaml")
    session.folders([], [other])
    await session.settle()
    assert mounts(session, other / "pod.yaml")
