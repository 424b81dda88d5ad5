"""Ingresses: their hosts, and which of them have TLS in another Ingress."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.objects import KubeObject

INGRESS_GROUPS: Final = ("networking.k8s.io", "extensions")


class IngressHost(NamedTuple):
    """A host of the Ingresses of one class in one namespace; empty where the text has none."""

    namespace: str
    ingress_class: str
    host: str


_JOINING: Final = ("nginx", "haproxy")
"""What is in the names of classes whose controllers make one server of all Ingresses of a host.

Sources: kubernetes.github.io/ingress-nginx, "How it works" ("If more than one Ingress contains a
TLS section for the same host, the oldest rule wins"); haproxy-ingress.github.io, "Configuration
keys" (where several Ingresses give one host different values for a key of the scope Host, that of
the oldest is used). Nothing is concluded of the others.
"""

_ANNOTATIONS: Final = ("nginx.ingress.kubernetes.io/", "haproxy-ingress.github.io/", "haproxy.org/")
"""How the annotations of these controllers begin."""


def joined_hosts(obj: KubeObject) -> tuple[IngressHost, ...]:
    """The hosts of an Ingress whose controller joins those of one host; none where that is open.

    A rule without a host, or with one that the text does not tell, leaves it open as well.
    """
    ingress_class = _class_of(obj)
    if not _joins_hosts(obj, ingress_class):
        return ()
    hosts = [rule.get("host").text for rule in obj.get("spec", "rules").items()]
    return (
        tuple(IngressHost(obj.namespace or "", ingress_class, host) for host in hosts if host)
        if all(hosts)
        else ()
    )


def tls_hosts(obj: KubeObject) -> Iterator[IngressHost]:
    """The hosts for which an Ingress has TLS; those of its rules, where its `tls` names none."""
    ingress_class = _class_of(obj)
    for item in obj.get("spec", "tls").items():
        named = [host.text for host in item.get("hosts").items()]
        rules = obj.get("spec", "rules").items()
        for host in named or [rule.get("host").text for rule in rules]:
            if host:
                yield IngressHost(obj.namespace or "", ingress_class, host)


def _class_of(obj: KubeObject) -> str:
    """The class by its field, or by the annotation that was there before it."""
    own = obj.get("spec", "ingressClassName").text
    return own or obj.get("metadata", "annotations", "kubernetes.io/ingress.class").text or ""


def _joins_hosts(obj: KubeObject, ingress_class: str) -> bool:
    if ingress_class:
        return any(name in ingress_class for name in _JOINING)
    annotations = obj.get("metadata", "annotations").entries()
    return any(str(each.path[-1]).startswith(_ANNOTATIONS) for each in annotations)
