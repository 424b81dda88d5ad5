"""An emptyDir volume has no size limit.

An emptyDir lies on the node's own disk, or with `medium: Memory` in its RAM. Without a limit
whoever makes the program write (uploads, logs, a cache that is never emptied) fills that disk,
and the node evicts pods, other people's too. In RAM the volume may grow to what the pod's
memory limits allow, or to half of the node where there are none.

With a limit the kubelet evicts the pod that goes over it; in RAM writing fails with "no space
left on device". A limit of 0 is none. Measure with `du` in the running container and leave room:
an eviction takes the content of the volume with it.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.resources import is_unlimited
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, missing, rule
from k8s_lsp.settings import Resources


@rule(
    severity="off",
    subject=POD,
    requires_any_of=("emptyDir",),
)
def unbounded_empty_dir(pod: Pod, context: Context) -> Iterator[Finding]:
    for volume in pod.volumes():
        empty_dir = volume.get("emptyDir")
        size = empty_dir.get("sizeLimit")
        if empty_dir.key is None or empty_dir.unknown:
            continue
        message = f'volume "{volume.get("name").text}" must set emptyDir.sizeLimit'
        fixes = partial(_fixes, pod.text, size, context.settings.resources)
        if is_unlimited(size):
            yield found(size, f"{message} above 0, which is no limit", fixes=fixes)
        elif not size.present:
            yield missing(pod, size, message, fixes=fixes)


def _fixes(text: str, size: Field, settings: Resources) -> tuple[Fix, ...]:
    """Give the volume the size that the settings allow a container, of disk or of memory."""
    in_memory = size.parent is not None and size.parent.get("medium").text == "Memory"
    limit = settings.memory_limit if in_memory else settings.ephemeral_storage_limit
    return fix(f"Set sizeLimit to {limit}", size.set(text, limit))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      volumeMounts:
        - name: cache
          mountPath: /var/cache/app
  volumes:
    - name: cache
      emptyDir: {}
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
      volumeMounts:
        - name: cache
          mountPath: /var/cache/app
  volumes:
    - name: cache
      emptyDir:
        sizeLimit: 1Gi
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
    "https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
)

WEAKNESSES = ("CWE-770",)

OTHER_TOOLS = {"Kyverno": ("add-emptydir-sizelimit",)}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            has(item.emptyDir) && (!has(item.emptyDir.sizeLimit) ||
              sign(quantity(item.emptyDir.sizeLimit)) == 0)
            """,
            """
            'volume "' + item.name + '" must set emptyDir.sizeLimit' +
              (has(item.emptyDir.sizeLimit) ? ' above 0, which is no limit' : '')
            """,
            items="variables.pod.spec.?volumes.orValue([])",
        ),
    )
)
