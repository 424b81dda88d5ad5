"""What one types: a value is changed, three lines are written, and all of it is taken back.

About half of the states on the way are no YAML, as whenever a person types.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from tests.benchmarks.manifests import Manifest


class Keystroke(NamedTuple):
    """One change: as the protocol has it, the text after it, and the document it happened in."""

    change: dict[str, Any]
    text: str
    document: str


def written(manifest: Manifest) -> list[str]:
    """What is typed, key by key; an editor indents a new line by itself."""
    line = manifest.text[manifest.text.rfind("\n", 0, manifest.place) + 1 : manifest.place]
    indent = " " * (len(line) - len(line.lstrip(" -")))
    return [
        *"-rc",
        f"\n{indent}",
        *'command: ["/web"]',
        f"\n{indent}",
        *"securityContext:",
        f"\n{indent}  ",
        *"runAsUser: 0",
    ]


def keystrokes(manifest: Manifest, keys: Sequence[str]) -> Iterator[Keystroke]:
    """Type the keys, and take them back one by one: at the end the text is what it was."""
    text = manifest.text
    start, end = manifest.document
    places = list(accumulate(map(len, keys), initial=manifest.place))
    strokes = [
        *((at, at, key) for at, key in zip(places, keys, strict=False)),
        *((at, to, "") for at, to in reversed(list(pairwise(places)))),
    ]
    for at, to, new in strokes:
        change = {"range": {"start": _position(text, at), "end": _position(text, to)}, "text": new}
        text = text[:at] + new + text[to:]
        grown = len(text) - len(manifest.text)
        yield Keystroke(change, text, text[start : end + grown])


def _position(text: str, offset: int) -> dict[str, int]:
    """The position of an offset; the texts are ASCII, so that all encodings agree."""
    line_start = text.rfind("\n", 0, offset) + 1
    return {"line": text.count("\n", 0, offset), "character": offset - line_start}
