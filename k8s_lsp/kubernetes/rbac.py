"""Roles and their bindings, as the authorizer reads them.

Source: kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go (which rule matches a request) and
pkg/registry/rbac/validation/rule.go (which subject a binding applies to).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject, cached_per_object
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.syntax.nodes import Sequence

GROUP = "rbac.authorization.k8s.io"

ROLES = frozenset({"Role", "ClusterRole"})
BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})

READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch")

NAMELESS = frozenset(("create", "deletecollection"))
"""The verbs of requests that carry no name, so that a rule with `resourceNames` does not match."""


class Access(NamedTuple):
    """Some verbs on a resource of one API group, the way a request asks for them.

    `resource` has its subresource: `pods/exec`. What is cluster-scoped can be granted by a
    ClusterRole alone: in a Role it matches no request.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    is_cluster_scoped: bool = False


class RuleWords(NamedTuple):
    """What one item of a role's `rules` says: the texts in its lists.

    One that `is_named` speaks of single objects only. `is_of_cluster` says that what is
    cluster-scoped can be granted with it.
    """

    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]
    is_named: bool
    is_of_cluster: bool

    def given(self, *accesses: Access) -> Iterator[tuple[str, str]]:
        """The texts in `verbs` and in `resources` that give something of the accesses together."""
        for access in accesses:
            if access.is_cluster_scoped and not self.is_of_cluster:
                continue
            if not self._speak_of(access):
                continue
            asked = self._possible(access)
            for verb in (*asked, "*") if asked else ():
                if verb in self.verbs:
                    for resource in _matching(access.resource):
                        if resource in self.resources:
                            yield verb, resource

    def _speak_of(self, access: Access) -> bool:
        """Whether the words may be about an access: those of most rules are not."""
        return (
            not self.groups.isdisjoint(("*", access.group))
            and not self.resources.isdisjoint(_matching(access.resource))
            and not self.verbs.isdisjoint(("*", *access.verbs))
        )

    def _possible(self, access: Access) -> tuple[str, ...]:
        """The verbs of an access that the rule's names do not exclude.

        A request on a subresource names its object even when it creates something.
        """
        if not self.is_named or "/" in access.resource:
            return access.verbs
        return tuple(verb for verb in access.verbs if verb not in NAMELESS)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyRule:
    """One item of the `rules` of a Role or ClusterRole; its lists hold what the text tells.

    `words` are the texts in `groups`, in `resources` and in `verbs`.
    """

    field: Field
    role: str
    is_cluster_role: bool
    groups: tuple[Field, ...]
    resources: tuple[Field, ...]
    verbs: tuple[Field, ...]
    urls: tuple[Field, ...]
    words: RuleWords

    @property
    def severity(self) -> Literal["information"] | None:
        """That of a finding about the rule, where `resourceNames` make it less grave."""
        return "information" if self.is_named else None

    @property
    def is_named(self) -> bool:
        """Whether the rule speaks of single objects only."""
        return self.words.is_named

    @property
    def is_narrow(self) -> bool:
        """Whether the rule speaks of single objects of one namespace: nothing is narrower."""
        return not self.is_cluster_role and self.is_named

    @property
    def grants_everything(self) -> bool:
        """Whether the rule gives every verb on all objects of every API group."""
        groups, resources, verbs, is_named, _ = self.words
        return not is_named and "*" in groups and "*" in resources and "*" in verbs

    def grant(self, *accesses: Access) -> "Grant | None":
        """What the rule gives of some accesses, all in one, at the first item that does so."""
        grants = tuple(self.grants(*accesses))
        if not grants:
            return None
        verbs = {verb for grant in grants for verb in grant.verbs}
        resources = dict.fromkeys(name for grant in grants for name in grant.resources)
        return Grant(self, grants[0].item, _sorted(verbs, _places(self.verbs)), tuple(resources))

    def grants(self, *accesses: Access) -> "Iterator[Grant]":
        """What the rule gives of some accesses, one grant for each item of `resources`."""
        verbs_on = _grouped((resource, verb) for verb, resource in self.words.given(*accesses))
        places = _places(self.verbs) if verbs_on else {}
        for item in self.resources if verbs_on else ():
            text = item.string or ""
            if text in verbs_on:
                yield Grant(self, item, _sorted(verbs_on[text], places), (text,))

    def powers(self, *accesses: Access) -> "Iterator[Grant]":
        """The same, one grant for each item of `verbs`: for verbs that say it all themselves."""
        resources_of = _grouped(self.words.given(*accesses))
        places = _places(self.resources) if resources_of else {}
        for item in self.verbs if resources_of else ():
            text = item.string or ""
            if text in resources_of:
                yield Grant(self, item, (text,), _sorted(resources_of[text], places))


class Grant(NamedTuple):
    """What a rule gives, and the item of it that says so best."""

    rule: PolicyRule
    item: Field
    verbs: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def creates(self) -> bool:
        """Whether new objects can be made: with names, a rule matches no such request."""
        return not self.rule.is_named and not {"*", "create"}.isdisjoint(self.verbs)

    def __str__(self) -> str:
        return f"{', '.join(self.verbs)} on {', '.join(self.resources)}"


@cached_per_object
def policy_rules(obj: KubeObject) -> tuple[PolicyRule, ...]:
    """The rules of a role that add something to what it grants.

    Where one grants everything on everything, others beside it add nothing, whatever they name, but
    for URLs. A custom resource may hold the rules of several roles.
    """
    rules = written_rules(obj)
    whole = next((rule for rule in rules if rule.grants_everything), None)
    if whole is None or obj.policy_fields:
        return rules
    return tuple(rule for rule in rules if rule is whole or rule.urls)


@cached_per_object
def written_rules(obj: KubeObject) -> tuple[PolicyRule, ...]:
    """The rules of a Role or ClusterRole, and those that a custom resource has for some.

    With an `aggregationRule` the controller overwrites them, so they are not the object's own.
    The answer is kept, because a dozen rules ask about the same object, one after the other.
    """
    if obj.policy_fields:
        return tuple(_policy_rule(obj, field) for field in obj.policy_fields)
    if obj.group != GROUP or obj.kind not in ROLES:
        return ()
    aggregation = obj.get("aggregationRule")
    if aggregation.present or aggregation.unknown:
        return ()
    return tuple(_policy_rule(obj, field) for field in obj.get("rules").items())


def grants_any(policies: Iterable[PolicyRule], *accesses: Access) -> bool:
    """Whether rules give something of some accesses, on objects of any name."""
    return any(not policy.is_named and any(policy.grants(*accesses)) for policy in policies)


def grants_whole(policies: Iterable[PolicyRule], access: Access) -> bool:
    """Whether rules give every verb of an access together, on objects of any name."""
    given = {
        verb
        for policy in policies
        if not policy.is_named
        for grant in policy.grants(access)
        for verb in grant.verbs
    }
    return "*" in given or given.issuperset(access.verbs)


def _policy_rule(obj: KubeObject, field: Field) -> PolicyRule:
    groups, resources, verbs, urls = (
        tuple(item for item in field.get(name).items() if item.string is not None)
        for name in ("apiGroups", "resources", "verbs", "nonResourceURLs")
    )
    # Of a custom resource it is not known which it makes: there nothing is ineffective.
    is_cluster_role = obj.kind == "ClusterRole" or bool(obj.policy_fields)
    words = RuleWords(
        _words(groups), _words(resources), _words(verbs), _is_named(field), is_cluster_role
    )
    return PolicyRule(field, _title(obj), is_cluster_role, groups, resources, verbs, urls, words)


def _is_named(rule: Field) -> bool:
    """Whether `resourceNames` restrict a rule; an empty list restricts nothing."""
    names = rule.get("resourceNames")
    return names.present and not (isinstance(names.node, Sequence) and not names.node.items)


def _words(items: tuple[Field, ...]) -> frozenset[str]:
    return frozenset(item.string or "" for item in items)


def _matching(resource: str) -> tuple[str, ...]:
    """The items of `resources` that match: everything, the exact text, and `*/subresource`.

    So `pods` does not match `pods/exec`, and `pods/*` matches nothing at all.
    """
    _, _, subresource = resource.partition("/")
    return ("*", resource, f"*/{subresource}") if subresource else ("*", resource)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The second texts of the pairs, by the first."""
    found: dict[str, set[str]] = {}
    for first, second in pairs:
        found.setdefault(first, set()).add(second)
    return found


def _places(items: tuple[Field, ...]) -> dict[str, int]:
    """Where each text of a list stands in it for the first time."""
    return {item.string or "": place for place, item in reversed(tuple(enumerate(items)))}


def _sorted(texts: Iterable[str], places: dict[str, int]) -> tuple[str, ...]:
    """The texts in the order of the list that they stand in."""
    return tuple(sorted(texts, key=places.__getitem__))


def _title(obj: KubeObject) -> str:
    return f'{obj.kind} "{obj.name}"' if obj.name else obj.kind


# Bindings.


class Subject(NamedTuple):
    """Whom a binding gives its role to; `field` is that of the name.

    `namespace` is that of a ServiceAccount, empty where the text does not tell it.
    """

    kind: str
    name: str
    field: Field
    namespace: str = ""

    @property
    def account(self) -> "Account | None":
        """The ServiceAccount that it is, by its own name or by the user name of its tokens.

        A group of accounts is none of them: what all accounts of a namespace may do says nothing
        about one. Source: apiserver, pkg/authentication/serviceaccount/util.go, SplitUsername.
        """
        if self.kind == "ServiceAccount":
            return Account(self.namespace, self.name)
        parts = self.name.split(":") if self.kind == "User" else []
        if len(parts) != 4 or parts[:2] != ["system", "serviceaccount"]:
            return None
        return Account(parts[2], parts[3])


class Account(NamedTuple):
    """A ServiceAccount, by its namespace and its name."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A RoleBinding or ClusterRoleBinding."""

    title: str
    namespace: str | None
    is_cluster_binding: bool
    role_kind: Field
    role_name: Field
    subjects: tuple[Subject, ...]

    def gives(self, kind: str, *names: str) -> bool:
        """Whether the role is one of this kind with one of these names."""
        return self.role_kind.string == kind and self.role_name.string in names

    def is_default(self, subject: Subject, version: Version) -> bool:
        """Whether the role is what Kubernetes itself gives to the subject, or documents for it.

        So it may be where the role is not written yet.
        """
        is_default = _DEFAULTS.get((subject.kind, subject.name))
        if is_default is None:
            return False
        return not self.role_name.present or is_default(self, version)


@cached_per_object
def binding_of(obj: KubeObject) -> Binding | None:
    """The binding that an object is, if it is one; the answer is kept, as several rules ask."""
    if obj.group != GROUP or obj.kind not in BINDINGS:
        return None
    return Binding(
        _title(obj),
        obj.namespace,
        obj.kind == "ClusterRoleBinding",
        obj.get("roleRef", "kind"),
        obj.get("roleRef", "name"),
        tuple(_subjects(obj)),
    )


def added_subjects(obj: KubeObject, version: Version) -> Iterator[tuple[Binding, Subject]]:
    """The subjects of a binding, but for those that Kubernetes itself binds to the role."""
    binding = binding_of(obj)
    if binding is not None:
        for subject in binding.subjects:
            if not binding.is_default(subject, version):
                yield binding, subject


def _subjects(obj: KubeObject) -> Iterator[Subject]:
    """Whom a binding names.

    Without a namespace, an account is one of the RoleBinding's own (rule.go, appliesToUser). In a
    ClusterRoleBinding the API server asks for one, which tools fill in, as Kustomize does.
    """
    own = (obj.namespace or "") if obj.kind == "RoleBinding" else ""
    for item in obj.get("subjects").items():
        kind, name = item.get("kind").string, item.get("name")
        if kind is not None and name.string is not None:
            yield Subject(kind, name.string, name, item.get("namespace").string or own)


ISSUER_ROLE = "system:service-account-issuer-discovery"
PUBLIC_ROLES = ("system:public-info-viewer", ISSUER_ROLE)
DISCOVERY_ROLES = ("system:discovery", "system:basic-user")

_UNAUTHENTICATED_DISCOVERY_ENDS = Version(1, 14)


def _default_of_everybody(binding: Binding, version: Version) -> bool:
    if version < _UNAUTHENTICATED_DISCOVERY_ENDS and binding.gives("ClusterRole", *DISCOVERY_ROLES):
        return True
    return binding.gives("ClusterRole", *PUBLIC_ROLES)


def _default_of_anonymous(binding: Binding, version: Version) -> bool:
    return binding.namespace == "kube-public" and binding.gives(
        "Role", "kubeadm:bootstrap-signer-clusterinfo"
    )


def _default_of_authenticated(binding: Binding, version: Version) -> bool:
    return binding.gives("ClusterRole", *PUBLIC_ROLES, *DISCOVERY_ROLES)


def _default_of_service_accounts(binding: Binding, version: Version) -> bool:
    return binding.gives("ClusterRole", ISSUER_ROLE)


def _default_of_masters(binding: Binding, version: Version) -> bool:
    return binding.is_cluster_binding and binding.gives("ClusterRole", "cluster-admin")


_DEFAULTS: dict[tuple[str, str], Callable[[Binding, Version], bool]] = {
    ("Group", "system:unauthenticated"): _default_of_everybody,
    ("User", "system:anonymous"): _default_of_anonymous,
    ("Group", "system:authenticated"): _default_of_authenticated,
    ("Group", "system:serviceaccounts"): _default_of_service_accounts,
    ("Group", "system:masters"): _default_of_masters,
}
"""The bindings that are no fault of a manifest.

Source: bootstrappolicy/policy.go, ClusterRoleBindings, which leaves it to the cluster's operators
whether the issuer's public keys are shown to everybody; for `system:anonymous` kubeadm,
phases/bootstraptoken/clusterinfo.
"""


# What a Role cannot give.


def is_cluster_scoped(group: str, resource: str) -> bool:
    """Whether requests for a resource of Kubernetes itself never carry a namespace."""
    return resource.partition("/")[0] in _CLUSTER_SCOPED.get(group, ())


_CLUSTER_SCOPED: dict[str, tuple[str, ...]] = {
    # No `namespaces`: a request for one namespace is authorised within it.
    "": ("nodes", "persistentvolumes", "componentstatuses", "users", "groups"),
    "admissionregistration.k8s.io": (
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations",
    ),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "apiregistration.k8s.io": ("apiservices",),
    "authentication.k8s.io": (
        "groups",
        "nodes",
        "selfsubjectreviews",
        "tokenreviews",
        "uids",
        "userextras",
        "users",
    ),
    "authorization.k8s.io": (
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
    ),
    "certificates.k8s.io": ("certificatesigningrequests", "clustertrustbundles", "signers"),
    "flowcontrol.apiserver.k8s.io": ("flowschemas", "prioritylevelconfigurations"),
    "metrics.k8s.io": ("nodes",),
    "networking.k8s.io": ("ingressclasses", "ipaddresses", "servicecidrs"),
    "node.k8s.io": ("runtimeclasses",),
    # `bind` on clusterroles counts in a namespace: see the rule that knows it.
    GROUP: ("clusterrolebindings", "clusterroles"),
    "resource.k8s.io": ("deviceclasses", "resourceslices"),
    "scheduling.k8s.io": ("priorityclasses",),
    "storage.k8s.io": (
        "csidrivers",
        "csinodes",
        "storageclasses",
        "volumeattachments",
        "volumeattributesclasses",
    ),
}
"""The resources of Kubernetes that are cluster-scoped, by API group; `use` of a
PodSecurityPolicy is checked in the pod's namespace, so that one is not here."""

CLUSTER_SCOPED = tuple(
    f"{group}/{resource}" for group, resources in _CLUSTER_SCOPED.items() for resource in resources
)
"""The same, each with its group before it."""
