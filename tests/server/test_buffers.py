"""Open texts follow the client, whatever it sends."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from k8s_lsp.server import buffers
from k8s_lsp.server.buffers import FAR, Buffer, PartialChange, changes_of, key_of
from k8s_lsp.text import Encoding, line_starts
from tests.features.opened import splice, splice_units

PIECES = st.sampled_from(
    [
        "a",
        "b: c",
        "é",
        "😀",
        "\ufeff",
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        "\x85",
        "\u2028",
        "\x0c",
        "---\n",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
POSITIONS = st.builds(types.Position, st.integers(0, 9), st.integers(0, 9))
PARTIAL = st.builds(
    types.TextDocumentContentChangePartial, st.builds(types.Range, POSITIONS, POSITIONS), TEXTS
)
WHOLE = st.builds(types.TextDocumentContentChangeWholeDocument, TEXTS)
CHANGES = st.lists(st.one_of(PARTIAL, PARTIAL, PARTIAL, WHOLE), max_size=8)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def expected(text: str, change: types.TextDocumentContentChangeEvent, encoding: Encoding) -> str:
    if isinstance(change, types.TextDocumentContentChangeWholeDocument):
        return change.text
    if encoding == "utf-16":
        return splice_units(text, change.range, change.text)
    return splice(text, change.range, change.text, encoding)


@given(text=TEXTS, changes=CHANGES, encoding=ENCODINGS, far=st.sampled_from([0, 2, FAR]))
def test_a_buffer_holds_what_the_editor_holds(
    text: str, changes: list[types.TextDocumentContentChangeEvent], encoding: Encoding, far: int
) -> None:
    buffer = Buffer("file:///a.yaml", 1, text, encoding)
    for change in changes:
        with patch.object(buffers, "FAR", far):
            buffer.apply(change)
        text = expected(text, change, encoding)
        assert buffer.text == text
    lines, _ = buffer.snapshot()
    assert lines.text == text
    assert list(lines.starts) == line_starts(text)


HALVES = st.lists(st.sampled_from(["\ud83d", "\ude00", "😀", "a", "é", "\n", "\r\n"]), max_size=5)
BROKEN = st.builds(
    types.TextDocumentContentChangePartial,
    st.builds(types.Range, POSITIONS, POSITIONS),
    HALVES.map("".join),
)


@given(text=TEXTS, changes=st.lists(BROKEN, max_size=8))
def test_halves_of_characters_come_and_go_one_by_one(
    text: str, changes: list[types.TextDocumentContentChangePartial]
) -> None:
    buffer = Buffer("file:///a.yaml", 1, text, "utf-16")
    for change in changes:
        before, seen = buffer.text, buffer.snapshot()[0].text
        buffer.apply(change)
        assert buffer.text == splice_units(before, change.range, change.text)
        lines, edited = buffer.snapshot(seen)
        assert edited is not None
        assert lines.text[: edited.start] == before[: edited.start]
        assert before.endswith(lines.text[edited.end :])
        assert list(lines.starts) == line_starts(lines.text)


def at(character: int, end: int, text: str) -> types.TextDocumentContentChangePartial:
    return types.TextDocumentContentChangePartial(
        types.Range(types.Position(0, character), types.Position(0, end)), text
    )


@pytest.mark.parametrize(
    ("text", "changes", "after"),
    [
        ("a: b", [at(4, 4, "\ud83d"), at(5, 5, "\ude00")], "a: b😀"),
        ("a: b", [at(3, 3, "\ude00"), at(3, 3, "\ud83d")], "a: 😀b"),
        ("a: 😀", [at(4, 5, "")], "a: \ud83d"),
        ("a: 😀", [at(4, 5, ""), at(3, 4, "")], "a: "),
        ("a: 😀", [at(3, 4, ""), at(3, 4, "")], "a: "),
        ("a: 😀", [at(4, 5, "\ude01")], "a: 😁"),
        ("a: 😀", [at(4, 4, "x")], "a: \ud83dx\ude00"),
        ("a: 😀", [at(4, 4, "x"), at(4, 5, "")], "a: 😀"),
        ("a: 😀", [at(4, 3, "x")], "a: \ud83dx\ude00"),
        ("😀😁", [at(1, 3, "")], "😁"),
        ("\ud83d", [at(0, 0, "\ud83d"), at(2, 2, "\ude00")], "\ud83d😀"),
    ],
)
def test_two_halves_that_meet_are_one_character(
    text: str, changes: list[types.TextDocumentContentChangePartial], after: str
) -> None:
    buffer = Buffer("file:///a.yaml", 1, text, "utf-16")
    for change in changes:
        buffer.apply(change)
    assert buffer.text == after


def test_halves_are_only_what_utf_16_has() -> None:
    buffer = Buffer("file:///a.yaml", 1, "😀", "utf-32")
    for change in (at(1, 1, "\ud83d"), at(2, 2, "\ude00")):
        buffer.apply(change)
    assert buffer.text == "😀\ud83d\ude00"


STRUCTURE = converters.get_converter()


@given(change=st.one_of(PARTIAL, WHOLE))
def test_a_change_is_read_as_the_library_reads_it(
    change: types.TextDocumentContentChangeEvent,
) -> None:
    document = types.VersionedTextDocumentIdentifier(2, "file:///a.yaml")
    params = types.DidChangeTextDocumentParams(document, [change])
    uri, version, [read] = changes_of(STRUCTURE.unstructure(params))
    assert (uri, version) == (document.uri, document.version)
    assert read.text == change.text
    if isinstance(change, types.TextDocumentContentChangePartial):
        assert isinstance(read, PartialChange)
        for mine, theirs in zip(read.range, (change.range.start, change.range.end), strict=True):
            assert mine == (theirs.line, theirs.character)
    else:
        assert read == change


@given(text=TEXTS, changes=CHANGES, more=CHANGES, encoding=ENCODINGS)
def test_a_snapshot_tells_what_changed_since_the_last_one(
    text: str,
    changes: list[types.TextDocumentContentChangeEvent],
    more: list[types.TextDocumentContentChangeEvent],
    encoding: Encoding,
) -> None:
    buffer = Buffer("file:///a.yaml", 1, text, encoding)
    for change in changes:
        buffer.apply(change)
    before = buffer.snapshot()[0].text
    for change in more:
        buffer.apply(change)
    lines, edited = buffer.snapshot(before)
    assert edited is not None
    after = lines.text
    assert 0 <= edited.start <= edited.end <= len(after)
    assert after[: edited.start] == before[: edited.start]
    assert before.endswith(after[edited.end :])
    assert edited.start + len(after) - edited.end <= len(before)
    assert buffer.snapshot(before + "x")[1] is None


def test_the_span_of_one_key_is_its_line() -> None:
    buffer = Buffer("file:///a.yaml", 1, "a: 1\nb: 2\nc: 3\n", "utf-16")
    before = buffer.snapshot()[0].text
    here = types.Position(1, 4)
    buffer.apply(types.TextDocumentContentChangePartial(types.Range(here, here), "5"))
    lines, edited = buffer.snapshot(before)
    assert edited is not None
    assert lines.text[slice(*edited)] == "b: 25"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("old", "new", "typed"),
    [
        # A key, in the middle and in the last line.
        ("a\nb\nc\n", "a\nbx\nc\n", (1, 1)),
        ("a\nb", "a\nbx", (1, 1)),
        # Enter: the cursor is in the line below.
        ("a\nb\n", "a\n\nb\n", (1, 1)),
        ("a\nbc\nd\n", "a\nb\n  c\nd\n", (1, 2)),
        # A line that goes, and several that come.
        ("a\nb\nc\n", "a\nc\n", (1, 1)),
        ("a\nd\n", "a\nb\nc\nd\n", (1, 2)),
    ],
)
def test_a_whole_text_tells_the_line_that_was_typed(
    old: str, new: str, typed: tuple[int, int], end: str
) -> None:
    old, new = old.replace("\n", end), new.replace("\n", end)
    buffer = Buffer("file:///a.yaml", 1, old, "utf-16")
    assert buffer.typed is None
    buffer.apply(types.TextDocumentContentChangeWholeDocument(new))
    assert buffer.typed == typed


def test_a_change_tells_the_line_that_was_typed() -> None:
    buffer = Buffer("file:///a.yaml", 1, "a\nb\nc\n", "utf-16")

    def typed(start: tuple[int, int], end: tuple[int, int], text: str) -> object:
        range_ = types.Range(types.Position(*start), types.Position(*end))
        buffer.apply(types.TextDocumentContentChangePartial(range_, text))
        return buffer.typed

    assert typed((1, 1), (1, 1), "x") == (1, 1)
    assert typed((1, 2), (1, 2), "\n  ") == (1, 2)
    # Backspace at the beginning of a line joins it to the one above.
    assert typed((1, 2), (2, 2), "") == (1, 1)
    # A place beyond the text means its last line.
    assert typed((99, 0), (99, 0), "z") == (3, 3)


def test_changes_far_from_each_other() -> None:
    text = "a: 1\n" * 3 * FAR
    buffer = Buffer("file:///a.yaml", 1, text, "utf-16")
    for line in (0, 2 * FAR, 2 * FAR + 1, 1, 3 * FAR, 9 * FAR, FAR - 1):
        here = types.Position(line, 4)
        change = types.TextDocumentContentChangePartial(types.Range(here, here), "2\n3: ")
        buffer.apply(change)
        text = expected(text, change, "utf-16")
        assert buffer.text == text


def test_a_position_is_not_changed() -> None:
    position = types.Position(99, 99)
    change = types.TextDocumentContentChangePartial(types.Range(position, position), "x")
    buffer = Buffer("file:///a.yaml", 1, "a\nb", "utf-16")
    buffer.apply(change)
    assert buffer.text == "a\nbx"
    assert position == types.Position(99, 99)


@pytest.mark.parametrize("text", ["a\rb", "\r"])
def test_a_line_feed_after_a_carriage_return_joins_it(text: str) -> None:
    buffer = Buffer("file:///a.yaml", 1, text, "utf-16")
    here = types.Position(1, 0)
    buffer.apply(types.TextDocumentContentChangePartial(types.Range(here, here), "\n"))
    assert list(buffer.snapshot()[0].starts) == line_starts(text.replace("\r", "\r\n"))
    buffer.apply(types.TextDocumentContentChangePartial(types.Range(here, here), "c"))
    assert buffer.text == text.replace("\r", "\r\nc")


def test_a_line_feed_that_comes_to_stand_after_a_carriage_return_joins_it() -> None:
    buffer = Buffer("file:///a.yaml", 1, "a\rb\nc", "utf-16")
    line = types.Range(types.Position(1, 0), types.Position(1, 1))
    buffer.apply(types.TextDocumentContentChangePartial(line, ""))
    here = types.Position(1, 0)
    buffer.apply(types.TextDocumentContentChangePartial(types.Range(here, here), "d"))
    assert buffer.text == "a\r\ndc"


@pytest.mark.parametrize(
    "one",
    [
        "file:///c%3A/Work/my%20pod.yaml",
        "file:///C%3A/Work/my%20pod.yaml",
        "file:///c%3a/Work/my pod.yaml",
        "file:///C:/Work/my%20pod.yaml",
        "file:///%43:/Work/my%20pod.yaml",
        "FILE:///C:/Work/my%20%70od.yaml",
    ],
)
def test_the_drive_of_a_file_may_be_spelled_in_many_ways(one: str) -> None:
    assert key_of(one) == key_of("file:///c:/Work/my%20pod.yaml")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file:///c:/Work/pod.yaml", "file:///c:/work/pod.yaml"),
        ("file:///c:/pod.yaml", "file:///d:/pod.yaml"),
        ("file:///C/pod.yaml", "file:///c/pod.yaml"),
        ("file:///C:pod.yaml", "file:///c:pod.yaml"),
        ("file:///work/C:/pod.yaml", "file:///work/c:/pod.yaml"),
        ("file://C/pod.yaml", "file://c/pod.yaml"),
        ("file:///a%2525.yaml", "file:///a%25.yaml"),
        ("untitled:C:/pod.yaml", "untitled:c:/pod.yaml"),
        ("untitled:a%20b", "untitled:a b"),
        ("git:/C:/pod.yaml?%7B%22ref%22%3A%22%22%7D", 'git:/C:/pod.yaml?{"ref":""}'),
        ("vscode-notebook-cell:/C%3A/a.ipynb#W0", "vscode-notebook-cell:/c%3A/a.ipynb#W0"),
        ("profile:///C:/pod.yaml", "profile:///c:/pod.yaml"),
    ],
)
def test_other_addresses_are_not_the_same(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
