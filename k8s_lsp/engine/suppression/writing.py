"""Writes ignore comments: the edits that silence findings."""

from collections.abc import Sequence
from typing import NamedTuple

from k8s_lsp.engine.suppression.comments import MARKER, IgnoreComment, ignore_comments
from k8s_lsp.engine.suppression.reach import (
    Landmarks,
    Reach,
    commented_place,
    landmarks_in,
    reach_of_line,
)
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Finding
from k8s_lsp.syntax.comments import Layout, commented, layout_of, line_at
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.text import Edit, Span


class IgnoreEdit(NamedTuple):
    """The edit that silences rules at a place, and words for all that it silences."""

    title: str
    edit: Edit


class IgnoreWriter(NamedTuple):
    """What has to be known of a unit to write comments there."""

    layout: Layout
    landmarks: Landmarks
    comments: tuple[IgnoreComment, ...]


class IgnorePlace(NamedTuple):
    """A line that a comment can speak for; `in_value` where that begins a longer value's text."""

    line: Span
    in_value: bool = False


def ignore_writer(tree: Tree, objects: tuple[KubeObject, ...]) -> IgnoreWriter:
    """Look at a unit once, for all comments that could be written there."""
    layout, landmarks = layout_of(tree), landmarks_in(objects)
    return IgnoreWriter(layout, landmarks, ignore_comments(layout, landmarks))


def place_on_line(text: str, obj: KubeObject, finding: Finding) -> IgnorePlace:
    """Where a comment for a finding's own line goes."""
    start = commented_place(obj, finding)
    return IgnorePlace(line_at(text, start), start < finding.span.start)


def place_in_object(text: str, obj: KubeObject) -> IgnorePlace | None:
    """Where a comment for a whole object goes; None where that has no `kind` of its own."""
    kind = obj.get("kind")
    if kind.key is None or kind.shared:
        return None
    return IgnorePlace(line_at(text, kind.key.span.start))


def ignore_edit(
    writer: IgnoreWriter, slugs: Sequence[str], place: IgnorePlace
) -> IgnoreEdit | None:
    """One comment for some rules; one that is there already gets their slugs too.

    None where no comment can be written.
    """
    text, line = writer.layout.text, place.line
    content = text[line.start : line.end]
    # A comment within a template expression would be a part of it.
    if "{{" in text and ("{{" in content or "}}" in content):
        return None
    listed = ", ".join(slugs)
    there = [comment for comment in writer.comments if comment.reach.lines == line]
    if there:
        span, new = there[-1].insertion
        edit, reach = Edit(span, new.format(listed)), there[-1].reach
    else:
        written = commented(writer.layout, line, f"# {MARKER} ignore[{listed}]")
        if written is None:
            return None
        edit, alone = written
        reach = reach_of_line(line, alone, writer.landmarks)
    where = "in this value" if place.in_value else _where(reach)
    return IgnoreEdit(f"Ignore {rules_in_words(slugs)} {where}", edit)


def rules_in_words(slugs: Sequence[str]) -> str:
    """One rule by its slug, several by their number: a title is read in passing."""
    return slugs[0] if len(slugs) == 1 else f"{len(slugs)} rules"


def _where(reach: Reach) -> str:
    if reach.objects:
        whole = len(reach.objects) == 1 and not reach.objects[0].root.path
        return "in this document" if whole else "in this object"
    if len(reach.containers) == 1:
        return f"in {reach.containers[0][1]}"
    return f"in {len(reach.containers)} containers" if reach.containers else "on this line"
