"""A pod has a user namespace of its own beside a namespace of its node.

Under `hostUsers: false` root in a container is an ordinary user of the node. The node's other
namespaces belong to the node's own users, so Kubernetes does not let such a pod live among the
processes, the message queues or the network interfaces of the node. The API server rejects
`hostPID` and `hostIPC` beside it, and `hostNetwork` too, unless the alpha feature gate
UserNamespacesHostNetworkSupport of Kubernetes 1.35 is on.

The fix gives up the node's namespaces and keeps the user namespace. Agents that watch the node
and network plug-ins do need the former: they have to run with the node's users, and then every
other restriction of the pod matters more.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.node_agents import node_agent
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, Related, fix, found, rule
from k8s_lsp.syntax.branches import may_exclude

_SINCE = Version(1, 25)
"""Before this version there is no hostUsers."""


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("hostUsers",),
)
def host_users_conflict(pod: Pod, context: Context) -> Iterator[Finding]:
    if context.version < _SINCE or pod.get("hostUsers").boolean is not False:
        return
    names = ("hostPID", "hostIPC", "hostNetwork")
    host_users = pod.get("hostUsers").span
    shared = [
        field
        for field in map(pod.get, names)
        if field.boolean is True and not may_exclude(pod.text, host_users, field.span)
    ]
    if not shared:
        return
    is_network_alone = [field.path[-1] for field in shared] == ["hostNetwork"]
    finding = found(
        pod.get("hostUsers"),
        f"pod must not set hostUsers to false beside {_listed(shared)}: the API server rejects "
        f"this{' by default' if is_network_alone else ''}",
        fixes=partial(_fixes, pod, shared),
    )
    related = tuple(Related(field.span, f"{field.path[-1]} is true") for field in shared)
    yield replace(finding, related=related)


def _listed(fields: list[Field]) -> str:
    names = [str(field.path[-1]) for field in fields]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _fixes(pod: Pod, shared: list[Field]) -> tuple[Fix, ...]:
    """Leave the node's namespaces, all at once. In a Windows pod hostUsers is wrong already."""
    if pod.is_windows:
        return ()
    removal = together(*(field.remove(pod.text, pod.path) for field in shared))
    if any(field.path[-1] == "hostNetwork" for field in shared):
        for policy in pod.dns_policy_of_host_network():
            both = together(removal, policy.remove(pod.text, pod.path))
            if both is not None:
                removal, shared = both, [*shared, policy]
    return fix(f"Remove {_listed(shared)}", removal, left_because=node_agent(pod))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
  hostUsers: false
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
  hostUsers: false
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = ("https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",)

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            variables.minor >= 25 && !variables.pod.spec.?hostUsers.orValue(true) &&
              variables.shared.size() > 0
            """,
            """
            'pod must not set hostUsers to false beside ' + (variables.shared.size() == 3
              ? variables.shared[0] + ', ' + variables.shared[1] + ' and ' + variables.shared[2]
              : variables.shared.join(' and ')) + ': the API server rejects this' +
              (variables.shared == ['hostNetwork'] ? ' by default' : '')
            """,
        ),
    ),
    variables=(
        (
            "shared",
            """
            ['hostPID', 'hostIPC', 'hostNetwork'].filter(name,
              name in variables.pod.spec && variables.pod.spec[name])
            """,
        ),
    ),
)
