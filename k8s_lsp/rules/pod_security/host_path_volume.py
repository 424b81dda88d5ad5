"""A volume is a directory or file of the node.

The path decides how bad it is: a container runtime's socket, /etc or /var/lib/kubelet give the
node away. So has /var/log, where the kubelet follows links, done before. Even a harmless
directory outlives the pod, is shared by all pods of the node that name it, counts against no
quota, and may hold something else on the next node. Of a sensitive path the finding says what it
gives away, and sensitive-host-path does not speak beside it.

Pod Security refuses every path, mounted read-only or not. There is no mechanical fix, because
the right volume depends on the use: a PersistentVolumeClaim for data, an emptyDir for scratch
space, a ConfigMap or Secret for configuration, a projected volume for tokens and certificates.
Agents that have to read the node's files belong in a namespace of their own with an exemption.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.host_paths import volume_title, why_sensitive
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, found, rule


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("hostPath",),
    controls=(
        Control("baseline", "hostPathVolumes"),
        Control("restricted", "restrictedVolumes"),
    ),
    silences={"sensitive-host-path": "field"},
)
def host_path_volume(pod: Pod, context: Context) -> Iterator[Finding]:
    for volume in pod.volumes():
        source = volume.get("hostPath")
        if source.present and not source.unknown:
            path = source.get("path").text
            reason = why_sensitive(path) if path else None
            what = f' "{path}"' if path else ""
            why = f": {reason}" if reason else ""
            message = f"{volume_title(volume)} must not use hostPath{what}{why}"
            yield found(source, message, at="key")


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
        - name: data
          mountPath: /data
  volumes:
    - name: data
      hostPath:
        path: /srv/data
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
        - name: data
          mountPath: /data
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: data
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    "https://kubernetes.io/docs/concepts/storage/volumes/#local",
)

BENCHMARKS = (
    "CIS 5.2.12",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0023",),
    "Polaris": ("hostPathSet",),
    "KICS": ("Non Kube System Pod With Host Mount",),
    "Kubescape": ("C-0048",),
    "Kyverno": ("disallow-host-path",),
    "Monokle": ("PSS105",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "has(item.hostPath)",
            "'volume \"' + item.name + '\" must not use hostPath' + "
            '(item.hostPath.?path.orValue("") == "" ? "" : \' "\' + item.hostPath.path + \'"\')',
            items="variables.pod.spec.?volumes.orValue([])",
        ),
    )
)
