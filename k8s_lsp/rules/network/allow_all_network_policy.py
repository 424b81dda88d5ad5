"""A network policy lets everything pass.

A rule without peers and without ports allows all traffic, and policies only ever add: no
other policy takes it away again. The pods look protected in every list of policies, yet
whoever takes over one pod of the cluster reaches all their ports; with such a rule for egress
a captured pod reaches the internet and the cloud's metadata service. An empty list of rules is
the opposite: it denies.

Name who may come, by podSelector or namespaceSelector, and to which ports. What breaks are
peers that nobody thought of: monitoring, DNS for egress, probes of a load balancer. Log the
flows first (Cilium's Hubble and Calico's flow logs do), or give the policy to a single replica
by a label of its own.
"""

from collections.abc import Iterator
from dataclasses import replace

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, missing, rule
from k8s_lsp.settings import Severity
from k8s_lsp.syntax.nodes import Mapping

_EVERYWHERE = ("0.0.0.0/0", "::/0")


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"NetworkPolicy"}),
)
def allow_all_network_policy(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "NetworkPolicy" or obj.group not in ("networking.k8s.io", "extensions"):
        return
    spec = obj.get("spec")
    for direction, peers, severity in _DIRECTIONS:
        types = spec.get("policyTypes")
        if types.present and direction.capitalize() not in (each.text for each in types.items()):
            continue  # Rules for a direction that the policy is not about have no effect.
        for item in spec.get(direction).items():
            yield from _in_rule(obj, item, direction, peers, severity)


_DIRECTIONS: tuple[tuple[str, str, Severity], ...] = (
    ("ingress", "from", "warning"),
    ("egress", "to", "information"),
)


def _in_rule(
    obj: KubeObject, item: Field, direction: str, peers: str, severity: Severity
) -> Iterator[Finding]:
    allowed, ports = item.get(peers), item.get("ports")
    if _has_items(ports):
        return
    if not _has_items(allowed):
        message = f"{direction} rule must name peers or ports: it allows all traffic"
        yield missing(obj, allowed, message, also=(ports,), severity=severity)
        return
    for peer in allowed.items():
        block = peer.get("ipBlock")
        cidr = block.get("cidr")
        if cidr.text in _EVERYWHERE and not _has_items(block.get("except")):
            finding = found(
                cidr,
                f"{direction} rule must not allow {cidr.text} without ports or exceptions",
                severity=severity,
            )
            # Ports or exceptions may stand where the text could not be read.
            asked = (node for node in (item.node, block.node) if isinstance(node, Mapping))
            yield replace(finding, absent_from=tuple(asked))


def _has_items(field: Field) -> bool:
    """Whether a list has items, or may have some."""
    return field.unknown or next(field.items(), None) is not None


BAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector:
    matchLabels:
      app: web
  ingress:
    - {}
"""

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector:
    matchLabels:
      app: web
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: shop
      ports:
        - port: 8080
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
)

WEAKNESSES = ("CWE-923",)

_IS_OPEN = (
    "peer.?ipBlock.?cidr.orValue('') in variables.everywhere &&\n"
    "    peer.ipBlock.?except.orValue([]).size() == 0"
)

ADMISSION = Admission(
    (
        Violation(
            "object",
            "variables.ofIngress && item.?ports.orValue([]).size() == 0 &&\n"
            "    item.?from.orValue([]).size() == 0",
            "'ingress rule must name peers or ports: it allows all traffic'",
            items="variables.ingress",
        ),
        Violation(
            "object",
            "variables.ofEgress && item.?ports.orValue([]).size() == 0 &&\n"
            "    item.?to.orValue([]).size() == 0",
            "'egress rule must name peers or ports: it allows all traffic'",
            items="variables.egress",
        ),
        Violation(
            "object",
            f"variables.ofIngress && item.exists(peer, {_IS_OPEN})",
            f"item.filter(peer, {_IS_OPEN}).map(peer, 'ingress rule must not allow ' +\n"
            "    peer.ipBlock.cidr + ' without ports or exceptions').join('; ')",
            items="variables.sources",
        ),
        Violation(
            "object",
            f"variables.ofEgress && item.exists(peer, {_IS_OPEN})",
            f"item.filter(peer, {_IS_OPEN}).map(peer, 'egress rule must not allow ' +\n"
            "    peer.ipBlock.cidr + ' without ports or exceptions').join('; ')",
            items="variables.targets",
        ),
    ),
    variables=(
        ("ingress", "object.?spec.?ingress.orValue([])"),
        ("egress", "object.?spec.?egress.orValue([])"),
        (
            "types",
            "object.?spec.?policyTypes.orValue(['Ingress', 'Egress'])",
        ),
        ("ofIngress", "'Ingress' in variables.types"),
        ("ofEgress", "'Egress' in variables.types"),
        (
            "sources",
            "variables.ingress.filter(each, each.?ports.orValue([]).size() == 0)\n"
            "  .map(each, each.?from.orValue([]))",
        ),
        (
            "targets",
            "variables.egress.filter(each, each.?ports.orValue([]).size() == 0)\n"
            "  .map(each, each.?to.orValue([]))",
        ),
    ),
    constants=lambda settings, version: {"everywhere": _EVERYWHERE},
)
