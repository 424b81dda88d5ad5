"""A claim asks for access to devices that others use.

With `adminAccess` a pod gets devices whether or not they are taken, beside the pods that have
them, and the driver may grant it more than those. It can read what others left in the memory of
a graphics card, or reset the device under their work.

It is meant for programs that watch or maintain devices. The API server accepts it only in
namespaces with the label `resource.kubernetes.io/admin-access: "true"` (in 1.33
`resource.k8s.io/admin-access`): set that on a namespace which holds these programs and nothing
else, because whoever may create claims there may use it. Without the field the claim waits for
free devices and then takes them away from others; a claim of all devices of a node fails as
long as one is in use. The spec of a claim cannot be changed: delete it and create it again.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

_DEVICES: dict[str, Path] = {
    "ResourceClaim": ("spec", "devices"),
    "ResourceClaimTemplate": ("spec", "spec", "devices"),
}
"""Where the kinds of the group `resource.k8s.io` keep their requests."""

_FLAT_VERSIONS = frozenset({"v1alpha3", "v1beta1"})
"""Where a request is its own only choice; later ones hold it in `exactly` (DeviceRequest)."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset(_DEVICES),
    requires_any_of=("adminAccess",),
)
def dra_admin_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    place = _DEVICES.get(obj.kind)
    if place is None or obj.group != "resource.k8s.io":
        return
    for request in obj.get(*place, "requests").items():
        is_flat = obj.api_version.rpartition("/")[2] in _FLAT_VERSIONS
        holder = request if is_flat else request.get("exactly")
        access = holder.get("adminAccess")
        if access.boolean is True:
            name = request.get("name").text
            which = f'"{name}"' if name else f"requests[{request.path[-1]}]"
            yield found(
                access,
                f"request {which} must not set adminAccess to true",
                fixes=partial(_fixes, obj.text, holder),
            )


def _fixes(text: str, holder: Field) -> tuple[Fix, ...]:
    return fix("Remove adminAccess", holder.get("adminAccess").remove(text, holder.path))


BAD = """\
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata:
  name: gpu
spec:
  devices:
    requests:
      - name: gpu
        exactly:
          deviceClassName: gpu.example.com
          adminAccess: true
"""

GOOD = """\
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata:
  name: gpu
spec:
  devices:
    requests:
      - name: gpu
        exactly:
          deviceClassName: gpu.example.com
"""

REFERENCES = (
    "https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/",
)
