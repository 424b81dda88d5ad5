"""Positions and offsets, in the three encodings and with every kind of line break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from k8s_lsp.features.convert import lines_of
from k8s_lsp.syntax.units import cut, offsets_of
from k8s_lsp.text import Edit, Encoding, Span, line_breaks, line_end
from tests.features.opened import offset_in, splice

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")

TEXTS = st.lists(
    st.sampled_from(
        ["a", "key: ", "é", "😀", "\ufeff", "\r", "\n", "\r\n", "\x0c", "\x85", "\u2028"]
    )
).map("".join)


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 8), ("utf-16", 5), ("utf-32", 4)])
def test_an_emoji_before_the_token(encoding: Encoding, character: int) -> None:
    lines = lines_of("a\né😀: x", encoding)
    assert lines.position_of(6) == types.Position(1, character)
    assert lines.offset_of(types.Position(1, character)) == 6


def test_a_byte_order_mark_is_a_character_of_its_line() -> None:
    assert lines_of("\ufeffkind: Pod", "utf-8").position_of(1) == types.Position(0, 3)
    assert lines_of("\ufeffkind: Pod", "utf-16").position_of(1) == types.Position(0, 1)


def test_only_the_line_breaks_of_the_protocol_count() -> None:
    lines = lines_of("a\r\nb\rc\u2028d\x85e\x0cf\ng", "utf-32")
    found = [lines.position_of(lines.text.index(letter)) for letter in "abcdefg"]
    assert [(each.line, each.character) for each in found] == [
        (0, 0),
        (1, 0),
        (2, 0),
        (2, 2),
        (2, 4),
        (2, 6),
        (3, 0),
    ]


def test_no_position_lies_inside_of_a_line_break() -> None:
    lines = lines_of("ab\r\nc", "utf-16")
    assert lines.position_of(3) == lines.position_of(2) == types.Position(0, 2)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("line", "character", "offset"), [(0, 99, 2), (1, 99, 5), (9, 0, 5), (0, 0, 0)]
)
def test_what_lies_outside_is_clamped(
    encoding: Encoding, line: int, character: int, offset: int
) -> None:
    lines = lines_of("ab\r\nc", encoding)
    assert lines.offset_of(types.Position(line, character)) == offset


def test_a_token_is_cut_to_its_first_line() -> None:
    lines = lines_of("- |\r\n  text\r\n", "utf-16")
    token = lines.token_range_of(Span(2, 11))
    assert (token.start, token.end) == (types.Position(0, 2), types.Position(0, 3))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", ["ab\r\n\rc\n\nd", "\ufeffé\r\n\r😀c\n\n\ud800"], ids=ascii)
def test_a_token_is_what_a_span_covers_of_its_first_line(text: str, encoding: Encoding) -> None:
    lines = lines_of(text, encoding)
    for end in range(len(text) + 1):
        for start in range(end + 1):
            token = lines.token_range_of(Span(start, end))
            first = lines.position_of(start)
            rest = lines.range_of(Span(start, min(end, line_end(text, start))))
            assert token.start == first
            assert token.end == (rest.end if end > start else first)
            assert lines.token_of(Span(start, end)) == (
                token.start.line,
                token.start.character,
                token.end.character,
            )


@given(text=TEXTS, data=st.data(), encoding=st.sampled_from(ENCODINGS))
def test_offsets_survive_the_way_there_and_back(
    text: str, data: st.DataObject, encoding: Encoding
) -> None:
    lines = lines_of(text, encoding)
    offset = data.draw(st.integers(0, len(text)))
    position = lines.position_of(offset)
    expected = offset - (text[offset - 1 : offset + 1] == "\r\n" and offset > 0)
    assert lines.offset_of(position) == expected == offset_in(text, position, encoding)


@given(
    text=TEXTS,
    line=st.integers(0, 6),
    character=st.integers(0, 9),
    encoding=st.sampled_from(ENCODINGS),
)
def test_any_position_means_what_an_editor_sees(
    text: str, line: int, character: int, encoding: Encoding
) -> None:
    position = types.Position(line, character)
    found = lines_of(text, encoding).offset_of(position)
    assert found == offset_in(text, position, encoding)


@given(text=TEXTS)
def test_the_line_breaks_are_counted_as_the_lines_are_found(text: str) -> None:
    assert line_breaks(text) == len(lines_of(text, "utf-16").starts) - 1


ITEMS = "apiVersion: v1\nkind: List\nitems:\n" + f"- a: {'x' * 40_000}\n" * 2


@given(
    pieces=st.lists(st.sampled_from(["a", "\r", "\n", "\r\n", "---", "--- ", ITEMS]), max_size=9)
)
def test_a_unit_begins_where_a_line_does(pieces: list[str]) -> None:
    text = "".join(pieces)
    line = 0
    units = cut(text)
    for unit, offset in zip(units, offsets_of(units), strict=True):
        assert lines_of(text, "utf-16").position_of(offset) == types.Position(line, 0)
        line += line_breaks(unit.text)


@given(text=TEXTS, data=st.data(), encoding=st.sampled_from(ENCODINGS))
def test_an_edit_does_the_same_on_both_sides(
    text: str, data: st.DataObject, encoding: Encoding
) -> None:
    places = [
        index for index in range(len(text) + 1) if text[max(index - 1, 0) : index + 1] != "\r\n"
    ]
    start = data.draw(st.sampled_from(places))
    end = data.draw(st.sampled_from([each for each in places if each >= start]))
    edit = lines_of(text, encoding).text_edit_of(Edit(Span(start, end), "new"))
    assert splice(text, edit.range, edit.new_text, encoding) == text[:start] + "new" + text[end:]
