"""A pod sees a sensitive place of its node.

Some directories of a node give it away to whoever may only read them: /etc with its keys and
password hashes, /var/lib/kubelet with the Secrets of all pods of the node, /var/lib/etcd with
those of the whole cluster, /run with the sockets of the node's services. A directory above
such a place contains it, and one below it is a part of it, but for the folders that drivers and
agents have for themselves below /run. Whoever may write there too changes what the node runs.

Agents that watch nodes have reasons for /proc, /sys and /var/log. Then mount the deepest path
that will do, read-only, and keep others from creating or entering pods of that namespace. For
configuration, keys and certificates there are ConfigMaps, Secrets and projected volumes. What
needs the path says "no such file" without it. Paths that every program may read (the time zone,
the certificates of public authorities) are left out. host-path-volume speaks about every path, and
gives this reason itself: this rule speaks where that one is off, and in the profiles `baseline` and
`restricted` where it is turned on.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.host_paths import host_path_volumes, volume_title, why_sensitive
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule
from k8s_lsp.rules.host_path_expressions import EXPOSED, exposure_constants


@rule(
    severity="information",
    subject=POD,
    requires_any_of=("hostPath",),
)
def sensitive_host_path(pod: Pod, context: Context) -> Iterator[Finding]:
    for volume, path in host_path_volumes(pod):
        reason = why_sensitive(path)
        if reason is not None:
            yield found(
                volume.get("hostPath", "path"),
                f'{volume_title(volume)} must not use hostPath "{path}": {reason}',
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
      volumeMounts:
        - name: keys
          mountPath: /keys
          readOnly: true
  volumes:
    - name: keys
      hostPath:
        path: /etc/kubernetes/pki
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
        - name: keys
          mountPath: /keys
          readOnly: true
  volumes:
    - name: keys
      secret:
        secretName: keys
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
)

BENCHMARKS = ("CIS 5.2.12",)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0121",),
    "kube-linter": ("sensitive-host-mounts",),
    "kubesec": ("ProcMount",),
    "KICS": ("Workload Mounting With Sensitive OS Directory",),
    "Kubescape": ("C-0020",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "item.places.size() > 0",
            "'volume \"' + item.volume + '\" must not use hostPath \"' + item.path + '\": it ' +\n"
            "    (item.plain == item.places[0] ? 'holds '\n"
            "      : (item.places[0] == '/' || item.plain.startsWith(item.places[0] + '/')\n"
            "        ? 'lies in ' : 'contains ') + item.places[0] + ' with ') +\n"
            "    variables.held[item.places[0]]",
            items="variables.exposed",
        ),
    ),
    variables=EXPOSED,
    constants=exposure_constants,
)
