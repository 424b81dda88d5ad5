"""The language server: what the client says goes to buffers and features, and back."""

import asyncio
import gc
import ipaddress
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from threading import Event
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcMethodNotFound
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer

from k8s_lsp import __version__
from k8s_lsp.engine import analyze
from k8s_lsp.features import code_actions
from k8s_lsp.features.client import Client, client_of, encoding_of
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import diagnostics_of
from k8s_lsp.features.hover import hover_at
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.server.buffers import Protocol, key_of
from k8s_lsp.server.scheduler import Scheduler
from k8s_lsp.settings import SEVERITIES, Settings
from k8s_lsp.syntax.events import PARSER


class Server(LanguageServer):
    """One session with one client."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("k8s-lsp", __version__, protocol_cls=Protocol)
        self.client = Client()
        self.settings = Settings()
        self.documents: dict[str, Document] = {}
        self.scheduler: Scheduler[str, Document | None] = Scheduler(
            time.perf_counter, self.call_later, self.document, self.publish
        )
        self._logged: set[str] = set()

    def document(self, key: str) -> Document | None:
        """The open text of that key as it is now, analysed; None where it is not open."""
        buffer = self.protocol.buffer(key)
        if buffer is None:
            return None
        known = self.documents.get(key)
        if known is None or known.lines.text is not buffer.text:
            lines, edited = buffer.snapshot()
            analysis = analyze(
                lines.text,
                self.settings,
                previous=known.analysis if known is not None else None,
                edited=edited if known is not None else None,
            )
            known = Document(buffer.uri, buffer.version, lines, analysis)
        elif known.version != buffer.version:
            known = known._replace(version=buffer.version)
        self.documents[key] = known
        return known

    def publish(self, key: str, document: Document | None) -> None:
        """Send the diagnostics of one state of a text; a crash of a rule goes to the log, once."""
        if document is None:
            return
        for failure in document.analysis.failures:
            if not failure.is_limit:
                self.log(failure.message, types.MessageType.Error, once=True)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                document.uri, diagnostics_of(document, self.client), document.version
            )
        )

    def call_later(self, delay: float, run: Callable[[], None]) -> None:
        """Run a function after some seconds; what it raises goes to the log."""

        def guarded() -> None:
            try:
                run()
            except Exception as error:
                self.report_server_error(error, JsonRpcException)

        asyncio.get_running_loop().call_later(delay, guarded)

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
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    return server


def _initialize(ls: Server, params: types.InitializeParams) -> None:
    encoding = encoding_of(ls.workspace.position_encoding)
    ls.client = client_of(params.capabilities, encoding)
    ls.settings = settings_of(params.initialization_options)
    # Only now is it known whether this client can resolve, and the answer must say so.
    options = types.CodeActionOptions(
        list(code_actions.KINDS), resolve_provider=ls.client.resolves_edits
    )
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(_code_action)
    if ls.client.resolves_edits:
        ls.feature(types.CODE_ACTION_RESOLVE)(_resolve)


def _initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.log(f"k8s-lsp {__version__} reads YAML with ruamel.yaml's {PARSER} parser")


def _did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    key = key_of(params.text_document.uri)
    ls.documents.pop(key, None)
    ls.scheduler.changed(key)


def _did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.scheduler.changed(key_of(params.text_document.uri))


def _did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.scheduler.closed(key_of(uri))
    ls.documents.pop(key_of(uri), None)
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def _code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = ls.document(key_of(params.text_document.uri))
    return [] if document is None else code_actions.code_actions(document, ls.client, params)


def _resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
    uri = action.data.get("uri") if isinstance(action.data, Mapping) else None
    document = ls.document(key_of(uri)) if isinstance(uri, str) else None
    if document is None or not code_actions.resolve(document, ls.client, action):
        raise JsonRpcContentModified()
    return action


def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    document = ls.document(key_of(params.text_document.uri))
    return None if document is None else hover_at(document, ls.client, params.position)


def settings_of(options: object) -> Settings:
    """The settings that a client sent along with `initialize`; what makes no sense is left out."""
    settings = Settings()
    if not isinstance(options, Mapping):
        return settings
    profile = options.get("profile")
    if profile in ("recommended", "baseline", "restricted", "all"):
        settings = replace(settings, profile=profile)
    version = options.get("kubernetes-version", options.get("kubernetesVersion"))
    if isinstance(version, str) and _is_version(version):
        settings = replace(settings, kubernetes_version=version)
    rules = options.get("rules")
    if isinstance(rules, Mapping):
        known = {rule.slug for rule in RULES}
        levels = ((slug, level) for slug, level in rules.items() if slug in known)
        chosen = tuple((slug, level) for slug, level in levels if level in (*SEVERITIES, "off"))
        settings = replace(settings, rules=chosen)
    return settings


def _is_version(text: str) -> bool:
    try:
        version_of(text)
    except ValueError:
        return False
    return True


# Connections.


def serve_stdio() -> int:
    """Serve one client on standard input and output; gives the exit status.

    It is 0 after `shutdown`, else 1, as the protocol asks.
    """
    server = create_server()
    gc.freeze()
    # pygls closes its stream at the end, and what prints by mistake must not reach the client.
    with (
        os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream,
        redirect_stdout(sys.stderr),
    ):
        server.start_io(stdout=stream)
    return 0 if server.protocol.is_shut_down else 1


def serve_tcp(host: str, port: int) -> int:
    """Serve the first client that connects, and end with it; gives the exit status.

    Raises ValueError where `host` is not this machine itself, because whoever can connect can read
    what is open. Port 0 takes a free port; the address is printed to standard error.
    """
    if not _is_loopback(host):
        raise ValueError(f"{host} is not a loopback address: use 127.0.0.1, ::1 or localhost")
    server = create_server()
    gc.freeze()
    # On `exit` pygls ends the process this way; the status is ours to give.
    with suppress(KeyboardInterrupt, SystemExit):
        asyncio.run(_serve_first(server, host, port))
    return 0 if server.protocol.is_shut_down else 1


async def _serve_first(server: Server, host: str, port: int) -> None:
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    connected = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if connected.done():
            writer.close()
        else:
            connected.set_result((reader, writer))

    listening = await asyncio.start_server(accept, host, port)
    address, bound = listening.sockets[0].getsockname()[:2]
    print(f"k8s-lsp listens on {address}:{bound}", file=sys.stderr, flush=True)
    reader, writer = await connected
    listening.close()
    server.protocol.set_writer(writer)
    await run_async(Event(), reader, server.protocol, None, server.report_server_error)
    writer.close()


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine; a name other than localhost could lead anywhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
