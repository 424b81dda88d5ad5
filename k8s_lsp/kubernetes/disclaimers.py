"""What authors say of a value that looks like a credential: that it is none."""

import re
from collections.abc import Iterator
from typing import Final

from k8s_lsp.regexes import regex
from k8s_lsp.text import line_above, line_end, line_start

_NO_SECRET: Final = regex(
    r"\b(?:not?|isn.?t|aren.?t)(?: (?:an?|any|actually|really|considered|meant|to|be|truly|very))*"
    r" (?:secrets?|sensitive|confidential)\b(?!-)"
    r"|\bpublicly (?:available|documented|known|visible)\b"
    r"|\bpublic (?:credential|password|token|value)s?\b"
    r"|\b(?:is|are|it.?s) public\b(?! key)",
    re.IGNORECASE,
)
"""`These values are not secrets`, `the demo password is public`; not `do not commit secrets`."""

_NO_USE: Final = regex(
    r"(?:\b(?:not|never)|n['\u2019]t)"
    r"(?: (?:a|any|be|being|for|in|intended|it|meant|real|suitable|them|these|this|to|use[ds]?))*"
    r" production\b",
    re.IGNORECASE,
)
"""`Not meant to be used in production`, `do not use in production`."""


_MOST_LINES: Final = 20
"""How many lines of comments above a value are read: more are no word about one value."""


def is_disclaimed(text: str, *places: int) -> bool:
    """Whether a comment says that a value is no secret, on one of some lines or directly above.

    That it is for no production says the same: there is nothing that it opens.
    """
    for place in places:
        words = " ".join(_comments_at(text, place))
        if words and (_NO_SECRET.search(words) or _NO_USE.search(words)):
            return True
    return False


def _comments_at(text: str, place: int) -> Iterator[str]:
    """The comments above the line of a place, from the first on, and the one at its end."""
    above: list[str] = []
    line = line_above(text, line_start(text, place))
    while line is not None and len(above) < _MOST_LINES:
        content = text[line : line_end(text, line)].strip()
        if not content.startswith("#"):
            break
        above.append(content.lstrip("# "))
        line = line_above(text, line)
    yield from reversed(above)
    _, mark, comment = text[place : line_end(text, place)].partition(" #")
    if mark:
        yield comment.strip("# ")
