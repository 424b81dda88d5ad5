"""The values that custom resources give to charts, and what these say of pods."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.kubernetes.embedded import embedded_field
from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.places import ITEMS, Pattern
from k8s_lsp.kubernetes.shapes import Shaped, made_mapping, values_by_shape
from k8s_lsp.kubernetes.workloads import group_of
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence

Form: TypeAlias = Literal["mapping", "text", "parameters", "set"]
"""How values are written: as they are, as YAML in a string, or as paths with a value each, which
are the items of a list (`parameters`) or the keys of a mapping (`set`)."""


class ValuesPlace(NamedTuple):
    """A place of a kind of objects at which the values of a chart stand."""

    path: Pattern
    form: Form


def _of_helm(*above: str) -> tuple[ValuesPlace, ...]:
    return tuple(
        ValuesPlace((*above, *source, "helm", name), form)
        for source in (("source",), ("sources", ITEMS))
        for name, form in _IN_HELM
    )


_IN_HELM: Final[tuple[tuple[str, Form], ...]] = (
    ("valuesObject", "mapping"),
    ("values", "text"),
    ("parameters", "parameters"),
)

_FLUX: Final = (ValuesPlace(("spec", "values"), "mapping"),)
_CATTLE: Final = (
    ValuesPlace(("spec", "valuesContent"), "text"),
    ValuesPlace(("spec", "values"), "mapping"),
    ValuesPlace(("spec", "set"), "set"),
)

VALUES_PLACES: Final[dict[tuple[str, str], tuple[ValuesPlace, ...]]] = {
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _FLUX,
    ("helm.fluxcd.io", "HelmRelease"): _FLUX,
    ("helm.cattle.io", "HelmChart"): _CATTLE,
    ("helm.cattle.io", "HelmChartConfig"): _CATTLE[:2],
    ("argoproj.io", "Application"): _of_helm("spec"),
    ("argoproj.io", "ApplicationSet"): _of_helm("spec", "template", "spec"),
    ("helm.crossplane.io", "Release"): (ValuesPlace(("spec", "forProvider", "values"), "mapping"),),
    ("kustomize.config.k8s.io", "Kustomization"): (
        ValuesPlace(("helmCharts", ITEMS, "valuesInline"), "mapping"),
    ),
}
"""The places, by the group and the kind of the object.

Sources: HelmReleaseSpec in github.com/fluxcd/helm-controller, HelmChartSpec and HelmChartConfigSpec
in github.com/k3s-io/helm-controller, ApplicationSourceHelm in github.com/argoproj/argo-cd,
ReleaseParameters in github.com/crossplane-contrib/provider-helm, HelmChart in
sigs.k8s.io/kustomize/api/types.
"""


def values_of_object(root: Field, text: str, api_version: str, kind: str) -> Iterator[Shaped]:
    """What the values in an object say of pods; `text` is that of its unit."""
    for place in VALUES_PLACES.get((group_of(api_version), kind), ()):
        for field in _at(root, place.path):
            values = _values(field, text, place.form)
            if values is not None:
                yield from values_by_shape(values)


def _at(field: Field, path: Pattern) -> Iterator[Field]:
    """The fields at a place, where something stands there."""
    if not path:
        if field.present and not field.unknown:
            yield field
    elif path[0] == ITEMS:
        for item in field.items():
            yield from _at(item, path[1:])
    else:
        yield from _at(field.get(path[0]), path[1:])


def _values(field: Field, text: str, form: Form) -> Field | None:
    if form == "text":
        return embedded_field(text, field)
    if form == "mapping":
        return field if isinstance(field.node, Mapping) else None
    parameters = _PARAMETERS[form](field)
    return _tree_of(field, parameters)


# Values that are written as paths, each with a value.

_Path: TypeAlias = tuple[str | int, ...]


class _Parameter(NamedTuple):
    """A path below the root of the values, the token that has it, and the value there."""

    path: _Path
    key: Node
    value: Scalar


_STEP: Final = re.compile(r"((?:[^\\.\[\]=,{}]|\\.)+)((?:\[[0-9]+\])*)(?:\.|$)")
"""One name of a path, with the items that are taken from it (`a.b[0].c`); a backslash takes the
meaning of the next character away. Source: pkg/strvals/parser.go in github.com/helm/helm."""


def _of_list(field: Field) -> Iterator[_Parameter]:
    """The parameters of an Application: `{name: a.b, value: "true"}`."""
    for item in field.items():
        name, value = item.get("name"), item.get("value")
        if name.key is not None and name.string and isinstance(value.node, Scalar):
            force = item.get("forceString").boolean is True
            yield from _parameter(name.string, name.written, value.node, force)


def _of_mapping(field: Field) -> Iterator[_Parameter]:
    """The `set` of a HelmChart: `a.b: "true"`."""
    for entry in field.entries():
        if isinstance(entry.node, Scalar):
            yield from _parameter(str(entry.path[-1]), entry.key, entry.node, False)


_PARAMETERS: Final = {"parameters": _of_list, "set": _of_mapping}


def _parameter(name: str, key: Node | None, value: Scalar, force: bool) -> Iterator[_Parameter]:
    path = _path_of(name)
    # Braces make a list of a value.
    if path and key is not None and not value.value.startswith("{"):
        # A value is a string in the object, and Helm takes from it what it looks like.
        is_typed = not force and value.style in ("'", '"')
        yield _Parameter(path, key, Scalar(value.span, value.value) if is_typed else value)


def _path_of(name: str) -> _Path:
    """The names and indices of a path; none of what is no path."""
    path: list[str | int] = []
    place = 0
    while place < len(name):
        step = _STEP.match(name, place)
        if step is None:
            return ()
        path.append(re.sub(r"\\(.)", r"\1", step[1]))
        path += [int(index) for index in re.findall(r"[0-9]+", step[2])]
        place = step.end()
    return tuple(path)


_Branch: TypeAlias = "dict[str | int, _Branch | _Parameter]"


def _tree_of(field: Field, parameters: Iterator[_Parameter]) -> Field | None:
    """The values that the parameters make, at the place where they stand: of a path, the last."""
    tree: _Branch = {}
    for parameter in parameters:
        branch = tree
        for name in parameter.path[:-1]:
            below = branch.get(name)
            if not isinstance(below, dict):
                below = branch[name] = {}
            branch = below
        branch[parameter.path[-1]] = parameter
    node = _node_of(tree) if tree else None
    if not isinstance(node, Mapping):
        return None
    return Field(field.path, field.parent, field.key, node, node, field.shared)


def _node_of(branch: "_Branch | _Parameter") -> "Scalar | Mapping | Sequence | None":
    """What stands at a place; None for a list of which not all items are told."""
    if isinstance(branch, _Parameter):
        return branch.value
    first = _first_of(branch)
    if any(isinstance(name, int) for name in branch):
        items = [_node_of(branch[index]) for index in range(len(branch)) if index in branch]
        told = tuple(item for item in items if item is not None)
        return Sequence(first.value.span, told) if len(told) == len(branch) else None
    parts = [
        (str(name), _first_of(below).key, node)
        for name, below in branch.items()
        if (node := _node_of(below)) is not None
    ]
    return made_mapping(first.value.span, parts)


def _first_of(branch: "_Branch | _Parameter") -> _Parameter:
    while not isinstance(branch, _Parameter):
        branch = next(iter(branch.values()))
    return branch
