"""Where custom resources hold core types: the tables, and what is found by them in a text."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from k8s_lsp.kubernetes.custom_resources import CODES, HANDLINGS, MERGES, merging_of, places_of
from k8s_lsp.kubernetes.fields import fields_at, path_text, root_field
from k8s_lsp.kubernetes.places import (
    AS_WRITTEN,
    ITEMS,
    VALUES,
    CorePlace,
    Handling,
    Merging,
    Pattern,
    PlaceType,
)
from k8s_lsp.syntax.parse import parse
from tests.custom_resource_records import (
    ADDED,
    CONTAINER_PARTS,
    CONTROLLERS,
    LEFT_OUT,
    NO_PLACES,
    POD_FIELDS,
    TABLE,
    TYPES,
    key_of,
    records,
    table_of,
)

TEXT = """\
spec:
  template: &template
    image: nginx
  groups:
  - name: one
    template: {image: a}
  - name: two
  - template: *template
  tiers:
    web: {image: b}
    <<: {db: {image: c}}
  empty:
  helm: {{ .Values.helm }}
"""


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ((), [""]),
        (("spec", "template"), ["spec.template"]),
        (
            ("spec", "groups", ITEMS, "template", "image"),
            ["spec.groups[0].template.image", "spec.groups[2].template.image"],
        ),
        (("spec", "tiers", VALUES), ["spec.tiers.web", "spec.tiers.db"]),
        (("spec", "tiers", VALUES, "image"), ["spec.tiers.web.image", "spec.tiers.db.image"]),
        # What is absent, null, or of another form than the pattern has, holds nothing.
        (("spec", "lost", ITEMS), []),
        (("spec", "empty"), []),
        (("spec", "groups", VALUES), []),
        (("spec", "tiers", ITEMS), []),
        (("spec", "groups", "template"), []),
        (("spec", "template", "image", "name"), []),
        # What a template writes may be anything: it stands there, and nothing is below it.
        (("spec", "helm"), ["spec.helm"]),
        (("spec", "helm", ITEMS), []),
    ],
)
def test_a_pattern_finds_the_fields_that_are_there(pattern: Pattern, found: list[str]) -> None:
    fields = list(fields_at(root_field(parse(TEXT).roots[0]), pattern))
    assert [path_text(each.path) for each in fields] == found
    assert all(each.present for each in fields)
    shared = [path_text(each.path) for each in fields if each.shared]
    assert shared == [each for each in found if "[2]." in each or ".db" in each]


# The tables.

LINES = [line for line in CONTROLLERS.read_text("utf-8").splitlines() if line[0] != "#"]
MERGINGS = [line for line in LINES if f" | {MERGES} " in line]
ROWS = [line for line in LINES if line not in MERGINGS]
KINDS = {
    line.partition("  ")[0]: line.partition("  ")[2].split(" ")[0].split(",")
    for line in TABLE.read_text("utf-8").splitlines()[1:]
}
SETS = "allowPrivilegeEscalation capabilities readOnlyRootFilesystem runAsNonRoot seccompProfile"


def text_of(pattern: Pattern) -> str:
    return ".".join(pattern).replace(f".{ITEMS}", ITEMS).replace(f".{VALUES}", VALUES)


def by_path(kind: str) -> dict[str, CorePlace]:
    api_version, _, name = kind.partition(" ")
    return {text_of(each.path): each for each in places_of(api_version, name)}


def at(kind: str, path: str) -> CorePlace:
    found = by_path(kind)
    assert path in found, (path, list(found))
    return found[path]


def test_the_table_is_current(corpora: Path, update: bool) -> None:
    made = table_of(records(corpora))
    if update:
        TABLE.write_text(made, encoding="utf-8")
    written = TABLE.read_text(encoding="utf-8")
    assert written == made, "run: python -m pytest tests/test_custom_resources.py --update"


def test_the_places_are_those_that_were_collected(corpora: Path) -> None:
    """Each place of a pod, and each that is not told by the type of the place above it."""
    checked = 0
    for record in records(corpora):
        if key_of(record) in LEFT_OUT:
            continue
        for version in record["versions"]:
            found = by_path(f"{record['group']}/{version} {record['kind']}")
            containers = {
                place["path"]
                for place in record["places"]
                if place["type"] in ("Container", "Container+")
            }
            for place in record["places"]:
                path, type = place["path"], TYPES.get(place["type"], place["type"])
                above, _, last = path.rpartition(".")
                if (
                    type in ("strings", "ServiceSpec")
                    or (last in CONTAINER_PARTS and above in containers)
                    or any(
                        (record["group"], path[-len(each.end) :]) == each[:2] for each in NO_PLACES
                    )
                ):
                    continue
                assert found[path].type == type, (record["kind"], path)
                assert found[path].absent >= {*place.get("absent", ())}
                checked += 1
    assert checked > 3000


def test_what_is_no_place_of_a_pod_was_collected_for_one(corpora: Path) -> None:
    collected = records(corpora)
    for each in NO_PLACES:
        paths = [
            place["path"]
            for record in collected
            if record["group"] == each.group
            for place in record["places"]
        ]
        assert any(path.endswith(each.end) for path in paths), each
        assert len(each.reason.split()) > 5
    assert {key_of(record) for record in collected} > {*LEFT_OUT}


def test_every_line_can_be_read() -> None:
    for key, versions in KINDS.items():
        group, _, kind = key.partition(" ")
        for version in (*versions, "v99"):
            for place in places_of(f"{group}/{version}", kind):
                where = key, version, place
                assert place.path[0] not in (ITEMS, VALUES), where
                assert all(re.fullmatch(r"\w+|\[\]|\{\}", name) for name in place.path), where
                if place.type == "PodHost":
                    assert {each for each in place.absent if "." not in each} < POD_FIELDS, where
                assert place.type != "Image" or place.path[-1] == "image", where


def test_every_type_has_a_code_and_occurs() -> None:
    types = {*get_args(PlaceType)} - {"HelmImage", "HelmAccount"}
    assert {*CODES.values()} == types
    places = [place for key in KINDS for place in places_of(f"{key.split()[0]}/v1", key.split()[1])]
    counts = Counter(place.type for place in places)
    assert {*counts} == types
    assert counts["PodTemplateSpec"] >= 109
    assert counts["Container"] >= 380
    assert len(KINDS) >= 338


@pytest.mark.parametrize("row", ROWS)
def test_every_line_of_a_controller_says_what_it_must(row: str) -> None:
    kinds, words, because, source = (each.strip() for each in row.split("|"))
    group, names = kinds.split(" ")
    assert [name for name in names.split(",") if f"{group} {name}" not in KINDS] == []
    kind, *more = words.split(" ")
    assert kind in HANDLINGS
    given = dict(each.partition("=")[::2] for each in more)
    assert {*given} <= {*"at own refused pod container replaces empty no-token".split()}
    assert {*(given.get("pod", "") + "," + given.get("container", "")).split(",")} <= {
        *SETS.split(),
        "",
    }
    if kind == "hardened":
        assert "pod" in given or "container" in given
    assert not because or (because[-1] != "." and len(because.split()) > 4)
    assert len(source.split()) >= 2
    paths = [place.path for name in names.split(",") for place in places_of(f"{group}/v1", name)]
    for name in given.get("at", "").split(","):
        assert not name or any(name in path for path in paths) or name in V1ALPHA2_ONLY, name


@pytest.mark.parametrize("row", MERGINGS)
def test_every_line_of_what_is_merged_can_be_read(row: str) -> None:
    kinds, words, because, source = (each.strip() for each in row.split("|"))
    group, names = kinds.split(" ")
    assert [name for name in names.split(",") if f"{group} {name}" not in KINDS] == []
    given = dict(each.partition("=")[::2] for each in words.split(" ")[1:])
    assert {*given} <= {*Merging._fields}
    assert all(given.values())
    for name in names.split(","):
        merging = merging_of(f"{group}/v1", name)
        told = {key: value for key, value in merging._asdict().items() if value}
        assert {*told} == {*given}
    assert not because
    assert len(source.split()) >= 2


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("tekton.dev/v1", "Task", {"base": "stepTemplate", "below": "taskSpec"}),
        ("tekton.dev/v1beta1", "TASKRUN", {"unless": ("spec", "taskRunSpecs")}),
        (
            "tekton.dev/v1",
            "PipelineRun",
            {"pods": (("spec", "podTemplate"), ("spec", "taskRunTemplate", "podTemplate"))},
        ),
        ("argoproj.io/v1alpha1", "CronWorkflow", {"typed": ("container", "script"), "base": ""}),
        ("flink.apache.org/v1beta1", "FlinkDeployment", {"layers": ("jobManager", "taskManager")}),
        ("apps.kruise.io/v1alpha1", "SidecarSet", {"measured": "resourcesPolicy"}),
        # Others of their groups, and those of Kubernetes, have nothing of it.
        ("argoproj.io/v1alpha1", "Rollout", Merging()._asdict()),
        ("apps.kruise.io/v1alpha1", "CloneSet", Merging()._asdict()),
        ("example.com/v1", "Task", Merging()._asdict()),
        ("tekton.dev", "Task", Merging()._asdict()),
        ("batch/v1", "Job", Merging()._asdict()),
        ("v1", "Pod", Merging()._asdict()),
    ],
)
def test_what_parts_have_from_each_other(
    api_version: str, kind: str, expected: dict[str, object]
) -> None:
    assert merging_of(api_version, kind)._asdict().items() >= expected.items()


V1ALPHA2_ONLY = ("aix", "alibi")
"""Explainers of an InferenceService that later versions do not have."""

CLASSES = {"a": "exact", "c": "exact", "n": "overlay", "b": "hardened"}

EXCEPTIONS = {
    ("postgresql.cnpg.io", "pooler"): "its written security contexts are ignored",
    ("monitoring.coreos.com", "prometheus"): "the pod's is passed through, without a default",
    ("monitoring.coreos.com", "prometheusagent"): "the pod's is passed through",
    ("monitoring.coreos.com", "alertmanager"): "the pod's is passed through",
    ("monitoring.coreos.com", "thanosruler"): "the pod's is passed through",
}
"""The kinds whose line says something else than the class that was collected, and why."""


def test_the_controllers_do_what_was_read(corpora: Path) -> None:
    said: dict[tuple[str, str], str] = {}
    for row in ROWS:
        kinds, words, *_ = row.split(" | ")
        group, names = kinds.split(" ")
        for name in names.split(","):
            # The last line of a kind is what is so where no other counts.
            said[(group, name)] = words.split(" ")[0]
    read = {key_of(each): each["class"] for each in records(corpora) if "class" in each}
    assert Counter(read.values()) == {"a": 55, "n": 55, "b": 26, "c": 10, "i": 6}
    for key, letter in read.items():
        if key in LEFT_OUT:
            assert key not in said
        elif letter == "i":
            assert said[key] == "written"
        elif key in EXCEPTIONS:
            assert said[key] != CLASSES[letter]
        else:
            assert said[key] == CLASSES[letter], key
    others = {key for key in said if key not in read}
    added = {*map(key_of, ADDED)}
    assert {said[key] for key in others - added} == {"written", "overlay"}
    assert {said[key] for key in added} == {"exact"}


# What is found.


def test_kinds_are_told_apart_by_their_groups() -> None:
    for api_version, kind in (
        ("apps.kruise.io/v1alpha1", "DaemonSet"),
        ("apps.kruise.io/v1beta1", "StatefulSet"),
        ("batch.volcano.sh/v1alpha1", "Job"),
        ("batch.volcano.sh/v1alpha1", "CronJob"),
        ("serving.knative.dev/v1", "Service"),
    ):
        assert places_of(api_version, kind)
    for api_version, kind in (
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
        ("v1", "Service"),
        ("v1", "Pod"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("example.com/v1", "Rollout"),
        ("argoproj.io/v1alpha1", "Application"),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        ("", ""),
        ("argoproj.io", "Rollout"),
    ):
        assert places_of(api_version, kind) == ()


def test_the_case_of_letters_does_not_matter() -> None:
    """The catalogue from which some kinds come knows their names in lower case only."""
    assert places_of("argoproj.io/v1alpha1", "rollout") == places_of(
        "ArgoProj.io/v1alpha1", "Rollout"
    )


@pytest.mark.parametrize(
    ("kind", "version", "path", "found"),
    [
        ("tekton.dev Task", "v1", "spec.steps[].computeResources", True),
        ("tekton.dev Task", "v1beta1", "spec.steps[].computeResources", False),
        # The newest stands for one that is not known, older or younger.
        ("tekton.dev Task", "v1alpha1", "spec.steps[].computeResources", True),
        ("tekton.dev Task", "v2", "spec.steps[].computeResources", True),
        ("kafka.strimzi.io Kafka", "v1beta2", "spec.zookeeper.resources", True),
        ("kafka.strimzi.io Kafka", "v1", "spec.zookeeper.resources", False),
        ("kafka.strimzi.io Kafka", "v1beta1", "spec.zookeeper.resources", False),
        ("ray.io RayCluster", "v1alpha1", "spec.autoscalerOptions.securityContext", True),
        ("ray.io RayCluster", "v1", "spec.autoscalerOptions.securityContext", False),
    ],
)
def test_the_version_chooses_the_schema(kind: str, version: str, path: str, found: bool) -> None:
    group, _, name = kind.partition(" ")
    assert (path in by_path(f"{group}/{version} {name}")) == found


@pytest.mark.parametrize(
    ("kind", "path", "type"),
    [
        ("argoproj.io/v1alpha1 Rollout", "spec.template", "PodTemplateSpec"),
        ("argoproj.io/v1alpha1 Workflow", "spec.templates[].script", "Container"),
        ("argoproj.io/v1alpha1 Workflow", "spec.templates[]", "PodHost"),
        (
            "argoproj.io/v1alpha1 Sensor",
            "spec.triggers[].template.k8s.source.resource",
            "Object",
        ),
        ("kubeflow.org/v1 PyTorchJob", "spec.pytorchReplicaSpecs{}.template", "PodTemplateSpec"),
        ("management.cattle.io/v3 GlobalRole", "namespacedRules{}[]", "PolicyRule"),
        # A security context is what its schema says, and not what its name does.
        ("postgresql.cnpg.io/v1 Cluster", "spec.securityContext", "SecurityContext"),
        ("monitoring.coreos.com/v1 Prometheus", "spec.securityContext", "PodSecurityContext"),
        (
            "operator.victoriametrics.com/v1beta1 VMAgent",
            "spec.securityContext",
            "AnySecurityContext",
        ),
        (
            "opentelemetry.io/v1beta1 OpenTelemetryCollector",
            "spec.securityContext",
            "SecurityContext",
        ),
        ("monitoring.coreos.com/v1 Prometheus", "spec.image", "Image"),
    ],
)
def test_places_have_the_type_of_their_schema(kind: str, path: str, type: str) -> None:
    assert at(kind, path).type == type


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        # The template is the host of the pod, and the account of a rule is no pod's.
        ("argoproj.io/v1alpha1 Workflow", "spec.templates[].containerSet"),
        ("argoproj.io/v1alpha1 Workflow", "spec.executorPlugins[].spec.sidecar"),
        (
            "operators.coreos.com/v1alpha1 ClusterServiceVersion",
            "spec.install.spec.permissions[]",
        ),
        ("keda.sh/v1alpha1 TriggerAuthentication", "spec.hashiCorpVault.credential"),
        # Its containers run in the cloud, outside of the cluster.
        ("run.cnrm.cloud.google.com/v1beta1 RunService", "spec.template"),
        # It is no image of a pod.
        ("longhorn.io/v1beta2 Engine", "spec.image"),
        ("infrastructure.cluster.x-k8s.io/v1beta1 OpenStackMachine", "spec.image"),
        # The schema of a VirtualMachine's spec only looks like that of a pod.
        ("kubevirt.io/v1 VirtualMachine", "spec.template.spec"),
        # Its pods stand in podTemplates; of this its schema knows nothing.
        (
            "clickhouse-keeper.altinity.com/v1 ClickHouseKeeperInstallation",
            "spec.configuration.clusters[].layout.shards[].replicas[].template",
        ),
        # Controllers make these.
        ("acme.cert-manager.io/v1 Challenge", "spec.solver.http01.ingress.podTemplate.spec"),
        ("actions.github.com/v1alpha1 AutoscalingListener", "spec.template"),
    ],
)
def test_what_only_looks_alike_is_no_place(kind: str, path: str) -> None:
    assert path not in by_path(kind)


@pytest.mark.parametrize(
    ("kind", "path", "handling"),
    [
        ("argoproj.io/v1alpha1 Rollout", "spec.template", "exact"),
        ("ray.io/v1 RayCluster", "spec.workerGroupSpecs[].template", "exact"),
        ("ray.io/v1 RayCluster", "spec.autoscalerOptions", "overlay"),
        ("actions.github.com/v1alpha1 AutoscalingRunnerSet", "spec.template", "exact"),
        ("actions.github.com/v1alpha1 AutoscalingRunnerSet", "spec.listenerTemplate", "overlay"),
        ("serving.kserve.io/v1beta1 InferenceService", "spec.predictor.containers[]", "exact"),
        ("serving.kserve.io/v1beta1 InferenceService", "spec.predictor", "exact"),
        ("serving.kserve.io/v1beta1 InferenceService", "spec.predictor.model", "overlay"),
        ("kafka.strimzi.io/v1 Kafka", "spec.kafka.template.pod.securityContext", "overlay"),
        ("beat.k8s.elastic.co/v1beta1 Beat", "spec.deployment.podTemplate", "overlay"),
        (
            "elasticsearch.k8s.elastic.co/v1 Elasticsearch",
            "spec.nodeSets[].podTemplate",
            "hardened",
        ),
        ("monitoring.coreos.com/v1 Prometheus", "spec.containers[]", "hardened"),
        ("monitoring.coreos.com/v1 Prometheus", "spec.securityContext", "overlay"),
        (
            "postgres-operator.crunchydata.com/v1beta1 PostgresCluster",
            "spec.instances[].containers[]",
            "exact",
        ),
        (
            "postgres-operator.crunchydata.com/v1beta1 PostgresCluster",
            "spec.instances[]",
            "hardened",
        ),
        ("minio.min.io/v2 Tenant", "spec.sideCars.containers[]", "exact"),
        ("minio.min.io/v2 Tenant", "spec.pools[].securityContext", "hardened"),
        ("postgresql.cnpg.io/v1 Pooler", "spec.template", "ignored"),
        ("postgresql.cnpg.io/v1 Pooler", "spec.pgbouncer.image", "hardened"),
        (
            "clickhouse.altinity.com/v1 ClickHouseInstallation",
            "spec.templates.podTemplates[].spec",
            "exact",
        ),
        # A whole template of pods is what it says, though nobody read the controller.
        ("temporal.io/v1alpha1 WorkerDeployment", "spec.template", "exact"),
        ("k8s.keycloak.org/v2alpha1 Keycloak", "spec.unsupported.podTemplate", "hardened"),
        ("nvidia.com/v1 ClusterPolicy", "spec.driver.image", "hardened"),
        ("kubeflow.org/v1alpha1 PodDefault", "spec.sidecars[]", "hardened"),
        # The pods of an agent are elsewhere: its spec only names their account.
        ("agent.k8s.elastic.co/v1alpha1 Agent", "spec", "hardened"),
    ],
)
def test_what_controllers_make_of_places(kind: str, path: str, handling: str) -> None:
    assert at(kind, path).handling.kind == handling


def handling_of(kind: str, path: str) -> Handling:
    return at(kind, path).handling


def test_knative_refuses_what_stands_beside_its_containers() -> None:
    pod = at("serving.knative.dev/v1 Service", "spec.template.spec")
    assert pod.type == "PodHost"
    assert pod.handling.refused >= {
        *"hostIPC hostNetwork hostPID hostUsers initContainers runtimeClassName".split(),
        *"securityContext shareProcessNamespace".split(),
    }
    assert "automountServiceAccountToken" not in pod.handling.refused | pod.absent
    container = at("serving.knative.dev/v1 Service", "spec.template.spec.containers[]")
    assert container.handling.refused == {
        "securityContext.capabilities.add",
        "securityContext.runAsGroup",
    }
    assert "securityContext.procMount" in container.absent


def test_fields_that_a_schema_does_not_have_are_told() -> None:
    assert "securityContext" in at("acid.zalan.do/v1 postgresql", "spec.sidecars[]").absent
    assert not at("acid.zalan.do/v1 postgresql", "spec.initContainers[]").absent
    assert "resources" in at("tekton.dev/v1 Task", "spec.steps[]").absent
    runtime = at("serving.kserve.io/v1alpha1 ServingRuntime", "spec").absent
    assert {"securityContext", "hostNetwork"} <= runtime
    assert not {"containers", "volumes", "hostIPC"} & runtime
    # The security context beside the words of a pod is a container's.
    collector = at("opentelemetry.io/v1beta1 OpenTelemetryCollector", "spec").absent
    assert {"securityContext", "containers", "automountServiceAccountToken"} <= collector
    assert not {"initContainers", "hostNetwork", "serviceAccount"} & collector


@pytest.mark.parametrize(
    ("kind", "path", "kept", "off"),
    [
        ("argoproj.io/v1alpha1 Workflow", "spec", True, False),
        ("argoproj.io/v1alpha1 CronWorkflow", "spec.workflowSpec.templates[]", True, False),
        ("monitoring.coreos.com/v1 Prometheus", "spec", True, False),
        ("monitoring.coreos.com/v1 Alertmanager", "spec", False, False),
        (
            "rabbitmq.com/v1beta1 RabbitmqCluster",
            "spec.override.statefulSet.spec.template",
            True,
            False,
        ),
        ("kubeflow.org/v1 MPIJob", "spec.mpiReplicaSpecs{}.template", True, False),
        ("kubeflow.org/v1 PyTorchJob", "spec.pytorchReplicaSpecs{}.template", False, False),
        ("ray.io/v1 RayCluster", "spec.headGroupSpec.template", True, False),
        ("ray.io/v1 RayCluster", "spec.workerGroupSpecs[].template", False, False),
        ("sparkoperator.k8s.io/v1beta2 SparkApplication", "spec.driver.template", True, False),
        ("sparkoperator.k8s.io/v1beta2 SparkApplication", "spec.executor.template", False, False),
        ("agent.k8s.elastic.co/v1alpha1 Agent", "spec.daemonSet.podTemplate", True, False),
        ("beat.k8s.elastic.co/v1beta1 Beat", "spec.daemonSet.podTemplate", False, True),
        (
            "elasticsearch.k8s.elastic.co/v1 Elasticsearch",
            "spec.nodeSets[].podTemplate",
            False,
            True,
        ),
        ("extensions.agents.x-k8s.io/v1alpha1 SandboxTemplate", "spec.podTemplate", False, True),
        ("agents.x-k8s.io/v1alpha1 Sandbox", "spec.podTemplate", False, False),
        ("argoproj.io/v1alpha1 Rollout", "spec.template", False, False),
    ],
)
def test_tokens_that_are_needed_or_off(kind: str, path: str, kept: bool, off: bool) -> None:
    found = handling_of(kind, path)
    assert (found.token_because is not None, found.token_is_off) == (kept, off)


def test_what_hardened_pods_have_by_themselves() -> None:
    found = handling_of(
        "rabbitmq.com/v1beta1 RabbitmqCluster", "spec.override.statefulSet.spec.template"
    )
    assert (found.replaces, found.empty_removes) == (False, True)
    assert found.own_containers == {"rabbitmq", "setup-container"}
    assert found.pod_sets == frozenset({"runAsNonRoot", "seccompProfile"})
    issuer = handling_of(
        "cert-manager.io/v1 ClusterIssuer",
        "spec.acme.solvers[].http01.ingress.podTemplate.spec.securityContext",
    )
    assert (issuer.kind, issuer.replaces) == ("hardened", True)
    minio = handling_of("minio.min.io/v2 Tenant", "spec.pools[].containerSecurityContext")
    assert minio.replaces
    assert minio.pod_sets == frozenset({"runAsNonRoot"})
    maps = handling_of("maps.k8s.elastic.co/v1alpha1 ElasticMapsServer", "spec.podTemplate")
    assert maps.pod_sets == frozenset({"seccompProfile"})
    assert maps.container_sets == frozenset()
    assert AS_WRITTEN.pod_sets is AS_WRITTEN.container_sets is None
    assert minio.container_sets == frozenset({"runAsNonRoot"})
    prometheus = handling_of("monitoring.coreos.com/v1 Prometheus", "spec.containers[]")
    assert "prometheus" in prometheus.own_containers
    assert prometheus.container_sets == frozenset(
        {
            "allowPrivilegeEscalation",
            "capabilities",
            "readOnlyRootFilesystem",
        }
    )
    assert handling_of("postgresql.cnpg.io/v1 Pooler", "spec.template").own_containers == {
        "pgbouncer"
    }
    assert handling_of("kubeflow.org/v1alpha1 PodDefault", "spec.sidecars[]") == AS_WRITTEN


def test_each_table_is_read_at_the_first_custom_resource() -> None:
    script = """
import sys
read = []
sys.addaudithook(lambda event, given: read.append(str(given[0])) if event == "open" else None)
from k8s_lsp.kubernetes.custom_resources import places_of
def told(): return sum(each.endswith(".txt") for each in read)
print(told())
places_of("apps/v1", "Deployment"), places_of("networking.k8s.io/v1", "Ingress")
print(told())
places_of("example.com/v1", "App")
places_of("argoproj.io/v1alpha1", "Rollout")
print(told())
"""
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0", "0", "2"]
