"""What no rule looks into is not read: it only has to be in order.

Schemas of thousands of lines stand in manifests about which rules have nothing to say but what is
wrong with any YAML. One pattern takes their lines apart, and one loop counts columns; that takes a
third of the time that nodes do. What is written in another way than machines and careful people
write is left to those who read it.
"""

import re
from functools import lru_cache
from typing import Final

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.limits import DEPTH, NODES
from k8s_lsp.syntax.scalars import NOT_FINITE, NULL_WORDS

FIRST: Final = r"""(?:[^\s\-?:,\[\]{}\#&*!|>'"%@`]|[\-?:](?=\S))"""
"""A pattern of the first character of a plain value, where it can be no other thing."""

WORDS: Final = r"[^\t\n:\#]*(?:(?::(?=\S)|(?<=\S)\#)[^\t\n:\#]*)*"
"""What follows it: a colon stands before a character, and a hash behind one."""

PLAIN: Final = FIRST + WORDS
"""A pattern of a plain value on one line, outside of brackets, and of blanks behind it."""

QUOTED: Final = r"""(?:"[^"\\\n]{0,1000}"|'[^'\n]{0,1000}')"""
"""A pattern of a quoted key or item, in which every character stands for itself."""

ITEM: Final = rf"""(?:(?:[\w./$~+^()<=;\\]|-(?=[\w./\-]))[^\s,:\[\]{{}}\#"'?]*|{QUOTED})"""
"""A pattern of a scalar in brackets."""

_DEEPER: Final = r"(?(2)\1[ ]{3}|\1[ ])[ ]*"
"""The indentation of what belongs to a value: deeper than its key, which may stand at a dash."""

_LINE: Final = regex(
    rf"""
    ^([ ]*)(-[ ](?=\S))?
    (?:({FIRST}[^\s:\#]{{0,1000}}):(?:[ ]+|$))?
    (
        {PLAIN}(?:\n+{_DEEPER}(?=[^\s\#]){WORDS}$)*
      | [|>]-?\n+({_DEEPER})(?=\S)[^\n]*(?:\n(?:\5[^\n]*|[ ]*$))*
      | '[^'\n]*(?:(?:''|\n+{_DEEPER}(?=\S))[^'\n]*)*'
      | "[^"\\\n]*(?:(?:\\["\\/nrt]|\n+{_DEEPER}(?=\S))[^"\\\n]*)*"
      | \[(?:{ITEM}[ ]*(?:,[ ]*{ITEM}[ ]*)*)?\]
      | {{}}
    )?
    [ ]*(?:(?<![^ \n])\#[^\n]*)?(?:\n|\Z)
    """,
    re.ASCII | re.MULTILINE | re.VERBOSE,
)
"""Indentation; a dash; a key; a value with all of its lines: plain, block, quoted, flow; a comment.

What is deeper than a block scalar's first line has to begin as that does, hence `\\5`.
"""

_WIDE: Final = regex(rf"(?:\A|[\n\r])[ \t?:-]{{{DEPTH // 8}}}")
"""What may stand before the first key of a block collection that is nested deep."""

_END: Final = regex(r"^[^ \n#]", re.MULTILINE)


def is_small(text: str) -> bool:
    """Whether a text is certainly within the limits of what is read, without a look at its nodes.

    A block collection begins in another column than the one around it, but for a list that stands
    right below its key. Others have a bracket, but for a single pair between two of them. So a
    text is nested at most twice as deep as it has columns before a key, and brackets.
    """
    brackets = text.count("[") + text.count("{")
    return len(text) < NODES // 4 and brackets < DEPTH // 4 and not _WIDE.search(text)


def skip_block(text: str, key: str) -> str | None:
    """The text with `{}` in the place of the block mapping below a top-level key, as long as it.

    None where there is no such block, or where a reader might have anything to say about it.
    """
    above = _top_level(key).search(text)
    if above is None:
        return None
    # Nodes are counted by those who make them; this is more than there can be.
    if 6 * text.count("\n") + text.count(",") > NODES:
        return None
    start = above.end()
    below = _END.search(text, start)
    end = len(text) if below is None else below.start()
    if end - start < len(" {}\n") or not _is_in_order(text, start, end):
        return None
    return text[:start] + " {}".ljust(end - start - 1) + "\n" + text[end:]


@lru_cache(maxsize=8)
def _top_level(key: str) -> re.Pattern[str]:
    return re.compile(rf"^{key}:[ ]*\n", re.MULTILINE)


def _is_in_order(text: str, start: int, end: int) -> bool:
    """Whether a block mapping stands there, well-formed and without duplicate keys."""
    if any(text.find(odd, start, end) >= 0 for odd in ("\t", "\r", "{{", "<<", "\\/")):
        return False
    # What Kubernetes' decoder refuses, though it is YAML: see `reading/refused.py`.
    if NOT_FINITE.search(text, start, end):
        return False
    # A mapping counts twice its column and a list one more, because a list may stand in the column
    # of the key that it belongs to. The first of them is the top level.
    rank, names = 0, set[str]()
    above: list[tuple[int, set[str]]] = []
    awaited = True
    position = start
    for line in _LINE.finditer(text, start, end):
        if line.start() != position:
            return False
        position = line.end()
        indent, dash, key, value, _ = line.groups()
        if not dash and not key:
            if value:
                return False
            continue
        begun = 2 * len(indent) + (1 if dash else 0)
        while rank > begun:
            rank, names = above.pop()
            awaited = False
        if rank < begun:
            if not awaited or len(above) > DEPTH // 2:
                return False
            above.append((rank, names))
            rank, names = begun, set()
        if dash and key:
            above.append((rank, names))
            rank, names = begun + 3, set()
        if key:
            if key in names or key in NULL_WORDS:
                return False
            names.add(key)
        awaited = not value
    return position == end and bool(above)
