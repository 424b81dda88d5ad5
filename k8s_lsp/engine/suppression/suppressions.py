"""All that is silenced in a unit: with our comments, and in the words of other tools."""

from collections.abc import Mapping
from typing import NamedTuple

from k8s_lsp.engine.suppression.comments import MARKER, IgnoreComment, ignore_comments
from k8s_lsp.engine.suppression.other_tools import (
    ANNOTATION_MARKERS,
    COMMENT_MARKERS,
    silenced_by_annotations,
    silenced_by_comments,
)
from k8s_lsp.engine.suppression.reach import Reach, Reaches, landmarks_in
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Finding
from k8s_lsp.syntax.comments import layout_of
from k8s_lsp.syntax.nodes import Tree


class Suppressions(NamedTuple):
    """All that is silenced in a unit: our comments in it, and by slug what silences its rule."""

    comments: tuple[IgnoreComment, ...]
    reaches: Mapping[str, Reaches]

    def silence(self, slug: str, obj: KubeObject, finding: Finding) -> bool:
        """Whether a finding of a rule is not to be published."""
        reaches = self.reaches.get(slug)
        return reaches is not None and reaches.hold(obj, finding)


_NO_SUPPRESSIONS = Suppressions((), {})


def has_comments(text: str) -> bool:
    """Whether something in a text looks as if a comment silences a rule, ours or another tool's."""
    return any(marker in text for marker in (MARKER, *COMMENT_MARKERS))


def suppressions_in(tree: Tree, objects: tuple[KubeObject, ...], foreign: bool) -> Suppressions:
    """Read what a unit silences; `foreign` says whether other tools' words count."""
    text = tree.text
    has_ours = MARKER in text
    markers = [marker for marker in COMMENT_MARKERS if foreign and marker in text]
    has_annotations = foreign and any(marker in text for marker in ANNOTATION_MARKERS)
    if not (has_ours or markers or has_annotations):
        return _NO_SUPPRESSIONS
    comments: tuple[IgnoreComment, ...] = ()
    silenced: list[tuple[frozenset[str], Reach]] = []
    if has_annotations:
        silenced += silenced_by_annotations(objects)
    if has_ours or markers:
        layout, landmarks = layout_of(tree), landmarks_in(objects)
        if has_ours:
            comments = ignore_comments(layout, landmarks)
            for comment in comments:
                silenced.append((frozenset(token.text for token in comment.slugs), comment.reach))
        silenced += silenced_by_comments(layout, markers, landmarks)
    reaches: dict[str, list[Reach]] = {}
    for slugs, reach in silenced:
        for slug in slugs:
            reaches.setdefault(slug, []).append(reach)
    return Suppressions(comments, {slug: Reaches(found) for slug, found in reaches.items()})
