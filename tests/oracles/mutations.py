"""Texts that differ from a real one in a few odd places, from a seed.

What is put in is what readers of YAML and JSON are known to take for different things; where it is
put is where it can matter: at the ends of lines and tokens more often than within words.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from k8s_lsp.syntax.units import CUT_LISTS_ABOVE
from tests.oracles.decoder import Ask

CASES = Path(__file__).resolve().parents[1] / "cases"

ODD = (
    # Line breaks, and what some readers take for one.
    *("\x85", "\u2028", "\u2029", "\r", "\r\n", "\n", "# x\x85", "# x\u2028", "# x\r"),
    *("\t", " ", "\xa0", "\ufeff", "\x07", "\x00", " #", "#", "# ignore\n"),
    # Where documents begin and end.
    *("---", "---\n", "\n---\n", "\n---# x\n", "\n---\xa0\n", "\n---\t\n", "\n ---\n", "\n---\r\n"),
    *("\n--- !!map\n", "\n--- {}\n", "\n--- |\n", "\n--- a: 1\n", "\n----\n", "\n--- # x\n"),
    *("...", "\n...\n", "\n... # x\n", "\n...\n%YAML 1.1\n---\n"),
    *("%", "%YAML 1.1\n---\n", "\n%YAML 1.2\n", "%TAG ! tag:x,2000:\n---\n"),
    # Collections, in YAML and in JSON.
    *("{", "}", "[", "]", "{}", "[]", "}}", ",", ", ", ":", ": ", "? ", "- ", "-", "--"),
    *('{"a":1}', '\n{"a":1}\n', '{"a":1,}', '"x"', "'x'", " x", "x: y\n"),
    # Texts, quoted and in blocks.
    *('"', "'", '""', "''", "\\", "|\n", ">-\n", "|2\n", "|", ">", "@", "`", "=", "+"),
    *('"\\/"', '"\\ud83d\\ude80"', '"\\x41"', '"\\U0001f680"', '"\\ud800"', '"\\q"', '"\\N"'),
    # Anchors, merges and tags.
    *("&", "*", "&a ", "*a", "*a : ", "&x ", "*x ", "<<: *x", "<<: *a\n", "'<<': {a: 1}\n"),
    *("<<: {a: 1}\n", "<<: 1\n", "<<: [{a: 1}, {a: 2}]\n", "!", "! ", "!x ", "!<x> ", "!!null "),
    *("!!int ", "!!bool ", "!!float ", "!!binary ", "!!timestamp ", "!!map ", "!!seq ", "!!set "),
    *("!!str ", "!!omap "),
    # What plain words mean.
    *("true", "yes", "null", "~", "0o17", "017", "08", "0x1F", "0b1", "1_000", "-0", "1:30"),
    *(".5", "1e3", "1e400", ".inf", ".nan", "2001-01-01"),
)
"""What is inserted, or stands in the place of something."""

_PLACES = re.compile(r"^|$|(?<=[:,\-\[\]{}\"'#&*!]) ?|(?<=\w)(?=\W)", re.MULTILINE)


def case_texts() -> list[str]:
    """The texts of all cases."""
    return [file.read_bytes().decode() for file in sorted(CASES.glob("*/*.yaml"))]


def large_lists(texts: Sequence[str], count: int) -> Iterator[str]:
    """So many mutations of Lists that are large enough to be cut into their items."""
    # Anchors reach across items, and a separator ends the List: neither would be cut.
    items = [text for text in texts if not re.search(r"[&*]|^---|{{", text, re.MULTILINE)]
    for seed in range(count):
        random = Random(seed)
        yield mutated(_large_list(items, random), random)


def _large_list(texts: Sequence[str], random: Random) -> str:
    indent = random.choice(("", "  "))
    lines: list[str] = []
    size = 0
    while size <= CUT_LISTS_ABOVE:
        item = random.choice(texts).splitlines()
        lines += [f"{indent}{'  ' if index else '- '}{line}" for index, line in enumerate(item)]
        size = sum(map(len, lines))
    keys = ["apiVersion: v1", "kind: List"]
    whole = (*keys, "items:", *lines) if random.random() < 0.7 else ("items:", *lines, *keys)
    return "\n".join((*whole, ""))


def written_by_programs(texts: Iterable[str], ask: Ask) -> list[str]:
    """The same documents in JSON: indented or on one line, with and without `---` between them."""
    # From a text the same choices on every day.
    return [_as_json(ask(text).documents, Random(text)) for text in texts]


def _as_json(documents: Iterable[Any], random: Random) -> str:
    indent = random.choice((None, None, 2, "\t"))
    is_ascii = random.random() < 0.5
    between = random.choice(("\n", "\n", "", "\n---\n"))
    lines = (json.dumps(each, indent=indent, ensure_ascii=is_ascii) for each in documents)
    return between.join(lines) + random.choice(("", "\n"))


SHARED = """\
k: &k a
p: &x {a: 1, b: 2}
q: &y {<<: *x, a: 3, c: 4}
r: &z {b: 5, <<: [*x, *y]}
"""
LINES = (
    *("a: 6", "b: 7", "c: 8", "a:", "<<: *x", "<<: *y", "<<: *z", "<<: [*x, *z]", "<<: [*z, *y]"),
    *("<<: []", "<<: [[*x]]", "<<: *k", "<<: [*x, *k]", "<<: {a: 9, <<: *y}", "<<: {<<: {b: 9}}"),
    *(
        '"<<": *x',
        "!!merge <<: *x",
        "!!str <<: *x",
        "! <<: *x",
        "? <<\n: *y",
        "<< : *x",
        "&m <<: *x",
    ),
    *("d: {<<: *x, a: 6}", "d: {a: 6, <<: *x}", "d: {a: 6, <<: *x, a: 7}", "d: {a: , <<: *y}"),
    *("d: [*x, {<<: *y}]", "d: *z", "d: &x {c: 9}", "d: &y {<<: *z, c: 9}", "d: &d {<<: *d}"),
    *("*k : 1", "? *k\n: 1", "? *x\n: 1", "&n n: *k", "*k: 1", "d: {*k : 1}", "d: {a: 1, *k : 2}"),
)
"""Keys, merges and aliases; what they name stands above them, in SHARED."""


def merges(count: int) -> Iterator[str]:
    """So many texts that hold nothing but merges, aliases and what they meet."""
    for seed in range(count):
        random = Random(seed)
        lines = [random.choice(LINES) for _ in range(random.randrange(1, 6))]
        if random.random() < 0.3:
            # One of them becomes what another text would share.
            lines = ["w: &w", *(f"  {line}" for line in lines if "\n" not in line), "v: {<<: *w}"]
        yield SHARED + "\n".join(lines)


TAGS = ("", "", "", "! ", "!x ", "!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!!binary ")
QUOTES = ("", "", "", '"', "'")


def words(count: int) -> Iterator[str]:
    """So many texts of values and keys that may be numbers or other words with a meaning."""
    for seed in range(count):
        random = Random(seed)
        signs = random.choice(
            ("01789", "0123456789_.", "0xXbBoO1aAfF", "eE+-.12", "yYnNoOfFtr", "~")
        )
        word = "".join(random.choice(signs) for _ in range(random.randrange(1, 9)))
        word = random.choice(("", "", "-", "+", ".", "0x", "0o", "0b", "0")) + word
        if random.random() < 0.2:
            word = random.choice(("null", "Null", "true", "oFF", ".inf", "-.Inf", ".NaN", "1e400"))
        quote = random.choice(QUOTES)
        value = f"{random.choice(TAGS)}{quote}{word}{quote}"
        yield random.choice(("a: {}", "a: {}", "a: {}", "- {}", "{}: a", "{{b: [{}]}}")).format(
            value
        )


def mutations(texts: Sequence[str], count: int) -> Iterator[str]:
    """So many mutations of one text or another, always the same ones."""
    for seed in range(count):
        random = Random(seed)
        yield mutated(random.choice(texts), random)


def mutated(text: str, random: Random) -> str:
    """The text with one to three odd things in it, or with something missing."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        text = _mutated_once(text, random)
    return text


def _mutated_once(text: str, random: Random) -> str:
    places = [match.start() for match in _PLACES.finditer(text)]
    place = random.choice(places) if random.random() < 0.9 else random.randrange(len(text) + 1)
    end = place
    how = random.random()
    if how < 0.15:
        return text[:place] + text[place + random.choice((1, 1, 2, 5)) :]
    if how < 0.25:
        # A line, or all that follows in it.
        return text[:place] + text[_line_end(text, place) :]
    if how < 0.35:
        # A line again, where another one stands.
        start = text.rfind("\n", 0, place) + 1
        other = random.choice(places)
        return text[:other] + text[start : _line_end(text, place) + 1] + text[other:]
    if how < 0.5:
        end = place + random.choice((1, 1, 2, 4))
    elif how < 0.6:
        end = _line_end(text, place)
    return text[:place] + random.choice(ODD) + text[end:]


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def minimised(text: str, is_wanted: Callable[[str], bool], tries: int = 1000) -> str:
    """What is left of a wanted text when nothing more can be taken away, or after so many tries."""
    for pieces in (text.splitlines(keepends=True), None):
        # First whole lines, then single characters.
        parts = list(text) if pieces is None else pieces
        size = max(1, len(parts) // 2)
        while size:
            place = 0
            while place < len(parts) and tries:
                tries -= 1
                rest = parts[:place] + parts[place + size :]
                if is_wanted("".join(rest)):
                    parts = rest
                else:
                    place += size
            size //= 2
        text = "".join(parts)
    return text
