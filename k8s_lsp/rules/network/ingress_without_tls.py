"""An Ingress serves plain HTTP.

Without `tls` the controller has no certificate for the host, and everything between the browser
and the cluster travels readable: session cookies, passwords, tokens. Whoever shares a network
with a visitor can read it, and change it on its way.

Name the hosts and a Secret with their certificate; cert-manager fetches and renews one by
itself. Most controllers then redirect HTTP to HTTPS, so clients that neither follow redirects
nor trust the certificate's issuer stop working: look for them in the access log.

Certificates that a cloud's controller, Traefik, OpenShift and others take from an annotation count
as well, and so do the annotations that hand TLS through to the pods or answer plain requests with a
redirect only. A minion of the controller of nginx.org and a canary of ingress-nginx have the TLS of
the Ingress that they belong to, and so have, with ingress-nginx and HAProxy, all Ingresses of a
host for which another one of the same namespace and class has it. Where a load balancer in front of
the controller ends TLS, ignore this rule with a comment that says so.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.ingresses import INGRESS_GROUPS, joined_hosts
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, missing, rule

_ANY: tuple[str, ...] = ()
_TRUE = ("true",)

_SERVED_BY: dict[str, tuple[str, ...]] = {
    # https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
    "alb.ingress.kubernetes.io/certificate-arn": _ANY,
    "alb.ingress.kubernetes.io/listen-ports": ("https",),
    "alb.ingress.kubernetes.io/ssl-redirect": _ANY,
    # https://github.com/zalando-incubator/kube-ingress-aws-controller
    "zalando.org/aws-load-balancer-ssl-cert": _ANY,
    "zalando.org/aws-load-balancer-ssl-cert-domain": _ANY,
    # https://cloud.google.com/kubernetes-engine/docs/how-to/ingress-multi-ssl; the last one is
    # documented for a Gateway, and whoever writes it here means TLS.
    "ingress.gcp.kubernetes.io/pre-shared-cert": _ANY,
    "networking.gke.io/managed-certificates": _ANY,
    "networking.gke.io/certmap": _ANY,
    # https://azure.github.io/application-gateway-kubernetes-ingress/annotations/
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate": _ANY,
    "appgw.ingress.kubernetes.io/ssl-redirect": _TRUE,
    # https://docs.oracle.com/en-us/iaas/Content/ContEng/Tasks/contengsettingupnativeingresscontroller.htm
    "oci-native-ingress.oraclecloud.com/certificate-ocid": _ANY,
    # https://support.huaweicloud.com/eu/usermanual-cce/cce_10_0687.html
    "kubernetes.io/elb.tls-certificate-ids": _ANY,
    # https://docs.netscaler.com/en-us/netscaler-k8s-ingress-controller/configure/annotations
    "ingress.citrix.com/preconfigured-certkey": _ANY,
    # https://docs.openshift.com/container-platform/latest/networking/routes/route-configuration.html;
    # other values are passed over.
    "route.openshift.io/termination": ("edge", "passthrough", "reencrypt"),
    # https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/; the Helm
    # chart gives the entry point `websecure` its TLS.
    "traefik.ingress.kubernetes.io/router.tls": _TRUE,
    "traefik.ingress.kubernetes.io/router.tls.certresolver": _ANY,
    "traefik.ingress.kubernetes.io/router.tls.options": _ANY,
    "traefik.ingress.kubernetes.io/router.tls.domains.0.main": _ANY,
    "traefik.ingress.kubernetes.io/router.entrypoints": ("websecure",),
    # https://doc.traefik.io/traefik/v1.7/configuration/backends/kubernetes/
    "traefik.ingress.kubernetes.io/frontend-entry-points": ("https",),
    # https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/; a
    # canary gets no server of its own: internal/ingress/controller, createServers.
    "nginx.ingress.kubernetes.io/ssl-passthrough": _TRUE,
    "nginx.ingress.kubernetes.io/force-ssl-redirect": _TRUE,
    "nginx.ingress.kubernetes.io/canary": _TRUE,
    # https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/
    "nginx.org/mergeable-ingress-type": ("minion",),
    "nginx.org/redirect-to-https": _TRUE,
    # https://angie.software/anic/docs/ingress-resources/mergeable-ingress-types
    "angie.software/mergeable-ingress-type": ("minion",),
    # https://www.haproxy.com/documentation/kubernetes-ingress/ingress-configuration-reference/
    "haproxy.org/ssl-passthrough": _TRUE,
    # https://haproxy-ingress.github.io/docs/configuration/keys/#ssl-passthrough
    "haproxy-ingress.github.io/ssl-passthrough": _TRUE,
    "ingress.kubernetes.io/ssl-passthrough": _TRUE,
    # https://projectcontour.io/docs/main/config/annotations/
    "ingress.kubernetes.io/force-ssl-redirect": _TRUE,
    # https://docs.cilium.io/en/stable/network/servicemesh/ingress/#supported-ingress-annotations
    "ingress.cilium.io/tls-passthrough": ("true", "enabled"),
    # https://developer.konghq.com/kubernetes-ingress-controller/reference/annotations/
    "konghq.com/protocols": ("https", "grpcs", "tls_passthrough"),
    # https://cert-manager.io/docs/usage/ingress/; whoever asks for a certificate means TLS.
    "cert-manager.io/issuer": _ANY,
    "cert-manager.io/cluster-issuer": _ANY,
    "kubernetes.io/tls-acme": _TRUE,
}
"""The annotations by which an Ingress is served with TLS though it has no `tls` of its own.

They name a certificate that lies elsewhere, leave TLS to the pods or to another Ingress, or refuse
plain HTTP. Where there are words, the value has to hold one of them; else anything but nothing is
enough. Each has the page that documents it.
"""


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Ingress"}),
)
def ingress_without_tls(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Ingress" or obj.group not in INGRESS_GROUPS:
        return
    tls = obj.get("spec", "tls")
    if next(tls.items(), None) is not None:
        return
    joined = joined_hosts(obj)
    if joined and all(map(context.facts.has_tls, joined)):
        return
    annotations = obj.get("metadata", "annotations")
    known = tuple(annotations.entries(_SERVED_BY))
    if not any(_serves(annotation) for annotation in known):
        yield missing(
            obj,
            tls,
            "Ingress must set tls: it serves its hosts unencrypted",
            # One that is absent stands for all of them.
            also=(annotations.get(next(iter(_SERVED_BY))), *known),
        )


def _serves(annotation: Field) -> bool:
    words = _SERVED_BY[str(annotation.path[-1])]
    text = (annotation.text or "").casefold()
    if not words:
        return bool(text)
    separated = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text)
    return not set(words).isdisjoint(separated.split())


BAD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
"""

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  tls:
    - hosts:
        - shop.example.com
      secretName: shop-tls
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-319",)

OTHER_TOOLS = {
    "Polaris": ("tlsSettingsMissing",),
    "Kubescape": ("C-0263",),
    "Kyverno": ("require-ingress-https",),
}

ADMISSION = Undecidable("another Ingress may have the certificate of its hosts")
