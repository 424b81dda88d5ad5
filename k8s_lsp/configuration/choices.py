"""What a source of settings chooses, and what is wrong with it: values.

Most runs find no configuration file. They load these, and neither the schema nor what reads by it.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from k8s_lsp.kubernetes.fields import Path, path_text
from k8s_lsp.text import Span

FILE_NAME = ".k8s-lsp.yaml"
"""What a configuration file is called."""

Values = dict[str, Any]
"""What was chosen, as far as it makes sense, in the structure of `SCHEMA`; a rule is a mapping."""


class ConfigError(NamedTuple):
    """What makes no sense in some settings, at one token; a warning is followed all the same.

    `meant` is what the token is to be instead, where the message asks whether that was meant.
    """

    span: Span
    message: str
    path: Path = ()
    is_warning: bool = False
    meant: str | None = None


def one_line(error: ConfigError) -> str:
    """An error with its path in words, for settings that are no text."""
    return f"{path_text(error.path) or 'settings'}: {error.message}"


@dataclass(frozen=True, eq=False)
class Configuration:
    """One source of settings: what it chooses, and what is wrong with it, in order."""

    text: str = ""
    values: Values = field(default_factory=dict)
    errors: tuple[ConfigError, ...] = ()
