"""Agreement with the fixtures of the other checkers; `test_kics.py` has those of KICS.

A check is mapped where it asks for the same as rules of ours: by the names that the rules carry in
`other_tools`, or by the table below, which goes first. A fixture says of a file, or of an object in
it, whether the check fires there: one of ours has to fire where it does, none where it does not,
and where Kubescape gives lines, ours are among them. Each rule runs alone, at the newest version.

What differs stands in `peers/explained.txt` with the reason why Kubernetes is on our side.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import line_starts

Record = Mapping[str, Any]
Checks = Mapping[str, tuple[str, ...]]

EXPLAINED = Path(__file__).parent / "peers" / "explained.txt"

SECCOMP = ("missing-seccomp-profile", "unconfined-seccomp")
ROOT = ("root-user-allowed", "root-user")
BASELINE = tuple(
    rule.slug for rule in RULES if any(control.level == "baseline" for control in rule.controls)
)

CHECKS: Mapping[str, Checks] = {
    "checkov": {
        "CKV_K8S_6": (),  # what a PodSecurityPolicy says: Kubernetes has none any more
        "CKV_K8S_25": ("dangerous-capability", "added-capability"),
        "CKV_K8S_28": ("capabilities-not-dropped",),
        "CKV_K8S_31": SECCOMP,
        "CKV_K8S_35": ("secret-in-environment",),
        "CKV_K8S_41": ("service-account-token-mounted",),  # of ServiceAccounts named default
        "CKV_K8S_42": ("default-service-account-binding",),
        "CKV_K8S_157": ("rbac-escalation-access",),
        "CKV_K8S_158": ("rbac-escalation-access",),
        "CKV_K8S_21": ("default-namespace",),
    },
    "datree": {
        "CIS_INVALID_KEY_SECRETKEYREF_SECRETREF": ("secret-in-environment",),
        "CIS_INVALID_VALUE_BIND_IMPERSONATE_ESCALATE": (
            "rbac-escalation-access",
            "impersonate-access",
        ),
        "CIS_INVALID_VALUE_CREATE_POD": ("workload-creation-access",),
        "CIS_INVALID_VALUE_SYSTEM_MASTERS": ("masters-group-subject",),
        "CIS_MISSING_VALUE_DROP_NET_RAW": ("capabilities-not-dropped",),
        "CONFIGMAP_CVE2021_25742_INCORRECT_SNIPPET_ANNOTATIONS_VALUE": (
            "ingress-snippet-annotation",
        ),
        "CONTAINERS_INCORRECT_HOSTIPC_VALUE_TRUE": ("host-ipc",),
        "CONTAINERS_INCORRECT_HOSTNETWORK_VALUE_TRUE": ("host-network",),
        "CONTAINERS_INCORRECT_HOSTPID_VALUE_TRUE": ("host-pid",),
        "CONTAINERS_INCORRECT_KEY_HOSTPORT": ("host-port",),
        "CONTAINERS_INCORRECT_RUNASNONROOT_VALUE": ROOT,
        "CONTAINERS_INCORRECT_RUNASUSER_VALUE_LOWUID": ("low-user-id",),
        "CONTAINERS_INCORRECT_SECCOMP_PROFILE": SECCOMP,
        "CONTAINERS_INVALID_CAPABILITIES_VALUE": ("dangerous-capability",),
        "CONTAINERS_MISSING_IMAGE_VALUE_VERSION": ("latest-image-tag",),
        "CONTAINERS_MISSING_KEY_ALLOWPRIVILEGEESCALATION": ("privilege-escalation-allowed",),
        "CONTAINERS_MISSING_MEMORY_LIMIT_KEY": ("missing-memory-limit",),
        "EKS_INVALID_CPU_LIMIT": (),  # asks for no CPU limit: the opposite of missing-cpu-limit
        "EKS_INVALID_HOSTPATH_MOUNT_READONLY_VALUE": ("writable-host-path",),
        "EKS_INVALID_HOSTPROCESS_VALUE": ("windows-host-process",),
        "EKS_INVALID_SELINUXOPTIONS_ROLE_VALUE": ("custom-selinux-options",),
        "EKS_INVALID_SELINUXOPTIONS_USER_VALUE": ("custom-selinux-options",),
        "INGRESS_CVE2021_25742_INCORRECT_SERVER_SNIPPET_KEY": ("ingress-snippet-annotation",),
        "SERVICE_INCORRECT_TYPE_VALUE_NODEPORT": ("exposed-service",),
        "SRVACC_INCORRECT_AUTOMOUNTSERVICEACCOUNTTOKEN_VALUE": ("service-account-token-mounted",),
    },
    "gatekeeper": {
        "allow-privilege-escalation": ("privilege-escalation-allowed",),
        "allowedrepos": ("untrusted-image-registry",),
        "allowedreposv2": ("untrusted-image-registry",),
        "apparmor": ("unconfined-apparmor",),
        "block-nodeport-services": ("exposed-service",),
        "block-wildcard-ingress": ("wildcard-ingress-host",),
        "containerlimits": ("missing-cpu-limit", "missing-memory-limit"),
        "disallowedtags": ("latest-image-tag",),
        "externalip": ("service-external-ips",),
        "host-filesystem": ("host-path-volume",),
        "imagedigests": ("unpinned-image",),
        "proc-mount": ("unmasked-proc-mount",),
        "seccompv2": SECCOMP,
        "users": ROOT,
        "volumes": ("restricted-volume-type", "host-path-volume"),
    },
    "kube-linter": {
        "access-to-create-pods": ("workload-creation-access",),
        "access-to-secrets": ("secret-read-access",),
        "cluster-admin-role-binding": ("cluster-admin-binding",),
        "default-service-account": ("default-service-account",),
        "docker-sock": ("container-runtime-socket",),
        "run-as-non-root": ROOT,
        "ssh-port": ("ssh-port",),
        "use-namespace": ("default-namespace",),
        "writable-host-mount": ("writable-host-path",),
    },
    "kube-score": {
        "Container Image Tag": ("latest-image-tag",),
        "Container Security Context Privileged": ("privileged-container",),
    },
    "kubeaudit": {
        "AllowAllEgressNetworkPolicyExists": ("allow-all-network-policy",),
        "AllowAllIngressNetworkPolicyExists": ("allow-all-network-policy",),
        "AutomountServiceAccountTokenDeprecated": ("deprecated-service-account-field",),
        "AutomountServiceAccountTokenTrueAndDefaultSA": ("service-account-token-mounted",),
        "CapabilityAdded": ("dangerous-capability", "added-capability"),
        "CapabilityShouldDropAll+CapabilityOrSecurityContextMissing": ("capabilities-not-dropped",),
        "NamespaceHostIPCTrue": ("host-ipc",),
        "NamespaceHostNetworkTrue": ("host-network",),
        "NamespaceHostPIDTrue": ("host-pid",),
        "PrivilegedTrue": ("privileged-container",),
        "ReadOnlyRootFilesystemFalse+ReadOnlyRootFilesystemNil": ("writable-root-filesystem",),
        "SeccompDeprecatedAnnotations": ("legacy-security-annotation",),
        "SeccompDisabledContainer+SeccompDisabledPod": ("unconfined-seccomp",),
        "SeccompProfileMissing": ("missing-seccomp-profile",),
    },
    "kubescape": {
        "alert-any-hostpath": ("host-path-volume",),
        "automount-service-account": ("service-account-token-mounted",),
        "cluster-admin-role": ("cluster-admin-binding",),
        "container-hostPort": ("host-port",),
        "drop-capability-netraw": ("capabilities-not-dropped",),
        "ensure-default-service-accounts-has-only-default-roles": (
            "default-service-account-binding",
        ),
        "exec-into-container-v1": ("pod-exec-access", "wildcard-rbac-rule"),
        "host-pid-ipc-privileges": ("host-pid", "host-ipc"),
        "image-not-pinned-to-digest": ("unpinned-image",),
        "image-pull-policy-is-not-set-to-always": ("stale-image-allowed",),
        "immutable-container-filesystem": ("writable-root-filesystem",),
        "non-root-containers": ROOT,
        "resources-cpu-limit-and-request": ("missing-cpu-limit", "missing-cpu-request"),
        "resources-memory-limit-and-request": ("missing-memory-limit", "missing-memory-request"),
        "resources-memory-limits": ("missing-memory-limit",),
        "resources-memory-requests": ("missing-memory-request",),
        "rule-can-access-proxy-subresource": ("node-proxy-access", "wildcard-rbac-rule"),
        "rule-can-bind-escalate": ("rbac-escalation-access", "wildcard-rbac-rule"),
        "rule-can-impersonate-users-groups-v1": ("impersonate-access", "wildcard-rbac-rule"),
        "rule-list-all-cluster-admins-v1": ("wildcard-rbac-rule",),
        "rule-secrets-in-env-var": ("secret-in-environment",),
        "set-hostprocess-true": ("windows-host-process",),
        "set-procmount-default": ("unmasked-proc-mount",),
        "set-seccomp-profile": SECCOMP,
        "set-sysctls-params": (),  # It asks for sysctls where there are none.
        **{
            f"{kind}-in-default-namespace": ("default-namespace",)
            for kind in (
                "configmap",
                "csistoragecapacity",
                "endpoints",
                "endpointslice",
                "horizontalpodautoscaler",
                "lease",
                "persistentvolumeclaim",
                "poddisruptionbudget",
                "role",
                "rolebinding",
                "service",
                "serviceaccount",
            )
        },
    },
    "kubesec": {  # its checks give points; the fixtures are named for what they are about
        "cap-chown": ("added-capability",),
        "daemonset-mount-docker-socket": ("container-runtime-socket",),
        "daemonset-securitycontext-privileged": ("privileged-container",),
        "dep-apparmor-nonunconfined-container": ("unconfined-apparmor",),
        "dep-apparmor-nonunconfined-ephemeralcontainer": ("unconfined-apparmor",),
        "dep-apparmor-unconfined-initcontainer": ("unconfined-apparmor",),
        "dep-apparmor-unconfined-spec-securitycontext": ("unconfined-apparmor",),
        "dep-podseccon-run-as-non-root": ROOT,
        "dep-resource-limit-cpu": ("missing-cpu-limit",),
        "dep-ro-root-fs": ("writable-root-filesystem",),
        "dep-seccomp-nonunconfined-container": SECCOMP,
        "dep-seccomp-nonunconfined-spec-securitycontext": SECCOMP,
        "dep-seccomp-unconfined-container": ("unconfined-seccomp",),
        "dep-seccomp-unconfined-ephemeralcontainer": ("unconfined-seccomp",),
        "dep-seccon-run-as-user-10001": ("low-user-id",),
        "pod-automountservicetoken": ("service-account-token-mounted",),
        "pod-hostUsers-set-to-false": ("host-user-namespace",),
        "pod-serviceaccount": ("default-service-account",),
    },
    "kyverno": {
        "disallow-all-secrets": ("secret-in-environment",),
        "disallow-cri-sock-mount": ("container-runtime-socket",),
        "disallow-default-namespace": ("default-namespace",),
        "disallow-empty-ingress-host": ("wildcard-ingress-host",),
        "disallow-host-ports-range": ("host-port",),
        "disallow-latest-tag": ("latest-image-tag",),
        "limit-hostpath-type-pv": ("host-path-persistent-volume",),
        "podsecurity-subrule-baseline": BASELINE,
        "require-cpu-limits": ("missing-cpu-limit",),
        "require-drop-cap-net-raw": ("capabilities-not-dropped",),
        "require-ingress-https": ("ingress-without-tls",),
        "require-pod-requests-limits": (
            "missing-memory-limit",
            "missing-memory-request",
            "missing-cpu-request",
        ),
        "require-run-as-nonroot": ("root-user-allowed",),
        "restrict-adding-capabilities": ("added-capability",),
        "restrict-binding-clusteradmin": ("cluster-admin-binding",),
        "restrict-clusterrole-csr": ("csr-approval-access",),
        "restrict-image-registries": ("untrusted-image-registry",),
        "restrict-networkpolicy-empty-podselector": (),  # whom it selects, not what it allows
        "restrict-node-port": ("exposed-service",),
        "restrict-secret-role-verbs": ("secret-read-access",),
        "restrict-service-account": (),  # names allowed for an image, from a ConfigMap
        "restrict-usergroup-fsgroup-id": ("low-user-id",),
        "restrict-wildcard-resources": ("wildcard-rbac-rule",),
    },
    "polaris": {
        "clusterrolePodExecAttach": ("pod-exec-access", "wildcard-rbac-rule"),
        "clusterrolebindingClusterAdmin": ("cluster-admin-binding", "wildcard-rbac-rule"),
        "clusterrolebindingPodExecAttach": ("pod-exec-access", "wildcard-rbac-rule"),
        "linuxHardening": ("capabilities-not-dropped", *SECCOMP),
        "sensitiveConfigmapContent": ("credential-in-config-map",),
        "tlsSettingsMissing": ("ingress-without-tls",),
    },
}
"""What a tool's checks ask for in our words; a check with no rule is none of ours on purpose."""

TOOL_NAMES = {"checkov": "Checkov", "polaris": "Polaris", "kyverno": "Kyverno"}
"""The tools of the corpus as `other_tools` spells them, where it is not the same word."""

KYVERNO_RULES = {
    "disallow-all-secrets": ("secrets-not-from-env", "secrets-not-from-envfrom"),
    "require-ingress-https": ("has-tls",),
    "restrict-usergroup-fsgroup-id": ("validate-userid",),
}
"""The rules of a Kyverno policy that are mapped, where it has others."""

KUBEAUDIT = {
    "asat": "AutomountServiceAccountToken",
    "capabilities": "Capability",
    "hostns": "NamespaceHost",
    "netpols": "AllowAll",
    "privileged": "Privileged",
    "rootfs": "ReadOnlyRootFilesystem",
    "seccomp": "Seccomp",
}
"""How the results of kubeaudit's auditors begin."""


class Unit(NamedTuple):
    """One expectation of a fixture: that rules fire, or do not, in a file or an object of it.

    `lines` are those of which one is right; None where the fixture tells none. `place` is
    `Kind/name`, or empty for the whole file.
    """

    tool: str
    check: str
    path: str
    place: str
    slugs: tuple[str, ...]
    fires: bool
    lines: frozenset[int] | None = None
    registries: tuple[str, ...] = ()

    def row(self, difference: str) -> str:
        """The row of `explained.txt` for a difference in this unit."""
        file = self.path.removeprefix(f"peers/{self.tool}/")
        return " ".join(filter(None, (difference, self.tool, self.check, file, self.place)))


def checks_of(tool: str) -> dict[str, tuple[str, ...]]:
    """The checks of a tool, in its fixtures' names, with the rules that ask for the same."""
    known: dict[str, tuple[str, ...]] = {}
    for rule in RULES:
        for name in rule.other_tools.get(TOOL_NAMES.get(tool, tool), ()):
            known[name] = (*known.get(name, ()), rule.slug)
    return known | dict(CHECKS[tool])


def units_of(record: Record, checks: Checks, names: list[str]) -> Iterator[Unit]:
    """What a record of the corpus expects of the mapped rules; `names` are the file's objects."""
    tool, path, label = record["tool"], record["path"], record["label"]
    if tool == "kubeaudit":
        for name, fires in _kubeaudit(record):
            if checks.get(name):
                yield Unit(tool, name, path, "", checks[name], fires)
        return
    check = record["check"]
    slugs = tuple(dict.fromkeys(slug for part in check.split("+") for slug in checks.get(part, ())))
    if not slugs:
        return
    registries = _registries(record)
    lines = _lines(record)
    if tool == "kyverno" and label == "fail" and not record.get("objects"):
        for place in names:  # Chainsaw expects each object of such a file to be refused
            yield Unit(tool, check, path, place, slugs, True, None, registries)
    elif label in ("pass", "fixed") or (label == "fail" and not record.get("objects")):
        yield Unit(tool, check, path, "", slugs, label == "fail", lines, registries)
    elif label in ("fail", "mixed"):
        for place, fires in _places(record, names):
            yield Unit(tool, check, path, place, slugs, fires, lines, registries)


def _kubeaudit(record: Record) -> Iterator[tuple[str, bool]]:
    """The results that an auditor can have, and whether it has them, without the overridden."""
    expected = set(record["expected_results"])
    for name in CHECKS["kubeaudit"]:
        prefix = KUBEAUDIT.get(record["check"])
        if prefix and name.startswith(prefix):
            yield name, bool(expected & set(name.split("+")))


def _places(record: Record, names: list[str]) -> Iterator[tuple[str, bool]]:
    """The objects of a file, and whether a check fires there."""
    tool = record["tool"]
    if tool == "kube-linter":
        named = re.findall(r'binding to "(.+?)" role', " ".join(record["expected_messages"]))
        for place in names:
            name = place.partition("/")[2]
            if name == "dont-fire" or not named or name in named:
                yield place, name != "dont-fire"
    elif tool == "kubescape" and not record["objects"]:
        kinds = "Binding/" if record["check"] == "cluster-admin-role" else "Role/"
        for place in names:
            if kinds in place:
                yield place, bool(record["expected_paths"])
    else:
        results: dict[str, list[str]] = {place: [] for place in names}
        for each in record["objects"]:
            if each.get("rule") in KYVERNO_RULES.get(record["check"], (each.get("rule"),)):
                place = f"{each['kind']}/{each['name'].rpartition('/')[2]}"
                results.setdefault(place, []).append(each["result"])
        for place in names:
            found = set(results[place])
            if tool == "kubescape" or "fail" in found or "pass" in found:
                yield place, "fail" in found


def _lines(record: Record) -> frozenset[int] | None:
    """The lines that a fixture of Kubescape gives."""
    if not record.get("lines_derived_from_paths"):
        return None
    nearest = (each[1] for each in record["nearest_existing_lines_of_fix_paths"])
    lines = {line for line in (*record["expected_lines"], *nearest) if line is not None}
    return frozenset(lines) or None


def _registries(record: Record) -> tuple[str, ...]:
    """The trusted registries of a fixture: its parameters, or what the Kyverno policy names.

    Without a host, they are Docker Hub's.
    """
    given: list[str] = []
    if record["check"] == "restrict-image-registries":
        given = ["eu.foo.io/", "bar.io/"]
    if record["check"] in ("allowedrepos", "allowedreposv2"):
        parameters = record["parameters"]
        given = [*parameters.get("repos", ()), *parameters.get("allowedImages", ())]
    given = [re.sub(r":[^/]*$", "", each.rstrip("*")) for each in given]
    return tuple(
        each
        if "." in each.partition("/")[0]
        else f"docker.io/{'' if '/' in each else 'library/'}{each}"
        for each in given
    )


class Found(NamedTuple):
    """Where a rule found something: the object, and the line, from 1."""

    place: str
    line: int


class Judged(NamedTuple):
    """What a rule finds in a file, and the names of the objects there."""

    found: tuple[Found, ...]
    places: tuple[str, ...]


@cache
def judged(path: Path, slug: str, registries: tuple[str, ...] = ()) -> Judged:
    """A file as one rule sees it that runs alone."""
    off = tuple((rule.slug, "off") for rule in RULES if rule.slug != slug)
    settings = Settings("all", rules=off, registries=registries)  # type: ignore[arg-type]
    analysis = analyze(path.read_text(encoding="utf-8"), settings)
    assert all(failure.is_limit for failure in analysis.incomplete)
    starts = line_starts(analysis.text)
    return Judged(
        tuple(
            Found(
                _place(each.object),
                bisect(starts, each.finding.span.start + offset),
            )
            for offset, each in analysis.published()
        ),
        tuple(dict.fromkeys(_place(each) for unit in analysis.units for each in unit.objects)),
    )


def _place(each: KubeObject) -> str:
    return f"{each.kind}/{each.name}"


def difference(unit: Unit, corpora: Path) -> str | None:
    """How our findings differ from what a unit expects; None where they agree."""
    found = [
        each
        for slug in unit.slugs
        for each in judged(corpora / unit.path, slug, unit.registries).found
        if unit.place in ("", each.place)
    ]
    if bool(found) != unit.fires:
        return "found" if found else "silent"
    if unit.lines is not None and not {each.line for each in found} <= unit.lines:
        return "line"
    return None


def explanations() -> dict[str, str]:
    """The rows of `explained.txt`, each with the reason that stands above it."""
    explained: dict[str, str] = {}
    for block in filter(None, EXPLAINED.read_text(encoding="utf-8").strip().split("\n\n")):
        lines = block.splitlines()
        reason = " ".join(line[2:] for line in lines if line.startswith("# "))
        for row in lines:
            if not row.startswith("#"):
                assert reason, f"no reason: {row}"
                assert row not in explained, f"explained twice: {row}"
                explained[row] = reason
    return explained


def test_mapped_rules_exist() -> None:
    slugs = {rule.slug for rule in RULES}
    mapped = {slug for tool in CHECKS for found in checks_of(tool).values() for slug in found}
    assert mapped <= slugs


def test_findings_stand_where_peers_expect_them(corpora: Path, manifest: list[Record]) -> None:
    explained = explanations()
    used: set[str] = set()
    wrong: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()
    for tool in CHECKS:
        checks = checks_of(tool)
        units: dict[Unit, None] = {}
        for record in manifest:
            if record.get("tool") == tool and record["label"] in ("pass", "fail", "mixed", "fixed"):
                names = judged(corpora / record["path"], "yaml-syntax").places
                units |= dict.fromkeys(units_of(record, checks, list(names)))
        for unit in units:
            how = difference(unit, corpora)
            row = unit.row(how or "agreed")
            if how is None:
                counts[tool, "agreed"] += 1
            elif row in explained:
                counts[tool, "explained"] += 1
                used.add(row)
            else:
                counts[tool, "open"] += 1
                wrong.append(row)
        judged_checks = {unit.check for unit in units}
        parts = {part for check in judged_checks for part in (check, *check.split("+"))}
        assert {check for check, slugs in CHECKS[tool].items() if slugs} <= parts, tool
        counts[tool, "checks"] = len(judged_checks)
        counts[tool, "files"] = len({unit.path for unit in units})
    _print(counts)
    unused = sorted(explained.keys() - used)
    assert not wrong and not unused, "\n".join(("wrong:", *wrong, "unused:", *unused))


def _print(counts: Counter[tuple[str, str]]) -> None:
    """Print the counts of each tool, and of all."""
    columns = ("checks", "files", "agreed", "explained", "open")
    print()
    for tool in (*CHECKS, "all"):
        numbers = [
            sum(number for (of, what), number in counts.items() if what == column)
            if tool == "all"
            else counts[tool, column]
            for column in columns
        ]
        print(
            f"{tool}: {numbers[0]} mapped checks, {numbers[1]} files,"
            f" {sum(numbers[2:])} expectations: {numbers[2]} agreements,"
            f" {numbers[3]} explained disagreements, {numbers[4]} open ones"
        )
