"""What stands in the manifests of others would have been offered while it was typed."""

from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.manifest_completion import manifest_completions
from k8s_lsp.kubernetes.capabilities import NAMES
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence
from k8s_lsp.text import Span, line_end
from tests.features.opened import URI, splice

FILES = 50
LEAST = 0.95
PER_FILE = 40
"""How many positions of one file count, so that no large one decides."""

VERSION = "1.29"
"""An older one: what came later must not be offered."""

CONTAINER = frozenset(
    """
    allowPrivilegeEscalation capabilities privileged procMount readOnlyRootFilesystem runAsGroup
    runAsNonRoot runAsUser seLinuxOptions seccompProfile windowsOptions
    """.split()
)
"""The fields of a SecurityContext in Kubernetes 1.29 (k8s.io/api, core/v1/types.go)."""

POD = frozenset(
    """
    fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxOptions seccompProfile
    supplementalGroups sysctls windowsOptions
    """.split()
)
"""Those of a PodSecurityContext then."""

BELOW = {
    "resources": frozenset({"limits", "requests", "claims"}),
    "limits": frozenset({"cpu", "memory", "ephemeral-storage"}),
    "requests": frozenset({"cpu", "memory", "ephemeral-storage"}),
    "capabilities": frozenset({"add", "drop"}),
    "seccompProfile": frozenset({"type", "localhostProfile"}),
    "seLinuxOptions": frozenset({"level", "role", "type", "user"}),
    "windowsOptions": frozenset(
        {"gmsaCredentialSpec", "gmsaCredentialSpecName", "hostProcess", "runAsUserName"}
    ),
    "sysctls": frozenset({"name", "value"}),
}
BOOLEANS = frozenset({"true", "false"})
VALUES = {
    "allowPrivilegeEscalation": BOOLEANS,
    "hostProcess": BOOLEANS,
    "privileged": BOOLEANS,
    "readOnlyRootFilesystem": BOOLEANS,
    "runAsNonRoot": BOOLEANS,
    "procMount": frozenset({"Default", "Unmasked"}),
    "fsGroupChangePolicy": frozenset({"Always", "OnRootMismatch"}),
    "type": frozenset({"RuntimeDefault", "Localhost", "Unconfined"}),
    "add": NAMES,
    "drop": NAMES,
}
"""What may stand at the fields whose values are not free."""


class Position(NamedTuple):
    """A token, below the names that lead to it; and what may stand there, None for anything."""

    span: Span
    token: str
    names: tuple[str, ...]
    is_key: bool
    allowed: frozenset[str] | None


def tokens(node: Node, names: tuple[str, ...], keys: frozenset[str]) -> Iterator[Position]:
    """The keys and values below a security context or resources."""
    if isinstance(node, Scalar):
        if node.value and node.style in ("", "'", '"'):
            # Of SELinux, a type is a name of the node's policy.
            is_free = len(names) > 1 and names[-2] == "seLinuxOptions"
            allowed = None if is_free else VALUES.get(names[-1])
            yield Position(node.span, node.value, names, False, allowed)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from tokens(item, names, keys)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if isinstance(key, Scalar):
                is_free = names[-1] in ("limits", "requests") and key.value not in keys
                allowed = None if is_free else keys
                yield Position(key.span, key.value, names, True, allowed)
                yield from tokens(value, (*names, key.value), BELOW.get(key.value, frozenset()))


def positions(text: str) -> list[Position]:
    found: dict[Span, Position] = {}
    analysis = analyze(text)
    for offset, unit in zip(analysis.offsets, analysis.units, strict=True):
        for obj in unit.objects:
            if obj.is_custom:
                continue
            for pod in obj.pods:
                fields = [("securityContext", POD, pod.security())]
                for each in pod.containers:
                    fields.append(("securityContext", CONTAINER, each.security()))
                    fields.append(("resources", BELOW["resources"], each.get("resources")))
                for name, keys, field in fields:
                    if field.node is not None and not field.shared:
                        for position in tokens(field.node, (name,), keys):
                            span = position.span.shifted(offset)
                            found[span] = position._replace(span=span)
    return list(found.values())


def manifests(folder: Path) -> Iterator[Path]:
    """Files that decide security, one of each project in turn."""
    by_project: list[list[Path]] = []
    for project in sorted(each for each in folder.iterdir() if each.is_dir()):
        suitable = []
        for path in sorted(project.rglob("*.y*ml")):
            text = path.read_text(encoding="utf-8", errors="replace")
            speaks = "securityContext:" in text or "resources:" in text
            if speaks and "{{" not in text and len(text) < 50_000:
                suitable.append(path)
        by_project.append(suitable)
    yield from (path for path in chain(*zip_longest(*by_project)) if path is not None)


def offered(text: str, offset: int) -> tuple[str, list[types.CompletionItem]]:
    """The text with the rest of its line cut off, and what is offered there."""
    cut = text[:offset] + text[line_end(text, offset) :]
    settings = Settings(kubernetes_version=VERSION)
    lines = lines_of(cut, "utf-16")
    document = Document(URI, 1, lines, analyze(cut, settings))
    return cut, manifest_completions(document, Client(), lines.position_of(offset))


def refused(text: str) -> set[str]:
    """Which rules about mistakes find something in a text."""
    slugs = {"duplicate-key", "misplaced-field", "misspelled-field", "unknown-capability"}
    slugs |= {"invalid-quantity", "limit-below-request", "contradictory-privilege-escalation"}
    return slugs & {each.rule.slug for _, each in analyze(text).published()}


def test_what_stands_there_is_offered(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At each key and value that is not free, the rest of its line cut off."""
    files = free = 0
    hits: list[str] = []
    misses: list[str] = []
    for path in manifests(corpora / "real"):
        text = path.read_text(encoding="utf-8", errors="replace")
        found = [each for each in positions(text) if each.allowed is not None]
        if len(found) < 4:
            continue
        free += sum(each.allowed is None for each in positions(text))
        wrong_before = refused(text)
        for index, each in enumerate(found[:PER_FILE]):
            assert each.allowed is not None
            # At every other one, half of it is typed already, behind the quote that it may have.
            is_half = index % 2 and text[each.span.start] == each.token[0]
            typed = len(each.token) // 2 if is_half else 0
            cut, items = offered(text, each.span.start + typed)
            labels = {item.label for item in items if item.kind != types.CompletionItemKind.Snippet}
            where = f"{path.relative_to(corpora)}: {'.'.join(each.names)}: {each.token}"
            assert labels <= each.allowed, (where, labels - each.allowed)
            (hits if each.token in labels else misses).append(where)
            if items and index % 8 == 0:
                edit = items[0].text_edit
                assert isinstance(edit, types.TextEdit)
                done = splice(cut, edit.range, edit.new_text, "utf-16")
                assert refused(done) <= wrong_before | refused(cut), (where, edit.new_text)
        files += 1
        if files == FILES:
            break
    share = len(hits) / (len(hits) + len(misses))
    with capsys.disabled():
        print(
            f"\ncompletion: {len(hits)} of {len(hits) + len(misses)} in {files} files ({share:.1%})"
        )
        print(f"free values beside them: {free}")
        for where in misses:
            print(f"  not offered: {where}")
    assert files == FILES
    assert share >= LEAST
