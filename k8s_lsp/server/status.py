"""Tells clients in which state their open texts are, and of settings files that are broken."""

from functools import partial

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from k8s_lsp.configuration.stack import ConfigurationFile
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.status import (
    METHOD,
    Holding,
    SettingsSource,
    broken_words,
    is_manifest,
    mistakes_of,
    status_of,
    told,
)
from k8s_lsp.server.buffers import key_of
from k8s_lsp.server.documents import is_current
from k8s_lsp.server.state import Server, Text

PAUSE = 0.15
"""Seconds for which what changes is gathered: while somebody types, nobody reads a status."""


# The state of a text.


def tell_soon(server: Server, key: str) -> None:
    """Tell a client that asks for it in which state a text is, unless it knows that already."""
    if server.folders.asks_for_status and key not in server.statuses_due:
        server.statuses_due.add(key)
        delay = PAUSE if key in server.statuses else 0.0
        server.call_later(delay, partial(_tell, server, key))


def settings_changed(server: Server) -> None:
    """Tell what other settings files make of the texts that have been told of."""
    for key, text in list(server.documents.items()):
        if isinstance(text, Document) and key in server.reports:
            show_broken_settings(server, text)
        if key in server.statuses:
            tell_soon(server, key)


def _tell(server: Server, key: str) -> None:
    server.statuses_due.discard(key)
    text = server.documents.get(key)
    if text is None or not _is_whole(server, text):
        # It is closed, or there is a report to come, and then another status.
        return
    params = told(text.uri, status_of(text, _holding(server, text)))
    if server.statuses.get(key) != params:
        server.statuses[key] = params
        server.protocol.notify(METHOD, params)


def _is_whole(server: Server, text: Text) -> bool:
    if not is_current(server, text):
        return False
    return not (isinstance(text, Document) and text.analysis.is_pending)


def _holding(server: Server, text: Text) -> Holding:
    folders = server.folders
    file = folders.file_for(text.uri)
    settings = folders.settings_for(text.uri)
    source = None if file is None else _source(server, file)
    return Holding(settings, source, folders.excludes(text.uri))


def _source(server: Server, file: ConfigurationFile) -> SettingsSource:
    name = server.folders.name_of(file.path)
    return SettingsSource(file.path.as_uri(), name, mistakes_of(file.configuration))


# Settings files that are broken.


def show_broken_settings(server: Server, document: Document) -> None:
    """Show, once for each file and content, that what holds for a manifest is not all that is said.

    In a file that is open its mistakes are marked, which is more than a message.
    """
    file = server.folders.file_for(document.uri)
    if file is None or not file.configuration.errors:
        return
    content = (file.path, file.configuration.text)
    if content in server.shown_broken or server.protocol.buffer(key_of(file.path.as_uri())):
        return
    source = _source(server, file)
    if not source.mistakes or not is_manifest(document):
        return
    server.shown_broken.add(content)
    message = f"k8s-lsp: {broken_words(source)}"
    can_open = get_capability(server.client_capabilities, "window.show_document.support", False)
    if server.folders.has_message_buttons and can_open:
        server.start(_offer_to_open(server, message, file))
    else:
        server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))


async def _offer_to_open(server: Server, message: str, file: ConfigurationFile) -> None:
    """Show a message, with a button that opens a settings file at its first mistake."""
    try:
        chosen = await server.window_show_message_request_async(
            types.ShowMessageRequestParams(
                types.MessageType.Warning, message, [types.MessageActionItem("Open")]
            )
        )
        if chosen is not None:
            text, errors = file.configuration.text, file.configuration.errors
            first = next(error for error in errors if not error.is_warning)
            place = lines_of(text, server.client.encoding).token_range_of(first.span)
            await server.window_show_document_async(
                types.ShowDocumentParams(file.path.as_uri(), take_focus=True, selection=place)
            )
    except JsonRpcException as error:
        server.log(f"no button: {error}", types.MessageType.Warning)
