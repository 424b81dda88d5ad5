"""The names of the API's fields are those of the schemas that kubernetes-validate brings along."""

import json
import textwrap
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from k8s_lsp.kubernetes import api_fields
from k8s_lsp.kubernetes.api_fields import FIELDS
from k8s_lsp.kubernetes.field_names import security_fields
from k8s_lsp.kubernetes.workloads import POD_PLACES
from tests.conftest import absent

MODULE = Path(api_fields.__file__)
HEAD = "# Generated from here on: python -m pytest tests/test_field_names.py --update\n"
LEVELS = """
    AppArmorProfile Capabilities ConfigMapVolumeSource Container CronJob CronJobSpec DaemonSet
    DaemonSetSpec Deployment DeploymentSpec EmptyDirVolumeSource EphemeralContainer
    HostPathVolumeSource Job JobSpec JobTemplateSpec ObjectMeta Pod PodSecurityContext PodSpec
    PodTemplate PodTemplateSpec ProjectedVolumeSource ReplicaSet ReplicaSetSpec
    ReplicationController ReplicationControllerSpec ResourceRequirements SELinuxOptions
    SeccompProfile SecretVolumeSource SecurityContext ServiceAccount StatefulSet StatefulSetSpec
    Volume VolumeMount WindowsSecurityContextOptions
""".split()


def test_the_table_is_current(update: bool) -> None:
    written, _, table = MODULE.read_text(encoding="utf-8").partition(HEAD)
    schemas = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    versions = sorted(path.name for path in schemas.glob("v1.*-local"))
    if versions[-1] != "v1.37.0-local" or versions[0] != "v1.25.0-local":
        absent("schemas", f"the table is of 1.25 to 1.37, kubernetes-validate has {versions}")
    expected = table_of([schemas / version / "_definitions.json" for version in versions])
    if update:
        MODULE.write_text(written + HEAD + expected, encoding="utf-8")
    else:
        assert table == expected, "run: python -m pytest tests/test_field_names.py --update"


def table_of(definitions: list[Path]) -> str:
    """The source of the table: all the names that any of the versions has."""
    fields: dict[str, dict[str, str]] = {level: {} for level in LEVELS}
    for path in definitions:
        for name, schema in json.loads(path.read_text(encoding="utf-8"))["$defs"].items():
            level = name.rpartition(".")[2]
            if level in fields and name.startswith(("io.k8s.api.", "io.k8s.apimachinery.")):
                for field, inner in schema["properties"].items():
                    fields[level][field] = level_of(inner)
    parts = ["FIELDS: Final = _read(\n    {\n"]
    for level, names in fields.items():
        words = (f"{name}:{deeper}" if deeper else name for name, deeper in sorted(names.items()))
        lines = textwrap.wrap(" ".join(words), 87, break_long_words=False, break_on_hyphens=False)
        parts.append(f'        "{level}": """\n')
        parts += (f"            {line}\n" for line in lines)
        parts.append('        """,\n')
    parts.append("    }\n)\n")
    return "".join(parts)


def level_of(schema: dict[str, Any]) -> str:
    """The level that a field leads to, directly or as a list; empty where the table ends."""
    reference = schema.get("$ref") or (schema.get("items") or {}).get("$ref") or ""
    level = reference.rpartition(".")[2]
    return level if level in LEVELS else ""


def test_every_kind_with_a_pod_leads_to_its_pod_spec() -> None:
    for kind, place in POD_PLACES.items():
        level = kind
        for name in (*place.template, "spec"):
            level = FIELDS[level][str(name)]
        assert level == "PodSpec"


@pytest.mark.parametrize("level", FIELDS)
def test_security_fields_are_fields(level: str) -> None:
    assert security_fields(level) <= FIELDS[level].keys()
