"""Whether a text is a template: whether something in it stands where only a template may have it.

Double braces in the text of a scalar or in a comment leave YAML what it is: what the scalar says
is unknown then, and that is all. Anywhere else they are an action, which may write any lines.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from k8s_lsp.syntax.comments import Layout, comment_in, is_text, layout_of, line_at
from k8s_lsp.syntax.limits import LimitError
from k8s_lsp.syntax.nodes import Mapping, Node, Sequence, Tree
from k8s_lsp.syntax.parse import finish, mend
from k8s_lsp.syntax.reading.source import Source, read, source_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.units import ReadAs


def parse_unless_template(text: str, read_as: ReadAs = "start") -> Tree | None:
    """Read one unit as `parse` does; None where it holds template actions. Never raises."""
    source = source_of(text, read_as=read_as)
    try:
        first = read(source)
        if _breaks_at_action(source, first):
            return None
        tree = finish(source, first, mend(source, first))
    except LimitError:
        # Braces nest: without those of actions it may be less deep.
        return None
    return None if holds_actions(tree) else tree


def holds_actions(tree: Tree) -> bool:
    """Whether double braces stand in a text that are neither a scalar's nor a comment's.

    So do those on which a repair wrote, because nothing else could be made of them.
    """
    layout = layout_of(tree)
    start = tree.text.find("{{")
    while start >= 0:
        end = start + 2 if is_text(layout, start) else _end_of_comment(layout, start)
        if end is None:
            return True
        start = tree.text.find("{{", end)
    return False


def _end_of_comment(layout: Layout, place: int) -> int | None:
    """Where the comment ends in which a place lies; None where it lies in none."""
    comment = comment_in(layout, line_at(layout.text, place))
    return None if comment is None or place < comment.span.start else comment.span.end


def _breaks_at_action(source: Source, first: ParseAttempt) -> bool:
    """Whether a text did not parse because of its braces: without them more of it does."""
    if first.failure is None:
        return False
    # Most actions are seen without reading the text again: they begin as flow mappings do.
    if first.flow is not None and source.text.startswith("{{", first.flow):
        return True
    if any(source.text.startswith("{{", start) for start in _brackets(first.roots)):
        return True
    hidden = read(source_of(source.text, template=True, read_as=source.read_as))
    return hidden.failure is None or hidden.failure.offset > first.failure.offset


def _brackets(roots: Iterable[Node]) -> Iterator[int]:
    """Where flow collections begin, but for those in other ones."""
    waiting = [*roots]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping | Sequence):
            if node.flow:
                yield node.span.start
            elif isinstance(node, Mapping):
                waiting += chain.from_iterable(node.entries)
            else:
                waiting += node.items
