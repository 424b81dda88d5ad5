"""What a comment speaks for: a line, a container or an object, and the findings in them.

A comment speaks for the line at whose end it stands, or above which it stands alone. On the line
of a container's `name`, or alone above its first line, it speaks for the container, and on the
line of an object's `kind` for the object.
"""

from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import CONTAINER_LISTS, Container
from k8s_lsp.rules.base import Finding
from k8s_lsp.syntax.comments import Comment, line_at, line_below
from k8s_lsp.text import Span


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


def reach_of_object(obj: KubeObject) -> Reach:
    """A whole object and nothing else: no finding begins in this line."""
    return Reach(Span(-1, -1), (), (obj,))


_LISTS: Final = frozenset(key for key, _ in CONTAINER_LISTS)


def containers_of_finding(obj: KubeObject, finding: Finding) -> tuple[Path, ...]:
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
    is_inside = (finding.path or ())[: len(path)] == path
    return is_inside or containers_of_finding(obj, finding) == (path,)


class Landmarks(NamedTuple):
    """The places where a comment speaks for more than a line, as offsets in the unit."""

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
    return found


def reach_of_comment(text: str, comment: Comment, landmarks: Landmarks) -> Reach:
    """What a comment that is there speaks for."""
    return reach_of_line(line_of_comment(text, comment), comment.alone, landmarks)


def line_of_comment(text: str, comment: Comment) -> Span:
    """The line that a comment speaks for: the one below it where it stands alone, else its own."""
    return line_below(text, comment) if comment.alone else line_at(text, comment.span.start)


def reach_of_line(line: Span, alone: bool, landmarks: Landmarks) -> Reach:
    """What a comment for a line speaks for; it stands alone above the line, or at its end."""
    start, end = line
    places = landmarks.names + (landmarks.beginnings if alone else [])
    # A container whose lines begin with its name is found twice.
    containers = {id(owned[1]): owned for at, owned in places if start <= at <= end}
    objects = tuple(obj for at, obj in landmarks.kinds if start <= at <= end)
    return Reach(line, tuple(containers.values()), objects)


def _beginning(container: Container, text: str) -> int:
    """Where the lines of a container begin: at its dash, if it has one."""
    written = container.field.written
    if written is None or container.field.shared:
        return -1
    place = written.start
    while place > 0 and text[place - 1] in " \t\r\n":
        place -= 1
    return place - 1 if text[place - 1 : place] == "-" else written.start
