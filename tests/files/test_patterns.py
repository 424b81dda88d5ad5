"""Patterns mean what git says they mean, and none of them takes long."""

import random
import time
from pathlib import Path, PurePath

import pytest

from k8s_lsp.configuration.patterns import (
    MOST_PATTERNS,
    PATTERN_LENGTH,
    leaves_out,
    matches,
    parse_patterns,
    verdict,
)
from k8s_lsp.configuration.reading import read, read_value
from tests.files.conftest import Git, made

TOKENS = [
    *"aab-/.*?!é ",
    *("*", "**", "**/", "/**", "foo**/", "a*", "[ab]", "[!a]", "[^b-]", "[]a]", "[a-c]", "[b-a]"),
    *("[[:alpha:]]", "[[:foo:]]", "[[:]", "[[:punct:]-z]", "[a\\]b]", "[a\\-z]", "[é]", "[", "]"),
    *("\\", "\\a", "\\*", "\\/", "\\ ", "\t"),
]
NAMES = (
    "a",
    "b",
    "ab",
    "aab",
    "abc",
    "é",
    "a b",
    "-",
    "]",
    "a*",
    ".a",
    "foo",
    "c",
    "a ",
    "[",
    "\\",
)


def random_pattern(chance: random.Random) -> str:
    text = "".join(chance.choice(TOKENS) for _ in range(chance.randint(1, 6)))
    return "!" * (chance.random() < 0.1) + text


@pytest.mark.parametrize("seed", range(4))
def test_random_patterns_mean_what_git_says(tmp_path: Path, git: Git, seed: int) -> None:
    chance = random.Random(seed)
    git(tmp_path, "init", "--quiet")
    for _ in range(250):
        path = "/".join(chance.choice(NAMES) for _ in range(chance.randint(1, 4)))
        places = [tmp_path / path, *(tmp_path / path).parents]
        if not any(place.is_file() for place in places) and not places[0].exists():
            made(tmp_path, path)
    inside = (place for place in tmp_path.rglob("*") if ".git" not in place.parts)
    files = [place.relative_to(tmp_path).as_posix() for place in inside if place.is_file()]
    compared = left_out = 0
    for _ in range(75):
        patterns = [random_pattern(chance) for _ in range(chance.choice((1, 1, 2, 4)))]
        (tmp_path / ".gitignore").write_text("\n".join(patterns), encoding="utf-8", newline="\n")
        answer = git(tmp_path, "ls-files", "-z", "--others", "--exclude-standard")
        kept = set(answer.split("\0"))
        ours = [pattern for line in patterns for pattern in parse_patterns([line]) or ()]
        for file in files:
            is_out = leaves_out(tuple(ours), file)
            assert is_out == (file not in kept), (patterns, file)
            compared += 1
            left_out += is_out
    assert compared > 5_000 and left_out > 500


@pytest.mark.parametrize(
    ("pattern", "path", "is_out"),
    [
        ("*.yaml", "x/a.yaml", True),
        ("/*.yaml", "x/a.yaml", False),
        ("x/", "x/y/a.yaml", True),
        ("x/", "y/x", False),
        ("x/**", "x/y/a.yaml", True),
        ("**/x/a.yaml", "x/a.yaml", True),
        ("x/**/a.yaml", "x/a.yaml", True),
        ("caf??.yaml", "café.yaml", True),
        # A user who stands below the folder that the patterns speak of sees it as `..`.
        (".*", "../a.yaml", False),
        ("a.yaml", "../a.yaml", True),
        ("*", ".", False),
        ("*", "..", False),
    ],
)
def test_some_patterns_by_hand(pattern: str, path: str, is_out: bool) -> None:
    patterns = parse_patterns([pattern])
    assert patterns is not None
    assert leaves_out(patterns, path) == is_out


def test_what_lies_in_a_folder_that_is_left_out_cannot_be_taken_back() -> None:
    patterns = parse_patterns(["x/", "!x/a.yaml"])
    assert patterns is not None
    assert leaves_out(patterns, "x/a.yaml")
    # Alone, without the folder, it is; that is what a walk asks, which has looked at the folder.
    assert verdict(patterns, "x/a.yaml") is False
    assert verdict(patterns, "y/a.yaml") is None
    assert matches(PurePath("/work"), patterns, PurePath("/work/x/a.yaml"))
    assert not matches(PurePath("/work"), patterns, PurePath("/other/x/a.yaml"))


@pytest.mark.parametrize("line", ["!", "/", "!/", "[a", "a\\", "a[[:foo:]]", "x" * 4097])
def test_a_pattern_that_can_mean_nothing_is_malformed(line: str) -> None:
    assert parse_patterns([line]) is None
    assert parse_patterns(["a", line]) is None


@pytest.mark.parametrize("line", ["", "   ", "# a comment", "#"])
def test_a_line_may_be_no_pattern(line: str) -> None:
    assert parse_patterns([line]) == ()


HARD = [
    pytest.param("*a" * 8 + "*b", "a" * 200, id="stars"),
    pytest.param("*a" * 2000 + "*b", "a" * 4000, id="many stars"),
    pytest.param("*?" * 2000 + "b", "a" * 4000, id="any character"),
    pytest.param("*[a-c]" * 600 + "b", "a" * 4000, id="brackets"),
    pytest.param("*" + "a" * 2000 + "*b", "a" * 4000, id="a long piece"),
    pytest.param("**/a/" * 800 + "b", "a/" * 2000 + "a", id="folders"),
    pytest.param("**/*a*a/" * 400 + "b", "aaaa/" * 800 + "a", id="folders and stars"),
    pytest.param("**/" + "*a*/" * 100 + "**/c", "aaaaaa/" * 500 + "a", id="stars in folders"),
    pytest.param("x/**\\/a" + "**\\/a" * 400 + "b", "x/" + "a/" * 2000, id="escaped slashes"),
    pytest.param("/x*a/" + "*/" * 300 + "**/*b", "xa/" + "aa/" * 1000 + "a", id="every folder"),
]
"""Patterns and paths on which a matcher that comes back to each wildcard would work for ever."""


@pytest.mark.parametrize(("pattern", "path"), HARD)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    start = time.process_time()
    patterns = parse_patterns([pattern])
    assert patterns is not None and len(pattern) <= PATTERN_LENGTH
    assert verdict(patterns, path) is None
    # Of which most is the compilation of some thousand bytes.
    assert time.process_time() - start < 2


def test_half_a_character_is_one_like_others() -> None:
    patterns = parse_patterns(["\ud800*", "\udcff.yaml"])
    assert patterns is not None
    assert leaves_out(patterns, "x/\ud800a") and leaves_out(patterns, "\udcff.yaml")
    assert not leaves_out(patterns, "\ud801a")
    # In JSON it stands for the replacement character, as Go's reader has it.
    configuration = read_value({"exclude": ["\ud800*"]})
    assert configuration.values == {"exclude": ("\ufffd*",)}
    assert not configuration.errors


def test_there_are_not_too_many_patterns() -> None:
    assert parse_patterns(["a.yaml"] * MOST_PATTERNS) is not None
    assert parse_patterns(["a.yaml"] * (MOST_PATTERNS + 1)) is None
    assert parse_patterns(["?" * 4000] * 12) is not None
    assert parse_patterns(["?" * 4000] * 13) is None
    assert parse_patterns(["# a comment", ""] * MOST_PATTERNS) == ()


def test_settings_with_too_many_patterns_are_told_so() -> None:
    message = "from here on there are more or longer patterns than one file may hold"
    long = "*a" * 2000
    for text in (
        f"exclude: [{', '.join(['a'] * (MOST_PATTERNS + 1))}]\n",
        f"exclude: [{', '.join([repr(long)] * 13)}]\n",
        "ignore:\n" + f"  - {{path: '{long}', rules: [host-pid]}}\n" * 13,
    ):
        assert [error.message for error in read(text).errors].count(message) == 1
