"""What runs in a cluster: told by names, once, at its owner."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.production import (
    DUE,
    Object,
    container,
    list_of,
    owned_by,
    pod,
    pod_spec,
    stored,
    workload,
)

HOST_PID = pod_spec(hostPID=True)
"""Breaks the baseline level once."""

BASELINE = ("--profile", "baseline", "--no-config")
HASH = "5d8f6c7b9d"
OF_REPLICA_SET = {
    "labels": {"app": "web", "pod-template-hash": HASH},
    **owned_by("apps/v1", "ReplicaSet", f"web-{HASH}"),
}
DEPLOYMENT = workload("apps/v1", "Deployment", "web", HOST_PID)
REPLICA_SET = workload(
    "apps/v1", "ReplicaSet", f"web-{HASH}", HOST_PID, **owned_by("apps/v1", "Deployment", "web")
)
PODS = [pod(f"web-{HASH}-{end}", HOST_PID, **OF_REPLICA_SET) for end in ("aaaaa", "bbbbb", "ccccc")]
MESSAGE = "error[host-pid] pod must not set hostPID to true"


@pytest.fixture
def lines(run: Command) -> Callable[..., list[str]]:
    """Give the lines that a check of some objects writes, but for the totals."""

    def told(*objects: Object, profile: tuple[str, ...] = BASELINE) -> list[str]:
        result = run("check", *profile, "-", stdin=list_of(*objects).encode())
        *found, _ = result.out.split("\n")
        return [line for line in found if "]" in line]

    return told


@pytest.mark.parametrize(
    ("objects", "head"),
    [
        ([pod("web", HOST_PID)], "Pod shop/web"),
        (PODS[:1], "Deployment shop/web (1 pod)"),
        (PODS, "Deployment shop/web (3 pods)"),
        ([REPLICA_SET, *PODS], "Deployment shop/web (3 pods)"),
        ([*PODS, REPLICA_SET], "Deployment shop/web (3 pods)"),
        ([DEPLOYMENT], "Deployment shop/web"),
        ([*PODS, DEPLOYMENT, REPLICA_SET], "Deployment shop/web (3 pods)"),
        ([DEPLOYMENT, REPLICA_SET, *PODS], "Deployment shop/web (3 pods)"),
        (
            [pod("db-0", HOST_PID, **owned_by("apps/v1", "StatefulSet", "db"))],
            "StatefulSet shop/db (1 pod)",
        ),
        (
            [
                pod(f"agent-{end}", HOST_PID, **owned_by("apps/v1", "DaemonSet", "agent"))
                for end in "ab"
            ],
            "DaemonSet shop/agent (2 pods)",
        ),
        (
            [pod("backup-x", HOST_PID, **owned_by("batch/v1", "Job", f"backup-{DUE}"))],
            "CronJob shop/backup (1 pod)",
        ),
        (
            [pod("import-x", HOST_PID, **owned_by("batch/v1", "Job", "import-20261130"))],
            "Job shop/import-20261130 (1 pod)",
        ),
        (
            [
                pod(
                    "step",
                    HOST_PID,
                    **owned_by("tekton.dev/v1", "TaskRun", "build", controls=False),
                )
            ],
            "TaskRun shop/build (1 pod)",
        ),
        (
            [pod("kube-proxy-node-1", HOST_PID, "kube-system", **owned_by("v1", "Node", "node-1"))],
            "Pod kube-system/kube-proxy-node-1",
        ),
        (
            [
                pod(
                    "web-6f7c-a",
                    HOST_PID,
                    labels={"rollouts-pod-template-hash": "6f7c"},
                    **owned_by("apps/v1", "ReplicaSet", "web-6f7c"),
                )
            ],
            "Rollout shop/web (1 pod)",
        ),
        (
            [
                workload(
                    "apps/v1",
                    "StatefulSet",
                    "prometheus-k8s",
                    HOST_PID,
                    **owned_by("monitoring.coreos.com/v1", "Prometheus", "k8s"),
                ),
                pod(
                    "prometheus-k8s-0",
                    HOST_PID,
                    **owned_by("apps/v1", "StatefulSet", "prometheus-k8s"),
                ),
            ],
            "StatefulSet shop/prometheus-k8s of Prometheus k8s (1 pod)",
        ),
    ],
)
def test_what_runs_is_told_once_at_its_owner(
    lines: Callable[..., list[str]], objects: list[Object], head: str
) -> None:
    assert lines(*objects) == [f"{head}: {MESSAGE}"]


def test_a_job_is_its_cron_jobs(lines: Callable[..., list[str]]) -> None:
    job = workload(
        "batch/v1", "Job", f"backup-{DUE}", HOST_PID, **owned_by("batch/v1", "CronJob", "backup")
    )
    ran = pod("backup-x", HOST_PID, **owned_by("batch/v1", "Job", f"backup-{DUE}"))
    whole = workload("batch/v1", "CronJob", "backup", HOST_PID)
    for objects in ([job], [whole, job], [ran, job], [ran, whole]):
        [line] = lines(*objects)
        assert line.startswith("CronJob shop/backup")
    assert lines(whole, job, ran) == [f"CronJob shop/backup (1 pod): {MESSAGE}"]


def test_what_pods_alone_have_is_told_of_their_owner(lines: Callable[..., list[str]]) -> None:
    injected = pod_spec(
        container(), container(name="proxy", securityContext={"privileged": True}), hostPID=True
    )
    pods = [pod(f"web-{HASH}-{end}", injected, **OF_REPLICA_SET) for end in "ab"]
    assert lines(DEPLOYMENT, *pods) == [
        f"Deployment shop/web (2 pods): {MESSAGE}",
        'Deployment shop/web (2 pods): error[privileged-container] container "proxy" must not set'
        " securityContext.privileged to true",
    ]


def test_two_namespaces_and_two_owners_are_two(lines: Callable[..., list[str]]) -> None:
    other = workload("apps/v1", "Deployment", "web", HOST_PID, "test")
    assert lines(*PODS, other) == [
        f"Deployment shop/web (3 pods): {MESSAGE}",
        f"Deployment test/web: {MESSAGE}",
    ]


def test_an_earlier_state_of_a_deployment_is_not_told(lines: Callable[..., list[str]]) -> None:
    old = json.loads(json.dumps(REPLICA_SET))
    old["spec"]["replicas"] = 0
    assert lines(workload("apps/v1", "Deployment", "web", pod_spec()), old) == []
    # Nobody has made this one of another object.
    del old["metadata"]["ownerReferences"]
    assert lines(old) == [f"ReplicaSet shop/web-{HASH}: {MESSAGE}"]


def test_what_an_annotation_ignores_is_not_told_of_the_pods_either(
    lines: Callable[..., list[str]],
) -> None:
    ignoring: Any = {"annotations": {"ignore-check.kube-linter.io/host-pid": "a node agent"}}
    quiet = workload("apps/v1", "Deployment", "web", HOST_PID, **ignoring)
    assert lines(quiet) == []
    assert lines(quiet, REPLICA_SET, *PODS) == []
    assert lines(*PODS, quiet) == []
    assert lines(pod("web", HOST_PID, **ignoring)) == []


def test_owners_that_go_round_in_a_circle_end(lines: Callable[..., list[str]]) -> None:
    one = workload("apps/v1", "ReplicaSet", "a", HOST_PID, **owned_by("apps/v1", "ReplicaSet", "b"))
    two = workload("apps/v1", "ReplicaSet", "b", HOST_PID, **owned_by("apps/v1", "ReplicaSet", "a"))
    itself = workload(
        "apps/v1", "ReplicaSet", "c", HOST_PID, **owned_by("apps/v1", "ReplicaSet", "c")
    )
    lines(one, two, itself)


def test_json_has_the_object_its_place_and_its_owner(run: Command) -> None:
    text = list_of(*PODS)
    result = run("check", *BASELINE, "--output-format", "json", "-", stdin=text.encode())
    [finding] = json.loads(result.out)["findings"]
    assert finding["object"]["name"] == f"web-{HASH}-aaaaa"
    assert finding["field"] == "items[0].spec.hostPID"
    assert text.split("\n")[finding["start"]["line"] - 1].strip() == '"hostPID": true,'
    assert finding["owner"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "web",
        "namespace": "shop",
    }
    assert finding["pods"] == 3


def test_a_manifest_has_lines_and_no_owner(run: Command, folder: Any) -> None:
    alone = json.loads(json.dumps(PODS[0]))
    (folder / "pod.json").write_text(json.dumps(alone, indent=2))
    del alone["metadata"]["uid"]
    (folder / "list.json").write_text(list_of(alone, alone))
    out = run("check", *BASELINE, "--output-format", "json", ".").out
    assert [each.get("owner") for each in json.loads(out)["findings"]] == [None] * 3
    heads = [line.partition(": error")[0] for line in run("check", *BASELINE, ".").out.split("\n")]
    assert sum(head.startswith(("list.json:", "pod.json:")) for head in heads) == 3


def test_a_file_of_a_list_is_named(run: Command, folder: Any) -> None:
    (folder / "pods.json").write_text(list_of(*PODS))
    out = run("check", *BASELINE, "pods.json").out
    assert out.startswith(f"pods.json: Deployment shop/web (3 pods): {MESSAGE}\n")


def test_the_forms_in_which_kubectl_gives_objects_tell_the_same(run: Command) -> None:
    import yaml

    bare = [{key: each[key] for key in ("metadata", "spec", "status")} for each in PODS]
    typed = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": bare}
    forms = (
        list_of(*PODS),
        json.dumps(json.loads(list_of(*PODS))),
        json.dumps(typed),
        "\n".join(map(json.dumps, PODS)),
        yaml.safe_dump(json.loads(list_of(*PODS))),
        "---\n".join(yaml.safe_dump(json.loads(json.dumps(each))) for each in PODS),
    )
    told = {run("check", *BASELINE, "-", stdin=form.encode()).out.split("\n")[0] for form in forms}
    assert told == {f"Deployment shop/web (3 pods): {MESSAGE}"}


def test_no_control_character_of_a_name_reaches_a_terminal(lines: Callable[..., list[str]]) -> None:
    [line] = lines(pod("web\x1b[2J", HOST_PID))
    assert "\x1b" not in line


def test_the_findings_of_a_cluster_are_known_again_by_their_owner(run: Command) -> None:
    known = ("--write-known-findings", "known.json")
    run("check", *BASELINE, *known, "-", stdin=list_of(*PODS).encode())
    again = [pod(f"web-{HASH}-{end}", HOST_PID, **OF_REPLICA_SET) for end in ("xxxxx", "yyyyy")]
    result = run(
        "check", *BASELINE, "--known-findings", "known.json", "-", stdin=list_of(*again).encode()
    )
    assert result.status == 0, result.out


ALL = ("--profile", "all", "--no-config")


def rules_of(lines: list[str]) -> set[str]:
    return {line.partition("[")[2].partition("]")[0] for line in lines}


def test_what_admission_mounts_is_no_finding(lines: Callable[..., list[str]]) -> None:
    bare = pod("web", pod_spec())
    bare["spec"].pop("volumes")
    for each in bare["spec"]["containers"]:
        each.pop("volumeMounts")
    assert lines(pod("web", pod_spec()), profile=ALL) == lines(bare, profile=ALL)


def test_what_the_server_fills_in_is_no_finding(lines: Callable[..., list[str]]) -> None:
    assert "deprecated-service-account-field" not in rules_of(lines(*PODS, profile=ALL))
    ports = [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]
    on_host = pod("web", pod_spec(container(ports=ports), hostNetwork=True))
    assert "host-network" in rules_of(lines(on_host, profile=ALL))
    assert "host-port" not in rules_of(lines(on_host, profile=ALL))
    # The profiles are the standards, which count both.
    assert {"host-network", "host-port"} <= rules_of(lines(on_host))
    inside = pod("web", pod_spec(container(ports=ports)))
    assert "host-port" in rules_of(lines(inside, profile=ALL))


def test_another_account_by_the_old_name_is_told(lines: Callable[..., list[str]]) -> None:
    told = lines(pod("web", pod_spec(serviceAccount="other")), profile=ALL)
    assert "deprecated-service-account-field" in rules_of(told)


PASSWORD = {"password": "dGlnZXItMTk3MC1ibHVl"}


def secret(applied: Object | None, **more: Any) -> Object:
    obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "data": PASSWORD,
        **more,
    }
    key = "kubectl.kubernetes.io/last-applied-configuration"
    return stored(obj, **({} if applied is None else {"annotations": {key: json.dumps(applied)}}))


def test_a_secret_in_a_cluster_is_told_if_a_manifest_had_it(
    lines: Callable[..., list[str]],
) -> None:
    assert lines(secret(None), profile=ALL) == []
    assert lines(secret({"kind": "Secret", "data": {"user": "x"}}), profile=ALL) == []
    [line] = lines(secret({"kind": "Secret", "stringData": {"password": "x"}}), profile=ALL)
    assert line.startswith("Secret shop/db: information[plain-secret]")


def test_a_credential_is_told_once_though_the_manifest_is_kept(
    lines: Callable[..., list[str]],
) -> None:
    spec = pod_spec(container(env=[{"name": "DB_PASSWORD", "value": "tiger-1970"}]))
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
    key = "kubectl.kubernetes.io/last-applied-configuration"
    obj = pod("web", spec, annotations={key: json.dumps(manifest)})
    told = lines(obj, profile=ALL)
    assert len([line for line in told if "literal-credential" in line]) == 1
    assert told == lines(pod("web", spec), profile=ALL)


def test_what_controllers_put_into_every_namespace_is_no_finding(
    lines: Callable[..., list[str]],
) -> None:
    certificate = (
        "-----BEGIN CERTIFICATE-----\nMIIC/jCCAeagAwIBAgIBADAN\n-----END CERTIFICATE-----\n"
    )
    root = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kube-root-ca.crt", "namespace": "shop"},
        "data": {"ca.crt": certificate},
    }
    endpoint = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.17", "namespace": "shop"},
        "message": "Started container app",
    }
    for obj in (stored(root), stored(endpoint)):
        assert lines(obj, profile=ALL) == []


def test_of_a_token_in_a_secret_only_the_kind_is_told(lines: Callable[..., list[str]]) -> None:
    of_account = {"kubernetes.io/service-account.name": "web"}
    token = secret(None, type="kubernetes.io/service-account-token")
    token["metadata"]["annotations"] = of_account
    assert rules_of(lines(token, profile=ALL)) == {"service-account-token-secret"}
