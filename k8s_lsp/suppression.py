"""What somebody has silenced in the text: with our comments, and in the words of other tools.

A comment speaks for the line at whose end it stands, or above which it stands alone. On the line
of a container's `name`, or alone above its first line, it speaks for the container, and on the
line of an object's `kind` for the object.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from k8s_lsp.configuration import nearest
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import CONTAINER_LISTS, Container
from k8s_lsp.rules.base import Finding, Fix
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.syntax.comments import (
    Comment,
    Layout,
    comment_in,
    commented,
    comments_with,
    is_json,
    layout_of,
    line_at,
    line_below,
    removal,
)
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.text import Edit, Span, line_end, line_start, next_line

"""The rule about comments that silence nothing."""

OURS: Final = "k8s-lsp:"
"""What every comment of ours has in it."""

_TRIVY: Final = "trivy:ignore:"
_KICS: Final = "kics-scan"
_CHECKOV: Final = ("checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip")
_ANNOTATIONS: Final = (
    *_CHECKOV,
    "kube-linter.io/",
    "kube-score/ignore",
    "polaris.fairwinds.com/",
)

# How far a comment may be indented is bounded, so that a line of nothing but signs stays cheap.
_BEGINNING: Final = r"(?<![^\s\ufeff])#[#\t ]{0,80}k8s-lsp:[\t ]*"
_IGNORE = re.compile(_BEGINNING + r"(?P<word>ignore)(?![\w-])(?:[\t ]*\[(?P<names>[^\]#]*)\])?")
_NAME = re.compile(r"[^\s,][^,]*(?<!\s)")
_NEXT = re.compile(r"\s#")

_TYPED = re.compile(
    _BEGINNING + r"(?:ignore[\t ]*\[(?P<before>(?:[^\],#]*,)*)[\t ]*)?(?P<word>[A-Za-z0-9-]*)\Z"
)
_REST = re.compile(r"(?P<word>[A-Za-z0-9-]*)(?P<after>[^\]#\r\n]*)")
_SLUG = re.compile(r"[A-Za-z0-9-]+")


class Reach(NamedTuple):
    """What a comment speaks for: all that begins in its lines, and whole containers and objects."""

    lines: Span
    containers: tuple[tuple[KubeObject, Container], ...] = ()
    objects: tuple[KubeObject, ...] = ()

    def holds(self, obj: KubeObject, finding: Finding) -> bool:
        """Whether the comment speaks for a finding of an object."""
        return (
            self.lines.start <= finding.span.start <= self.lines.end
            or any(other is obj for other in self.objects)
            or any(
                other is obj and _is_about(finding, obj, container)
                for other, container in self.containers
            )
        )


class Name(NamedTuple):
    """A slug as a comment names it, right or wrong."""

    text: str
    span: Span


class IgnoreComment(NamedTuple):
    """One `# k8s-lsp: ignore[…] reason`; `span` is all of it, within the comment that holds it.

    `more` is the edit that adds a slug, with `{}` in its place.
    """

    span: Span
    comment: Comment
    names: tuple[Name, ...]
    reach: Reach
    more: Edit


class Suppressions(NamedTuple):
    """All that is silenced in a unit: our comments in it, and by slug what silences its rule."""

    comments: tuple[IgnoreComment, ...]
    reaches: Mapping[str, Sequence[Reach]]

    def silence(self, slug: str, obj: KubeObject, finding: Finding) -> bool:
        """Whether a finding of a rule is not to be published."""
        return any(reach.holds(obj, finding) for reach in self.reaches.get(slug, ()))


_NO_SUPPRESSIONS = Suppressions((), {})


def has_comments(text: str) -> bool:
    """Whether something in a text looks as if a comment silences a rule, ours or another tool's."""
    return any(word in text for word in (OURS, _TRIVY, _KICS))


def suppressions_in(tree: Tree, objects: tuple[KubeObject, ...], foreign: bool) -> Suppressions:
    """Read what a unit silences; `foreign` says whether other tools' words count."""
    text = tree.text
    has_ours = OURS in text
    commented_by = [word for word in (_TRIVY, _KICS) if foreign and word in text]
    has_annotations = foreign and any(word in text for word in _ANNOTATIONS)
    if not (has_ours or commented_by or has_annotations):
        return _NO_SUPPRESSIONS
    comments: tuple[IgnoreComment, ...] = ()
    found: list[tuple[Iterable[str], Reach]] = []
    if has_annotations:
        found += ((_annotated(each), Reach(Span(-1, -1), (), (each,))) for each in objects)
    if has_ours or commented_by:
        layout, landmarks = layout_of(tree), _landmarks(objects)
        if has_ours:
            comments = _ignore_comments(layout, landmarks)
            found += (([name.text for name in each.names], each.reach) for each in comments)
        for comment in comments_with(layout, commented_by):
            found += _foreign_comment(text, comment, landmarks)
    reaches: dict[str, list[Reach]] = {}
    for slugs, reach in found:
        for slug in slugs:
            reaches.setdefault(slug, []).append(reach)
    return Suppressions(comments, reaches)


_LISTS: Final = frozenset(key for key, _ in CONTAINER_LISTS)


def spoken_for(obj: KubeObject, finding: Finding) -> tuple[Path, ...]:
    """The paths of the containers that a finding speaks for."""
    if finding.containers:
        return finding.containers
    path, pod = finding.path, obj.pod
    if path is None or pod is None:
        return ()
    depth = len(pod.path)
    in_container = len(path) >= depth + 2 and path[:depth] == pod.path and path[depth] in _LISTS
    return (path[: depth + 2],) if in_container else ()


def _is_about(finding: Finding, obj: KubeObject, container: Container) -> bool:
    """Whether a finding stands in a container, or speaks for it alone."""
    path = container.path
    return (finding.path or ())[: len(path)] == path or spoken_for(obj, finding) == (path,)


# Our own comments.


class _Landmarks(NamedTuple):
    """The places where a comment speaks for more than a line, as offsets in the unit."""

    kinds: list[tuple[int, KubeObject]]
    names: list[tuple[int, tuple[KubeObject, Container]]]
    beginnings: list[tuple[int, tuple[KubeObject, Container]]]


def _ignore_comments(layout: Layout, landmarks: _Landmarks) -> tuple[IgnoreComment, ...]:
    """The comments of ours in a unit, in order."""
    return tuple(
        each
        for comment in comments_with(layout, [OURS])
        for each in _ignores_in(layout.text, comment, landmarks)
    )


def _ignores_in(text: str, comment: Comment, landmarks: _Landmarks) -> Iterator[IgnoreComment]:
    reach = None
    for match in _IGNORE.finditer(text, *comment.span):
        reach = reach or _reach(text, comment, landmarks)
        following = _NEXT.search(text, match.end(), comment.span.end)
        end = following.start() if following is not None else comment.span.end
        span = Span(match.start(), match.start() + len(text[match.start() : end].rstrip()))
        names = _names_in(match)
        yield IgnoreComment(span, comment, names, reach, _more(match, names))


def _names_in(match: re.Match[str]) -> tuple[Name, ...]:
    if match["names"] is None:
        return ()
    found = _NAME.finditer(match.string, *match.span("names"))
    return tuple(Name(name[0], Span(*name.span())) for name in found)


def _more(match: re.Match[str], names: tuple[Name, ...]) -> Edit:
    if names:
        return Edit(Span(names[-1].span.end, names[-1].span.end), ", {}")
    if match["names"] is not None:
        return Edit(Span(*match.span("names")), "{}")
    return Edit(Span(match.end("word"), match.end("word")), "[{}]")


def _landmarks(objects: tuple[KubeObject, ...]) -> _Landmarks:
    found = _Landmarks([], [], [])
    for each in objects:
        kind = each.get("kind")
        if kind.key is not None and not kind.shared:
            found.kinds.append((kind.key.span.start, each))
        for container in each.containers:
            name = container.get("name")
            if name.key is not None and not name.shared:
                found.names.append((name.key.span.start, (each, container)))
            found.beginnings.append((_first_place(container, each.text), (each, container)))
    return found


def _reach(text: str, comment: Comment, landmarks: _Landmarks) -> Reach:
    if comment.alone:
        return _reach_of(line_below(text, comment), True, landmarks)
    return _reach_of(line_at(text, comment.span.start), False, landmarks)


def _reach_of(line: Span, alone: bool, landmarks: _Landmarks) -> Reach:
    """What a comment for a line speaks for; it stands alone above the line, or at its end."""
    start, end = line
    places = landmarks.names + (landmarks.beginnings if alone else [])
    # A container whose lines begin with its name is found twice.
    containers = {id(each[1]): each for at, each in places if start <= at <= end}
    objects = tuple(each for at, each in landmarks.kinds if start <= at <= end)
    return Reach(line, tuple(containers.values()), objects)


def _first_place(container: Container, text: str) -> int:
    """Where the lines of a container begin: at its dash, if it has one."""
    written = container.field.written
    if written is None or container.field.shared:
        return -1
    place = written.start
    while place > 0 and text[place - 1] in " \t\r\n":
        place -= 1
    return place - 1 if text[place - 1 : place] == "-" else written.start


# Writing one.


class Ignoring(NamedTuple):
    """The edit that silences a finding, and words for all that it silences."""

    title: str
    edit: Edit


class Writing(NamedTuple):
    """What one has to know of a unit to write comments there."""

    layout: Layout
    landmarks: _Landmarks
    comments: tuple[IgnoreComment, ...]


def writing_in(tree: Tree, objects: tuple[KubeObject, ...]) -> Writing:
    """Look at a unit once, for all comments that could be written there."""
    layout, landmarks = layout_of(tree), _landmarks(objects)
    return Writing(layout, landmarks, _ignore_comments(layout, landmarks))


def ignorings(writing: Writing, slug: str, obj: KubeObject, finding: Finding) -> Iterator[Ignoring]:
    """The ways to silence a rule at a finding: on its line, and in its whole object."""
    here = _ignoring(writing, slug, finding.span.start)
    if here is not None:
        yield here
    kind = obj.get("kind")
    if kind.key is not None and not kind.shared:
        there = _ignoring(writing, slug, kind.key.span.start)
        if there is not None and there != here:
            yield there


def _ignoring(writing: Writing, slug: str, place: int) -> Ignoring | None:
    """The comment for the line of a place; one that is there already gets a slug more."""
    text = writing.layout.text
    line = line_at(text, place)
    content = text[line.start : line.end]
    # A comment within a template expression would be a part of it.
    if "{{" in text and ("{{" in content or "}}" in content):
        return None
    there = [each for each in writing.comments if each.reach.lines == line]
    if there:
        span, more = there[-1].more
        return Ignoring(_title(slug, there[-1].reach), Edit(span, more.format(slug)))
    written = commented(writing.layout, line, f"# {OURS} ignore[{slug}]")
    if written is None:
        return None
    edit, alone = written
    return Ignoring(_title(slug, _reach_of(line, alone, writing.landmarks)), edit)


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


# Reading one, where the cursor is.


class Typed(NamedTuple):
    """The word of an ignore comment that is being typed; the comment may be unfinished.

    `others` are the slugs beside it in the brackets; None where the word stands before them, in
    the place of `ignore`.
    """

    word: Span
    others: frozenset[str] | None
    reach: Reach


def may_be_typed(text: str, offset: int) -> bool:
    """Whether an ignore comment may be what is typed at an offset, by the look of its line."""
    return _typed(text, offset) is not None


def typed_at(tree: Tree, objects: tuple[KubeObject, ...], offset: int) -> Typed | None:
    """The word that is being typed at an offset, where that is in an ignore comment."""
    text = tree.text
    match = _typed(text, offset)
    comment = None if match is None or is_json(text) else _comment_at(tree, offset)
    if match is None or comment is None or match.start() < comment.span.start:
        return None
    rest = _REST.match(text, offset)
    assert rest is not None  # It matches anything, if only nothing.
    others = None
    if match["before"] is not None:
        others = frozenset(_SLUG.findall(f"{match['before']} {rest['after']}"))
    elif rest["after"].lstrip().startswith(("ignore", "[")):
        # What could be typed here stands here.
        return None
    word = Span(match.start("word"), rest.end("word"))
    return Typed(word, others, _reach(text, comment, _landmarks(objects)))


def name_at(tree: Tree, offset: int) -> Name | None:
    """The slug that holds an offset, where that is in an ignore comment."""
    text = tree.text
    line = line_at(text, offset)
    comment = _comment_at(tree, offset) if text.find(OURS, *line) >= 0 else None
    if comment is not None:
        for match in _IGNORE.finditer(text, *comment.span):
            for name in _names_in(match):
                if name.span.start <= offset <= name.span.end:
                    return name
    return None


def _typed(text: str, offset: int) -> re.Match[str] | None:
    start = line_start(text, offset)
    return _TYPED.search(text, start, offset) if text.find(OURS, start, offset) >= 0 else None


def _comment_at(tree: Tree, offset: int) -> Comment | None:
    return comment_in(layout_of(tree), line_at(tree.text, offset))


# Comments that silence nothing.


class Heard(NamedTuple):
    """A finding before precedence, whether it is published or not."""

    slug: str
    object: KubeObject
    finding: Finding


_UNNECESSARY = frozenset(rule.slug for rule in RULES if rule.is_unnecessary)


def unused(
    text: str,
    objects: tuple[KubeObject, ...],
    comments: Iterable[IgnoreComment],
    heard: Iterable[Heard],
    judged: Collection[str],
) -> Iterator[Finding]:
    """What is wrong with the ignore comments of a unit that has objects.

    `heard` is all that was found there, and `judged` are the rules of which it is known that they
    found nothing else. A comment that names the rule about such comments wants to be left alone.
    """
    found: dict[str, list[Heard]] = {}
    for each in heard:
        found.setdefault(each.slug, []).append(each)
    known = [rule.slug for rule in RULES]
    for comment in comments:
        names_the_rule = any(name.text in _UNNECESSARY for name in comment.names)
        if names_the_rule or "{{" in _part(text, comment.span):
            continue
        reasons: dict[Name, str] = {}
        for name in comment.names:
            if name.text not in known:
                reasons[name] = f'there is no rule "{name.text}"{nearest(name.text, known)}'
            elif name.text in judged and not any(
                comment.reach.holds(each.object, each.finding) for each in found.get(name.text, ())
            ):
                reasons[name] = f"{name.text} finds nothing here"
        yield from _complaints(text, _object_at(objects, comment.span.start), comment, reasons)


def _complaints(
    text: str, obj: KubeObject, comment: IgnoreComment, reasons: dict[Name, str]
) -> Iterator[Finding]:
    """One finding for a comment that is of no use at all, else one for each useless slug."""
    if len(reasons) == len(comment.names):
        told = dict.fromkeys(reasons.values()) or ["it names no rule, as in ignore[host-network]"]
        edit = removal(text, comment.comment, comment.span)
        fixes = partial(_removals, "Remove the ignore comment", edit)
        message = f"this comment ignores nothing: {'; '.join(told)}"
        yield Finding(comment.span, message, fixes=fixes, about=obj)
        return
    for name, reason in reasons.items():
        title = f"Remove {name.text} from the ignore comment"
        fixes = partial(_removals, title, _unlist(comment, name))
        message = f"this slug ignores nothing: {reason}"
        yield Finding(name.span, message, fixes=fixes, about=obj)


def _removals(title: str, edit: Edit) -> tuple[Fix, ...]:
    return (Fix(title, (edit,), "safe"),)


def _unlist(comment: IgnoreComment, name: Name) -> Edit:
    """Take one slug of several out of the list, with one comma."""
    index = comment.names.index(name)
    if index + 1 < len(comment.names):
        return Edit(Span(name.span.start, comment.names[index + 1].span.start), "")
    return Edit(Span(comment.names[index - 1].span.end, name.span.end), "")


def _object_at(objects: tuple[KubeObject, ...], offset: int) -> KubeObject:
    """The object that a comment stands in or below; the first one where it stands above all."""
    found = objects[0]
    for each in objects:
        if each.root.written is not None and each.root.written.start <= offset:
            found = each
    return found


def _part(text: str, span: Span) -> str:
    return text[span.start : span.end]


# Other tools.


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

_TRIVY_WORD = re.compile(r"(?<!\S)#?[\t ]{0,80}trivy:ignore:(\S+)")
_TRIVY_ID = re.compile(r"(?:AVD-)?(K[CS]V)-?0*([0-9]+)", re.IGNORECASE)
_KICS_WORD = re.compile(r"#[#\t ]*kics-scan[\t ]+ignore-(line|block)(?![\w-])")
_KICS_FILE = re.compile(r"#[#\t ]*kics-scan[\t ]+ignore\s*")


def silenced_by(obj: KubeObject, field: Field) -> frozenset[str]:
    """The rules that an annotation tells another tool to leave out; none for any other field."""
    is_annotation = any(each.path == field.path for each in _annotations(obj))
    return frozenset(_told(field) if is_annotation else ())


def _annotated(obj: KubeObject) -> Iterator[str]:
    """What the annotations of an object or of its pod template tell other tools to leave out."""
    for field in _annotations(obj):
        yield from _told(field)


def _annotations(obj: KubeObject) -> Iterator[Field]:
    for metadata in (obj.get("metadata"), *(() if obj.pod is None else (obj.pod.metadata,))):
        yield from metadata.get("annotations").entries()


def _told(annotation: Field) -> Iterator[str]:
    key, value = str(annotation.path[-1]), (annotation.text or "").strip()
    if key.startswith(_CHECKOV):
        yield from _CHECKOV_RULES.get(value.partition("=")[0].strip(), _NOTHING)
    elif key == "kube-linter.io/ignore-all":
        yield from _all_of(_LINTER_RULES)
    elif key.startswith("ignore-check.kube-linter.io/"):
        yield from _LINTER_RULES.get(key.partition("/")[2], _NOTHING)
    elif key == "kube-score/ignore":
        for name in value.split(","):
            yield from _SCORE_RULES.get(name.strip(), _NOTHING)
    elif key.startswith("polaris.fairwinds.com/") and value.lower() == "true":
        name = key.partition("/")[2]
        if name == "exempt":
            yield from _all_of(_POLARIS_RULES)
        elif name.endswith("-exempt"):
            yield from _POLARIS_RULES.get(name.removesuffix("-exempt"), _NOTHING)


def _foreign_comment(
    text: str, comment: Comment, landmarks: _Landmarks
) -> Iterator[tuple[frozenset[str], Reach]]:
    """What a comment tells Trivy or KICS to leave out, and where.

    An exception with an expiry date names no check that we know: nothing here reads a clock.
    """
    content = _part(text, comment.span)
    yield (
        _NOTHING.union(*(_trivy_rules(name) for name in _TRIVY_WORD.findall(content))),
        _reach(text, comment, landmarks),
    )
    kics = _KICS_WORD.match(content)
    if kics is not None:
        line = line_below(text, comment) if comment.alone else line_at(text, comment.span.start)
        yield _KICS_RULES, Reach(line if kics[1] == "line" else _block(text, line))


def _trivy_rules(name: str) -> frozenset[str]:
    return _TRIVY_RULES.get(_trivy_id(name), _NOTHING)


def _trivy_id(name: str) -> tuple[str, int] | None:
    """One of Trivy's names for a check, as its series and number: it wrote them in several ways."""
    found = _TRIVY_ID.fullmatch(name)
    return None if found is None else (found[1].upper(), int(found[2]))


_TRIVY_RULES = {_trivy_id(name): slugs for name, slugs in _names_of("Trivy").items()}


def _block(text: str, first: Span) -> Span:
    """A line with all that is below it: deeper lines, and the dashes of a list under its key."""
    content = _part(text, first).lstrip("\ufeff")
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


def file_is_ignored(text: str) -> bool:
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


def ignored_in_file(text: str, foreign: bool) -> frozenset[str]:
    """The rules that are silent in a whole text."""
    return _KICS_RULES if foreign and file_is_ignored(text) else _NOTHING
