"""Values that the schema of a custom resource takes, made from others that it would refuse."""

import re
from typing import Any, Final

TEXTS: Final = (
    *("web", "1", "1h", "1Gi", "1.0.0", "9.0.0", "example.com/app:1.4.2", "http://example.com"),
    *("A", "/web", "Web", "a.b/c", "0 * * * *", "env.web", "s3://web/web", "10.0.0.0/24"),
)
"""What is tried where a pattern says how a text has to be."""


def complete(value: Any, schema: dict[str, Any]) -> Any:
    """The value with what its schema requires, and without what the schema does not know."""
    if isinstance(value, dict):
        return _complete_mapping(value, schema)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [complete(each, items) for each in value]
    return value


def _complete_mapping(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    is_open = schema.get("x-kubernetes-preserve-unknown-fields", False) or others is True
    whole: dict[str, Any] = {}
    for name, each in value.items():
        if name in properties:
            whole[name] = complete(each, properties[name])
        elif isinstance(others, dict):
            whole[name] = complete(each, others)
        elif is_open or not schema:
            whole[name] = each
    for name in _required(schema):
        if name not in whole and name in properties:
            whole[name] = least(properties[name])
    return whole


def _required(schema: dict[str, Any]) -> list[str]:
    """The names that have to be there, of alternatives those of the first."""
    names = list(schema.get("required", ()))
    for each in ("oneOf", "anyOf"):
        if schema.get(each):
            names += schema[each][0].get("required", ())
    return names


def least(schema: dict[str, Any]) -> Any:
    """A value as small as a schema lets one be."""
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("x-kubernetes-int-or-string"):
        return 1
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    if kind == "array":
        return [least(schema["items"]) for _ in range(schema.get("minItems", 0))]
    if kind == "string":
        return _text(schema)
    value = _complete_mapping({}, schema)
    if not value and schema.get("minProperties"):
        others = schema.get("additionalProperties")
        name, other = next(iter(schema.get("properties", {"web": others}).items()))
        value[name] = least(other)
    return value


def _text(schema: dict[str, Any]) -> str:
    pattern, form = schema.get("pattern", ""), schema.get("format")
    if form == "date-time":
        return "2026-01-01T00:00:00Z"
    texts = [each for each in TEXTS if re.search(pattern, each)] or ["web"]
    return texts[0].ljust(schema.get("minLength", 0), "b")
