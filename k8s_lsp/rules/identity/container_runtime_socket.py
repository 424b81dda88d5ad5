"""A pod can give orders to the container runtime of its node.

Behind this socket nobody asks who you are. Whoever can open it starts a privileged container
with the node's disk in it, runs commands in every container of the node and reads the Secrets
that are mounted there, past the API server, RBAC and Pod Security. To mount it read-only
changes nothing, because that keeps nobody from connecting. A subPath changes nothing for the
rule: it narrows what one container sees, not the volume.

It is used to build images, to watch containers and to run jobs of a CI. Builders that need no
daemon (BuildKit rootless, Buildah) replace the first; the API server and the kubelet's metrics
tell most of the second; the API server starts pods for the third. An agent that cannot do
without it belongs in a namespace of its own where nobody else may create or enter pods.
"""

from collections.abc import Iterator
from dataclasses import replace

from k8s_lsp.kubernetes.host_paths import (
    RUNTIME_FOLDERS,
    RUNTIME_PIPES,
    RUNTIME_SOCKETS,
    host_path_volumes,
    is_runtime_socket,
    volume_title,
)
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule
from k8s_lsp.rules.exposed import ways_in
from k8s_lsp.rules.host_path_expressions import HOST_PATHS


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("hostPath",),
    silences={"sensitive-host-path": "token"},
)
def container_runtime_socket(pod: Pod, context: Context) -> Iterator[Finding]:
    for volume, path in host_path_volumes(pod):
        if is_runtime_socket(path):
            told = found(
                volume.get("hostPath", "path"),
                f'{volume_title(volume)} must not use hostPath "{path}":'
                " the container runtime behind it controls the node",
            )
            yield replace(told, related=ways_in(pod, context))


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
        - name: docker
          mountPath: /var/run/docker.sock
  volumes:
    - name: docker
      hostPath:
        path: /var/run/docker.sock
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
    "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    "https://kubernetes.io/docs/setup/production-environment/container-runtimes/",
)

BENCHMARKS = ("CIS 5.2.12",)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_27",),
    "Trivy": ("KSV-0006",),
    "kube-linter": ("docker-sock",),
    "kubesec": ("DockerSock",),
    "KICS": ("Docker Daemon Socket is Exposed to Containers",),
    "Kubescape": ("C-0074",),
    "Kyverno": ("disallow-cri-sock-mount",),
    "Monokle": ("KBP101",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "item.plain in variables.places || item.plain.startsWith('/') &&\n"
            "    variables.sockets.exists(socket, item.plain.endsWith('/' + socket))",
            "'volume \"' + item.volume + '\" must not use hostPath \"' + item.path +\n"
            "    '\": the container runtime behind it controls the node'",
            items="variables.hostPaths",
        ),
    ),
    variables=HOST_PATHS,
    constants=lambda settings, version: {
        "places": (*sorted(RUNTIME_FOLDERS), *sorted(RUNTIME_PIPES)),
        "sockets": tuple(sorted(RUNTIME_SOCKETS)),
    },
)
