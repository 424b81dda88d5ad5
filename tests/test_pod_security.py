"""The Pod Security Standards, by upstream's own fixtures and by a table of what those leave out."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.pod_security import broken_checks
from k8s_lsp.kubernetes.versions import version_of
from k8s_lsp.settings import Settings

Level = Literal["baseline", "restricted"]


def controls(text: str, level: Level, version: str) -> list[str]:
    """The ids of the checks that report something, each once, in alphabetical order."""
    analysis = analyze(text, Settings(profile=level, kubernetes_version=version))
    assert not analysis.incomplete
    reported = [each for _, each in analysis.published()]
    assert all(each.control is not None for each in reported), "only Pod Security speaks here"
    return sorted({each.control.id for each in reported if each.control is not None})


# What upstream expects.


def test_every_upstream_fixture_has_the_findings_of_its_checks(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    fixtures = [record for record in manifest if record["set"] == "pss"]
    assert {record["label"] for record in fixtures} == {"pass", "fail"}
    wrong = []
    for record in fixtures:
        text = (corpora / record["path"]).read_text(encoding="utf-8")
        found = controls(text, record["level"], record["policy_version"])
        if found != sorted(record["expected_checks"]) or bool(found) != (record["label"] == "fail"):
            wrong.append(f"{record['path']}: {found} instead of {record['expected_checks']}")
    assert not wrong, "\n".join(wrong)


def broken(text: str, level: Level, version: str) -> list[str]:
    """What the pod of a text breaks, asked as a whole, in the API server's words."""
    (obj,) = analyze(text).units[0].objects
    (pod,) = obj.pods
    return [each.reason for each in broken_checks(pod, level, version_of(version))]


def test_what_is_asked_as_a_whole_agrees_with_every_upstream_fixture(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    fixtures = [record for record in manifest if record["set"] == "pss"]
    assert any(record["expected_checks"] for record in fixtures)
    wrong = []
    for record in fixtures:
        text = (corpora / record["path"]).read_text(encoding="utf-8")
        found = broken(text, record["level"], record["policy_version"])
        if len(found) != len(record["expected_checks"]):
            wrong.append(f"{record['path']}: {found}, not {record['expected_checks']}")
    assert not wrong, "\n".join(wrong)


# What upstream's fixtures leave out.

Context = dict[str, Any]

RESTRICTED: Context = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A container's securityContext with nothing to complain about at the restricted level."""


def without(*names: str) -> Context:
    return {name: value for name, value in RESTRICTED.items() if name not in names}


def pod(*, app: Context = RESTRICTED, annotations: Any = None, **spec: Any) -> str:
    """A pod with one container, as JSON; `app` is the container's securityContext."""
    container = {"name": "app", "image": "example.com/app:1.4.2", "securityContext": app}
    metadata: Context = {"name": "web", "annotations": annotations}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    return json.dumps({**whole, "spec": {"containers": [container], **spec}})


def debugger(context: Context) -> list[Context]:
    """The ephemeral containers of a pod that somebody looks into."""
    return [{"name": "debug", "image": "example.com/debug:1", "securityContext": context}]


def volume(source: str) -> list[Context]:
    return [{"name": "data", source: {}}]


WINDOWS = {"name": "windows"}
ONLY_NON_ROOT = {"runAsNonRoot": True}
ROOT = {**RESTRICTED, "runAsUser": 0}
UNMASKED = {**RESTRICTED, "procMount": "Unmasked"}
UNCONFINED = {"type": "Unconfined"}

TABLE: dict[str, tuple[Level, str, dict[str, str]]] = {
    # What it shows: the level, the pod, and for some versions the ids of the checks that report it.
    "each restricted check has its first version": (
        "restricted",
        pod(app={"capabilities": {"add": ["SYS_TIME"]}, "runAsUser": 0}),
        {
            "1.0": "capabilities_baseline runAsNonRoot",
            "1.7": "capabilities_baseline runAsNonRoot",
            "1.8": "allowPrivilegeEscalation capabilities_baseline runAsNonRoot",
            "1.18": "allowPrivilegeEscalation capabilities_baseline runAsNonRoot",
            "1.19": "allowPrivilegeEscalation capabilities_baseline runAsNonRoot "
            "seccompProfile_restricted",
            "1.21": "allowPrivilegeEscalation capabilities_baseline runAsNonRoot "
            "seccompProfile_restricted",
            "1.22": "allowPrivilegeEscalation capabilities_restricted runAsNonRoot "
            "seccompProfile_restricted",
            "1.23": "allowPrivilegeEscalation capabilities_restricted runAsNonRoot runAsUser "
            "seccompProfile_restricted",
            "latest": "allowPrivilegeEscalation capabilities_restricted runAsNonRoot runAsUser "
            "seccompProfile_restricted",
        },
    ),
    "restricted checks are not asked at baseline": (
        "baseline",
        pod(app={"allowPrivilegeEscalation": True, "runAsNonRoot": False, "runAsUser": 0}),
        {"1.18": "", "1.25": "", "latest": ""},
    ),
    "a newer version than the newest behaves as that one": ("restricted", pod(), {"1.99": ""}),
    # Ephemeral containers are containers.
    "ephemeral containers are asked everything": (
        "restricted",
        pod(ephemeralContainers=debugger({"runAsUser": 0})),
        {
            "1.36": "allowPrivilegeEscalation capabilities_restricted runAsNonRoot runAsUser "
            "seccompProfile_restricted"
        },
    ),
    "ephemeral containers at baseline": (
        "baseline",
        pod(
            ephemeralContainers=debugger(
                {
                    "privileged": True,
                    "capabilities": {"add": ["NET_RAW"]},
                    "seccompProfile": UNCONFINED,
                    "appArmorProfile": UNCONFINED,
                    "seLinuxOptions": {"type": "spc_t"},
                }
            )
        ),
        {
            "1.36": "appArmorProfile capabilities_baseline privileged seLinuxOptions "
            "seccompProfile_baseline"
        },
    ),
    "ephemeral containers inherit from the pod": (
        "restricted",
        pod(
            securityContext={
                "runAsNonRoot": True,
                "seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"},
            },
            ephemeralContainers=debugger(without("runAsNonRoot", "seccompProfile")),
        ),
        {"1.36": ""},
    ),
    # Windows pods are excused from what Windows does not have.
    "windows pods": (
        "restricted",
        pod(app=ONLY_NON_ROOT, os=WINDOWS),
        {
            "1.24": "allowPrivilegeEscalation capabilities_restricted seccompProfile_restricted",
            "1.25": "",
            "latest": "",
        },
    ),
    "windows pods still say who they run as": (
        "restricted",
        pod(app={}, os=WINDOWS),
        {"1.25": "runAsNonRoot", "latest": "runAsNonRoot"},
    ),
    "windows pods may not be root": (
        "restricted",
        pod(app={**ONLY_NON_ROOT, "runAsUser": 0}, os=WINDOWS),
        {"1.25": "runAsUser"},
    ),
    "windows pods have no capability check left": (
        "restricted",
        pod(app={**ONLY_NON_ROOT, "capabilities": {"add": ["SYS_ADMIN"]}}, os=WINDOWS),
        {
            "1.21": "allowPrivilegeEscalation capabilities_baseline seccompProfile_restricted",
            "1.24": "allowPrivilegeEscalation capabilities_restricted seccompProfile_restricted",
            "1.25": "",
        },
    ),
    "windows pods have no seccomp check left": (
        "restricted",
        pod(app={**ONLY_NON_ROOT, "seccompProfile": UNCONFINED}, os=WINDOWS),
        {
            "1.24": "allowPrivilegeEscalation capabilities_restricted seccompProfile_restricted",
            "1.25": "",
        },
    ),
    "windows pods keep the baseline's checks at baseline": (
        "baseline",
        pod(
            app={"capabilities": {"add": ["SYS_ADMIN"]}, "seccompProfile": UNCONFINED},
            os=WINDOWS,
        ),
        {"1.36": "capabilities_baseline seccompProfile_baseline"},
    ),
    "windows pods have no exemption for volumes": (
        "restricted",
        pod(app=ONLY_NON_ROOT, os=WINDOWS, volumes=volume("nfs")),
        {"1.36": "restrictedVolumes"},
    ),
    "a node selector makes no windows pod": (
        "restricted",
        pod(app=without("capabilities"), nodeSelector={"kubernetes.io/os": "windows"}),
        {"1.36": "capabilities_restricted"},
    ),
    "os.name is compared exactly": (
        "restricted",
        pod(app=without("capabilities"), os={"name": "Windows"}),
        {"1.36": "capabilities_restricted"},
    ),
    # User namespaces relax three checks from 1.35 on.
    "user namespace and runAsNonRoot": (
        "restricted",
        pod(app=without("runAsNonRoot"), hostUsers=False),
        {"1.34": "runAsNonRoot", "1.35": "", "latest": ""},
    ),
    "user namespace and an explicit false": (
        "restricted",
        pod(app={**RESTRICTED, "runAsNonRoot": False}, hostUsers=False),
        {"1.34": "runAsNonRoot", "1.35": ""},
    ),
    "user namespace and runAsUser": (
        "restricted",
        pod(app=ROOT, hostUsers=False),
        {"1.22": "", "1.23": "runAsUser", "1.34": "runAsUser", "1.35": ""},
    ),
    "user namespace and procMount at baseline": (
        "baseline",
        pod(app=UNMASKED, hostUsers=False),
        {"1.0": "procMount", "1.34": "procMount", "1.35": "", "latest": ""},
    ),
    "user namespace and procMount at restricted": (
        "restricted",
        pod(app=UNMASKED, hostUsers=False),
        {"1.34": "procMount", "1.35": "procMount_restricted", "latest": "procMount_restricted"},
    ),
    "user namespace and the other checks": (
        "restricted",
        pod(app={}, hostUsers=False),
        {"1.36": "allowPrivilegeEscalation capabilities_restricted seccompProfile_restricted"},
    ),
    "hostUsers: true is no user namespace": (
        "restricted",
        pod(app=without("runAsNonRoot"), hostUsers=True),
        {"1.36": "runAsNonRoot"},
    ),
    "procMount with the node's users": (
        "restricted",
        pod(app=UNMASKED),
        {"1.34": "procMount", "1.35": "procMount_restricted"},
    ),
    # Who says it: the pod or the container.
    "the pod's false counts beside a container's true": (
        "restricted",
        pod(securityContext={"runAsNonRoot": False}),
        {"1.36": "runAsNonRoot"},
    ),
    "the pod's 0 counts beside a container's user": (
        "restricted",
        pod(app={**RESTRICTED, "runAsUser": 1000}, securityContext={"runAsUser": 0}),
        {"1.22": "", "1.36": "runAsUser"},
    ),
    "a user above 0 does not replace runAsNonRoot": (
        "restricted",
        pod(app={**without("runAsNonRoot"), "runAsUser": 1000}),
        {"1.36": "runAsNonRoot"},
    ),
    "the pod's Unconfined counts beside a container's profile": (
        "restricted",
        pod(securityContext={"seccompProfile": UNCONFINED}),
        {"1.18": "", "1.19": "seccompProfile_restricted", "1.36": "seccompProfile_restricted"},
    ),
    "groups are not looked at": (
        "restricted",
        pod(
            app={**RESTRICTED, "runAsGroup": 0},
            securityContext={"fsGroup": 0, "supplementalGroups": [0]},
        ),
        {"1.36": ""},
    ),
    # Capabilities are compared as text.
    "drop: [all] in lower case": (
        "restricted",
        pod(app={**RESTRICTED, "capabilities": {"drop": ["all"]}}),
        {"1.21": "", "1.36": "capabilities_restricted"},
    ),
    "drop: [ALL] among others, and NET_BIND_SERVICE": (
        "restricted",
        pod(
            app={
                **RESTRICTED,
                "capabilities": {"drop": ["KILL", "ALL"], "add": ["NET_BIND_SERVICE"]},
            }
        ),
        {"1.22": "", "1.36": ""},
    ),
    "an added capability of the baseline's": (
        "restricted",
        pod(app={**RESTRICTED, "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}),
        {"1.21": "", "1.22": "capabilities_restricted"},
    ),
    # Seccomp in annotations, which were all there was before 1.19.
    "seccomp annotations before 1.19": (
        "baseline",
        pod(annotations={"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}),
        {"1.18": "seccompProfile_baseline", "1.19": "", "1.36": ""},
    ),
    "seccomp annotations before 1.19 at restricted": (
        "restricted",
        pod(annotations={"container.seccomp.security.alpha.kubernetes.io/app": ""}),
        {"1.18": "seccompProfile_baseline", "1.19": ""},
    ),
    "seccomp annotations of no container": (
        "baseline",
        pod(annotations={"container.seccomp.security.alpha.kubernetes.io/other": "unconfined"}),
        {"1.18": ""},
    ),
    "seccomp fields before 1.19": (
        "restricted",
        pod(app={**RESTRICTED, "seccompProfile": UNCONFINED}),
        {"1.18": "", "1.19": "seccompProfile_restricted"},
    ),
    "a seccomp profile without a type": (
        "baseline",
        pod(app={"seccompProfile": {}}),
        {"1.18": "", "1.19": "seccompProfile_baseline"},
    ),
    # AppArmor in both places, in every version.
    "AppArmor fields": (
        "baseline",
        pod(app={"appArmorProfile": UNCONFINED}, securityContext={"appArmorProfile": UNCONFINED}),
        {"1.0": "appArmorProfile", "1.30": "appArmorProfile", "latest": "appArmorProfile"},
    ),
    "an AppArmor profile without a type": (
        "baseline",
        pod(app={"appArmorProfile": {}}),
        {"1.36": "appArmorProfile"},
    ),
    "AppArmor annotations of no container": (
        "baseline",
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/other": "unconfined"}),
        {"1.36": "appArmorProfile"},
    ),
    "an empty AppArmor annotation": (
        "baseline",
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/app": ""}),
        {"1.36": ""},
    ),
    # SELinux.
    "container_engine_t": (
        "baseline",
        pod(app={"seLinuxOptions": {"type": "container_engine_t"}}),
        {"1.30": "seLinuxOptions", "1.31": "", "latest": ""},
    ),
    # Volumes.
    "an image volume": ("restricted", pod(volumes=volume("image")), {"1.0": "", "1.36": ""}),
    "an inline CSI volume": ("restricted", pod(volumes=volume("csi")), {"1.0": "", "1.36": ""}),
    "an ephemeral volume": (
        "restricted",
        pod(volumes=volume("ephemeral")),
        {"1.0": "", "1.36": ""},
    ),
    "a volume without a source is an emptyDir": (
        "restricted",
        pod(volumes=[{"name": "data"}, {"name": "more", "nfs": None}]),
        {"1.36": ""},
    ),
    "a hostPath volume": (
        "restricted",
        pod(volumes=volume("hostPath")),
        {"1.0": "restrictedVolumes", "1.36": "restrictedVolumes"},
    ),
    "a hostPath volume at baseline": (
        "baseline",
        pod(volumes=volume("hostPath")),
        {"1.0": "hostPathVolumes", "1.36": "hostPathVolumes"},
    ),
    # Probes.
    "the host of a probe": (
        "baseline",
        pod(
            initContainers=[
                {"name": "proxy", "lifecycle": {"postStart": {"tcpSocket": {"host": "::1"}}}}
            ]
        ),
        {"1.33": "", "1.34": "hostProbesAndHostLifecycle"},
    ),
}

ROWS = [
    pytest.param(level, text, version, expected, id=f"{name} ({version})")
    for name, (level, text, by_version) in TABLE.items()
    for version, expected in by_version.items()
]


@pytest.mark.parametrize(("level", "text", "version", "expected"), ROWS)
def test_checks_that_no_upstream_fixture_covers(
    level: Level, text: str, version: str, expected: str
) -> None:
    assert controls(text, level, version) == sorted(expected.split())
    assert len(broken(text, level, version)) == len(expected.split())


KINDS = {
    "v1 PodTemplate": "template",
    "v1 ReplicationController": "spec.template",
    "apps/v1 ReplicaSet": "spec.template",
    "apps/v1 Deployment": "spec.template",
    "apps/v1 DaemonSet": "spec.template",
    "apps/v1 StatefulSet": "spec.template",
    "batch/v1 Job": "spec.template",
    "batch/v1 CronJob": "spec.jobTemplate.spec.template",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_judged_by_its_pod(kind: str) -> None:
    whole = json.loads(
        pod(
            app=without("runAsNonRoot"),
            annotations={"container.apparmor.security.beta.kubernetes.io/app": "unconfined"},
            hostPID=True,
        )
    )
    template: Context = {"metadata": whole["metadata"], "spec": whole["spec"]}
    for key in reversed(KINDS[kind].split(".")):
        template = {key: template}
    # Without one, an object of this group is a patch, in which nothing is missing.
    if kind.startswith("apps/"):
        template["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    # The controller's own metadata are not the pod's.
    metadata = {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}}
    version, name = kind.split()
    text = json.dumps({"apiVersion": version, "kind": name, "metadata": metadata, **template})
    expected = ["appArmorProfile", "hostNamespaces", "runAsNonRoot"]
    assert controls(text, "restricted", "1.18") == expected
    assert controls(text, "restricted", "latest") == expected


def test_nothing_else_is_judged() -> None:
    text = pod(app={}, hostPID=True)
    assert not controls(text.replace('"Pod"', '"Service"'), "restricted", "latest")
    # In a group of Kubernetes' own that has no such kind; elsewhere pods are found by their shape.
    assert not controls(text.replace('"v1"', '"apps/v1"'), "restricted", "latest")
