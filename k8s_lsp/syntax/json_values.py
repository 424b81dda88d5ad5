"""Where a value ends that Kubernetes' decoder reads as JSON.

A text that begins with a brace is first read as JSON: one value after the other, with nothing or
blanks between them. Where that fails, it is read as YAML.

Source: `YAMLOrJSONDecoder` in k8s.io/apimachinery/pkg/util/yaml/decoder.go.
"""

import json
import re
from array import array
from typing import Any, Final, NamedTuple

from k8s_lsp.regexes import regex

_BLANKS: Final = regex(r"[ \t\r\n]*")

_BRACE: Final = re.compile(r"\ufeff?[ \t\r\n]*\{")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _forget(number: str) -> int:
    return len(number)


_DECODER: Final = json.JSONDecoder(
    parse_constant=_refuse, parse_int=_forget, parse_float=_forget, object_pairs_hook=len
)
"""Knows JSON as Go does, and keeps nothing of it."""


def begins_with_brace(text: str) -> bool:
    """Whether the decoder tries to read a text as JSON."""
    return _BRACE.match(text) is not None


def json_end(text: str, start: int = 0) -> int | None:
    """Where the JSON value ends that begins at an offset or behind blanks there.

    None where none does. A byte order mark may begin the text.
    """
    start = 1 if start == 0 and text.startswith("\ufeff") else start
    blanks = _BLANKS.match(text, start)
    assert blanks is not None, "it matches everywhere"
    try:
        _, end = _DECODER.raw_decode(text, blanks.end())
    except (ValueError, RecursionError):
        return None
    return end


def json_string(written: str) -> str:
    """The text that a string of JSON stands for; half of a surrogate pair is U+FFFD, as in Go."""
    value: str = json.loads(written, strict=False)
    return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)


_LONE_SURROGATE: Final = regex("[\ud800-\udfff]")


class JsonItems(NamedTuple):
    """The items of a List in JSON, each an object, by where they begin and end.

    `api_version` and `kind` are those that the List gives them: both are empty where it is a plain
    List, whose items say what they are. The numbers stand in arrays: there may be a million.
    """

    api_version: str
    kind: str
    starts: "array[int]"
    ends: "array[int]"


def json_items(text: str) -> JsonItems | None:
    """The items of a text that is one List in JSON from beginning to end; None for any other text.

    It is read once, and nothing of it is kept. A key that comes twice, or that no List has, leaves
    it to the caller to read the text as a whole, and so does an item that is no object.
    """
    position = 1 if text.startswith("\ufeff") else 0
    try:
        place = _at(text, position, "{")
        end = position
        values: dict[str, Any] = {}
        while place is not None:
            place = _at(text, place, '"')
            if place is None:
                return None
            key, end = _STRINGS.raw_decode(text, place - 1)
            colon = _at(text, end, ":")
            if colon is None or key in values or key not in _LIST_KEYS:
                return None
            values[key], end = _value_of_list(text, colon, key)
            place = _at(text, end, ",")
        closed = _at(text, end, "}")
    except (ValueError, RecursionError):
        return None
    is_whole = closed is not None and _behind_blanks(text, closed) == len(text)
    api_version, kind, items = (values.get(key) for key in ("apiVersion", "kind", "items"))
    if not is_whole or not isinstance(kind, str) or not isinstance(api_version, str):
        return None
    if not kind.endswith("List") or items is None:
        return None
    of_items = kind.removesuffix("List")
    return JsonItems(api_version if of_items else "", of_items, *items)


_LIST_KEYS: Final = frozenset({"apiVersion", "items", "kind", "metadata"})
"""The keys of a List: those of TypeMeta and ListMeta, and its items."""

_STRINGS: Final = json.JSONDecoder()


def _value_of_list(text: str, position: int, key: str) -> tuple[Any, int]:
    """The value of a key of a List behind its colon, and where it ends; raises ValueError."""
    position = _behind_blanks(text, position)
    if key == "items":
        return _places_of_items(text, position)
    decoder = _DECODER if key == "metadata" else _STRINGS
    return decoder.raw_decode(text, position)


def _places_of_items(text: str, position: int) -> tuple[Any, int]:
    """Where the items begin and end whose bracket stands at an offset, and where theirs ends."""
    starts, ends = array("Q"), array("Q")
    place = _at(text, position, "[")
    if place is None:
        raise ValueError("the items are no list")
    while place is not None:
        start = _at(text, place, "{")
        if start is None:
            raise ValueError("an item is no object")
        _, end = _DECODER.raw_decode(text, start - 1)
        starts.append(start - 1)
        ends.append(end)
        place = _at(text, end, ",")
    closed = _at(text, ends[-1], "]")
    if closed is None:
        raise ValueError("the items have no end")
    return (starts, ends), closed


def _at(text: str, position: int, sign: str) -> int | None:
    """The offset behind a sign that stands at an offset or behind blanks there; None if not."""
    position = _behind_blanks(text, position)
    return position + 1 if text.startswith(sign, position) else None


def _behind_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    assert blanks is not None, "it matches everywhere"
    return blanks.end()
