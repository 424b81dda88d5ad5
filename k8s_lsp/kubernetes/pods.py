"""Pods and their containers, with the values that are in effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from k8s_lsp.edits import Data, Edits
from k8s_lsp.kubernetes.fields import Cache, Field, Path
from k8s_lsp.syntax.nodes import Mapping, Sequence
from k8s_lsp.text import Span

T = TypeVar("T")
P = TypeVar("P", bound="PodSpec | Container")

ContainerType = Literal["init", "sidecar", "container", "ephemeral"]

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
    """

    spec: Field
    metadata: Field
    text: str
    kind: str
    namespace: str | None
    cache: Cache

    def __str__(self) -> str:
        return "pod"

    @property
    def path(self) -> Path:
        """The path of the pod spec."""
        return self.spec.path

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

    def set(self, names: tuple[str, ...], data: Data) -> Edits | None:
        """The edits that give a field of the pod spec a value, where people put that field."""
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
    """

    field: Field
    type: ContainerType
    pod: PodSpec
    title: str
    anchor: Span
    is_partial: bool
    cache: Cache

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

    def set(self, names: tuple[str, ...], data: Data) -> Edits | None:
        """The edits that give a field of the container a value, where people put that field."""
        return self.get(*names).set(self.text, data, _USUALLY_AFTER.get(names[0], ()))

    @property
    def runs_steadily(self) -> bool:
        """Whether it runs as long as its pod: a regular container or a sidecar."""
        return self.type in ("container", "sidecar")


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
    metadata, cache = template.get("metadata"), Cache(spec)
    pod = PodSpec(spec, metadata, text, kind, namespace, cache)
    found: list[Container] = []
    for key, container_type in CONTAINER_LISTS:
        for item in spec.get(key).items():
            if isinstance(item.node, Mapping):
                found.append(_container_at(item, container_type, pod))
    is_partial = bool(found) and all(each.is_partial for each in found)
    return Pod(spec, metadata, text, kind, namespace, cache, tuple(found), is_partial)


def _container_at(field: Field, kind: ContainerType, pod: PodSpec) -> Container:
    if kind == "init" and field.get("restartPolicy").text == "Always":
        kind = "sidecar"
    name = field.get("name")
    where = f'"{name.text}"' if name.text else f"{field.path[-2]}[{field.path[-1]}]"
    node, written = field.node, field.written
    if name.present and not name.shared:
        anchor = name.span
    elif isinstance(node, Mapping) and node.entries and not field.shared:
        anchor = node.entries[0].key.span
    elif written is None:
        anchor = pod.anchor
    else:
        start = written.span.start
        anchor = written.span if written is not node else Span(start, start + 1)
    title = f"{_TITLES[kind]} {where}"
    image = field.get("image")
    is_partial = image.key is None or image.text == INJECTED
    return Container(field, kind, pod, title, anchor, is_partial, Cache(field))


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
