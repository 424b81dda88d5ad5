"""Objects of our own making, as YAML that people read and `kubectl apply` takes."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][\w./-]*", re.IGNORECASE)
"""Words that no version of YAML reads as anything but text."""


_BLOCK = re.compile(r"[!-~][ -~]*(?:\n[ -~]*)*\n[ ]*[!-~][ -~]*")
"""Text of several lines that a block holds as it is: neither its first nor its last is blank."""


def yaml_text(objects: list[Mapping[str, Any]]) -> str:
    """The objects as documents of one text; values are maps, lists, text, numbers and booleans.

    Text of several lines stands in a block, so that expressions can be read.
    """
    return "---\n".join("".join(f"{line}\n" for line in _mapping(each)) for each in objects)


def _mapping(mapping: Mapping[str, Any]) -> Iterator[str]:
    for key, value in mapping.items():
        name = _scalar(key)
        if isinstance(value, Mapping) and value:
            yield f"{name}:"
            yield from (f"  {line}" for line in _mapping(value))
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            yield f"{name}:"
            yield from (f"  {line}" for line in _list(value))
        elif isinstance(value, str) and _BLOCK.fullmatch(value):
            yield f"{name}: |-"
            yield from (f"  {line}" for line in value.split("\n"))
        else:
            yield f"{name}: {_scalar(value)}"


def _list(items: list[Any]) -> Iterator[str]:
    for item in items:
        lines = list(_mapping(item)) if isinstance(item, Mapping) and item else [_scalar(item)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def _scalar(value: Any) -> str:
    """A value on one line; JSON is YAML."""
    if isinstance(value, list):
        return f"[{', '.join(map(_scalar, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
