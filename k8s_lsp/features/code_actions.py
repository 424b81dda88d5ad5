"""Findings and containers -> code actions: fixes, "Ignore", "Harden", and what runs on save."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lsprotocol import types

from k8s_lsp.engine.fixing import AnalyzeFrom, Ignoring, fixes_of, from_scratch, ignores_of
from k8s_lsp.engine.results import Analysis, Diagnosis, UnitResult
from k8s_lsp.engine.suppression.writing import rules_in_words
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document
from k8s_lsp.features.diagnostics import diagnostic_of_row, protocol_value
from k8s_lsp.features.hardened_message import HardenedMessage
from k8s_lsp.features.hardenings import (
    FIX_ALL,
    HARDEN,
    LEVELS,
    Hardening,
    Place,
    Remember,
    Rewrite,
    changes_of,
    first_hardening,
    has_safe_fixes,
    other_hardenings,
    units_of,
)
from k8s_lsp.features.rows import Row, rows_of
from k8s_lsp.features.settings_file import SettingsFile, corrections_at
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.text import Edit, Span

_log = logging.getLogger(__name__)


def remember_nothing(text: str, message: HardenedMessage) -> None:
    """Have nothing said."""


QUICK_FIX = types.CodeActionKind.QuickFix.value

KINDS = (QUICK_FIX, HARDEN, FIX_ALL)
"""What a client may ask for."""

MENU_LIMIT = 12
"""How many entries a menu has, but for what runs on save: a longer one is not read."""

FIXES_LIMIT = 7
"""How many single fixes stand beside the one that does all that they do."""

FIXED_LIMIT = 50
"""Of how many findings single fixes are put together: a selection can hold thousands."""


def code_actions(
    document: Document,
    client: Client,
    params: types.CodeActionParams,
    analyze_from: AnalyzeFrom = from_scratch,
    remember: Remember = remember_nothing,
) -> list[types.CodeAction]:
    """What can be done at a range: one finding's fixes, or first what puts several right.

    `analyze_from` is how hardened texts are analysed, and `remember` is told what to say of each
    once the client has made it. A client that knows commands only gets nothing.
    """
    if not client.action_literals:
        return []
    context = params.context
    touched = document.lines.span_of(params.range)
    quick = _wants(context, QUICK_FIX)
    # Without an explicit wish, what is always possible would keep the light bulb on.
    automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    rewriting = _wants(context, HARDEN) and not (automatic and not context.only)
    found = _touching(document, client, touched, context.diagnostics) if quick or rewriting else []
    making = Making(document, client, analyze_from, remember)
    first, fixes, others = None, list[types.CodeAction](), list[types.CodeAction]()
    if len(found) > 1:
        first = _first(document.analysis, touched, found)
        fixes, others = _fixes_of_several(making, found, has_first=first is not None)
    elif quick:
        fixes = _quick_fixes(making, _fixes(document.analysis, found))
    actions: list[types.CodeAction] = []
    if first is not None and (quick or rewriting):
        actions += _first_action(making, first, found, QUICK_FIX if quick else HARDEN)
    if quick:
        actions += [*fixes, *_quick_fixes(making, _ignores(found))]
    if rewriting:
        actions += _offered(_hardenings(making, touched, first))
        actions += others
    del actions[MENU_LIMIT:]
    if context.only and _wants(context, FIX_ALL):
        actions += _offered(_fixing_all(making))
    return actions


def corrections(
    file: SettingsFile, client: Client, params: types.CodeActionParams
) -> list[types.CodeAction]:
    """The words that are meant by the mistakes at a range of a configuration file."""
    if not client.action_literals or not _wants(params.context, QUICK_FIX):
        return []
    found = list(corrections_at(file, file.lines.span_of(params.range)))
    shown = params.context.diagnostics
    return [
        types.CodeAction(
            title,
            kind=QUICK_FIX,
            diagnostics=[_as_shown(protocol_value(diagnostic), shown)],
            is_preferred=len(found) == 1 or None,
            edit=workspace_edit(file, client, [edit]),
        )
        for title, edit, diagnostic in found
    ]


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
        unit, path = data.get("unit"), tuple(data.get("path", ()))
        rewrite = Rewrite(str(data["kind"]), unit, path, level, bool(data.get("withPod")))
    except (AttributeError, KeyError, TypeError):
        return False
    changes = changes_of(document.analysis, rewrite, analyze_from, remember)
    action.edit = workspace_edit(document, client, changes)
    return True


def _wants(context: types.CodeActionContext, kind: str) -> bool:
    """Whether a kind is asked for; `only` means a kind and those below it."""
    if not context.only:
        return True
    return any(not only or f"{kind}.".startswith(f"{_value(only)}.") for only in context.only)


def _value(kind: str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


class Making(NamedTuple):
    """What every action of a menu is made of."""

    document: Document
    client: Client
    analyze_from: AnalyzeFrom
    remember: Remember


def _offered(actions: Iterable[types.CodeAction]) -> Iterator[types.CodeAction]:
    """The actions up to the first that cannot be made: the rest of the menu is worth having."""
    try:
        yield from actions
    except Exception:
        _log.exception("a rewrite failed")


# What can be done about findings: their fixes, and what silences them.


class TouchedFinding(NamedTuple):
    """A finding at the range, with its unit, that unit's index, and where it begins.

    The diagnostic may tell others too.
    """

    result: UnitResult
    unit: int
    offset: int
    diagnosis: Diagnosis
    diagnostic: types.Diagnostic


def _touching(
    document: Document, client: Client, touched: Span, known: Iterable[types.Diagnostic]
) -> list[TouchedFinding]:
    """The findings that a span touches, gravest first; `known` are the client's diagnostics."""
    shown, settings = list(known), document.analysis.settings
    found: list[TouchedFinding] = []
    for index, (result, offset) in enumerate(units_of(document.analysis)):
        here = [
            diagnosis
            for diagnosis in result.published
            if touched.touches(diagnosis.finding.span.shifted(offset))
        ]
        told: dict[int, types.Diagnostic] = {}
        for row in rows_of(here, settings):
            told |= dict.fromkeys(map(id, row), _named(document, client, offset, row, shown))
        found += [TouchedFinding(result, index, offset, each, told[id(each)]) for each in here]
    found.sort(key=lambda finding: SEVERITIES.index(finding.diagnosis.severity))
    return found


class QuickFix(NamedTuple):
    """Edits of the whole text that do something about findings."""

    diagnostics: tuple[types.Diagnostic, ...]
    title: str
    edits: tuple[Edit, ...]
    is_preferred: bool = False


def _quick_fixes(
    making: Making, fixes: Iterable[QuickFix], kind: str = QUICK_FIX
) -> list[types.CodeAction]:
    """The actions for fixes. Two findings at one token can have one fix, which is shown once.

    Where two do the same in different places, their titles name these.
    """
    actions: dict[tuple[str, tuple[Edit, ...]], types.CodeAction] = {}
    for diagnostics, title, edits, is_preferred in fixes:
        same = actions.get((title, edits))
        if same is None:
            actions[title, edits] = types.CodeAction(
                title,
                kind=kind,
                diagnostics=_distinct(diagnostics),
                is_preferred=is_preferred or None,
                edit=workspace_edit(making.document, making.client, edits),
            )
        else:
            same.diagnostics = _distinct([*(same.diagnostics or ()), *diagnostics])
            same.is_preferred = same.is_preferred or is_preferred or None
    by_title: dict[str, list[types.CodeAction]] = {}
    for action in actions.values():
        by_title.setdefault(action.title, []).append(action)
    for same_title in by_title.values():
        if len(same_title) > 1:
            for action in same_title:
                assert action.diagnostics
                action.title += f" (line {action.diagnostics[0].range.start.line + 1})"
    return list(actions.values())


def _fixes(analysis: Analysis, touching: Iterable[TouchedFinding]) -> Iterator[QuickFix]:
    for finding in touching:
        try:
            fixes = fixes_of(analysis, finding.diagnosis)
        except Exception:
            # The fixes of the other findings are still worth having.
            _log.exception("a fix of %s failed", finding.diagnosis.rule.slug)
            continue
        for fix in sorted(fixes, key=lambda fix: not fix.preferred):
            edits = tuple(edit.shifted(finding.offset) for edit in fix.edits)
            yield QuickFix((finding.diagnostic,), fix.title, edits, fix.preferred)


def _fixes_of_several(
    making: Making, touching: list[TouchedFinding], has_first: bool
) -> tuple[list[types.CodeAction], list[types.CodeAction]]:
    """The preferred fix of each finding, gravest first, and the alternatives as rewrites.

    An answer prefers one action: the one that comes first, or the only fix where there is none.
    """
    fixes = list(_fixes(making.document.analysis, touching[:FIXED_LIMIT]))
    preferred = _quick_fixes(making, (fix for fix in fixes if fix.is_preferred))
    if has_first or len(preferred) > 1:
        for action in preferred:
            action.is_preferred = None
    known = {(fix.title, fix.edits) for fix in fixes if fix.is_preferred}
    alternatives = (fix for fix in fixes if (fix.title, fix.edits) not in known)
    return preferred[:FIXES_LIMIT], _quick_fixes(making, alternatives, HARDEN)


def _ignores(touching: list[TouchedFinding]) -> Iterator[QuickFix]:
    """What silences all of the findings: at their own places, then in their whole objects."""
    diagnostics = {id(finding.diagnosis): finding.diagnostic for finding in touching}
    by_unit: dict[int, list[TouchedFinding]] = {}
    for finding in touching:
        by_unit.setdefault(finding.offset, []).append(finding)
    on_lines: list[tuple[int, Ignoring]] = []
    in_objects: list[tuple[int, Ignoring]] = []
    for offset, here in by_unit.items():
        ignores = ignores_of(here[0].result, [finding.diagnosis for finding in here])
        on_lines += [(offset, each) for each in ignores.on_lines]
        in_objects += [(offset, each) for each in ignores.in_objects]
    for ignorings, noun in ((on_lines, "places"), (in_objects, "objects")):
        if ignorings:
            slugs = tuple(dict.fromkeys(slug for _, each in ignorings for slug in each.slugs))
            title = f"Ignore {rules_in_words(slugs)} in {len(ignorings)} {noun}"
            yield QuickFix(
                tuple(diagnostics[id(one)] for _, each in ignorings for one in each.diagnoses),
                ignorings[0][1].title if len(ignorings) == 1 else title,
                tuple(each.edit.shifted(offset) for offset, each in ignorings),
            )


def _named(
    document: Document, client: Client, offset: int, row: Row, shown: list[types.Diagnostic]
) -> types.Diagnostic:
    """The diagnostic of some findings: the client's own one, where it sent it along."""
    ours = protocol_value(diagnostic_of_row(document.lines, document.uri, client, row, offset))
    return _as_shown(ours, shown)


def _distinct(diagnostics: Iterable[types.Diagnostic]) -> list[types.Diagnostic]:
    """The same diagnostics, each once: one may tell several findings."""
    return list({id(diagnostic): diagnostic for diagnostic in diagnostics}.values())


def _as_shown(ours: types.Diagnostic, shown: Iterable[types.Diagnostic]) -> types.Diagnostic:
    for theirs in shown:
        if (theirs.range, theirs.code, theirs.source) == (ours.range, ours.code, ours.source):
            return theirs
    return ours


# Rewriting a container or everything.


def _first(analysis: Analysis, touched: Span, found: Iterable[TouchedFinding]) -> Hardening | None:
    places = [Place(finding.unit, finding.diagnosis) for finding in found]
    try:
        return first_hardening(analysis, touched, places)
    except Exception:
        _log.exception("nothing can be hardened")
        return None


def _first_action(
    making: Making, first: Hardening, found: Iterable[TouchedFinding], kind: str
) -> Iterator[types.CodeAction]:
    """What puts all findings right at once, as a fix of each of them, and preferred."""
    for action in _offered(_rewriting(making, first)):
        action.kind = kind
        action.is_preferred = True
        action.diagnostics = _distinct(finding.diagnostic for finding in found)
        yield action


def _hardenings(
    making: Making, touched: Span, first: Hardening | None
) -> Iterator[types.CodeAction]:
    analysis = making.document.analysis
    for hardening in other_hardenings(analysis, touched, making.analyze_from, first):
        yield from _rewriting(making, hardening)


def _fixing_all(making: Making) -> Iterator[types.CodeAction]:
    if has_safe_fixes(making.document.analysis):
        yield from _rewriting(making, Hardening("Apply all safe fixes", Rewrite(FIX_ALL)))


def _rewriting(making: Making, hardening: Hardening) -> Iterator[types.CodeAction]:
    """The action; its edit comes later where the client can wait, now elsewhere."""
    document, client, analyze_from, remember = making
    title, rewrite = hardening
    action = types.CodeAction(title, kind=rewrite.kind)
    if client.resolves_edits:
        data = {
            "uri": document.uri,
            "version": document.version,
            "kind": rewrite.kind,
            "unit": rewrite.unit,
            "path": list(rewrite.path) or None,
            "level": rewrite.level,
            "withPod": rewrite.with_pod or None,
        }
        action.data = {key: value for key, value in data.items() if value is not None}
    else:
        changes = changes_of(document.analysis, rewrite, analyze_from, remember)
        if not changes:
            return
        action.edit = workspace_edit(document, client, changes)
    yield action


def workspace_edit(
    document: Document | SettingsFile, client: Client, edits: Iterable[Edit]
) -> types.WorkspaceEdit:
    """The edits of one text, with the version that they were made for, where the client knows."""
    changes = document.lines.text_edits_of(edits)
    if not client.document_changes:
        return types.WorkspaceEdit(changes={document.uri: changes})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, list(changes))])
