"""A container gets a credential that stands in the manifest.

What stands in a manifest is read by everybody who may read the repository or its copies, and, in
the cluster, the pod or its controller: far more people than may read Secrets. The history of the
repository keeps it. `kubectl describe` prints it, dashboards show it, backups keep it.

The rule speaks where the name of the variable means a password, key or token and the value is
a text of its own, where a value has the unmistakable form of a token, and where a URL, an option
or a connection string in it holds one. It leaves alone what only points to a credential: files,
paths, addresses, names of Secrets, `$(VAR)`, placeholders. So it does what every browser gets
(`NEXT_PUBLIC_…`, Google Tag Manager), and what a comment on the line or directly above calls no
secret, or not for production.

Put the value into a Secret that is not kept as plain text (an external store, SOPS, sealed),
and mount it or refer to it with secretKeyRef. The value that was here counts as known: change
it where it is accepted, too. Removing the line does not remove it from the history.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.credential_search import credentials_in
from k8s_lsp.kubernetes.credentials import is_literal_credential
from k8s_lsp.kubernetes.disclaimers import is_disclaimed
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import CONTAINER, Context, Finding, found, rule


@rule(
    severity="warning",
    subject=CONTAINER,
    requires_any_of=("env",),
)
def literal_credential(container: Container, context: Context) -> Iterator[Finding]:
    for item in container.get("env").items():
        name, value = item.get("name").string, item.get("value")
        text = value.string
        if name is None or text is None:
            continue
        credential = next(credentials_in(text), None)
        if credential is None and not is_literal_credential(name, text):
            continue
        if is_disclaimed(container.text, item.span.start, value.span.start):
            continue
        if credential is not None:
            title = credential.title
            yield found(value, f"{container} must not hold {title} in {name}: use a Secret")
        else:
            yield found(value, f"{container} must not set {name} literally: use a Secret")


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      env:
        - name: DB_PASSWORD
          value: tiger-1970
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      env:
        - name: DB_PASSWORD
          valueFrom:
            secretKeyRef: {name: db, key: password}
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/secret/",
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-798",)

OTHER_TOOLS = {
    "kube-linter": ("env-var-secret",),
    "Polaris": ("sensitiveContainerEnvVar",),
    "KICS": ("Passwords And Secrets",),
    "Kubescape": ("C-0012", "C-0259"),
    "Monokle": ("KBP111",),
}

ADMISSION = Undecidable(
    "what looks like a credential is told by looking around in texts, which CEL cannot"
)
