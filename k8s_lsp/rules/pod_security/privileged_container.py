"""A container runs privileged.

A privileged container holds every capability, sees every device of its node and runs without
seccomp, AppArmor or SELinux confinement. Whoever takes the container over mounts the node's
disk and owns the node, and every pod on it.

Programs that need one privilege rarely need all: grant the single capability, mount the single
device through a device plugin, or set the one sysctl on the node. To find out what breaks, run
the container without the flag and look for "operation not permitted" in its log.

What the flag makes void is not told beside it. "Privileged containers always run as Unconfined"
(kubernetes.io, "Seccomp and Kubernetes"), whatever their profile says, the runtime gives them every
capability again that they dropped (oci.WithPrivileged of containerd), no escalation is left to
forbid, and what asks for the flag rarely goes without root. Only the profile `restricted` tells
these, as Pod Security does. That `runAsUser: 0` stands there, too, is for your information.
writable-root-filesystem speaks as anywhere: a read-only root holds even here.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.node_agents import agent_container
from k8s_lsp.kubernetes.pods import Container
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
from k8s_lsp.rules.exposed import ways_in


@rule(
    severity="error",
    subject=CONTAINER,
    requires_any_of=("privileged",),
    controls=(Control("baseline", "privileged"),),
    silences={
        "privilege-escalation-allowed": "container",
        "missing-seccomp-profile": "container",
        "capabilities-not-dropped": "container",
        "root-user-allowed": "container",
    },
)
def privileged_container(container: Container, context: Context) -> Iterator[Finding]:
    privileged = container.security("privileged")
    if privileged.boolean is True:
        told = found(
            privileged,
            f"{container} must not set securityContext.privileged to true",
            fixes=partial(_fixes, container),
        )
        yield replace(told, related=ways_in(container.pod, context))


def _fixes(container: Container) -> tuple[Fix, ...]:
    """Set it to false, and give up what only privileged containers may have.

    The API server rejects Bidirectional mount propagation elsewhere
    (validation.go, validateMountPropagation), and the field as such in a Windows pod.
    """
    mounts = [
        mount.get("mountPropagation")
        for mount in container.get("volumeMounts").items()
        if mount.get("mountPropagation").text == "Bidirectional"
    ]
    privileged = container.security("privileged")
    title = "Remove privileged" if container.pod.is_windows else "Set privileged to false"
    title += " and remove Bidirectional mount propagation" if mounts else ""
    is_agent_by = agent_container(container)
    return fix(
        f"{title}: the node agent loses the node's devices" if is_agent_by else title,
        together(
            privileged.remove(container.text, container.path)
            if container.pod.is_windows
            else privileged.set(container.text, False),
            *(mount.remove(container.text, container.path) for mount in mounts),
        ),
        left_because=is_agent_by,
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
        privileged: true
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
        privileged: false
"""

AFTER_FIX = ("loss", LOST_ACCESS)

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/reference/node/seccomp/",
)

BENCHMARKS = (
    "CIS 5.2.2",
    "NSA/CISA",
)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_16",),
    "Trivy": ("KSV-0017",),
    "kube-linter": ("privileged-container",),
    "kube-score": ("container-security-context-privileged",),
    "Polaris": ("runAsPrivileged",),
    "kubesec": ("Privileged",),
    "KICS": ("Container Is Privileged",),
    "Kubescape": ("C-0057",),
    "Kyverno": ("disallow-privileged-containers",),
    "Snyk": ("SNYK-CC-K8S-1",),
    "Monokle": ("PSS103",),
}

ADMISSION = Admission(
    (
        Violation(
            "container",
            "container.securityContext.?privileged.orValue(false)",
            'container.title + " must not set securityContext.privileged to true"',
        ),
    )
)
