"""What the rules about missing requests and limits share: rule files do not know each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from k8s_lsp.kubernetes.commented_amounts import with_commented_amounts
from k8s_lsp.kubernetes.facts import ObjectFacts
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.queries import Facts
from k8s_lsp.kubernetes.resources import (
    POD_LEVEL_SINCE,
    Side,
    added_amount,
    added_everything,
    has_pod_level,
    is_pod_level,
    places_without,
    quota_for,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Constant, Violation
from k8s_lsp.rules.base import Context, Finding, Fix, fix, found, missing, related_to
from k8s_lsp.settings import Settings

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


# How admission decides the same.

_LIMIT = """\
(variables.resource in each.?limits.orValue({}) &&
  (sign(quantity(each.limits[variables.resource])) != 0 ||
    (variables.resource in each.?requests.orValue({}) &&
      sign(quantity(each.requests[variables.resource])) != 0)))"""
"""Whether resources have a limit that is one."""

_REQUEST = f"(variables.resource in each.?requests.orValue({{}}) || {_LIMIT})"

_HOLDERS = """\
([container.spec.?resources.orValue({})] + (variables.isOfPods
  ? [variables.pod.spec.?resources.orValue({})] : []))"""
"""The resources that count for a container."""


def amount_admission(
    side: Side,
    name: str,
    unless_requested: Callable[[Settings], bool] | None = None,
) -> Admission:
    """How admission decides `missing_amount`, by the object alone.

    `unless_requested` tells of the settings whether containers with a request are passed over. What
    a LimitRange fills in stands in the pods that are asked about; a ResourceQuota refuses by
    itself.
    """

    def constants(settings: Settings, version: Version) -> dict[str, Constant]:
        is_of_pods = version >= POD_LEVEL_SINCE and is_pod_level(name)
        named: dict[str, Constant] = {"resource": name, "isOfPods": is_of_pods}
        if unless_requested is not None:
            named["passesOverRequests"] = unless_requested(settings)
        return named

    has_amount = _LIMIT if side == "limits" else _REQUEST
    passed_over = f" &&\n!(variables.passesOverRequests && {_HOLDERS}.exists(each, {_REQUEST}))"
    is_unlimited = f"{_HOLDERS}.exists(each, variables.resource in each.?limits.orValue({{}}))"
    is_none = f' + ({is_unlimited}\n  ? " above 0, which is no limit" : "")'
    return Admission(
        (
            Violation(
                "container",
                'container.type in ["container", "sidecar"] &&\n'
                f"!{_HOLDERS}.exists(each, {has_amount})"
                + ("" if unless_requested is None else passed_over),
                f"container.title + ' must set resources.{side}.{name}'"
                + (is_none if side == "limits" else ""),
            ),
        ),
        constants=constants,
    )
