"""A security field stands where Kubernetes has no such field.

A pod and a container each have a `securityContext`, and the two do not have the same fields:
`readOnlyRootFilesystem` and `capabilities` exist for containers only, `fsGroup` and `sysctls`
for pods only. One level of indentation too few makes the difference as well. The file looks
protected, and so passes a review, while the container runs as if the line were not there.

What happens depends on who sends it. `kubectl` asks the API server to be strict, and gets
`strict decoding error: unknown field`. Many other clients do not ask: the field is dropped with
a warning that nobody reads, and the object is created without it.

Moved to its place the field begins to count. That can stop a program that never had to live
with it, so try it out as if you had just added the setting.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from k8s_lsp.edits import Data, Edits, together
from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.field_names import (
    UnknownField,
    data_of,
    fits,
    is_refused,
    restricts,
    security_fields,
    unknown_fields,
    wrapped,
)
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, rule

_WINDOWS = {
    name: ("securityContext", "windowsOptions", name)
    for name in FIELDS["WindowsSecurityContextOptions"]
}
_IN_CONTAINER: dict[str, tuple[str, ...]] = {
    "resources": ("resources",),
    "securityContext": ("securityContext",),
    **{name: ("resources", name) for name in security_fields("ResourceRequirements")},
    **{name: ("securityContext", "capabilities", name) for name in FIELDS["Capabilities"]},
    **_WINDOWS,
    **{name: ("securityContext", name) for name in FIELDS["SecurityContext"]},
}
_IN_POD: dict[str, tuple[str, ...]] = {
    **_WINDOWS,
    **{name: ("securityContext", name) for name in FIELDS["PodSecurityContext"]},
    **{name: (name,) for name in security_fields("PodSpec")},
}
"""Where a field belongs. Names that say little by themselves, as `type`, belong nowhere here."""

_VOLUMES = frozenset(
    """
    ConfigMapVolumeSource EmptyDirVolumeSource HostPathVolumeSource ProjectedVolumeSource
    SecretVolumeSource Volume
    """.split()
)
_OF_MOUNTS = ("readOnly", "recursiveReadOnly")


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD | {"ServiceAccount"},
)
def misplaced_field(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for unknown in unknown_fields(obj):
        pod = obj.pod_at(unknown.field.path) or next(iter(obj.pods), None)
        home = None if pod is None else _home(pod, unknown)
        if home is None:
            continue
        data = data_of(unknown.field)
        is_protection = data is not None and restricts(unknown.name, data)
        owner = unknown.owner
        yield Finding(
            unknown.span,
            f"{owner.kind if isinstance(owner, KubeObject) else owner} must not set "
            f"{unknown.name} here but in {home.words}: it is not a field of {unknown.level}, "
            "kubectl refuses it and other clients drop it, so it "
            f"{'protects nothing' if is_protection else 'has no effect'}",
            unknown.field.path,
            partial(_fixes, obj, pod, unknown, home, data, context),
        )


class _Home(NamedTuple):
    """Where a field belongs: at which owners, below which names there, and that in words."""

    owners: tuple[Container | Pod, ...]
    names: tuple[str, ...]
    words: str


def _home(pod: Pod, unknown: UnknownField) -> _Home | None:
    """The nearest level that has the field; None where there is none, or no telling which."""
    name, owner = unknown.name, unknown.owner
    if unknown.level in _VOLUMES and name in _OF_MOUNTS:
        return _Home((), (), "the volumeMounts of each container")
    if isinstance(owner, Container) and name in _IN_CONTAINER:
        names = _IN_CONTAINER[name]
        return _Home((owner,), names, ".".join(names[:-1]) or "the container itself")
    if name in _IN_POD:
        names = _IN_POD[name]
        above = ".".join(names[:-1])
        return _Home((pod,), names, f"the pod's {above}" if above else "the pod spec")
    if name in _IN_CONTAINER:
        names = _IN_CONTAINER[name]
        # An ephemeral container cannot be changed once it is there, so nobody plans for it.
        owners = tuple(container for container in pod.containers if container.type != "ephemeral")
        title = str(owners[0]) if len(owners) == 1 else "each container"
        above = ".".join(names[:-1])
        return _Home(owners, names, f"the {above} of {title}" if above else title)
    return None


def _fixes(
    obj: KubeObject,
    pod: Pod | None,
    unknown: UnknownField,
    home: _Home,
    data: "Data | None",
    context: Context,
) -> tuple[Fix, ...]:
    """Move the field, where that only takes something away from the workload.

    A value of its own that a container has already is the one that counts.
    """
    name, field = unknown.name, unknown.field
    if pod is None or data is None or not restricts(name, data) or not home.owners:
        return ()
    level = "PodSpec" if home.owners == (pod,) else "Container"
    for above in home.names[:-1]:
        level = FIELDS[level][above]
    if not fits(level, name, data):
        return ()
    assert field.parent is not None
    moves: list[Edits | None] = []
    stop = field.path[: len(_path_of(obj, unknown.owner))]
    for owner in home.owners:
        target = owner.get(*home.names)
        if target.unknown or (target.present and len(home.owners) == 1):
            if data_of(target) != data:
                return ()
        elif not target.present:
            if is_refused(pod, owner, name, data, context.version):
                return ()
            moves.append(target.set(obj.text, data, _neighbours(target, field.path)))
        if target.path[: len(field.parent.path)] == field.parent.path:
            stop = field.parent.path
    shown = name if isinstance(data, (Mapping, list)) else f"{name}: {_written(data)}"
    title = f"Move {shown} into {home.words}"
    if not moves:
        title = f"Remove {name}, which stands in {home.words} already"
        if len(home.owners) > 1:
            title = f"Remove {name}, which each container sets itself"
    edits = _in_place(obj.text, field, home, data) if moves else None
    if edits is None and (stop != field.parent.path or any(_neighbours(field, field.path))):
        carried = (field.carry(obj.text, move, home.names[-1]) for move in moves)
        edits = together(field.remove(obj.text, stop), *carried)
    return fix(title, edits)


def _in_place(text: str, field: Field, home: _Home, data: Data) -> Edits | None:
    """The edits where the new key can stand in the old one's place."""
    assert field.parent is not None
    depth = len(field.parent.path)
    path = home.owners[0].get(*home.names).path
    if path[:depth] != field.parent.path or field.parent.get(path[depth]).key is not None:
        return None
    return wrapped(text, field, tuple(str(name) for name in path[depth:]), data)


def _neighbours(target: Field, leaving: Path) -> tuple[str, ...]:
    """The keys behind which a new one may go: not the one that goes away, or holds what does."""
    above = target.parent
    while above is not None and not above.present:
        above = above.parent
    if above is None:
        return ()
    kept = (each for each in above.entries() if leaving[: len(each.path)] != each.path)
    return tuple(str(each.path[-1]) for each in kept)


def _path_of(obj: KubeObject, owner: Container | Pod | KubeObject) -> Path:
    return obj.root.path if isinstance(owner, KubeObject) else owner.path


def _written(data: Data) -> str:
    return str(data).lower() if isinstance(data, bool) else str(data)


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      runAsNonRoot: true
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
      securityContext:
        runAsNonRoot: true
"""

REFERENCES = (
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
)

ADMISSION = Undecidable("the API server drops a field that stands where it knows none")
