"""An Ingress writes into the configuration of the controller's NGINX.

A snippet is copied into the configuration of a proxy that serves all namespaces, with a token and
certificates for all of them. Whoever may write one Ingress can let the proxy read
its own files and hand out what it finds there, which in ingress-nginx were the Secrets of the
whole cluster (CVE-2021-25742).

Without the snippet its directives are gone: headers, rewrites, access rules. Look for an
annotation or a ConfigMap key that does the same, and check first whether the snippet protects
something, such as a path that it closes. Both controllers refuse snippets unless their
administrator allows them, so the setting that allows them is reported as well.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

_SNIPPETS = frozenset(
    {
        "nginx.ingress.kubernetes.io/auth-snippet",
        "nginx.ingress.kubernetes.io/configuration-snippet",
        "nginx.ingress.kubernetes.io/modsecurity-snippet",
        "nginx.ingress.kubernetes.io/server-snippet",
        "nginx.ingress.kubernetes.io/stream-snippet",
        "nginx.org/location-snippets",
        "nginx.org/server-snippets",
    }
)
"""Those of ingress-nginx, and those of the NGINX Ingress Controller of F5."""

_SWITCH = "allow-snippet-annotations"
"""The key by which the ConfigMap of ingress-nginx lets every Ingress carry snippets."""

_NO_CODE = regex(r"""'[^']*'|"[^"]*"|(?<!\S)#.*""")
"""Strings and comments, in which no directive stands."""

_DIRECTIVE = regex(r"(?:^|[;{}\n])[ \t]*([A-Za-z_][\w-]*)(?=[\s;{])")
"""The name at the start of a directive of NGINX or of ModSecurity."""

_KINDS = (
    (
        "an access rule",
        regex(
            "allow|deny|satisfy|internal|valid_referers|auth_\\w+|ssl_verify_\\w+|ssl_client_\\w+"
            "|access_by_\\w+|limit_\\w+|secure_link\\w*"
        ),
    ),
    ("rules of the web application firewall", regex("modsecurity\\w*|Sec[A-Z]\\w*|Include")),
    ("headers", regex("add_header|more_\\w+_headers|proxy_\\w+_header|expires")),
    ("a redirect or rewrite", regex("return|rewrite|try_files|proxy_redirect")),
)
"""What directives are for, the gravest first.

Source: the modules of nginx.org/en/docs, of openresty/headers-more-nginx-module and of
owasp-modsecurity/ModSecurity.
"""

_REFUSAL = regex(r"(?<!\w)return\s+(?:4\d\d|503)(?!\w)")
"""How a location is closed: NGINX answers, and the service is not asked."""

_SHOWN = 3
"""How many directives a title names."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"ConfigMap", "Ingress"}),
)
def ingress_snippet_annotation(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind == "Ingress" and obj.group in ("networking.k8s.io", "extensions"):
        for annotation in obj.get("metadata", "annotations").entries():
            name = str(annotation.path[-1])
            if name in _SNIPPETS and annotation.present and annotation.text != "":
                yield found(
                    annotation,
                    f"Ingress must not configure the controller's NGINX by {name}",
                    fixes=partial(_annotation_fixes, obj, annotation),
                    at="key",
                )
    elif obj.kind == "ConfigMap" and not obj.group:
        switch = obj.get("data", _SWITCH)
        if (switch.text or "").lower() == "true":
            yield found(
                switch,
                f"ConfigMap must not set {_SWITCH} to true: every Ingress could configure NGINX",
                fixes=partial(_switch_fixes, obj, switch),
                at="key",
            )


def _annotation_fixes(obj: KubeObject, annotation: Field) -> tuple[Fix, ...]:
    """Never in bulk: what the proxy then lets through, or no longer sends, nobody is told."""
    name = str(annotation.path[-1]).partition("/")[2]
    stop = (*obj.root.path, "metadata")
    lost = _what_goes(annotation.text or "")
    return fix(
        f"Remove {name}, and with it {lost}",
        annotation.remove(obj.text, stop),
        left_because=f"with the snippet goes {lost}",
    )


def _what_goes(snippet: str) -> str:
    """What a snippet does, the gravest first, with the names of its directives."""
    code = _NO_CODE.sub("''", snippet)
    names = list(dict.fromkeys(_DIRECTIVE.findall(code)))
    if not names:
        return "all that is written in it"
    closing = {"return"} if _REFUSAL.search(code) else set()
    kind, first = "its directives", list[str]()
    for what, known in _KINDS:
        first = [name for name in names if known.fullmatch(name) or name in closing]
        if first:
            kind = what
            break
    names = [*first, *(name for name in names if name not in first)]
    return f"{kind} ({', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''})"


def _switch_fixes(obj: KubeObject, switch: Field) -> tuple[Fix, ...]:
    """Say no: before ingress-nginx 1.9, which changed the default, silence meant yes.

    Never in bulk: it takes the snippets of all Ingresses away, and none of them stands here.
    """
    return fix(
        f'Set {_SWITCH} to "false": no Ingress may have snippets any more',
        switch.set(obj.text, "false"),
        left_because="the snippets of all Ingresses go with it, access rules among them",
    )


BAD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/configuration-snippet: return 404;
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
spec:
  ingressClassName: nginx
"""

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
spec:
  ingressClassName: nginx
"""

REFERENCES = (
    "https://github.com/kubernetes/ingress-nginx/issues/7837",
    "https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-snippets",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-94",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_152", "CKV_K8S_153", "CKV_K8S_154"),
    "Trivy": ("KCV-0093",),
    "Kubescape": ("C-0059",),
    "Kyverno": ("disallow-ingress-nginx-custom-snippets",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.kind == 'Ingress' && item in variables.snippets &&\n"
            "    object.metadata.annotations[item] != ''",
            "'Ingress must not configure the controller\\'s NGINX by ' + item",
            items="object.metadata.?annotations.orValue({})",
        ),
        Violation(
            "object",
            "object.kind == 'ConfigMap' &&\n"
            "    object.?data[?variables.switch].orValue('').lowerAscii() == 'true'",
            "'ConfigMap must not set ' + variables.switch +\n"
            "    ' to true: every Ingress could configure NGINX'",
        ),
    ),
    constants=lambda settings, version: {"snippets": tuple(sorted(_SNIPPETS)), "switch": _SWITCH},
)
