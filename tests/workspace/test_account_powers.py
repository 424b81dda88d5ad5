"""What an account may do, by the bindings and roles of several files."""

import pytest

from k8s_lsp.kubernetes.account_powers import account_powers, account_roles
from k8s_lsp.kubernetes.queries import Reach
from k8s_lsp.kubernetes.versions import NEWEST, Version
from tests.workspace.folders import reach_from

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
roleRef: {{kind: {role_kind}, name: {role}}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: shop}}]
"""

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
rules:
- {{apiGroups: [{group}], resources: [{resources}], verbs: [{verbs}]}}
"""


def binding(kind: str, role_kind: str, role: str, account: str = "web", name: str = "binds") -> str:
    return BINDING.format(kind=kind, role_kind=role_kind, role=role, account=account, name=name)


def role(kind: str, resources: str, verbs: str, namespace: str = "shop", group: str = '""') -> str:
    return ROLE.format(
        kind=kind, name="reader", namespace=namespace, group=group, resources=resources, verbs=verbs
    )


def powers(*texts: str, account: str = "web", version: Version = NEWEST) -> list[str]:
    """What an account may do, with a `!` before what is grave."""
    reach = reach_of(*texts)
    return [
        f"{'!' if power.is_grave else ''}{power.name}: {power.words}"
        for power in account_powers(reach, "shop", account, version)
    ]


def reach_of(*texts: str) -> Reach:
    files = {f"{number}.yaml": text for number, text in enumerate(texts)}
    return reach_from("pod.yaml", files)


def test_a_role_in_another_file_is_followed() -> None:
    given = binding("RoleBinding", "Role", "reader")
    assert powers(given, role("Role", "pods, secrets", "list, get")) == [
        "!secrets: list, get on secrets"
    ]
    assert powers(given) == []
    assert powers(given, role("Role", "secrets", "get", namespace="other")) == []


def test_what_is_cluster_scoped_needs_a_cluster_role_and_its_binding() -> None:
    nodes = role("ClusterRole", "nodes/proxy", "get", namespace="")
    assert powers(binding("ClusterRoleBinding", "ClusterRole", "reader"), nodes) == [
        "!nodes/proxy: get on nodes/proxy"
    ]
    assert powers(binding("RoleBinding", "ClusterRole", "reader"), nodes) == []


def test_roles_that_every_cluster_has_are_known() -> None:
    assert powers(binding("RoleBinding", "ClusterRole", "view")) == []
    assert powers(binding("ClusterRoleBinding", "ClusterRole", "cluster-admin")) == [
        "!everything: * on *"
    ]
    edit = powers(binding("RoleBinding", "ClusterRole", "edit"))
    assert "!impersonate: impersonate on serviceaccounts" in edit
    assert [power.partition(":")[0] for power in edit] == [
        "!secrets",
        "!secrets",
        "!impersonate",
        "!tokens of accounts",
        "!running pods",
        "new workloads",
        "new workloads",
        "new workloads",
        "new workloads",
    ]


@pytest.mark.parametrize("namespace", ["shop", "other"])
def test_what_is_of_the_cluster_is_in_no_namespace_whatever_a_chart_says(namespace: str) -> None:
    reader = role("ClusterRole", "secrets", "get", namespace=namespace)
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        assert powers(binding(kind, "ClusterRole", "reader"), reader) == [
            "!secrets: get on secrets"
        ]
    # A Role is in its own namespace alone.
    own = role("Role", "secrets", "get", namespace=namespace)
    expected = ["!secrets: get on secrets"] if namespace == "shop" else []
    assert powers(binding("RoleBinding", "Role", "reader"), own) == expected


def test_grave_powers_come_first() -> None:
    both = [binding("RoleBinding", "ClusterRole", "reader")]
    both.append(role("ClusterRole", "secrets, pods", "create", namespace=""))
    assert powers(*both) == ["!secrets: create on secrets", "new workloads: create on pods"]


def test_objects_by_name_are_less() -> None:
    named = role("Role", "secrets", "get").replace("verbs:", "resourceNames: [tls], verbs:")
    assert powers(binding("RoleBinding", "Role", "reader"), named) == ["secrets: get on secrets"]


def test_what_ends_with_a_version_ends() -> None:
    texts = binding("RoleBinding", "Role", "reader"), role("Role", "pods/exec", "get")
    assert powers(*texts, version=Version(1, 34)) == ["!running pods: get on pods/exec"]
    assert powers(*texts, version=Version(1, 35)) == []


def test_of_roles_that_disagree_nothing_is_told() -> None:
    texts = binding("RoleBinding", "Role", "reader"), role("Role", "secrets", "get")
    other = role("Role", "pods", "get")
    assert powers(*texts, texts[1]) == ["!secrets: get on secrets"]
    assert powers(*texts, other) == []
    (given,) = account_roles(reach_of(*texts, other), "shop", "web")
    assert (given.title, given.role, given.allows) == ('Role "reader"', None, None)


def test_the_chain_leads_to_both_files() -> None:
    texts = binding("RoleBinding", "Role", "reader"), role("Role", "secrets", "get")
    (power,) = account_powers(reach_of(*texts), "shop", "web", NEWEST)
    assert power.given.binding.path == "/folder/0.yaml"
    assert power.given.role is not None and power.given.role.path == "/folder/1.yaml"
    assert power.given.namespace == "shop"


def test_other_accounts_are_not_meant() -> None:
    texts = binding("RoleBinding", "Role", "reader", account="api"), role("Role", "secrets", "get")
    assert powers(*texts) == []
    assert powers(*texts, account="api") == ["!secrets: get on secrets"]
