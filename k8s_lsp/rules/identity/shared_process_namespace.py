"""The containers of a pod see each other's processes.

Every container lists the processes of the others in /proc, with their command lines. Where the
users are the same, or one holds SYS_PTRACE, it also reads their environment variables and
memory, walks their file systems through /proc/PID/root, and stops them. A hole in the sidecar
that ships the logs then gives away the secrets of the program beside it.

It is asked for by sidecars that send signals (a reload after a change of configuration), and
for debugging, where `kubectl debug --target` does the same for one container and one moment.
Without it each container's first process is number 1 again: scripts that look for the process
of another container (`pkill`, `kill -HUP`) find nothing. Search the commands for them.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, found, rule


@rule(
    severity="warning",
    subject=POD,
    requires_any_of=("shareProcessNamespace",),
)
def shared_process_namespace(pod: Pod, context: Context) -> Iterator[Finding]:
    shared = pod.get("shareProcessNamespace")
    if shared.boolean is True:
        yield found(
            shared,
            "pod must not set shareProcessNamespace to true",
            fixes=partial(_fixes, pod),
        )


def _fixes(pod: Pod) -> tuple[Fix, ...]:
    return fix(
        "Remove shareProcessNamespace",
        pod.get("shareProcessNamespace").remove(pod.text, pod.removal_stop),
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  shareProcessNamespace: true
  containers:
    - name: app
      image: example.com/app:1.4.2
    - name: log
      image: example.com/log:2.0.0
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
    - name: log
      image: example.com/log:2.0.0
"""

REFERENCES = ("https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",)

WEAKNESSES = ("CWE-653",)

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.pod.spec.?shareProcessNamespace.orValue(false)",
            "'pod must not set shareProcessNamespace to true'",
        ),
    )
)
