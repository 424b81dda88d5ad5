"""What is wrong with files that are not open: pulled or pushed, where the settings want it."""

from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.server.reader import Reader
from tests.server.in_process import CHANGED, CREATED, DELETED, PULLS, PUSH, FolderSession
from tests.server.test_indexing import ACCOUNT, OTHER, POD, SILENT, SLUG

WANTED = {"workspace": {"diagnostics": True}}
PULL = "workspace/diagnostic"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "other.yaml").write_text(OTHER)
    (tmp_path / "account.yaml").write_text(ACCOUNT)
    return tmp_path


async def started(folder: Path, options: Any = WANTED, **more: Any) -> FolderSession:
    session = FolderSession(folder, options=options, **more)
    await session.settle()
    return session


async def test_nothing_is_said_unless_it_is_wanted(folder: Path) -> None:
    session = await started(folder, None)
    assert session.all(PUSH) == []
    # A file may choose it, too.
    (folder / ".k8s-lsp.yaml").write_text("workspace: {diagnostics: true}\n")
    session.watched(CREATED, folder / ".k8s-lsp.yaml")
    await session.settle()
    assert {each["uri"] for each in session.all(PUSH)} == {
        (folder / name).as_uri() for name in ("pod.yaml", "other.yaml")
    }
    (folder / ".k8s-lsp.yaml").unlink()
    session.watched(DELETED, folder / ".k8s-lsp.yaml")
    await session.settle()
    assert session.codes(folder / "pod.yaml") == session.codes(folder / "other.yaml") == []


async def test_they_are_pushed_and_taken_back(folder: Path) -> None:
    session = await started(folder)
    pod, other, account = (folder / f"{name}.yaml" for name in ("pod", "other", "account"))
    assert SLUG in (session.codes(other) or ()) and SLUG not in (session.codes(pod) or (SLUG,))
    told = len(session.all(PUSH))
    # What is open is the text's affair, and another file's judgement rests on it.
    session.open(account)
    await session.settle()
    session.change(account, SILENT)
    await session.settle()
    assert SLUG in (session.codes(pod) or ())
    session.close_text(account)
    await session.settle()
    assert SLUG not in (session.codes(pod) or (SLUG,))
    uris = [each["uri"] for each in session.all(PUSH)[told:]]
    assert other.as_uri() not in uris
    other.unlink()
    session.watched(DELETED, other)
    await session.settle()
    assert session.codes(other) == []


async def test_a_text_without_a_file_counts_for_files_that_are_not_open(folder: Path) -> None:
    (folder / "account.yaml").unlink()
    session = await started(folder)
    assert SLUG in (session.codes(folder / "pod.yaml") or ())
    session.open(folder / "new.yaml", ACCOUNT)
    await session.settle()
    assert SLUG not in (session.codes(folder / "pod.yaml") or (SLUG,))
    session.close_text(folder / "new.yaml")
    await session.settle()
    assert SLUG in (session.codes(folder / "pod.yaml") or ())
    assert session.codes(folder / "new.yaml") == []


@pytest.mark.parametrize("name", ["pod.yaml", "a#b.yaml", "a%41.yaml"])
async def test_a_text_that_is_closed_leaves_what_is_wrong_with_its_file(
    folder: Path, name: str
) -> None:
    pod = (folder / "pod.yaml").rename(folder / name)
    session = await started(folder)
    before = session.codes(pod)
    session.open(pod)
    session.change(pod, "a: b\n")
    await session.settle()
    assert session.codes(pod) == []
    session.close_text(pod)
    await session.settle()
    assert session.codes(pod) == before != []
    # However short it was open.
    session.open(pod)
    session.close_text(pod)
    assert session.codes(pod) == []
    await session.settle()
    assert session.codes(pod) == before


async def test_settings_hold_in_a_folder_that_is_opened_by_a_link(folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder, target_is_directory=True)
    session = await started(link, {**WANTED, "exclude": ["other.yaml"]})
    assert session.codes(link / "pod.yaml") and session.codes(link / "other.yaml") is None


async def test_only_what_rests_on_a_change_is_judged_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await started(folder)
    judged: list[str] = []
    judge = Reader._judge

    def counted(reader: Reader, file: Any, client: Any) -> Any:
        judged.append(Path(file.source).name)
        return judge(reader, file, client)

    monkeypatch.setattr(Reader, "_judge", counted)
    (folder / "account.yaml").write_text(SILENT)
    session.watched(CHANGED, folder / "account.yaml")
    await session.settle()
    assert sorted(judged) == ["account.yaml", "pod.yaml"]


def pull(session: FolderSession, previous: dict[str, str], token: str | None = None) -> int:
    results = [{"uri": uri, "value": value} for uri, value in previous.items()]
    params: dict[str, Any] = {"previousResultIds": results}
    return session.ask(PULL, params if token is None else {**params, "partialResultToken": token})


def results(items: list[Any]) -> dict[str, str]:
    return {each["uri"]: each["resultId"] for each in items if "resultId" in each}


async def test_they_are_pulled_and_wait_for_news(folder: Path) -> None:
    session = await started(folder, capabilities=PULLS)
    number = pull(session, {})
    await session.settle()
    items = session.result(number)["items"]
    assert {each["kind"] for each in items} == {"full"}
    assert all(each["version"] is None for each in items)
    assert {Path(each["uri"]).name for each in items if each["items"]} == {"pod.yaml", "other.yaml"}
    known = results(items)

    number = pull(session, known)
    await session.settle()
    assert session.result(number) is None
    (folder / "account.yaml").write_text(SILENT)
    session.watched(CHANGED, folder / "account.yaml")
    await session.settle()
    items = session.result(number)["items"]
    kinds = {Path(each["uri"]).name: each["kind"] for each in items}
    assert (kinds["pod.yaml"], kinds["other.yaml"]) == ("full", "unchanged")
    assert session.all(PUSH) == []

    number = pull(session, {**known, **results(items)})
    (folder / "other.yaml").unlink()
    session.watched(DELETED, folder / "other.yaml")
    await session.settle()
    gone = [each for each in session.result(number)["items"] if "other" in each["uri"]]
    assert [(each["kind"], each["items"]) for each in gone] == [("full", [])]


async def test_they_are_pushed_to_a_client_that_wants_them_later(folder: Path) -> None:
    """Else a client that pulls would keep what it has of every text that it closes."""
    session = await started(folder, None, capabilities=PULLS)
    pod = folder / "pod.yaml"
    (folder / ".k8s-lsp.yaml").write_text("workspace: {diagnostics: true}\n")
    session.watched(CREATED, folder / ".k8s-lsp.yaml")
    await session.settle()
    assert session.codes(pod)
    # What is open is pulled.
    session.open(pod)
    await session.settle()
    assert session.codes(pod) == []


async def test_parts_are_told_before_all_is_known(folder: Path) -> None:
    session = FolderSession(folder, capabilities=PULLS, options=WANTED)
    number = pull(session, {}, "token")
    await session.settle()
    parts = session.all("$/progress")
    assert {part["token"] for part in parts} == {"token"} and len(parts) > 1
    assert session.result(number) == {"items": []}
    told = [each["uri"] for part in parts for each in part["value"]["items"]]
    assert len(told) == len(set(told)) >= 2


async def test_who_asks_again_ends_the_wait_before(folder: Path) -> None:
    session = await started(folder, capabilities=PULLS)
    number = pull(session, {})
    await session.settle()
    known = results(session.result(number)["items"])
    first = pull(session, known)
    await session.settle()
    assert session.result(first) is None
    second = pull(session, known)
    await session.settle()
    assert session.result(first) == {"items": []} and session.result(second) is None
