"""Scalars mean what go-yaml v2 makes of them: its resolve table, row by row."""

import pytest

from k8s_lsp.syntax.nodes import Scalar, Sequence, Style
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.scalars import boolean, integer, is_null, is_string, number
from k8s_lsp.text import Span

TRUE = "y Y yes Yes YES true True TRUE on On ON".split()
FALSE = "n N no No NO false False FALSE off Off OFF".split()
NULL = ["", "~", "null", "Null", "NULL"]
WORDS = (
    "tRUE yES oN oFF nULL t f None nil void a:b <<"
    " 0x 0xg 0b2 0o8 0b - + 1-1 1.2.3 1e 1e+ e1 .5_0 ._5 1:30 190:20:30.15"
    " 2001-01-01 2001-12-14T21:59:43.10Z 2001-1-1 1Gi 100m 1,000 ٣ 1e999 .5e999 -.5e999"
).split()
INTEGERS = {
    "0": 0,
    "-0": 0,
    "7": 7,
    "+7": 7,
    "-7": -7,
    "1_000": 1000,
    "_1": None,
    "1_": 1,
    "010": 8,
    "-010": -8,
    "0_1_0": 8,
    "00": 0,
    "0o17": 15,
    "0O17": 15,
    "+0o17": 15,
    "0x1F": 31,
    "-0X1f": -31,
    "0b101": 5,
    "-0B101": -5,
    "9223372036854775808": 9223372036854775808,
    "18446744073709551615": 18446744073709551615,
    "0xffffffffffffffffff": 0xFFFFFFFFFFFFFFFFFF,
    # These are floats to go-yaml, and integers by the time they are JSON.
    "08": 8,
    "1.0": 1,
    "1.": 1,
    "0.0": 0,
    "-0.0": 0,
    "1e3": 1000,
    "+1E+3": 1000,
    "1.5e1": 15,
    "18446744073709551616": 18446744073709551616,
    "1e20": 100000000000000000000,
    "1e21": None,
    "1.5": None,
    ".5": None,
    ".inf": None,
    ".nan": None,
    "yes": None,
    "": None,
}
FLOATS = {
    "1.5": 1.5,
    "-1.5": -1.5,
    "+.5": 0.5,
    ".5": 0.5,
    "1_0.5": 10.5,
    "1e-3": 0.001,
    "1e-999": 0.0,
    "1e21": 1e21,
    "3": 3,
    "0x10": 16,
    ".inf": None,
    "-.Inf": None,
    "+.INF": None,
    ".NaN": None,
    "1e999": None,
    "true": None,
    "~": None,
}


def scalar(value: str, style: Style = "", tag: str | None = None) -> Scalar:
    return Scalar(Span(0, 0), value, style, tag)


@pytest.mark.parametrize("word", TRUE)
def test_true(word: str) -> None:
    assert boolean(scalar(word)) is True


@pytest.mark.parametrize("word", FALSE)
def test_false(word: str) -> None:
    assert boolean(scalar(word)) is False


@pytest.mark.parametrize("word", NULL)
def test_null(word: str) -> None:
    assert is_null(scalar(word))
    assert not is_string(scalar(word))


@pytest.mark.parametrize("word", WORDS)
def test_words_that_are_only_strings(word: str) -> None:
    assert is_string(scalar(word))
    assert boolean(scalar(word)) is integer(scalar(word)) is number(scalar(word)) is None
    assert not is_null(scalar(word))


@pytest.mark.parametrize(("word", "value"), INTEGERS.items())
def test_integers(word: str, value: int | None) -> None:
    assert integer(scalar(word)) == value
    assert type(integer(scalar(word))) is type(value)


@pytest.mark.parametrize(("word", "value"), FLOATS.items())
def test_numbers(word: str, value: float | None) -> None:
    assert number(scalar(word)) == value


@pytest.mark.parametrize("word", [*TRUE, *FALSE, *INTEGERS, *FLOATS])
def test_a_word_means_one_thing(word: str) -> None:
    meanings = [boolean(scalar(word)) is not None, is_null(scalar(word)), is_string(scalar(word))]
    meanings.append(
        number(scalar(word)) is not None or word.lower().lstrip("+-") in (".inf", ".nan")
    )
    assert sum(meanings) == 1


@pytest.mark.parametrize("style", ["'", '"', "|", ">"])
@pytest.mark.parametrize("word", ["yes", "", "~", "1", "1.5"])
def test_what_is_quoted_or_a_block_is_a_string(word: str, style: Style) -> None:
    assert is_string(scalar(word, style))


@pytest.mark.parametrize(
    ("value", "style", "tag", "meaning"),
    [
        ("yes", "", "!!bool", True),
        ("yes", '"', "!!bool", True),
        ("yes", "", "!!str", "string"),
        ("", "", "!!str", "string"),
        ("1", "", "!!str", "string"),
        ("1", '"', "!!int", 1),
        ("1", "", "!!float", 1),
        ("", "", "!!null", None),
        ("yes", "'", "!", "string"),
        ("yes", "", "!", "string"),
        ("0", "", "!", "string"),
        ("", "", "!", "string"),
        ("~", "", "!", "string"),
        ("yes", "", "!custom", "string"),
        ("aGk=", "", "!!binary", "string"),
        ("2001-01-01", "", "!!timestamp", "string"),
        # go-yaml refuses the file.
        ("yes", "", "!!int", "nothing"),
        ("1", "", "!!bool", "nothing"),
        ("18446744073709551615", "", "!!float", "nothing"),
    ],
)
def test_tags(value: str, style: Style, tag: str, meaning: object) -> None:
    node = scalar(value, style, tag)
    assert is_string(node) == (meaning == "string")
    assert is_null(node) == (meaning is None)
    assert boolean(node) == (meaning if isinstance(meaning, bool) else None)
    is_number = isinstance(meaning, int) and not isinstance(meaning, bool)
    assert integer(node) == (meaning if is_number else None)


@pytest.mark.parametrize("value", ["yes", "", "1", "{{ .Values.x }}"])
def test_a_template_expression_means_nothing(value: str) -> None:
    node = scalar(value, "{{")
    assert boolean(node) is integer(node) is number(node) is None
    assert not is_string(node)
    assert not is_null(node)


def test_the_tags_of_parsed_scalars_are_known() -> None:
    text = '[!!bool "yes", !!str yes, !<tag:yaml.org,2002:int> "1", ! "on", yes]'
    [root] = parse(text).roots
    assert isinstance(root, Sequence)
    items = [item for item in root.items if isinstance(item, Scalar)]
    assert [boolean(item) for item in items] == [True, None, None, None, True]
    assert [integer(item) for item in items] == [None, None, 1, None, None]
    assert [is_string(item) for item in items] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("1" * 5000, None),
        ("1" * 5000 + ".5", None),
        ("0x" + "f" * 5000, 16**5000 - 1),
        ("0" * 5000, 0),
        ("0." + "1" * 5000, 1 / 9),
    ],
    ids=["decimal", "float", "hexadecimal", "octal", "fraction"],
)
def test_long_numbers(digits: str, value: float | None) -> None:
    assert number(scalar(digits)) == value
    assert is_string(scalar(digits)) == (value is None)
