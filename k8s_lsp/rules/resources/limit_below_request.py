"""A limit is smaller than the request for the same resource.

Nobody can be promised more than they are allowed to use, so the API server rejects such an
object. Often only the unit is wrong: `1Gi` requested and `1G` allowed, or `500` for `500m`.

The same holds one level up. From Kubernetes 1.34 on a pod can have resources of its own: no
container's limit may exceed the pod's, and what the containers request together may exceed
neither the pod's request nor its limit. In a LimitRange the order is min, defaultRequest,
default, max. Huge pages and the resources of device plugins cannot be shared, so there a limit
is needed and has to equal the request.

There is no fix to offer, because only you know which of the two numbers was meant.
"""

from collections.abc import Iterator
from fractions import Fraction

from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.resources import (
    POD_LEVEL_SINCE,
    SIDES,
    amount,
    at_once,
    has_pod_level,
    is_overcommitable,
)
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, found, missing, rule


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD | {"LimitRange"},
    requires_any_of=("requests", "limits"),
)
def limit_below_request(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind == "LimitRange" and not obj.group:
        yield from _in_limit_range(obj)
    for pod in obj.pods:
        yield from _in_pod(pod, context.version)


def _in_pod(pod: Pod, version: Version) -> Iterator[Finding]:
    for container in pod.containers:
        if container.type != "ephemeral":
            yield from _in_resources(container, str(container))
    if version >= POD_LEVEL_SINCE and has_pod_level(pod):
        yield from _in_resources(pod, "pod")
        yield from _against_pod(pod)


def _in_resources(owner: Container | Pod, title: str) -> Iterator[Finding]:
    """The limits of a container or a pod against its own requests.

    Source: validation.go, ValidateResourceRequirements.
    """
    for request in owner.get("resources", "requests").entries():
        name = str(request.path[-1])
        limit = owner.get("resources", "limits", name)
        wanted, allowed = amount(request), amount(limit)
        if wanted is None:
            continue
        if not limit.present and not is_overcommitable(name) and not limit.unknown:
            message = f"{title} must set resources.limits.{name} to its request, {request.text}"
            yield missing(owner, limit, message)
        elif allowed is not None and not is_overcommitable(name) and allowed != wanted:
            yield found(
                limit, f"{title} must set resources.limits.{name} to its request, {request.text}"
            )
        elif allowed is not None and allowed < wanted:
            yield found(
                limit,
                f"{title} must not set resources.limits.{name} below its request, {request.text}",
            )


def _against_pod(pod: Pod) -> Iterator[Finding]:
    """The resources of containers against those of their pod.

    Source: validation.go, validatePodResourceConsistency; the pod's request that is not given is
    the sum of its containers' (defaults.go, defaultPodRequests).
    """
    for name in ("cpu", "memory"):
        limit, request = (pod.get("resources", side, name) for side in SIDES)
        bound = amount(limit)
        for container in pod.containers:
            own = container.get("resources", "limits", name)
            allowed = amount(own)
            if (
                bound is not None
                and allowed is not None
                and allowed > bound
                and container.type == "container"
            ):
                yield found(
                    own,
                    f"{container} must not set resources.limits.{name} above the limit of its pod, "
                    f"{limit.text}",
                )
        together = at_once(
            (container, _request(container, name))
            for container in pod.containers
            if container.type != "ephemeral"
        )
        asked = amount(request)
        if asked is not None and together > asked:
            yield found(
                request,
                f"pod must not set resources.requests.{name} below what its containers request "
                "together",
            )
        elif not request.present and bound is not None and together > bound:
            yield found(
                limit,
                f"pod must not set resources.limits.{name} below what its containers request "
                "together",
            )


def _request(container: Container, name: str) -> Fraction:
    """A container's request, which is its limit where it has none."""
    limit, request = (container.get("resources", side, name) for side in SIDES)
    return amount(request if request.present else limit) or Fraction(0)


_ORDER = (
    ("min", "max"),
    ("min", "defaultRequest"),
    ("min", "default"),
    ("defaultRequest", "default"),
    ("defaultRequest", "max"),
    ("default", "max"),
)
"""Which of two values of a LimitRange may not be larger (validation.go, ValidateLimitRange)."""


def _in_limit_range(obj: KubeObject) -> Iterator[Finding]:
    for item in obj.get("spec", "limits").items():
        told: set[tuple[str | int, ...]] = set()
        for lower, higher in _ORDER:
            if item.get("type").text == "Pod" and (lower, higher) != ("min", "max"):
                continue
            for small in item.get(lower).entries():
                name = str(small.path[-1])
                large = item.get(higher, name)
                least, most = amount(small), amount(large)
                if least is None or most is None or large.path in told:
                    continue
                if least > most:
                    told.add(large.path)
                    yield found(
                        large,
                        f"LimitRange must not set {higher}.{name} below {lower}.{name}, "
                        f"{small.text}",
                    )
        for ratio in item.get("maxLimitRequestRatio").entries():
            value = amount(ratio)
            if value is not None and value < 1:
                message = f"LimitRange must not set maxLimitRequestRatio.{ratio.path[-1]} below 1"
                yield found(ratio, message)


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
          memory: 128Mi
        requests:
          memory: 256Mi
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
          memory: 256Mi
        requests:
          memory: 256Mi
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
)

ADMISSION = Undecidable("the API server itself refuses such an object, before it asks policies")
