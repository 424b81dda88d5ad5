"""A Service claims external IP addresses.

Each node takes packets to these addresses and sends them to the Service's pods; nobody checks
whether the address belongs to its author. Whoever may create Services can name the address of a
public API or of another team's server, and reads what the cluster's pods meant to send there
(CVE-2020-8554). Kubernetes deprecated the field in 1.36.

Clusters often refuse it by the admission plug-in DenyServiceExternalIPs or by a policy. For
traffic from outside use a Service of type LoadBalancer (MetalLB or kube-vip give it addresses
without a cloud), an Ingress or a Gateway. Clients that know the old address lose it: the
number of packets in the Service's rules on the nodes, or the firewall's log, shows whether
there are any.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule

_DEPRECATED_SINCE = Version(1, 36)
"""Kubernetes Enhancement Proposal 5707."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"Service"}),
    requires_any_of=("externalIPs",),
)
def service_external_ips(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Service" or obj.group:
        return
    addresses = obj.get("spec", "externalIPs")
    if next(addresses.items(), None) is not None:
        reason = "which take over any address"
        if context.version >= _DEPRECATED_SINCE:
            reason += f" and are deprecated since {_DEPRECATED_SINCE}"
        yield found(addresses, f"Service must not set externalIPs, {reason}", at="key")


BAD = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 443
  externalIPs:
    - 192.0.2.10
"""

GOOD = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  selector:
    app: web
  ports:
    - port: 443
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/services-networking/service/#external-ips",
    "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips",
    "https://github.com/kubernetes/kubernetes/issues/97076",
)

WEAKNESSES = ("CWE-923",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0108",),
    "Kyverno": ("restrict-service-external-ips",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.?spec.?externalIPs.orValue([]).size() > 0",
            "'Service must not set externalIPs, which take over any address' + variables.more",
        ),
    ),
    constants=lambda settings, version: {
        "more": f" and are deprecated since {_DEPRECATED_SINCE}"
        if version >= _DEPRECATED_SINCE
        else ""
    },
)
