"""What one object tells about others, as small frozen values that can be compared and sent.

They are made from every object that is read, of an open text as of any file in reach, and hold no
more than what `queries` asks of them and what leads from one object to another.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from operator import add
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.chart_tokens import ChartToken, account_in_chart, chart_token
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.ingresses import INGRESS_GROUPS, IngressHost, tls_hosts
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pod_security import Level, level_of
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.rbac import GROUP as RBAC
from k8s_lsp.kubernetes.rbac import Account, binding_of, policy_rules
from k8s_lsp.kubernetes.schemas import DefinitionText, defined_kind, definition_text
from k8s_lsp.kubernetes.workloads import group_of
from k8s_lsp.text import Encoding, Span, code_units

CORE: Final = ""
NETWORKING: Final = "networking.k8s.io"
POLICY: Final = "policy"
EXTENSIONS: Final = "apiextensions.k8s.io"
AUTOSCALING: Final = "autoscaling"
PREFIX: Final = "pod-security.kubernetes.io/"
"""How the labels of a namespace begin that say what Pod Security asks of its pods."""

Labels: TypeAlias = tuple[tuple[str, str], ...]


class Columns(NamedTuple):
    """How long a part of a line is, in the code units of each encoding of the protocol.

    Numbers and not the text: a line may hold a whole file, and thousands of names.
    """

    utf_8: int = 0
    utf_16: int = 0
    utf_32: int = 0

    def counted_in(self, encoding: Encoding) -> int:
        """The length in the code units of an encoding."""
        return self[_ENCODINGS.index(encoding)]

    def with_text(self, text: str, times: int = 1) -> "Columns":
        """The length with so many times a text added; -1 takes it away."""
        if text.isascii():
            length = times * len(text)
            return Columns(self.utf_8 + length, self.utf_16 + length, self.utf_32 + length)
        added = [times * code_units(text, encoding) for encoding in _ENCODINGS]
        return Columns(*map(add, self, added))


_ENCODINGS: Final[tuple[Encoding, ...]] = ("utf-8", "utf-16", "utf-32")


class Place(NamedTuple):
    """Where a name stands.

    The `span` counts in the unit. `line` counts from 0 in the whole text, `column` tells what
    stands on it before the name, and `token` is the name as it is written; `workspace.file_facts`
    fills them in, so that a client's position can be told without the text.
    """

    span: Span
    line: int = 0
    column: Columns = Columns()
    token: str = ""


NOWHERE: Final = Place(Span(0, 0))


@dataclass(frozen=True, slots=True)
class Use:
    """An object names another one, `as_` the field that does so.

    The namespace is empty where the text tells none, and for objects that are in none. One that
    `is_optional` may be missing.
    """

    group: str
    kind: str
    namespace: str
    name: str
    as_: str
    is_optional: bool = False
    place: Place = field(default=NOWHERE, compare=False)

    def __reduce__(self) -> tuple[type["Use"], tuple[object, ...]]:
        """How it is sent: what dataclasses do by themselves takes four times as long."""
        return Use, (
            self.group, self.kind, self.namespace, self.name, self.as_, self.is_optional, self.place
        )  # fmt: skip

    def at(self, place: Place) -> "Use":
        """The same at another place; `replace` would ask for each field, by ten calls."""
        return Use(
            self.group, self.kind, self.namespace, self.name, self.as_, self.is_optional, place
        )


class ContainerDefaults(NamedTuple):
    """The resources for which a LimitRange gives containers a default limit or request."""

    limits: frozenset[str]
    requests: frozenset[str]


class AccountFacts(NamedTuple):
    """What a ServiceAccount says about its token; None where it says nothing.

    In the template of a chart, `of_chart` is what leaves that to its values.
    """

    automount: bool | None
    of_chart: ChartToken | None = None


class QuotaFacts(NamedTuple):
    """The resources that a ResourceQuota limits for all pods of its namespace: `limits.memory`."""

    hard: frozenset[str]


class BindingFacts(NamedTuple):
    """Which role a binding gives, by kind and name, and to which ServiceAccounts.

    `is_for_all` says that a group of accounts is among its subjects. Those whose names a template
    makes are `in_chart`, by the expressions that make them.
    """

    role_kind: str
    role: str
    accounts: tuple[Account, ...]
    is_for_all: bool
    in_chart: tuple[str, ...] = ()


class RoleRule(NamedTuple):
    """One item of a role's `rules`: the words in each of its lists, in their order.

    One that `is_named` speaks of single objects only, though not all `names` may be known.
    """

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    is_named: bool = False


class RoleFacts(NamedTuple):
    """What a Role or ClusterRole allows; `is_aggregated` says that a controller fills it in."""

    rules: tuple[RoleRule, ...]
    is_aggregated: bool


class NamespaceFacts(NamedTuple):
    """The Pod Security labels of a namespace, without their prefix: `enforce`, `warn-version`."""

    levels: Labels


class TaggedImages(NamedTuple):
    """The images to which a kustomization or a build gives a tag or digest, by their names.

    A name is as the manifest has it, without tag and digest.
    """

    names: frozenset[str]


class Requirement(NamedTuple):
    """One item of `matchExpressions`."""

    key: str
    operator: str
    values: tuple[str, ...]


class Selector(NamedTuple):
    """Which pods are meant, by their labels; None for labels that the text does not tell."""

    labels: Labels | None
    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Labels | None) -> bool:
        """Whether a pod with these labels is meant, or may be.

        Source: apimachinery, pkg/labels/selector.go, Requirement.Matches.
        """
        if labels is None or self.labels is None:
            return True
        known = dict(labels)
        return all(known.get(key) == value for key, value in self.labels) and all(
            _meets(known, requirement) for requirement in self.requirements
        )

    def misses(self, labels: Labels | None, is_written: Callable[[str], bool]) -> bool:
        """Whether a pod with these labels is certainly not meant.

        A label that the pod does not have may be given to it later, as Kustomize does, unless it
        `is_written` for some pod: then authors of pods give it themselves.
        """
        if labels is None or self.labels is None:
            return False
        known = dict(labels)
        wanted = [Requirement(key, "In", (value,)) for key, value in self.labels]
        return any(
            not _meets(known, each) and (each.key in known or is_written(each.key))
            for each in (*wanted, *self.requirements)
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The labels that are asked for, by their keys."""
        return (
            *(key for key, _ in self.labels or ()),
            *(each.key for each in self.requirements),
        )


def _meets(labels: dict[str, str], requirement: Requirement) -> bool:
    key, operator, values = requirement
    match operator:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    # The API server rejects any other word.
    return True


class PolicyFacts(NamedTuple):
    """Which pods a NetworkPolicy selects."""

    selector: Selector


class BudgetFacts(NamedTuple):
    """Which pods a PodDisruptionBudget counts, None for none."""

    selector: Selector | None


class ServiceFacts(NamedTuple):
    """Which pods a Service leads to, None for none, and the `type` that it is of."""

    selector: Selector | None
    type: str


class IngressFacts(NamedTuple):
    """The hosts for which an Ingress has TLS."""

    tls_hosts: tuple[IngressHost, ...]


class WorkloadFacts(NamedTuple):
    """What others ask of an object with a pod.

    `account` is the name that its pod gives, None where that is unknown. `labels` are those of the
    pod, None where they are unknown. `level` is the strictest one up to which none refuses it.
    In the template of a chart, `of_chart` is what leaves the token to its values.
    """

    account: str | None
    labels: Labels | None
    level: Level
    is_patch: bool
    of_chart: ChartToken | None = None


class DefinitionFacts(NamedTuple):
    """Which kind a CustomResourceDefinition defines, and its text, which few ask for."""

    group: str
    kind: str
    text: DefinitionText


Detail: TypeAlias = (
    AccountFacts
    | ContainerDefaults
    | QuotaFacts
    | BindingFacts
    | RoleFacts
    | NamespaceFacts
    | PolicyFacts
    | BudgetFacts
    | ServiceFacts
    | IngressFacts
    | WorkloadFacts
    | DefinitionFacts
    | TaggedImages
)


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What one object tells: which it is, what it has to say as one of its kind, whom it names.

    The namespace is empty where the text tells none, and for objects that are in none. `path` is
    that of the file, for an object of a file other than the text in question, else empty. `marks`
    are places in it that others are judged by, by a word for each. Where it stands makes no object
    another one.
    """

    group: str
    kind: str
    namespace: str
    name: str
    detail: Detail | None = None
    uses: tuple[Use, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)
    path: str = ""
    marks: tuple[tuple[str, Place], ...] = field(default=(), compare=False)

    @property
    def title(self) -> str:
        """What messages call the object: `DaemonSet "agent"`; its kind, where it has no name."""
        return f'{self.kind} "{self.name}"' if self.name else self.kind

    @property
    def mention(self) -> str:
        """The same, with the name of the file that it stands in, where that is another one."""
        return f"{self.title} in {self.path.rpartition('/')[2]}" if self.path else self.title

    def __reduce__(self) -> tuple[type["ObjectFacts"], tuple[object, ...]]:
        """How they are sent, as of a `Use`."""
        return ObjectFacts, (
            self.group, self.kind, self.namespace, self.name, self.detail, self.uses, self.place,
            self.path, self.marks,
        )  # fmt: skip

    def in_file(
        self, path: str, uses: tuple[Use, ...], place: Place, marks: tuple[tuple[str, Place], ...]
    ) -> "ObjectFacts":
        """The same as an object of the file of that path, with places that count in it."""
        return ObjectFacts(
            self.group,
            self.kind,
            self.namespace,
            self.name,
            self.detail,
            uses,
            place,
            path,
            marks,
        )

    @property
    def tells_of_chart(self) -> bool:
        """Whether it is a template that says something of a chart's accounts and their tokens."""
        detail = self.detail
        if isinstance(detail, BindingFacts):
            return bool(detail.in_chart)
        return isinstance(detail, AccountFacts | WorkloadFacts) and detail.of_chart is not None

    @property
    def bare(self) -> "ObjectFacts":
        """Which object it is, and where: an answer that does not change with what it says."""
        return replace(self, detail=None, uses=())


UnitFacts: TypeAlias = tuple[ObjectFacts, ...]
"""The facts of the objects of one unit, in their order."""


def facts_of(objects: Iterable[KubeObject]) -> UnitFacts:
    """The facts of the objects of one unit."""
    found = []
    for obj in objects:
        detail: Detail | None = None
        uses: Iterable[Use] = ()
        if len(obj.pods) == 1 and obj.pods[0].shape == "whole":
            (pod,) = obj.pods
            detail = _workload(obj, pod)
            uses = chain(_uses_of_pod(pod, obj.namespace or ""), _governing_service(obj))
        elif obj.pods:
            detail = _custom_workload(obj)
            uses = (use for pod in obj.pods for use in _uses_of_pod(pod, obj.namespace or ""))
        else:
            of_kind = _OF_KIND.get((obj.group, obj.kind))
            if of_kind is not None:
                detail, uses = of_kind(obj)
        found.append(
            ObjectFacts(
                obj.group,
                obj.kind,
                "" if (obj.group, obj.kind) in _OF_THE_CLUSTER else obj.namespace or "",
                obj.name or "",
                detail,
                (*uses, *_use_of_namespace(obj.get("metadata", "namespace")), *_target(obj)),
                Place(obj.anchor),
                marks=_marks(obj) if isinstance(detail, NamespaceFacts) else (),
            )
        )
    return tuple(found)


_OF_THE_CLUSTER: Final = frozenset(
    {
        (CORE, "Namespace"),
        (RBAC, "ClusterRole"),
        (RBAC, "ClusterRoleBinding"),
        (EXTENSIONS, "CustomResourceDefinition"),
    }
)
"""The kinds of this table that are in no namespace: charts often give them one all the same, which
the API server takes away (apiserver, registry/rest/create.go, BeforeCreate)."""


def selection_of(obj: ObjectFacts) -> Selector | None:
    """By which labels an object means pods; None where it means none.

    Only for a Service, a selector without anything in it is none (ServiceSpec.selector).
    """
    detail = obj.detail
    if isinstance(detail, ServiceFacts):
        selector = detail.selector
        return selector if selector is not None and selector.labels else None
    return detail.selector if isinstance(detail, PolicyFacts | BudgetFacts) else None


# What an object has to say as one of its kind.

Told: TypeAlias = tuple[Detail | None, Iterable[Use]]


def _account(obj: KubeObject) -> Told:
    namespace = obj.namespace or ""
    uses = [
        _use(CORE, "Secret", namespace, item.get("name"), key, is_optional=True)
        for key in ("secrets", "imagePullSecrets")
        for item in obj.get(key).items()
    ]
    automount = obj.get("automountServiceAccountToken")
    of_chart = chart_token(automount, obj.get("metadata", "name"), obj.text)
    return AccountFacts(automount.boolean, of_chart), _named(uses)


def _limit_range(obj: KubeObject) -> Told:
    items = obj.get("spec", "limits").items()
    containers = (item for item in items if item.get("type").text == "Container")
    return united(_container_defaults(item) for item in containers), ()


def _quota(obj: KubeObject) -> Told:
    spec = obj.get("spec")
    if any(not spec.get(key).lacking for key in ("scopes", "scopeSelector")):
        # Which pods it is about is another question.
        return QuotaFacts(frozenset()), ()
    return QuotaFacts(frozenset(_keys(spec.get("hard")))), ()


def _binding(obj: KubeObject) -> Told:
    binding = binding_of(obj)
    if binding is None:
        return None, ()
    accounts = [subject.account for subject in binding.subjects if subject.account is not None]
    is_for_all = any(
        subject.kind == "Group" and subject.name.startswith("system:serviceaccounts")
        for subject in binding.subjects
    )
    reference = obj.get("roleRef")
    kind, name = reference.get("kind").text or "", reference.get("name").text or ""
    # A ClusterRole is in no namespace, also where a RoleBinding gives it for one.
    namespace = (obj.namespace or "") if kind == "Role" else ""
    uses = [_use(RBAC, kind, namespace, reference.get("name"), "roleRef")]
    for subject in binding.subjects:
        if subject.account is not None:
            of, name_of = subject.account
            use = _use(CORE, "ServiceAccount", of, subject.field, "subjects")
            # A user may be the account: then the field says more than its name.
            uses.append(replace(use, name=name_of) if use is not None and name_of else None)
        if subject.field.parent is not None:
            uses += _use_of_namespace(subject.field.parent.get("namespace"))
    in_chart = _accounts_in_chart(obj.root, obj.text)
    return BindingFacts(kind, name, tuple(accounts), is_for_all, in_chart), _named(uses)


def _accounts_in_chart(binding: Field, text: str) -> tuple[str, ...]:
    """The accounts of a binding whose names a template makes."""
    names = (
        account_in_chart(item.get("name"), text)
        for item in binding.get("subjects").items()
        if item.get("kind").text == "ServiceAccount" and item.get("name").unknown
    )
    return tuple(name for name in names if name is not None)


def binding_by_shape(root: Field, text: str) -> ObjectFacts | None:
    """What a template tells whose kind or API version an expression makes: it is no object.

    It is a binding if it has a role and accounts whose names are made as well, else None.
    """
    if not any(root.get(name).unknown for name in ("apiVersion", "kind")):
        return None
    if not root.get("roleRef").present:
        return None
    in_chart = _accounts_in_chart(root, text)
    detail = BindingFacts("", "", (), False, in_chart)
    return ObjectFacts(RBAC, "ClusterRoleBinding", "", "", detail) if in_chart else None


def _role(obj: KubeObject) -> Told:
    rules = tuple(
        RoleRule(
            _strings(policy.groups),
            _strings(policy.resources),
            _strings(policy.verbs),
            _strings(policy.field.get("resourceNames").items()),
            _strings(policy.urls),
            policy.is_named,
        )
        for policy in policy_rules(obj)
    )
    return RoleFacts(rules, obj.get("aggregationRule").present), ()


def _namespace(obj: KubeObject) -> Told:
    labels = labels_of(obj.get("metadata", "labels")) or ()
    levels = tuple((key[len(PREFIX) :], value) for key, value in labels if key.startswith(PREFIX))
    return NamespaceFacts(levels), ()


ENFORCE: Final = "enforce"


def _marks(obj: KubeObject) -> tuple[tuple[str, Place], ...]:
    label = obj.get("metadata", "labels", f"{PREFIX}{ENFORCE}")
    return ((ENFORCE, Place(label.span)),) if label.text and not label.shared else ()


def _policy(obj: KubeObject) -> Told:
    return PolicyFacts(selector_of(obj.get("spec", "podSelector"))), ()


def _budget(obj: KubeObject) -> Told:
    selector = obj.get("spec", "selector")
    return BudgetFacts(None if selector.lacking else selector_of(selector)), ()


def _scaler(obj: KubeObject) -> Told:
    key = "scaleTargetRef" if obj.kind == "HorizontalPodAutoscaler" else "targetRef"
    target = obj.get("spec", key)
    group, kind = group_of(target.get("apiVersion").text or ""), target.get("kind").text or ""
    return None, _named([_use(group, kind, obj.namespace or "", target.get("name"), key)])


def _service(obj: KubeObject) -> Told:
    selector = obj.get("spec", "selector")
    selected = None if selector.lacking else Selector(labels_of(selector))
    return ServiceFacts(selected, obj.get("spec", "type").text or "ClusterIP"), ()


def _ingress(obj: KubeObject) -> Told:
    namespace = obj.namespace or ""
    backends = [("defaultBackend", obj.get("spec", "defaultBackend"))]
    for rule in obj.get("spec", "rules").items():
        backends += [("backend", path.get("backend")) for path in rule.get("http", "paths").items()]
    uses = [
        _use(CORE, "Service", namespace, backend.get("service", "name"), as_)
        for as_, backend in backends
    ]
    uses += [
        _use(CORE, "Secret", namespace, item.get("secretName"), "tls", is_optional=True)
        for item in obj.get("spec", "tls").items()
    ]
    return IngressFacts(tuple(tls_hosts(obj))), _named(uses)


def _secret(obj: KubeObject) -> Told:
    # The token controller fills it in for this account (types.go, ServiceAccountNameKey).
    account = obj.get("metadata", "annotations", "kubernetes.io/service-account.name")
    return None, _named([_use(CORE, "ServiceAccount", obj.namespace or "", account, "annotations")])


def _definition(obj: KubeObject) -> Told:
    defined = defined_kind(obj.root, obj.text)
    return None if defined is None else DefinitionFacts(*defined, definition_text(obj.text)), ()


TRANSFORMER: Final = (CORE, "ImageTagTransformer")
"""What kustomize tags images by where a kustomization lists it below `transformers`; its apiVersion
is `builtin`, which is no group."""


def _transformer(obj: KubeObject) -> Told:
    name = tagged_name(obj.get("imageTag"))
    return (None if name is None else TaggedImages(frozenset({name}))), ()


def tagged_name(image: Field) -> str | None:
    """The name of the images to which kustomize gives a tag or digest (kustomize, types.Image)."""
    is_tagged = image.get("digest").text or image.get("newTag").text not in (None, "", "latest")
    return (image.get("name").text or None) if is_tagged else None


_OF_KIND: Final[dict[tuple[str, str], Callable[[KubeObject], Told]]] = {
    TRANSFORMER: _transformer,
    (CORE, "ServiceAccount"): _account,
    (CORE, "LimitRange"): _limit_range,
    (CORE, "ResourceQuota"): _quota,
    (CORE, "Namespace"): _namespace,
    (CORE, "Secret"): _secret,
    (CORE, "Service"): _service,
    (RBAC, "RoleBinding"): _binding,
    (RBAC, "ClusterRoleBinding"): _binding,
    (RBAC, "Role"): _role,
    (RBAC, "ClusterRole"): _role,
    (POLICY, "PodDisruptionBudget"): _budget,
    (AUTOSCALING, "HorizontalPodAutoscaler"): _scaler,
    (f"{AUTOSCALING}.k8s.io", "VerticalPodAutoscaler"): _scaler,
    (NETWORKING, "NetworkPolicy"): _policy,
    (EXTENSIONS, "CustomResourceDefinition"): _definition,
    **{(group, "Ingress"): _ingress for group in INGRESS_GROUPS},
}


def _workload(obj: KubeObject, pod: Pod) -> WorkloadFacts:
    account = pod.service_account
    return WorkloadFacts(
        None if account.unknown else account.text or "default",
        None if obj.is_patch else labels_of(pod.metadata.get("labels")),
        level_of(pod),
        obj.is_patch,
        chart_token(pod.get("automountServiceAccountToken"), account, obj.text),
    )


def _custom_workload(obj: KubeObject) -> WorkloadFacts:
    """What is known of a custom resource with many pods, or with parts of some.

    No label is known to be on all of them, and what a controller adds breaks no level; what stands
    in a part does.
    """
    levels = {level_of(pod) for pod in obj.pods}
    level: Level = "privileged" if "privileged" in levels else "baseline"
    return WorkloadFacts(None, None, level, obj.is_patch)


# Whom an object names.


def _use(
    group: str, kind: str, namespace: str, name: Field, as_: str, is_optional: bool = False
) -> Use | None:
    """The use of an object by its name; None where the text does not tell that."""
    text = name.text
    if not text:
        return None
    place = NOWHERE if name.shared or name.node is None else Place(name.span)
    return Use(group, kind, namespace, text, as_, is_optional, place)


def _named(uses: Iterable[Use | None]) -> tuple[Use, ...]:
    return tuple(use for use in uses if use is not None)


def _use_of_namespace(name: Field) -> tuple[Use, ...]:
    """The use of a namespace by what is in it, or says that another is in it; none without one."""
    return () if name.node is None else _named((_use(CORE, "Namespace", "", name, "namespace"),))


_TARGETS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): ("spec", "targetNamespace"),
    ("helm.fluxcd.io", "HelmRelease"): ("spec", "targetNamespace"),
    ("helm.cattle.io", "HelmChart"): ("spec", "targetNamespace"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): ("spec", "targetNamespace"),
    ("argoproj.io", "Application"): ("spec", "destination", "namespace"),
    ("argoproj.io", "ApplicationSet"): ("spec", "template", "spec", "destination", "namespace"),
    ("helm.crossplane.io", "Release"): ("spec", "forProvider", "namespace"),
}
"""Where the kinds that install what stands elsewhere say into which namespace.

Sources: HelmReleaseSpec in fluxcd/helm-controller and fluxcd/helm-operator, HelmChartSpec in
k3s-io/helm-controller, KustomizationSpec in fluxcd/kustomize-controller, ApplicationDestination in
argoproj/argo-cd, ReleaseParameters in crossplane-contrib/provider-helm.
"""

INSTALLERS: Final = tuple(_TARGETS)
TARGET: Final = "targetNamespace"
"""As what an object that installs others uses the namespace into which it does so."""

INTO_THEIR_OWN: Final = frozenset(
    kind for kind in INSTALLERS if kind[1] in ("HelmRelease", "HelmChart")
)
"""Those that install into the namespace which they are in themselves where they say nothing."""


def _target(obj: KubeObject) -> tuple[Use, ...]:
    """The namespace into which an object installs what stands elsewhere."""
    path = _TARGETS.get((obj.group, obj.kind))
    if path is None:
        return ()
    return _named((_use(CORE, "Namespace", "", obj.get(*path), TARGET),))


def _governing_service(obj: KubeObject) -> tuple[Use, ...]:
    """The Service that gives the pods of a StatefulSet their names."""
    if obj.kind != "StatefulSet":
        return ()
    name = obj.get("spec", "serviceName")
    return _named((_use(CORE, "Service", obj.namespace or "", name, "serviceName"),))


_SOURCES: Final = (
    ("secret", "Secret", "secretName"),
    ("configMap", "ConfigMap", "name"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
)
"""The volumes that take what another object holds, and the key that names it."""

_PROJECTED: Final = (("secret", "Secret"), ("configMap", "ConfigMap"))
_FROM: Final = (("secretRef", "Secret"), ("configMapRef", "ConfigMap"))
_KEYS: Final = (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap"))


def _uses_of_pod(pod: Pod, namespace: str) -> Iterator[Use]:
    account = _use(CORE, "ServiceAccount", namespace, pod.service_account, "serviceAccountName")
    if account is not None:
        yield account
    for source, kind, key, as_ in sources_of_pod(pod):
        use = _use(
            CORE,
            kind,
            namespace,
            source.get(key),
            as_,
            is_optional=source.get("optional").boolean is True,
        )
        if use is not None:
            yield use


def sources_of_pod(pod: Pod) -> Iterator[tuple[Field, str, str, str]]:
    """What a pod takes from other objects: the field, their kind, the key that names one."""
    for volume in pod.volumes():
        for entry in volume.entries(_VOLUME_KEYS):
            name = entry.path[-1]
            for key, kind, of in _SOURCES:
                if name == key:
                    yield entry, kind, of, "volumes"
            if name == "projected":
                for item in entry.get("sources").items():
                    for key, kind in _PROJECTED:
                        if item.get(key).present:
                            yield item.get(key), kind, "name", "volumes"
    takes_values = _may_take_values(pod.text)
    for container in pod.containers:
        for item in container.get("envFrom").items():
            for entry in item.entries():
                for key, kind in _FROM:
                    if entry.path[-1] == key:
                        yield entry, kind, "name", "envFrom"
        for item in container.get("env").items() if takes_values else ():
            value = item.get("valueFrom")
            if value.present:
                for key, kind in _KEYS:
                    if value.get(key).present:
                        yield value.get(key), kind, "name", "env"
    for item in pod.get("imagePullSecrets").items():
        yield item, "Secret", "name", "imagePullSecrets"


@lru_cache(maxsize=1)
def _may_take_values(text: str) -> bool:
    """Whether variables of a text may take their values from elsewhere: most texts have none."""
    # Where characters are escaped, a word may be written in another way.
    return "valueFrom" in text or "\\" in text


_VOLUME_KEYS: Final = frozenset({key for key, _, _ in _SOURCES} | {"projected"})


# Values.


def labels_of(labels: Field) -> Labels | None:
    """Keys and values of a mapping of texts, in order; None where one of them is unknown."""
    if labels.node is None:
        return None if labels.unknown else ()
    if labels.open:
        return None
    found = []
    for entry in labels.entries():
        if entry.text is None:
            return None
        found.append((str(entry.path[-1]), entry.text))
    return tuple(sorted(found))


def selector_of(selector: Field) -> Selector:
    """Which pods a LabelSelector means; one that is empty means all of them."""
    if selector.unknown:
        return Selector(None)
    requirements = []
    for item in selector.get("matchExpressions").items():
        key, operator = item.get("key").text, item.get("operator").text
        values = tuple(value.text for value in item.get("values").items())
        known = tuple(value for value in values if value is not None)
        if key is None or operator is None or len(known) < len(values):
            return Selector(None)
        requirements.append(Requirement(key, operator, known))
    return Selector(labels_of(selector.get("matchLabels")), tuple(requirements))


def _strings(items: Iterable[Field]) -> tuple[str, ...]:
    return tuple(item.string or "" for item in items)


def _keys(mapping: Field) -> Iterator[str]:
    for entry in mapping.entries():
        yield str(entry.path[-1])


_NO_DEFAULTS: Final = ContainerDefaults(frozenset(), frozenset())


def united(parts: Iterable[ContainerDefaults]) -> ContainerDefaults:
    """What several defaults give together."""
    all_parts = tuple(parts)
    if not all_parts:
        return _NO_DEFAULTS
    return ContainerDefaults(
        frozenset().union(*(part.limits for part in all_parts)),
        frozenset().union(*(part.requests for part in all_parts)),
    )


def _is_zero(field: Field) -> bool:
    """Whether an amount is 0, which the kubelet takes for no limit."""
    return field.text is not None and quantity(field.text) == 0


def _container_defaults(item: Field) -> ContainerDefaults:
    """What a `limits` item of type Container gives.

    Without `default` the maximum becomes the default limit, and without `defaultRequest` the
    default limit becomes the default request (defaults.go, SetDefaults_LimitRangeItem).
    """

    def names(*keys: str) -> frozenset[str]:
        entries = (entry for key in keys for entry in item.get(key).entries())
        return frozenset(str(entry.path[-1]) for entry in entries if not _is_zero(entry))

    limits = names("default", "max")
    return ContainerDefaults(limits, limits | names("defaultRequest", "min"))
