"""From one object to another: whom a name may mean, whom a selector means, and who means an object.

Rules conclude nothing where files disagree. Whoever follows a name is better served by all that it
may mean, the nearest first: also where only one of the two texts tells the namespace, because a
tool fills it in.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.facts import (
    CORE,
    NETWORKING,
    POLICY,
    ObjectFacts,
    Place,
    Selector,
    Use,
    WorkloadFacts,
    selection_of,
)
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.queries import WORKLOADS, Kind, Surroundings, names_of, namespaces_of
from k8s_lsp.kubernetes.workloads import POD_PLACES
from k8s_lsp.workspace.index import FilePlace, Index

SELECTORS: Final[dict[Kind, Path]] = {
    (CORE, "Service"): ("spec", "selector"),
    (NETWORKING, "NetworkPolicy"): ("spec", "podSelector"),
    (POLICY, "PodDisruptionBudget"): ("spec", "selector"),
}
"""The kinds that mean pods by their labels, and where they say by which."""

DEFAULT_ACCOUNT: Final = ("ServiceAccount", "default")
"""The account that each namespace has, and that pods have which name none."""


class Mention(NamedTuple):
    """An object that means another one, and where it does: at a name, or as a whole."""

    user: ObjectFacts
    place: Place


class Links:
    """What leads from one object to another below the top of one file."""

    def __init__(self, index: Index, top: str) -> None:
        self._index = index
        self._top = top
        # A name that thousands of objects use is looked up once for each of their files.
        self._near: Callable[[str], Surroundings] = lru_cache(maxsize=None)(self._surroundings)
        self._meant = lru_cache(maxsize=None)(self._find_meant)
        self._selected = lru_cache(maxsize=None)(self._find_selected)

    def meant_by(self, use: Use, path: str) -> tuple[ObjectFacts, ...]:
        """The objects that a name in a file may mean: several where files disagree.

        As for the API server, the last one of the file itself counts.
        """
        return self._meant(use.group, use.kind, use.namespace, use.name, path)

    def selected_by(self, selector: Selector, namespace: str, path: str) -> tuple[ObjectFacts, ...]:
        """The workloads that a selector in a file means, by labels that are known."""
        return self._selected(selector, namespace, path)

    def mentions_of(self, target: ObjectFacts) -> Iterator[Mention]:
        """The objects that mean an object: by its name, by its labels, or a Service that does so.

        The object need not be there: then those are found that mean one of its name in vain.
        """
        yield from self._uses_of(target)
        if (target.kind, target.name) == DEFAULT_ACCOUNT:
            for user in self._without_account(target):
                yield Mention(user, user.place)
        if isinstance(target.detail, WorkloadFacts):
            for user in self._selecting(target):
                yield Mention(user, user.place)
                if user.kind == "Service":
                    for mention in self._uses_of(user):
                        if mention.user.kind == "Ingress":
                            yield mention

    def _uses_of(self, target: ObjectFacts) -> Iterator[Mention]:
        key = (target.kind, target.name)
        for kind in self._index.kinds(self._top):
            for user in self._find(kind, used_names_of, key):
                for use in user.uses:
                    if (use.kind, use.name) == key and self._means(use, user.path, target):
                        # What arrives through an alias has no place of its own there.
                        yield Mention(user, use.place if use.place.token else user.place)

    def _without_account(self, target: ObjectFacts) -> Iterator[ObjectFacts]:
        """The workloads that name no account, so that they have the default one."""
        for kind in WORKLOADS:
            for user in self._find(kind, everything, None):
                detail = user.detail
                if (
                    isinstance(detail, WorkloadFacts)
                    and detail.account == target.name
                    and not detail.is_patch
                    and all(use.kind != target.kind for use in user.uses)
                ):
                    use = Use(CORE, target.kind, user.namespace, target.name, "serviceAccountName")
                    if self._means(use, user.path, target):
                        yield user

    def _means(self, use: Use, path: str, target: ObjectFacts) -> bool:
        meant = self.meant_by(use, path)
        if meant:
            return target in meant
        return use.group == target.group and _may_equal(use.namespace, target.namespace)

    def _selecting(self, target: ObjectFacts) -> Iterator[ObjectFacts]:
        """The objects that mean a workload by its labels."""
        detail = target.detail
        assert isinstance(detail, WorkloadFacts)
        for kind in SELECTORS:
            for user in self._find(kind, everything, None):
                selector = selection_of(user)
                if (
                    selector is not None
                    and _may_equal(user.namespace, target.namespace)
                    and _selects(selector, target)
                    and target in self.selected_by(selector, user.namespace, user.path)
                ):
                    yield user

    def _find_meant(
        self, group: str, kind: str, namespace: str, name: str, path: str
    ) -> tuple[ObjectFacts, ...]:
        near = self._near(path)
        kinds = _kinds_meant(group, kind)
        exact = [obj for each in kinds for obj in self._find(each, names_of, (namespace, name))]
        others = [
            obj
            for each in kinds
            for obj in self._find(each, bare_names_of, name)
            if _may_equal(namespace, obj.namespace)
        ]
        # Each namespace has an account of that name: only files that are close mean the same.
        is_any = (kind, name) == DEFAULT_ACCOUNT
        for found, is_vague in ((exact, not namespace), (others, True)):
            own = [obj for obj in found if obj.path == path]
            nearest = own[-1:] or near.nearest(near.close(found) if is_any and is_vague else found)
            if nearest:
                return tuple(nearest)
        return ()

    def _find_selected(
        self, selector: Selector, namespace: str, path: str
    ) -> tuple[ObjectFacts, ...]:
        near = self._near(path)
        # Without a namespace the two have no name in common: then they have to be close.
        for of, is_close in ((namespace, not namespace), ("", True)):
            found: Iterable[ObjectFacts] = [
                obj
                for kind in WORKLOADS
                for obj in self._find(kind, namespaces_of, of)
                if _selects(selector, obj)
            ]
            nearest = near.nearest(near.close(found) if is_close else found)
            if nearest:
                return nearest
        return ()

    def _find(
        self, kind: Kind, keys_of: Callable[[ObjectFacts], Iterable[Hashable]], key: Hashable
    ) -> tuple[ObjectFacts, ...]:
        """The objects of a kind under a key, in all files."""
        return self._near("").find(kind, keys_of, key)

    def _surroundings(self, path: str) -> Surroundings:
        return self._index.surroundings(FilePlace(path, self._top))


# What objects are looked up by.


def used_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by the kind and the name of each that it names."""
    return {(use.kind, use.name): None for use in obj.uses}


def bare_names_of(obj: ObjectFacts) -> Iterable[Hashable]:
    """An object by its name alone."""
    return (obj.name,)


def everything(obj: ObjectFacts) -> Iterable[Hashable]:
    """Any object by None."""
    return (None,)


def _selects(selector: Selector, obj: ObjectFacts) -> bool:
    """Whether a selector means a workload for certain; a patch adds to one that is elsewhere."""
    detail = obj.detail
    return (
        isinstance(detail, WorkloadFacts)
        and not detail.is_patch
        and detail.labels is not None
        and selector.labels is not None
        and selector.selects(detail.labels)
    )


def _kinds_meant(group: str, kind: str) -> Iterable[Kind]:
    """The kinds that may be meant: a workload may be of any group that has served its kind."""
    place = POD_PLACES.get(kind)
    if place is None or (group and group not in place.groups):
        return ((group, kind),)
    return tuple((each, kind) for each in sorted(place.groups))


def _may_equal(namespace: str, other: str) -> bool:
    """Whether two namespaces may be the same; an empty one may be any."""
    return namespace == other or not namespace or not other
