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
from functools import partial

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.resources import added_limit, places_without
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.base import Context, Finding, Fix, fix, missing, rule


@rule(
    severity="off",
    kinds=WITH_POD,
)
def missing_ephemeral_storage_limit(obj: KubeObject, context: Context) -> Iterator[Finding]:
    pod, version = obj.pod, context.version
    if pod is None:
        return
    for container in obj.containers:
        found = places_without(
            container, "limits", "ephemeral-storage", version, context.facts, obj.namespace
        )
        if found:
            own, *others = found
            yield missing(
                container,
                own,
                f"{container} must set resources.limits.ephemeral-storage",
                also=others,
                fixes=partial(_fixes, obj, context, pod, container),
            )


def _fixes(obj: KubeObject, context: Context, pod: Pod, container: Container) -> Iterator[Fix]:
    version, settings = context.version, context.settings.resources
    own = added_limit(obj.text, pod, container, "ephemeral-storage", version, settings)
    yield from fix(own.title, own.edits)


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

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

OTHER_TOOLS = {
    "kube-score": ("container-ephemeral-storage-request-and-limit",),
    "Kyverno": ("require-emptydir-requests-limits",),
}
