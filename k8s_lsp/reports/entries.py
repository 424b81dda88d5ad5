"""Findings as people read them: one flat value for each, with lines and columns from 1."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from k8s_lsp.configuration.schema import FILE_NAME
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.kubernetes.fields import path_text
from k8s_lsp.rules.base import Control, Safety
from k8s_lsp.settings import Severity
from k8s_lsp.text import line_starts


class ObjectName(NamedTuple):
    """What identifies the object that a finding is about, as far as the text tells."""

    api_version: str
    kind: str
    name: str | None
    namespace: str | None


class Note(NamedTuple):
    """Another place that helps to understand a finding, by its line."""

    line: int
    message: str


class FixTitle(NamedTuple):
    """What the preferred fix of a finding would do."""

    title: str
    safety: Safety


class Entry(NamedTuple):
    """A finding at its place.

    Lines and columns count from 1, columns in code points, and `end_column` is exclusive. The
    place lies in one line: the engine has cut a span that covers several to its first.
    """

    line: int
    column: int
    end_column: int
    rule: str
    severity: Severity
    message: str
    object: ObjectName
    field: str | None
    control: Control | None
    fix: FixTitle | None
    notes: tuple[Note, ...]


class FileReport(NamedTuple):
    """All that is told about one file; it holds neither trees nor text.

    `errors` are the reasons why the file could not be analysed, or not whole.
    `is_without_objects` says that it is neither a manifest nor a settings file, and
    `holds_patch` that one of its objects is a patch, or is not finished.
    """

    path: str
    entries: tuple[Entry, ...] = ()
    errors: tuple[str, ...] = ()
    is_template: bool = False
    is_without_objects: bool = False
    holds_patch: bool = False


def file_report(path: str, analysis: Analysis) -> FileReport:
    """The findings of an analysed text, by position and slug.

    A rule that crashes while it makes a fix is an error, and its finding has no fix then.
    """
    # Most texts of others have nothing to tell, and need no lines.
    starts = line_starts(analysis.text) if any(analysis.published()) else []
    errors = [failure.message for failure in analysis.incomplete]
    entries = []
    item = 0
    for offset, result in zip(analysis.offsets, analysis.units, strict=True):
        for reported in result.published:
            try:
                fix = preferred_fix(analysis, reported)
            except Exception as error:
                errors.append(f"rule {reported.rule.slug} failed to make a fix: {error!r}")
                fix = None
            title = None if fix is None else FixTitle(fix.title, fix.safety)
            origin = _Origin(offset, item if result.unit.is_item else None)
            entries.append(_entry(starts, origin, reported, title))
        item = item + 1 if result.unit.is_item else 0
    entries.sort(key=lambda entry: (entry.line, entry.column, entry.rule, entry.end_column))
    is_settings = path.rpartition("/")[2] == FILE_NAME
    is_whole = not (analysis.is_template or errors)
    return FileReport(
        path,
        tuple(entries),
        tuple(dict.fromkeys(errors)),
        analysis.is_template,
        is_whole and not is_settings and not any(unit.objects for unit in analysis.units),
        any(obj.is_patch for unit in analysis.units for obj in unit.objects),
    )


class _Origin(NamedTuple):
    """Where a unit begins, and which item of its List it is, where that was cut."""

    offset: int
    item: int | None


def _entry(
    starts: Sequence[int], origin: _Origin, reported: Diagnosis, fix: FixTitle | None
) -> Entry:
    finding, obj = reported.finding, reported.object
    start, end = finding.span.shifted(origin.offset)
    line = bisect_right(starts, start)
    before = starts[line - 1] - 1
    path = finding.path
    if path is not None and origin.item is not None and path[:1] == ("items",):
        # The unit is one item of a List that was cut, so its own path says that it is the first.
        path = ("items", origin.item, *path[2:])
    return Entry(
        line,
        start - before,
        end - before,
        reported.rule.slug,
        reported.severity,
        finding.message,
        ObjectName(obj.api_version, obj.kind, obj.name, obj.namespace),
        None if path is None else path_text(path) or None,
        reported.control,
        fix,
        tuple(
            Note(bisect_right(starts, origin.offset + related.span.start), related.message)
            for related in finding.related
        ),
    )
