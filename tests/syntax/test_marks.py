"""Where each node stands, for every trap that a YAML parser has set for positions."""

import pytest

from k8s_lsp.syntax.nodes import Problem
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span
from tests.syntax.trees import assert_well_formed, each_parser, nodes, slices

MARKS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "plain": (
        "a: b c  # d\n",
        [(".", "a: b c"), (".a?", "a"), (".a", "b c")],
    ),
    "byte order mark": (
        "\ufeffa: b\nc: d\n",
        [(".", "a: b\nc: d"), (".a?", "a"), (".a", "b"), (".c?", "c"), (".c", "d")],
    ),
    "byte order mark before a marker": (
        "\ufeff---\na: b\n",
        [(".", "a: b"), (".a?", "a"), (".a", "b")],
    ),
    "byte order mark at the start of a line": (
        "a: b\n\ufeffc: d\n",
        [
            (".", "a: b\n\ufeffc: d"),
            (".a?", "a"),
            (".a", "b"),
            (".\ufeffc?", "\ufeffc"),
            (".\ufeffc", "d"),
        ],
    ),
    "byte order mark in a value": (
        "a: b\ufeffc\nd: e",
        [(".", "a: b\ufeffc\nd: e"), (".a?", "a"), (".a", "b\ufeffc"), (".d?", "d"), (".d", "e")],
    ),
    "CRLF": (
        "a: b\r\nc:\r\n  - d\r\n",
        [
            (".", "a: b\r\nc:\r\n  - d"),
            (".a?", "a"),
            (".a", "b"),
            (".c?", "c"),
            (".c", "- d"),
            (".c[0]", "d"),
        ],
    ),
    "lone CR": (
        "a: b\rc:\r  d: e\r",
        [
            (".", "a: b\rc:\r  d: e"),
            (".a?", "a"),
            (".a", "b"),
            (".c?", "c"),
            (".c", "d: e"),
            (".c.d?", "d"),
            (".c.d", "e"),
        ],
    ),
    "NEL, LS and PS in values": (
        "a: b\x85 c\nd: 'e\u2028f'\ng: \"h\u2029i\"\n",
        [
            (".", "a: b\x85 c\nd: 'e\u2028f'\ng: \"h\u2029i\""),
            (".a?", "a"),
            (".a", "b\x85 c"),
            (".d?", "d"),
            (".d", "'e\u2028f'"),
            (".g?", "g"),
            (".g", '"h\u2029i"'),
        ],
    ),
    "NEL in a comment": (
        "# a\x85c: d\n",
        [(".", "c: d"), (".c?", "c"), (".c", "d")],
    ),
    "a key behind LS in a comment": (
        "a: # b\u2028  c: d\ne:\x85- f\u2029  g\n",
        [
            (".", "a: # b\u2028  c: d\ne:\x85- f\u2029  g"),
            (".a?", "a"),
            (".a", "c: d"),
            (".a.c?", "c"),
            (".a.c", "d"),
            (".e?", "e"),
            (".e", "- f\u2029  g"),
            (".e[0]", "f\u2029  g"),
        ],
    ),
    "a block of text with hidden line breaks": (
        "a: | # b\x85  c\u2028   d\n\ne: f\n",
        [
            (".", "a: | # b\x85  c\u2028   d\n\ne: f"),
            (".a?", "a"),
            (".a", "| # b\x85  c\u2028   d"),
            (".e?", "e"),
            (".e", "f"),
        ],
    ),
    "non-BMP": (
        "😀: 🎉é # 🎉\n𝄞: '𝄞'\n",
        [
            (".", "😀: 🎉é # 🎉\n𝄞: '𝄞'"),
            (".😀?", "😀"),
            (".😀", "🎉é"),
            (".𝄞?", "𝄞"),
            (".𝄞", "'𝄞'"),
        ],
    ),
    "control characters": (
        "a: b\x07c\nd: '\x00'\n",
        [
            (".", "a: b\x07c\nd: '\x00'"),
            (".a?", "a"),
            (".a", "b\x07c"),
            (".d?", "d"),
            (".d", "'\x00'"),
        ],
    ),
    "lone surrogate": (
        "a: b\ud800c\nd: e\n",
        [(".", "a: b\ud800c\nd: e"), (".a?", "a"), (".a", "b\ud800c"), (".d?", "d"), (".d", "e")],
    ),
    "literal": (
        "a: |\n  b\n   c \n\n\n# d\ne: f\n",
        [
            (".", "a: |\n  b\n   c \n\n\n# d\ne: f"),
            (".a?", "a"),
            (".a", "|\n  b\n   c "),
            (".e?", "e"),
            (".e", "f"),
        ],
    ),
    "literal, stripped": (
        "a: |-  # why\n  b\n\nc: d\n",
        [
            (".", "a: |-  # why\n  b\n\nc: d"),
            (".a?", "a"),
            (".a", "|-  # why\n  b"),
            (".c?", "c"),
            (".c", "d"),
        ],
    ),
    "literal that keeps its blank lines": (
        "- |+\n  b\n\n\n- d\n",
        [(".", "- |+\n  b\n\n\n- d"), ("[0]", "|+\n  b\n\n"), ("[1]", "d")],
    ),
    "literal that keeps, with CRLF": (
        "- |+\r\n  b\r\n\r\n- d\r\n",
        [(".", "- |+\r\n  b\r\n\r\n- d"), ("[0]", "|+\r\n  b\r\n"), ("[1]", "d")],
    ),
    "literal without text": (
        "a: |2-  # b\n\nc: >+\n",
        [
            (".", "a: |2-  # b\n\nc: >+"),
            (".a?", "a"),
            (".a", "|2-"),
            (".c?", "c"),
            (".c", ">+"),
        ],
    ),
    "folded at the end of the text": (
        "- a: >\n    b\n    c",
        [
            (".", "- a: >\n    b\n    c"),
            ("[0]", "a: >\n    b\n    c"),
            ("[0].a?", "a"),
            ("[0].a", ">\n    b\n    c"),
        ],
    ),
    "plain over several lines": (
        "a: b\n  c\n\n  d\n# e\n",
        [(".", "a: b\n  c\n\n  d"), (".a?", "a"), (".a", "b\n  c\n\n  d")],
    ),
    "quoted over several lines": (
        "a: 'b\n  c'\nd: \"e \\\n  f\"\n",
        [
            (".", "a: 'b\n  c'\nd: \"e \\\n  f\""),
            (".a?", "a"),
            (".a", "'b\n  c'"),
            (".d?", "d"),
            (".d", '"e \\\n  f"'),
        ],
    ),
    "comments below a collection": (
        "a:\n  b:\n    - c\n\n    # d\n  # e\n\n# f\ng: h\n",
        [
            (".", "a:\n  b:\n    - c\n\n    # d\n  # e\n\n# f\ng: h"),
            (".a?", "a"),
            (".a", "b:\n    - c"),
            (".a.b?", "b"),
            (".a.b", "- c"),
            (".a.b[0]", "c"),
            (".g?", "g"),
            (".g", "h"),
        ],
    ),
    "empty values": (
        "a:\n\n# b\nc:  # d\ne:\n  f:\n",
        [
            (".", "a:\n\n# b\nc:  # d\ne:\n  f:"),
            (".a?", "a"),
            (".a", ""),
            (".c?", "c"),
            (".c", ""),
            (".e?", "e"),
            (".e", "f:"),
            (".e.f?", "f"),
            (".e.f", ""),
        ],
    ),
    "empty items": (
        "-\n- a\n-  # b\n",
        [(".", "-\n- a\n-"), ("[0]", ""), ("[1]", "a"), ("[2]", "")],
    ),
    "dashes at the column of the key": (
        "a:\n- b\n- c:\n\nd: e\n",
        [
            (".", "a:\n- b\n- c:\n\nd: e"),
            (".a?", "a"),
            (".a", "- b\n- c:"),
            (".a[0]", "b"),
            (".a[1]", "c:"),
            (".a[1].c?", "c"),
            (".a[1].c", ""),
            (".d?", "d"),
            (".d", "e"),
        ],
    ),
    "sequence in a sequence": (
        "- - a\n  - b\n- c\n",
        [
            (".", "- - a\n  - b\n- c"),
            ("[0]", "- a\n  - b"),
            ("[0][0]", "a"),
            ("[0][1]", "b"),
            ("[1]", "c"),
        ],
    ),
    "anchors and tags": (
        "a: &x b\nc: !!str &y 'd'\ne: &z !t\n  f: g\nh: &w\n- i\n",
        [
            (".", "a: &x b\nc: !!str &y 'd'\ne: &z !t\n  f: g\nh: &w\n- i"),
            (".a?", "a"),
            (".a", "b"),
            (".c?", "c"),
            (".c", "'d'"),
            (".e?", "e"),
            (".e", "f: g"),
            (".e.f?", "f"),
            (".e.f", "g"),
            (".h?", "h"),
            (".h", "- i"),
            (".h[0]", "i"),
        ],
    ),
    "anchor on a key": (
        "&x a: b\n? &y\n: c\n",
        [(".", "&x a: b\n? &y\n: c"), (".a?", "a"), (".a", "b"), (".?", ""), (".", "c")],
    ),
    "aliases": (
        "a: &x b\nc: *x\n*x : d\n",
        [
            (".", "a: &x b\nc: *x\n*x : d"),
            (".a?", "a"),
            (".a", "b"),
            (".c?", "c"),
            (".c", "*x"),
            (".b?", "*x"),
            (".b", "d"),
        ],
    ),
    "merge keys": (
        "a: &x {b: c}\nd:\n  <<: *x\n",
        [
            (".", "a: &x {b: c}\nd:\n  <<: *x"),
            (".a?", "a"),
            (".a", "{b: c}"),
            (".a.b?", "b"),
            (".a.b", "c"),
            (".d?", "d"),
            (".d", "<<: *x"),
            (".d.<<?", "<<"),
            (".d.<<", "*x"),
        ],
    ),
    "tabs": (
        "a:\tb\t# c\nd:\t\t'e'\t\nf: g\th\n",
        [
            (".", "a:\tb\t# c\nd:\t\t'e'\t\nf: g\th"),
            (".a?", "a"),
            (".a", "b"),
            (".d?", "d"),
            (".d", "'e'"),
            (".f?", "f"),
            (".f", "g\th"),
        ],
    ),
    "flow": (
        "a: [b, 'c' , {d: e}]\nf: {g: [], h: {}}\n",
        [
            (".", "a: [b, 'c' , {d: e}]\nf: {g: [], h: {}}"),
            (".a?", "a"),
            (".a", "[b, 'c' , {d: e}]"),
            (".a[0]", "b"),
            (".a[1]", "'c'"),
            (".a[2]", "{d: e}"),
            (".a[2].d?", "d"),
            (".a[2].d", "e"),
            (".f?", "f"),
            (".f", "{g: [], h: {}}"),
            (".f.g?", "g"),
            (".f.g", "[]"),
            (".f.h?", "h"),
            (".f.h", "{}"),
        ],
    ),
    "flow with empty values": (
        "{a, b : , c: }",
        [
            (".", "{a, b : , c: }"),
            (".a?", "a"),
            (".a", ""),
            (".b?", "b"),
            (".b", ""),
            (".c?", "c"),
            (".c", ""),
        ],
    ),
    "a pair in a flow sequence": (
        "[a: b, c]",
        [(".", "[a: b, c]"), ("[0]", "a: b"), ("[0].a?", "a"), ("[0].a", "b"), ("[1]", "c")],
    ),
    "colons in flow": (
        "{image: nginx:1.2, u: http://h:1/}",
        [
            (".", "{image: nginx:1.2, u: http://h:1/}"),
            (".image?", "image"),
            (".image", "nginx:1.2"),
            (".u?", "u"),
            (".u", "http://h:1/"),
        ],
    ),
    "colons in a flow sequence": (
        "- [--url=http://x, -c]\n",
        [
            (".", "- [--url=http://x, -c]"),
            ("[0]", "[--url=http://x, -c]"),
            ("[0][0]", "--url=http://x"),
            ("[0][1]", "-c"),
        ],
    ),
    "JSON without spaces": (
        '{"a":"b","c":[1,2],"d":e:f}',
        [
            (".", '{"a":"b","c":[1,2],"d":e:f}'),
            (".a?", '"a"'),
            (".a", '"b"'),
            (".c?", '"c"'),
            (".c", "[1,2]"),
            (".c[0]", "1"),
            (".c[1]", "2"),
            (".d?", '"d"'),
            (".d", "e:f"),
        ],
    ),
    "JSON over several lines": (
        '{\n  "a": {\n    "b": null\n  }\n}\n',
        [
            (".", '{\n  "a": {\n    "b": null\n  }\n}'),
            (".a?", '"a"'),
            (".a", '{\n    "b": null\n  }'),
            (".a.b?", '"b"'),
            (".a.b", "null"),
        ],
    ),
    "%YAML": (
        "%YAML 1.1\r---\ra: b\r",
        [(".", "a: b"), (".a?", "a"), (".a", "b")],
    ),
    "%TAG": (
        "%TAG !e! tag:e.org,2000:\r---\ra: !e!t b\r",
        [(".", "a: !e!t b"), (".a?", "a"), (".a", "b")],
    ),
    "end of a document": (
        "a: b\n...\n# c\n",
        [(".", "a: b"), (".a?", "a"), (".a", "b")],
    ),
    "duplicate keys": (
        "a: b\na: c\n",
        [(".", "a: b\na: c"), (".a?", "a"), (".a", "b"), (".a?", "a"), (".a", "c")],
    ),
    "duplicate anchors": (
        "- &x a\n- &x b\n- *x\n",
        [(".", "- &x a\n- &x b\n- *x"), ("[0]", "a"), ("[1]", "b"), ("[2]", "*x")],
    ),
    "complex keys": (
        "? a\n? [b]\n: - c\n",
        [
            (".", "? a\n? [b]\n: - c"),
            (".a?", "a"),
            (".a", ""),
            (".*?", "[b]"),
            (".*?[0]", "b"),
            (".*", "- c"),
            (".*[0]", "c"),
        ],
    ),
    "root scalar": ("---\n'a'\n", [(".", "'a'")]),
}

MARKED_BUT_REFUSED = frozenset(
    ("anchor on a key", "complex keys", "control characters", "lone surrogate")
)

_DROPPED = "kubectl drops what follows the end of a document, up to the next '---' line"
_JSON = "kubectl refuses what follows the end of this JSON"
_BRACE = ": this '}' closes nothing"
_BRACKET = ": this ']' closes nothing"
_KEY = "kubectl refuses a mapping or list as a key"
_NULL = "kubectl refuses null as a key"
_UNFIT = "kubectl refuses a value that its tag does not fit"
_MERGE = "kubectl refuses to merge what is no mapping and no list of them"
_SLASH = "unknown escape '\\/' in a double-quoted value: kubectl takes it in JSON alone"
_NOT_JSON = "kubectl refuses what is not JSON behind JSON objects"
_BEHIND = "kubectl refuses what is no object behind JSON"
_SEPARATOR = "kubectl refuses the file here: only a comment may follow '---' on its line"

REFUSED_IN_UNITS: dict[str, tuple[str, int, Problem]] = {
    "content behind a separator": ("--- !!map\na: b\n", 0, Problem(Span(4, 9), _SEPARATOR)),
    "content behind a marked one": ("\ufeff--- {}\n", 0, Problem(Span(5, 7), _SEPARATOR)),
    "a word at a marked one": ("\ufeff---a\n", 0, Problem(Span(4, 5), _SEPARATOR)),
    "a mark behind a marked one": ("\ufeff---\ufeff\na: b\n", 0, Problem(Span(4, 5), _SEPARATOR)),
    "a mapping behind a separator": ("a\n--- {}\nb: c\n", 1, Problem(Span(4, 6), _SEPARATOR)),
    "a block behind a separator": ("a\n--- |\n b\n", 1, Problem(Span(4, 5), _SEPARATOR)),
    "a word at a separator": ("a\n---b\nc: d\n", 1, Problem(Span(3, 4), _SEPARATOR)),
    "more than a separator": ("a\n-----\nc: d\n", 1, Problem(Span(3, 5), _SEPARATOR)),
    "a document whose lines end otherwise": (
        "a: b\n---\rc: d\r",
        1,
        Problem(Span(4, 8), _SEPARATOR),
    ),
    "a comment at the first separator": (
        "---# a\nb: c\n",
        0,
        Problem(Span(0, 6), "expected ':' after this key"),
    ),
    "a comment at the second separator of two": (
        "a\n---\n---# a\nb: c\n",
        2,
        Problem(Span(0, 6), "expected ':' after this key"),
    ),
    "%YAML": ("%YAML 1.1\n---\na: b\n", 0, Problem(Span(0, 9), "kubectl refuses a directive")),
    "%TAG": (
        "# a\n\n%TAG ! tag:e.org: # b\n---\na: b\n",
        0,
        Problem(Span(5, 26), "kubectl refuses a directive"),
    ),
    "byte order mark above a separator": (
        "a: b\n\ufeff---\nc: d\n",
        1,
        Problem(Span(0, 4), "kubectl refuses a byte order mark before '---'"),
    ),
    "byte order mark before a comment": (
        "a: b\n\ufeff# c\nd: e\n",
        0,
        Problem(Span(5, 6), "kubectl takes a byte order mark here for text"),
    ),
    "the end of nothing": (
        "a: b\n---\n# c\n...\n",
        1,
        Problem(Span(8, 11), "expected a value here"),
    ),
    "a directive at the end": (
        "a: b\n---#\n%YAML 1.2",
        1,
        Problem(Span(5, 14), "kubectl refuses a directive"),
    ),
    "behind ...": ("a: b\n...\nc: d\n", 0, Problem(Span(9, 13), _DROPPED)),
    "a document behind a lone CR": ("a: b\r---\rc: d\r", 0, Problem(Span(5, 8), _DROPPED)),
    "a document behind NEL": ("a: b\x85---\x85c: d\n", 0, Problem(Span(5, 13), _DROPPED)),
    "a bracket too many": (
        "# a\n{b: c}}\n",
        0,
        Problem(Span(10, 11), _DROPPED + _BRACE),
    ),
    "a bracket below": (
        "---\n{b: c}\n]\n",
        0,
        Problem(Span(11, 12), _DROPPED + _BRACKET),
    ),
    "a word behind": ("{a: b} c # d\n", 0, Problem(Span(7, 12), _DROPPED)),
    "an object behind": ("# a\n{b: c}{d: e}\n", 0, Problem(Span(10, 16), _DROPPED)),
    "a key behind": ("{a: b}\nc: d\n", 0, Problem(Span(7, 11), _DROPPED)),
    "JSON with a bracket too many": (
        '{"a": 1}}\n',
        0,
        Problem(Span(8, 9), _JSON + _BRACE),
    ),
    "JSON with another bracket": (
        '{"a": 1} ]\n',
        0,
        Problem(Span(9, 10), _JSON + _BRACKET),
    ),
    "JSON with a comma behind it": ('{"a": 1},\n', 0, Problem(Span(8, 9), _JSON)),
    "the second JSON with a bracket": (
        '{"a": 1}\n{}}\n',
        1,
        Problem(Span(2, 3), _JSON + _BRACE),
    ),
    "dashes behind JSON": ('{"a": 1} ---', 1, Problem(Span(0, 3), _NOT_JSON)),
    "a word behind JSON": ('{"a": 1} b\n', 1, Problem(Span(0, 1), _BEHIND)),
    "a list behind JSON": ('{"a": 1} [b]\n', 1, Problem(Span(0, 3), _BEHIND)),
    "a string behind JSON": ('{"a": 1} "b"\n', 1, Problem(Span(0, 3), _BEHIND)),
    "a comment behind JSON": ('{"a": 1}{} # b\n', 2, Problem(Span(0, 3), _NOT_JSON)),
    "a separator behind JSON": ('{"a": 1}{}\n---\n{}\n', 2, Problem(Span(0, 3), _NOT_JSON)),
    "a slash that is escaped": ('a: "b\\/"\n', 0, Problem(Span(3, 8), _SLASH)),
    "a slash below a comment": ('# a\n{"b": "\\\\\\/"}\n', 0, Problem(Span(10, 16), _SLASH)),
    "half of a character": (
        'a: "\\ud83d\\ude80"\n',
        0,
        Problem(Span(3, 17), "unknown escape in a double-quoted value"),
    ),
    "a tag of null": ("a: !!null true\n", 0, Problem(Span(10, 14), _UNFIT)),
    "a tag of numbers": ("a: [1, !!int b]\n", 0, Problem(Span(13, 14), _UNFIT)),
    "a tag of booleans": ("a: !!bool 'b'\n", 0, Problem(Span(10, 13), _UNFIT)),
    "a tag of dates": ("a: !!timestamp b\n", 0, Problem(Span(15, 16), _UNFIT)),
    "a tag of base64": ("a: !!binary '#'\n", 0, Problem(Span(12, 15), _UNFIT)),
    "a tag of a key": ("!!int a: b\n", 0, Problem(Span(6, 7), _UNFIT)),
    "infinity": (
        "a: .inf\n",
        0,
        Problem(Span(3, 7), "kubectl refuses this number, which JSON cannot write"),
    ),
    "a mapping as a key": ("{a: b}: c\n", 0, Problem(Span(0, 6), _KEY)),
    "an alias of a list as a key": ("a: &x [b]\n*x : c\n", 0, Problem(Span(10, 12), _KEY)),
    "null as a key": ("a: b\n~: c\n", 0, Problem(Span(5, 6), _NULL)),
    "nothing as a key": ("? \n: c\n", 0, Problem(Span(5, 6), _NULL)),
    "a word that is merged": ("a: 1\n<<: b\n", 0, Problem(Span(9, 10), _MERGE)),
    "words that are merged": ("a: &x {}\n<<: [*x, b]\n", 0, Problem(Span(13, 20), _MERGE)),
    "nothing that is merged": ("a: 1\n<<:\n", 0, Problem(Span(5, 7), _MERGE)),
}
"""A text, which of its units is refused or not read whole, and what is said of that."""

REFUSED: dict[str, tuple[str, Problem]] = {
    "control character": (
        "a: b\x07c\n",
        Problem(Span(4, 5), "character U+0007 is not allowed in YAML"),
    ),
    "NUL": ("a: \x00\n", Problem(Span(3, 4), "character U+0000 is not allowed in YAML")),
    "DEL": ("a: \x7f\n", Problem(Span(3, 4), "character U+007F is not allowed in YAML")),
    "surrogate": ("a: \ud800\n", Problem(Span(3, 4), "character U+D800 is not allowed in YAML")),
    "tab as indentation": (
        "a:\n\tb: c\n",
        Problem(Span(3, 8), "a tab cannot be used as indentation"),
    ),
    "%YAML of the future": (
        "%YAML 1.3\r---\ra: b\r",
        Problem(Span(0, 9), "kubectl refuses a directive"),
    ),
    "key of more than 1024 characters": (
        f"a: b\n{'k' * 1025}: c\n",
        Problem(Span(5, 1033), "expected ':' after this key"),
    ),
    "alias without an anchor": (
        "a: *x\n",
        Problem(Span(3, 5), 'no anchor "x" before this alias'),
    ),
    "quote left open": ("a: 'b\nc: d\n", Problem(Span(3, 5), "this quote is not closed")),
    "quote that pairs with the next one": (
        'a: "b\nc: "d"\n',
        Problem(Span(3, 5), "this quote is not closed"),
    ),
    "bracket at the end": ("a: b\nc: [\n", Problem(Span(8, 9), "this '[' is not closed")),
    "bracket above a document": ("c: {\n---\n", Problem(Span(3, 4), "this '{' is not closed")),
    "no value in a list": ("a: [\n  , b]\n", Problem(Span(7, 11), "expected a value here")),
    "bracket too many in a block": (
        "a: {b: c}}\n",
        Problem(Span(9, 10), "this '}' closes nothing"),
    ),
    "bracket too many in an item": ("- [b]]\n", Problem(Span(5, 6), "this ']' closes nothing")),
    "bracket too many below": ("a: [b\n]]\nc: d\n", Problem(Span(7, 8), "this ']' closes nothing")),
    "bracket in the place of a value": ("a: ]\n", Problem(Span(3, 4), "this ']' closes nothing")),
    "bracket alone": ("a: b\n]\n", Problem(Span(5, 6), "this ']' closes nothing")),
    "bracket of the other kind": (
        "a: {b: c]\n",
        Problem(Span(8, 9), "expected ',' or '}': this ']' does not close the '{'"),
    ),
    "bracket between two": (
        "a: {b: {c: d}]}\n",
        Problem(Span(13, 14), "expected ',' or '}': this ']' does not close the '{'"),
    ),
    "brace in a list": (
        "a: [b, c}\n",
        Problem(Span(8, 9), "expected ',' or ']': this '}' does not close the '['"),
    ),
    "bracket left open": ("a: [b\nc: d\n", Problem(Span(3, 4), "this '[' is not closed")),
    "two values": (
        "a: b: c\n",
        Problem(Span(3, 7), "a value that contains ': ' needs quotes"),
    ),
    "key without a colon": ("a: b\nc\nd: e\n", Problem(Span(5, 6), "expected ':' after this key")),
    "key without a colon above its value": (
        "spec\n  a: b\n",
        Problem(Span(0, 4), "expected ':' after this key"),
    ),
}


@each_parser
@pytest.mark.parametrize(("text", "expected"), MARKS.values(), ids=MARKS)
def test_each_node_stands_at_its_text(
    text: str, expected: list[tuple[str, str]], parser: ParserName
) -> None:
    tree = parse(text, parser=parser)
    assert slices(tree) == expected
    assert_well_formed(tree)


@each_parser
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_kubectl_refuses_is_a_problem_at_its_place(
    text: str, expected: Problem, parser: ParserName
) -> None:
    assert parse(text, parser=parser).problems == (expected,)


@each_parser
@pytest.mark.parametrize(
    ("text", "index", "expected"), REFUSED_IN_UNITS.values(), ids=REFUSED_IN_UNITS
)
def test_what_kubectl_refuses_or_drops_is_a_problem_of_its_unit(
    text: str, index: int, expected: Problem, parser: ParserName
) -> None:
    units = cut(text)
    trees = [parse(unit.text, parser=parser, read_as=unit.read_as) for unit in units]
    assert trees[index].problems == (expected,)
    assert not any(tree.problems for tree in trees[:index])
    assert_well_formed(trees[index])


@each_parser
@pytest.mark.parametrize(
    "text",
    [text for name, (text, _) in MARKS.items() if name not in MARKED_BUT_REFUSED],
)
def test_what_kubectl_accepts_is_no_problem(text: str, parser: ParserName) -> None:
    assert parse(text, parser=parser).problems == ()


@each_parser
@pytest.mark.parametrize(
    ("text", "empty_at"),
    [
        ("a:\n\n# b\nc: d\n", 2),
        ("a:   # b\n", 2),
        ("a: # b\n\n\n", 2),
        ("'a' :\n", 5),
        ("a: &x\n", 5),
        ("a: !!str &x # b\n", 11),
        ("? a\n\nb: c\n", 3),
        ("? a\n:\nb: c\n", 5),
        ("{a , b: c}", 2),
        ("{a: , b: c}", 3),
    ],
)
def test_an_empty_value_stands_right_behind_what_it_is_the_value_of(
    text: str, empty_at: int, parser: ParserName
) -> None:
    tree = parse(text, parser=parser)
    [value] = [node for path, node in nodes(tree.roots[0]) if path == ".a"]
    assert value.span == (empty_at, empty_at)


@each_parser
@pytest.mark.parametrize(
    ("text", "path", "start"),
    [
        ("a: &x b", ".a", 3),
        ("a: !!str b", ".a", 3),
        ("a: !!str &x b", ".a", 3),
        ("a: &x !!str b", ".a", 3),
        ("a: !!map &x\n  b: c", ".a", 3),
        ("a: &x # b\n- c", ".a", 3),
        ("a: [!t &x b]", ".a[0]", 4),
        ("a: &x [b]", ".a", 3),
        ("&x a: b", ".", 0),
        ("&x a: b", ".a?", 0),
        ("a: b", ".a", 3),
        ("a: [b]", ".a", 3),
    ],
)
def test_a_node_starts_where_its_properties_do(
    text: str, path: str, start: int, parser: ParserName
) -> None:
    tree = parse(text, parser=parser)
    assert dict(nodes(tree.roots[0]))[path].start == start
