"""What stays of a finding when its place changes."""

from hashlib import sha256
from textwrap import dedent

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.reports.entries import file_report
from k8s_lsp.reports.fingerprints import Identity, fingerprints, identity_of
from k8s_lsp.settings import Settings

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: example.com/app:1
        securityContext: {privileged: true}
"""

PRIVILEGED = Identity(
    "privileged-container",
    "apps",
    "Deployment",
    "shop",
    "web",
    'spec.template.spec.containers["app"].securityContext.privileged',
)


def identities(text: str) -> list[Identity]:
    return [identity_of(diagnosis) for _, diagnosis in analyze(text).published()]


def field_of(text: str, rule: str) -> str:
    """The one field in which a rule finds something."""
    (identity,) = (identity for identity in identities(text) if identity.rule == rule)
    return identity.field


def test_a_container_goes_by_its_name() -> None:
    assert PRIVILEGED in identities(DEPLOYMENT)


SIDECAR = "      - {name: sidecar, image: example.com/sidecar:1}\n"


@pytest.mark.parametrize(
    "moved",
    [
        f"\n# A comment.\n\n{DEPLOYMENT}",
        DEPLOYMENT.replace("apps/v1", '"apps/v1"').replace("\n", "\r\n"),
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n---\n{DEPLOYMENT}",
        DEPLOYMENT.replace("      - name: app\n", f"{SIDECAR}      - name: app\n"),
        DEPLOYMENT + SIDECAR,
        DEPLOYMENT.replace("      - name: app\n        image", "      - image").replace(
            "app:1\n", "app:1\n        name: app\n"
        ),
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- "
        + DEPLOYMENT.replace("\n", "\n  ").rstrip(" "),
        "# {{ .Values.x }}\n" + DEPLOYMENT.replace("example.com/app:1", "{{ .Values.image }}"),
    ],
)
def test_what_is_written_elsewhere_changes_nothing(moved: str) -> None:
    assert identities(moved).count(PRIVILEGED) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: app\n", "name: api\n"),
        ("name: web,", "name: shop,"),
        ("shop}", "staging}"),
        (", namespace: shop", ""),
        ("kind: Deployment", "kind: DaemonSet"),
    ],
)
def test_what_a_finding_is_about_tells_it_from_others(old: str, new: str) -> None:
    other = DEPLOYMENT.replace(old, new, 1)
    assert other != DEPLOYMENT
    (identity,) = (each for each in identities(other) if each.rule == PRIVILEGED.rule)
    assert identity != PRIVILEGED


def test_another_version_of_the_group_is_the_same_object() -> None:
    old, new = (
        identities(f"apiVersion: batch/{version}\nkind: CronJob\nmetadata: {{name: a}}\n{JOB}")
        for version in ("v1beta1", "v1")
    )
    assert [each for each in old if each.rule == "host-network"] == [
        each for each in new if each.rule == "host-network"
    ]


JOB = """\
spec:
  jobTemplate: {spec: {template: {spec: {hostNetwork: true, containers: [{name: a, image: b}]}}}}
"""


@pytest.mark.parametrize(
    ("pod_spec", "rule", "field"),
    [
        ("volumes: [{name: x, hostPath: {path: /}}]", "host-path-volume", 'volumes["x"].hostPath'),
        (
            "containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, SYS_ADMIN]}}}]",
            "dangerous-capability",
            'containers["a"].securityContext.capabilities.add["SYS_ADMIN"]',
        ),
        (
            "containers: [{name: a, env: [{name: DB_PASSWORD, value: hunter2hunter2}]}]",
            "literal-credential",
            'containers["a"].env["DB_PASSWORD"].value',
        ),
        (
            "initContainers: [{name: a.b, securityContext: {privileged: true}}]",
            "privileged-container",
            'initContainers["a.b"].securityContext.privileged',
        ),
        (
            "containers: [{securityContext: {privileged: true}}]",
            "privileged-container",
            "containers[].securityContext.privileged",
        ),
    ],
)
def test_items_go_by_what_names_them(pod_spec: str, rule: str, field: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{{pod_spec}}}\n"
    text = text.replace("{name: a, ", "{name: a, image: b, ").replace("[{sec", "[{image: b, sec")
    assert field_of(text, rule) == f"spec.{field}"


@pytest.mark.parametrize(
    ("kind", "spec", "rule", "fields"),
    [
        (
            "v1 Pod",
            "spec: {containers: [{name: a, image: b, ports: "
            "[{name: x, containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 81}]}]}",
            "host-port",
            [f'spec.containers["a"].ports["{port}"].hostPort' for port in (80, 81)],
        ),
        (
            "v1 Pod",
            "spec: {volumes: [{name: v, hostPath: {path: /etc}}], containers: [{name: a, image: b, "
            "volumeMounts: [{name: v, mountPath: /b.c}, {name: v, mountPath: /a}]}]}",
            "writable-host-path",
            [f'spec.containers["a"].volumeMounts["{path}"].readOnly' for path in ("/b.c", "/a")],
        ),
        (
            "v1 Pod",
            "spec: {tolerations: [{operator: Exists}], containers: [{name: a, image: b}]}",
            "control-plane-toleration",
            ["spec.tolerations[]"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: {podSelector: {}, ingress: [{}], policyTypes: [Ingress]}",
            "allow-all-network-policy",
            ["spec.ingress[].from"],
        ),
        (
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
            "roleRef: {kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io}\n"
            "subjects: [{kind: Group, name: 'system:authenticated'}]",
            "authenticated-group-subject",
            ['subjects["system:authenticated"].name'],
        ),
        (
            "apps/v1 DaemonSet",
            "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}, "
            "annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}, "
            "spec: {containers: [{name: a, image: b}]}}}",
            "unconfined-seccomp",
            ['spec.template.metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]'],
        ),
    ],
)
def test_lists_have_the_keys_of_the_api(kind: str, spec: str, rule: str, fields: list[str]) -> None:
    version, _, kind = kind.partition(" ")
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{spec}\n"
    found = analyze(text, Settings(profile="all")).published()
    identities = [identity_of(diagnosis) for _, diagnosis in found]
    assert [each.field for each in identities if each.rule == rule] == fields


def test_items_that_nothing_names_are_counted() -> None:
    role = dedent("""\
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {generateName: all-}
        rules:
        - {apiGroups: [""], resources: [pods], verbs: ["*"]}
        - {apiGroups: [apps], resources: [deployments], verbs: ["*"]}
    """)
    found = identities(role)
    assert [(each.name, each.field) for each in found] == [("all-", 'rules[].verbs["*"]')] * 2
    first, second = fingerprints(found)
    assert first != second
    lines = role.splitlines(keepends=True)
    assert list(fingerprints(identities("".join([*lines[:4], lines[5], lines[4]])))) == [
        first,
        second,
    ]


def test_words_of_a_command_are_not_told() -> None:
    text = dedent("""\
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          containers:
          - {name: a, image: b, command: [mysql, --password=hunter2hunter2]}
    """)
    assert field_of(text, "credential-in-argument") == 'spec.containers["a"].command[]'


def test_templates_are_told_by_their_text() -> None:
    text = DEPLOYMENT.replace("web,", '{{ include "web" . }},').replace(": app\n", ": {{ .c }}\n")
    text = text.replace("{name: {{", "\n  name: {{").replace(", namespace: shop}", "")
    text = text.replace("}},\n", "}}\n")
    found = {each for each in identities(text) if each.rule == PRIVILEGED.rule}
    assert found == {
        PRIVILEGED._replace(
            namespace="",
            name='{{ include "web" . }}',
            field='spec.template.spec.containers["{{ .c }}"].securityContext.privileged',
        )
    }


def test_objects_in_a_list_of_another_one_are_told_by_kind_and_name() -> None:
    text = dedent("""\
        apiVersion: template.openshift.io/v1
        kind: Template
        metadata: {name: t}
        objects:
        - apiVersion: v1
          kind: Pod
          metadata: {name: a}
          spec: {hostPID: true, containers: [{name: a, image: b}]}
    """)
    assert field_of(text, "host-pid") == 'objects["Pod/a"].spec.hostPID'


def test_a_report_has_identities_where_that_is_asked_for() -> None:
    analysis = analyze(DEPLOYMENT, Settings(profile="all"))
    report = file_report("a.yaml", analysis, identify=True)
    assert all(entry.identity and entry.identity.rule == entry.rule for entry in report.entries)
    assert PRIVILEGED in {entry.identity for entry in report.entries}
    plain = tuple(entry._replace(identity=None) for entry in report.entries)
    assert file_report("a.yaml", analysis).entries == plain
    assert len(plain) > 5


def test_fingerprints_do_not_change_from_run_to_run() -> None:
    """They are written down, in known findings and by code hosts."""
    words = (
        '[1, "privileged-container", "apps", "Deployment", "shop", "web", '
        '"spec.template.spec.containers[\\"app\\"].securityContext.privileged", 2]'
    )
    _, second = fingerprints([PRIVILEGED, PRIVILEGED])
    assert second == sha256(words.encode()).hexdigest()[:32]
