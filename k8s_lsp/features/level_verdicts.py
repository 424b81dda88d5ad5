"""What each level of Pod Security says of one value of a pod: which refuse it, which ask for it.

The value is put into a pod that every level allows, and the checks of `pod_security` are asked: so
what a hover says of a value is what a namespace does with it, in that version.
"""

import json
from functools import lru_cache
from typing import Final

from k8s_lsp.edits import Data
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import objects_of
from k8s_lsp.kubernetes.pod_security import Level, broken_checks
from k8s_lsp.kubernetes.pods import Pod
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.syntax.nodes import Mapping, Scalar, Sequence
from k8s_lsp.syntax.parse import parse

_CONTEXT: Final[dict[str, Data]] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What the restricted level asks of a container of Linux."""

_ASKED: Final = ("baseline", "restricted")

_LOOKED_AT: Final = frozenset(
    """
    securityContext.allowPrivilegeEscalation securityContext.appArmorProfile
    securityContext.capabilities securityContext.privileged securityContext.procMount
    securityContext.runAsNonRoot securityContext.runAsUser securityContext.seLinuxOptions
    securityContext.seccompProfile securityContext.sysctls securityContext.windowsOptions
    hostIPC hostNetwork hostPID ports volumes
    """.split()
)
"""The fields of pods and containers that a check looks at (pod-security-admission, check_*.go)."""


NOT_LOOKED_AT: Final = "Pod Security: no level looks at this field."


def verdict(pod: Pod, version: Version, names: Path, field: Field) -> str | None:
    """What the levels say of a field's value, in a sentence; None where the value is not told.

    `names` lead to the field from the pod spec, or from a container of it, and begin with
    `containers` then.
    """
    inner = names[1:] if names[:1] == ("containers",) else names
    if inner[:1] in (("hostUsers",), ("os",)):
        # They decide which checks count; what they mean tells it.
        return None
    if not any(".".join(map(str, inner[:depth])) in _LOOKED_AT for depth in (1, 2)):
        return NOT_LOOKED_AT
    data = data_of(field)
    return None if data is None else verdict_of_data(pod, version, names, data)


def verdict_of_data(pod: Pod, version: Version, names: Path, data: Data) -> str:
    """What the levels say of a value that might stand in a pod like this one."""
    around: dict[str, Data] = {}
    if pod.is_windows:
        around["os"] = {"name": "windows"}
    if not pod.uses_host_users:
        around["hostUsers"] = False
    text = json.dumps([list(names), data, around], sort_keys=True)
    refusing, is_asked = _said(text, version)
    if "baseline" in refusing:
        return "Pod Security: the baseline and restricted levels refuse this value."
    if refusing:
        return "Pod Security: the baseline level allows this value, restricted refuses it."
    if is_asked:
        return (
            "Pod Security: every level allows this value, and it is one that restricted asks for."
        )
    return "Pod Security: every level allows this value."


@lru_cache(maxsize=64)
def _said(text: str, version: Version) -> tuple[tuple[Level, ...], bool]:
    """The levels that refuse a value, and whether the restricted one does without it."""
    names, data, around = json.loads(text)
    without = _refusing(_pod_with(names, None, around), version)
    refusing = _refusing(_pod_with(names, data, around), version)
    adds = isinstance(data, dict) and "add" in data
    return refusing, "restricted" in without and not refusing and not adds


def _refusing(pod: Pod, version: Version) -> tuple[Level, ...]:
    return tuple(level for level in _ASKED if any(broken_checks(pod, level, version)))


def _pod_with(names: list[str], data: "Data | None", around: dict[str, Data]) -> Pod:
    """The pod that every level allows, with a value at a place; with None, without that field."""
    context = dict(_CONTEXT)
    if names[-2:-1] == ["securityContext"]:
        # What a pod says for all of its containers counts where these say nothing.
        context.pop(names[-1], None)
    container: dict[str, Data] = {"name": "c", "image": "i", "securityContext": context}
    spec: dict[str, Data] = {**around, "containers": [container]}
    *above, last = names[1:] if names[0] == "containers" else names
    place = container if names[0] == "containers" else spec
    for name in above:
        inner = place.setdefault(name, {})
        assert isinstance(inner, dict)
        place = inner
    if data is not None:
        place[last] = data
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    (obj,) = objects_of(parse(json.dumps(manifest)))
    (pod,) = obj.pods
    return pod


def data_of(field: Field) -> "Data | None":
    """A value as data; None where it is absent, or where the text does not tell it."""
    node = field.node
    if not field.present or field.unknown:
        return None
    if isinstance(node, Scalar):
        if field.boolean is not None:
            return field.boolean
        return field.integer if field.integer is not None else field.text
    if isinstance(node, Mapping):
        found: dict[str, Data] = {}
        for entry in field.entries():
            if entry.unknown:
                return None
            value = data_of(entry)
            if value is not None:
                found[str(entry.path[-1])] = value
        return found
    assert isinstance(node, Sequence)
    items = [data_of(item) for item in field.items()]
    known = [item for item in items if item is not None]
    return known if len(known) == len(items) else None
