"""Agreement with the fixtures of KICS, which say for each file in which lines a finding stands.

A query is mapped where it asks for the same as one of our rules. In every file of a mapped query
the lines of both are equal, or the difference stands below, with our lines and the reason for them.
"""

from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests.markers import found_in

QUERIES = {
    "container_is_privileged": ("privileged-container",),
    "containers_with_sys_admin_capabilities": ("dangerous-capability",),
    "cpu_requests_not_set": ("missing-cpu-request",),
    "docker_daemon_socket_is_exposed_to_containers": ("container-runtime-socket",),
    "image_without_digest": ("unpinned-image",),
    "net_raw_capabilities_not_being_dropped": ("capabilities-not-dropped",),
    "non_kube_system_pod_with_host_mount": ("host-path-volume",),
    "seccomp_profile_is_not_configured": ("missing-seccomp-profile", "unconfined-seccomp"),
    "service_account_token_automount_not_disabled": ("service-account-token-mounted",),
    "shared_host_ipc_namespace": ("host-ipc",),
    "shared_host_network_namespace": ("host-network",),
}
"""Queries of KICS that mean the same as rules of ours; the rest asks for something else."""


class Difference(NamedTuple):
    """Where our findings stand instead, and why."""

    lines: list[int]
    reason: str


HOST_PATH = (
    "the finding stands on the key hostPath, whose presence is the fault, not on the path below it"
)
EXPLAINED = {
    ("cpu_requests_not_set", "positive.yaml"): Difference(
        [],
        "every container has a CPU limit, and a limit without a request is its own request"
        " (defaults.go, SetDefaults_Pod)",
    ),
    ("image_without_digest", "positive.yaml"): Difference(
        [],
        "$PRIVATE_IMAGE_NAME is no image reference but a placeholder that is filled in before the"
        " manifest is applied, and nobody knows whether with a digest",
    ),
    ("net_raw_capabilities_not_being_dropped", "positive1.yaml"): Difference(
        [11, 13, 18, 23],
        "something missing is told at the deepest key that exists: securityContext in line 23, as"
        " KICS does with capabilities in line 18, not at the container's name in line 21",
    ),
    ("non_kube_system_pod_with_host_mount", "negative.yaml"): Difference(
        [39, 42, 59, 89],
        "Pod Security has no exemption for kube-system (host paths of every namespace violate the"
        " baseline); whoever runs a node agent there says so with an ignore comment",
    ),
    ("non_kube_system_pod_with_host_mount", "positive.yaml"): Difference(
        [39, 42, 58, 75, 105, 135, 184],
        f"{HOST_PATH}; lines 153 and 168 are PersistentVolumes, which no pod security level"
        " looks at",
    ),
    ("seccomp_profile_is_not_configured", "negative1.yaml"): Difference(
        [9],
        "the annotation seccomp.security.alpha.kubernetes.io/defaultProfileName belongs on a"
        " PodSecurityPolicy; on a Pod it never meant anything, so the container is unconfined",
    ),
    ("seccomp_profile_is_not_configured", "positive1.yaml"): Difference(
        [7, 18, 29, 46],
        "that annotation again (lines 26 and 43): the profile is missing on the containers, so the"
        " finding stands there, as in lines 7 and 18",
    ),
    ("service_account_token_automount_not_disabled", "positive2.yaml"): Difference(
        [],
        "a ServiceAccount mounts nothing itself; the pod that uses it does, and here it has an"
        " account of its own that asks for the token in so many words: the program uses it",
    ),
}


def test_mapped_rules_exist() -> None:
    slugs = {rule.slug for rule in RULES}
    assert {slug for mapped in QUERIES.values() for slug in mapped} <= slugs


def test_findings_stand_where_kics_expects_them(
    corpora: Path, manifest: list[dict[str, Any]]
) -> None:
    records = [
        record
        for record in manifest
        if record.get("tool") == "kics"
        and record["check"] in QUERIES
        and record["label"] in ("fail", "pass")
    ]
    agreements = 0
    wrong: list[str] = []
    explained: set[tuple[str, str]] = set()
    for record in records:
        query, file = record["check"], record["source_path"].rpartition("/")[2]
        text = (corpora / record["path"]).read_text(encoding="utf-8")
        lines = lines_of(text, QUERIES[query])
        theirs = sorted(set(record["expected_lines"]))
        difference = EXPLAINED.get((query, file))
        if lines == theirs and difference is None:
            agreements += 1
        elif difference is not None and difference.lines == lines != theirs:
            explained.add((query, file))
        else:
            wrong.append(f"{query}/{file}: KICS {theirs}, found {lines}")
    print(
        f"\nKICS: {len({record['check'] for record in records})} mapped queries,"
        f" {len(records)} files, {agreements} agreements, {len(explained)} explained"
    )
    assert not wrong, "\n".join(wrong)
    assert explained == EXPLAINED.keys(), "an explanation that explains nothing"
    assert {record["check"] for record in records} == QUERIES.keys()


def lines_of(text: str, slugs: tuple[str, ...]) -> list[int]:
    """The lines, from 1, in which rules find something when they run alone."""
    off = tuple((rule.slug, "off") for rule in RULES if rule.slug not in slugs)
    analysis = analyze(text, Settings("all", rules=off))  # type: ignore[arg-type]
    assert not analysis.incomplete
    return sorted({each.line + 1 for each in found_in(analysis)})
