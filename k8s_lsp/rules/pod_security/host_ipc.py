"""A pod shares the inter-process communication of its node.

System V shared memory, semaphores and message queues of the node, and the node's /dev/shm, are
then the pod's too. A process in it can read and change what databases and other programs of
the node, and of other pods that share it, keep there.

The containers of one pod share such objects with each other without this field. Old programs
that talk to a service on the node through shared memory need it; without it they do not find
their segment or queue, which they report at the start.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import node_agent
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import LOST_ACCESS, POD, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("hostIPC",),
    controls=(Control("baseline", "hostNamespaces"),),
    silences={"host-user-namespace": "object"},
)
def host_ipc(pod: Pod, context: Context) -> Iterator[Finding]:
    shared = pod.get("hostIPC")
    if shared.boolean is True:
        yield found(
            shared,
            "pod must not set hostIPC to true",
            fixes=partial(_fixes, pod, shared),
        )


def _fixes(pod: Pod, shared: Field) -> tuple[Fix, ...]:
    is_agent_by = node_agent(pod)
    return fix(
        "Remove hostIPC"
        + (": the node agent loses the node's shared memory" if is_agent_by else ""),
        shared.remove(pod.text, pod.removal_stop),
        left_because=is_agent_by,
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostIPC: true
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
"""

AFTER_FIX = ("loss", LOST_ACCESS)

REFERENCES = ("https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",)

BENCHMARKS = (
    "CIS 5.2.4",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_18",),
    "Trivy": ("KSV-0008",),
    "kube-linter": ("host-ipc",),
    "Polaris": ("hostIPCSet",),
    "kubesec": ("HostIPC",),
    "KICS": ("Shared Host IPC Namespace",),
    "Kubescape": ("C-0038", "C-0276"),
    "Kyverno": ("disallow-host-namespaces",),
    "Snyk": ("SNYK-CC-K8S-13",),
    "Monokle": ("PSS102",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.pod.spec.?hostIPC.orValue(false)",
            '"pod must not set hostIPC to true"',
        ),
    )
)
