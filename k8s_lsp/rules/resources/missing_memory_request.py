"""A container has neither a memory request nor a limit.

The scheduler counts requests, not what runs. A container without one takes no room in its sums,
so any number of them may land on one node. When its memory runs out, pods that use more than
they requested are the first to be evicted or killed, and whoever requested nothing always uses
more.

A limit without a request is its own request, and a LimitRange may give one by default, so both
count. The request is what the container needs on a usual day; the scheduler then sets that much
aside, and the pod stays pending if no node has it left (`kubectl describe pod` says so).
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.resources import added_everything, added_request, places_without
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.base import Context, Finding, Fix, fix, missing, rule


@rule(
    severity="information",
    kinds=WITH_POD,
)
def missing_memory_request(obj: KubeObject, context: Context) -> Iterator[Finding]:
    pod, version = obj.pod, context.version
    if pod is None:
        return
    for container in obj.containers:
        found = places_without(
            container, "requests", "memory", version, context.facts, obj.namespace
        )
        if found:
            own, *others = found
            yield missing(
                container,
                own,
                f"{container} must set resources.requests.memory",
                also=others,
                fixes=partial(_fixes, obj, context, pod, container),
            )


def _fixes(obj: KubeObject, context: Context, pod: Pod, container: Container) -> Iterator[Fix]:
    version, settings = context.version, context.settings.resources
    own = added_request(obj.text, pod, container, "memory", version, settings)
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
        requests:
          memory: 128Mi
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_12",),
    "Trivy": ("KSV-0016",),
    "kube-linter": ("unset-memory-requirements",),
    "kube-score": ("container-resources",),
    "Polaris": ("memoryRequestsMissing",),
    "kubesec": ("RequestsMemory",),
    "KICS": ("Memory Requests Not Defined",),
    "Kubescape": ("C-0269",),
    "Kyverno": ("require-pod-requests-limits",),
    "Monokle": ("KBP004",),
}
