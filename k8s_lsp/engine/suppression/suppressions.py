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
from k8s_lsp.engine.suppression.reach import Reach, Reaches, Silencing, landmarks_in
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
    comments, silencings = _read(tree, objects, foreign)
    reaches: dict[str, list[Reach]] = {}
    for silencing in silencings:
        for slug in silencing.slugs:
            reaches.setdefault(slug, []).append(silencing.reach)
    if not (comments or reaches):
        return _NO_SUPPRESSIONS
    return Suppressions(comments, {slug: Reaches(found) for slug, found in reaches.items()})


def silencings_in(tree: Tree, objects: tuple[KubeObject, ...], foreign: bool) -> list[Silencing]:
    """The comments and annotations of a unit that silence rules, ours first; `foreign` as above."""
    return _read(tree, objects, foreign)[1]


def _read(
    tree: Tree, objects: tuple[KubeObject, ...], foreign: bool
) -> tuple[tuple[IgnoreComment, ...], list[Silencing]]:
    """Our comments in a unit, and all that silences rules in it."""
    text = tree.text
    has_ours = MARKER in text
    markers = [marker for marker in COMMENT_MARKERS if foreign and marker in text]
    has_annotations = foreign and any(marker in text for marker in ANNOTATION_MARKERS)
    comments: tuple[IgnoreComment, ...] = ()
    silencings: list[Silencing] = []
    if has_ours or markers:
        layout, landmarks = layout_of(tree), landmarks_in(objects)
        if has_ours:
            comments = ignore_comments(layout, landmarks)
            for comment in comments:
                slugs = frozenset(token.text for token in comment.slugs)
                silencings.append(Silencing(slugs, comment.reach, comment.span, comment.reason))
        silencings += silenced_by_comments(layout, markers, landmarks)
    if has_annotations:
        silencings += silenced_by_annotations(objects)
    return comments, silencings
