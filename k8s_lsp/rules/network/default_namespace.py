"""An object stands in the namespace `default`, or names none.

Namespaces are where Kubernetes draws its lines: roles, quotas, network policies and Pod
Security are set for each of them. In `default` everything lands that nobody placed, so that
whoever is let in for one application reaches the Secrets and pods of all the others there.

An object cannot move: it is made anew in another namespace, and what refers to it has to
follow, such as the DNS name of a Service, the subjects of role bindings, or volume claims with
their data. A file without a namespace goes where kubectl, Kustomize or Argo CD are told to put
it, which is often intended, and so this rule is off by default.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, missing, rule

_NAMESPACED = {
    "": frozenset(
        {
            "ConfigMap", "Endpoints", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate",
            "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
        }
    ),
    "apps": frozenset(
        {"ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
    ),
    "autoscaling": frozenset({"HorizontalPodAutoscaler"}),
    "batch": frozenset({"CronJob", "Job"}),
    "coordination.k8s.io": frozenset({"Lease"}),
    "discovery.k8s.io": frozenset({"EndpointSlice"}),
    "extensions": frozenset(
        {"DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"}
    ),
    "networking.k8s.io": frozenset({"Ingress", "NetworkPolicy"}),
    "policy": frozenset({"PodDisruptionBudget"}),
    "rbac.authorization.k8s.io": frozenset({"Role", "RoleBinding"}),
    "storage.k8s.io": frozenset({"CSIStorageCapacity"}),
}  # fmt: skip
"""The kinds that live in a namespace, by API group; nobody knows that of custom resources."""

_MADE_THERE = frozenset(
    {
        ("Endpoints", "kubernetes"),
        ("EndpointSlice", "kubernetes"),
        ("Service", "kubernetes"),
        ("ServiceAccount", "default"),
    }
)
"""What Kubernetes makes in that namespace by itself: the way to the API server
(pkg/controlplane/controller/kubernetesservice), and the account of pods that name none."""


@rule(
    severity="off",
    subject=OBJECT,
)
def default_namespace(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind not in _NAMESPACED.get(obj.group, ()) or (obj.kind, obj.name) in _MADE_THERE:
        return
    namespace = obj.get("metadata", "namespace")
    if namespace.text == "default":
        yield found(namespace, f'{obj.kind} must not stand in the namespace "default"')
    elif namespace.text == "":
        yield found(namespace, f"{obj.kind} must name its namespace")
    elif not namespace.present and not namespace.unknown:
        yield missing(obj, namespace, f"{obj.kind} must name its namespace")


BAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: default
"""

GOOD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: shop
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",)

BENCHMARKS = ("CIS 5.7.4",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_21",),
    "Trivy": ("KSV-0110",),
    "kube-linter": ("use-namespace",),
    "KICS": ("Using Unrecommended Namespace",),
    "Kubescape": ("C-0061", "C-0212"),
    "Kyverno": ("disallow-default-namespace",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "variables.isNamespaced && variables.ownNamespace in ['', 'default']",
            "object.kind + (variables.ownNamespace == '' ? ' must name its namespace'\n"
            "    : ' must not stand in the namespace \"default\"')",
        ),
    ),
    variables=(
        ("ownNamespace", "object.metadata[?'namespace'].orValue('')"),
        (
            "group",
            "object.apiVersion.contains('/') ? object.apiVersion.split('/')[0] : ''",
        ),
        (
            "isNamespaced",
            "variables.group + '/' + object.kind in variables.namespaced &&\n"
            "  !(object.kind + '/' + object.metadata.?name.orValue('') in variables.madeThere)",
        ),
    ),
    constants=lambda settings, version: {
        "namespaced": tuple(
            sorted(f"{group}/{kind}" for group, kinds in _NAMESPACED.items() for kind in kinds)
        ),
        "madeThere": tuple(sorted(f"{kind}/{name}" for kind, name in _MADE_THERE)),
    },
)
