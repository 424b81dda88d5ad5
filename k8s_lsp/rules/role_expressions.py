"""How admission control reads roles and bindings: variables in CEL that the rules about them share.

They say what `kubernetes.rbac` says of an object that the API server has decoded: what is a list of
texts there is one here. Each constant or function gives variables of an `Admission`.
"""

import json
from typing import Final

from k8s_lsp.kubernetes.rbac import (
    DISCOVERY_ROLES,
    ISSUER_ROLE,
    NAMELESS,
    PUBLIC_ROLES,
    Access,
)

Variables = tuple[tuple[str, str], ...]
"""Names with their expressions, each of which may name those before it."""

TITLE: Final[Variables] = (
    (
        "title",
        'object.kind + (object.metadata.?name.orValue("") == ""\n'
        '  ? "" : " \\"" + object.metadata.name + "\\"")',
    ),
)
"""What messages call the object: `ClusterRole "admin"`."""

_LONGEST: Final = 100
"""Of how many texts a list is at most in which those that stand twice are looked for."""


def _distinct(items: str) -> str:
    """A list without what stands in it before: CEL has no function for that in 1.30."""
    return (
        f"({items}.size() <= {_LONGEST} &&\n"
        f"      {items}.exists(each, {items}.indexOf(each) != {items}.lastIndexOf(each))\n"
        f"      ? variables.places.filter(place, place < {items}.size() &&\n"
        f"          {items}.indexOf({items}[place]) == place).map(place, {items}[place])\n"
        f"      : {items})"
    )


RULES: Final[Variables] = (
    *TITLE,
    ("places", str(list(range(_LONGEST)))),
    ("isClusterRole", 'object.kind == "ClusterRole"'),
    (
        "decoded",
        """\
has(object.aggregationRule) || object.?rules.orValue(null) == null ? []
  : object.rules.map(rule, {
    "groups": dyn(rule.?apiGroups.orValue([])),
    "resources": dyn(rule.?resources.orValue([])),
    "verbs": dyn(rule.?verbs.orValue(null) == null ? [] : rule.verbs),
    "urls": dyn(rule.?nonResourceURLs.orValue([])),
    "names": dyn(rule.?resourceNames.orValue([]))
  })""",
    ),
    (
        "written",
        f"""\
variables.decoded.map(rule, {{
  "groups": rule.groups,
  "resources": dyn({_distinct("rule.resources")}),
  "verbs": dyn({_distinct("rule.verbs")}),
  "urls": rule.urls,
  "names": rule.names
}})""",
    ),
)
"""`written`, the rules of a role: `written_rules`."""

POLICIES: Final[Variables] = (
    *RULES,
    (
        "whole",
        'variables.written.filter(rule, rule.names.size() == 0 && "*" in rule.groups &&\n'
        '  "*" in rule.resources && "*" in rule.verbs)',
    ),
    (
        "policies",
        "variables.whole.size() == 0 ? variables.written\n"
        "  : [variables.whole[0]] + variables.written.filter(rule, rule.urls.size() > 0)",
    ),
)
"""`policies`, those that add something to what the role grants: `policy_rules`."""


def given(
    name: str, *accesses: Access, extra: str = "", of: str = "variables.policies"
) -> Variables:
    """What each of the policies gives of some accesses: under a name, a list of a map for each.

    It has the `rule`, and `given`: of each access that the rule speaks of, the items of `resources`
    that match it, and the verbs. The `extra` is an expression for more of those, about `rule`; `of`
    is one for fewer policies.
    """
    literals = ",\n".join(f"  {_literal(access)}" for access in accesses)
    return (
        *POLICIES,
        (f"{name}Accesses", f"[\n{literals}\n]"),
        (
            name,
            f"""\
{of}.map(rule, {{
  "rule": dyn(rule),
  "given": dyn(variables.{name}Accesses.filter(access,
      (variables.isClusterRole || !access.isClusterScoped) &&
      ("*" in rule.groups || access.group in rule.groups) &&
      access.matching.exists(each, each in rule.resources))
    .map(access, {{
      "matching": access.matching,
      "verbs": rule.names.size() > 0 ? access.namedVerbs : access.verbs
    }})
    .filter(access, access.verbs.size() > 0){extra})
}})""",
        ),
    )


def grants(name: str, *accesses: Access) -> Variables:
    """Under a name, for each of the policies a list of what it gives by an item of `resources`."""
    return (
        *given(f"{name}Given", *accesses),
        (
            name,
            f"""\
variables.{name}Given.map(item, item.rule.resources.map(resource, {{
  "resource": dyn(resource),
  "verbs": dyn(item.rule.verbs.filter(verb, {_GIVES})),
  "isNamed": dyn(item.rule.names.size() > 0),
  "names": dyn(item.rule.names)
}}).filter(grant, grant.verbs.size() > 0))""",
        ),
    )


def powers(name: str, *accesses: Access, extra: str = "") -> Variables:
    """The same by an item of `verbs`: `PolicyRule.powers`."""
    return (
        *given(f"{name}Given", *accesses, extra=extra),
        (
            name,
            f"""\
variables.{name}Given.map(item, item.rule.verbs.map(verb, {{
  "verb": dyn(verb),
  "resources": dyn(item.rule.resources.filter(resource, {_GIVES})),
  "isNamed": dyn(item.rule.names.size() > 0),
  "names": dyn(item.rule.names)
}}).filter(power, power.resources.size() > 0))""",
        ),
    )


def single_grants(name: str, *accesses: Access, of: str = "variables.policies") -> Variables:
    """The same, all in one for each of the policies that gives something: `PolicyRule.grant`."""
    return (
        *given(f"{name}Given", *accesses, of=of),
        (
            name,
            f"""\
variables.{name}Given.filter(item, item.given.size() > 0).map(item, {{
  "verbs": dyn(item.rule.verbs.filter(verb,
    item.rule.resources.exists(resource, {_GIVES}))),
  "resources": dyn(item.rule.resources.filter(resource,
    item.rule.verbs.exists(verb, {_GIVES}))),
  "isNamed": dyn(item.rule.names.size() > 0)
}}).filter(grant, grant.verbs.size() > 0)""",
        ),
    )


def gives_any(name: str, *accesses: Access) -> Variables:
    """Under a name, whether rules give something of them on objects of any name: `grants_any`."""
    return (
        *given(f"{name}Given", *accesses),
        (
            name,
            f"""\
variables.{name}Given.exists(item, item.rule.names.size() == 0 &&
  item.rule.verbs.exists(verb, item.rule.resources.exists(resource, {_GIVES})))""",
        ),
    )


def gives_whole(name: str, access: Access) -> Variables:
    """Under a name, whether rules give every verb of one on objects of any name: `grants_whole`."""
    return (
        *given(f"{name}Given", access),
        (
            name,
            f"""\
{_json(access.verbs)}.all(wanted, variables.{name}Given.exists(item,
  item.rule.names.size() == 0 && item.given.size() > 0 &&
  ("*" in item.rule.verbs || wanted in item.rule.verbs)))""",
        ),
    )


def joined(*parts: Variables) -> Variables:
    """The variables of all parts, each once."""
    return tuple(dict.fromkeys(variable for part in parts for variable in part))


_GIVES: Final = (
    "item.given.exists(access, resource in access.matching &&\n"
    '  (verb == "*" || verb in access.verbs))'
)
"""Whether an item gives an access by one of its resources and one of its verbs."""


def _literal(access: Access) -> str:
    _, _, subresource = access.resource.partition("/")
    matching = ["*", access.resource, *([f"*/{subresource}"] if subresource else [])]
    named = [verb for verb in access.verbs if subresource or verb not in NAMELESS]
    members = {
        "group": access.group,
        "matching": matching,
        "verbs": list(access.verbs),
        "namedVerbs": named,
        "isClusterScoped": access.is_cluster_scoped,
    }
    pairs = (f"{_json(key)}: dyn({_json(each)})" for key, each in members.items())
    return f"{{{', '.join(pairs)}}}"


def _json(value: object) -> str:
    return json.dumps(value)


ADDED_SUBJECTS: Final[Variables] = (
    *TITLE,
    ("givesClusterRole", 'object.roleRef.kind == "ClusterRole"'),
    (
        "added",
        f"""\
object.?subjects.orValue([]).filter(subject, !(
  variables.givesClusterRole && subject.kind == "Group" && (
    subject.name == "system:unauthenticated" &&
      (object.roleRef.name in {_json(PUBLIC_ROLES)} ||
        variables.minor < 14 && object.roleRef.name in {_json(DISCOVERY_ROLES)}) ||
    subject.name == "system:authenticated" &&
      (object.roleRef.name in {_json(PUBLIC_ROLES)} ||
        object.roleRef.name in {_json(DISCOVERY_ROLES)}) ||
    subject.name == "system:serviceaccounts" &&
      object.roleRef.name == {_json(ISSUER_ROLE)} ||
    subject.name == "system:masters" && object.kind == "ClusterRoleBinding" &&
      object.roleRef.name == "cluster-admin"
  ) ||
  object.roleRef.kind == "Role" && object.roleRef.name == "kubeadm:bootstrap-signer-clusterinfo" &&
    subject.kind == "User" && subject.name == "system:anonymous" &&
    object.metadata[?"namespace"].orValue("") == "kube-public"
))""",
    ),
)
"""`added`, the subjects of a binding that Kubernetes itself does not bind: `added_subjects`."""
