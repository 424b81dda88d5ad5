"""What one object of a file tells about another, as small frozen values that can be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from k8s_lsp.kubernetes.baseline import breaks_baseline, may_break_baseline
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.ingresses import IngressHost, tls_hosts
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.rbac import bound_accounts


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
    does for the API server once a file was applied. `breaches` names, for a namespace, the first
    object whose pod the baseline level of Pod Security would refuse: `DaemonSet "agent"`.
    `bindings` has for each ServiceAccount that is given a role the title of a binding that does
    so: `RoleBinding "shop"`. `tls_hosts` are the hosts for which an Ingress has TLS.
    """

    automounts: Mapping[NamespacedName, bool | None] = field(default_factory=dict)
    limit_ranges: Mapping[NamespacedName, ContainerDefaults] = field(default_factory=dict)
    breaches: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[NamespacedName, str] = field(default_factory=dict)
    tls_hosts: frozenset[IngressHost] = frozenset()

    def automount(self, namespace: str | None, name: str | None) -> bool | None:
        """What the ServiceAccount of that name says about its token; None if it says nothing."""
        return self.automounts.get((namespace or "", name or "default"))

    def binding(self, namespace: str | None, name: str | None) -> str | None:
        """The title of a binding that gives the ServiceAccount a role; None if there is none.

        A namespace that the text leaves out, of the pod or in the binding, may be any.
        """
        name = name or "default"
        if not namespace:
            return self._bindings_by_name.get(name)
        return self.bindings.get((namespace, name)) or self.bindings.get(("", name))

    def has_account(self, namespace: str | None, name: str | None) -> bool:
        """Whether a ServiceAccount of that name stands in the text."""
        return (namespace or "", name or "default") in self.automounts

    def default_limits(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a limit by default in the namespace."""
        return self._defaults.get(namespace or "", _NO_DEFAULTS).limits

    def default_requests(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a request by default in the namespace."""
        return self._defaults.get(namespace or "", _NO_DEFAULTS).requests

    def breach(self, namespace: str | None) -> str | None:
        """An object in a namespace whose pod the baseline level would refuse, if there is one.

        It may be any that has no namespace in the text, and where that of the question has no name,
        any at all.
        """
        if namespace is None:
            return next(iter(self.breaches.values()), None)
        return self.breaches.get(namespace) or self.breaches.get("")

    @cached_property
    def _bindings_by_name(self) -> Mapping[str, str]:
        """The same for the accounts of one name in any namespace."""
        return {name: title for (_, name), title in self.bindings.items()}

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
    """The facts of the objects of one unit; NO_FACTS itself where there are none."""
    automounts: dict[NamespacedName, bool | None] = {}
    limit_ranges: dict[NamespacedName, ContainerDefaults] = {}
    breaches: dict[str, str] = {}
    bindings: dict[NamespacedName, str] = {}
    encrypted: set[IngressHost] = set()
    # They have one text, which is searched once for all of them.
    may_breach: bool | None = None
    for obj in objects:
        namespace, name = obj.namespace or "", obj.name or ""
        if obj.pod is not None:
            if may_breach is None:
                may_breach = may_break_baseline(obj.text)
            if may_breach and namespace not in breaches and breaks_baseline(obj.pod):
                breaches[namespace] = f'{obj.kind} "{name}"'
        elif obj.kind == "Ingress":
            encrypted.update(tls_hosts(obj))
        elif obj.group:
            bindings.update(bound_accounts(obj))
        elif obj.kind == "ServiceAccount" and name:
            automounts[namespace, name] = obj.get("automountServiceAccountToken").boolean
        elif obj.kind == "LimitRange":
            items = obj.get("spec", "limits").items()
            containers = (item for item in items if item.get("type").text == "Container")
            limit_ranges[namespace, name] = _united(
                _container_defaults(item) for item in containers
            )
    if not (automounts or limit_ranges or breaches or bindings or encrypted):
        return NO_FACTS
    return Facts(automounts, limit_ranges, breaches, bindings, frozenset(encrypted))


def merge_facts(parts: Iterable[Facts]) -> Facts:
    """The facts of a whole file, from those of its units, in their order."""
    automounts: dict[NamespacedName, bool | None] = {}
    limit_ranges: dict[NamespacedName, ContainerDefaults] = {}
    breaches: dict[str, str] = {}
    bindings: dict[NamespacedName, str] = {}
    encrypted: set[IngressHost] = set()
    for part in parts:
        if part is not NO_FACTS:
            automounts.update(part.automounts)
            limit_ranges.update(part.limit_ranges)
            for namespace, breach in part.breaches.items():
                breaches.setdefault(namespace, breach)
            bindings.update(part.bindings)
            encrypted.update(part.tls_hosts)
    return Facts(automounts, limit_ranges, breaches, bindings, frozenset(encrypted))


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
