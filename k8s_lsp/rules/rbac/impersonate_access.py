"""A role lets its subjects act as others.

With impersonate on users, groups or ServiceAccounts a request may name another identity, and
the API server then asks only for the rights of that one. On groups without resourceNames that
includes system:masters, which may do everything: the right is worth as much as cluster-admin.

It is meant for proxies and portals that sign people in themselves. An attacker who gets into
such a program is everybody at once, and in the audit log the others stand beside the real
caller only for those who look.

Name the identities with resourceNames, or, from Kubernetes 1.36 on, grant the constrained form
(impersonate:user-info and its like, with impersonate-on:… for each action); of that one this
rule only informs. What breaks are requests with Impersonate headers: `kubectl --as`, and
portals, with "cannot impersonate resource".
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, Access, PolicyRule, policy_rules
from k8s_lsp.kubernetes.rbac_powers import IMPERSONATION
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import joined, powers

_CONSTRAINED_SINCE = Version(1, 36)
"""Since when `impersonate:…` counts without a feature gate (KEP 5284)."""

_AUTHENTICATION = "authentication.k8s.io"
_FULL = ("impersonate",)
_USER_INFO = ("impersonate:user-info",)
_CONSTRAINED = (
    *(Access(_AUTHENTICATION, name, _USER_INFO, True) for name in ("users", "groups", "uids")),
    Access(_AUTHENTICATION, "serviceaccounts", ("impersonate:serviceaccount",)),
    Access(
        _AUTHENTICATION,
        "nodes",
        ("impersonate:arbitrary-node", "impersonate:associated-node"),
        is_cluster_scoped=True,
    ),
)


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def impersonate_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        for grant in policy.powers(*IMPERSONATION, *_extras(policy, _FULL)):
            yield found(
                grant.item,
                f"{policy.role} must not grant {grant}, which takes on all rights of others",
                severity=policy.severity,
            )
        if context.version < _CONSTRAINED_SINCE:
            continue
        for grant in policy.powers(*_CONSTRAINED, *_extras(policy, _USER_INFO)):
            if grant.item.string != "*":
                yield found(
                    grant.item,
                    f"{policy.role} must not grant {grant} unless it is to act as others, "
                    "as far as its impersonate-on verbs go",
                    severity="information",
                )


def _extras(policy: PolicyRule, verbs: tuple[str, ...]) -> Iterator[Access]:
    """What the rule says of extra fields of a user, whose names are subresources."""
    for item in policy.resources:
        if (item.string or "").startswith("userextras/"):
            yield Access(_AUTHENTICATION, item.string or "", verbs, is_cluster_scoped=True)


def _extra_fields(verb: str) -> str:
    """The expression for what `_extras` gives, which admission has for a rule beside the rest."""
    return (
        f" + (variables.isClusterRole && ('*' in rule.groups || '{_AUTHENTICATION}' in rule.groups)"
        "\n    ? rule.resources.filter(each, each.startsWith('userextras/')).map(each, {\n"
        "        'matching': dyn([dyn('*'), each, dyn(each.replace('userextras/', '*/'))]),\n"
        f"        'verbs': dyn(['{verb}'])\n"
        "      }) : [])"
    )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: portal
rules:
  - apiGroups: [""]
    resources: [users, groups]
    verbs: [impersonate]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: portal
rules: []
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb",
    "https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/",
)

BENCHMARKS = ("CIS 5.1.8",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV2_K8S_3",),
    "Trivy": ("KSV-0043",),
    "KICS": ("RBAC Roles with Impersonate Permission",),
    "Kubescape": ("C-0065", "C-0191"),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(power, variables.title + ' must not grant ' + power.verb + ' on ' +\n"
            "    power.resources.join(', ') +\n"
            "    ', which takes on all rights of others').join('; ')",
            items="variables.powers",
        ),
        Violation(
            "object",
            "variables.isConstrained && item.exists(power, power.verb != '*')",
            "item.filter(power, power.verb != '*').map(power,\n"
            "    variables.title + ' must not grant ' + power.verb + ' on ' +\n"
            "    power.resources.join(', ') + ' unless it is to act as others, ' +\n"
            "    'as far as its impersonate-on verbs go').join('; ')",
            items="variables.constrained",
        ),
    ),
    variables=joined(
        powers("powers", *IMPERSONATION, extra=_extra_fields(*_FULL)),
        powers("constrained", *_CONSTRAINED, extra=_extra_fields(*_USER_INFO)),
    ),
    constants=lambda settings, version: {"isConstrained": version >= _CONSTRAINED_SINCE},
)
