"""A pod brings its own names for addresses.

The kubelet writes these entries to /etc/hosts, which goes before DNS. Whoever may change the
manifest sends the program's connections elsewhere, past everybody who watches DNS, and only TLS
that checks names notices. An address that was right once also stays when the server moves.

A name that the whole cluster needs belongs in DNS; a Service without a selector, or one of type
ExternalName, names a server outside. Before you remove an entry, look up its name from within
a pod (`getent hosts`): if the answer is the same address, nothing changes.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, found, rule


@rule(
    severity="off",
    subject=POD,
    requires_any_of=("hostAliases",),
)
def host_aliases(pod: Pod, context: Context) -> Iterator[Finding]:
    aliases = pod.get("hostAliases")
    if any(aliases.items()):
        yield found(aliases, "pod must not set hostAliases: use DNS or a Service", at="key")


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostAliases:
    - ip: 192.0.2.10
      hostnames: [db.example.com]
  containers:
    - name: app
      image: example.com/app:1.4.2
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
"""

REFERENCES = ("https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",)

OTHER_TOOLS = {"Trivy": ("KSV-0007",), "kubesec": ("HostAliases",)}

ADMISSION = Admission(
    (
        Violation(
            "pod",
            "variables.pod.spec.?hostAliases.orValue([]).size() > 0",
            "'pod must not set hostAliases: use DNS or a Service'",
        ),
    )
)
