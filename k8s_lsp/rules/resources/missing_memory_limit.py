"""A container has no memory limit.

Without a limit a container may take all the memory that its node has. A leak, or somebody who
sends it requests that are expensive to answer, then drives the node out of memory, and the
kernel kills processes of its neighbours as well. With a limit it kills in this container alone.

A limit counts wherever it stands: in the container, in the pod's own `resources` from
Kubernetes 1.34 on, or as the default of a LimitRange in the same namespace, in this file or in
those around it.

A ResourceQuota of the namespace that counts memory asks for it: then the API server refuses pods
that do not say how much they take, init containers included.

A limit that is too low ends the container again and again, with reason OOMKilled. To find a
good one, watch the working set under load (`kubectl top pod --containers`, or the metric
`container_memory_working_set_bytes`) and leave room above its peak. Programs with their own
memory settings, such as a Java heap, need to be told about it too.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.base import POD, Context, Finding, rule
from k8s_lsp.rules.missing_amounts import NOT_MEASURED, amount_admission, missing_amount


@rule(
    severity="warning",
    subject=POD,
    silences={"missing-memory-request": "container"},
)
def missing_memory_limit(pod: Pod, context: Context) -> Iterator[Finding]:
    return missing_amount(pod, context, "limits", "memory")


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

AFTER_FIX = NOT_MEASURED

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-770",)

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

ADMISSION = amount_admission("limits", "memory")
