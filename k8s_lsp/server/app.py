"""The language server: what the client says goes to buffers and features, and back."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, get_args

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from k8s_lsp import __version__
from k8s_lsp.engine.incremental import updating
from k8s_lsp.features import code_actions, code_lenses, navigation, settings_file, workloads
from k8s_lsp.features.client import client_of, encoding_of
from k8s_lsp.features.completion import (
    ignore_completions,
    is_in_ignore_comment,
    settings_completions,
)
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.diagnostics import SOURCE
from k8s_lsp.features.document_links import document_links
from k8s_lsp.features.hardened_message import HARDENED, HardenedMessage, hardened_params
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.inlay_hints import inlay_hints
from k8s_lsp.features.manifest_completion import manifest_completions
from k8s_lsp.features.rule_links import with_commands
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.features.symbols import document_symbols, workspace_symbols
from k8s_lsp.server import closed_files, publisher, settings_conversation
from k8s_lsp.server.buffers import Changes, key_of
from k8s_lsp.server.documents import index_with_texts, manifest_of, text_of
from k8s_lsp.server.folders import is_settings_file
from k8s_lsp.server.indexing import Indexing
from k8s_lsp.server.protocol import Json
from k8s_lsp.server.scheduler import Superseded
from k8s_lsp.server.state import Server, Text, Timer, run_later
from k8s_lsp.server.worker import StartWorker, in_slices
from k8s_lsp.settings import Profile
from k8s_lsp.syntax.reading.events import PARSER

T = TypeVar("T")

CHOOSE_PROFILE = "k8s-lsp/chooseProfile"
"""The request of a client whose user has chosen a `profile` for the text of a `uri`."""


def create_server(
    timer: Timer = run_later, start_worker: Callable[[Server], StartWorker] = in_slices
) -> Server:
    """A server with its handlers, which nothing is connected to yet.

    `start_worker` says where files are read that are not open.
    """
    # pygls logs whole messages and prints a trace for every answer that is an error; what matters
    # of that comes through `report_server_error`.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    read = partial(text_of, can_wait=True)
    server = Server(read, publisher.publish, settings_conversation.settle, timer)
    server.indexer = Indexing(server, start_worker(server))
    server.feature(types.INITIALIZE)(_initialize)
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_did_close)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_did_save)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)(_document_link)
    # A list in either form, and a slug, whose hyphens many editors do not take for letters.
    completion = types.CompletionOptions(trigger_characters=["[", ",", "-"])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, completion)(_completion)
    server.feature(types.TEXT_DOCUMENT_DEFINITION)(_definition)
    server.feature(types.TEXT_DOCUMENT_REFERENCES)(_references)
    outline = types.DocumentSymbolOptions(label=SOURCE)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, outline)(_document_symbols)
    server.feature(types.WORKSPACE_SYMBOL)(_workspace_symbols)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(_did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_did_change_watched_files)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(_did_change_folders)
    server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(_cancel_progress)
    server.feature(types.SHUTDOWN)(_shutdown)
    server.feature(workloads.METHOD)(_workloads)
    server.feature(CHOOSE_PROFILE)(_choose_profile)
    return server


def _offer_by_client(server: Server) -> None:
    """Offer what depends on the client: the answer to `initialize` says what it may ask for."""
    if server.client.pulls:
        # A client that is told of closed files keeps what it has pulled of a text that it closes.
        server.pulls_closed_files = server.folders.begins_with_closed_files
        pulling = types.DiagnosticOptions(
            inter_file_dependencies=True,
            workspace_diagnostics=server.pulls_closed_files,
            identifier=SOURCE,
        )
        server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, pulling)(_diagnostic)
        if server.pulls_closed_files:
            server.feature(types.WORKSPACE_DIAGNOSTIC)(_workspace_diagnostic)
    if server.client.applies_edits:
        # Without that, a click would do nothing.
        server.feature(types.TEXT_DOCUMENT_CODE_LENS)(_code_lens)
        server.command(code_lenses.COMMAND)(_harden)
    if server.client.inlay_hints:
        server.feature(types.TEXT_DOCUMENT_INLAY_HINT)(_inlay_hint)
    resolves = server.client.resolves_edits
    options = types.CodeActionOptions(list(code_actions.KINDS), resolve_provider=resolves)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(_code_action)
    if resolves:
        server.feature(types.CODE_ACTION_RESOLVE)(_resolve)


def _initialize(ls: Server, params: types.InitializeParams) -> None:
    encoding = encoding_of(ls.workspace.position_encoding)
    ls.client = client_of(params.capabilities, encoding)
    settings_conversation.begin(ls, params)
    _offer_by_client(ls)


def _initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.log(f"k8s-lsp {__version__} reads YAML with ruamel.yaml's {PARSER} parser")
    ls.start(settings_conversation.register(ls))
    settings_conversation.renew(ls)


def _cancel_progress(ls: Server, params: types.WorkDoneProgressCancelParams) -> None:
    ls.indexer.cancel(params.token)


def _shutdown(ls: Server, params: None) -> None:
    ls.indexer.end()


# Texts.


def _did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    key = key_of(params.text_document.uri)
    ls.forget(key)
    closed_files.drop(ls, params.text_document.uri)
    if not ls.can_watch_files:
        settings_conversation.reload(ls)
    ls.changed(key)


def _did_change(ls: Server, changes: Changes) -> None:
    key = key_of(changes.uri)
    ls.changed(key)
    buffer = ls.protocol.buffer(key)
    message = None if buffer is None else ls.take_message(key, buffer.text)
    if message is not None and message.text:
        # What hardening has done, now that its edit is applied.
        _tell_hardened(ls, changes, message)


def _tell_hardened(ls: Server, changes: Changes, message: HardenedMessage) -> None:
    """Say what hardening has done, in a client's own way where it has one."""
    if ls.client.tells_hardening:
        ls.protocol.notify(HARDENED, hardened_params(changes.uri, changes.version, message))
    else:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, message.text))


def _did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    publisher.tell_held(ls, key_of(params.text_document.uri))
    if not ls.can_watch_files or is_settings_file(key_of(params.text_document.uri)):
        settings_conversation.reload(ls)


def _did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.forget(key_of(uri))
    ls.indexer.closed(uri)
    publisher.retract(ls, uri)


# What changes the settings.


def _did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    settings_conversation.take_settings(ls, params.settings)


def _did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    if any(is_settings_file(key_of(change.uri)) for change in params.changes):
        settings_conversation.reload(ls)
    ls.indexer.written(change.uri for change in params.changes)


def _did_change_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    settings_conversation.take_folders(ls)
    settings_conversation.renew(ls)


# Questions of the client.


async def _diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport | Json:
    await ls.configured.wait()
    uri, previous = params.text_document.uri, params.previous_result_id
    return await _in_its_turn(lambda: publisher.pulled(ls, uri, previous))


async def _workspace_diagnostic(ls: Server, params: types.WorkspaceDiagnosticParams) -> Json:
    return await closed_files.pulled(ls, params)


async def _workloads(ls: Server, params: object) -> dict[str, Any]:
    await ls.configured.wait()
    ls.is_list_known = True
    return {
        "workloads": workloads.workloads_of(ls.index, ls.client.encoding, ls.uri_finder()),
        "manifests": any(True for _ in ls.index.objects()),
        "reading": ls.indexer.is_reading,
    }


def _choose_profile(ls: Server, params: Any) -> dict[str, Any] | None:
    """The settings file that holds for a text, and the edits that have it choose a profile.

    None where there is no such file, and no edits where it is written in a way that allows none.
    """
    if params.profile not in get_args(Profile):
        raise JsonRpcInvalidParams(f"there is no profile {params.profile!r}")
    file = ls.folders.file_for(params.uri)
    if file is None:
        return None
    uri = file.path.as_uri()
    buffer = ls.protocol.buffer(key_of(uri))
    text = file.configuration.text if buffer is None else buffer.text
    edits = settings_file.profile_edits(text, params.profile)
    lines = lines_of(text, ls.client.encoding)
    return {"uri": uri, "edits": None if edits is None else lines.text_edits_of(edits)}


async def _in_its_turn(ask: Callable[[], T]) -> T:
    """Ask again, behind what has arrived, as long as the answer is superseded."""
    while True:
        try:
            return ask()
        except Superseded:
            # A request that the client takes back ends here.
            await asyncio.sleep(0)


async def _text(ls: Server, uri: str) -> Text | None:
    """The open text of that address; None where there is none."""
    # Before the settings are known, "nothing can be done" would be no answer.
    await ls.configured.wait()
    return await _in_its_turn(lambda: text_of(ls, key_of(uri), can_wait=True))


async def _manifest(ls: Server, uri: str) -> Document | None:
    """The open manifest of that address; None where there is none."""
    text = await _text(ls, uri)
    return text if isinstance(text, Document) else None


async def _code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri = params.text_document.uri
    document = await _text(ls, uri)
    if isinstance(document, SettingsFile):
        return code_actions.corrections(document, ls.client, params)
    if document is None:
        return []
    remember = partial(ls.remember_message, key_of(uri))
    return code_actions.code_actions(document, ls.client, params, updating, remember)


def _resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
    uri = action.data.get("uri") if isinstance(action.data, Mapping) else None
    document = manifest_of(ls, uri) if isinstance(uri, str) else None
    if document is None:
        raise JsonRpcContentModified()
    remember = partial(ls.remember_message, key_of(document.uri))
    if not code_actions.resolve(document, ls.client, action, updating, remember):
        raise JsonRpcContentModified()
    return action


async def _code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    document = await _manifest(ls, params.text_document.uri)
    if document is None or not document.analysis.settings.code_lens:
        return []
    return code_lenses.code_lenses(document)


async def _inlay_hint(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    document = await _manifest(ls, params.text_document.uri)
    if document is None or not document.analysis.settings.inlay_hints:
        return []
    return inlay_hints(document, params.range)


async def _harden(ls: Server, target: Any = None) -> None:
    """What a lens runs: have the client harden one object of an open text."""
    uri = code_lenses.uri_of_target(target)
    document = None if uri is None else await _manifest(ls, uri)
    if document is None:
        raise JsonRpcContentModified()
    remember = partial(ls.remember_message, key_of(document.uri))
    done = code_lenses.harden(document, target, updating, remember)
    if isinstance(done, str):
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, done))
        return
    edit = code_actions.workspace_edit(document, ls.client, done)
    answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit))
    if not answer.applied:
        message = f"k8s-lsp: not hardened; {answer.failure_reason or 'the text has changed'}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))


def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    text = text_of(ls, key_of(params.text_document.uri))
    if text is None:
        return None
    if isinstance(text, SettingsFile):
        hover = settings_file.hover_at(text, ls.client, params.position)
    else:
        hover = hover_at(text, ls.client, params.position)
    if ls.client.explains_rules and hover is not None:
        assert isinstance(hover.contents, types.MarkupContent)
        hover.contents.value = with_commands(hover.contents.value)
    return hover


async def _document_link(ls: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    text = await _text(ls, params.text_document.uri)
    return [] if text is None else document_links(text, ls.client)


def _completion(ls: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
    key, position = key_of(params.text_document.uri), params.position
    buffer = ls.protocol.buffer(key)
    if buffer is None:
        return []
    is_comment = is_in_ignore_comment(buffer.text, buffer.encoding, position)
    if not (is_comment or is_settings_file(key) or ls.folders.settings_for(buffer.uri).completion):
        return []
    text = text_of(ls, key)
    if isinstance(text, SettingsFile):
        return settings_completions(text, ls.client, position)
    if text is None:
        return []
    if is_comment:
        return ignore_completions(text, ls.client, position)
    return manifest_completions(text, ls.client, position)


# The way from one object to another.


async def _vicinity(ls: Server, uri: str) -> navigation.Vicinity | None:
    document = await _manifest(ls, uri)
    if document is None:
        return None
    return navigation.vicinity(document, index_with_texts(ls), ls.place_of(uri), ls.uri_finder())


async def _definition(
    ls: Server, params: types.DefinitionParams
) -> list[types.Location] | list[types.LocationLink]:
    vicinity = await _vicinity(ls, params.text_document.uri)
    if vicinity is None:
        return []
    return navigation.definition(vicinity, ls.client, params.position)


async def _references(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
    vicinity = await _vicinity(ls, params.text_document.uri)
    if vicinity is None:
        return []
    with_declaration = params.context.include_declaration
    return navigation.references(vicinity, params.position, with_declaration=with_declaration)


async def _document_symbols(
    ls: Server, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    document = await _manifest(ls, params.text_document.uri)
    if document is None or not document.analysis.settings.outline:
        return []
    return document_symbols(document, ls.client)


async def _workspace_symbols(
    ls: Server, params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation]:
    await ls.configured.wait()
    objects = index_with_texts(ls).objects()
    return workspace_symbols(objects, params.query, ls.client.encoding, ls.uri_finder())
