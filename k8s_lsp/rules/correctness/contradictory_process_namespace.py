"""A pod asks for a process namespace of its own and for that of its node.

With `shareProcessNamespace` the containers of a pod see each other's processes. With `hostPID`
they see all the processes of the node. A pod can be in one of the two only, and the API server
rejects it when both are true.

The fix takes away `hostPID`, because that is the far larger opening, and a debugger or a helper
that looks at its neighbours in the pod does not need it. An agent that watches the whole node
does: there, `shareProcessNamespace` is the line to delete, and it loses nothing by it.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.node_agents import node_agent
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import POD, Context, Finding, Fix, Related, fix, found, rule
from k8s_lsp.syntax.branches import may_exclude


@rule(
    severity="error",
    subject=POD,
    requires_any_of=("shareProcessNamespace",),
    silences={"shared-process-namespace": "token"},
)
def contradictory_process_namespace(pod: Pod, context: Context) -> Iterator[Finding]:
    shared, of_node = pod.get("shareProcessNamespace"), pod.get("hostPID")
    if shared.boolean is True and of_node.boolean is True:
        if may_exclude(pod.text, shared.span, of_node.span):
            return
        finding = found(
            shared,
            "pod must not set shareProcessNamespace to true beside hostPID: "
            "the API server rejects this",
            fixes=partial(_fixes, pod),
        )
        yield replace(finding, related=(Related(of_node.span, "hostPID is true"),))


def _fixes(pod: Pod) -> Iterator[Fix]:
    """Leave one of the two; both are less than what was asked for."""
    yield from fix(
        "Remove hostPID",
        pod.get("hostPID").remove(pod.text, pod.path),
        left_because=node_agent(pod),
    )
    shared = pod.get("shareProcessNamespace")
    yield from fix(
        "Remove shareProcessNamespace", shared.remove(pod.text, pod.path), preferred=False
    )


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
  shareProcessNamespace: true
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
  shareProcessNamespace: true
  containers:
    - name: app
      image: example.com/app:1.4.2
"""

REFERENCES = ("https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/",)

ADMISSION = Admission(
    (
        Violation(
            "pod",
            """
            variables.pod.spec.?shareProcessNamespace.orValue(false) &&
              variables.pod.spec.?hostPID.orValue(false)
            """,
            """
            'pod must not set shareProcessNamespace to true beside hostPID: ' +
              'the API server rejects this'
            """,
        ),
    )
)
