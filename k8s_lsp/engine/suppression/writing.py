"""Writes ignore comments: the edits that silence a finding."""

from collections.abc import Iterator
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
from k8s_lsp.text import Edit


class IgnoreEdit(NamedTuple):
    """The edit that silences a finding, and words for all that it silences."""

    title: str
    edit: Edit


class IgnoreWriter(NamedTuple):
    """What has to be known of a unit to write comments there."""

    layout: Layout
    landmarks: Landmarks
    comments: tuple[IgnoreComment, ...]


def ignore_writer(tree: Tree, objects: tuple[KubeObject, ...]) -> IgnoreWriter:
    """Look at a unit once, for all comments that could be written there."""
    layout, landmarks = layout_of(tree), landmarks_in(objects)
    return IgnoreWriter(layout, landmarks, ignore_comments(layout, landmarks))


def ignore_edits(
    writer: IgnoreWriter, slug: str, obj: KubeObject, finding: Finding
) -> Iterator[IgnoreEdit]:
    """The ways to silence a rule at a finding: on its line, and in its whole object."""
    place = commented_place(obj, finding)
    here = _ignore_edit(writer, slug, place)
    if here is not None and place < finding.span.start:
        here = here._replace(title=f"Ignore {slug} in this value")
    if here is not None:
        yield here
    kind = obj.get("kind")
    if kind.key is not None and not kind.shared:
        there = _ignore_edit(writer, slug, kind.key.span.start)
        if there is not None and there != here:
            yield there


def _ignore_edit(writer: IgnoreWriter, slug: str, place: int) -> IgnoreEdit | None:
    """The comment for the line of a place; one that is there already gets a slug more."""
    text = writer.layout.text
    line = line_at(text, place)
    content = text[line.start : line.end]
    # A comment within a template expression would be a part of it.
    if "{{" in text and ("{{" in content or "}}" in content):
        return None
    there = [comment for comment in writer.comments if comment.reach.lines == line]
    if there:
        span, new = there[-1].insertion
        return IgnoreEdit(_title(slug, there[-1].reach), Edit(span, new.format(slug)))
    written = commented(writer.layout, line, f"# {MARKER} ignore[{slug}]")
    if written is None:
        return None
    edit, alone = written
    return IgnoreEdit(_title(slug, reach_of_line(line, alone, writer.landmarks)), edit)


def _title(slug: str, reach: Reach) -> str:
    if reach.objects:
        whole = len(reach.objects) == 1 and not reach.objects[0].root.path
        where = "this document" if whole else "this object"
    elif len(reach.containers) == 1:
        where = str(reach.containers[0][1])
    elif reach.containers:
        where = f"{len(reach.containers)} containers"
    else:
        return f"Ignore {slug} on this line"
    return f"Ignore {slug} in {where}"
