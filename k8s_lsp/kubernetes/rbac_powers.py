"""Rights of RBAC that are worth more than they say, as the rules about roles ask for them.

Each group of them has a rule of its own, and `POWERS` lists all of them for the rule that says what
a wildcard reaches.
"""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.rbac import GROUP, READ, WRITE, Access, PolicyRule
from k8s_lsp.kubernetes.versions import Version

SECRET_READING = (Access("", "secrets", READ),)
SECRET_WRITING = (Access("", "secrets", WRITE),)
SECRET_CREATION = (Access("", "secrets", ("create",)),)
TOKEN_CREATION = (Access("", "serviceaccounts/token", ("create",)),)
LABELLING = (Access("", "namespaces", ("update", "patch")),)
VOLUME_CREATION = (Access("", "persistentvolumes", ("create",), is_cluster_scoped=True),)
NODE_PROXY = (
    Access(
        "", "nodes/proxy", ("get", "create", "update", "patch", "delete"), is_cluster_scoped=True
    ),
)
POD_ENTRY = (
    *(Access("", f"pods/{name}", ("create",)) for name in ("exec", "attach", "portforward")),
    Access("", "pods/ephemeralcontainers", ("update", "patch")),
)
POD_ENTRY_BY_GET = tuple(
    Access("", f"pods/{name}", ("get",)) for name in ("exec", "attach", "portforward")
)
POD_ENTRY_BY_GET_ENDS = Version(1, 35)
"""A WebSocket begins as a GET; from here on it needs `create` too (kubernetes/kubernetes#134577,
KEP 4006)."""

WORKLOAD_CREATION = tuple(
    Access(group, resource, WRITE)
    for group, resources in (
        ("", "pods replicationcontrollers"),
        ("apps", "deployments daemonsets replicasets statefulsets"),
        ("extensions", "deployments daemonsets replicasets"),
        ("batch", "jobs cronjobs"),
    )
    for resource in resources.split()
)
IMPERSONATION = (
    Access("", "users", ("impersonate",), is_cluster_scoped=True),
    Access("", "groups", ("impersonate",), is_cluster_scoped=True),
    Access("", "serviceaccounts", ("impersonate",)),
    Access("authentication.k8s.io", "uids", ("impersonate",), is_cluster_scoped=True),
)
ESCALATION = (
    Access(GROUP, "roles", ("escalate",)),
    Access(GROUP, "clusterroles", ("escalate",), is_cluster_scoped=True),
)
BINDING = (
    Access(GROUP, "roles", ("bind",)),
    # A binding in a namespace asks for `bind` there, on clusterroles as well: pkg/registry/rbac,
    # escalation_check.go, BindingAuthorized.
    Access(GROUP, "clusterroles", ("bind",)),
)
ROLE_WRITING = (
    Access(GROUP, "roles", WRITE),
    Access(GROUP, "rolebindings", WRITE),
    Access(GROUP, "clusterroles", WRITE, is_cluster_scoped=True),
    Access(GROUP, "clusterrolebindings", WRITE, is_cluster_scoped=True),
)
CSR_APPROVAL = (
    Access("certificates.k8s.io", "certificatesigningrequests/approval", ("update", "patch"), True),
    Access("certificates.k8s.io", "signers", ("approve", "sign"), True),
)
ADMISSION_CONTROL = tuple(
    Access(
        "admissionregistration.k8s.io",
        resource,
        (*WRITE, "delete", "deletecollection"),
        is_cluster_scoped=True,
    )
    for resource in (
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    )
)
DEFINITIONS = (
    # With its definition every custom resource of a kind is deleted, and a conversion webhook in it
    # sees and changes them all.
    Access(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        ("update", "patch", "delete", "deletecollection"),
        is_cluster_scoped=True,
    ),
)


class Power(NamedTuple):
    """Accesses that are worth the same, by the name that messages have for them.

    `is_grave` says whether the rule about them is a warning; else it is for information. From the
    version `until` on they are worth nothing.
    """

    name: str
    accesses: tuple[Access, ...]
    is_grave: bool = True
    until: Version | None = None

    def counts_in(self, version: Version) -> bool:
        """Whether it is worth anything in a version."""
        return self.until is None or version < self.until


POWERS = (
    Power("escalate", ESCALATION),
    Power("bind", BINDING),
    Power("secrets", (*SECRET_READING, *SECRET_WRITING)),
    Power("impersonate", IMPERSONATION),
    Power("tokens of accounts", TOKEN_CREATION),
    Power("running pods", POD_ENTRY),
    Power("running pods", POD_ENTRY_BY_GET, until=POD_ENTRY_BY_GET_ENDS),
    Power("nodes/proxy", NODE_PROXY),
    Power("certificate approval", CSR_APPROVAL),
    Power("admission webhooks", ADMISSION_CONTROL),
    Power("persistent volumes", VOLUME_CREATION),
    Power("labels of namespaces", LABELLING),
    Power("custom resources with their definitions", DEFINITIONS),
    Power("new workloads", WORKLOAD_CREATION, is_grave=False),
    Power("new roles and bindings", ROLE_WRITING, is_grave=False),
)
"""What a role may reach, the gravest first."""


def powers_of(policy: PolicyRule, items: Collection[Field], version: Version) -> Iterator[Power]:
    """The powers that some items of a rule's `verbs` and `resources` give, the gravest first."""
    for power in POWERS:
        if power.counts_in(version):
            grants = chain(policy.powers(*power.accesses), policy.grants(*power.accesses))
            if any(grant.item is item for grant in grants for item in items):
                yield power
