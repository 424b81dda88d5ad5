"""A text before and after -> the small edits between the two.

Editors keep cursors, folds and marks where a text is not touched, so a rewritten text is sent as
what changed in it.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from k8s_lsp.syntax.units import cut, offsets_of
from k8s_lsp.text import Edit, Span, line_starts


def edits_between(before: str, after: str) -> list[Edit]:
    """The edits of `before` that make `after` of it: whole lines, or a part of one line.

    Units are compared one with the other, because comparing takes more than linear time; where
    their number differs, the whole texts are.
    """
    old, new = cut(before), cut(after)
    if len(old) != len(new):
        return list(_edits(before, after))
    return [
        edit.shifted(offset)
        for offset, unit, other in zip(offsets_of(old), old, new, strict=True)
        if unit.text != other.text
        for edit in _edits(unit.text, other.text)
    ]


def _edits(before: str, after: str) -> Iterator[Edit]:
    old, new = _lines(before), _lines(after)
    starts = [0, *accumulate(map(len, old))]
    matcher = SequenceMatcher(None, old, new)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "equal":
            span = Span(starts[first], starts[last])
            edit = _trimmed(before, Edit(span, "".join(new[new_first:new_last])))
            yield _before_the_end(before, edit) if edit.span.start == len(before) else edit


def _lines(text: str) -> list[str]:
    """The lines with their ends, in the protocol's line model."""
    starts = line_starts(text)
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _trimmed(text: str, edit: Edit) -> Edit:
    """The edit without what the old and the new text have in common at both ends.

    Words stay whole: `true` becomes `false`, not `tru` `fals`.
    """
    start, end = edit.span
    old, new = text[start:end], edit.text
    limit = min(len(old), len(new))
    head = 0
    while head < limit and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < limit - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    while head and _splits_word(old, new, head):
        head -= 1
    while tail and _splits_word(old[::-1], new[::-1], tail):
        tail -= 1
    # No position exists between the two characters of a line break.
    if text[start + head - 1 : start + head + 1] == "\r\n" and head:
        head -= 1
    if text[end - tail - 1 : end - tail + 1] == "\r\n" and tail:
        tail -= 1
    return Edit(Span(start + head, end - tail), new[head : len(new) - tail])


def _before_the_end(text: str, edit: Edit) -> Edit:
    """The edit, which appends lines to a text, as one that inserts them before its last line break.

    The position behind that is in no line of Neovim, which would add an empty one there.
    """
    newline = next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")
    if not newline or not edit.text.endswith(newline):
        return edit
    start = len(text) - len(newline)
    return Edit(Span(start, start), newline + edit.text.removesuffix(newline))


def _splits_word(old: str, new: str, index: int) -> bool:
    """Whether a word of the old or the new text goes on beyond the index."""
    after = (old[index : index + 1] + new[index : index + 1]) or " "
    return old[index - 1].isalnum() and any(character.isalnum() for character in after)
