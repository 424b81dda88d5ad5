"""What a token means that decides about security, whether something is wrong with it or not."""

from collections.abc import Iterator
from typing import NamedTuple

from k8s_lsp.edits import Data
from k8s_lsp.engine.suppression.other_tools import rules_silenced_at
from k8s_lsp.features import meanings, rbac_meanings
from k8s_lsp.features.accounts import Viewpoint, about_account_at, about_account_of
from k8s_lsp.features.capability_meanings import CAPABILITIES, granted, meaning_of
from k8s_lsp.features.effective import PodField, effective, names_of
from k8s_lsp.features.finding_texts import View, reference
from k8s_lsp.features.fitting import Part
from k8s_lsp.features.known_images import about_image
from k8s_lsp.features.level_verdicts import data_of, verdict, verdict_of_data
from k8s_lsp.features.markdown import BREAK, code, is_table, literal
from k8s_lsp.kubernetes.capabilities import NAMES, canonical
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.rbac import GROUP, ROLES
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.text import Span


class Token(NamedTuple):
    """A token of an object: the field that it belongs to, and whether it is its key."""

    object: KubeObject
    field: Field
    span: Span
    is_key: bool


def texts_of_token(view: View, token: Token, has_findings: bool) -> Iterator[Part]:
    """What is known of a token; beside findings only what these do not tell."""
    place = _place_at(view, token)
    yield from _patch(view, token)
    if place is not None:
        yield from _texts_of_field(view, token, place, has_findings)
    else:
        yield from _texts_outside_of_pods(token)
    yield from _silenced(view, token)
    yield from _account(view, token)


def meaning_of_value(view: View, token: Token) -> list[str]:
    """What is known of a value that is one of many, as a capability is, beyond its field."""
    place = _place_at(view, token)
    pattern = "" if place is None else _pattern(place)
    return list(_value(pattern, token)) if _is_item(pattern) else []


def _place_at(view: View, token: Token) -> PodField | None:
    """The field of a pod that a token belongs to; of an item of words, it is the list's."""
    pod = token.object.pod_at(token.field.path)
    if pod is None or token.field.path[: len(pod.path)] != pod.path:
        return None
    container = token.object.container_at(token.field.path)
    facts = view.analysis.context.facts
    return PodField(token.object, pod, container, token.field, facts, view.line_of)


# Of pods.


def _texts_of_field(
    view: View, token: Token, place: PodField, has_findings: bool
) -> Iterator[Part]:
    pattern = _pattern(place)
    value = list(_value(pattern, token))
    parts = list(_meaning(pattern)) if not (value and _is_item(pattern)) else []
    if not parts and not value:
        return
    if pattern == "container.image" and place.container is not None:
        known = about_image(place.container, view.analysis.context.settings.images)
        if known is not None:
            yield Part(known, rank=3, shrinks=True, stays=True)
            return
    if not has_findings:
        # What an account may do is what one looks for at its name.
        is_account = pattern in ("pod.serviceAccountName", "pod.serviceAccount")
        yield Part(BREAK.join((*parts, *value)), rank=4 if is_account else 0)
        said = () if is_account else _said_by_levels(view, token, place, pattern)
        told = list(effective(_of_list(place)))
        tables = [each for each in told if is_table(each)]
        yield Part(BREAK.join((*said, *(each for each in told if each not in tables))))
        yield from map(Part, tables)


def _pattern(place: PodField) -> str:
    """A field's place as `meanings.FIELDS` has it."""
    scope = "container" if place.container is not None else "pod"
    names = (each if isinstance(each, str) else "[]" for each in names_of(place))
    return ".".join((scope, *names))


_ITEMS = (
    "container.securityContext.capabilities.add.[]",
    "container.securityContext.capabilities.drop.[]",
    "pod.securityContext.sysctls.[].name",
)
"""The places of words that each have a meaning of their own."""


def _is_item(pattern: str) -> bool:
    return pattern in _ITEMS or _volume_type(pattern) is not None


def _volume_type(pattern: str) -> str | None:
    """The type of a volume, at its key."""
    name = pattern.removeprefix("pod.volumes.[].")
    return name if name != pattern and name in meanings.VOLUME_TYPES else None


def _of_list(place: PodField) -> PodField:
    field = place.field
    if isinstance(field.path[-1], int) and field.parent is not None:
        field = field.parent
    return PodField(place.object, place.pod, place.container, field, place.facts, place.line_of)


def _meaning(pattern: str) -> Iterator[str]:
    """What a field does; its default and its version in a line of their own."""
    rest = pattern.partition(".")[2]
    meaning = meanings.FIELDS.get(pattern) or meanings.FIELDS.get(rest)
    if meaning is None:
        return
    yield f"**{literal(rest.replace('.[]', ''))}**: {meaning.text}"
    if meaning.default:
        yield f"Default: {meaning.default}. {_since(pattern)}"
    elif meanings.since(pattern) is not None:
        yield _since(pattern)


def _since(pattern: str) -> str:
    """Since when a field is there, in a sentence."""
    since = meanings.since(pattern)
    if since is None:
        return "Since before Kubernetes 1.6."
    later = f", by default since {since.by_default}" if since.by_default is not None else ""
    return f"Since Kubernetes {since.first}{later}."


def _value(pattern: str, token: Token) -> Iterator[str]:
    """What a value means that is one of a known set."""
    rest = pattern.partition(".")[2]
    text = token.field.text
    volume = _volume_type(pattern)
    if volume is not None:
        since = "" if meanings.since(pattern) is None else f" {_since(pattern)}"
        yield f"**{volume}** volume: {meanings.VOLUME_TYPES[volume]}{since}"
    elif text is None:
        if pattern == "container.image" and token.field.unknown:
            yield _FILLED_IN_IMAGE
    elif pattern in _ITEMS[:2]:
        yield from _capability(text, is_dropped=pattern == _ITEMS[1])
    elif pattern == _ITEMS[2]:
        yield f"**{literal(text)}**: {meanings.SYSCTLS.get(text, meanings.OTHER_SYSCTL)}"
    elif pattern == "container.image":
        yield from _image(text)
    else:
        words = meanings.VALUES.get(pattern) or meanings.VALUES.get(rest) or {}
        if text in words:
            yield f"`{text}`: {words[text].rstrip('.')}."


def _capability(text: str, *, is_dropped: bool) -> Iterator[str]:
    """What a capability allows, from the first word on as what is given or what is taken away."""
    name = canonical(text)
    if name not in NAMES:
        return
    yield f"**{name}**{', taken away' if is_dropped else ''}: {meaning_of(name)}"
    if name in CAPABILITIES:
        known = CAPABILITIES[name]
        yield f"{'With it, an' if is_dropped else 'An'} intruder {known.attack}."
        yield f"Needed by {known.programs}. {granted(name)}"


_FILLED_IN_IMAGE = (
    "Which one it is, a template fills in: what it needs, and whether its version is fixed, only "
    "the rendered manifest tells."
)


def _image(text: str) -> Iterator[str]:
    """What a reference names, once a runtime has read it."""
    image = image_of(text)
    if image is None:
        return
    parts = [f"registry {code(image.registry)}", f"repository {code(image.repository)}"]
    if image.tag is not None:
        parts.append(f"tag {code(image.tag)}")
    if image.digest is not None:
        parts.append("fixed by its digest")
    elif image.tag is None:
        parts.append("tag `latest`, as none is written")
    yield f"Here: {', '.join(parts)}."


def _said_by_levels(view: View, token: Token, place: PodField, pattern: str) -> Iterator[str]:
    """What each level of Pod Security says of this very value."""
    version, names = view.analysis.context.version, names_of(place)
    if place.container is not None:
        names = ("containers", *names)
    text = token.field.text
    found: str | None = None
    match names:
        case ("containers", "securityContext", "capabilities", "add", int()) if text:
            data: Data = {"add": [text], "drop": ["ALL"]}
            found = verdict_of_data(place.pod, version, _CAPABILITIES, data)
        case ("containers", "securityContext", "capabilities", "add"):
            added = data_of(token.field)
            if added is not None:
                data = {"add": added, "drop": ["ALL"]}
                found = verdict_of_data(place.pod, version, _CAPABILITIES, data)
        case ("containers", "securityContext", "capabilities", "drop", *item):
            dropped = data_of(_above(token.field, len(item)))
            if dropped is not None:
                found = verdict_of_data(place.pod, version, _CAPABILITIES, {"drop": dropped})
        case ("securityContext", "sysctls", int(), "name") if text:
            sysctls = [{"name": text, "value": "1"}]
            found = verdict_of_data(place.pod, version, ("securityContext", "sysctls"), sysctls)
        case ("volumes", int(), str(kind)) if _volume_type(pattern):
            volumes: Data = [{"name": "v", kind: {}}]
            found = verdict_of_data(place.pod, version, ("volumes",), volumes)
        case ("containers", "ports", int(), "hostPort"):
            ports = [{"containerPort": 1, "hostPort": token.field.integer or 0}]
            found = verdict_of_data(place.pod, version, ("containers", "ports"), ports)
        case (*_, "securityContext", "seLinuxOptions" | "windowsOptions", str(name)):
            # Each of these is judged by itself.
            part = data_of(token.field)
            if part is not None:
                found = verdict_of_data(place.pod, version, names[:-1], {name: part})
        case ("containers", "securityContext", _, *_) | ("securityContext", _, *_):
            depth = names.index("securityContext") + 2
            above = len(names) - depth
            found = verdict(place.pod, version, names[:depth], _above(token.field, above))
        case ("containers", "securityContext") | ("securityContext",) | ("volumes", *_):
            return
        case _:
            found = verdict(place.pod, version, names, token.field)
    if found is not None:
        yield found


_CAPABILITIES = ("containers", "securityContext", "capabilities")


def _above(field: Field, steps: int) -> Field:
    for _ in range(steps):
        assert field.parent is not None
        field = field.parent
    return field


# Of other objects.


def _texts_outside_of_pods(token: Token) -> Iterator[Part]:
    obj, path = token.object, token.field.path[len(token.object.root.path) :]
    match path:
        case ("rules", int(), str(key), *item) if obj.kind in ROLES and obj.group == GROUP:
            yield from _rbac(token, key, bool(item))
        case ("metadata", "labels", str(name)) if (obj.group, obj.kind) == ("", "Namespace"):
            yield from _namespace_label(token, name)
        case ("automountServiceAccountToken",) if (obj.group, obj.kind) == ("", "ServiceAccount"):
            yield Part(BREAK.join(_meaning("serviceAccount.automountServiceAccountToken")))


def _rbac(token: Token, key: str, is_item: bool) -> Iterator[Part]:
    """What a word of a role gives, and together with what."""
    text = token.field.text
    if not is_item or text is None:
        if key in rbac_meanings.FIELDS:
            yield Part(f"**{key}**: {rbac_meanings.FIELDS[key]}")
        return
    assert token.field.parent is not None and token.field.parent.parent is not None
    rule = token.field.parent.parent
    lists = {
        name: ["…" if each.text is None else each.text for each in rule.get(name).items()]
        for name in rbac_meanings.FIELDS
    }
    if key == "verbs":
        meaning = rbac_meanings.VERBS.get(text) or rbac_meanings.SPECIAL_VERBS.get(text)
        here = f"Here on {_some(lists['resources'])}{_where(token, lists)}"
        if not lists["resources"] and lists["nonResourceURLs"]:
            meaning = rbac_meanings.OF_PATHS
            here = f"Here on {_some(lists['nonResourceURLs'])}"
    elif key == "resources":
        meaning = _resource(text, lists["apiGroups"])
        here = f"Here: {_some(lists['verbs'])}{_where(token, lists)}"
    else:
        return
    if meaning is not None:
        yield Part(BREAK.join((f"{code(text)}: {meaning}", f"{here}.")), rank=3)


_MOST_WORDS = 6


def _some(words: list[str]) -> str:
    more = f" and {len(words) - _MOST_WORDS} more" if len(words) > _MOST_WORDS else ""
    return (", ".join(map(code, words[:_MOST_WORDS])) or "nothing") + more


def _where(token: Token, lists: dict[str, list[str]]) -> str:
    """For which objects a rule of a role counts."""
    names = lists["resourceNames"]
    named = f", of the name {_some(names)}" if names else ""
    if token.object.kind == "Role":
        return f"{named}, in the namespace of the role"
    return f"{named}, in every namespace or in that of the binding"


def _resource(text: str, groups: list[str]) -> str | None:
    if text == "*":
        return rbac_meanings.ANY_RESOURCE
    for group, resources in rbac_meanings.RESOURCES.items():
        if text in resources and (group in groups or "*" in groups):
            return resources[text]
    return None


def _namespace_label(token: Token, name: str) -> Iterator[Part]:
    """What a label of Pod Security does, and what its level means."""
    mode = name.removeprefix("pod-security.kubernetes.io/")
    if mode == name or mode not in meanings.NAMESPACE_LABELS:
        return
    lines = [f"**{literal(name)}**: {meanings.NAMESPACE_LABELS[mode]}"]
    is_version = mode.endswith("-version")
    default = meanings.NAMESPACE_DEFAULTS[is_version]
    lines.append(f"Default: {default}. Since Kubernetes 1.22, by default since 1.23.")
    text = token.field.text
    if text in meanings.LEVELS and not is_version:
        lines.append(f"`{text}`: {meanings.LEVELS[text]}.")
    yield Part(BREAK.join(lines))


# Of all objects.


def _patch(view: View, token: Token) -> Iterator[Part]:
    """At its kind, why an object is read as a patch, and what comes of that."""
    obj = token.object
    if token.field.path != (*obj.root.path, "kind"):
        return
    reason = view.analysis.context.facts.why_patch(obj)
    if reason is not None:
        yield Part(
            f"Read as a patch, or as not finished yet: {literal(reason)}. Only what it "
            "sets is judged, and nothing is filled in."
        )


def _silenced(view: View, token: Token) -> Iterator[Part]:
    """Which rules an annotation for another tool silences."""
    if not view.analysis.context.settings.foreign_ignores:
        return
    slugs = rules_silenced_at(token.object, token.field)
    rules = [reference(rule) for rule in RULES if rule.slug in slugs]
    if rules:
        yield Part(f"In this object it silences {', '.join(rules)}.")


def _account(view: View, token: Token) -> Iterator[Part]:
    """At the name of an account or a role, what that may do."""
    obj, path = token.object, token.field.path
    context = view.analysis.context
    viewpoint = Viewpoint(context.facts, context.version, view.folder)
    pod = obj.pod_at(path)
    if pod is None:
        told = about_account_at(viewpoint, obj, path[len(obj.root.path) :])
    elif path[len(pod.path) :] in (("serviceAccountName",), ("serviceAccount",)):
        told = about_account_of(viewpoint, obj, pod)
    else:
        return
    for each in told:
        yield Part(each, rank=3, shrinks=True)
