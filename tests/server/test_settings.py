"""Settings over the protocol: where they come from, when they change, and what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import LanguageClient

from tests.features.opened import applied, place
from tests.server.test_protocol import (
    CAPABILITIES,
    CONFIG,
    POD,
    accept_registrations,
    open_text,
    privileged,
    published,
)

HINT, WARNING = types.DiagnosticSeverity.Hint, types.DiagnosticSeverity.Warning
ERROR = types.DiagnosticSeverity.Error


@pytest_lsp.fixture(config=CONFIG)  # type: ignore[untyped-decorator]
async def fresh(lsp_client: LanguageClient) -> AsyncIterator[None]:
    yield
    await lsp_client.shutdown_session()


def as_setting(level: str) -> dict[str, Any]:
    return {"rules": {"privileged-container": level}}


def in_file(level: str) -> str:
    return f"rules: {{privileged-container: {level}}}\n"


async def start(
    client: LanguageClient, *folders: Path, name: str = "vscode", options: Any = None
) -> list[types.Registration]:
    registered = accept_registrations(client)
    capabilities = CAPABILITIES[name]()
    await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            initialization_options=options,
            workspace_folders=[types.WorkspaceFolder(each.as_uri(), each.name) for each in folders],
        )
    )
    return registered


async def severity(
    client: LanguageClient, path: Path, text: str = POD
) -> types.DiagnosticSeverity | None:
    found = privileged(await open_text(client, text, path.as_uri()))
    return found[0].severity if found else None


def said(client: LanguageClient) -> list[str]:
    return [each.message for each in client.messages]


def watched(client: LanguageClient, path: Path) -> None:
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Changed)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))


async def again(client: LanguageClient, act: Callable[[], object]) -> list[types.Diagnostic]:
    """What is published after something has happened."""
    waiting = asyncio.ensure_future(published(client))
    await asyncio.sleep(0)
    act()
    return privileged(await waiting)


async def test_the_stronger_source_counts(fresh: LanguageClient, tmp_path: Path) -> None:
    fresh.set_configuration(
        {"rules": {"privileged-container": "warning", "host-pid": "off"}}, section="k8s-lsp"
    )
    await start(fresh, tmp_path, options={**as_setting("hint"), "profile": "baseline"})
    text = POD.replace("spec:\n", "spec:\n  hostPID: true\n")
    found = await open_text(fresh, text, (tmp_path / "a.yaml").as_uri())
    # initializationOptions chose the profile, the editor both levels.
    assert [(each.code, each.severity) for each in found.diagnostics] == [
        ("privileged-container", WARNING)
    ]
    (tmp_path / ".k8s-lsp.yaml").write_text(in_file("error"))
    watched(fresh, tmp_path / ".k8s-lsp.yaml")
    assert privileged(await published(fresh))[0].severity == ERROR
    assert said(fresh) == []


async def test_the_first_analysis_waits_for_the_answer(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    fresh.set_configuration(as_setting("hint"), section="k8s-lsp")
    await start(fresh, tmp_path)
    assert await severity(fresh, tmp_path / "a.yaml") == HINT


async def test_the_first_code_actions_wait_for_the_answer(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    await start(fresh, tmp_path)
    # All this is sent before the client hears that it is asked for its settings.
    uri = (tmp_path / "a.yaml").as_uri()
    fresh.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, POD))
    )
    start_of_text = types.Position(0, 0)
    end_of_text = types.Position(POD.count("\n"), 0)
    actions = await fresh.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            types.Range(start_of_text, end_of_text),
            types.CodeActionContext([], only=["refactor.rewrite"]),
        )
    )
    assert actions


@pytest.mark.parametrize("name", ["bare", "emacs", "neovim-0.11"])
async def test_a_client_of_any_kind_has_settings(
    fresh: LanguageClient, tmp_path: Path, name: str
) -> None:
    (tmp_path / ".k8s-lsp.yaml").write_text("profile: baseline\n" + in_file("warning"))
    await start(fresh, tmp_path, name=name, options=as_setting("hint"))
    assert await severity(fresh, tmp_path / "x" / "a.yaml") == WARNING


async def test_changed_settings_count_at_once(fresh: LanguageClient, tmp_path: Path) -> None:
    registered = await start(fresh, tmp_path)
    assert await severity(fresh, tmp_path / "a.yaml") == ERROR
    assert {each.method for each in registered} == {
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
    }
    fresh.set_configuration(as_setting("hint"), section="k8s-lsp")
    changed = types.DidChangeConfigurationParams(None)
    found = await again(fresh, lambda: fresh.workspace_did_change_configuration(changed))
    assert found[0].severity == HINT


async def test_a_client_that_cannot_be_asked_sends_its_settings(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    await start(fresh, tmp_path, name="bare")
    assert await severity(fresh, tmp_path / "a.yaml") == ERROR
    changed = types.DidChangeConfigurationParams({"k8s-lsp": as_setting("hint"), "other": 1})
    found = await again(fresh, lambda: fresh.workspace_did_change_configuration(changed))
    assert found[0].severity == HINT


async def test_files_are_read_again_when_they_change(fresh: LanguageClient, tmp_path: Path) -> None:
    await start(fresh, tmp_path)
    file = tmp_path / ".k8s-lsp.yaml"
    assert await severity(fresh, tmp_path / "a.yaml") == ERROR
    file.write_text(in_file("hint"))
    assert (await again(fresh, lambda: watched(fresh, file)))[0].severity == HINT
    file.write_text("exclude: ['*.yaml']\n")
    assert await again(fresh, lambda: watched(fresh, file)) == []
    file.unlink()
    assert (await again(fresh, lambda: watched(fresh, file)))[0].severity == ERROR


async def test_without_watching_they_are_read_on_save_and_open(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    await start(fresh, tmp_path, name="bare")
    file = tmp_path / ".k8s-lsp.yaml"
    assert await severity(fresh, tmp_path / "a.yaml") == ERROR
    file.write_text(in_file("hint"))
    document = types.TextDocumentIdentifier((tmp_path / "a.yaml").as_uri())
    saved = types.DidSaveTextDocumentParams(document)
    found = await again(fresh, lambda: fresh.text_document_did_save(saved))
    assert found[0].severity == HINT
    file.write_text(in_file("warning"))
    item = types.TextDocumentItem((tmp_path / "b.yaml").as_uri(), "yaml", 1, POD)
    opened = types.DidOpenTextDocumentParams(item)
    found = await again(fresh, lambda: fresh.text_document_did_open(opened))
    # Whichever of the two texts comes first.
    assert [each.severity for each in found] == [WARNING]


async def test_each_folder_has_its_own_settings(fresh: LanguageClient, tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    for folder in (one, two, three):
        folder.mkdir()
    # Above the open folders, nothing counts.
    (tmp_path / ".k8s-lsp.yaml").write_text(in_file("off"))
    (one / ".k8s-lsp.yaml").write_text(in_file("hint"))
    fresh.set_configuration({"k8s-lsp": as_setting("warning")}, scope_uri=two.as_uri())
    await start(fresh, one, two)
    assert await severity(fresh, one / "a.yaml") == HINT
    assert await severity(fresh, two / "a.yaml") == WARNING
    # A file outside of them looks upward on its own.
    assert await severity(fresh, three / "a.yaml") is None

    added = types.WorkspaceFolder(three.as_uri(), "three")
    event = types.WorkspaceFoldersChangeEvent([added], [])
    params = types.DidChangeWorkspaceFoldersParams(event)
    found = await again(fresh, lambda: fresh.workspace_did_change_workspace_folders(params))
    assert found[0].severity == ERROR


async def test_mistakes_in_the_editor_are_one_message_for_each_change(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    wrong = {"profile": "strict", "rules": {"host-pit": "off"}, "trace": {"server": "off"}}
    fresh.set_configuration(wrong, section="k8s-lsp")
    await start(fresh, tmp_path, options={"kubernetes-version": 1.3, "interpreter": ["x"]})
    assert await severity(fresh, tmp_path / "a.yaml") == ERROR
    (message,) = said(fresh)
    for part in ("kubernetes-version: expected a string", 'profile: "strict"', '"host-pit"'):
        assert part in message

    changed = types.DidChangeConfigurationParams(None)
    fresh.workspace_did_change_configuration(changed)
    fresh.set_configuration(as_setting("hint"), section="k8s-lsp")
    found = await again(fresh, lambda: fresh.workspace_did_change_configuration(changed))
    assert found[0].severity == HINT
    assert len(said(fresh)) == 2 and "strict" not in said(fresh)[1]


SETTINGS = """\
profile: restricted
rules:
  privileged-contaner: off
  host-pid: loud
kubernetes-version: [
"""


async def test_an_open_configuration_file_shows_its_mistakes(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    file.write_text(in_file("hint"))
    await start(fresh, tmp_path)
    found = await open_text(fresh, SETTINGS, file.as_uri())
    assert [each.range.start for each in found.diagnostics][:2] == [
        place(SETTINGS, "privileged-contaner"),
        place(SETTINGS, "loud"),
    ]
    assert len(found.diagnostics) == 3
    assert {each.source for each in found.diagnostics} == {"k8s-lsp"}
    assert "did you mean privileged-container?" in found.diagnostics[0].message
    # What holds is what is on the disk.
    assert await severity(fresh, tmp_path / "a.yaml") == HINT


async def labels(client: LanguageClient, file: Path, text: str) -> list[str]:
    """The completions at the place of `|`."""
    before, after = text.split("|")
    await open_text(client, before + after, file.as_uri())
    lines = before.split("\n")
    answer = await client.text_document_completion_async(
        types.CompletionParams(
            types.TextDocumentIdentifier(file.as_uri()),
            types.Position(len(lines) - 1, len(lines[-1])),
        )
    )
    assert isinstance(answer, list)
    return [each.label for each in answer]


async def test_completion_of_keys_rules_and_levels(fresh: LanguageClient, tmp_path: Path) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    await start(fresh, tmp_path)
    levels = ["error", "warning", "information", "hint", "off"]
    keys = await labels(fresh, file, "profile: all\npro|")
    assert "rules" in keys and "profile" not in keys
    assert await labels(fresh, file, "profile: |") == [
        "recommended",
        "baseline",
        "restricted",
        "all",
    ]
    assert await labels(fresh, file, "profile: re|\nrules: {}\n") == [
        "recommended",
        "baseline",
        "restricted",
        "all",
    ]
    for text in (
        "rules:\n  |",
        "rules:\n  host|\n  host-pid: off\n",
        "rules: {|}",
        "rules: {h|: off}",
    ):
        slugs = await labels(fresh, file, text)
        assert "privileged-container" in slugs and "profile" not in slugs, text
    assert await labels(fresh, file, "rules:\n  host-pid: |\nprofile: all\n") == levels
    assert await labels(fresh, file, "rules:\n  host-pid:\n    |\n") == ["severity"]
    assert await labels(fresh, file, "rules:\n  host-pid:\n    severity: o|\n") == levels
    assert "host-ipc" in await labels(
        fresh, file, "ignore:\n  - path: a\n    rules: [host-pid, |]\n"
    )
    assert await labels(fresh, file, "ignore:\n  - path: a\n    |\n") == ["rules"]
    assert await labels(fresh, file, "resources:\n  limits:\n    cpu: 1\n    |") == [
        "memory",
        "ephemeral-storage",
    ]
    assert await labels(fresh, file, "foreign-ignores: |\n") == ["true", "false"]
    assert await labels(fresh, file, "editor:\n  |\n") == [
        "code-lens",
        "completion",
        "inlay-hints",
        "group-absent",
        "outline",
    ]
    assert await labels(fresh, file, "editor: {outline: |}\n") == ["true", "false"]
    image = await labels(fresh, file, "images:\n  - name: acme/app\n    user: 1000\n    |\n")
    assert image[:3] == ["group", "ports", "read-only"] and "name" not in image
    assert await labels(fresh, file, "images:\n  - read-only: |\n") == ["true", "false"]
    assert "NET_BIND_SERVICE" in await labels(fresh, file, "images: [{capabilities: [NET|]}]\n")
    kinds = "custom-resources:\n  example.com/Widget:\n    spec.template: "
    assert "PodTemplateSpec" in await labels(fresh, file, f"{kinds}|\n")
    assert await labels(fresh, file, f"{kinds}\n      |\n") == ["type", "hardened"]
    assert await labels(fresh, file, f"{kinds}\n      hardened: |\n") == ["true", "false"]
    assert await labels(fresh, file, "custom-resources:\n  |\n") == []
    assert await labels(fresh, file, "profile: all # |\n") == []
    assert await labels(fresh, tmp_path / "a.yaml", "profile: |\n") == []


async def test_hover_of_keys_and_rules(fresh: LanguageClient, tmp_path: Path) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    await start(fresh, tmp_path)
    text = (
        "profile: all\nrules:\n  host-pid: off\n  untrusted-image-registry: {registries: []}\n"
        "ignore: [{path: a, rules: [host-ipc]}]\nunknown: 1\n"
        "images: [{name: acme/app, user: 1000, writes: [/tmp]}]\n"
        "custom-resources: {example.com/Widget: {spec.template: {type: PodSpec}, a: PodHost}}\n"
    )
    await open_text(fresh, text, file.as_uri())

    async def hover(word: str) -> str | None:
        params = types.HoverParams(types.TextDocumentIdentifier(file.as_uri()), place(text, word))
        answer = await fresh.text_document_hover_async(params)
        if answer is None:
            return None
        assert isinstance(answer.contents, types.MarkupContent)
        assert answer.range is not None and answer.range.start == place(text, word)
        return answer.contents.value

    assert "Which rules run" in (await hover("profile") or "")
    assert "Default: `recommended`" in (await hover("all") or "")
    assert "[Explain host-pid](" in (await hover("host-pid") or "")
    assert "[Explain host-ipc](" in (await hover("host-ipc") or "")
    assert "trusted registries" in (await hover("registries") or "")
    assert "or `off`" in (await hover("off") or "")
    assert await hover("unknown") is None
    assert "your own images" in (await hover("images") or "")
    assert "cannot do without root" in (await hover("user") or "")
    assert "may be empty at first" in (await hover("writes") or "")
    assert "your own kinds" in (await hover("custom-resources") or "")
    assert "every item of a list" in (await hover("example.com/Widget") or "")
    assert "What stands there" in (await hover("spec.template") or "")
    assert "by its name in k8s.io/api" in (await hover("type") or "")
    assert "`PodHost` has some" in (await hover("PodHost") or "")


async def test_the_word_that_is_meant_is_one_choice_away(
    fresh: LanguageClient, tmp_path: Path
) -> None:
    file = tmp_path / ".k8s-lsp.yaml"
    await start(fresh, tmp_path)
    found = await open_text(fresh, SETTINGS, file.as_uri())
    mistake = found.diagnostics[0]
    offered = await fresh.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(file.as_uri()),
            mistake.range,
            types.CodeActionContext([mistake], only=["quickfix"]),
        )
    )
    (action,) = offered or ()
    assert isinstance(action, types.CodeAction)
    assert action.title == 'Change "privileged-contaner" to "privileged-container"'
    assert list(action.diagnostics or ()) == [mistake]
    after = applied(SETTINGS, action.edit, uri=file.as_uri())
    assert after == SETTINGS.replace("privileged-contaner", "privileged-container")
