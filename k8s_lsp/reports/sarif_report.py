"""Findings as a SARIF 2.1.0 log (OASIS Standard, March 2020), for code hosts and viewers.

The messages are those of every other format, word for word: what stands in braces or brackets is
that of a manifest, and without `arguments` no reader takes it for a placeholder.
"""

import json
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from k8s_lsp import __version__
from k8s_lsp.reports.entries import Details, Entry, FileReport, Note, Seen, State, Suppression
from k8s_lsp.reports.fingerprints import VERSION, Identity, fingerprints
from k8s_lsp.reports.formats import Format, RunReport, Written, is_secret
from k8s_lsp.reports.sarif_rules import (
    LEVELS,
    POD_SECURITY,
    Object,
    described,
    pascal_case,
    taxon_of_control,
    taxonomies_of,
)
from k8s_lsp.reports.text_report import counted, line_span
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, Severity
from k8s_lsp.text import Edit, Span, line_starts

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

INFORMATION: Final = "https://pypi.org/project/k8s-lsp/"
"""Where the program is told about."""

ROOT: Final = "%SRCROOT%"
"""What the paths of a log are relative to: code hosts put the root of the repository there."""

RESULTS_LIMIT: Final = 25_000
"""How many results of a run GitHub takes; it rejects a log with more (docs.github.com, "SARIF
support for code scanning")."""

SHOWN_LIMIT: Final = 5_000
"""How many of these it shows: the gravest (same page)."""

BYTES_LIMIT: Final = 10_000_000
"""How large a log may be that GitHub takes, compressed with gzip (same page: 10 MB)."""

CONTEXT_LIMIT: Final = 2_000
"""How many characters the lines around a token may have that are shown with it."""

_NOTIFICATIONS: Final = {
    "not-read": (
        "A file could not be read, or not whole.",
        "Whatever it holds was not judged. Mend what the message names, and run again.",
    ),
    "configuration-error": (
        "A settings file holds a mistake.",
        "The rest of the settings counts. Mend the mistake, and run again.",
    ),
    "read-in-part": (
        "Template expressions hid a part of a file.",
        "Nothing is concluded from what is missing there. Check what the template becomes, too.",
    ),
    "encrypted-file": (
        "A file is encrypted, and was not read.",
        "Check what it becomes, where that may be seen.",
    ),
    "patch-file": (
        "A file holds a patch: only what it sets is judged.",
        "What it changes stands elsewhere. Check what comes of both, too.",
    ),
    "left-out-file": (
        "Files of a folder were not read.",
        "They are excluded, or git ignores them: k8s-lsp check --verbose names them.",
    ),
    "left-out-finding": (
        "Findings were left out, because code hosts take only so many.",
        "Check fewer files at once, or leave some out with exclude in .k8s-lsp.yaml.",
    ),
}
"""What a log may have to say of a run beside its findings: by its id, what it is and what to do."""

_encode = json.JSONEncoder().encode


class _Result(NamedTuple):
    """A finding: all but what is known only among all others, as the members of its object."""

    rule: str
    severity: Severity
    identity: Identity
    is_silent: bool
    members: str


class _File(NamedTuple):
    """What the log holds of one file."""

    results: tuple[_Result, ...]
    notifications: tuple[Object, ...]


def sarif_format(seen: Seen, *, with_suppressed: bool) -> Format:
    """SARIF, in which `seen` gives the place of a file below the root, else its absolute path.

    What comments silence, and what is known, stands in it too where that is asked for: as
    suppressed. Some code hosts take no notice of that.
    """
    details = Details(identify=True, edits=True, ignored=with_suppressed)
    return Format(partial(_of_file, seen=seen, with_suppressed=with_suppressed), _of_run, details)


# A file.


class _Text(NamedTuple):
    """A text by its lines, and where its file is; `holds_secrets` where lines may hold some."""

    text: str
    starts: Sequence[int]
    artifact: Object
    holds_secrets: bool

    def line_of(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset, from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def lines(self, first: int, last: int) -> str:
        """Some lines, both counted from 1 and included, without the last break."""
        span = line_span(self.text, self.starts, last)
        return self.text[self.starts[first - 1] : span.end]


def _of_file(report: FileReport, text: str, *, seen: Seen, with_suppressed: bool) -> _File:
    artifact = _artifact(seen(report.path))
    here = _Text(text, (), artifact, any(map(is_secret, (*report.entries, *report.ignored))))
    if report.entries or report.ignored:
        here = here._replace(starts=line_starts(text))
    results = []
    for entry in (*report.entries, *report.ignored):
        suppressions = list(_suppressions(entry, here))
        # All results of a run have the member, or none of them (SARIF 2.1.0, section 3.27.23).
        if with_suppressed:
            results.append(_result(entry, here, seen, {"suppressions": suppressions}))
        elif not suppressions:
            results.append(_result(entry, here, seen, {}))
    return _File(tuple(results), tuple(_about_file(report, artifact)))


def _artifact(place: str) -> Object:
    """The location of a file, by its place below the root or its absolute path."""
    if os.path.isabs(place):  # noqa: PTH117
        return {"uri": Path(place).as_uri()}
    return {"uri": quote(os.fsencode(place)), "uriBaseId": ROOT}


def _about_file(report: FileReport, artifact: Object) -> Iterator[Object]:
    """What is to be said of a file that was read, and not whole or not wholly judged."""
    if report.is_template:
        text = "checked in part: template expressions hide the rest"
        yield _notification("read-in-part", "note", text, artifact)
    if report.is_encrypted:
        yield _notification("encrypted-file", "note", "encrypted with SOPS, and not read", artifact)
    if report.holds_patch:
        text = "holds a patch: only what it sets is judged"
        yield _notification("patch-file", "note", text, artifact)


def _notification(id: str, level: str, text: str, artifact: Object | None = None) -> Object:
    told: Object = {
        "descriptor": {"id": id, "index": list(_NOTIFICATIONS).index(id)},
        "level": level,
        "message": {"text": text},
    }
    if artifact is not None:
        told["locations"] = [{"physicalLocation": {"artifactLocation": artifact}}]
    return told


def _result(entry: Entry, here: _Text, seen: Seen, suppressions: Object) -> _Result:
    told: Object = {
        "level": LEVELS[entry.severity],
        "message": {"text": entry.message},
        "locations": [_location(entry, here)],
    }
    if entry.notes:
        told["relatedLocations"] = [_related(note, here, seen) for note in entry.notes]
    if entry.control is not None:
        component = {"name": POD_SECURITY}
        told["taxa"] = [{"id": taxon_of_control(entry.control), "toolComponent": component}]
    fix = entry.fix
    if fix is not None and fix.left_because is None and fix.edits:
        told["fixes"] = [_fix(f"{fix.title} ({fix.safety})", fix.edits, here)]
    if entry.state is not None:
        told["baselineState"] = _STATES[entry.state]
    told.update(suppressions)
    told["properties"] = _properties(entry)
    assert entry.identity is not None
    is_silent = bool(suppressions.get("suppressions"))
    return _Result(entry.rule, entry.severity, entry.identity, is_silent, _encode(told)[1:-1])


def _location(entry: Entry, here: _Text) -> Object:
    line, column, end_column = entry[:3]
    region: Object = {"startLine": line, "startColumn": column, "endColumn": end_column}
    physical: Object = {"artifactLocation": here.artifact, "region": region}
    if not is_secret(entry):
        before = here.starts[line - 1] - 1
        region["snippet"] = {"text": here.text[before + column : before + end_column]}
    if not here.holds_secrets:
        physical.update(_context(here, line))
    location: Object = {"physicalLocation": physical}
    names = _logical(entry)
    if names is not None:
        location["logicalLocations"] = [names]
    return location


def _context(here: _Text, line: int) -> Object:
    """The line of a token with the ones above and below, where they are short enough to show."""
    first, last = max(line - 1, 1), min(line + 1, len(here.starts))
    # A file that ends with a break has no line behind it.
    if here.starts[last - 1] == len(here.text):
        last = max(last - 1, line)
    if first == last or line_span(here.text, here.starts, last).end - here.starts[first - 1] > (
        CONTEXT_LIMIT
    ):
        return {}
    snippet = {"text": here.lines(first, last)}
    return {"contextRegion": {"startLine": first, "endLine": last, "snippet": snippet}}


def _logical(entry: Entry) -> Object | None:
    """What a finding is about in words of the API: a field, else its object."""
    obj = entry.object
    if not obj.kind:
        return None
    name = f"{obj.kind}/{obj.name}" if obj.name else obj.kind
    if obj.namespace:
        name = f"{obj.namespace}/{name}"
    if entry.field is None:
        return {"fullyQualifiedName": name, "kind": "object"}
    return {"fullyQualifiedName": f"{name}/{entry.field}", "kind": "property"}


def _related(note: Note, here: _Text, seen: Seen) -> Object:
    """Another place, by its line."""
    artifact = _artifact(seen(note.path)) if note.path else here.artifact
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": note.line}},
        "message": {"text": note.message},
    }


def _fix(title: str, edits: Iterable[Edit], here: _Text) -> Object:
    replacements = [
        {"deletedRegion": _region(edit.span, here), "insertedContent": {"text": edit.text}}
        for edit in edits
    ]
    change = {"artifactLocation": here.artifact, "replacements": replacements}
    return {"description": {"text": title}, "artifactChanges": [change]}


def _region(span: Span, here: _Text) -> Object:
    """A region of any length; of an empty one, too, the end has to be said."""
    line, column = here.line_of(span.start)
    end_line, end_column = here.line_of(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _suppressions(entry: Entry, here: _Text) -> Iterator[Object]:
    if entry.suppression is not None:
        yield _in_source(entry.suppression, here)
    if entry.state == "known":
        yield _KNOWN


def _in_source(suppression: Suppression, here: _Text) -> Object:
    told: Object = {"kind": "inSource", "status": "accepted"}
    if suppression.reason:
        told["justification"] = suppression.reason
    line, column, end_column = suppression[:3]
    if line:
        region = {"startLine": line, "startColumn": column, "endColumn": end_column}
        physical = {"artifactLocation": here.artifact, "region": region}
        told["location"] = {"physicalLocation": physical}
    return told


_STATES: Final[Mapping[State, str]] = {"new": "new", "known": "unchanged"}

_KNOWN: Final = {
    "kind": "external",
    "status": "accepted",
    "justification": "it is known: it was there before",
}


def _properties(entry: Entry) -> Object:
    """What SARIF has no words for."""
    told: Object = {"severity": entry.severity}
    if entry.fix is not None:
        told["fix"] = entry.fix.safety
        if entry.left_because is not None:
            told["leftBecause"] = entry.left_because
    return told


# The run.


def _of_run(files: Sequence[_File], run: RunReport) -> Written:
    results = [result for file in files for result in file.results]
    numbered = list(zip(results, fingerprints(result.identity for result in results), strict=True))
    gravest: dict[str, Severity] = {}
    for result in sorted(results, key=_gravity, reverse=True):
        gravest[result.rule] = result.severity
    rules = [rule for rule in RULES if rule.slug in gravest]
    indexes = {rule.slug: index for index, rule in enumerate(rules)}
    texts = [_result_text(result, mark, indexes) for result, mark in numbered]
    kept = _kept(results, texts)
    notes = tuple(_notes(len(results), len(kept)))
    told = [notification for file in files for notification in file.notifications]
    told += _about_run(run, notes)
    taxonomies = taxonomies_of(rules)
    head = _head([described(rule, gravest[rule.slug], taxonomies) for rule in rules], taxonomies)
    invocation = _invocation(run, told)
    return Written(_pieces(head, taxonomies, invocation, [texts[index] for index in kept]), notes)


def _gravity(result: _Result) -> tuple[bool, int]:
    """A key by which the findings that count most come first."""
    return result.is_silent, SEVERITIES.index(result.severity)


def _result_text(result: _Result, fingerprint: str, indexes: dict[str, int]) -> str:
    # GitHub knows alerts again by the first, and computes one from the text of the line where it
    # is missing, which says that a container is new wherever its line is.
    marks = _encode(
        {"primaryLocationLineHash": f"{fingerprint}:1", f"k8sLspFinding/v{VERSION}": fingerprint}
    )
    return (
        f'{{"ruleId": "{result.rule}", "ruleIndex": {indexes[result.rule]}, '
        f'{result.members}, "partialFingerprints": {marks}}}'
    )


def _kept(results: Sequence[_Result], texts: Sequence[str]) -> list[int]:
    """Which results to write, in their order: the gravest, as many as code hosts take."""
    order = list(range(len(results)))
    if len(results) > RESULTS_LIMIT or sum(map(len, texts)) > BYTES_LIMIT:
        order = sorted(order, key=lambda index: _gravity(results[index]))[:RESULTS_LIMIT]
    return sorted(order[: _fitting([texts[index] for index in order])])


def _fitting(texts: Sequence[str]) -> int:
    """How many of some results, in their order, are small enough together once compressed."""
    if sum(map(len, texts)) <= BYTES_LIMIT:
        return len(texts)
    # The rules, and what is said of files, need a part of it.
    room = BYTES_LIMIT * 9 // 10
    compressor = zlib.compressobj(6)
    size = 0
    for count, text in enumerate(texts):
        size += len(compressor.compress(text.encode()))
        if size > room:
            return count
    return len(texts)


def _notes(found: int, kept: int) -> Iterator[str]:
    if kept < found:
        left = counted(found - kept, "finding")
        verb = "was" if found - kept == 1 else "were"
        yield (
            f"{left} of {found:,} {verb} left out of the SARIF log, the least grave: GitHub takes "
            f"{RESULTS_LIMIT:,} of a run, and {BYTES_LIMIT // 1_000_000} MB"
        )
    elif kept > SHOWN_LIMIT:
        yield f"GitHub shows the gravest {SHOWN_LIMIT:,} of the {kept:,} findings in the SARIF log"


def _about_run(run: RunReport, notes: Iterable[str]) -> Iterator[Object]:
    for reason, count in run.left_out.items():
        verb = "was" if count == 1 else "were"
        text = f"{counted(count, 'file')} {verb} not read: {reason}"
        yield _notification("left-out-file", "note", text)
    for note in notes:
        yield _notification("left-out-finding", "warning", note)


def _invocation(run: RunReport, told: Sequence[Object]) -> Object:
    not_read = [
        _notification("not-read", "error", f"{path}: {why}") for path, why in run.read_errors
    ]
    broken = [
        _notification("configuration-error", "error", f"{path}: {why}")
        for path, why in run.configuration_errors
    ]
    return {
        "executionSuccessful": not (not_read or broken),
        "exitCode": run.status,
        "toolExecutionNotifications": [*not_read, *told],
        "toolConfigurationNotifications": broken,
    }


def _head(rules: Sequence[Object], taxonomies: Sequence[Object]) -> Object:
    """The tool, with what its rules and notifications say."""
    supported = [
        {"name": taxonomy["name"], "index": index} for index, taxonomy in enumerate(taxonomies)
    ]
    return {
        "driver": {
            "name": "k8s-lsp",
            "fullName": f"k8s-lsp {__version__}",
            "version": __version__,
            "semanticVersion": __version__,
            "shortDescription": {
                "text": "Finds and mends what makes Kubernetes manifests insecure."
            },
            "informationUri": INFORMATION,
            "notifications": [
                {
                    "id": id,
                    "name": pascal_case(id),
                    "shortDescription": {"text": what},
                    "fullDescription": {"text": f"{what} {remedy}"},
                    "help": {"text": remedy},
                }
                for id, (what, remedy) in _NOTIFICATIONS.items()
            ],
            "supportedTaxonomies": supported,
            "rules": list(rules),
        }
    }


def _pieces(
    tool: Object, taxonomies: Sequence[Object], invocation: Object, results: Sequence[str]
) -> Iterator[str]:
    """The log, each result on a line of its own, so that grep finds it."""
    yield f'{{"$schema": {_encode(SCHEMA)},\n"version": "2.1.0",\n"runs": [{{'
    members: dict[str, Any] = {
        "tool": tool,
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        # Nothing else ends a line in this project: a lone carriage return does.
        "newlineSequences": ["\r\n", "\n", "\r"],
        "defaultEncoding": "UTF-8",
        "defaultSourceLanguage": "yaml",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The root of the repository, else the current folder."}}
        },
    }
    if taxonomies:
        members["taxonomies"] = list(taxonomies)
    for name, value in members.items():
        yield f'\n"{name}": {_encode(value)},'
    yield '\n"results": ['
    comma = "\n"
    for result in results:
        yield comma
        yield result
        comma = ",\n"
    yield "]}]}\n"
