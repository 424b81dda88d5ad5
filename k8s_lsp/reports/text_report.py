"""Findings for people at a terminal: the line, the token underlined, and what can be done."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.kubernetes.stored import DEPENDENTS
from k8s_lsp.reports.entries import STANDARD_INPUT, Entry, FileReport, Note, ObjectName
from k8s_lsp.settings import SEVERITIES, Severity
from k8s_lsp.text import Span, line_starts

WIDTH = 120
"""How many characters of a line are shown; a longer line is cut around the token."""

NOTES = 3
"""How many related places are told one by one."""

_TAB = "    "
_PLURALS = {"error": "errors", "warning": "warnings", "hint": "hints"}
_COLOURS: dict[Severity, str] = {
    "error": "1;31",
    "warning": "1;33",
    "information": "1;36",
    "hint": "1;35",
}
_GUTTER = "34"
_JOINERS = "\u200c\u200d"


_SIDE_FOLDERS = frozenset(
    "_archive .archive archive archived"
    " __fixtures__ __tests__ e2e fake fakes fixtures mock mocks test test-data test_data testdata"
    " testing tests third_party vendor".split()
)
"""Folders of what most projects never deploy: inputs of tests, copies of what others wrote, and
what was taken out of service."""


@dataclass
class Tally:
    """Totals over files, so that no file needs to be kept for the last line."""

    files: int = 0
    files_with_findings: int = 0
    templates: int = 0
    patches: int = 0
    without_objects: int = 0
    encrypted: int = 0
    incomplete: int = 0
    fixable: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    examples: dict[Severity, str] = field(default_factory=dict)
    """The first rule with a finding, by severity."""
    aside: Counter[str] = field(default_factory=Counter)
    """Findings in folders of tests, copies and archives, by the name of the folder."""
    known: int = 0
    """Findings that were there before: none of the other numbers count them."""
    is_compared: bool = False
    """Whether it was asked what was there before, so that all others are new."""

    def add(self, other: "Tally") -> None:
        """Count the files of another tally too; they come after those that were counted."""
        self.files += other.files
        self.files_with_findings += other.files_with_findings
        self.templates += other.templates
        self.patches += other.patches
        self.without_objects += other.without_objects
        self.encrypted += other.encrypted
        self.incomplete += other.incomplete
        self.fixable += other.fixable
        for severity, count in other.severities.items():
            self.severities[severity] += count
        self.examples = other.examples | self.examples
        self.aside.update(other.aside)
        self.known += other.known
        self.is_compared |= other.is_compared

    @property
    def findings(self) -> int:
        """All findings, whatever their severity."""
        return sum(self.severities.values())


def tally_of(report: FileReport) -> Tally:
    """The tally of one file that was analysed."""
    tally = Tally(
        files=1,
        templates=int(report.is_template),
        encrypted=int(report.is_encrypted),
        patches=int(report.holds_patch),
        without_objects=int(report.is_without_objects),
        incomplete=int(bool(report.errors)),
    )
    entries = told_entries(report.entries)
    tally.known = len(report.entries) - len(entries)
    tally.is_compared = any(entry.state for entry in report.entries[:1])
    if not entries:
        return tally
    folders = report.path.split("/")[:-1]
    aside = next((folder for folder in folders if folder in _SIDE_FOLDERS), None)
    tally.files_with_findings = 1
    if aside:
        tally.aside[aside] = len(entries)
    tally.fixable = sum([entry.is_fixed_in_bulk for entry in entries])
    tally.severities.update([entry.severity for entry in entries])
    tally.examples = {entry.severity: entry.rule for entry in reversed(entries)}
    return tally


def told_entries(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The findings that were not there before."""
    # Most runs compare with nothing.
    is_compared = any(entry.state is not None for entry in entries[:1])
    return [entry for entry in entries if entry.state != "known"] if is_compared else entries


def file_text(report: FileReport, text: str, *, colour: bool) -> str:
    """The findings of one file, each with its line of `text`; empty where there are none.

    Those that were there before are not told. Findings about one token share the line: much that a
    container lacks is told at its name. What was read back from a cluster has names for lines: no
    line of it is anybody's.
    """
    entries = told_entries(report.entries)
    named = [entry for entry in entries if entry.run is not None]
    if named:
        entries = [entry for entry in entries if entry.run is None]
    starts = line_starts(text) if entries else []
    blocks = ["".join(f"{named_line(report.path, entry, colour=colour)}\n" for entry in named)]
    for _, together in groupby(entries, key=itemgetter(slice(3))):
        lines = block(report.path, list(together), text, starts, colour=colour)
        blocks.append("\n".join(lines) + "\n\n")
    return "".join(blocks)


def one_line(path: str, entry: Entry, *, colour: bool) -> str:
    """A finding without its source line: place, severity, rule and message."""
    head = _paint(f"{entry.severity}[{entry.rule}]", _COLOURS[entry.severity], colour)
    return f"{printable(path)}:{entry.line}:{entry.column}: {head} {printable(entry.message)}"


def named_line(path: str, entry: Entry, *, colour: bool) -> str:
    """A finding by the object in a cluster that it is about: its owner, if it has one.

    A name stands behind its namespace: `Deployment shop/web`.
    """
    is_dependent = entry.object.kind in DEPENDENTS and entry.owner is not None
    name = entry.owner if is_dependent and entry.owner is not None else entry.object
    head = _in_namespace(name)
    if entry.owner is not None and not is_dependent:
        head += f" of {entry.owner.kind} {entry.owner.name}"
    if entry.pods:
        head += f" ({counted(entry.pods, 'pod')})"
    if path != STANDARD_INPUT:
        head = f"{path}: {head}"
    severity = _paint(f"{entry.severity}[{entry.rule}]", _COLOURS[entry.severity], colour)
    return f"{printable(head)}: {severity} {printable(entry.message)}"


def _in_namespace(name: ObjectName) -> str:
    place = f"{name.namespace}/{name.name or ''}" if name.namespace else name.name or ""
    return f"{name.kind} {place}".rstrip()


def summary(tally: Tally) -> str:
    """What was found in all, and how to go on from there."""
    new = "new " if tally.is_compared else ""
    if not tally.findings:
        return f"No {new}findings in {counted(tally.files, 'file')}{_known(tally)}{silence(tally)}."
    by_severity = ", ".join(
        counted(tally.severities[severity], severity, _PLURALS.get(severity, severity))
        for severity in SEVERITIES
        if tally.severities[severity]
    )
    found = (
        f"{counted(tally.findings, f'{new}finding')} ({by_severity}) "
        f"in {tally.files_with_findings} of {counted(tally.files, 'file')}{_known(tally)}"
    )
    if tally.fixable:
        verb = "has" if tally.fixable == 1 else "have"
        found += f"; {tally.fixable} {verb} a fix: k8s-lsp harden"
    found += _aside(tally)
    gravest = next(severity for severity in SEVERITIES if severity in tally.examples)
    return f"{found}\nwhy, and what to do: k8s-lsp explain {tally.examples[gravest]}"


def _known(tally: Tally) -> str:
    """How many findings are not told, because they were there before."""
    if not tally.known:
        return ""
    return (
        f"; {counted(tally.known, 'known finding')} {'is' if tally.known == 1 else 'are'} not shown"
    )


def _aside(tally: Tally) -> str:
    """How many findings lie among tests, copies and archives, and how to do without them.

    Nothing is left out by the name of its folder alone. Where all lie there, it was asked for them.
    """
    count = tally.aside.total()
    if not 0 < count < tally.findings:
        return ""
    folders = sorted(tally.aside)
    verb = "lies" if count == 1 else "lie"
    names = ", ".join(f"{folder}/" for folder in folders)
    place = f"{count} of them {verb} among tests, copies or archives"
    pronoun = "it" if count == 1 else "them"
    return f"\n{place}; exclude: [{names}] in {FILE_NAME} leaves {pronoun} out"


def silence(tally: Tally) -> str:
    """Why nothing may have been found, other than that there is nothing wrong; "" for no reason."""
    reasons = []
    if tally.incomplete:
        verb = "was" if tally.incomplete == 1 else "were"
        reasons.append(f"{tally.incomplete} {verb} not checked whole")
    if tally.encrypted:
        verb = "is" if tally.encrypted == 1 else "are"
        reasons.append(f"{tally.encrypted} {verb} encrypted with SOPS, and not read")
    if tally.templates:
        verb = "was" if tally.templates == 1 else "were"
        reasons.append(f"{tally.templates} {verb} checked in part")
    if tally.patches:
        reasons.append(
            f"{tally.patches} {'holds a patch' if tally.patches == 1 else 'hold patches'}"
        )
    if tally.without_objects:
        verb = "holds" if tally.without_objects == 1 else "hold"
        reasons.append(f"{tally.without_objects} {verb} no Kubernetes object")
    return f"; {', '.join(reasons)}" if reasons else ""


def kind_note(report: FileReport) -> str | None:
    """What kind of file it is, where that is why less is found than elsewhere."""
    if report.is_template:
        return f"checked in part (template): {printable(report.path)}"
    if report.is_encrypted:
        return f"not read (encrypted with SOPS): {printable(report.path)}"
    if report.is_without_objects:
        return f"no Kubernetes object: {printable(report.path)}"
    if report.holds_patch:
        return f"only what it sets is judged (patch): {printable(report.path)}"
    return None


def left_out_note(counts: Mapping[str, int], *, all_counted: bool, by_name: bool) -> str:
    """How many files are not read, by the reason, and how to learn which ones."""
    reasons = {
        ".gitignore": "by .gitignore",
        "exclude": "by exclude",
        "no regular file": "as no regular file",
    }
    told = [(counts[reason], how) for reason, how in reasons.items() if counts.get(reason)]
    if not told:
        return "a large folder was left out; --verbose names the files in it"
    (first, how), *others = told
    note = f"{'' if all_counted else 'at least '}{counted(first, 'file')} "
    note += f"{'was' if first == 1 else 'were'} left out {how}"
    note += "".join(f", {count} {how}" for count, how in others)
    return (
        note
        if by_name
        else f"{note}; --verbose names {'it' if sum(counts.values()) == 1 else 'them'}"
    )


def templates_note(count: int) -> str:
    """Says that template expressions hid a part of `count` files."""
    if count == 1:
        return "1 file is a template and was checked in part"
    return f"{count} files are templates and were checked in part"


def patches_note(count: int) -> str:
    """Says that `count` files hold objects of which the rest is elsewhere."""
    if count == 1:
        return "1 file holds a patch: only what it sets is judged"
    return f"{count} files hold patches: only what they set is judged"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 file`, `7 files`."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


@lru_cache(maxsize=256)
def printable(text: str) -> str:
    """The text in one line, without characters that command a terminal or reorder its line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_cell(character) for character in text)


def block(
    path: str, entries: Sequence[Entry], text: str, starts: Sequence[int], *, colour: bool
) -> Iterator[str]:
    """The findings at one place, the gravest colour under its token, and what can be done.

    They come line by line; `starts` are those of all lines of the text.
    """
    for entry in entries:
        yield one_line(path, entry, colour=colour)
    line, column, end_column = entries[0][:3]
    before = starts[line - 1] - 1
    token = Span(before + column, before + end_column)
    source, carets = excerpt(text, line_span(text, starts, line), token)
    if colour:
        gravest = min((entry.severity for entry in entries), key=SEVERITIES.index)
        carets = _paint(carets, _COLOURS[gravest], colour)
    gutter = " " * len(str(line))
    bar, sign = _paint("|", _GUTTER, colour), _paint("=", _GUTTER, colour)
    yield f"{_paint(str(line), _GUTTER, colour)} {bar} {source}".rstrip()
    yield f"{gutter} {bar} {carets}"
    for entry in entries:
        if entry.notes:
            for note in _notes(entry.notes):
                yield f"{gutter} {sign} note: {note}"
    for entry in entries:
        if entry.fix is not None:
            yield f"{gutter} {sign} fix: {printable(entry.fix.title)} ({entry.fix.safety})"


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    for note in notes[:NOTES]:
        yield f"{printable(note.message)} ({_place_of(note)})"
    if len(notes) > NOTES:
        rest = notes[NOTES:]
        lines = ", ".join(str(note.line) for note in rest[: WIDTH // 8] if not note.path)
        yield f"and {len(rest)} more{f' (lines {lines})' if lines else ''}"


def _place_of(note: Note) -> str:
    return f"{printable(note.path)}:{note.line}" if note.path else f"line {note.line}"


def line_span(text: str, starts: Sequence[int], line: int) -> Span:
    """Where a line, counted from 1, stands in the text, without its break.

    `starts` are those of all lines: nothing is searched for in a line of many megabytes.
    """
    start = starts[line - 1]
    if line == len(starts):
        return Span(start, len(text))
    end = starts[line] - 1
    return Span(start, end - text.startswith("\r\n", end - 1) if end > start else end)


def excerpt(text: str, line: Span, token: Span) -> tuple[str, str]:
    """A line as a terminal shows it, and the carets below the token, which lies in it.

    Only the part of a long line that is shown is ever copied: a JSON file may be a single line of
    many megabytes.
    """
    begin, length = line.start, line.end - line.start
    start, stop = token.start - begin, token.end - begin
    left = 0
    if length > WIDTH and stop > WIDTH:
        left = max(0, start - max(0, WIDTH - (stop - start)) // 2)
        left = min(left, length - WIDTH)
    right = min(length, left + WIDTH)
    before = ("…" if left else "") + _cells(text[begin + left : token.start])
    shown_end = begin + min(stop, right)
    shown = _cells(text[token.start : shown_end])
    after = _cells(text[shown_end : begin + right])
    source = before + shown + after + ("…" if right < length else "")
    return source, " " * _width(before) + "^" * max(1, _width(shown))


def _cells(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_TAB if character == "\t" else _cell(character) for character in text)


@lru_cache(maxsize=1024)
def _cell(character: str) -> str:
    """What to show for a character: nothing may move the cursor, colour or reverse the line."""
    # Most manifests are ASCII, and need no tables of characters.
    import unicodedata

    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS:
        return "\ufffd"
    return character


def _width(text: str) -> int:
    """How many columns of a terminal the text takes, as far as that can be known."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=1024)
def _columns(character: str) -> int:
    import unicodedata

    if character in _JOINERS or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _paint(text: str, codes: str, colour: bool) -> str:
    return f"\x1b[{codes}m{text}\x1b[0m" if colour else text
