"""Core types found by their shape, where no table says what stands in a place.

A custom resource of a kind that nobody has read may hold pods, and the values of a chart hold parts
of them under names of the author's choice. Both are told by what is written: a name alone decides
only where no chart uses it for anything else, and what looks alike is left alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.places import AS_WRITTEN, EXACT, Handling, PlaceType
from k8s_lsp.kubernetes.workloads import group_of
from k8s_lsp.regexes import regex
from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, names_of
from k8s_lsp.text import Span


class Shaped(NamedTuple):
    """A place at which a core type was found, and what may be said of it.

    Where the author wrote it in another form, `field` is one of a mapping that no text has, made of
    the tokens that stand there (`made_mapping`), and no fix edits it.
    """

    field: Field
    type: PlaceType
    handling: Handling


# Pods in objects of unknown kinds.

WITHOUT_SHAPES: Final = frozenset({"kyverno.io", "admission.k8s.io", "audit.k8s.io"})
"""The groups, with those that end in them, in whose objects what looks like a pod is a pattern that
pods are compared with, or a copy of one that was sent to the API server."""

POD_SPEC_FIELDS: Final = frozenset(
    """
    activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy
    enableServiceLinks ephemeralContainers evictionResponders hostAliases hostIPC hostNetwork
    hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers nodeName
    nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
    resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates
    schedulingGroup securityContext serviceAccount serviceAccountName setHostnameAsFQDN
    shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations
    topologySpreadConstraints volumes workloadRef
    """.split()
)
"""The fields of PodSpec in k8s.io/api/core/v1. A mapping with others is no pod spec, but something
of an operator's that has containers among its own fields."""

_PATTERN: Final = regex(r"patch|pattern|mutat|validat", re.IGNORECASE)
"""In a key: below it stands a part of an object that is elsewhere, or what one is held against."""

_NOT_DESIRED: Final = frozenset({"status", "metadata"})
"""Where an object tells what was seen of others, or about itself."""


def may_hold_pods(api_version: str) -> bool:
    """Whether pods may be found by shape in an object of a kind that is not known.

    The groups of Kubernetes itself are known, or hold none; that of a custom resource has a dot.
    """
    group = group_of(api_version)
    if "." not in group or group.endswith(".authorization.k8s.io"):
        return False
    return not any(group == each or group.endswith(f".{each}") for each in WITHOUT_SHAPES)


def pods_by_shape(root: Field) -> Iterator[Shaped]:
    """The pods of an object of an unknown kind, which the caller asked `may_hold_pods` about.

    A pod is a mapping whose `containers` are a list of mappings that all have `name` and `image`.
    It is exact where all of that is told and nothing else stands in it; where an expression stands
    for a part, what is written is true. In a mapping with fields of its own, the containers are.
    To be called where the text says `containers`: it looks at every mapping.
    """
    waiting = [field for field in root.entries() if field.path[-1] not in _NOT_DESIRED]
    waiting.reverse()
    while waiting:
        field = waiting.pop()
        if field.shared or type(field.written) is Alias:
            continue
        if isinstance(field.path[-1], str) and _PATTERN.search(field.path[-1]):
            continue
        containers = field.get("containers")
        if _are_containers(containers):
            # What an alias or a merge brings is looked at where it stands.
            if not containers.shared and type(containers.written) is not Alias:
                yield from _pod_in(field, root)
        else:
            waiting += reversed([*field.entries(), *field.items()])


def _pod_in(field: Field, root: Field) -> Iterator[Shaped]:
    names = set(_names(field))
    if not names <= POD_SPEC_FIELDS:
        yield from _containers_of_host(field)
        return
    handling = EXACT if _is_told(field.get("containers")) else AS_WRITTEN
    template = field.parent
    if template is not None and template is not root and _is_template(template, field.path[-1]):
        yield Shaped(template, "PodTemplateSpec", handling)
    else:
        yield Shaped(field, "PodSpec", handling)


def _is_template(template: Field, name: str | int) -> bool:
    """Whether a pod spec under a name is that of a template, or of a pod within the object."""
    if name != "spec":
        return False
    is_called = str(template.path[-1]).lower().endswith("template")
    return is_called or isinstance(template.get("metadata").node, Mapping)


def _containers_of_host(field: Field) -> Iterator[Shaped]:
    if _is_host(field):
        yield Shaped(field, "PodHost", AS_WRITTEN)
    for name in ("initContainers", "containers"):
        if _are_containers(field.get(name)):
            for item in field.get(name).items():
                yield Shaped(item, "Container", AS_WRITTEN)


def _are_containers(field: Field) -> bool:
    """Whether a list holds containers that say who they are and what they run."""
    node = field.node
    return (
        isinstance(node, Sequence)
        and bool(node.items)
        and all(_says(item.get("name")) and _says(item.get("image")) for item in field.items())
    )


def _says(field: Field) -> bool:
    """Whether a text stands in a field, or an expression that will be one."""
    node = field.node
    return isinstance(node, Scalar) and (node.style == "{{" or bool(field.string))


def _is_told(containers: Field) -> bool:
    """Whether no expression stands for the name or the image of a container."""
    return all(item.get(name).string for item in containers.items() for name in ("name", "image"))


# Parts of pods in the values of a chart.

TOKEN: Final = "automountServiceAccountToken"

HOST_FLAGS: Final = (
    *("hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"),
    TOKEN,
)
"""The fields of a pod spec that are true or false, and by which a host is known."""

HOST_FIELDS: Final = frozenset({*HOST_FLAGS, "hostAliases", "dnsPolicy", "runtimeClassName"})
"""What a PodHost in the values of a chart says of its pod: no other key of it is to be read.

Some are told as places of their own, or mean something else there (`serviceAccount`). Tolerations
are not told: whether the pod is a node's agent stands elsewhere.
"""

_POD_ONLY: Final = frozenset(
    "fsGroup fsGroupChangePolicy seLinuxChangePolicy supplementalGroups supplementalGroupsPolicy "
    "sysctls".split()
)
_CONTAINER_ONLY: Final = frozenset(
    "allowPrivilegeEscalation capabilities privileged procMount readOnlyRootFilesystem".split()
)
_LISTS: Final = frozenset({"supplementalGroups", "sysctls"})
_STRUCTS: Final = frozenset(
    "appArmorProfile capabilities seLinuxOptions seccompProfile windowsOptions".split()
)
_SECURITY: Final = (
    _POD_ONLY | _CONTAINER_ONLY | _STRUCTS | {"runAsGroup", "runAsNonRoot", "runAsUser"}
)
"""The fields of a security context, by the struct that has them (PodSecurityContext and
SecurityContext in k8s.io/api/core/v1): those of neither set are in both."""

_CONTAINER_FIELDS: Final = frozenset(
    "args command env envFrom image lifecycle livenessProbe ports probes readinessProbe resources "
    "securityContext startupProbe volumeMounts".split()
)
"""By which an entry is known as a container of a chart that keeps them by their names."""

_VOLUME_SOURCES: Final = frozenset(
    "awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir "
    "ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs "
    "persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO "
    "secret storageos vsphereVolume".split()
)
"""The fields of VolumeSource in k8s.io/api/core/v1."""

_AMOUNT: Final = regex(r"cpu|memory|ephemeral-storage|hugepages-.+|[a-z0-9.-]+/[\w.-]+")
"""What a container may ask for. A claim asks for `storage`, and is none."""

_ENV_NAME: Final = regex(r"[A-Z][A-Z0-9_]*")

_TAGGED: Final = regex(
    r"[\w.-]+(?::[0-9]+)?(?:/[\w.-]+)*:[A-Za-z0-9_][\w.-]*(?:@sha256:\w+)?", re.ASCII
)
"""An image in one word that says its version; one without a tag may be the name of anything."""

_NO_IMAGE: Final = regex(r"https?://|git@|.*\.git$")
"""How a repository begins or ends that holds no images."""

_NOT_OF_PODS: Final = frozenset({"podsecuritypolicy", "psp", "scc", "securitycontextconstraints"})
"""The keys of policies, whose fields are named like those of the pods that they allow."""


class _Found(NamedTuple):
    """What a reader found in a place, and the places below it that are still to be looked at."""

    shaped: Iterable[Shaped]
    below: Iterable[Field] = ()


_Reader: TypeAlias = Callable[[Field, Field], "_Found | None"]
"""Reads the value of a key, given the mapping that holds it; None where it is of no shape."""


def values_by_shape(root: Field) -> Iterator[Shaped]:
    """What the values of a chart say of pods, in the order of the text.

    All is taken as it is written, and nothing follows from what is not. Below a mapping that says
    `enabled: false` nothing is deployed.
    """
    waiting: list[Field | Shaped] = [root]
    while waiting:
        field = waiting.pop()
        if isinstance(field, Shaped):
            yield field
        # What an alias or a merge brings is looked at where it stands.
        elif not field.shared and type(field.written) is not Alias:
            waiting += reversed(list(_steps_into(field)))


def _steps_into(field: Field) -> Iterator[Field | Shaped]:
    """What a place is, and what is to be looked at below it, in the order of the text."""
    if isinstance(field.node, Sequence):
        yield from field.items()
    elif isinstance(field.node, Mapping) and not _is_off(field):
        if _is_object(field):
            yield Shaped(field, "Object", EXACT)
            return
        yield from _of_mapping(field)
        for entry in field.entries():
            found = _read(entry, field)
            if found is None:
                yield entry
            else:
                yield from found.shaped
                yield from found.below


def _of_mapping(field: Field) -> Iterator[Shaped]:
    """What a mapping is by all of its keys, whatever it is called."""
    name = str(field.path[-1]).lower() if field.path else ""
    if _is_host(field):
        yield Shaped(field, "PodHost", AS_WRITTEN)
    has = _names(field)
    if (
        {"repository", "tag"} <= has.keys()
        and not has.keys().isdisjoint(("pullPolicy", "imagePullPolicy", "registry", "digest"))
        and not _NAMES_IMAGE.search(name)
        and _is_image(field)
    ):
        yield Shaped(field, "HelmImage", AS_WRITTEN)


def _read(field: Field, holder: Field) -> _Found | None:
    name = field.path[-1]
    if not field.present or field.shared or not isinstance(name, str):
        return _Found(())
    if name.lower() in _NOT_OF_PODS:
        return _Found(())
    reader = _reader_of(name)
    return None if reader is None else reader(field, holder)


def _is_off(field: Field) -> bool:
    return field.get("enabled").boolean is False


def _is_object(field: Field) -> bool:
    """Whether a whole object stands in a mapping, as charts take extra ones."""
    return (
        bool(field.get("apiVersion").string and field.get("kind").string)
        and isinstance(field.get("metadata").node, Mapping)
        and len(field.path) > 0
    )


def _is_host(field: Field) -> bool:
    """Whether a mapping has fields of a pod spec, in the form that they have there."""
    has = _names(field)
    if any(name in has and field.get(name).boolean is not None for name in HOST_FLAGS):
        return True
    aliases = list(field.get("hostAliases").items()) if "hostAliases" in has else []
    return bool(aliases) and all("ip" in _names(alias) for alias in aliases)


def _security(field: Field, holder: Field) -> _Found | None:
    """A security context, or several by the names of what they are for."""
    if not isinstance(field.node, Mapping) or _is_off(field):
        return _Found(())
    fallback = _type_by_place(field, holder)
    if _is_security(field):
        return _Found([Shaped(field, _security_type(field, fallback), AS_WRITTEN)])
    found: list[Shaped] = []
    for entry in field.entries():
        if not entry.shared and not _is_off(entry) and _is_security(entry):
            own = _TYPE_BY_NAME.get(str(entry.path[-1]).lower(), fallback)
            found.append(Shaped(entry, _security_type(entry, own), AS_WRITTEN))
    return _Found(found) if found else None


def _is_security(field: Field) -> bool:
    """Whether a mapping has fields of a security context, and each in the form that it has."""
    known = _SECURITY.intersection(_names(field))
    for name in known:
        node = field.get(name).node
        form = Sequence if name in _LISTS else Mapping if name in _STRUCTS else Scalar
        is_expression = isinstance(node, Scalar) and node.style == "{{"
        if node is not None and not isinstance(node, form) and not is_expression:
            return False
    return bool(known)


_TYPE_BY_NAME: Final[dict[str, PlaceType]] = {
    "pod": "PodSecurityContext",
    "defaultpodoptions": "PodSecurityContext",
    "container": "SecurityContext",
    "defaultcontaineroptions": "SecurityContext",
}


def _type_by_place(field: Field, holder: Field) -> PlaceType | None:
    """Which security context the name tells, or what stands beside it; None where nothing does."""
    name = str(field.path[-1]).lower()
    if "podsecuritycontext" in name:
        return "PodSecurityContext"
    if "containersecuritycontext" in name:
        return "SecurityContext"
    beside = {str(key).lower() for key in _names(holder)}
    if "podsecuritycontext" in beside:
        return "SecurityContext"
    if "containersecuritycontext" in beside or _are_containers(holder.get("containers")):
        return "PodSecurityContext"
    return _TYPE_BY_NAME.get(str(holder.path[-1]).lower()) if holder.path else None


def _security_type(field: Field, by_place: PlaceType | None) -> PlaceType:
    """The type that the keys decide, unless the name has said which one it is."""
    name = str(field.path[-1]).lower()
    if by_place is not None and ("podsecurity" in name or "containersecurity" in name):
        return by_place
    of_pod = not _POD_ONLY.isdisjoint(_names(field))
    of_container = not _CONTAINER_ONLY.isdisjoint(_names(field))
    if of_pod != of_container:
        return "PodSecurityContext" if of_pod else "SecurityContext"
    return "AnySecurityContext" if of_pod or by_place is None else by_place


def _resources(field: Field, holder: Field) -> _Found | None:
    """The resources of a container, or those of several by their names."""
    if _is_resources(field):
        return _Found([Shaped(field, "ResourceRequirements", AS_WRITTEN)])
    found = [entry for entry in field.entries() if not entry.shared and _is_resources(entry)]
    if not found:
        return None
    return _Found([Shaped(each, "ResourceRequirements", AS_WRITTEN) for each in found])


def _is_resources(field: Field) -> bool:
    """Whether a mapping has what a container asks for, and nothing else.

    An empty text is no amount: with it a chart leaves one out.
    """
    has = _names(field)
    if has.keys().isdisjoint(("limits", "requests")) or not has.keys() <= {
        "limits",
        "requests",
        "claims",
    }:
        return False
    amounts = [each for name in ("limits", "requests") for each in field.get(name).entries()]
    return bool(amounts) and all(
        _AMOUNT.fullmatch(str(each.path[-1]))
        and not isinstance(each.node, (Mapping, Sequence))
        and each.text != ""
        for each in amounts
    )


def _containers(field: Field, holder: Field) -> _Found | None:
    """Whole containers in a list, or by their names as the common library charts have them."""
    if isinstance(field.node, Sequence):
        if not _are_containers(field):
            return None
        return _Found([Shaped(item, "Container", AS_WRITTEN) for item in field.items()])
    items = list(field.entries())
    if not items or not all(_is_named_container(item) for item in items):
        return None
    found: list[Shaped] = []
    below = [item for item in items if _NAMES_CONTAINERS.search(str(item.path[-1]).lower())]
    for item in items:
        if item in below or item.shared or type(item.written) is Alias or _is_off(item):
            continue
        found.append(Shaped(item, "Container", AS_WRITTEN))
        # Here these charts have forms of their own.
        for name, reader in (("image", _images), ("env", _env)):
            part = item.get(name)
            told = reader(part, item) if isinstance(part.node, Mapping) else None
            found += () if told is None else told.shaped
    return _Found(found, below)


def _is_named_container(field: Field) -> bool:
    return field.path[-1] not in _CONTAINER_FIELDS and not _CONTAINER_FIELDS.isdisjoint(
        _names(field)
    )


def _volumes(field: Field, holder: Field) -> _Found | None:
    """Volumes of a pod spec: each has a name and one source."""
    if not isinstance(field.node, Sequence):
        return None
    return _Found(
        [Shaped(item, "Volume", AS_WRITTEN) for item in field.items() if _is_volume(item)]
    )


def _is_volume(field: Field) -> bool:
    sources = [name for name in _names(field) if name in _VOLUME_SOURCES]
    return (
        len(sources) == 1
        and _says(field.get("name"))
        and isinstance(field.get(sources[0]).node, Mapping)
    )


def _mounts(field: Field, holder: Field) -> _Found | None:
    """Volume mounts of a container."""
    if not isinstance(field.node, Sequence):
        return None
    return _Found(
        [
            Shaped(item, "VolumeMount", AS_WRITTEN)
            for item in field.items()
            if _says(item.get("name")) and _says(item.get("mountPath"))
        ]
    )


def _env(field: Field, holder: Field) -> _Found | None:
    """Environment variables: a list as Kubernetes has it, or values by their names."""
    if isinstance(field.node, Sequence):
        items = [item for item in field.items() if _is_variable(item)]
        return _Found([Shaped(item, "EnvVar", AS_WRITTEN) for item in items])
    entries = list(field.entries())
    named = [each for each in entries if _ENV_NAME.fullmatch(str(each.path[-1]))]
    if not named:
        return None
    return _Found(
        [
            Shaped(_variable(each), "EnvVar", AS_WRITTEN)
            for each in named
            if isinstance(each.node, Scalar)
        ]
    )


def _is_variable(field: Field) -> bool:
    has = _names(field)
    return (
        _says(field.get("name"))
        and has.keys() <= {"name", "value", "valueFrom"}
        and not isinstance(field.get("value").node, (Mapping, Sequence))
        and not isinstance(field.get("valueFrom").node, (Scalar, Sequence))
    )


def _variable(field: Field) -> Field:
    assert field.key is not None and field.written is not None
    return _made(field, [("name", field.key, field.key), ("value", field.key, field.written)])


def _env_from(field: Field, holder: Field) -> _Found | None:
    """Whole sets of environment variables."""
    if not isinstance(field.node, Sequence):
        return None
    return _Found(
        [
            Shaped(item, "EnvFromSource", AS_WRITTEN)
            for item in field.items()
            if any(isinstance(item.get(n).node, Mapping) for n in ("secretRef", "configMapRef"))
        ]
    )


def _rules(field: Field, holder: Field) -> _Found | None:
    """Rules of a role. Those of webhooks have operations, and no verbs."""
    items = list(field.items())
    if not items or not all(
        isinstance(item.get(name).node, Sequence)
        for item in items
        for name in ("apiGroups", "resources", "verbs")
    ):
        return None
    return _Found([Shaped(item, "PolicyRule", AS_WRITTEN) for item in items])


def _account(field: Field, holder: Field) -> _Found | None:
    """The ServiceAccount that a chart makes or takes, as `helm create` has it, or one of each pod.

    Those of a chart with several pods stand by the names of these in a mapping of their own.
    """
    if _is_account(field):
        return _Found([Shaped(field, "HelmAccount", AS_WRITTEN)])
    accounts = [each for each in field.entries() if is_one_of_many(each) and _is_account(each)]
    return _Found([Shaped(each, "HelmAccount", AS_WRITTEN) for each in accounts])


def is_one_of_many(account: Field) -> bool:
    """Whether a HelmAccount stands in a mapping of nothing but such."""
    above = account.path[-2:-1]
    return bool(above) and str(above[0]).lower().endswith("serviceaccounts")


def _named_account(field: Field, holder: Field) -> _Found | None:
    """The ServiceAccount of one pod among several: `serviceAccountAgent`, which is made or not."""
    has = _names(field)
    if has.keys().isdisjoint(("create", *AUTOMOUNT)) or not _is_account(field):
        return None
    return _Found([Shaped(field, "HelmAccount", AS_WRITTEN)])


def is_of_one_pod(account: Field) -> bool:
    """Whether a HelmAccount is that of a pod of its own, and not of all that stands beside it."""
    return is_one_of_many(account) or not _NAMES_ACCOUNT.search(str(account.path[-1]).lower())


def _is_account(field: Field) -> bool:
    has = _names(field)
    return (
        not has.keys().isdisjoint(("create", "name", *AUTOMOUNT))
        and not isinstance(field.get("name").node, (Mapping, Sequence))
        and all(
            field.get(name).boolean is not None or not field.get(name).present
            for name in ("create", *AUTOMOUNT)
        )
    )


AUTOMOUNT: Final = (TOKEN, "automount", "automountToken")
"""How a HelmAccount says that the token of the account is mounted: the name in Kubernetes, that of
`helm create`, and one that some charts have."""


def _persistence(field: Field, holder: Field) -> _Found | None:
    """The volumes of the common library charts: by their names, and each with its `type`."""
    found: list[Shaped] = []
    for entry in field.entries():
        if entry.shared or _is_off(entry):
            continue
        path, custom = entry.get("hostPath"), entry.get("volumeSpec")
        if entry.get("type").text == "hostPath" and path.string:
            found.append(Shaped(_host_volume(entry), "Volume", AS_WRITTEN))
        elif entry.get("type").text == "custom" and isinstance(custom.node, Mapping):
            found.append(Shaped(custom, "VolumeSource", AS_WRITTEN))
    return _Found(found) if found else None


def _host_volume(field: Field) -> Field:
    """The volume of an entry that names a path of the node."""
    path, kind = field.get("hostPath"), field.get("hostPathType")
    assert field.key is not None and path.key is not None and path.written is not None
    source = [("path", path.key, path.written)]
    if kind.string and kind.key is not None and kind.written is not None:
        source.append(("type", kind.key, kind.written))
    host_path = made_mapping(path.written.span, source)
    return _made(field, [("name", field.key, field.key), ("hostPath", path.key, host_path)])


def _made(field: Field, parts: list[tuple[str, Node, Node]]) -> Field:
    """The field with a mapping of these names, each with the token of a key and a value."""
    assert field.written is not None
    mapping = made_mapping(field.written.span, parts)
    return Field(field.path, field.parent, field.key, mapping, mapping, field.shared)


def made_mapping(span: Span, parts: Iterable[tuple[str, Node, Node]]) -> Mapping:
    """A mapping that no text has, of these names, each with the token of a key and its value.

    It has an anchor, as if another place named it: what has other users is not edited.
    """
    entries = tuple(Entry(Scalar(key.span, name), value) for name, key, value in parts)
    return Mapping(span, entries, anchor="made", names=names_of(entries))


# Images in the values of a chart.


class WrittenImage(NamedTuple):
    """What a HelmImage says of an image; each field may be absent.

    `whole` is the image in one word. Else `registry`, `repository`, `tag` and `digest` are parts;
    one that is empty is absent, because then the chart fills it in: nothing follows from it.
    `is_registry_open` says that a registry is for others to fill in.
    """

    whole: Field | None
    registry: Field
    repository: Field
    tag: Field
    digest: Field
    policy: Field
    is_registry_open: bool

    @property
    def version(self) -> Field | None:
        """Where the version is written; None where it is not, or not in a way that is known."""
        if self.whole is not None:
            return self.whole
        found = self.digest if self.digest.present else self.tag
        return found if found.text else None

    @property
    def latest(self) -> Field | None:
        """Where the tag `latest` is written; None where it is not, or a digest decides."""
        if self.whole is not None:
            tag = (self.whole.string or "").rpartition(":")[2]
            return self.whole if tag == "latest" else None
        return self.tag if self.tag.text == "latest" and not self.digest.present else None

    @property
    def reference(self) -> str | None:
        """The image as Kubernetes would name it; None where that is not told as a whole.

        That is so without a repository or a version, and where a registry is for others to add.
        """
        if self.whole is not None:
            return self.whole.string
        repository = self.repository.string
        if not repository or self.is_registry_open or self.version is None:
            return None
        registry = (self.registry.string or "").strip("/")
        start = f"{registry}/{repository}" if registry else repository
        end = f":{self.tag.text}" if self.tag.text else ""
        return f"{start}{end}@{self.digest.string}" if self.digest.string else f"{start}{end}"


def written_image(field: Field) -> WrittenImage:
    """What the field of a HelmImage says."""
    registry = field.get("registry")
    return WrittenImage(
        field if isinstance(field.node, Scalar) else None,
        _part(field, "registry"),
        _part(field, "repository", "name"),
        _part(field, "tag"),
        _part(field, "digest", "sha"),
        _part(field, "pullPolicy", "imagePullPolicy"),
        registry.key is not None and not registry.string,
    )


def _part(field: Field, *names: str) -> Field:
    """The first of some fields that says something; else an absent one. An expression does."""
    for name in names:
        part = field.get(name)
        if part.present and part.text != "":
            return part
    return Field((*field.path, names[0]), field)


def _images(field: Field, holder: Field) -> _Found | None:
    """An image in one word or by its parts, or several by the names of what they are for."""
    if isinstance(field.node, Scalar):
        is_told = _TAGGED.fullmatch(field.string or "") is not None
        return _Found([Shaped(field, "HelmImage", AS_WRITTEN)] if is_told else ())
    if not isinstance(field.node, Mapping) or _is_off(field):
        return None
    below = [*field.entries()]
    if _is_image(field):
        return _Found([Shaped(field, "HelmImage", AS_WRITTEN)], below)
    found = [
        each
        for each in below
        if not each.shared
        and _is_image(each)
        and (each.get("repository").present or each.get("name").present)
    ]
    rest = [each for each in below if each.path not in {found.path for found in found}]
    return _Found([Shaped(each, "HelmImage", AS_WRITTEN) for each in found], rest)


def _is_image(field: Field) -> bool:
    """Whether a mapping has parts of an image, each in one word."""
    parts = [field.get(name) for name in ("registry", "repository", "name", "tag", "digest")]
    if any(isinstance(part.node, (Mapping, Sequence)) for part in parts):
        return False
    registry, repository, _, tag, digest = parts
    if repository.text and _NO_IMAGE.match(repository.text):
        return False
    return any(part.text for part in (registry, repository, tag, digest))


_NAMES_CONTAINERS: Final = regex(r"(?:containers|sidecars)$")
_NAMES_IMAGE: Final = regex(r"images?$")
_NAMES_ACCOUNT: Final = regex(r"serviceaccounts?$")

_READERS: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = (
    (regex(r"securitycontext"), _security),
    (regex(r"resources$"), _resources),
    (_NAMES_CONTAINERS, _containers),
    (regex(r"volumes$"), _volumes),
    (regex(r"volumemounts$"), _mounts),
    (regex(r"env(?:s|vars|ironment(?:vars)?)?$"), _env),
    (regex(r"envfrom$"), _env_from),
    (_NAMES_IMAGE, _images),
    (_NAMES_ACCOUNT, _account),
    (regex(r"serviceaccount"), _named_account),
    (regex(r"^persistence$"), _persistence),
    (regex(r"rules$"), _rules),
)
"""How the value of a key is read, by what its name in lower case has: the first one counts."""


@lru_cache(maxsize=1024)
def _reader_of(name: str) -> _Reader | None:
    lower = name.lower()
    return next((reader for pattern, reader in _READERS if pattern.search(lower)), None)


def _names(field: Field) -> dict[str, None]:
    """The keys of a mapping, merged ones too, in order; none if it is no mapping."""
    node = field.node
    if not isinstance(node, Mapping):
        return {}
    if "<<" in node.names:
        return dict.fromkeys(str(entry.path[-1]) for entry in field.entries())
    return dict.fromkeys(node.names)
