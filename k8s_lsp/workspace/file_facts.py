"""From a text to what its file tells others: where each name stands is told in lines."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from k8s_lsp.engine.reading import findings_only, read_units
from k8s_lsp.engine.results import Analysis, UnitResult
from k8s_lsp.kubernetes.facts import (
    CORE,
    NOWHERE,
    Columns,
    DefinitionFacts,
    ObjectFacts,
    Place,
    TaggedImages,
    UnitFacts,
    WorkloadFacts,
    binding_by_shape,
    tagged_name,
)
from k8s_lsp.kubernetes.fields import Field, root_field
from k8s_lsp.kubernetes.queries import KUSTOMIZATION, SKAFFOLD, Kind
from k8s_lsp.kubernetes.schemas import packed
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut, offsets_of
from k8s_lsp.text import line_breaks, line_end, line_start
from k8s_lsp.workspace.index import FileFacts

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What the file is called (kustomize, api/konfig/general.go)."""

_SKAFFOLDS = ("skaffold.yaml", "skaffold.yml")
"""What its file is called unless `--filename` says otherwise (skaffold.dev, "skaffold.yaml")."""

TOOLS = (*KUSTOMIZATIONS, *_SKAFFOLDS)
"""What files are called that tell a tool, and by that others, how images are tagged."""

_LISTS = ("resources", "bases", "components", "crds")
"""The keys of a kustomization below which paths stand."""

_PATCH_LISTS = ("patchesStrategicMerge",)
_PATCHES = ("patches", "patchesJson6902")
"""Those below which the paths of patches stand, or items that have one as `path`."""


def facts_of_text(
    path: str,
    text: str,
    *,
    is_chart_template: bool = False,
    is_values: bool = False,
    locates_names: bool = True,
) -> FileFacts:
    """What the file of that path tells, whose text is given; no rule is asked.

    A caller that `locates_names` leads somebody there: it is told where an object names others, and
    where names stand on their lines.
    """
    found = cut(text, "values") if is_values else cut(text)
    units, _ = read_units(found, is_chart_template, findings_only)
    offsets = offsets_of(unit.unit for unit in units)
    located = _located(_Places(text, locates_names), path, units, offsets)
    objects = tuple(map(_without_text, located))
    return _with_tools(path, text, objects)


def _without_text(facts: ObjectFacts) -> ObjectFacts:
    """The same, so as to be kept when the text is gone: a definition takes little space."""
    detail = facts.detail
    if not isinstance(detail, DefinitionFacts):
        return facts
    return replace(facts, detail=detail._replace(text=packed(detail.text)))


def facts_of_analysis(path: str, analysis: Analysis, *, locates_names: bool = True) -> FileFacts:
    """The same, of a text that was analysed."""
    text, units = analysis.text, analysis.units
    objects = _located(_Places(text, locates_names), path, units, analysis.offsets)
    return _with_tools(path, text, tuple(objects))


class PartFacts:
    """What the parts of one text tell others that were analysed one by one, in their order.

    Lines alone are told, and not where an object names others: only a client leads somebody there.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._places = _Places(text, locates_names=False)

    def of(self, analysis: Analysis, start: int) -> UnitFacts:
        """What a part tells that begins at an offset of the text."""
        offsets = [start + offset for offset in analysis.offsets]
        units = analysis.units
        return tuple(_located(self._places, self._path, units, offsets))


def _located(
    in_file: "_Places",
    path: str,
    units: Iterable[UnitResult],
    offsets: Iterable[int],
) -> Iterator[ObjectFacts]:
    """The facts of all units, with their file, and their places in it."""
    for unit, offset in zip(units, offsets, strict=True):
        for facts in unit.facts or _without_object(unit):
            # One without a name cannot be meant, but it may mean others, or be a pod or a template.
            is_pod = isinstance(facts.detail, WorkloadFacts)
            if facts.name or facts.uses or is_pod or facts.tells_of_chart:
                place = in_file.filled(facts.place, offset)
                marks = tuple([(word, in_file.filled(at, offset)) for word, at in facts.marks])
                uses = tuple([use.at(in_file.of_use(use.place, offset)) for use in facts.uses])
                yield facts.in_file(path, uses, place, marks)


def _without_object(unit: UnitResult) -> UnitFacts:
    """What a unit tells in which there is no object, because a template makes its kind."""
    if "subjects:" not in unit.tree.text or not unit.tree.roots:
        return ()
    binding = binding_by_shape(root_field(unit.tree.roots[0]), unit.tree.text)
    return () if binding is None else (binding,)


class _Places:
    """Tells lines and columns of a text, each from the place that was asked for before.

    Names follow one another, also on a line that holds a whole file. What does not locate names
    tells lines alone.
    """

    def __init__(self, text: str, locates_names: bool) -> None:
        self._text = text
        self._locates_names = locates_names
        self._offset = 0
        self._line = 0
        self._column = Columns()

    def filled(self, place: Place, offset: int) -> Place:
        """A place of the unit that begins at an offset, with its line, its column and its token."""
        if place is NOWHERE:
            return place
        start, end = place.span.shifted(offset)
        self._go_to(start)
        if not self._locates_names:
            return place._replace(line=self._line)
        written = self._text[start:end]
        token = written[: line_end(written, 0)]
        return place._replace(line=self._line, column=self._column, token=token)

    def of_use(self, place: Place, offset: int) -> Place:
        """The same of a place at which an object names another one."""
        return self.filled(place, offset) if self._locates_names else NOWHERE

    def _go_to(self, offset: int) -> None:
        text, before = self._text, self._offset
        between = text[before:offset] if offset >= before else text[offset:before]
        breaks, sign = line_breaks(between), 1 if offset >= before else -1
        self._offset = offset
        self._line += sign * breaks
        if not self._locates_names:
            return
        if breaks:
            self._column = Columns().with_text(text[line_start(text, offset) : offset])
        else:
            self._column = self._column.with_text(between, sign)


def _with_tools(path: str, text: str, objects: UnitFacts) -> FileFacts:
    """What a file tells, and what it tells kustomize or Skaffold, where it is one of theirs."""
    name = posixpath.basename(path)
    if name in KUSTOMIZATIONS:
        return _kustomization(path, text, objects)
    if name in _SKAFFOLDS:
        trees = [parse(unit.text, read_as=unit.read_as) for unit in cut(text)]
        roots = [root_field(root) for tree in trees for root in tree.roots]
        return FileFacts((*objects, *_built(path, roots)))
    return FileFacts(objects)


def _kustomization(path: str, text: str, objects: UnitFacts) -> FileFacts:
    """What a kustomization tells: also what it lists, what it generates, and the tags it gives."""
    tree = parse(text)
    if not tree.roots:
        return FileFacts(objects, ())
    folder = posixpath.dirname(path)
    root = root_field(tree.roots[0])
    items = [item for key in _LISTS for item in root.get(key).items()]
    patches = [item for key in _PATCH_LISTS for item in root.get(key).items()]
    patches += [item.get("path") for key in _PATCHES for item in root.get(key).items()]
    return FileFacts(
        (*objects, *_generated(path, text, root), *_tagged(path, root)),
        tuple(_listed(folder, items)),
        tuple(_listed(folder, patches)),
        root.get("namespace").text or "",
    )


def _tagged(path: str, root: Field) -> Iterator[ObjectFacts]:
    """The images to which a kustomization gives a tag or digest."""
    names = [tagged_name(item) for item in root.get("images").items()]
    yield from _with_tags(KUSTOMIZATION, names, path)


def _built(path: str, roots: Iterable[Field]) -> Iterator[ObjectFacts]:
    """The images that Skaffold builds, in all of its documents and their profiles."""
    builds = [
        part.get("build", "artifacts")
        for root in roots
        for part in (root, *root.get("profiles").items())
    ]
    names = [item.get("image").text for build in builds for item in build.items()]
    yield from _with_tags(SKAFFOLD, names, path)


def _with_tags(kind: Kind, names: Iterable[str | None], path: str) -> Iterator[ObjectFacts]:
    known = frozenset(filter(None, names))
    if known:
        # Without a name: it is no object that somebody could look for.
        yield ObjectFacts(*kind, "", "", TaggedImages(known), path=path)


def _listed(folder: str, items: Iterable[Field]) -> Iterator[str]:
    """The paths that some items of a kustomization are."""
    for item in items:
        listed = item.text
        # A text of several lines is a patch itself, and an address lies elsewhere.
        if listed and "\n" not in listed and "://" not in listed and "?ref=" not in listed:
            yield posixpath.normpath(posixpath.join(folder, listed))


_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def _generated(path: str, text: str, root: Field) -> Iterator[ObjectFacts]:
    """The objects that a kustomization generates, by the names that files use for them."""
    places = _Places(text, locates_names=True)
    for key, kind in _GENERATORS.items():
        for item in root.get(key).items():
            name = item.get("name")
            if name.text:
                place = places.filled(Place(name.span), 0)
                namespace = item.get("namespace").text or root.get("namespace").text or ""
                yield ObjectFacts(CORE, kind, namespace, name.text, place=place, path=path)
