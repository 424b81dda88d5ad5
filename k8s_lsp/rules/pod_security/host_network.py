"""A pod shares the network of its node.

Its processes see every interface of the node and reach what listens on the node's loopback
address: the kubelet, local agents, sometimes a cloud's metadata service that ordinary pods are
kept away from. Most network plug-ins do not apply network policies to such a pod, and with
NET_RAW it can watch the traffic of its neighbours.

Network plug-ins, node-level proxies and some monitoring agents need it. Others wanted a fixed
port: a Service of type NodePort or LoadBalancer gives one. Without the field the pod gets an
address of its own, its ports no longer open on the node, and clients that used the node's
address have to use the Service's. Before you change it, see who connects to the node's
address.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.node_agents import network_of_node, node_agent
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("hostNetwork",),
    controls=(Control("baseline", "hostNamespaces"),),
    silences={"host-user-namespace": "object"},
)
def host_network(pod: Pod, context: Context) -> Iterator[Finding]:
    shared = pod.get("hostNetwork")
    if shared.boolean is True:
        yield found(shared, "pod must not set hostNetwork to true", fixes=partial(_fixes, pod))


def _fixes(pod: Pod) -> tuple[Fix, ...]:
    """Remove it, unless a Windows HostProcess container needs it.

    The API server rejects such a container elsewhere (validation.go,
    validateWindowsHostProcessPod).
    """
    for _, security in security_contexts(pod):
        if security.get("windowsOptions", "hostProcess").boolean:
            return ()
    needed = network_of_node(pod)
    consequence = ": the node agent loses the node's network" if node_agent(pod) else ""
    if needed and not consequence:
        consequence = ": it then waits for the network of pods"
    what, removal = "hostNetwork", pod.get("hostNetwork").remove(pod.text, pod.removal_stop)
    for policy in pod.dns_policy_of_host_network():
        both = together(removal, policy.remove(pod.text, pod.removal_stop))
        if both is not None:
            what, removal = "hostNetwork and its dnsPolicy", both
    return fix(f"Remove {what}{consequence}", removal, left_because=needed)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostNetwork: true
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

AFTER_FIX = (
    "loss",
    "{pods} left the network of the node: whoever used its address needs a Service",
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)

BENCHMARKS = (
    "CIS 5.2.5",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_19",),
    "Trivy": ("KSV-0009",),
    "kube-linter": ("host-network",),
    "Polaris": ("hostNetworkSet",),
    "kubesec": ("HostNetwork",),
    "KICS": ("Shared Host Network Namespace",),
    "Kubescape": ("C-0041",),
    "Kyverno": ("disallow-host-namespaces",),
    "Monokle": ("PSS102",),
}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.pod.spec.?hostNetwork.orValue(false)",
            '"pod must not set hostNetwork to true"',
        ),
    )
)
