"""A probe or lifecycle handler names a host.

The kubelet sends these requests itself, from the node. Whoever may write the pod can let it
knock at any address that the node reaches, the node's own loopback included, and learn from
the probe's result what answers there. Baseline forbids the field from Kubernetes 1.34 on, for
every value.

Nothing is said of the loopback address in a template where it depends on a condition with
`hostNetwork`: baseline refuses such a pod for its network already, and in that network it is the
address at which the pod's own program listens.

Without it the request goes to the pod's own address, which is nearly always what was meant. To
name a virtual host, put a `Host` header into httpHeaders. A server that listens on 127.0.0.1
alone has to listen on the pod's address too, or be asked by an exec probe: a probe that fails
after the change shows it.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.baseline import PROBE_ACTIONS, PROBE_HANDLERS
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import network_of_node
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, rule
from k8s_lsp.syntax.branches import conditions_around


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("httpGet", "tcpSocket"),
    controls=(Control("baseline", "hostProbesAndHostLifecycle", Version(1, 34)),),
)
def probe_host(container: Container, context: Context) -> Iterator[Finding]:
    for handler in PROBE_HANDLERS:
        for action in container.get(*handler).entries(PROBE_ACTIONS):
            host = action.get("host")
            if host.text and not _is_of_node(container, host):
                yield found(
                    host,
                    f"{container} must not set {'.'.join(handler)}.{action.path[-1]}.host to "
                    f'"{host.text}"',
                    fixes=partial(_fixes, container, host),
                )


_LOOPBACK = regex(r"localhost|127(?:\.[0-9]{1,3}){3}|\[?::1\]?")


def _is_of_node(container: Container, host: Field) -> bool:
    """Whether a template writes the node's own loopback address for pods of its network alone."""
    if "{{" not in container.text or _LOOPBACK.fullmatch(host.text or "") is None:
        return False
    conditions = conditions_around(container.text, host.span.start)
    return any("hostNetwork" in condition for condition in conditions)


def _fixes(container: Container, host: Field) -> tuple[Fix, ...]:
    """Remove it; under the hostNetwork of an agent, which stays, that asks another address."""
    title, is_agent_by = "Remove host", None
    if container.pod.get("hostNetwork").boolean:
        title = "Remove host (under hostNetwork the node's address is asked instead)"
        is_agent_by = network_of_node(container.pod)
    return fix(title, host.remove(container.text, container.field.path), left_because=is_agent_by)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      livenessProbe:
        httpGet:
          host: 10.0.0.1
          path: /healthz
          port: 8080
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
      livenessProbe:
        httpGet:
          path: /healthz
          port: 8080
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/configure-pod-container/"
    "configure-liveness-readiness-startup-probes/#http-probes",
)

WEAKNESSES = ("CWE-918",)

ADMISSION = Admission(
    tuple(
        Violation(
            "container",
            f'container.spec.?{".?".join((*handler, action))}.?host.orValue("") != ""',
            f"container.title + ' must not set {'.'.join((*handler, action))}.host to \"' + "
            f"container.spec.{'.'.join((*handler, action))}.host + '\"'",
        )
        for handler in PROBE_HANDLERS
        for action in PROBE_ACTIONS
    )
)
