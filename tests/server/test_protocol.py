"""The real process, spoken to as editors speak to it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from k8s_lsp.text import Encoding
from tests.features.opened import applied, place

ROOT = Path(__file__).resolve().parent.parent.parent
URI = "file:///work/web%20pod.yaml"
COMMAND = [sys.executable, "-m", "k8s_lsp", "server"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


CONFIG = ClientServerConfig(server_command=COMMAND, server_env=ENVIRONMENT)

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: é😀, image: example.com/app:1.4.2, securityContext: {privileged: true}}
"""


def without_anything() -> types.ClientCapabilities:
    return types.ClientCapabilities()


def with_encoding(name: str) -> types.ClientCapabilities:
    capabilities = client_capabilities("visual_studio_code")
    assert capabilities.general is not None
    capabilities.general.position_encodings = [name]
    return capabilities


def with_pulling() -> types.ClientCapabilities:
    """As of version 1.67, which is the first one that pulls."""
    capabilities = client_capabilities("visual_studio_code")
    assert capabilities.text_document is not None and capabilities.workspace is not None
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities(
        dynamic_registration=True, related_document_support=False
    )
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(
        refresh_support=True
    )
    return capabilities


CAPABILITIES = {
    "vscode-1.67": with_pulling,
    "vscode": lambda: client_capabilities("visual_studio_code"),
    "neovim-0.11": lambda: client_capabilities("neovim@0.11.0"),
    "neovim-0.7": lambda: client_capabilities("neovim@0.7.0"),
    "emacs": lambda: client_capabilities("emacs"),
    "utf-8": lambda: with_encoding("utf-8"),
    "utf-16": lambda: with_encoding("utf-16"),
    "utf-32": lambda: with_encoding("utf-32"),
    "bare": without_anything,
}


def accept_registrations(client: LanguageClient) -> list[types.Registration]:
    """Answer as an editor does, and remember what the server asked to be told of."""
    registered: list[types.Registration] = []

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
    def register(params: types.RegistrationParams) -> None:
        registered.extend(params.registrations)

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)  # type: ignore[untyped-decorator]
    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)  # type: ignore[untyped-decorator]
    def refresh(params: None) -> None:
        """An editor asks again for what it shows; these tests ask themselves."""

    return registered


async def start(client: LanguageClient, name: str, options: Any = None) -> types.InitializeResult:
    accept_registrations(client)
    return await client.initialize_session(
        types.InitializeParams(
            capabilities=CAPABILITIES[name](),
            initialization_options=options,
            workspace_folders=None,
        )
    )


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=CONFIG, params=sorted(CAPABILITIES), scope="module"
)
async def session(
    request: pytest.FixtureRequest, lsp_client: LanguageClient
) -> AsyncIterator[None]:
    """One client of each kind, with its server, for all tests that leave no text open."""
    lsp_client.answer = await start(lsp_client, request.param)  # type: ignore[attr-defined]
    yield
    await lsp_client.shutdown_session()
    # Never both ways for one client.
    assert not (pulls(lsp_client) and lsp_client.diagnostics)


@pytest.fixture
def client(session: LanguageClient) -> LanguageClient:
    """Give a client that was told nothing yet."""
    session.messages.clear()
    return session


of_one_session = pytest.mark.asyncio(loop_scope="module")
"""That a test runs in the loop of the session that it shares."""


@pytest_lsp.fixture(config=CONFIG)  # type: ignore[untyped-decorator]
async def fresh(lsp_client: LanguageClient) -> AsyncIterator[None]:
    yield
    await lsp_client.shutdown_session()


async def published(client: LanguageClient) -> types.PublishDiagnosticsParams:
    waiting = client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    found = await asyncio.wait_for(waiting, 60)
    assert isinstance(found, types.PublishDiagnosticsParams)
    return found


def pulls(client: LanguageClient) -> bool:
    """Whether a client asks for diagnostics, and again when it is told to."""
    if client.capabilities is None:
        return False
    text, workspace = client.capabilities.text_document, client.capabilities.workspace
    refreshes = workspace is not None and workspace.diagnostics is not None
    return text is not None and text.diagnostic is not None and refreshes


async def pulled(
    client: LanguageClient, uri: str = URI, previous: str | None = None
) -> types.DocumentDiagnosticReport:
    params = types.DocumentDiagnosticParams(
        types.TextDocumentIdentifier(uri), previous_result_id=previous
    )
    return await asyncio.wait_for(client.text_document_diagnostic_async(params), 60)


async def told(
    client: LanguageClient, uri: str, version: int | None
) -> types.PublishDiagnosticsParams:
    """The diagnostics of a text, pulled or pushed, as the client declared it."""
    if not pulls(client):
        return await published(client)
    report = await pulled(client, uri)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    return types.PublishDiagnosticsParams(uri, report.items, version)


async def open_text(
    client: LanguageClient, text: str, uri: str = URI, language: str = "yaml"
) -> types.PublishDiagnosticsParams:
    item = types.TextDocumentItem(uri, language, 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return await told(client, uri, 1)


async def close_text(client: LanguageClient) -> None:
    """Close the text, after which nothing is said of it any more."""
    client.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI))
    )
    assert list((await told(client, URI, None)).diagnostics) == []


async def change(
    client: LanguageClient, version: int, *changes: types.TextDocumentContentChangeEvent
) -> types.PublishDiagnosticsParams:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, URI), list(changes)
        )
    )
    return await told(client, URI, version)


async def actions(
    client: LanguageClient,
    where: types.Range,
    only: list[str] | None = None,
    diagnostics: list[types.Diagnostic] | None = None,
) -> list[types.CodeAction]:
    found = await client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(URI),
            where,
            types.CodeActionContext(diagnostics or [], only),
        )
    )
    assert found is not None
    assert all(isinstance(each, types.CodeAction) for each in found)
    return [each for each in found if isinstance(each, types.CodeAction)]


def encoding_of(client: LanguageClient) -> Encoding:
    answer: types.InitializeResult = client.answer  # type: ignore[attr-defined]
    chosen = answer.capabilities.position_encoding
    return {"utf-8": "utf-8", "utf-32": "utf-32"}.get(  # type: ignore[return-value]
        str(getattr(chosen, "value", chosen)), "utf-16"
    )


def privileged(found: types.PublishDiagnosticsParams) -> list[types.Diagnostic]:
    return [each for each in found.diagnostics if each.code == "privileged-container"]


@of_one_session
async def test_from_open_to_close(client: LanguageClient) -> None:
    """Open, diagnostics, quick fix, applied, gone; close, empty."""
    encoding = encoding_of(client)
    found = await open_text(client, POD)
    assert (found.uri, found.version) == (URI, 1)
    (diagnostic,) = privileged(found)
    assert diagnostic.range.start == place(POD, "true", encoding)

    offered = await actions(client, diagnostic.range, ["quickfix"], [diagnostic])
    assert client.capabilities is not None
    if client.capabilities.text_document is None:
        # A client that never heard of code actions but as commands is offered none.
        assert offered == []
        new = "false"
    else:
        action = next(each for each in offered if each.is_preferred)
        assert action.title == "Set privileged to false"
        assert list(action.diagnostics or ()) == [diagnostic]
        assert applied(POD, action.edit, encoding, URI) == POD.replace("true", "false")
        new = "false"

    found = await change(client, 2, types.TextDocumentContentChangePartial(diagnostic.range, new))
    assert found.version == 2
    assert privileged(found) == []

    await close_text(client)
    assert client.messages == []


@of_one_session
async def test_only_who_pulls_is_told_that_it_can(client: LanguageClient) -> None:
    answer: types.InitializeResult = client.answer  # type: ignore[attr-defined]
    assert (answer.capabilities.diagnostic_provider is not None) == pulls(client)


@of_one_session
async def test_hover_in_the_format_of_the_client(client: LanguageClient) -> None:
    await open_text(client, POD)
    hover = await client.text_document_hover_async(
        types.HoverParams(
            types.TextDocumentIdentifier(URI), place(POD, "privileged", encoding_of(client))
        )
    )
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    assert hover.range is not None
    assert hover.range.start == place(POD, "privileged", encoding_of(client))
    is_markdown = "**A container runs privileged.**" in hover.contents.value
    assert is_markdown == (hover.contents.kind == types.MarkupKind.Markdown)
    text = client.capabilities.text_document if client.capabilities else None
    formats = text.hover.content_format if text is not None and text.hover is not None else None
    assert is_markdown == ("markdown" in (formats or ()))
    await close_text(client)


@of_one_session
async def test_hardening(client: LanguageClient) -> None:
    encoding = encoding_of(client)
    found = await open_text(client, POD)
    (diagnostic,) = privileged(found)
    offered = await actions(client, diagnostic.range, ["refactor"])
    answer: types.InitializeResult = client.answer  # type: ignore[attr-defined]
    options = answer.capabilities.code_action_provider
    assert isinstance(options, types.CodeActionOptions)
    for action in offered:
        assert action.kind == "refactor.rewrite"
        assert (action.edit is None) == bool(options.resolve_provider)
        if action.edit is None:
            action = await client.code_action_resolve_async(action)
        after = applied(POD, action.edit, encoding, URI)
        assert "privileged: false" in after
        # No level of the Pod Security Standards asks for that.
        assert ("readOnlyRootFilesystem: true" in after) == (" to " not in action.title)
    if options.resolve_provider:
        where = types.Range(types.Position(0, 0), types.Position(0, 0))
        await change(client, 2, types.TextDocumentContentChangePartial(where, "# later\n"))
        with refused("Content Modified"):
            await client.code_action_resolve_async(offered[0])
    await close_text(client)
    assert client.messages == []


@of_one_session
async def test_what_hardening_has_done_is_shown_once_its_edit_is_applied(
    client: LanguageClient,
) -> None:
    found = await open_text(client, POD)
    (diagnostic,) = privileged(found)
    offered = await actions(client, diagnostic.range, ["refactor"])
    after = []
    for action in offered:
        assert action.command is None
        if action.edit is None:
            action = await client.code_action_resolve_async(action)
        after.append(applied(POD, action.edit, encoding_of(client), URI))
    if not after:
        await close_text(client)
        return
    # Another text than any of them, one of them, and the same again: as by undo and redo.
    for version, text in enumerate((f"# {POD}", after[-1], POD, after[-1]), start=2):
        await change(client, version, types.TextDocumentContentChangeWholeDocument(text))
    assert [message.type for message in client.messages] == [types.MessageType.Info]
    assert client.messages[0].message.startswith("Changed: ")
    await close_text(client)


@contextmanager
def refused(message: str) -> Iterator[None]:
    with pytest.raises(Exception, match=message):
        yield


async def test_the_server_introduces_itself(fresh: LanguageClient) -> None:
    waiting = asyncio.ensure_future(fresh.wait_for_notification(types.WINDOW_LOG_MESSAGE))
    answer = await start(fresh, "vscode")
    assert answer.server_info is not None and answer.server_info.name == "k8s-lsp"
    capabilities = answer.capabilities
    # This client does not pull, and many that do not know it would wait for being asked to.
    assert capabilities.diagnostic_provider is None
    assert isinstance(capabilities.code_action_provider, types.CodeActionOptions)
    assert list(capabilities.code_action_provider.code_action_kinds or ()) == [
        "quickfix",
        "refactor.rewrite",
        "source.fixAll.k8s-lsp",
    ]
    sync = capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert sync.change == types.TextDocumentSyncKind.Incremental
    first = await asyncio.wait_for(waiting, 60)
    assert "parser" in first.message


async def test_the_profile_can_be_chosen(fresh: LanguageClient) -> None:
    await start(fresh, "vscode", {"profile": "baseline", "kubernetes-version": 1.3, "other": []})
    found = await open_text(fresh, POD)
    assert list(found.diagnostics) == privileged(found)


async def test_the_content_decides_not_the_language(fresh: LanguageClient) -> None:
    await start(fresh, "neovim-0.11")
    for language in ("yaml", "helm", "dockercompose", "plaintext"):
        uri = f"file:///work/{language}.yaml"
        assert privileged(await open_text(fresh, POD, uri, language))


async def test_json(fresh: LanguageClient) -> None:
    await start(fresh, "vscode")
    text = (
        '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": '
        '[{"name": "app", "securityContext": {"privileged": true}}]}}'
    )
    found = await open_text(fresh, text, uri="file:///work/pod.json", language="json")
    assert privileged(found)[0].range.start == place(text, "true")


async def test_changes_of_any_kind_are_followed(fresh: LanguageClient) -> None:
    await start(fresh, "vscode")
    await open_text(fresh, "")
    whole = types.TextDocumentContentChangeWholeDocument(POD.replace("\n", "\r\n"))
    beyond = types.Position(99, 99)
    added = types.TextDocumentContentChangePartial(types.Range(beyond, beyond), "# \u2028 end\r\n")
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    above = types.TextDocumentContentChangePartial(top, "# \x0c \u0085\r\n")
    found = await change(fresh, 2, whole, added, above)
    (diagnostic,) = privileged(found)
    expected = place(POD, "true")
    assert diagnostic.range.start == types.Position(expected.line + 1, expected.character)


async def test_a_text_that_is_not_open_has_nothing(fresh: LanguageClient) -> None:
    await start(fresh, "vscode")
    here = types.Range(types.Position(0, 0), types.Position(0, 0))
    assert await actions(fresh, here) == []
    position = types.HoverParams(types.TextDocumentIdentifier(URI), here.start)
    assert await fresh.text_document_hover_async(position) is None
    fresh.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(1, URI), [])
    )
    assert privileged(await open_text(fresh, POD))
    assert fresh.messages == []


async def test_an_address_may_be_escaped_in_two_ways(fresh: LanguageClient) -> None:
    await start(fresh, "vscode")
    assert privileged(await open_text(fresh, POD, "file:///work/100%2525.yaml"))
    await open_text(fresh, POD, "file:///c%3A/work/pod.yaml")
    other = types.TextDocumentIdentifier("file:///c:/work/pod.yaml")
    hover = await fresh.text_document_hover_async(
        types.HoverParams(other, place(POD, "privileged"))
    )
    assert hover is not None
    fresh.text_document_did_close(types.DidCloseTextDocumentParams(other))
    assert list((await published(fresh)).diagnostics) == []


async def test_half_a_text_is_no_reason_to_be_silent(fresh: LanguageClient) -> None:
    await start(fresh, "vscode")
    found = await open_text(fresh, POD + "---\napiVersion: v1\nkind: Pod\nspec: {containers: [\n")
    assert len(privileged(found)) == 1
