"""Findings and containers -> code actions: fixes, "Ignore", "Harden", and what runs on save."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from lsprotocol import types

from k8s_lsp.engine.fixing import (
    AnalyzeFrom,
    bulk_fix,
    fix_all,
    fixes_of,
    from_scratch,
    harden,
    harden_container,
    harden_object,
    ignores_of,
)
from k8s_lsp.engine.hardened import Hardened
from k8s_lsp.engine.results import Analysis, Diagnosis, UnitResult
from k8s_lsp.features.changes import edits_between
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import SOURCE, diagnostic_of, protocol_value
from k8s_lsp.features.hardened_message import hardened_message
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.rules.base import PodSecurityLevel
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.text import Edit, Span, line_end, line_start

_log = logging.getLogger(__name__)

Remember = Callable[[str, str], None]
"""Is told a text that a client may make of the open one, and what to say once it has: no command
comes with the edit, because clients differ in which of the two they then ask for."""


def remember_nothing(text: str, message: str) -> None:
    """Have nothing said."""


QUICK_FIX = types.CodeActionKind.QuickFix.value
HARDEN = types.CodeActionKind.RefactorRewrite.value
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}"

KINDS = (QUICK_FIX, HARDEN, FIX_ALL)
"""What a client may ask for."""

LEVELS: tuple[PodSecurityLevel, ...] = ("restricted", "baseline")

HARDEN_LIMIT = 4
"""How many ways of hardening are offered at once: a longer menu is not read."""

LEVELS_LIMIT = 20
"""In files with more containers than that, hardening to other levels is not offered: whether it
would make a difference takes too long to find out for a menu."""


class Rewrite(NamedTuple):
    """A change of a whole text, small enough to travel to the client and back.

    `unit` and `path` name the container or the object to harden; without them everything is.
    `level` is the Pod Security level to harden to, where it is not what the settings ask for.
    """

    kind: str
    unit: int | None = None
    path: Path = ()
    level: PodSecurityLevel | None = None


def code_actions(
    document: Document,
    client: Client,
    params: types.CodeActionParams,
    analyze_from: AnalyzeFrom = from_scratch,
    remember: Remember = remember_nothing,
) -> list[types.CodeAction]:
    """What can be done at a range, the gravest findings first.

    `analyze_from` is how hardened texts are analysed, and `remember` is told what to say of each
    once the client has made it. A client that knows commands only gets nothing.
    """
    if not client.action_literals:
        return []
    touched = document.lines.span_of(params.range)
    context = params.context
    actions: list[types.CodeAction] = []
    if _wants(context, QUICK_FIX):
        actions += _quick_fixes(document, client, touched, context.diagnostics)
    # Without an explicit wish, what is always possible would keep the light bulb on.
    automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    try:
        if _wants(context, HARDEN) and not (automatic and not context.only):
            actions += _hardenings(document, client, touched, analyze_from, remember)
        if context.only and _wants(context, FIX_ALL) and _has_safe_fixes(document.analysis):
            title = "Apply all safe fixes"
            fixing = Rewrite(FIX_ALL)
            actions += _rewriting(document, client, title, fixing, analyze_from, remember)
    except Exception:
        _log.exception("a rewrite failed")
    return actions


def resolve(
    document: Document,
    client: Client,
    action: types.CodeAction,
    analyze_from: AnalyzeFrom = from_scratch,
    remember: Remember = remember_nothing,
) -> bool:
    """Put the edit into an action that was offered without; False where the text has moved on."""
    data: Any = action.data
    try:
        # What is None was not sent: Neovim drops null on its way through Lua.
        if (data["uri"], data.get("version")) != (document.uri, document.version):
            return False
        level = next((level for level in LEVELS if level == data.get("level")), None)
        rewrite = Rewrite(str(data["kind"]), data.get("unit"), tuple(data.get("path", ())), level)
    except (AttributeError, KeyError, TypeError):
        return False
    changes = _changes(document.analysis, rewrite, analyze_from, remember)
    action.edit = _workspace_edit(document, client, changes)
    return True


def _wants(context: types.CodeActionContext, kind: str) -> bool:
    """Whether a kind is asked for; `only` means a kind and those below it."""
    if not context.only:
        return True
    return any(not only or f"{kind}.".startswith(f"{_value(only)}.") for only in context.only)


def _value(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


# What can be done about findings: their fixes, then what silences them.


class TouchedFinding(NamedTuple):
    """A finding at the range, with the unit that it was found in, and where that begins."""

    result: UnitResult
    offset: int
    diagnosis: Diagnosis
    diagnostic: types.Diagnostic


def _quick_fixes(
    document: Document, client: Client, touched: Span, known: Iterable[types.Diagnostic]
) -> list[types.CodeAction]:
    """The quick fixes for the findings that a span touches; `known` are the client's diagnostics.

    What silences a finding comes last, and a comment for one line before one for a whole object.
    """
    shown = list(known)
    touching = [
        TouchedFinding(
            result, offset, diagnosis, _named(document, client, offset, diagnosis, shown)
        )
        for result, offset in _units(document.analysis)
        for diagnosis in result.published
        if touched.touches(diagnosis.finding.span.shifted(offset))
    ]
    touching.sort(key=lambda finding: SEVERITIES.index(finding.diagnosis.severity))
    actions: dict[tuple[str, tuple[Edit, ...]], types.CodeAction] = {}
    for diagnostic, title, edits, is_preferred in (
        *_fixes(document.analysis, touching),
        *_ignores(touching),
    ):
        same = actions.get((title, edits))
        if same is None:
            actions[title, edits] = types.CodeAction(
                title,
                kind=QUICK_FIX,
                diagnostics=[diagnostic],
                is_preferred=is_preferred or None,
                edit=_workspace_edit(document, client, edits),
            )
        else:
            # Two findings at one token can have one fix, which a menu shows once.
            same.diagnostics = [*(same.diagnostics or ()), diagnostic]
            same.is_preferred = same.is_preferred or is_preferred or None
    return list(actions.values())


def _units(analysis: Analysis) -> Iterator[tuple[UnitResult, int]]:
    """The units of a text, each with where it begins."""
    return zip(analysis.units, analysis.offsets, strict=True)


class QuickFix(NamedTuple):
    """Edits of the whole text that do something about a finding."""

    diagnostic: types.Diagnostic
    title: str
    edits: tuple[Edit, ...]
    is_preferred: bool = False


def _fixes(analysis: Analysis, touching: Iterable[TouchedFinding]) -> Iterator[QuickFix]:
    for _, offset, diagnosis, diagnostic in touching:
        try:
            fixes = fixes_of(analysis, diagnosis)
        except Exception:
            # The fixes of the other findings are still worth having.
            _log.exception("a fix of %s failed", diagnosis.rule.slug)
            continue
        for fix in sorted(fixes, key=lambda fix: not fix.preferred):
            edits = tuple(edit.shifted(offset) for edit in fix.edits)
            yield QuickFix(diagnostic, fix.title, edits, fix.preferred)


def _ignores(touching: list[TouchedFinding]) -> Iterator[QuickFix]:
    diagnostics = {id(finding.diagnosis): finding.diagnostic for finding in touching}
    by_unit: dict[int, list[TouchedFinding]] = {}
    for finding in touching:
        by_unit.setdefault(finding.offset, []).append(finding)
    ways: list[list[QuickFix]] = [[], []]
    for offset, here in by_unit.items():
        for diagnosis, ignorings in ignores_of(
            here[0].result, [finding.diagnosis for finding in here]
        ):
            for way, ignoring in zip(ways, ignorings, strict=False):
                edits = (ignoring.edit.shifted(offset),)
                way.append(QuickFix(diagnostics[id(diagnosis)], ignoring.title, edits))
    for way in ways:
        yield from way


def _named(
    document: Document,
    client: Client,
    offset: int,
    diagnosis: Diagnosis,
    shown: list[types.Diagnostic],
) -> types.Diagnostic:
    """The diagnostic of a finding: the client's own one, where it sent it along."""
    ours = protocol_value(diagnostic_of(document.lines, document.uri, client, diagnosis, offset))
    for theirs in shown:
        if (theirs.range, theirs.code, theirs.source) == (ours.range, ours.code, ours.source):
            return theirs
    return ours


# Rewriting a container or everything.


def _hardenings(
    document: Document,
    client: Client,
    touched: Span,
    analyze_from: AnalyzeFrom,
    remember: Remember,
) -> Iterator[types.CodeAction]:
    """Hardening each container at a span, and everything; then everything to another level."""
    analysis = document.analysis
    level = _level_of(analysis)
    containers = [
        container
        for result in analysis.units
        for container in result.containers()
        if container.parts is None
    ]
    in_pods = _has_fixes(analysis, in_pods=True)
    elsewhere = _has_fixes(analysis, in_pods=False)
    everything = Rewrite(HARDEN)
    hardened = None
    if len(containers) <= LEVELS_LIMIT:
        hardened = _rewritten(analysis, everything, analyze_from).text
    offered: list[tuple[str, Rewrite]] = []
    if in_pods or elsewhere:
        alone: list[str] = []
        for rewrite, container in _containers_at(analysis, touched):
            text = _rewritten(analysis, rewrite, analyze_from).text
            if text != analysis.text:
                alone.append(text)
                offered.append((f"Harden {container}{_to(level)}", rewrite))
        for rewrite, obj in _objects_at(analysis, touched):
            text = _rewritten(analysis, rewrite, analyze_from).text
            if text not in (analysis.text, hardened, *alone):
                title = f'Harden {obj.kind} "{obj.name}"' if obj.name else f"Harden this {obj.kind}"
                offered.append((f"{title}{_to(level)}", rewrite))
        if len(containers) != 1 or alone != [hardened]:
            del offered[HARDEN_LIMIT - 1 :]
            offered.append((f"{_title_for_all(containers, elsewhere)}{_to(level)}", everything))
    if level is None and containers and hardened is not None:
        done = {analysis.text, hardened}
        for other in LEVELS:
            rewrite = Rewrite(HARDEN, level=other)
            text = _rewritten(analysis, rewrite, analyze_from).text
            if text not in done:
                done.add(text)
                title = _title_for_all(containers, rest=False)
                offered.append((f"{title}{_to(other)}", rewrite))
    for title, rewrite in offered[:HARDEN_LIMIT]:
        yield from _rewriting(document, client, title, rewrite, analyze_from, remember)


def _level_of(analysis: Analysis) -> PodSecurityLevel | None:
    """The Pod Security level that the settings ask for, where they ask for that alone."""
    return next((level for level in LEVELS if level == analysis.settings.profile), None)


def _to(level: PodSecurityLevel | None) -> str:
    return f" to {level}" if level is not None else ""


def _title_for_all(containers: list[Container], rest: bool) -> str:
    """What hardening everything touches; `rest` says that objects without a pod are changed too."""
    if not containers or (rest and len(containers) == 1):
        return "Harden the whole file"
    if len(containers) == 1:
        return f"Harden {containers[0]} and its pod"
    return f"Harden all {len(containers)} containers" + (
        " and the rest of the file" if rest else ""
    )


def _containers_at(analysis: Analysis, touched: Span) -> Iterator[tuple[Rewrite, Container]]:
    """The containers whose lines a span touches, each with the rewrite that hardens it."""
    for index, (result, offset) in enumerate(_units(analysis)):
        text = result.unit.text
        if offset > touched.end or offset + len(text) < touched.start:
            continue
        for container in result.containers():
            # What arrives through an alias stands elsewhere, and belongs to others too. Parts of a
            # container are no lines of their own.
            if (
                container.field.written is not container.field.node
                or container.field.shared
                or container.parts is not None
            ):
                continue
            assert container.field.written is not None
            span = container.field.written.span
            lines = Span(line_start(text, span.start), line_end(text, span.end))
            if touched.touches(lines.shifted(offset)):
                yield Rewrite(HARDEN, index, container.field.path), container


def _objects_at(analysis: Analysis, touched: Span) -> Iterator[tuple[Rewrite, KubeObject]]:
    """The objects whose lines a span touches, each with the rewrite that hardens it."""
    for index, (result, offset) in enumerate(_units(analysis)):
        for obj in result.objects:
            if obj.root.written is not None and obj.root.written is obj.root.node:
                span = obj.root.written.span.shifted(offset)
                if touched.touches(span):
                    yield Rewrite(HARDEN, index, obj.root.path), obj


def _has_fixes(analysis: Analysis, in_pods: bool) -> bool:
    """Whether hardening changes an object with a pod, or one without."""
    return any(
        bulk_fix(analysis, diagnosis) is not None
        for _, diagnosis in analysis.published()
        if bool(diagnosis.object.pods) == in_pods
    )


def _has_safe_fixes(analysis: Analysis) -> bool:
    fixes = (bulk_fix(analysis, diagnosis) for _, diagnosis in analysis.published())
    return any(fix is not None and fix.safety == "safe" for fix in fixes)


def _rewriting(
    document: Document,
    client: Client,
    title: str,
    rewrite: Rewrite,
    analyze_from: AnalyzeFrom,
    remember: Remember,
) -> Iterator[types.CodeAction]:
    """The action; its edit comes later where the client can wait, now elsewhere."""
    action = types.CodeAction(title, kind=rewrite.kind)
    if client.resolves_edits:
        data = {
            "uri": document.uri,
            "version": document.version,
            "kind": rewrite.kind,
            "unit": rewrite.unit,
            "path": list(rewrite.path) or None,
            "level": rewrite.level,
        }
        action.data = {key: value for key, value in data.items() if value is not None}
    else:
        changes = _changes(document.analysis, rewrite, analyze_from, remember)
        if not changes:
            return
        action.edit = _workspace_edit(document, client, changes)
    yield action


def _changes(
    analysis: Analysis, rewrite: Rewrite, analyze_from: AnalyzeFrom, remember: Remember
) -> list[Edit]:
    hardened = _rewritten(analysis, rewrite, analyze_from)
    # What runs on save is silent.
    if rewrite.kind == HARDEN:
        remember(hardened.text, hardened_message(hardened, rewrite.unit, rewrite.path))
    return edits_between(analysis.text, hardened.text)


def _rewritten(analysis: Analysis, rewrite: Rewrite, analyze_from: AnalyzeFrom) -> Hardened:
    analyze, settings = analyze_from(analysis), analysis.settings
    if rewrite.level is not None:
        settings = replace(settings, profile=rewrite.level)
    # All of the text, and all that is wrong with it: what is published may be less.
    whole = analyze(analysis.text, settings)
    if rewrite.kind == FIX_ALL:
        return fix_all(whole, analyze)
    if rewrite.unit is not None:
        objects = whole.units[rewrite.unit].objects if rewrite.unit < len(whole.units) else ()
        if any(obj.root.path == rewrite.path for obj in objects):
            return harden_object(whole, rewrite.unit, rewrite.path, analyze)
        return harden_container(whole, rewrite.unit, rewrite.path, analyze)
    return harden(whole, analyze)


def _workspace_edit(
    document: Document, client: Client, edits: Iterable[Edit]
) -> types.WorkspaceEdit:
    """The edits of one text; with the version that they were made for, where the client knows."""
    changes = document.lines.text_edits_of(edits)
    if not client.document_changes:
        return types.WorkspaceEdit(changes={document.uri: changes})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, list(changes))])
