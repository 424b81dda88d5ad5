"""From a configuration file on the disk to what it chooses, and to what is wrong with it."""

import os
from collections.abc import Callable
from pathlib import Path

from k8s_lsp.configuration.choices import ConfigError, Configuration
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.reading import read_text
from k8s_lsp.text import Span


def read_configuration(
    place: Path, read_text: Callable[[Path], str] = read_text
) -> Configuration | None:
    """What a configuration file chooses; None where there is none.

    Where its text cannot be read, for which `read_text` raises FileError, that is its one mistake.
    Raises OSError where its folder may not be looked into: the caller decides what holds then.
    """
    if not place.is_file():
        # A named pipe would wait for ever, and a link that leads nowhere was meant to lead to one.
        is_other = os.path.lexists(place) and not place.is_dir()
        return unreadable("is not a regular file") if is_other else None
    # Most folders have none, and their runs do without the schema.
    from k8s_lsp.configuration.reading import read

    try:
        return read(read_text(place))
    except FileError as error:
        return unreadable(str(error))


def unreadable(why: str) -> Configuration:
    """A configuration without a text, whose one mistake is the reason."""
    return Configuration(errors=(ConfigError(Span(0, 0), why),))
