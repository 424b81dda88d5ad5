"""Which roles that bindings name are in reach, and which accounts pods use: queries."""

from collections.abc import Hashable, Iterable
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.facts import CORE, ObjectFacts, WorkloadFacts
from k8s_lsp.kubernetes.policies import are_pods_made
from k8s_lsp.kubernetes.queries import WORKLOADS, Reach, all_of, workloads
from k8s_lsp.kubernetes.rbac import GROUP as RBAC
from k8s_lsp.text import is_one_edit_away

BUILT_IN_CLUSTER_ROLES: Final = frozenset(
    """
    admin cluster-admin edit view
    basic-user cluster-debugger cluster-reader cluster-status registry-admin registry-editor
    registry-viewer self-provisioner storage-admin sudoer
    """.split()
)
"""The ClusterRoles without a colon in their name that every cluster has, and every OpenShift.

Sources: kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, ClusterRoles;
openshift-apiserver, pkg/bootstrappolicy/policy.go.
"""

BUILT_IN_ROLES: Final = frozenset({"extension-apiserver-authentication-reader"})
"""The Roles without a colon in their name that every cluster has (namespace_policy.go)."""


class Namesake(NamedTuple):
    """A role that was probably meant by a name which none has.

    `is_of_other_kind` says that it has this very name; `is_elsewhere`, that it also is of the kind,
    in another namespace. Else its name is like it.
    """

    role: ObjectFacts
    is_of_other_kind: bool = False
    is_elsewhere: bool = False


def missing_role(reach: Reach, kind: str, namespace: str, name: str) -> Namesake | bool:
    """Whether a role is nowhere, though files in reach make such roles; if so, which was meant.

    False where it is there, or may be: Kubernetes makes it, or an add-on, whose roles mostly have a
    colon in their names, or a tool gives a prefix or suffix to all names.
    """
    if ":" in name or name in (BUILT_IN_CLUSTER_ROLES if kind == "ClusterRole" else BUILT_IN_ROLES):
        return False
    same_name = reach.find((RBAC, kind), bare_names_of, name)
    if kind == "ClusterRole":
        if same_name:
            return False
    elif any(not namespace or each.namespace in ("", namespace) for each in same_name):
        return False
    elif same_name:
        return Namesake(same_name[0], is_elsewhere=True)
    other = "Role" if kind == "ClusterRole" else "ClusterRole"
    for each in reach.find((RBAC, other), bare_names_of, name):
        if not namespace or each.namespace in ("", namespace):
            return Namesake(each, is_of_other_kind=True)
    known = reach.find((RBAC, kind), all_of, None)
    if any(_is_part(each.name, name) for each in known):
        return False
    for each in known:
        if each.namespace in ("", namespace) and is_near(each.name, name):
            return Namesake(each)
    return _is_made_beside(reach, kind)


def _is_made_beside(reach: Reach, kind: str) -> bool:
    """Whether roles of the kind are made in the text, or in files that are close to it."""
    if reach.own_find((RBAC, kind), all_of, None):
        return True
    return any(True for _ in reach.others.close(reach.others.find((RBAC, kind), all_of, None)))


def _is_part(name: str, whole: str) -> bool:
    """Whether a name becomes another one by what a tool puts before or behind it, or lacks that."""
    longer, shorter = (whole, name) if len(whole) > len(name) else (name, whole)
    return longer.startswith(f"{shorter}-") or longer.endswith(f"-{shorter}")


def is_near(name: str, other: str) -> bool:
    """Whether one of two names is probably the other one, misspelled: not where a digit counts."""
    if not is_one_edit_away(name, other) or min(len(name), len(other)) < _LEAST:
        return False
    return [letter for letter in name if letter.isdigit()] == [
        letter for letter in other if letter.isdigit()
    ]


_LEAST: Final = 5
"""How long a name is at least that is not like others by chance."""


def bare_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by its name, whatever its namespace."""
    return (obj.name,)


# Accounts.


def is_unused(reach: Reach, namespace: str, name: str) -> bool:
    """Whether no pod of the namespace uses an account, and nobody else may.

    Nobody can tell where the namespace has no pod in reach, where a pod's account is unknown, and
    where pods may be made for a custom resource. A Secret for its token is use from outside.
    """
    secrets = reach.find((CORE, "Secret"), used_accounts_of, name)
    if any(_may_be(namespace, secret.namespace) for secret in secrets):
        return False
    for kind in WORKLOADS:
        if reach.find(kind, used_accounts_of, None):
            return False
        users = reach.find(kind, used_accounts_of, name)
        if any(_may_be(namespace, user.namespace) for user in users):
            return False
    has_pods = any(not _is_patch(workload) for workload in workloads(reach, namespace))
    return has_pods and not are_pods_made(reach)


def _is_patch(workload: ObjectFacts) -> bool:
    return isinstance(workload.detail, WorkloadFacts) and workload.detail.is_patch


def _may_be(namespace: str, other: str) -> bool:
    """Whether two namespaces may be the same one: what tells none may be applied to any."""
    return not namespace or not other or namespace == other


def used_accounts_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """A workload by the name of its account, None for an unknown one; a Secret by its token's."""
    if isinstance(obj.detail, WorkloadFacts):
        # What a patch does not name, it leaves as it is.
        if not (obj.detail.is_patch and obj.detail.account == "default"):
            yield obj.detail.account
    else:
        for use in obj.uses:
            if use.kind == "ServiceAccount":
                yield use.name
