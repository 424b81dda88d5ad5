"""Settings as people write them: what may be chosen, what was, and where that is a mistake.

`SHAPE` is the one description. Reading, the JSON schema, completion and hover all go by it, and
what it says of rules is what the rules declare.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from k8s_lsp.kubernetes.fields import Field, path_text, root_field
from k8s_lsp.kubernetes.fields import Path as Place
from k8s_lsp.kubernetes.quantities import quantity
from k8s_lsp.kubernetes.versions import NEWEST, is_newer_than_known, version_of
from k8s_lsp.rules.base import Option, Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import Level, OptionValue, Profile, Resources, Settings
from k8s_lsp.syntax import nodes, scalars
from k8s_lsp.syntax.limits import LIMITS
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Span, first_line, line_end, line_start

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE_NAME = ".k8s-lsp.yaml"

CLIENT_KEYS = frozenset({"importStrategy", "interpreter", "path", "server", "trace"})
"""What only the client reads of the editor's settings."""

Values = dict[str, Any]
"""What was chosen, as far as it makes sense, in the structure of SHAPE; a rule is a mapping."""


# What may be chosen.


@dataclass(frozen=True, eq=False)
class Shape:
    """What may stand at one place of the settings.

    `noun` is what the keys of a mapping name, `needed` are those that it cannot do without, and
    `short` is the one that a scalar in the mapping's place stands for.
    """

    kind: Literal[
        "mapping", "list", "word", "version", "quantity", "boolean", "integer", "string", "pattern"
    ]
    doc: str = ""
    default: str = ""
    keys: Mapping[str, "Shape"] = field(default_factory=dict)
    noun: str = "setting"
    needed: tuple[str, ...] = ()
    short: str = ""
    item: "Shape | None" = None
    words: tuple[str, ...] = ()
    rule: Rule | None = None


_LEVELS: tuple[str, ...] = get_args(Level)
_BOOLEANS = ("true", "false")
_DEFAULTS = Settings()
_SIDES = ("limits", "requests")
_AMOUNTS = ("cpu", "memory", "ephemeral-storage")


def shape_of_rules(rules: Sequence[Rule] = RULES) -> Shape:
    """What may be chosen where these rules exist."""
    slugs = tuple(rule.slug for rule in rules)
    keys = {
        "profile": Shape(
            "word",
            "Which rules run. `recommended` is the catalogue's own choice, `baseline` and "
            "`restricted` are exactly these levels of the Pod Security Standards, `all` is every "
            "rule.",
            _DEFAULTS.profile,
            words=get_args(Profile),
        ),
        "kubernetes-version": Shape(
            "version",
            "The Kubernetes minor version to judge by, such as 1.34, or `latest`.",
            _DEFAULTS.kubernetes_version,
        ),
        "rules": Shape(
            "mapping",
            "A severity for single rules, whatever the profile says; `off` switches one off. A "
            "rule that has options takes a mapping.",
            keys={rule.slug: _shape_of(rule) for rule in rules},
            noun="rule",
        ),
        "resources": Shape(
            "mapping",
            "The amounts that fixes insert where a container has no limits or requests.",
            keys={
                side: Shape(
                    "mapping",
                    f"The {side} to insert, as Kubernetes quantities.",
                    keys={
                        name: Shape(
                            "quantity",
                            f"A quantity such as {_amount(side, name)}.",
                            _amount(side, name),
                        )
                        for name in _AMOUNTS
                    },
                    noun="resource",
                )
                for side in _SIDES
            },
        ),
        "exclude": Shape(
            "list",
            "Files and folders to leave out, in the syntax of .gitignore, relative to this file's "
            "folder. A file that is named on the command line is checked all the same.",
            item=Shape("pattern"),
        ),
        "ignore": Shape(
            "list",
            "Rules that are off for some files: for JSON and generated files, which carry no "
            "comments.",
            item=Shape(
                "mapping",
                keys={
                    "path": Shape(
                        "pattern",
                        "Which files, in the syntax of .gitignore, relative to this file's folder.",
                    ),
                    "rules": Shape(
                        "list", "Which rules are off there.", item=Shape("word", words=slugs)
                    ),
                },
                needed=("path", "rules"),
            ),
        ),
        "foreign-ignores": Shape(
            "boolean",
            "Whether the suppressions of other tools (`checkov.io/skip…`, `trivy:ignore`, …) are "
            "honoured.",
            "true",
            words=_BOOLEANS,
        ),
    }
    return Shape("mapping", "Settings of k8s-lsp.", keys=keys)


def _shape_of(rule: Rule) -> Shape:
    severity = Shape("word", "How grave it is, or `off`.", rule.severity, words=_LEVELS)
    options = {option.name: _shape_of_option(option) for option in rule.options}
    return Shape(
        "mapping",
        rule.summary,
        rule.severity,
        keys={"severity": severity, **options},
        noun="option",
        short="severity",
        rule=rule,
    )


def _shape_of_option(option: Option) -> Shape:
    doc = f"{option.doc[0].upper()}{option.doc[1:]}."
    if option.type == "strings":
        return Shape("list", doc, item=Shape("string"))
    words = _BOOLEANS if option.type == "boolean" else ()
    return Shape(option.type, doc, _scalar_text(option.default), words=words)


def _scalar_text(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _amount(side: str, name: str) -> str:
    return str(getattr(_DEFAULTS.resources, _amount_field(side, name)))


def _amount_field(side: str, name: str) -> str:
    return f"{name.replace('-', '_')}_{side[:-1]}"


SHAPE = shape_of_rules()


# What was chosen.


class Mistake(NamedTuple):
    """What makes no sense in some settings, at one token; a warning is followed all the same."""

    span: Span
    message: str
    place: Place = ()
    is_warning: bool = False


@dataclass(frozen=True, eq=False)
class Configuration:
    """One source of settings: what it chooses, and what is wrong with it, in order."""

    text: str = ""
    values: Values = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()


def read(text: str, shape: Shape = SHAPE) -> Configuration:
    """Read a configuration file; never raises. What is right counts, whatever else is wrong."""
    return _read(text, _Reader(shape))


def read_value(value: object, shape: Shape = SHAPE) -> Configuration:
    """Read settings that an editor sends as JSON; what it says nothing about, it may call null.

    The places of the mistakes are those of `Mistake.place`; the spans mean nothing.
    """
    if value is None:
        return Configuration()
    if isinstance(value, Mapping):
        value = {key: each for key, each in value.items() if key not in CLIENT_KEYS}
    # JSON is YAML, so that one reader serves both.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _read(text, _Reader(shape, is_json=True))


def _read(text: str, reader: "_Reader") -> Configuration:
    tree = parse(text)
    mistakes = reader.mistakes
    values: Values = {}
    if tree.limit is not None:
        mistakes.append(Mistake(Span(0, 0), LIMITS[tree.limit]))
    if tree.roots:
        values = reader.value(root_field(tree.roots[0]), reader.shape) or {}
    for root in tree.roots[1:]:
        mistakes.append(Mistake(first_line(text, root.span), "only the first document counts"))
    for problem in tree.problems:
        # What else looks wrong in that line is a consequence; where something is missing, so is
        # what looks wrong in the line before.
        start, end = problem.span
        begin = start if text[start:end].strip() else len(text[:start].rstrip())
        line = Span(line_start(text, begin), line_end(text, start))
        mistakes[:] = [each for each in mistakes if not each.span.touches(line)]
        mistakes.append(Mistake(problem.span, problem.message))
    return Configuration(text, values, tuple(sorted(dict.fromkeys(mistakes))))


class _Reader:
    """Goes down a tree and a shape together."""

    def __init__(self, shape: Shape, is_json: bool = False) -> None:
        self.shape = shape
        self.is_json = is_json
        self.mistakes: list[Mistake] = []

    def value(self, place: Field, shape: Shape) -> Any:
        """What stands at a place; None where that is nothing, or nothing that makes sense."""
        node = place.node
        if node is None:
            if not (self.is_json or shape.kind in ("mapping", "list")):
                self.wrong(place, f"expected {_expected(shape)}, found nothing")
            return None
        if shape.kind == "mapping":
            if isinstance(node, nodes.Mapping):
                return self.mapping(place, node, shape)
            if shape.short and isinstance(node, nodes.Scalar):
                chosen = self.value(place, shape.keys[shape.short])
                return None if chosen is None else {shape.short: chosen}
        elif shape.kind == "list":
            if isinstance(node, nodes.Sequence) and shape.item is not None:
                read = [self.value(item, shape.item) for item in place.items()]
                return tuple(each for each in read if each is not None)
        elif isinstance(node, nodes.Scalar):
            return self.scalar(place, node, shape)
        self.wrong(place, f"expected {_expected(shape)}, found {_found(node)}")
        return None

    def mapping(self, place: Field, node: nodes.Mapping, shape: Shape) -> Values | None:
        for entry in node.entries:
            if not isinstance(entry.key, nodes.Scalar):
                self.note(entry.key.span, f"expected the name of a {shape.noun}", place.path)
        names = [key.value for key, _ in node.entries if isinstance(key, nodes.Scalar)]
        for name, count in Counter(names).items():
            if count > 1 and name in shape.keys:
                keys = (key for key, _ in node.entries if isinstance(key, nodes.Scalar))
                first = next(key for key in keys if key.value == name)
                self.note(first.span, f'"{name}" is given again below, which counts', place.path)
        values: Values = {}
        for child in sorted(place.entries(), key=_position):
            name = str(child.path[-1])
            known = shape.keys.get(name)
            if known is None:
                if child.key is not None:
                    self.note(child.key.span, _unknown(name, shape), place.path)
                continue
            value = self.value(child, known)
            if value is not None:
                values[name] = value
        missing = [name for name in shape.needed if not place.get(name).present]
        if missing and not node.open:
            self.wrong(place, f"{' and '.join(missing)} must be given")
        if any(name not in values for name in shape.needed):
            return None
        if place.path == ("resources",):
            self.check_amounts(place, values)
        return values

    def check_amounts(self, place: Field, values: Values) -> None:
        """A request above its limit is rejected by the API server."""
        for name, request in list(values.get("requests", {}).items()):
            limit = values.get("limits", {}).get(name)
            if limit is not None and _is_above(request, limit):
                self.wrong(place.get("requests", name), f"{request} is above the limit of {limit}")
                del values["requests"][name]

    def scalar(self, place: Field, node: nodes.Scalar, shape: Shape) -> Any:
        text, found = node.value, None
        if shape.kind == "word":
            if text in shape.words:
                return text
            found = _no_word(text, shape)
        elif shape.kind == "version":
            return self.version(place, node)
        elif shape.kind == "quantity":
            amount = quantity(text)
            if amount is None or amount <= 0:
                found = f'"{text}" is not a positive Kubernetes quantity, such as {shape.default}'
            elif place.path[-1] != "cpu" and amount.denominator != 1:
                found = f'"{text}" is not a whole number of bytes; did you mean {shape.default}?'
            else:
                return text
        elif shape.kind == "boolean":
            if not node.style and text in shape.words:
                return text == "true"
        elif shape.kind == "integer":
            if (whole := scalars.integer(node)) is not None:
                return whole
        elif scalars.is_string(node):
            if shape.kind == "string" or ignore_spec([text]) is not None:
                return text
            found = f'"{text}" is not a pattern that .gitignore could hold'
        self.wrong(place, found or f"expected {_expected(shape)}, found {_found(node)}")
        return None

    def version(self, place: Field, node: nodes.Scalar) -> str | None:
        text = node.value
        if self.is_json and not scalars.is_string(node):
            self.wrong(
                place, 'expected a string such as "1.30": as a JSON number that would be 1.3'
            )
            return None
        try:
            version_of(text)
        except ValueError as error:
            self.wrong(place, str(error))
            return None
        if is_newer_than_known(text):
            message = f"newer than {NEWEST}, the newest version that these rules know; it counts"
            self.wrong(place, f"{message} as {NEWEST}", is_warning=True)
        return text

    def wrong(self, place: Field, message: str, is_warning: bool = False) -> None:
        """Note a mistake at a value; at its key where the value is empty or covers lines."""
        written = place.written
        is_token = isinstance(written, nodes.Scalar | nodes.Alias)
        span = place.span if is_token or place.key is None else place.key.span
        self.note(span, message, place.path, is_warning)

    def note(self, span: Span, message: str, place: Place, is_warning: bool = False) -> None:
        self.mistakes.append(Mistake(span, " ".join(message.split()), place, is_warning))


def _position(child: Field) -> Span:
    return child.key.span if child.key is not None else child.span


def _expected(shape: Shape) -> str:
    if shape.kind == "word":
        return listed(shape.words) if len(shape.words) <= len(_LEVELS) else "a rule"
    if shape.kind == "mapping":
        return f"{listed(_LEVELS)}, or a mapping" if shape.short else "a mapping"
    return {
        "list": "a list",
        "version": "a version such as 1.34, or latest",
        "quantity": "a Kubernetes quantity",
        "boolean": "true or false",
        "integer": "a whole number",
        "string": "a string",
        "pattern": "a pattern",
    }[shape.kind]


def _found(node: nodes.Scalar | nodes.Mapping | nodes.Sequence) -> str:
    if isinstance(node, nodes.Scalar):
        return f'"{node.value}"'
    return "a mapping" if isinstance(node, nodes.Mapping) else "a list"


def _unknown(name: str, shape: Shape) -> str:
    near = nearest(name, shape.keys)
    if not near:
        near = f": {listed(tuple(shape.keys))}" if len(shape.keys) < 9 else "; see k8s-lsp rules"
    return f'there is no {shape.noun} "{name}"{near}'


def _no_word(text: str, shape: Shape) -> str:
    near = nearest(text, shape.words)
    if len(shape.words) <= len(_LEVELS):
        return f'"{text}" is not one of {listed(shape.words)}{near}'
    if text == "*":
        return '"*" is not a rule; to leave files out altogether, use exclude'
    return f'there is no rule "{text}"{near or "; see k8s-lsp rules"}'


def listed(words: Sequence[str]) -> str:
    """Alternatives as a sentence has them: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def nearest(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about a word that nobody knows: `; did you mean …?`, or nothing."""
    import difflib

    near = difflib.get_close_matches(word, list(words), 1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def one_line(mistake: Mistake) -> str:
    """A mistake with its place in words, for settings that are no text."""
    return f"{path_text(mistake.place) or 'settings'}: {mistake.message}"


# Several sources together.


class Layer(NamedTuple):
    """What one source chose, and the folder that its patterns speak of."""

    values: Values
    folder: PurePath | None = None


@dataclass(frozen=True, eq=False)
class Layers:
    """All that holds for some files, the weakest source first."""

    layers: tuple[Layer, ...] = ()

    @cached_property
    def settings(self) -> Settings:
        """The choice that they make together: key by key, and rule by rule."""
        values: Values = {}
        for layer in self.layers:
            values = _merged(values, layer.values)
        return settings_of(values)

    @property
    def excludes_some(self) -> bool:
        """Whether it is worth while to ask about each file."""
        return self._exclude is not None

    @property
    def ignores_some(self) -> bool:
        """Whether other settings may hold for some files."""
        return bool(self._ignore)

    def excludes(self, path: PurePath, *, is_folder: bool = False) -> bool:
        """Whether a file or folder is left out."""
        return self._exclude is not None and _matches(*self._exclude, path, is_folder)

    def settings_for(self, path: PurePath | None) -> Settings:
        """The settings for one file: some rules may be off there."""
        if path is None or not self.ignores_some:
            return self.settings
        off = [
            slug
            for folder, spec, slugs in self._ignore
            if _matches(folder, spec, path)
            for slug in slugs
        ]
        if not off:
            return self.settings
        return _without(self.settings, dict.fromkeys(off))

    @cached_property
    def _exclude(self) -> "tuple[PurePath, GitIgnoreSpec] | None":
        layer = self._strongest("exclude")
        spec = ignore_spec(layer.values["exclude"]) if layer is not None else None
        if layer is None or layer.folder is None or spec is None:
            return None
        return layer.folder, spec

    @cached_property
    def _ignore(self) -> "tuple[tuple[PurePath, GitIgnoreSpec, tuple[str, ...]], ...]":
        layer = self._strongest("ignore")
        if layer is None or layer.folder is None:
            return ()
        specs = ((ignore_spec([each["path"]]), each["rules"]) for each in layer.values["ignore"])
        return tuple((layer.folder, spec, slugs) for spec, slugs in specs if spec is not None)

    def _strongest(self, key: str) -> Layer | None:
        return next((layer for layer in reversed(self.layers) if key in layer.values), None)


def silenced(settings: Settings) -> Settings:
    """The same settings with every rule off."""
    return _without(settings, (rule.slug for rule in RULES))


def _without(settings: Settings, slugs: Iterable[str]) -> Settings:
    off: list[tuple[str, Level]] = [(slug, "off") for slug in slugs]
    return replace(settings, rules=(*settings.rules, *off))


def _merged(below: Values, above: Values) -> Values:
    values = dict(below)
    for key, value in above.items():
        known = values.get(key)
        both = isinstance(known, dict) and isinstance(value, dict)
        values[key] = _merged(known or {}, value) if both else value
    return values


def settings_of(values: Values) -> Settings:
    """The settings that were chosen, with defaults for the rest."""
    rules: list[tuple[str, Level]] = []
    options: list[tuple[str, str, OptionValue]] = []
    registries: tuple[str, ...] = ()
    for slug, chosen in values.get("rules", {}).items():
        for name, value in chosen.items():
            if name == "severity":
                rules.append((slug, value))
            elif (slug, name) == ("untrusted-image-registry", "registries"):
                registries = value
            else:
                options.append((slug, name, value))
    return Settings(
        values.get("profile", _DEFAULTS.profile),
        values.get("kubernetes-version", _DEFAULTS.kubernetes_version),
        tuple(rules),
        _resources(values.get("resources", {})),
        registries,
        values.get("foreign-ignores", _DEFAULTS.foreign_ignores),
        tuple(options),
    )


def _resources(values: Values) -> Resources:
    """The amounts to insert; a default gives way where it would contradict what was chosen."""
    amounts: dict[str, str] = {}
    for name in _AMOUNTS:
        limit, request = (values.get(side, {}).get(name) for side in _SIDES)
        above = _is_above(request or _amount("requests", name), limit or _amount("limits", name))
        if above and limit is not None:
            request = limit
        elif above:
            limit = request
        for side, amount in zip(_SIDES, (limit, request), strict=True):
            if amount is not None:
                amounts[_amount_field(side, name)] = amount
    return replace(_DEFAULTS.resources, **amounts)


def _is_above(request: str, limit: str) -> bool:
    return (quantity(request) or 0) > (quantity(limit) or 0)


# Files.


class ConfigurationFile(NamedTuple):
    """A configuration file and what it says."""

    place: Path
    configuration: Configuration

    @property
    def layer(self) -> Layer:
        """What the file chose; its patterns speak of its folder."""
        return Layer(self.configuration.values, self.place.parent)


class ConfigurationFiles:
    """The nearest configuration file of each folder; each is read once.

    `load` reads the file of that name, if there is one, and `is_top` says where the way up ends:
    whoever owns this value decides both, and how long it stays true.
    """

    def __init__(
        self, load: Callable[[Path], Configuration | None], is_top: Callable[[Path], bool]
    ) -> None:
        self._load = load
        self._is_top = is_top
        self._known: dict[Path, ConfigurationFile | None] = {}

    def nearest(self, folder: Path) -> ConfigurationFile | None:
        """The file that holds for a folder: its own, or else that of the nearest one above it."""
        passed: list[Path] = []
        found = None
        for each in (folder, *folder.parents):
            if each in self._known:
                found = self._known[each]
                break
            passed.append(each)
            configuration = self._load(each / FILE_NAME)
            if configuration is not None:
                found = ConfigurationFile(each / FILE_NAME, configuration)
                break
            if self._is_top(each):
                break
        self._known.update(dict.fromkeys(passed, found))
        return found


def ignore_spec(lines: Iterable[str]) -> "GitIgnoreSpec | None":
    """Patterns as git reads them; None where one of them is malformed."""
    # Most runs need no patterns, and this library takes half as long to load as all of ours.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return None


def _matches(
    folder: PurePath, spec: "GitIgnoreSpec", path: PurePath, is_folder: bool = False
) -> bool:
    """Whether a path below the folder is meant."""
    try:
        inside = path.relative_to(folder).as_posix()
    except ValueError:
        return False
    return bool(spec.check_file(inside + "/" * is_folder).include)


# The JSON schema.


def schema(shape: Shape = SHAPE) -> dict[str, Any]:
    """The JSON schema of a configuration file, for editors and checkers that know nothing of us.

    It is draft 7, the newest one that yaml-language-server reads whole. Whether a pattern or the
    relation of two amounts makes sense is more than it can say.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": FILE_NAME,
        "definitions": {"rule": {"anyOf": [{"enum": list(_LEVELS)}, _BARE_RULE]}},
        **_schema_of(shape),
    }


_BARE_RULE = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {"severity": {"enum": list(_LEVELS)}},
}
"""A rule without options, as a mapping."""

_VERSION_PATTERN = r"^(latest|v?0*[1-9][0-9]{0,3}\.[0-9]{1,4})$"
_QUANTITY_PATTERN = r"^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$"


def _schema_of(shape: Shape) -> dict[str, Any]:
    described: dict[str, Any] = {"description": shape.doc} if shape.doc else {}
    if shape.default and shape.kind != "mapping":
        described["default"] = shape.default == "true" if shape.kind == "boolean" else shape.default
    if shape.kind == "mapping":
        whole = {
            # A key without a value is an empty mapping, as it is while somebody types.
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {name: _schema_of(each) for name, each in shape.keys.items()},
        }
        if shape.needed:
            whole["required"] = list(shape.needed)
        if not shape.short:
            return {**described, **whole}
        if len(shape.keys) == 1:
            # Beside a bare reference, nothing else would count.
            return {**described, "allOf": [{"$ref": "#/definitions/rule"}]}
        return {**described, "anyOf": [_schema_of(shape.keys[shape.short]), whole]}
    if shape.kind == "list":
        items = _schema_of(shape.item) if shape.item is not None else {}
        return {**described, "type": ["array", "null"], "items": items}
    if shape.kind == "word":
        return {**described, "enum": list(shape.words)}
    if shape.kind == "version":
        # 1.34 without quotes is a number to a schema; the scalar's text is what counts.
        return {**described, "type": ["string", "number"], "pattern": _VERSION_PATTERN}
    if shape.kind == "quantity":
        return {
            **described,
            "type": ["string", "number"],
            "pattern": _QUANTITY_PATTERN,
            "exclusiveMinimum": 0,
        }
    return {**described, "type": "string" if shape.kind == "pattern" else shape.kind}


def shape_at(path: Place, shape: Shape = SHAPE) -> Shape | None:
    """What may stand at a place; None where nothing may."""
    found: Shape | None = shape
    for name in path:
        if found is None:
            return None
        found = found.item if isinstance(name, int) else found.keys.get(name)
    return found
