"""Hover: what is told of every field, value and capability that decides about security.

What Pod Security says of a value is written down here as the standard has it (kubernetes.io, "Pod
Security Standards"), and not by the checks that are asked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types

from k8s_lsp.features import capability_meanings, meanings, rbac_meanings
from k8s_lsp.features.capability_meanings import GRANTED_BY_CONTAINERD, GRANTED_BY_CRIO
from k8s_lsp.features.client import Client
from k8s_lsp.features.fitting import MOST_LINES
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.markdown import height
from k8s_lsp.kubernetes.baseline import SYSCTLS_SINCE
from k8s_lsp.kubernetes.capabilities import BASELINE_CAPABILITIES, CAPABILITIES
from k8s_lsp.kubernetes.pod_security import OTHER_VOLUMES, RESTRICTED_VOLUMES
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from tests.features.opened import opened

MARKDOWN = Client(markdown_hover=True)

QUIET = tuple((rule.slug, "off") for rule in RULES)
"""No rule runs, so that there are no findings, and what a value means is told."""


def hovered_at(
    text: str, token: str, version: str = "latest", client: Client = MARKDOWN, nth: int = -1
) -> str:
    """The hover at the last place where a token stands."""
    settings = Settings(rules=QUIET, kubernetes_version=version)  # type: ignore[arg-type]
    document = opened(text, settings)
    places = [match.start() for match in re.finditer(re.escape(token), text)]
    hover = hover_at(document, client, document.lines.position_of(places[nth]))
    if hover is None:
        return ""
    assert isinstance(hover.contents, types.MarkupContent)
    if client is MARKDOWN:
        assert height(hover.contents.value) <= MOST_LINES, hover.contents.value
    return hover.contents.value


def pod(spec: dict[str, Any] | None = None, container: dict[str, Any] | None = None) -> str:
    """A pod in JSON, which is YAML, with one token a line."""
    containers = [{"name": "app", "image": "example.com/app:1", **(container or {})}]
    whole = {"containers": containers, **(spec or {})}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": whole}
    return json.dumps(manifest, indent=1)


def holding(pattern: str, value: Any) -> str:
    """A pod with a value at a place, as `meanings.FIELDS` has it."""
    scope, *names = pattern.split(".")
    for name in reversed(names):
        value = [value] if name == "[]" else {name: value}
    return pod(container=value) if scope == "container" else pod(value)


def patterns(table: dict[str, Any]) -> Iterator[str]:
    """The places of a table, those of both levels at each of the two."""
    for pattern in table:
        if pattern.startswith("securityContext."):
            yield from (f"pod.{pattern}", f"container.{pattern}")
        elif not pattern.startswith("serviceAccount."):
            yield pattern


@pytest.mark.parametrize("pattern", [*patterns(meanings.FIELDS)])
def test_every_field_says_what_it_does_its_default_and_since_when(pattern: str) -> None:
    names = pattern.split(".")
    told = hovered_at(holding(pattern, "x"), f'"{names[-1]}"')
    rest = pattern.partition(".")[2]
    meaning = meanings.FIELDS.get(pattern) or meanings.FIELDS[rest]
    if pattern != "pod.securityContext.sysctls.[].name":
        assert meaning.text in told
        assert (f"Default: {meaning.default}." in told) == bool(meaning.default)
        since = meanings.since(pattern)
        if since is not None:
            assert f"Since Kubernetes {since.first}" in told
        elif meaning.default:
            assert f"Default: {meaning.default}. Since before Kubernetes 1.6." in told
    plain = hovered_at(holding(pattern, "x"), f'"{names[-1]}"', client=Client())
    assert plain and not re.search(r"\*\*|```|\]\(|^\| ", plain, re.M)


def values() -> Iterator[tuple[str, str]]:
    for table in patterns(meanings.VALUES):
        words = meanings.VALUES.get(table) or meanings.VALUES[table.partition(".")[2]]
        for word in words:
            yield table, word


@pytest.mark.parametrize(("pattern", "word"), [*values()])
def test_every_word_is_explained(pattern: str, word: str) -> None:
    words = meanings.VALUES.get(pattern) or meanings.VALUES[pattern.partition(".")[2]]
    assert f"`{word}`: {words[word]}." in hovered_at(holding(pattern, word), f'"{word}"')


REFUSED = "Pod Security: the baseline and restricted levels refuse this value."
NOT_RESTRICTED = "Pod Security: the baseline level allows this value, restricted refuses it."
ALLOWED = "Pod Security: every level allows this value."
ASKED = "Pod Security: every level allows this value, and it is one that restricted asks for."
UNSEEN = "Pod Security: no level looks at this field."


@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_every_capability_says_what_it_is_good_and_bad_for(name: str) -> None:
    known = capability_meanings.CAPABILITIES[name]
    text = holding("container.securityContext.capabilities.add.[]", name)
    added = hovered_at(text, f'"{name}"')
    assert added.startswith(f"**{name}**: {known.text}")
    assert f"An intruder {known.attack}." in added
    assert f"Needed by {known.programs}." in added
    granted = "grant it by default" in added or "grants it by default, CRI-O" in added
    assert granted == (name in GRANTED_BY_CONTAINERD)
    assert ("CRI-O grant" in added) == (name in GRANTED_BY_CRIO)
    if name == "NET_BIND_SERVICE":
        assert ALLOWED in added
    else:
        assert (NOT_RESTRICTED if name in BASELINE_CAPABILITIES else REFUSED) in added
    assert f"the runtime's set and `{name}` (line" in added
    dropped = hovered_at(text.replace('"add"', '"drop"'), f'"{name}"')
    # From the first word on it reads as what is taken away.
    assert dropped.startswith(f"**{name}**, taken away: ")
    assert "With it, an intruder " in dropped
    assert f"the runtime's set without `{name}` (line" in dropped
    assert NOT_RESTRICTED in dropped


@pytest.mark.parametrize(
    ("count", "told"), [(6, "`SYS_A5` (line"), (7, "`SYS_A4` and 2 more (line")]
)
def test_many_capabilities_are_counted(count: int, told: str) -> None:
    names = [f"SYS_A{number}" for number in range(count)]
    # What is written twice is one of them.
    text = pod(container={"securityContext": {"capabilities": {"drop": [*names, "SYS_A0"]}}})
    assert told in hovered_at(text, '"drop"')


def test_the_tables_are_whole_and_in_sentences() -> None:
    assert set(capability_meanings.CAPABILITIES) == CAPABILITIES
    assert GRANTED_BY_CRIO < GRANTED_BY_CONTAINERD < CAPABILITIES
    # Docker and containerd grant what baseline allows, and raw sockets.
    assert {"NET_RAW"} == GRANTED_BY_CONTAINERD - BASELINE_CAPABILITIES
    assert set(meanings.SYSCTLS) == set(SYSCTLS_SINCE)
    assert set(meanings.VOLUME_TYPES) - {"hostPath"} >= RESTRICTED_VOLUMES | OTHER_VOLUMES
    sentences = [
        *((name, text) for name, text in meanings.SYSCTLS.items()),
        *((name, text) for name, text in meanings.VOLUME_TYPES.items()),
        *((name, text) for name, text in meanings.NAMESPACE_LABELS.items()),
        *((name, each.text) for name, each in capability_meanings.CAPABILITIES.items()),
        *((name, each.text) for name, each in meanings.FIELDS.items()),
        *rbac_meanings.VERBS.items(),
        *rbac_meanings.SPECIAL_VERBS.items(),
        *((name, text) for each in rbac_meanings.RESOURCES.values() for name, text in each.items()),
    ]
    for name, text in sentences:
        assert text[0].isupper() and text.endswith("."), name
    for name, capability in capability_meanings.CAPABILITIES.items():
        assert not capability.attack.endswith("."), name
        assert not capability.programs.endswith("."), name
    for name, meaning in meanings.FIELDS.items():
        assert not meaning.default.endswith("."), name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"drop": ["ALL"]}, "no capability is left, as `drop: [ALL]` in line 14 takes all away"),
        ({"drop": ["all"]}, "no capability is left, as `drop: [ALL]` in line 14 takes all away"),
        ({"drop": ["ALL"], "add": ["CHOWN"]}, "`CHOWN` alone, as `drop: [ALL]` in line 14"),
        ({"drop": ["NET_RAW"]}, "the runtime's set without `NET_RAW` (line 14)"),
        ({"add": ["ALL"]}, "every capability, added in line 14"),
        ({"add": ["ALL"], "drop": ["ALL"]}, "every capability, added in line 14"),
        ({"drop": []}, "the runtime's set, about 14 (default)"),
    ],
)
def test_what_is_left_of_the_capabilities(written: dict[str, Any], expected: str) -> None:
    text = holding("container.securityContext.capabilities", written)
    told = hovered_at(text, '"capabilities"')
    assert f'In effect for container "app": {expected}' in told
    assert ": none" not in told.partition("In effect")[2]


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("container.securityContext.privileged", True, REFUSED),
        ("container.securityContext.privileged", False, ALLOWED),
        ("container.securityContext.allowPrivilegeEscalation", True, NOT_RESTRICTED),
        ("container.securityContext.allowPrivilegeEscalation", False, ASKED),
        ("container.securityContext.readOnlyRootFilesystem", True, UNSEEN),
        ("container.securityContext.runAsNonRoot", True, ASKED),
        ("container.securityContext.runAsNonRoot", False, NOT_RESTRICTED),
        ("pod.securityContext.runAsNonRoot", True, ASKED),
        ("pod.securityContext.runAsNonRoot", False, NOT_RESTRICTED),
        ("container.securityContext.runAsUser", 0, NOT_RESTRICTED),
        ("container.securityContext.runAsUser", 1000, ALLOWED),
        ("pod.securityContext.runAsUser", 0, NOT_RESTRICTED),
        ("container.securityContext.runAsGroup", 0, UNSEEN),
        ("pod.securityContext.fsGroup", 0, UNSEEN),
        ("container.securityContext.procMount", "Unmasked", REFUSED),
        ("container.securityContext.procMount", "Default", ALLOWED),
        ("container.securityContext.seccompProfile.type", "RuntimeDefault", ASKED),
        ("container.securityContext.seccompProfile.type", "Localhost", ASKED),
        ("container.securityContext.seccompProfile.type", "Unconfined", REFUSED),
        ("pod.securityContext.seccompProfile.type", "Unconfined", REFUSED),
        ("pod.securityContext.seccompProfile.type", "RuntimeDefault", ASKED),
        ("container.securityContext.appArmorProfile.type", "Unconfined", REFUSED),
        ("pod.securityContext.appArmorProfile.type", "RuntimeDefault", ALLOWED),
        ("container.securityContext.seLinuxOptions.type", "spc_t", REFUSED),
        ("container.securityContext.seLinuxOptions.type", "container_t", ALLOWED),
        ("container.securityContext.seLinuxOptions.user", "root", REFUSED),
        ("container.securityContext.seLinuxOptions.role", "sysadm_r", REFUSED),
        ("container.securityContext.seLinuxOptions.level", "s0:c1,c2", ALLOWED),
        ("container.securityContext.windowsOptions.hostProcess", True, REFUSED),
        ("pod.securityContext.windowsOptions.hostProcess", True, REFUSED),
        ("pod.securityContext.windowsOptions.hostProcess", False, ALLOWED),
        ("pod.hostNetwork", True, REFUSED),
        ("pod.hostNetwork", False, ALLOWED),
        ("pod.hostPID", True, REFUSED),
        ("pod.hostIPC", True, REFUSED),
        ("pod.shareProcessNamespace", True, UNSEEN),
        ("pod.automountServiceAccountToken", False, UNSEEN),
        ("container.ports.[].hostPort", 80, REFUSED),
        ("container.ports.[].hostPort", 0, ALLOWED),
        ("container.resources.limits.cpu", "1", UNSEEN),
        ("container.volumeMounts.[].mountPropagation", "Bidirectional", UNSEEN),
        ("container.image", "example.com/a:1", UNSEEN),
        ("pod.securityContext.sysctls.[].name", "kernel.msgmax", REFUSED),
        *(("pod.securityContext.sysctls.[].name", name, ALLOWED) for name in meanings.SYSCTLS),
    ],
)
def test_what_each_level_says_of_a_value(pattern: str, value: Any, expected: str) -> None:
    text = holding(pattern, value)
    name = pattern.rpartition(".")[2]
    said = hovered_at(text, f'"{name}"')
    assert expected in said
    assert said.count("Pod Security: ") == 1
    if isinstance(value, str):
        assert expected in hovered_at(text, f'"{value}"')


@pytest.mark.parametrize("kind", sorted(meanings.VOLUME_TYPES))
def test_what_each_level_says_of_a_type_of_volume(kind: str) -> None:
    text = holding("pod.volumes.[]", {"name": "v", kind: {}})
    said = hovered_at(text, f'"{kind}"')
    assert said.startswith(f"**{kind}** volume: {meanings.VOLUME_TYPES[kind]}")
    # What the API has no more is dropped, and a volume without a source is an emptyDir.
    gone = {"flocker", "quobyte"} - OTHER_VOLUMES
    if kind == "hostPath":
        assert REFUSED in said
    elif kind in RESTRICTED_VOLUMES or kind in gone:
        assert ALLOWED in said
    else:
        assert NOT_RESTRICTED in said


@pytest.mark.parametrize(
    ("pattern", "value", "version", "expected"),
    [
        ("pod.securityContext.sysctls.[].name", "net.ipv4.tcp_rmem", "1.31", REFUSED),
        ("pod.securityContext.sysctls.[].name", "net.ipv4.tcp_rmem", "1.32", ALLOWED),
        ("container.securityContext.seLinuxOptions.type", "container_engine_t", "1.30", REFUSED),
        ("container.securityContext.seLinuxOptions.type", "container_engine_t", "1.31", ALLOWED),
        ("container.securityContext.capabilities.drop", ["ALL"], "1.21", ALLOWED),
        ("container.securityContext.capabilities.drop", ["ALL"], "1.22", ASKED),
    ],
)
def test_what_a_level_says_is_of_the_version(
    pattern: str, value: Any, version: str, expected: str
) -> None:
    name = pattern.rpartition(".")[2]
    assert expected in hovered_at(holding(pattern, value), f'"{name}"', version)


def test_what_a_level_says_is_of_the_pod() -> None:
    privileged = {"securityContext": {"runAsNonRoot": False}}
    text = pod({"hostUsers": False}, privileged)
    assert ALLOWED in hovered_at(text, '"runAsNonRoot"')
    assert NOT_RESTRICTED in hovered_at(text, '"runAsNonRoot"', "1.34")
    windows = pod({"os": {"name": "windows"}}, {"securityContext": {"runAsUser": 0}})
    assert NOT_RESTRICTED in hovered_at(windows, '"runAsUser"')


def test_an_unknown_value_is_not_judged() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: {{ .Values.pid }}\n  containers: []\n"
    told = hovered_at(text, "hostPID")
    assert "sees every process of its node" in told and "Pod Security" not in told


def test_what_a_template_fills_in_is_not_told() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n"
    text += "      securityContext: {capabilities: {drop: ['{{ .Values.drop }}']}}\n"
    assert "{{" in text and "not told by this text" in hovered_at(text, "capabilities")


# Of other objects.


def role(rules: list[dict[str, Any]], kind: str = "ClusterRole") -> str:
    manifest = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "rules": rules}
    return json.dumps(manifest, indent=1)


@pytest.mark.parametrize("verb", [*rbac_meanings.VERBS, *rbac_meanings.SPECIAL_VERBS])
def test_every_verb_is_explained_with_what_it_is_for(verb: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": [verb]}]
    meaning = {**rbac_meanings.VERBS, **rbac_meanings.SPECIAL_VERBS}[verb]
    told = hovered_at(role(rules), f'"{verb}"')
    assert told == (
        f"`{verb}`: {meaning}  \n"
        "Here on `secrets`, `pods`, in every namespace or in that of the binding."
    )
    told = hovered_at(role(rules, "Role"), f'"{verb}"')
    assert told.endswith("Here on `secrets`, `pods`, in the namespace of the role.")


def resources() -> Iterator[tuple[str, str]]:
    for group, names in rbac_meanings.RESOURCES.items():
        yield from ((group, name) for name in names)


@pytest.mark.parametrize(("group", "name"), [*resources()])
def test_every_resource_is_explained_in_its_group(group: str, name: str) -> None:
    rules = [{"apiGroups": [group], "resources": [name], "verbs": ["get", "list"]}]
    told = hovered_at(role(rules), f'"{name}"')
    assert told.startswith(f"`{name}`: {rbac_meanings.RESOURCES[group][name]}")
    assert "Here: `get`, `list`, in every namespace" in told
    rules[0]["apiGroups"] = ["*"]
    assert rbac_meanings.RESOURCES[group][name] in hovered_at(role(rules), f'"{name}"')
    rules[0]["apiGroups"] = ["example.com"]
    assert hovered_at(role(rules), f'"{name}"') == ""


def test_names_and_keys_of_a_role() -> None:
    rules = [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["tls"],
            "verbs": ["get"],
            "nonResourceURLs": ["/metrics"],
        }
    ]
    assert "Here: `get`, of the name `tls`, in every" in hovered_at(role(rules), '"secrets"')
    for key, meaning in rbac_meanings.FIELDS.items():
        assert hovered_at(role(rules), f'"{key}"') == f"**{key}**: {meaning}"
    del rules[0]["resources"]
    assert hovered_at(role(rules), '"get"') == (
        f"`get`: {rbac_meanings.OF_PATHS}  \nHere on `/metrics`."
    )
    rules[0]["resources"] = ["*"]
    assert rbac_meanings.ANY_RESOURCE in hovered_at(role(rules), '"*"')
    # Custom resources are nothing that is known here, and neither are names.
    assert hovered_at(role(rules), '"tls"') == ""
    other = role(rules).replace("rbac.authorization.k8s.io/v1", "example.com/v1")
    assert hovered_at(other, '"verbs"') == ""


NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    team: shop
    pod-security.kubernetes.io/{label}: {value}
"""


@pytest.mark.parametrize("label", sorted(meanings.NAMESPACE_LABELS))
def test_every_label_of_pod_security_is_explained(label: str) -> None:
    text = NAMESPACE.format(label=label, value="baseline")
    told = hovered_at(text, f"pod-security.kubernetes.io/{label}")
    assert told.startswith(
        f"**pod-security.kubernetes.io/{label}**: {meanings.NAMESPACE_LABELS[label]}"
    )
    assert ("Default: `latest`" in told) == label.endswith("-version")
    assert (meanings.LEVELS["baseline"] in told) == (not label.endswith("-version"))
    assert hovered_at(text, "baseline") == told
    assert hovered_at(text, "team: ") == ""
    assert hovered_at(text.replace("kind: Namespace", "kind: Thing"), "baseline") == ""


@pytest.mark.parametrize("level", sorted(meanings.LEVELS))
def test_every_level_is_explained(level: str) -> None:
    told = hovered_at(NAMESPACE.format(label="enforce", value=level), level)
    assert f"`{level}`: {meanings.LEVELS[level]}." in told


def test_the_token_of_an_account() -> None:
    text = "apiVersion: v1\nkind: ServiceAccount\nautomountServiceAccountToken: true\n"
    told = hovered_at(text, "automount")
    assert "Whether pods of this account get its token" in told and "Default: `true`." in told


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginy", "repository `library/nginy`, tag `latest`, as none is written."),
        ("ghcr.io/acme/app:2", "registry `ghcr.io`, repository `acme/app`, tag `2`."),
        (f"acme/app@sha256:{'a' * 64}", "repository `acme/app`, fixed by its digest."),
    ],
)
def test_an_image_that_is_not_known_tells_what_it_names(image: str, expected: str) -> None:
    text = pod(container={"image": image})
    assert expected in hovered_at(text, f'"{image}"')


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (pod(), '"apiVersion"'),
        (pod(), '"kind"'),
        (pod(), '"app"'),
        (pod(), '"containers"'),
        (pod(container={"command": ["sleep"]}), '"command"'),
        (pod(container={"env": [{"name": "privileged"}]}), '"privileged"'),
        (pod({"nodeName": "a"}), '"nodeName"'),
        (pod({"volumes": [{"name": "emptyDir"}]}), '"emptyDir"'),
        (pod({"containers": []}).replace("Pod", "Thing"), '"spec"'),
    ],
)
def test_of_other_tokens_nothing_is_told(text: str, token: str) -> None:
    assert hovered_at(text, token) == ""


def test_where_a_controller_or_a_patch_may_set_it_no_default_is_claimed() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
    text += "      containers:\n        - name: app\n          securityContext: {runAsUser: 1}\n"
    told = hovered_at(text, "securityContext")
    assert "| `runAsUser` | `1`, from line 8" in told
    assert "| others    | not set here; what it is laid over may set it |" in told
    assert "(default)" not in told
