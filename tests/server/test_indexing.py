"""What other files tell, over the protocol: it comes and goes with them, and with their texts."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.engine.analysis import check_unit
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.reading import Source, read
from k8s_lsp.server import indexing
from k8s_lsp.server.reader import Reader
from k8s_lsp.server.state import Server
from k8s_lsp.server.worker import Slices, StartWorker, Take
from tests.server.in_process import (
    CHANGED,
    CREATED,
    DELETED,
    PULLS,
    REFRESH,
    WATCHES,
    FolderSession,
)

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
    for _ in range(2):
        account.unlink()
        session.watched(DELETED, account)
        await session.settle()
        assert mounts(session, pod)
        account.write_text(ACCOUNT)
        session.watched(CREATED, account)
        await session.settle()
        assert not mounts(session, pod)


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


async def test_what_is_saved_stays_when_the_text_is_closed(folder: Path) -> None:
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    account.write_text(SILENT)
    session = await opened(folder)
    session.open(account)
    await session.settle()
    session.change(account, ACCOUNT)
    account.write_text(ACCOUNT)
    session.save(account)
    session.watched(CHANGED, account)
    await session.settle()
    session.close_text(account)
    await session.settle()
    assert not mounts(session, pod)


async def test_a_file_that_gets_another_name_is_the_same_elsewhere(folder: Path) -> None:
    account, renamed = folder / "account.yaml", folder / "renamed.yaml"
    account.write_text(ACCOUNT)
    session = await opened(folder)
    account.rename(renamed)
    told = len(session.sent)
    session.watched(DELETED, account)
    session.watched(CREATED, renamed)
    await session.settle()
    assert len(session.sent) == told
    paths = {obj.path for obj in session.server.index.objects()}
    assert paths == {str(folder / "pod.yaml"), str(renamed)}
    assert session.server.uri_finder()(str(renamed)) == renamed.as_uri()


async def test_an_open_text_has_the_address_that_its_client_gave_it(folder: Path) -> None:
    (folder / "account.yaml").write_text(ACCOUNT)
    session = FolderSession(folder)
    spelled = f"{folder.as_uri()}/%70od.yaml"
    item = {"uri": spelled, "languageId": "yaml", "version": 1, "text": POD}
    session.send(method="textDocument/didOpen", params={"textDocument": item})
    await session.settle()
    answer = await session.asked("workspace/symbol", {"query": ""})
    account = (folder / "account.yaml").as_uri()
    assert {each["location"]["uri"] for each in answer} == {spelled, account}


async def test_a_file_that_is_gone_or_half_written_while_it_is_read_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = folder / "account.yaml"
    account.write_text(ACCOUNT)
    texts: list[str | None] = [None, ACCOUNT[: len(ACCOUNT) // 2]]

    def interrupted(source: Source) -> tuple[str, str]:
        if source.path.endswith("account.yaml") and texts:
            text = texts.pop(0)
            if text is None:
                raise FileError("no such file")
            return "", text
        return read(source)

    monkeypatch.setattr("k8s_lsp.server.reader.read", interrupted)
    session = await opened(folder)
    assert mounts(session, folder / "pod.yaml")
    for expected in (True, False):
        session.watched(CHANGED, account)
        await session.settle()
        assert mounts(session, folder / "pod.yaml") == expected


async def test_an_open_folder_may_go_away_itself(folder: Path) -> None:
    (folder / "account.yaml").write_text(ACCOUNT)
    session = await opened(folder)
    away = folder.parent / "away"
    folder.rename(away)
    session.watched(DELETED, folder)
    await session.settle()
    # What is open still is.
    assert [obj.name for obj in session.server.index.objects()] == ["web"]
    assert mounts(session, folder / "pod.yaml")
    away.rename(folder)
    session.watched(CREATED, folder / "account.yaml")
    await session.settle()
    assert not mounts(session, folder / "pod.yaml")


async def test_a_file_that_was_deleted_may_come_back(folder: Path) -> None:
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    account.write_text(ACCOUNT)
    session = FolderSession(folder)
    session.open(pod)
    for _ in range(2):
        # A branch without the file, and back.
        account.unlink()
        session.watched(DELETED, account)
        await session.settle()
        assert mounts(session, pod)
        account.write_text(ACCOUNT)
        session.watched(CREATED, account)
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
    for ignored, expected in (("", False), ("account.yaml", True), ("other.yaml", False)):
        (folder / ".gitignore").write_text(ignored)
        session.watched(CHANGED, folder / ".gitignore")
        await session.settle()
        assert mounts(session, folder / "pod.yaml") == expected
    (folder / ".k8s-lsp.yaml").write_text("exclude: [account.yaml]\n")
    session.watched(CREATED, folder / ".k8s-lsp.yaml")
    await session.settle()
    assert mounts(session, folder / "pod.yaml")


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


async def test_a_folder_that_goes_away_or_gets_another_name_takes_its_files_along(
    folder: Path,
) -> None:
    inner, renamed = folder / "inner", folder / "renamed"
    inner.mkdir()
    (inner / "account.yaml").write_text(ACCOUNT)
    session = await opened(folder)
    pod = folder / "pod.yaml"
    assert not mounts(session, pod)
    outside = folder.parent / "outside"
    inner.rename(outside)
    # Clients tell of the folder alone.
    session.watched(DELETED, inner)
    await session.settle()
    assert mounts(session, pod)
    outside.rename(renamed)
    session.watched(CREATED, renamed / "account.yaml")
    await session.settle()
    assert not mounts(session, pod)


async def test_links_that_lead_in_a_circle_or_nowhere_are_passed_over(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "nowhere.yaml").symlink_to(folder / "missing.yaml")
    (folder / "account.yaml").write_text(ACCOUNT)
    (folder / "linked.yaml").symlink_to(folder / "account.yaml")
    session = await opened(folder)
    assert not mounts(session, folder / "pod.yaml")
    assert session.server.index.file_count == 2


async def test_a_client_that_cannot_watch_is_heard_when_it_saves_and_opens(folder: Path) -> None:
    session = FolderSession(folder, capabilities={})
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    session.open(pod)
    await session.settle()
    assert mounts(session, pod)
    account.write_text(ACCOUNT)
    session.save(pod)
    await session.settle()
    assert not mounts(session, pod)
    account.unlink()
    session.open(folder / "other.yaml", "a: b\n")
    await session.settle()
    assert mounts(session, pod)


class Counting(Slices):
    """A worker that counts what it is asked."""

    asked = 0

    def ask(self, request: Any) -> None:
        Counting.asked += 1
        super().ask(request)


def counting(server: Server) -> StartWorker:
    Counting.asked = 0
    return lambda take: Counting(take, server.call_next)


async def test_thousands_of_events_are_one_question(folder: Path) -> None:
    session = FolderSession(folder, start_worker=counting)
    session.open(folder / "pod.yaml")
    await session.settle()
    assert Counting.asked == 1
    paths = [folder / f"{number}.yaml" for number in range(5_000)]
    for path in paths[:50]:
        path.write_text(ACCOUNT)
    for start in range(0, len(paths), 100):
        session.watched(CREATED, *paths[start : start + 100])
    await session.settle()
    assert Counting.asked == 2
    assert session.server.index.file_count == 51
    assert not mounts(session, folder / "pod.yaml")


async def test_what_is_written_elsewhere_is_not_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("build/\n")
    session = await opened(folder)
    walks = 0
    walk = Reader._walk

    def counted(reader: Reader) -> Any:
        nonlocal walks
        walks += 1
        return walk(reader)

    monkeypatch.setattr(Reader, "_walk", counted)
    for name, expected in (
        ("node_modules/a/b.json", 0),
        (".idea/a.yaml", 0),
        ("build/a.json", 1),
        # It is known by now that this one does not count.
        ("build/a.json", 1),
        ("pod.yaml", 1),
        ("new.yaml", 2),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POD)
        session.watched(CREATED, path)
        await session.settle()
        assert walks == expected, name
    session.watched(DELETED, folder / "no" / "such" / "folder")
    await session.settle()
    assert walks == 2


OTHER = POD.replace("web", "other")


async def test_a_changed_account_has_only_its_users_judged_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = folder / "account.yaml"
    account.write_text(SILENT)
    others = [folder / f"{number}.yaml" for number in range(5)]
    for path in others:
        path.write_text(OTHER)
    session = await opened(folder)
    for path in others:
        session.open(path)
    await session.settle()
    judged: list[str] = []

    def counted(unit: Any, *arguments: Any, **options: Any) -> Any:
        if not unit.is_checked:
            judged.append(unit.unit.text)
        return check_unit(unit, *arguments, **options)

    monkeypatch.setattr("k8s_lsp.engine.incremental.check_unit", counted)
    told = len(session.sent)
    account.write_text(ACCOUNT)
    session.watched(CHANGED, account)
    await session.settle()
    assert judged == [POD]
    assert len(session.sent) == told + 1
    # Where it stands matters to nobody.
    account.write_text("# moved\n" + ACCOUNT)
    session.watched(CHANGED, account)
    await session.settle()
    assert judged == [POD] and len(session.sent) == told + 1


async def test_who_pulls_is_asked_to_pull_again(folder: Path) -> None:
    session = FolderSession(folder, capabilities=PULLS)
    pod = folder / "pod.yaml"
    session.open(pod)
    await session.settle()

    async def pulled() -> list[str]:
        params = {"textDocument": {"uri": pod.as_uri()}}
        answer = await session.asked("textDocument/diagnostic", params)
        return [each["code"] for each in answer["items"]]

    assert SLUG in await pulled()
    assert session.all(REFRESH) == []
    (folder / "account.yaml").write_text(ACCOUNT)
    session.watched(CREATED, folder / "account.yaml")
    await session.settle()
    assert len(session.all(REFRESH)) == 1
    assert SLUG not in await pulled()
    # What makes no difference to an open text is not told.
    (folder / "more.yaml").write_text(OTHER)
    session.watched(CREATED, folder / "more.yaml")
    await session.settle()
    assert len(session.all(REFRESH)) == 1


async def test_an_action_rests_on_what_other_files_tell_now(folder: Path) -> None:
    session = await opened(folder)
    pod = folder / "pod.yaml"
    (folder / "account.yaml").write_text(ACCOUNT)
    session.watched(CREATED, folder / "account.yaml")
    await session.settle()
    reach = session.server.documents[pod.as_uri()].analysis.context.facts.reach  # type: ignore[union-attr]
    assert reach.others.find(("", "ServiceAccount"), _by_name, "web")


def _by_name(obj: Any) -> tuple[str]:
    return (obj.name,)


async def test_nothing_piles_up_over_what_changes(folder: Path) -> None:
    pod, account = folder / "pod.yaml", folder / "account.yaml"
    account.write_text(ACCOUNT)
    session = await opened(folder)
    session.open(account)

    async def blocks_after(changes: int) -> int:
        for number in range(changes):
            session.change(account, ACCOUNT if number % 2 else SILENT)
            await session.settle()
            pod.write_text(f"{POD}# {number}\n")
            session.watched(CHANGED, pod)
            await session.settle()
        session.sent.clear()
        gc.collect()
        return sys.getallocatedblocks()

    before = await blocks_after(50)
    assert await blocks_after(100) - before < 500


# The worker.


PROGRESS = "$/progress"
SHOWS: dict[str, Any] = {**WATCHES, "window": {"workDoneProgress": True}}


def progress(session: FolderSession) -> list[str]:
    return [each["value"]["kind"] for each in session.all(PROGRESS)]


async def test_progress_is_shown_of_many_files(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.yaml").write_text(OTHER)
    session = FolderSession(folder, capabilities=SHOWS)
    await session.settle()
    begin, *reports, end = progress(session)
    assert (begin, end) == ("begin", "end") and set(reports) == {"report"}
    percentages = [each["value"].get("percentage") for each in session.all(PROGRESS)][:-1]
    assert percentages == sorted(percentages)
    # A file more is nothing to speak of.
    (folder / "new.yaml").write_text(OTHER)
    session.watched(CREATED, folder / "new.yaml")
    await session.settle()
    assert progress(session)[-1] == "end" and len(progress(session)) == len(reports) + 2


async def test_the_client_may_cancel(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.yaml").write_text(ACCOUNT)
    session = FolderSession(folder, capabilities=SHOWS)
    session.open(folder / "pod.yaml")
    await session.until(lambda: bool(progress(session)))
    (token,) = {each["token"] for each in session.all(PROGRESS)}
    session.send(method="window/workDoneProgress/cancel", params={"token": token})
    await session.settle()
    assert progress(session)[-1] == "end"
    assert session.server.index.file_count == 0
    assert mounts(session, folder / "pod.yaml")
    # It is not begun behind the client's back, but when its folders are others.
    session.watched(CREATED, folder / "1.yaml")
    session.watched(CREATED, folder / ".k8s-lsp.yaml")
    await session.settle()
    assert session.server.index.file_count == 0
    session.folders([folder.parent / "empty"], [])
    await session.settle()
    assert not mounts(session, folder / "pod.yaml")


async def test_what_was_to_be_asked_next_is_cancelled_too(folder: Path) -> None:
    for number in range(300):
        (folder / f"{number}.yaml").write_text(ACCOUNT)
    session = FolderSession(folder, capabilities=SHOWS, start_worker=counting)
    await session.until(lambda: bool(progress(session)))
    (token,) = {each["token"] for each in session.all(PROGRESS)}
    session.watched(CREATED, folder / "1.yaml", folder / ".k8s-lsp.yaml")
    session.send(method="window/workDoneProgress/cancel", params={"token": token})
    await session.settle()
    assert Counting.asked == 1
    assert session.server.index.file_count == 0


class Dying(Slices):
    """A worker that ends instead of answering, as often as the test says."""

    deaths: Iterator[bool] = iter(())

    def ask(self, request: Any) -> None:
        if next(self.deaths, False):
            self.end()
            self._hand_over(lambda: self._take(None))
        else:
            super().ask(request)


def dying(*deaths: bool) -> Callable[[Server], StartWorker]:
    def start(server: Server) -> StartWorker:
        def begin(take: Take) -> Dying:
            return Dying(take, server.call_next)

        return begin

    Dying.deaths = iter(deaths)
    return start


async def test_a_worker_that_dies_is_replaced(folder: Path) -> None:
    (folder / "account.yaml").write_text(ACCOUNT)
    session = FolderSession(folder, start_worker=dying(False, True))
    pod = folder / "pod.yaml"
    session.open(pod)
    await session.settle()
    assert not mounts(session, pod)
    # What was known counts until all has been read again.
    (folder / "account.yaml").unlink()
    session.watched(DELETED, folder / "account.yaml")
    await session.settle()
    assert mounts(session, pod)
    assert session.server.index.file_count == 1


async def test_a_worker_that_dies_again_and_again_is_not(folder: Path) -> None:
    (folder / "account.yaml").write_text(ACCOUNT)
    session = FolderSession(folder, start_worker=dying(*[True] * 99))
    session.open(folder / "pod.yaml")
    await session.settle()
    assert mounts(session, folder / "pod.yaml")
    logged = [each["message"] for each in session.all("window/logMessage")]
    assert sum("has ended" in message for message in logged) == indexing.MOST_STARTS


async def test_there_are_only_so_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        (folder / f"{number}.yaml").write_text(OTHER)
    monkeypatch.setattr("k8s_lsp.server.reader.MOST_FILES", 4)
    session = await opened(folder)
    assert session.server.index.file_count == 4
    session.watched(CREATED, folder / "new.yaml")
    await session.settle()
    logged = [each["message"] for each in session.all("window/logMessage")]
    assert sum("files are not read" in message for message in logged) == 1


async def test_a_file_that_is_too_long_or_cannot_be_read_tells_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "account.yaml").write_text(ACCOUNT + "#" * 10_000)
    (folder / "binary.yaml").write_bytes(ACCOUNT.encode("utf-16"))
    monkeypatch.setattr("k8s_lsp.server.reader.LARGEST_FILE", 10_000)
    session = await opened(folder)
    assert mounts(session, folder / "pod.yaml")
    assert session.server.index.file_count == 3
