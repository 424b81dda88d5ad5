"""The open texts as they were read last: when that is current, and what was put off."""

from k8s_lsp.configuration.reading import read
from k8s_lsp.engine.incremental import Defer, defer_large_units, defer_nothing, update
from k8s_lsp.engine.results import NO_CONTEXT, Analysis, Limits
from k8s_lsp.features.convert import Document
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.files.charts import is_chart_template, is_chart_values
from k8s_lsp.garbage import freeze_garbage
from k8s_lsp.server.buffers import Buffer, key_of
from k8s_lsp.server.folders import is_settings_file, path_of
from k8s_lsp.server.scheduler import Superseded
from k8s_lsp.server.state import Server, Text
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.units import Unit
from k8s_lsp.text import Span
from k8s_lsp.workspace.file_facts import facts_of_analysis
from k8s_lsp.workspace.index import Index, alone

LIMITS = Limits(text_length=5_000_000, findings=10_000)
"""What is worth waiting for: so many findings take about a second."""

WASTED = 5.0
"""Seconds for which a text may be analysed in vain, because something else came first; then its
turn has come."""

EMPTY = Analysis("", Settings())
"""What is known of a text before it was read."""


def text_of(server: Server, key: str, can_wait: bool = False) -> Text | None:
    """The open text of that key as it is now; None where it is not open, or not yet known.

    Raises Superseded where a caller that `can_wait` should ask again, once what has arrived is
    handled.
    """
    buffer = server.protocol.buffer(key)
    if buffer is None or not server.configured.is_set():
        return None
    known = server.documents.get(key)
    if known is None or known.lines.text is not buffer.text or not is_current(server, known):
        known = _read(server, buffer, known, can_wait)
    elif known.version != buffer.version:
        known = known._replace(version=buffer.version)
    server.documents[key] = known
    return known


def manifest_of(server: Server, uri: str, can_wait: bool = False) -> Document | None:
    """The open text of that address, where it is no configuration file, as `text_of` gives it."""
    text = text_of(server, key_of(uri), can_wait)
    return text if isinstance(text, Document) else None


def index_with_texts(server: Server) -> Index:
    """The index, with the open texts that it lacks: outside of folders, or before it is built."""
    is_built = server.index.file_count > 0
    lacking = {}
    for key, text in server.documents.items():
        place = server.place_of(key)
        if isinstance(text, Document) and (place is None or not is_built):
            place = place or alone(text.uri)
            lacking[place] = facts_of_analysis(place.path, text.analysis)
    return server.index.updated(lacking)


def is_current(server: Server, known: Text) -> bool:
    """Whether a text was analysed with the settings, and by the other files, that hold now."""
    if isinstance(known, SettingsFile):
        return True
    analysis = known.analysis
    if analysis.settings != server.folders.settings_for(known.uri):
        return False
    others = server.surroundings_of(key_of(known.uri))
    # Of a text that is too long, nothing is known by others.
    return analysis.context is NO_CONTEXT or analysis.context.facts.reach.others is others


def outdated_keys(server: Server) -> list[str]:
    """The open texts for which other settings hold than they were analysed with, if they were."""
    current = {key for key, known in server.documents.items() if is_current(server, known)}
    return [key for key in server.protocol.open_keys() if key not in current]


def completed(server: Server, key: str, pending: Document) -> Document | None:
    """The document with what was put off; None where it is not the current one any more.

    Raises Superseded as `text_of` does.
    """
    if server.documents.get(key) is not pending:
        return None
    defer = _giving_way(server, key, defer_nothing)
    analysis = update(pending.analysis, pending.lines.text, limits=LIMITS, defer=defer)
    server.wasted.pop(key, None)
    whole = server.documents[key] = pending._replace(analysis=analysis)
    freeze_garbage()
    return whole


def _giving_way(server: Server, key: str, defer: Defer) -> Defer:
    """The same as `defer`, but raises Superseded once something else has arrived.

    It is asked before each unit is read. To read is most of what a long text costs, and what the
    rules find is limited.
    """
    wasted, begin = server.wasted.get(key, 0.0), server.clock()

    def defer_or_give_way(unit: Unit) -> bool:
        if server.inbox:
            in_vain = wasted + server.clock() - begin
            if in_vain <= WASTED:
                server.wasted[key] = in_vain
                raise Superseded
        return defer(unit)

    return defer_or_give_way


def _read(server: Server, buffer: Buffer, known: Text | None, can_wait: bool) -> Text:
    """Read a buffer anew; `known` is what its text was before, or under other settings."""
    lines = None if known is None else known.lines
    edited: Span | None = None
    key = key_of(buffer.uri)
    if lines is None or lines.text is not buffer.text:
        lines, edited = buffer.snapshot(None if lines is None else lines.text)
        server.indexer.text_changed(key, buffer.text)
    if is_settings_file(key):
        return SettingsFile(buffer.uri, buffer.version, lines, read(lines.text))
    before = known.analysis if isinstance(known, Document) else None
    path = path_of(buffer.uri) if before is None else None
    analysis = update(
        EMPTY if before is None else before,
        lines.text,
        None if before is None else edited,
        settings=server.folders.settings_for(buffer.uri),
        is_chart_template=None if path is None else is_chart_template(path),
        is_values=None if path is None else is_chart_values(path),
        surroundings=server.surroundings_of(key),
        limits=LIMITS,
        defer=_giving_way(server, key, defer_large_units) if can_wait else defer_large_units,
    )
    server.wasted.pop(key, None)
    if before is None:
        freeze_garbage()
    return Document(buffer.uri, buffer.version, lines, analysis)
