"""A container has no limit for the node's disk space.

What a container writes to its own file system, to its log and to an emptyDir lies on a disk of
the node. Without a limit a program that somebody makes log without end, or upload without end,
fills that disk; the node then comes under disk pressure and evicts pods, other people's too.

With a limit the kubelet evicts the pod that goes over it. It measures from time to time rather
than at each write, so the limit is exceeded for a while. Evicted means that the pod is gone
with what it wrote: look for the reason Evicted in `kubectl get events`, and give programs that
really need much space a volume of their own.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.base import POD, Context, Finding, rule
from k8s_lsp.rules.missing_amounts import NOT_MEASURED, amount_admission, missing_amount


@rule(
    severity="off",
    subject=POD,
)
def missing_ephemeral_storage_limit(pod: Pod, context: Context) -> Iterator[Finding]:
    return missing_amount(pod, context, "limits", "ephemeral-storage")


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
          ephemeral-storage: 1Gi
        requests:
          ephemeral-storage: 100Mi
"""

AFTER_FIX = NOT_MEASURED

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

WEAKNESSES = ("CWE-770",)

OTHER_TOOLS = {
    "kube-score": ("container-ephemeral-storage-request-and-limit",),
    "Kyverno": ("require-emptydir-requests-limits",),
}

ADMISSION = amount_admission("limits", "ephemeral-storage")
