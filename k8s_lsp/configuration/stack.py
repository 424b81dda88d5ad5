"""Which settings hold for a file: those of several sources, laid one above the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import NamedTuple

from k8s_lsp.configuration.amounts import resources_of
from k8s_lsp.configuration.choices import FILE_NAME, Configuration, Values
from k8s_lsp.configuration.patterns import Patterns, matches, parse_patterns
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import (
    AdmissionPolicies,
    Level,
    OptionValue,
    OwnImage,
    OwnKind,
    OwnPlace,
    Settings,
)

_DEFAULTS = Settings()


class Layer(NamedTuple):
    """What one source chose, and the folder that its patterns speak of."""

    values: Values
    folder: PurePath | None = None


@dataclass(frozen=True, eq=False)
class SettingsStack:
    """All that holds for some files, the weakest source first."""

    layers: tuple[Layer, ...] = ()

    @cached_property
    def settings(self) -> Settings:
        """The choice that they make together: key by key, and rule by rule."""
        return settings_of(self._values)

    @property
    def judges_closed_files(self) -> bool:
        """Whether an editor is to show what is wrong with files that are not open."""
        chosen: bool = self._values.get("workspace", {}).get("diagnostics", False)
        return chosen

    @cached_property
    def _values(self) -> Values:
        values: Values = {}
        for layer in self.layers:
            values = _merged(values, layer.values)
        return values

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
        return self._exclude is not None and matches(*self._exclude, path, is_folder)

    def settings_for(self, path: PurePath | None) -> Settings:
        """The settings for one file: some rules may be off there."""
        if path is None or not self.ignores_some:
            return self.settings
        off = [
            slug
            for folder, patterns, slugs in self._ignore
            if matches(folder, patterns, path)
            for slug in slugs
        ]
        if not off:
            return self.settings
        return _without(self.settings, dict.fromkeys(off))

    @cached_property
    def _exclude(self) -> tuple[PurePath, Patterns] | None:
        layer = self._strongest("exclude")
        patterns = parse_patterns(layer.values["exclude"]) if layer is not None else None
        if layer is None or layer.folder is None or not patterns:
            return None
        return layer.folder, patterns

    @cached_property
    def _ignore(self) -> tuple[tuple[PurePath, Patterns, tuple[str, ...]], ...]:
        layer = self._strongest("ignore")
        if layer is None or layer.folder is None:
            return ()
        parts = ((parse_patterns([item["path"]]), item["rules"]) for item in layer.values["ignore"])
        return tuple((layer.folder, patterns, slugs) for patterns, slugs in parts if patterns)

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
        resources_of(values.get("resources", {})),
        registries,
        values.get("foreign-ignores", _DEFAULTS.foreign_ignores),
        tuple(options),
        tuple(_image_of(each) for each in values.get("images", ())),
        tuple(_kind_of(*each) for each in values.get("custom-resources", {}).items()),
        values.get("editor", {}).get("outline", _DEFAULTS.outline),
        values.get("editor", {}).get("completion", _DEFAULTS.completion),
        code_lens=values.get("editor", {}).get("code-lens", _DEFAULTS.code_lens),
        inlay_hints=values.get("editor", {}).get("inlay-hints", _DEFAULTS.inlay_hints),
        group_absent=values.get("editor", {}).get("group-absent", _DEFAULTS.group_absent),
        admission_policies=_policies_of(values.get("admission-policies", {})),
    )


def _policies_of(values: Values) -> AdmissionPolicies:
    defaults = _DEFAULTS.admission_policies
    return AdmissionPolicies(
        **values.get("actions", {}),
        failure_policy=values.get("failure-policy", defaults.failure_policy),
        exempt_namespaces=values.get("exempt-namespaces", defaults.exempt_namespaces),
        exempt_labels=values.get("exempt-labels", ()),
    )


def _kind_of(name: str, places: Values) -> OwnKind:
    group, _, kind = name.partition("/")
    own = (
        OwnPlace(path, chosen["type"], chosen.get("hardened", False))
        for path, chosen in places.items()
    )
    return OwnKind(group, kind, tuple(own))


def _image_of(chosen: Values) -> OwnImage:
    return OwnImage(
        chosen["name"],
        chosen["user"],
        chosen.get("group"),
        chosen.get("ports", ()),
        chosen.get("read-only", True),
        chosen.get("writes", ()),
        chosen.get("data", ()),
        chosen.get("capabilities", ()),
        chosen.get("token", False),
        chosen.get("instead"),
    )


# Files.


class ConfigurationFile(NamedTuple):
    """A configuration file and what it says."""

    path: Path
    configuration: Configuration

    @property
    def layer(self) -> Layer:
        """What the file chose; its patterns speak of its folder."""
        return Layer(self.configuration.values, self.path.parent)


class ConfigurationFiles:
    """The nearest configuration file of each folder; each is read once.

    `load` reads the file of that name, if there is one, and `is_top` says where the way up ends.
    How long the answers stay true, the caller knows: there is no way to forget them.
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
        for parent in (folder, *folder.parents):
            if parent in self._known:
                found = self._known[parent]
                break
            passed.append(parent)
            configuration = self._load(parent / FILE_NAME)
            if configuration is not None:
                found = ConfigurationFile(parent / FILE_NAME, configuration)
                break
            if self._is_top(parent):
                break
        self._known.update(dict.fromkeys(passed, found))
        return found
