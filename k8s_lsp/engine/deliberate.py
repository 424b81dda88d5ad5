"""What the author of a text decided on purpose, as a comment tells: no fix in bulk overrules it.

A reason stands at the end of a line or directly above it, in at least three words of prose. It
speaks for what the fix would change or take away, and for the place of the finding; of something
that is missing, only where it stands at the very mapping that lacks it, or names the field. Above a
`securityContext`, it speaks for all of it that it could be about. A template tells by the branches
of a condition that a value is chosen.
What rules know to be deliberate, they say themselves (`Fix.left_because`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from k8s_lsp.edits import Insertions
from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.regexes import regex
from k8s_lsp.rules.base import Finding, Fix
from k8s_lsp.syntax import nodes
from k8s_lsp.syntax.branches import other_branches
from k8s_lsp.syntax.comments import (
    Layout,
    comment_in,
    end_with_comments,
    is_json,
    layout_of,
    line_at,
)
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.text import (
    common_ends,
    line_above,
    line_end,
    line_start,
    may_hold_comments,
    next_line,
)

_PROSE_FROM: Final = 3
"""How many words make a reason; fewer are a label."""

_SHOWN: Final = 60
"""How many code points of a comment a reason quotes."""

_LEVELS: Final = 4
"""How far above a finding's line a reason may stand: a comment, and the keys that open blocks."""

_MISTAKES: Final = "correctness"
"""The family of rules about text that does not do what it says: nobody means that."""

_WORD: Final = regex(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{2}"
    r"|(?<![^\s(\"`*_,;\u2013\u2014])[^\W\d_]+(?:['\u2019-][^\W\d_]+)*(?=[.,;:!?)\"`*_\u2026]*(?:\s|$))"
)
"""A word of prose, not of code; in scripts without blanks, two characters stand for one."""

_KEY: Final = regex(r"""(?:-[ \t]+){0,8}["']?[a-z][\w./-]*["']?:(?=[ \t]|$)|-(?=[ \t]|$)""")
"""How a line begins that is configuration rather than prose; see `comments.is_commented_out`."""

_IS_CODE: Final = regex(r"[a-z][A-Z]")
"""What tells a name from a word of every day: `runAsNonRoot`, not `drop`."""

_DIRECTIVE: Final = regex(
    r"(?i)(?:k8s-lsp:|trivy:|tfsec:|checkov:|bridgecrew:|kics-scan|kube-linter:|nosemgrep|noqa"
    r"|nolint|nosonar|noinspection|yamllint|prettier-|eslint|spell-?check|cspell|markdownlint"
    r"|pragma|renovate:|yaml-language-server|vim:|-\*-|(?:--?[ \t]*)?@|\+\w+:|\{|kpt-|source:)"
)
"""How a comment begins that speaks to a program, or names where the text was made from."""

_LICENCE: Final = regex(
    r"(?i)copyright|\(c\)|spdx-|all rights reserved|licensed under|apache license"
)

_RULE: Final = regex(r"#*[ \t]*([-=#*~_+])\1\1|.*([-=#*~_+])\2\2$")
"""A line that is drawn before or behind words, which makes a banner of them."""


_BLOCKS: Final = ("securityContext", "capabilities")
"""The keys above which one comment explains several others."""

_TOPICS: Final = {
    "user": regex(r"(?i)\b(?:non-?)?root\b(?! ?(?:fs|file))|\b(?:user|uid|gid)s?\b|\brunAs"),
    "privileges": regex(r"(?i)\b(?:un)?privileg"),
    "capabilities": regex(r"(?i)\bcapabilit|\bcap_|\b(?:NET|SYS|DAC|IPC|MAC)_[A-Z]"),
    "files": regex(r"(?i)\bread-?only|\broot ?(?:fs|file)"),
    "confinement": regex(r"(?i)\bseccomp|\bapparmor|\bselinux"),
}
"""What a comment is about, by its words; one with none of these is about whatever follows."""

_TOPIC_OF: Final = {
    **dict.fromkeys(("runAsUser", "runAsGroup", "runAsNonRoot"), "user"),
    **dict.fromkeys(("privileged", "allowPrivilegeEscalation"), "privileges"),
    "capabilities": "capabilities",
    "readOnlyRootFilesystem": "files",
    **dict.fromkeys(("seccompProfile", "appArmorProfile", "seLinuxOptions"), "confinement"),
}
"""What the keys of a `securityContext` are about."""


class Reason(NamedTuple):
    """What a comment says about a line, in one line and shortened, and the topics that it names."""

    words: str
    topics: frozenset[str]

    @property
    def clause(self) -> str:
        """The reason for which a fix is left to a person."""
        return f'a comment says why: "{self.words}"'


def with_reason(diagnosis: Diagnosis, fix: Fix, find_tree: Callable[[], Tree]) -> Fix:
    """A fix as it is offered: left to a person, and titled so, where a comment gives a reason.

    What would not change what the API server stores overrules nothing. The tree is that of the
    diagnosis' unit; it is asked for where there are comments.
    """
    if not fix.preferred or fix.left_because is not None or fix.safety == "safe":
        return fix
    text = diagnosis.object.text
    if not may_hold_comments(text) or is_json(text):
        return fix
    lines = [line for line in _lines(diagnosis, fix) if _is_near_comment(text, line)]
    named = _lines_naming(diagnosis.object, diagnosis.finding)
    above = [each for each in _blocks_of(diagnosis) if _is_near_comment(text, each.line)]
    if not lines and not named and not above:
        return fix
    layout = _layout_of(find_tree())
    found = (
        *(_prose_at(layout, line) for line in lines),
        *(_prose_on(layout, line) for line in named),
        *(each.reason_in(_prose_at(layout, each.line)) for each in above),
    )
    reason = next(filter(None, found), None)
    if reason is None:
        return fix
    title = f'{fix.title}, against the comment "{reason.words}"'
    return fix._replace(title=title, left_because=reason.clause)


def with_branches(diagnosis: Diagnosis, fix: Fix) -> Fix:
    """A fix of a template as it is offered: left where another branch decides otherwise.

    Where one branch says `privileged: false`, the `true` in the next is no oversight.
    """
    if not fix.preferred or fix.left_because is not None:
        return fix
    text = diagnosis.object.text
    for line in _changed_lines(text, fix):
        other = _decided_otherwise(text, line)
        if other is not None:
            reason = f"another branch of the template has {other}"
            return fix._replace(title=f"{fix.title}, though {reason}", left_because=reason)
    return fix


def _decided_otherwise(text: str, line: int) -> str | None:
    """What another branch has instead of a line: the same key, as deep, with another value."""
    written = _ENTRY.match(text, line)
    if written is not None:
        for start, end in other_branches(text, line):
            for entry in _ENTRY.finditer(text, start, end):
                if entry[1] == written[1] and entry[2] != written[2]:
                    return entry[0].strip()
    return None


_ENTRY: Final = regex(r"^([ \t]*[\w./-]+):[ \t]+([^\s#]+)[ \t]*(?:#.*)?$", re.MULTILINE)
"""A line with a key and one word as its value."""


@lru_cache(maxsize=4)
def _layout_of(tree: Tree) -> Layout:
    return layout_of(tree)


# Which lines a reason speaks for.


def _lines(diagnosis: Diagnosis, fix: Fix) -> list[int]:
    """The starts of the lines that a reason would have to stand at to speak against a fix."""
    text, finding = diagnosis.object.text, diagnosis.finding
    lines = set(_changed_lines(text, fix))
    if diagnosis.rule.family == _MISTAKES:
        lines.discard(line_start(text, finding.span.start))
    else:
        lines.update(_own_lines(text, diagnosis.object, finding))
    return sorted(lines)


def _own_lines(text: str, obj: KubeObject, finding: Finding) -> Iterator[int]:
    """The starts of the lines at which a reason speaks for what was found."""
    first = line_start(text, finding.span.start)
    for _ in range(_LEVELS):
        first = line_above(text, first) or 0
    if text.find("#", first, line_end(text, finding.span.start)) < 0:
        return
    if not finding.absent_from:
        yield line_start(text, finding.span.start)
        yield from _lines_that_open(text, _field_at(obj, finding))
        return
    # A container and a pod lack many things, so that what is said of one is said of none of them.
    holder = _holder(obj, finding)
    if holder is not None and holder.path[-1] not in _BLOCKS:
        place = holder.key or holder.written
        assert place is not None
        yield line_start(text, place.span.start)
        yield from _lines_that_open(text, holder)


def _field_at(obj: KubeObject, finding: Finding) -> Field | None:
    path, above = finding.path, len(obj.root.path)
    return None if path is None or len(path) == above else obj.get(*path[above:])


def _holder(obj: KubeObject, finding: Finding) -> Field | None:
    """What would hold a missing field, where that is there and has no other business."""
    field = _field_at(obj, finding)
    while field is not None and field.key is None and not field.present:
        field = field.parent
    if field is None or field.shared or _is_home(field, obj):
        return None
    return field


def _is_home(field: Field, obj: KubeObject) -> bool:
    """Whether a field holds many things: an object, its metadata, labels, a pod, a container."""
    if len(field.path) <= len(obj.root.path) + 1 or field.path[-1] in ("annotations", "labels"):
        return True
    if any(field.path == pod.path[: len(field.path)] for pod in obj.pods):
        return True
    return field.path == _container_path(obj, field.path)


def _container_path(obj: KubeObject, path: Path) -> Path | None:
    """The path of the container that a path lies in, or is."""
    container = obj.container_at(path)
    return None if container is None else container.path


def _lines_that_open(text: str, field: Field | None) -> Iterator[int]:
    """The lines of the keys above a field that hold nothing before it: `securityContext:`.

    What is said above a list of words is said of each of them.
    """
    while field is not None and field.parent is not None and not field.shared:
        above = field.parent
        if above.key is None or not _is_opened_by(above.node, field):
            return
        yield line_start(text, above.key.span.start)
        field = above


class _Block(NamedTuple):
    """The start of a line whose comment may be about a field of a `securityContext`."""

    line: int
    topic: str | None
    is_to_be_named: bool

    def reason_in(self, reason: Reason | None) -> Reason | None:
        """The reason, where it could be about the field."""
        if reason is None or self.topic in reason.topics:
            return reason
        return None if reason.topics or self.is_to_be_named else reason


def _blocks_of(diagnosis: Diagnosis) -> Iterator[_Block]:
    """Where a comment would stand that explains several keys of a `securityContext`.

    Above the first key in it, and above that of the pod for what a container could inherit, it has
    to name what it is about.
    """
    obj, finding = diagnosis.object, diagnosis.finding
    if finding.path is None or _BLOCKS[0] not in finding.path or diagnosis.rule.family == _MISTAKES:
        return
    name = finding.path[min(finding.path.index(_BLOCKS[0]) + 1, len(finding.path) - 1)]
    topic = _TOPIC_OF.get(str(name))
    field = _field_at(obj, finding)
    while field is not None and field.path and field.path[-1] != _BLOCKS[0]:
        field = field.parent
        if (
            field is not None
            and field.path[-1] in _BLOCKS
            and field.key is not None
            and not field.shared
        ):
            yield _Block(line_start(obj.text, field.key.span.start), topic, is_to_be_named=False)
            if isinstance(field.node, nodes.Mapping) and field.node.entries:
                first = field.node.entries[0].key.span.start
                yield _Block(line_start(obj.text, first), topic, is_to_be_named=True)
    pod = None if finding.path is None else obj.pod_at(finding.path)
    context = None if pod is None else pod.security()
    if finding.absent_from and context is not None and context.key is not None:
        line = line_start(obj.text, context.key.span.start)
        yield _Block(line, topic, is_to_be_named=True)


def _is_opened_by(node: object, field: Field) -> bool:
    if isinstance(node, nodes.Sequence):
        return isinstance(field.node, nodes.Scalar)
    return (
        isinstance(node, nodes.Mapping) and bool(node.entries) and node.entries[0].key is field.key
    )


def _changed_lines(text: str, fix: Fix) -> Iterator[int]:
    """The starts of the lines of which a fix changes or takes away a part.

    Comments that go with a line are read as those above it.
    """
    if isinstance(fix.edits, Insertions):
        return
    for (start, end), new in fix.edits:
        if start == end:
            continue
        # What is written again as it was, such as the end of a line, is not changed.
        before, after = common_ends(text[start:end], new)
        start, end = start + before, end - after
        line = line_start(text, start)
        while line < end and text[start:end].strip():
            if not text[line:end].lstrip().startswith("#"):
                yield line
            line = next_line(text, line_end(text, line))


def _lines_naming(obj: KubeObject, finding: Finding) -> list[int]:
    """The starts of the lines of its owner in which a missing field is named beside a `#`."""
    if not finding.absent_from or finding.path is None:
        return []
    text, names = obj.text, _names(finding.path)
    if not names:
        return []
    container = _container_path(obj, finding.path)
    if container is not None:
        owner = obj.get(*container[len(obj.root.path) :])
    else:
        pod = obj.pod_at(finding.path)
        owner = obj.root if pod is None else pod.spec
    if owner.written is None:
        return []
    start, end = owner.written.span
    first = line_start(text, start)
    end = end_with_comments(text, end, start - first - 1)
    lines: list[int] = []
    at = text.find(names[0], first, end)
    while at >= 0:
        line = line_at(text, at)
        if "#" in text[line.start : at] and all(name in text[slice(*line)] for name in names):
            lines.append(line.start)
        at = text.find(names[0], line.end, end)
    return lines


def _names(path: Path) -> tuple[str, ...]:
    """The words that name a field in a comment; none where they are those of every day."""
    *_, above, name = ("", "", *map(str, path))
    if above in ("limits", "requests"):
        return (name, above[:-1])
    return (name,) if _IS_CODE.search(name) else ()


# What is a reason.


def _is_near_comment(text: str, start: int) -> bool:
    """Whether there may be a comment on a line that starts at an offset, or directly above it."""
    above = line_above(text, start)
    return text.find("#", start if above is None else above, line_end(text, start)) >= 0


def _comment(layout: Layout, start: int) -> tuple[str, bool] | None:
    """The comment on a line that starts at an offset, and whether it is alone there."""
    comment = comment_in(layout, line_at(layout.text, start))
    return None if comment is None else (layout.text[slice(*comment.span)], comment.alone)


def _prose_on(layout: Layout, start: int) -> Reason | None:
    """The prose at the end of a line, or alone on it."""
    comment = _comment(layout, start)
    return None if comment is None else _prose([comment[0]])


def _prose_at(layout: Layout, start: int) -> Reason | None:
    """The prose at the end of a line, or directly above it."""
    return _prose_on(layout, start) or _prose(_lines_above(layout, start))


def _lines_above(layout: Layout, start: int) -> list[str]:
    """The comments directly above a line, but for those that begin a document: they are about it.

    Of those above configuration that is commented out, none counts: they are about that.
    """
    lines: list[str] = []
    above = line_above(layout.text, start)
    while above is not None:
        comment = _comment(layout, above)
        if comment is None or not comment[1] or _is_code(comment[0]):
            break
        lines.append(comment[0])
        start, above = above, line_above(layout.text, above)
    return lines[::-1] if lines and not _begins_document(layout.text, start) else []


def _begins_document(text: str, start: int) -> bool:
    """Whether nothing but comments stands above a line in its document."""
    above = line_above(text, start)
    while above is not None:
        content = text[slice(*line_at(text, above))].strip("\ufeff \t\r")
        if content and not content.startswith("#"):
            return content.startswith(("---", "%"))
        above = line_above(text, above)
    return True


def _is_code(comment: str) -> bool:
    """Whether a comment is configuration that was commented out: with a key or a dash, no prose."""
    body = comment.lstrip("# \t")
    key = _KEY.match(body)
    return key is not None and _count(body[key.end() :]) < _PROSE_FROM


def _prose(comments: Sequence[str]) -> Reason | None:
    """What some comments say to people; None where that is less than a reason."""
    if any(_LICENCE.search(comment) or _RULE.match(comment) for comment in comments):
        return None
    bodies = (comment.lstrip("# \t") for comment in comments if not _is_code(comment))
    prose = " ".join(" ".join(body for body in bodies if not _DIRECTIVE.match(body)).split())
    if _count(prose) < _PROSE_FROM:
        return None
    words = prose if len(prose) <= _SHOWN else prose[: _SHOWN - 1].rstrip() + "…"
    return Reason(words, frozenset(name for name, word in _TOPICS.items() if word.search(prose)))


def _count(text: str) -> int:
    """How many words of prose there are, as far as that matters."""
    return sum(1 for _ in islice(_WORD.finditer(text), _PROSE_FROM))
