"""What is judged part by part is judged as if it were judged as a whole."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from k8s_lsp.engine import lists
from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.results import Analysis
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.parts import Part, parts_of
from tests.production import pod, pod_spec, stored

SETTINGS = Settings("all")
LENGTH = 2_000
"""So many characters make a part here: one or two pods."""

TEXT = {"config.yaml": "a: {{ .Values.x }}\nb: *c &d\n---\nkind: List\nitems:\n- é \U0001f680\n"}
OBJECTS = [
    *(pod(f"web-{number}", pod_spec()) for number in range(9)),
    stored({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": TEXT}),
    # What is told of the pods above depends on these, and that of these on the pods.
    stored(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "web", "namespace": "shop"},
            "automountServiceAccountToken": False,
        }
    ),
    stored(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "all", "namespace": "shop"},
            "spec": {
                "podSelector": {"matchLabels": {"app": "nothing"}},
                "policyTypes": ["Ingress"],
            },
        }
    ),
    stored(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "quota", "namespace": "shop"},
            "spec": {"hard": {"limits.memory": "1Gi"}},
        }
    ),
]
LIST = {"apiVersion": "v1", "items": OBJECTS, "kind": "List", "metadata": {}}


def in_yaml() -> str:
    import yaml

    # With anchors and aliases, or what looks like both, a List in YAML is read as a whole.
    text: str = yaml.safe_dump(json.loads(json.dumps(LIST).replace("&d", "d")), allow_unicode=True)
    return text


def without_kinds() -> str:
    items = [{"metadata": each["metadata"], "spec": each["spec"]} for each in OBJECTS[:9]]
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})


SHAPES: dict[str, Callable[[], str]] = {
    "a List": lambda: json.dumps(LIST, indent=4),
    "on one line": lambda: json.dumps(LIST),
    "all characters as they are": lambda: json.dumps(LIST, indent=1, ensure_ascii=False),
    "with CRLF": lambda: json.dumps(LIST, indent=2).replace("\n", "\r\n"),
    "a stream": lambda: "\n".join(map(json.dumps, OBJECTS)) + "\n",
    "a stream without lines": lambda: "".join(map(json.dumps, OBJECTS)),
    "a typed List": without_kinds,
    "YAML": in_yaml,
}


def found_in(analysis: Analysis, start: int = 0) -> Iterator[tuple[Any, ...]]:
    """Each finding with its place in the whole text."""
    for offset, diagnosis in analysis.published():
        span = diagnosis.finding.span.shifted(offset + start)
        yield diagnosis.rule.slug, *span, diagnosis.severity, diagnosis.finding.message


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_parts_tell_what_the_whole_tells(
    shape: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shape()
    monkeypatch.setattr(lists, "parts_of", partial(parts_of, length=LENGTH))
    parts = lists.divided(text)
    assert parts is not None
    kept, asked = lists.analyze_parts(
        parts,
        text,
        SETTINGS,
        NO_SURROUNDINGS,
        lambda result: list(found_in(result.analysis, result.part.start)),
    )
    assert len(kept) > 4
    assert sorted(each for found in kept for each in found) == sorted(
        found_in(analyze(text, SETTINGS))
    )
    assert asked


def test_a_part_is_judged_again_if_another_one_tells_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "_EARLY", frozenset())
    monkeypatch.setattr(lists, "parts_of", partial(parts_of, length=LENGTH))
    text = json.dumps(LIST)
    parts = lists.divided(text)
    assert parts is not None
    kept: list[Part] = []
    lists.analyze_parts(
        parts, text, SETTINGS, NO_SURROUNDINGS, lambda result: kept.append(result.part)
    )
    # Each pod asks about the account, which is told in the end.
    assert len(kept) > len(set(kept)) > 5


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "List", "apiVersion": "v1", "items": []}',
        '{"kind": "List", "apiVersion": "v1", "items": [{"a": 1},]}',
        '{"kind": "List", "apiVersion": "v1", "items": [null]}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}, {} {}]}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}, {"a": NaN}]}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}]',
        '{"kind": "List", "apiVersion": "v1", "items": [{}], "items": [{}]}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}], "spec": {}}',
        '{"kind": "List", "apiVersion": "v1", "items": [{}]} # x',
        '{"kind": "List", "items": [{}]}',
        '{"kind": "Pod", "apiVersion": "v1", "items": [{}]}',
        '{"apiVersion": "v1", "items": [{}]}',
        "{}",
        "",
        "{" * 5_000,
        "kind: List\nitems:\n- {{ .Values.x }}: y\n",
        "kind: List\nitems:\n- a: b\n---\nkind: Pod\n",
    ],
)
def test_what_is_no_list_alone_is_read_as_a_whole(text: str) -> None:
    assert lists.divided(text) is None


def test_the_parts_of_a_list_cover_its_items() -> None:
    text = json.dumps(LIST, indent=4)
    parts = list(parts_of(text, LENGTH) or ())
    assert [part.first_item for part in parts] == [
        sum(len(each.units) for each in parts[:index]) for index in range(len(parts))
    ]
    for part, following in pairwise(parts):
        assert part.end == following.start
    units = [unit for part in parts for unit in part.units]
    assert [json.loads(unit.text) for unit in units] == json.loads(json.dumps(OBJECTS))
