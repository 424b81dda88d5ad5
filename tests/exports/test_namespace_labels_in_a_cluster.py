"""Labels that were exported, in a real API server: it refuses the pods that were named."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.kubernetes.facts import PREFIX
from k8s_lsp.kubernetes.workloads import POD_PLACES, group_of
from tests.cli.conftest import Command
from tests.oracles.api_server import ApiServer, pinned_minor, started
from tests.test_api_server import objects_in, texts_in

LEVELS = ("baseline", "restricted")
PROBE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "probe"},
    "spec": {"hostPID": True, "containers": [{"name": "a", "image": "a"}]},
}
"""A pod that every level but privileged refuses, in all versions."""

REFUSAL = "violates PodSecurity"
"""What the API server says of a pod that Pod Security refuses (admission.go)."""


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """A server in which namespaces are made, and pods are only asked about."""
    with started() as server:
        yield server


def exported(run: Command, level: str, version: str) -> dict[str, Any]:
    """What is said of the one namespace of the current folder."""
    result = run(
        *("export", "namespace-labels", "--profile", level, "--kubernetes-version", version),
        *("--output-format", "json", "--no-config"),
    )
    assert result.status == 0, result.err
    (said,) = json.loads(result.out)["namespaces"]
    assert isinstance(said, dict)
    return said


def hold(folder: Path, pods: dict[str, Any], said: dict[str, Any], server: ApiServer) -> int:
    """Hold what was said of pods, by their files, to what the server says; how many it refuses.

    Those are passed over that it takes for invalid, whatever the policy.
    """
    labels = {**said["labels"], **said["later"]}
    server.label(said["name"], labels)
    # Admission reads namespaces from a cache, which follows.
    assert any(name == f"{PREFIX}enforce" for name in labels)
    server.wait_for("enforced", partial(is_enforced, server, said["name"]))
    expected = {each["path"] for each in said["refused"]}
    assert {each["doubt"] for each in said["refused"]} <= {None}
    refused = set()
    for path, pod in pods.items():
        verdict = server.verdict(pod, said["name"])
        assert verdict is not None
        if not verdict.is_accepted and REFUSAL not in verdict.message:
            expected.discard(path)
        elif not verdict.is_accepted:
            refused.add(path)
    assert refused == expected, folder
    return len(refused)


def is_enforced(server: ApiServer, namespace: str) -> bool:
    verdict = server.verdict(PROBE, namespace)
    return verdict is not None and REFUSAL in verdict.message


@pytest.mark.sweep
@pytest.mark.parametrize("level", LEVELS)
def test_fixtures_of_pod_security_are_refused_as_exported(
    folder: Path,
    run: Command,
    server: ApiServer,
    manifest: list[dict[str, Any]],
    corpora: Path,
    level: str,
) -> None:
    by_version: dict[str, list[dict[str, Any]]] = {}
    for record in manifest:
        if record["set"] == "pss" and record["level"] == level:
            by_version.setdefault(record["policy_version"], []).append(record)
    refused = asked = 0
    for version, records in by_version.items():
        name = f"{level}-{version.replace('.', '-')}"
        pods: dict[str, Any] = {}
        for record in records:
            (pod,) = objects_in((corpora / record["path"]).read_text(encoding="utf-8"))
            path = f"{len(pods)}.json"
            pod["metadata"] |= {"namespace": name, "name": f"pod-{len(pods)}"}
            (folder / path).write_text(json.dumps(pod), encoding="utf-8")
            pods[path] = pod
        refused += hold(folder, pods, exported(run, level, version), server)
        asked += len(pods)
        for path in pods:
            (folder / path).unlink()
    print(f"{refused} of {asked} fixtures refused, of {len(by_version)} versions")
    assert asked > refused > 100


def pod_of(obj: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that a controller would make of an object; itself, where it is one."""
    place = POD_PLACES.get(str(obj.get("kind")))
    if place is None or group_of(str(obj.get("apiVersion"))) not in place.groups:
        return None
    held: Any = obj
    for key in place.template:
        held = held.get(key) if isinstance(held, dict) else None
    if not isinstance(held, dict) or not isinstance(held.get("spec"), dict):
        return None
    metadata = held.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"annotations": metadata.get("annotations")},
        "spec": held["spec"],
    }


@pytest.mark.sweep
@pytest.mark.parametrize("level", LEVELS)
def test_workloads_of_others_are_refused_as_exported(
    folder: Path, run: Command, server: ApiServer, corpora: Path, level: str
) -> None:
    pods: dict[str, Any] = {}
    for text in texts_in(corpora):
        try:
            objects = objects_in(text)
        except Exception:
            # Other parsers refuse what kubectl takes.
            continue
        for obj in objects:
            pod = pod_of(obj)
            if pod is None or obj["kind"] == "PodTemplate" or len(pods) == 1_500:
                continue
            path = f"{len(pods)}.json"
            name = f"workload-{len(pods)}"
            placed = {**obj, "metadata": {"name": name, "namespace": level}}
            if obj["kind"] == "Pod":
                placed["metadata"]["annotations"] = pod["metadata"]["annotations"]
            pod["metadata"]["name"] = name
            verdict = server.verdict(placed)
            if verdict is None or not verdict.is_accepted:
                # Without a selector it is a patch, or an example of something else.
                continue
            (folder / path).write_text(json.dumps(placed), encoding="utf-8")
            pods[path] = pod
    refused = hold(folder, pods, exported(run, level, f"1.{pinned_minor()}"), server)
    print(f"{refused} of {len(pods)} workloads refused")
    assert len(pods) > refused > 100


# The script, with the real kubectl.

AGENT = """\
apiVersion: v1
kind: Namespace
metadata:
  name: agents
  labels: {team: a}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: agents}
spec:
  hostPID: true
  containers: [{name: app, image: example.com/app:1.4.2}]
---
apiVersion: v1
kind: Namespace
metadata:
  name: strangers
  labels: {team: b, pod-security.kubernetes.io/warn: baseline}
"""
"""What runs in the cluster, as `kubectl apply` has put it there."""

IN_THE_FILES = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: NAME}
spec:
  containers: [{name: app, image: example.com/app:1.4.2}]
"""


@pytest.mark.sweep
def test_the_script_labels_namespaces_that_are_there(
    folder: Path, run: Command, server: ApiServer, program: Callable[[str], str]
) -> None:
    kubectl = program("kubectl")
    (folder / "cluster.yml.txt").write_text(AGENT, encoding="utf-8")
    server.kubectl(kubectl, "apply", "-f", "cluster.yml.txt")
    for name in ("agents", "strangers"):
        text = IN_THE_FILES.replace("NAME", name)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    script = run("export", "namespace-labels", "--profile", "baseline").out

    def labelled(name: str) -> dict[str, str]:
        found = server.kubectl(kubectl, "get", "namespace", name, "-o=jsonpath={.metadata.labels}")
        return {key: value for key, value in json.loads(found).items() if "/metadata" not in key}

    path = os.pathsep.join((str(Path(kubectl).parent), os.environ["PATH"]))

    def labelling(*options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-s", "--", *server.kubectl_options, *options],
            input=script,
            env={**server.kubectl_environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    before = {"team": "b", f"{PREFIX}warn": "baseline"}
    assert labelled("agents") == {"team": "a"}
    # The API server knows of a pod that is not among the files, and nothing is changed.
    tried = labelling("--dry-run=server")
    assert (tried.returncode, "agent: host namespaces" in tried.stderr) == (0, True), tried
    assert labelled("agents") == {"team": "a"}
    asked = {
        f"{PREFIX}{mode}{suffix}": value
        for mode in ("enforce", "warn", "audit")
        for suffix, value in (("", "baseline"), ("-version", "latest"))
    }
    # Again it changes nothing, and takes it for no fault.
    for done in (labelling(), labelling()):
        assert done.returncode == 0, done
        assert labelled("agents") == {"team": "a", **asked}
        assert labelled("strangers") == {**before, **asked}
    # What has another value is left as it is.
    script = script.replace("warn=baseline", "warn=restricted")
    refused = labelling()
    assert refused.returncode == 1
    assert "already has a value (baseline), and --overwrite is false" in refused.stderr
    assert labelled("strangers") == {**before, **asked}
    assert labelling("--overwrite").returncode == 0
    assert labelled("strangers")[f"{PREFIX}warn"] == "restricted"
