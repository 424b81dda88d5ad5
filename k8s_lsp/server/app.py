"""The language server: what the client says goes to buffers and features, and back."""

import asyncio
import gc
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer

from k8s_lsp import __version__
from k8s_lsp.configuration import FILE_NAME, read
from k8s_lsp.engine import analyze
from k8s_lsp.features import code_actions, settings_file
from k8s_lsp.features.client import Client, client_of, encoding_of
from k8s_lsp.features.completion import (
    ignore_completions,
    is_in_ignore_comment,
    settings_completions,
)
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import NOTHING, SOURCE, Report, general_report, report_of
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.server.buffers import Json, Protocol, key_of
from k8s_lsp.server.scheduler import Scheduler
from k8s_lsp.server.workspace import SECTION, Workspace, is_settings_file
from k8s_lsp.syntax.reading.events import PARSER

LONGEST = 5_000_000
"""The longest text that is analysed while somebody waits, in code points."""

MOST = 10_000
"""How many findings of one text are worth waiting for: about a second."""

IDLE = 0.15
"""Seconds without a change of a text after which nobody is taken to be typing in it."""

Text = Document | SettingsFile
"""One version of an open text: a manifest, or what looks like one, or a configuration file."""


class Server(LanguageServer):
    """One session with one client.

    `asks` says that the client answers questions about its settings, `watches` that it tells of
    configuration files that change. Until the first answer nothing is analysed, because nobody
    knows how; `settled` is set when that is over. `arrived` holds what another thread wants done,
    and has to be followed by `work` on the loop.
    """

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("k8s-lsp", __version__, protocol_cls=Protocol)
        self.client = Client()
        self.asks = False
        self.watches = False
        self.settings = Workspace()
        self.documents: dict[str, Text] = {}
        self.reports: dict[str, tuple[str, Report]] = {}
        self.scheduler: Scheduler[str, Text | None] = Scheduler(
            time.perf_counter, self.call_later, self.document, self.publish
        )
        self.settled = asyncio.Event()
        self.arrived: deque[Callable[[], None]] = deque()
        self._due: deque[Callable[[], None]] = deque()
        # What no other server uses, and how often we did.
        self._own = str(uuid4())
        self._results = count()
        self._questions = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown = ""
        self._logged: set[str] = set()

    # Texts.

    def document(self, key: str) -> Text | None:
        """The open text of that key as it is now; None where it is not open, or not yet known."""
        buffer = self.protocol.buffer(key)
        if buffer is None or not self.settled.is_set():
            return None
        known = self.documents.get(key)
        is_same = known is not None and known.lines.text is buffer.text
        if known is None or not is_same or not self._is_current(known):
            previous = known.analysis if isinstance(known, Document) else None
            lines, edited = known.lines if known is not None else None, None
            if lines is None or not is_same:
                lines, edited = buffer.snapshot(None if lines is None else lines.text)
            if is_settings_file(key):
                known = SettingsFile(buffer.uri, buffer.version, lines, read(lines.text))
            else:
                analysis = analyze(
                    lines.text,
                    self.settings.settings_for(buffer.uri),
                    previous=previous,
                    edited=edited if previous is not None else None,
                    # Who pulls and cannot be told to pull again gets everything at once.
                    hurried=self.client.refreshes or not self.client.pulls,
                    longest=LONGEST,
                    most=MOST,
                )
                known = Document(buffer.uri, buffer.version, lines, analysis)
                if previous is None:
                    _keep()
        elif known.version != buffer.version:
            known = known._replace(version=buffer.version)
        self.documents[key] = known
        return known

    def manifest(self, uri: str) -> Document | None:
        """The open text of that address, where it is no configuration file."""
        document = self.document(key_of(uri))
        return document if isinstance(document, Document) else None

    def changed(self, key: str) -> None:
        """Have a text analysed, now or as soon as the settings are known; or when it is pulled."""
        if self.settled.is_set() and not self.client.pulls:
            self.scheduler.changed(key)

    def publish(self, key: str, document: Text | None) -> None:
        """Push the diagnostics of one state of a text."""
        if document is not None:
            told = self.reports.get(key)
            _, report = self.report(key, document)
            self.complete_later(key, document)
            uri, version = json.dumps(document.uri), json.dumps(document.version)
            beginning = f'{{"uri":{uri},"version":{version},"diagnostics":'.encode()
            params = Json([beginning, *report.pieces(), b"}"])
            self.protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)
            # To free what was told before takes time, for which the client need not wait.
            del told

    def report(self, key: str, document: Text) -> tuple[str, Report]:
        """The diagnostics of one state of a text, and an identifier that changes when they do.

        It begins at random and is used once, so that nothing that a client got from another server,
        or before it opened the text, is ever taken for the same. A crash of a rule goes to the log,
        once.
        """
        result_id, previous = self.reports.get(key, (None, NOTHING))
        if isinstance(document, SettingsFile):
            found = settings_file.diagnostics_of(document)
            report = general_report(found, self.protocol.unstructure)
        else:
            report = report_of(document, self.client, self.protocol.unstructure, previous)
            self._log_troubles(document)
        if result_id is None or not report.equals(previous):
            result_id = f"{self._own}-{next(self._results)}"
        self.reports[key] = result_id, report
        return result_id, report

    def complete_later(self, key: str, document: Text) -> None:
        """Read what was put off, unless the text changes before that."""
        if not isinstance(document, Document) or not document.analysis.is_pending:
            return
        pending = document

        def complete() -> None:
            if self.documents.get(key) is not pending:
                return
            known = pending.analysis
            text, settings = pending.lines.text, known.settings
            analysis = analyze(text, settings, previous=known, longest=LONGEST, most=MOST)
            self.documents[key] = whole = pending._replace(analysis=analysis)
            _keep()
            result_id, _ = self.reports[key]
            if self.report(key, whole)[0] == result_id:
                return
            if self.client.pulls:
                self.workspace_diagnostic_refresh(None)
            else:
                self.publish(key, whole)

        self.call_later(IDLE, complete)

    def forget(self, key: str) -> None:
        """Drop what is known of a text, which is another one from now on, or none."""
        self.scheduler.closed(key)
        self.documents.pop(key, None)
        self.reports.pop(key, None)

    def _log_troubles(self, document: Document) -> None:
        """Log what makes the diagnostics of a text other than they should be."""
        for failure in document.analysis.failures:
            if not failure.is_limit:
                self.log(failure.message, types.MessageType.Error, once=True)
        file = self.settings.file_for(document.uri)
        if file is not None:
            for mistake in file.configuration.mistakes:
                message = f"{file.place}: {mistake.message}"
                self.log(message, types.MessageType.Warning, once=True)

    def _is_current(self, known: Text) -> bool:
        """Whether a text was analysed with the settings that hold now."""
        if isinstance(known, SettingsFile):
            return True
        return known.analysis.settings == self.settings.settings_for(known.uri)

    # Settings.

    def settle(self) -> None:
        """Analyse the open texts for which other settings hold than before, or have them pulled."""
        self.settled.set()
        current = {key for key, known in self.documents.items() if self._is_current(known)}
        outdated = [key for key in self.protocol.open_keys() if key not in current]
        for key in outdated:
            self.changed(key)
        if self.client.refreshes and any(key in self.documents for key in outdated):
            self.workspace_diagnostic_refresh(None)
        message = "; ".join(self.settings.mistakes())
        if message and message != self._shown:
            self.window_show_message(
                types.ShowMessageParams(
                    types.MessageType.Warning, f"k8s-lsp, in the editor's settings: {message}"
                )
            )
        self._shown = message

    def reload(self) -> None:
        """Read the configuration files again, because they may have changed."""
        self.settings.reload()
        if self.settled.is_set():
            self.settle()

    def take_folders(self) -> None:
        """Look at which folders are open."""
        root = self.workspace.root_uri
        folders = [folder.uri for folder in self.workspace.folders.values()]
        self.settings.opened(folders or ([root] if root is not None else []))

    async def ask(self) -> None:
        """Ask the client for its settings; only the answer to the last question counts."""
        self._questions += 1
        question = self._questions
        scopes = self.settings.scopes
        items = [types.ConfigurationItem(scope_uri=scope, section=SECTION) for scope in scopes]
        try:
            params = types.ConfigurationParams(items)
            answers = list(await self.workspace_configuration_async(params) or ())
        except Exception as error:
            # Whatever came instead of an answer: without one, nothing would ever be analysed.
            self.log(f"no settings from the client: {error}", types.MessageType.Warning)
            answers = []
        if question == self._questions:
            self.settings.configured(dict(zip(scopes, answers, strict=False)))
            self.settle()

    async def register(self) -> None:
        """Ask the client to tell of changes, as far as it can."""
        registrations = []
        if self.watches:
            watcher = types.FileSystemWatcher(f"**/{FILE_NAME}")
            registrations.append(
                types.Registration(
                    "watch",
                    types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                    types.DidChangeWatchedFilesRegistrationOptions([watcher]),
                )
            )
        capabilities = self.client_capabilities
        if get_capability(
            capabilities, "workspace.did_change_configuration.dynamic_registration", False
        ):
            registrations.append(
                types.Registration(
                    "settings",
                    types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                    types.DidChangeConfigurationRegistrationOptions(SECTION),
                )
            )
        if registrations:
            try:
                await self.client_register_capability_async(types.RegistrationParams(registrations))
            except JsonRpcException as error:
                self.watches = False
                self.log(f"changes are not told: {error}", types.MessageType.Warning)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that waits for the client, while other messages are handled."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The loop and the log.

    def work(self) -> None:
        """Handle what has arrived, then do what is due, unless more has arrived by then.

        Turns of the loop between these would delay each keystroke's answer; what arrives in the
        meantime has its own turn, and answers that wait for one get theirs before.
        """
        for _ in range(len(self.arrived)):
            self.arrived.popleft()()
        while self._due and not self.arrived:
            self._due.popleft()()

    def call_later(self, delay: float, run: Callable[[], None]) -> None:
        """Run a function after some seconds, or else behind what has arrived.

        What it raises goes to the log.
        """

        def guarded() -> None:
            try:
                run()
            except Exception as error:
                self.report_server_error(error, JsonRpcException)

        loop = asyncio.get_running_loop()
        if delay:
            loop.call_later(delay, guarded)
        else:
            self._due.append(guarded)
            loop.call_soon(self.work)

    def log(
        self, message: str, type_: types.MessageType = types.MessageType.Info, once: bool = False
    ) -> None:
        """Write to the client's log, which nobody has to read."""
        if once:
            if message in self._logged:
                return
            self._logged.add(message)
        self.window_log_message(types.LogMessageParams(type_, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error, where pygls would open a window; an answer that is an error is no news."""
        if isinstance(error, JsonRpcContentModified | JsonRpcMethodNotFound):
            return
        data = getattr(error, "data", None)
        trace = "".join(data.get("traceback", ())) if isinstance(data, dict) else ""
        self.log(f"{error!r}\n{trace}".rstrip(), types.MessageType.Error)
        if self._questions and not self.settled.is_set():
            # pygls drops an answer that is malformed, and nobody would hear of it again.
            self.settle()


def _keep() -> None:
    """Never look for garbage in what is there now.

    A text that was read stays, and trees hold no cycles; in a large one a search for garbage would
    stop the next keystroke for as long as a person notices.
    """
    gc.freeze()


def create_server() -> Server:
    """A server with its handlers, which nothing is connected to yet."""
    # pygls logs whole messages and prints a trace for every answer that is an error; what matters
    # of that comes through `report_server_error`.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = Server()
    server.feature(types.INITIALIZE)(_initialize)
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_did_close)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_did_save)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    # A list in either form, and a slug, whose hyphens many editors do not take for letters.
    completion = types.CompletionOptions(trigger_characters=["[", ",", "-"])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, completion)(_completion)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(_did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_did_change_watched_files)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(_did_change_folders)
    return server


def _initialize(ls: Server, params: types.InitializeParams) -> None:
    encoding = encoding_of(ls.workspace.position_encoding)
    ls.client = client_of(params.capabilities, encoding)
    ls.asks = bool(get_capability(params.capabilities, "workspace.configuration", False))
    ls.watches = bool(
        get_capability(
            params.capabilities, "workspace.did_change_watched_files.dynamic_registration", False
        )
    )
    ls.settings.initialized_with(params.initialization_options)
    ls.take_folders()
    if not ls.asks:
        ls.settled.set()
    # Only now is it known what this client can do, and the answer must say what it may ask for.
    if ls.client.pulls:
        pulling = types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE
        )
        ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, pulling)(_diagnostic)
    options = types.CodeActionOptions(
        list(code_actions.KINDS), resolve_provider=ls.client.resolves_edits
    )
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(_code_action)
    if ls.client.resolves_edits:
        ls.feature(types.CODE_ACTION_RESOLVE)(_resolve)


def _initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.log(f"k8s-lsp {__version__} reads YAML with ruamel.yaml's {PARSER} parser")
    ls.start(ls.register())
    if ls.asks:
        ls.start(ls.ask())
    else:
        ls.settle()


# Texts.


def _did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    key = key_of(params.text_document.uri)
    ls.forget(key)
    if not ls.watches:
        ls.reload()
    ls.changed(key)


def _did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.changed(key_of(params.text_document.uri))


def _did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    if not ls.watches or is_settings_file(key_of(params.text_document.uri)):
        ls.reload()


def _did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.forget(key_of(uri))
    if not ls.client.pulls:
        ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


# What changes the settings.


def _did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    if ls.asks:
        ls.start(ls.ask())
        return
    # Who cannot be asked sends everything, and our section of it is what counts.
    settings = params.settings
    section = settings.get(SECTION) if isinstance(settings, Mapping) else None
    ls.settings.configured({None: section})
    ls.settle()


def _did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    if any(is_settings_file(key_of(change.uri)) for change in params.changes):
        ls.reload()


def _did_change_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    ls.take_folders()
    if ls.asks:
        ls.start(ls.ask())
    else:
        ls.settle()


# Questions of the client.


async def _diagnostic(
    ls: Server, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport | Json:
    await ls.settled.wait()
    key = key_of(params.text_document.uri)
    document = ls.document(key)
    if document is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    result_id, report = ls.report(key, document)
    ls.complete_later(key, document)
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    beginning = f'{{"kind":"full","resultId":"{result_id}","items":'.encode()
    return Json([beginning, *report.pieces(), b"}"])


async def _code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    # Before the settings are known, "nothing can be done" would be no answer.
    await ls.settled.wait()
    document = ls.manifest(params.text_document.uri)
    return [] if document is None else code_actions.code_actions(document, ls.client, params)


def _resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
    uri = action.data.get("uri") if isinstance(action.data, Mapping) else None
    document = ls.manifest(uri) if isinstance(uri, str) else None
    if document is None or not code_actions.resolve(document, ls.client, action):
        raise JsonRpcContentModified()
    return action


def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    document = ls.document(key_of(params.text_document.uri))
    if isinstance(document, SettingsFile):
        return settings_file.hover_at(document, ls.client, params.position)
    return None if document is None else hover_at(document, ls.client, params.position)


def _completion(ls: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
    key, position = key_of(params.text_document.uri), params.position
    buffer = ls.protocol.buffer(key)
    if buffer is None or not (
        is_settings_file(key) or is_in_ignore_comment(buffer.text, buffer.encoding, position)
    ):
        return []
    formats = get_capability(
        ls.client_capabilities, "text_document.completion.completion_item.documentation_format"
    )
    is_markdown = types.MarkupKind.Markdown in (formats or ())
    document = ls.document(key)
    if isinstance(document, SettingsFile):
        return settings_completions(document, position, is_markdown=is_markdown)
    return (
        [] if document is None else ignore_completions(document, position, is_markdown=is_markdown)
    )
