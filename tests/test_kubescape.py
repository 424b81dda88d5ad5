"""The fixes that kubescape proposes, path by path, beside what ours write.

A rule of kubescape is mapped where it asks for the same as one of ours. After our fixes, each path
has the value that kubescape proposes, or the reason why ours is better stands below.
"""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests import oracle
from tests.fixes import harden_text

MAPPED = {
    "automount-service-account": ("service-account-token-mounted",),
    "drop-capability-netraw": ("capabilities-not-dropped",),
    "immutable-container-filesystem": ("writable-root-filesystem",),
    "non-root-containers": ("root-user-allowed", "root-user"),
    "resources-cpu-limit-and-request": ("missing-cpu-limit", "missing-cpu-request"),
    "resources-memory-limit-and-request": ("missing-memory-limit", "missing-memory-request"),
    "resources-memory-limits": ("missing-memory-limit",),
    "resources-memory-requests": ("missing-memory-request",),
    "set-hostprocess-true": ("windows-host-process",),
    "set-procmount-default": ("unmasked-proc-mount",),
    "set-seccomp-profile": ("missing-seccomp-profile",),
    "set-sysctls-params": ("unsafe-sysctl",),
}
"""Rules of kubescape that mean the same as rules of ours; the rest asks for something else."""

Judge = Callable[[list[Any], str], bool]
"""Whether the documents have at a path what the reason speaks of."""


class Better(NamedTuple):
    """What we write instead of a value that kubescape proposes for a field, and why."""

    is_ours: Judge
    reason: str


def _absent(documents: list[Any], path: str) -> bool:
    return not any(values(documents, path))


def _number(documents: list[Any], path: str) -> bool:
    """A quantity stands there, or a limit that is the request as well."""
    found = values(documents, path) + values(documents, path.replace(".requests.", ".limits."))
    return any(oracle.quantity(value) is not None for value in found)


def _at_pod(documents: list[Any], path: str) -> bool:
    """The pod has the value for all of its containers."""
    return any(values(documents, _of_pod(path)))


def _at_pod_or_decided(documents: list[Any], path: str) -> bool:
    """The same, unless the file says false for the container or its pod in so many words."""
    written = values(documents, path) + values(documents, _of_pod(path))
    return _at_pod(documents, path) or False in written


def _without_root(documents: list[Any], path: str) -> bool:
    """The kubelet refuses root, and no number is made up; or root was decided on."""
    flag = path.rpartition(".")[0] + ".runAsNonRoot"
    kept = values(documents, path)
    is_flagged = any(values(documents, flag)) or _at_pod_or_decided(documents, flag)
    return all(value in (None, 0) for value in kept) and is_flagged


def _or_in_patch(is_ours: Judge) -> Judge:
    """The same, but in a pod that has a container without an image: nothing is filled in there."""

    def judge(documents: list[Any], path: str) -> bool:
        containers = values(documents, path.partition("containers[")[0] + "containers")
        is_patch = any("image" not in each for found in containers for each in found or ())
        return is_patch or is_ours(documents, path)

    return judge


def _of_pod(path: str) -> str:
    return re.sub(r"\.(?:initC|c)ontainers\[\d+\]", "", path)


def _only_safe(documents: list[Any], path: str) -> bool:
    kept = [each["name"] for value in values(documents, path) for each in value or ()]
    return kept in (["net.ipv4.tcp_syncookies"], ["kernel.shm_rmid_forced"])


PLACEHOLDER = Better(
    _number,
    "an amount from the settings instead of YOUR_VALUE, which the API server rejects; none where a"
    " limit stands already, because it is the request too (defaults.go, SetDefaults_Pod)",
)
BETTER = {
    ("automount-service-account", "automountServiceAccountToken"): Better(
        lambda documents, path: values(documents, path) == [True],
        "an explicit true for an account of its own (test-sa) is a decision: a person may"
        " take it back, and hardening does not",
    ),
    ("drop-capability-netraw", "drop"): Better(
        lambda documents, path: {"ALL", None} & {*values(documents, path)} != set(),
        "ALL includes NET_RAW and whatever else the runtime grants; restricted asks for ALL. From"
        " mysql and php, which start as root, it takes what they need: left until their user goes",
    ),
    ("non-root-containers", "runAsUser"): Better(
        _or_in_patch(_without_root),
        "runAsNonRoot makes the kubelet refuse root; 1000 is made up, and the image may have no"
        " such user, or files that another one owns",
    ),
    ("non-root-containers", "runAsGroup"): Better(
        _or_in_patch(_without_root),
        "the group is made up too; root-group, which is off by default, asks for another one; and"
        " a pod that has a container without an image is a patch, which is left as it is",
    ),
    ("non-root-containers", "runAsNonRoot"): Better(
        _or_in_patch(_at_pod_or_decided),
        "written once at the pod, where it serves all containers; an explicit false is a decision,"
        " which a person takes back, and nothing in bulk",
    ),
    ("resources-cpu-limit-and-request", "cpu"): PLACEHOLDER,
    ("resources-memory-limit-and-request", "memory"): PLACEHOLDER,
    ("resources-memory-limits", "memory"): PLACEHOLDER,
    ("resources-memory-requests", "memory"): PLACEHOLDER,
    ("set-hostprocess-true", "hostProcess"): Better(
        _absent, "absent means false, and false beside hostNetwork would be one more line to keep"
    ),
    ("set-procmount-default", "procMount"): Better(
        _absent, "absent means Default, and a field that only repeats it is noise"
    ),
    ("set-seccomp-profile", "seccompProfile"): Better(
        _at_pod, "RuntimeDefault, at the pod for all of its containers, instead of YOUR_VALUE"
    ),
    ("set-sysctls-params", "sysctls"): Better(
        _only_safe, "the unsafe sysctls are removed, not replaced by REMOVE_UNSAFE_SYSCTLS"
    ),
}


def test_mapped_rules_exist() -> None:
    slugs = {rule.slug for rule in RULES}
    assert {slug for mapped in MAPPED.values() for slug in mapped} <= slugs


def test_our_fixes_do_what_kubescape_proposes(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    records = [
        record
        for record in manifest
        if record.get("tool") == "kubescape" and record["check"] in MAPPED and record["fix_paths"]
    ]
    same: Counter[str] = Counter()
    better: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for record in records:
        text = (corpora / record["path"]).read_text(encoding="utf-8")
        rule = record["check"]
        fixed = oracle.load(harden_text(text, alone(MAPPED[rule])))
        for proposal in record["fix_paths"]:
            outcome = judged(rule, fixed, proposal["path"], proposal["value"])
            if outcome is None:
                wrong.append(f"{record['path']}: {proposal} but {values(fixed, proposal['path'])}")
            elif outcome:
                better[rule, field_of(proposal["path"])] += 1
            else:
                same[rule] += 1
    print(
        f"\nkubescape: {len(records)} files of {len(MAPPED)} rules, {same.total()} proposals done"
        f" as proposed, {better.total()} done better for the reasons above"
    )
    assert not wrong, "\n".join(wrong)
    assert {record["check"] for record in records} == MAPPED.keys()
    assert better.keys() == BETTER.keys(), "a reason for nothing"


def alone(slugs: tuple[str, ...]) -> Settings:
    off = tuple((rule.slug, "off") for rule in RULES if rule.slug not in slugs)
    return Settings("all", rules=off)  # type: ignore[arg-type]


def judged(rule: str, documents: list[Any], path: str, proposed: str) -> bool | None:
    """Whether ours is the better one, False where both are the same; None is a difference."""
    if any(str(value).lower() == proposed for value in values(documents, path)):
        return False
    why = BETTER.get((rule, field_of(path)))
    return True if why is not None and why.is_ours(documents, path) else None


def field_of(path: str) -> str:
    """The last name of a path, without an index."""
    return re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]


def values(documents: list[Any], path: str) -> list[Any]:
    """What stands at a path in each document, None where nothing does."""
    found = []
    for value in documents:
        for name in re.findall(r"[^.\[\]]+", path):
            if isinstance(value, list):
                value = value[int(name)] if int(name) < len(value) else None
            else:
                value = value.get(name) if isinstance(value, dict) else None
        found.append(value)
    return found
