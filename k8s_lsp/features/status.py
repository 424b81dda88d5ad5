"""What is known of an open text, in words for one line of an editor: silence has its reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from k8s_lsp.configuration.choices import ConfigError, Configuration
from k8s_lsp.engine.results import Analysis
from k8s_lsp.features.convert import Document
from k8s_lsp.features.rows import rows_of
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.settings import SEVERITIES, Settings
from k8s_lsp.syntax.nodes import Mapping
from k8s_lsp.text import line_breaks

METHOD = "k8s-lsp/status"
"""The notification, for clients that ask for it when they start the server: what `told` gives."""

State = Literal[
    "not-a-manifest",
    "settings-broken",
    "excluded",
    "read-in-part",
    "template",
    "patch",
    "findings",
    "clean",
]
"""What a line of an editor says of a text: the first of these that holds.

`read-in-part` is a text that a limit or encryption hides a part of, and `template` one of which
template actions do. In neither, nor in a `patch`, is anything concluded from what is missing.
"""

_WORDS: dict[State, str] = {
    "not-a-manifest": "not a manifest",
    "settings-broken": "settings file broken",
    "excluded": "excluded",
    "read-in-part": "read in part",
    "template": "template, read in part",
    "patch": "patch",
    "findings": "",
    "clean": "clean",
}

PATCHES_LIMIT = 3
"""How many patches of a text are named: the list is read in passing."""


class Mistake(NamedTuple):
    """What is wrong in a settings file, and the line that says so, from 1; 0 for all of it."""

    line: int
    message: str


class SettingsSource(NamedTuple):
    """The settings file that holds for a text: its address, its name, and what is wrong there."""

    uri: str
    name: str
    mistakes: Sequence[Mistake] = ()


class Holding(NamedTuple):
    """What holds for a text, whatever that says: its settings, and where these come from."""

    settings: Settings
    source: SettingsSource | None = None
    is_excluded: bool = False


class Status(NamedTuple):
    """The state of a text.

    `details` are its reasons, and why a list of problems is shorter than the number of findings: a
    sentence each without a full stop.
    """

    state: State
    counts: tuple[int, ...]
    details: tuple[str, ...]
    holding: Holding

    @property
    def words(self) -> str:
        """The state with the number of findings, as a line of an editor has room for it."""
        count = sum(self.counts)
        findings = f"{count} finding{'' if count == 1 else 's'}" if count else ""
        return " · ".join(filter(None, (_WORDS[self.state], findings)))


def mistakes_of(configuration: Configuration) -> tuple[Mistake, ...]:
    """What breaks a settings file; what is only warned of counts as it is written."""
    errors = [error for error in configuration.errors if not error.is_warning]
    return tuple(_mistake(configuration.text, error) for error in errors)


def _mistake(text: str, error: ConfigError) -> Mistake:
    # A file that could not be read has no lines.
    return Mistake(line_breaks(text[: error.span.start]) + 1 if text else 0, error.message)


def broken_words(source: SettingsSource) -> str:
    """What is wrong in a settings file that has mistakes, in one sentence without a full stop."""
    first, *others = source.mistakes
    if not first.line:
        return f"{source.name} cannot be read: {first.message}"
    if not others:
        return f"{source.name} has a mistake in line {first.line}: {first.message}"
    count = len(source.mistakes)
    return f"{source.name} has {count} mistakes, the first in line {first.line}: {first.message}"


def is_manifest(document: Document) -> bool:
    """Whether there is anything in a text that rules look at, or that hides whether there is."""
    analysis = document.analysis
    return (
        any(unit.objects for unit in analysis.units)
        or bool(analysis.incomplete)
        or analysis.is_encrypted
        or _fills_in_kinds(analysis)
    )


def _fills_in_kinds(analysis: Analysis) -> bool:
    """Whether a template has objects of which only its engine knows what they are."""
    return analysis.is_template and any(
        isinstance(root, Mapping) and root.names.keys() >= {"apiVersion", "kind"}
        for unit in analysis.units
        if not unit.objects
        for root in unit.tree.roots
    )


def status_of(text: Document | SettingsFile, holding: Holding) -> Status:
    """The state of one version of an open text."""
    if isinstance(text, SettingsFile):
        return _status_of_settings(text, holding)
    if not is_manifest(text):
        return Status("not-a-manifest", (0,) * len(SEVERITIES), (), holding)
    analysis = text.analysis
    by_severity = Counter(diagnosis.severity for _, diagnosis in analysis.published())
    counts = tuple(by_severity[severity] for severity in SEVERITIES)
    reasons = list(_reasons(analysis, holding))
    state: State = "findings" if any(counts) else "clean"
    if reasons:
        state = reasons[0][0]
    details = (*(detail for _, detail in reasons), *_shorter_list(analysis, sum(counts)))
    return Status(state, counts, details, holding)


def _shorter_list(analysis: Analysis, findings: int) -> Iterator[str]:
    """Why an editor lists fewer problems than there are findings, if it does."""
    rows = sum(len(rows_of(unit.published, analysis.settings)) for unit in analysis.units)
    if rows < findings:
        listed = f"{rows} problem{'' if rows == 1 else 's'}"
        yield (
            f"The {findings} findings are listed as {listed}: "
            "all that one block lacks is one problem"
        )


def _status_of_settings(file: SettingsFile, holding: Holding) -> Status:
    """What the open text is worth, which nothing follows before it is saved."""
    errors = sum(1 for error in file.configuration.errors if not error.is_warning)
    warnings = len(file.configuration.errors) - errors
    state: State = "findings" if warnings else "clean"
    details: tuple[str, ...] = ()
    if errors:
        source = SettingsSource(file.uri, "This file", mistakes_of(file.configuration))
        state, details = "settings-broken", (broken_words(source),)
    return Status(state, (errors, warnings, 0, 0), details, holding)


def _reasons(analysis: Analysis, holding: Holding) -> Iterator[tuple[State, str]]:
    """Why findings say less than they seem to, the state that counts most first."""
    source = holding.source
    if source is not None and source.mistakes:
        yield "settings-broken", broken_words(source)
    if holding.is_excluded:
        yield "excluded", "The settings exclude this file: no rule runs"
    for message in dict.fromkeys(failure.message for failure in analysis.incomplete):
        yield "read-in-part", f"Read in part: {message}"
    if analysis.is_encrypted:
        yield "read-in-part", "Not read: its values are encrypted with SOPS"
    if analysis.is_template:
        yield (
            "template",
            "A template: nothing is concluded from what is missing, "
            "and fixes change literal text alone",
        )
        if _fills_in_kinds(analysis):
            yield "template", "No rule looks at objects whose apiVersion or kind it fills in"
    patches = [obj for unit in analysis.units for obj in unit.objects if obj.is_patch]
    for obj in patches[:PATCHES_LIMIT]:
        yield "patch", f"{_named(obj)} is read as a patch, because {obj.patch_because}"
    if len(patches) > PATCHES_LIMIT:
        yield "patch", f"{len(patches) - PATCHES_LIMIT} more objects are patches"


def _named(obj: KubeObject) -> str:
    return f"{obj.kind} {obj.name}" if obj.name else obj.kind


def told(uri: str, status: Status) -> dict[str, Any]:
    """The parameters of the notification, which a client keeps until the next one or the close."""
    settings, source = status.holding.settings, status.holding.source
    return {
        "uri": uri,
        "state": status.state,
        "text": status.words,
        "details": list(status.details),
        "counts": dict(zip(SEVERITIES, status.counts, strict=True)),
        "profile": settings.profile,
        "kubernetesVersion": str(version_of(settings.kubernetes_version)),
        "isLatestVersion": settings.kubernetes_version == "latest",
        "settingsFile": None
        if source is None
        else {
            "uri": source.uri,
            "name": source.name,
            "mistakes": [{"line": line, "message": message} for line, message in source.mistakes],
        },
    }
