"""What runs in a cluster, told once: a ReplicaSet's pods are their Deployment's finding.

Controllers make objects of what another one says. Whoever reads what is wrong with a thousand pods
wants to know the one place where it is put right.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from k8s_lsp.kubernetes.stored import DEPENDENTS
from k8s_lsp.kubernetes.workloads import group_of
from k8s_lsp.reports.entries import Entry, FileReport, ObjectName, Run, Runner

_Key: TypeAlias = tuple[str, str, str, str]
"""An object by its group, kind, namespace and name: versions of one kind are the same."""


class _Place(NamedTuple):
    """What is told once: a rule about a field of whatever an owner has made.

    The message tells items of a list apart that nothing names.
    """

    owner: _Key
    rule: str
    field: str
    message: str


def told_once(report: FileReport) -> FileReport:
    """The report in which the findings of what controllers have made are their owners'.

    What an owner in the report has too is told there, ignored or not; what its pods alone have is
    told once, of the first of them. What is left of an earlier state of an owner is not told.
    """
    if not any(entry.run is not None and entry.run.owners for entry in report.entries):
        return report
    runners = {_key(runner.name): runner for runner in report.runners}
    pods: dict[_Place, int] = {}
    told: set[_Place] = set()
    kept: list[tuple[Entry, _Place | None]] = []
    for entry in report.entries:
        run = entry.run
        if run is None:
            kept.append((entry, None))
        elif not (run.is_retired and run.owners):
            chain = tuple(_chain(entry.object, run, runners))
            whose = _whose(entry.object, chain)
            place = _Place(_key(whose), entry.rule, run.field, entry.message)
            is_made = whose != entry.object
            pods[place] = pods.get(place, 0) + (run.is_pod and is_made)
            is_told = any((entry.rule, run.field) in _told(runners, each) for each in chain)
            if not (is_told or (is_made and place in told)):
                told.add(place)
                kept.append((_of_owner(entry, whose, chain), place))
    entries = tuple(
        entry if place is None else entry._replace(pods=pods[place]) for entry, place in kept
    )
    return report._replace(entries=entries)


def _whose(name: ObjectName, chain: Sequence[ObjectName]) -> ObjectName:
    """Whose finding that of an object is: of the first in its chain that is no dependent.

    What owns that one in turn is no template of it: one custom resource may own many Deployments.
    """
    whole = (name, *chain)
    return next((each for each in whole if each.kind not in DEPENDENTS), whole[-1])


def _chain(name: ObjectName, run: Run, runners: Mapping[_Key, Runner]) -> Iterator[ObjectName]:
    """The owners of an object, the nearest first, as far as it and the report tell them."""
    seen = {_key(name)}
    owners: Iterable[ObjectName] = run.owners
    while owners:
        last = None
        for owner in owners:
            last = _known(owner, runners)
            if _key(last) in seen:
                return
            seen.add(_key(last))
            yield last
        runner = None if last is None else runners.get(_key(last))
        owners = () if runner is None else runner.owners


def _known(owner: ObjectName, runners: Mapping[_Key, Runner]) -> ObjectName:
    """The owner as the report has it: one that is in no namespace may own what is in one."""
    without = owner._replace(namespace=None)
    return without if _key(owner) not in runners and _key(without) in runners else owner


def _told(runners: Mapping[_Key, Runner], name: ObjectName) -> frozenset[tuple[str, str]]:
    runner = runners.get(_key(name))
    return frozenset() if runner is None else runner.told


def _of_owner(entry: Entry, whose: ObjectName, chain: Sequence[ObjectName]) -> Entry:
    """The entry with its owner, and known as that of the one whose it is: pods get new names."""
    if whose == entry.object:
        return entry._replace(owner=chain[0]) if chain else entry
    identity = entry.identity
    if identity is not None and entry.run is not None:
        identity = identity._replace(
            group=group_of(whose.api_version),
            kind=whose.kind,
            name=whose.name or "",
            field=entry.run.field,
        )
    return entry._replace(owner=whose, identity=identity)


def _key(name: ObjectName) -> _Key:
    return (group_of(name.api_version), name.kind, name.namespace or "", name.name or "")
