"""What the API server calls the kinds that rules look at, and who holds a pod among them."""

from typing import NamedTuple

from k8s_lsp.kubernetes.workloads import WITH_POD


class Resource(NamedTuple):
    """A kind in a request: its API group, the version that policies are written for, its plural."""

    group: str
    version: str
    plural: str


RESOURCES = {
    "Pod": Resource("", "v1", "pods"),
    "PodTemplate": Resource("", "v1", "podtemplates"),
    "ReplicationController": Resource("", "v1", "replicationcontrollers"),
    "ReplicaSet": Resource("apps", "v1", "replicasets"),
    "Deployment": Resource("apps", "v1", "deployments"),
    "DaemonSet": Resource("apps", "v1", "daemonsets"),
    "StatefulSet": Resource("apps", "v1", "statefulsets"),
    "Job": Resource("batch", "v1", "jobs"),
    "CronJob": Resource("batch", "v1", "cronjobs"),
    "ConfigMap": Resource("", "v1", "configmaps"),
    "ControllerRevision": Resource("apps", "v1", "controllerrevisions"),
    "CSIStorageCapacity": Resource("storage.k8s.io", "v1", "csistoragecapacities"),
    "Endpoints": Resource("", "v1", "endpoints"),
    "EndpointSlice": Resource("discovery.k8s.io", "v1", "endpointslices"),
    "HorizontalPodAutoscaler": Resource("autoscaling", "v2", "horizontalpodautoscalers"),
    "Lease": Resource("coordination.k8s.io", "v1", "leases"),
    "LimitRange": Resource("", "v1", "limitranges"),
    "Namespace": Resource("", "v1", "namespaces"),
    "PersistentVolume": Resource("", "v1", "persistentvolumes"),
    "PersistentVolumeClaim": Resource("", "v1", "persistentvolumeclaims"),
    "PodDisruptionBudget": Resource("policy", "v1", "poddisruptionbudgets"),
    "ResourceQuota": Resource("", "v1", "resourcequotas"),
    "Secret": Resource("", "v1", "secrets"),
    "Service": Resource("", "v1", "services"),
    "ServiceAccount": Resource("", "v1", "serviceaccounts"),
    "Ingress": Resource("networking.k8s.io", "v1", "ingresses"),
    "NetworkPolicy": Resource("networking.k8s.io", "v1", "networkpolicies"),
    "Role": Resource("rbac.authorization.k8s.io", "v1", "roles"),
    "RoleBinding": Resource("rbac.authorization.k8s.io", "v1", "rolebindings"),
    "ClusterRole": Resource("rbac.authorization.k8s.io", "v1", "clusterroles"),
    "ClusterRoleBinding": Resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
    "ResourceClaim": Resource("resource.k8s.io", "v1", "resourceclaims"),
    "ResourceClaimTemplate": Resource("resource.k8s.io", "v1", "resourceclaimtemplates"),
}
"""The kinds that rules name. A server converts what is sent in another version, since policies
match equivalent requests unless they say otherwise."""

EPHEMERAL = "pods/ephemeralcontainers"
"""By which `kubectl debug` adds a container to a pod that runs."""


def resource_rules(kinds: frozenset[str]) -> list[dict[str, object]]:
    """The requests that a policy about some kinds matches: creations and updates."""
    by_group: dict[tuple[str, str], list[str]] = {}
    for kind, resource in RESOURCES.items():
        if kind in kinds:
            plurals = by_group.setdefault((resource.group, resource.version), [])
            plurals.append(resource.plural)
            plurals += [EPHEMERAL] if kind == "Pod" and kinds >= WITH_POD else []
    return [
        {
            "apiGroups": [group],
            "apiVersions": [version],
            "operations": ["CREATE", "UPDATE"],
            "resources": plurals,
        }
        for (group, version), plurals in by_group.items()
    ]
