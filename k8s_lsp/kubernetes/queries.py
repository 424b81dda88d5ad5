"""What rules may ask about the other objects: of the same text, and of the files around it.

A query is a function of what is in reach. `Facts.ask` remembers each answer beside its question,
so that it is known what a judgement rests on: as long as the same questions get the same answers,
it holds, whatever else has changed. To add a query is to add a function.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from k8s_lsp.kubernetes.facts import (
    CORE,
    ENFORCE,
    EXTENSIONS,
    INSTALLERS,
    INTO_THEIR_OWN,
    TARGET,
    TRANSFORMER,
    AccountFacts,
    BindingFacts,
    ContainerDefaults,
    DefinitionFacts,
    IngressFacts,
    NamespaceFacts,
    ObjectFacts,
    Place,
    QuotaFacts,
    TaggedImages,
    WorkloadFacts,
    united,
)
from k8s_lsp.kubernetes.ingresses import INGRESS_GROUPS, IngressHost
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.places import CorePlace
from k8s_lsp.kubernetes.rbac import GROUP as RBAC
from k8s_lsp.kubernetes.schemas import defined_places
from k8s_lsp.kubernetes.versions import Version, version_of
from k8s_lsp.kubernetes.workloads import POD_PLACES
from k8s_lsp.text import is_one_edit_away

A = TypeVar("A")

Kind: TypeAlias = tuple[str, str]
"""A group and a kind."""

KeysOf: TypeAlias = Callable[[ObjectFacts], Iterable[Hashable]]
"""Under which keys an object is looked up: a module's own function, by which a table is kept."""

_OF_KUBERNETES: Final[tuple[Kind, ...]] = tuple(
    (group, kind) for kind, place in POD_PLACES.items() for group in sorted(place.groups)
)

CUSTOM_WORKLOADS: Final[Kind] = ("*", "*")
"""As what kind custom resources with pods are kept too, whatever theirs is."""

IN_CHARTS: Final[Kind] = ("*", "template")
"""As what kind templates are kept too that tell of the accounts of their chart."""

SHARED_KINDS: Final = frozenset({CUSTOM_WORKLOADS, IN_CHARTS})
"""The kinds that no object says it is of."""

WORKLOADS: Final[tuple[Kind, ...]] = (*_OF_KUBERNETES, CUSTOM_WORKLOADS)
"""The kinds of all objects that hold pods."""


def kinds_of(obj: ObjectFacts) -> tuple[Kind, ...]:
    """The kinds under which an object is kept.

    What has no name, and is no pod, tells nothing as one of its own kind.
    """
    kind = (obj.group, obj.kind)
    is_workload = isinstance(obj.detail, WorkloadFacts)
    kinds = (kind, CUSTOM_WORKLOADS) if is_workload and kind not in _OF_KUBERNETES else (kind,)
    if not obj.tells_of_chart:
        return kinds
    return (*kinds, IN_CHARTS) if is_workload or obj.name or obj.uses else (IN_CHARTS,)


INGRESSES: Final[tuple[Kind, ...]] = tuple((group, "Ingress") for group in INGRESS_GROUPS)

KUSTOMIZATION: Final[Kind] = ("kustomize.config.k8s.io", "Kustomization")
SKAFFOLD: Final[Kind] = ("skaffold", "Config")

BINDING_KINDS: Final[tuple[Kind, ...]] = (
    (RBAC, "RoleBinding"),
    (RBAC, "ClusterRoleBinding"),
)


class Surroundings(Protocol):
    """The objects of the other files that belong together with a text.

    Any two files have a nearest root in common: the folder of a kustomization or of all that it is
    made of, a chart, the folder of a configuration file, a repository.
    """

    def find(
        self, kind: Kind, keys_of: KeysOf, key: Hashable, *, close: bool = False
    ) -> tuple[ObjectFacts, ...]:
        """The objects of a kind that are kept under a key, all or those alone that are `close`."""

    def nearest(self, objects: Iterable[ObjectFacts]) -> tuple[ObjectFacts, ...]:
        """Those of some objects whose files have the nearest root in common with the text."""

    def close(self, objects: Iterable[ObjectFacts]) -> Iterator[ObjectFacts]:
        """Those in files of the same folder, or with a nearer root in common than the outermost."""

    def hold_any(self) -> bool:
        """Whether there is an object at all."""

    def why_patch(self) -> str | None:
        """Why the file may hold a part only of what is applied, as a clause."""

    def of_file(self, path: str) -> tuple[ObjectFacts, ...]:
        """The objects of the file of that path."""

    def kinds(self) -> Iterable[Kind]:
        """The kinds of which there may be objects, each once."""


class _Nothing:
    """The surroundings of a text that is alone, such as one from standard input."""

    def find(
        self, kind: Kind, keys_of: KeysOf, key: Hashable, *, close: bool = False
    ) -> tuple[ObjectFacts, ...]:
        return ()

    def nearest(self, objects: Iterable[ObjectFacts]) -> tuple[ObjectFacts, ...]:
        return ()

    def close(self, objects: Iterable[ObjectFacts]) -> Iterator[ObjectFacts]:
        return iter(())

    def hold_any(self) -> bool:
        return False

    def why_patch(self) -> str | None:
        return None

    def of_file(self, path: str) -> tuple[ObjectFacts, ...]:
        return ()

    def kinds(self) -> Iterable[Kind]:
        return ()


NO_SURROUNDINGS: Final[Surroundings] = _Nothing()


class Table:
    """Objects of one kind, looked up by whatever is asked for. Tables are never changed."""

    def __init__(self, objects: tuple[ObjectFacts, ...]) -> None:
        self.objects = objects
        self._by: dict[KeysOf, Mapping[Hashable, tuple[ObjectFacts, ...]]] = {}

    def find(self, keys_of: KeysOf, key: Hashable) -> tuple[ObjectFacts, ...]:
        """The objects under a key, in the order in which they stand."""
        table = self._by.get(keys_of)
        if table is None:
            lists: dict[Hashable, list[ObjectFacts]] = {}
            for obj in self.objects:
                for each in keys_of(obj):
                    lists.setdefault(each, []).append(obj)
            table = self._by[keys_of] = {each: tuple(found) for each, found in lists.items()}
        return table.get(key, ())


class Reach:
    """What a text can be judged by: its `own` objects, and those of the files around it."""

    def __init__(
        self, own: tuple[ObjectFacts, ...] = (), others: Surroundings = NO_SURROUNDINGS
    ) -> None:
        self.own = own
        self.others = others

    def own_find(self, kind: Kind, keys_of: KeysOf, key: Hashable) -> tuple[ObjectFacts, ...]:
        """The same as `find`, in the text itself."""
        table = self._own.get(kind)
        return () if table is None else table.find(keys_of, key)

    def find(self, kind: Kind, keys_of: KeysOf, key: Hashable) -> tuple[ObjectFacts, ...]:
        """All objects of a kind under a key, those of the text first."""
        return self.own_find(kind, keys_of, key) + self.others.find(kind, keys_of, key)

    def named(self, kind: Kind, namespace: str, name: str) -> tuple[ObjectFacts, ...]:
        """The objects that may be meant by a name: one, unless files disagree.

        In the text itself the last one counts, as it does for the API server once a file was
        applied; else those with the nearest root in common with it.
        """
        key = (namespace, name)
        own = self.own_find(kind, names_of, key)
        return own[-1:] or self.others.nearest(self._other(kind, names_of, key))

    def meant(self, objects: Collection[ObjectFacts]) -> tuple[ObjectFacts, ...]:
        """Those of some objects of one name that may be meant by it, as `named` has it."""
        own = [obj for obj in objects if not obj.path]
        return tuple(own[-1:]) or self.others.nearest(objects)

    def _other(self, kind: Kind, keys_of: KeysOf, key: tuple[str, str]) -> Sequence[ObjectFacts]:
        """The objects of other files under a namespace and a name.

        Each namespace has an account `default`: without a namespace, the name tells nothing, and
        only files that are close may mean the same.
        """
        return self.others.find(kind, keys_of, key, close=key == ("", "default"))

    def in_namespace(self, kind: Kind, namespace: str) -> Iterator[ObjectFacts]:
        """The objects of a kind in a namespace, those of the text first, the last of each name.

        Where the text tells no namespace, those of other files that do not either have to be close:
        they have no name in common.
        """
        own = self.own_find(kind, namespaces_of, namespace)
        if own:
            yield from {obj.name: obj for obj in own}.values()
        yield from self.others.find(kind, namespaces_of, namespace, close=not namespace)

    def beside(self, objects: Iterable[ObjectFacts]) -> Iterator[ObjectFacts]:
        """Those of some objects that are there together with the text: by them it may be judged.

        They stand in it, or in files that are close to it, but for versions: files that make an
        object which another close one makes too. Only one of these is there at a time, as with
        examples, and with what tests expect. Where the text is a version, it is there alone.
        """
        are_beside: dict[str, bool] = {"": True}
        for obj in objects:
            if obj.path not in are_beside:
                are_beside[obj.path] = (
                    any(True for _ in self.others.close((obj,)))
                    and not self._is_version
                    and not self._makes_again(obj.path, self.others.of_file(obj.path))
                )
            if are_beside[obj.path]:
                yield obj

    @cached_property
    def _is_version(self) -> bool:
        return self._makes_again("", self.own)

    def _makes_again(self, path: str, objects: Iterable[ObjectFacts]) -> bool:
        """Whether files that are close to the text make what a file of a path makes of objects.

        Many files make the namespace that they need, and a patch makes nothing.
        """
        for obj in objects:
            kind = (obj.group, obj.kind)
            if not obj.name or kind == (CORE, "Namespace") or is_patch(obj):
                continue
            same = self.find(kind, names_of, (obj.namespace, obj.name))
            again = [each for each in same if each.path != path and not is_patch(each)]
            if not all(each.path for each in again) or any(self.others.close(again)):
                return True
        return False

    def kinds(self) -> Iterator[Kind]:
        """The kinds of which there may be objects."""
        yield from (kind for kind in self._own if kind not in SHARED_KINDS)
        yield from self.others.kinds()

    @cached_property
    def _own(self) -> Mapping[Kind, Table]:
        lists: dict[Kind, list[ObjectFacts]] = {}
        for obj in self.own:
            for kind in kinds_of(obj):
                lists.setdefault(kind, []).append(obj)
        return {kind: Table(tuple(found)) for kind, found in lists.items()}


def is_patch(obj: ObjectFacts) -> bool:
    """Whether an object with a pod is a patch of one that stands elsewhere."""
    return isinstance(obj.detail, WorkloadFacts) and obj.detail.is_patch


def names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by its namespace and its name."""
    return ((obj.namespace, obj.name),)


def namespaces_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by its namespace."""
    return (obj.namespace,)


def bare_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by its name, whatever its namespace."""
    return (obj.name,)


def all_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """Any object by None."""
    return (None,)


def bound_accounts_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """A binding by its accounts, and by their names alone."""
    detail = obj.detail
    if isinstance(detail, BindingFacts):
        for account in detail.accounts:
            yield account.namespace, account.name
            yield account.name


def tls_hosts_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An Ingress by the hosts for which it has TLS."""
    return obj.detail.tls_hosts if isinstance(obj.detail, IngressFacts) else ()


def breaking_namespaces_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """What has a pod that the baseline level refuses by the namespace of that, by None for any."""
    detail = obj.detail
    if isinstance(detail, WorkloadFacts) and detail.level == "privileged":
        yield from installed_into_by(obj) or (obj.namespace,)
        yield None


def defined_kinds_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """A definition by the group and the kind that it defines."""
    if isinstance(obj.detail, DefinitionFacts):
        yield obj.detail.group, obj.detail.kind


def may_be_same(namespace: str, other: str) -> bool:
    """Whether two namespaces may be the same one: what tells none may be applied to any."""
    return not namespace or not other or namespace == other


def is_near(name: str, other: str) -> bool:
    """Whether one of two names is probably the other one, misspelled: not where a digit counts."""
    if not is_one_edit_away(name, other) or min(len(name), len(other)) < _LEAST:
        return False
    return [letter for letter in name if letter.isdigit()] == [
        letter for letter in other if letter.isdigit()
    ]


_LEAST: Final = 5
"""How long a name is at least that is not like others by chance."""

UNSURE: Final = "unsure"
"""The answer where files disagree."""

Question: TypeAlias = tuple[Callable[..., Any], tuple[Hashable, ...]]
"""A query and its arguments, but for what is in reach."""

Asked: TypeAlias = Mapping[Question, Any]
"""Questions with their answers."""


def still_holds(asked: Asked, reach: Reach) -> bool:
    """Whether all questions get the same answers from what is in reach now."""
    return all(query(reach, *args) == answer for (query, args), answer in asked.items())


class EnforcedLevel(NamedTuple):
    """The Pod Security level that a namespace enforces; no version stands for the newest one."""

    level: str
    version: Version | None
    namespace: ObjectFacts


_NOT_ASKED: Final = object()


class Facts:
    """What rules may ask about other objects; `asked` is what was asked so far."""

    def __init__(self, reach: Reach | None = None) -> None:
        self.reach = Reach() if reach is None else reach
        self.asked: dict[Question, Any] = {}

    def ask(self, query: Callable[..., A], *args: Hashable) -> A:
        """The answer to a query of what is in reach."""
        question = (query, args)
        answer: A | object = self.asked.get(question, _NOT_ASKED)
        if answer is _NOT_ASKED:
            answer = self.asked[question] = query(self.reach, *args)
        return cast("A", answer)

    def automount(self, namespace: str | None, name: str | None) -> bool | Literal["unsure"] | None:
        """What the ServiceAccount of that name says about its token; None if it says nothing."""
        return self.ask(automount, namespace or "", name or "default")

    def has_account(self, namespace: str | None, name: str | None) -> bool:
        """Whether a ServiceAccount of that name is in reach."""
        return self.ask(has_account, namespace or "", name or "default")

    def binding(self, namespace: str | None, name: str | None) -> ObjectFacts | None:
        """A binding that gives the ServiceAccount a role; None if there is none."""
        return self.ask(binding, namespace or "", name or "default")

    def default_limits(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a limit by default in the namespace."""
        return self.ask(defaults, namespace or "").limits

    def default_requests(self, namespace: str | None) -> frozenset[str]:
        """The resources that get a request by default in the namespace."""
        return self.ask(defaults, namespace or "").requests

    def quotas(self, namespace: str | None) -> tuple[ObjectFacts, ...]:
        """The ResourceQuotas of the namespace, of which there are seldom any."""
        return self.ask(quotas, namespace or "")

    def has_tls(self, host: IngressHost) -> bool:
        """Whether an Ingress in reach has TLS for a host."""
        return self.ask(has_tls, host)

    def why_patch(self, obj: KubeObject) -> str | None:
        """What makes an object of the text a patch, as a clause; None for a whole one."""
        if obj.patch_because is not None:
            return obj.patch_because
        return self._why_file_is_patch

    @cached_property
    def _why_file_is_patch(self) -> str | None:
        # Asked for each finding, of the whole text.
        return self.ask(why_file_is_patch)

    def breach(self, namespace: str | None) -> ObjectFacts | None:
        """An object in a namespace whose pod the baseline level would refuse, if there is one."""
        return self.ask(breach, namespace)


# The queries.


def why_file_is_patch(reach: Reach) -> str | None:
    """Why the text may hold a part only of what is applied, by what other files say."""
    return reach.others.why_patch()


def place_of(reach: Reach, obj: ObjectFacts, mark: str = "") -> Place:
    """Where an object of another file stands now, or what it marks so.

    Places make no object another one. Whoever shows one asks for it, so as to be asked again when
    it has moved.
    """
    for other in reach.others.find((obj.group, obj.kind), names_of, (obj.namespace, obj.name)):
        if other == obj:
            return dict(other.marks).get(mark, other.place)
    return obj.place


def enforced_level(reach: Reach, name: str) -> EnforcedLevel | None:
    """The level that a namespace enforces; None where it is unknown, and where files disagree."""
    namespaces = reach.named((CORE, "Namespace"), "", name)
    levels = {each.detail.levels for each in namespaces if isinstance(each.detail, NamespaceFacts)}
    if len(levels) != 1:
        return None
    labels: dict[str, str] = dict(next(iter(levels)))
    level, pinned = labels.get(ENFORCE), labels.get(f"{ENFORCE}-version", "latest")
    if level not in ("baseline", "restricted"):
        return None
    try:
        version = None if pinned == "latest" else version_of(pinned)
    except ValueError:
        # The API server rejects the namespace.
        return None
    return EnforcedLevel(level, version, namespaces[0])


def automount(reach: Reach, namespace: str, name: str) -> bool | Literal["unsure"] | None:
    """What the ServiceAccount of that name says about its token."""
    accounts = reach.named((CORE, "ServiceAccount"), namespace, name)
    said = {
        account.detail.automount for account in accounts if isinstance(account.detail, AccountFacts)
    }
    if len(said) > 1:
        return UNSURE
    return next(iter(said), None)


def makes_accounts(reach: Reach) -> bool:
    """Whether the files around the text make ServiceAccounts, of whatever name."""
    return bool(reach.others.find((CORE, "ServiceAccount"), all_of, None))


def has_account(reach: Reach, namespace: str, name: str) -> bool:
    """Whether a ServiceAccount of that name is in reach."""
    return bool(reach.named((CORE, "ServiceAccount"), namespace, name))


def binding(reach: Reach, namespace: str, name: str) -> ObjectFacts | None:
    """A binding that gives the ServiceAccount a role: the last one of the text, else any.

    Beside an account of the text, no file counts that has the same account once more.
    """
    found = list(_bindings(reach, namespace, name))
    for own, _ in found:
        if own:
            return own[-1].bare
    variants = _variants(reach, (CORE, "ServiceAccount"), namespace, name)
    for _, others in found:
        for obj in others:
            if obj.path not in variants:
                return obj.bare
    return None


def _bindings(
    reach: Reach, namespace: str, name: str
) -> Iterator[tuple[tuple[ObjectFacts, ...], tuple[ObjectFacts, ...]]]:
    """The bindings that name the ServiceAccount: those of the text, and of others, by their kinds.

    A namespace that is left out, of the pod or in the binding, may be any; but for the account
    `default` the two then have to be close.
    """
    keys: tuple[Hashable, ...] = ((namespace, name), ("", name)) if namespace else (name,)
    for key in keys:
        is_vague = name == "default" and key != (namespace, name)
        for kind in BINDING_KINDS:
            yield (
                reach.own_find(kind, bound_accounts_of, key),
                reach.others.find(kind, bound_accounts_of, key, close=is_vague),
            )


def _variants(reach: Reach, kind: Kind, namespace: str, name: str) -> frozenset[str]:
    """The other files that hold an object of the text too: another version of it, for another case.

    What else they tell of that object is not said of this one.
    """
    key = (namespace, name)
    if not reach.own_find(kind, names_of, key):
        return frozenset()
    return frozenset(obj.path for obj in reach.others.find(kind, names_of, key))


def bindings(reach: Reach, namespace: str, name: str) -> tuple[ObjectFacts, ...]:
    """All bindings that give the ServiceAccount a role, each as `named` finds it."""
    found: dict[tuple[str, str, str], list[ObjectFacts]] = {}
    for own, others in _bindings(reach, namespace, name):
        for obj in (*own, *others):
            found.setdefault((obj.kind, obj.namespace, obj.name), []).append(obj)
    return tuple(each for same in found.values() for each in reach.meant(same))


def is_bound_by_chart(reach: Reach, value: str) -> bool:
    """Whether a chart gives a role to the account to which a value of it gives a token.

    The value is named by its path in the values, which are the text. Where no template of the chart
    takes it in a way that is understood, any binding in the chart may be that of the account.
    """
    details = [obj.detail for obj in _of_chart(reach)]
    bindings = [each for each in details if isinstance(each, BindingFacts)]
    tokens = [each.of_chart for each in details if isinstance(each, AccountFacts | WorkloadFacts)]
    accounts = {each.account for each in tokens if each is not None and value in each.values}
    if not accounts:
        return bool(bindings)
    return any(
        not accounts.isdisjoint((*each.in_chart, *(name for _, name in each.accounts)))
        for each in bindings
    )


def _of_chart(reach: Reach) -> tuple[ObjectFacts, ...]:
    """The workloads and bindings of the chart whose values the text is, and its accounts."""
    kinds = (IN_CHARTS, *WORKLOADS, *BINDING_KINDS)
    for close in (True, False):
        # A chart that is all there is has nothing nearer in common.
        found = [
            obj for kind in kinds for obj in reach.others.find(kind, all_of, None, close=close)
        ]
        if found:
            return reach.others.nearest(found)
    return ()


def defaults(reach: Reach, namespace: str) -> ContainerDefaults:
    """What all LimitRanges of a namespace give containers together."""
    ranges = reach.in_namespace((CORE, "LimitRange"), namespace)
    return united(each.detail for each in ranges if isinstance(each.detail, ContainerDefaults))


def has_tls(reach: Reach, host: IngressHost) -> bool:
    """Whether an Ingress in reach has TLS for a host."""
    return any(
        reach.own_find(kind, tls_hosts_of, host)
        or reach.others.find(kind, tls_hosts_of, host, close=not host.namespace)
        for kind in INGRESSES
    )


def is_made_again(reach: Reach, kind: Kind, namespace: str, name: str) -> bool:
    """Whether other files have an object of that name too: then either may be what changes it."""
    return bool(reach.others.find(kind, names_of, (namespace, name)))


DEFINITIONS: Final[Kind] = (EXTENSIONS, "CustomResourceDefinition")


def defined_places_of(
    reach: Reach, group: str, kind: str, version: str
) -> tuple[CorePlace, ...] | None:
    """The places of core types in a kind, by its definition in reach; None where there are none.

    Of several the last of the text counts, else the nearest that has that version. Most definitions
    tell no place: then they change no judgement.
    """
    found = reach.find(DEFINITIONS, defined_kinds_of, (group, kind))
    for obj in reach.meant(found) if len(found) > 1 else found:
        if isinstance(obj.detail, DefinitionFacts):
            places = defined_places(obj.detail.text, group, kind, version)
            if places is not None:
                return places or None
    return None


def quotas(reach: Reach, namespace: str) -> tuple[ObjectFacts, ...]:
    """The ResourceQuotas beside the text for which pods of a namespace must say what they take."""
    found = reach.beside(reach.in_namespace((CORE, "ResourceQuota"), namespace))
    return tuple(each for each in found if isinstance(each.detail, QuotaFacts))


def meant_source(reach: Reach, kind: str, namespace: str, name: str) -> ObjectFacts | None:
    """The Secret or ConfigMap that is probably meant by a name which nothing in reach has.

    None where something has it, of whatever kind: controllers make Secrets under the names of their
    own objects. So it is where several workloads know the name.
    """
    known = (CORE, kind)
    if reach.find(known, bare_names_of, name):
        return None
    found = {each for word in _nearby(name) for each in reach.find(known, nearby_names_of, word)}
    near = [
        each
        for each in found
        if is_near(name, each.name) and may_be_same(namespace, each.namespace)
    ]
    if not near or any(reach.find(each, bare_names_of, name) for each in reach.kinds()):
        return None
    users = (user for each in WORKLOADS for user in reach.find(each, used_names_of, (kind, name)))
    if len({(user.kind, user.name) for user in users}) > 1:
        return None
    return next(reach.beside(sorted(near, key=_name_and_path)), None)


def _name_and_path(obj: ObjectFacts) -> tuple[str, str]:
    return obj.name, obj.path


def nearby_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by what it shares with each name that `is_near` its own."""
    return _nearby(obj.name)


def _nearby(name: str) -> set[str]:
    """A name, and what is left of it without each of its letters, whatever their case."""
    name = name.lower()
    return {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}


def used_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by the kinds and names of those that it uses."""
    return {(use.kind, use.name) for use in obj.uses}


def may_run_unseen(reach: Reach, namespace: str) -> bool:
    """Whether the other files have no workload for a namespace: then one comes from elsewhere.

    A text that is alone tells nothing about that.
    """
    return reach.others.hold_any() and next(workloads(reach, namespace, ""), None) is None


def installer(reach: Reach, namespace: str) -> ObjectFacts | None:
    """An object that installs a chart, or what else stands elsewhere, into a namespace.

    Which pods come with it, its own text does not tell.
    """
    for kind in INSTALLERS:
        found = (
            *reach.find(kind, installed_into_by, namespace),
            *reach.others.find(kind, installed_into_by, "", close=True),
        )
        if found:
            return found[0].bare
    return None


def installed_into_by(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by the namespaces into which it installs what stands elsewhere."""
    targets = {use.name for use in obj.uses if use.as_ == TARGET}
    if not targets and (obj.group, obj.kind) in INTO_THEIR_OWN:
        return (obj.namespace,)
    return targets


def workloads(reach: Reach, *namespaces: str) -> Iterator[ObjectFacts]:
    """The objects with a pod in some namespaces, the empty one for those that tell none."""
    for namespace in namespaces:
        for kind in WORKLOADS:
            yield from reach.in_namespace(kind, namespace)


def is_tagged_elsewhere(reach: Reach, name: str) -> bool:
    """Whether a tag or digest is given to an image of that name before it is deployed.

    A kustomization does so for the files that belong to it, or has a transformer do it. Skaffold
    builds the image, and writes what it has built into every manifest that it deploys, wherever its
    own file lies.
    """
    return bool(
        reach.others.find(SKAFFOLD, tagged_names_of, name)
        or reach.others.find(KUSTOMIZATION, tagged_names_of, name, close=True)
        or reach.others.find(TRANSFORMER, tagged_names_of, name, close=True)
    )


def tagged_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by the names of the images to which it gives a tag or digest."""
    return obj.detail.names if isinstance(obj.detail, TaggedImages) else ()


def breach(reach: Reach, namespace: str | None) -> ObjectFacts | None:
    """An object in a namespace whose pod the baseline level would refuse: the first of the text.

    It may be any that has no namespace, if it is close, and where that of the question has no name,
    any at all. What installs a chart with such a pod in its values has to name the namespace, or to
    stand in a folder of that one alone: which of many releases a file far above sends there is not
    known.
    """
    keys = (None,) if namespace is None else (namespace, "")
    for key in keys:
        for obj in reach.own:
            if key in breaking_namespaces_of(obj):
                return obj.bare
    for key in keys:
        for kind in WORKLOADS:
            for obj in reach.others.find(kind, breaking_namespaces_of, key, close=not key):
                if key != "" or (obj.group, obj.kind) not in INSTALLERS:
                    return obj.bare
    return None if not namespace else _breach_of_folder(reach, namespace)


def _breach_of_folder(reach: Reach, namespace: str) -> ObjectFacts | None:
    """What installs such a pod without a namespace where the nearest root has this one alone.

    So people lay out what Flux applies: `apps/shop/namespace.yaml`, and below it the releases.
    """
    kinds = sorted(INTO_THEIR_OWN)
    releases = [
        obj
        for kind in kinds
        for obj in reach.others.find(kind, breaking_namespaces_of, "", close=True)
    ]
    if not releases:
        return None
    namespaces = (CORE, "Namespace")
    if any(obj.name != namespace for obj in reach.own_find(namespaces, all_of, None)):
        return None
    others = [
        obj
        for obj in reach.others.find(namespaces, all_of, None, close=True)
        if obj.name != namespace
    ]
    nearest = reach.others.nearest((*releases, *others))
    if any((obj.group, obj.kind) == namespaces for obj in nearest):
        return None
    return nearest[0].bare
