"""Which places of a definition's schema hold core types, and what they lack."""

import textwrap

import pytest

from k8s_lsp.kubernetes.fields import root_field
from k8s_lsp.kubernetes.places import CorePlace
from k8s_lsp.kubernetes.schemas import places_in
from k8s_lsp.syntax.parse import parse

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
