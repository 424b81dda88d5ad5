"""A container has neither a CPU request nor a limit.

On a busy node CPU time is shared out in proportion to the requests. A container without one
gets next to nothing as soon as its neighbours are busy, so whoever keeps them busy can make it
miss its probes. The scheduler does not count it either, and autoscaling on CPU does not work,
because it measures use as a share of the request.

A limit without a request is its own request, and a LimitRange may give one by default, so both
count. A request never slows a container down. What can go wrong is one so high that no node has
room for the pod, which then stays pending; `kubectl top pod --containers` shows what is used.

A ResourceQuota of the namespace that counts CPU asks for it: then the API server refuses pods that
do not say how much they take, init containers included.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.base import POD, Context, Finding, rule
from k8s_lsp.rules.missing_amounts import NOT_MEASURED, amount_admission, missing_amount


@rule(
    severity="information",
    subject=POD,
)
def missing_cpu_request(pod: Pod, context: Context) -> Iterator[Finding]:
    return missing_amount(pod, context, "requests", "cpu")


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

AFTER_FIX = NOT_MEASURED

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

ADMISSION = amount_admission("requests", "cpu")
