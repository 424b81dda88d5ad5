"""A container adds a capability that the baseline level does not allow.

A capability is one part of what root may do. Thirteen of them count as harmless enough inside
of a container. The others reach further: SYS_ADMIN mounts file systems, SYS_PTRACE takes over
other processes, SYS_MODULE loads code into the kernel, NET_ADMIN changes the network,
DAC_READ_SEARCH opens files past their permissions, NET_RAW forges packets, ALL is all of them.

Pod Security compares exact text, so that `chown` and `CAP_CHOWN` are refused where `CHOWN` is
allowed: such a name is put right, not taken away. Programs often ask for more than they use:
remove the capability, run the program, and look for "operation not permitted" in its log. A raw
socket for ping is rarely needed, because the sysctl net.ipv4.ping_group_range allows ping
without one.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES, meant, respelled
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.image_fixes import needed_capability
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import (
    CONTAINER,
    LOST_ACCESS,
    Context,
    Control,
    Finding,
    Fix,
    fix,
    found,
    rule,
)
from k8s_lsp.settings import Settings


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("capabilities",),
    controls=(
        Control("baseline", "capabilities_baseline"),
        Control("restricted", "capabilities_restricted", Version(1, 22)),
    ),
    silences={"added-capability": "token", "unknown-capability": "token"},
)
def dangerous_capability(container: Container, context: Context) -> Iterator[Finding]:
    if (
        # The restricted check, which takes the place of this one, passes over Windows.
        context.settings.profile == "restricted"
        and container.pod.is_windows
        and context.version >= (1, 25)
    ):
        return
    for item in container.security("capabilities", "add").items():
        if item.text is not None and item.text not in BASELINE_CAPABILITIES:
            yield found(
                item,
                f'{container} must not add capability "{item.text}"{_spelling(item.text)}',
                fixes=partial(_fixes, container, item, context.settings),
            )


def _spelling(name: str) -> str:
    right = meant(name)
    if right not in BASELINE_CAPABILITIES:
        return ""
    return f', of which Pod Security accepts only the spelling "{right}"'


def _fixes(container: Container, item: Field, settings: Settings) -> tuple[Fix, ...]:
    """Take the item away, unless it is one of the thirteen once it is spelled right.

    What the image is known to need is left to a person, as is what an agent of the node has.
    """
    respelling = respelled(container, item)
    if respelling is not None:
        return fix(*respelling, takes_nothing=True)
    is_agent_by = agent_container(container)
    needed = needed_capability(container, item.text or "", settings)
    consequence = ": the node agent has to do without it" if is_agent_by else ""
    consequence = f", though {needed}" if needed else consequence
    return fix(
        f"Remove {item.text} from add{consequence}",
        item.remove(container.text, container.field.path),
        left_because=is_agent_by or needed,
    )


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
          add: [CHOWN, SYS_ADMIN]
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
          add: [CHOWN]
"""

AFTER_FIX = ("loss", LOST_ACCESS)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
    "#set-capabilities-for-a-container",
    "https://man7.org/linux/man-pages/man7/capabilities.7.html",
)

BENCHMARKS = ("CIS 5.2.8", "CIS 5.2.9", "NSA/CISA")

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_25", "CKV_K8S_39"),
    "Trivy": ("KSV-0022", "KSV-0005", "KSV-0120", "KSV-0119"),
    "Polaris": ("dangerousCapabilities",),
    "kubesec": ("CapSysAdmin",),
    "KICS": ("Containers With Added Capabilities", "Containers With Sys Admin Capabilities"),
    "Kubescape": ("C-0046",),
    "Kyverno": ("disallow-capabilities",),
    "Monokle": ("PSS104", "KBP100"),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "!(item in variables.allowed) && !variables.isPassedOver",
            "container.title + ' must not add capability \"' + item + '\"'",
            items="container.securityContext.?capabilities.?add.orValue([])",
        ),
    ),
    variables=(
        (
            "isPassedOver",
            'variables.profile == "restricted" && variables.minor >= 25 && variables.pod.isWindows',
        ),
    ),
    constants=lambda settings, version: {"allowed": tuple(sorted(BASELINE_CAPABILITIES))},
)
