"""What clients are told of the state of their texts, and of settings files that are broken."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.in_process import (
    CHANGED,
    PULLS,
    PUSH,
    WATCHES,
    FolderSession,
)

STATUS = "k8s-lsp/status"
MESSAGE, REQUEST, SHOW = "window/showMessage", "window/showMessageRequest", "window/showDocument"
ASKS = {"profile": "baseline", "status": True}
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  containers: [{name: app, image: example.com/app:1.4.2}]
"""
CLEAN = POD.replace("  hostPID: true\n", "")
BROKEN = "profile: baseline\nrules: {host-pit: off}\n"
FIXED = "profile: baseline\nrules: {host-pid: off}\n"
TOLD = (
    'k8s-lsp: .k8s-lsp.yaml has a mistake in line 2: there is no rule "host-pit"; '
    "did you mean host-pid?"
)


async def pulled(session: FolderSession, path: Path) -> None:
    uri = path.as_uri()
    await session.asked("textDocument/diagnostic", {"textDocument": {"uri": uri}})


def texts(session: FolderSession, path: Path) -> list[str]:
    """What was told of the state of a text, one after another."""
    return [each["text"] for each in session.all(STATUS) if each["uri"] == path.as_uri()]


@pytest.mark.parametrize("pulls", [False, True], ids=["pushed", "pulled"])
async def test_each_state_is_told_once(tmp_path: Path, pulls: bool) -> None:
    capabilities = PULLS if pulls else WATCHES
    session = FolderSession(tmp_path, capabilities=capabilities, options=ASKS)
    path = tmp_path / "pod.yaml"

    async def shown() -> None:
        if pulls:
            await pulled(session, path)
        await session.settle()

    session.open(path, POD)
    await shown()
    session.change(path, POD.replace("web", "blog"))
    await shown()
    session.change(path, CLEAN)
    await shown()
    session.change(path, "nothing: here\n")
    await shown()
    assert texts(session, path) == ["1 finding", "clean", "not a manifest"]
    # Who opens it again knows nothing of it.
    session.close_text(path)
    session.open(path, "nothing: here\n")
    await shown()
    assert texts(session, path)[3:] == ["not a manifest"]


async def test_who_does_not_ask_is_told_nothing(tmp_path: Path) -> None:
    for options in (None, {"profile": "all"}, {"status": False}, "status", {"status": "yes"}):
        session = FolderSession(tmp_path, options=options)
        session.open(tmp_path / "pod.yaml", POD)
        await session.settle()
        assert session.all(STATUS) == [] and session.all(PUSH)


async def test_asking_is_no_mistake_and_asking_wrongly_is(tmp_path: Path) -> None:
    session = FolderSession(tmp_path, options=ASKS)
    await session.settle()
    assert session.all(MESSAGE) == []
    session = FolderSession(tmp_path, options={"statu": True, "message-buttons": 1})
    await session.settle()
    (message,) = session.all(MESSAGE)
    assert "did you mean status?" in message["message"]
    assert "message-buttons: expected true or false" in message["message"]


async def test_while_somebody_types_only_the_last_state_is_told(tmp_path: Path) -> None:
    session = FolderSession(tmp_path, options=ASKS)
    path = tmp_path / "pod.yaml"
    session.open(path, POD)
    await session.settle()
    for text in (CLEAN, POD, CLEAN):
        session.change(path, text)
        # Everything happens that waits for no time to pass.
        await session.until(lambda: len(session.all(PUSH)) == session.versions[path.as_uri()])
    await session.settle()
    assert texts(session, path) == ["1 finding", "clean"]


async def test_settings_that_change_are_told(tmp_path: Path) -> None:
    session = FolderSession(tmp_path, options=ASKS)
    path, file = tmp_path / "pod.yaml", tmp_path / ".k8s-lsp.yaml"
    session.open(path, CLEAN)
    await session.settle()

    async def told_with(text: str) -> dict[str, Any]:
        file.write_text(text)
        session.watched(CHANGED, file)
        await session.settle()
        params: dict[str, Any] = session.all(STATUS)[-1]
        return params

    assert session.all(STATUS)[-1]["settingsFile"] is None
    chosen = await told_with('profile: baseline\nkubernetes-version: "1.30"\n')
    assert chosen["settingsFile"] == {"uri": file.as_uri(), "name": file.name, "mistakes": []}
    assert (chosen["state"], chosen["kubernetesVersion"]) == ("clean", "1.30")
    # Nothing of what holds is another, but what is said of it.
    broken = await told_with('profile: baseline\nkubernetes-version: "1.30"\nrule: {}\n')
    assert (broken["state"], broken["profile"]) == ("settings-broken", "baseline")
    assert [each["line"] for each in broken["settingsFile"]["mistakes"]] == [3]
    restricted = await told_with("profile: restricted\n")
    assert (restricted["state"], restricted["profile"]) == ("findings", "restricted")
    excluded = await told_with("profile: restricted\nexclude: ['pod.yaml']\n")
    assert (excluded["state"], excluded["profile"]) == ("excluded", "restricted")
    file.unlink()
    session.watched(CHANGED, file)
    await session.settle()
    assert session.all(STATUS)[-1]["settingsFile"] is None


async def test_a_file_below_an_open_folder_goes_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "team/a").mkdir(parents=True)
    (tmp_path / "team/.k8s-lsp.yaml").write_text("profile: baseline\n")
    session = FolderSession(tmp_path, options=ASKS)
    session.open(tmp_path / "team/a/pod.yaml", POD)
    await session.settle()
    assert session.all(STATUS)[-1]["settingsFile"]["name"] == "team/.k8s-lsp.yaml"


async def test_an_open_settings_file_is_told_of_as_it_is_typed(tmp_path: Path) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    file.write_text("profile: baseline\n")
    session = FolderSession(tmp_path, options=ASKS)
    session.open(file)
    await session.settle()
    session.change(file, "profile: base\n")
    await session.settle()
    assert texts(session, file) == ["clean", "settings file broken · 1 finding"]
    assert session.all(STATUS)[-1]["settingsFile"]["mistakes"] == []


# Settings files that are broken.


def messages(session: FolderSession) -> list[str]:
    return [each["message"] for each in session.all(MESSAGE)]


@pytest.mark.parametrize("options", [None, ASKS], ids=["silent", "told"])
async def test_a_broken_settings_file_is_one_message(tmp_path: Path, options: Any) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    file.write_text(BROKEN)
    session = FolderSession(tmp_path, options=options)
    for name in ("a.yaml", "b.yaml"):
        session.open(tmp_path / name, POD)
        await session.settle()
        session.change(tmp_path / name, CLEAN)
        await session.settle()
    assert messages(session) == [TOLD]
    session.watched(CHANGED, file)
    await session.settle()
    assert messages(session) == [TOLD]
    # Another content is told of, and the same again is not.
    for text in (FIXED, BROKEN.replace("pit", "ipd"), FIXED, BROKEN):
        file.write_text(text)
        session.watched(CHANGED, file)
        await session.settle()
    assert messages(session) == [TOLD, TOLD.replace("host-pit", "host-ipd")]


async def test_a_client_that_pulls_is_told_once_too(tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text(BROKEN)
    session = FolderSession(tmp_path, capabilities=PULLS)
    session.open(tmp_path / "a.yaml", POD)
    for _ in range(2):
        await pulled(session, tmp_path / "a.yaml")
    assert messages(session) == [TOLD]


@pytest.mark.parametrize(
    ("manifest", "settings"),
    [
        ("services: {}\n", BROKEN),
        (POD, FIXED),
        (POD, 'kubernetes-version: "1.99"\n'),
        (POD, ""),
        (POD, None),
    ],
)
async def test_where_nothing_is_lost_nothing_is_said(
    tmp_path: Path, manifest: str, settings: str | None
) -> None:
    if settings is not None:
        (tmp_path / ".k8s-lsp.yaml").write_text(settings)
    session = FolderSession(tmp_path)
    session.open(tmp_path / "a.yaml", manifest)
    await session.settle()
    assert messages(session) == []


async def test_a_settings_file_that_is_open_shows_its_mistakes_itself(tmp_path: Path) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    file.write_text(BROKEN)
    session = FolderSession(tmp_path)
    session.open(file)
    session.open(tmp_path / "a.yaml", POD)
    await session.settle()
    assert messages(session) == []
    session.close_text(file)
    session.change(tmp_path / "a.yaml", CLEAN)
    await session.settle()
    assert messages(session) == [TOLD]


async def test_each_broken_file_is_told_of(tmp_path: Path) -> None:
    session = FolderSession(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".k8s-lsp.yaml").write_text(BROKEN)
        session.open(tmp_path / name / "pod.yaml", POD)
    await session.settle()
    assert sorted(messages(session)) == [TOLD.replace(".k8s", f"{name}/.k8s", 1) for name in "ab"]


async def test_a_file_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_bytes(b"profile: \xff\n")
    session = FolderSession(tmp_path)
    session.open(tmp_path / "a.yaml", POD)
    await session.settle()
    (message,) = messages(session)
    assert message.startswith("k8s-lsp: .k8s-lsp.yaml cannot be read: ")


class Clicking(FolderSession):
    """A client that chooses the first button of every message."""

    def answer(self, request: dict[str, Any]) -> None:
        if request["method"] == REQUEST:
            action = request["params"]["actions"][0]
            self.send(id=request["id"], result=action)
        elif request["method"] == SHOW:
            self.send(id=request["id"], result={"success": True})
        else:
            super().answer(request)


SHOWS = {**WATCHES, "window": {"showDocument": {"support": True}}}
BUTTONS = {"message-buttons": True}


async def test_a_button_opens_the_file_at_its_mistake(tmp_path: Path) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    file.write_text(BROKEN)
    session = Clicking(tmp_path, capabilities=SHOWS, options=BUTTONS)
    session.open(tmp_path / "a.yaml", POD)
    await session.settle()
    (asked,) = session.all(REQUEST)
    assert asked == {"type": 2, "message": TOLD, "actions": [{"title": "Open"}]}
    (shown,) = session.all(SHOW)
    assert shown == {
        "uri": file.as_uri(),
        "takeFocus": True,
        "selection": {
            "start": {"line": 1, "character": 8},
            "end": {"line": 1, "character": 16},
        },
    }
    assert messages(session) == []


async def test_a_message_that_is_closed_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text(BROKEN)
    session = FolderSession(tmp_path, capabilities=SHOWS, options=BUTTONS)
    session.open(tmp_path / "a.yaml", POD)
    await session.settle()
    assert len(session.all(REQUEST)) == 1 and session.all(SHOW) == []


@pytest.mark.parametrize(("capabilities", "options"), [(WATCHES, BUTTONS), (SHOWS, None)])
async def test_who_cannot_open_files_or_waits_gets_no_button(
    tmp_path: Path, capabilities: dict[str, Any], options: Any
) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text(BROKEN)
    session = FolderSession(tmp_path, capabilities=capabilities, options=options)
    session.open(tmp_path / "a.yaml", POD)
    await session.settle()
    assert messages(session) == [TOLD] and session.all(REQUEST) == []


# The profile that is chosen.


async def chosen(session: FolderSession, path: Path) -> Any:
    params = {"uri": path.as_uri(), "profile": "restricted"}
    return await session.asked("k8s-lsp/chooseProfile", params)


async def test_a_profile_is_written_where_a_settings_file_holds(tmp_path: Path) -> None:
    file, path = tmp_path / ".k8s-lsp.yaml", tmp_path / "a.yaml"
    session = FolderSession(tmp_path)
    session.open(path, POD)
    assert await chosen(session, path) is None
    file.write_text("# team\nprofile: all # why\n")
    session.watched(CHANGED, file)
    start, end = {"line": 1, "character": 9}, {"line": 1, "character": 12}
    edit = {"range": {"start": start, "end": end}, "newText": "restricted"}
    assert await chosen(session, path) == {"uri": file.as_uri(), "edits": [edit]}
    # In a text that is open, the edits are of that.
    session.open(file, "profile: all\n")
    start, end = {"line": 0, "character": 9}, {"line": 0, "character": 12}
    edit = {"range": {"start": start, "end": end}, "newText": "restricted"}
    assert await chosen(session, path) == {"uri": file.as_uri(), "edits": [edit]}
    session.change(file, "profile: [\n")
    assert await chosen(session, path) == {"uri": file.as_uri(), "edits": None}


async def test_no_other_word_is_written(tmp_path: Path) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text("# team\n")
    session = FolderSession(tmp_path)
    params = {"uri": (tmp_path / "a.yaml").as_uri(), "profile": "strict\nrules: {}"}
    number = session.ask("k8s-lsp/chooseProfile", params)
    await session.settle()
    (answer,) = [each for each in session.sent if each.get("id") == number and "error" in each]
    assert "there is no profile" in answer["error"]["message"]
