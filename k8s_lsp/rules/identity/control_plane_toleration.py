"""A pod may run on the nodes of the control plane.

These nodes carry a taint so that nothing else runs there: the API server's keys and all data of
the cluster lie on their disks. Whoever breaks out of a container on a worker has that node; on
such a node, the cluster. A toleration without a key lets the pod onto every node there is.

Where workers are free, the pod is simply scheduled there. In a cluster that has only such nodes
it stays Pending: `kubectl describe nodes` lists the taints. Agents that belong on every node
come as a DaemonSet, which this rule leaves alone; for the controllers of the cluster itself,
ignore the finding.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, fix, rule

_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
"""The taints of kubeadm, both NoSchedule; the second one up to 1.24."""


@rule(
    severity="off",
    subject=POD,
    requires_any_of=("tolerations",),
)
def control_plane_toleration(pod: Pod, context: Context) -> Iterator[Finding]:
    if pod.kind == "DaemonSet":
        return
    for toleration in pod.get("tolerations").items():
        if toleration.get("effect").text not in (None, "", "NoSchedule"):
            continue
        key, operator = toleration.get("key"), toleration.get("operator")
        fixes = partial(_fixes, pod, toleration)
        if key.text in _ROLES:
            message = f"pod must not tolerate the taint {key.text}"
            yield Finding(key.span, message, toleration.path, fixes)
        elif not key.text and not key.unknown and operator.text == "Exists":
            message = "pod must not tolerate every taint"
            yield Finding(operator.span, message, toleration.path, fixes)


def _fixes(pod: Pod, toleration: Field) -> tuple[Fix, ...]:
    return fix("Remove the toleration", toleration.remove(pod.text, pod.path))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  tolerations:
    - key: node-role.kubernetes.io/control-plane
      operator: Exists
      effect: NoSchedule
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

REFERENCES = (
    "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    "https://kubernetes.io/docs/reference/labels-annotations-taints/"
    "#node-role-kubernetes-io-control-plane-taint",
)

WEAKNESSES = ("CWE-653",)

OTHER_TOOLS = {"Kyverno": ("restrict-controlplane-scheduling",)}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "object.kind != 'DaemonSet' && item.?effect.orValue('') in ['', 'NoSchedule'] &&\n"
            "    (item.?key.orValue('') in variables.roles ||\n"
            "      item.?key.orValue('') == '' && item.?operator.orValue('') == 'Exists')",
            "item.?key.orValue('') == '' ? 'pod must not tolerate every taint'\n"
            "    : 'pod must not tolerate the taint ' + item.key",
            items="variables.pod.spec.?tolerations.orValue([])",
        ),
    ),
    constants=lambda settings, version: {"roles": _ROLES},
)
