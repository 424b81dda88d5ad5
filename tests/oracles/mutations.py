"""Texts that differ from a real one in a few odd places, from a seed.

What is put in is what readers of YAML and JSON are known to take for different things; where it is
put is where it can matter: at the ends of lines and tokens more often than within words.
"""

import re
from random import Random

ODD = (
    *("\x85", "\u2028", "\u2029", "\r", "\r\n", "\n", "\t", " ", "\ufeff", "\xa0", "\x07", "\x00"),
    *("# x\x85", "# x\u2028", "# x\r", " #", "#", "# ignore\n"),
    *("---", "---\n", "\n---\n", "\n--- !!map\n", "\n--- {}\n", "\n--- |\n", "\n---# x\n", "\n---\xa0\n"),
    *("\n--- a: 1\n", "\n---\t\n", "\n ---\n", "\n...\n", "\n... # x\n", "...", "\n---\r\n", "\n----\n"),
    *("%YAML 1.1\n---\n", "%TAG ! tag:x,2000:\n---\n", "%", "\n%YAML 1.2\n", "\n...\n%YAML 1.1\n---\n"),
    *("{", "}", "[", "]", "{}", "[]", "}}", ",", ", ", ":", ": ", "? ", "- ", "|\n", ">-\n", "|2\n"),
    *('"', "'", '""', "''", '"x"', "'x'", '{"a":1}', '\n{"a":1}\n', '{"a":1,}', " x", "x: y\n", "\\"),
    *('"\\/"', '"\\ud83d\\ude80"', '"\\x41"', '"\\U0001f680"', '"\\ud800"', '"\\q"', '"\\N"', '"\\L"'),
    *("<<: *x", "<<: *a\n", "<<: {a: 1}\n", "<<: [{a: 1}, {a: 2}]\n", "<<: 1\n", "'<<': {a: 1}\n"),
    *("&a ", "*a", "*a : ", "&x ", "*x ", "&a", "! ", "!!null ", "!!str ", "!!int ", "!!bool "),
    *("!!binary ", "!!float ", "!!map ", "!!seq ", "!!set ", "!!omap ", "!x ", "!!timestamp ", "!<x> "),
    *("true", "yes", "null", "~", "0o17", "017", "0x1F", "1_000", ".5", "1e3", ".inf", ".nan", "1:30"),
    *("-", "--", "+", "=", "@", "`", "*", "&", "!", "|", ">", "2001-01-01", "1e400", "0b1", "08", "-0"),
)
"""What is inserted, or stands in the place of something."""

_PLACES = re.compile(r"^|$|(?<=[:,\-\[\]{}\"'#&*!]) ?|(?<=\w)(?=\W)", re.MULTILINE)


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
