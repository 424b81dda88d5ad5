"""A hover keeps to its lines: what matters least goes first, and lists get shorter before that."""

import pytest

from k8s_lsp.features.fitting import MOST_LINES, Part, fitted
from k8s_lsp.features.markdown import BREAK, LINE_LENGTH, height, table


def lines(count: int, word: str = "x") -> str:
    return BREAK.join(f"{word}{number}" for number in range(count))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("one", 1),
        ("one\n\ntwo", 2),
        (f"one{BREAK}two", 2),
        ("x" * LINE_LENGTH, 1),
        ("x" * (LINE_LENGTH + 1), 2),
        ("**" + "x" * LINE_LENGTH + "**", 1),
        (f"[{'x' * LINE_LENGTH}](https://example.com/{'y' * 200})", 1),
        ("```yaml\na: 1\nb: 2\n```", 2),
        (table(("a", "b"), [("1", "2"), ("3", "4")]), 3),
    ],
)
def test_how_many_lines_are_seen(text: str, expected: int) -> None:
    assert height(text) == expected


def test_what_fits_stays_as_it_is() -> None:
    parts = [Part(lines(6)), Part(""), Part(lines(6, "y"), rank=9, shrinks=True)]
    assert fitted(parts) == f"{lines(6)}\n\n{lines(6, 'y')}"


def test_what_matters_least_goes_first_and_the_order_stays() -> None:
    parts = [Part(lines(5, "a"), rank=2), Part(lines(5, "b")), Part(lines(5, "c"), rank=1)]
    assert fitted(parts) == f"{lines(5, 'b')}\n\n{lines(5, 'c')}"


def test_what_has_to_be_told_is_told_even_if_it_is_too_long() -> None:
    assert fitted([Part(lines(MOST_LINES + 5)), Part("x", rank=1)]) == lines(MOST_LINES + 5)


def test_a_list_gets_shorter_and_says_so() -> None:
    listed = "\n".join(("What there is:\n", *(f"- {number}" for number in range(9))))
    text = fitted([Part(lines(6)), Part(listed, rank=1, shrinks=True)])
    assert text == f"{lines(6)}\n\nWhat there is:\n\n- 0\n- 1\n- 2\n- 3\n- …"
    text = fitted([Part(lines(6)), Part(listed, rank=1, shrinks=True, stays=True)])
    assert text == f"{lines(6)}\n\nWhat there is:\n\n- 0\n- 1\n- 2\n- …\n- 8"
    assert fitted([Part(lines(11)), Part(listed, rank=1, shrinks=True)]) == lines(11)


def test_code_gets_shorter_within_its_fence() -> None:
    code = "\n".join(("```yaml", *(f"k{number}: 1" for number in range(9)), "```"))
    text = fitted([Part(lines(8)), Part(code, rank=1, shrinks=True)])
    assert text == f"{lines(8)}\n\n```yaml\nk0: 1\nk1: 1\nk2: 1\n# …\n```"
    assert fitted([Part(lines(11)), Part(code, rank=1, shrinks=True)]) == lines(11)
