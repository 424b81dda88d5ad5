"""What is cut again around an edit is what cutting all of it gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.reuse.recut import cut_again
from k8s_lsp.syntax.units import CUT_LISTS_ABOVE, Unit, cut, offsets_of
from k8s_lsp.text import Span
from tests.syntax.lists import ITEM, list_of

PIECES = st.sampled_from(
    [
        "---\n",
        "--- ",
        "---",
        "\n",
        "a: b\n",
        "...\n",
        "%YAML 1.2\n",
        "# x\n",
        "- ",
        "\r\n",
        "\r",
        "\ufeff",
        "{}",
        '{"a": 1}',
        "}",
        "\x85",
    ]
)


def again(text: str, before: str, edited: Span) -> list[Unit]:
    """The units of a text, from those of the text before, as far as they can be told."""
    units = cut(before)
    added = len(text) - len(before)
    found = cut_again(text, offsets_of(units), units.__getitem__, edited, added)
    if found is None:
        return cut(text)
    return [*units[: found.before], *found.units, *units[len(units) - found.after :]]


@given(st.lists(PIECES, max_size=40), st.data())
def test_to_cut_again_is_to_cut(parts: list[str], data: st.DataObject) -> None:
    before = "".join(parts)
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    new = "".join(data.draw(st.lists(PIECES, max_size=3)))
    text = before[:start] + new + before[end:]
    edited = Span(start, start + len(new))
    assert again(text, before, edited) == cut(text)


@pytest.mark.parametrize("place", ["head", "item", "tail", "above", "below"])
@pytest.mark.parametrize("new", ["---\n", "x", "\n", "- a\n", "&a "])
@pytest.mark.parametrize("removed", [0, 1, 4])
def test_to_cut_again_is_to_cut_around_a_list(place: str, new: str, removed: int) -> None:
    large = list_of(ITEM.format("  "), below="metadata: {}\n")
    before = f"a: b\n---\nc: d\n---\n{large}---\ne: f\n---\ng: h\n"
    at = {
        "head": before.index("kind: List"),
        "item": before.index("  - apiVersion", len(before) // 2),
        "tail": before.index("metadata: {}"),
        "above": before.index("---\napiVersion"),
        "below": before.index("---\ne: f"),
    }[place]
    text = before[:at] + new + before[at + removed :]
    assert again(text, before, Span(at, at + len(new))) == cut(text)


LINES = st.sampled_from(
    [
        "  - apiVersion: v1\n",
        "    kind: Pod\n",
        "      # deep\n",
        "  # x\n",
        "# y\n",
        "\n",
        "  -\n",
        "kind: X\n",
        "    a: |\r\n",
        "    &x b\n",
        "    - %c\n",
        "---\n",
        " \r",
        "  ",
    ]
)


@given(st.lists(LINES, max_size=4), st.integers(0, 400), st.integers(0, 400))
def test_to_cut_again_is_to_cut_inside_of_a_list(new: list[str], at: int, length: int) -> None:
    before = list_of(ITEM.format("  ") + "  # z\n")
    start = len(before) // 2 + at
    text = before[:start] + "".join(new) + before[start + length :]
    assert again(text, before, Span(start, start + len("".join(new)))) == cut(text)


def test_a_list_that_becomes_small_is_whole_again() -> None:
    item = ITEM.format("  ")
    before = list_of(item)
    start = before.index("  - ", CUT_LISTS_ABOVE // 2)
    text = (
        before[:start] + before[start + (len(before) - CUT_LISTS_ABOVE) // len(item) * len(item) :]
    )
    assert len(cut(text)) > 1
    less = text[:start] + text[start + len(item) :]
    assert again(less, text, Span(start, start)) == cut(less) == [Unit(less)]


def test_an_item_is_cut_again_alone() -> None:
    before = list_of(ITEM.format("  "))
    start = before.index("pod-1", CUT_LISTS_ABOVE // 2)
    text = before[:start] + "x" + before[start:]
    units = cut(before)
    found = cut_again(text, offsets_of(units), units.__getitem__, Span(start, start + 1), 1)
    assert found is not None
    assert len(found.units) == 3
