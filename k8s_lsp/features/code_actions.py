"""Findings and containers -> code actions: fixes, "Harden", and what runs on save."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lsprotocol import types

from k8s_lsp import engine
from k8s_lsp.engine import Analysis, Reported
from k8s_lsp.features.changes import edits_between
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import SOURCE, diagnostic_of
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.pods import Container
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.syntax.units import Unit
from k8s_lsp.text import Edit, Span, line_end, line_start

_log = logging.getLogger(__name__)

QUICK_FIX = types.CodeActionKind.QuickFix.value
HARDEN = types.CodeActionKind.RefactorRewrite.value
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.{SOURCE}"

KINDS = (QUICK_FIX, HARDEN, FIX_ALL)
"""What a client may ask for."""


class Rewrite(NamedTuple):
    """A change of a whole text, small enough to travel to the client and back.

    `unit` and `path` name the container to harden; without them everything is.
    """

    kind: str
    unit: int | None = None
    path: Path = ()


def code_actions(
    document: Document, client: Client, params: types.CodeActionParams
) -> list[types.CodeAction]:
    """What can be done at a range, the gravest findings first.

    A client that knows commands only gets nothing.
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
            actions += _hardenings(document, client, touched)
        if context.only and _wants(context, FIX_ALL) and _has_safe_fixes(document.analysis):
            title = "Apply all safe fixes"
            actions += _rewriting(document, client, title, Rewrite(FIX_ALL))
    except Exception:
        _log.exception("a rewrite failed")
    return actions


def resolve(document: Document, client: Client, action: types.CodeAction) -> bool:
    """Put the edit into an action that was offered without; False where the text has moved on."""
    data: Any = action.data
    try:
        if (data["uri"], data["version"]) != (document.uri, document.version):
            return False
        rewrite = Rewrite(str(data["kind"]), data["unit"], tuple(data["path"]))
    except (KeyError, TypeError):
        return False
    action.edit = _workspace_edit(document, client, _changes(document.analysis, rewrite))
    return True


def _wants(context: types.CodeActionContext, kind: str) -> bool:
    """Whether a kind is asked for; `only` means a kind and those below it."""
    if not context.only:
        return True
    return any(not only or f"{kind}.".startswith(f"{_value(only)}.") for only in context.only)


def _value(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


# Fixes of findings.


def _quick_fixes(
    document: Document, client: Client, touched: Span, known: Iterable[types.Diagnostic]
) -> list[types.CodeAction]:
    """The fixes of the findings that a span touches; `known` are the client's diagnostics."""
    analysis = document.analysis
    shown = list(known)
    found = [
        (unit, reported)
        for unit, reported in analysis.reported()
        if touched.touches(reported.finding.span.shifted(unit.offset))
    ]
    found.sort(key=lambda each: SEVERITIES.index(each[1].severity))
    actions: dict[tuple[str, tuple[Edit, ...]], types.CodeAction] = {}
    for unit, reported in found:
        diagnostic = _named(document, client, unit, reported, shown)
        try:
            fixes = engine.fixes_of(analysis, reported)
        except Exception:
            # The fixes of the other findings are still worth having.
            _log.exception("a fix of %s failed", reported.rule.slug)
            continue
        for fix in sorted(fixes, key=lambda each: not each.preferred):
            edits = tuple(edit.shifted(unit.offset) for edit in fix.edits)
            same = actions.get((fix.title, edits))
            if same is None:
                actions[fix.title, edits] = types.CodeAction(
                    fix.title,
                    kind=QUICK_FIX,
                    diagnostics=[diagnostic],
                    is_preferred=fix.preferred or None,
                    edit=_workspace_edit(document, client, edits),
                )
            else:
                # Two findings at one token can have one fix, which a menu shows once.
                same.diagnostics = [*(same.diagnostics or ()), diagnostic]
                same.is_preferred = same.is_preferred or fix.preferred or None
    return list(actions.values())


def _named(
    document: Document,
    client: Client,
    unit: Unit,
    reported: Reported,
    shown: list[types.Diagnostic],
) -> types.Diagnostic:
    """The diagnostic of a finding: the client's own one, where it sent it along."""
    ours = diagnostic_of(document, client, unit, reported)
    for each in shown:
        if (each.range, each.code, each.source) == (ours.range, ours.code, ours.source):
            return each
    return ours


# Rewriting a container or everything.


def _hardenings(document: Document, client: Client, touched: Span) -> Iterator[types.CodeAction]:
    analysis = document.analysis
    in_pods = _has_fixes(analysis, in_pods=True)
    elsewhere = _has_fixes(analysis, in_pods=False)
    if not in_pods and not elsewhere:
        return
    alone: list[str] = []
    for rewrite, container in _containers_at(analysis, touched):
        text = _rewritten(analysis, rewrite)
        if text != analysis.text:
            alone.append(text)
            yield from _rewriting(document, client, f"Harden {container}", rewrite)
    containers = [
        container for result in analysis.units for container in engine.containers_of(result)
    ]
    everything = Rewrite(HARDEN)
    if len(containers) == 1 and alone and _rewritten(analysis, everything) == alone[0]:
        return
    title = _title_for_all(containers, elsewhere)
    yield from _rewriting(document, client, title, everything)


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
    for index, result in enumerate(analysis.units):
        offset, text = result.unit.offset, result.unit.text
        if offset > touched.end or offset + len(text) < touched.start:
            continue
        for container in engine.containers_of(result):
            # What arrives through an alias stands elsewhere, and belongs to others too.
            if container.field.written is not container.field.node or container.field.shared:
                continue
            assert container.field.written is not None
            span = container.field.written.span
            lines = Span(line_start(text, span.start), line_end(text, span.end))
            if touched.touches(lines.shifted(offset)):
                yield Rewrite(HARDEN, index, container.field.path), container


def _has_fixes(analysis: Analysis, in_pods: bool) -> bool:
    """Whether hardening changes an object with a pod, or one without."""
    return any(
        engine.preferred_fix(analysis, reported) is not None
        for _, reported in analysis.reported()
        if (reported.object.pod is not None) == in_pods
    )


def _has_safe_fixes(analysis: Analysis) -> bool:
    fixes = (engine.preferred_fix(analysis, reported) for _, reported in analysis.reported())
    return any(fix is not None and fix.safety == "safe" for fix in fixes)


def _rewriting(
    document: Document, client: Client, title: str, rewrite: Rewrite
) -> Iterator[types.CodeAction]:
    """The action; its edit comes later where the client can wait, now elsewhere."""
    action = types.CodeAction(title, kind=rewrite.kind)
    if client.resolves_edits:
        action.data = {
            "uri": document.uri,
            "version": document.version,
            "kind": rewrite.kind,
            "unit": rewrite.unit,
            "path": list(rewrite.path),
        }
    else:
        changes = _changes(document.analysis, rewrite)
        if not changes:
            return
        action.edit = _workspace_edit(document, client, changes)
    yield action


def _changes(analysis: Analysis, rewrite: Rewrite) -> list[Edit]:
    return edits_between(analysis.text, _rewritten(analysis, rewrite))


def _rewritten(analysis: Analysis, rewrite: Rewrite) -> str:
    text, settings = analysis.text, analysis.settings
    if rewrite.kind == FIX_ALL:
        return engine.fix_all(text, settings, analysis)
    if rewrite.unit is not None:
        return engine.harden_container(text, settings, rewrite.unit, rewrite.path, analysis)
    return engine.harden(text, settings, analysis)


def _workspace_edit(
    document: Document, client: Client, edits: Iterable[Edit]
) -> types.WorkspaceEdit:
    """The edits of one text; with the version that they were made for, where the client knows."""
    changes = document.lines.text_edits_of(edits)
    if not client.document_changes:
        return types.WorkspaceEdit(changes={document.uri: changes})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, list(changes))])
