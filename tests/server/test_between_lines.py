"""What stands between the lines of a text: code lenses, what a click does, links and hints."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.in_process import CREATED, FolderSession

APPLIES: dict[str, Any] = {"workspace": {"applyEdit": True}}
APPLY = "workspace/applyEdit"
MESSAGE = "window/showMessage"
REFRESH = "workspace/codeLens/refresh"

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: app, image: "example.com/app:1.4.2"}]}
"""


class Editor(FolderSession):
    """A session whose client makes the edits of the server, unless it refuses."""

    refuses: bool = False

    def answer(self, request: dict[str, Any]) -> None:
        if request["method"] != APPLY:
            super().answer(request)
        elif self.refuses:
            self.send(id=request["id"], result={"applied": False, "failureReason": "it is locked"})
        else:
            [(uri, edits)] = request["params"]["edit"]["changes"].items()
            path = Path(uri.removeprefix("file://"))
            text = path.read_text()
            lines = text.splitlines(keepends=True)

            def offset(place: dict[str, int]) -> int:
                return sum(map(len, lines[: place["line"]])) + place["character"]

            for edit in reversed(edits):
                start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
                text = text[:start] + edit["newText"] + text[end:]
            self.change(path, text)
            path.write_text(text)
            self.send(id=request["id"], result={"applied": True})

    async def lenses(self, path: Path) -> list[dict[str, Any]]:
        params = {"textDocument": {"uri": path.as_uri()}}
        found: list[dict[str, Any]] = await self.asked("textDocument/codeLens", params)
        return found

    async def click(self, lens: dict[str, Any]) -> Any:
        command = lens["command"]
        params = {"command": command["command"], "arguments": command["arguments"]}
        return await self.asked("workspace/executeCommand", params)


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    path = tmp_path / "pod.yaml"
    path.write_text(POD)
    return path


async def started(path: Path, **more: Any) -> Editor:
    session = Editor(path.parent, **{"capabilities": APPLIES, **more})
    session.open(path)
    await session.settle()
    return session


async def test_a_click_hardens_and_says_what_it_did(pod: Path) -> None:
    session = await started(pod)
    [lens] = await session.lenses(pod)
    assert lens["range"]["start"] == {"line": 0, "character": 0}
    assert lens["command"]["title"].startswith("Pod Security: baseline · restricted needs")
    await session.click(lens)
    [told] = session.all(MESSAGE)
    assert told["message"].startswith("Changed: ") and told["type"] == 3
    [after] = await session.lenses(pod)
    assert after["command"]["title"] == "Pod Security: restricted"
    await session.click(after)
    assert len(session.all(APPLY)) == 1
    assert session.all(MESSAGE)[1]["message"] == 'k8s-lsp: There is nothing to harden in Pod "web".'


async def test_a_client_that_tells_it_by_itself_hears_what_may_break(pod: Path) -> None:
    declared = {**APPLIES, "experimental": {"k8s-lsp": {"hardened": True}}}
    session = await started(pod, capabilities=declared)
    [lens] = await session.lenses(pod)
    await session.click(lens)
    assert session.all(MESSAGE) == []
    [told] = session.all("k8s-lsp/hardened")
    assert (told["uri"], told["version"]) == (pod.as_uri(), 2)
    assert told["message"].startswith("Changed: ")
    rules = [each["rule"] for each in told["mayBreak"]]
    assert {"root-user-allowed", "writable-root-filesystem", "capabilities-not-dropped"} <= {*rules}
    [of_root] = [each["text"] for each in told["mayBreak"] if each["rule"] == "root-user-allowed"]
    assert of_root.startswith("runAsNonRoot was set for 1 container")


async def test_a_client_that_refuses_is_told_about(pod: Path) -> None:
    session = await started(pod)
    session.refuses = True
    [lens] = await session.lenses(pod)
    await session.click(lens)
    [told] = session.all(MESSAGE)
    assert told == {"type": 2, "message": "k8s-lsp: not hardened; it is locked"}


async def test_a_client_that_cannot_make_edits_has_none(pod: Path) -> None:
    session = await started(pod, capabilities={})
    [answer] = [each["result"] for each in session.sent if each.get("id") == 0]
    assert "codeLensProvider" not in answer["capabilities"]
    assert answer["capabilities"]["executeCommandProvider"] == {"commands": []}
    session = await started(pod)
    [answer] = [each["result"] for each in session.sent if each.get("id") == 0]
    assert answer["capabilities"]["codeLensProvider"] == {"resolveProvider": False}
    assert answer["capabilities"]["executeCommandProvider"] == {"commands": ["k8s-lsp.harden"]}


async def test_a_setting_turns_them_off(pod: Path) -> None:
    settings = {"editor": {"code-lens": False}}
    session = await started(pod, options=settings)
    assert await session.lenses(pod) == []


async def test_other_settings_have_them_asked_for_again(pod: Path) -> None:
    can = {"workspace": {"applyEdit": True, "codeLens": {"refreshSupport": True}}}
    session = await started(pod, capabilities=can)
    assert session.all(REFRESH) == []
    changed = {"settings": {"k8s-lsp": {"editor": {"code-lens": False}}}}
    session.send(method="workspace/didChangeConfiguration", params=changed)
    await session.settle()
    assert len(session.all(REFRESH)) == 1
    assert await session.lenses(pod) == []
    other = await started(pod)
    other.send(method="workspace/didChangeConfiguration", params=changed)
    await other.settle()
    assert other.all(REFRESH) == []


async def test_what_is_no_open_manifest_has_none(pod: Path) -> None:
    session = await started(pod)
    assert len(await session.lenses(pod)) == 1
    settings = pod.with_name(".k8s-lsp.yaml")
    session.open(settings, "profile: baseline\n")
    assert await session.lenses(settings) == []
    session.close_text(pod)
    assert await session.lenses(pod) == []


@pytest.mark.parametrize("argument", [{"uri": "file:///gone.yaml"}, {}, None, [], "uri"])
async def test_an_argument_that_means_no_open_text_is_refused(pod: Path, argument: Any) -> None:
    session = await started(pod)
    params = {"command": "k8s-lsp.harden", "arguments": [argument]}
    session.ask("workspace/executeCommand", params)
    await session.settle()
    [answer] = [each for each in session.sent if each.get("id") == 1 and "method" not in each]
    assert answer["error"]["code"] == -32801
    assert session.all(APPLY) == []


async def test_rules_are_linked_as_the_client_can_show_them(pod: Path) -> None:
    text = POD.replace("kind: Pod", "kind: Pod  # k8s-lsp: ignore[root-user-allowed]")
    params = {"textDocument": {"uri": pod.as_uri()}}
    place = {"position": {"line": 1, "character": 30}}
    declared = {"experimental": {"k8s-lsp": {"explainRule": True}}}
    command = "command:k8s-lsp.explainRule?%5B%22root-user-allowed%22%5D"
    for capabilities, is_command in ((APPLIES, False), ({**APPLIES, **declared}, True)):
        session = Editor(pod.parent, capabilities=capabilities)
        session.open(pod, text)
        await session.settle()
        [link] = await session.asked("textDocument/documentLink", params)
        assert link["range"]["start"] == {"line": 1, "character": 29}
        assert (link["target"] == command) is is_command
        assert is_command or "README.md#L" in link["target"]
        hover = await session.asked("textDocument/hover", {**params, **place})
        assert (command in hover["contents"]["value"]) is is_command
        settings = pod.with_name(".k8s-lsp.yaml")
        session.open(settings, "rules: {root-user-allowed: off}\n")
        other = {"textDocument": {"uri": settings.as_uri()}}
        [same] = await session.asked("textDocument/documentLink", other)
        assert same["target"] == link["target"]
        gone = {"textDocument": {"uri": "file:///gone.yaml"}}
        assert await session.asked("textDocument/documentLink", gone) == []


HINTS: dict[str, Any] = {
    "textDocument": {"inlayHint": {}},
    "workspace": {"inlayHint": {"refreshSupport": True}},
}
REFRESH_HINTS = "workspace/inlayHint/refresh"


async def hints(session: Editor, path: Path) -> list[Any]:
    places = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    params = {"textDocument": {"uri": path.as_uri()}, "range": places}
    found: list[Any] = await session.asked("textDocument/inlayHint", params)
    return found


async def test_hints_are_off_until_a_setting_turns_them_on(pod: Path) -> None:
    session = await started(pod, capabilities=HINTS)
    assert await hints(session, pod) == []
    changed = {"settings": {"k8s-lsp": {"editor": {"inlay-hints": True}}}}
    session.send(method="workspace/didChangeConfiguration", params=changed)
    await session.settle()
    assert len(session.all(REFRESH_HINTS)) == 1
    account, container = await hints(session, pod)
    assert account["position"] == {"line": 3, "character": 5}
    assert container["label"][0]["value"] == "by default "
    session.close_text(pod)
    assert await hints(session, pod) == []


async def test_hints_are_asked_for_again_when_other_files_change(pod: Path) -> None:
    watches = {**HINTS["workspace"], "didChangeWatchedFiles": {"dynamicRegistration": True}}
    can = {**HINTS, "workspace": watches}
    for is_on in (True, False):
        session = await started(pod, capabilities=can, options={"editor": {"inlay-hints": is_on}})
        before = len(session.all(REFRESH_HINTS))
        account = pod.with_name("account.yaml")
        account.write_text(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n"
            "automountServiceAccountToken: false\n"
        )
        session.watched(CREATED, account)
        await session.settle()
        assert len(session.all(REFRESH_HINTS)) == before + is_on
        if is_on:
            [of_account, _] = await hints(session, pod)
            assert of_account["label"][3]["value"] == "automountServiceAccountToken: false"
        account.unlink()


async def test_a_client_that_shows_no_hints_is_offered_none(pod: Path) -> None:
    for capabilities, offered in ((APPLIES, False), (HINTS, True)):
        session = Editor(pod.parent, capabilities=capabilities)
        await session.settle()
        [answer] = [each["result"] for each in session.sent if each.get("id") == 0]
        assert ("inlayHintProvider" in answer["capabilities"]) is offered
