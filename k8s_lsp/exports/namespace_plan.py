"""Which Pod Security labels each namespace of some files gets now, which later, and why not now.

A label `enforce` stands at once only where nothing that is known speaks against it: no workload of
the files would be refused, none comes from elsewhere, and all of them were read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

from k8s_lsp.configuration.schema import NAMESPACE_PATTERN
from k8s_lsp.exports.namespace_contents import (
    LEVELS,
    Contents,
    Declared,
    Fault,
    Judged,
    Workload,
)
from k8s_lsp.kubernetes.facts import ENFORCE, INSTALLERS, PREFIX, ObjectFacts
from k8s_lsp.kubernetes.queries import installed_into_by, may_be_same
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.base import PodSecurityLevel
from k8s_lsp.settings import Profile, Settings
from k8s_lsp.workspace.index import NO_INDEX, Index
from k8s_lsp.workspace.kustomizations import given_namespaces


class Policy(NamedTuple):
    """What settings ask of the pods of a namespace: the level that is refused, and told about."""

    enforce: PodSecurityLevel
    warn: PodSecurityLevel
    version: str


_BY_PROFILE: Final[Mapping[Profile, tuple[PodSecurityLevel, PodSecurityLevel]]] = {
    # What `unlabelled-namespace` gives a namespace, too.
    "recommended": ("baseline", "restricted"),
    "baseline": ("baseline", "baseline"),
    "restricted": ("restricted", "restricted"),
    "all": ("restricted", "restricted"),
}


def policy_of(settings: Settings) -> Policy:
    """The policy that is in force by settings."""
    return Policy(*_BY_PROFILE[settings.profile], settings.kubernetes_version)


class Refused(NamedTuple):
    """A workload whose pods a level refuses, for these faults; `doubt` is why that is not certain.

    A doubt is a clause, and None where there is none.
    """

    workload: Workload
    path: str
    faults: tuple[Fault, ...]
    doubt: str | None


class NamespacePlan(NamedTuple):
    """What one namespace gets.

    `labels` are those to set now, `later` those to add once nothing is refused any more. `refused`
    are the workloads that the level of the policy refuses, of so many; `warned` is how many the API
    server warns about. `reasons` tell, in clauses, why nothing is enforced yet beside that.
    `declared_at` are the places of its Namespace objects.
    """

    name: str
    enforced: PodSecurityLevel
    is_enforced_already: bool
    labels: Mapping[str, str]
    later: Mapping[str, str]
    refused: tuple[Refused, ...]
    workloads: int
    warned: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    declared_at: tuple[tuple[str, int], ...]


class Plan(NamedTuple):
    """What all namespaces of some files get; `left_out` are those that get nothing, and why.

    `unplaced` is how many workloads name no namespace, nor does a file around them for them.
    """

    namespaces: tuple[NamespacePlan, ...]
    left_out: tuple[tuple[str, str], ...]
    unplaced: int


class _Found(NamedTuple):
    """What is known of one namespace, each with the file that tells it."""

    workloads: list[tuple[Contents, Workload]]
    declared: list[tuple[Contents, Declared]]
    installers: list[tuple[Contents, ObjectFacts]]

    @property
    def files(self) -> list[Contents]:
        """The files that tell something, those with its Namespace objects first."""
        return [
            *(of for of, _ in self.declared),
            *(of for of, _ in self.workloads),
            *(of for of, _ in self.installers),
        ]


_Member: TypeAlias = tuple[Contents, Workload, str | None]
"""A workload that is in a namespace, and why that is not certain."""


def plan_of(files: Sequence[Contents]) -> Plan:
    """What the namespaces get that files name which the caller asks about."""
    whole = _Files(files)
    plans: list[NamespacePlan] = []
    left_out: list[tuple[str, str]] = []
    for name, found in sorted(whole.by_name.items()):
        if not any(of.is_named for of in found.files):
            continue
        reason = _why_left_out(name, found)
        if reason is None:
            plans.append(_plan(name, found, whole))
        else:
            left_out.append((name, reason))
    unplaced = sum(of.is_named for of, _ in whole.unplaced)
    return Plan(tuple(plans), tuple(left_out), unplaced)


_NAME: Final = re.compile(NAMESPACE_PATTERN)


def _why_left_out(name: str, found: _Found) -> str | None:
    if _NAME.fullmatch(name) is None:
        return "no namespace can have that name"
    if name.startswith("kube-"):
        return "it is the cluster's own, whose pods need the node"
    if any(declared.is_of_openshift for _, declared in found.declared):
        return "it is a project of OpenShift, which writes these labels itself"
    return None


class _Files:
    """Some files among each other: what each namespace has, and what has none."""

    def __init__(self, files: Sequence[Contents]) -> None:
        self.by_name: dict[str, _Found] = {}
        self.unplaced: list[tuple[Contents, Workload]] = []
        self.unread = tuple((of.place.top, of.path) for of in files if of.errors)
        self._index: Index = NO_INDEX.updated({of.place: of.facts for of in files})
        lists = {
            of.place.path: of.facts.kustomizes for of in files if of.facts.kustomizes is not None
        }
        patches = {of.place.path: of.facts.patches for of in files if of.facts.patches}
        self._given = given_namespaces(
            {path: (*listed, *patches.get(path, ())) for path, listed in lists.items()},
            {of.place.path: of.facts.namespace for of in files},
        )
        self._patches = frozenset(chain.from_iterable(patches.values()))
        self._same: dict[tuple[str, str, str], list[tuple[Contents, Workload]]] = {}
        for of in files:
            self._add(of)

    def _add(self, of: Contents) -> None:
        for workload in of.workloads:
            self._same.setdefault(_identity(workload), []).append((of, workload))
            for name in self._put(of, workload.namespace):
                if name:
                    self._of(name).workloads.append((of, workload))
                else:
                    self.unplaced.append((of, workload))
        for declared in of.declared:
            for name in self._put(of, declared.name):
                self._of(name).declared.append((of, declared))
        for obj in of.facts.objects:
            if (obj.group, obj.kind) in INSTALLERS:
                for target in installed_into_by(obj):
                    names = [target] if target != obj.namespace else self._put(of, str(target))
                    for name in filter(None, map(str, names)):
                        self._of(name).installers.append((of, obj))

    def _of(self, name: str) -> _Found:
        return self.by_name.setdefault(name, _Found([], [], []))

    def _put(self, of: Contents, namespace: str) -> Iterable[str]:
        """The namespaces into which an object of a file is put that says it is in one."""
        # Kustomizations that list one another, which kustomize refuses, give none.
        given = self._given.get(of.place.path) or ("",)
        return sorted({each or namespace for each in given})

    def beside(self, found: _Found) -> Iterator[tuple[Contents, Workload]]:
        """The workloads that name no namespace and are close to a Namespace object."""
        for of, workload in self.unplaced:
            facts = ObjectFacts(
                workload.group, workload.kind, "", workload.name, path=of.place.path
            )
            if any(
                declaring.place == of.place
                or any(self._index.surroundings(declaring.place).close((facts,)))
                for declaring, _ in found.declared
            ):
                yield of, workload

    def refused(
        self, of: Contents, workload: Workload, judged: Judged, doubt: str | None
    ) -> Refused | None:
        """What a level says of the pods of a workload; None where it takes them."""
        faults = workload.faults.get(judged, ())
        if workload.is_patch or of.place.path in self._patches:
            # The rest of it stands elsewhere, and is judged there.
            faults = tuple(fault for fault in faults if not fault.is_lack)
        if not faults:
            return None
        certain = [fault for fault in faults if fault.is_known]
        if doubt is None and not certain:
            doubt = "what its text lacks may be filled in"
        elif doubt is None and all(each.is_lack for each in certain) and self._again(of, workload):
            doubt = "another file says more about it"
        return Refused(workload, of.path, faults, doubt)

    def _again(self, of: Contents, workload: Workload) -> bool:
        return any(
            other.place != of.place and may_be_same(workload.namespace, each.namespace)
            for other, each in self._same[_identity(workload)]
        )


def _identity(workload: Workload) -> tuple[str, str, str]:
    return workload.group, workload.kind, workload.name


def _plan(name: str, found: _Found, whole: _Files) -> NamespacePlan:
    policy, notes = _policy_for(found)
    enforced = _level_in(found.declared, ENFORCE)
    target = _stricter(policy.enforce, enforced)
    warn = _stricter(_stricter(policy.warn, target), _level_in(found.declared, "warn"))
    members: list[_Member] = [(*each, None) for each in found.workloads]
    members += [(*each, "it names no namespace") for each in whole.beside(found)]
    refused = _refused(members, Judged(target, policy.version), whole)
    reasons = tuple(_reasons(found, whole, has_workloads=bool(members)))
    enforcing = _labels((ENFORCE,), target, policy.version)
    telling = _labels(("warn", "audit"), warn, policy.version)
    is_ready = not refused and not reasons
    return NamespacePlan(
        name,
        target,
        enforced == target,
        {**enforcing, **telling} if is_ready else telling,
        {} if is_ready else enforcing,
        refused,
        len(members),
        len(_refused(members, Judged(warn, policy.version), whole)),
        reasons,
        notes,
        tuple((of.path, declared.line) for of, declared in found.declared),
    )


def _policy_for(found: _Found) -> tuple[Policy, tuple[str, ...]]:
    """The policy of the files that tell of a namespace; where they disagree, the weakest one."""
    named = [of for of in found.files if of.is_named]
    declaring = [of for of, _ in found.declared if of.is_named]
    policies = list(dict.fromkeys(policy_of(of.settings) for of in declaring or named))
    if len(policies) == 1:
        return policies[0], ()
    weakest = min(
        policies,
        key=lambda each: (
            LEVELS.index(each.enforce),
            LEVELS.index(each.warn),
            version_of(each.version),
        ),
    )
    return weakest, ("the settings of its files disagree, and the weakest count",)


def _level_in(declared: Iterable[tuple[Contents, Declared]], mode: str) -> PodSecurityLevel | None:
    """The strictest level that Namespace objects have for a mode already."""
    found = {dict(each.labels).get(mode) for _, each in declared}
    return next((level for level in reversed(LEVELS) if level in found), None)


def _stricter(level: PodSecurityLevel, other: PodSecurityLevel | None) -> PodSecurityLevel:
    return level if other is None or LEVELS.index(level) >= LEVELS.index(other) else other


def _refused(members: Iterable[_Member], judged: Judged, whole: _Files) -> tuple[Refused, ...]:
    found = (whole.refused(of, each, judged, doubt) for of, each, doubt in members)
    return tuple(each for each in found if each is not None)


def _reasons(found: _Found, whole: _Files, *, has_workloads: bool) -> Iterator[str]:
    """Why not all is known of what runs in a namespace."""
    for of, obj in found.installers:
        place = f"{of.path}:{obj.place.line + 1}"
        yield f"{obj.title}, {place}, brings pods that are not among these files"
    if not has_workloads and not found.installers:
        yield "its pods are not among these files"
    tops = {of.place.top for of in found.files}
    for top, path in whole.unread:
        if top in tops:
            yield f"{path} could not be read whole"


def _labels(modes: Iterable[str], level: PodSecurityLevel, version: str) -> dict[str, str]:
    """The labels of some modes for a level, of the version that settings name."""
    pinned = version if version == "latest" else f"v{version.removeprefix('v')}"
    return {
        f"{PREFIX}{mode}{suffix}": value
        for mode in modes
        for suffix, value in (("", level), ("-version", pinned))
    }
