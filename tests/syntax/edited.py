"""Lines as people write and break them, and manifests that are edited at random."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Span

LINES = st.sampled_from(
    [
        *("a: b\n", "a:\n", "- a\n", "-\n", "- a: b\n", "- - a\n", "a\n", "a b\n", "a:b\n", "\n"),
        *("a: |\n", "a: >-\n", "- |-\n", "a: 'b\n", "b'\n", 'a: "b\n', 'b"\n', "'a': b\n"),
        *("a: [b, c]\n", "a: {}\n", "a: ''\n", "a: b # c\n", "# a\n", " # a\n", "a: b#c:d\n"),
        *("a: b: c\n", "a: &b c\n", "a: *b\n", "\ta: b\n", "a: b\t\n", "a: b\r\n", "---\n"),
        *("...\n", "a:", "a", "-", "'"),
    ]
)
INDENTED = st.tuples(st.sampled_from(["", " ", "  ", "   ", "    "]), LINES).map("".join)
"""Lines of a manifest, indented anyhow."""

PIECES = [
    *(" ", "  ", "\n", "\n\n", " \n", "   \n", "- ", "-", "  - x\n", "\t", "\r\n", "\u00a0", "é"),
    *(":", ": ", "x:", "key", "a b", "b: c", "#", " #", "?", "? ", "%", "@", "`", "\\", "\\n"),
    *("'", '"', "''", '""', "|", ">", "|-\n", ">-\n", "[", "]", "{", "}", ",", "&a", "*a", "!t"),
    *("<<", "😀", "---", "...", "~", "null", "1", "{{ x }}"),
]


def edits(files: list[Path], count: int) -> Iterator[tuple[str, str, Span, bool]]:
    """Manifests, or some lines of them, that are edited at random: before, after, where."""
    random = Random(count)
    for _ in range(count):
        text = random.choice(files).read_bytes().decode("utf-8", "replace")
        unit = random.choice(cut(text)).text
        lines = unit.splitlines(keepends=True)
        if random.random() < 0.5:
            first = random.randrange(len(lines) + 1)
            unit = "".join(lines[first : first + random.randrange(1, 12)])
        unit = unit[:4_000]
        for _ in range(random.randrange(1, 6)):
            start = random.randrange(len(unit) + 1)
            end, new = start, random.choice(PIECES)
            if random.random() < 0.4:
                end, new = min(start + random.choice([1, 1, 2, 5]), len(unit)), ""
            edited = unit[:start] + new + unit[end:]
            yield unit, edited, Span(start, start + len(new)), "{{" in text
            unit = edited
