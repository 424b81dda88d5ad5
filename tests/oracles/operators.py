"""Operators whose custom resources a real API server is asked about, with samples of their own.

`operators/go.mod` is the one place that pins their versions. Each comes as a Go module, of which
only the definitions of its kinds and its samples are kept; nothing of it runs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests import oracle
from tests.oracles.go_programs import go_modules

SOURCE = Path(__file__).with_suffix("")


class Operator(NamedTuple):
    """A Go module, and the patterns of its files that are kept."""

    module: str
    definitions: str
    samples: tuple[str, ...]

    def __str__(self) -> str:
        """Give the name of its repository."""
        return self.module.split("/")[1 if self.module.startswith("sigs.") else 2]


OPERATORS = (
    Operator("github.com/argoproj/argo-rollouts", "manifests/crds/*.yaml", ("examples/**/*.yaml",)),
    Operator(
        "github.com/argoproj/argo-workflows/v3",
        "manifests/base/crds/full/*.yaml",
        ("examples/**/*.yaml",),
    ),
    Operator("github.com/cert-manager/cert-manager", "deploy/crds/*.yaml", ()),
    Operator(
        "github.com/cloudnative-pg/cloudnative-pg",
        "config/crd/bases/*.yaml",
        ("docs/src/samples/**/*.yaml",),
    ),
    Operator(
        "github.com/elastic/cloud-on-k8s/v3",
        "config/crds/v1/resources/*.yaml",
        ("config/samples/**/*.yaml", "config/recipes/**/*.yaml"),
    ),
    Operator(
        "github.com/kedacore/keda/v2", "config/crd/bases/*.yaml", ("config/samples/**/*.yaml",)
    ),
    Operator(
        "github.com/kubeflow/trainer/v2", "manifests/base/crds/*.yaml", ("manifests/**/*.yaml",)
    ),
    Operator(
        "github.com/kubeflow/training-operator",
        "manifests/base/crds/*.yaml",
        ("examples/**/*.yaml",),
    ),
    Operator(
        "github.com/openkruise/kruise",
        "config/crd/bases/*.yaml",
        ("config/samples/**/*.yaml", "test/e2e/testing-manifests/**/*.yaml"),
    ),
    Operator(
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd/*.yaml",
        ("example/**/*.yaml",),
    ),
    Operator(
        "github.com/ray-project/kuberay/ray-operator",
        "config/crd/bases/*.yaml",
        ("config/samples/**/*.yaml",),
    ),
    Operator("github.com/tektoncd/pipeline", "config/300-crds/*.yaml", ("examples/**/*.yaml",)),
    Operator(
        "sigs.k8s.io/jobset",
        "config/components/crd/bases/*.yaml",
        ("config/samples/**/*.yaml", "site/static/examples/**/*.yaml"),
    ),
    Operator(
        "sigs.k8s.io/lws",
        "config/crd/bases/*.yaml",
        ("config/samples/**/*.yaml", "docs/examples/**/*.yaml"),
    ),
)


def folders() -> dict[Operator, Path]:
    """The folder of each operator. Raises NoGoError where there is no Go to fetch them with."""
    kept = {each.module: (each.definitions, *each.samples) for each in OPERATORS}
    found = go_modules(SOURCE, kept)
    return {each: found[each.module] for each in OPERATORS}


def definitions_in(operator: Operator, folder: Path) -> Iterator[dict[str, Any]]:
    """The definitions of an operator's kinds, as a server takes them that runs no operator."""
    for path in sorted(folder.glob(operator.definitions)):
        for document in oracle.load(path.read_text(encoding="utf-8")):
            if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                # Nobody converts between the versions here.
                document["spec"].pop("conversion", None)
                document.pop("status", None)
                for version in document["spec"]["versions"]:
                    _without_words(version["schema"]["openAPIV3Schema"])
                yield document


def _without_words(schema: Any) -> None:
    """Take the descriptions away, with which some are larger than what etcd takes."""
    if isinstance(schema, list):
        for each in schema:
            _without_words(each)
    elif isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            del schema["description"]
        for each in schema.values():
            _without_words(each)


def samples_in(operator: Operator, folder: Path) -> Iterator[str]:
    """The texts of an operator's samples that another parser reads."""
    paths = {path for pattern in operator.samples for path in folder.glob(pattern)}
    for path in sorted(paths - set(folder.glob(operator.definitions))):
        text = path.read_text(encoding="utf-8")
        try:
            oracle.load(text)
        except yaml.YAMLError:
            # A template, which is no YAML yet.
            continue
        yield text
