"""Which edits of a template change literal text alone, so that what comes of them can be told.

What an action writes is not known: a key beside it may be one that it writes too, and what it
stands in may be empty without it, or not. So literal values are changed and taken away, nothing is
added, and everything around them has to be read as before.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from k8s_lsp.edits import Edits
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.repair.templates import actions_in
from k8s_lsp.text import Edit, Span, apply_edits, line_end, line_start


def changes_literals(tree: Tree, edits: Edits) -> bool:
    """Whether edits of a unit of a template change literal values, or take them away, and no more.

    None of them may touch a line with an action, add a key or an item, or change what is read of
    the rest: its values, and among which of them actions stand.
    """
    text, actions, before = _written(tree)
    changed = [_lines_of(text, edit) for edit in edits]
    if any(_meets(lines, action) for lines in changed for action in actions):
        return False
    if all(_replaces_word(text, edit) for edit in edits):
        # Nothing around it is read otherwise. This spares half of the texts a second reading.
        return True
    after = list(_parts(parse(apply_edits(text, edits), template=True)))
    if Counter(part.place for part in after) - Counter(part.place for part in before):
        return False
    spans = [edit.span for edit in edits]
    kept = [part for part in before if part.is_open or not _touches(part.span, spans)]
    return not Counter(map(_meaning, kept)) - Counter(map(_meaning, after))


class _Written(NamedTuple):
    """A template before it is changed: its text, its actions, and what is read of the rest."""

    text: str
    actions: list[Span]
    parts: list["_Part"]


@lru_cache(maxsize=1)
def _written(tree: Tree) -> _Written:
    """What is compared with each of the texts that the fixes of a template make."""
    return _Written(tree.text, actions_in(tree.text), list(_parts(tree)))


_WORD: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


def _replaces_word(text: str, edit: Edit) -> bool:
    """Whether a plain value that ends its line, or is followed by a blank, becomes another."""
    start, end = edit.span
    around = text[start - 1 : start], text[end : end + 1]
    return (
        around[0] == " "
        and around[1] in ("", " ", "\r", "\n")
        and _WORD.fullmatch(text, start, end) is not None
        and _WORD.fullmatch(edit.text) is not None
    )


class _Part(NamedTuple):
    """A node: the keys above it, where all items are alike; what it says; whether it is `open`."""

    place: tuple[str, ...]
    value: str
    is_open: bool
    span: Span


def _parts(tree: Tree) -> Iterable[_Part]:
    """All nodes of a tree, but for keys."""
    waiting: list[tuple[tuple[str, ...], Node]] = [((), root) for root in tree.roots]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, Scalar):
            yield _Part(place, node.value, False, node.span)
        elif isinstance(node, Alias):
            yield _Part(place, node.name, False, node.span)
        else:
            yield _Part(place, "", node.open, node.span)
            if isinstance(node, Mapping):
                waiting += [
                    ((*place, key.value if isinstance(key, Scalar) else "?"), value)
                    for key, value in node.entries
                ]
            else:
                waiting += [((*place, "-"), item) for item in node.items]


def _meaning(part: _Part) -> tuple[tuple[str, ...], str, bool]:
    return part[:3]


def _lines_of(text: str, edit: Edit) -> Span:
    """The lines that an edit changes; that below a line break that it takes away is not one."""
    start, end = edit.span
    is_whole = end > start and text[end - 1] == "\n" and edit.text[-1:] in ("", "\n")
    return Span(line_start(text, start), line_end(text, end - is_whole))


def _meets(lines: Span, action: Span) -> bool:
    return action.start <= lines.end and lines.start <= action.end


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(span.touches(other) for other in others)
