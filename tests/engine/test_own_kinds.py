"""Custom resources whose kinds the settings or definitions in reach describe."""

from itertools import product

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.engine.results import Analysis, asked_in
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Surroundings, still_holds
from k8s_lsp.settings import OwnKind, OwnPlace, Settings
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import FilePlace, Index

WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata:
  name: example
spec:
  runner:
    image: registry.example.com/runner:1.2
    name: runner
    securityContext:
      privileged: true
"""

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names:
    kind: Widget
    plural: widgets
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              runner:
                properties:
                  args:
                    type: array
                  command:
                    type: array
                  env:
                    type: array
                  image:
                    type: string
                  name:
                    type: string
                  securityContext:
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
"""
OTHER = DEFINITION.replace("runner:", "walker:")
OF_NO_USE = DEFINITION.replace("name: v1", "name: v1beta1")
OWN = OwnKind("example.com", "Widget", (OwnPlace("spec.runner", "Container"),))


def found(analysis: Analysis) -> list[tuple[int, str]]:
    """What is told of a text: the lines from 1 and the rules."""
    return [
        (analysis.text.count("\n", 0, offset + each.finding.span.start) + 1, each.rule.slug)
        for offset, each in analysis.published()
    ]


def among(*texts: str) -> Surroundings:
    """What other files tell a text in their folder."""
    places = [FilePlace(f"/w/{number}.yaml", "/w/") for number, _ in enumerate(texts)]
    index = Index().updated(
        {place: facts_of_text(place.path, text) for place, text in zip(places, texts, strict=True)}
    )
    return index.surroundings(FilePlace("/w/own.yaml", "/w/"))


PRIVILEGED = (10, "privileged-container")


def test_nothing_is_known_of_a_kind_of_ones_own() -> None:
    assert found(analyze(WIDGET)) == []


@pytest.mark.parametrize("other", [OTHER, OF_NO_USE, DEFINITION.replace("example.com", "a.b")])
def test_a_definition_of_something_else_tells_nothing(other: str) -> None:
    assert found(analyze(WIDGET, surroundings=among(other))) == []


def test_a_definition_in_another_file_tells_where_pods_are() -> None:
    assert PRIVILEGED in found(analyze(WIDGET, surroundings=among(DEFINITION)))


def test_a_definition_in_the_text_tells_where_pods_are() -> None:
    for text in (f"{DEFINITION}---\n{WIDGET}", f"{WIDGET}---\n{DEFINITION}"):
        assert "privileged-container" in {slug for _, slug in found(analyze(text))}


def test_the_settings_tell_where_pods_are() -> None:
    settings = Settings(custom_resources=(OWN,))
    assert PRIVILEGED in found(analyze(WIDGET, settings))
    assert PRIVILEGED in found(analyze(WIDGET, settings, surroundings=among(OTHER)))


def test_what_was_asked_of_a_kind_no_longer_holds() -> None:
    alone = analyze(WIDGET)
    reach = analyze(WIDGET, surroundings=among(DEFINITION)).context.facts.reach
    assert not still_holds(asked_in(alone), reach)
    assert still_holds(asked_in(alone), alone.context.facts.reach)


STATES = [
    (text, settings, around)
    for text, settings, around in product(
        (
            WIDGET,
            WIDGET.replace("true", "false"),
            f"{DEFINITION}---\n{WIDGET}",
            f"{WIDGET}---\n{OTHER}---\n{WIDGET}",
        ),
        (Settings(), Settings(custom_resources=(OWN,))),
        (NO_SURROUNDINGS, among(DEFINITION), among(OTHER)),
    )
]


def test_each_state_is_the_same_after_any_other() -> None:
    fresh = [
        found(analyze(text, settings, surroundings=around)) for text, settings, around in STATES
    ]
    for text, settings, around in STATES:
        before = analyze(text, settings, surroundings=around)
        for (later, chosen, others), expected in zip(STATES, fresh, strict=True):
            after = update(before, later, settings=chosen, surroundings=others)
            assert found(after) == expected
            assert all(unit.is_checked for unit in after.units)


def test_typing_in_a_kind_that_is_described() -> None:
    around = among(DEFINITION)
    analysis = analyze(WIDGET, surroundings=around)
    text = WIDGET
    for typed in ("runner2", "runner23", "runner234", "runner"):
        text = text.replace(text.split("    name: ")[1].split("\n")[0], typed, 1)
        analysis = update(analysis, text)
        assert found(analysis) == found(analyze(text, surroundings=around))
    for value in ("tru", "tr", "true", "false", "true"):
        text = text.rpartition("privileged: ")[0] + f"privileged: {value}\n"
        analysis = update(analysis, text)
        assert found(analysis) == found(analyze(text, surroundings=around))
