"""An amount of memory or storage is given in thousandths of a byte.

In Kubernetes a small `m` means thousandths. That is right for CPU, but `512m` of memory is
about half a byte, and `0.5` is one exactly. The API server accepts both, with a warning that
few pipelines show, and the kubelet rounds up to one byte.

A container with such a limit does not start, or is killed at once. With such a request the
scheduler sets nothing aside, and an emptyDir of that size evicts its pod at the first write.
Mostly mebibytes were meant, `512Mi`, or megabytes, `512M`.

Fractions of larger units, as in `1.5Gi`, are fine as long as whole bytes come out; `1.1Gi` does
not.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from k8s_lsp.edits import together
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.resources import amount, has_pod_level
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Admission, Each, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule


@rule(
    severity="warning",
    subject=OBJECT,
    requires_any_of=("memory", "storage", "sizeLimit"),
)
def milli_byte_quantity(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for chain in _chains(obj):
        for field in chain.fields:
            text = field.text or ""
            if text.isalnum() and not text.endswith(("m", "u", "n")):
                continue  # Without a point or a negative exponent, these are whole bytes.
            value = amount(field)
            if value is None or not (value.denominator != 1 or text.endswith(("m", "u", "n"))):
                continue
            reason = "m means thousandths" if text.endswith("m") else "there is a fraction"
            yield found(
                field,
                f"{chain.title} must not set {chain.name(field)} to {text}: {reason} of a byte",
                fixes=partial(_fixes, obj.text, chain, field),
            )


_BYTES = ("memory", "ephemeral-storage", "storage")


class _Chain(NamedTuple):
    """Amounts of the same thing, none of which may be larger than the next one.

    Where others bound them too, `is_bounded` says so, and nothing is changed.
    """

    title: str
    fields: tuple[Field, ...]
    is_bounded: bool = False

    def name(self, field: Field) -> str:
        """What to call one of the fields: `limits.memory`."""
        return ".".join(str(name) for name in field.path[-2:])


def _chains(obj: KubeObject) -> Iterator[_Chain]:
    """Every amount of bytes in an object."""
    for pod in obj.pods:
        for container in pod.containers:
            resources = container.get("resources")
            yield _pair(str(container), resources, "memory", is_bounded=has_pod_level(pod))
            yield _pair(str(container), resources, "ephemeral-storage")
        resources = pod.get("resources")
        if resources.present:
            # From 1.37 on a pod's limit that is missing is the sum of its containers' limits.
            is_bounded = not resources.get("limits", "memory").present
            yield _pair("pod", resources, "memory", is_bounded=is_bounded)
        for amounts in pod.get("overhead").entries(("memory", "ephemeral-storage")):
            yield _Chain("pod", (amounts,))
        for volume in pod.volumes():
            title = f'volume "{volume.get("name").text}"'
            for field in volume.get("emptyDir").entries(("sizeLimit",)):
                yield _Chain(title, (field,))
            for source in volume.entries(("ephemeral",)):
                resources = source.get("volumeClaimTemplate", "spec", "resources")
                yield _pair(title, resources, "storage")
    for template in obj.get("spec", "volumeClaimTemplates").items():
        title = f'volume claim template "{template.get("metadata", "name").text}"'
        yield _pair(title, template.get("spec", "resources"), "storage")
    if obj.group:
        return
    if obj.kind == "PersistentVolumeClaim":
        yield _pair(obj.kind, obj.get("spec", "resources"), "storage")
    elif obj.kind == "PersistentVolume":
        yield _Chain(obj.kind, (obj.get("spec", "capacity", "storage"),))
    elif obj.kind == "LimitRange":
        for item in obj.get("spec", "limits").items():
            for name in _BYTES:
                sides = ("min", "defaultRequest", "default", "max")
                yield _Chain(obj.kind, tuple(item.get(side, name) for side in sides))
    elif obj.kind == "ResourceQuota":
        for field in obj.get("spec", "hard").entries():
            # `limits.memory`, `gold.storageclass.storage.k8s.io/requests.storage`
            if str(field.path[-1]).rpartition(".")[2] in _BYTES:
                yield _Chain(obj.kind, (field,))


def _pair(title: str, resources: Field, name: str, is_bounded: bool = False) -> _Chain:
    fields = tuple(resources.get(side, name) for side in ("requests", "limits"))
    return _Chain(title, fields, is_bounded)


def _fixes(text: str, chain: _Chain, field: Field) -> tuple[Fix, ...]:
    """Make mebibytes of a chain's milli-bytes, where its order is right afterwards.

    All at once, because the API server rejects a request above its limit.
    """
    if chain.is_bounded or not (field.text or "").endswith("m"):
        return ()
    changed: list[tuple[Field, str]] = []
    last = Fraction(0)
    for link in chain.fields:
        if not link.present:
            continue
        written = link.text or ""
        if written.endswith("m"):
            written = written.removesuffix("m") + "Mi"
            changed.append((link, written))
        value = quantity(written)
        if value is None or value < last:
            return ()
        last = value
    return fix(
        f"Set {' and '.join(f'{chain.name(link)} to {new}' for link, new in changed)}",
        together(*(link.set(text, new) for link, new in changed)),
    )


# How admission decides it.


def _violation(each: Each, title: str, items: str, name: str, value: str) -> Violation:
    """What admission says of an amount; the arguments but the first are expressions.

    The server writes a fraction with one of these three letters, whatever was written.
    """
    return Violation(
        each,
        f'{value}.orValue("").matches("[mun]$")',
        f"""
        {title} + " must not set " + {name} + " to " + {value}.orValue("") +
          ({value}.orValue("").endsWith("m") ? ": m means thousandths" : ": there is a fraction") +
          " of a byte"
        """,
        items=items,
    )


def _violations() -> Iterator[Violation]:
    """All places of `_chains`."""
    sides = ("limits", "requests")
    for side in sides:
        of_side = f"resources.?{side}[?item]"
        name, names = f'"{side}." + item', '["memory", "ephemeral-storage"]'
        container = f"container.spec.?{of_side}"
        yield _violation("container", "container.title", names, name, container)
        yield _violation("pod", '"pod"', '["memory"]', name, f"variables.pod.spec.?{of_side}")
        of_claim = f"spec.?resources.?{side}.?storage"
        volumes, claims = (
            "variables.pod.spec.?volumes.orValue([])",
            "object.?spec.?volumeClaimTemplates",
        )
        title, name = "'volume \"' + item.name + '\"'", f'"{side}.storage"'
        ephemeral = f"item.?ephemeral.?volumeClaimTemplate.?{of_claim}"
        yield _violation("pod", title, volumes, name, ephemeral)
        title = "'volume claim template \"' + item.?metadata.?name.orValue('') + '\"'"
        yield _violation("object", title, f"{claims}.orValue([])", name, f"item.?{of_claim}")
        claim = '(object.kind == "PersistentVolumeClaim" ? [object] : [])'
        yield _violation("object", "object.kind", claim, name, f"item.?{of_claim}")
    overhead = "variables.pod.spec.?overhead[?item]"
    yield _violation("pod", '"pod"', names, '"overhead." + item', overhead)
    title, value = "'volume \"' + item.name + '\"'", "item.?emptyDir.?sizeLimit"
    yield _violation("pod", title, volumes, '"emptyDir.sizeLimit"', value)
    volume = '(object.kind == "PersistentVolume" ? [object] : [])'
    value = "item.?spec.?capacity.?storage"
    yield _violation("object", "object.kind", volume, '"capacity.storage"', value)
    limits = '(object.kind == "LimitRange" ? object.?spec.?limits.orValue([]) : [])'
    for side in ("min", "defaultRequest", "default", "max"):
        for name in _BYTES:
            value = f'item.?{side}[?"{name}"]'
            yield _violation("object", "object.kind", limits, f'"{side}.{name}"', value)
    # `limits.memory`, `gold.storageclass.storage.k8s.io/requests.storage`
    hard = '(object.kind == "ResourceQuota" ? object.?spec.?hard.orValue({}) : {})'
    hard += f'.filter(name, name.matches("(^|[.])({"|".join(_BYTES)})$"))'
    yield _violation("object", "object.kind", hard, '"hard." + item', "object.spec.hard[?item]")


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
          memory: 512m
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
          memory: 512Mi
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
    "#meaning-of-memory",
)

ADMISSION = Admission(
    tuple(_violations()),
    kinds=WITH_POD | {"PersistentVolume", "PersistentVolumeClaim", "LimitRange", "ResourceQuota"},
)
