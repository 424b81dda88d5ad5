"""A key is given twice.

YAML forbids it, and readers disagree about what to do: kubectl normally keeps the last one
and says nothing, other tools keep the first one or refuse the file. A `securityContext` that
somebody pasted below another one silently replaces it, together with everything that it set.

Two objects without `---` between them become one that way, of which the second is left: that is
told once.

Nothing breaks when the two are merged by hand, except that settings come into effect which
the file has claimed all along.
"""

from collections.abc import Iterator
from typing import TypeAlias

from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Related, rule
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence


@rule(
    severity="error",
    subject=OBJECT,
)
def duplicate_key(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if not _has_duplicates(obj.root.node):
        return
    waiting: list[tuple[Node | None, _Trail]] = [(obj.root.node, ())]
    while waiting:
        node, trail = waiting.pop()
        if isinstance(node, Sequence):
            waiting += [
                (item, (index, trail))
                for index, item in enumerate(node.items)
                if not isinstance(item, Scalar)
            ]
        elif isinstance(node, Mapping):
            waiting += [
                (entry.value, (name, trail))
                for entry in node.entries
                if not isinstance(entry.value, Scalar) and (name := _name(entry)) is not None
            ]
            # The branches of a template, and what was repaired, may name a key twice in good faith.
            if len(node.names) < len(node.entries) and not node.open:
                yield from _duplicates(node, (*obj.root.path, *_path(trail)))


def _has_duplicates(root: Node | None) -> bool:
    """Whether the longer look for their places is worth while: it seldom is."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if type(node) is Sequence:
            waiting += [item for item in node.items if type(item) is not Scalar]
        elif type(node) is Mapping:
            if len(node.names) < len(node.entries):
                return True
            waiting += [value for _, value in node.entries if type(value) is not Scalar]
    return False


_Trail: TypeAlias = "tuple[()] | tuple[str | int, _Trail]"
"""The last name of a path, and the way to it: whole paths are rarely needed."""


def _path(trail: _Trail) -> Path:
    names: list[str | int] = []
    while trail:
        name, trail = trail
        names.append(name)
    return tuple(reversed(names))


def _duplicates(mapping: Mapping, path: Path) -> Iterator[Finding]:
    named = [(name, entry) for entry in mapping.entries if (name := _name(entry)) is not None]
    last = dict(named)
    earlier = [(name, entry) for name, entry in named if entry is not last[name]]
    if {"apiVersion", "kind"} <= {name for name, _ in earlier}:
        # One separator was forgotten, which is one fault.
        second = min(last[name].key.span for name, _ in earlier)
        yield Finding(
            earlier[0][1].key.span,
            'two objects must have "---" between them: kubectl normally keeps the last of each key',
            (*path, earlier[0][0]),
            related=(Related(second, "the second one begins here"),),
        )
        return
    for name, entry in earlier:
        yield Finding(
            entry.key.span,
            f'key "{name}" is given again below: kubectl normally keeps the last one',
            (*path, name),
            related=(Related(last[name].key.span, "this one counts"),),
        )


def _name(entry: Entry) -> str | None:
    """The key's text; None for a merge key, which may stand several times, and for odd keys."""
    key = entry.key
    if not isinstance(key, Scalar) or key.style == "{{" or (key.value == "<<" and not key.style):
        return None
    return key.value


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: false
      securityContext:
        runAsNonRoot: true
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        privileged: false
        runAsNonRoot: true
"""

REFERENCES = ("https://yaml.org/spec/1.2.2/#3213-node-comparison",)

ADMISSION = Undecidable("an object that the API server has decoded has each key once")
