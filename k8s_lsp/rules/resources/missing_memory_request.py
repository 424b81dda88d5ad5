"""A container has neither a memory request nor a limit.

The scheduler counts requests, not what runs. A container without one takes no room in its sums,
so any number of them may land on one node. When its memory runs out, pods that use more than
they requested are the first to be evicted or killed, and whoever requested nothing always uses
more.

A limit without a request is its own request, and a LimitRange may give one by default, so both
count. The request is what the container needs on a usual day; the scheduler then sets that much
aside, and the pod stays pending if no node has it left (`kubectl describe pod` says so).

A ResourceQuota of the namespace that counts memory asks for it: then the API server refuses pods
that do not say how much they take, init containers included.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.base import POD, Context, Finding, rule
from k8s_lsp.rules.missing_amounts import NOT_MEASURED, amount_admission, missing_amount


@rule(
    severity="information",
    subject=POD,
)
def missing_memory_request(pod: Pod, context: Context) -> Iterator[Finding]:
    return missing_amount(pod, context, "requests", "memory")


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

AFTER_FIX = NOT_MEASURED

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

ADMISSION = amount_admission("requests", "memory")
