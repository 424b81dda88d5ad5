"""Objects as an API server stores them: how they are told from manifests, and whose they are.

What a server or a controller has written into an object is no word of its author, and what it has
made of another object is told where that one is.
"""

import re
from datetime import datetime, timezone
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Field

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` keeps the manifest that it was given."""


DEPENDENTS: Final = frozenset({"Job", "Pod", "ReplicaSet", "ReplicationController"})
"""The kinds whose objects are told as their owner's: made by it, and again when they are gone."""


class Owner(NamedTuple):
    """The object that has made another one, by its `apiVersion`, `kind` and `name`."""

    api_version: str
    kind: str
    name: str


def is_stored(field: Field) -> bool:
    """Whether the object that a field belongs to was read back from a cluster.

    The server alone gives a `uid`, and refuses an object that comes with another one
    (k8s.io/apiserver, pkg/registry/rest/create.go, FillObjectMetaSystemFields).
    """
    place: Field | None = field
    while place is not None:
        # An item of a typed List need not say its kind, and a template has no `uid`.
        if place.get("metadata", "uid").text:
            return True
        if place.get("kind").present and place.get("apiVersion").present:
            return False
        place = place.parent
    return False


def owners_of(root: Field) -> tuple[Owner, ...]:
    """The owners that the text of an object tells, the nearest first: none, one, or two.

    The second one is that of a ReplicaSet or of a Job which a controller has named by a scheme. A
    static pod belongs to its node, which has not written it.
    """
    references = list(root.get("metadata", "ownerReferences").items())
    managing = [each for each in references if each.get("controller").boolean is True]
    for reference in managing or references[:1]:
        names = [reference.get(key).text for key in ("apiVersion", "kind", "name")]
        api_version, kind, name = (name or "" for name in names)
        if kind and name and (api_version, kind) != ("v1", "Node"):
            owner = Owner(api_version, kind, name)
            above = _owner_above(root, owner)
            return (owner,) if above is None else (owner, above)
    return ()


_HASHES: Final = {
    "pod-template-hash": ("apps/v1", "Deployment"),
    "rollouts-pod-template-hash": ("argoproj.io/v1alpha1", "Rollout"),
}
"""The labels of a pod in which a controller tells how it has named the pod's ReplicaSet.

Source: DefaultDeploymentUniqueLabelKey (k8s.io/api/apps/v1/types.go), and that of Argo Rollouts
(pkg/apis/rollouts/v1alpha1/types.go, DefaultRolloutUniqueLabelKey).
"""

_MINUTES: Final = re.compile(r"(.+)-([0-9]{8})")
"""How a CronJob names a Job: by the minutes since 1970 at which it was due.

Source: getJobName (pkg/controller/cronjob/utils.go).
"""

_A_DAY: Final = 24 * 60


def _owner_above(root: Field, owner: Owner) -> Owner | None:
    """The owner of a pod's owner, where the pod itself tells which one that is."""
    if owner.kind == "ReplicaSet":
        for label, (api_version, kind) in _HASHES.items():
            end = f"-{root.get('metadata', 'labels', label).text}"
            if owner.name.endswith(end) and len(owner.name) > len(end) > 1:
                return Owner(api_version, kind, owner.name.removesuffix(end))
    named = _MINUTES.fullmatch(owner.name) if owner.kind == "Job" else None
    if named is not None and _is_due(int(named[2]), root):
        return Owner("batch/v1", "CronJob", named[1])
    return None


def _is_due(minutes: int, root: Field) -> bool:
    """Whether an object was made on the day after so many minutes since 1970: a date is no such."""
    created = root.get("metadata", "creationTimestamp").text or ""
    try:
        moment = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return minutes <= moment.timestamp() // 60 < minutes + _A_DAY


def is_retired(root: Field, kind: str) -> bool:
    """Whether an object is what is left of an earlier state of its owner, and runs nothing."""
    is_kept = kind in ("ReplicaSet", "ReplicationController") and bool(owners_of(root))
    return is_kept and root.get("spec", "replicas").integer == 0


def last_applied(root: Field) -> str:
    """The manifest that `kubectl apply` was given for an object, in JSON; empty if none is told."""
    return root.get("metadata", "annotations", LAST_APPLIED).string or ""
