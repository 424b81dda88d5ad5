"""Open texts follow the client, whatever it sends."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from k8s_lsp.server import buffers
from k8s_lsp.server.buffers import FAR, Buffer, PartialChange, changes_of
from k8s_lsp.text import Encoding, line_starts
from tests.features.opened import splice

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
