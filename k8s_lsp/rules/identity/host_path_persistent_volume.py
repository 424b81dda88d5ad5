"""A PersistentVolume is a directory of a node.

Pod Security looks at the volumes of a pod, and there it sees a PersistentVolumeClaim, which
every level allows. What the claim is bound to, it does not see: through this object a pod of
the level restricted reads and writes a directory of its node. Whoever may create
PersistentVolumes can pick any path, which is why that right belongs to administrators.

hostPath is meant for clusters of one node: elsewhere the pod finds another directory wherever
it is started. For a disk that is there for this purpose `local` is the right thing: it ties the
pod to the node that has the disk. Otherwise a CSI driver provides volumes. To move, copy the
data in a pod that mounts both claims.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"PersistentVolume"}),
    requires_any_of=("hostPath",),
)
def host_path_persistent_volume(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "PersistentVolume" or obj.group:
        return
    field = obj.get("spec", "hostPath")
    if field.present and not field.unknown:
        path = field.get("path").text
        what = f' "{path}"' if path else ""
        yield found(
            field,
            f"PersistentVolume must not use hostPath{what}: Pod Security does not see it",
            at="key",
        )


BAD = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: data
spec:
  capacity:
    storage: 10Gi
  accessModes: [ReadWriteOnce]
  hostPath:
    path: /srv/data
"""

GOOD = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: data
spec:
  capacity:
    storage: 10Gi
  accessModes: [ReadWriteOnce]
  csi:
    driver: disk.csi.example.com
    volumeHandle: data
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    "https://kubernetes.io/docs/concepts/storage/volumes/#local",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "KICS": ("Non Kube System Pod With Host Mount",),
    "Kyverno": ("limit-hostpath-type-pv",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "has(object.spec.hostPath)",
            "'PersistentVolume must not use hostPath' +\n"
            "    (object.spec.hostPath.?path.orValue('') == '' ? ''\n"
            "      : ' \"' + object.spec.hostPath.path + '\"') + ': Pod Security does not see it'",
        ),
    )
)
