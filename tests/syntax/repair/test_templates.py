"""Template expressions are hidden from the parser, and what stands beside them is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.nodes import Mapping, Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.repair.repairs import apply_repairs
from k8s_lsp.syntax.repair.templates import mask_templates
from k8s_lsp.text import Span, line_end, line_start
from tests.syntax.pods import TEMPLATE
from tests.syntax.trees import (
    assert_well_formed,
    each_parser,
    nodes,
    open_paths,
    values,
)


@each_parser
def test_templates(parser: ParserName) -> None:
    tree = parse(TEMPLATE, template=True, parser=parser)
    assert_well_formed(tree)
    found = dict(nodes(tree.roots[0]))
    unknown = [p for p, node in found.items() if isinstance(node, Scalar) and node.style == "{{"]
    assert unknown == [
        ".kind",
        ".metadata.name",
        ".metadata.labels",
        ".metadata.{{ .Values.key }}?",
        ".spec.containers[0].image",
        ".spec.containers[0].securityContext",
        ".spec.containers[0].args[0]",
        ".spec.containers[2].image",
        ".spec.hostAliases[0]",
    ]
    assert {
        ".metadata",
        ".spec.containers",
        ".spec.containers[0]",
        ".spec.containers[0].args",
        ".spec.hostAliases",
    } <= {*open_paths(tree)}
    assert not {".spec.containers[1].resources", ".spec.containers[2]"} & {*open_paths(tree)}
    texts = {path: TEMPLATE[slice(*found[path].span)] for path in unknown}
    assert texts[".kind"] == "{{ .Values.kind }}"
    assert texts[".metadata.name"] == '{{ include "x" . }}-pod'
    assert texts[".metadata.labels"] == ""
    assert texts[".spec.containers[2].image"] == "{{ .Values.image |\n        quote }}"
    assert values(found[".spec.containers[0].args[1]"]) == "b"


@each_parser
@pytest.mark.parametrize(
    "text",
    [
        "a: {{ b\nc: d\n",
        "{{ a",
        "a: b\n{{ if c }}\n  a: 'b\n{{ else }}\na: c: d\n{{ end }}",
        '{{ define "a" }}{{ end }}\na\x00: *b\n',
    ],
)
def test_a_template_has_no_problems(text: str, parser: ParserName) -> None:
    tree = parse(text, template=True, parser=parser)
    assert tree.problems == ()
    assert_well_formed(tree)


@each_parser
@pytest.mark.parametrize(
    "expression",
    [
        '{{ tpl "{{ .Values.a }}" . }}',
        '{{- if (tpl "{{ .Values.a }}: \\"x" . | contains "y") -}}',
        "{{ tpl `{{ .Values.a }}` . }}",
        '{{ tpl `}}\n}}` "}}" }}',
        "{{/* don't }}, and {{ if }} */}}",
        '{{ "}}" }}{{ "{{" }}',
    ],
)
def test_braces_in_a_string_of_a_template_end_nothing(expression: str, parser: ParserName) -> None:
    [root] = parse(f"a: {expression}\nb: c\n", template=True, parser=parser).roots
    assert [path for path, _ in nodes(root)] == [".", ".a?", ".a", ".b?", ".b"]
    assert dict(nodes(root))[".a"].span == Span(3, 3 + len(expression))


def test_braces_without_a_template_are_flow_mappings() -> None:
    [problem] = parse("a: {{ b }}\n").problems
    assert problem.message == "kubectl refuses a mapping or list as a key"
    assert isinstance(dict(nodes(parse("a: {{ b }}\n").roots[0]))[".a"], Mapping)


@given(st.lists(st.sampled_from([*'a:# \n\r"`/*}-', "{{", "}}", "{{/*", "*/}}"])).map("".join))
def test_a_line_of_expressions_alone_becomes_blank(text: str) -> None:
    repairs = mask_templates(text)
    without = apply_repairs(
        text, tuple(repair._replace(text=" " * len(repair.text)) for repair in repairs)
    )
    for repair in repairs:
        start = repair.span.start
        assert text.startswith("{{", start)
        rest = without[line_start(without, start) : line_end(without, start)]
        assert repair.role == ("template" if rest.strip() else "template line")
    assert "{{" not in apply_repairs(text, repairs)
