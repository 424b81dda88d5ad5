"""A role has an item that grants nothing.

The authorizer compares texts. Of resources it knows `*`, an exact name, and `*/subresource`;
`pods/*` is none of these and never matches. The verbs bind and escalate are asked for on roles
and clusterroles, never on bindings. A request to create, or to delete a whole collection, carries
no name, so a rule with resourceNames never matches it. API groups carry no version, and the one of
pods and Secrets has no name (`""`, not `v1` or `core`). Paths begin with a slash. And what belongs
to no namespace, such as nodes, cannot be granted by a Role.

That is no hole. It misleads: whoever reads the role believes that somebody may do more than
they may, and when the missing right shows up as "forbidden" the next attempt is often a
wildcard.

Write out the subresources that are meant, or move the item to a ClusterRole. Give create a rule of
its own, without resourceNames; only a server-side apply, which is authorised as a patch first,
names what it creates. Paths such as /healthz (nonResourceURLs) can stand in a ClusterRole only: the
API server rejects a Role that has them.
"""

from collections.abc import Iterator

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import (
    CLUSTER_SCOPED,
    GROUP,
    NAMELESS,
    ROLES,
    PolicyRule,
    is_cluster_scoped,
    written_rules,
)
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, rule
from k8s_lsp.rules.role_expressions import RULES

_ROLES = frozenset(("*", "roles", "clusterroles"))
_BINDINGS = frozenset(("rolebindings", "clusterrolebindings"))


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=ROLES,
)
def ineffective_rbac_rule(obj: KubeObject, context: Context) -> Iterator[Finding]:
    role = written_rules(obj)
    for policy in role:
        yield from _misread_groups(policy)
        yield from _relative_paths(policy)
        yield from _subresource_wildcards(policy)
        yield from _verbs_for_bindings(policy)
        yield from _nameless_verbs(policy, role)
        if not policy.is_cluster_role:
            yield from _beyond_a_namespace(policy)


def _misread_groups(policy: PolicyRule) -> Iterator[Finding]:
    for item in policy.groups:
        text = item.string or ""
        group, is_qualified, _ = text.partition("/")
        is_version = text.startswith("v") and text[1:2].isdigit() and "." not in text
        if is_qualified or is_version or text == "core":
            meant = group if is_qualified and group != "core" else ""
            yield found(
                item,
                f'{policy.role} must list the API group "{meant}" instead of "{text}", '
                "which matches nothing",
            )


def _relative_paths(policy: PolicyRule) -> Iterator[Finding]:
    for item in policy.urls if policy.is_cluster_role else ():
        if not (item.string or "").startswith(("/", "*")):
            yield found(
                item,
                f'{policy.role} must begin "{item.string}" with a slash: as it is, it matches '
                "nothing",
            )


def _subresource_wildcards(policy: PolicyRule) -> Iterator[Finding]:
    for item in policy.resources:
        if (item.string or "").endswith("/*"):
            yield found(
                item,
                f'{policy.role} must not list "{item.string}", which matches nothing: '
                "name the subresources",
            )


def _verbs_for_bindings(policy: PolicyRule) -> Iterator[Finding]:
    resources = {item.string for item in policy.resources}
    if not resources or resources - _BINDINGS or {item.string for item in policy.groups} != {GROUP}:
        return
    for item in policy.verbs:
        if item.string in ("bind", "escalate"):
            yield found(
                item,
                f"{policy.role} must not list {item.string} for bindings, where it grants nothing: "
                "it is asked for on roles and clusterroles",
            )


def _nameless_verbs(policy: PolicyRule, role: tuple[PolicyRule, ...]) -> Iterator[Finding]:
    resources, verbs = policy.words.resources, policy.words.verbs
    if not policy.is_named or verbs.isdisjoint(NAMELESS):
        return
    # A request on a subresource carries a name, and the wildcard stands for subresources too.
    if not resources or any("/" in resource or resource == "*" for resource in resources):
        return
    for item in policy.verbs:
        if item.string == "create" and any(_patches(other, resources) for other in role):
            # What is to be applied and is missing needs create under its name:
            # apiserver, endpoints/handlers/patch.go, PatchResource.
            yield found(
                item,
                f"{policy.role} must not list create beside resourceNames unless it is for "
                "server-side apply alone: a POST carries no name, so it is refused",
                severity="information",
            )
        elif item.string in NAMELESS:
            yield found(
                item,
                f"{policy.role} must not list {item.string} beside resourceNames: "
                "the request carries no name, so it is refused",
            )


def _patches(policy: PolicyRule, resources: frozenset[str]) -> bool:
    patched, verbs = policy.words.resources, policy.words.verbs
    return not verbs.isdisjoint(("patch", "*")) and not patched.isdisjoint((*resources, "*"))


def _beyond_a_namespace(policy: PolicyRule) -> Iterator[Finding]:
    if policy.urls:
        # ValidateRole, pkg/apis/rbac/validation/validation.go
        yield found(
            policy.field.get("nonResourceURLs"),
            f"{policy.role} must leave nonResourceURLs to a ClusterRole: "
            "the API server rejects them in a Role",
            at="key",
        )
    groups = [item.string or "" for item in policy.groups]
    # Other groups may have resources of the same name: the nodes of longhorn.io have a namespace.
    if any(group == "*" or ("." in group and not group.endswith(".k8s.io")) for group in groups):
        return
    verbs = {item.string for item in policy.verbs}
    for item in policy.resources:
        resource = item.string or ""
        # To bind a ClusterRole within a namespace, `bind` is needed there only.
        if resource == "clusterroles" and verbs & {"bind", "*"}:
            continue
        if any(is_cluster_scoped(group, resource) for group in groups):
            yield found(
                item,
                f"{policy.role} must leave {resource} to a ClusterRole: "
                "they belong to no namespace, so a Role grants nothing on them",
                severity="information",
            )


BAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: log-reader
rules:
  - apiGroups: [""]
    resources: [pods, pods/*]
    verbs: [get]
"""

GOOD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: log-reader
rules:
  - apiGroups: [""]
    resources: [pods, pods/log]
    verbs: [get]
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole",
)

ADMISSION = Admission(
    (
        Violation(
            "object",
            "item.size() > 0",
            "item.map(each, variables.title + ' must list the API group \"' +\n"
            "    (each.contains('/') && each.split('/')[0] != 'core' ? each.split('/')[0] : '') +\n"
            "    '\" instead of \"' + each + '\", which matches nothing').join('; ')",
            items="variables.misread",
        ),
        Violation(
            "object",
            "variables.isClusterRole &&\n"
            "    !item.urls.all(each, each.startsWith('/') || each.startsWith('*'))",
            "item.urls.filter(each, !each.startsWith('/') && !each.startsWith('*')).map(each,\n"
            "    variables.title + ' must begin \"' + each + '\" with a slash: as it is, "
            "it matches nothing').join('; ')",
            items="variables.written",
        ),
        Violation(
            "object",
            "item.resources.exists(each, each.endsWith('/*'))",
            "item.resources.filter(each, each.endsWith('/*')).map(each,\n"
            "    variables.title + ' must not list \"' + each + '\", which matches nothing: "
            "name the subresources').join('; ')",
            items="variables.written",
        ),
        Violation(
            "object",
            "item.resources.size() > 0 && item.groups.size() > 0 &&\n"
            "    item.resources.all(each, each in variables.bindings) &&\n"
            "    item.groups.all(each, each == variables.group) &&\n"
            "    item.verbs.exists(each, each in ['bind', 'escalate'])",
            "item.verbs.filter(each, each in ['bind', 'escalate']).map(each,\n"
            "    variables.title + ' must not list ' + each + ' for bindings, where it grants "
            "nothing: it is asked for on roles and clusterroles').join('; ')",
            items="variables.written",
        ),
        Violation(
            "object",
            "item.names.size() > 0 && item.resources.size() > 0 &&\n"
            "    !item.resources.exists(each, each.contains('/') || each == '*') &&\n"
            "    item.verbs.exists(each, each in variables.nameless)",
            "item.verbs.filter(each, each in variables.nameless).map(each, variables.title +\n"
            "    (each == 'create' && variables.written.exists(other,\n"
            "      other.verbs.exists(verb, verb in ['patch', '*']) &&\n"
            "      other.resources.exists(patched, patched == '*' || patched in item.resources))\n"
            "      ? ' must not list create beside resourceNames unless it is for server-side ' +\n"
            "        'apply alone: a POST carries no name, so it is refused'\n"
            "      : ' must not list ' + each + ' beside resourceNames: ' +\n"
            "        'the request carries no name, so it is refused')).join('; ')",
            items="variables.written",
        ),
        Violation(
            "object",
            "!variables.isClusterRole && item.urls.size() > 0",
            "variables.title + ' must leave nonResourceURLs to a ClusterRole: the API server ' +\n"
            "    'rejects them in a Role'",
            items="variables.written",
        ),
        Violation(
            "object",
            "item.size() > 0",
            "item.map(each, variables.title + ' must leave ' + each + ' to a ClusterRole: they "
            "belong to no namespace, so a Role grants nothing on them').join('; ')",
            items="variables.beyond",
        ),
    ),
    variables=(
        *RULES,
        (
            "misread",
            """\
variables.written.map(rule, rule.groups.filter(each, each.contains("/") || each == "core" ||
  each.matches("^v[0-9]") && !each.contains(".")))""",
        ),
        (
            "beyond",
            """\
variables.isClusterRole ? [] : variables.written.map(rule,
  rule.groups.exists(group, group == "*" || group.contains(".") && !group.endsWith(".k8s.io"))
    ? [] : rule.resources.filter(resource,
      !(resource == "clusterroles" && ("bind" in rule.verbs || "*" in rule.verbs)) &&
      rule.groups.exists(group,
        group + "/" + resource.split("/")[0] in variables.clusterScoped)))""",
        ),
    ),
    constants=lambda settings, version: {
        "bindings": tuple(sorted(_BINDINGS)),
        "nameless": tuple(sorted(NAMELESS)),
        "group": GROUP,
        "clusterScoped": CLUSTER_SCOPED,
    },
)
