"""What is not read again is what reading it again would give."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_lsp.syntax.nodes import Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.source import source_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.reparse import (
    reparse,
    reparse_broken_line,
    reparse_by_reading,
    reparse_value,
)
from k8s_lsp.syntax.reuse.states import BrokenTree
from k8s_lsp.syntax.units import ReadAs, cut
from k8s_lsp.text import Span
from tests.syntax.edited import INDENTED, edits
from tests.syntax.trees import again, roots_as_data

STATES = 1_500
"""How many states of typing are compared each time; a sweep compares forty times as many."""

EDITS = 500
"""How many random edits of manifests are made each time; a sweep makes forty times as many."""

POD = """\
kind: Pod
spec:
  containers:
    - name: app
      image: nginx
      LINE
      ports:
        - containerPort: 80
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: nginx", "image: nginx:1.29"),
        ("image: nginx", "image: x"),
        ("name: app", "name: an app#1"),
        ("- containerPort: 80", "- containerPort: 8080"),
    ],
)
def test_a_value_that_stays_one_is_not_read(old: str, new: str) -> None:
    text = POD.replace("LINE", "tty: true")
    assert reparse_value(parse(text), text.replace(old, new)) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: nginx", "image: nginx "),
        ("image: nginx", "image: nginx\n        "),
        ("ports:", "ports: "),
        ("ports:\n", "ports:\n\n  \n"),
        ("true\n", "true\n\n"),
    ],
)
def test_blanks_between_lines_are_not_read(old: str, new: str) -> None:
    text = POD.replace("LINE", "tty: true")
    assert reparse_value(parse(text), text.replace(old, new)) is not None
    assert reparse_value(parse(text.replace(old, new)), text) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      image", "       image"),
        ("image: nginx", "image:  nginx"),
        ("stdin: a\n", "stdin: a\n\n"),
        ("image: nginx", "image: nginx: x"),
        ("image: nginx", "image: nginx #"),
        ("image: nginx", "image: 'nginx"),
        ("image: nginx", "image: &x nginx"),
        ("image: nginx", "image:nginx"),
        ("image: nginx", "images: nginx"),
        ("image: nginx", "image: |"),
        ("ports:", "ports:x"),
        ("tty: [a]", "tty: [ab]"),
        ("stdin: a\n        b", "stdin: a\n        bc"),
        ("kind: Pod", "kind: &x Pod"),
        ("image: nginx", "image: .inf"),
    ],
)
def test_what_may_be_anything_else_is_read(old: str, new: str) -> None:
    text = POD.replace("LINE", "tty: [a]\n      stdin: a\n        b")
    assert old in text
    assert reparse_value(parse(text), text.replace(old, new)) is None


@pytest.mark.parametrize(
    "value",
    [
        "nginx\u2028        x",
        "nginx # \x85      tty: true",
        "\ufeffnginx",
        "!!int nginx",
        "! nginx",
        ".nan",
    ],
)
def test_what_the_decoder_reads_otherwise_is_read(value: str) -> None:
    text = POD.replace("LINE", "stdin: a")
    after = text.replace("image: nginx", f"image: {value}")
    fresh = parse(after)
    tree = again(parse(text), after)
    assert (roots_as_data(tree), tree.problems) == (roots_as_data(fresh), fresh.problems)
    assert roots_as_data(again(tree, text)) == roots_as_data(parse(text))


@pytest.mark.parametrize("before", ["start", "document"])
@pytest.mark.parametrize("first", ["---", "---# a", "---\u00a0", "--- !!map"])
def test_what_a_separator_says_depends_on_what_stands_above_it(first: str, before: ReadAs) -> None:
    text = f"{first}\na: b\n"
    after = text.replace("b", "bc")
    ways: tuple[ReadAs, ...] = ("start", "document", "yaml")
    for read_as in ways:
        fresh = parse(after, read_as=read_as)
        tree = reparse(parse(text, read_as=before), after, read_as=read_as)
        assert tree is not None
        assert tree.problems == fresh.problems
        if not tree.problems:
            assert roots_as_data(tree) == roots_as_data(fresh)


@pytest.mark.parametrize(("old", "new"), [("comm", "comma"), ("a b", "a")])
def test_a_word_that_stays_one_is_not_read(old: str, new: str) -> None:
    before, text = broken(old), POD.replace("LINE", new)
    assert reparse_broken_line(before, source_of(text), unread) is not None


def broken(line: str) -> Tree:
    """The tree of the pod once a line of it was typed that is no YAML."""
    return again(parse(POD.replace("LINE", "tty: true")), POD.replace("LINE", line))


def unread(source: str) -> ParseAttempt:
    raise AssertionError("it was read")


def test_why_a_line_is_broken_is_read_without_what_ends_above_it() -> None:
    before, text = broken("'comm'"), POD.replace("LINE", "'comma'")
    shown: list[str] = []

    def read(source: str) -> ParseAttempt:
        shown.append(source)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        reparse_broken_line(before, source_of(text), read)
    assert shown == [text.replace("kind: Pod", "         ").replace("name: app", "         ")]


def test_a_tab_in_the_indentation_gives_up_nothing() -> None:
    tree = again(parse("a:\n  b: c\n"), "a:\n\tb: c\n")
    assert isinstance(tree, BrokenTree) and tree.given_up is None


def test_what_is_wrong_elsewhere_is_still_told() -> None:
    text = POD.replace("LINE", "tty: *x")
    previous = parse(text)
    after = again(previous, text.replace("Port: 80", "Port: 8080"))
    assert after.problems == previous.problems != ()


def test_a_template_is_read() -> None:
    text = POD.replace("LINE", "tty: {{ .x }}")
    previous = parse(text, template=True)
    assert reparse_value(previous, text.replace("nginx", "nginx:1.29")) is None


# --- Texts of others ----------------------------------------------------------------------------

WORDS = [
    *("command", "image: nginx", "securityContext:", "- name: x", "runAsUser: 0", "# note", "null"),
    *(
        '["a", "b"]',
        "{a: b}",
        "'it''s'",
        '"x\\\n"',
        "&a b",
        "*a",
        "|",
        "a: b: c",
        "---",
        "- ",
        "? x",
    ),
    *("é😀", " ", "   ", "\n", "\n  ", "\n\n    ", "x", "yy: |\n", "\t", "{{ x }}", "true"),
]


def typed(files: list[Path], count: int) -> Iterator[tuple[str, list[tuple[str, Span]]]]:
    """Manifests, and the states in which somebody types a word there and takes some of it back."""
    random = Random(count)
    while count > 0:
        text = random.choice(cut(random.choice(files).read_bytes().decode("utf-8", "replace"))).text
        if len(text) > 3_000:
            continue
        lines = text.splitlines(keepends=True) or [""]
        index = random.randrange(len(lines))
        line = lines[index].rstrip("\r\n")
        start = sum(map(len, lines[:index]))
        place = start + random.choice([len(line), random.randrange(len(line) + 1)])
        if random.random() < 0.4:
            indent = max(len(line) - len(line.lstrip(" ")) + random.choice([0, 0, 2, -2]), 0)
            place = start + len(line)
            text = text[:place] + "\n" + " " * indent + text[place:]
            place += 1 + indent
        word = random.choice(WORDS)
        states: list[tuple[str, Span]] = []
        now = text
        for character in word:
            now = now[:place] + character + now[place:]
            place += 1
            states.append((now, Span(place - 1, place)))
        for _ in range(random.randrange(len(word) + 1)):
            place -= 1
            now = now[:place] + now[place + 1 :]
            states.append((now, Span(place, place)))
        count -= len(states)
        yield text, states


def assert_is_what_is_read(previous: Tree, text: str, edited: Span, template: bool = False) -> Tree:
    """Assert that nothing is lost where less is read, or nothing; return the tree."""
    mine = again(previous, text, template=template, edited=edited)
    read = reparse_by_reading(previous, source_of(text, template=template), edited)
    assert (mine.problems, mine.limit) == (read.problems, read.limit), repr(text)
    assert roots_as_data(mine) == roots_as_data(read), repr(text)
    assert isinstance(mine, BrokenTree) == isinstance(read, BrokenTree), repr(text)
    if not isinstance(mine, BrokenTree):
        fresh = parse(text, template=template)
        assert mine.problems == fresh.problems, repr(text)
        assert roots_as_data(mine) == roots_as_data(fresh), repr(text)
    return mine


@given(st.lists(INDENTED, max_size=8).map("".join), st.lists(INDENTED, max_size=8).map("".join))
def test_lines_that_are_edited_are_what_is_read(before: str, after: str) -> None:
    for text, template in ((f"{before}{{{{ x }}}}{after}", True), (before + after, False)):
        edited = Span(len(before), len(text) - len(after))
        assert_is_what_is_read(parse(before, template=template), text, edited, template)


def assert_states_are_what_is_read(corpora: Path, count: int) -> None:
    files = sorted(
        file for folder in ("peers", "pss", "real") for file in (corpora / folder).rglob("*.yaml")
    )
    for before, states in typed(files, count):
        previous = parse(before)
        for text, edited in states:
            previous = assert_is_what_is_read(previous, text, edited)


def test_some_typing_gives_what_is_read(corpora: Path) -> None:
    assert_states_are_what_is_read(corpora, STATES)


@pytest.mark.sweep
def test_much_typing_gives_what_is_read(corpora: Path) -> None:
    assert_states_are_what_is_read(corpora, 40 * STATES)


def assert_edits_are_what_is_read(corpora: Path, count: int) -> None:
    files = sorted(
        file for folder in ("peers", "pss", "real") for file in (corpora / folder).rglob("*.yaml")
    )
    tree = parse("")
    for text, after, edited, template in edits(files, count):
        if text != tree.text:
            tree = parse(text, template=template)
        tree = assert_is_what_is_read(tree, after, edited, template)


def test_some_edits_are_what_is_read(corpora: Path) -> None:
    assert_edits_are_what_is_read(corpora, EDITS)


@pytest.mark.sweep
def test_many_edits_are_what_is_read(corpora: Path) -> None:
    assert_edits_are_what_is_read(corpora, 40 * EDITS)


def test_without_an_earlier_state_nothing_is_known() -> None:
    assert reparse(None, POD) is None
    assert reparse(None, POD, edited=Span(0, 1)) is not None


@pytest.mark.parametrize("text", ["[" * 500, "a: [" + "[" * 500])
def test_a_limit_that_is_reached_while_typing_is_said(text: str) -> None:
    tree = again(parse("a: b\n"), text)
    assert (tree.limit, tree.roots) == ("depth", ())
