"""What the bindings in reach give to a ServiceAccount: its roles, and what these are worth.

Both are queries (`kubernetes.queries`): what comes of them can be compared. A binding that names a
group of accounts is not looked at, and of a role of which files disagree nothing is told.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.facts import BindingFacts, ObjectFacts, RoleFacts, RoleRule
from k8s_lsp.kubernetes.queries import Reach, bindings
from k8s_lsp.kubernetes.rbac import GROUP as RBAC
from k8s_lsp.kubernetes.rbac import READ, WRITE, RuleWords
from k8s_lsp.kubernetes.rbac_powers import POWERS
from k8s_lsp.kubernetes.versions import Version

_EVERYTHING: Final = "everything"
"""What a rule gives that leaves no word out: there is no sense in a list of it."""


class GivenRole(NamedTuple):
    """A role that a binding gives.

    The `namespace` is that in which it counts: empty for all of them, and where the binding does
    not tell its own. `role` is None where it is not in reach, or files disagree about it. For one
    that every cluster has, `built_in` says what it allows.
    """

    binding: ObjectFacts
    kind: str
    name: str
    namespace: str
    is_for_cluster: bool
    role: ObjectFacts | None
    built_in: RoleFacts | None = None

    @property
    def title(self) -> str:
        """What messages call the role: `ClusterRole "view"`."""
        return f'{self.kind} "{self.name}"'

    @property
    def allows(self) -> RoleFacts | None:
        """What the role allows; None where that is unknown, as of one that a controller fills."""
        detail = self.built_in if self.role is None else self.role.detail
        return detail if isinstance(detail, RoleFacts) and not detail.is_aggregated else None


class AccountPower(NamedTuple):
    """Something that an account may do, and the role by which it may.

    `name` is that of a Power, and `words` are the role's own: `get, list on secrets`. One that is
    not grave is worth knowing; so is one that concerns objects of certain names alone.
    """

    name: str
    words: str
    is_grave: bool
    given: GivenRole


def account_roles(reach: Reach, namespace: str, name: str) -> tuple[GivenRole, ...]:
    """The roles that bindings in reach give an account by its name, those of the text first."""
    roles = (given_role(reach, binding) for binding in bindings(reach, namespace, name))
    return tuple(role for role in roles if role is not None)


def account_powers(
    reach: Reach, namespace: str, name: str, version: Version
) -> tuple[AccountPower, ...]:
    """What an account may do that is worth more than it says, the gravest first."""
    return powers_of_roles(account_roles(reach, namespace, name), version)


def powers_of_roles(roles: Iterable[GivenRole], version: Version) -> tuple[AccountPower, ...]:
    """The same for whoever is given some roles."""
    found = [
        power
        for given in roles
        if given.allows is not None
        for rule in given.allows.rules
        for power in _powers_of(rule, given, version)
    ]
    found.sort(key=lambda power: (not power.is_grave, _NAMES.index(power.name)))
    # Several rules of a role may say the same.
    return tuple(dict.fromkeys(found))


def given_role(reach: Reach, binding: ObjectFacts) -> GivenRole | None:
    """The role that a binding gives; None where the object is no binding."""
    detail = binding.detail
    if not isinstance(detail, BindingFacts):
        return None
    kind, name = detail.role_kind, detail.role
    is_for_cluster = binding.kind == "ClusterRoleBinding"
    namespace = binding.namespace if kind == "Role" else ""
    roles = reach.named((RBAC, kind), namespace, name)
    is_sure = len({role.detail for role in roles}) == 1
    built_in = BUILT_IN.get(name) if kind == "ClusterRole" and not roles else None
    return GivenRole(
        binding,
        kind,
        name,
        "" if is_for_cluster else binding.namespace,
        is_for_cluster,
        roles[0] if is_sure else None,
        built_in,
    )


_NAMES: Final = list(dict.fromkeys((_EVERYTHING, *(power.name for power in POWERS))))
"""What an account may have, the gravest first."""


def _powers_of(rule: RoleRule, given: GivenRole, version: Version) -> Iterator[AccountPower]:
    """What one item of a role's rules is worth, as the binding gives it."""
    if "*" in rule.groups and "*" in rule.resources and "*" in rule.verbs and not rule.is_named:
        yield AccountPower(_EVERYTHING, "* on *", True, given)
        return
    words = RuleWords(
        frozenset(rule.groups),
        frozenset(rule.resources),
        frozenset(rule.verbs),
        rule.is_named,
        given.is_for_cluster and given.kind == "ClusterRole",
    )
    for power in POWERS:
        if power.counts_in(version):
            pairs = list(words.given(*power.accesses))
            if pairs:
                verbs = _in_order(rule.verbs, {verb for verb, _ in pairs})
                resources = _in_order(rule.resources, {resource for _, resource in pairs})
                is_grave = power.is_grave and not rule.is_named
                yield AccountPower(power.name, f"{verbs} on {resources}", is_grave, given)


def _in_order(words: Iterable[str], wanted: set[str]) -> str:
    """Those of some words that are wanted, each once."""
    return ", ".join(dict.fromkeys(word for word in words if word in wanted))


# What every cluster has.


def _rule(group: str, resources: str, *verbs: str) -> RoleRule:
    return RoleRule((group,), tuple(resources.split()), verbs)


_ENTRIES: Final = "pods/attach pods/exec pods/portforward"
_ROLES: Final = "rolebindings roles"
_CHANGE: Final = (*WRITE, "delete", "deletecollection")

_EDIT: Final = (
    _rule("", f"{_ENTRIES} secrets", *READ),
    _rule("", "serviceaccounts", "impersonate"),
    _rule("", f"pods {_ENTRIES}", *_CHANGE),
    _rule("", "replicationcontrollers secrets serviceaccounts", *_CHANGE),
    _rule("", "serviceaccounts/token", "create"),
    _rule("apps", "daemonsets deployments replicasets statefulsets", *_CHANGE),
    _rule("batch", "cronjobs jobs", *_CHANGE),
)

BUILT_IN: Final = {
    "cluster-admin": RoleFacts((RoleRule(("*",), ("*",), ("*",), (), ("*",)),), False),
    "admin": RoleFacts((*_EDIT, _rule(RBAC, _ROLES, *READ, *_CHANGE)), False),
    "edit": RoleFacts(_EDIT, False),
    "view": RoleFacts((), False),
}
"""What the ClusterRoles for users allow that any of the POWERS asks for.

Source: kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata/cluster-roles.yaml. The
last three are aggregated: what custom resources add to them is unknown.
"""
