"""The outline of a text, and the search for objects in all files."""

import pytest
from lsprotocol import types

from k8s_lsp.features.client import Client
from k8s_lsp.features.symbols import MOST_SYMBOLS, document_symbols, workspace_symbols
from k8s_lsp.text import Encoding
from tests.features.opened import URI, opened
from tests.workspace.folders import index_of

TREES = Client(symbol_trees=True)

TEXT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {annotations: {a: "é😀"}, name: web, namespace: prod}
spec:
  template:
    spec:
      initContainers:
        - {name: first, image: a:1}
        - {name: second, image: b:1, restartPolicy: Always}
      containers:
        - image: c:1
          name: app
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Secret
    metadata:
      name: keys
  - {apiVersion: v1, kind: Namespace}
---
not: an object
"""


def outline(text: str, client: Client = TREES) -> list[types.DocumentSymbol]:
    found = document_symbols(opened(text, encoding=client.encoding), client)
    assert all(isinstance(symbol, types.DocumentSymbol) for symbol in found)
    return found  # type: ignore[return-value]


def test_objects_hold_their_containers() -> None:
    found = [
        (each.name, each.detail, each.kind.name, [(c.name, c.detail) for c in each.children or ()])
        for each in outline(TEXT)
    ]
    assert found == [
        (
            'Deployment "web"',
            "prod",
            "Class",
            [
                ('init container "first"', "a:1"),
                ('sidecar container "second"', "b:1"),
                ('container "app"', "c:1"),
            ],
        ),
        ('Secret "keys"', "", "Constant", []),
        ("Namespace", "", "Namespace", []),
    ]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 45), ("utf-16", 42), ("utf-32", 41)])
def test_a_symbol_spans_its_object_and_its_name_is_what_is_chosen(
    encoding: Encoding, column: int
) -> None:
    deployment, secret, _ = outline(TEXT, Client(symbol_trees=True, encoding=encoding))
    assert str(deployment.range) == "0:0-11:19"
    assert str(deployment.selection_range) == f"2:{column}-2:{column + 3}"
    app = (deployment.children or ())[-1]
    assert (str(app.range), str(app.selection_range)) == ("10:10-11:19", "11:16-11:19")
    assert (str(secret.range), str(secret.selection_range)) == ("16:4-19:16", "19:12-19:16")


SHARED = """\
apiVersion: v1
kind: List
items:
- &pod
  {apiVersion: v1, kind: Pod, metadata: &of {name: a}, spec: &spec {containers: &all [{name: a}]}}
- *pod
- {apiVersion: v1, kind: Pod, metadata: *of, spec: *spec}
- {apiVersion: v1, kind: Pod, spec: {containers: *all}}
- <<: *pod
- {<<: *pod, kind: Job}
"""

UNFINISHED = """\
apiVersion: v1
kind: Pod
spec:
  containers:
    -
    - name:
    - {}
    - a: |
        b
"""

TEMPLATE = """\
apiVersion: v1
kind: {{ .Values.kind }}
metadata:
  name: {{ .Name }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Name }}
spec:
  containers:
    - name: {{ .Name }}
"""


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        SHARED,
        UNFINISHED,
        TEMPLATE,
        '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}}',
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec: [",
    ],
)
def test_what_is_chosen_lies_inside_of_what_holds_it(text: str) -> None:
    def inside(one: types.Range, other: types.Range) -> bool:
        return other.start <= one.start and one.end <= other.end

    def hold(symbol: types.DocumentSymbol) -> None:
        assert symbol.name
        assert inside(symbol.selection_range, symbol.range)
        for child in symbol.children or ():
            assert inside(child.range, symbol.range)
            hold(child)

    found = outline(text)
    assert found
    for symbol in found:
        hold(symbol)


def test_a_client_without_trees_gets_a_list() -> None:
    found = document_symbols(opened(TEXT), Client())
    assert all(isinstance(each, types.SymbolInformation) for each in found)
    assert [(each.name, each.container_name) for each in found] == [  # type: ignore[union-attr]
        ('Deployment "web"', "prod"),
        ('init container "first"', 'Deployment "web"'),
        ('sidecar container "second"', 'Deployment "web"'),
        ('container "app"', 'Deployment "web"'),
        ('Secret "keys"', None),
        ("Namespace", None),
    ]
    assert {each.location.uri for each in found} == {URI}  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "a: b\n", "[]", "# apiVersion: v1\n# kind: Pod\n"])
def test_a_text_without_objects_has_no_symbols(text: str) -> None:
    assert outline(text) == []


FILES = {
    "a.yaml": TEXT,
    "é b.yaml": 'apiVersion: v1\nkind: Service\nmetadata: {labels: {a: "😀"}, name: web-backend}\n',
    "c.yaml": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: role}
""",
    "chart.yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Name }}
spec: {serviceAccountName: a}
""",
}


def searched(query: str, encoding: Encoding = "utf-16") -> list[types.SymbolInformation]:
    objects = index_of(FILES).objects()
    return workspace_symbols(objects, query, encoding, "file://{}".format)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("web", ['Deployment "web"', 'Service "web-backend"']),
        ("deploy web", ['Deployment "web"']),
        ("web deploy", ['Deployment "web"']),
        ("dplweb", ['Deployment "web"']),
        ("WEB", ['Deployment "web"', 'Service "web-backend"']),
        ("Role", ['Role "reader"', 'Widget "role"', 'RoleBinding "reader"']),
        ("wbk", ['Service "web-backend"']),
        ("prod", ['Deployment "web"']),
        ("bew", []),
        ("web secret", []),
        ("pod", []),
    ],
)
def test_words_of_a_search(query: str, expected: list[str]) -> None:
    assert [symbol.name for symbol in searched(query)] == expected


def test_an_empty_search_finds_all_that_have_names() -> None:
    assert len(searched("")) == 6


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 38), ("utf-16", 36), ("utf-32", 35)])
def test_where_an_object_stands(encoding: Encoding, column: int) -> None:
    (symbol,) = searched("service", encoding)
    assert symbol.location.uri == "file:///folder/é b.yaml"
    assert str(symbol.location.range) == f"2:{column}-2:{column + 11}"
    assert (symbol.kind, symbol.container_name) == (types.SymbolKind.Interface, None)


def test_the_namespace_is_what_holds_an_object() -> None:
    (symbol,) = searched("deployment")
    assert symbol.container_name == "prod"


def test_a_workload_tells_its_level_and_is_found_by_it() -> None:
    texts = {
        "a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        "spec: {hostPID: true, containers: []}\n",
        "b.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: shop}\n"
        "spec: {containers: []}\n",
        "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: privileged-patch}\n"
        "spec: {template: {spec: {hostPID: true}}}\n",
        "c.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\n",
    }
    objects = list(index_of(texts).objects())
    found = workspace_symbols(objects, "", "utf-16", str)
    assert {symbol.name: symbol.container_name for symbol in found} == {
        'Pod "a"': "Pod Security privileged",
        'Pod "b"': "shop · Pod Security baseline",
        'Deployment "privileged-patch"': None,
        'Secret "c"': None,
    }
    found = workspace_symbols(objects, "privileged", "utf-16", str)
    assert [symbol.name for symbol in found] == ['Deployment "privileged-patch"', 'Pod "a"']
    assert [each.name for each in workspace_symbols(objects, "pod base", "utf-16", str)] == [
        'Pod "b"'
    ]


def test_there_are_no_more_than_anybody_reads() -> None:
    many = "---\n".join(
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s{number}}}\n"
        for number in range(MOST_SYMBOLS + 1)
    )
    objects = index_of({"a.yaml": many}).objects()
    found = workspace_symbols(objects, f"s{MOST_SYMBOLS}", "utf-16", str)
    assert found[0].name == f'Secret "s{MOST_SYMBOLS}"'
    objects = index_of({"a.yaml": many}).objects()
    assert len(workspace_symbols(objects, "s", "utf-16", str)) == MOST_SYMBOLS
