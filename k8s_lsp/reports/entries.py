"""Findings as people read them: one flat value for each, with lines and columns from 1."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.engine.fixing import preferred_fix
from k8s_lsp.engine.hardened import Consequence, Hardened, consequences
from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.engine.suppression.ignored import ignored_in
from k8s_lsp.kubernetes.fields import Path, path_text
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.stored import is_retired, is_stored, owners_of
from k8s_lsp.reports.fingerprints import Identity, field_in_pod, identity_of
from k8s_lsp.rules.base import Control, Fix, Related, Safety
from k8s_lsp.settings import Severity
from k8s_lsp.text import Edit, Span, first_line, line_starts


class ObjectName(NamedTuple):
    """What identifies the object that a finding is about, as far as the text tells."""

    api_version: str
    kind: str
    name: str | None
    namespace: str | None


STANDARD_INPUT = "<stdin>"
"""How standard input is called, where it has no other name."""


class Run(NamedTuple):
    """What is known of an object that was read back from a cluster, where a finding is about it.

    It came through a pipe, or is an item of a List: what stands alone in a file is its author's.
    `owners` are those that it tells, the nearest first. `field` is that of the finding, as it is
    called in any object that has such a pod. What `is_retired` is an earlier state of its owner.
    """

    owners: tuple[ObjectName, ...]
    field: str
    is_pod: bool
    is_retired: bool


Told: TypeAlias = frozenset[tuple[str, str]]
"""What is found in an object, ignored or not: each rule with its field, as a Run has it."""


class Runner(NamedTuple):
    """An object in a cluster that may own others, with its own owners and what is found in it."""

    name: ObjectName
    owners: tuple[ObjectName, ...]
    told: Told


class Note(NamedTuple):
    """Another place that helps to understand a finding, by its line.

    The `path` is that of another file, as seen from the current folder.
    """

    line: int
    message: str
    path: str = ""


class FixTitle(NamedTuple):
    """What the preferred fix of a finding would do, and why no fix in bulk takes it, if none does.

    `left_because` is a clause for "left for you: …". The `edits` have the offsets of the text that
    was analysed; there are some only where the caller has asked for them. One that is left
    `at_first` is taken in bulk once those that it waits for are.
    """

    title: str
    safety: Safety
    left_because: str | None = None
    edits: tuple[Edit, ...] = ()
    at_first: bool = False


class Suppression(NamedTuple):
    """The place of what silences a finding, and its author's reason, which may be empty.

    Lines and columns are those of an Entry; a comment about the whole file has line 0.
    """

    line: int
    column: int
    end_column: int
    reason: str


NOT_PLACED = Suppression(0, 0, 0, "")
"""That a comment about the whole file silences a finding."""


State = Literal["new", "known"]
"""Whether a finding is told, or was there before."""


class Entry(NamedTuple):
    """A finding at its place.

    Lines and columns count from 1, columns in code points, and `end_column` is exclusive. The
    place lies in one line: the engine has cut a span that covers several to its first. The
    `identity` is None where a report was made without. The `state` tells whether it was there
    before, None where it is not compared with anything. A `suppression` have only those that are
    ignored. A `run` have those about objects that were read back from a cluster: the `owner` is
    whose finding it is then, None where it is that of the object itself, and `pods` is how many
    pods of its owner have it.
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
    identity: Identity | None = None
    state: State | None = None
    suppression: Suppression | None = None
    run: Run | None = None
    owner: ObjectName | None = None
    pods: int = 0

    @property
    def is_fixed_in_bulk(self) -> bool:
        """Whether `k8s-lsp harden` takes its fix: it has no file for what is in a cluster."""
        if self.fix is None or self.run is not None:
            return False
        return self.fix.left_because is None or self.fix.at_first

    @property
    def left_because(self) -> str | None:
        """Why a fix in bulk leaves the preferred one in the end, as a clause, if it does."""
        return None if self.fix is None or self.fix.at_first else self.fix.left_because


class FileReport(NamedTuple):
    """All that is told about one file; it holds neither trees nor text.

    `errors` are the reasons why the file could not be analysed, or not whole.
    `is_without_objects` says that it is neither a manifest nor a settings file, and
    `holds_patch` that one of its objects is a patch, or is not finished. Of what `is_encrypted`
    nothing was read. `ignored` are the findings that its comments and annotations silence, where
    the caller has asked for them. `runners` are its objects of a cluster that may own others.
    """

    path: str
    entries: tuple[Entry, ...] = ()
    errors: tuple[str, ...] = ()
    is_template: bool = False
    is_without_objects: bool = False
    holds_patch: bool = False
    is_encrypted: bool = False
    ignored: tuple[Entry, ...] = ()
    runners: tuple[Runner, ...] = ()


class AppliedFix(NamedTuple):
    """A fix that was taken, and what it was for: the rule, the object, and where a field is."""

    rule: str
    severity: Severity
    object: ObjectName
    field: str | None
    title: str
    safety: Safety


class HardenedReport(NamedTuple):
    """What became of one file, and how many findings it had; it holds neither trees nor text.

    `after` is told by the lines of the text that people see.
    """

    found: int
    after: FileReport
    applied: tuple[AppliedFix, ...] = ()
    consequences: tuple[Consequence, ...] = ()


Seen = Callable[[str], str]
"""From the absolute path of a file to the one that people see."""


def hardened_report(
    path: str, before: Analysis, hardened: Hardened, *, written: bool, seen: Seen = str
) -> HardenedReport:
    """What became of an analysed text; `seen` is as for `file_report`.

    Where that was not `written`, the places of what remains are those of the text as it still is.
    """
    analysis = hardened.analysis
    if written:
        after = file_report(path, analysis, seen)
    else:
        after = _report(path, analysis, before.text, seen, hardened.place_before)
    items = _items_of(analysis)
    applied = tuple(
        AppliedFix(
            diagnosis.rule.slug,
            diagnosis.severity,
            _name(diagnosis.object),
            _field(diagnosis.finding.path, items[unit]),
            fix.title,
            fix.safety,
        )
        for unit, diagnosis, fix in hardened.applied
    )
    found = sum(1 for _ in before.published())
    return HardenedReport(found, after, applied, consequences(hardened))


class Details(NamedTuple):
    """What a report holds beside what every reader of it wants, and what each of that costs.

    To `identify` the findings takes 2 percent of a check. `edits` are those of fixes, which most
    reports never put together. What is `ignored` is looked for among all that was found.
    """

    identify: bool = False
    edits: bool = False
    ignored: bool = False

    def __or__(self, other: object) -> "Details":
        """What either of two readers wants."""
        assert isinstance(other, Details)
        return Details(*(one or two for one, two in zip(self, other, strict=True)))


NO_DETAILS = Details()


def file_report(
    path: str,
    analysis: Analysis,
    seen: Seen = str,
    *,
    identify: bool = False,
    edits: bool = False,
    ignored: bool = False,
    first_item: int = 0,
) -> FileReport:
    """The findings of an analysed text, by position and slug.

    `seen` gives the path of another file as people see it, from its absolute one. So many items of
    a List stand before the `first_item` of the text. The others are Details.
    A rule that crashes while it makes a fix is an error, and its finding has no fix then.
    """
    details = Details(identify, edits, ignored)
    items = _items_of(analysis, first_item)
    report = _report(path, analysis, analysis.text, seen, details=details, items=items)
    if not ignored:
        return report
    return report._replace(ignored=_ignored_entries(analysis, seen, details, items))


def _ignored_entries(
    analysis: Analysis, seen: Seen, details: Details, items: Sequence[int | None]
) -> tuple[Entry, ...]:
    """What comments and annotations silence, by position and slug, without its fixes."""
    starts: list[int] = []
    entries = []
    for index, diagnosis, silencing in ignored_in(analysis):
        starts = starts or line_starts(analysis.text)
        offset = analysis.offsets[index]
        origin = _Origin(starts, None, offset, items[index], seen)
        identity = identity_of(diagnosis) if details.identify else None
        entry = _entry(origin, diagnosis, None, identity)
        suppression = NOT_PLACED
        if silencing is not None:
            start, end = first_line(analysis.text, silencing.span.shifted(offset))
            line = bisect_right(starts, start)
            before = starts[line - 1] - 1
            suppression = Suppression(line, start - before, end - before, silencing.reason)
        entries.append(entry._replace(suppression=suppression))
    return tuple(sorted(entries, key=_order))


_order = attrgetter("line", "column", "rule", "end_column")


Place = Callable[[int], int]
"""From an offset of an analysed text to that of the text which people see."""


def _report(
    path: str,
    analysis: Analysis,
    text: str,
    seen: Seen,
    place: Place | None = None,
    details: Details = NO_DETAILS,
    items: Sequence[int | None] | None = None,
) -> FileReport:
    """The findings of an analysed text, by the lines of the `text` which people see.

    Without a `place` that is the text which was analysed. `items` are those of its units.
    """
    # Most texts of others have nothing to tell, and need no lines.
    starts = line_starts(text) if any(analysis.published()) else []
    errors = [failure.message for failure in analysis.incomplete]
    entries = []
    items = _items_of(analysis) if items is None else items
    for offset, result, item in zip(analysis.offsets, analysis.units, items, strict=True):
        origin = _Origin(starts, place, offset, item, seen)
        fixes = _preferred_fixes(analysis, result.published, errors)
        for reported, fix in fixes:
            title = _fix_title(fix, offset, details)
            if title is not None and title.left_because:
                title = title._replace(at_first=_is_taken_later(reported, fix, fixes))
            identity = identity_of(reported) if details.identify else None
            entry = _entry(origin, reported, title, identity)
            run = _run_of(reported, path)
            entries.append(entry if run is None else entry._replace(run=run))
    entries.sort(key=_order)
    is_settings = path.rpartition("/")[2] == FILE_NAME
    is_whole = not (analysis.is_template or analysis.is_encrypted or errors)
    why_patch = analysis.context.facts.why_patch
    return FileReport(
        path,
        tuple(entries),
        tuple(dict.fromkeys(errors)),
        analysis.is_template,
        is_whole and not is_settings and not any(unit.objects for unit in analysis.units),
        any(why_patch(obj) is not None for unit in analysis.units for obj in unit.objects),
        analysis.is_encrypted,
        runners=tuple(_runners_in(analysis)),
    )


def _run_of(diagnosis: Diagnosis, path: str) -> Run | None:
    """What is known of the object of a finding as one of a cluster; None where it is in none."""
    obj = diagnosis.object
    stored = _stored(obj) if obj.root.path or path == STANDARD_INPUT else None
    return None if stored is None else stored._replace(field=field_in_pod(diagnosis))


@lru_cache(maxsize=1)
def _stored(obj: KubeObject) -> Run | None:
    """The same of all findings of an object, but for their fields."""
    if not is_stored(obj.root):
        return None
    # What else is owned is told where it is: only pods are made of what another object says.
    owners = _owners(obj) if obj.pods else ()
    is_pod = obj.kind == "Pod" and not obj.group
    return Run(owners, "", is_pod, is_retired(obj.root, obj.kind))


def _owners(obj: KubeObject) -> tuple[ObjectName, ...]:
    """The owners that an object tells: they are of its namespace, if they are of any."""
    return tuple(ObjectName(*owner, obj.namespace) for owner in owners_of(obj.root))


def _runners_in(analysis: Analysis) -> Iterator[Runner]:
    """The objects of a cluster in a text that may own others there."""
    if "ownerReferences" not in analysis.text:
        return
    for unit in analysis.units:
        checked = unit.checked or ((),) * len(unit.objects)
        for obj, diagnoses in zip(unit.objects, checked, strict=False):
            is_pod = obj.kind == "Pod" and not obj.group
            owns = obj.pods or obj.get("metadata", "ownerReferences").present
            if not is_pod and owns and is_stored(obj.root):
                told = frozenset((each.rule.slug, field_in_pod(each)) for each in diagnoses)
                yield Runner(_name(obj), _owners(obj), told)


_Fixes = Sequence[tuple[Diagnosis, Fix | None]]


def _preferred_fixes(
    analysis: Analysis, published: Iterable[Diagnosis], errors: list[str]
) -> _Fixes:
    """The preferred fix of each finding; what goes wrong there is added to the errors."""
    fixes: list[tuple[Diagnosis, Fix | None]] = []
    for reported in published:
        fix = None
        try:
            fix = preferred_fix(analysis, reported)
        except Exception as error:
            errors.append(f"rule {reported.rule.slug} failed to make a fix: {error!r}")
        fixes.append((reported, fix))
    return fixes


def _is_taken_later(reported: Diagnosis, fix: Fix | None, fixes: _Fixes) -> bool:
    """Whether Harden takes a fix that is left at first, once those that it waits for are taken."""
    waits_for = () if fix is None else fix.waits_for
    return any(
        other.rule.slug in waits_for
        and other.object is reported.object
        and other.finding.span == reported.finding.span
        and first is not None
        and first.left_because is None
        for other, first in (fixes if waits_for else ())
    )


def _fix_title(fix: Fix | None, offset: int, details: Details) -> FixTitle | None:
    if fix is None:
        return None
    edits = tuple(edit.shifted(offset) for edit in fix.edits) if details.edits else ()
    return FixTitle(fix.title, fix.safety, fix.left_because, edits)


def _items_of(analysis: Analysis, first_item: int = 0) -> list[int | None]:
    """Which item of its List each unit is; None for one that was not cut out of a List."""
    items: list[int | None] = []
    item = first_item
    for result in analysis.units:
        items.append(item if result.unit.is_item else None)
        item = item + 1 if result.unit.is_item else 0
    return items


class _Origin(NamedTuple):
    """Where the lines begin, where a unit does, and which item of its List it is, if it is one.

    `seen` gives the paths of other files as people see them.
    """

    starts: Sequence[int]
    place: Place | None
    offset: int
    item: int | None
    seen: Seen

    def at(self, span: Span) -> tuple[int, int]:
        """Where a span of the unit begins and ends in the text which people see."""
        start, end = span.start + self.offset, span.end + self.offset
        return (start, end) if self.place is None else (self.place(start), self.place(end))


def _entry(
    origin: _Origin, reported: Diagnosis, fix: FixTitle | None, identity: Identity | None
) -> Entry:
    finding, starts = reported.finding, origin.starts
    start, end = origin.at(finding.span)
    line = bisect_right(starts, start)
    before = starts[line - 1] - 1
    notes = tuple([_note(origin, each) for each in finding.related]) if finding.related else ()
    return Entry(
        line,
        start - before,
        end - before,
        reported.rule.slug,
        reported.severity,
        finding.message,
        _name(reported.object),
        _field(finding.path, origin.item),
        reported.control,
        fix,
        notes,
        identity,
    )


def _note(origin: _Origin, related: Related) -> Note:
    if related.path:
        return Note(related.place.line + 1, related.message, origin.seen(related.path))
    start, _ = origin.at(related.span)
    return Note(bisect_right(origin.starts, start), related.message)


@lru_cache(maxsize=1)
def _name(obj: KubeObject) -> ObjectName:
    """The name of an object, which has many findings, made once."""
    return ObjectName(obj.api_version, obj.kind, obj.name, obj.namespace)


def _field(path: Path | None, item: int | None) -> str | None:
    """The path of a field as people read it, in a unit that is the item of that index, if any."""
    if path is not None and item is not None and path[:1] == ("items",):
        # The unit is one item of a List that was cut, so its own path says that it is the first.
        path = ("items", item, *path[2:])
    return None if path is None else path_text(path) or None
