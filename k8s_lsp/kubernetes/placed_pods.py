"""The pods of a custom resource: whole ones, and those of which only parts stand in it.

Where a resource has a pod template, its pod is read as that of a Deployment. Other resources have
containers beside fields of their own, or no more than a security context that a controller copies
into its pods. Whatever stands in one mapping, its host, is read as parts of one pod and of one
container there, so that a rule finds each field where it looks for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.chart_values import VALUES_PLACES, values_of_object
from k8s_lsp.kubernetes.fields import Cache, Field, Path, fields_at, path_text
from k8s_lsp.kubernetes.places import (
    AS_WRITTEN,
    EXACT,
    ITEMS,
    NO_MERGING,
    VALUES,
    CorePlace,
    Handling,
    Merging,
    Pattern,
    PlaceType,
)
from k8s_lsp.kubernetes.pods import (
    CONTAINER_LISTS,
    INJECTED,
    Container,
    ContainerType,
    Pod,
    PodSpec,
    container_at,
    pod_of,
    with_containers,
)
from k8s_lsp.kubernetes.shapes import (
    AUTOMOUNT,
    HOST_FIELDS,
    POD_SPEC_FIELDS,
    TOKEN,
    Shaped,
    is_of_one_pod,
    may_hold_pods,
    pods_by_shape,
    values_by_shape,
    written_image,
)
from k8s_lsp.kubernetes.workloads import group_of
from k8s_lsp.syntax.nodes import Alias, Mapping, Scalar
from k8s_lsp.syntax.nodes import Sequence as SequenceNode
from k8s_lsp.text import Span


class Placed(NamedTuple):
    """A field at which a core type stands, as CorePlace has it.

    A container has its amounts under the key `resources`, of which some kinds have another name.
    The `host_fields` are those of a pod that a PodHost may have.
    """

    field: Field
    type: PlaceType
    handling: Handling = AS_WRITTEN
    absent: frozenset[str] = frozenset()
    resources: str = "resources"
    host_fields: frozenset[str] = POD_SPEC_FIELDS


_CONTAINER_TYPES: Final[dict[str | int, ContainerType]] = dict(CONTAINER_LISTS)

_SEEDS: Final[dict[PlaceType, str]] = {
    "SecurityContext": "securityContext",
    "AnySecurityContext": "securityContext",
    "ResourceRequirements": "resources",
    "VolumeMount": "volumeMounts",
    "EnvVar": "env",
    "EnvFromSource": "envFrom",
    "HelmImage": "image",
    "Image": "image",
}
"""As which field of a container a part of one is read, whatever its key is."""

_INHERITED: Final = frozenset({"runAsNonRoot", "runAsUser", "seccompProfile"})
"""What containers take from the security context of their pod, and controllers set there."""

_OF_PODS: Final[frozenset[PlaceType]] = frozenset(
    {"PodHost", "PodSecurityContext", "AnySecurityContext", "Volume", "VolumeSource", "HelmAccount"}
)
"""What is part of a pod, and no container."""

_YOUNG_IN_HOSTS: Final = frozenset({"hostUsers", "os"})
"""The fields of a pod spec that no fix writes into a host, whose operator takes over one after the
other: `os` none has, and hostUsers those that have it got in 2025, so that it is refused where an
older version is installed (prometheus-operator v0.75, Tekton v1.7)."""

_STRUCTS: Final = ("Profile", "Options")
"""How the fields of a security context end whose mappings a container takes from its pod whole."""

_UNTOLD: Final = Alias(Span(0, 0), "", None)
"""Stands for the rest of a pod or container, as an alias of nothing does: it is not known."""


@dataclass(slots=True)
class _Host:
    """What stands in one mapping of a resource."""

    field: Field
    containers: list[Placed] = default(default_factory=list)
    parts: dict[str, list[Placed]] = default(default_factory=dict)
    of_pod: list[Placed] = default(default_factory=list)


def placed_in(
    root: Field, text: str, places: Sequence[CorePlace], api_version: str, kind: str
) -> tuple[list[Placed], list[Pattern]]:
    """What core types stand in a custom resource, and where its kind has contexts of whole pods.

    `places` are those of its kind. One that is not known is judged by shape; so are the values that
    an object has for a chart. `text` is that of the unit.
    """
    if places:
        contexts = [each.path for each in places if each.type in _OF_WHOLE_PODS]
        return find_placed(root, places), contexts
    if (group_of(api_version), kind) in VALUES_PLACES:
        return _of_values(values_of_object(root, text, api_version, kind)), []
    if "containers" in text and may_hold_pods(api_version):
        return [Placed(*each) for each in pods_by_shape(root)], []
    return [], []


_OF_WHOLE_PODS: Final = ("PodSecurityContext", "AnySecurityContext")


def placed_in_values(root: Field) -> list[Placed]:
    """What core types stand in the values of a chart."""
    return _of_values(values_by_shape(root))


def _of_values(shaped: Iterable[Shaped]) -> list[Placed]:
    """What was found in the values of a chart, which have fields of their own beside a pod's."""
    return [Placed(*each, host_fields=HOST_FIELDS) for each in shaped]


def find_placed(root: Field, places: Sequence[CorePlace]) -> list[Placed]:
    """What stands at the places of a kind in one of its objects."""
    amounts = {
        place.path[:-1]: place.path[-1] for place in places if place.type == "ResourceRequirements"
    }
    return [
        Placed(
            field,
            place.type,
            place.handling,
            place.absent,
            amounts.get(place.path, "resources") if place.type == "Container" else "resources",
        )
        for place in places
        for field in fields_at(root, place.path)
    ]


def pods_of(
    root: Field,
    found: Sequence[Placed],
    contexts: Sequence[Pattern],
    text: str,
    kind: str,
    namespace: str | None,
    merging: Merging = NO_MERGING,
) -> tuple[Pod, ...]:
    """The pods of an object, in the order of the text.

    `contexts` are the places at which the kind may have the security context of a pod, whether this
    object has one there or not. `merging` is what its parts have from each other. `text`, `kind`
    and `namespace` are as for a Pod.
    """
    return _Builder(root, found, contexts, text, kind, namespace, merging).pods()


@dataclass(slots=True)
class _Builder:
    root: Field
    found: Sequence[Placed]
    contexts: Sequence[Pattern]
    text: str
    kind: str
    namespace: str | None
    merging: Merging

    def pods(self) -> tuple[Pod, ...]:
        wholes: dict[Path, Pod] = {}
        hosts: dict[Path, _Host] = {}
        for each in self.found:
            whole = self._whole(each)
            if whole is not None:
                wholes[each.field.path] = whole
            elif each.type in _OF_PODS or each.type in _SEEDS or each.type == "Container":
                _put(hosts, each, self.merging.amounts)
        pods = list(_layered(wholes, self.merging).values())
        inside = _take_parts_of_containers(hosts)
        made: dict[Path, Pod] = {}
        for path in sorted(hosts, key=len):
            pod = made[path] = self._of_host(hosts[path], made, inside)
            if pod.containers or pod.shape == "host" or hosts[path].of_pod:
                pods.append(pod)
        for pod in pods:
            _take_account(pod, hosts)
        return tuple(sorted(pods, key=_start))

    def _whole(self, each: Placed) -> Pod | None:
        """The pod of a whole template or spec; None where it is something else."""
        if each.type == "PodTemplateSpec":
            spec, metadata = each.field.get("spec"), each.field.get("metadata")
        elif each.type == "PodSpec":
            spec, metadata = each.field, Field((*each.field.path, "metadata"))
        else:
            return None
        if not isinstance(spec.node, Mapping):
            return None
        of_containers = _of_containers(each.absent)
        handling = each.handling
        if each.absent:
            handling = handling._replace(refused=handling.refused | each.absent)
        own = PodSpec(
            spec,
            metadata,
            self.text,
            self.kind,
            self.namespace,
            Cache(spec),
            handling=handling,
        )
        if handling.kind == "ignored":
            own.cache["securityContext",] = _unread(own.security())
        pod = pod_of(own)
        if handling is EXACT:
            pod = self._with_triggers(pod) if self.kind == "DeploymentConfig" else pod
            return pod if _runs_something(pod) else replace(pod, shape="part")
        refused = _of_containers(each.handling.refused)
        containers = [
            _handled(one, each.handling, of_containers, refused) for one in pod.containers
        ]
        if not containers and handling.replaces and own.security().present:
            containers = [_of_controller(own)]
        return with_containers(own, tuple(containers))

    def _with_triggers(self, pod: Pod) -> Pod:
        """The pod, where a DeploymentConfig fills in the images of containers: these are all there.

        Where it does so by itself, the digest that an image stream has takes the place of what is
        written. Source: ImageChangeParams in github.com/openshift/api, apps/v1/types.go.
        """
        named: dict[str | None, bool] = {}
        for trigger in self.root.get("spec", "triggers").items():
            changes = trigger.get("imageChangeParams")
            is_automatic = changes.get("automatic").boolean is True
            for name in changes.get("containerNames").items():
                named[name.text] = named.get(name.text, False) or is_automatic
        for each in pod.containers:
            if named.get(each.get("name").text):
                each.cache["image",] = _unread(each.field.get("image"))
        containers = [
            replace(each, is_partial=each.is_partial and each.get("name").text not in named)
            for each in pod.containers
        ]
        return with_containers(pod, tuple(containers))

    # Parts.

    def _of_host(
        self, host: _Host, above: dict[Path, Pod], inside: dict[Path, list[Placed]]
    ) -> Pod:
        field, merging = host.field, self.merging
        own = next((each for each in host.of_pod if each.type == "PodHost"), None)
        cache = Cache(field if own is not None else self._rest_of_pod(field.path))
        for name in POD_SPEC_FIELDS - own.host_fields if own is not None else ():
            cache[name,] = Field((*field.path, name), written=_UNTOLD)
        cache["resources",] = _pod_resources(field, self.merging.amounts)
        for part in host.of_pod:
            if part.type == "HelmAccount":
                _take_made_account(cache, part.field)
        context = self._context(host, above)
        cache["securityContext",] = context
        defaults = _defaults_of(field.path, above, merging)
        if defaults is not None:
            _leave_open(cache, ("securityContext",), context, defaults.security())
        volumes = [each.field for each in host.of_pod if each.type in ("Volume", "VolumeSource")]
        cache["volumes"] = tuple(volumes)
        is_inner = any(
            field.path[: len(path)] == path for path, pod in above.items() if pod.shape == "host"
        )
        is_told = own is not None and own.handling.kind in ("exact", "overlay")
        if _found_above(field, merging.elsewhere) is not None or self._runs_nothing(field, own):
            is_told = False
        handling = _handling_of(host, own)
        is_own = context.path[:-1] == field.path
        if not is_own:
            # Other pods have it too, and what is written for one of them goes into its containers.
            handling = handling._replace(refused=handling.refused | {"securityContext"})
        spec = PodSpec(
            field,
            Field((*field.path, "metadata")),
            self.text,
            self.kind,
            self.namespace,
            cache,
            handling=handling,
            shape="host" if is_told and not is_inner else "part",
        )
        containers = [
            self._listed(each, spec, inside.get(each.field.path, ())) for each in host.containers
        ]
        containers += [self._made_of(name, parts, spec) for name, parts in host.parts.items()]
        base = field.get(merging.base)
        if merging.base and base.present:
            containers = [each for each in containers if each.path != base.path]
            for each in containers:
                _inherit(each.cache, (), each.field, base)
        if defaults is not None:
            containers = [_with_defaults(each, defaults.spec, merging.typed) for each in containers]
        elif merging.defaults and field.path[-1:] == (merging.defaults,):
            # What they lack is missing in the templates.
            containers = [
                replace(each, is_partial=each.is_partial or each.path[-1] in merging.typed)
                for each in containers
            ]
        if not containers and is_own and spec.handling.replaces and context.present:
            containers = [_of_controller(spec)]
        return with_containers(spec, tuple(containers))

    def _runs_nothing(self, host: Field, own: Placed | None) -> bool:
        """Whether nothing is written yet that the pods of a host would run, if it has to be there.

        As with a Deployment, the text is being typed, or the API server or controller refuses it.
        """
        if own is None or own.handling.kind != "exact" or host.open:
            return False
        tasks, templates = self.merging.tasks, host.get(self.merging.templates)
        is_template = host.path[-2:-1] == (self.merging.templates,)
        if templates.unknown or (
            "containers" in own.absent and not (templates.present or is_template)
        ):
            # What runs there stands elsewhere.
            return False
        doing = (host,) if is_template else templates.items()
        if any(task.present for each in doing for task in map(each.get, tasks)):
            return False
        end = len(host.path)
        below = (each for each in self.found if each.field.path[:end] == host.path)
        return all(each.type != "Container" for each in below)

    def _rest_of_pod(self, path: Path) -> Field:
        """What stands for the fields of a pod which a resource has no place for.

        They are not set, unless the resource may have them elsewhere.
        """
        below = path[len(self.root.path) :]
        is_known = not self.contexts or any(_leads_to(each[:-1], below) for each in self.contexts)
        return Field(path, written=None if is_known else _UNTOLD)

    def _context(self, host: _Host, above: dict[Path, Pod]) -> Field:
        """The security context that a pod takes as a whole from the nearest place that has one."""
        of_host = [
            each.field
            for each in host.of_pod
            if each.type in ("PodSecurityContext", "AnySecurityContext")
        ]
        if of_host:
            return of_host[0]
        path = host.field.path
        for way in _ways_up(path, self.merging):
            pod = above.get(way)
            if pod is not None and pod.security().present:
                return pod.security()
        below = path[len(self.root.path) :]
        if self.merging.below in below and not self.root.get(*self.merging.unless).present:
            for template in self.merging.pods:
                if (*template, "securityContext") in self.contexts:
                    return self.root.get(*template, "securityContext")
        patterns = [each for each in self.contexts if _leads_to(each[:-1], below)]
        if not patterns:
            return self._rest_of_pod(path).get("securityContext")
        nearest = max(patterns, key=len)
        return self.root.get(*below[: len(nearest) - 1], nearest[-1])

    def _listed(self, each: Placed, pod: PodSpec, inside: Sequence[Placed]) -> Container:
        path = each.field.path
        # The values of a chart may have containers by their names, in a mapping.
        listed_in = path[-2] if len(path) > 1 and path[-2] in _CONTAINER_TYPES else path[-1]
        container = container_at(each.field, _CONTAINER_TYPES.get(listed_in, "container"), pod)
        for part in inside:
            if part.type == "HelmImage":
                container.cache["image",] = _image_in(part.field)
        absent = each.absent
        if each.resources != "resources":
            container.cache["resources",] = each.field.get(each.resources)
            absent -= {"resources"}
        elif self.merging.measured and each.field.get(self.merging.measured).present:
            container.cache["resources",] = _unread(each.field.get("resources"))
        return _handled(container, each.handling, absent, each.handling.refused)

    def _made_of(self, name: str, parts: list[Placed], pod: PodSpec) -> Container:
        """A container of which only parts stand in a host."""
        field, path = pod.spec, pod.spec.path
        cache = Cache(Field(path, written=_UNTOLD))
        for each in parts:
            key = _SEEDS[each.type]
            cache[key,] = _image_in(each.field) if key == "image" else _list_of(each)
        first = min(parts, key=lambda each: each.field.span.start)
        place = _list_of(first) if isinstance(first.field.path[-1], int) else first.field
        anchor = place.key.span if place.key is not None and not place.shared else pod.anchor
        title = path_text(path[len(self.root.path) :]) or self.kind
        if name:
            title = path_text((*path[len(self.root.path) :], name))
        handling = parts[0].handling
        return Container(
            field,
            "container",
            pod,
            title,
            anchor,
            handling.kind in ("hardened", "ignored"),
            cache,
            handling=handling,
            absent=frozenset().union(
                *({f"{_SEEDS[each.type]}.{one}" for one in each.absent} for each in parts)
            ),
            parts=frozenset(str(_list_of(each).path[-1]) for each in parts),
        )


def _image_in(field: Field) -> Field:
    """The image that the values of a chart name, where its version is written.

    In its parts it stands in the text nowhere as a whole, and is not edited.
    """
    image = written_image(field)
    if image.whole is not None:
        return image.whole
    part, reference = image.version, image.reference
    if part is None or reference is None or (written := part.written) is None:
        return Field((*field.path, "image"))
    node = Scalar(written.span, reference, anchor="made")
    return Field(part.path, part.parent, part.key, node, node, part.shared)


def _handling_of(host: _Host, own: Placed | None) -> Handling:
    """What the controller makes of the pod that a host has parts of.

    What it refuses, and why it needs its token, is told of the host itself. Else that may be less
    than what is known of its parts, as where it has no more than the name of an account.
    """
    parts = [each for each in host.of_pod if each is not own] + host.containers
    parts += [each for part in host.parts.values() for each in part]
    handling = parts[0].handling if parts else EXACT
    if own is None:
        return handling
    if not parts or own.handling.kind != "hardened":
        handling = own.handling
    return handling._replace(
        refused=own.handling.refused | own.absent | _YOUNG_IN_HOSTS,
        token_because=own.handling.token_because,
    )


def _put(hosts: dict[Path, _Host], each: Placed, amounts: str) -> None:
    """Put what was found to what else its host has; `amounts` is as Merging has it."""
    is_host = each.type == "PodHost" or (each.type == "HelmAccount" and is_of_one_pod(each.field))
    place = each.field if is_host else _list_of(each)
    holder = place if is_host else place.parent
    if holder is None or not isinstance(holder.node, Mapping):
        return
    host = hosts.setdefault(holder.path, _Host(holder))
    if each.type == "Container":
        host.containers.append(each)
        return
    if each.type in _OF_PODS:
        host.of_pod.append(each)
    if each.type in _SEEDS and place.path[-1] == amounts:
        host.of_pod.append(each)
    elif each.type in _SEEDS:
        key = str(place.path[-1])
        usual = key in (_SEEDS[each.type], "containerSecurityContext", "securityContext")
        parts = host.parts.setdefault("" if usual else key, [])
        if all(_SEEDS[one.type] != _SEEDS[each.type] for one in parts):
            parts.append(each)


def _list_of(each: Placed) -> Field:
    """The list that an item stands in; else the field itself."""
    parent = each.field.parent
    if isinstance(each.field.path[-1], int) and parent is not None:
        return parent
    return each.field


def _take_parts_of_containers(hosts: dict[Path, _Host]) -> dict[Path, list[Placed]]:
    """Take what stands in a container out of the hosts, by its path: these are its own fields."""
    paths = {each.field.path for host in hosts.values() for each in host.containers}
    taken: dict[Path, list[Placed]] = {}
    for path in paths & hosts.keys():
        if not hosts[path].containers:
            parts = hosts.pop(path).parts
            taken[path] = [each for part in parts.values() for each in part]
    return taken


def _runs_something(pod: Pod) -> bool:
    """Whether a whole pod has containers, or may have some that are not told."""
    return bool(pod.containers) or pod.spec.open or pod.get("containers").unknown


def _of_containers(names: frozenset[str]) -> frozenset[str]:
    """The fields of containers among those of a pod spec."""
    return frozenset(name.partition("[].")[2] for name in names if name.startswith("containers[]."))


def _handled(
    container: Container, handling: Handling, absent: frozenset[str], refused: frozenset[str]
) -> Container:
    """A container as its controller treats it; what that refuses counts for its own ones."""
    name = container.get("name").text
    if handling.own_containers and name not in handling.own_containers:
        handling = EXACT
    else:
        absent |= refused
    is_partial = container.is_partial
    if handling.kind == "ignored":
        container.cache["securityContext",] = _unread(container.security())
    if handling.kind in ("hardened", "ignored"):
        is_partial = True
    elif handling.kind == "overlay":
        is_partial = container.get("image").text == INJECTED
    return replace(container, handling=handling, absent=absent, is_partial=is_partial)


def _inherit(cache: Cache, names: tuple[str, ...], own: Field, base: Field) -> None:
    """Let a container or pod take what it does not set from what all of its kind begin with.

    Value by value: what neither of them has is missing in the container.
    """
    for entry in base.entries():
        name = str(entry.path[-1])
        # A step of a task has its amounts under a name of its own.
        below, mine = (*names, "resources" if name == "computeResources" else name), own.get(name)
        if isinstance(entry.node, Mapping):
            _inherit(cache, below, mine, entry)
        if entry.present and not mine.present and _is_one(entry):
            cache[below] = entry


def _of_controller(pod: PodSpec) -> Container:
    """Stands for the containers that a controller has in a pod of which a context is written.

    What it would set for the pod by itself they no longer have, unless it sets that in them too.
    """
    context = pod.security()
    cache = Cache(Field(pod.path, written=_UNTOLD))
    for name in _INHERITED - (pod.handling.container_sets or _INHERITED):
        cache["securityContext", name] = Field((*context.path, name))
    key = context.key
    anchor = key.span if key is not None and not context.shared else pod.anchor
    return Container(
        pod.spec,
        "container",
        pod,
        "every container of the pod",
        anchor,
        is_partial=True,
        cache=cache,
        handling=pod.handling,
        parts=frozenset(),
    )


def _take_made_account(cache: Cache, account: Field) -> None:
    """Let a pod have what the values of a chart say of the account that the chart makes for it.

    The pod's own word counts before that of its account. A name of its own is that of an object
    which the chart makes, or which is made elsewhere: nothing follows from it.
    """
    if account.get("create").boolean is not False and not cache[TOKEN,].present:
        told = next((name for name in AUTOMOUNT if account.get(name).present), TOKEN)
        cache[TOKEN,] = account.get(told)
    if account.get("name").text == "default":
        cache["serviceAccountName",] = account.get("name")


def _take_account(pod: Pod, hosts: dict[Path, _Host]) -> None:
    """Let a pod that names no account have that which a host around it names for its pods."""
    if pod.service_account.present:
        return
    for end in range(len(pod.path) - 1, 0, -1):
        host = hosts.get(pod.path[:end])
        own = next((each for each in host.of_pod if each.type == "PodHost"), None) if host else None
        if own is None:
            continue
        for name in ("serviceAccountName", "serviceAccount"):
            account = own.field.get(name)
            if account.present and name in own.host_fields:
                pod.cache["serviceAccountName",] = account
                return


def _defaults_of(path: Path, above: dict[Path, Pod], merging: Merging) -> Pod | None:
    """What is merged into the template at a path."""
    if not merging.defaults or path[-2:-1] != (merging.templates,):
        return None
    return above.get((*path[:-2], merging.defaults))


def _with_defaults(container: Container, defaults: Field, typed: tuple[str, ...]) -> Container:
    """A container of a template, in which nothing is missing that it has by default."""
    name = container.path[-1]
    base = defaults.get(name)
    if name not in typed or not base.present:
        return container
    _leave_open(container.cache, (), container.field, base)
    return replace(container, is_partial=container.is_partial and not base.get("image").present)


def _ways_up(path: Path, merging: Merging) -> Iterator[Path]:
    """The paths at which a pod looks for what it lacks, the nearest first."""
    for end in range(len(path) - 1, -1, -1):
        yield path[:end]
        if merging.defaults and path[end - 1 : end] == (merging.templates,):
            yield (*path[: end - 1], merging.defaults)


def _pod_resources(field: Field, amounts: str) -> Field:
    """The amounts that a host gives its pod as a whole, or the nearest host above it."""
    return _found_above(field, amounts) or Field((*field.path, "resources"))


def _found_above(field: Field, name: str) -> Field | None:
    """The field of a name in a mapping, or in the nearest one around it that has it."""
    around: Field | None = field if name else None
    while around is not None:
        found = around.get(name)
        if found.present:
            return found
        around = around.parent
    return None


def _unread(field: Field) -> Field:
    """Stands for a field of which it is not known what it says."""
    return Field(field.path[:-1], written=_UNTOLD).get(field.path[-1])


def _layered(pods: dict[Path, Pod], merging: Merging) -> dict[Path, Pod]:
    """The pods of templates of which some are laid over others.

    What the lower one has is judged there, and is not missing in the upper one; what it lacks is
    missing in it only as far as it is not under two others.
    """
    layer, layers = merging.layer, merging.layers
    for path, lower in list(pods.items()) if layers else ():
        uppers = [pods.get((*path[:-1], part, layer)) for part in layers]
        if path[-1] != layer or not any(uppers):
            continue
        for upper in uppers:
            if upper is not None:
                _leave_open(upper.cache, (), upper.spec, lower.spec)
                for each in upper.containers:
                    base = lower.spec.get(*each.path[-2:])
                    _leave_open(each.cache, (), each.field, base)
        covers = [{each.path[-2:] for each in upper.containers} for upper in uppers if upper]
        if len(covers) == len(layers):
            containers = [
                replace(each, is_partial=all(each.path[-2:] in cover for cover in covers))
                for each in lower.containers
            ]
            pods[path] = with_containers(replace(lower, shape="part"), tuple(containers))
    return pods


def _leave_open(cache: Cache, names: tuple[str, ...], own: Field, base: Field) -> None:
    """Let what the base has, and the upper one does not, be not missing there.

    Lists of a whole pod or container are left as they are: fixes add to them.
    """
    for entry in base.entries():
        if not names and isinstance(entry.node, SequenceNode):
            continue
        name = str(entry.path[-1])
        below, mine = (*names, name), own.get(name)
        if isinstance(entry.node, Mapping):
            _leave_open(cache, below, mine, entry)
        if entry.present and not mine.present and _is_one(entry):
            cache[below] = _unread(mine)


def _is_one(field: Field) -> bool:
    """Whether a field is no mapping, or one that counts as a whole."""
    return not isinstance(field.node, Mapping) or str(field.path[-1]).endswith(_STRUCTS)


def _leads_to(pattern: Pattern, path: Path) -> bool:
    """Whether a place lies on the way to a path, or there."""
    return len(pattern) <= len(path) and all(
        name in (at, VALUES) or (name == ITEMS and isinstance(at, int))
        for name, at in zip(pattern, path, strict=False)
    )


def _start(pod: Pod) -> int:
    written = pod.spec.written
    return 0 if written is None else written.span.start
