"""How the diagnostics of files that are not open reach the client: pulled, or pushed to it."""

import json
from collections.abc import Iterable

from lsprotocol import types

from k8s_lsp.server.buffers import key_of
from k8s_lsp.server.closed_reports import Known, nothing_about
from k8s_lsp.server.protocol import Json
from k8s_lsp.server.state import Server


def take(server: Server, reports: Iterable[tuple[str, bytes | None]]) -> None:
    """Take what was found in files, by their paths; None where nothing is said of one any more."""
    uri_of = server.uri_finder()
    for path, items in reports:
        uri = uri_of(path)
        if server.protocol.buffer(key_of(uri)) is not None:
            # Its text is what counts.
            continue
        was_known = server.closed_reports.drop(uri)
        if items is not None and (was_known or items != b"[]"):
            server.closed_reports.keep(uri, next(server.result_ids), items)
            _push(server, uri, items)
        elif was_known:
            _push(server, uri, b"[]")
        else:
            # Whoever waits for news goes through all reports.
            continue
        server.closed_reports.changed()


def drop(server: Server, uri: str) -> None:
    """Forget the file of a text that is open from now on."""
    if server.closed_reports.drop(uri):
        server.closed_reports.changed()
        if server.client.pulls:
            # What was pushed would stand beside what is pulled from now on.
            _push(server, uri, b"[]")


def drop_all(server: Server) -> None:
    """Take back all that was said, because files are not looked at any more."""
    for uri in server.closed_reports.addresses():
        server.closed_reports.drop(uri)
        _push(server, uri, b"[]")
    server.closed_reports.changed()


def finish(server: Server, is_complete: bool) -> None:
    """Note whether more is to come."""
    server.closed_reports.is_complete = is_complete
    server.closed_reports.changed()


def _push(server: Server, uri: str, items: bytes) -> None:
    if not server.pulls_closed_files:
        beginning = f'{{"uri":{json.dumps(uri)},"diagnostics":'.encode()
        params = Json([beginning, items, b"}"])
        server.protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


async def pulled(server: Server, params: types.WorkspaceDiagnosticParams) -> Json:
    """The answer to a client that pulls: what it does not know yet, as soon as there is some.

    A client asks again as soon as it has an answer. So the answer waits until there is something to
    tell: until then a client that takes partial results has them, and one that asks again in the
    meantime has an end of the wait before.
    """
    reports, token = server.closed_reports, params.partial_result_token
    known = {key_of(each.uri): (each.uri, each.value) for each in params.previous_result_ids}
    number = reports.begin_waiting()
    told = False
    while reports.is_waited_for(number):
        if token is not None or reports.is_complete:
            unchanged = [] if told else list(reports.unchanged(known))
            news = _news(server, known)
            if news and token is None:
                return _report([*unchanged, *news])
            if news:
                value = _report([*unchanged, *news])
                beginning = f'{{"token":{json.dumps(token)},"value":'.encode()
                server.protocol.notify(types.PROGRESS, Json([beginning, *value.pieces, b"}"]))
                told = True
            if told and reports.is_complete:
                break
        await reports.wait()
    return _report([])


def _news(server: Server, known: Known) -> list[bytes]:
    """What a client does not know yet; it is `known` from now on."""
    reports = server.closed_reports
    items = []
    for key in [key for key in known if not reports.is_kept(key)]:
        uri, _ = known.pop(key)
        # Of an open text it is told elsewhere.
        if server.protocol.buffer(key) is None:
            items.append(nothing_about(uri))
    for uri, result_id, report in list(reports.news(known)):
        known[key_of(uri)] = uri, result_id
        items.append(report)
    return items


def _report(items: list[bytes]) -> Json:
    return Json([b'{"items":[', b",".join(items), b"]}"])
