"""A role lets its subjects into running pods.

With pods/exec or pods/attach one works in a container as the program itself: with its files,
its mounted Secrets, its ServiceAccount token and its place in the network. Port forwarding
reaches what a program offers on localhost only, where it asks for no password. An ephemeral
container comes with an image of one's own choice.

For whoever holds such a right every pod in reach is a next step, and what happens in the shell
is in no log of Kubernetes. Before Kubernetes 1.35 get alone was enough for exec, attach and
port forwarding, because a WebSocket begins as a GET; from 1.35 on create is needed.

What breaks is `kubectl exec`, `attach`, `port-forward` and `debug`, and programs that use
them: backup tools that call a dump in the database's pod, some continuous integration. Keep
the right for people in an emergency, for a limited time, in the namespaces that are theirs.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, policy_rules
from k8s_lsp.kubernetes.rbac_powers import POD_ENTRY, POD_ENTRY_BY_GET, POD_ENTRY_BY_GET_ENDS
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import grants, joined

_EFFECTS = {
    "exec": "which runs commands in the containers of others",
    "attach": "which reads and feeds the processes of others",
    "portforward": "which reaches every port of a pod, those on localhost too",
    "ephemeralcontainers": "which puts a container into the running pods of others",
}


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def pod_exec_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    by_get = POD_ENTRY_BY_GET if context.version < POD_ENTRY_BY_GET_ENDS else ()
    for policy in policy_rules(obj):
        for grant in policy.grants(*POD_ENTRY, *by_get):
            subresource = (grant.item.string or "").partition("/")[2]
            effect = _EFFECTS.get(subresource, "which leads into the running pods of others")
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, {effect}",
                severity=policy.severity,
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: support
rules:
  - apiGroups: [""]
    resources: [pods/log, pods/exec]
    verbs: [get, create]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: support
rules:
  - apiGroups: [""]
    resources: [pods/log]
    verbs: [get]
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
    "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV2_K8S_2",),
    "Trivy": ("KSV-0053", "KSV-0054"),
    "Polaris": (
        "rolePodExecAttach",
        "clusterrolePodExecAttach",
        "clusterrolebindingPodExecAttach",
        "rolebindingClusterRolePodExecAttach",
        "rolebindingRolePodExecAttach",
    ),
    "KICS": (
        "RBAC Roles with Exec Permission",
        "RBAC Roles with Attach Permission",
        "RBAC Roles with Port-Forwarding Permission",
    ),
    "Kubescape": ("C-0002", "C-0063"),
    "Monokle": ("KBP108",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(grant, variables.title + ' must not grant ' + grant.verbs.join(', ') +\n"
            "    ' on ' + grant.resource + ', ' +\n"
            "    variables.effects[?grant.resource.replace('*/', 'pods/').replace('pods/', '')]"
            ".orValue('which leads into the running pods of others')).join('; ')",
            items="variables.grants",
        ),
    ),
    variables=joined(
        grants("today", *POD_ENTRY),
        grants("withGet", *POD_ENTRY, *POD_ENTRY_BY_GET),
        (("grants", "variables.isByGet ? variables.withGet : variables.today"),),
    ),
    constants=lambda settings, version: {
        "effects": _EFFECTS,
        "isByGet": version < POD_ENTRY_BY_GET_ENDS,
    },
)
