"""Which findings of an object are told: none twice, and none that another one implies."""

from collections.abc import Iterable, Sequence

from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.engine.suppression.reach import containers_of_finding
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.rules.base import Scope
from k8s_lsp.settings import SEVERITIES, Profile
from k8s_lsp.text import Span

Implied = set[tuple[Scope, object]]
"""In which scopes the findings of a rule are implied, and where: what one is looked up in."""


def with_precedence(diagnoses: list[Diagnosis], profile: Profile) -> Sequence[Diagnosis]:
    """The diagnoses of one object, with those marked that repeat another one or are implied.

    The profiles that mirror the Pod Security Standards publish every violation.
    """
    first: dict[tuple[str, Span], int] = {}
    for index, diagnosis in enumerate(diagnoses):
        if diagnosis.status == "published":
            known = first.setdefault((diagnosis.rule.slug, diagnosis.finding.span), index)
            if known != index:
                diagnoses[index] = diagnosis._replace(status="repeated")
    if profile in ("baseline", "restricted"):
        return diagnoses
    implied = _implied_by([diagnoses[index] for index in first.values()])
    if implied:
        for index in first.values():
            diagnosis = diagnoses[index]
            if diagnosis.rule.slug in implied and is_implied(
                diagnosis, implied[diagnosis.rule.slug]
            ):
                diagnoses[index] = diagnosis._replace(status="implied")
    return diagnoses


def without_precedence(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """The diagnoses as they were before `with_precedence` compared them with others."""
    return [
        diagnosis._replace(status="published")
        if diagnosis.status in ("repeated", "implied")
        else diagnosis
        for diagnosis in diagnoses
    ]


def _implied_by(published: Iterable[Diagnosis]) -> dict[str, Implied]:
    """What the findings imply, by the slugs of those rules that have found something."""
    published = list(published)
    slugs = {diagnosis.rule.slug for diagnosis in published}
    implied: dict[str, Implied] = {}
    for implying in published:
        for slug, scope in implying.rule.silences.items():
            if slug in slugs:
                places = implied.setdefault(slug, set())
                places.update((scope, place) for place in reach_of(implying, scope))
    return implied


def reach_of(implying: Diagnosis, scope: Scope) -> Iterable[object]:
    """The places at which a finding implies others, in the scope that its rule names."""
    if scope == "token":
        return (implying.finding.span,)
    if scope == "field":
        return (implying.finding.path,)
    if scope == "container":
        return containers_of_finding(implying.object, implying.finding)
    if scope == "item":
        # What is graver than a general remark about its neighbour still has to be said.
        least = SEVERITIES.index(implying.severity)
        return tuple((_item_of(implying), severity) for severity in SEVERITIES[least:])
    return (None,)


def is_implied(diagnosis: Diagnosis, implied: Implied) -> bool:
    """Whether another finding says this one too, for all containers that this one is about."""
    containers = containers_of_finding(diagnosis.object, diagnosis.finding)
    item = _item_of(diagnosis)
    path = diagnosis.finding.path or ()
    return (
        ("token", diagnosis.finding.span) in implied
        or (bool(containers) and all(("container", path) in implied for path in containers))
        or (item is not None and ("item", (item, diagnosis.severity)) in implied)
        or ("object", None) in implied
        or any(("field", path[:depth]) in implied for depth in range(len(path), 0, -1))
    )


def _item_of(diagnosis: Diagnosis) -> Path | None:
    """The path of the item of the object's list that a finding stands in: a rule of a Role."""
    depth = len(diagnosis.object.root.path) + 2
    path = diagnosis.finding.path or ()
    return path[:depth] if len(path) >= depth else None
