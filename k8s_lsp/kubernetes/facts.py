"""What one object of a file tells about another, as small frozen values that can be compared."""

from collections.abc import Iterable
from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject


class ServiceAccount(NamedTuple):
    """What a pod inherits from its ServiceAccount; `automount` is None where it says nothing."""

    namespace: str
    name: str
    automount: bool | None


class ContainerDefaults(NamedTuple):
    """The resources for which a LimitRange gives containers a default limit or request."""

    namespace: str
    limits: frozenset[str]
    requests: frozenset[str]


class Facts(NamedTuple):
    """What rules may ask about the rest of a file."""

    service_accounts: frozenset[ServiceAccount] = frozenset()
    container_defaults: frozenset[ContainerDefaults] = frozenset()

    def automount(self, namespace: str | None, name: str | None) -> bool | None:
        """What the ServiceAccount of that name says about its token; None if it says nothing."""
        for account in self.service_accounts:
            if (account.namespace, account.name) == (namespace or "", name or "default"):
                return account.automount
        return None

    def default_limits(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a limit by default in the namespace."""
        found = (
            each.limits for each in self.container_defaults if each.namespace == (namespace or "")
        )
        return frozenset().union(*found)

    def default_requests(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a request by default in the namespace."""
        found = (
            each.requests for each in self.container_defaults if each.namespace == (namespace or "")
        )
        return frozenset().union(*found)


NO_FACTS = Facts()
"""What almost every unit tells about the others."""


def facts_of(objects: Iterable[KubeObject]) -> Facts:
    """The facts of some objects; NO_FACTS itself where there are none."""
    accounts: set[ServiceAccount] = set()
    defaults: set[ContainerDefaults] = set()
    for obj in objects:
        namespace = obj.namespace or ""
        if obj.kind == "ServiceAccount" and obj.name and not obj.group:
            automount = obj.get("automountServiceAccountToken").boolean
            accounts.add(ServiceAccount(namespace, obj.name, automount))
        elif obj.kind == "LimitRange" and not obj.group:
            for item in obj.get("spec", "limits").items():
                if item.get("type").text == "Container":
                    defaults.add(_container_defaults(namespace, item))
    if not accounts and not defaults:
        return NO_FACTS
    return Facts(frozenset(accounts), frozenset(defaults))


def merge_facts(parts: Iterable[Facts]) -> Facts:
    """The facts of a whole file, from those of its units."""
    all_parts = tuple(part for part in parts if part is not NO_FACTS)
    return Facts(
        frozenset().union(*(part.service_accounts for part in all_parts)),
        frozenset().union(*(part.container_defaults for part in all_parts)),
    )


def _container_defaults(namespace: str, item: Field) -> ContainerDefaults:
    """What a `limits` item of type Container gives.

    Without `default` the maximum becomes the default limit, and without `defaultRequest` the
    default limit becomes the default request (defaults.go, SetDefaults_LimitRangeItem).
    """

    def names(*keys: str) -> frozenset[str]:
        fields = (entry for key in keys for entry in item.get(key).entries())
        return frozenset(str(field.path[-1]) for field in fields)

    limits = names("default", "max")
    return ContainerDefaults(namespace, limits, limits | names("defaultRequest", "min"))
