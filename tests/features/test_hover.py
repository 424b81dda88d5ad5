"""Hover: findings, fields, and the values that count in the end."""

import re

import pytest
from lsprotocol import types

from k8s_lsp.features import meanings
from k8s_lsp.features.client import Client
from k8s_lsp.features.hover import hover_at
from k8s_lsp.kubernetes.capabilities import CAPABILITIES
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Settings
from k8s_lsp.text import Encoding
from tests.features.opened import opened, place

MARKDOWN = Client(markdown_hover=True)

POD = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
automountServiceAccountToken: false
---
# 😀 😀
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  serviceAccountName: robot
  securityContext:
    runAsNonRoot: yes
    runAsUser: 1000
    seccompProfile:
      type: RuntimeDefault
    sysctls:
      - {name: net.ipv4.tcp_syncookies, value: "1"}
      - {name: kernel.msgmax, value: "1"}
  containers:
    - name: first
      image: example.com/é😀:1.4.2
      resources:
        limits: {memory: 256Mi}
        requests: {memory: null}
      securityContext:
        allowPrivilegeEscalation:
        capabilities:
          drop: [ALL]
          add: [NET_BIND_SERVICE, SYS_TIME]
        seccompProfile: {localhostProfile: a.json, type: Localhost}
    - name: second
      image: example.com/b:1.4.2
      securityContext: {runAsUser: 0, privileged: true}
  volumes:
    - name: root
      hostPath: {path: /}
    - {name: scratch, emptyDir: {}}
"""


def hovered(
    token: str, client: Client = MARKDOWN, text: str = POD, settings: Settings | None = None
) -> str:
    document = opened(text, settings or Settings(profile="baseline"), client.encoding)
    hover = hover_at(document, client, place(text, token, client.encoding))
    if hover is None:
        return ""
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("allowPrivilegeEscalation", 'In effect for container "first": `true` (default)'),
        ("ALL]", "**ALL**: Every capability at once."),
        ("NET_BIND_SERVICE", "may be added at every level"),
        ("SYS_TIME", "Set the clock"),
        ("drop", 'In effect for container "first": only `NET_BIND_SERVICE`, `SYS_TIME`'),
        ("memory: 256Mi", 'In effect for container "first": `256Mi`, set here'),
        ("memory: null", "`256Mi`, from the limit in line 25"),
        ("seccompProfile: {", "`type: Localhost, localhostProfile: a.json`, set here"),
        ("Localhost", "`Localhost`: a profile that lies on the node"),
        ("seccompProfile:\n", 'Not for container "first"'),
        ("RuntimeDefault", 'In effect for container "second".'),
        ("runAsNonRoot", "In effect for both containers."),
        ("runAsUser: 1000", 'Not for container "second": it has `0` (line 35).'),
        ("runAsUser: 0", 'In effect for container "second": `0`, set here'),
        (
            "securityContext: {runAs",
            "- `runAsNonRoot`: `true` (written `yes`), inherited from line 14",
        ),
        ("securityContext: {runAs", "- `privileged`: `true`, from line 35"),
        ("serviceAccountName", "In effect: `robot`, set here"),
        ("hostNetwork", "In effect: `true`, set here"),
        ("net.ipv4.tcp_syncookies", "half-open connections"),
        ("kernel.msgmax", "not among those that Pod Security knows as safe"),
        ("hostPath", "forbidden by the baseline level"),
        ("emptyDir", "allowed at every level"),
    ],
)
def test_fields(token: str, expected: str) -> None:
    assert expected in hovered(token)


def test_a_field_tells_what_it_means_and_its_default() -> None:
    text = hovered("allowPrivilegeEscalation")
    assert "no_new_privs" in text
    assert "Default: `true`." in text


@pytest.mark.parametrize("token", ["kind: Job", "Job"])
def test_the_kind_tells_why_an_object_is_read_as_a_patch(token: str) -> None:
    text = "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n"
    text += "        - {name: '`a`', env: []}\n"
    assert hovered(token, text=text) == (
        'Read as a patch, or as not finished yet: container "\\`a\\`" has no image. '
        "Only what it sets is judged, and nothing is filled in."
    )
    assert hovered(token, text=text.replace("env: []", "image: b:1")) == ""


def test_the_token_is_said_where_the_service_account_says_it() -> None:
    text = POD.replace("  hostNetwork: true\n", "  automountServiceAccountToken:\n")
    said = hovered("automountServiceAccountToken:\n", text=text)
    assert "In effect: `false`, from its ServiceAccount" in said


@pytest.mark.parametrize(
    "token", ["apiVersion: v1\nkind: Pod", "metadata: {name: web", "image: example.com/b"]
)
def test_other_tokens_tell_nothing(token: str) -> None:
    assert hovered(token) == ""


def test_fields_of_objects_without_a_pod_tell_nothing() -> None:
    assert hovered("automountServiceAccountToken: false") == ""
    text = "apiVersion: example.com/v1\nkind: Thing\nspec:\n  hostNetwork: true\n"
    assert hovered("hostNetwork", text=text) == ""


def test_a_finding_is_explained() -> None:
    text = hovered("privileged: true")
    assert text.startswith("**A container runs privileged**")
    for part in (
        "privileged: false",
        "Pod Security Standards: baseline (`privileged`)",
        "Checkov `CKV_K8S_16`",
        "[privileged-container](file:///",
        'In effect for container "second": `true`, set here',
    ):
        assert part in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_range_is_the_token(encoding: Encoding) -> None:
    document = opened(POD, Settings(profile="baseline"), encoding)
    position = place(POD, "true}", encoding)
    inside = types.Position(position.line, position.character + 2)
    hover = hover_at(document, Client(encoding), inside)
    assert hover is not None and hover.range is not None
    assert (hover.range.start, hover.range.end.character) == (position, position.character + 4)


def test_many_findings_at_one_token_are_listed_the_gravest_first() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n"
        "  containers:\n    - name: app\n      image: example.com/web:1.4.2\n"
    )
    found = hovered("app", text=text, settings=Settings(profile="restricted"))
    assert found.startswith("**4 findings**")
    for slug in ("missing-seccomp-profile", "root-user-allowed", "capabilities-not-dropped"):
        assert f"[{slug}]" in found


def test_heirs_know_what_they_inherit() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n  securityContext:\n    runAsUser: 0\n"
        "  containers:\n    - name: app\n"
    )
    assert "Line 5: " in hovered("app", text=text, settings=Settings(profile="restricted"))


def test_plain_text_has_no_marks() -> None:
    for token in ("privileged: true", "seccompProfile: {", "securityContext: {runAs"):
        text = hovered(token, Client())
        assert text and not re.search(r"\*\*|```|\]\(|<http", text)


def test_every_position_of_every_example_can_be_hovered() -> None:
    for rule in RULES:
        document = opened(rule.bad, Settings(profile="all"))
        for line, text in enumerate(rule.bad.split("\n")):
            for character in range(len(text) + 1):
                hover_at(document, MARKDOWN, types.Position(line, character))


def test_every_capability_has_a_meaning() -> None:
    assert set(meanings.CAPABILITIES) == CAPABILITIES


def test_meanings_are_sentences() -> None:
    tables = (meanings.CAPABILITIES, meanings.SYSCTLS, meanings.VOLUME_TYPES)
    for table in tables:
        for name, text in table.items():
            assert text[0].isupper() and text.endswith("."), name
    for name, meaning in meanings.FIELDS.items():
        assert meaning.text.endswith("."), name
        assert not meaning.default.endswith("."), name
