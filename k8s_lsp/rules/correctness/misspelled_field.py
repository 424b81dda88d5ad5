"""A security field is misspelled.

Names of fields are compared letter by letter, capitals included: `readonlyRootFilesystem` and
`runAsNonroot` are no fields. People read over such a letter, so the file looks protected and
passes a review, while the container runs as if the line were not there.

What happens depends on who sends it. `kubectl` asks the API server to be strict, and gets
`strict decoding error: unknown field`. Many other clients do not ask: the field is dropped with
a warning that nobody reads, and the object is created without it.

With the right name the field begins to count. That can stop a program that never had to live
with it, so try it out as if you had just added the setting.
"""

from collections.abc import Iterator
from functools import partial

from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.field_names import (
    UnknownField,
    data_of,
    fits,
    is_refused,
    restricts,
    security_fields,
    unknown_fields,
)
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.workloads import WITH_POD
from k8s_lsp.rules.admission import Undecidable
from k8s_lsp.rules.base import OBJECT, Context, Finding, Fix, fix, rule
from k8s_lsp.text import is_one_edit_away

_EVERYWHERE = frozenset().union(*map(security_fields, FIELDS))


@rule(
    severity="error",
    subject=OBJECT,
    kinds=WITH_POD | {"ServiceAccount"},
)
def misspelled_field(obj: KubeObject, context: Context) -> Iterator[Finding]:
    for unknown in unknown_fields(obj):
        # A name that is right elsewhere is not misspelled, but in the wrong place.
        meant = () if unknown.name in _EVERYWHERE else _meant(unknown)
        if not meant:
            continue
        data = data_of(unknown.field)
        is_protection = data is not None and restricts(meant[0], data)
        owner = unknown.owner
        yield Finding(
            unknown.span,
            f"{owner.kind if isinstance(owner, KubeObject) else owner} must write {unknown.name} "
            f"as {' or '.join(meant)}: it is not a field of {unknown.level}, kubectl refuses it "
            "and other clients drop it, so it "
            f"{'protects nothing' if is_protection else 'has no effect'}",
            unknown.field.path,
            partial(_fixes, obj, unknown, meant, context),
        )


def _meant(unknown: UnknownField) -> tuple[str, ...]:
    """The security fields of the level that are written almost like this.

    What differs only in its capitals, or is `snake_case`, leaves no doubt.
    """
    fields = sorted(security_fields(unknown.level))
    same = tuple(each for each in fields if _folded(each) == _folded(unknown.name))
    return same or tuple(each for each in fields if is_one_edit_away(unknown.name, each))


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _fixes(
    obj: KubeObject, unknown: UnknownField, meant: tuple[str, ...], context: Context
) -> tuple[Fix, ...]:
    """Give the field its right name, where that only takes something away from the workload."""
    field, data = unknown.field, data_of(unknown.field)
    if len(meant) > 1 or data is None or not restricts(meant[0], data):
        return ()
    if not fits(unknown.level, meant[0], data):
        return ()
    assert field.parent is not None
    name, target = meant[0], field.parent.get(meant[0])
    if target.key is not None or target.unknown:
        if not target.present or data_of(target) != data:
            return ()
        return fix(
            f"Remove {unknown.name}, which {name} repeats",
            field.remove(obj.text, field.parent.path),
        )
    owner = unknown.owner
    if not isinstance(owner, KubeObject):
        pod = obj.pod_at(field.path)
        assert pod is not None
        if is_refused(pod, owner, name, data, context.version):
            return ()
    return fix(f"Rename {unknown.name} to {name}", field.rename(obj.text, name))


BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext:
        readonlyRootFilesystem: true
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
        readOnlyRootFilesystem: true
"""

REFERENCES = (
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
)

ADMISSION = Undecidable("the API server drops a field that it does not know")
