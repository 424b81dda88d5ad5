"""Objects with pods -> code lenses: the level of Pod Security of each, and what the next one needs.

A click hardens the object: `COMMAND` is the server's, which any client runs that has lenses.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from lsprotocol import types

from k8s_lsp.engine.fixing import AnalyzeFrom
from k8s_lsp.engine.results import Analysis
from k8s_lsp.features.convert import Document
from k8s_lsp.features.hardened_message import nothing_message
from k8s_lsp.features.hardenings import HARDEN, Remember, Rewrite, changes_of, units_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pod_security import Broken, Lack, Level, broken_checks, level_of
from k8s_lsp.kubernetes.profiles import security_contexts
from k8s_lsp.kubernetes.versions import Version
from k8s_lsp.rules.base import missing
from k8s_lsp.text import Edit, Span

COMMAND: Final = "k8s-lsp.harden"
"""Hardens the object that its one argument names, as `_target_of` writes it."""

NEEDS_LIMIT: Final = 4
"""How many needs a lens names: it is one line."""

NEEDS: Final = {
    "host namespaces": "no host namespaces",
    "privileged": "no privileged container",
    "non-default capabilities": "no capability beyond the default ones",
    "hostPath volumes": "no hostPath volume",
    "hostPort": "no hostPort",
    "probe or lifecycle host": "no host in a probe or lifecycle handler",
    "forbidden AppArmor profile": "no unconfined AppArmor profile",
    "seLinuxOptions": "the usual SELinux options",
    "procMount": "the default procMount",
    "seccompProfile": "a seccompProfile that confines",
    "forbidden sysctls": "no unsafe sysctl",
    "hostProcess": "no hostProcess",
    "allowPrivilegeEscalation != false": "allowPrivilegeEscalation: false",
    "unrestricted capabilities": "fewer capabilities",
    "restricted volume types": "other types of volumes",
    "runAsNonRoot != true": "runAsNonRoot: true",
    "runAsUser=0": "a runAsUser other than 0",
}
"""What a level needs, by the words in which the API server refuses a pod."""

NEEDS_WHERE_ABSENT: Final = {
    "unrestricted capabilities": "all capabilities dropped",
    "seccompProfile": "a seccompProfile",
}
"""The same where a pod says nothing of it."""


class Standing(NamedTuple):
    """The strictest level up to which no check refuses the pods of an object.

    `needs` are what the next level asks for, as far as the text certainly does not have it;
    `is_sure` is False where more may stand elsewhere.
    """

    level: Level
    needs: tuple[str, ...] = ()
    is_sure: bool = True

    @property
    def title(self) -> str:
        """What a lens shows: one line."""
        told = "" if self.is_sure else ", as far as the text tells"
        title = f"Pod Security: {self.level}{told}"
        if not self.needs:
            return title
        above = "baseline" if self.level == "privileged" else "restricted"
        return f"{title} · {above} needs {_listed(self.needs)} · Harden"


def _listed(needs: tuple[str, ...]) -> str:
    if len(needs) > NEEDS_LIMIT:
        named = NEEDS_LIMIT - 1
        needs = (*needs[:named], f"{len(needs) - named} more")
    *first, last = needs
    return f"{', '.join(first)} and {last}" if first else last


def code_lenses(document: Document) -> list[types.CodeLens]:
    """A lens above each object with a pod, but for patches: the rest of these stands elsewhere."""
    return [
        types.CodeLens(
            document.lines.token_range_of(Span(span.start, span.start).shifted(offset)),
            types.Command(standing.title, COMMAND, arguments=[_target_of(document.uri, unit, obj)]),
        )
        for unit, (result, offset) in enumerate(units_of(document.analysis))
        for obj in result.objects
        if (span := _span_of(obj)) is not None
        and (standing := _standing_of(document.analysis, obj)) is not None
    ]


def _span_of(obj: KubeObject) -> Span | None:
    """Where an object stands; None where it arrives through an alias."""
    written = obj.root.written
    return None if written is None or written is not obj.root.node else written.span


# The level.


def _standing_of(analysis: Analysis, obj: KubeObject) -> Standing | None:
    """None for an object without a pod that is all there."""
    if not any(pod.shape == "whole" for pod in obj.pods):
        return None
    facts = analysis.context.facts
    if facts.why_patch(obj) is not None:
        return None
    kept = (standing_of, analysis.context.version, analysis.is_template)
    if kept not in obj.cache:
        version = analysis.context.version
        obj.cache[kept] = standing_of(obj, version, is_template=analysis.is_template)
    standing: Standing = obj.cache[kept]
    if standing.level == "baseline" and analysis.settings.profile == "baseline":
        # No more is asked for, and hardening would do no more.
        return standing._replace(needs=())
    return standing


def standing_of(obj: KubeObject, version: Version, *, is_template: bool) -> Standing:
    """The level of an object's pods in a version. In a template, what is absent may come yet."""
    refused = list(_broken(obj, "baseline", version))
    if refused:
        return Standing("privileged", tuple(dict.fromkeys(_need(each) for each in refused)))
    lacking = list(_broken(obj, "restricted", version))
    certain = [
        each
        for each in lacking
        if not each.lacks or not (is_template or any(map(_may_be_set, each.lacks)))
    ]
    is_sure = not is_template and len(certain) == len(lacking) and not _hides_some(obj)
    # What a controller adds breaks no level, but what it leaves out may.
    if lacking or obj.is_custom or not all(level_of(pod) == "restricted" for pod in obj.pods):
        return Standing("baseline", tuple(dict.fromkeys(map(_need, certain))), is_sure)
    return Standing("restricted", is_sure=is_sure)


def _broken(obj: KubeObject, level: Level, version: Version) -> Iterator[Broken]:
    for pod in obj.pods:
        if pod.shape == "whole":
            yield from broken_checks(pod, level, version)


_OF_RESTRICTED: Final = (
    ("allowPrivilegeEscalation",),
    ("capabilities", "drop"),
    ("runAsNonRoot",),
    ("seccompProfile",),
)
"""What the restricted level has each container set, itself or by its pod."""


def _hides_some(obj: KubeObject) -> bool:
    """Whether a value is written but not told, as where an expression stands in its place."""
    contexts = [security for pod in obj.pods for _, security in security_contexts(pod)]
    return any(security.get(*names).unknown for security in contexts for names in _OF_RESTRICTED)


def _may_be_set(lack: Lack) -> bool:
    """Whether what a container lacks may stand in what could not be read, or is yet to come."""
    absence = missing(lack.owner, lack.field, "", also=lack.also)
    return any(mapping.open for mapping in absence.absent_from)


def _need(broken: Broken) -> str:
    need = NEEDS[broken.reason]
    return NEEDS_WHERE_ABSENT.get(broken.reason, need) if broken.lacks else need


# The command.


def _target_of(uri: str, unit: int, obj: KubeObject) -> dict[str, Any]:
    """What the command is told of an object: enough to know it again in a text that has changed."""
    return {
        "uri": uri,
        "unit": unit,
        "path": list(obj.root.path),
        "kind": obj.kind,
        **({} if obj.name is None else {"name": obj.name}),
    }


def uri_of_target(target: object) -> str | None:
    """The text that a command's argument is about; None where it is none of ours."""
    uri = target.get("uri") if isinstance(target, Mapping) else None
    return uri if isinstance(uri, str) else None


def harden(
    document: Document, target: Mapping[str, Any], analyze_from: AnalyzeFrom, remember: Remember
) -> list[Edit] | str:
    """The edits that harden the object that the command was told of, or what to say instead."""
    analysis = document.analysis
    kind, name = str(target.get("kind", "object")), target.get("name")
    title = f'{kind} "{name}"' if name else kind
    rewrite = _rewrite_of(analysis, target)
    if rewrite is None:
        return f"k8s-lsp: the text has changed, and {title} is another one now; try again."
    changes = changes_of(analysis, rewrite, analyze_from, remember)
    if changes:
        return changes
    assert rewrite.unit is not None
    return f"k8s-lsp: {nothing_message(analysis, title, rewrite.unit, rewrite.path)}"


def _rewrite_of(analysis: Analysis, target: Mapping[str, Any]) -> Rewrite | None:
    """What hardens the object of an argument as the text has it now; None where it is gone.

    It is where it was, or, since lenses are shown for a while, the only one of its kind and name.
    """
    path = target.get("path")
    place = tuple(path) if isinstance(path, list | tuple) else ()
    named = (target.get("kind"), target.get("name"))
    same = [
        Rewrite(HARDEN, unit, obj.root.path)
        for unit, (result, _) in enumerate(units_of(analysis))
        for obj in result.objects
        if (obj.kind, obj.name) == named
    ]
    there = Rewrite(HARDEN, target.get("unit"), place)
    if there in same:
        return there
    return same[0] if len(same) == 1 else None
