"""Which pods the NetworkPolicies in reach select, and which policies select none: queries.

Pods may come from where no file shows them: the controller of a custom resource makes them, or a
chart.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Final

from k8s_lsp.kubernetes.facts import (
    NETWORKING,
    Labels,
    ObjectFacts,
    PolicyFacts,
    Selector,
    WorkloadFacts,
)
from k8s_lsp.kubernetes.queries import WORKLOADS, Kind, Reach, all_of, workloads

POLICY: Final[Kind] = (NETWORKING, "NetworkPolicy")

_OTHER_POLICIES: Final = frozenset(
    """
    NetworkPolicy GlobalNetworkPolicy StagedNetworkPolicy CiliumNetworkPolicy
    CiliumClusterwideNetworkPolicy AdminNetworkPolicy BaselineAdminNetworkPolicy
    ClusterNetworkPolicy
    """.split()
)
"""The kinds of Calico, Cilium, Antrea, and of the network policy API that select pods too."""

_WITHOUT_PODS: Final = frozenset(
    """
    acme.cert-manager.io bitnami.com cert-manager.io cilium.io crd.projectcalico.org
    external-secrets.io isindir.github.com kustomize.config.k8s.io kyverno.io
    networking.istio.io policies.kyverno.io projectcalico.org security.istio.io traefik.io
    """.split()
)
"""Groups of custom resources for which no controller makes pods."""

_WITHOUT_PODS_BUT: Final = {
    "monitoring.coreos.com": frozenset(
        "PodMonitor Probe PrometheusRule ScrapeConfig ServiceMonitor AlertmanagerConfig".split()
    )
}
"""The kinds of other groups of which that is true."""


def may_make_pods(kind: Kind) -> bool:
    """Whether a controller that is no part of Kubernetes may make pods for objects of a kind.

    Whoever defines resources has such a controller in mind.
    """
    group, name = kind
    if "." not in group or group in _WITHOUT_PODS or name in _WITHOUT_PODS_BUT.get(group, ()):
        return False
    if group.endswith(".k8s.io"):
        return group in ("apiextensions.k8s.io", "gateway.networking.k8s.io")
    return True


def are_pods_made(reach: Reach) -> bool:
    """Whether pods that no file shows may be made for an object in reach."""
    return _has_any(reach, may_make_pods)


def _has_any(reach: Reach, is_wanted: Callable[[Kind], bool]) -> bool:
    """Whether an object of some kinds is in reach."""
    return any(is_wanted(kind) and reach.find(kind, all_of, None) for kind in reach.kinds())


def unselecting_policy(reach: Reach, namespace: str, labels: Labels) -> ObjectFacts | None:
    """A policy of the namespace, where no policy selects a pod with these labels.

    None where none stands beside the pod, and where one does select it, or may.
    """
    own = list(reach.in_namespace(POLICY, namespace))
    beside = next(reach.beside(own), None) if own else None
    if beside is None:
        return None
    # One without a namespace may be applied to this one.
    others = reach.in_namespace(POLICY, "") if namespace else ()
    for policy in (*own, *others):
        detail = policy.detail
        if not isinstance(detail, PolicyFacts) or not detail.selector.misses(
            labels, partial(_is_written, reach)
        ):
            return None
    return None if _has_any(reach, _selects_otherwise) else beside


def _selects_otherwise(kind: Kind) -> bool:
    """Whether objects of a kind select pods, and in a way that is not read here."""
    return kind != POLICY and kind[1] in _OTHER_POLICIES


def selects_nothing(reach: Reach, namespace: str, selector: Selector) -> bool:
    """Whether a policy with this selector certainly selects no pod of its namespace.

    Nobody can tell where no pod of the namespace stands beside it.
    """
    pods = []
    for workload in workloads(reach, *dict.fromkeys((namespace, ""))):
        detail = workload.detail
        if not isinstance(detail, WorkloadFacts) or not selector.misses(
            detail.labels, partial(_is_written, reach)
        ):
            return False
        if workload.namespace == namespace:
            pods.append(workload)
    return next(reach.beside(pods), None) is not None and not are_pods_made(reach)


def label_keys_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """A workload by the keys of its pod's labels."""
    detail = obj.detail
    if isinstance(detail, WorkloadFacts):
        for key, _ in detail.labels or ():
            yield key


def _is_written(reach: Reach, key: str) -> bool:
    """Whether a label is written for some pod in reach."""
    return any(reach.find(kind, label_keys_of, key) for kind in WORKLOADS)
