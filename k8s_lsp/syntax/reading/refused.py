"""What is YAML, but refused by Kubernetes' decoder, which makes JSON of it.

Source: `convertToJSONableObject` in sigs.k8s.io/yaml/yaml.go, and `merge` and `resolve` of go-yaml
v2, its goyaml.v2/decode.go and resolve.go.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Problem, Scalar, Sequence, is_merge
from k8s_lsp.syntax.reading.source import Source, is_json_text
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.scalars import NOT_FINITE, is_null, is_refused
from k8s_lsp.text import first_line


def refusal_in(source: Source, attempt: ParseAttempt) -> Problem | None:
    """The first thing that the decoder refuses of what was read without a failure."""
    text = source.masked
    # Most texts have nothing of the kind, and a look at all nodes takes its time.
    if not (attempt.is_odd or "\\/" in text or NOT_FINITE.search(text)):
        return None
    may_escape_slash = "\\/" not in text or is_json_text(source.text, source.read_as)
    found: list[Problem] = []
    waiting: list[Node] = [*attempt.roots]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            if node.style != "{{" and (node.tag is not None or not node.style) and is_refused(node):
                found.append(Problem(node.span, _UNFIT if node.tag else _INFINITE))
            elif node.style == '"' and not may_escape_slash and _escapes_slash(text, node):
                found.append(Problem(node.span, _SLASH))
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                found += _of_entry(key, value)
                # A key becomes a string, whatever number it is.
                waiting += (value,) if _is_plain(key) else (key, value)
        elif isinstance(node, Sequence):
            waiting += node.items
    first = min(found, key=attrgetter("span"), default=None)
    return first and first._replace(span=first_line(source.text, first.span))


_UNFIT: Final = "kubectl refuses a value that its tag does not fit"
_INFINITE: Final = "kubectl refuses this number, which JSON cannot write"
_SLASH: Final = "unknown escape '\\/' in a double-quoted value: kubectl takes it in JSON alone"


def _is_plain(key: Node) -> bool:
    return isinstance(key, Scalar) and not key.style and key.tag is None


def _of_entry(key: Node, value: Node) -> Iterator[Problem]:
    named = key.target if isinstance(key, Alias) else key
    if isinstance(named, Mapping | Sequence):
        yield Problem(key.span, "kubectl refuses a mapping or list as a key")
    elif isinstance(named, Scalar) and is_null(named):
        place = key.span if key.span.start < key.span.end else value.span
        yield Problem(place, "kubectl refuses null as a key")
    elif is_merge(key) and not _can_be_merged(value):
        place = value.span if value.span.start < value.span.end else key.span
        yield Problem(place, "kubectl refuses to merge what is no mapping and no list of them")


def _can_be_merged(value: Node) -> bool:
    target = value.target if isinstance(value, Alias) else value
    items = target.items if isinstance(target, Sequence) else (value,)
    for item in items:
        merged = item.target if isinstance(item, Alias) else item
        is_unknown = merged is None or (isinstance(merged, Scalar) and merged.style == "{{")
        if not is_unknown and not isinstance(merged, Mapping):
            return False
    return True


def _escapes_slash(text: str, scalar: Scalar) -> bool:
    """Whether a double-quoted scalar escapes a slash; a backslash may itself be escaped."""
    written = text[scalar.span.start : scalar.span.end]
    position = written.find("\\")
    while position >= 0:
        if written[position + 1] == "/":
            return True
        position = written.find("\\", position + 2)
    return False
