"""What one object of a file tells about another, as small frozen values that can be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.quantities import quantity


class ContainerDefaults(NamedTuple):
    """The resources for which a LimitRange gives containers a default limit or request."""

    limits: frozenset[str]
    requests: frozenset[str]


NamespacedName: TypeAlias = tuple[str, str]
"""The namespace and the name of an object; the namespace is empty where the text has none."""


@dataclass(frozen=True)
class Facts:
    """What rules may ask about the rest of a file.

    `automounts` is what each ServiceAccount says about its token, None where it says nothing, and
    `limit_ranges` what each LimitRange gives. Of objects of one name the last one counts, as it
    does for the API server once a file was applied.
    """

    automounts: Mapping[NamespacedName, bool | None] = field(default_factory=dict)
    limit_ranges: Mapping[NamespacedName, ContainerDefaults] = field(default_factory=dict)

    def automount(self, namespace: str | None, name: str | None) -> bool | None:
        """What the ServiceAccount of that name says about its token; None if it says nothing."""
        return self.automounts.get((namespace or "", name or "default"))

    def default_limits(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a limit by default in the namespace."""
        return self._defaults.get(namespace or "", _NO_DEFAULTS).limits

    def default_requests(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a request by default in the namespace."""
        return self._defaults.get(namespace or "", _NO_DEFAULTS).requests

    @cached_property
    def _defaults(self) -> Mapping[str, ContainerDefaults]:
        """What all LimitRanges of a namespace give together."""
        together: dict[str, ContainerDefaults] = {}
        for (namespace, _), given in self.limit_ranges.items():
            known = together.get(namespace, _NO_DEFAULTS)
            together[namespace] = _united((known, given))
        return together


_NO_DEFAULTS = ContainerDefaults(frozenset(), frozenset())

NO_FACTS = Facts()
"""What almost every unit tells about the others."""


def facts_of(objects: Iterable[KubeObject]) -> Facts:
    """The facts of some objects; NO_FACTS itself where there are none."""
    automounts: dict[NamespacedName, bool | None] = {}
    limit_ranges: dict[NamespacedName, ContainerDefaults] = {}
    for obj in objects:
        if obj.group:
            continue
        key = (obj.namespace or "", obj.name or "")
        if obj.kind == "ServiceAccount" and obj.name:
            automounts[key] = obj.get("automountServiceAccountToken").boolean
        elif obj.kind == "LimitRange":
            items = obj.get("spec", "limits").items()
            containers = (item for item in items if item.get("type").text == "Container")
            limit_ranges[key] = _united(_container_defaults(item) for item in containers)
    return Facts(automounts, limit_ranges) if automounts or limit_ranges else NO_FACTS


def merge_facts(parts: Iterable[Facts]) -> Facts:
    """The facts of a whole file, from those of its units, in their order."""
    automounts: dict[NamespacedName, bool | None] = {}
    limit_ranges: dict[NamespacedName, ContainerDefaults] = {}
    for part in parts:
        if part is not NO_FACTS:
            automounts.update(part.automounts)
            limit_ranges.update(part.limit_ranges)
    return Facts(automounts, limit_ranges)


def _united(parts: Iterable[ContainerDefaults]) -> ContainerDefaults:
    """What several defaults give together."""
    all_parts = tuple(parts)
    return ContainerDefaults(
        frozenset().union(*(part.limits for part in all_parts)),
        frozenset().union(*(part.requests for part in all_parts)),
    )


def _is_zero(field: Field) -> bool:
    """Whether an amount is 0, which the kubelet takes for no limit."""
    return field.text is not None and quantity(field.text) == 0


def _container_defaults(item: Field) -> ContainerDefaults:
    """What a `limits` item of type Container gives.

    Without `default` the maximum becomes the default limit, and without `defaultRequest` the
    default limit becomes the default request (defaults.go, SetDefaults_LimitRangeItem).
    """

    def names(*keys: str) -> frozenset[str]:
        entries = (entry for key in keys for entry in item.get(key).entries())
        return frozenset(str(entry.path[-1]) for entry in entries if not _is_zero(entry))

    limits = names("default", "max")
    return ContainerDefaults(limits, limits | names("defaultRequest", "min"))
