"""A container listens for SSH.

A server for SSH in a container is a second way in, with keys and passwords that RBAC knows
nothing of and sessions that the audit log of the API server does not show. Its host keys often
come with the image, the same for everybody who has it, and most such servers start as root.

`kubectl exec`, `kubectl debug` and `kubectl port-forward` do the same under the cluster's own
rules. Services that speak SSH on purpose, as Git and SFTP servers do, are fine: ignore the
finding there. The port in the manifest only informs; to close it, stop the program that
listens. What breaks are people and scripts that log in: the server's log names them.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Finding, found, rule


@rule(
    severity="information",
    subject=CONTAINER,
    requires_any_of=("containerPort",),
)
def ssh_port(container: Container, context: Context) -> Iterator[Finding]:
    for port in container.get("ports").items():
        number, protocol = port.get("containerPort"), port.get("protocol")
        if number.integer == 22 and protocol.text in (None, "", "TCP"):
            yield found(number, f"{container} must not open the SSH port 22")


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      ports:
        - name: http
          containerPort: 8080
        - name: ssh
          containerPort: 22
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
      ports:
        - name: http
          containerPort: 8080
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/",
    "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
)

OTHER_TOOLS = {
    "kube-linter": ("ssh-port",),
    "Kubescape": ("C-0042",),
    "Monokle": ("KBP110",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "item.?containerPort.orValue(0) == 22 && item.?protocol.orValue('') in ['', 'TCP']",
            "container.title + ' must not open the SSH port 22'",
            items="container.spec.?ports.orValue([])",
        ),
    )
)
