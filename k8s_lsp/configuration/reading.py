"""Reads settings as people write them: what was chosen, and what is wrong with it."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from k8s_lsp.configuration import messages
from k8s_lsp.configuration.amounts import is_above
from k8s_lsp.configuration.choices import ConfigError, Configuration, Values
from k8s_lsp.configuration.patterns import MOST_PATTERNS, parse_patterns
from k8s_lsp.configuration.schema import SCHEMA, Schema
from k8s_lsp.configuration.words import meant_word
from k8s_lsp.kubernetes.fields import Field, Path, root_field
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.versions import NEWEST, is_newer_than_known, version_of
from k8s_lsp.syntax import nodes, scalars
from k8s_lsp.syntax.limits import LIMITS
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut, offsets_of
from k8s_lsp.text import Span, first_line, line_end, line_start

CLIENT_KEYS = frozenset({"importStrategy", "interpreter", "path", "server", "trace"})
"""What only the client reads of the editor's settings."""


def read(text: str, schema: Schema = SCHEMA) -> Configuration:
    """Read a configuration file; never raises. What is right counts, whatever else is wrong."""
    return _read(text, _Reader(schema))


def read_value(value: object, schema: Schema = SCHEMA) -> Configuration:
    """Read settings that an editor sends as JSON; what it says nothing about, it may call null.

    `ConfigError.path` says where an error is; its span means nothing.
    """
    if value is None:
        return Configuration()
    if isinstance(value, Mapping):
        value = {key: each for key, each in value.items() if key not in CLIENT_KEYS}
    # JSON is YAML, so that one reader serves both.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _read(text, _Reader(schema, is_json=True))


def _read(text: str, reader: "_Reader") -> Configuration:
    first, *others = cut(text)
    tree = parse(first.text)
    errors = reader.errors
    values: Values = {}
    if tree.limit is not None:
        errors.append(ConfigError(Span(0, 0), LIMITS[tree.limit]))
    if tree.roots:
        values = reader.read(root_field(tree.roots[0]), reader.schema) or {}
    for offset, unit in zip(offsets_of((first, *others))[1:], others, strict=True):
        for root in parse(unit.text).roots:
            place = first_line(text, root.span.shifted(offset))
            errors.append(ConfigError(place, "only the first document counts"))
    for problem in tree.problems:
        if problem.is_of_kubectl:
            # It reads no settings.
            continue
        # What else looks wrong in that line is a consequence; where something is missing, so is
        # what looks wrong in the line before.
        start, end = problem.span
        begin = start if text[start:end].strip() else len(text[:start].rstrip())
        line = Span(line_start(text, begin), line_end(text, start))
        errors[:] = [each for each in errors if not each.span.touches(line)]
        errors.append(ConfigError(problem.span, problem.message))
    return Configuration(text, values, tuple(sorted(dict.fromkeys(errors))))


class _Reader:
    """Goes down a tree and a schema together."""

    def __init__(self, schema: Schema, is_json: bool = False) -> None:
        self.schema = schema
        self.is_json = is_json
        self.errors: list[ConfigError] = []
        self.patterns_weight = 0.0

    def read(self, place: Field, schema: Schema) -> Any:
        """What stands at a place; None where that is nothing, or nothing that makes sense."""
        node = place.node
        if node is None:
            if not (self.is_json or schema.kind in ("mapping", "list")):
                self.report_value(place, f"expected {messages.expected(schema)}, found nothing")
            return None
        if schema.kind == "mapping":
            if isinstance(node, nodes.Mapping):
                return self.read_mapping(place, node, schema)
            if schema.shorthand and isinstance(node, nodes.Scalar):
                chosen = self.read(place, schema.keys[schema.shorthand])
                return None if chosen is None else {schema.shorthand: chosen}
        elif schema.kind == "list":
            if isinstance(node, nodes.Sequence) and schema.item is not None:
                items = [self.read(item, schema.item) for item in place.items()]
                return tuple(each for each in items if each is not None)
        elif isinstance(node, nodes.Scalar):
            return self.read_scalar(place, node, schema)
        self.report_value(
            place, f"expected {messages.expected(schema)}, found {messages.found(node)}"
        )
        return None

    def read_mapping(self, place: Field, node: nodes.Mapping, schema: Schema) -> Values | None:
        """What is chosen by the known keys of a mapping; None where a required one is not there."""
        for entry in node.entries:
            if not isinstance(entry.key, nodes.Scalar):
                self.report(entry.key.span, f"expected the name of a {schema.key_noun}", place.path)
        names = [key.value for key, _ in node.entries if isinstance(key, nodes.Scalar)]
        for name, count in Counter(names).items():
            if count > 1 and (name in schema.keys or schema.key is not None):
                keys = (key for key, _ in node.entries if isinstance(key, nodes.Scalar))
                first = next(key for key in keys if key.value == name)
                self.report(first.span, f'"{name}" is given again below, which counts', place.path)
        values: Values = {}
        for child in sorted(place.entries(), key=_position):
            name = str(child.path[-1])
            known = self.read_key(child, name, schema)
            if known is None:
                continue
            value = self.read(child, known)
            if value is not None:
                values[name] = value
        missing = [name for name in schema.required if not place.get(name).present]
        if missing and not node.open:
            self.report_value(place, f"{' and '.join(missing)} must be given")
        if any(name not in values for name in schema.required):
            return None
        if place.path == ("resources",):
            self.check_amounts(place, values)
        return values

    def read_key(self, child: Field, name: str, schema: Schema) -> Schema | None:
        """What may stand at a key of a mapping; None where there may be no such key."""
        meant, mistake = None, ""
        if schema.key is None:
            known = schema.keys.get(name)
            if known is None:
                mistake = messages.unknown_key(name, schema)
                meant = meant_word(name, schema.keys)
        else:
            mistake = messages.text_mistake(name, schema.key) or ""
            known = None if mistake else schema.item
        if known is None and child.key is not None:
            self.report(child.key.span, mistake, child.path[:-1], meant=meant)
        return known

    def check_amounts(self, place: Field, values: Values) -> None:
        """Leave out the requests that are above their limits: the API server rejects them."""
        for name, request in list(values.get("requests", {}).items()):
            limit = values.get("limits", {}).get(name)
            if limit is not None and is_above(request, limit):
                self.report_value(
                    place.get("requests", name), f"{request} is above the limit of {limit}"
                )
                del values["requests"][name]

    def read_scalar(self, place: Field, node: nodes.Scalar, schema: Schema) -> Any:
        """The value of a scalar; None where it makes no sense."""
        text, found, meant = node.value, None, None
        if schema.kind == "word":
            if text in schema.words:
                return text
            found = messages.unknown_word(text, schema)
            meant = meant_word(text, schema.words)
        elif schema.kind == "version":
            return self.read_version(place, node)
        elif schema.kind == "quantity":
            amount = quantity(text)
            if amount is None or amount <= 0:
                found = f'"{text}" is not a positive Kubernetes quantity, such as {schema.default}'
            elif place.path[-1] != "cpu" and amount.denominator != 1:
                found = f'"{text}" is not a whole number of bytes; did you mean {schema.default}?'
                meant = schema.default
            else:
                return text
        elif schema.kind == "boolean":
            if not node.style and text in schema.words:
                return text == "true"
        elif schema.kind == "integer":
            if (whole := scalars.integer(node)) is not None:
                least, most = schema.bounds or (whole, whole)
                if least <= whole <= most:
                    return whole
                found = f"{whole} is not between {least} and {most}"
        # No engine fills settings in: a pattern may hold braces that are the name of a folder.
        elif node.style == "{{" or scalars.is_string(node):
            if schema.kind != "pattern":
                if (found := messages.text_mistake(text, schema)) is None:
                    return text
                self.report_value(place, found)
                return None
            patterns = parse_patterns([text])
            if patterns is None:
                found = f'"{text}" is not a pattern that .gitignore could hold'
            else:
                before = self.patterns_weight
                self.patterns_weight += sum(pattern.weight for pattern in patterns)
                if self.patterns_weight <= MOST_PATTERNS:
                    return text
                if before > MOST_PATTERNS:
                    # It was said of the first.
                    return None
                found = "from here on there are more or longer patterns than one file may hold"
        self.report_value(
            place,
            found or f"expected {messages.expected(schema)}, found {messages.found(node)}",
            meant=meant,
        )
        return None

    def read_version(self, place: Field, node: nodes.Scalar) -> str | None:
        """A Kubernetes version as it is written; one that is too new is only warned of."""
        text = node.value
        if self.is_json and not scalars.is_string(node):
            self.report_value(
                place, 'expected a string such as "1.30": as a JSON number that would be 1.3'
            )
            return None
        try:
            version_of(text)
        except ValueError as error:
            self.report_value(place, str(error))
            return None
        if is_newer_than_known(text):
            message = f"newer than {NEWEST}, the newest version that these rules know; it counts"
            self.report_value(place, f"{message} as {NEWEST}", is_warning=True)
        return text

    def report_value(
        self, place: Field, message: str, is_warning: bool = False, meant: str | None = None
    ) -> None:
        """Report an error at a value; at its key where the value is empty or covers lines."""
        written = place.written
        is_token = isinstance(written, nodes.Scalar | nodes.Alias)
        span = place.span if is_token or place.key is None else place.key.span
        self.report(span, message, place.path, is_warning, meant)

    def report(
        self,
        span: Span,
        message: str,
        path: Path,
        is_warning: bool = False,
        meant: str | None = None,
    ) -> None:
        """Report an error at a span, in one line."""
        error = ConfigError(span, " ".join(message.split()), path, is_warning, meant)
        self.errors.append(error)


def _position(child: Field) -> Span:
    return child.key.span if child.key is not None else child.span
