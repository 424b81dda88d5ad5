"""What every single fix has to hold, whatever it fixes.

Findings are counted here as the rules yield them, before precedence and before comments silence
any, so that a fix is tried wherever some profile might offer it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias
from unittest.mock import patch

import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden
from k8s_lsp.engine.selection import level_of
from k8s_lsp.kubernetes.facts import UnitFacts, facts_of
from k8s_lsp.kubernetes.fields import Path, path_text
from k8s_lsp.kubernetes.objects import KubeObject, objects_of
from k8s_lsp.kubernetes.queries import Facts, Reach
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.base import Context, Finding, Fix, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import ReadAs, Unit, cut
from k8s_lsp.text import Edit, Span, apply_edits, newline_of
from tests import oracle
from tests.comments import comment_faults

EVERYTHING = Settings("all", registries=("registry.example.com/",))


def harden_text(text: str, settings: Settings) -> str:
    """The text after every preferred fix, where comments stay with what they belong to."""
    rounds: list[tuple[str, Sequence[Edit]]] = []

    def applied(text: str, edits: Sequence[Edit]) -> str:
        rounds.append((text, edits))
        return apply_edits(text, edits)

    with patch("k8s_lsp.engine.fixing.apply_edits", applied):
        hardened = harden(analyze(text, settings)).text
    for before, edits in rounds:
        if "#" in before:
            faults = comment_faults(before, edits)
            assert not faults, "\n".join([*faults, before])
    return hardened


Identity: TypeAlias = tuple[str, str, str]
"""What makes a finding the same one in another state of the text: rule, field, message."""

Documents: TypeAlias = list[Any] | None
"""What another parser reads; None where it cannot."""

_RESOURCES = r"spec\.(?:{container})?resources\.(?:limits|requests)\."
_BOTH = (_RESOURCES + "(?:cpu|memory)$",)
_EMPTY_DIRS = (
    r"spec\.(?:\w+(?:\[\d+\])?\.)*volumeMounts\[\d+\]\.(?:name|mountPath)$",
    r"spec\.volumes\[\d+\]\.(?:name|emptyDir\.(?:medium|sizeLimit))$",
)
_SYSCTLS = r"spec\.securityContext\.sysctls\[\d+\]\.(?:name|value)$"
_CONTEXT = r"spec\.(?:\w+(?:\[\d+\])?\.)*securityContext\."
_USERS = _CONTEXT + r"(?:runAsUser|runAsNonRoot|windowsOptions\.runAsUserName)$"
_KNOWN_IMAGES = (
    *_EMPTY_DIRS,
    _SYSCTLS,
    _CONTEXT + "(?:runAsGroup|fsGroup|fsGroupChangePolicy)$",
    r"spec\.(?:initContainers|containers)\[\d+\]\.env\[\d+\]\.(?:name|value)$",
)
_SECCOMP = r'metadata\.annotations\["(?:container\.)?seccomp\.security\.alpha\.kubernetes\.io/'
_APPARMOR = r'metadata\.annotations\["container\.apparmor\.security\.beta\.kubernetes\.io/'
_PROFILES = (_CONTEXT + r"(?:appArmorProfile|seccompProfile)\.", _SECCOMP, _APPARMOR)

COMPOUND: dict[str, tuple[str, ...]] = {
    "capabilities-not-dropped": (
        r"spec\.{container}securityContext\.capabilities\.add\[\d+\]$",
        _SYSCTLS,
    ),
    "contradictory-privilege-escalation": (
        r"spec\.{container}securityContext\.(?:privileged$|capabilities\.add\[\d+\]$)",
        r"spec\.{container}volumeMounts\[\d+\]\.mountPropagation$",
    ),
    "contradictory-process-namespace": (r"spec\.hostPID$",),
    "contradictory-user": (_USERS, *_KNOWN_IMAGES),
    "deprecated-service-account-field": (r"spec\.serviceAccountName$",),
    "host-network": (r"spec\.dnsPolicy$",),
    "host-port": (r"spec\.{container}ports\[\d+\]\.hostIP$",),
    "host-users-conflict": (r"spec\.(?:hostPID|hostIPC|hostNetwork|dnsPolicy)$",),
    "incomplete-security-profile": _PROFILES,
    "legacy-security-annotation": _PROFILES,
    "milli-byte-quantity": (
        r"spec\.(?:{container})?resources\.(?:limits|requests)\.(?:memory|ephemeral-storage)$",
        r"spec\.limits\[\d+\]\.\w+\.(?:memory|ephemeral-storage)$",
    ),
    # What was written in the wrong place arrives in the right one.
    "misplaced-field": (r"spec\.",),
    "misspelled-field": ("{parent}",),
    "missing-cpu-limit": _BOTH,
    "missing-cpu-request": _BOTH,
    "missing-ephemeral-storage-limit": (_RESOURCES + "ephemeral-storage$",),
    "missing-memory-limit": _BOTH,
    "missing-memory-request": _BOTH,
    "missing-seccomp-profile": (r"spec\.securityContext\.seccompProfile\.", _SECCOMP),
    "privileged-container": (r"spec\.{container}volumeMounts\[\d+\]\.mountPropagation$",),
    "root-user": (_USERS, *_KNOWN_IMAGES),
    "root-user-allowed": (_USERS, *_KNOWN_IMAGES, r"spec\.initContainers\[\d+\]\."),
    "unconfined-apparmor": (
        r"spec\.(?:\w+\[\d+\]\.)?securityContext\.appArmorProfile\.",
        _APPARMOR,
    ),
    "unconfined-seccomp": (_CONTEXT + r"seccompProfile\.", _SECCOMP),
    "unsafe-sysctl": (r"spec\.securityContext\.sysctls\[\d+\]\.value$",),
    "windows-linux-field": (_CONTEXT + r"windowsOptions\.",),
    "windows-host-process": (_CONTEXT + r"windowsOptions\.hostProcess$",),
    "writable-root-filesystem": _EMPTY_DIRS,
}
"""What a fix may change beside the field of its finding, for edits that only make sense together.

Regular expressions for the beginning of a path, seen from the pod or its template, else from
the object; `{container}`
stands for the finding's own container, and for nothing in a finding of the pod, `{parent}` for what
holds the finding's field.
"""


UNCOVERED: dict[str, tuple[str, ...]] = {
    # A pod that shares a namespace of its node cannot have user ids of its own.
    "host-ipc": ("host-user-namespace",),
    "host-network": ("host-user-namespace",),
    "host-pid": ("host-user-namespace",),
    # The same fault under the field's new name.
    "deprecated-service-account-field": ("default-service-account",),
    # What the container no longer mounts for its node may be read-only, too.
    "bidirectional-mount": ("writable-host-path",),
    "contradictory-privilege-escalation": ("writable-host-path",),
    "privileged-container": ("writable-host-path",),
    # Without the 0 the user of the pod counts, whatever it is.
    "contradictory-user": ("low-user-id", "root-group"),
    "root-user": ("low-user-id", "root-group"),
    # And what is to be said of an image is said again of the init container that copies from it.
    "root-user-allowed": (
        "low-user-id",
        "root-group",
        "latest-image-tag",
        "stale-image-allowed",
        "unpinned-image",
        "untrusted-image-registry",
    ),
}
"""The rules that may speak only after a fix, about a value that it brought into effect."""

MOVING = frozenset({"misplaced-field", "misspelled-field"})
"""The rules whose fix makes an ignored value effective; what is wrong with it shows only then."""

RENAMING = frozenset({"deprecated-service-account-field", "legacy-security-annotation"})
"""The rules whose safe fix writes another name of the same field."""


class Trial(NamedTuple):
    """One fix that was tried, and what is wrong with what came of it."""

    rule: Rule
    fix: Fix
    text: str
    fixed: str
    complaints: list[str]

    def __str__(self) -> str:
        """Give the complaints and the result."""
        head = f"{self.rule.slug}: {self.fix.title}"
        return "\n".join([head, *self.complaints, self.fixed])


class _Read(NamedTuple):
    """A unit, its objects and what they tell about the rest of the file."""

    text: str
    tree: Tree
    objects: tuple[KubeObject, ...]
    facts: UnitFacts
    is_item: bool
    read_as: ReadAs


class _Found(NamedTuple):
    rule: Rule
    object: KubeObject
    finding: Finding


def check_fixes(text: str, settings: Settings = EVERYTHING) -> int:
    """Try every fix of a text alone, and return how many there were."""
    tried = 0
    for trial in trials(text, settings):
        tried += 1
        assert not trial.complaints, str(trial)
    return tried


def trials(text: str, settings: Settings = EVERYTHING) -> Iterator[Trial]:
    """Every fix of the rules that the settings run, each applied alone.

    It makes its finding disappear and creates none; it changes only what its finding names, and no
    line that it does not touch; comments stay with what they belong to; another parser reads the
    result, and the API server, as far as the oracle knows it, accepts the result where it accepted
    the text.
    """
    # No fix is offered in a template: what comes of it depends on its values.
    if "{{" in text:
        return
    units = [_read(unit) for unit in cut(text)]
    context = Context(settings, version_of(settings.kubernetes_version), _facts(units))
    found = [_found(unit, context) for unit in units]
    for index, unit in enumerate(units):
        before: _State | None = None
        states: dict[str, _State] = {}
        for each in found[index]:
            if not each.object.is_whole or level_of(each.rule, context) == "off":
                continue
            for fix in each.finding.fixes():
                before = before or _state(index, units, context, found)
                fixed = apply_edits(unit.text, fix.edits)
                if fixed not in states:
                    piece = _read(Unit(fixed, unit.is_item, unit.read_as))
                    again = [piece if other is unit else other for other in units]
                    states[fixed] = _state(index, again, context, found)
                after = states[fixed]
                complaints = [
                    *_about_text(before.unit, fix, after.unit),
                    *_about_values(before, each, fix, after),
                    *_about_findings(before, each, after),
                ]
                yield Trial(each.rule, fix, unit.text, fixed, complaints)


def _read(unit: Unit) -> _Read:
    is_item = unit.is_item
    tree = parse(unit.text, read_as=unit.read_as)
    objects = objects_of(tree, is_item=is_item)
    return _Read(unit.text, tree, objects, facts_of(objects), is_item, unit.read_as)


def _facts(units: Iterable[_Read]) -> Facts:
    return Facts(Reach(tuple(each for unit in units for each in unit.facts)))


# Findings.


def _found(unit: _Read, context: Context) -> list[_Found]:
    """What all rules say about a unit, nothing twice, and nothing that is not concluded."""
    once: dict[tuple[str, Span], _Found] = {}
    for each in unit.objects:
        for rule in RULES:
            for finding in rule.findings(each, context):
                if not any(mapping.open for mapping in finding.absent_from):
                    once.setdefault((rule.slug, finding.span), _Found(rule, each, finding))
    return list(once.values())


def _identity(found: _Found) -> Identity:
    finding = found.finding
    path = path_text(finding.path) if finding.path is not None else ""
    # An item that is taken away moves its siblings, in the file and in the paths.
    return (found.rule.slug, _without_indexes(path), finding.message)


def _changed_fields(before: "_State", after: "_State") -> set[str]:
    """The fields that have another value afterwards."""
    pairs = zip(before.documents or (), after.documents or (), strict=False)
    return {
        _without_indexes(path_text(path)) for old, new in pairs for path in changed_paths(old, new)
    }


def _places(findings: Counter[Identity]) -> Counter[tuple[str, str]]:
    """How often each rule speaks about each field."""
    places: Counter[tuple[str, str]] = Counter()
    for (slug, field, _), count in findings.items():
        places[slug, field] += count
    return places


def _without_indexes(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def _about_findings(before: "_State", found: _Found, after: "_State") -> Iterator[str]:
    """The finding is gone, and none is new, in this unit or in another that looks at it."""
    if after.unit.tree.problems:
        yield f"it does not parse: {after.unit.tree.problems}"
        return
    slug, field, _ = same = _identity(found)
    if after.findings[same] >= before.findings[same]:
        yield "the finding is still there"
    here, there = _places(after.findings), _places(before.findings)
    for identity in after.findings - before.findings:
        place = identity[:2]
        # A finding about the very value that the fix brought into effect is excepted, and one that
        # now gives other reasons is no new one.
        if place == (slug, field) or (place[1] == field and field) or here[place] <= there[place]:
            continue
        if slug in MOVING and place[1] in _changed_fields(before, after):
            continue
        if place[0] not in UNCOVERED.get(slug, ()):
            yield f"new finding {identity}"
    yield from (f"new finding elsewhere {each}" for each in after.elsewhere)


# The text.


def _about_text(unit: _Read, fix: Fix, again: _Read) -> Iterator[str]:
    text, fixed = unit.text, again.text
    yield from comment_faults(text, tuple(fix.edits))
    newline = newline_of(text)
    for edit in fix.edits:
        old = text[edit.span.start : edit.span.end]
        if edit.text == old:
            yield f"an edit that changes nothing: {edit}"
        if re.sub(newline, "", edit.text).strip("\r\n") != re.sub(newline, "", edit.text):
            yield f"another line break: {edit}"
    touched = [_lines(text, edit.span) for edit in fix.edits]
    lines, new_lines = text.split("\n"), fixed.split("\n")
    first, last = min(each.start for each in touched), max(each.end for each in touched)
    if lines[:first] != new_lines[:first]:
        yield "a line above was changed"
    if lines[last + 1 :] != new_lines[len(new_lines) - len(lines) + last + 1 :]:
        yield "a line below was changed"
    if len(_LOOSE_END.findall(fixed)) > len(_LOOSE_END.findall(text)):
        yield "white space at the end of a line"


def _lines(text: str, span: Span) -> Span:
    """The numbers of the first and the last line that a span touches."""
    return Span(text.count("\n", 0, span.start), text.count("\n", 0, span.end))


_LOOSE_END = re.compile(r"(?m)[ \t]+\r?$")


# Values.


class _State(NamedTuple):
    """All that counts about a unit, before or after a fix."""

    unit: _Read
    findings: Counter[Identity]
    elsewhere: Counter[Identity]
    """The findings that are new in other units."""
    documents: Documents
    rejections: Counter[str]


def _state(index: int, units: list[_Read], context: Context, known: list[list[_Found]]) -> _State:
    """The state of one of the units, and what the others say because of it."""
    after = context._replace(facts=_facts(units))
    elsewhere: Counter[Identity] = Counter()
    if after.facts.reach.own != context.facts.reach.own:
        for other, unit in enumerate(units):
            if other != index:
                elsewhere += Counter(map(_identity, _found(unit, after))) - Counter(
                    map(_identity, known[other])
                )
    unit = units[index]
    documents = documents_of(unit.text)
    findings = Counter(map(_identity, _found(unit, after)))
    return _State(unit, findings, elsewhere, documents, _rejections(documents))


def documents_of(text: str) -> Documents:
    """What another parser reads in a unit; None where it cannot."""
    try:
        documents = oracle.load(text)
    except yaml.YAMLError:
        return None
    # An item of a List that was cut stands alone here.
    return [{"items": each} if isinstance(each, list) else each for each in documents]


def _rejections(documents: Documents) -> Counter[str]:
    """What the API server rejects."""
    objects = [
        item
        for document in documents or ()
        for item in (document["items"] if _is_bare_list(document) else [document])
    ]
    return Counter(_without_indexes(line) for each in objects for line in oracle.rejections(each))


def _is_bare_list(document: object) -> bool:
    return isinstance(document, dict) and list(document) == ["items"]


def _about_values(before: _State, found: _Found, fix: Fix, state: _State) -> Iterator[str]:
    after = state.documents
    if before.documents is None:
        return
    if after is None:
        yield "another parser does not read it"
        return
    rejections = state.rejections - before.rejections
    if rejections:
        yield f"rejected: {sorted(rejections)}"
    if len(after) != len(before.documents):
        yield f"{len(before.documents)} documents became {len(after)}"
        return
    changed = [
        set(changed_paths(old, new)) for old, new in zip(before.documents, after, strict=True)
    ]
    changed = [each for each in changed if each]
    if len(changed) > 1:
        yield f"{len(changed)} documents were changed"
    if changed and fix.safety == "safe" and found.rule.slug not in RENAMING:
        yield f"not safe: it changes {sorted(changed[0], key=repr)}"
    for path in {path for each in changed for path in each}:
        if not is_named(path, found):
            yield f"also changed: {path_text(path)}, not only {path_text(found.finding.path or ())}"


def is_named(path: Path, found: "_Found") -> bool:
    """Whether a path is one that the fix of a finding may change."""
    own = found.finding.path
    if own is None or path[: len(own)] == own:
        return True
    pod = found.object.pod_at(own)
    base = found.object.root.path if pod is None else pod.spec.path[:-1]
    inner = [each for each in found.object.containers if own[: len(each.path)] == each.path]
    container = max((each.path[len(each.pod.path) :] for each in inner), key=len, default=())
    dotted = path_text(container) + "." if container else ""
    parent = path_text(own[len(base) : -1])
    parent += "." if parent else ""
    patterns = [
        pattern.replace("{container}", re.escape(dotted)).replace("{parent}", re.escape(parent))
        for pattern in COMPOUND.get(found.rule.slug, ())
    ]
    return any(re.match(pattern, here) for here in _names(path, found) for pattern in patterns)


def _names(path: Path, found: "_Found") -> Iterator[str]:
    """What a path is called by the patterns: as if the pods around it were those of templates."""
    own = found.finding.path
    assert own is not None
    pod = found.object.pod_at(own)
    base = found.object.root.path if pod is None else pod.spec.path[:-1]
    if path[: len(base)] == base:
        yield path_text(path[len(base) :])
    for each in found.object.pods:
        depth = len(each.path)
        if path[:depth] == each.path == own[:depth]:
            rest = [
                next((name for end, name in USUAL if str(part).endswith(end)), part)
                for part in path[depth:]
            ]
            yield path_text(("spec", *rest))


USUAL = (("SecurityContext", "securityContext"), ("Resources", "resources"))
"""How fields of custom resources end that stand for ones of a pod or a container, and their names.
"""


def changed_paths(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of the leaves that are not the same; nothing is the same as null, {} and []."""
    if isinstance(old, dict) or isinstance(new, dict):
        if not _is_empty_or(old, dict) or not _is_empty_or(new, dict):
            yield path
            return
        ours, theirs = old or {}, new or {}
        for key in {**ours, **theirs}:
            yield from changed_paths(ours.get(key), theirs.get(key), (*path, key))
    elif isinstance(old, list) or isinstance(new, list):
        if not _is_empty_or(old, list) or not _is_empty_or(new, list):
            yield path
            return
        yield from _changed_items(old or [], new or [], path)
    elif repr(old) != repr(new):
        yield path


def _is_empty_or(value: object, kind: type) -> bool:
    return value is None or value in ({}, []) or isinstance(value, kind)


def _changed_items(old: list[Any], new: list[Any], path: Path) -> Iterator[Path]:
    """The paths of changed items, where some may have been added or taken away at one place."""
    same = 0
    while same < min(len(old), len(new)) and repr(old[same]) == repr(new[same]):
        same += 1
    if len(old) == len(new):
        for index in range(same, len(old)):
            yield from changed_paths(old[index], new[index], (*path, index))
        return
    end = 0
    while end < min(len(old), len(new)) - same and repr(old[-1 - end]) == repr(new[-1 - end]):
        end += 1
    for index in range(same, len(old) - end):
        yield from changed_paths(old[index], None, (*path, index))
    for index in range(same, len(new) - end):
        yield from changed_paths(None, new[index], (*path, index))
