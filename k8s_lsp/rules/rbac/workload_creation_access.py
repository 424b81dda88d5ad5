"""A role lets its subjects create or change workloads.

Who writes a pod, or anything that makes pods, has more than that: the pod may run as any
ServiceAccount of the namespace, mount every Secret, ConfigMap and volume claim in it and print
what they hold. Where Pod Security does not stop it, the pod may also be privileged and take
the node.

So this right is worth as much as the strongest ServiceAccount of the namespace. Many programs
need it all the same: operators, delivery tools, developers. That is why this is for your
information.

Grant it in namespaces that hold nothing of others, enforce Pod Security there, and look for
something narrower: who only changes the number of replicas needs deployments/scale, who only
restarts needs delete on pods.

Where the same role reads any Secret or makes new ones, nothing is said: what workloads would
open is open already, and secret-read-access and secret-write-access tell so. Where it creates
workloads, nothing is said of those that it may only change.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, grants_any, policy_rules
from k8s_lsp.kubernetes.rbac_powers import SECRET_CREATION, SECRET_READING, WORKLOAD_CREATION
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import gives_any, joined, single_grants


@rule(
    severity="information",
    subject=OBJECT,
    kinds=ROLES,
)
def workload_creation_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    policies = policy_rules(obj)
    grants = [grant for policy in policies if (grant := policy.grant(*WORKLOAD_CREATION))]
    if not grants or grants_any(policies, *SECRET_READING, *SECRET_CREATION):
        return
    creates = any(grant.creates for grant in grants)
    for grant in grants:
        if creates and not grant.creates:
            continue
        use = "use every Secret and ServiceAccount of the namespace"
        if grant.resources == ("pods",) and not grant.creates:
            # A running pod keeps its ServiceAccount and volumes, but not its images.
            use = "run images of its own in them"
        yield found(
            grant.item, f"{grant.rule.role} must not grant {grant} unless it may also {use}"
        )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: scaler
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [get, patch]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: scaler
rules:
  - apiGroups: [apps]
    resources: [deployments/scale]
    verbs: [get, patch]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
)

BENCHMARKS = ("CIS 5.1.4",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Trivy": ("KSV-0048",),
    "kube-linter": ("access-to-create-pods",),
    "KICS": ("Permissive Access to Create Pods",),
    "Kubescape": ("C-0188",),
    "Monokle": ("KBP107",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "!variables.hasSecrets && (item.creates || !variables.creates)",
            "variables.title + ' must not grant ' + item.verbs.join(', ') + ' on ' +\n"
            "    item.resources.join(', ') + ' unless it may also ' +\n"
            "    (item.resources == ['pods'] && !item.creates\n"
            "      ? 'run images of its own in them'\n"
            "      : 'use every Secret and ServiceAccount of the namespace')",
            items="variables.found",
        ),
    ),
    variables=joined(
        single_grants("grants", *WORKLOAD_CREATION),
        gives_any("hasSecrets", *SECRET_READING, *SECRET_CREATION),
        (
            (
                "found",
                """\
variables.grants.map(grant, {
  "verbs": grant.verbs,
  "resources": grant.resources,
  "creates": dyn(!grant.isNamed && ("*" in grant.verbs || "create" in grant.verbs))
})""",
            ),
            ("creates", "variables.found.exists(grant, grant.creates)"),
        ),
    ),
)
