"""A manifest lists ephemeral containers.

Ephemeral containers are added to a pod that runs already, through a subresource of its own. The
API server refuses a new pod that has any, and every pod template, so that nothing of the
manifest gets into the cluster: no fault of the container, and hard to guess from it.

To look into a running pod use `kubectl debug`; a tool that has to be there from the start is a
container or a sidecar. Pods that were read from a cluster (`kubectl get -o yaml`) show what was
added to them and are left alone here. Before you apply such a file again, take the field away.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule

_FIELD = "ephemeralContainers"

_WRITTEN_BY_THE_SERVER = (
    ("metadata", "uid"),
    ("metadata", "resourceVersion"),
    ("metadata", "creationTimestamp"),
)


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD,
    requires_any_of=("ephemeralContainers",),
)
def ephemeral_containers_in_manifest(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for pod in obj.pods:
        listed = pod.get(_FIELD)
        if any(listed.items()) and not _is_from_a_cluster(obj):
            # validation.go, ValidatePodCreate and ValidatePodTemplateSpec. The template of a
            # StatefulSet is not validated, so there it is the pods that are refused.
            yield found(
                listed, f"pod must not list {_FIELD}: the API server rejects it on create", at="key"
            )


def _is_from_a_cluster(obj: KubeObject) -> bool:
    """Whether the API server has written into the object; `status: {}` is what kubectl prints."""
    return any(obj.get(*path).present for path in _WRITTEN_BY_THE_SERVER) or any(
        True for _ in obj.get("status").entries()
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
  ephemeralContainers:
    - name: shell
      image: example.com/shell:2.0.1
      targetContainerName: app
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
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
    "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/#ephemeral-container",
)

ADMISSION = Undecidable("the API server itself refuses it on create, before it asks policies")
