"""Which settings hold for which file: the command line's, and those of configuration files."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from k8s_lsp.configuration.choices import FILE_NAME, Configuration, Values
from k8s_lsp.configuration.stack import ConfigurationFile, ConfigurationFiles, Layer, SettingsStack
from k8s_lsp.files.configuration_files import read_configuration
from k8s_lsp.files.paths import from_here, is_repository
from k8s_lsp.files.walking import FoundFile
from k8s_lsp.settings import Settings


class Broken(NamedTuple):
    """A configuration file with mistakes, by its name in the output.

    Its configuration has no text where it could not be read at all.
    """

    path: str
    configuration: Configuration


class Configurations:
    """The settings of every file of one run; each configuration file is read once.

    `chosen` is what the command line says. `only` is the one configuration file that counts, or
    None where the did_you_mean one of each file does.
    """

    def __init__(self, chosen: Values, *, only: Path | None = None, use_files: bool = True) -> None:
        self._chosen = Layer(chosen)
        self._files = ConfigurationFiles(self._load, is_repository)
        self._read: dict[Path, Configuration] = {}
        self._layers: dict[Path | None, SettingsStack] = {}
        self._use_files = use_files
        self._only = None
        if only is not None:
            place = only.resolve()
            self._only = ConfigurationFile(place, self._load(place) or Configuration())

    def of(self, folder: str) -> SettingsStack:
        """What holds for the files of a folder, whose path is absolute."""
        file = self._only
        if file is None and self._use_files:
            file = self._files.nearest(Path(folder))
        place = None if file is None else file.path
        layers = self._layers.get(place)
        if layers is None:
            chosen = (self._chosen,) if file is None else (file.layer, self._chosen)
            layers = self._layers[place] = SettingsStack(chosen)
        return layers

    def settings_for(self, file: FoundFile) -> Settings:
        """The settings for one file; standard input stands where its name says."""
        source, folder, layers = file
        name = source.path.rpartition("/")[2]
        if name == FILE_NAME:
            # A user who names a configuration file wants to know what is wrong with it.
            self._load(Path(folder, FILE_NAME))
        return layers.settings_for(Path(folder, name)) if layers.ignores_some else layers.settings

    def broken(self) -> Iterator[Broken]:
        """The files with mistakes among those that were read so far."""
        for place, configuration in sorted(self._read.items()):
            if configuration.errors:
                yield Broken(from_here(str(place)), configuration)

    def _load(self, place: Path) -> Configuration | None:
        known = self._read.get(place)
        if known is not None:
            return known
        try:
            configuration = read_configuration(place)
        except OSError:
            # The folder may not be looked into: what holds for it cannot be known.
            return None
        if configuration is not None:
            self._read[place] = configuration
        return configuration
