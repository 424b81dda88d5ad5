"""What one file has to say of namespaces: its workloads, and what Pod Security refuses them for."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from k8s_lsp.engine.results import Analysis, Diagnosis
from k8s_lsp.kubernetes.facts import PREFIX, Labels
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.namespaces import is_of_openshift
from k8s_lsp.kubernetes.objects import VALUES, KubeObject, may_hold_objects
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.rules.base import PodSecurityLevel
from k8s_lsp.settings import Settings
from k8s_lsp.text import line_starts
from k8s_lsp.workspace.file_facts import facts_of_analysis
from k8s_lsp.workspace.index import FileFacts, FilePlace

LEVELS: Final[tuple[PodSecurityLevel, ...]] = ("baseline", "restricted")
"""The levels that refuse something."""


class Judged(NamedTuple):
    """By what a workload is judged: a level, and a version as settings write it."""

    level: PodSecurityLevel
    version: str


class Fault(NamedTuple):
    """One reason to refuse a pod, at the place where it stands, or where something is missing.

    Lines and columns count from 1. What `is_lack` may stand elsewhere, in another file that says
    more about the object; where it is not `is_known`, the text itself does not tell.
    """

    rule: str
    message: str
    line: int
    column: int
    is_lack: bool
    is_known: bool


class Workload(NamedTuple):
    """An object of which pods are made, or one itself; empty texts where the file tells none."""

    group: str
    kind: str
    name: str
    namespace: str
    line: int
    is_patch: bool
    faults: Mapping[Judged, tuple[Fault, ...]]

    @property
    def title(self) -> str:
        """What people call it: `Deployment "web"`."""
        return f'{self.kind} "{self.name}"' if self.name else self.kind


class Declared(NamedTuple):
    """A Namespace object: its Pod Security labels, without their prefix, and who decides there."""

    name: str
    labels: Labels
    is_of_openshift: bool
    line: int


class Contents(NamedTuple):
    """What stands in a file that counts for namespaces.

    The `path` is the one that people see. What `is_named` is asked about; other files belong
    together with those. `errors` tell why it was not read whole.
    """

    path: str
    place: FilePlace
    settings: Settings
    is_named: bool
    facts: FileFacts = FileFacts()
    workloads: tuple[Workload, ...] = ()
    declared: tuple[Declared, ...] = ()
    errors: tuple[str, ...] = ()


def read_contents(
    contents: Contents, versions: Iterable[str], analyze: Callable[[Settings], Analysis]
) -> Contents:
    """A file with what `analyze` finds in it by each level at each of some versions.

    Which rules the settings switch off, and what comments ignore, is nothing to the API server.
    """
    found: list[dict[Judged, tuple[Fault, ...]]] = []
    analysis: Analysis | None = None
    for judged in (Judged(level, version) for version in versions for level in LEVELS):
        settings = replace(
            contents.settings, profile=judged.level, kubernetes_version=judged.version, rules=()
        )
        analysis = analyze(settings)
        by_object = list(_faults_by_object(analysis, judged))
        if not found:
            found = [{} for _ in by_object]
        for faults, of_object in zip(found, by_object, strict=True):
            faults[judged] = of_object
        if not any(_makes_pods(obj) for unit in analysis.units for obj in unit.objects):
            break
    assert analysis is not None, "there is always a version"
    lines = _Lines(analysis.text)
    objects = list(_objects(analysis))
    return contents._replace(
        facts=facts_of_analysis(contents.place.path, analysis),
        workloads=tuple(
            _workload(obj, lines.line_at(offset + obj.anchor.start), faults)
            for (obj, offset, _), faults in zip(objects, found, strict=True)
            if _makes_pods(obj)
        ),
        declared=tuple(
            _declared(obj, lines.line_at(offset + obj.anchor.start))
            for obj, offset, _ in objects
            if (obj.group, obj.kind) == ("", "Namespace") and obj.name
        ),
        errors=tuple(each.message for each in analysis.incomplete)
        + tuple(
            f"{lines.line_at(offset + problem.span.start)}: {problem.message}"
            for unit, offset in zip(analysis.units, analysis.offsets, strict=True)
            if may_hold_objects(unit.tree.text)
            for problem in unit.tree.problems
            if not problem.is_of_kubectl
        ),
    )


def _objects(analysis: Analysis) -> Iterator[tuple[KubeObject, int, Iterable[Diagnosis]]]:
    """The objects of a text, each with the offset of its unit and what was found in it."""
    for unit, offset in zip(analysis.units, analysis.offsets, strict=True):
        for number, obj in enumerate(unit.objects):
            yield obj, offset, unit.checked[number] if number < len(unit.checked) else ()


def _makes_pods(obj: KubeObject) -> bool:
    """Whether the cluster makes pods of an object, or it is one: not of a template in store."""
    kind = (obj.group, obj.kind)
    return bool(obj.pods) and kind != ("", "PodTemplate") and (obj.api_version, obj.kind) != VALUES


def _faults_by_object(analysis: Analysis, judged: Judged) -> Iterator[tuple[Fault, ...]]:
    lines = _Lines(analysis.text)
    for _, offset, diagnoses in _objects(analysis):
        # An alias may bring the same token several times.
        faults = {_fault(each, lines, offset) for each in diagnoses if _breaks(each, judged)}
        yield tuple(sorted(faults, key=lambda fault: (fault.line, fault.column, fault.rule)))


def _breaks(diagnosis: Diagnosis, judged: Judged) -> bool:
    """Whether a level refuses a pod for a finding, or may do so."""
    if diagnosis.status != "unknown":
        return diagnosis.control is not None and diagnosis.status != "out_of_profile"
    # The engine looks no further into what it drops.
    level = diagnosis.finding.level or judged.level
    control = diagnosis.rule.control_at(version_of(judged.version), judged.level)
    return control is not None and LEVELS.index(level) <= LEVELS.index(judged.level)


def _fault(diagnosis: Diagnosis, lines: "_Lines", offset: int) -> Fault:
    finding = diagnosis.finding
    start = offset + finding.span.start
    line = lines.line_at(start)
    return Fault(
        diagnosis.rule.slug,
        finding.message,
        line,
        start - lines.starts[line - 1] + 1,
        bool(finding.absent_from),
        diagnosis.status != "unknown",
    )


def _workload(obj: KubeObject, line: int, faults: Mapping[Judged, tuple[Fault, ...]]) -> Workload:
    return Workload(
        obj.group, obj.kind, obj.name or "", obj.namespace or "", line, obj.is_patch, faults
    )


def _declared(obj: KubeObject, line: int) -> Declared:
    labels = tuple(
        (_key(field).removeprefix(PREFIX), field.text)
        for field in obj.get("metadata", "labels").entries()
        if _key(field).startswith(PREFIX) and field.text is not None
    )
    return Declared(obj.name or "", labels, is_of_openshift(obj), line)


def _key(field: Field) -> str:
    return str(field.path[-1])


class _Lines:
    """The lines of a text, counted from 1."""

    def __init__(self, text: str) -> None:
        self.starts = line_starts(text)

    def line_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset)
