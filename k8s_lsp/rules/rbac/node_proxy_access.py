"""A role lets its subjects talk to the kubelets.

nodes/proxy opens the kubelet's whole interface, and that runs commands in every container of
the node. Sent to the kubelet directly, such a request passes neither admission nor the audit
log of the API server.

A read-only role does not make it harmless: a command can be run over a WebSocket, which begins
as a GET, so get is enough. Whoever breaks into a monitoring agent with this right has all pods
of all nodes.

Agents usually want numbers: nodes/metrics and nodes/stats give them, nodes/log the logs. From
Kubernetes 1.33 on nodes/pods, nodes/healthz and nodes/configz cover the rest. See in the
agent's log which paths the kubelet refuses, and choose by those.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import NODE_PROXY
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants

_FINE_GRAINED_SINCE = Version(1, 33)
"""Since when the kubelet asks for nodes/pods and its like first (KEP 2862, on by default)."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def node_proxy_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    narrower = "nodes/metrics, nodes/stats or nodes/log"
    if context.version >= _FINE_GRAINED_SINCE:
        narrower = "nodes/metrics, nodes/stats, nodes/log, nodes/pods, nodes/healthz, nodes/configz"
    for policy in policy_rules(obj):
        for grant in policy.grants(*NODE_PROXY):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which runs commands in every pod of a node;"
                f" there are narrower ones: {narrower}",
                severity=policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: monitoring
rules:
  - apiGroups: [""]
    resources: [nodes/proxy]
    verbs: [get]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: monitoring
rules:
  - apiGroups: [""]
    resources: [nodes/metrics]
    verbs: [get]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
    "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
)

BENCHMARKS = ("CIS 5.1.10",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV2_K8S_2",),
    "Trivy": ("KSV-0047",),
    "Kubescape": ("C-0279",),
    "Kyverno": ("restrict-clusterrole-nodesproxy",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(grant, variables.title + ' must not grant ' +\n"
            "    grant.verbs.join(', ') + ' on ' + grant.resource +\n"
            "    ', which runs commands in every pod of a node'"
            ").join('; ')",
            items="variables.grants",
        ),
    ),
    variables=grants("grants", *NODE_PROXY),
)
