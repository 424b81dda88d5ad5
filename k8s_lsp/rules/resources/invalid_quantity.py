"""An amount is no quantity.

Kubernetes knows `500m`, `1.5Gi` and `2e3`. `1GB`, `512 Mi` and `0,5` it does not know, nor an
amount below zero, nor half a device: the API server rejects the object as a whole. Where a chart
or a pipeline drops what is rejected and goes on, what was meant to be bounded runs without bounds.

The suffixes are `k`, `M`, `G` for powers of 1,000 and `Ki`, `Mi`, `Gi` for powers of 1,024, with
no `B` behind them and no blank before them. A small `m` means thousandths, which is for CPU.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.resources import SIDES, amount, has_pod_level
from k8s_lsp.regexes import regex
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule
from k8s_lsp.syntax import scalars
from k8s_lsp.syntax.nodes import Scalar


@rule(
    severity="error",
    subject=OBJECT,
    requires_any_of=("resources", "overhead", "sizeLimit", "capacity", "limits", "hard"),
)
def invalid_quantity(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for place in _places(obj):
        field = place.field
        if field.text is None:
            continue
        reason = _reason(field)
        if reason is not None:
            names = ".".join(str(name) for name in field.path[-2:])
            yield found(
                field,
                f'{place.title} must not set {names} to "{field.text}": {reason}, and the API '
                "server rejects it",
                fixes=partial(_fixes, obj.text, place),
            )


class _Place(NamedTuple):
    """Where an amount stands; `other` is the other side of a request and its limit.

    Where more amounts bound it than that, `is_bounded` says so, and nothing is changed.
    """

    title: str
    field: Field
    other: Field | None = None
    is_bounded: bool = False


def _places(obj: KubeObject) -> Iterator[_Place]:
    """Every amount in an object."""
    for pod in obj.pods:
        is_bounded = has_pod_level(pod)
        for container in pod.containers:
            yield from _sides(str(container), container.get("resources"), is_bounded=is_bounded)
        yield from _sides("pod", pod.get("resources"), is_bounded=True)
        for field in pod.get("overhead").entries():
            yield _Place("pod", field, is_bounded=True)
        for volume in pod.volumes():
            title = f'volume "{volume.get("name").text}"'
            for field in volume.get("emptyDir").entries(("sizeLimit",)):
                yield _Place(title, field)
            claim = volume.get("ephemeral", "volumeClaimTemplate", "spec", "resources")
            yield from _sides(title, claim)
    for template in obj.get("spec", "volumeClaimTemplates").items():
        title = f'volume claim template "{template.get("metadata", "name").text}"'
        yield from _sides(title, template.get("spec", "resources"))
    if obj.group:
        return
    spec = obj.get("spec")
    if obj.kind == "PersistentVolumeClaim":
        yield from _sides(obj.kind, spec.get("resources"))
    for names in _BOUNDED.get(obj.kind, ()):
        for holder in spec.get("limits").items() if obj.kind == "LimitRange" else (spec,):
            for field in holder.get(names).entries():
                yield _Place(obj.kind, field, is_bounded=True)


_BOUNDED: Final = {
    "PersistentVolume": ("capacity",),
    "LimitRange": ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio"),
    "ResourceQuota": ("hard",),
}
"""Where objects of the core group have amounts beside those of pods and claims."""


def _sides(title: str, resources: Field, *, is_bounded: bool = False) -> Iterator[_Place]:
    for side, opposite in (SIDES, SIDES[::-1]):
        for field in resources.get(side).entries():
            other = resources.get(opposite, field.path[-1])
            yield _Place(title, field, other, is_bounded)


def _reason(field: Field) -> str | None:
    """Why the API server rejects an amount; None if it does not.

    Sources: apimachinery, pkg/api/resource/quantity.go, ParseQuantity; validation.go,
    ValidateResourceQuantityValue and ValidateNonnegativeQuantity.
    """
    value = amount(field)
    if value is None:
        text = field.text or ""
        # What another program fills in is not there yet.
        is_number = isinstance(field.node, Scalar) and scalars.number(field.node) is not None
        return None if is_number or _PLACEHOLDER.search(text) else "that is no quantity"
    if value < 0:
        return "that is less than nothing"
    if value.denominator != 1 and _is_counted(str(field.path[-1])):
        return "that is not a whole number"
    return None


_PLACEHOLDER: Final = regex(r"[$%<{]|\A[A-Z_]{3,}\Z")


def _is_counted(name: str) -> bool:
    """Whether only whole pieces of a resource can be had (helpers.go, IsIntegerResourceName)."""
    domain, slash, _ = name.rpartition("/")
    return bool(slash) and not domain.endswith("kubernetes.io")


def _fixes(text: str, place: _Place) -> tuple[Fix, ...]:
    """Write what was meant, where there is one reading, and the other side allows it."""
    field, other = place.field, place.other
    meant = _meant(field.text or "")
    if meant is None or place.is_bounded:
        return ()
    value = quantity(meant)
    if value is None or (value.denominator != 1 and field.path[-1] != "cpu"):
        return ()
    if other is not None and other.present:
        # Where both are wrong, each is put right as if the other was.
        against = amount(other)
        if against is None:
            against = quantity(_meant(other.text or "") or "")
        if against is None:
            return ()
        request, limit = (value, against) if field.path[-2] == "requests" else (against, value)
        if request > limit:
            return ()
    return fix(f"Set {field.path[-1]} to {meant}", field.set(text, meant))


_WRITTEN: Final = regex(r"(\d+)(?:[.,](\d+))?\s*([A-Za-z]*)", re.ASCII)

_SUFFIXES: Final = {
    **{f"{unit.lower()}{end}": unit for unit in "MGTP" for end in ("", "b")},
    **{f"{unit.lower()}i{end}": f"{unit}i" for unit in "KMGTP" for end in ("", "b")},
    "k": "k",
    "kb": "k",
    "": "",
}
"""What people mean by a suffix, in small letters; `m` alone is right, and not asked for here."""


def _meant(text: str) -> str | None:
    """The quantity that stands there in another way of writing; None if that is not clear."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    whole, fraction, suffix = match[1], match[2], match[3]
    number = whole if fraction is None else f"{whole}.{fraction}"
    if suffix == "m":
        return f"{number}m"
    unit = _SUFFIXES.get(suffix.lower())
    return None if unit is None else f"{number}{unit}"


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      resources:
        limits:
          memory: 512MB
"""

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      resources:
        limits:
          memory: 512M
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
)

ADMISSION = Undecidable("the API server itself refuses such an object, or does not decode it")
