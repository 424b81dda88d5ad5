"""How diagnostics reach the client: pushed, or pulled where it asks for them."""

import json
from functools import partial

from lsprotocol import types

from k8s_lsp.features import settings_file
from k8s_lsp.features.convert import Document
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.server import status
from k8s_lsp.server.buffers import key_of
from k8s_lsp.server.diagnostics_json import EMPTY, Report, general_report, report_of
from k8s_lsp.server.documents import completed, text_of
from k8s_lsp.server.protocol import Json
from k8s_lsp.server.scheduler import Superseded
from k8s_lsp.server.state import Server, Text

TYPING_PAUSE = 0.15
"""Seconds without a change of a text after which its author is not taken to be typing in it."""


HELD_FOR = 1.0
"""Seconds without a change for which the syntax error of a line that is typed in is not told."""


def publish(server: Server, key: str, text: Text | None) -> None:
    """Push the diagnostics of one state of a text."""
    if text is None:
        return
    last = server.reports.get(key)
    _, report = _report(server, key, text)
    _complete_later(server, key, text)
    _tell_held_later(server, key, report)
    version = "" if text.version is None else f'"version":{text.version},'
    beginning = f'{{"uri":{json.dumps(text.uri)},{version}"diagnostics":'.encode()
    params = Json([beginning, *report.pieces(), b"}"])
    server.protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)
    # To free the last report takes time, for which the client need not wait.
    del last


def judge_again(server: Server, key: str) -> bool:
    """Judge a text again, because other files tell something else; push what is new.

    Gives whether its client, which pulls, has to be told that there is something new.
    """
    known, buffer = server.documents.get(key), server.protocol.buffer(key)
    is_told = key in server.reports
    if known is None or not is_told or buffer is None or buffer.text is not known.lines.text:
        # It is judged anyway, or will be when it is asked for.
        return False
    try:
        text = text_of(server, key, can_wait=True)
    except Superseded:
        server.call_later(0.0, partial(_judge_later, server, key))
        return False
    return text is not None and _push_news(server, key, text)


def _judge_later(server: Server, key: str) -> None:
    if judge_again(server, key):
        server.workspace_diagnostic_refresh(None)


def _push_news(server: Server, key: str, text: Text) -> bool:
    """Push the diagnostics of a text where they are others; whether they are to be pulled instead.

    It has been told of before.
    """
    last, _ = server.reports[key]
    if _report(server, key, text)[0] == last:
        return False
    if not server.client.pulls:
        publish(server, key, text)
    return server.client.pulls


def retract(server: Server, uri: str) -> None:
    """Take back what was pushed about a text that was closed."""
    if not server.client.pulls:
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))


def pulled(
    server: Server, uri: str, previous_result_id: str | None
) -> types.DocumentDiagnosticReport | Json:
    """The answer to a client that pulls, and has what the identifier stands for.

    Raises Superseded where it should be asked for again, once what has arrived is handled.
    """
    key = key_of(uri)
    text = text_of(server, key, can_wait=True)
    if text is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    result_id, report = _report(server, key, text)
    _complete_later(server, key, text)
    _tell_held_later(server, key, report)
    if previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    beginning = f'{{"kind":"full","resultId":"{result_id}","items":'.encode()
    return Json([beginning, *report.pieces(), b"}"])


def _report(server: Server, key: str, text: Text) -> tuple[str, Report]:
    """The diagnostics of one state of a text, and an identifier that changes when they do.

    It begins at random and is used once, so that nothing that a client got from another server,
    or before it opened the text, is ever taken for the same.
    """
    result_id, previous = server.reports.get(key, (None, EMPTY))
    if isinstance(text, SettingsFile):
        report = general_report(settings_file.diagnostics_of(text))
    else:
        buffer = server.protocol.buffer(key)
        typed = None if buffer is None else buffer.typed
        report = report_of(text, server.client, previous, typed)
        _log_troubles(server, text)
        status.show_broken_settings(server, text)
    status.tell_soon(server, key)
    if result_id is None or not report.equals(previous):
        result_id = next(server.result_ids)
    server.reports[key] = result_id, report
    return result_id, report


def _tell_held_later(server: Server, key: str, report: Report) -> None:
    """Tell of a syntax error that is held back, unless the text changes before that."""
    buffer = server.protocol.buffer(key)
    if buffer is None or not report.is_holding:
        return
    typed_in = buffer.text

    def tell() -> None:
        now = server.protocol.buffer(key)
        if now is not None and now.text is typed_in:
            tell_held(server, key)

    server.call_later(HELD_FOR, tell)


def tell_held(server: Server, key: str) -> None:
    """Tell of a syntax error that is held back: nobody is taken to type in its line any more."""
    buffer, known = server.protocol.buffer(key), server.documents.get(key)
    if buffer is None or buffer.typed is None:
        return
    buffer.typed = None
    if known is None or known.lines.text is not buffer.text or key not in server.reports:
        # The state that is to come is told whole.
        return
    if server.reports[key][1].is_holding and _push_news(server, key, known):
        server.workspace_diagnostic_refresh(None)


def _complete_later(server: Server, key: str, text: Text) -> None:
    """Read what was put off, unless the text changes before that."""
    if not isinstance(text, Document) or not text.analysis.is_pending:
        return
    pending = text

    def complete() -> None:
        try:
            whole = completed(server, key, pending)
        except Superseded:
            server.call_later(0.0, complete)
            return
        if whole is not None and _push_news(server, key, whole):
            server.workspace_diagnostic_refresh(None)

    server.call_later(TYPING_PAUSE, complete)


def _log_troubles(server: Server, document: Document) -> None:
    """Log, once, what makes the diagnostics of a text other than they should be."""
    for failure in document.analysis.incomplete:
        if not failure.is_limit:
            server.log(failure.message, types.MessageType.Error, once=True)
    file = server.folders.file_for(document.uri)
    if file is not None:
        for error in file.configuration.errors:
            message = f"{file.path}: {error.message}"
            server.log(message, types.MessageType.Warning, once=True)
