"""Harden overrules nothing that a file decides on purpose, over all that others wrote.

The files are read here by PyYAML, and judged by what stands in this module alone: a mistake of the
product is not repeated. What counts is what Harden made of each object.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import harden, preferred_fix
from k8s_lsp.engine.results import Analysis
from k8s_lsp.settings import Settings
from tests.test_corpora import files_of, text_of

Data: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[list[Data], list[Data]], Iterator[str]]
"""Tells what was overruled, given the objects of a file before and after it was hardened."""

SAMPLE = 50
"""Every how manieth file the quick run looks at; `make sweep` looks at all of them."""

WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet")


# Reading.


def objects_in(text: str) -> list[Data]:
    """The objects of a text and of the Lists in it; raises YAMLError."""
    found: list[Data] = []
    for document in yaml.load_all(text, yaml.CSafeLoader):
        if isinstance(document, dict):
            is_list = str(document.get("kind", "")).endswith("List")
            found += listed(document, "items") if is_list else [document]
    return found


def at(data: Any, *names: str) -> Any:
    """What stands below some keys; an empty mapping where nothing does."""
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return {} if data is None else data


def pod_of(obj: Data) -> Data | None:
    """The pod spec of an object that has one."""
    kind = obj.get("kind")
    places = {
        "Pod": ("spec",),
        "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
        **dict.fromkeys((*WORKLOADS, "Job", "ReplicationController"), ("spec", "template", "spec")),
    }
    spec = at(obj, *places[kind]) if kind in places else None
    return spec if isinstance(spec, dict) and spec else None


def listed(data: Any, *names: str) -> list[Data]:
    items: object = at(data, *names)
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def containers_of(pod: Data) -> list[Data]:
    return [
        each
        for key in ("initContainers", "containers", "ephemeralContainers")
        for each in listed(pod, key)
    ]


def pods_of(before: list[Data], after: list[Data]) -> Iterator[tuple[Data, Data, Data]]:
    """Each object with a pod, and its pod before and after."""
    for old, new in zip(before, after, strict=True):
        one, other = pod_of(old), pod_of(new)
        if one is not None and other is not None:
            yield old, one, other


def is_true(value: object) -> bool:
    return value is True


# What is on purpose.


def tokens(before: list[Data], after: list[Data]) -> Iterator[str]:
    """A pod asks for the token of an account that the file binds; or the account itself does."""
    bound = {
        (subject.get("namespace"), subject.get("name"))
        for obj in before
        if obj.get("kind") in ("RoleBinding", "ClusterRoleBinding")
        for subject in listed(obj, "subjects")
        if subject.get("kind") == "ServiceAccount"
    }
    for obj, old, new in pods_of(before, after):
        account = old.get("serviceAccountName") or old.get("serviceAccount")
        key = "automountServiceAccountToken"
        is_own = (at(obj, "metadata").get("namespace"), account) in bound
        if is_own and is_true(old.get(key)) and not is_true(new.get(key)):
            yield f"token of {account}"


def patches(before: list[Data], after: list[Data]) -> Iterator[str]:
    """What is no whole workload got something that it did not have."""
    for obj, old, new in pods_of(before, after):
        is_patch = not listed(old, "containers") or (
            obj.get("apiVersion") == "apps/v1"
            and obj.get("kind") in WORKLOADS
            and not at(obj, "spec", "selector")
        )
        if is_patch and keys_of(new) - keys_of(old):
            yield f"patch of {at(obj, 'metadata').get('name')}"


def keys_of(data: object, path: tuple[object, ...] = ()) -> set[tuple[object, ...]]:
    children: Iterable[tuple[object, object]] = ()
    if isinstance(data, dict):
        children = data.items()
    elif isinstance(data, list):
        children = enumerate(data)
    return {path}.union(*(keys_of(value, (*path, key)) for key, value in children))


def snippets(before: list[Data], after: list[Data]) -> Iterator[str]:
    for old, new in zip(before, after, strict=True):
        for key, value in at(old, "metadata", "annotations").items():
            if "snippet" in str(key) and at(new, "metadata", "annotations").get(key) != value:
                yield f"snippet {key}"


def namespaces(before: list[Data], after: list[Data]) -> Iterator[str]:
    """A namespace that enforced nothing now refuses a pod of the file as it is afterwards."""
    key = "pod-security.kubernetes.io/enforce"
    refused = {
        at(obj, "metadata").get("namespace")
        for obj in after
        if (pod := pod_of(obj)) is not None and breaks_baseline(pod)
    }
    for old, new in zip(before, after, strict=True):
        if old.get("kind") == "Namespace" and key in at(new, "metadata", "labels"):
            is_new = key not in at(old, "metadata", "labels")
            if is_new and refused & {None, at(old, "metadata").get("name")}:
                yield f"namespace {at(old, 'metadata').get('name')}"


def breaks_baseline(pod: Data) -> bool:
    allowed = (
        "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID"
        " SETPCAP SETUID SYS_CHROOT"
    ).split()
    return (
        any(is_true(pod.get(key)) for key in ("hostNetwork", "hostPID", "hostIPC"))
        or any("hostPath" in volume for volume in listed(pod, "volumes"))
        or any(
            is_true(at(container, "securityContext").get("privileged"))
            or any(port.get("hostPort") for port in listed(container, "ports"))
            or any(
                name not in allowed
                for name in at(container, "securityContext", "capabilities").get("add") or ()
            )
            for container in containers_of(pod)
        )
    )


def host_access(before: list[Data], after: list[Data]) -> Iterator[str]:
    """A pod that mounts the kubelet's folders, or the node's devices, lost what it had."""
    parts = ("/var/lib/kubelet", "/etc/cni", "/opt/cni", "/proc", "/sys", "/dev/")
    for _, old, new in pods_of(before, after):
        paths = [str(at(volume, "hostPath").get("path")) for volume in listed(old, "volumes")]
        if not any(f"{path.rstrip('/')}/".startswith(parts) for path in paths):
            continue
        if all(path.startswith(("/dev/shm", "/dev/log")) for path in paths if path != "None"):
            continue
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if old.get(key) != new.get(key):
                yield f"{key} of an agent"
        for one, other in zip(containers_of(old), containers_of(new), strict=True):
            privileged = [at(each, "securityContext").get("privileged") for each in (one, other)]
            if is_true(privileged[0]) and not is_true(privileged[1]):
                yield "privileged of an agent"
            mounts = [listed(each, "volumeMounts") for each in (one, other)]
            if mounts[0] != mounts[1][: len(mounts[0])]:
                yield "mounts of an agent"


def explicit_false(before: list[Data], after: list[Data]) -> Iterator[str]:
    for _, old, new in pods_of(before, after):
        pairs = zip((old, *containers_of(old)), (new, *containers_of(new)), strict=True)
        for one, other in pairs:
            for key in ("readOnlyRootFilesystem", "runAsNonRoot"):
                values = [at(each, "securityContext").get(key) for each in (one, other)]
                if values[0] is False and values[1] is not False:
                    yield f"{key} that was false"


def created_paths(before: list[Data], after: list[Data]) -> Iterator[str]:
    for _, old, new in pods_of(before, after):
        created = {
            volume.get("name")
            for volume in listed(old, "volumes")
            if str(at(volume, "hostPath").get("type")).endswith("OrCreate")
        }
        for one, other in zip(containers_of(old), containers_of(new), strict=True):
            for mount, later in zip(
                listed(one, "volumeMounts"), listed(other, "volumeMounts"), strict=False
            ):
                if mount.get("name") in created and mount != later:
                    yield f"mount of {mount.get('name')}"


JUDGES: dict[str, Judge] = {
    judge.__name__: judge
    for judge in (
        tokens, patches, snippets, namespaces, host_access, explicit_false, created_paths,
    )
}  # fmt: skip


@cache
def hardened(file: Path) -> tuple[list[Data], list[Data]]:
    """The objects of a file before and after Harden; none where there is nothing to overrule."""
    text = text_of(file)
    try:
        before = objects_in(text) if "{{" not in text else []
    except (yaml.YAMLError, ValueError):
        before = []
    if any(pod_of(each) or each.get("kind") in ("Ingress", "Namespace") for each in before):
        after = harden(analyze(text, Settings("recommended"))).text
        if after != text:
            return before, objects_in(after)
    return [], []


def count_overruled(files: Iterable[Path], judge: Judge) -> list[str]:
    return [f"{file}: {what}" for file in files for what in judge(*hardened(file))]


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_nothing_is_overruled_in_a_sample(
    corpora: Path, manifest: list[dict[str, Any]], judge: Judge
) -> None:
    files = files_of(corpora, manifest, "real", "peers")[::SAMPLE]
    assert not count_overruled(files, judge)


@pytest.mark.sweep
@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_nothing_is_overruled(corpora: Path, manifest: list[dict[str, Any]], judge: Judge) -> None:
    assert not count_overruled(files_of(corpora, manifest, "real", "peers"), judge)


def left_in_the_end(analysis: Analysis) -> Iterator[str]:
    """Why Harden leaves what it leaves, a text for each finding."""
    hardened = harden(analysis).analysis
    for _, diagnosis in hardened.published():
        fix = preferred_fix(hardened, diagnosis)
        if fix is not None and fix.left_because is not None:
            yield f"{diagnosis.rule.slug}: {fix.left_because.partition(':')[0]}"


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.sweep)])
def test_most_fixes_are_still_taken_in_bulk(
    corpora: Path, manifest: list[dict[str, Any]], step: int
) -> None:
    """Of what the first round of Harden could do, and why the rest is left.

    One driver stands there in 25 versions, with a node agent in each: what a repository decides
    again and again counts once. What the first round leaves, a later one may take: capabilities go
    once the image of a container has got its user. So the reasons are those of the end. All counts
    are printed.
    """
    taken, left = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    reasons = Counter[str]()
    for file in files_of(corpora, manifest, "real")[::step]:
        analysis = analyze(text_of(file), Settings("recommended"))
        repository = file.relative_to(corpora).parts[1]
        for _, diagnosis in analysis.published():
            fix = preferred_fix(analysis, diagnosis)
            if fix is None:
                continue
            slug, obj, path = diagnosis.rule.slug, diagnosis.object, diagnosis.finding.path
            decision = repository, slug, obj.kind, obj.name, path
            if fix.left_because is None:
                taken[decision] += 1
            else:
                left[decision] += 1
        reasons.update(left_in_the_end(analysis))
    all_of_them = taken.total() + left.total()
    for count, total in (
        (taken.total(), all_of_them),
        (all_of_them - reasons.total(), all_of_them),
        (len(taken.keys() - left.keys()), len(taken.keys() | left.keys())),
    ):
        print(f"\n{count} of {total} fixes are taken in bulk: {count / total:.1%}")
    for reason, number in reasons.most_common():
        print(f"{number:6} {reason}")
    assert len(taken.keys() - left.keys()) >= 0.85 * len(taken.keys() | left.keys())


# The judges themselves: each finds what it is there for.

POD = {"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"image": "a"}]}}
"""The smallest pod."""


def with_pod(**fields: Any) -> Data:
    return {**POD, "spec": {**POD["spec"], **fields}}  # type: ignore[dict-item]


def with_container(**fields: Any) -> Data:
    return with_pod(containers=[{"image": "a", **fields}])


KUBELET = [{"name": "k", "hostPath": {"path": "/var/lib/kubelet/pods"}}]
CREATED = [{"name": "c", "hostPath": {"path": "/x", "type": "DirectoryOrCreate"}}]
BINDING = {"kind": "RoleBinding", "subjects": [{"kind": "ServiceAccount", "name": "b"}]}
ENFORCING = {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}


@pytest.mark.parametrize(
    ("judge", "before", "after"),
    [
        (
            "tokens",
            [BINDING, with_pod(serviceAccountName="b", automountServiceAccountToken=True)],
            [BINDING, with_pod(serviceAccountName="b", automountServiceAccountToken=False)],
        ),
        ("patches", [with_pod(containers=[])], [with_pod(containers=[], hostUsers=False)]),
        (
            "snippets",
            [{"metadata": {"annotations": {"a/server-snippet": "deny all;"}}}],
            [{"metadata": {}}],
        ),
        (
            "namespaces",
            [{"kind": "Namespace"}, with_pod(hostPID=True)],
            [{"kind": "Namespace", "metadata": ENFORCING}, with_pod(hostPID=True)],
        ),
        ("host_access", [with_pod(volumes=KUBELET, hostPID=True)], [with_pod(volumes=KUBELET)]),
        (
            "explicit_false",
            [with_container(securityContext={"runAsNonRoot": False})],
            [with_container(securityContext={"runAsNonRoot": True})],
        ),
        (
            "created_paths",
            [{**with_pod(volumes=CREATED, containers=[{"volumeMounts": [{"name": "c"}]}])}],
            [
                with_pod(
                    volumes=CREATED,
                    containers=[{"volumeMounts": [{"name": "c", "readOnly": True}]}],
                )
            ],
        ),
    ],
)
def test_a_judge_sees_what_is_overruled(judge: str, before: list[Data], after: list[Data]) -> None:
    assert list(JUDGES[judge](before, after))
    assert not list(JUDGES[judge](before, before))
