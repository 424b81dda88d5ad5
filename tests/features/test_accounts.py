"""The hover on the name of an account or a role: what that may do, and by what."""

import pytest
from lsprotocol import types

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.hover import hover_at
from k8s_lsp.settings import Settings
from tests.workspace.folders import TOP, index_of, place

MOST_LINES = 12

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: robot
  containers: []
"""

ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
"""

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: binds, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
  - {kind: User, name: "system:serviceaccount:shop:other"}
  - {kind: Group, name: all}
"""

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads, namespace: shop}
rules:
  - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
  - {apiGroups: [""], resources: [pods], verbs: [create]}
  - {apiGroups: [""], resources: [secrets], verbs: [create]}
"""

CHAIN = {
    "app/pod.yaml": POD,
    "app/account.yaml": ACCOUNT,
    "rbac/binding.yaml": BINDING,
    "rbac/role.yaml": ROLE,
}

WORTH = (
    "**secrets** (`get, list on secrets; create on secrets`), **new workloads** (`create on pods`)"
)


MARKDOWN = Client(markdown_hover=True)


def hovered(texts: dict[str, str], name: str, token: str, client: Client = MARKDOWN) -> str:
    """The hover at the only place where a token stands in a file of a folder."""
    text = texts[name]
    assert text.count(token) == 1
    analysis = analyze(
        text, Settings("baseline"), surroundings=index_of(texts).surroundings(place(name))
    )
    document = Document(f"file://{TOP}/{name}", 1, lines_of(text, "utf-16"), analysis)
    at = document.lines.position_of(text.index(token))
    hover = hover_at(document, client, at)
    if hover is None:
        return ""
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.value.count("\n") < MOST_LINES
    return hover.contents.value


@pytest.mark.parametrize("token", ["serviceAccountName", "robot"])
def test_a_pod_tells_what_its_account_may_do(token: str) -> None:
    found = hovered(CHAIN, "app/pod.yaml", token)
    assert "In effect: `robot`, set here" in found
    assert found.endswith(
        'What is bound to ServiceAccount "robot" in reach, the gravest first. Its token is needed '
        "for that, and is mounted.\n\n"
        f'- {WORTH} in namespace `shop`: RoleBinding "binds", Role "reads" in ../rbac/binding.yaml '
        "and ../rbac/role.yaml"
    )


def test_an_account_tells_it_too() -> None:
    assert hovered(CHAIN, "app/account.yaml", "robot") == (
        'What is bound to ServiceAccount "robot" in reach, the gravest first. Its token is needed '
        "for that.\n\n"
        f'- {WORTH} in namespace `shop`: RoleBinding "binds", Role "reads" in ../rbac/binding.yaml '
        "and ../rbac/role.yaml"
    )


@pytest.mark.parametrize(
    ("token", "account"), [("robot", "robot"), ("system:serviceaccount:shop:other", "other")]
)
def test_so_do_the_subjects_of_a_binding(token: str, account: str) -> None:
    found = hovered(CHAIN, "rbac/binding.yaml", token)
    assert found.startswith(f'What is bound to ServiceAccount "{account}" in reach')
    assert found.endswith('RoleBinding "binds", Role "reads" in this file and role.yaml')


def test_a_reference_tells_what_its_role_allows() -> None:
    assert hovered(CHAIN, "rbac/binding.yaml", "reads") == (
        f"What the role allows by this binding:\n\n- {WORTH} in namespace `shop`: "
        'RoleBinding "binds", Role "reads" in this file and role.yaml'
    )


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("rbac/binding.yaml", "all"),
        ("rbac/binding.yaml", "binds"),
        ("rbac/binding.yaml", "Group,"),
        ("rbac/role.yaml", "reads"),
        ("app/account.yaml", "shop"),
        ("app/pod.yaml", "web"),
    ],
)
def test_other_names_tell_nothing(name: str, token: str) -> None:
    assert hovered(CHAIN, name, token) == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "no token is needed, yet one is mounted."),
        ("automountServiceAccountToken: true", "no token is needed, yet one is mounted."),
        (
            "automountServiceAccountToken: false",
            "no token is needed, and none is mounted.",
        ),
        ("automountServiceAccountToken: {{ .Values.token }}", "no token is needed."),
    ],
)
def test_nothing_may_be_bound(line: str, expected: str) -> None:
    texts = {"pod.yaml": POD.replace("  containers", f"  {line}\n  containers")}
    found = hovered(texts, "pod.yaml", "robot")
    assert found.endswith(f'Nothing is bound to ServiceAccount "robot" in reach: {expected}')


def test_the_account_may_say_that_there_is_no_token() -> None:
    texts = {**CHAIN, "app/account.yaml": ACCOUNT + "automountServiceAccountToken: false\n"}
    assert "needed for that, but is not mounted." in hovered(texts, "app/pod.yaml", "robot")
    texts["app/again.yaml"] = ACCOUNT + "automountServiceAccountToken: true\n"
    assert "needed for that.\n" in hovered(texts, "app/pod.yaml", "robot")


@pytest.mark.parametrize(
    ("token", "expected"),
    [("{path: token}", "and is mounted."), ("{path: a, audience: vault}", "but is not mounted.")],
)
def test_a_volume_may_bring_the_token(token: str, expected: str) -> None:
    volume = f"[{{name: t, projected: {{sources: [{{serviceAccountToken: {token}}}]}}}}]"
    lines = f"  automountServiceAccountToken: false\n  volumes: {volume}\n  containers"
    texts = {**CHAIN, "app/pod.yaml": POD.replace("  containers", lines)}
    assert f"needed for that, {expected}" in hovered(texts, "app/pod.yaml", "robot")


def test_a_pod_whose_account_is_unknown_tells_nothing_of_it() -> None:
    texts = {**CHAIN, "app/pod.yaml": POD.replace("robot", "{{ .Values.account }}")}
    assert "bound to" not in hovered(texts, "app/pod.yaml", "serviceAccountName").split("\n")[-1]


def test_the_gravest_comes_first_and_the_list_ends() -> None:
    def bound(number: int, kind: str, role: str) -> str:
        text = BINDING.replace("name: binds", f"name: b{number}").replace(
            "name: reads", f"name: {role}"
        )
        return text.replace("kind: RoleBinding", f"kind: {kind}").replace(
            "kind: Role,", "kind: ClusterRole,"
        )

    texts = {
        "pod.yaml": POD,
        "1.yaml": bound(1, "RoleBinding", "view"),
        "2.yaml": bound(2, "RoleBinding", "nowhere"),
        "3.yaml": bound(3, "RoleBinding", "edit"),
        "4.yaml": bound(4, "ClusterRoleBinding", "cluster-admin"),
        "5.yaml": bound(5, "RoleBinding", "gathers"),
        "gathers.yaml": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
        "metadata: {name: gathers}\naggregationRule: {}\n",
    }
    lines = hovered(texts, "pod.yaml", "robot").splitlines()
    admin, edit, *rest, last = lines[-4:]
    assert admin == (
        '- **everything** (`* on *`) everywhere: ClusterRoleBinding "b4", ClusterRole '
        '"cluster-admin" (built in) in 4.yaml'
    )
    assert edit.startswith("- **secrets** (`") and ") and 1 more in namespace `shop`: " in edit
    assert rest == [
        "- nothing grave in namespace `shop`: "
        'RoleBinding "b1", ClusterRole "view" (built in) in 1.yaml'
    ]
    assert last == "- and 2 more"
    del texts["1.yaml"], texts["3.yaml"]
    lines = hovered(texts, "pod.yaml", "robot").splitlines()
    assert [line.split(":")[0] for line in lines[-2:]] == [
        "- unknown in namespace `shop`, as the role is not in reach, or files disagree about it",
        "- what is gathered from other roles in namespace `shop`",
    ]


def test_a_role_without_powers_tells_its_rules() -> None:
    rules = "".join(
        f"  - {{apiGroups: [''], resources: [{resources}], verbs: [get, list]}}\n"
        for resources in ("pods", "nodes, services", "events", "endpoints", "configmaps", "leases")
    )
    url = "  - {nonResourceURLs: [/metrics], verbs: [get]}\n"
    head = ROLE.partition("  -")[0]
    texts = {**CHAIN, "rbac/role.yaml": head + url}
    assert "- `get on /metrics` in namespace" in hovered(texts, "rbac/binding.yaml", "reads")
    texts = {**CHAIN, "rbac/role.yaml": head + rules}
    assert (
        "- `get, list on pods`, `get, list on nodes, services`, `get, list on events`, "
        "`get, list on endpoints` and 2 more in namespace `shop`: RoleBinding"
    ) in hovered(texts, "rbac/binding.yaml", "reads")


def test_what_a_manifest_says_marks_up_nothing() -> None:
    texts = {
        name.replace("rbac", "<b>"): text.replace("binds", '"[a](b)"').replace("shop", '"`"')
        for name, text in CHAIN.items()
    }
    found = hovered(texts, "app/pod.yaml", "robot")
    assert r"in namespace `` ` ``: RoleBinding \"\[a\](b)\"".replace('\\"', '"') in found
    assert r"in ../\<b>/binding.yaml" in found


def test_a_client_without_markdown_gets_text() -> None:
    found = hovered(CHAIN, "app/account.yaml", "robot", Client())
    assert "- secrets (get, list" in found.replace("`", "")
    assert "**" not in found


def test_a_file_far_away_is_named_by_its_folder() -> None:
    texts = {
        name.replace("app/", "a/b/c/d/"): text
        for name, text in CHAIN.items()
        if name != "app/account.yaml"
    }
    found = hovered(texts, "a/b/c/d/pod.yaml", "robot")
    assert found.endswith("in rbac/binding.yaml and rbac/role.yaml")
