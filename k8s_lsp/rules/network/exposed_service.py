"""A Service can be reached from outside of the cluster.

NodePort opens a port on the addresses of all nodes, past Ingress and its access rules. A
LoadBalancer gets an address of its own, on the internet unless the cloud is told otherwise.
Databases, dashboards and metrics end up there because it was the quickest way to try something
out, and whoever scans the addresses finds them.

Behind an Ingress or a Gateway the type ClusterIP suffices; for a look from a desk there is
`kubectl port-forward`. Clients that use the node's port or the balancer's address lose it. The
controllers of Ingress and Gateway themselves have to be exposed, so this rule is off by
default: switch it on where exposure should be a decision that somebody signs.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule

_REACH = {
    "NodePort": "it opens a port on every node",
    "LoadBalancer": "it gets an address outside of the cluster",
}


@rule(
    severity="off",
    subject=OBJECT,
    kinds=frozenset({"Service"}),
)
def exposed_service(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Service" or obj.group:
        return
    kind = obj.get("spec", "type")
    if kind.text in _REACH:
        yield found(kind, f"Service must not have type {kind.text}: {_REACH[kind.text]}")


BAD = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  selector:
    app: web
  ports:
    - port: 80
"""

GOOD = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  selector:
    app: web
  ports:
    - port: 80
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
)

OTHER_TOOLS = {
    "kube-linter": ("exposed-services",),
    "kube-score": ("service-type",),
    "KICS": ("Service Type is NodePort", "Service With External Load Balancer"),
    "Kyverno": ("restrict-node-port",),
    "Monokle": ("KBP114",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.?spec.?type.orValue('') in variables.reach",
            "'Service must not have type ' + object.spec.type + ': ' +\n"
            "    variables.reach[object.spec.type]",
        ),
    ),
    constants=lambda settings, version: {"reach": _REACH},
)
