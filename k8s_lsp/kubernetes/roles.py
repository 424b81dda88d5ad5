"""Which roles that bindings name are in reach, and which accounts pods use: queries."""

from collections.abc import Hashable, Iterable
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.facts import CORE, ObjectFacts, WorkloadFacts
from k8s_lsp.kubernetes.policies import are_pods_made
from k8s_lsp.kubernetes.queries import (
    WORKLOADS,
    Reach,
    all_of,
    bare_names_of,
    is_near,
    is_patch,
    may_be_same,
    workloads,
)
from k8s_lsp.kubernetes.rbac import GROUP as RBAC

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
    if any(kind == "ClusterRole" or may_be_same(namespace, each.namespace) for each in same_name):
        return False
    for each in reach.beside(same_name):
        return Namesake(each, is_elsewhere=True)
    other = "Role" if kind == "ClusterRole" else "ClusterRole"
    for each in reach.beside(reach.find((RBAC, other), bare_names_of, name)):
        if may_be_same(namespace, each.namespace):
            return Namesake(each, is_of_other_kind=True)
    known = reach.find((RBAC, kind), all_of, None)
    if any(_is_part(each.name, name) for each in known):
        return False
    is_made_beside = False
    for each in reach.beside(known):
        if is_near(each.name, name) and may_be_same(namespace, each.namespace):
            return Namesake(each)
        is_made_beside = True
    return is_made_beside


def _is_part(name: str, whole: str) -> bool:
    """Whether a name becomes another one by what a tool puts before or behind it, or lacks that."""
    longer, shorter = (whole, name) if len(whole) > len(name) else (name, whole)
    return longer.startswith(f"{shorter}-") or longer.endswith(f"-{shorter}")


# Accounts.


def is_unused(reach: Reach, namespace: str, name: str) -> bool:
    """Whether no pod of the namespace uses an account, and nobody else may.

    Nobody can tell where no pod of the namespace stands beside it, where a pod's account is
    unknown, and where pods may be made for a custom resource. A Secret for its token is use from
    outside.
    """
    secrets = reach.find((CORE, "Secret"), used_accounts_of, name)
    if any(may_be_same(namespace, secret.namespace) for secret in secrets):
        return False
    for kind in WORKLOADS:
        if reach.find(kind, used_accounts_of, None):
            return False
        users = reach.find(kind, used_accounts_of, name)
        if any(may_be_same(namespace, user.namespace) for user in users):
            return False
    pods = (workload for workload in workloads(reach, namespace) if not is_patch(workload))
    return next(reach.beside(pods), None) is not None and not are_pods_made(reach)


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
