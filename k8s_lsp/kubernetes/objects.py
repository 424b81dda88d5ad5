"""Trees -> API objects."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from k8s_lsp.kubernetes.chart_values import is_encrypted
from k8s_lsp.kubernetes.fields import Cache, Field, root_field
from k8s_lsp.kubernetes.patches import may_hold_directives, why_patch
from k8s_lsp.kubernetes.pods import Container, Pod, pod_at
from k8s_lsp.kubernetes.workloads import group_of, pod_place
from k8s_lsp.syntax.nodes import Mapping, Sequence, Tree
from k8s_lsp.text import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class KubeObject:
    """One object of the API, as the text of its unit has it.

    `name` and `namespace` are None where the text does not tell them. `is_whole` says that the unit
    has no syntax errors. `patch_because` says what makes it a patch, or one that is still being
    typed, as a clause; None for a whole object. `cache` keeps what several rules ask about it.
    """

    root: Field
    text: str
    api_version: str
    kind: str
    name: str | None
    namespace: str | None
    pod: Pod | None
    cache: Cache
    is_whole: bool = True
    patch_because: str | None = None

    @property
    def is_patch(self) -> bool:
        """Whether the rest of it is elsewhere, or is yet to come: what it lacks is not missing."""
        return self.patch_because is not None

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return group_of(self.api_version)

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers of the object's pod: init, regular, ephemeral; none without a pod."""
        return self.pod.containers if self.pod is not None else ()

    def get(self, *names: str | int) -> Field:
        """A field of the object, from its root."""
        field: Field = self.cache[names]
        return field

    @property
    def anchor(self) -> Span:
        """Where a finding about the whole object goes: its name, else its kind; one token."""
        for each in (self.get("metadata", "name"), self.get("kind"), self.get("metadata")):
            if each.key is not None and not each.shared:
                return each.span if each.present else each.key.span
        return Span(0, 0)


def cached_per_object(question: Callable[[KubeObject], T]) -> Callable[[KubeObject], T]:
    """The same function, which keeps its answer with the object that it is about."""

    def asked(obj: KubeObject) -> T:
        if question not in obj.cache:
            obj.cache[question] = question(obj)
        answer: T = obj.cache[question]
        return answer

    return asked


def may_hold_objects(text: str) -> bool:
    """Whether an object can stand in a unit: without these two keys there is none."""
    # Where characters are escaped, a key may be written in another way.
    return ("kind" in text and "apiVersion" in text) or "\\" in text


def lacks_colon(text: str) -> bool:
    """Whether a line is meant to say what kind of object this is, and the key is not ended."""
    return _WITHOUT_COLON.search(text) is not None


_WITHOUT_COLON: Final = re.compile(
    r"""^\ufeff?["']?(?:apiVersion["']?(?:[ \t;=,.]+|:(?=\S))["']?[a-z][\w./-]*"""
    r"""|kind["']?(?:[ \t;=,.]+|:(?=\S))["']?[A-Z][A-Za-z]+)["']?[ \t]*(?:\#.*)?\r?$""",
    re.MULTILINE,
)


def unread_object(tree: Tree) -> KubeObject:
    """What stands for the object that a unit was meant to hold: a finding has to be about one."""
    root = root_field(tree.roots[0] if tree.roots else Mapping(Span(0, 0), (), open=True))
    api_version, kind = (root.get(key).text or "" for key in ("apiVersion", "kind"))
    name, namespace = (root.get("metadata", key).text for key in ("name", "namespace"))
    cache = Cache(root)
    return KubeObject(
        root, tree.text, api_version, kind, name, namespace, None, cache, is_whole=False
    )


def objects_of(tree: Tree, *, is_item: bool = False) -> tuple[KubeObject, ...]:
    """The objects of a unit: of each document, and of the items of a List.

    `is_item` says that the unit is one item of a List that was cut, a sequence of one.
    """
    found: list[KubeObject] = []
    shared = _OfUnit(tree.text, not tree.problems, may_hold_directives(tree.text))
    for node in tree.roots:
        root = root_field(node)
        if not is_item:
            found += _objects(root, shared, "", "")
        elif isinstance(root.node, Sequence):
            items = root_field(node, ("items",)).items()
            for item in items:
                found += _objects(item, shared, "", "")
    return tuple(found)


VALUES: Final = ("helm.sh", "Values")
"""What is taken for the API version and the kind of the values of a chart, which have neither."""


def values_of(tree: Tree) -> tuple[KubeObject, ...]:
    """What stands for the values of a chart: one object. None if they are encrypted."""
    root = root_field(tree.roots[0]) if tree.roots else None
    if root is None or not isinstance(root.node, Mapping) or is_encrypted(root):
        return ()
    return (
        KubeObject(
            root,
            tree.text,
            *VALUES,
            None,
            None,
            None,
            Cache(root),
            is_whole=not tree.problems,
        ),
    )


class _OfUnit(NamedTuple):
    """What is found out once for all objects of a unit: large Lists hold thousands."""

    text: str
    is_whole: bool
    may_hold_directives: bool


def _objects(field: Field, unit: _OfUnit, api_version: str, kind: str) -> Iterator[KubeObject]:
    """The object at `field`, or those of the list there.

    The items of a typed list (`PodList`) may leave out what the list already says, as
    apimachinery's unstructured decoder has it (pkg/apis/meta/v1/unstructured/helpers.go).
    """
    if not isinstance(field.node, Mapping):
        return
    cache = Cache(field)

    def at(*names: str) -> Field:
        found: Field = cache[names]
        return found

    api_version = at("apiVersion").text or (api_version if kind else "")
    kind = at("kind").text or kind
    if not api_version or not kind:
        return
    if kind.endswith("List"):
        items = at("items")
        if isinstance(items.node, Sequence):
            for item in items.items():
                yield from _objects(item, unit, api_version, kind.removesuffix("List"))
            return
    place = pod_place(api_version, kind)
    name, namespace = at("metadata", "name").text, at("metadata", "namespace").text
    pod = None if place is None else pod_at(field.get(*place), unit.text, kind, namespace)
    yield KubeObject(
        field,
        unit.text,
        api_version,
        kind,
        name,
        namespace,
        pod,
        cache,
        is_whole=unit.is_whole,
        patch_because=why_patch(
            field, api_version, name, place, pod, may_hold_directives=unit.may_hold_directives
        ),
    )
