"""A container opens a port on its node.

The port answers on the node's addresses: everybody who reaches the node reaches the container,
past its Service. With some network plug-ins that is past its network policies too. It can also
take the place of a service of the node. Besides, a node runs only one such pod.

A Service gives the pod an address that does not depend on its node; NodePort, LoadBalancer or
an Ingress make it reachable from outside. What breaks are clients that were given the node's
address and this port: look for them in the node's connections before you remove it.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from k8s_lsp.edits import Edits, together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.stored import is_stored
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("hostPort",),
    controls=(Control("baseline", "hostPorts"),),
)
def host_port(container: Container, context: Context) -> Iterator[Finding]:
    for port in container.get("ports").items():
        opened = port.get("hostPort")
        if opened.integer and not _is_implied(container, opened, context):
            yield found(
                opened,
                f"{container} must not set hostPort to {opened.integer}",
                fixes=partial(_fixes, container, port),
            )


def _is_implied(container: Container, opened: Field, context: Context) -> bool:
    """Whether the server has written a port for hostNetwork, which the rule about that tells.

    The profiles that mirror the Pod Security Standards tell both, as the server does.
    """
    if context.settings.profile in ("baseline", "restricted"):
        return False
    return bool(container.pod.get("hostNetwork").boolean) and is_stored(opened)


def _fixes(container: Container, port: Field) -> tuple[Fix, ...]:
    """Remove it, with hostIP, which means nothing without it.

    With hostNetwork the API server writes it back into a Pod (defaults.go,
    defaultHostNetworkPorts), so that only the fix of hostNetwork helps.
    """
    if container.pod.get("hostNetwork").boolean:
        return ()
    stop = container.field.path
    removal = port.get("hostPort").remove(container.text, stop)
    if port.get("hostIP").present:
        both = together(removal, port.get("hostIP").remove(container.text, stop))
        if both is not None and _are_apart(both):
            return fix("Remove hostPort and hostIP", both)
    return fix("Remove hostPort", removal)


def _are_apart(edits: Edits) -> bool:
    spans = sorted(edit.span for edit in edits)
    return all(one.end <= other.start for one, other in pairwise(spans))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      ports:
        - containerPort: 8080
          hostPort: 80
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
      ports:
        - containerPort: 8080
"""

AFTER_FIX = (
    "loss",
    "{containers} gave up a port of the node: whoever used it needs a Service",
)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/concepts/services-networking/service/",
)

BENCHMARKS = (
    "CIS 5.2.13",
    "NSA/CISA",
)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_26",),
    "Trivy": ("KSV-0024",),
    "Polaris": ("hostPortSet",),
    "KICS": ("Workload Host Port Not Specified",),
    "Kubescape": ("C-0044",),
    "Kyverno": ("disallow-host-ports", "disallow-host-ports-range"),
    "Monokle": ("PSS106",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "item.?hostPort.orValue(0) != 0",
            'container.title + " must not set hostPort to " + string(item.hostPort)',
            items="container.spec.?ports.orValue([])",
        ),
    )
)
