"""A half-typed text keeps what its broken place has no part in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.drafts import PLACES
from k8s_lsp.syntax.nodes import Alias, Failure, Mapping, Node, Scalar, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.recover import (
    TRIES,
    TRIES_IF_KNOWN,
    Change,
    Known,
    Reading,
    Repair,
    apply_repairs,
    change_between,
    joined,
    mask_templates,
    moved,
    recover,
)
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span, line_end, line_start
from tests.syntax.trees import (
    assert_well_formed,
    each_parser,
    nodes,
    open_paths,
    roots_as_data,
    values,
)

POD = """\
kind: Pod
spec:
  containers:
    - name: first
      image: nginx
      {}
    - name: second
      image: redis
  volumes: []
"""
WHOLE = {"name": "first", "image": "nginx"}
SECOND = {"name": "second", "image": "redis"}


TEMPLATE = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: {{ .Values.kind }}
metadata:
  name: {{ include "x" . }}-pod
  labels:
    {{- include "labels" . | nindent 4 }}
  {{ .Values.key }}: value
spec:
  containers:
    - name: first
      image: "{{ .Values.image }}:{{ .Values.tag }}"
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      args: [{{ .Values.a }}, b]
    - name: second
      resources: {}
    {{/* not }} yet
         {{ the end }} */}}
    - name: third
      image: {{ .Values.image |
        quote }}
  restartPolicy: Always
  hostAliases:
    - {{ .Values.alias }}
{{- end }}
"""


def pod(line: str) -> str:
    return POD.format(line)


@each_parser
@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("secur", WHOLE),
        ("securityContext", WHOLE),
        ("command: 'a", WHOLE | {"command": "a"}),
        ('command: "a b: c', WHOLE | {"command": "a b: c"}),
        ("command: a: b", WHOLE | {"command": "a: b"}),
        ("command: @a", WHOLE | {"command": "@a"}),
        ("command: *", WHOLE | {"command": "*"}),
        ('command: "\\q"', WHOLE | {"command": "\\q"}),
        ("args: [", WHOLE | {"args": ""}),
        ("- name: x", WHOLE),
        ("  tty: true", WHOLE),
        ("\tcommand: a", WHOLE),
    ],
)
def test_one_broken_line_opens_its_mapping_only(
    line: str, first: dict[str, object], parser: ParserName
) -> None:
    tree = parse(pod(line), parser=parser)
    assert len(tree.problems) == 1
    spec = values(tree.roots[0])["spec"]
    assert spec["containers"] == [first, SECOND]
    assert spec["volumes"] == []
    assert ".spec.containers[0]" in open_paths(tree)
    assert not {".", ".spec", ".spec.containers[1]", ".spec.volumes"} & {*open_paths(tree)}
    assert_well_formed(tree)


@each_parser
@pytest.mark.parametrize(
    ("text", "expected", "opened"),
    [
        # The line belongs to the collection that its indentation names.
        ("a:\n  b: c\nd\n", {"a": {"b": "c"}}, ["."]),
        ("a:\n  b: c\n  d\n", {"a": {"b": "c"}}, [".a"]),
        ("a:\n  b\n  c: d\n", {"a": {"c": "d"}}, [".a"]),
        ("a:\n- b: c\n  d\ne: f\n", {"a": [{"b": "c"}], "e": "f"}, [".a[0]"]),
        ("a:\n- b: c\nd\ne: f\n", {"a": [{"b": "c"}], "e": "f"}, [".", ".a"]),
        # If none has it, to both between which it lies.
        ("a:\n    b: c\n  d: e\nf: g\n", {"a": {"b": "c"}, "f": "g"}, [".", ".a"]),
        # Children of a key that lacks its colon keep their place.
        ("spec\n  a: b\nc: d\n", {"spec": {"a": "b"}, "c": "d"}, ["."]),
        ("a: b\nspec\n  c: d\n", {"a": "b", "spec": {"c": "d"}}, ["."]),
        ("- spec\n    a: b\n- c\n", [{"spec": {"a": "b"}}, "c"], ["[0]"]),
        ("a: x\n  b: c\n  d: e\nf: g\n", {"a": {"b": "c", "d": "e"}, "f": "g"}, [".a"]),
        # A quote that pairs with one further down.
        ('a: "b\nc: d\ne: "f"\n', {"a": "b", "c": "d", "e": "f"}, ["."]),
        ('"a:\n  b: c\nd: e\n', {"a": {"b": "c"}, "d": "e"}, ["."]),
        ("[a:\n  b: c\nd: e\n", {"a": {"b": "c"}, "d": "e"}, ["."]),
        ("a: [\n  b,\n  cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: [b, cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b', 'cd\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b', 'cd'\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: ['b',\nd: e\n", {"a": ["b"], "d": "e"}, [".a"]),
        ("a: [\n  'b',\n  'cd'\nd: e\n", {"a": ["b", "cd"], "d": "e"}, [".a"]),
        ("a: {b: c\nd: e\n", {"a": {"b": "c"}, "d": "e"}, [".a"]),
        ("a: [b, {c: de\nd: e\n", {"a": ["b", {"c": "de"}], "d": "e"}, [".a[1]"]),
        ("a: b\n...\nc: d\n", {"a": "b"}, ["."]),
        ("a:\n\tb: c\n\td: e\nf: g\n", {"a": {"b": "c", "d": "e"}, "f": "g"}, [".a"]),
        ("a: b\nc\nd: e\nf\ng: h\n", {"a": "b", "d": "e", "g": "h"}, ["."]),
    ],
)
def test_what_is_kept_and_what_is_open(
    text: str, expected: object, opened: list[str], parser: ParserName
) -> None:
    tree = parse(text, parser=parser)
    assert values(tree.roots[0]) == expected
    assert open_paths(tree) == opened
    assert len(tree.problems) == 1


@each_parser
def test_a_repair_shows_in_no_span(parser: ParserName) -> None:
    text = "securityContext\n  a: [bc, 'de\n"
    tree = parse(text, parser=parser)
    found = {path: text[slice(*node.span)] for path, node in nodes(tree.roots[0])}
    assert found == {
        ".": "securityContext\n  a: [bc, 'de",
        ".securityContext?": "securityContext",
        ".securityContext": "a: [bc, 'de",
        ".securityContext.a?": "a",
        ".securityContext.a": "[bc, 'de",
        ".securityContext.a[0]": "bc",
        ".securityContext.a[1]": "'de",
    }


@each_parser
def test_the_documents_beside_a_broken_one_are_whole(parser: ParserName) -> None:
    tree = parse("a: b\n...\n---\nc: 'd\n...\n---\ne: f\n", parser=parser)
    assert [values(root) for root in tree.roots] == [{"a": "b"}, {"c": "d"}, {"e": "f"}]
    assert open_paths(tree) == ["."]
    assert isinstance(tree.roots[1], Mapping)
    assert tree.roots[1].open


@each_parser
def test_many_broken_places_open_everything(parser: ParserName) -> None:
    tree = parse("a:\n  b: c\n" + "\td: \x00e\n" * (PLACES + 1), parser=parser)
    assert {".", ".a"} <= {*open_paths(tree)}


def test_where_nothing_helps_the_text_before_the_mistake_is_kept() -> None:
    text = "a:\n  b: c\n" + "- d: [}\n" * (2 * TRIES)
    tree = parse(text)
    assert values(tree.roots[0]) == {"a": {"b": "c"}}
    assert "." in open_paths(tree)


def test_tries_are_counted() -> None:
    text = "".join(f"k{n}: 'a\n" for n in range(100))
    sources: list[str] = []

    def read(source: str, repairs: tuple[Repair, ...]) -> Reading:
        assert source == apply_repairs(text, repairs)
        assert len(source) == len(text)
        sources.append(source)
        return broken_at(text.index(f"k{len(sources)}:"))

    def broken_at(offset: int) -> Reading:
        return Reading((), Failure("indent", offset, 0))

    assert recover(text, broken_at(0), read).failure is not None
    assert len(sources) == TRIES


def test_repairs_are_written_over_the_text() -> None:
    repairs = (Repair(Span(1, 2), "x"), Repair(Span(3, 5), "yz"))
    assert apply_repairs("abcdef", repairs) == "axcyzf"


# --- With the tree of the state before ----------------------------------------------------------


def after(old: str, new: str) -> Tree:
    before = parse(old)
    assert not before.problems
    tree = parse(new, previous=before)
    assert len(tree.problems) == 1
    assert_well_formed(tree)
    return tree


@pytest.mark.parametrize(
    ("line", "typed", "expected", "opened"),
    [
        # The key of what goes on below keeps its name until it is typed again.
        ("spec:", "s", None, ["."]),
        ("  containers:", "  cont", None, [".spec"]),
        ("  containers:", "", None, [".spec"]),
        # An item stays one, and its neighbours lose nothing to it.
        (
            "    - name: second",
            "    -name",
            {"spec": {"containers": [WHOLE, {"image": "redis"}], "volumes": []}},
            [".spec.containers", ".spec.containers[1]"],
        ),
        (
            "      image: nginx",
            "  image: nginx",
            {"spec": {"containers": [{"name": "first"}, SECOND], "volumes": []}},
            [".spec", ".spec.containers[0]"],
        ),
        # What was typed is read where that leaves all else as it was.
        (
            "      image: nginx",
            "      image: 'ngi",
            {"spec": {"containers": [WHOLE | {"image": "ngi"}, SECOND], "volumes": []}},
            [".spec.containers[0]"],
        ),
    ],
)
def test_what_did_not_change_stays_as_it_was(
    line: str, typed: str, expected: dict[str, object] | None, opened: list[str]
) -> None:
    old = pod("")
    tree = after(old, old.replace(f"{line}\n", f"{typed}\n"))
    whole = values(parse(old).roots[0])
    assert values(tree.roots[0]) == whole | (expected or {})
    assert open_paths(tree) == opened


def test_a_line_that_may_be_between_two_collections_opens_both() -> None:
    old = pod("")
    tree = after(old, old.replace("      image: nginx\n", "      image: nginx\n     '\n"))
    assert values(tree.roots[0]) == values(parse(old).roots[0])
    assert open_paths(tree) == [".spec.containers", ".spec.containers[0]"]


def test_a_change_in_brackets_opens_what_they_hold() -> None:
    old = "a:\n  b: [\n    c,\n    {d: e},\n  ]\nf\n".replace("f\n", "f: g\n")
    tree = after(old, old.replace("    c,\n", "    c}: {\n"))
    assert values(tree.roots[0]) == {"a": {"b": [{"d": "e"}]}, "f": "g"}
    assert open_paths(tree) == [".a.b"]


def test_a_text_of_which_a_line_changed_is_unknown() -> None:
    old = "a: |\n  b\n  c\n  d\ne: f\n"
    new = old.replace("  c", "xyz")
    (root,) = moved(parse(old), change_between(old, new), new)
    found = dict(nodes(root))
    assert isinstance(found[".a"], Scalar) and found[".a"].style == "{{"
    assert values(found[".e"]) == "f"


def test_a_moved_alias_names_the_moved_node() -> None:
    old = "a:\nb: &x\n  c: d\ne: *x\n"
    tree = after(old, old.replace("a:", "a: @@@"))
    found = dict(nodes(tree.roots[0]))
    alias = found[".e"]
    assert isinstance(alias, Alias) and alias.target is found[".b"]
    assert tree.text[slice(*alias.span)] == "*x"


def test_documents_that_become_one_keep_their_nodes() -> None:
    old = ["a:\n  b: c\n", "---\na:\n  d: e\n"]
    new = "a:\n  b: c\n--\na:\n  d: e\n"
    tree = parse(new, previous=joined(map(parse, old)))
    assert [values(root) for root in tree.roots] == [{"a": {"b": "c"}}, {"a": {"d": "e"}}]
    assert_well_formed(tree)


def test_a_mistake_elsewhere_is_read_as_before() -> None:
    broken = parse(pod("secur"))
    text = broken.text.replace("redis", "redis:7")
    tree = parse(text, previous=broken)
    assert values(tree.roots[0])["spec"]["containers"] == [WHOLE, {**SECOND, "image": "redis:7"}]
    assert open_paths(tree) == open_paths(broken)


def test_what_came_back_is_there_again() -> None:
    old = pod("")
    broken = old.replace("containers:", "cont")
    tree = parse(broken, previous=parse(old))
    less = parse(broken.replace("image: redis", ""), previous=tree)
    undone = parse(broken, previous=less)
    assert "redis" in str(roots_as_data(tree)) and "redis" not in str(roots_as_data(less))
    assert roots_as_data(undone) == roots_as_data(tree)


def test_a_document_that_was_cut_in_two_becomes_one_again() -> None:
    old = pod("")
    broken = old.replace("containers:", "cont")
    tree = parse(broken, previous=parse(old))
    middle = broken.index("    - name: second")
    above, below = broken[:middle], "---\n" + broken[middle:]
    parts = [parse(above, previous=tree), parse(below, previous=tree)]
    again = parse(broken, previous=joined(parts))
    assert roots_as_data(again) == roots_as_data(tree)


def test_of_a_text_that_is_new_nothing_is_known() -> None:
    old = "a: b\n"
    tree = parse("c: d\ne: 'f\n", previous=parse(old))
    assert values(tree.roots[0]) == {"c": "d", "e": "f"}


def test_with_a_known_tree_fewer_repairs_are_tried() -> None:
    old = "a: b\n"
    text = old + "".join(f"k{n}: 'a\n" for n in range(100))
    known = Known(parse(old), change_between(old, text), {(len(text), 0)})
    count = 0

    def broken_at(number: int) -> Reading:
        quote = text.index(f"k{number}:") + 4
        return Reading((), Failure("quote", quote, quote))

    def read(source: str, repairs: tuple[Repair, ...]) -> Reading:
        nonlocal count
        count += 1
        return broken_at(count)

    reading = recover(text, broken_at(0), read, known=known)
    assert [values(root) for root in reading.roots] == [{"a": "b"}]
    assert reading.failure is None
    assert count == TRIES_IF_KNOWN


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("a\nb\nc\n", "a\nbx\nc\n", Change(Span(2, 4), Span(2, 5))),
        ("a\nb\n", "a\nx\nb\n", Change(Span(2, 2), Span(2, 4))),
        ("a\nx\nb\n", "a\nb\n", Change(Span(2, 4), Span(2, 2))),
        ("a\nb", "a\nb\n", Change(Span(2, 4), Span(2, 5))),
        ("a:", "a: b", Change(Span(0, 3), Span(0, 5))),
        ("a\r\nb\r\n", "a\r\n\r\nb\r\n", Change(Span(3, 3), Span(3, 5))),
        ("a\nb\nc\nd\n", "a\nx\nc\ny\n", Change(Span(2, 8), Span(2, 8))),
    ],
)
def test_a_change_is_whole_lines(old: str, new: str, change: Change) -> None:
    assert change_between(old, new) == change


ANYTHING = st.lists(
    st.sampled_from([*"ab:'\"[]{},-&*|# \t\n\r😀", "\n  ", ": ", "- ", "&a ", "*a", "---\n"]),
    max_size=6,
).map("".join)
SHARED = "a: &a\n  - b: |\n      c\n\n      d\n    'e': {f: [g,\n      h], i: *a}\n\nj: *a\n"


@given(
    text=st.sampled_from([pod(""), SHARED, SHARED.replace("\n", "\r\n"), TEMPLATE]),
    data=st.data(),
)
def test_a_known_tree_fits_the_text_whatever_happens_to_it(text: str, data: st.DataObject) -> None:
    is_template = text is TEMPLATE
    tree = parse(text, template=is_template)
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        new = text[:start] + data.draw(ANYTHING) + text[end:]
        (first, old_end), (_, new_end) = change = change_between(text, new)
        assert text[:first] == new[:first] and text[old_end:] == new[new_end:]
        assert line_start(text, first) == first
        for span in change:
            assert all(node.span.end <= len(new) for node in moved(tree, change, new)), span
        assert_well_formed(Tree(new, moved(tree, change, new)))
        alone, tree = (
            parse(new, template=is_template),
            parse(new, template=is_template, previous=tree),
        )
        assert_well_formed(tree)
        assert tree.problems == alone.problems
        if not alone.problems and not is_template:
            assert roots_as_data(tree) == roots_as_data(alone)
        text = new


# --- Templates ----------------------------------------------------------------------------------


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
    assert len(parse("a: {{ b }}\n").problems) == 0
    assert isinstance(dict(nodes(parse("a: {{ b }}\n").roots[0]))[".a"], Mapping)


# --- While somebody types -----------------------------------------------------------------------


def containers(tree: Tree) -> Iterator[tuple[Span, object]]:
    for root in tree.roots:
        for _, node in nodes(root):
            if isinstance(node, Mapping):
                keys = {key.value for key, _ in node.entries if isinstance(key, Scalar)}
                if {"name", "image"} <= keys:
                    yield node.span, values(node)


def typed(text: str, every: int) -> Iterator[tuple[str, int, int]]:
    """States of a text in which a line is typed again, and where the line stands in the text."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        if number % every == 0 and line.strip() and not line.lstrip().startswith(("#", "---")):
            for cursor in range(end - len(line.lstrip()), end + 1):
                yield text[:cursor] + text[end:], cursor, end
        start = end + 1


def assert_typing_keeps_the_others(files: list[Path], every: int, share: float) -> None:
    states = kept = 0
    for file in files:
        text = file.read_bytes().decode("utf-8", "replace")
        if "{{" in text or len(text) > 40_000:
            continue
        for unit in cut(text):
            before = [*containers(parse(unit.text))]
            for state, cursor, end in typed(unit.text, every) if before else ():
                start = unit.text.rfind("\n", 0, cursor) + 1
                shift = cursor - end
                others = [(span, it) for span, it in before if span.end <= start]
                others += [(span.shifted(shift), it) for span, it in before if span.start > end]
                after = dict(containers(parse(state)))
                states += 1
                kept += all(after.get(span) == it for span, it in others)
    assert states > 1000
    assert kept / states >= share


def test_typing_keeps_the_containers_that_it_does_not_touch(corpora: Path) -> None:
    files = sorted((corpora / "real").rglob("*.yaml"))
    assert_typing_keeps_the_others(files[::25], every=12, share=0.99)


@pytest.mark.sweep
def test_typing_anywhere_keeps_the_containers_that_it_does_not_touch(corpora: Path) -> None:
    files = sorted((corpora / "real").rglob("*.yaml"))
    assert_typing_keeps_the_others(files, every=9, share=0.99)


def test_no_state_of_a_text_that_is_typed_from_its_start_loses_what_stands_above() -> None:
    text = pod("args: [a, 'b', {c: d}]\n      tty: true")
    whole: Node = parse(text).roots[0]
    above = values(whole)
    for end in range(len(text)):
        tree = parse(text[:end])
        assert_well_formed(tree)
        if end > text.index("spec:"):
            assert values(tree.roots[0])["kind"] == above["kind"]
        if end > text.index("    - name: second"):
            first = values(tree.roots[0])["spec"]["containers"][0]
            assert first == above["spec"]["containers"][0]


# --- Templates ----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([*'a:# \n\r"`/*}-', "{{", "}}", "{{/*", "*/}}"])).map("".join))
def test_a_line_of_expressions_alone_becomes_blank(text: str) -> None:
    repairs = mask_templates(text)
    without = apply_repairs(
        text, tuple(each._replace(text=" " * len(each.text)) for each in repairs)
    )
    for repair in repairs:
        start = repair.span.start
        assert text.startswith("{{", start)
        rest = without[line_start(without, start) : line_end(without, start)]
        assert repair.role == ("template" if rest.strip() else "template line")
    assert "{{" not in apply_repairs(text, repairs)
