"""A container is started or probed with a credential that stands in the manifest.

Arguments are read by more people than any other part of a pod. They stand in the manifest and in
its history, whoever may read the pod or its controller sees them, and on the node every process
that can look into `/proc` does, which a monitoring agent copies into its logs. A header of a probe
is sent in clear text, unless the scheme is HTTPS, and the kubelet can take no Secret for it.

The rule speaks where an option's name means a password, key or token and its value is a text of
its own, where a well-known program is given a password (`mysql -p…`, `redis-cli -a …`), and where
a URL, a connection string, a header or the form of a token shows one. It reads the commands of
probes and hooks too, and the text of scripts. What only points to a credential is left alone:
files, names, `$(VAR)`, `$VAR`, placeholders; and so is what a comment on the line or directly above
calls no secret, or not for production.

Put the value into a Secret that is not kept as plain text, and give the program a file from a
secret volume, for which most have an option; or refer to an environment variable from a
secretKeyRef as `$(VAR)` in the argument, which is still seen on the node. Let a probe ask for a
path that needs no credential. The value that was here counts as known: change it where it is
accepted, too.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.credential_search import authorizes, credentials_in_arguments
from k8s_lsp.kubernetes.credentials import is_literal_credential, shaped_in
from k8s_lsp.kubernetes.disclaimers import is_disclaimed
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import CONTAINER, Context, Finding, found, found_within, rule


@rule(
    severity="warning",
    subject=CONTAINER,
    requires_any_of=("args", "command", "httpHeaders"),
)
def credential_in_argument(container: Container, context: Context) -> Iterator[Finding]:
    yield from _in_arguments(container, container.get("command"), container.get("args"))
    for field in container.field.entries(_PROBES_AND_HOOKS):
        is_probe = field.path[-1] != "lifecycle"
        for handler in (field,) if is_probe else field.entries(("postStart", "preStop")):
            for action in handler.entries(("exec", "httpGet")):
                yield from _in_arguments(container, action.get("command"))
                for header in action.get("httpHeaders").items():
                    yield from _in_header(container, str(handler.path[-1]), header)


_PROBES_AND_HOOKS = frozenset(("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"))
"""Where the kubelet runs a command or sends a request for a container."""


def _in_arguments(container: Container, *lists: Field) -> Iterator[Finding]:
    """What the words of a command hold, which may stand in two lists."""
    items = [item for field in lists for item in field.items()]
    if not items:
        return
    texts = [item.text or "" for item in items]
    for item, credentials in zip(items, credentials_in_arguments(texts), strict=False):
        # Whether it is a string at all is asked last, because most arguments hold nothing.
        if (
            credentials
            and item.string is not None
            and not is_disclaimed(container.text, item.span.start)
        ):
            where = "args" if "args" in item.path else "command"
            parts = [
                (start, end, f"{container} must not hold {what} in its {where}: use a Secret")
                for what, start, end in credentials
            ]
            yield from found_within(item, container.text, parts)


def _in_header(container: Container, handler: str, header: Field) -> Iterator[Finding]:
    name, value = header.get("name").string, header.get("value")
    text = value.string
    if not name or not text:
        return
    if name.lower() in ("authorization", "proxy-authorization"):
        is_credential = authorizes(text)
    else:
        is_credential = is_literal_credential(name, text)
    if is_credential or any(shaped_in(text)):
        message = f"{container} must not send a credential in the header {name} of {handler}"
        yield found(value, message)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      args: [--db-user=shop, --db-password=tiger-1970]
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
      args: [--db-user=shop, --db-password-file=/run/secrets/db/password]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    "https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",
)

BENCHMARKS = ("NSA/CISA",)

WEAKNESSES = ("CWE-798", "CWE-214")

OTHER_TOOLS = {"KICS": ("Passwords And Secrets",)}

ADMISSION = Undecidable(
    "what looks like a credential is told by looking around in texts, which CEL cannot"
)
