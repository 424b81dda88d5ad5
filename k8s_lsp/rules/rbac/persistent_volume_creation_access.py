"""A role lets its subjects create PersistentVolumes.

A PersistentVolume may be a hostPath. Who creates one, and a claim for it, mounts any folder
of a node into a pod, the kubelet's credentials and the files of other containers among them.
Pod Security does not see it: in the pod there is only a claim.

Storage is asked for with a PersistentVolumeClaim, and a provisioner creates the volume. Only
the provisioner, usually a CSI driver's, and the people who run the cluster need this right.

What breaks are installers that bring volumes of their own; let an operator of the cluster
create those. resourceNames do not help: a create request carries no name, so with them the
rule grants nothing.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import VOLUME_CREATION
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def persistent_volume_creation_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in policy.grants(*VOLUME_CREATION):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which opens the files of the nodes",
                severity=policy.severity,
            )


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

OTHER_TOOLS = {"Kubescape": ("C-0278",)}
