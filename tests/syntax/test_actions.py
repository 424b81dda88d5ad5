"""Which double braces make a template of a text, and which only make a value unknown."""

import pytest

from k8s_lsp.kubernetes.fields import root_field
from k8s_lsp.syntax.actions import holds_actions, parse_unless_template
from k8s_lsp.syntax.comments import comments_with, layout_of
from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.reparse import reparse_value
from tests.syntax.trees import again, assert_well_formed, each_parser, nodes, open_paths

TEXTS = [
    "# {{ x }}\na: b\n",
    "\ufeff# {{ x }}\na: b\n",
    "a: b  # {{ x }}\n",
    "a:  # {{ x }}\n",
    "a: b\n#\t{{- if x }}\n",
    "a: b\n...\n# {{ x }}\n",
    'a: ["--format={{.Name}}"]\n',
    "a: ['{{ x }}']\n",
    "a: echo {{.Name}}\n",
    "a:\n  - b\n    {{ x }}\n    c\n",
    'a: "b\n  {{ x }}\n  c"\n',
    "a: |\n  {{- if x }}\n  b\n  {{- end }}\n",
    "a: >-  # {{ y }}\n  {{ x }}\n",
    "a: b#{{ x }}\n",
    "a: &x '{{ x }}'\nb: *x\n",
    "a: !!str '{{ x }}'\n",
    '"{{ x }}": b\n',
    '{"a": "{{ x }}", "b": {"c": {}}}\n',
    "a: '{{'\nb: '}}'\n",
    "a: '{{ x }}'\r\nb: c # {{ x }}\r\n",
    "a: b}}\n",
]
"""Texts in which braces are part of scalars and comments."""

BROKEN = [
    "# {{ x }}\na: b\nc\nd: e\n",
    "a: '{{ x }}'\nc\nd: e\n",
    "a: ['{{ x }}]\nb: c\n",
    "a: b\n%}\nc: |\n  {{ x }}\n",
]
"""Texts that are not YAML for another reason than their braces."""

TEMPLATES = [
    "a: {{ .x }}\n",
    "a: {{ .x }}/b\n",
    "a: {{ .x }}:{{ .y }}\n",
    "a: {{ .x\n",
    "a: {{\n",
    "a: [--format={{.Name}}]\n",
    "a: [{{ .x }}]\n",
    "{{- if .x }}\na: b\n{{- end }}\n",
    "a:\n  {{- if .x }}\n  b: c\n  {{- end }}\n",
    'a:\n  {{ include "x" . }}\n  b: c\n',
    "a:\n{{ toYaml .x | indent 2 }}\nb: c\n",
    "{{/* a comment */}}\na: b\n",
    "a: |\n  {{ x }}\nb: {{ y }}\n",
    'a: "{{ .x | default "y" }}"\n',
    "a: {{a: b}: c}\n",
    "# {{ x }}\n{{ y }}: z\n",
    "a\nb: {{ .x }}\n",
]
"""Texts with actions outside of scalars and comments."""


@pytest.mark.parametrize("text", TEXTS)
def test_braces_in_scalars_and_comments_make_no_template(text: str) -> None:
    tree = parse_unless_template(text)
    assert tree is not None
    assert not tree.problems
    assert_well_formed(tree)


@pytest.mark.parametrize("text", BROKEN)
def test_a_text_that_is_broken_elsewhere_is_no_template(text: str) -> None:
    tree = parse_unless_template(text)
    assert tree is not None
    assert tree.problems


@pytest.mark.parametrize("text", TEMPLATES)
def test_braces_elsewhere_make_a_template(text: str) -> None:
    assert parse_unless_template(text) is None


def test_braces_on_which_a_repair_wrote_are_actions() -> None:
    assert holds_actions(parse("a: {{ .x\n"))
    assert not holds_actions(parse("a: '{{ .x\n"))


@each_parser
@pytest.mark.parametrize(
    "value",
    [
        "'{{ x }}'",
        '"a {{ x }} b"',
        '"{{\n    x }}"',
        "a{{ x }}",
        "a\n    {{ x }}",
        "|\n    {{ x }}",
        ">-\n    a {{- if x }}\n\n    b {{- end }}",
        "!!bool '{{ x }}'",
        "&x '{{ x }}'",
    ],
)
def test_a_scalar_with_an_expression_is_unknown(value: str, parser: ParserName) -> None:
    tree = parse(f"a:\n  b: {value}\n  c: true\n", parser=parser)
    field = root_field(tree.roots[0]).get("a", "b")
    assert field.present
    assert field.unknown
    assert (field.text, field.string, field.boolean, field.integer) == (None,) * 4
    assert root_field(tree.roots[0]).get("a", "c").boolean is True
    assert not [*open_paths(tree)]


@pytest.mark.parametrize(
    "value", ["'{{'", "a}} {{b", "'}}{{'", "'{x}'", "'{ {x}}'", "[{a: {b: c}}]"]
)
def test_a_scalar_without_a_whole_expression_is_known(value: str) -> None:
    tree = parse(f"a: {value}\nb: '{{{{ x }}}}'\n")
    scalars = [node for _, node in nodes(tree.roots[0]) if isinstance(node, Scalar)]
    assert [node.style for node in scalars].count("{{") == 1


def test_a_key_with_an_expression_may_be_any_key_but_an_item_is_one_item() -> None:
    tree = parse("a:\n  '{{ x }}': b\nc: ['{{ x }}', d]\n")
    assert [*open_paths(tree)] == [".a"]


def test_a_broken_text_tells_unknown_scalars_too() -> None:
    tree = parse("a: '{{ x }}'\nb\nc: '{{ y }}'\nd: e\n")
    assert tree.problems
    root = root_field(tree.roots[0])
    assert [root.get(name).unknown for name in "acd"] == [True, True, False]


def test_typing_an_expression_into_a_plain_value_is_no_change_of_a_value_alone() -> None:
    before = parse("a: echo b\n")
    assert reparse_value(before, "a: echo bc\n") is not None
    assert reparse_value(before, "a: echo {{b}}\n") is None
    after = again(before, "a: echo {{b}}\n")
    assert root_field(after.roots[0]).get("a").unknown


def test_blanks_below_a_block_with_an_expression_may_be_its_text() -> None:
    before = parse("a: |+\n  {{ x }}\n\nb: c\n")
    after = again(before, "a: |+\n  {{ x }}\n\n\nb: c\n")
    fresh = parse("a: |+\n  {{ x }}\n\n\nb: c\n")
    assert [node.span for _, node in nodes(after.roots[0])] == [
        node.span for _, node in nodes(fresh.roots[0])
    ]


def test_the_header_of_a_block_with_an_expression_may_have_a_comment() -> None:
    layout = layout_of(parse("a: |  # word\n  {{ x }} # word\n"))
    assert [comment.span.start for comment in comments_with(layout, ["word"])] == [6]
