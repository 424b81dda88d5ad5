"""From an analysis to places for people."""

from collections.abc import Iterator

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.kubernetes.objects import KubeObject
from k8s_lsp.reports.entries import FileReport, Note, file_report
from k8s_lsp.rules.base import OBJECT, Context, Finding, Related, rule
from k8s_lsp.syntax.units import Unit

HARMLESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@rule(severity="hint", subject=OBJECT)
def data_found(obj: KubeObject, context: Context) -> Iterator[Finding]:
    """An object has data."""
    data = obj.get("data")
    if data.present and data.key is not None:
        yield Finding(
            data.span, "must not have data", data.path, related=(Related(data.key.span, "here"),)
        )


@pytest.fixture(autouse=True)
def only_this_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("k8s_lsp.engine.checking.RULES", (data_found,))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_place_that_covers_lines_is_cut_to_its_first(newline: str) -> None:
    lines = ["apiVersion: v1", "kind: ConfigMap", "data:", "  a: 1", "  b: 2", ""]
    (entry,) = file_report("map.yaml", analyze(newline.join(lines))).entries
    assert (entry.line, entry.column, entry.end_column) == (4, 3, 7)
    assert entry.notes == (Note(3, "here"),)
    assert entry.field == "data"


def test_lines_count_through_the_whole_text() -> None:
    document = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\n"
    entries = file_report("map.yaml", analyze(document * 3)).entries
    assert [entry.line for entry in entries] == [5, 10, 15]


def test_entries_are_ordered_by_place() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n"
    item = "- {apiVersion: v1, kind: ConfigMap, data: {a: b}}\n"
    report = file_report("list.yaml", analyze(text + item * 3))
    assert [entry.line for entry in report.entries] == [4, 5, 6]
    assert [entry.field for entry in report.entries] == [
        "items[0].data",
        "items[1].data",
        "items[2].data",
    ]


def test_an_item_of_a_list_that_was_cut_keeps_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    head = "apiVersion: v1\nkind: List\nitems:\n"
    item = "- apiVersion: v1\n  kind: ConfigMap\n  data: {a: b}\n"
    units = [Unit(head), *[Unit(item, True)] * 8]
    monkeypatch.setattr("k8s_lsp.engine.analysis.cut", lambda *_: units)
    report = file_report("list.yaml", analyze(head + item * 8))
    assert [(entry.line, entry.field) for entry in report.entries] == [
        (6 + 3 * number, f"items[{number}].data") for number in range(8)
    ]


def test_a_text_without_findings() -> None:
    assert file_report("a.yaml", analyze(HARMLESS)) == FileReport("a.yaml")


@pytest.mark.parametrize(
    ("path", "text", "is_said"),
    [
        ("a.yaml", "", True),
        ("a.yaml", "# nothing\n", True),
        ("a.yaml", "---\n---\n", True),
        ("package.json", '{"name": "x"}', True),
        ("a.yaml", "kind: of\n", True),
        ("a.yaml", HARMLESS, False),
        ("a.yaml", "a: 1\n---\n" + HARMLESS, False),
        # It is said to be a template instead, or what it is shows from its name.
        ("a.yaml", "a: {{ .x }}\n", False),
        ("x/.k8s-lsp.yaml", "profile: all\n", False),
    ],
)
def test_a_text_without_objects_is_known(path: str, text: str, is_said: bool) -> None:
    assert file_report(path, analyze(text)).is_without_objects == is_said
