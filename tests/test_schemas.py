"""Which places of a definition's schema hold core types, and what they lack."""

import json
import textwrap

import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.facts import DefinitionFacts
from k8s_lsp.kubernetes.fields import root_field
from k8s_lsp.kubernetes.places import EXACT, CorePlace, Handling
from k8s_lsp.kubernetes.queries import Asked, Reach, defined_places_of, still_holds
from k8s_lsp.kubernetes.schemas import defined_places, places_in, united
from k8s_lsp.syntax.parse import parse
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import FilePlace, Index

SECURITY = "allowPrivilegeEscalation capabilities privileged runAsNonRoot runAsUser seccompProfile"
CONTAINER = "args command env envFrom image name ports resources volumeMounts"


def fields(names: str, **schemas: str) -> str:
    """A schema in flow style: of fields by their names, and of those with schemas of their own."""
    each = [f"{name}: {{type: string}}" for name in names.split()]
    each += [f"{name}: {schema}" for name, schema in schemas.items()]
    return f"{{properties: {{{', '.join(each)}}}}}"


def items(schema: str) -> str:
    """A list of what a schema describes."""
    return f"{{type: array, items: {schema}}}"


AMOUNTS = "{additionalProperties: {type: string}}"
CONTAINERS = items(fields(CONTAINER))
POD = fields(
    "hostNetwork hostPID nodeSelector restartPolicy serviceAccountName tolerations volumes",
    containers=CONTAINERS,
)
SOURCES = "{properties: {configMapKeyRef: {}, secretKeyRef: {}, fieldRef: {}}}"


def places_of(spec: str) -> tuple[CorePlace, ...]:
    """The places of a kind with that schema of its `spec`."""
    text = f"properties: {{apiVersion: {{}}, kind: {{}}, metadata: {{}}, spec: {spec}}}"
    return places_in(root_field(parse(text).roots[0]))


def found(spec: str) -> dict[str, str]:
    """The types at the places, by their paths below `spec`."""
    return {".".join(place.path[1:]): place.type for place in places_of(spec)}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (fields("size", a=fields("metadata", spec=POD)), {"a": "PodTemplateSpec"}),
        (fields("", a=fields("", spec=POD)), {"a": "PodTemplateSpec"}),
        (fields("", a=fields("apiVersion kind status", spec=POD)), {"a": "PodTemplateSpec"}),
        (fields("", podSpec=POD), {"podSpec": "PodSpec"}),
        (fields("", tasks=items(fields("name", template=fields("metadata", spec=POD)))),
         {"tasks.[].template": "PodTemplateSpec"}),
        (fields("", roles=f"{{additionalProperties: {POD}}}"), {"roles.{}": "PodSpec"}),
        (fields("", sidecars=CONTAINERS), {"sidecars.[]": "Container"}),
        (fields("", step=fields("args command env image script volumeMounts timeout")),
         {"step": "Container"}),
        # What the controller makes a container of is none.
        (fields("", exporter=fields("args env image imagePullPolicy repository version")), {}),
        (fields("args command env image imagePullSecrets resources nodeSelector"), {}),
        # Azure has containers of its own.
        (fields("", c=fields("command image name ports resources environmentVariables")), {}),
        (fields("", a=fields(SECURITY)), {"a": "SecurityContext"}),
        (fields("", a=fields("fsGroup runAsNonRoot runAsUser")), {"a": "PodSecurityContext"}),
        (fields("", a=fields(f"{SECURITY} fsGroup")), {"a": "AnySecurityContext"}),
        (fields("", a=fields("runAsGroup runAsUser")), {}),
        (fields("", a=fields(f"{SECURITY} strategy")), {}),
        (fields("", r=fields("", limits=AMOUNTS, requests=AMOUNTS)), {"r": "ResourceRequirements"}),
        (fields("", r=fields("limits requests")), {}),
        (fields("accessModes", r=fields("", limits=AMOUNTS, requests=AMOUNTS)), {}),
        (fields("", v=items(fields("name emptyDir hostPath secret"))), {"v.[]": "Volume"}),
        (fields("", v=fields("emptyDir hostPath persistentVolumeClaim")), {"v": "VolumeSource"}),
        (fields("", v=fields("secret configMap persistentVolumeClaim")), {}),
        (fields("", m=items(fields("name mountPath readOnly"))), {"m.[]": "VolumeMount"}),
        (fields("", e=items(fields("name value", valueFrom=SOURCES))), {"e.[]": "EnvVar"}),
        (fields("", e=fields("name value", valueFrom=SOURCES)), {}),
        (fields("", headers=items(fields("name value", valueFrom=fields("secretKeyRef")))), {}),
        (fields("", e=items(fields("configMapRef secretRef prefix"))), {"e.[]": "EnvFromSource"}),
        (fields("", kubeConfig=fields("configMapRef secretRef")), {}),
        (fields("", rules=items(fields("apiGroups resources verbs"))), {"rules.[]": "PolicyRule"}),
        (fields("", rules=items(fields("resources verbs"))), {}),
        (fields("", resource="{x-kubernetes-embedded-resource: true}"), {"resource": "Object"}),
        (fields("", secretRef="{x-kubernetes-embedded-resource: true}"), {}),
        (fields("", jobTemplate=fields("", spec=fields("parallelism backoffLimit"))), {}),
    ],
)  # fmt: skip
def test_types_are_told_by_their_fields(spec: str, expected: dict[str, str]) -> None:
    assert found(spec) == expected


def test_a_host_has_places_of_its_own() -> None:
    spec = fields("image replicas version", containers=CONTAINERS, securityContext=fields(SECURITY))
    assert [(".".join(place.path), place.type) for place in places_of(spec)] == [
        ("spec", "PodHost"),
        ("spec.containers.[]", "Container"),
        ("spec.securityContext", "SecurityContext"),
    ]


def test_what_a_container_has_beside_its_fields_is_looked_into() -> None:
    limits = fields("", limits=AMOUNTS, requests=AMOUNTS)
    env = items(fields("name value", valueFrom=SOURCES))
    steps = items(fields("args command image name script", computeResources=limits, env=env))
    assert found(fields("", steps=steps)) == {
        "steps.[]": "Container",
        "steps.[].computeResources": "ResourceRequirements",
    }


def test_nothing_is_sought_in_what_a_controller_reports() -> None:
    schema = textwrap.dedent(f"""
        properties:
          spec: {{properties: {{replicas: {{}}}}}}
          status: {fields("", template=fields("metadata", spec=POD))}
    """)
    assert places_in(root_field(parse(schema).roots[0])) == ()


def test_what_a_schema_lacks_is_absent() -> None:
    (place,) = places_of(fields("", context=fields(SECURITY)))
    assert "procMount" in place.absent
    assert "privileged" not in place.absent
    (place,) = places_of(fields("", sidecars=CONTAINERS))
    assert {"securityContext", "livenessProbe"} <= place.absent
    (place,) = places_of(fields("", template=fields("", spec=POD)))
    assert {"metadata", "securityContext", "containers[].securityContext"} <= place.absent


def test_nothing_is_absent_where_whatever_stands_there_is_kept() -> None:
    schema = fields(SECURITY)[:-1] + ", x-kubernetes-preserve-unknown-fields: true}"
    (place,) = places_of(fields("", context=schema))
    assert place.absent == frozenset()


def test_a_schema_is_looked_into_to_a_depth() -> None:
    schema = fields(SECURITY)
    for _ in range(60):
        schema = f"{{properties: {{a: {schema}}}}}"
    assert places_of(schema) == ()


# Definitions, as texts.


def definition(*versions: tuple[str, str], group: str = "example.com", kind: str = "Widget") -> str:
    """A definition of a kind, with the schema of `spec` in each version, as machines write it."""
    head = f"""\
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: {kind.lower()}s.{group}
        spec:
          group: {group}
          names:
            # The words of people.
            plural: {kind.lower()}s
            kind: {kind}
          scope: Namespaced
          versions:
        """
    return textwrap.dedent(head) + "".join(
        f"  - name: {name}\n    schema:\n      openAPIV3Schema:\n        description: |-\n"
        f"          What it is: this.\n\n          containers:\n        properties:\n"
        f"          spec:\n            type: object\n            description: Its\n"
        f"              properties\n            properties:\n{textwrap.indent(spec, ' ' * 14)}"
        for name, spec in versions
    )


def block(schemas: str) -> str:
    """Schemas in block style."""
    return yaml.safe_dump(yaml.safe_load(schemas))


OLD = block(f"context: {fields('fsGroup runAsNonRoot runAsUser')}")
NEW = block(f"sidecars: {CONTAINERS}")
PADDING = "".join(f"field{number}:\n  type: string\n" for number in range(400))
EXACT_PLACES = {
    "v1alpha1": [(("spec", "context"), "PodSecurityContext")],
    "v1": [(("spec", "sidecars", "[]"), "Container")],
}


def detail_of(text: str, index: int = 0) -> DefinitionFacts:
    """What the definition in a text tells."""
    analysis = analyze(text)
    detail = [fact for unit in analysis.units for fact in unit.facts][index].detail
    assert isinstance(detail, DefinitionFacts)
    return detail


def told(detail: DefinitionFacts, version: str) -> list[tuple[tuple[str, ...], str]] | None:
    """The places and types that a definition tells for a version."""
    places = defined_places(detail.text, detail.group, detail.kind, version)
    return None if places is None else [(place.path, place.type) for place in places]


@pytest.mark.parametrize("padding", ["", PADDING], ids=["read", "skipped"])
def test_a_definition_tells_the_places_of_its_versions(padding: str) -> None:
    text = definition(("v1alpha1", OLD + padding), ("v1", NEW + padding))
    detail = detail_of(text)
    assert (detail.group, detail.kind) == ("example.com", "Widget")
    for version, expected in EXACT_PLACES.items():
        assert told(detail, version) == expected
    assert told(detail, "v2") is None


def test_a_large_definition_is_still_not_read() -> None:
    (unit,) = analyze(definition(("v1", NEW + PADDING))).units
    assert not unit.objects[0].get("spec", "group").present


def test_a_packed_text_tells_the_same() -> None:
    text = definition(("v1", NEW + PADDING))
    (facts,) = facts_of_text("/w/crd.yaml", text).objects
    assert isinstance(facts.detail, DefinitionFacts)
    assert isinstance(facts.detail.text, bytes)
    assert len(facts.detail.text) < len(text) / 5
    assert told(facts.detail, "v1") == EXACT_PLACES["v1"]


def test_a_definition_without_core_types_takes_no_space() -> None:
    assert detail_of(definition(("v1", "replicas: {type: integer}\n"))).text == ""


def test_definitions_stand_in_lists_in_json_and_in_templates() -> None:
    text = definition(("v1", NEW))
    widget = textwrap.indent(text, "  ")
    other = textwrap.indent(definition(("v1", OLD), kind="Gadget"), "  ")
    both = f"apiVersion: v1\nkind: List\nitems:\n-{widget[1:]}-{other[1:]}"
    assert told(detail_of(both), "v1") == EXACT_PLACES["v1"]
    assert told(detail_of(both, 1), "v1") == EXACT_PLACES["v1alpha1"]
    as_json = json.dumps(yaml.safe_load(text))
    assert told(detail_of(as_json), "v1") == EXACT_PLACES["v1"]
    template = text.replace("metadata:\n", "metadata:\n  labels:\n    {{- include `labels` . }}\n")
    assert told(detail_of(template), "v1") == EXACT_PLACES["v1"]


def test_there_was_one_schema_for_all_versions() -> None:
    text = f"""\
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {{name: widgets.example.com}}
spec:
  group: example.com
  names: {{kind: Widget}}
  versions: [{{name: v1}}, {{name: v2}}]
  validation:
    openAPIV3Schema: {fields("", spec=fields("", sidecars=CONTAINERS))}
"""
    assert told(detail_of(text), "v1") == told(detail_of(text), "v2") == EXACT_PLACES["v1"]
    text = text.replace("versions: [{name: v1}, {name: v2}]", "version: v1")
    assert told(detail_of(text), "v1") == EXACT_PLACES["v1"]
    assert told(detail_of(text), "v2") is None


# Among other files.


def reach_of(text: str, **others: str) -> Reach:
    """What a text can be judged by among other files of one folder."""
    place = {name: FilePlace(f"/w/{name}.yaml", "/w/") for name in ("own", *others)}
    index = Index().updated(
        {place[name]: facts_of_text(place[name].path, other) for name, other in others.items()}
    )
    own = tuple(fact for unit in analyze(text).units for fact in unit.facts)
    return Reach(own, index.surroundings(place["own"]))


WIDGET = ("example.com", "Widget", "v1")


def test_the_definition_of_a_kind_is_found_in_other_files() -> None:
    crd = definition(("v1", NEW))
    places = defined_places_of(reach_of("", crd=crd), *WIDGET)
    assert places is not None
    assert [place.path for place in places] == [("spec", "sidecars", "[]")]
    for other in (definition(("v1beta1", NEW)), definition(("v1", NEW), group="example.org")):
        assert defined_places_of(reach_of("", crd=other), *WIDGET) is None


def test_the_definition_in_the_text_counts_before_that_of_others() -> None:
    places = defined_places_of(
        reach_of(definition(("v1", OLD)), crd=definition(("v1", NEW))), *WIDGET
    )
    assert places is not None
    assert [place.type for place in places] == ["PodSecurityContext"]


def test_an_answer_holds_until_the_places_are_others() -> None:
    asked: Asked = {
        (defined_places_of, WIDGET): defined_places_of(
            reach_of("", a=definition(("v1", NEW))), *WIDGET
        )
    }
    assert still_holds(asked, reach_of("", a=definition(("v1", "size: {type: integer}\n" + NEW))))
    assert not still_holds(asked, reach_of("", a=definition(("v1", OLD))))
    assert not still_holds(asked, reach_of(""))


def test_a_definition_adds_to_what_is_known_of_a_kind() -> None:
    overlay = Handling("overlay")
    known = (
        CorePlace(("spec", "template"), "PodTemplateSpec", overlay),
        CorePlace(("spec", "open"), "PodSpec", overlay),
    )
    absent = frozenset({"metadata"})
    defined = (
        CorePlace(("spec", "template"), "PodTemplateSpec", EXACT, absent),
        CorePlace(("spec", "open", "containers", "[]"), "Container"),
        CorePlace(("spec", "sidecars", "[]"), "Container"),
    )
    assert united(known, defined) == (
        CorePlace(("spec", "template"), "PodTemplateSpec", overlay, absent),
        known[1],
        defined[2],
    )
