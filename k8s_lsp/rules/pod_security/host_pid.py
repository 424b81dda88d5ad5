"""A pod sees the processes of its node.

Every process of the node appears in the pod's /proc, with its arguments. A process in the pod
that runs as root can often read the environment of others and their files through
/proc/PID/root, signal them, and together with the capability SYS_PTRACE take them over. That
reaches other pods' secrets and the kubelet.

Debuggers, profilers and some security agents need it. To see the other containers of the same
pod, shareProcessNamespace is enough. Without the field such an agent finds only its own
processes: try it on one node and see whether it still reports the others.
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
    requires_any_of=("hostPID",),
    controls=(Control("baseline", "hostNamespaces"),),
    silences={"host-user-namespace": "object"},
)
def host_pid(pod: Pod, context: Context) -> Iterator[Finding]:
    shared = pod.get("hostPID")
    if shared.boolean is True:
        yield found(
            shared,
            "pod must not set hostPID to true",
            fixes=partial(_fixes, pod, shared),
        )


def _fixes(pod: Pod, shared: Field) -> tuple[Fix, ...]:
    is_agent_by = node_agent(pod)
    return fix(
        "Remove hostPID"
        + (": the node agent no longer sees the node's processes" if is_agent_by else ""),
        shared.remove(pod.text, pod.removal_stop),
        left_because=is_agent_by,
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
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

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",
)

BENCHMARKS = (
    "CIS 5.2.3",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_17",),
    "Trivy": ("KSV-0010",),
    "kube-linter": ("host-pid",),
    "Polaris": ("hostPIDSet",),
    "kubesec": ("HostPID",),
    "KICS": ("Shared Host PID Namespace",),
    "Kubescape": ("C-0038", "C-0275"),
    "Kyverno": ("disallow-host-namespaces",),
    "Monokle": ("PSS102",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.pod.spec.?hostPID.orValue(false)",
            '"pod must not set hostPID to true"',
        ),
    )
)
