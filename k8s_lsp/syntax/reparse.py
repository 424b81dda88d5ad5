"""The tree of a text, given that of an earlier state: what most keys change needs no reading.

A value that stays one, blanks, or a line that is no YAML yet: then the tree is that of the text
before, but for the one leaf and for where things stand. Otherwise the text is read, and where it
does not parse, the earlier tree knows what was there.

In a text that parses, and in a template that does, all is as `parse` gives it.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from k8s_lsp.syntax.limits import LimitError
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence, Tree
from k8s_lsp.syntax.parse import finish, mend
from k8s_lsp.syntax.reading.build import make_scalar
from k8s_lsp.syntax.reading.skip import PLAIN
from k8s_lsp.syntax.reading.source import Source, read, source_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.repair.candidates import first_repairs
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.syntax.reuse.last_good import hints_of, last_good_of
from k8s_lsp.syntax.reuse.states import BrokenTree, difference, last_whole
from k8s_lsp.syntax.reuse.transplant import shift_tree
from k8s_lsp.syntax.scalars import is_refused
from k8s_lsp.syntax.units import ReadAs
from k8s_lsp.text import Span

_VALUE: Final = re.compile(rf"(?!.*\r){PLAIN}(?<![ ])", re.ASCII | re.VERBOSE)
"""A plain value on one line, as it is written."""

_NO_BREAK: Final = re.compile(r"[^\n\r]")


def reparse(
    tree: Tree | None,
    text: str,
    *,
    template: bool = False,
    edited: Span | None = None,
    read_as: ReadAs = "start",
) -> Tree | None:
    """The tree of a text of which an earlier state had the given one; never raises.

    `edited` is what changed last, which helps where no earlier tree is known. None where nothing at
    all is known of earlier states: then `parse` gives the tree. A text that has to be read is read
    once, so that what was read is the answer, also where no earlier state makes a difference.
    """
    if tree is None and edited is None:
        return None
    source = source_of(text, template=template, read_as=read_as)
    try:
        if tree is not None and source.is_as_written:
            reused = reparse_value(tree, text) or reparse_broken_line(tree, source)
            if reused is not None:
                return reused
        return reparse_by_reading(tree, source, edited)
    except LimitError as limit:
        return Tree(text, limit=str(limit))


def reparse_value(tree: Tree, text: str) -> Tree | None:
    """The tree of a text that differs from an earlier one in a plain value, or in blanks.

    None where anything else changed, where the value may be none any more, and where the earlier
    text could not be read.
    """
    changed = difference(tree.text, text) if tree.as_written else None
    if changed is None:
        return None
    added = len(text) - len(tree.text)
    blanks = _blanks_around(tree, text, changed)
    if blanks is not None:
        # What ends where the blanks begin stays there.
        return Tree(text, shift_tree(tree.roots, blanks + 1, added), as_written=True)
    leaf = _leaf_at(tree.roots, changed.start)
    if leaf is None or leaf.span.end < changed.end:
        return None
    first, last = leaf.span
    # An empty value may stand right behind a colon, and what is written there belongs to the key.
    if first == last or leaf.value != tree.text[first:last]:
        return None
    if leaf.style or leaf.tag or leaf.anchor:
        return None
    value = text[first : last + added]
    if not _VALUE.fullmatch(value) or "{{" in value:
        return None
    new_leaf = make_scalar(Span(first, last + added), value, "", None, None, first)
    if is_refused(new_leaf):
        return None
    return Tree(text, shift_tree(tree.roots, last, added, leaf, new_leaf), as_written=True)


def _blanks_around(tree: Tree, text: str, changed: Span) -> int | None:
    """Where the blanks between two lines begin, if only they differ, and no indentation does.

    `changed` is where they differ in the text before.
    """
    before, added = tree.text, len(text) - len(tree.text)
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
    above = _last_leaf(tree.roots, start)
    if above is not None and (above.span.end > start or above.style in ("|", ">", "{{")):
        return None
    return start


def read_as_written(text: str) -> ParseAttempt:
    """Read a text as it is; raises LimitError."""
    return read(Source(text, text))


def reparse_broken_line(
    tree: Tree, source: Source, read: Callable[[str], ParseAttempt] = read_as_written
) -> Tree | None:
    """The tree of a text in which a line was edited that had to be given up, and still has to.

    The text is that of the `source`, as it is written. None where anything else changed, or where
    there is a better repair now. `read` reads a text as it is.
    """
    text = source.text
    line = tree.given_up if isinstance(tree, BrokenTree) else None
    changed = None if line is None else difference(tree.text, text)
    # What begins with the same character belongs to the same collection.
    if line is None or changed is None or not line.start < changed.start <= changed.end <= line.end:
        return None
    above = _last_leaf(tree.roots, line.start)
    if above is not None and above.style in ("|", ">", "{{"):
        # The blanks may belong to its text.
        return None
    added = len(text) - len(tree.text)
    end = line.end + added
    blank = Repair(Span(line.start, end), " " * (end - line.start))
    broken = _still_no_key(tree, text, line, end)
    if broken is None:
        broken = read(_without_closed(tree.roots, line.start, text))
    if broken.failure is None or first_repairs(text, broken) != (blank,):
        return None
    mended = ParseAttempt(shift_tree(tree.roots, line.end, added), None, repairs=(blank,))
    return _remember(tree, source, broken, mended)


def _still_no_key(tree: Tree, text: str, line: Span, end: int) -> ParseAttempt | None:
    """How a parser fails if the line is a word without a colon, as it was; None if it is not."""
    failure = tree.failure if isinstance(tree, BrokenTree) else None
    if failure is None or failure.kind != "colon" or failure.begin != line.start:
        return None
    for word in (tree.text[line.start : line.end], text[line.start : end]):
        # A marker ends the document, and what is longer is no key.
        if not _VALUE.fullmatch(word) or word.startswith(("---", "...")) or len(word) > 1_000:
            return None
    offset = failure.offset + (end - line.end if failure.offset >= line.end else 0)
    return ParseAttempt((), failure._replace(offset=offset))


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


def reparse_by_reading(tree: Tree | None, source: Source, edited: Span | None) -> Tree:
    """The tree of what is read; where it is broken, with what the earlier tree knows of it.

    Raises LimitError.
    """
    first = read(source)
    if first.failure is None:
        return finish(source, first, mend(source, first))
    last_good = None if tree is None else last_good_of(tree, source.text)
    mended = mend(source, first, hints_of(last_good, source.masked, edited))
    return _remember(tree, source, first, mended)


def _remember(
    earlier: Tree | None, source: Source, first: ParseAttempt, mended: ParseAttempt
) -> BrokenTree:
    """The tree of a broken text, and what helps to read the next state."""
    tree = finish(source, first, mended)
    return BrokenTree(
        tree.text,
        tree.roots,
        tree.problems,
        whole=None if earlier is None else last_whole(earlier) or earlier,
        failure=first.failure,
        given_up=given_up_by(mended.repairs, source.text) if source.is_as_written else None,
    )


def given_up_by(repairs: tuple[Repair, ...], text: str) -> Span | None:
    """The part of a line of the text that repairs turn into blanks, if they do nothing else.

    What stands for a tab in the indentation gives up nothing: the line is still read.
    """
    if len(repairs) != 1 or repairs[0].role or repairs[0].text.strip(" "):
        return None
    span = repairs[0].span
    return None if text[span.start : span.end][:1] in ("", " ", "\t") else span


def _closed_above(roots: tuple[Node, ...], place: int) -> list[Span]:
    """Entries that end before others of their collections do that begin before a place."""
    closed: list[Span] = []
    nodes: Any = roots
    while True:
        begun = []
        for child in nodes:
            first = child[0] if isinstance(child, Entry) else child
            if first.start >= place:
                break
            begun.append(child)
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
        node = next((child for child in nodes if child.span.start <= place <= child.span.end), None)
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
        for child in nodes:
            if child.span.start >= place:
                break
            node = child
        if isinstance(node, Mapping):
            nodes = [entry.value for entry in node.entries]
        elif isinstance(node, Sequence):
            nodes = node.items
        else:
            return node if isinstance(node, Scalar) else None
