"""A role lets its subjects create PersistentVolumes.

A PersistentVolume may be a hostPath. Who creates one, and a claim for it, mounts any folder
of a node into a pod, the kubelet's credentials and the files of other containers among them.
Pod Security does not see it: in the pod there is only a claim.

Storage is asked for with a PersistentVolumeClaim, and a provisioner creates the volume. Only
the provisioner, usually a CSI driver's, and the people who run the cluster need this right. A role
is known as that of a provisioner by the rest of what one does, to watch claims, read storage
classes and delete volumes, and is for your information only. Nothing is said where the role may
write nothing but what belongs to storage, as that of a CSI driver: it makes no pod to mount a
volume in.

What breaks are installers that bring volumes of their own; let an operator of the cluster
create those. resourceNames do not help: a create request carries no name, so with them the
rule grants nothing.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import READ, ROLES, Access, PolicyRule, grants_whole, policy_rules
from k8s_lsp.kubernetes.rbac_powers import VOLUME_CREATION
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import gives_whole, grants, joined

_PROVISIONING = (
    Access("", "persistentvolumes", (*READ, "create", "delete"), is_cluster_scoped=True),
    Access("", "persistentvolumeclaims", READ),
    Access("storage.k8s.io", "storageclasses", READ, is_cluster_scoped=True),
)
"""What every provisioner needs; some update claims or patch volumes as well.

Source: kubernetes-csi/external-provisioner, deploy/kubernetes/rbac.yaml; its library is that of the
provisioners outside of CSI, too (sig-storage-lib-external-provisioner).
"""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def persistent_volume_creation_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    policies = policy_rules(obj)
    if _is_provisioner(policies) and all(map(_is_of_storage, policies)):
        return
    for policy in policies:
        for grant in policy.grants(*VOLUME_CREATION):
            if _is_provisioner(policies):
                yield found(
                    grant.item,
                    f"{policy.role} must not grant {grant} unless it provisions storage: "
                    "that opens the files of the nodes",
                    severity="information",
                )
                continue
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which opens the files of the nodes",
                severity=policy.severity,
            )


def _is_provisioner(policies: tuple[PolicyRule, ...]) -> bool:
    """Whether a role has what the provisioner of a storage class does."""
    return all(grants_whole(policies, access) for access in _PROVISIONING)


_OF_STORAGE = frozenset(
    "configmaps endpoints events leases persistentvolumeclaims persistentvolumes".split()
)
"""What provisioners write beside the groups of storage; in some, leaders are elected."""


def _is_of_storage(policy: PolicyRule) -> bool:
    """Whether all that a rule lets its subjects write belongs to storage."""
    groups, resources, verbs = policy.words[:3]
    items = (*policy.groups, *policy.resources, *policy.verbs)
    if "*" in verbs or any(item.string is None for item in items):
        return False
    return (
        verbs <= {*READ}
        or (bool(groups) and all(map(_is_group_of_storage, groups)))
        or {resource.partition("/")[0] for resource in resources} <= _OF_STORAGE
    )


def _is_group_of_storage(group: str) -> bool:
    return group == "storage.k8s.io" or group.endswith(".storage.k8s.io")


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: database
rules:
  - apiGroups: [""]
    resources: [persistentvolumes, persistentvolumeclaims]
    verbs: [get, create]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: database
rules:
  - apiGroups: [""]
    resources: [persistentvolumeclaims]
    verbs: [get, create]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
)

BENCHMARKS = ("CIS 5.1.9",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {"Kubescape": ("C-0278",)}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0 && !(variables.isProvisioner && variables.isOfStorage)",
            "item.map(grant, variables.title + ' must not grant ' + grant.verbs.join(', ') +\n"
            "    ' on ' + grant.resource + (variables.isProvisioner\n"
            "      ? ' unless it provisions storage: that opens the files of the nodes'\n"
            "      : ', which opens the files of the nodes')).join('; ')",
            items="variables.grants",
        ),
    ),
    variables=joined(
        grants("grants", *VOLUME_CREATION),
        *(gives_whole(f"provisions{place}", access) for place, access in enumerate(_PROVISIONING)),
        (
            (
                "isProvisioner",
                " && ".join(f"variables.provisions{place}" for place in range(len(_PROVISIONING))),
            ),
            (
                "isOfStorage",
                """\
variables.policies.all(rule, !("*" in rule.verbs) && (
  rule.verbs.all(verb, verb in variables.reading) ||
  rule.groups.size() > 0 && rule.groups.all(group,
    group == "storage.k8s.io" || group.endsWith(".storage.k8s.io")) ||
  rule.resources.all(resource, resource.split("/")[0] in variables.ofStorage)))""",
            ),
        ),
    ),
    constants=lambda settings, version: {"reading": READ, "ofStorage": tuple(sorted(_OF_STORAGE))},
)
