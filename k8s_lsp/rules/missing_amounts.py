"""What the rules about missing requests and limits share: rule files do not know each other."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.commented_amounts import with_commented_amounts
from k8s_lsp.kubernetes.facts import ObjectFacts
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.queries import Facts
from k8s_lsp.kubernetes.resources import (
    Side,
    added_amount,
    added_everything,
    has_pod_level,
    places_without,
    quota_for,
)
from k8s_lsp.rules.base import Context, Finding, Fix, fix, found, missing, related_to

NOT_MEASURED = (
    "limit",
    "limits and requests are defaults, not measured: what needs more memory is killed",
)
"""The AFTER_FIX of all these rules: it is told once."""


def missing_amount(
    pod: Pod,
    context: Context,
    side: Side,
    name: str,
    containers: Iterable[Container] | None = None,
) -> Iterator[Finding]:
    """The containers of a pod, all or some, that have no request or no limit for a resource.

    Where a ResourceQuota of the namespace asks for it, the API server refuses the pod.
    A fix adds it, as much as the author left commented out, if there is such an amount; where the
    resource is CPU or memory, another one adds all that is missing of both.
    """
    has_quota = bool(context.facts.quotas(pod.namespace))
    for container in pod.containers if containers is None else containers:
        places = places_without(container, side, name, context.version, context.facts)
        if places:
            own, *others = places
            fixes = partial(_fixes, pod, container, side, name, context)
            message = f"{container} must set resources.{side}.{name}"
            zero = next((place for place in places if place.present), None)
            if side == "limits" and zero is not None:
                yield found(zero, f"{message} above 0, which is no limit", fixes=fixes)
                continue
            told = missing(container, own, message, also=others, fixes=fixes)
            quota = _quota(container, side, name, context) if has_quota else None
            yield told if quota is None else _refused(told, quota, context.facts)


def _quota(container: Container, side: Side, name: str, context: Context) -> ObjectFacts | None:
    """The ResourceQuota that asks for what is missing: with a limit a request is missing too."""
    version, facts = context.version, context.facts
    quota = quota_for(container, side, name, version, facts)
    if (
        quota is None
        and side == "limits"
        and places_without(container, "requests", name, version, facts)
    ):
        return quota_for(container, "requests", name, version, facts)
    return quota


def _refused(finding: Finding, quota: ObjectFacts, facts: Facts) -> Finding:
    return replace(
        finding,
        message=f"{finding.message}: {quota.title} counts it, and the API server refuses pods "
        "that do not say it",
        related=related_to(facts, quota, f"{quota.title} stands here"),
        severity="error",
    )


def _fixes(
    pod: Pod, container: Container, side: Side, name: str, context: Context
) -> Iterator[Fix]:
    version, settings = context.version, context.settings.resources
    if not has_pod_level(pod):
        settings = with_commented_amounts(container, settings)
    own = added_amount(pod, container, side, name, version, settings)
    yield from fix(own.title, own.edits)
    if name in ("cpu", "memory"):
        everything = added_everything(pod, container, version, settings)
        if everything.edits != own.edits:
            yield from fix(everything.title, everything.edits, preferred=False)
