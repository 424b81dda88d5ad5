"""What stays of a finding when its place changes: whether it is new, or was there before.

Lines move, documents and files are moved and renamed, and none of that makes a finding new. A
container that is added does, also where the line that lacks something is the same as before.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from k8s_lsp.engine.results import Diagnosis
from k8s_lsp.kubernetes.fields import Field, Path, path_text
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.syntax.nodes import Scalar

VERSION: Final = 1
"""Goes up when the same finding would get another fingerprint than before."""


class Identity(NamedTuple):
    """What a finding is about: its rule, its object and the field, whatever their places.

    `group` is that of the object's `apiVersion`, empty for the core group. What the text does not
    tell is empty. Templates are told by their text. In `field`, which begins at the object, items
    of lists go by what names them, as containers do by their names; those that nothing names are
    all alike, `rules[]`. The same identity may be that of several findings.
    """

    rule: str
    group: str
    kind: str
    namespace: str
    name: str
    field: str


def identity_of(diagnosis: Diagnosis) -> Identity:
    """What a finding is about."""
    obj = diagnosis.object
    path = diagnosis.finding.path
    field = "" if path is None else _field_of(obj, path)
    return Identity(diagnosis.rule.slug, *_names_of(obj), field)


@lru_cache(maxsize=1)
def _names_of(obj: KubeObject) -> tuple[str, str, str, str]:
    """The group, the kind, the namespace and the name of an object, which has many findings."""
    name = _label(obj.get("metadata", "name")) or _label(obj.get("metadata", "generateName"))
    return obj.group, obj.kind, _label(obj.get("metadata", "namespace")), name


def field_in_pod(diagnosis: Diagnosis) -> str:
    """The field that a finding is about, as it is called in any object that holds such a pod.

    It begins at the pod, with `spec` or `metadata`; outside of a pod it is that of the identity.
    """
    obj, path = diagnosis.object, diagnosis.finding.path
    if path is None:
        return ""
    field = _field_of(obj, path)
    pod = obj.pod_at(path)
    for place, name in () if pod is None else ((pod.path, "spec"), (pod.metadata.path, "metadata")):
        if path[: len(place)] == place:
            return name + field.removeprefix(_field_of(obj, place))
    return field


def fingerprint(identity: Identity, number: int) -> str:
    """32 hexadecimal digits for the finding of that number, from 1, among those of one identity."""
    # Most runs need no fingerprints.
    import hashlib

    words = _encode([VERSION, *identity, number]).encode()
    return hashlib.sha256(words).hexdigest()[:32]


_encode = json.JSONEncoder().encode


def fingerprints(identities: Iterable[Identity]) -> Iterator[str]:
    """The fingerprints of all findings of a run, each another one.

    Those that are alike are numbered as they come, so that moves change which one has which
    fingerprint among them, and not which fingerprints there are.
    """
    counts = Counter[Identity]()
    for identity in identities:
        counts[identity] += 1
        yield fingerprint(identity, counts[identity])


class _Named(NamedTuple):
    """A place of an object, as far as there is one, and how it is called."""

    field: Field | None
    text: str


def _field_of(obj: KubeObject, path: Path) -> str:
    """A path of the object's unit, from the object on and without the places of items."""
    return _named(obj, path, _named_in(obj)).text


@lru_cache(maxsize=1)
def _named_in(obj: KubeObject) -> dict[Path, _Named]:
    """What is known of the places of an object, whose findings are about the same few."""
    return {obj.root.path: _Named(obj.root, "")}


def _named(obj: KubeObject, path: Path, known: dict[Path, _Named]) -> _Named:
    named = known.get(path)
    if named is not None:
        return named
    if not path:
        # It is a path outside of the object.
        return _Named(None, "")
    step = path[-1]
    owner, text = _named(obj, path[:-1], known)
    field = None if owner is None else owner.get(step)
    if isinstance(step, str):
        part = _key_text(step)
        text += part if part.startswith("[") or not text else f".{part}"
    else:
        text += f"[{'' if field is None else _name_of_item(field)}]"
    known[path] = _Named(field, text)
    return known[path]


@lru_cache(maxsize=512)
def _key_text(key: str) -> str:
    """A key as it stands in a path: manifests repeat few of them."""
    return path_text((key,))


_NAMED_BY: Final = {
    "hostAliases": "ip",
    "ports": "containerPort",
    "tolerations": "key",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
}
"""What tells the items of a list apart, where that is not their `name`.

Source: the patchMergeKey and listMapKey of core/v1 (staging/src/k8s.io/api/core/v1/types.go); a
toleration, whose list is atomic, has its `key`.
"""

_SETS: Final = frozenset(
    {"add", "apiGroups", "drop", "nonResourceURLs", "resourceNames", "resources", "verbs"}
)
"""The lists of words in which the word is what counts, of capabilities and of rules of RBAC.

Words of other lists, as of `args`, are told by their order, and may be secrets.
"""


def _name_of_item(item: Field) -> str:
    """What names an item of a list, whatever its index; empty where nothing does."""
    of_list = next((step for step in reversed(item.path) if isinstance(step, str)), "")
    if isinstance(item.node, Scalar):
        label = _label(item) if of_list in _SETS else ""
    else:
        label = _label(item.get(_NAMED_BY.get(of_list, "name"))) or _name_of_object(item)
    return _quoted(label) if label else ""


@lru_cache(maxsize=512)
def _quoted(label: str) -> str:
    return json.dumps(label, ensure_ascii=False)


def _name_of_object(item: Field) -> str:
    """The kind and the name of an object in a list of another one, or of a claim's template."""
    kind, name = _label(item.get("kind")), _label(item.get("metadata", "name"))
    return "/".join(filter(None, (kind, name)))


def _label(field: Field) -> str:
    """The text of a scalar, which is the source of a template; empty where there is none."""
    node = field.node
    return node.value if isinstance(node, Scalar) else ""
