"""A ConfigMap holds a credential.

ConfigMaps are for what anybody may know. The default role `view` reads them but no Secrets,
they are never encrypted in etcd unless somebody set that up for them, and tools print them
without hesitation. And the value lies in the repository, as with any manifest.

The rule speaks where a key's name means a password, key or token and the value is a text of
its own, where a settings file in a value sets one (properties, `.env`, INI, YAML, JSON), and where
something has the unmistakable form of a token, or is a password in a URL. What only points to a
credential is left alone, and so are placeholders, what every browser gets, and what a comment on
the line or directly above calls no secret, or not for production.

Move the value into a Secret that is not kept as plain text, and change how the pod reads it:
secretKeyRef for configMapKeyRef, a secret volume for a configMap one. The value that was here
counts as known: change it where it is accepted, too.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.credential_search import credentials_in_file
from k8s_lsp.kubernetes.credentials import is_literal_credential
from k8s_lsp.kubernetes.disclaimers import is_disclaimed
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, found_within, rule


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({"ConfigMap"}),
)
def credential_in_config_map(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind != "ConfigMap" or obj.group:
        return
    title = f'ConfigMap "{obj.name}"' if obj.name else "ConfigMap"
    for entry in obj.get("data").entries():
        key, text = str(entry.path[-1]), entry.string
        if text is None:
            continue
        credentials = list(credentials_in_file(key, text))
        if not credentials and not is_literal_credential(key, text):
            continue
        if is_disclaimed(obj.text, entry.span.start):
            continue
        if credentials:
            parts = [
                (start, end, f"{title} must not hold {what} in {key}: use a Secret")
                for what, start, end in credentials
            ]
            yield from found_within(entry, obj.text, parts)
        else:
            yield found(entry, f"{title} must not hold {key}: use a Secret")


BAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  host: db.example.com
  password: tiger-1970
"""

GOOD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  host: db.example.com
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/configmap/",
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-312", "CWE-798")

OTHER_TOOLS = {
    "Trivy": ("KSV-0109",),
    "Polaris": ("sensitiveConfigmapContent",),
    "KICS": ("Passwords And Secrets",),
    "Kubescape": ("C-0012",),
}

ADMISSION = Undecidable(
    "what looks like a credential is told by looking around in texts, which CEL cannot"
)
