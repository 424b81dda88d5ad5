"""The open texts as they were read last: when that is current, and what was put off."""

from k8s_lsp.configuration.reading import read
from k8s_lsp.engine.incremental import defer_large_units, defer_nothing, update
from k8s_lsp.engine.results import Analysis, Limits
from k8s_lsp.features.convert import Document
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.files.charts import is_chart_template
from k8s_lsp.garbage import freeze_garbage
from k8s_lsp.server.buffers import Buffer, key_of
from k8s_lsp.server.folders import is_settings_file, path_of
from k8s_lsp.server.state import Server, Text
from k8s_lsp.settings import Settings
from k8s_lsp.text import Span

LIMITS = Limits(text_length=5_000_000, findings=10_000)
"""What is worth waiting for: so many findings take about a second."""

EMPTY = Analysis("", Settings())
"""What is known of a text before it was read."""


def text_of(server: Server, key: str) -> Text | None:
    """The open text of that key as it is now; None where it is not open, or not yet known."""
    buffer = server.protocol.buffer(key)
    if buffer is None or not server.configured.is_set():
        return None
    known = server.documents.get(key)
    if known is None or known.lines.text is not buffer.text or not is_current(server, known):
        known = _read(server, buffer, known)
    elif known.version != buffer.version:
        known = known._replace(version=buffer.version)
    server.documents[key] = known
    return known


def manifest_of(server: Server, uri: str) -> Document | None:
    """The open text of that address, where it is no configuration file."""
    text = text_of(server, key_of(uri))
    return text if isinstance(text, Document) else None


def is_current(server: Server, known: Text) -> bool:
    """Whether a text was analysed with the settings that hold now."""
    if isinstance(known, SettingsFile):
        return True
    return known.analysis.settings == server.folders.settings_for(known.uri)


def outdated_keys(server: Server) -> list[str]:
    """The open texts for which other settings hold than they were analysed with, if they were."""
    current = {key for key, known in server.documents.items() if is_current(server, known)}
    return [key for key in server.protocol.open_keys() if key not in current]


def completed(server: Server, key: str, pending: Document) -> Document | None:
    """The document with what was put off; None where it is not the current one any more."""
    if server.documents.get(key) is not pending:
        return None
    analysis = update(pending.analysis, pending.lines.text, limits=LIMITS)
    whole = server.documents[key] = pending._replace(analysis=analysis)
    freeze_garbage()
    return whole


def _read(server: Server, buffer: Buffer, known: Text | None) -> Text:
    """Read a buffer anew; `known` is what its text was before, or under other settings."""
    lines = None if known is None else known.lines
    edited: Span | None = None
    if lines is None or lines.text is not buffer.text:
        lines, edited = buffer.snapshot(None if lines is None else lines.text)
    if is_settings_file(key_of(buffer.uri)):
        return SettingsFile(buffer.uri, buffer.version, lines, read(lines.text))
    before = known.analysis if isinstance(known, Document) else None
    path = path_of(buffer.uri) if before is None else None
    # A client that pulls and cannot be told to pull again gets everything at once.
    can_wait = server.client.refreshes or not server.client.pulls
    analysis = update(
        EMPTY if before is None else before,
        lines.text,
        None if before is None else edited,
        settings=server.folders.settings_for(buffer.uri),
        is_chart_template=None if path is None else is_chart_template(path),
        limits=LIMITS,
        defer=defer_large_units if can_wait else defer_nothing,
    )
    if before is None:
        freeze_garbage()
    return Document(buffer.uri, buffer.version, lines, analysis)
