"""A claim asks for access to devices that others use, or a namespace allows it.

With `adminAccess` a pod gets devices whether or not they are taken, beside the pods that have
them. The driver may grant it more than those. It can read what others left in the memory of
a graphics card, or reset the device under their work.

It is meant for programs that watch or maintain devices. The API server accepts it only in
namespaces with the label `resource.kubernetes.io/admin-access: "true"` (in 1.33
`resource.k8s.io/admin-access`): set that on a namespace which holds these programs and nothing
else, because whoever may create claims there may use it. Without the label the API server rejects
such claims. Without the field the claim waits for free devices and then takes them away from
others; a claim of all devices of a node fails as long as one is in use. The spec of a claim cannot
be changed: delete it and create it again.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.admission import Admission, Violation
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, found, rule

_DEVICES: dict[str, Path] = {
    "ResourceClaim": ("spec", "devices"),
    "ResourceClaimTemplate": ("spec", "spec", "devices"),
}
"""Where the kinds of the group `resource.k8s.io` keep their requests."""

_FLAT_VERSIONS = frozenset({"v1alpha3", "v1beta1"})
"""Where a request is its own only choice; later ones hold it in `exactly` (DeviceRequest)."""


_LABELS = (
    (Version(1, 34), "resource.kubernetes.io/admin-access"),
    (Version(1, 33), "resource.k8s.io/admin-access"),
)
"""The label that opens a namespace, the newest first, and since when the API server asks for it:
k8s.io/api, resource, DRAAdminNamespaceLabelKey. Before, it asks for none."""


@rule(
    severity="warning",
    subject=OBJECT,
    kinds=frozenset({*_DEVICES, "Namespace"}),
    requires_any_of=("adminAccess", "admin-access"),
)
def dra_admin_access(obj: KubeObject, context: Context) -> Iterator[Finding]:
    if obj.kind == "Namespace" and not obj.group:
        yield from _opened(obj, context.version)
    elif obj.kind in _DEVICES and obj.group == "resource.k8s.io":
        yield from _requests(obj)


def _opened(obj: KubeObject, version: Version) -> Iterator[Finding]:
    name = next((name for since, name in _LABELS if since <= version), None)
    label = obj.get("metadata", "labels", name) if name else None
    if label is not None and label.text == "true":
        yield found(
            label,
            f'namespace must not set {name} to "true" unless all that create claims in it may use '
            "the devices of others",
            fixes=partial(_label_fixes, obj, label),
        )


def _label_fixes(obj: KubeObject, label: Field) -> tuple[Fix, ...]:
    return fix(
        "Remove the label: claims with adminAccess are rejected here then",
        label.remove(obj.text, ("metadata",)),
        left_because="claims of this namespace may ask for adminAccess",
    )


def _requests(obj: KubeObject) -> Iterator[Finding]:
    for request in obj.get(*_DEVICES[obj.kind], "requests").items():
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

WEAKNESSES = ("CWE-250",)

ADMISSION = Admission(
    (
        Violation(
            "object",
            "object.kind == 'Namespace' && variables.label != '' &&\n"
            "    object.metadata.?labels[?variables.label].orValue('') == 'true'",
            "'namespace must not set ' + variables.label + ' to \"true\" unless all that ' +\n"
            "    'create claims in it may use the devices of others'",
        ),
        Violation(
            "object",
            "item.?exactly.?adminAccess.orValue(false)",
            "'request \"' + item.name + '\" must not set adminAccess to true'",
            items="variables.requests",
        ),
    ),
    variables=(
        (
            "requests",
            "object.kind == 'ResourceClaim'\n"
            "  ? object.?spec.?devices.?requests.orValue([])\n"
            "  : object.kind == 'ResourceClaimTemplate'\n"
            "  ? object.?spec.?spec.?devices.?requests.orValue([]) : []",
        ),
    ),
    constants=lambda settings, version: {
        "label": next((name for since, name in _LABELS if since <= version), "")
    },
)
