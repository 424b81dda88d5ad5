"""From a text to what its file tells others: where each name stands is told in lines."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from k8s_lsp.engine.reading import findings_only, read_units
from k8s_lsp.engine.results import Analysis, UnitResult
from k8s_lsp.kubernetes.facts import ObjectFacts, Place, WorkloadFacts
from k8s_lsp.kubernetes.fields import root_field
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
    return FileFacts(tuple(_located(path, text, units, offsets)), _kustomizes(path, text))


def facts_of_analysis(path: str, analysis: Analysis) -> FileFacts:
    """The same, of a text that was analysed."""
    text = analysis.text
    objects = _located(path, text, analysis.units, analysis.offsets)
    return FileFacts(tuple(objects), _kustomizes(path, text))


def _located(
    path: str, text: str, units: Iterable[UnitResult], offsets: Iterable[int]
) -> Iterator[ObjectFacts]:
    """The facts of all units, with their file, and their places in it."""
    line, counted = 0, 0
    for unit, offset in zip(units, offsets, strict=True):
        line, counted = line + line_breaks(text[counted:offset]), offset
        for facts in unit.facts:
            # One without a name cannot be meant, but it may mean others, or be a pod.
            if facts.name or facts.uses or isinstance(facts.detail, WorkloadFacts):
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


def _kustomizes(path: str, text: str) -> tuple[str, ...] | None:
    """The paths that a kustomization lists; None for any other file."""
    folder, name = posixpath.split(path)
    if name not in KUSTOMIZATIONS:
        return None
    tree = parse(text)
    if not tree.roots:
        return ()
    root = root_field(tree.roots[0])
    items = [item for key in _LISTS for item in root.get(key).items()]
    items += [item.get("path") for key in _PATCHES for item in root.get(key).items()]
    # A text of several lines is a patch itself, and an address lies elsewhere.
    listed = (item.text for item in items)
    return tuple(
        posixpath.normpath(posixpath.join(folder, text))
        for text in listed
        if text and "\n" not in text and "://" not in text and "?ref=" not in text
    )
