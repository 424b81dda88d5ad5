"""What most keys change: a value that stays one, blanks, or a line that is no YAML yet.

Then the tree is that of the text before, but for the one leaf and for where things stand, and
nobody has to read the text again to know it.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from k8s_lsp.syntax.drafts import PLAIN, MappingDraft, ScalarDraft, SequenceDraft
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence, Tree, names_of
from k8s_lsp.syntax.recover import Reading, Repair, common, first_repairs
from k8s_lsp.text import Span

_VALUE: Final = re.compile(rf"(?!.*\r){PLAIN}(?<![ ])", re.ASCII | re.VERBOSE)
"""A plain value on one line, as it is written."""

_NO_BREAK: Final = re.compile(r"[^\n\r]")


class _AliasError(Exception):
    """A tree cannot be moved: what an alias stands for would have to be moved with it."""


def with_change(previous: Tree, text: str) -> tuple[Node, ...] | None:
    """The documents of a text that differs from another one in a plain value, or in blanks.

    None where anything else changed, where the value may be none any more, and where the other
    text could not be read.
    """
    changed = _change(previous.text, text) if previous.as_written else None
    if changed is None:
        return None
    added = len(text) - len(previous.text)
    blanks = _blanks_around(previous, text, changed)
    if blanks is not None:
        # What ends where the blanks begin stays there.
        return _moved(previous.roots, blanks + 1, added)
    leaf = _leaf_at(previous.roots, changed.start)
    if leaf is None or leaf.span.end < changed.end:
        return None
    first, last = leaf.span
    # An empty value may stand right behind a colon, and what is written there belongs to the key.
    if first == last or leaf.value != previous.text[first:last]:
        return None
    if leaf.style or leaf.tag or leaf.anchor:
        return None
    value = text[first : last + added]
    if not _VALUE.fullmatch(value):
        return None
    return _moved(previous.roots, last, added, leaf, value)


def _blanks_around(previous: Tree, text: str, changed: Span) -> int | None:
    """Where the blanks between two lines begin, if only they differ, and no indentation does.

    `changed` is where they differ in the text before.
    """
    before, added = previous.text, len(text) - len(previous.text)
    start, end = changed
    while start > 0 and before[start - 1] in " \n":
        start -= 1
    while end < len(before) and before[end] in " \n":
        end += 1
    old, new = before[start:end], text[start : end + added]
    if old.strip(" \n") or new.strip(" \n"):
        return None
    if end < len(before) and (
        "\n" not in old or "\n" not in new or old.rpartition("\n")[2] != new.rpartition("\n")[2]
    ):
        return None
    above = _last_leaf(previous.roots, start)
    if above is not None and (above.span.end > start or above.style in ("|", ">")):
        return None
    return start


def with_line(
    previous: Tree, text: str, read: Callable[[str], Reading]
) -> tuple[Reading, Reading] | None:
    """How a text is read in which a line was edited that had to be given up, and still has to.

    Gives what was read with and without its repair. None where anything else changed, or where
    there is a better repair now. `read` reads a text as it is.
    """
    line, changed = previous.given_up, _change(previous.text, text)
    # What begins with the same character belongs to the same collection.
    if line is None or changed is None or not line.start < changed.start <= changed.end <= line.end:
        return None
    above = _last_leaf(previous.roots, line.start)
    if above is not None and above.style in ("|", ">"):
        # The blanks may belong to its text.
        return None
    added = len(text) - len(previous.text)
    end = line.end + added
    blank = Repair(Span(line.start, end), " " * (end - line.start))
    broken = _still_no_key(previous, text, line, end)
    if broken is None:
        broken = read(_without_closed(previous.roots, line.start, text))
    if broken.failure is None or first_repairs(text, broken) != (blank,):
        return None
    roots = _moved(previous.roots, line.end, added)
    return None if roots is None else (Reading(roots, None, repairs=(blank,)), broken)


def _still_no_key(previous: Tree, text: str, line: Span, end: int) -> Reading | None:
    """How a parser fails if the line is a word without a colon, as it was; None if it is not."""
    failure = previous.failure
    if failure is None or failure.kind != "colon" or failure.begin != line.start:
        return None
    for word in (previous.text[line.start : line.end], text[line.start : end]):
        # A marker ends the document, and what is longer is no key.
        if not _VALUE.fullmatch(word) or word.startswith(("---", "...")) or len(word) > 1_000:
            return None
    offset = failure.offset + (end - line.end if failure.offset >= line.end else 0)
    return Reading((), failure._replace(offset=offset))


def _without_closed(roots: tuple[Node, ...], place: int, text: str) -> str:
    """A text in which a parser fails as in this one, but sooner, if it fails behind a place.

    Of what stands above it, only the last entry of each collection that goes on there makes a
    difference.
    """
    parts: list[str] = []
    done = 0
    for start, end in _closed_above(roots, place):
        parts += (text[done:start], _NO_BREAK.sub(" ", text[start:end]))
        done = end
    return "".join((*parts, text[done:]))


def given_up_by(repairs: tuple[Repair, ...], text: str) -> Span | None:
    """The part of a line of the text that repairs turn into blanks, if they do nothing else.

    What stands for a tab in the indentation gives up nothing: the line is still read.
    """
    if len(repairs) != 1 or repairs[0].role or repairs[0].text.strip(" "):
        return None
    span = repairs[0].span
    return None if text[span.start : span.end][:1] in ("", " ", "\t") else span


def _change(old: str, new: str) -> Span | None:
    """The part of the old text that is another one in the new; None where they are the same."""
    start = common(old, new)
    if start == len(old) == len(new):
        return None
    longest = min(len(old), len(new)) - start
    return Span(start, len(old) - min(common(old[::-1], new[::-1]), longest))


def _closed_above(roots: tuple[Node, ...], place: int) -> list[Span]:
    """Entries that end before others of their collections do that begin before a place."""
    closed: list[Span] = []
    nodes: Any = roots
    while True:
        begun = []
        for each in nodes:
            first = each[0] if isinstance(each, Entry) else each
            if first.start >= place:
                break
            begun.append(each)
        if not begun:
            return closed
        *before, last = begun
        if isinstance(last, Entry):
            closed += [Span(key.start, value.span.end) for key, value in before]
            last = last.value
        if isinstance(last, Mapping) and not last.flow:
            nodes = last.entries
        elif isinstance(last, Sequence) and not last.flow:
            nodes = last.items
        else:
            return closed


def _leaf_at(roots: tuple[Node, ...], place: int) -> Scalar | None:
    """The value in a block collection that stands at a place."""
    nodes: Any = roots
    depth = 0
    while True:
        node = next((each for each in nodes if each.span.start <= place <= each.span.end), None)
        if isinstance(node, Mapping) and not node.flow:
            nodes = [entry.value for entry in node.entries]
        elif isinstance(node, Sequence) and not node.flow:
            nodes = node.items
        else:
            return node if isinstance(node, Scalar) and depth else None
        depth += 1


def _last_leaf(roots: tuple[Node, ...], place: int) -> Scalar | None:
    """The last value that begins before a place."""
    nodes: Any = roots
    while True:
        node = None
        for each in nodes:
            if each.span.start >= place:
                break
            node = each
        if isinstance(node, Mapping):
            nodes = [entry.value for entry in node.entries]
        elif isinstance(node, Sequence):
            nodes = node.items
        else:
            return node if isinstance(node, Scalar) else None


def _moved(
    roots: tuple[Node, ...], end: int, added: int, leaf: Scalar | None = None, value: str = ""
) -> tuple[Node, ...] | None:
    """The documents, when so many characters come to stand before the offset that was `end`.

    What ends before that stays as it is. The `leaf` gets the value. None where there are aliases.
    """
    new, blank = tuple.__new__, object.__new__

    def place(offset: int) -> int:
        return offset if offset < end else offset + added

    def move(node: Node) -> Node:
        start, stop = node.span
        moved: Any
        if stop < end:
            return node
        if type(node) is Scalar:
            moved = blank(ScalarDraft)
            moved.value = node.value
            moved.style = node.style
            if node is leaf:
                moved.value = value
        elif type(node) is Mapping:
            moved = blank(MappingDraft)
            entries = tuple(
                [
                    entry
                    if entry[1].span.end < end
                    else new(Entry, (move(entry[0]), move(entry[1])))
                    for entry in node.entries
                ]
            )
            moved.entries = entries
            moved.names = names_of(entries)
            moved.flow = node.flow
            moved.open = node.open
        elif type(node) is Sequence:
            moved = blank(SequenceDraft)
            moved.items = tuple([move(item) for item in node.items])
            moved.flow = node.flow
            moved.open = node.open
        else:
            raise _AliasError
        moved.span = new(Span, (place(start), stop + added))
        moved.start = place(node.start)
        moved.tag = node.tag
        moved.anchor = node.anchor
        moved.__class__ = type(node)
        result: Node = moved
        return result

    try:
        return tuple([move(root) for root in roots])
    except _AliasError:
        return None
