"""Keys that are given twice."""

from collections import Counter
from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import Context, Finding, Related, rule
from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence


@rule(
    severity="error",
    references=("https://yaml.org/spec/1.2.2/#3213-node-comparison",),
    bad="""
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
        """,
    good="""
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
        """,
)
def duplicate_key(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """A key is given twice.

    YAML forbids it, and readers disagree about what to do: kubectl normally keeps the last one
    and says nothing, other tools keep the first one or refuse the file. A `securityContext` that
    somebody pasted below another one silently replaces it, together with everything that it set.

    Nothing breaks when the two are merged by hand, except that settings come into effect which
    the file has claimed all along.
    """
    waiting: list[tuple[Path, Node | None]] = [(obj.root.path, obj.root.node)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, Sequence):
            waiting += [((*path, index), item) for index, item in enumerate(node.items)]
        elif isinstance(node, Mapping):
            named = [(entry, _name(entry)) for entry in node.entries]
            waiting += [
                ((*path, name), entry.value)
                for entry, name in named
                if name is not None and not isinstance(entry.value, Scalar)
            ]
            # The branches of a template, and what was repaired, may name a key twice in good faith.
            if not node.open:
                yield from _duplicates(path, named)


def _name(entry: Entry) -> str | None:
    """The key's text; None for a merge key, which may stand several times, and for odd keys."""
    key = entry.key
    if not isinstance(key, Scalar) or key.style == "{{" or (key.value == "<<" and not key.style):
        return None
    return key.value


def _duplicates(path: Path, named: list[tuple[Entry, str | None]]) -> Iterator[Finding]:
    if len({name for _, name in named}) == len(named):
        return
    counts = Counter(name for _, name in named if name is not None)
    last = {name: entry for entry, name in named if name is not None}
    for entry, name in named:
        if name is not None and counts[name] > 1 and entry is not last[name]:
            yield Finding(
                entry.key.span,
                f'key "{name}" is given again below: kubectl normally keeps the last one',
                (*path, name),
                related=(Related(last[name].key.span, "this one counts"),),
            )
