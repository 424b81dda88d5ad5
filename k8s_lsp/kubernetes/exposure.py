"""How a pod is reached from outside of its cluster: a query."""

from typing import Final, NamedTuple

from k8s_lsp.kubernetes.facts import (
    CORE,
    NETWORKING,
    Labels,
    ObjectFacts,
    Selector,
    ServiceFacts,
)
from k8s_lsp.kubernetes.queries import Kind, Reach, may_be_same, used_names_of

SERVICE: Final[Kind] = (CORE, "Service")
INGRESS: Final[Kind] = (NETWORKING, "Ingress")

_FROM_OUTSIDE: Final = frozenset({"LoadBalancer", "NodePort"})
"""The types of Services that are reached from outside without an Ingress."""


class Exposure(NamedTuple):
    """A Service that leads to a pod, and what leads to it: an Ingress, or the Service itself."""

    service: ObjectFacts
    by: ObjectFacts


def exposures(reach: Reach, namespace: str, labels: Labels) -> tuple[Exposure, ...]:
    """How a pod with these labels is reached from outside, by what stands beside the text.

    Ingresses come first. A Service without a selector leads to nothing that a file could tell.
    """
    found = []
    for service in reach.beside(reach.in_namespace(SERVICE, namespace)):
        detail = service.detail
        if not isinstance(detail, ServiceFacts) or not _leads_to(detail.selector, labels):
            continue
        ingresses = reach.beside(reach.find(INGRESS, used_names_of, ("Service", service.name)))
        found += [
            Exposure(service, ingress)
            for ingress in ingresses
            if may_be_same(namespace, ingress.namespace)
        ]
        if detail.type in _FROM_OUTSIDE:
            found.append(Exposure(service, service))
    found.sort(key=_is_service)
    return tuple(found)


def _leads_to(selector: Selector | None, labels: Labels) -> bool:
    return selector is not None and bool(selector.labels) and selector.selects(labels)


def _is_service(exposure: Exposure) -> bool:
    return exposure.by is exposure.service
