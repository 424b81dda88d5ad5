"""What a real API server accepts of the kinds of operators, it accepts after a fix.

The server has the definitions of these kinds, and so their schemas and rules; the operators'
webhooks do not run.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fixes_of
from k8s_lsp.kubernetes.custom_resources import places_of
from k8s_lsp.kubernetes.places import ITEMS, VALUES, CorePlace, Pattern, PlaceType
from k8s_lsp.text import apply_edits
from tests import oracle
from tests.conftest import absent
from tests.fixes import harden_text
from tests.oracles.api_server import ApiServer, started
from tests.oracles.go_programs import NoGoError, NoModuleError
from tests.oracles.operators import OPERATORS, Operator, definitions_in, folders, samples_in
from tests.schema_objects import complete
from tests.test_api_server import PROFILES, hold
from tests.test_custom_pods import ALL, BAD

BARE_CONTAINER: Final = {"name": "app", "image": "example.com/app:1.4.2"}
BARE_POD: Final = {"containers": [BARE_CONTAINER]}
BARE: Final[dict[PlaceType, Any]] = {
    "PodTemplateSpec": {"spec": BARE_POD},
    "PodSpec": BARE_POD,
    "Container": BARE_CONTAINER,
}
"""Pods and containers in which all is missing."""

REFUSED: Final = "1GB"
"""An amount among the bad ones that the server does not take."""


class Installed(NamedTuple):
    """A server with the kinds of operators that the product knows, and where those come from."""

    server: ApiServer
    folders: dict[Operator, Path]
    definitions: dict[Operator, list[dict[str, Any]]]


def _places_in(definition: dict[str, Any]) -> list[tuple[str, dict[str, Any], CorePlace]]:
    """The places of a kind, each with the apiVersion and the schema that it has there."""
    spec = definition["spec"]
    return [
        (f"{spec['group']}/{version['name']}", version["schema"]["openAPIV3Schema"], place)
        for version in spec["versions"]
        if version["served"]
        for place in places_of(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
    ]


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """A server of its own: it knows kinds that others must not know."""
    try:
        kept = folders()
        definitions = {
            operator: [each for each in definitions_in(operator, folder) if _places_in(each)]
            for operator, folder in kept.items()
        }
        running = started()
    except NoGoError as reason:
        absent("api-server", str(reason))
    except NoModuleError as reason:
        # Fourteen projects have to be served; `.ci/run` cannot promise that for its machine.
        absent("operators", str(reason))
    with running as server:
        server.install([each for found in definitions.values() for each in found])
        yield Installed(server, kept, definitions)


def placed(path: Pattern, value: Any) -> Any:
    """What holds a value at a place."""
    for name in reversed(path):
        value = [value] if name == ITEMS else {"key" if name == VALUES else name: value}
    return value


def texts_of(definition: dict[str, Any]) -> Iterator[str]:
    """Objects of a kind that its schema takes, each with something bad at one place."""
    kind = definition["spec"]["names"]["kind"]
    for api_version, schema, place in _places_in(definition):
        values = [BARE[place.type]] if place.type in BARE else []
        if place.type in BAD:
            values += oracle.load(BAD[place.type].replace(REFUSED, "1"))
        for value in values:
            head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
            whole = complete(placed(place.path, value), schema)
            yield yaml.safe_dump({**head, **(whole | head)}, sort_keys=False)


def fixed_texts(text: str) -> Iterator[str]:
    """The text after each single fix, and after all that are preferred."""
    analysis = analyze(text, ALL)
    for index, diagnosis in analysis.published():
        for fix in fixes_of(analysis, diagnosis):
            yield apply_edits(analysis.units[index].tree.text, fix.edits)
    for settings in PROFILES:
        yield harden_text(text, settings)


LEAST: Final = {
    "argo-rollouts": (140, 50),
    "argo-workflows": (850, 350),
    "cert-manager": (15, 0),
    "cloud-on-k8s": (280, 60),
    "cloudnative-pg": (22, 0),
    "jobset": (28, 24),
    "keda": (28, 0),
    "kruise": (350, 32),
    "kuberay": (450, 130),
    "lws": (55, 28),
    "pipeline": (550, 320),
    "prometheus-operator": (190, 20),
    "trainer": (60, 14),
    "training-operator": (140, 45),
}
"""How many texts of each operator are asked about at least: fixed ones of objects that were made,
and samples that were accepted and that Harden changes. Of some there is nothing to be changed."""


@pytest.mark.sweep
@pytest.mark.parametrize("operator", OPERATORS, ids=str)
def test_custom_resources_that_are_accepted_stay_so(
    installed: Installed, operator: Operator
) -> None:
    made = 0
    for definition in installed.definitions[operator]:
        for text in texts_of(definition):
            assert_accepted(text, installed.server)
            for fixed in set(fixed_texts(text)) - {text}:
                assert_accepted(fixed, installed.server)
                made += 1
    samples = sum(
        hold(text, installed.server, settings)
        for text in samples_in(operator, installed.folders[operator])
        for settings in PROFILES
    )
    least_made, least_samples = LEAST[str(operator)]
    assert made >= least_made
    assert samples >= least_samples


def assert_accepted(text: str, server: ApiServer) -> None:
    """Ask the server about the one object of a text."""
    (obj,) = oracle.load(text)
    verdict = server.verdict(obj)
    assert verdict is not None, text
    assert verdict.is_accepted, f"{verdict.message}\n{text}"
