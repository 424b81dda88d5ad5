"""An Ingress serves plain HTTP.

Without `tls` the controller has no certificate for the host, and everything between the browser
and the cluster travels readable: session cookies, passwords, tokens. Whoever shares a network
with a visitor can read it, and change it on its way.

Name the hosts and a Secret with their certificate; cert-manager fetches and renews one by
itself. Most controllers then redirect HTTP to HTTPS, so clients that neither follow redirects
nor trust the certificate's issuer stop working: look for them in the access log. Certificates
that a cloud's controller, Traefik or OpenShift takes from an annotation count as well. Where a
load balancer in front of the controller ends TLS, ignore this rule with a comment that says so.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding, missing, rule

_GROUPS = ("networking.k8s.io", "extensions")

_TLS_ANNOTATIONS = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "route.openshift.io/termination",
    "traefik.ingress.kubernetes.io/router.tls",
)
"""Controllers that get their certificates from elsewhere: for them `tls` has nothing to say."""


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Ingress"}),
)
def ingress_without_tls(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Ingress" or obj.group not in _GROUPS:
        return
    tls = obj.get("spec", "tls")
    certificates = [obj.get("metadata", "annotations", name) for name in _TLS_ANNOTATIONS]
    if next(tls.items(), None) is None and not any(each.present for each in certificates):
        yield missing(
            obj, tls, "Ingress must set tls: it serves its hosts unencrypted", also=certificates
        )


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

OTHER_TOOLS = {
    "Polaris": ("tlsSettingsMissing",),
    "Kubescape": ("C-0263",),
    "Kyverno": ("require-ingress-https",),
}
