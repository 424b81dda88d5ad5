"""From a text to what its file tells others: where each name stands is told in lines."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from k8s_lsp.engine.reading import findings_only, read_units
from k8s_lsp.engine.results import Analysis, UnitResult
from k8s_lsp.kubernetes.facts import CORE, ObjectFacts, Place, UnitFacts, WorkloadFacts
from k8s_lsp.kubernetes.fields import Field, root_field
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut, offsets_of
from k8s_lsp.text import line_breaks, line_end, line_start
from k8s_lsp.workspace.index import FileFacts

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What the file is called (kustomize, api/konfig/general.go)."""

_LISTS = ("resources", "bases", "components", "crds", "patchesStrategicMerge")
"""The keys of a kustomization below which paths stand."""

_PATCHES = ("patches", "patchesJson6902", "replacements")
"""Those below which items have a `path`."""


def facts_of_text(path: str, text: str, *, is_chart_template: bool = False) -> FileFacts:
    """What the file of that path tells, whose text is given; no rule is asked."""
    units, _ = read_units(cut(text), is_chart_template, findings_only)
    offsets = offsets_of(unit.unit for unit in units)
    return _with_kustomization(path, text, tuple(_located(path, text, units, offsets)))


def facts_of_analysis(path: str, analysis: Analysis) -> FileFacts:
    """The same, of a text that was analysed."""
    text = analysis.text
    objects = _located(path, text, analysis.units, analysis.offsets)
    return _with_kustomization(path, text, tuple(objects))


def _located(
    path: str, text: str, units: Iterable[UnitResult], offsets: Iterable[int]
) -> Iterator[ObjectFacts]:
    """The facts of all units, with their file, and their places in it."""
    line, counted = 0, 0
    for unit, offset in zip(units, offsets, strict=True):
        line, counted = line + line_breaks(text[counted:offset]), offset
        for facts in unit.facts:
            # One without a name cannot be meant by any other, nor be led to, but it may be a pod.
            if facts.name or isinstance(facts.detail, WorkloadFacts):
                yield replace(
                    facts,
                    path=path,
                    place=_in_file(facts.place, unit.unit.text, line),
                    marks=tuple(
                        (word, _in_file(place, unit.unit.text, line)) for word, place in facts.marks
                    ),
                    uses=tuple(
                        replace(use, place=_in_file(use.place, unit.unit.text, line))
                        for use in facts.uses
                    ),
                )


def _in_file(place: Place, text: str, line: int) -> Place:
    """A place of a unit that begins in that line of its file."""
    start, end = place.span
    beginning = line_start(text, start)
    return place._replace(
        line=line + line_breaks(text[:beginning]),
        before=text[beginning:start],
        token=text[start : min(end, line_end(text, start))],
    )


def _with_kustomization(path: str, text: str, objects: UnitFacts) -> FileFacts:
    """What a file tells; for a kustomization also what it lists, and what it generates."""
    folder, name = posixpath.split(path)
    if name not in KUSTOMIZATIONS:
        return FileFacts(objects)
    tree = parse(text)
    if not tree.roots:
        return FileFacts(objects, ())
    root = root_field(tree.roots[0])
    return FileFacts((*objects, *_generated(path, text, root)), tuple(_listed(folder, root)))


def _listed(folder: str, root: Field) -> Iterator[str]:
    """The paths that a kustomization lists."""
    items = [item for key in _LISTS for item in root.get(key).items()]
    items += [item.get("path") for key in _PATCHES for item in root.get(key).items()]
    for item in items:
        listed = item.text
        # A text of several lines is a patch itself, and an address lies elsewhere.
        if listed and "\n" not in listed and "://" not in listed and "?ref=" not in listed:
            yield posixpath.normpath(posixpath.join(folder, listed))


_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def _generated(path: str, text: str, root: Field) -> Iterator[ObjectFacts]:
    """The objects that a kustomization generates, by the names that files use for them."""
    for key, kind in _GENERATORS.items():
        for item in root.get(key).items():
            name = item.get("name")
            if name.text:
                place = _in_file(Place(name.span), text, 0)
                namespace = item.get("namespace").text or root.get("namespace").text or ""
                yield ObjectFacts(CORE, kind, namespace, name.text, place=place, path=path)
