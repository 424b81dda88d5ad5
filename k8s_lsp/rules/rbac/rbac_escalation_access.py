"""A role lets its subjects give away rights that they do not have.

Normally nobody can put more into a role, or bind a role with more in it, than they may do
themselves. The verbs escalate and bind switch that check off. Together with the right to write
roles or bindings they end at cluster-admin in one step.

Writing roles or bindings without these verbs is for your information only: it cannot add
rights, but it spreads those that are there, and stays when the account that did it is gone.

Some operators need bind or escalate because they create roles for what they install. Narrow
it with resourceNames to the roles in question; of a bind that names roles of your own nothing is
said. What breaks otherwise is the creation of the role or binding, with "attempting to grant RBAC
permissions not currently held".
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, PolicyRule, policy_rules
from k8s_lsp.kubernetes.rbac_powers import BINDING, ESCALATION, ROLE_WRITING
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import joined, powers, single_grants

_EFFECTS = {
    "escalate": "which writes rights into roles that the subject does not have",
    "bind": "which hands out roles whose rights the subject does not have",
}


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def rbac_escalation_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        escalation = tuple(policy.powers(*ESCALATION, *BINDING))
        for grant in escalation:
            is_bind = grant.item.string == "bind"
            is_grave = is_bind and _names_grave(policy)
            if is_bind and policy.is_named and not is_grave:
                continue
            effect = _EFFECTS.get(grant.item.string or "", "which lifts all limits of RBAC")
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, {effect}",
                severity=None if is_grave else policy.severity,
            )
        writing = None if escalation else policy.grant(*ROLE_WRITING)
        if writing is not None:
            yield found(
                writing.item,
                f"{policy.role} must not grant {writing} unless it is to hand its rights on to "
                "others",
                severity="information",
            )


_GRAVE = frozenset(("cluster-admin", "admin", "edit"))
"""Roles of Kubernetes (bootstrappolicy/policy.go) that nobody hands out by the way."""


def _names_grave(policy: PolicyRule) -> bool:
    """Whether a rule names roles of Kubernetes itself among those that may be bound."""
    names = (item.string or "" for item in policy.field.get("resourceNames").items())
    return any(name in _GRAVE or name.startswith("system:") for name in names)


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: tenant-admin
rules:
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    verbs: [get, bind]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: tenant-admin
rules:
  - apiGroups: [rbac.authorization.k8s.io]
    resources: [clusterroles]
    verbs: [get]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
)

BENCHMARKS = ("CIS 5.1.8",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_157", "CKV_K8S_158"),
    "Trivy": ("KSV-0050", "KSV-0051", "KSV-0052"),
    "KICS": ("RBAC Roles Allow Privilege Escalation",),
    "Kubescape": ("C-0191",),
    "Kyverno": ("restrict-escalation-verbs-roles",),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.exists(power, !power.isPassedOver)",
            "item.filter(power, !power.isPassedOver).map(power,\n"
            "    variables.title + ' must not grant ' + power.verb + ' on ' +\n"
            "    power.resources.join(', ') + ', ' +\n"
            "    variables.effects[?power.verb].orValue('which lifts all limits of RBAC')"
            ").join('; ')",
            items="variables.chosen",
        ),
        Violation(
            "object",
            "true",
            "variables.title + ' must not grant ' + item.verbs.join(', ') + ' on ' +\n"
            "    item.resources.join(', ') +\n"
            "    ' unless it is to hand its rights on to others'",
            items="variables.writing",
        ),
    ),
    variables=joined(
        powers("powers", *ESCALATION, *BINDING),
        (
            (
                "chosen",
                """\
variables.powers.map(item, item.map(power, {
  "verb": power.verb,
  "resources": power.resources,
  "isPassedOver": dyn(power.verb == "bind" && power.isNamed &&
    !power.names.exists(name, name in variables.grave || name.startsWith("system:")))
}))""",
            ),
            (
                "others",
                "variables.powersGiven.filter(item, "
                "!item.rule.verbs.exists(verb, verb in ['*', 'escalate', 'bind'] &&\n"
                "  item.given.exists(access, verb == '*' || verb in access.verbs)))"
                ".map(item, item.rule)",
            ),
        ),
        single_grants("writing", *ROLE_WRITING, of="variables.others"),
    ),
    constants=lambda settings, version: {"effects": _EFFECTS, "grave": tuple(sorted(_GRAVE))},
)
