"""An Ingress rule answers for hosts that it does not name.

A rule without a host takes all requests that no other rule of the controller claims, whatever
name they ask for. Names that point to the cluster by mistake or from long ago reach this
service, an attacker who controls the Host header chooses what the program sees in it, and a
team that shares the controller can catch the traffic of hosts that another one has not claimed
yet.

Name each host. Health checks and clients that use the load balancer's address instead of a name
will then meet the controller's default answer, usually 404: look in its access log for requests
with other hosts before you change it. A rule for `*.example.com` is meant more often than not,
so it is reported in the profile `all` alone, and where this rule has been switched on.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, missing, rule
from k8s_lsp.settings import Settings

_SLUG = "wildcard-ingress-host"


@rule(
    severity="information",
    subject=OBJECT,
    kinds=frozenset({"Ingress"}),
)
def wildcard_ingress_host(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "Ingress" or obj.group not in ("networking.k8s.io", "extensions"):
        return
    for item in obj.get("spec", "rules").items():
        host = item.get("host")
        if not host.present and not host.unknown:
            yield missing(obj, host, "Ingress rule must name a host: it answers for every one")
        elif host.text == "":
            yield found(host, "Ingress rule must name a host: it answers for every one")
        elif host.text == "*":
            # networking/validation/validation.go, validateIngressRules: a star stands for the
            # first label of a name, never for a whole name.
            yield found(
                host, 'Ingress rule must name a host: the API server rejects "*" without a domain'
            )
        elif host.text is not None and host.text.startswith("*.") and _is_strict(context.settings):
            yield found(host, f'Ingress rule must name each host instead of "{host.text}"')


def _is_strict(settings: Settings) -> bool:
    """Whether rules with a wildcard are reported too.

    A finding can have a severity of its own, but none that is `off`. So those that are off by
    default are made only where somebody asked for everything, or for this rule by name.
    """
    return settings.profile == "all" or any(
        slug == _SLUG and level != "off" for slug, level in settings.rules
    )


BAD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - http:
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

REFERENCES = (
    "https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards",
)

OTHER_TOOLS = {"Kyverno": ("restrict-ingress-wildcard", "disallow-empty-ingress-host")}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.?host.orValue('') in ['', '*'] ||\n"
            "    variables.isStrict && item.?host.orValue('').startsWith('*.')",
            "item.?host.orValue('') == ''\n"
            "    ? 'Ingress rule must name a host: it answers for every one' : item.host == '*'\n"
            "    ? 'Ingress rule must name a host: the API server rejects \"*\" without a domain'\n"
            "    : 'Ingress rule must name each host instead of \"' + item.host + '\"'",
            items="object.?spec.?rules.orValue([])",
        ),
    ),
    constants=lambda settings, version: {"isStrict": _is_strict(settings)},
)
