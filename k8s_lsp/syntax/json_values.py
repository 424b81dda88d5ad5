"""Where a value ends that Kubernetes' decoder reads as JSON.

A text that begins with a brace is first read as JSON: one value after the other, with nothing or
blanks between them. Where that fails, it is read as YAML.

Source: `YAMLOrJSONDecoder` in k8s.io/apimachinery/pkg/util/yaml/decoder.go.
"""

import json
import re
from typing import Final

_BLANKS: Final = re.compile(r"[ \t\r\n]*")

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


_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
