"""What is not read again is what reading it again would give."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import PARSER
from k8s_lsp.syntax.recover import Reading
from k8s_lsp.syntax.retyping import with_change, with_line
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span
from tests.syntax.trees import roots_as_data

STATES = 3_000
"""How many states of typing are compared each time; a sweep compares twenty times as many."""

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
    assert with_change(parse(text), text.replace(old, new)) is not None


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
    assert with_change(parse(text), text.replace(old, new)) is not None
    assert with_change(parse(text.replace(old, new)), text) is not None


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
    ],
)
def test_what_may_be_anything_else_is_read(old: str, new: str) -> None:
    text = POD.replace("LINE", "tty: [a]\n      stdin: a\n        b")
    assert old in text
    assert with_change(parse(text), text.replace(old, new)) is None


@pytest.mark.parametrize(("old", "new"), [("comm", "comma"), ("a b", "a")])
def test_a_word_that_stays_one_is_not_read(old: str, new: str) -> None:
    before, after = (parse(POD.replace("LINE", line)) for line in (old, new))
    assert with_line(before, after.text, unread) is not None


def unread(source: str) -> Reading:
    raise AssertionError("it was read")


def test_why_a_line_is_broken_is_read_without_what_ends_above_it() -> None:
    before, after = (parse(POD.replace("LINE", line)) for line in ("'comm'", "'comma'"))
    shown: list[str] = []

    def read(source: str) -> Reading:
        shown.append(source)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        with_line(before, after.text, read)
    assert shown == [after.text.replace("kind: Pod", "         ").replace("name: app", "         ")]


def test_a_tab_in_the_indentation_gives_up_nothing() -> None:
    assert parse("- a\n- b\n  \t - c\n").given_up is None


def test_what_is_wrong_elsewhere_is_still_told() -> None:
    text = POD.replace("LINE", "tty: *x")
    previous = parse(text)
    after = parse(text.replace("Port: 80", "Port: 8080"), previous=previous)
    assert after.problems == previous.problems != ()


def test_a_template_is_read() -> None:
    text = POD.replace("LINE", "tty: {{ .x }}")
    previous = parse(text, template=True)
    assert with_change(previous, text.replace("nginx", "nginx:1.29")) is None


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


def assert_states_are_what_is_read(corpora: Path, count: int) -> None:
    files = sorted(
        file for folder in ("peers", "pss", "real") for file in (corpora / folder).rglob("*.yaml")
    )
    for before, states in typed(files, count):
        previous = parse(before)
        for text, edited in states:
            mine = parse(text, edited=edited, previous=previous)
            read = parse(text, edited=edited, previous=previous, parser=PARSER)
            assert (mine.problems, mine.limit) == (read.problems, read.limit), repr(text)
            assert roots_as_data(mine) == roots_as_data(read), repr(text)
            assert (mine.whole is None) == (read.whole is None), repr(text)
            previous = mine


def test_some_typing_gives_what_is_read(corpora: Path) -> None:
    assert_states_are_what_is_read(corpora, STATES)


@pytest.mark.sweep
def test_much_typing_gives_what_is_read(corpora: Path) -> None:
    assert_states_are_what_is_read(corpora, 20 * STATES)
