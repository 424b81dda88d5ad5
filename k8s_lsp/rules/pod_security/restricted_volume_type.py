"""A volume names its storage directly.

With these volume types the author of a pod says which server, disk or driver the node is to
mount. The node does so with its own rights and network: whoever may create pods reads any NFS
export and any iSCSI target that the node can reach. `flexVolume` runs a driver on the node as
root, and `gitRepo` has let repositories run commands there. The restricted level allows the
types that carry configuration, that live as long as the pod, or that an administrator provides.

Let an administrator make a PersistentVolume of the storage and mount it through a
`persistentVolumeClaim`; the pod then names no server any more. Most of the types are deprecated
or gone in favour of CSI drivers. For `gitRepo`, clone in an init container into an `emptyDir`.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import path_text
from k8s_lsp.kubernetes.pod_security import OTHER_VOLUMES, RESTRICTED_VOLUMES
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, found, rule


@rule(
    severity="warning",
    subject=POD,
    requires_any_of=("volumes",),
    controls=(Control("restricted", "restrictedVolumes"),),
)
def restricted_volume_type(pod: Pod, context: Context) -> Iterator[Finding]:
    for volume in pod.volumes():
        sources = [entry for entry in volume.entries() if entry.present]
        if any(source.path[-1] in RESTRICTED_VOLUMES for source in sources):
            continue
        name = volume.get("name").text
        subject = f'volume "{name}"' if name else path_text(volume.path[-2:])
        for source in sources:
            if source.path[-1] in OTHER_VOLUMES and not source.unknown:
                yield found(source, f"{subject} must not be of type {source.path[-1]}", at="key")


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
  volumes:
    - name: data
      nfs:
        server: files.example.com
        path: /exports/web
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
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: web-data
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/concepts/storage/volumes/",
)

OTHER_TOOLS = {
    "Trivy": ("KSV-0028",),
    "Kyverno": ("restrict-volume-types",),
    "Monokle": ("PSS201",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "!item.exists(source, source in variables.allowed) &&\n"
            "    item.exists(source, source in variables.refused)",
            "'volume \"' + item.name + '\" must not be of type ' +\n"
            "    item.filter(source, source in variables.refused)[0]",
            items="variables.pod.spec.?volumes.orValue([])",
        ),
    ),
    constants=lambda settings, version: {
        "allowed": tuple(sorted(RESTRICTED_VOLUMES)),
        "refused": tuple(sorted(OTHER_VOLUMES)),
    },
)
