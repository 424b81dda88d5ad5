"""What people see while they type: the right text, and findings that stay where they belong.

Every edit goes through the buffer of the server, as an editor sends it, and the text is analysed
after each with the analysis before it, as the server does. Then

* the buffer holds what a plain splice of the text gives;
* where the text is valid, the findings are those of a fresh analysis;
* where it is broken, no container that the edit does not touch loses a finding.

The edit is what differs between the last valid text and this one, in whole lines: everything that
was typed since. It does not touch a container where it changes none of the container's lines, none
of the pod spec's own lines beside its containers', and none of the lines that hold the keys of what
the container lies in, or the object's version and kind, and where it puts no `---` between. Of such
a container every finding of the last valid text is expected at the same line and columns, moved
with the text, but for those

* that say that something is missing, where the edit may hide it: it lies in the lines of a mapping
  that was asked, or right above or below them, and has a line whose indentation does not tell that
  it is inside of one of the mapping's entries;
* of `unused-ignore`, because nobody knows what a broken text would have had to be ignored.

A text with `{{` is a template; until it is valid again, nothing is expected of it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis, UnitResult
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.server.buffers import Buffer
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.nodes import Mapping
from k8s_lsp.text import Span
from tests.features.opened import split

EVERYTHING: Final = Settings("all", registries=("registry.example.com/",))
SHARE: Final = 0.97
"""How many of the broken states have to show all that they should, at least."""


class Place(NamedTuple):
    """A finding as somebody sees it: its rule, its line, and where on the line it is."""

    slug: str
    line: int
    start: int
    end: int


class Asked(NamedTuple):
    """A mapping in which something is missing: its first and last line, and its keys' column.

    In brackets there is no such column, and lines outside of them hide nothing.
    """

    first: int
    last: int
    column: int


class Known(NamedTuple):
    """A container of a valid text: its lines, those that it depends on, and its findings."""

    first: int
    last: int
    context: frozenset[int]
    findings: tuple[tuple[Place, tuple[Asked, ...]], ...]


class Change(NamedTuple):
    """Which lines of a text became which lines of another one.

    `column` is where the first of them begins, `depth` the same where items of lists count one
    more; `cuts`, whether they begin a document.
    """

    first: int
    old_end: int
    new_end: int
    column: int
    depth: int
    cuts: bool


class Lines:
    """A text, and which of its lines an offset lies on."""

    def __init__(self, text: str) -> None:
        self.lines = split(text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def line(self, offset: int) -> int:
        low, high = 0, len(self.lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.starts[middle] <= offset else (low, middle - 1)
        return low

    def place(self, slug: str, span: Span) -> Place:
        line = self.line(span.start)
        return Place(slug, line, span.start - self.starts[line], span.end - self.starts[line])


def places(analysis: Analysis, lines: Lines) -> Counter[Place]:
    return Counter(
        lines.place(each.rule.slug, each.finding.span.shifted(offset))
        for offset, each in analysis.published()
        if each.rule.slug not in ("unused-ignore", "yaml-syntax")
    )


def is_valid(analysis: Analysis) -> bool:
    return not any(result.tree.problems for result in analysis.units)


def depth(line: str) -> int:
    """How deep a line begins, an item of a list by one deeper."""
    rest = line.lstrip(" ")
    return len(line) - len(rest) + rest.startswith("-")


def change_of(old: list[str], new: list[str]) -> Change:
    old, new = ([line.rstrip("\r\n") for line in each] for each in (old, new))
    shorter = min(len(old), len(new))
    first = 0
    while first < shorter and old[first] == new[first]:
        first += 1
    same = 0
    while same < shorter - first and old[-1 - same] == new[-1 - same]:
        same += 1
    old_end, new_end = len(old) - same, len(new) - same
    lines = [line for line in [*old[first:old_end], *new[first:new_end]] if not _is_blank(line)]
    column = min((len(line) - len(line.lstrip(" ")) for line in lines), default=10_000)
    deep = min(map(depth, lines), default=10_000)
    cuts = any(re.match(r"---(\s|$)", line) for line in new[first:new_end])
    return Change(first, old_end, new_end, column, deep, cuts)


def known_containers(analysis: Analysis, lines: Lines) -> list[Known]:
    known: list[Known] = []
    for offset, result in zip(analysis.offsets, analysis.units, strict=True):
        ranges: list[tuple[Container, int, int]] = []
        for container in result.containers():
            assert container.field.node is not None
            start, end = container.field.node.span.shifted(offset)
            ranges.append((container, lines.line(start), lines.line(max(start, end - 1))))
        own = {line for _, first, last in ranges for line in range(first, last + 1)}
        for container, first, last in ranges:
            context = set(_keys_above(container.field, offset, lines))
            assert container.pod.spec.node is not None
            start, end = container.pod.spec.node.span.shifted(offset)
            context |= set(range(lines.line(start), lines.line(max(start, end - 1)) + 1)) - own
            findings = tuple(_findings(result, offset, first, last, lines))
            known.append(Known(first, last, frozenset(context), findings))
    return known


def _keys_above(field: Field, offset: int, lines: Lines) -> Iterator[int]:
    while field.parent is not None:
        field = field.parent
        if field.key is not None:
            yield lines.line(field.key.span.start + offset)
        for name in ("apiVersion", "kind"):
            key = field.get(name).key
            if key is not None:
                yield lines.line(key.span.start + offset)


def _findings(
    result: UnitResult, offset: int, first: int, last: int, lines: Lines
) -> Iterator[tuple[Place, tuple[Asked, ...]]]:
    for each in result.published:
        place = lines.place(each.rule.slug, each.finding.span.shifted(offset))
        if first <= place.line <= last and each.rule.slug not in ("unused-ignore", "yaml-syntax"):
            yield place, tuple(_asked(node, offset, lines) for node in each.finding.absent_from)


def _asked(node: Mapping, offset: int, lines: Lines) -> Asked:
    start, end = node.span.shifted(offset)
    first, last = lines.line(start), lines.line(max(start, end - 1))
    return Asked(first, last, -1 if node.flow else start - lines.starts[first])


class Tally:
    """What was seen, for each kind of edit."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.examples: list[str] = []

    def count(self, kind: str, *what: str) -> None:
        self.counts.setdefault(kind, Counter()).update(what)

    def __str__(self) -> str:
        rows = []
        for kind, counts in [*self.counts.items(), ("all", self.total)]:
            judged, kept = counts["judged"], counts["kept"]
            rows.append(
                f"{kind:8} {counts['states']:7} states, {counts['broken']:6} broken; of "
                f"{judged:6} with untouched containers {kept:6} keep all ({share(counts):.2%}); "
                f"of {counts['hidden']:6} findings that may be hidden {counts['silent']:6} are"
            )
        return "\n".join(rows)

    @property
    def total(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())


def share(counts: Counter[str]) -> float:
    return counts["kept"] / counts["judged"] if counts["judged"] else 1.0


class Editor:
    """An open text, on the editor's side and on the server's."""

    def __init__(self, text: str, tally: Tally, name: str = "") -> None:
        self.text = text
        self.tally = tally
        self.name = name
        self.kind = ""
        self.buffer = Buffer("file:///a.yaml", 1, text, "utf-16")
        lines, _ = self.buffer.snapshot()
        self.analysis = analyze(lines.text, EVERYTHING)
        assert is_valid(self.analysis), name
        self._settle()

    def _settle(self) -> None:
        self.valid = Lines(self.text)
        self._known: list[Known] | None = None
        self._valid_analysis = self.analysis

    def replace(self, start: int, end: int, new: str) -> None:
        """One change as an editor sends it."""
        range_ = types.Range(self._position(start), self._position(end))
        self.buffer.apply(types.TextDocumentContentChangePartial(range_, new))
        self.text = self.text[:start] + new + self.text[end:]
        assert self.buffer.text == self.text, self.name
        lines, edited = self.buffer.snapshot(self.analysis.text)
        assert edited is not None
        self.analysis = update(self.analysis, lines.text, edited)
        assert not self.analysis.incomplete, (self.name, self.text)
        self._judge()

    def type(self, at: int, text: str) -> int:
        """Type a text character by character; where it ends."""
        for character in text:
            self.replace(at, at, character)
            at += 1
        return at

    def erase(self, start: int, end: int) -> None:
        """Press backspace until all of it is gone."""
        while end > start:
            before = end - (2 if self.text.endswith("\r\n", start, end) else 1)
            self.replace(before, end, "")
            end = before

    def _position(self, offset: int) -> types.Position:
        start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        above = self.text[:start]
        line = above.count("\n") + above.count("\r") - above.count("\r\n")
        return types.Position(line, len(self.text[start:offset].encode("utf-16-le")) // 2)

    def _judge(self) -> None:
        if self.analysis.is_template:
            # Of a template a part is unknown, and so is what it was until the text is valid again.
            self.tally.count(self.kind, "states")
            self._known = []
            return
        if is_valid(self.analysis):
            fresh = analyze(self.text, EVERYTHING)
            lines = Lines(self.text)
            assert places(self.analysis, lines) == places(fresh, lines), (self.name, self.text)
            self.tally.count(self.kind, "states")
            self._settle()
            return
        self.tally.count(self.kind, "states", "broken")
        if self._known is None:
            self._known = known_containers(self._valid_analysis, self.valid)
        now = Lines(self.text)
        found = places(self.analysis, now)
        change = change_of(self.valid.lines, now.lines)
        expected: Counter[Place] = Counter()
        for known in self._known:
            if is_touched(known, change):
                continue
            shift = change.new_end - change.old_end if known.first >= change.old_end else 0
            for place, asked in known.findings:
                moved = place._replace(line=place.line + shift)
                if any(self._may_hide(change, each) for each in asked):
                    self.tally.count(self.kind, "hidden")
                    if not found[moved]:
                        self.tally.count(self.kind, "silent")
                else:
                    expected[moved] += 1
        if expected:
            lost = expected - found
            self.tally.count(self.kind, "judged", *[] if lost else ["kept"])
            if lost:
                self.tally.examples.append(
                    json.dumps(
                        {
                            "name": self.name,
                            "kind": self.kind,
                            "lines": now.lines[max(change.first - 3, 0) : change.new_end + 3],
                            "edit": [change.first, change.old_end, change.new_end],
                            "lost": [list(each) for each in lost],
                        }
                    )
                )

    def _may_hide(self, change: Change, asked: Asked) -> bool:
        lines = self.valid.lines
        first, last = asked.first, asked.last
        while first > 0 and _is_blank(lines[first - 1]):
            first -= 1
        while last + 1 < len(lines) and _is_blank(lines[last + 1]):
            last += 1
        if asked.column < 0 or change.first > last + 1 or change.old_end < first:
            return False
        return level(lines, change) <= asked.column


def level(lines: list[str], change: Change) -> int:
    """How deep the entries are among which the shallowest changed line stands.

    That is its own indentation, if a line above it has the same or if it begins a block. What fits
    neither may belong to everything that is deeper than the line above it that is not.
    """
    above = [depth(line) for line in lines[: change.first] if not _is_blank(line)]
    if not above or above[-1] < change.depth:
        return change.column
    return next((each for each in reversed(above) if each <= change.depth), 0)


def _is_blank(line: str) -> bool:
    return line.strip()[:1] in ("", "#")


def is_touched(known: Known, change: Change) -> bool:
    if change.cuts and min(known.context) < change.first <= known.first:
        return True
    if change.first == change.old_end:
        return known.first < change.first <= known.last
    return (change.first <= known.last and known.first < change.old_end) or any(
        change.first <= line < change.old_end for line in known.context
    )


# --- What people do -----------------------------------------------------------------------------


def line_spans(text: str) -> list[Span]:
    """The lines that hold something, without their breaks."""
    lines = Lines(text)
    return [
        Span(start, start + len(line.rstrip("\r\n")))
        for line, start in zip(lines.lines, lines.starts, strict=False)
        if not _is_blank(line)
    ]


def indent(text: str, line: Span) -> str:
    content = text[slice(*line)]
    return content[: len(content) - len(content.lstrip(" "))]


def type_it_all(text: str, editor: Editor, random: Random) -> None:
    """From nothing to the whole text; Enter keeps the indentation, which is then corrected."""
    editor.replace(0, len(editor.text), "")
    at = 0
    for line in split(text):
        content = line.rstrip("\r\n")
        blanks = content[: len(content) - len(content.lstrip(" "))]
        have = editor.text[max(editor.text.rfind("\n"), editor.text.rfind("\r")) + 1 : at]
        if len(have) > len(blanks):
            editor.erase(at - (len(have) - len(blanks)), at)
            at -= len(have) - len(blanks)
        elif len(have) < len(blanks):
            editor.replace(at, at, blanks[len(have) :])
            at += len(blanks) - len(have)
        at = editor.type(at, content[len(blanks) :])
        if line != content:
            # Nobody indents a line that is blank.
            new = line[len(content) :] + (blanks if content.strip() else "")
            editor.replace(at, at, new)
            at += len(new)


def retype_a_line(line: Span, editor: Editor, random: Random) -> None:
    text = editor.text
    start = line.start + len(indent(text, line))
    editor.replace(start, line.end, "")
    editor.type(start, text[start : line.end])


def delete_a_line(line: Span, editor: Editor, random: Random) -> None:
    text = editor.text
    editor.erase(line.start, line.end)
    if line.start:
        before = line.start - (2 if text.endswith("\r\n", 0, line.start) else 1)
        editor.replace(before, line.start, "")
    editor.replace(0, len(editor.text), text)


NEW_LINES: Final = (
    "securityContext:",
    "privileged: true",
    'command: ["sh", "-c", \'echo "a: b"\']',
    "- name: new",
    "image: 'example.com/app:1.2'",
    "args: {a: [b, c]}",
    "# a comment: it's here",
    "- &anchor {name: x, value: *anchor}",
)


def press_enter(line: Span, editor: Editor, random: Random) -> None:
    """A new line below, as deep as the one above or two deeper, and then away with it."""
    text = editor.text
    newline = "\r\n" if "\r\n" in text else "\n"
    deeper = "  " if text[: line.end].endswith(":") else ""
    new = newline + indent(text, line) + deeper
    editor.replace(line.end, line.end, new)
    end = editor.type(line.end + len(new), random.choice(NEW_LINES))
    editor.replace(line.end, end, "")


def paste_lines(line: Span, editor: Editor, random: Random) -> None:
    """Some lines of the text once more, in another place and perhaps at another depth; undo."""
    text = editor.text
    spans = line_spans(text)
    first = random.randrange(len(spans))
    last = min(first + random.randrange(1, 8), len(spans) - 1)
    block = text[spans[first].start : spans[last].end]
    newline = "\r\n" if "\r\n" in text else "\n"
    if random.random() < 0.5:
        depth = random.choice(("  ", "    ", ""))
        block = newline.join(depth + each for each in block.lstrip(" ").split(newline))
    elif random.random() < 0.5:
        block = block.lstrip(" ")
    at = random.choice((line.start, line.start + len(indent(text, line))))
    editor.replace(at, at, block + newline)
    editor.replace(at, at + len(block + newline), "")
    editor.replace(line.start, line.end, block)
    editor.replace(line.start, line.start + len(block), text[slice(*line)])


PIECES: Final = (
    "\r\n", "\n", "\r", "😀", "---\n", "\n---\n", "- ", "\n- ", "'", '"', "\t", "\n\t", "&a ", "*a",
    ": ", ":", "#", " #", "{", "}", "[", "]", ",", "|", ">", "!", "?", "  ", " ", "\n  ", "%", "@",
    "...\n", "\ufeff", "\x85", "\u2028", "<<: *a", "x", "a: b", "é", "`", "\x00", "{{", "}}",
)  # fmt: skip


def edit_anywhere(line: Span, editor: Editor, random: Random) -> None:
    """One to four edits anywhere, of a few characters each, and then undo."""
    done: list[tuple[int, str, str]] = []
    for _ in range(random.choice((1, 1, 2, 4))):
        text = editor.text
        near = Span(*line) if random.random() < 0.5 else Span(0, len(text))
        start = min(random.randint(near.start, near.end), len(text))
        end = start
        if random.random() < 0.4:
            end = min(start + random.choice((1, 1, 2, 5, 40)), len(text))
        start, end = (_not_inside_of_a_break(text, each) for each in (start, end))
        new = "" if end > start and random.random() < 0.6 else random.choice(PIECES)
        # What would become one line break with its neighbour cannot be undone by places.
        if text[start - 1 : start] == "\r" and new[:1] in ("", "\n"):
            continue
        if text[end : end + 1] == "\n" and (new or text[start - 1 : start])[-1:] == "\r":
            continue
        done.append((start, text[start:end], new))
        editor.replace(start, end, new)
    for start, old, new in reversed(done):
        editor.replace(start, start + len(new), old)


def _not_inside_of_a_break(text: str, offset: int) -> int:
    return offset + 1 if text[offset - 1 : offset + 1] == "\r\n" else offset


ON_A_LINE: Final[dict[str, Callable[[Span, Editor, Random], None]]] = {
    "retype": retype_a_line,
    "delete": delete_a_line,
    "enter": press_enter,
    "paste": paste_lines,
    "random": edit_anywhere,
}


def work_on(text: str, name: str, tally: Tally, every: int, lengths: int) -> None:
    """Do all of it to one text: on each `every`th line, and typed whole where it is not long."""
    random = Random(name)
    editor = Editor(text, tally, name)
    for number, (kind, work) in enumerate(ON_A_LINE.items()):
        editor.kind = kind
        for line in line_spans(text)[number % every :: every]:
            work(line, editor, random)
            assert editor.text == text, (name, kind, line)
    if len(text) <= lengths:
        editor.kind = "type"
        type_it_all(text, editor, random)
        assert editor.text == text


# --- The manifests ------------------------------------------------------------------------------


@cache
def suitable(file: Path) -> bool:
    text = file.read_bytes().decode("utf-8", "replace")
    if "{{" in text or "containers:" not in text or text.count("\n") > 500:
        return False
    analysis = analyze(text, EVERYTHING)
    containers = sum(1 for result in analysis.units for _ in result.containers())
    return is_valid(analysis) and containers > 1


def chosen(corpora: Path, manifest: list[dict[str, Any]], number: int) -> list[Path]:
    """Manifests with several containers, by turns from each of the repositories."""
    by_source: dict[str, list[Path]] = {}
    for each in sorted(manifest, key=lambda each: str(each["sha256"])):
        if each["set"] in ("real", "peers", "pss"):
            source = str(each.get("source_repo"))
            by_source.setdefault(source, []).append(corpora / each["path"])
    found: list[Path] = []
    turns = [iter(by_source[source]) for source in sorted(by_source)]
    while turns and len(found) < number:
        for turn in turns[:]:
            file = next((file for file in turn if suitable(file)), None)
            if file is None:
                turns.remove(turn)
            else:
                found.append(file)
    return found[:number]


def assert_typing_keeps_findings(files: list[Path], every: int, lengths: int) -> None:
    tally = Tally()
    for number, file in enumerate(files):
        text = file.read_bytes().decode("utf-8", "replace")
        if number % 5 == 4 and "\r" not in text:
            text = text.replace("\n", "\r\n")
        work_on(text, file.name, tally, every, lengths)
    print(tally)
    assert tally.total["judged"] > 100
    for kind, counts in tally.counts.items():
        assert share(counts) >= SHARE, f"{kind}\n{tally}"


def test_a_sample_of_typing_keeps_findings(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert_typing_keeps_findings(chosen(corpora, manifest, 4), every=9, lengths=800)


@pytest.mark.sweep
def test_typing_keeps_findings(corpora: Path, manifest: list[dict[str, Any]]) -> None:
    assert_typing_keeps_findings(chosen(corpora, manifest, 50), every=15, lengths=1200)
