"""A Windows container runs as a process of its node.

A HostProcess container is no container: its processes run on the node, see its files, network and
services, and as SYSTEM may do whatever it may. For Windows
this is what privileged is for Linux.

It is meant for agents that administer the node: network and storage plug-ins, log shippers,
updates. All containers of a pod are of this kind or none is, so the fix removes the field
everywhere at once. The API server allows it in the network of the node alone, which is therefore
not reported beside it. Afterwards the program sees only its own file system, and the user has to
exist inside of the container; the pod no longer has to be in the node's network.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.node_agents import node_agent
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Control, Finding, Fix, fix, found, rule


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("windowsOptions",),
    controls=(Control("baseline", "windowsHostProcess"),),
    silences={"host-network": "object"},
)
def windows_host_process(pod: Pod, context: Context) -> Iterator[Finding]:
    for owner, security in security_contexts(pod):
        enabled = security.get("windowsOptions", "hostProcess")
        if enabled.boolean is True:
            yield found(
                enabled,
                f"{owner} must not set securityContext.windowsOptions.hostProcess to true",
                fixes=partial(_fixes, pod),
                affected=_inheriting(pod) if isinstance(owner, Pod) else (),
            )


def _inheriting(pod: Pod) -> Iterator[Container]:
    """The containers without a value of their own: of windowsOptions each key is inherited."""
    for container in pod.containers:
        if not container.security("windowsOptions", "hostProcess").present:
            yield container


def _fixes(pod: Pod) -> tuple[Fix, ...]:
    """Remove it from the pod and from all containers.

    The API server rejects pods in which only some containers are HostProcess containers
    (validation.go, validateWindowsHostProcessPod).
    """
    removals = []
    for owner, security in security_contexts(pod):
        enabled = security.get("windowsOptions", "hostProcess")
        if enabled.boolean:
            stop = owner.spec.path if isinstance(owner, Pod) else owner.field.path
            removals.append(enabled.remove(pod.text, stop))
    places = "" if len(removals) == 1 else " everywhere in the pod"
    is_agent_by = node_agent(pod)
    consequence = ": the node agent no longer runs on the node" if is_agent_by else ""
    return fix(
        f"Remove hostProcess{places}{consequence}", together(*removals), left_because=is_agent_by
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostNetwork: true
  os:
    name: windows
  securityContext:
    windowsOptions:
      hostProcess: true
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
  hostNetwork: true
  os:
    name: windows
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
)

BENCHMARKS = ("CIS 5.2.11",)

WEAKNESSES = ("CWE-250",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0103",),
    "Polaris": ("hostProcess",),
    "Kyverno": ("disallow-host-process",),
    "Monokle": ("PSS101",),
}

ADMISSION = Admission(
    (
        Violation(
            "owner",
            "owner.securityContext.?windowsOptions.?hostProcess.orValue(false)",
            "owner.title + ' must not set securityContext.windowsOptions.hostProcess to true'",
        ),
    )
)
