"""Requests and limits: which ones are in effect, and how to add those that are missing.

Three places count for a container: its own `resources`, from 1.34 on those of its pod, and the
defaults of a LimitRange. A limit without a request is its own request (defaults.go,
SetDefaults_Pod and defaultPodRequests). Ephemeral containers have no resources at all.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Literal, NamedTuple, TypeAlias

from k8s_lsp.edits import Data, Edits, together
from k8s_lsp.kubernetes.facts import ObjectFacts, QuotaFacts
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, Pod, PodSpec
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.queries import Facts
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.settings import Resources

Side: TypeAlias = Literal["limits", "requests"]
SIDES: tuple[Side, Side] = ("limits", "requests")

POD_LEVEL_SINCE = Version(1, 34)
"""From here on the feature gate PodLevelResources is on by default (KEP 2837)."""

_TITLES = {"cpu": "CPU", "memory": "memory", "ephemeral-storage": "ephemeral-storage"}


# What is there.


def amount(field: Field) -> Fraction | None:
    """The quantity that stands in a field; None where there is none, or the text does not tell."""
    whole = field.integer
    if whole is not None:
        return Fraction(whole)
    return None if field.text is None else quantity(field.text)


def is_unlimited(limit: Field) -> bool:
    """Whether what stands in the place of a limit is none: of 0, the kubelet makes no limit.

    Sources: kuberuntime_container_linux.go, generateLinuxContainerResources (memory), and
    cm/helpers_linux.go, MilliCPUToQuota.
    """
    return limit.present and amount(limit) == 0


def is_overcommitable(name: str) -> bool:
    """Whether a limit may exceed its request (helpers.go, IsOvercommitAllowed)."""
    return not name.startswith("hugepages-") and ("/" not in name or "kubernetes.io/" in name)


def is_pod_level(name: str) -> bool:
    """Whether a whole pod can have the resource (helpers.go, IsSupportedPodLevelResource)."""
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def has_pod_level(pod: PodSpec) -> bool:
    """Whether a pod has resources of its own, whatever the version makes of them."""
    # Most pods have none, and what is below would tell no more.
    return pod.get("resources").present and any(
        True for side in SIDES for _ in pod.get("resources", side).entries()
    )


def places(container: Container, side: Side, name: str, version: Version) -> tuple[Field, ...]:
    """Where a value would count for a container, its own place first."""
    sides = SIDES[:1] if side == "limits" else SIDES[::-1]
    own = tuple([container.get("resources", each, name) for each in sides])
    if version < POD_LEVEL_SINCE or not is_pod_level(name):
        return own
    resources = container.pod.get("resources")
    if not resources.present:
        # What is below would tell no more.
        return (*own, resources)
    return (*own, *(resources.get(each, name) for each in sides))


def at_once(amounts: Iterable[tuple[Container, Fraction]]) -> Fraction:
    """What the containers of a pod, in their order, take together at most.

    Either all steady ones at work, or an init container beside the sidecars that were started
    before it (component-helpers, resource/helpers.go, AggregateContainerRequests).
    """
    steady, sidecars, starting = Fraction(0), Fraction(0), Fraction(0)
    for container, value in amounts:
        if container.type == "init":
            starting = max(starting, sidecars + value)
        elif container.runs_steadily:
            steady += value
            sidecars += value if container.type == "sidecar" else 0
    return max(steady, starting)


def places_without(
    container: Container,
    side: Side,
    name: str,
    version: Version,
    facts: Facts,
) -> tuple[Field, ...]:
    """Where a limit or request would count for a container that has none at all, as `places`.

    There are none for a container that does not run as long as its pod, unless a quota asks for
    them. What the text does not tell counts as there, and a limit of 0 does not; but where
    something is requested, the API server rejects that, and it is not a limit that is missing.
    """
    if not container.runs_steadily and (
        container.type == "ephemeral" or quota_for(container, side, name, version, facts) is None
    ):
        return ()
    found = places(container, side, name, version)
    for place in found:
        if _counts(place):
            return ()
    defaults = facts.default_limits if side == "limits" else facts.default_requests
    return () if name in defaults(container.pod.namespace) else found


def quota_for(
    container: Container, side: Side, name: str, version: Version, facts: Facts
) -> ObjectFacts | None:
    """The ResourceQuota for which the API server refuses the pod if the container has no amount.

    None for other resources than CPU and memory, and where the pod has resources of its own.

    Source: kubernetes, pkg/quota/v1/evaluator/core/pods.go, validationSet and Constraints.
    """
    pod = container.pod
    if name not in ("cpu", "memory") or (version >= POD_LEVEL_SINCE and has_pod_level(pod)):
        return None
    words = {f"{side}.{name}", name} if side == "requests" else {f"{side}.{name}"}
    for each in facts.quotas(pod.namespace):
        if isinstance(each.detail, QuotaFacts) and not words.isdisjoint(each.detail.hard):
            return each
    return None


def _counts(place: Field) -> bool:
    """Whether an amount in a place of `places` holds, or may hold."""
    if not place.present:
        return place.unknown
    if place.path[-2] != "limits" or not is_unlimited(place) or place.parent is None:
        return True
    request = place.parent.parent and place.parent.parent.get("requests", place.path[-1])
    return request is not None and (request.unknown or bool(amount(request)))


# What to add.


class Addition(NamedTuple):
    """Edits that add limits or requests; they are None where that would be rejected or risky."""

    title: str
    edits: Edits | None


def added_amount(
    pod: Pod, container: Container, side: Side, name: str, version: Version, settings: Resources
) -> Addition:
    """Add a request alone, or a limit, and a request where there is none."""
    sides = SIDES if side == "limits" else (side,)
    return _addition(pod, container, (name,), sides, version, settings)


def added_everything(
    pod: Pod, container: Container, version: Version, settings: Resources
) -> Addition:
    """Add what is missing of CPU and memory, requests and limits."""
    addition = _addition(pod, container, ("cpu", "memory"), SIDES, version, settings)
    return addition._replace(title="Add CPU and memory requests and limits")


def _addition(
    pod: Pod,
    container: Container,
    names: tuple[str, ...],
    sides: tuple[Side, ...],
    version: Version,
    settings: Resources,
) -> Addition:
    """Add the sides of those resources that have no limit; a limit alone is a request too.

    Where the pod has resources of its own, they bound those of its containers (validation.go,
    validatePodResourceConsistency), and so the addition goes to the pod.
    """
    at_pod = has_pod_level(pod) and any(is_pod_level(name) for name in names)
    owner = pod if at_pod else container
    wanted: dict[Side, dict[str, str]] = {side: {} for side in sides}
    for name in names:
        limit, request = [owner.get("resources", side, name) for side in SIDES]
        if limit.present and not is_unlimited(limit):
            continue
        if limit.key is not None and "limits" not in sides:
            # A limit of null is 0 (quantity.go, UnmarshalJSON), and no request is below that.
            return Addition("", None)
        values = _pod_values(pod, name, settings) if at_pod else _values(owner, name, settings)
        if values is None:
            return Addition("", None)
        for side, field, value in zip(SIDES, (limit, request), values, strict=True):
            if side in wanted and (not field.present or field is limit):
                wanted[side][name] = value
    title = _title(names[0], wanted) + (" for the pod" if at_pod else "")
    if at_pod and (version < POD_LEVEL_SINCE or pod.is_windows):
        return Addition(title, None)
    data: dict[str, dict[str, Data]] = {
        side: {name: _data(value) for name, value in amounts.items()}
        for side, amounts in wanted.items()
        if amounts
    }
    return Addition(title, _set_amounts(owner, data))


def _values(owner: Container | Pod, name: str, settings: Resources) -> tuple[str, str] | None:
    """The limit and the request that something should have; None where that cannot be told.

    What stands there stays. A new limit is not below the request, nor a new request above the
    limit: the API server rejects both.
    """
    limit, request = [owner.get("resources", side, name) for side in SIDES]
    if not (_is_readable(limit) and _is_readable(request)):
        return None
    own = None if is_unlimited(limit) else limit.text
    return _bounded(own, request.text, *_defaults(settings, name))


@lru_cache(maxsize=256)
def _bounded(
    limit: str | None, request: str | None, default_limit: str, default_request: str
) -> tuple[str, str]:
    """The limit and the request beside what is there: containers repeat the same few amounts."""
    bound = limit or max(default_limit, request or "0", key=_exact)
    return bound, request or min(default_request, bound, key=_exact)


def _pod_values(pod: Pod, name: str, settings: Resources) -> tuple[str, str] | None:
    """The limit and the request that are enough for a pod with all of its containers.

    Each counts with what it has, and with the settings for the rest, so that the pod's request
    covers those of its containers, and no container's limit exceeds the pod's.
    """
    limits: list[tuple[Container, Fraction]] = []
    requests: list[tuple[Container, Fraction]] = []
    for container in pod.containers:
        if container.type == "ephemeral":
            continue
        values = _values(container, name, settings)
        if values is None:
            return None
        limit, request = (container.get("resources", side, name) for side in SIDES)
        has_limit, has_request = limit.present and not is_unlimited(limit), request.present
        limits.append((container, _exact(values[0])))
        requests.append((container, _exact(values[0 if has_limit and not has_request else 1])))
    most, least = at_once(limits), at_once(requests)
    own = pod.get("resources", "requests", name)
    if not _is_readable(own):
        return None
    return _written(max(most, least, amount(own) or most), name), _written(least, name)


def amount_for(
    pod: Pod, container: Container | None, side: Side, name: str, settings: Resources
) -> int | str | None:
    """What may be written where a container, or else the pod as a whole, gets a limit or a request.

    What stands there already does not count. A limit is not below the request beside it, nor a
    request above the limit. None where that cannot be told.
    """
    if container is None:
        if not is_pod_level(name):
            return None
        values = _pod_values(pod, name, settings)
        return None if values is None else _data(values[SIDES.index(side)])
    limit, request = _defaults(settings, name)
    if side == "limits":
        beside = container.get("resources", "requests", name)
        bound = max(limit, (amount(beside) is not None and beside.text) or limit, key=_exact)
        return _data(bound)
    beside = container.get("resources", "limits", name)
    has_limit = amount(beside) is not None and not is_unlimited(beside)
    return _data(min(request, (has_limit and beside.text) or request, key=_exact))


def _is_readable(field: Field) -> bool:
    """Whether a quantity stands in a field, or certainly nothing."""
    return amount(field) is not None if field.present else not field.unknown


def _defaults(settings: Resources, name: str) -> tuple[str, str]:
    """The limit and the request of the settings."""
    return {
        "cpu": (settings.cpu_limit, settings.cpu_request),
        "memory": (settings.memory_limit, settings.memory_request),
        "ephemeral-storage": (
            settings.ephemeral_storage_limit,
            settings.ephemeral_storage_request,
        ),
    }[name]


def _exact(text: str) -> Fraction:
    return quantity(text) or Fraction(0)


def _written(value: Fraction, name: str) -> str:
    """An amount as people write it: `1500m`, `2`, `768Mi`, `2Gi`."""
    if name == "cpu":
        return str(value) if value.denominator == 1 else f"{ceil(value * 1000)}m"
    for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if value and value % size == 0:
            return f"{value // size}{unit}"
    return str(ceil(value))


def _data(text: str) -> int | str:
    """A plain number stays one: nobody quotes `cpu: 1`."""
    return int(text) if text.isascii() and text.isdigit() and str(int(text)) == text else text


def _title(name: str, wanted: Mapping[Side, Mapping[str, str]]) -> str:
    article = "an" if name == "ephemeral-storage" else "a"
    limit, request = (wanted.get(side, {}).get(name) for side in SIDES)
    if limit and request:
        return f"Add {article} {_TITLES[name]} limit of {limit} and a request of {request}"
    kind, value = ("limit", limit) if limit else ("request", request)
    return f"Add {article} {_TITLES[name]} {kind} of {value}"


# How it is written.


def _set_amounts(owner: Container | Pod, data: Mapping[str, Mapping[str, Data]]) -> Edits | None:
    """Write limits and requests into the `resources` of a container or of a pod spec."""
    resources = owner.get("resources")
    if not any(True for _ in resources.entries()):
        return owner.set(("resources",), data)
    deeper: list[Edits | None] = []
    whole: dict[str, Data] = {}
    for side, amounts in data.items():
        if any(True for _ in resources.get(side).entries()):
            deeper.append(resources.get(side).set_all(owner.text, amounts))
        else:
            whole[side] = amounts
    return together(*deeper, resources.set_all(owner.text, whole) if whole else ())
