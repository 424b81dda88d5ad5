"""What a token means: the findings that stand there, and the security field that it belongs to."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lsprotocol import types
from pygls.uris import to_fs_path

from k8s_lsp.configuration.messages import did_you_mean
from k8s_lsp.engine.results import Diagnosis, UnitResult
from k8s_lsp.engine.suppression.comments import slug_token_at
from k8s_lsp.engine.suppression.other_tools import rules_silenced_at
from k8s_lsp.features import meanings, tokens
from k8s_lsp.features.accounts import Viewpoint, about_account_at, about_account_of
from k8s_lsp.features.client import Client, marked_up
from k8s_lsp.features.convert import Document
from k8s_lsp.features.effective import PodField, effective
from k8s_lsp.features.known_images import about_image, will_start
from k8s_lsp.features.markdown import literal
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.features.tokens import holds, token_at
from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES, canonical
from k8s_lsp.kubernetes.fields import Field, Path
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.pods import Container, Pod
from k8s_lsp.rules.base import Context, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import brief, markdown
from k8s_lsp.settings import SEVERITIES
from k8s_lsp.text import Span

_SEPARATOR = "\n\n---\n\n"


class Token(NamedTuple):
    """A token of an object: the field that it belongs to, and whether it is its key."""

    object: KubeObject
    field: Field
    span: Span
    is_key: bool


def hover_at(document: Document, client: Client, position: types.Position) -> types.Hover | None:
    """What is known about the token at a position; None where that is nothing."""
    offset = document.lines.offset_of(position)
    unit = document.unit_at(offset)
    if unit is None:
        return None
    result, start = unit
    offset -= start
    context = document.analysis.context

    def line_of(place: int) -> int:
        return document.lines.position_of(place + start).line + 1

    token = _token_at(result, offset)
    found = [reported for reported in result.published if _stands_at(reported, token, offset)]
    found.sort(key=lambda reported: SEVERITIES.index(reported.severity))
    name = slug_token_at(result.tree, offset)
    parts = [*([] if name is None else [_named(name.text)]), *_findings(found)]
    parts += _starting(context, found)
    about = list(_about(context, token, line_of)) if token is not None else []
    if token is not None:
        about += _account(
            Viewpoint(context.facts, context.version, _folder_of(document.uri)), token
        )
    about += _elsewhere(result, found, token if about else None, offset, line_of)
    if about:
        parts.append("\n\n".join(about))
    if not parts:
        return None
    content = marked_up(_SEPARATOR.join(parts), client.markdown_hover)
    at = [name.span] if name is not None else []
    spans = (reported.finding.span for reported in found)
    at += [span for span in spans if holds(span, offset)]
    span = at[0] if at else token.span if token is not None else Span(offset, offset)
    return types.Hover(content, document.lines.token_range_of(span.shifted(start)))


def _stands_at(reported: Diagnosis, token: Token | None, offset: int) -> bool:
    """Whether a finding is about the token: it stands there, or at the value of that key."""
    finding = reported.finding
    if token is not None and token.is_key and token.field.written is not None:
        value = token.field.written.span
        if finding.span == value and finding.path == token.field.path:
            return True
    return holds(finding.span, offset)


# Findings.


_EXPLAINED = 3
"""How many findings at one token are explained; a longer list only names them."""


def _findings(found: list[Diagnosis]) -> Iterator[str]:
    """One finding is explained whole, a few in short, many are listed; the gravest first."""
    if len(found) == 1:
        yield _explained(found[0].rule)
    elif len(found) <= _EXPLAINED:
        for reported in found:
            rule = reported.rule
            yield f"{brief(rule)}\n\nRule {_reference(rule)} ({_weight(reported)})"
    else:
        yield f"**{len(found)} findings**\n\n" + "\n".join(
            f"- {reported.rule.summary} ({_weight(reported)}): {_reference(reported.rule)}"
            for reported in found
        )


def _starting(context: Context, found: list[Diagnosis]) -> Iterator[str]:
    """Whether the images that the findings are about start when their advice is followed."""
    lines = [
        line
        for reported in found
        for line in will_start(
            reported.rule.slug, _containers_of(reported), context.settings.images
        )
    ]
    if lines:
        yield "\n\n".join(lines)


def _containers_of(reported: Diagnosis) -> Iterable[Container]:
    """The containers that a finding speaks for: its own, those it names, or all of the pod."""
    finding = reported.finding
    own = None if finding.path is None else reported.object.container_at(finding.path)
    if own is not None:
        return (own,)
    named = [each for each in reported.object.containers if each.path in finding.containers]
    return named or reported.object.containers


def _explained(rule: Rule) -> str:
    return f"{markdown(rule)}\n- Rule {_reference(rule)}"


def _reference(rule: Rule) -> str:
    return f"[{rule.slug}]({link_of(rule)})"


def _weight(reported: Diagnosis) -> str:
    level = f", Pod Security {reported.control.level}" if reported.control is not None else ""
    return f"{reported.severity}{level}"


# What silences findings.


def _named(slug: str) -> str:
    """What an ignore comment names: a rule, or nothing."""
    for rule in RULES:
        if rule.slug == slug:
            return _explained(rule)
    near = did_you_mean(slug, (rule.slug for rule in RULES))
    return f'There is no rule "{literal(slug)}"{near or "."}'


def _silenced(context: Context, token: Token) -> Iterator[str]:
    """Which rules an annotation for another tool silences."""
    if not context.settings.foreign_ignores:
        return
    slugs = rules_silenced_at(token.object, token.field)
    rules = [_reference(rule) for rule in RULES if rule.slug in slugs]
    if rules:
        yield f"In this object it silences {', '.join(rules)}."


# The field below the cursor.


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


def _about(context: Context, token: Token, line_of: Callable[[int], int]) -> Iterator[str]:
    """What is known of a field: what it means in a pod, or what it silences as an annotation."""
    yield from _patch(context, token)
    yield from _field(context, token, line_of)
    yield from _silenced(context, token)


def _account(viewpoint: Viewpoint, token: Token) -> Iterator[str]:
    """At the name of an account or a role, what that may do."""
    obj, path = token.object, token.field.path
    pod = obj.pod_at(path)
    if pod is not None:
        if path[len(pod.path) :] in (("serviceAccountName",), ("serviceAccount",)):
            yield from about_account_of(viewpoint, obj, pod)
    else:
        yield from about_account_at(viewpoint, obj, path[len(obj.root.path) :])


def _folder_of(uri: str) -> str:
    """The folder of a text by its address, as the paths of files are written; "" without one."""
    return (to_fs_path(uri) or "").replace("\\", "/").rpartition("/")[0]


def _patch(context: Context, token: Token) -> Iterator[str]:
    """At its kind, why an object is read as a patch, and what comes of that."""
    obj = token.object
    if token.field.path != (*obj.root.path, "kind"):
        return
    reason = context.facts.why_patch(obj)
    if reason is not None:
        yield (
            f"Read as a patch, or as not finished yet: {literal(reason)}. Only what it "
            "sets is judged, and nothing is filled in."
        )


def _field(context: Context, token: Token, line_of: Callable[[int], int]) -> Iterator[str]:
    """What a field of a pod means, and what it is here."""
    pod = token.object.pod_at(token.field.path)
    if pod is None or token.field.path[: len(pod.path)] != pod.path:
        return
    container = token.object.container_at(token.field.path)
    name = _pattern(pod, container, token.field.path)
    parts = [*_meaning(name), *_value(name, token)]
    if name == "container.image" and container is not None:
        known = about_image(container, context.settings.images)
        parts += [] if known is None else [known]
    if not parts:
        return
    yield from parts
    field = token.field
    if isinstance(field.path[-1], int) and field.parent is not None:
        field = field.parent
    yield from effective(PodField(token.object, pod, container, field, context.facts, line_of))


def _pattern(pod: Pod, container: Container | None, path: Path) -> str:
    """A path in a pod as `meanings.FIELDS` has it."""
    if container is not None:
        return ".".join(("container", *map(_name, path[len(container.path) :])))
    return ".".join(("pod", *map(_name, path[len(pod.path) :])))


def _name(part: str | int) -> str:
    return part if isinstance(part, str) else "[]"


def _meaning(pattern: str) -> Iterator[str]:
    """What the field does, and its default."""
    rest = pattern.partition(".")[2]
    meaning = meanings.FIELDS.get(pattern) or meanings.FIELDS.get(rest)
    if meaning is not None:
        yield f"**{literal(rest.replace('.[]', '[]'))}**: {meaning.text}"
        if meaning.default:
            yield f"Default: {meaning.default}."


def _value(pattern: str, token: Token) -> Iterator[str]:
    """What a value means that is one of a known set."""
    scope, _, rest = pattern.partition(".")
    text = token.field.text
    if scope == "pod" and rest.startswith("volumes.[].") and rest.count(".") == 2:
        yield from _volume_type(rest.rpartition(".")[2])
    elif text is None:
        return
    elif rest in ("securityContext.capabilities.add.[]", "securityContext.capabilities.drop.[]"):
        yield from _capability(text, rest.split(".")[2])
    elif scope == "pod" and rest == "securityContext.sysctls.[].name":
        yield f"**{literal(text)}**: {meanings.SYSCTLS.get(text, meanings.OTHER_SYSCTL)}"
    elif rest in ("securityContext.seccompProfile.type", "securityContext.appArmorProfile.type"):
        yield from _choice(text, meanings.PROFILE_TYPES)
    elif rest == "securityContext.procMount":
        yield from _choice(text, meanings.PROC_MOUNTS)
    elif scope == "pod" and rest == "os.name":
        yield from _choice(text, meanings.OPERATING_SYSTEMS)


def _choice(text: str, known: dict[str, str]) -> Iterator[str]:
    if text in known:
        yield f"`{text}`: {known[text]}."


def _volume_type(name: str) -> Iterator[str]:
    if name in meanings.VOLUME_TYPES:
        yield f"**{name}** volume: {meanings.VOLUME_TYPES[name]}"
        if name == "hostPath":
            yield "Pod Security: forbidden by the baseline level."
        elif name in meanings.RESTRICTED_VOLUME_TYPES:
            yield "Pod Security: allowed at every level."
        else:
            yield "Pod Security: forbidden by the restricted level."


def _capability(text: str, list_: str) -> Iterator[str]:
    name = canonical(text)
    if name == "ALL":
        yield f"**ALL**: {meanings.ALL_CAPABILITIES}"
    elif name in meanings.CAPABILITIES:
        yield f"**{name}**: {meanings.CAPABILITIES[name]}"
    else:
        return
    if list_ == "drop":
        if name == "ALL":
            yield "Dropping it is what the restricted level of Pod Security asks for."
    elif text == "NET_BIND_SERVICE":
        yield "Pod Security: may be added at every level."
    elif text in BASELINE_CAPABILITIES:
        yield "Pod Security: may be added at the baseline level, not at the restricted one."
    else:
        yield "Pod Security: may not be added at the baseline level."


def _elsewhere(
    result: UnitResult,
    found: list[Diagnosis],
    token: Token | None,
    offset: int,
    line_of: Callable[[int], int],
) -> Iterator[str]:
    """The messages of findings at other tokens, about this field or one below, or its heirs."""
    for reported in result.published:
        finding = reported.finding
        path = None
        if token is not None and reported.object is token.object:
            path = token.field.path
        below = path is not None and finding.path is not None and finding.path[: len(path)] == path
        related = any(not other.path and holds(other.span, offset) for other in finding.related)
        if reported not in found and (below or related):
            yield f"Line {line_of(finding.span.start)}: {literal(finding.message)}"
