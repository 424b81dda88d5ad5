"""A container has no memory limit.

Without a limit a container may take all the memory that its node has. A leak, or somebody who
sends it requests that are expensive to answer, then drives the node out of memory, and the
kernel kills processes of its neighbours as well. With a limit it kills in this container alone.

A limit counts wherever it stands: in the container, in the pod's own `resources` from
Kubernetes 1.34 on, or as the default of a LimitRange in the same namespace, of which only the
one in this file can be seen here.

A limit that is too low ends the container again and again, with reason OOMKilled. To find a
good one, watch the working set under load (`kubectl top pod --containers`, or the metric
`container_memory_working_set_bytes`) and leave room above its peak. Programs with their own
memory settings, such as a Java heap, need to be told about it too.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.resources import added_everything, added_limit, places_without
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.base import Context, Finding, Fix, fix, missing, rule


@rule(
    severity="warning",
    kinds=WITH_POD,
    silences={"missing-memory-request": "container"},
)
def missing_memory_limit(obj: KubeObject, context: Context) -> Iterator[Finding]:
    pod, version = obj.pod, context.version
    if pod is None:
        return
    for container in obj.containers:
        found = places_without(container, "limits", "memory", version, context.facts, obj.namespace)
        if found:
            own, *others = found
            yield missing(
                container,
                own,
                f"{container} must set resources.limits.memory",
                also=others,
                fixes=partial(_fixes, obj, context, pod, container),
            )


def _fixes(obj: KubeObject, context: Context, pod: Pod, container: Container) -> Iterator[Fix]:
    version, settings = context.version, context.settings.resources
    own = added_limit(obj.text, pod, container, "memory", version, settings)
    yield from fix(own.title, own.edits)
    everything = added_everything(obj.text, pod, container, version, settings)
    if everything.edits != own.edits:
        yield from fix(everything.title, everything.edits, preferred=False)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      resources:
        limits:
          memory: 256Mi
        requests:
          memory: 128Mi
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

BENCHMARKS = ("NSA/CISA",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_13",),
    "Trivy": ("KSV-0018",),
    "kube-linter": ("unset-memory-requirements",),
    "kube-score": ("container-resources",),
    "Polaris": ("memoryLimitsMissing",),
    "kubesec": ("LimitsMemory",),
    "KICS": ("Memory Limits Not Defined",),
    "Kubescape": ("C-0271",),
    "Kyverno": ("require-pod-requests-limits",),
    "Snyk": ("SNYK-CC-K8S-4",),
    "Monokle": ("KBP005",),
}
