"""What a comment speaks for: a line, a container or an object, and the findings in them.

A comment speaks for the line at whose end it stands, or above which it stands alone. On the line
of a container's `name`, or alone above its first line, it speaks for the container, and on the
line of an object's `kind` for the object.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple, TypeVar

from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import Finding
from k8s_lsp.syntax.comments import Comment, line_at, line_below
from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.text import Span

T = TypeVar("T")


class Reach(NamedTuple):
    """What a comment speaks for: all that begins in its lines, and whole containers and objects."""

    lines: Span
    containers: tuple[tuple[KubeObject, Container], ...] = ()
    objects: tuple[KubeObject, ...] = ()


class Silencing(NamedTuple):
    """What one comment or annotation silences, and where; `span` is its own, within the unit.

    The `reason` is what its author gives for it, empty where there is none.
    """

    slugs: frozenset[str]
    reach: Reach
    span: Span
    reason: str = ""


class Reaches:
    """Several reaches, of which it is asked whether one of them holds a finding.

    Each question is answered without a look at all of them: there may be as many reaches as
    findings.
    """

    def __init__(self, reaches: Iterable[Reach]) -> None:
        self._objects: set[KubeObject] = set()
        self._containers: set[tuple[KubeObject, Path]] = set()
        lines: list[Span] = []
        for reach in reaches:
            lines.append(reach.lines)
            self._objects.update(reach.objects)
            self._containers.update((obj, container.path) for obj, container in reach.containers)
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(lines):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def hold(self, obj: KubeObject, finding: Finding) -> bool:
        """Whether one of the comments speaks for a finding of an object."""
        start = commented_place(obj, finding)
        index = bisect_right(self._starts, start) - 1
        return (
            (index >= 0 and start <= self._ends[index])
            or obj in self._objects
            or (
                bool(self._containers)
                and any((obj, path) in self._containers for path in _about(finding, obj))
            )
        )


class FindingIndex:
    """Several findings with their objects, of which it is asked whether a reach holds one."""

    def __init__(self, found: Iterable[tuple[KubeObject, Finding]]) -> None:
        self._objects: set[KubeObject] = set()
        self._containers: set[tuple[KubeObject, Path]] = set()
        self._starts: list[int] = []
        for obj, finding in found:
            self._starts.append(commented_place(obj, finding))
            self._objects.add(obj)
            self._containers.update((obj, path) for path in _about(finding, obj))
        self._starts.sort()

    def any_in(self, reach: Reach) -> bool:
        """Whether a comment of this reach speaks for one of the findings."""
        start, end = reach.lines
        index = bisect_left(self._starts, start)
        return (
            (index < len(self._starts) and self._starts[index] <= end)
            or not self._objects.isdisjoint(reach.objects)
            or any((obj, container.path) in self._containers for obj, container in reach.containers)
        )


def commented_place(obj: KubeObject, finding: Finding) -> int:
    """Where a comment has to be that speaks for the line of a finding.

    That is where the finding begins; within the text of a block scalar, in which there are no
    comments, it is the first line of the scalar, with its key.
    """
    start = finding.span.start
    if finding.path is not None:
        field = obj.get(*finding.path)
        node = field.node
        is_block = isinstance(node, Scalar) and node.style == "|" and field.written is node
        if is_block and node is not None and node.span.start < start < node.span.end:
            return node.span.start
    return start


def reach_of_object(obj: KubeObject) -> Reach:
    """A whole object and nothing else: no finding begins in this line."""
    return Reach(Span(-1, -1), (), (obj,))


def containers_of_finding(obj: KubeObject, finding: Finding) -> tuple[Path, ...]:
    """The paths of the containers that a finding speaks for."""
    if finding.containers:
        return finding.containers
    container = None if finding.path is None else obj.container_at(finding.path)
    return () if container is None else (container.path,)


def _about(finding: Finding, obj: KubeObject) -> tuple[Path, ...]:
    """The paths of the container that a finding stands in, and of the one it speaks for alone."""
    speaks_for = containers_of_finding(obj, finding)
    alone = speaks_for if len(speaks_for) == 1 else ()
    container = None if finding.path is None else obj.container_at(finding.path)
    if not finding.containers or container is None:
        return alone
    return (container.path, *alone)


class Landmarks(NamedTuple):
    """The places where a comment speaks for more than a line, as offsets in the unit, in order."""

    kinds: list[tuple[int, KubeObject]]
    names: list[tuple[int, tuple[KubeObject, Container]]]
    beginnings: list[tuple[int, tuple[KubeObject, Container]]]


def landmarks_in(objects: tuple[KubeObject, ...]) -> Landmarks:
    """Find the landmarks, once for all comments of a unit."""
    found = Landmarks([], [], [])
    for obj in objects:
        kind = obj.get("kind")
        if kind.key is not None and not kind.shared:
            found.kinds.append((kind.key.span.start, obj))
        for container in obj.containers:
            name = container.get("name")
            if name.key is not None and not name.shared:
                found.names.append((name.key.span.start, (obj, container)))
            found.beginnings.append((_beginning(container, obj.text), (obj, container)))
    for places in found:
        places.sort(key=itemgetter(0))
    return found


def reach_of_comment(
    text: str, comment: Comment, landmarks: Landmarks, known: dict[int, Span] | None = None
) -> Reach:
    """What a comment that is there speaks for; `known` as in `line_below`."""
    return reach_of_line(line_of_comment(text, comment, known), comment.alone, landmarks)


def line_of_comment(text: str, comment: Comment, known: dict[int, Span] | None = None) -> Span:
    """The line that a comment speaks for: the one below it where it stands alone, else its own."""
    if comment.alone:
        return line_below(text, comment, known)
    return line_at(text, comment.span.start)


def reach_of_line(line: Span, alone: bool, landmarks: Landmarks) -> Reach:
    """What a comment for a line speaks for; it stands alone above the line, or at its end."""
    owned = _within(line, landmarks.names)
    if alone:
        owned += _within(line, landmarks.beginnings)
    # A container whose lines begin with its name is found twice.
    containers = {id(container): (obj, container) for obj, container in owned}
    return Reach(line, tuple(containers.values()), tuple(_within(line, landmarks.kinds)))


def _within(line: Span, places: list[tuple[int, T]]) -> list[T]:
    """What stands in a line, of what stands at some places in order."""
    first = bisect_left(places, line.start, key=itemgetter(0))
    return [thing for _, thing in places[first : bisect_right(places, line.end, key=itemgetter(0))]]


def _beginning(container: Container, text: str) -> int:
    """Where the lines of a container begin: at its dash, if it has one."""
    written = container.field.written
    if written is None or container.field.shared:
        return -1
    place = written.start
    while place > 0 and text[place - 1] in " \t\r\n":
        place -= 1
    return place - 1 if text[place - 1 : place] == "-" else written.start
