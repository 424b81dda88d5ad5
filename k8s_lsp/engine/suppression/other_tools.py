"""What the words of other tools silence: annotations of objects, and comments of Trivy and KICS.

The rules say which checks of other tools they are the same as; what silences such a check silences
the rule.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from k8s_lsp.engine.suppression.reach import (
    Landmarks,
    Reach,
    Silencing,
    line_of_comment,
    reach_of_comment,
    reach_of_object,
)
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.regexes import regex
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.syntax.comments import Layout, comments_with
from k8s_lsp.text import Span, line_end, next_line

COMMENT_MARKERS: Final = ("trivy:ignore:", "kics-scan")
"""What a comment of another tool has in it."""

_CHECKOV: Final = ("checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip")

ANNOTATION_MARKERS: Final = (
    *_CHECKOV,
    "kube-linter.io/",
    "kube-score/ignore",
    "polaris.fairwinds.com/",
)
"""What an annotation for another tool has in its key."""


def _names_of(tool: str) -> dict[str, frozenset[str]]:
    """Our rules by the tool's names for them."""
    found: dict[str, frozenset[str]] = {}
    for rule in RULES:
        for name in rule.other_tools.get(tool, ()):
            found[name] = found.get(name, frozenset()) | {rule.slug}
    return found


def _all_of(names: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*names.values())


_NOTHING: Final[frozenset[str]] = frozenset()
_CHECKOV_RULES = _names_of("Checkov")
_LINTER_RULES = _names_of("kube-linter")
_SCORE_RULES = _names_of("kube-score")
_POLARIS_RULES = _names_of("Polaris")
_KICS_RULES = _all_of(_names_of("KICS"))


# Annotations.


def silenced_by_annotations(objects: tuple[KubeObject, ...]) -> Iterator[Silencing]:
    """What the annotations of objects and their pod templates silence, each in its object."""
    for obj in objects:
        for field in _annotations(obj):
            slugs = rules_silenced_by(field)
            if slugs:
                span = field.span if field.key is None else field.key.span
                yield Silencing(slugs, reach_of_object(obj), span, _reason_of(field))


def _reason_of(annotation: Field) -> str:
    """Why an annotation silences rules, for the tools that let its author say so."""
    key, value = str(annotation.path[-1]), (annotation.text or "").strip()
    if key.startswith(_CHECKOV):
        return value.partition("=")[2].strip()
    return value if "kube-linter.io/" in key else ""


def rules_silenced_at(obj: KubeObject, field: Field) -> frozenset[str]:
    """The rules that an annotation tells another tool to leave out; none for any other field."""
    is_annotation = any(annotation.path == field.path for annotation in _annotations(obj))
    return rules_silenced_by(field) if is_annotation else _NOTHING


def rules_silenced_by(annotation: Field) -> frozenset[str]:
    """The rules that an annotation tells another tool to leave out, by their slugs."""
    key, value = str(annotation.path[-1]), (annotation.text or "").strip()
    if key.startswith(_CHECKOV):
        return _CHECKOV_RULES.get(value.partition("=")[0].strip(), _NOTHING)
    if key == "kube-linter.io/ignore-all":
        return _all_of(_LINTER_RULES)
    if key.startswith("ignore-check.kube-linter.io/"):
        return _LINTER_RULES.get(key.partition("/")[2], _NOTHING)
    if key == "kube-score/ignore":
        names = (name.strip() for name in value.split(","))
        return _NOTHING.union(*(_SCORE_RULES.get(name, _NOTHING) for name in names))
    if key.startswith("polaris.fairwinds.com/") and value.lower() == "true":
        name = key.partition("/")[2]
        if name == "exempt":
            return _all_of(_POLARIS_RULES)
        if name.endswith("-exempt"):
            return _POLARIS_RULES.get(name.removesuffix("-exempt"), _NOTHING)
    return _NOTHING


def _annotations(obj: KubeObject) -> Iterator[Field]:
    for metadata in (obj.get("metadata"), *(pod.metadata for pod in obj.pods)):
        yield from metadata.get("annotations").entries()


# Comments.

_TRIVY_WORD = regex(r"(?<!\S)#?[\t ]{0,80}trivy:ignore:(\S+)")
_TRIVY_ID = re.compile(r"(?:AVD-)?(K[CS]V)-?0*([0-9]+)", re.IGNORECASE)
_KICS_WORD = regex(r"#[#\t ]*kics-scan[\t ]+ignore-(line|block)(?![\w-])")
_KICS_FILE = re.compile(r"#[#\t ]*kics-scan[\t ]+ignore\s*")


def silenced_by_comments(
    layout: Layout, markers: Sequence[str], landmarks: Landmarks
) -> Iterator[Silencing]:
    """What the comments with one of the markers tell Trivy or KICS to leave out, and where.

    An exception with an expiry date names no check that we know: nothing here reads a clock.
    """
    text = layout.text
    known: dict[int, Span] = {}
    blocks: dict[Span, Span] = {}
    for comment in comments_with(layout, markers):
        content = text[comment.span.start : comment.span.end]
        yield Silencing(
            _NOTHING.union(*(_trivy_rules(name) for name in _TRIVY_WORD.findall(content))),
            reach_of_comment(text, comment, landmarks, known),
            comment.span,
        )
        kics = _KICS_WORD.match(content)
        if kics is not None:
            line = line_of_comment(text, comment, known)
            if kics[1] == "block":
                if line not in blocks:
                    blocks[line] = _block(text, line)
                line = blocks[line]
            yield Silencing(_KICS_RULES, Reach(line), comment.span)


def ignored_in_file(text: str, foreign: bool) -> frozenset[str]:
    """The rules that are silent in a whole text."""
    return _KICS_RULES if foreign and _file_is_ignored(text) else _NOTHING


def _trivy_rules(name: str) -> frozenset[str]:
    return _TRIVY_RULES.get(_trivy_id(name), _NOTHING)


def _trivy_id(name: str) -> tuple[str, int] | None:
    """One of Trivy's names for a check, as its series and number: it wrote them in several ways."""
    found = _TRIVY_ID.fullmatch(name)
    return None if found is None else (found[1].upper(), int(found[2]))


_TRIVY_RULES = {_trivy_id(name): slugs for name, slugs in _names_of("Trivy").items()}


def _block(text: str, first: Span) -> Span:
    """A line with all that is below it: deeper lines, and the dashes of a list under its key."""
    content = text[first.start : first.end].lstrip("\ufeff")
    indent = len(content) - len(content.lstrip(" "))
    is_item = content[indent:].startswith("-")
    end = first.end
    while end < len(text):
        start = next_line(text, end)
        stop = line_end(text, start)
        line = text[start:stop]
        inner = line.lstrip(" ")
        depth = len(line) - len(inner)
        is_below = depth == indent and not is_item and inner.startswith("- ")
        if depth <= indent and inner.strip() and not is_below:
            break
        end = stop
    return Span(first.start, end)


def _file_is_ignored(text: str) -> bool:
    """Whether KICS is told, in the comments that a text begins with, to leave the file out."""
    start = 0
    while start < len(text):
        end = line_end(text, start)
        line = text[start:end].strip(" \t\ufeff")
        if _KICS_FILE.fullmatch(line):
            return True
        if line and not line.startswith("#") and line != "---":
            return False
        start = end + 1
    return False
