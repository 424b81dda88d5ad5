"""A container has neither a CPU request nor a limit.

On a busy node CPU time is shared out in proportion to the requests. A container without one
gets next to nothing as soon as its neighbours are busy, so whoever keeps them busy can make it
miss its probes. The scheduler does not count it either, and autoscaling on CPU does not work,
because it measures use as a share of the request.

A limit without a request is its own request, and a LimitRange may give one by default, so both
count. A request never slows a container down. What can go wrong is one so high that no node has
room for the pod, which then stays pending; `kubectl top pod --containers` shows what is used.
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
def missing_cpu_request(obj: KubeObject, context: Context) -> Iterator[Finding]:
    pod, version = obj.pod, context.version
    if pod is None:
        return
    for container in obj.containers:
        found = places_without(container, "requests", "cpu", version, context.facts, obj.namespace)
        if found:
            own, *others = found
            yield missing(
                container,
                own,
                f"{container} must set resources.requests.cpu",
                also=others,
                fixes=partial(_fixes, obj, context, pod, container),
            )


def _fixes(obj: KubeObject, context: Context, pod: Pod, container: Container) -> Iterator[Fix]:
    version, settings = context.version, context.settings.resources
    own = added_request(obj.text, pod, container, "cpu", version, settings)
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
          cpu: 100m
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_10",),
    "Trivy": ("KSV-0015",),
    "kube-linter": ("unset-cpu-requirements",),
    "kube-score": ("container-resources",),
    "Polaris": ("cpuRequestsMissing",),
    "kubesec": ("RequestsCPU",),
    "KICS": ("CPU Requests Not Set",),
    "Kubescape": ("C-0268",),
    "Kyverno": ("require-pod-requests-limits",),
    "Monokle": ("KBP002",),
}
