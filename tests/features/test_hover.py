"""Hover: findings, fields, and the values that count in the end."""

import re

import pytest
from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.fitting import MOST_LINES, Part, fitted
from k8s_lsp.features.hover import hover_at
from k8s_lsp.features.markdown import height
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import why
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
        ("ALL]", "**ALL**, taken away: Every capability at once."),
        ("ALL]", "it is one that restricted asks for"),
        ("NET_BIND_SERVICE", "every level allows this value."),
        ("SYS_TIME", "Set the clock"),
        ("SYS_TIME", "An intruder makes expired certificates and tokens count again"),
        (
            "drop",
            'In effect for container "first": `NET_BIND_SERVICE`, `SYS_TIME` alone, as '
            "`drop: [ALL]` in line 30 takes the rest away.",
        ),
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
            "| `runAsNonRoot`             | `true` (written `yes`), inherited from line 14",
        ),
        ("securityContext: {runAs", "| `privileged`               | `true`, from line 35"),
        ("serviceAccountName", "In effect: `robot`, set here"),
        ("hostNetwork", "In effect: `true`, set here"),
        ("net.ipv4.tcp_syncookies", "half-open connections"),
        ("kernel.msgmax", "not among those that Pod Security knows as safe"),
        ("hostPath", "(error; Pod Security: baseline)"),
        ("emptyDir", "every level allows this value."),
        ("image: example.com/b", "repository `b`, tag `1.4.2`."),
        ("automountServiceAccountToken: false", "Whether pods of this account get its token"),
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


def test_a_pods_security_context_tells_what_it_gives_and_who_takes_something_else() -> None:
    text = hovered("securityContext:\n    runAsNonRoot")
    assert "| Field          | In effect for containers that set no other value" in text
    rows = [
        tuple(cell.strip() for cell in line.strip("| ").split(" | "))
        for line in text.split("\n")
        if line.startswith("| `")
    ]
    assert rows == [
        ("`runAsNonRoot`", "`true` (written `yes`), from line 14"),
        ("`runAsUser`", '`1000`, from line 15; not for container "second"'),
        ("`seccompProfile`", '`RuntimeDefault`, from line 17; not for container "first"'),
    ]


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        # What nothing sets counts by default, of the three that are told in any case.
        ("fsGroup: 7", ["`false` (default)", "the image's `USER` (default)", "`7`, from line 5"]),
        ("runAsGroup: 3", ["`3`, from line 5"]),
        ("runAsUser: 5", ["`5`, from line 5; not for 2 containers"]),
        ("sysctls: []", ["`Unconfined` (default)"]),
        ("runAsNonRoot: '{{ .Values.root }}'", ["not told by this text"]),
    ],
)
def test_the_table_of_a_pod(written: str, rows: list[str]) -> None:
    text = (
        f"apiVersion: v1\nkind: Pod\nspec:\n  securityContext:\n    {written}\n  containers:\n"
        "    - {name: a, image: a, securityContext: {runAsUser: 1}}\n"
        "    - {name: b, image: b, securityContext: {runAsUser: 2}}\n"
    )
    told = hovered("securityContext:\n", text=text)
    for row in rows:
        assert f"| {row} " in told


FILLED_IN = "Which one it is, a template fills in"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx:{{ .Values.tag }}", "**nginx** starts as root."),
        ("'docker.io/library/redis@{{ .Values.digest }}'", "**redis** starts as root"),
        ("'nginx:{{ .Values.tag }}{{ .Values.suffix }}'", "**nginx** starts as root."),
        # Not the whole name, or nothing that is known.
        ("'{{ .Values.image }}'", FILLED_IN),
        ("'{{ .Values.repository }}:{{ .Values.tag }}'", FILLED_IN),
        ("nginx{{ .Values.variant }}:1.27", FILLED_IN),
        ("'nginx:{{ .Values.port }}/web:1.27'", FILLED_IN),
        ("nginx:1.27{{ .Values.suffix }}", FILLED_IN),
        ("ghcr.io/acme/web:{{ .Values.tag }}", FILLED_IN),
        # What is written is told as ever.
        ("ghcr.io/acme/web:1.4.2", "repository `acme/web`, tag `1.4.2`"),
        ("nginx:1.27", "**nginx** starts as root."),
    ],
)
def test_an_image_is_told_as_far_as_a_template_leaves_it(image: str, expected: str) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ .Release.Name }}'}\nspec:\n"
    text += f"  containers:\n    - name: app\n      image: {image}\n"
    assert expected in hovered("image: ", text=text)


def test_the_token_is_said_where_the_service_account_says_it() -> None:
    text = POD.replace("  hostNetwork: true\n", "  automountServiceAccountToken:\n")
    said = hovered("automountServiceAccountToken:\n", text=text)
    assert "In effect: `false`, from its ServiceAccount" in said


@pytest.mark.parametrize(
    "token", ["apiVersion: v1\nkind: Pod", "metadata: {name: web", "scratch", "second"]
)
def test_other_tokens_tell_nothing(token: str) -> None:
    assert hovered(token) == ""


def test_fields_of_objects_without_a_pod_tell_nothing() -> None:
    text = "apiVersion: example.com/v1\nkind: Thing\nspec:\n  hostNetwork: true\n"
    assert hovered("hostNetwork", text=text) == ""


def test_a_finding_is_explained() -> None:
    target = link_of(next(rule for rule in RULES if rule.slug == "privileged-container"))
    assert hovered("privileged: true") == (
        "**A container runs privileged.** A privileged container holds every capability, sees "
        "every device of its node and runs without seccomp, AppArmor or SELinux confinement.\n\n"
        'After the fix: container "second" lost access to the node; what needs its devices or its '
        "kernel fails.\n\n"
        "```yaml\nsecurityContext: {runAsUser: 0, privileged: false}\n```\n\n"
        'In effect for container "second": `true`, set here.  \n'
        f"[Explain privileged-container]({target}) (error; Pod Security: baseline)"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_range_is_the_token(encoding: Encoding) -> None:
    document = opened(POD, Settings(profile="baseline"), encoding)
    position = place(POD, "true}", encoding)
    inside = types.Position(position.line, position.character + 2)
    hover = hover_at(document, Client(encoding), inside)
    assert hover is not None and hover.range is not None
    assert (hover.range.start, hover.range.end.character) == (position, position.character + 4)


def test_of_several_findings_what_is_in_effect_is_told_the_gravest_first() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n"
        "  containers:\n    - name: app\n      image: example.com/web:1.4.2\n"
    )
    found = hovered("app", text=text, settings=Settings())
    assert found.startswith('**7 findings** for container "app"\n\n| Field ')
    rows = [line.split(" | ") for line in found.split("\n") if line.startswith("| `")]
    told = [(row[0].strip("| "), row[1].strip(), row[2].partition("]")[0]) for row in rows]
    assert set(told) == {
        ("`readOnlyRootFilesystem`", "`false` (default)", "[writable-root-filesystem"),
        ("`limits.memory`", "none (default)", "[missing-memory-limit"),
        ("`seccompProfile`", "`Unconfined` (default)", "[missing-seccomp-profile"),
        ("`runAsNonRoot`", "`false` (default)", "[root-user-allowed"),
        ("`capabilities`", "the runtime's set (default)", "[capabilities-not-dropped"),
        ("`allowPrivilegeEscalation`", "`true` (default)", "[privilege-escalation-allowed"),
        ("`limits.cpu`", "none (default)", "[missing-cpu-limit"),
    }
    # What Pod Security refuses goes before the rest, and information comes last.
    assert {row[0] for row in told[4:]} == {
        *("`readOnlyRootFilesystem`", "`limits.memory`", "`limits.cpu`"),
    }
    assert told[-1][0] == "`limits.cpu`"
    plain = hovered("app", Client(), text, Settings())
    assert "runAsNonRoot" in plain and "|" not in plain and "---" not in plain


@pytest.mark.parametrize("before", ["", "{{- if .Values.psp }}\n", "{{- if .Values.psp }}\n---\n"])
def test_an_example_is_yaml_that_says_where_it_stands(before: str) -> None:
    text = f"{before}apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {{name: a}}\n"
    told = hovered("PodSecurityPolicy", text=text, settings=Settings())
    assert "```yaml\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n" in told
    written = '{"apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": {}}'
    assert "```yaml\napiVersion: v1\n" in hovered("PodSec", text=written, settings=Settings())


def test_of_what_has_no_room_the_last_goes_first() -> None:
    lines = "\n".join(f"- {number}" for number in range(7))
    parts = [Part("a"), Part("b", rank=3), Part(lines, rank=3, shrinks=True), Part("c")]
    assert fitted(parts, 6) == "a\n\nb\n\n- 0\n- 1\n- …\n\nc"
    assert fitted([Part("a", rank=1), *parts], 3) == "a\n\na\n\nc"


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


def test_what_is_shown_of_every_example_fits() -> None:
    for rule in RULES:
        for text in (rule.bad, rule.good):
            document = opened(text, Settings(profile="all"))
            for match in re.finditer(r"[^\s{}\[\],]+", text):
                hover = hover_at(document, MARKDOWN, document.lines.position_of(match.start()))
                if hover is not None:
                    assert isinstance(hover.contents, types.MarkupContent)
                    assert height(hover.contents.value) <= MOST_LINES, hover.contents.value


def test_what_is_wrong_and_why_is_short() -> None:
    for rule in RULES:
        text = why(rule)
        assert height(text) <= 2 and text.endswith("."), text
        assert text.startswith(f"**{rule.summary}.** "), text
