"""What containers inherit and what holds by default, as hints behind what is written."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lsprotocol import types

from k8s_lsp.engine.results import Analysis
from k8s_lsp.features.convert import Document
from k8s_lsp.features.effective import shown
from k8s_lsp.features.hardenings import units_of
from k8s_lsp.features.meanings import FIELDS
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.kubernetes.queries import UNSURE, Facts
from k8s_lsp.rules.base import missing
from k8s_lsp.rules.explanation import unmarked

_INHERITED: Final = (
    "runAsNonRoot",
    "runAsUser",
    "runAsGroup",
    "seccompProfile",
    "appArmorProfile",
    "seLinuxOptions",
)
"""The fields of a `securityContext` that a container inherits from its pod."""

_DEFAULTED: Final = (
    ("container.securityContext", "allowPrivilegeEscalation"),
    ("container.securityContext", "capabilities"),
    ("container.securityContext", "readOnlyRootFilesystem"),
    ("securityContext", "runAsNonRoot"),
    ("securityContext", "runAsUser"),
    ("securityContext", "seccompProfile"),
)
"""The fields whose defaults are told, where FIELDS has them: those that nobody would choose so."""

_ON_WINDOWS: Final = ("runAsNonRoot",)
"""Those among them that a container of Windows has (validateWindows in validation.go)."""

_AMOUNTS: Final = ("cpu", "memory")


class Value(NamedTuple):
    """A value that counts though it does not stand there: why, and where, if it stands at all."""

    text: str
    why: str
    field: Field | None = None


class Hint(NamedTuple):
    """What is shown behind an offset of a unit."""

    offset: int
    inherited: tuple[Value, ...] = ()
    defaults: tuple[Value, ...] = ()


def inlay_hints(document: Document, range_: types.Range) -> list[types.InlayHint]:
    """The hints in a range: of each container, and of each pod for its account."""
    analysis, wanted = document.analysis, document.lines.span_of(range_)
    return [
        _hint(document, hint, offset)
        for result, offset in units_of(analysis)
        if offset <= wanted.end and offset + len(result.unit.text) >= wanted.start
        for obj in result.objects
        for hint in _hints_of(analysis, obj)
        if wanted.start <= hint.offset + offset <= wanted.end
    ]


def _hint(document: Document, hint: Hint, offset: int) -> types.InlayHint:
    parts: list[types.InlayHintLabelPart] = []
    for words, values in (("inherits ", hint.inherited), ("by default ", hint.defaults)):
        for index, value in enumerate(values):
            before = ", " if index else " · " if parts else ""
            parts.append(types.InlayHintLabelPart(before + ("" if index else words)))
            parts.append(_part(document, value, offset))
    position = document.lines.position_of(hint.offset + offset)
    whole = [part for part in parts if part.value]
    return types.InlayHint(position, whole, padding_left=True)


def _part(document: Document, value: Value, offset: int) -> types.InlayHintLabelPart:
    if value.field is None:
        return types.InlayHintLabelPart(value.text, value.why)
    # The place of an anchor is as good as that of its aliases.
    range_ = document.lines.token_range_of(value.field.span.shifted(offset))
    why = f"{value.why} line {range_.start.line + 1}"
    return types.InlayHintLabelPart(value.text, why, types.Location(document.uri, range_))


def _hints_of(analysis: Analysis, obj: KubeObject) -> Iterator[Hint]:
    """The hints of an object; none for what arrives through an alias, or is only a part."""
    facts = analysis.context.facts
    if obj.root.written is None or obj.root.written is not obj.root.node:
        return
    # What a patch, a template or a controller leaves out may be set elsewhere.
    tells_defaults = not analysis.is_template and facts.why_patch(obj) is None and not obj.is_custom
    for pod in obj.pods:
        if pod.shape != "whole":
            continue
        if tells_defaults and pod.spec.key is not None:
            yield from _of_pod(obj, pod, facts)
        for container in pod.containers:
            if container.parts is None and container.field.written is container.field.node:
                yield from _of_security(container, pod, tells_defaults)
                if tells_defaults:
                    yield from _of_amounts(container, obj, facts)


def _offset_behind(owner: Container, field: Field) -> int | None:
    """Where the hint of a field of a container stands: behind its key, or a value in one line.

    Where there is no such field, behind the container's name; None where others share the place.
    """
    key, node = field.key, field.written
    if key is None:
        return owner.anchor.end
    if field.shared:
        return None
    if node is None or "\n" in owner.text[key.span.end : node.span.end]:
        # Behind the colon.
        return key.span.end + 1
    return max(key.span.end + 1, node.span.end)


def _of_security(container: Container, pod: Pod, tells_defaults: bool) -> Iterator[Hint]:
    offset = _offset_behind(container, container.security())
    if offset is None:
        return
    inherited = tuple(
        Value(f"{name}: {_plain(shown(field))}", "Inherited from the pod,", field)
        for name in _INHERITED
        for field, source in [container.effective(name)]
        if source == "pod" and not container.security(name).unknown
    )
    defaults = tuple(_defaults(container, pod)) if tells_defaults else ()
    if inherited or defaults:
        yield Hint(offset, inherited, defaults)


def _defaults(container: Container, pod: Pod) -> Iterator[Value]:
    for scope, name in _DEFAULTED:
        if pod.is_windows and name not in _ON_WINDOWS:
            continue
        own, of_pod = container.security(name), pod.security(name)
        is_inherited = name in _INHERITED
        if own.present or own.unknown or (is_inherited and (of_pod.present or of_pod.unknown)):
            continue
        absence = missing(container, own, "", also=(of_pod,) if is_inherited else ())
        if not any(mapping.open for mapping in absence.absent_from):
            yield _default(f"{scope}.{name}", name)


def _default(field: str, name: str) -> Value:
    """The default of a field as FIELDS has it: the beginning as the value, all of it as why."""
    default = _plain(FIELDS[field].default)
    return Value(f"{name}: {re.split('[:,]', default)[0]}", f"By default: {default}")


def _plain(markdown: str) -> str:
    return unmarked(markdown).replace("`", "")


def _of_amounts(container: Container, obj: KubeObject, facts: Facts) -> Iterator[Hint]:
    """The limits and requests of a container that something else than its own lines gives."""
    resources = container.get("resources")
    offset = _offset_behind(container, resources)
    values = tuple(_amounts(container, obj, facts))
    if offset is not None and values:
        yield Hint(offset, defaults=values)


def _amounts(container: Container, obj: KubeObject, facts: Facts) -> Iterator[Value]:
    for name in _AMOUNTS:
        limit = container.get("resources", "limits", name)
        if not limit.present and not limit.unknown and name in facts.default_limits(obj.namespace):
            why = "A LimitRange of the namespace gives it"
            yield Value(f"limits.{name}: a LimitRange's", why)
        request = container.get("resources", "requests", name)
        if request.present or request.unknown or limit.unknown:
            continue
        if limit.present:
            text = f"requests.{name}: {_plain(shown(limit))}"
            yield Value(text, "The limit, where there is no request,", limit)
        elif name in facts.default_requests(obj.namespace):
            why = "A LimitRange of the namespace gives it"
            yield Value(f"requests.{name}: a LimitRange's", why)


def _of_pod(obj: KubeObject, pod: Pod, facts: Facts) -> Iterator[Hint]:
    """The account of a pod and whether it gets that one's token."""
    assert pod.spec.key is not None
    values = tuple(_of_account(obj, pod, facts))
    if values and not pod.spec.shared and not pod.is_partial:
        yield Hint(pod.spec.key.span.end + 1, defaults=values)


def _of_account(obj: KubeObject, pod: Pod, facts: Facts) -> Iterable[Value]:
    account, mounts = pod.service_account, pod.get("automountServiceAccountToken")
    if not account.present and not account.unknown:
        yield _default("pod.serviceAccountName", "serviceAccountName")
    if mounts.present or mounts.unknown or account.unknown:
        return
    says = facts.automount(obj.namespace, account.text)
    if says is None:
        yield Value("automountServiceAccountToken: true", "By default: true")
    elif says != UNSURE:
        text = f"automountServiceAccountToken: {str(says).lower()}"
        yield Value(text, "Its ServiceAccount says so")
