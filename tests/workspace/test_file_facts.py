"""Where names stand in a file, told without its text."""

import json
import pickle
from collections.abc import Iterator

import pytest

from k8s_lsp.kubernetes.facts import ObjectFacts, Place
from k8s_lsp.workspace.file_facts import facts_of_text
from tests.features.opened import split

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"labels": {"é": "😀"}, "namespace": "shop", "name": "web"},
    "spec": {
        "imagePullSecrets": [{"name": "pull"}],
        "serviceAccountName": "robot",
        "containers": [],
    },
}
BINDING = """\
# 😀
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {labels: {a: "é😀"}, name: binds, namespace: shop}
subjects:
  - {kind: ServiceAccount, namespace: other, name: robot}
roleRef:
  kind: Role
  name: reads
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Values.name }}
spec: {volumes: [{name: "😀", secret: {secretName: keys}}], containers: []}
"""
LIST = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
    f"- apiVersion: v1\n  kind: Secret\n  metadata: {{labels: {{a: é}}, name: secret-{n}}}\n"
    for n in range(300)
)


def places(objects: tuple[ObjectFacts, ...]) -> Iterator[tuple[str, Place]]:
    """The names that the objects have and use, with their places."""
    for obj in objects:
        if obj.name:
            yield obj.name, obj.place
        for use in obj.uses:
            yield use.name, use.place


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "text",
    [
        BINDING,
        LIST,
        json.dumps(POD, ensure_ascii=False),
        json.dumps(POD, ensure_ascii=False, indent=2),
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [POD] * 3}, ensure_ascii=False),
    ],
)
def test_a_place_tells_line_and_columns(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    lines = split(text)
    found = list(places(facts_of_text("/a.yaml", text).objects))
    assert len(found) > 3
    for name, place in found:
        line = lines[place.line]
        before = line[: place.column.utf_32]
        assert place.token.strip("'\"") == name
        assert line[len(before) :].startswith(place.token)
        assert place.column.utf_8 == len(before.encode())
        assert place.column.utf_16 == len(before.encode("utf-16-le")) // 2


def test_what_is_kept_of_a_long_line_grows_with_its_names() -> None:
    def size(count: int) -> int:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [POD] * count})
        return len(pickle.dumps(facts_of_text("/a.json", text)))

    assert size(80) < 5 * size(20)
