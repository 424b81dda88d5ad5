"""A role grants with a wildcard.

A `*` stands for everything that exists and for everything that will exist: each new custom
resource, each subresource and each verb that Kubernetes or an add-on invents later is granted
at once, without anybody reading the role again.

How grave that is depends on what it reaches today, and the finding says so. A `*` on leases or on a
program's own resources is for your information: it only spares somebody a list. A `*` on roles
contains escalate and bind, the two verbs that lift the limits of RBAC, and ends at cluster-admin in
one step. A `*` on secrets reads them all and writes some that become tokens of other accounts; one
on customresourcedefinitions deletes every custom resource of the cluster, because they go with
their definitions. Those that reach impersonate, serviceaccounts/token, pods/exec, webhooks or
nodes/proxy make an attack easier, too. Whoever takes over a subject of such a role, often one pod
with a mounted token, needs nothing more: with `*` on `*` in all API groups it is cluster-admin
under another name, and the other rules of the role add nothing, so that nothing is said of them.

To replace it you have to know what the subject asks for. The API server's audit log tells
which verbs and resources it used, and `kubectl auth can-i --list --as=…` what it may do now.
What you forget shows up as "forbidden", with the verb, the resource and the API group.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import ROLES, PolicyRule, policy_rules
from k8s_lsp.kubernetes.rbac_powers import powers_of
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import POLICIES
from k8s_lsp.settings import Severity


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
    silences={
        "secret-read-access": "item",
        "secret-write-access": "item",
        "pod-exec-access": "item",
        "workload-creation-access": "item",
        "impersonate-access": "item",
        "rbac-escalation-access": "item",
        "csr-approval-access": "item",
        "webhook-control-access": "item",
        "node-proxy-access": "item",
        "token-creation-access": "item",
        "persistent-volume-creation-access": "item",
        "namespace-label-access": "item",
    },
)
def wildcard_rbac_rule(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for policy in policy_rules(obj):
        urls = policy.urls if policy.is_cluster_role else ()
        broad = [
            *_wildcards(policy.verbs, "verbs"),
            *_wildcards(policy.resources, "resources"),
            *_wildcards(urls, "URLs"),
        ]
        if broad:
            yield _finding(policy, broad, *_reach(policy, broad, context.version))
            continue
        # Without another wildcard, a group's `*` only adds resources of the same names.
        groups = [*_wildcards(policy.groups, "API groups")]
        if groups:
            yield _finding(policy, groups, "", "information")


def _finding(
    policy: PolicyRule, wildcards: list[tuple[Field, str]], reach: str, severity: Severity | None
) -> Finding:
    """One finding for a rule, at the first of its wildcards."""
    in_order = sorted(wildcards, key=lambda wildcard: wildcard[0].span)
    lists = " and ".join(dict.fromkeys(what for _, what in in_order))
    texts = " and ".join(dict.fromkeys(f'"{item.string}"' for item, _ in in_order))
    return found(
        in_order[0][0],
        f"{policy.role} must name the {lists} that it grants instead of {texts}{reach}",
        severity=severity,
    )


def _wildcards(items: tuple[Field, ...], what: str) -> Iterator[tuple[Field, str]]:
    """The wildcards among the items of one list of a rule, with what they stand for."""
    for item in items:
        if _is_wildcard(item.string or "", what):
            yield item, what


def _is_wildcard(text: str, what: str) -> bool:
    if what == "URLs":
        return text in ("*", "/*")
    if what == "resources" and text.startswith("*/"):
        return text != "*/*"
    return text == "*"


_NAMED = 3
"""So many powers a message names, at most: the gravest."""


def _reach(
    policy: PolicyRule, wildcards: list[tuple[Field, str]], version: Version
) -> tuple[str, Severity | None]:
    """What the wildcards of a rule reach, as the end of a message, and how grave that is."""
    powers = tuple(powers_of(policy, [item for item, _ in wildcards], version))
    grave = [power.name for power in powers if power.is_grave]
    if policy.is_cluster_role and any(url.string in ("*", "/*") for url in policy.urls):
        grave.append("/debug/pprof")
    is_grave = bool(grave) or _has_unknown(policy)
    severity = policy.severity if is_grave else "information"
    names = list(dict.fromkeys(grave or (power.name for power in powers)))
    if not names:
        return ", which takes in whatever is yet to come", severity
    *others, last = [*names[:_NAMED], *(["more"] if len(names) > _NAMED else [])]
    return f": it reaches {', '.join(others)}{' and ' * bool(others)}{last}", severity


def _has_unknown(policy: PolicyRule) -> bool:
    """Whether a template fills in some of what the rule reaches."""
    lists = (policy.field.get(name) for name in ("apiGroups", "resources", "verbs"))
    return any(field.unknown or any(item.unknown for item in field.items()) for field in lists)


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: deployer
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: ["*"]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: deployer
rules:
  - apiGroups: [apps]
    resources: [deployments]
    verbs: [get, list, watch, update, patch]
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
)

BENCHMARKS = ("CIS 5.1.3",)

WEAKNESSES = ("CWE-266",)

OTHER_TOOLS = {
    "Checkov": ("CKV_K8S_49",),
    "Trivy": ("KSV-0044", "KSV-0045", "KSV-0046", "KSV-0112"),
    "kube-linter": ("wildcard-in-rules",),
    "KICS": ("RBAC Wildcard In Rule",),
    "Kubescape": ("C-0187",),
    "Kyverno": ("restrict-wildcard-verbs", "restrict-wildcard-resources"),
}

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.urls.size() + item.resources.size() + item.verbs.size() > 0",
            # Which powers it reaches, the finding tells.
            "variables.title + ' must name the ' +\n"
            "    ((item.urls.size() > 0 ? ['URLs'] : []) +\n"
            "      (item.resources.size() > 0 ? ['resources'] : []) +\n"
            "      (item.verbs.size() > 0 ? ['verbs'] : [])).join(' and ') +\n"
            "    ' that it grants instead of ' + (item.urls +\n"
            "      item.resources.filter(each, !(each in item.urls)) +\n"
            "      item.verbs.filter(each, !(each in item.urls) && !(each in item.resources))"
            ").map(each, '\"' + each + '\"').join(' and ')",
            items="variables.wildcards",
        ),
        Violation(
            "object",
            "item.urls.size() + item.resources.size() + item.verbs.size() == 0 &&\n"
            "    '*' in item.groups",
            "variables.title + ' must name the API groups that it grants instead of \"*\"'",
            items="variables.wildcards",
        ),
    ),
    variables=(
        *POLICIES,
        (
            "wildcards",
            """\
variables.policies.map(rule, {
  "urls": dyn(rule.urls.filter(each, variables.isClusterRole && each in ["*", "/*"])),
  "resources": dyn(rule.resources.filter(each,
    each == "*" || each.startsWith("*/") && each != "*/*")),
  "verbs": dyn(rule.verbs.filter(each, each == "*")),
  "groups": dyn(rule.groups)
})""",
        ),
    ),
)
