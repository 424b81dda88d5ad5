"""Lines end for Kubernetes' decoder where no editor shows it: at NEL, LS and PS.

A text with NEL in it says what it says with a line feed in its place, but where that would begin a
separator; LS and PS are themselves where a line feed is folded.
"""

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.fixing import fix_all, fixes_of, harden, ignores_of
from k8s_lsp.kubernetes.objects import objects_of
from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import HIDDEN_BREAKS, hides_break
from tests.syntax.trees import PARSERS, each_parser, roots_as_data, values

PLACES = 20
"""In how many places of each manifest a line is broken."""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
  containers:
    - name: app
      image: example.com/app:1.4.2
      securityContext: # fineBREAK        privileged: true
        allowPrivilegeEscalation: true
"""


@pytest.fixture(params=HIDDEN_BREAKS, ids=lambda character: f"{ord(character):04X}")
def hidden(request: pytest.FixtureRequest) -> str:
    """A character that ends a line for YAML 1.1 alone."""
    character: str = request.param
    return character


def normalised(data: Any) -> Any:
    """The same plain values, in which a fold and a line break look the same."""
    if isinstance(data, str):
        return re.sub(r"\s+", " ", data)
    if isinstance(data, tuple | list):
        return [normalised(part) for part in data]
    return data


def assert_a_line_ends_there(text: str, place: int, character: str, parser: ParserName) -> None:
    """Assert that the character in a place is read as a line feed there would be."""
    before, behind = text[:place], text[place:]
    if re.search(r"[|>][-+0-9]*[^\n]*$", before) or behind.startswith(("---", "\ufeff---")):
        return
    hidden = parse(before + character + behind, parser=parser)
    shown = parse(f"{before}\n{behind}", parser=parser)
    assert bool(hidden.problems) == bool(shown.problems), (before[-80:], character, behind[:80])
    if not hidden.problems:
        one, other = normalised(roots_as_data(hidden)), normalised(roots_as_data(shown))
        assert one == other, (before[-80:], character, behind[:80])
        assert kinds_in(hidden) == kinds_in(shown)


def kinds_in(tree: Tree) -> list[str]:
    return [obj.kind for obj in objects_of(tree)]


def assert_lines_end_in(files: list[Path], places: int) -> None:
    checked = 0
    for number, file in enumerate(files):
        random = Random(number)
        for unit in cut(file.read_bytes().decode("utf-8", "replace"))[:3]:
            if "{{" in unit.text or len(unit.text) > 20_000:
                continue
            for _ in range(places):
                place = random.randrange(len(unit.text) + 1)
                character = random.choice(HIDDEN_BREAKS)
                for parser in PARSERS:
                    assert_a_line_ends_there(unit.text, place, character, parser)
                checked += 1
    assert checked > places


def files_in(corpora: Path) -> list[Path]:
    return sorted((corpora / "real").rglob("*.yaml"))


def test_a_line_ends_there_in_some_manifests(corpora: Path) -> None:
    assert_lines_end_in(files_in(corpora)[::40], 5)


@pytest.mark.sweep
def test_a_line_ends_there_in_all_manifests(corpora: Path) -> None:
    assert_lines_end_in(files_in(corpora), PLACES)


@each_parser
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: # fineBREAK  b: c\n", {"a": {"b": "c"}}),
        ("# aBREAKb: c\n", {"b": "c"}),
        ("a: bBREAKc: d\n", {"a": "b", "c": "d"}),
        ("a: 'b'BREAKc: [d,BREAKe]\n", {"a": "b", "c": ["d", "e"]}),
        ("- aBREAK- b # cBREAK- d", ["a", "b", "d"]),
        ("a:BREAK  b: cBREAK  d: e\n", {"a": {"b": "c", "d": "e"}}),
        ("a: {b: c, # dBREAK e: f}\n", {"a": {"b": "c", "e": "f"}}),
        ("a: |-\n  b\nBREAKc: d\n", {"a": "b", "c": "d"}),
        (
            "a: &x # yBREAK  b: c\nd: *x # zBREAKe: f\n",
            {"a": {"b": "c"}, "d": {"b": "c"}, "e": "f"},
        ),
        ("BREAK# a\nb: c\n", {"b": "c"}),
    ],
)
def test_what_stands_behind_it_is_read(
    text: str, value: object, hidden: str, parser: ParserName
) -> None:
    tree = parse(text.replace("BREAK", hidden), parser=parser)
    assert tree.problems == ()
    assert [values(root) for root in tree.roots] == [value]


def test_what_a_comment_hides_is_found(hidden: str) -> None:
    text = POD.replace("BREAK", hidden)
    diagnoses = [diagnosis for _, diagnosis in analyze(text).published()]
    found = [each for each in diagnoses if each.rule.slug == "privileged-container"]
    assert [text[slice(*each.finding.span)] for each in found] == ["true"]
    [message] = [each.finding.message for each in found]
    assert message.endswith(f"(for kubectl, a hidden U+{ord(hidden):04X} begins a line before it)")
    assert not any("hidden" in each.finding.message for each in diagnoses if each not in found)


def test_what_stands_before_it_has_its_usual_message(hidden: str) -> None:
    text = POD.replace("hostPID: true", f"hostPID: true # a{hidden}  # b").replace("BREAK", " ")
    messages = {each.rule.slug: each.finding.message for _, each in analyze(text).published()}
    assert "hidden" not in messages["host-pid"]


def test_no_edit_is_made_on_a_line_that_is_several(hidden: str) -> None:
    text = POD.replace("BREAK", hidden)
    analysis = analyze(text)
    [unit] = analysis.units
    diagnoses = [diagnosis for _, diagnosis in analysis.published()]
    edits = [edit for each in diagnoses for fix in fixes_of(analysis, each) for edit in fix.edits]
    edits += [ignore.edit for ignores in ignores_of(unit, diagnoses) for ignore in ignores]
    assert edits, "what stands on other lines can be put right"
    assert not any(hides_break(text, edit.span) for edit in edits)
    hardened = harden(analysis)
    assert "hostPID: true" not in hardened.text
    line = next(line for line in text.split("\n") if hidden in line)
    assert line in hardened.text.split("\n")
    assert line in fix_all(analysis).text.split("\n")


@pytest.mark.parametrize("column", ["  ", "      "])
def test_the_column_of_new_lines_is_that_of_yaml(hidden: str, column: str) -> None:
    text = POD.replace(" # fineBREAK  ", "\n  ").replace(
        "\nspec:\n  hostPID", f"\nspec:{hidden}  hostPID"
    )
    hardened = harden(analyze(text)).analysis
    assert not any(unit.tree.problems for unit in hardened.units)
    assert f"spec:{hidden}  hostPID: true\n" in hardened.text


@pytest.mark.parametrize(
    ("comment", "is_ignored"),
    [
        ("# k8s-lsp: ignore[privileged-container]BREAK        ", False),
        ("# k8s-lsp: ignore[host-pid] # aBREAK        ", False),
        ("BREAK        # k8s-lsp: ignore[privileged-container]BREAK        ", True),
    ],
)
def test_a_comment_speaks_for_its_line_of_yaml(comment: str, is_ignored: bool, hidden: str) -> None:
    text = POD.replace("# fineBREAK        ", comment.replace("BREAK", hidden))
    slugs = {each.rule.slug for _, each in analyze(text).published()}
    assert ("privileged-container" in slugs) != is_ignored


def test_in_json_they_are_characters_of_a_string(hidden: str) -> None:
    text = (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"b": "cBREAK"}},'
        '\n "spec": {"hostPID": true, "containers": [{"name": "a", "image": "b:1"}]}}\n'
    ).replace("BREAK", hidden)
    analysis = analyze(text)
    assert "host-pid" in [each.rule.slug for _, each in analysis.published()]
    [unit] = analysis.units
    assert unit.objects[0].get("metadata", "labels", "b").text == f"c{hidden}"
    assert "hostPID" not in harden(analysis).text
