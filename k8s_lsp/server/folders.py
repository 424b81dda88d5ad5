"""The folders that the client has open, and the settings that hold in them.

Configuration files are read here, and kept until `reload` says that they may have changed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pygls.uris import to_fs_path

from k8s_lsp.configuration.choices import FILE_NAME, Configuration, Values, one_line
from k8s_lsp.configuration.reading import read_value
from k8s_lsp.configuration.schema import INITIAL_SCHEMA
from k8s_lsp.configuration.stack import (
    ConfigurationFile,
    ConfigurationFiles,
    Layer,
    SettingsStack,
    silenced,
)
from k8s_lsp.files.configuration_files import read_configuration, unreadable
from k8s_lsp.files.errors import reason_of
from k8s_lsp.files.paths import is_repository
from k8s_lsp.files.reading import read_short_text
from k8s_lsp.files.roots import Roots
from k8s_lsp.settings import Settings
from k8s_lsp.workspace.index import FilePlace

SECTION = "k8s-lsp"
"""What the settings are called in an editor."""

LARGEST_FILE = 1_000_000
"""The longest configuration file that is read, in bytes."""


def is_settings_file(key: str) -> bool:
    """Whether an open text is a configuration file, by the key that stands for it."""
    return key.rpartition("/")[2] == FILE_NAME


class Choices(NamedTuple):
    """What the client has open and has chosen: all that another process needs to know of it.

    `initial` came when the server was started, and `editor` later, by the addresses of `folders`.
    """

    initial: Configuration = Configuration()
    editor: Mapping[str | None, Configuration] = {}
    folders: Mapping[str, Path] = {}


NO_CHOICES = Choices()


class Folders:
    """What the client chose, for all folders and for each of them, and what files chose.

    `scopes` are the addresses of the open folders; None stands for whatever lies outside of them.
    """

    def __init__(self, choices: Choices = NO_CHOICES) -> None:
        self.choices = choices
        # By their real paths, as files are known to the index.
        self._real: dict[str, str] = {}
        # By those and by the paths that the client gave, which may be links.
        self._either: dict[Path, str] = {}
        self._roots = Roots(frozenset(), are_bounds=True)
        self._files = ConfigurationFiles(_load, self._is_top)
        self._layers: dict[tuple[Path | None, Path | None], SettingsStack] = {}
        # All three are asked for again and again; `reload` forgets the answers.
        self._settings = lru_cache(maxsize=64)(self._settings_of)
        self._file = lru_cache(maxsize=64)(self._file_of)
        self._place = lru_cache(maxsize=256)(self._place_of)
        self.reload()

    @property
    def scopes(self) -> list[str | None]:
        """Whatever may have settings of its own in an editor."""
        return [None, *self.choices.folders]

    @property
    def paths(self) -> tuple[str, ...]:
        """The real paths of the open folders."""
        return tuple(self._real)

    @property
    def begins_with_closed_files(self) -> bool:
        """Whether a client has asked for findings of closed files when it started the server."""
        return SettingsStack((Layer(self.choices.initial.values, None),)).judges_closed_files

    @property
    def asks_for_status(self) -> bool:
        """Whether a client has asked for the state of its texts when it started the server."""
        return bool(self.choices.initial.values.get("status"))

    @property
    def has_message_buttons(self) -> bool:
        """Whether a client has said that its messages may have buttons, and hold nothing up."""
        return bool(self.choices.initial.values.get("message-buttons"))

    # What the client says.

    def initialized_with(self, options: object) -> None:
        """Take the settings that a client sends along when it starts the server."""
        self.choices = self.choices._replace(initial=read_value(options, INITIAL_SCHEMA))
        self.reload()

    def opened(self, folders: Iterable[str]) -> None:
        """Take the addresses of the folders that are open now."""
        paths = ((uri, path_of(uri)) for uri in folders)
        known = {uri: path for uri, path in paths if path is not None}
        self.choices = self.choices._replace(folders=known)
        self.reload()

    def take_settings(self, answers: Mapping[str | None, object]) -> None:
        """Take the editor's settings, by scope."""
        editor = {scope: read_value(value) for scope, value in answers.items()}
        self.choices = self.choices._replace(editor=editor)
        self.reload()

    def reload(self) -> None:
        """Forget what was read: the files may have changed."""
        self._files = ConfigurationFiles(_load, self._is_top)
        self._layers.clear()
        self._settings.cache_clear()
        self._file.cache_clear()
        self._place.cache_clear()
        folders = self.choices.folders.items()
        self._real = {os.path.realpath(path): uri for uri, path in folders}
        given = {path: uri for uri, path in folders}
        self._either = {**{Path(path): uri for path, uri in self._real.items()}, **given}
        self._roots = Roots(frozenset(self._real), are_bounds=True)

    def errors(self) -> list[str]:
        """What is wrong with the settings that the client sent, each in one line."""
        sources = (self.choices.initial, *self.choices.editor.values())
        return list(dict.fromkeys(one_line(error) for source in sources for error in source.errors))

    # What holds.

    def settings_for(self, uri: str) -> Settings:
        """The settings for one text; in one that is excluded, every rule is off."""
        return self._settings(uri)

    def excludes(self, uri: str) -> bool:
        """Whether a text is one of those that the settings leave out."""
        path = path_of(uri)
        return path is not None and self._layers_for(path).excludes(path)

    def file_for(self, uri: str) -> ConfigurationFile | None:
        """The configuration file that holds for a text."""
        return self._file(uri)

    def name_of(self, path: Path) -> str:
        """What people call a file: its path below the innermost open folder that holds it."""
        folder = self._holding(path)
        return str(path) if folder is None else path.relative_to(folder).as_posix()

    def layers_of(self, folder: str) -> SettingsStack:
        """What holds for the files of a folder, whose path is absolute."""
        return self._layers_for(Path(folder, FILE_NAME))

    # Where files stand.

    def place_of(self, uri: str) -> FilePlace | None:
        """Where a text stands among others; None for one that stands alone, outside of folders."""
        return self._place(uri)

    def place_in(self, folder: str, name: str) -> FilePlace | None:
        """The same for a file of a folder, whose path is real."""
        return self._roots.place_of(f"{folder}{os.sep}{name}")

    def place_of_path(self, path: str) -> FilePlace | None:
        """The same for a file by its real path."""
        return None if self._folder_of(path) is None else self._roots.place_of(path)

    def uri_of(self, path: str) -> str:
        """The address of a file by its real path, spelled as the client spells its folder."""
        place = os.path.normpath(path)
        folder = self._folder_of(place)
        if folder is None:
            return Path(place).as_uri()
        below = place[len(folder) :].lstrip(os.sep).replace(os.sep, "/")
        return f"{self._real[folder].rstrip('/')}/{quote(below)}"

    def _folder_of(self, path: str) -> str | None:
        """The innermost open folder that holds a file, both by their real paths."""
        holding = [
            folder for folder in self._real if path.startswith(folder.rstrip(os.sep) + os.sep)
        ]
        return max(holding, key=len, default=None)

    def _place_of(self, uri: str) -> FilePlace | None:
        path = path_of(uri)
        if path is None or not self._real:
            return None
        # A link may lead out of the folders, and then its own place counts.
        own = f"{os.path.realpath(path.parent)}{os.sep}{path.name}"
        return self.place_of_path(os.path.realpath(path)) or self.place_of_path(own)

    # What holds, source by source.

    def _settings_of(self, uri: str) -> Settings:
        path = path_of(uri)
        layers = self._layers_for(path)
        if path is not None and layers.excludes(path):
            return silenced(layers.settings)
        return layers.settings_for(path)

    def _file_of(self, uri: str) -> ConfigurationFile | None:
        path = path_of(uri)
        return None if path is None else self._files.nearest(path.parent)

    def _layers_for(self, path: Path | None) -> SettingsStack:
        folder = None if path is None else self._holding(path)
        file = None if path is None else self._files.nearest(path.parent)
        key = (folder, None if file is None else file.path)
        layers = self._layers.get(key)
        if layers is None:
            layers = self._layers[key] = SettingsStack(tuple(self._sources(folder, file)))
        return layers

    def _sources(self, folder: Path | None, file: ConfigurationFile | None) -> Iterator[Layer]:
        """The weakest source first."""
        scope = None if folder is None else self._either[folder]
        yield Layer(self.choices.initial.values, folder)
        yield Layer(self._editor_values(scope), folder)
        if file is not None:
            yield file.layer

    def _editor_values(self, scope: str | None) -> Values:
        configuration = self.choices.editor.get(scope) or self.choices.editor.get(None)
        return {} if configuration is None else configuration.values

    def _holding(self, path: Path) -> Path | None:
        """The innermost open folder that holds a path, both real or as the client spells them."""
        holding = (folder for folder in self._either if path.is_relative_to(folder))
        return max(holding, key=lambda folder: len(folder.parts), default=None)

    def _is_top(self, folder: Path) -> bool:
        """Whether the way up from a manifest ends: at its open folder, else at its repository."""
        if folder in self._either:
            return True
        return self._holding(folder) is None and is_repository(folder)


def path_of(uri: str) -> Path | None:
    """Where a text lies on the disk; None where it lies elsewhere."""
    path = to_fs_path(uri)
    return Path(path) if path else None


def _load(path: Path) -> Configuration | None:
    """Read a configuration file; None where there is none."""
    try:
        return read_configuration(path, partial(read_short_text, bytes_limit=LARGEST_FILE))
    except OSError as error:
        return unreadable(reason_of(error))
