"""Pod Security labels of namespaces: which, when, and what each namespace would refuse."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from k8s_lsp.kubernetes.workloads import POD_PLACES
from tests.cli.conftest import Command

PREFIX = "pod-security.kubernetes.io/"


def pod(name: str = "web", namespace: str | None = "shop", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    containers = [{"name": "app", "image": "example.com/app:1.4.2"}]
    spec = {"containers": containers, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def workload(kind: str, namespace: str | None = "shop", **spec: Any) -> dict[str, Any]:
    """An object of a kind that holds the same pod."""
    place = POD_PLACES[kind]
    group = sorted(place.groups)[0]
    whole = pod(namespace=namespace, **spec)
    if kind == "Pod":
        return whole
    held: dict[str, Any] = {"metadata": {"labels": {"app": "web"}}, "spec": whole["spec"]}
    for key in reversed(place.template):
        held = {str(key): held}
    if group == "apps":
        held["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": whole["metadata"], **held}


def namespace(name: str = "shop", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def kustomization(**keys: Any) -> dict[str, Any]:
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **keys}


PRIVILEGED: dict[str, Any] = {"hostPID": True}
"""What the baseline level refuses."""

RESTRICTED: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "app",
            "image": "example.com/app:1.4.2",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
"""What no level refuses."""


def write(folder: Path, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, str):
            objects = content if isinstance(content, list) else [content]
            content = "---\n".join(json.dumps(obj, indent=1) + "\n" for obj in objects)
        path.write_text(content, encoding="utf-8")


def export(run: Command, *arguments: str, stdin: bytes = b"") -> dict[str, dict[str, Any]]:
    """What is said of each namespace, by its name."""
    result = run("export", "namespace-labels", "--output-format", "json", *arguments, stdin=stdin)
    assert result.status == 0, result.err
    return {each["name"]: each for each in json.loads(result.out)["namespaces"]}


def labels(**levels: str) -> dict[str, str]:
    """The labels of some modes, for the newest version."""
    return {
        f"{PREFIX}{mode}{suffix}": value
        for mode, level in levels.items()
        for suffix, value in (("", level), ("-version", "latest"))
    }


def named(said: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """The workloads that would be refused, and why that is not certain."""
    return [(each["name"], each["doubt"]) for each in said["refused"]]


def by_level(said: Mapping[str, Any], which: str = "labels") -> dict[str, str]:
    """The levels alone of some labels, by their modes."""
    return {
        key.removeprefix(PREFIX): value
        for key, value in said[which].items()
        if not key.endswith("-version")
    }


BOTH = {"warn": "restricted", "audit": "restricted"}


# The policy in force.


@pytest.mark.parametrize(
    ("profile", "enforce", "warn"),
    [
        ("recommended", "baseline", "restricted"),
        ("baseline", "baseline", "baseline"),
        ("restricted", "restricted", "restricted"),
        ("all", "restricted", "restricted"),
    ],
)
def test_the_profile_tells_the_levels(
    folder: Path, run: Command, profile: str, enforce: str, warn: str
) -> None:
    write(folder, {"web.yaml": pod(**RESTRICTED)})
    said = export(run, "--profile", profile)["shop"]
    assert said["labels"] == labels(enforce=enforce, warn=warn, audit=warn)
    assert said["later"] == {}
    assert said["refused"] == []


@pytest.mark.parametrize(
    ("version", "pinned"), [("latest", "latest"), ("1.30", "v1.30"), ("v1.25", "v1.25")]
)
def test_the_version_is_pinned(folder: Path, run: Command, version: str, pinned: str) -> None:
    write(folder, {"web.yaml": pod()})
    found = export(run, "--kubernetes-version", version)["shop"]["labels"]
    assert {value for key, value in found.items() if key.endswith("-version")} == {pinned}


def test_the_version_tells_what_is_refused(folder: Path, run: Command) -> None:
    probe = {"httpGet": {"path": "/", "port": 80, "host": "example.com"}}
    container = {"name": "app", "image": "example.com/app:1.4.2", "livenessProbe": probe}
    write(folder, {"web.yaml": pod(containers=[container])})
    assert named(export(run, "--kubernetes-version", "1.33")["shop"]) == []
    assert named(export(run, "--kubernetes-version", "1.34")["shop"]) == [("web", None)]


def test_settings_of_a_folder_count(folder: Path, run: Command) -> None:
    settings = "profile: restricted\nkubernetes-version: '1.30'\n"
    write(folder, {"shop/.k8s-lsp.yaml": settings, "shop/web.yaml": pod(**RESTRICTED)})
    write(folder, {"web.yaml": pod(namespace="blog", **RESTRICTED)})
    said = export(run)
    assert said["shop"]["labels"][f"{PREFIX}enforce"] == "restricted"
    assert said["shop"]["labels"][f"{PREFIX}enforce-version"] == "v1.30"
    assert said["blog"]["labels"] == labels(enforce="baseline", **BOTH)


def test_where_settings_disagree_the_weakest_count(folder: Path, run: Command) -> None:
    write(folder, {"a/.k8s-lsp.yaml": "profile: restricted\n", "a/web.yaml": pod(**RESTRICTED)})
    write(folder, {"b/web.yaml": pod("other", **RESTRICTED)})
    said = export(run)["shop"]
    assert said["labels"] == labels(enforce="baseline", **BOTH)
    assert said["notes"] == ["the settings of its files disagree, and the weakest count"]
    # Those of the file with the Namespace object go before all others.
    write(folder, {"a/namespace.yaml": namespace()})
    said = export(run)["shop"]
    assert said["labels"] == labels(enforce="restricted", **BOTH)
    assert said["notes"] == []


# What is refused.


@pytest.mark.parametrize("kind", sorted(POD_PLACES))
def test_workloads_of_every_kind_are_named(folder: Path, run: Command, kind: str) -> None:
    write(folder, {"deploy/web.yaml": [namespace(), workload(kind, **PRIVILEGED)]})
    said = export(run)["shop"]
    if kind == "PodTemplate":
        # It is stored, and no pod is made of it.
        assert said["refused"] == []
        return
    (refused,) = said["refused"]
    assert (refused["kind"], refused["name"], refused["doubt"]) == (kind, "web", None)
    assert (refused["path"], refused["line"]) == ("deploy/web.yaml", 13)
    (finding,) = refused["findings"]
    lines = (folder / "deploy/web.yaml").read_text(encoding="utf-8").splitlines()
    assert finding["rule"] == "host-pid"
    line = lines[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("true")
    assert '"hostPID"' in line
    assert by_level(said) == BOTH
    assert by_level(said, "later") == {"enforce": "baseline"}


def test_ignored_findings_and_rules_that_are_off_are_refused_all_the_same(
    folder: Path, run: Command
) -> None:
    text = """\
# k8s-lsp: ignore-file[host-pid] it is an agent
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true  # k8s-lsp: ignore[host-pid] it is an agent
  hostIPC: true
  containers: [{name: app, image: example.com/app:1.4.2}]
"""
    write(folder, {"web.yaml": text, ".k8s-lsp.yaml": "rules: {host-ipc: off}\n"})
    (refused,) = export(run)["shop"]["refused"]
    assert [each["rule"] for each in refused["findings"]] == ["host-pid", "host-ipc"]


def test_what_is_only_warned_about_is_counted(folder: Path, run: Command) -> None:
    write(folder, {"a.yaml": pod("a"), "b.yaml": pod("b", **RESTRICTED)})
    said = export(run)["shop"]
    assert (said["workloads"], said["warned"], said["refused"]) == (2, 1, [])
    assert by_level(said) == {"enforce": "baseline", **BOTH}


def test_what_a_template_lacks_may_be_filled_in(folder: Path, run: Command) -> None:
    text = json.dumps(pod(), indent=1).replace('"spec": {', '"spec": {\n{{ include "pod" . }}')
    write(folder, {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"})
    write(folder, {"templates/web.yaml": text})
    assert named(export(run, "--profile", "restricted")["shop"]) == [
        ("web", "what its text lacks may be filled in")
    ]
    assert named(export(run)["shop"]) == []


def test_what_another_file_may_fill_in_is_in_doubt(folder: Path, run: Command) -> None:
    change = {"spec": {"template": {"spec": {"securityContext": {"runAsNonRoot": True}}}}}
    patch = {**workload("Deployment"), **change}
    write(folder, {"web.yaml": workload("Deployment"), "patch.yaml": patch})
    write(
        folder,
        {
            "kustomization.yaml": kustomization(
                resources=["web.yaml"], patches=[{"path": "patch.yaml"}]
            )
        },
    )
    # The patch itself lacks nothing, and the workload may.
    assert named(export(run, "--profile", "restricted")["shop"]) == [
        ("web", "another file says more about it")
    ]
    # What stands there counts, in either.
    patch["spec"]["template"]["spec"]["hostPID"] = True
    write(folder, {"patch.yaml": patch})
    assert named(export(run)["shop"]) == [("web", None)]


def test_a_custom_resource_may_be_refused(folder: Path, run: Command) -> None:
    template = {"spec": pod(**PRIVILEGED)["spec"]}
    custom = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    write(folder, {"web.yaml": custom})
    assert named(export(run)["shop"]) == [("web", None)]


# Which namespaces, and what is in them.


def test_each_namespace_is_judged_by_its_own(folder: Path, run: Command) -> None:
    write(folder, {"a.yaml": pod(namespace="a", **PRIVILEGED), "b.yaml": pod(namespace="b")})
    said = export(run)
    assert list(said) == ["a", "b"]
    assert by_level(said["a"]) == BOTH
    assert by_level(said["b"]) == {"enforce": "baseline", **BOTH}


def test_kustomizations_say_where_it_lands(folder: Path, run: Command) -> None:
    overlay = {"resources": ["../../base", "namespace.yaml"]}
    write(
        folder,
        {
            "base/web.yaml": workload("Deployment", namespace="ignored", **PRIVILEGED),
            "base/kustomization.yaml": kustomization(resources=["web.yaml"], namespace="lost"),
            "envs/dev/kustomization.yaml": kustomization(namespace="dev", **overlay),
            "envs/dev/namespace.yaml": namespace("renamed"),
            "envs/prod/kustomization.yaml": kustomization(namespace="prod", **overlay),
            "envs/prod/namespace.yaml": namespace("renamed"),
            "other/job.yaml": workload("Job", namespace=None),
            "other/kustomization.yaml": kustomization(resources=["job.yaml"], namespace="jobs"),
        },
    )
    said = export(run)
    assert list(said) == ["dev", "jobs", "prod"]
    assert named(said["dev"]) == named(said["prod"]) == [("web", None)]
    assert [each["path"] for each in said["dev"]["manifests"]] == ["envs/dev/namespace.yaml"]
    assert by_level(said["jobs"]) == {"enforce": "baseline", **BOTH}


def test_a_workload_without_a_namespace_may_land_in_that_beside_it(
    folder: Path, run: Command
) -> None:
    lost = workload("Deployment", namespace=None, **PRIVILEGED)
    write(folder, {"shop/namespace.yaml": namespace(), "shop/web.yaml": lost})
    write(
        folder, {"blog/namespace.yaml": namespace("blog"), "blog/web.yaml": pod(namespace="blog")}
    )
    said = export(run)
    assert named(said["shop"]) == [("web", "it names no namespace")]
    assert by_level(said["shop"]) == BOTH
    assert by_level(said["blog"]) == {"enforce": "baseline", **BOTH}


def test_workloads_that_name_no_namespace_are_counted(folder: Path, run: Command) -> None:
    write(folder, {"web.yaml": [pod("a", None), pod("b", None)]})
    result = run("export", "namespace-labels")
    assert result.status == 0
    assert result.out == ""
    assert "no namespace: neither a Namespace nor a workload that names one was found" in result.err
    assert "2 workloads named no namespace" in result.err


INSTALLERS = {
    "HelmRelease": {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "metadata": {"name": "shop", "namespace": "flux"},
        "spec": {"targetNamespace": "shop"},
    },
    "Kustomization": {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "metadata": {"name": "shop", "namespace": "flux"},
        "spec": {"targetNamespace": "shop", "path": "./elsewhere"},
    },
    "Application": {
        "apiVersion": "argoproj.io/v1alpha1",
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {"destination": {"namespace": "shop"}},
    },
    "HelmChart": {
        "apiVersion": "helm.cattle.io/v1",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {},
    },
}


@pytest.mark.parametrize("kind", sorted(INSTALLERS))
def test_what_comes_from_elsewhere_is_not_known(folder: Path, run: Command, kind: str) -> None:
    write(folder, {"app.yaml": {"kind": kind, **INSTALLERS[kind]}, "web.yaml": pod()})
    said = export(run)["shop"]
    assert by_level(said) == BOTH
    assert said["reasons"] == [
        f'{kind} "shop", app.yaml:5, brings pods that are not among these files'
    ]
    assert said["refused"] == []


def test_a_namespace_without_workloads_enforces_nothing_yet(folder: Path, run: Command) -> None:
    write(folder, {"namespace.yaml": namespace()})
    said = export(run)["shop"]
    assert by_level(said) == BOTH
    assert by_level(said, "later") == {"enforce": "baseline"}
    assert said["reasons"] == ["its pods are not among these files"]


def test_files_that_belong_together_with_the_named_ones_count(folder: Path, run: Command) -> None:
    (folder / ".git").mkdir()
    write(folder, {"a/namespace.yaml": namespace(), "b/web.yaml": pod(**PRIVILEGED)})
    write(folder, {"b/blog.yaml": pod(namespace="blog")})
    said = export(run, "a")
    assert list(said) == ["shop"]
    assert named(said["shop"]) == [("web", None)]
    assert named(export(run, "a", "--no-context")["shop"]) == []


def test_what_runs_in_a_cluster_is_read_from_standard_input(folder: Path, run: Command) -> None:
    items = [namespace(), pod("a", **PRIVILEGED), pod("b", "blog")]
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    said = export(run, "-", stdin=json.dumps(whole).encode())
    assert named(said["shop"]) == [("a", None)]
    assert by_level(said["blog"]) == {"enforce": "baseline", **BOTH}


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        (pod(namespace="kube-system"), "it is the cluster's own, whose pods need the node"),
        (
            namespace("team", annotations={"openshift.io/requester": "alice"}),
            "it is a project of OpenShift, which writes these labels itself",
        ),
        (pod(namespace="Shop; reboot"), "no namespace can have that name"),
        (pod(namespace="a" * 64), "no namespace can have that name"),
    ],
)
def test_some_namespaces_get_no_labels(
    folder: Path, run: Command, left_out: dict[str, Any], reason: str
) -> None:
    write(folder, {"left.yaml": left_out, "web.yaml": pod()})
    result = run("export", "namespace-labels")
    name = left_out["metadata"].get("namespace", "team")
    assert f"# Left out: {name}, because {reason}.\n" in result.out
    assert result.out.count("kubectl label namespace ") == 1


# The labels that it has.


@pytest.mark.parametrize(
    ("has", "spec", "now", "later"),
    [
        # A stricter level stays, and is what refuses.
        ("restricted", RESTRICTED, {"enforce": "restricted", **BOTH}, {}),
        ("restricted", {}, BOTH, {"enforce": "restricted"}),
        ("baseline", {}, {"enforce": "baseline", **BOTH}, {}),
        ("baseline", PRIVILEGED, BOTH, {"enforce": "baseline"}),
        # What allows all is not kept where nothing needs it.
        ("privileged", {}, {"enforce": "baseline", **BOTH}, {}),
        ("privileged", PRIVILEGED, BOTH, {"enforce": "baseline"}),
        # The API server knows no such level.
        ("strict", {}, {"enforce": "baseline", **BOTH}, {}),
    ],
)
def test_no_level_is_lowered(
    folder: Path,
    run: Command,
    has: str,
    spec: dict[str, Any],
    now: dict[str, str],
    later: dict[str, str],
) -> None:
    labelled = namespace(labels={f"{PREFIX}enforce": has, "team": "a"})
    write(folder, {"shop.yaml": [labelled, pod(**spec)]})
    said = export(run)["shop"]
    assert by_level(said) == now
    assert by_level(said, "later") == later


def test_no_warning_is_lowered(folder: Path, run: Command) -> None:
    labelled = namespace(labels={f"{PREFIX}warn": "restricted"})
    write(folder, {"shop.yaml": [labelled, pod()]})
    assert by_level(export(run, "--profile", "baseline")["shop"])["warn"] == "restricted"


# What cannot be read.


def test_while_a_file_cannot_be_read_nothing_is_enforced(folder: Path, run: Command) -> None:
    write(folder, {"web.yaml": pod(), "broken.yaml": "kind: Pod\napiVersion: v1\n  a: [\n"})
    result = run("export", "namespace-labels", "--output-format", "json")
    assert result.status == 2
    assert "error: broken.yaml" in result.err
    (said,) = json.loads(result.out)["namespaces"]
    assert by_level(said) == BOTH
    assert said["reasons"] == ["broken.yaml could not be read whole"]


def test_what_lies_around_and_cannot_be_read_is_a_reason_and_no_error(
    folder: Path, run: Command
) -> None:
    (folder / ".git").mkdir()
    write(folder, {"a/web.yaml": pod(), "b/broken.yaml": "kind: Pod\napiVersion: v1\n  a: [\n"})
    (said,) = export(run, "a").values()
    assert said["reasons"] == ["b/broken.yaml could not be read whole"]


def test_an_old_version_reads_no_labels(folder: Path, run: Command) -> None:
    write(folder, {"web.yaml": pod()})
    result = run("export", "namespace-labels", "--kubernetes-version", "1.22")
    assert "enforce-version=v1.22" in result.out
    assert "warning: Kubernetes 1.22 asks for Pod Security by these labels only where" in result.err


# The script.


def test_the_script_tells_what_it_does(folder: Path, run: Command) -> None:
    write(folder, {"shop.yaml": [namespace(), workload("Deployment", **PRIVILEGED)]})
    script = run("export", "namespace-labels").out
    _, told = script.split("failed=0\n")
    assert (
        told
        == """
# shop: warn and audit first, enforce nothing yet.
# Put the labels into its manifest as well: shop.yaml:5
# Enforced, baseline would refuse the pods of 1 workload (of 1):
#   Deployment "web", shop.yaml:13
#     host-pid: shop.yaml:30:16
# First put these right, then run the command that is commented out, too:
# kubectl label namespace shop "$@" pod-security.kubernetes.io/enforce=baseline \
pod-security.kubernetes.io/enforce-version=latest || failed=1
kubectl label namespace shop "$@" \\
  pod-security.kubernetes.io/warn=restricted \\
  pod-security.kubernetes.io/warn-version=latest \\
  pod-security.kubernetes.io/audit=restricted \\
  pod-security.kubernetes.io/audit-version=latest \\
  || failed=1

exit "$failed"
"""
    )


@pytest.mark.skipif(sys.platform == "win32", reason="absent: sh: the script wants a POSIX shell")
def test_the_script_runs_what_it_says(folder: Path, run: Command, tmp_path: Path) -> None:
    write(
        folder,
        {"a.yaml": pod("a\nb; touch stolen", "a"), "c.yaml": pod("$(reboot)", "c", **PRIVILEGED)},
    )
    said = export(run)
    script = run("export", "namespace-labels").out
    programs = tmp_path / "programs"
    programs.mkdir()
    kubectl = programs / "kubectl"
    # It fails for one namespace, and the other one is labelled all the same.
    kubectl.write_text('#!/bin/sh\necho "$@" >> "$0.log"\n[ "$3" != a ]\n', encoding="utf-8")
    kubectl.chmod(0o755)
    done = subprocess.run(
        ["sh", "-s", "--", "--dry-run=server"],
        input=script.encode(),
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        check=False,
    )
    assert done.returncode == 1
    ran = (programs / "kubectl.log").read_text(encoding="utf-8").splitlines()
    assert ran == [
        " ".join(
            (
                *("label", "namespace", name, "--dry-run=server"),
                *(f"{key}={value}" for key, value in said[name]["labels"].items()),
            )
        )
        for name in ("a", "c")
    ]
    assert not (folder / "stolen").exists()


# The command line.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "k8s-lsp export: error: the following arguments are required: SUBJECT"),
        (["namespace-labels", "--fix"], "k8s-lsp export namespace-labels: error: unknown option"),
        (["namespace-labels", "--rule", "host-pid=off"], "unknown option --rule"),
        (["namespace-labels", "--config", "no.yaml"], "error: --config: no.yaml: no such file"),
        (["namespace-labels", "--profile", "strict"], '"strict" is not one of recommended'),
    ],
)
def test_a_wrong_command_line_is_told(run: Command, arguments: list[str], message: str) -> None:
    result = run("export", *arguments)
    assert result.status == 2
    assert message in result.err
    assert result.err.count("\n") == 1
