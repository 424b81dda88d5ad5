"""What stands at an offset of a tree."""

from collections.abc import Iterator

from k8s_lsp.features.tokens import Token, token_at
from k8s_lsp.syntax.parse import parse

TEXT = """\
a: &x one
b: [two, {c: "three"}]
d: *x
e:
? [f]
: five
"""


(ROOT,) = parse(TEXT).roots


def tokens() -> Iterator[tuple[str, Token | None]]:
    for offset in range(len(TEXT)):
        token = token_at(ROOT, offset)
        yield "" if token is None else TEXT[slice(*token.node.span)], token


def test_every_token_is_found_and_has_the_path_of_its_value() -> None:
    found = {text: (token.path, token.is_key) for text, token in tokens() if token is not None}
    assert found == {
        "a": (("a",), True),
        "one": (("a",), False),
        "b": (("b",), True),
        "two": (("b", 0), False),
        "c": (("b", 1, "c"), True),
        '"three"': (("b", 1, "c"), False),
        "d": (("d",), True),
        "*x": (("d",), False),
        "e": (("e",), True),
        "": (("e",), False),
    }


def test_a_token_knows_what_it_stands_in() -> None:
    parents = {text: token.parent for text, token in tokens() if token is not None}
    assert parents["a"] is ROOT
    assert parents["two"] is not None and TEXT[slice(*parents["two"].span)].startswith("[two")
    (alone,) = parse("alone").roots
    token = token_at(alone, 0)
    assert token is not None and token.parent is None and token.path == ()
