"""What a token means: the findings that stand there, and the security field that it belongs to."""

from collections.abc import Iterator

from lsprotocol import types
from pygls.uris import to_fs_path

from k8s_lsp.configuration.words import did_you_mean
from k8s_lsp.engine.results import Diagnosis, UnitResult
from k8s_lsp.engine.suppression.comments import slug_token_at
from k8s_lsp.features import tokens
from k8s_lsp.features.client import Client, marked_up
from k8s_lsp.features.convert import Document
from k8s_lsp.features.finding_texts import View, reference, texts_of_findings
from k8s_lsp.features.fitting import MOST_LINES, MOST_LINES_OF_ONE_FINDING, Part, fitted
from k8s_lsp.features.markdown import is_table, literal
from k8s_lsp.features.token_texts import Token, meaning_of_value, texts_of_token
from k8s_lsp.features.tokens import holds, token_at
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import why
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.text import Span


def hover_at(document: Document, client: Client, position: types.Position) -> types.Hover | None:
    """What is known about the token at a position; None where that is nothing."""
    offset = document.lines.offset_of(position)
    unit = document.unit_at(offset)
    if unit is None:
        return None
    result, start = unit
    offset -= start

    def line_of(place: int) -> int:
        return document.lines.position_of(place + start).line + 1

    view = View(document.analysis, _folder_of(document.uri), line_of)
    token = _token_at(result, offset)
    found = [reported for reported in result.published if _stands_at(reported, token, offset)]
    found.sort(key=_gravity)
    name = slug_token_at(result.tree, offset)
    special = [] if token is None else meaning_of_value(view, token)
    parts = [] if name is None else [_named(name.text)]
    parts += texts_of_findings(view, found, special)
    about = [] if token is None else list(texts_of_token(view, token, bool(found)))
    parts += about
    if not any(is_table(part.text) for part in about):
        # A table shows as well what is wrong, and fills the window.
        parts += _elsewhere(view, result, found, token if about else None, offset)
    text = fitted(parts, MOST_LINES_OF_ONE_FINDING if len(found) == 1 else MOST_LINES)
    if not text:
        return None
    at = [name.span] if name is not None else []
    spans = (reported.finding.span for reported in found)
    at += [span for span in spans if holds(span, offset)]
    span = at[0] if at else token.span if token is not None else Span(offset, offset)
    content = marked_up(text, client.markdown_hover)
    return types.Hover(content, document.lines.token_range_of(span.shifted(start)))


def _gravity(reported: Diagnosis) -> tuple[int, bool]:
    """What Pod Security refuses goes before the rest of a severity."""
    return SEVERITIES.index(reported.severity), not reported.rule.controls


def _stands_at(reported: Diagnosis, token: Token | None, offset: int) -> bool:
    """Whether a finding is about the token: it stands there, or at the value of that key."""
    finding = reported.finding
    if token is not None and token.is_key and token.field.written is not None:
        value = token.field.written.span
        if finding.span == value and finding.path == token.field.path:
            return True
    return holds(finding.span, offset)


def _named(slug: str) -> Part:
    """What an ignore comment names: a rule, or nothing."""
    for rule in RULES:
        if rule.slug == slug:
            return Part(f"{why(rule)}\n\n{reference(rule, f'Explain {rule.slug}')}")
    near = did_you_mean(slug, (rule.slug for rule in RULES))
    return Part(f'There is no rule "{literal(slug)}"{near or "."}')


def _token_at(result: UnitResult, offset: int) -> Token | None:
    """The token of an object at an offset, with the field that it stands for."""
    for obj in result.objects:
        written = obj.root.written
        if written is not None and holds(written.span, offset):
            token = token_at(written, offset)
            return None if token is None else _token_of(obj, token)
    return None


def _token_of(obj: KubeObject, token: tokens.Token) -> Token | None:
    """The token with its field; of two equal keys the last one counts, and the other has none."""
    field = obj.root.get(*token.path)
    counts = (field.key if token.is_key else field.written) is token.node
    return Token(obj, field, token.node.span, token.is_key) if counts else None


def _folder_of(uri: str) -> str:
    """The folder of a text by its address, as the paths of files are written; "" without one."""
    return (to_fs_path(uri) or "").replace("\\", "/").rpartition("/")[0]


def _elsewhere(
    view: View, result: UnitResult, found: list[Diagnosis], token: Token | None, offset: int
) -> Iterator[Part]:
    """The messages of findings at other tokens, about this field or one below, or its heirs."""
    lines = []
    for reported in result.published:
        finding = reported.finding
        path = None
        if token is not None and reported.object is token.object:
            path = token.field.path
        below = path is not None and finding.path is not None and finding.path[: len(path)] == path
        related = any(not other.path and holds(other.span, offset) for other in finding.related)
        if reported not in found and (below or related):
            line = view.line_of(finding.span.start)
            lines.append(f"- Line {line}: {literal(finding.message)}")
    yield Part("\n".join(lines), rank=3, shrinks=True)
