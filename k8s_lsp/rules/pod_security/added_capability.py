"""A container adds a capability.

Every capability is a piece of root's power, and a hole in `drop: [ALL]`. CHOWN and FOWNER take
over files that belong to others, DAC_OVERRIDE reads and writes what file permissions forbid,
SETUID and SETGID become any user: an attacker in the container has them too. The restricted
level tolerates NET_BIND_SERVICE alone.

A container usually adds one because its program starts as root, prepares something and then
changes its user. Let it run as the final user from the start (`runAsUser`), let Kubernetes hand
over the volume (`fsGroup`), or move the preparation to an init container. To find out what is
really needed, remove the capability and look for "operation not permitted" in the log.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.capabilities import meant, respelled
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import needed_capability
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import CONTAINER, Context, Control, Finding, Fix, fix, found, rule
from k8s_lsp.settings import Settings

_TOLERATED = "NET_BIND_SERVICE"


@rule(
    severity="warning",
    subject=CONTAINER,
    requires_any_of=("capabilities",),
    controls=(Control("restricted", "capabilities_restricted", Version(1, 22)),),
)
def added_capability(container: Container, context: Context) -> Iterator[Finding]:
    if container.pod.is_windows and context.version >= (1, 25):
        return
    for item in container.security("capabilities", "add").items():
        if item.text not in (None, _TOLERATED):
            yield found(
                item,
                f'{container} must not add capability "{item.text}"',
                fixes=partial(_fixes, container, item, context.settings),
            )


def _fixes(container: Container, item: Field, settings: Settings) -> tuple[Fix, ...]:
    """Take that item alone away; a list that it would leave empty goes too.

    The one that is tolerated is only spelled right; what the image is known to need is left, as is
    what an agent of the node has.
    """
    respelling = respelled(container, item) if meant(item.text or "") == _TOLERATED else None
    if respelling is not None:
        return fix(*respelling)
    is_agent_by = agent_container(container)
    needed = needed_capability(container, item.text or "", settings)
    consequence = ": the node agent has to do without it" if is_agent_by else ""
    consequence = f", though {needed}" if needed else consequence
    removal = item.remove(container.text, container.field.path)
    title = f"Remove {item.text} from add{consequence}"
    return fix(title, removal, left_because=is_agent_by or needed)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        capabilities:
          drop:
            - ALL
          add:
            - CHOWN
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
      securityContext:
        capabilities:
          drop:
            - ALL
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container",
)

BENCHMARKS = ("CIS 5.2.9",)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_25",),
    "Trivy": ("KSV-0106",),
    "KICS": ("Containers With Added Capabilities",),
    "Kyverno": ("disallow-capabilities-strict", "restrict-adding-capabilities"),
    "Monokle": ("PSS206",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            'item != "NET_BIND_SERVICE" && !(variables.minor >= 25 && variables.pod.isWindows)',
            "container.title + ' must not add capability \"' + item + '\"'",
            items="container.securityContext.?capabilities.?add.orValue([])",
        ),
    )
)
