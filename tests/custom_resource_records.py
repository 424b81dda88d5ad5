"""The table of places made from those that were collected: what is changed, and why."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.kubernetes import custom_resources
from k8s_lsp.kubernetes.custom_resources import CODES, WORDS

Record = dict[str, Any]

TABLE, CONTROLLERS = (
    Path(custom_resources.__file__).with_name(name)
    for name in ("custom_resources.txt", "controllers.txt")
)
"""The places, which are mined from schemas, and what controllers do, which people read."""

TYPES = {
    "Container+": "Container",
    "PodSpec+": "PodSpec",
    "PodSpecLike": "PodHost",
    "SecurityContext+PodSecurityContext": "AnySecurityContext",
}
"""The types that were collected under a name of their own; + has fields beside those of the type.
"""

CODE_OF: dict[str, str] = {type: code for code, type in CODES.items() if code != WORDS}
"""The code of each type."""

POD_SCALARS = frozenset(
    "automountServiceAccountToken hostIPC hostNetwork hostPID hostUsers runtimeClassName"
    " serviceAccount serviceAccountName shareProcessNamespace".split()
)
"""The fields of a pod spec that were collected by their names."""

POD_FIELDS = POD_SCALARS | frozenset(
    "containers ephemeralContainers initContainers securityContext volumes".split()
)
"""The fields of a pod spec of which each host has some."""

POD_PARTS = {
    "containers[]": "Container",
    "ephemeralContainers[]": "Container",
    "initContainers[]": "Container",
    "securityContext": "PodSecurityContext SecurityContext+PodSecurityContext",
    "volumes[]": "Volume",
}
"""The places beside each other by which an object holds a part of a pod spec, and their types."""

CONTAINER_PARTS = "resources securityContext env[] envFrom[] volumeMounts[]".split()
"""The places of a container that go without saying."""

LEFT_OUT = {
    ("acme.cert-manager.io", "challenge"): "cert-manager makes it from an Issuer",
    ("actions.github.com", "autoscalinglistener"): "the controller makes it",
    ("app.azure.com", "containerapp"): "it runs in the cloud and is no pod",
    ("app.azure.com", "job"): "it runs in the cloud and is no pod",
    ("apps.kruise.io", "imagepulljob"): "it pulls images and runs none",
    ("containerinstance.azure.com", "containergroup"): "it runs in the cloud and is no pod",
    (
        "machinelearningservices.azure.com",
        "workspacescompute",
    ): "it runs in the cloud and is no pod",
    ("run.cnrm.cloud.google.com", "runjob"): "it runs in the cloud and is no pod",
    ("run.cnrm.cloud.google.com", "runservice"): "it runs in the cloud and is no pod",
}
"""The kinds that nobody writes, or that have no pods."""


class NoPlace(NamedTuple):
    """What was taken for a place of a pod and is none, by the end of its path, and the reason."""

    group: str
    end: str
    reason: str


NO_PLACES = (
    NoPlace(
        "argoproj.io",
        "containerSet",
        "its containers are those of the template, which is the host of the pod",
    ),
    NoPlace(
        "argoproj.io",
        "executorPlugins[].spec.sidecar",
        "it is a container's, and the token is that of the plugin, which is off by itself",
    ),
    NoPlace(
        "flink.apache.org",
        "Manager.resources",
        "Flink reads its memory by units of its own, m for mebibytes, and sets the limits itself",
    ),
    NoPlace(
        "keda.sh",
        "hashiCorpVault.credential",
        "it names the account by which the operator asks a vault",
    ),
    NoPlace(
        "operators.coreos.com",
        "ermissions[]",
        "it names the account to which rules are given",
    ),
    NoPlace(
        "operators.coreos.com",
        "relatedImages[]",
        "it lists for mirrors what the deployments and the operator name",
    ),
)


ADDED: list[Record] = [
    {
        "group": group,
        "kind": kind,
        "versions": ["v1"],
        "project": "Altinity/clickhouse-operator",
        "commit": "50e8d0490678185f290336acbdfbf9534d60367d",
        "source": "deploy/operator/parts/crd.yaml",
        "places": [
            {"path": "spec.templates.podTemplates[].spec", "type": "PodSpec", "complete": True}
        ],
    }
    for group, kind in (
        ("clickhouse.altinity.com", "ClickHouseInstallation"),
        ("clickhouse.altinity.com", "ClickHouseInstallationTemplate"),
        ("clickhouse-keeper.altinity.com", "ClickHouseKeeperInstallation"),
    )
]
"""What was not collected, and was read later: kinds of which people take something else for a pod.

Their schemas leave open what a pod has, which PodTemplate in the Go types tells
(pkg/apis/clickhouse.altinity.com/v1/type_templates.go), and drop a template in a replica.
"""


def records(corpora: Path) -> list[Record]:
    """What was collected, as it is, and what was added."""
    file = corpora / "custom-resources" / "custom_resources.json"
    found: list[Record] = json.loads(file.read_text(encoding="utf-8"))
    return found + ADDED


def key_of(record: Record) -> tuple[str, str]:
    """The group and the kind, as the table has them."""
    return record["group"].lower(), record["kind"].lower()


def table_of(collected: list[Record]) -> str:
    """The text of the table: the sets of absent fields, and a line for each kind."""
    sets: dict[tuple[str, ...], int] = {}
    rows: dict[tuple[str, str], list[str]] = {}
    for record in sorted(collected, key=_order):
        if key_of(record) in LEFT_OUT:
            continue
        versions = ",".join(sorted(record["versions"], key=_age))
        places = [_place_text(*place, sets) for place in places_of_record(record)]
        rows.setdefault(key_of(record), []).append(" ".join((versions, *places)))
    lines = [
        f"{' '.join(key)}  {' ; '.join(schemas)}"
        for key, schemas in rows.items()
        if any(" " in schema for schema in schemas)
    ]
    return "\n".join((" ".join(map(",".join, sets)), *lines)) + "\n"


def _order(record: Record) -> tuple[tuple[str, str], tuple[int, ...]]:
    return key_of(record), min(map(_age, record["versions"]))


def _age(version: str) -> tuple[int, ...]:
    """Newest first, as the API server prefers them: v2, v1, v1beta2, v1beta1, v1alpha1.

    Source: CompareKubeAwareVersionStrings in version/helpers.go of k8s.io/apimachinery.
    """
    for rank, word in enumerate(("beta", "alpha", "api")):
        major, found, minor = version[1:].partition(word)
        if found:
            return rank + 1, -int(major), -int(minor)
    return 0, -int(version[1:]), 0


def _place_text(
    path: str, code: str, absent: frozenset[str], sets: dict[tuple[str, ...], int]
) -> str:
    if not absent:
        return f"{path}:{code}"
    number = sets.setdefault(tuple(sorted(absent)), len(sets))
    return f"{path}:{code}{number}"


def places_of_record(record: Record) -> Iterator[tuple[str, str, frozenset[str]]]:
    """The path, the code and the absent fields of each place that the table has."""
    places = [
        place
        for place in record["places"]
        if not any(
            record["group"] == each.group and place["path"].endswith(each.end) for each in NO_PLACES
        )
    ]
    types = {each["path"]: each["type"] for each in places if each["type"] != "strings"}
    names = {each["path"]: each["names"] for each in places if each["type"] == "strings"}
    has = {each["path"]: each.get("fields", ()) for each in places}
    missing = {each["path"]: each.get("absent", ()) for each in places if each["type"] != "strings"}
    for place in places:
        path, type = place["path"], TYPES.get(place["type"], place["type"])
        absent = frozenset(place.get("absent", ()))
        above, _, last = path.rpartition(".")
        if type == "ServiceSpec":
            continue
        if type == "strings":
            if types.get(path) != "PodSpecLike" and POD_SCALARS & {*names[path]}:
                yield path, _host_code(path, types), _lacks(path, types, names[path])
            if "image" in names[path] and not _is_container(path, types) and _runs(record, place):
                yield f"{path}.image", CODE_OF["Image"], frozenset()
        elif type == "PodHost":
            given = (*has[path], *names.get(path, ()))
            below = {field for field in absent if "." in field}
            yield path, CODE_OF[type], _lacks(path, types, given) | below
        elif not (
            _is_container(above, types)
            and last in CONTAINER_PARTS
            and last.removesuffix("[]") not in missing.get(above, ())
        ):
            yield path, CODE_OF[type], absent


def _is_container(path: str, types: dict[str, str]) -> bool:
    return types.get(path) in ("Container", "Container+")


def _lacks(path: str, types: dict[str, str], given: Any) -> frozenset[str]:
    """The fields of a pod spec that a host has neither by its names nor as places."""
    return POD_FIELDS - {*given} - {part.removesuffix("[]") for part in _parts(path, types)}


def _parts(path: str, types: dict[str, str]) -> list[str]:
    return [
        part for part, wanted in POD_PARTS.items() if types.get(f"{path}.{part}") in wanted.split()
    ]


def _host_code(path: str, types: dict[str, str]) -> str:
    """Whether it holds a pod, or only says a thing or two of one."""
    holds_pod = not {"containers[]", "securityContext"}.isdisjoint(_parts(path, types))
    return CODE_OF["PodHost"] if holds_pod else WORDS


def _runs(record: Record, place: Record) -> bool:
    """Whether the name `image` is that of an image that a pod of the cluster runs.

    It may be that of a machine, of a catalogue or of a disk. It is sure where a person read what
    the controller does, and where other fields of a pod or of a container stand beside it.
    """
    beside = POD_SCALARS | {"imagePullPolicy"}
    return "class" in record or not beside.isdisjoint(place["names"])
