"""Pods and their containers, with the values that are in effect."""

from collections.abc import Callable, Collection
from dataclasses import KW_ONLY, dataclass
from typing import Literal, NamedTuple, TypeVar

from k8s_lsp.edits import Data, Edits
from k8s_lsp.kubernetes.fields import Cache, Field, Path, path_text
from k8s_lsp.kubernetes.places import EXACT, Handling
from k8s_lsp.syntax.nodes import Mapping, Sequence
from k8s_lsp.text import Span

T = TypeVar("T")
P = TypeVar("P", bound="PodSpec | Container")

ContainerType = Literal["init", "sidecar", "container", "ephemeral"]

PodShape = Literal["whole", "host", "part"]

CONTAINER_LISTS: tuple[tuple[str, ContainerType], ...] = (
    ("initContainers", "init"),
    ("containers", "container"),
    ("ephemeralContainers", "ephemeral"),
)
"""In the order in which Pod Security visits them (policy/visitor.go)."""

INJECTED = "auto"
"""The image in the stead of which the injector of a service mesh writes its own, and with it most
of the container (istio.io, "Installing Gateways" and "Customizing injection")."""

_TITLES = {
    "init": "init container",
    "sidecar": "sidecar container",
    "container": "container",
    "ephemeral": "ephemeral container",
}

_RESOURCES_AFTER = (
    "name", "image", "imagePullPolicy", "command", "args", "workingDir", "ports", "envFrom", "env",
)  # fmt: skip
_USUALLY_AFTER = {
    "resources": _RESOURCES_AFTER,
    "securityContext": (
        *_RESOURCES_AFTER, "resources", "resizePolicy", "restartPolicy", "livenessProbe",
        "readinessProbe", "startupProbe",
    ),
}  # fmt: skip
"""Behind which fields of a container people write a new one; others go to its end."""

_USUALLY_AFTER_IN_POD = {
    "automountServiceAccountToken": ("serviceAccount", "serviceAccountName"),
    "hostUsers": ("automountServiceAccountToken",),
    "securityContext": (
        "serviceAccount", "serviceAccountName", "automountServiceAccountToken", "hostUsers",
        "nodeName", "nodeSelector", "priorityClassName", "runtimeClassName", "schedulerName",
        "restartPolicy",
    ),
}  # fmt: skip
"""The same for a pod spec."""

_BESIDE_IN_POD = {
    "automountServiceAccountToken": ("hostUsers", "securityContext"),
    "hostUsers": ("securityContext",),
}
"""Before which fields of a pod spec a new one goes else: what keeps a pod in stands together, in
the order of the API reference, whichever is written first. Without these it goes where
`securityContext` would."""


class Effective(NamedTuple):
    """The value that counts for a container, and where it comes from.

    `field` is present unless the source is `default`; then it is the container's own, where a
    value would go.
    """

    field: Field
    source: Literal["container", "pod", "default"]


@dataclass(frozen=True, slots=True, eq=False)
class PodSpec:
    """The pod that an object holds, but for its containers, which know it as their `pod`.

    `spec` and `metadata` are as the API server would read them. `text` is that of the unit, `kind`
    and `namespace` are those of the object. `cache` keeps the fields that several rules ask for.

    In a custom resource, `handling` is what its controller makes of the pod. Its `shape` says
    whether it is `whole`; or stands in a `host`, which has fields of its own beside those of a pod;
    or is only `part` of one, whose other parts are elsewhere. The `cache` knows where fields stand
    that are not where a pod has them.
    """

    spec: Field
    metadata: Field
    text: str
    kind: str
    namespace: str | None
    cache: Cache
    _: KW_ONLY
    handling: Handling = EXACT
    shape: PodShape = "whole"

    def __str__(self) -> str:
        return "pod"

    @property
    def path(self) -> Path:
        """The path of the pod spec."""
        return self.spec.path

    @property
    def removal_stop(self) -> Path:
        """The path at which what goes along with the last field of the pod ends.

        In the values of a chart an empty key is no empty mapping: Helm then takes away the defaults
        of the chart. The `spec` of a resource stays.
        """
        path = self.spec.path
        is_key_below = self.shape != "whole" and len(path) > 1 and isinstance(path[-1], str)
        return path[:-1] if is_key_below else path

    def get(self, *names: str | int) -> Field:
        """A field of the pod spec."""
        field: Field = self.cache[names]
        return field

    def security(self, *names: str | int) -> Field:
        """A field of the pod's own `securityContext`."""
        field: Field = self.cache[("securityContext", *names)]
        return field

    @property
    def service_account(self) -> Field:
        """The field that names the ServiceAccount; it may be absent, empty or unknown.

        The old spelling counts where the new one is absent or empty
        (pkg/apis/core/v1/conversion.go, Convert_v1_PodSpec_To_core_PodSpec).
        """
        current = self.get("serviceAccountName")
        if current.text or current.unknown:
            return current
        old = self.get("serviceAccount")
        return old if old.text or old.unknown else current

    def annotation(self, name: str) -> Field:
        """An annotation of the pod itself, not of the controller that holds its template."""
        return self.metadata.get("annotations", name)

    @property
    def is_placed(self) -> bool:
        """Whether it is not certain that pods have no more than what is written."""
        return self.handling is not EXACT or self.shape == "part"

    def leaves_open(self, place: Field) -> bool:
        """Whether what is not written in a place of the pod spec may be set by a controller.

        None is known that gives a pod as a whole its amounts.
        """
        if place.path[len(self.path) :][:1] == ("resources",):
            return False
        if self.handling.kind not in ("hardened", "ignored"):
            return False
        return self._sets(place) and not _replaces(self.handling, self.security(), place)

    def _sets(self, place: Field) -> bool:
        """Whether a controller that hardens the pod may set a place of its security context."""
        sets, context = self.handling.pod_sets, self.security().path
        names = place.path[len(context) :]
        return sets is None or place.path[: len(context)] != context or names[0] in sets

    def lacks(self, place: Field) -> bool:
        """Whether nobody could write a place: its schema lacks it, or a controller refuses it."""
        refused = self.handling.refused
        return bool(refused) and _is_among(place.path[len(self.path) :], refused)

    def set(self, names: tuple[str, ...], data: Data) -> Edits | None:
        """The edits that give a field of the pod spec a value, where people put that field.

        None where that is not possible, and where its controller would refuse or drop the field.
        """
        if self.handling.refused and _is_among(names, self.handling.refused):
            return None
        if self.handling.replaces and names[0] == "securityContext" and not self.security().present:
            # It would take what the controller sets by itself away.
            return None
        after, before = _USUALLY_AFTER_IN_POD.get(names[0], ()), _BESIDE_IN_POD.get(names[0], ())
        if before and not any(self.get(name).key for name in (*after, *before)):
            after = _USUALLY_AFTER_IN_POD["securityContext"]
        return self.get(*names).set(self.text, data, after, before)

    def dns_policy_of_host_network(self) -> tuple[Field, ...]:
        """The DNS policy that is the default but for pods on the network of the node, if it is set.

        What takes a pod from there takes it along. Source: pkg/kubelet/network/dns/dns.go,
        getPodDNSType.
        """
        policy = self.get("dnsPolicy")
        return (policy,) if policy.text == "ClusterFirstWithHostNet" else ()

    @property
    def is_windows(self) -> bool:
        """Whether `os.name` is exactly `windows`; a node selector does not count."""
        return self.get("os", "name").text == "windows"

    @property
    def uses_host_users(self) -> bool:
        """Whether the pod shares the node's user ids: everywhere but under an explicit false."""
        return self.get("hostUsers").boolean is not False

    @property
    def anchor(self) -> Span:
        """The key that holds the pod spec."""
        return _key_span(self.spec)

    def volumes(self) -> tuple[Field, ...]:
        """The volumes of the pod."""
        volumes: tuple[Field, ...] | None = self.cache.get("volumes")
        if volumes is None:
            volumes = self.cache["volumes"] = tuple(self.get("volumes").items())
        return volumes


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """One container, and the `pod` that it is in.

    `title` is what messages call it. `anchor` is where a finding about something missing goes when
    nothing of it exists: the value of `name`, else the first key, else the dash or brace, always
    one token. `is_partial` says that the rest is still to come, from the person who types it, from
    what it patches, or from an injector: no container runs without an image, so one without such a
    key is not all there, nor is one whose image is INJECTED.

    In a custom resource, `handling` is what its controller makes of the container, and `absent` are
    the fields, dotted, that its schema lacks. Where only some `parts` of a container stand in the
    mapping `field`, these are their keys.
    """

    field: Field
    type: ContainerType
    pod: PodSpec
    title: str
    anchor: Span
    is_partial: bool
    cache: Cache
    _: KW_ONLY
    handling: Handling = EXACT
    absent: frozenset[str] = frozenset()
    parts: frozenset[str] | None = None

    def __str__(self) -> str:
        return self.title

    @property
    def text(self) -> str:
        """The text of the unit."""
        return self.pod.text

    @property
    def path(self) -> Path:
        """The path of the container."""
        return self.field.path

    def get(self, *names: str | int) -> Field:
        """A field of the container."""
        field: Field = self.cache[names]
        return field

    def security(self, *names: str | int) -> Field:
        """A field of the container's own `securityContext`."""
        field: Field = self.cache[("securityContext", *names)]
        return field

    def effective(self, name: str) -> Effective:
        """A `securityContext` field that a container inherits from its pod.

        Kubernetes merges field by field, and a whole struct (`seccompProfile`) is one field.
        """
        own = self.security(name)
        if own.present:
            return Effective(own, "container")
        inherited = self.pod.security(name)
        if inherited.present:
            return Effective(inherited, "pod")
        return Effective(own, "default")

    def holds(self, path: Path) -> bool:
        """Whether a path leads to the container or into it."""
        own = self.field.path
        depth = len(own)
        return path[:depth] == own and (
            self.parts is None or (len(path) > depth and path[depth] in self.parts)
        )

    @property
    def is_placed(self) -> bool:
        """Whether it is not certain that containers have no more than what is written."""
        return self.handling is not EXACT or self.pod.is_placed or bool(self.absent)

    def leaves_open(self, place: Field) -> bool:
        """Whether what is not written in a place of the container may stand elsewhere.

        It may where the rest of the container is still to come, and where a controller has a safe
        one, over which this one is laid. What nobody could write is not missing either.
        """
        if not self.holds(place.path):
            return self.pod.leaves_open(place)
        if self.absent and _is_among(place.path[len(self.path) :], self.absent):
            return True
        return self.is_partial and not _replaces(self.handling, self.security(), place)

    def set(self, names: tuple[str, ...], data: Data) -> Edits | None:
        """The edits that give a field of the container a value, where people put that field.

        None where that is not possible, and where the schema of its object lacks the field.
        """
        if self.absent and _is_among(names, self.absent):
            return None
        return self.get(*names).set(self.text, data, _USUALLY_AFTER.get(names[0], ()))

    @property
    def runs_steadily(self) -> bool:
        """Whether it runs as long as its pod: a regular container or a sidecar."""
        return self.type in ("container", "sidecar")


def _replaces(handling: Handling, context: Field, place: Field) -> bool:
    """Whether a place lies in a security context that is written in the stead of a controller's."""
    if not context.present or place.path[: len(context.path)] != context.path:
        return False
    if handling.empty_removes and isinstance(context.node, Mapping) and not context.node.entries:
        return True
    return handling.replaces


def _is_among(names: Path, fields: frozenset[str]) -> bool:
    """Whether a field, or one that it stands in, is one of some dotted ones."""
    parts = [str(name) for name in names]
    return any(".".join(parts[: depth + 1]) in fields for depth in range(len(parts)))


def cached_for_fixes(question: Callable[[P], T]) -> Callable[[P], T]:
    """The same function, which keeps its answer with the pod or container that it is about.

    Several fixes of a container ask what it calls and what is mounted into it. What rules ask while
    they check is not kept so: it would hide which rules look at a value.
    """

    def asked(owner: P) -> T:
        if question not in owner.cache:
            owner.cache[question] = question(owner)
        answer: T = owner.cache[question]
        return answer

    return asked


@dataclass(frozen=True, slots=True, eq=False)
class Pod(PodSpec):
    """The pod that an object holds, with its containers: init, regular, ephemeral.

    `is_partial` says that it has containers, and none of them is all there.
    """

    containers: tuple[Container, ...]
    is_partial: bool

    def inheriting(self, name: str) -> tuple[Container, ...]:
        """The containers for which a `securityContext` field of the pod is in effect."""
        return tuple(each for each in self.containers if not each.security(name).present)


def pod_at(template: Field, text: str, kind: str, namespace: str | None) -> Pod | None:
    """The pod whose `metadata` and `spec` stand in `template`; None where there is no spec.

    `text` is that of the unit, `kind` and `namespace` are those of the object.
    """
    spec = template.get("spec")
    if not isinstance(spec.node, Mapping):
        return None
    pod = PodSpec(spec, template.get("metadata"), text, kind, namespace, Cache(spec))
    return pod_of(pod)


def pod_of(pod: PodSpec) -> Pod:
    """The pod with the containers that stand in its spec."""
    return with_containers(pod, _containers_at(pod.spec, pod))


def with_containers(pod: PodSpec, containers: tuple[Container, ...]) -> Pod:
    """The pod with the containers that know it."""
    return Pod(
        pod.spec,
        pod.metadata,
        pod.text,
        pod.kind,
        pod.namespace,
        pod.cache,
        containers,
        _are_partial(pod, containers),
        handling=pod.handling,
        shape=pod.shape,
    )


def _are_partial(pod: PodSpec, containers: tuple[Container, ...]) -> bool:
    """Whether none of some containers is all there. What a controller has is there already."""
    return (
        bool(containers)
        and pod.handling.kind == "exact"
        and all(each.is_partial for each in containers)
    )


def _containers_at(spec: Field, pod: PodSpec) -> tuple[Container, ...]:
    found: list[Container] = []
    for key, container_type in CONTAINER_LISTS:
        for item in spec.get(key).items():
            if isinstance(item.node, Mapping):
                found.append(container_at(item, container_type, pod))
    return tuple(found)


def container_at(field: Field, kind: ContainerType, pod: PodSpec) -> Container:
    """The container that stands in a mapping; with `restartPolicy`, an init one is a sidecar."""
    if kind == "init" and field.get("restartPolicy").text == "Always":
        kind = "sidecar"
    name = field.get("name")
    title = f"{_TITLES[kind]} {_designation(field, name)}"
    image = field.get("image")
    is_partial = image.key is None or image.text == INJECTED
    anchor = _anchor_of(field, name, pod)
    return Container(field, kind, pod, title, anchor, is_partial, Cache(field))


def all_of(containers: Collection[Container]) -> str:
    """What people call all of several containers: `both containers`, `all 3 containers`."""
    return f"{'both' if len(containers) == 2 else f'all {len(containers)}'} containers"


def _designation(field: Field, name: Field) -> str:
    """By what people find a container: its name, else its place."""
    if name.text:
        return f'"{name.text}"'
    return path_text(field.path[-2:] if isinstance(field.path[-1], int) else field.path)


def _anchor_of(field: Field, name: Field, pod: PodSpec) -> Span:
    node, written = field.node, field.written
    if name.present and not name.shared:
        return name.span
    if isinstance(node, Mapping) and node.entries and not field.shared:
        return node.entries[0].key.span
    if written is None:
        return pod.anchor
    start = written.span.start
    return written.span if written is not node else Span(start, start + 1)


def _key_span(spec: Field) -> Span:
    if spec.key is not None and not spec.shared:
        return spec.key.span
    # A spec that arrives through a merge key has no key of its own here.
    parent = spec.parent
    while (
        parent is not None and (parent.key is None or parent.shared) and parent.parent is not None
    ):
        parent = parent.parent
    if parent is not None and parent.key is not None:
        return parent.key.span
    node = parent.node if parent is not None else spec.node
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    assert isinstance(node, (Mapping, Sequence))
    return Span(node.span.start, node.span.start + 1)
