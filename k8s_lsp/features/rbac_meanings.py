"""What the words of a Role or ClusterRole give to whom they are bound. Data only.

Sources: kubernetes.io, "Role Based Access Control Good Practices" (the risks of single rights) and
"Authorization" (the verbs of requests); the API reference of Kubernetes 1.37 for the groups.
"""

from typing import Final

VERBS: Final[dict[str, str]] = {
    "get": "Read one object by its name. Of Secrets, that is their content.",
    "list": "Read all objects at once, with their content: of Secrets no less than `get`.",
    "watch": "Be told of every change, with the content of what changes.",
    "create": "Make new objects. Who makes pods can use every Secret and every account of their "
    "namespace.",
    "update": "Replace objects.",
    "patch": "Change parts of objects.",
    "delete": "Remove one object.",
    "deletecollection": "Remove all objects at once.",
}
"""The verbs of requests for resources, those that only read first."""

SPECIAL_VERBS: Final[dict[str, str]] = {
    "*": "Every verb, those of later versions and of add-ons included.",
    "approve": "Approve certificate requests of the signers that are named.",
    "attest": "Add trust bundles and other objects for the signers that are named.",
    "bind": "Bind roles that allow more than one may do oneself: a way to every right.",
    "escalate": "Write rights into roles that one does not have oneself: a way to every right.",
    "impersonate": "Act as another user, group or account, with all that this one may do.",
    "sign": "Issue certificates for the signers that are named.",
    "use": "Run under a policy of the name, such as an SCC of OpenShift.",
}
"""The verbs that some resources have beside those (and `*`)."""

OF_PATHS: Final = "Requests of this method to the paths, which lead to no object."
"""What a verb means beside `nonResourceURLs`."""

_RUN_PODS: Final = (
    "Who may write it runs containers of his choice: as every account of the namespace, with every "
    "Secret of it mounted."
)
_HOOKS: Final = (
    "A webhook sees every object that is written, Secrets too, and may change or refuse it."
)
_READS_ALONE: Final = "It only answers a question; nothing is stored."

RESOURCES: Final[dict[str, dict[str, str]]] = {
    "": {
        "configmaps": "Settings of applications and of the cluster; some hold credentials.",
        "endpoints": "Where a Service leads to: who writes it sends its traffic elsewhere.",
        "events": "What happened to objects, in short texts.",
        "namespaces": "Who changes one changes its labels, and with them its Pod Security level.",
        "nodes": "The machines of the cluster. Who changes one decides what runs there.",
        "nodes/proxy": "The kubelet's own API: commands in every pod of the node, past the audit "
        "log, and past admission.",
        "persistentvolumeclaims": "Storage that pods of the namespace mount.",
        "persistentvolumes": "Who creates one of type `hostPath` reaches the node's files.",
        "pods": _RUN_PODS,
        "pods/attach": "Reading and writing what a running container's program does.",
        "pods/ephemeralcontainers": "A container of one's choice beside those of a running pod.",
        "pods/exec": "Commands in a running container, with its files, Secrets and token.",
        "pods/log": "What programs print, which is sometimes a secret.",
        "pods/portforward": "Every port of a pod, past network policies.",
        "replicationcontrollers": _RUN_PODS,
        "secrets": "Passwords, keys, certificates, and the tokens of accounts.",
        "serviceaccounts": "The identities of pods; who may `impersonate` one acts as it.",
        "serviceaccounts/token": "New tokens of every account: all that these may do.",
        "services": "Who writes one opens the cluster to the outside, or takes over an address by "
        "`externalIPs`.",
        "users": "Who may `impersonate` them acts as every user.",
        "groups": "Who may `impersonate` them is in every group, `system:masters` too.",
    },
    "admissionregistration.k8s.io": {
        "mutatingadmissionpolicies": "They change what is written to the cluster.",
        "mutatingwebhookconfigurations": _HOOKS,
        "validatingadmissionpolicies": "They decide what may be written to the cluster.",
        "validatingwebhookconfigurations": _HOOKS,
    },
    "apiextensions.k8s.io": {
        "customresourcedefinitions": "They define what kinds of objects the cluster has.",
    },
    "apiregistration.k8s.io": {
        "apiservices": "Who writes one answers a part of the API in the cluster's name.",
    },
    "apps": dict.fromkeys(("daemonsets", "deployments", "replicasets", "statefulsets"), _RUN_PODS),
    "authentication.k8s.io": {
        "selfsubjectreviews": _READS_ALONE,
        "tokenreviews": "Whether a token is valid, and whose it is.",
        "userextras": "Who may `impersonate` them adds what authorizers go by.",
        "uids": "Who may `impersonate` them acts under a user id.",
    },
    "authorization.k8s.io": {
        "localsubjectaccessreviews": _READS_ALONE,
        "selfsubjectaccessreviews": _READS_ALONE,
        "selfsubjectrulesreviews": _READS_ALONE,
        "subjectaccessreviews": "What everybody else may do; nothing is stored.",
    },
    "batch": dict.fromkeys(("cronjobs", "jobs"), _RUN_PODS),
    "certificates.k8s.io": {
        "certificatesigningrequests": "Requests for certificates, which prove an identity once "
        "they are approved.",
        "certificatesigningrequests/approval": "Who approves requests hands out identities: of "
        "nodes, and of users of any name.",
        "certificatesigningrequests/status": "Who signs puts the certificate here.",
        "signers": "For whom `approve` and `sign` count.",
    },
    "coordination.k8s.io": {
        "leases": "Who is leader, and which nodes are alive.",
    },
    "discovery.k8s.io": {
        "endpointslices": "Where a Service leads to: who writes it sends its traffic elsewhere.",
    },
    "networking.k8s.io": {
        "ingresses": "Who writes one serves a host and path of the cluster's proxy.",
        "networkpolicies": "Who may write them opens what others have closed.",
    },
    "policy": {
        "poddisruptionbudgets": "How many pods may be missing while nodes are drained.",
        "podsecuritypolicies": "Removed in Kubernetes 1.25, for which Pod Security came.",
    },
    "rbac.authorization.k8s.io": {
        "clusterrolebindings": "Who may write them and may `bind` has every right of the cluster.",
        "clusterroles": "Who may write them and may `escalate` has every right of the cluster.",
        "rolebindings": "Who may write them and may `bind` has every right of the namespace.",
        "roles": "Who may write them and may `escalate` has every right of the namespace.",
    },
    "security.openshift.io": {
        "securitycontextconstraints": "Under which constraints pods of OpenShift run.",
    },
    "storage.k8s.io": {
        "storageclasses": "How new volumes are made, and by which driver.",
        "csidrivers": "Which drivers provide volumes, and what they are told of pods.",
    },
}
"""By its API group, what each resource is that decides about security, or what it gives."""

ANY_RESOURCE: Final = (
    "Every resource of these groups: Secrets, subresources and those of later versions included."
)

FIELDS: Final[dict[str, str]] = {
    "apiGroups": 'The API groups of the resources: `""` is the core group, of pods and Secrets.',
    "resources": "The kinds, in lower case and plural; `pods/exec` is a part of one.",
    "resourceNames": "Only objects of these names. It does not hold for `create` and "
    "`deletecollection`, and `list` and `watch` need a selector by `metadata.name`.",
    "nonResourceURLs": "Paths of the API server that lead to no object, as `/metrics`.",
    "verbs": "What may be done: `get`, `list` and `watch` read, the others change things. `bind`, "
    "`escalate` and `impersonate` lead to more rights than the role has, and `*` is all of them.",
}
"""The keys of one item of a role's `rules`."""
