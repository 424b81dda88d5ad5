"""Trees -> API objects."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from k8s_lsp.kubernetes.custom_resources import SERVED, merging_of, places_of
from k8s_lsp.kubernetes.fields import Cache, Field, Path, root_field
from k8s_lsp.kubernetes.patches import may_hold_directives, why_patch
from k8s_lsp.kubernetes.places import CorePlace
from k8s_lsp.kubernetes.pods import Container, Pod, pod_at
from k8s_lsp.kubernetes.workloads import group_of, pod_place
from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Mapping, Sequence, Tree
from k8s_lsp.text import Span

if TYPE_CHECKING:
    from k8s_lsp.kubernetes.placed_pods import Placed
    from k8s_lsp.kubernetes.places import Pattern

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class KubeObject:
    """One object of the API, as the text of its unit has it.

    `name` and `namespace` are None where the text does not tell them. `is_whole` says that the unit
    has no syntax errors. `patch_because` says what makes it a patch, or one that is still being
    typed, as a clause; None for a whole object. `pods` are those that it holds: one in a workload
    of Kubernetes, any number in a custom resource. `cache` keeps what several rules ask about it.
    `policy_fields` are the rules of RBAC that a custom resource has, from which its controller
    makes roles.
    """

    root: Field
    text: str
    api_version: str
    kind: str
    name: str | None
    namespace: str | None
    pods: tuple[Pod, ...]
    cache: Cache
    is_whole: bool = True
    patch_because: str | None = None
    policy_fields: tuple[Field, ...] = ()

    @property
    def is_patch(self) -> bool:
        """Whether the rest of it is elsewhere, or is yet to come: what it lacks is not missing."""
        return self.patch_because is not None

    @property
    def is_custom(self) -> bool:
        """Whether it holds pods that Kubernetes does not make by itself, but a controller."""
        return bool(self.pods) and pod_place(self.api_version, self.kind) is None

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return group_of(self.api_version)

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers of the object's pods: of each the init, regular and ephemeral ones."""
        pods = self.pods
        # Most have one, and rules ask for this many times.
        if len(pods) == 1:
            return pods[0].containers
        return tuple([container for pod in pods for container in pod.containers])

    def pod_at(self, path: Path) -> Pod | None:
        """The innermost pod whose spec or metadata is at a path or above it."""
        found = None
        for pod in self.pods:
            own, about = pod.path, pod.metadata.path
            if (path[: len(own)] == own or path[: len(about)] == about) and (
                found is None or len(own) > len(found.path)
            ):
                found = pod
        return found

    def container_at(self, path: Path) -> Container | None:
        """The container that is at a path or above it."""
        places: _ContainerPlaces | None = self.cache.get(_ContainerPlaces)
        if places is None:
            places = self.cache[_ContainerPlaces] = _places_of(self.containers)
        for depth in places.depths:
            found = places.whole.get(path[:depth])
            if found is not None:
                return found
        return next((each for each in places.parts if each.holds(path)), None)

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


class _ContainerPlaces(NamedTuple):
    """The containers of an object by their paths, of as many lengths as there are `depths`.

    Those of which only parts stand in a mapping are few.
    """

    whole: Dict[Path, Container]
    depths: tuple[int, ...]
    parts: tuple[Container, ...]


def _places_of(containers: Iterable[Container]) -> _ContainerPlaces:
    whole = {each.path: each for each in containers if each.parts is None}
    depths = sorted({len(path) for path in whole}, reverse=True)
    parts = tuple(each for each in containers if each.parts is not None)
    return _ContainerPlaces(whole, tuple(depths), parts)


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


_WITHOUT_COLON: Final = regex(
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
        root, tree.text, api_version, kind, name, namespace, (), cache, is_whole=False
    )


PlacesByKind: TypeAlias = Dict[tuple[str, str], tuple[CorePlace, ...]]
"""The places of kinds, by their `apiVersion` and `kind`."""

NO_PLACES: Final[PlacesByKind] = MappingProxyType({})


def objects_of(
    tree: Tree,
    *,
    is_item: bool = False,
    listed_as: tuple[str, str] = ("", ""),
    places: PlacesByKind = NO_PLACES,
) -> tuple[KubeObject, ...]:
    """The objects of a unit: of each document, and of the items of a List.

    `is_item` says that the unit is one item of a List that was cut, a sequence of one, or in JSON
    the object alone, and `listed_as` what kind that List gives it. `places` are those of kinds of
    which more is known here than everywhere.
    """
    found: list[KubeObject] = []
    shared = _OfUnit(tree.text, not tree.problems, may_hold_directives(tree.text), places)
    for node in tree.roots:
        root = root_field(node)
        if not is_item:
            found += _objects(root, shared, "", "")
        elif isinstance(root.node, Sequence):
            items = root_field(node, ("items",)).items()
            for item in items:
                found += _objects(item, shared, *listed_as)
        else:
            found += _objects(root_field(node, ("items", 0)), shared, *listed_as)
    return tuple(found)


VALUES: Final = ("helm.sh", "Values")
"""What is taken for the API version and the kind of the values of a chart, which have neither."""


def values_of(tree: Tree) -> tuple[KubeObject, ...]:
    """What stands for the values of a chart: one object. None if they are encrypted."""
    root = root_field(tree.roots[0]) if tree.roots else None
    if root is None or not isinstance(root.node, Mapping) or is_encrypted(root):
        return ()
    from k8s_lsp.kubernetes.placed_pods import placed_in_values, pods_of

    unit = _OfUnit(tree.text, not tree.problems, may_hold_directives(tree.text), NO_PLACES)
    found = placed_in_values(root)
    pods = pods_of(root, found, [], tree.text, VALUES[1], None)
    values = KubeObject(
        root,
        tree.text,
        *VALUES,
        None,
        None,
        pods,
        Cache(root),
        is_whole=unit.is_whole,
        policy_fields=tuple(each.field for each in found if each.type == "PolicyRule"),
    )
    inner = [each.field for each in found if each.type == "Object"]
    whole = (obj for each in inner for obj in _objects(each, unit, "", ""))
    # The chart gives them its namespace, and may give them anything else.
    return (values, *(replace(obj, patch_because=_IN_VALUES) for obj in whole))


_IN_VALUES: Final = "it stands in the values of a chart"


def is_encrypted(root: Field) -> bool:
    """Whether a document was encrypted with SOPS, which signs all of it with a `mac`.

    Its values are not what is written: it cannot be read.
    """
    return (root.get("sops", "mac").string or "").startswith("ENC[")


class _OfUnit(NamedTuple):
    """What is found out once for all objects of a unit: large Lists hold thousands."""

    text: str
    is_whole: bool
    may_hold_directives: bool
    places: PlacesByKind


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
    inner: list[Field] = []
    policies: list[Field] = []
    pods: tuple[Pod, ...] = ()
    if place is not None:
        pod = pod_at(field.get(*place), unit.text, kind, namespace)
        pods = () if pod is None else (pod,)
    elif "." in api_version or kind in _OLD_GROUPS:
        group_version = _OLD_GROUPS.get(kind, api_version) if api_version == "v1" else api_version
        places = unit.places.get((group_version, kind)) or places_of(group_version, kind)
        found, contexts = _placed_in(field, unit.text, places, group_version, kind)
        if found:
            from k8s_lsp.kubernetes.placed_pods import pods_of

            merging = merging_of(group_version, kind)
            pods = pods_of(field, found, contexts, unit.text, kind, namespace, merging)
            inner = [each.field for each in found if each.type == "Object"]
            policies = [each.field for each in found if each.type == "PolicyRule"]
    yield KubeObject(
        field,
        unit.text,
        api_version,
        kind,
        name,
        namespace,
        pods,
        cache,
        is_whole=unit.is_whole,
        patch_because=why_patch(
            field,
            api_version,
            name,
            place,
            pods[0] if pods else None,
            may_hold_directives=unit.may_hold_directives,
        ),
        policy_fields=tuple(policies),
    )
    for each in inner:
        yield from _objects(each, unit, "", "")


def _placed_in(
    field: Field, text: str, places: tuple[CorePlace, ...], api_version: str, kind: str
) -> "tuple[list[Placed], list[Pattern]]":
    """The same as `placed_in`, which is loaded where something may be found: most texts hold none.

    The kinds of Kubernetes itself have no places, and could but look like what is found by shape.
    """
    if not places and group_of(api_version) in SERVED and "containers" not in text:
        return [], []
    from k8s_lsp.kubernetes.placed_pods import placed_in

    return placed_in(field, text, places, api_version, kind)


_OLD_GROUPS: Final = {
    "DeploymentConfig": "apps.openshift.io/v1",
    "Template": "template.openshift.io/v1",
}
"""The kinds that OpenShift served in the core group as well before its version 4, and now."""
