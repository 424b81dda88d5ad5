"""The tree of one unit of YAML: immutable nodes, no parents, no opinions.

Spans are code-point offsets in the text of the unit. They are tight: a block collection ends where
its last child ends, not where the next token begins, so that a comment below it stays outside.
"""

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, final

from k8s_lsp.text import Span

Style = Literal["", "'", '"', "|", ">", "{{"]
"""How a scalar is written: plain, quoted, as a block; or, in whichever of these ways, with a
template expression in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A value without children.

    `span` is the token: quotes and the block indicator included, anchor and tag not. An empty
    value (`key:`) is a plain scalar with an empty span right after its colon or dash. A block
    scalar's span ends with its last line of text (with its last blank line under `|+`), before the
    line break. `value` is the text that the token stands for; under the style `{{`, where a
    template expression decides, it means nothing to those who read manifests.
    """

    span: Span
    value: str
    style: Style = ""
    tag: str | None = None
    anchor: str | None = None
    start: int = -1
    """Where the node's properties begin; `span.start` where it has no anchor and no tag."""

    def peek(self) -> str:
        """The value, for what passes by and asks only for null: it does not count as reading it."""
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the text, duplicates included.

    `open` says that a span which was repaired or stands for a template expression lies directly
    among the entries (or that the end was never found), so that nothing may be concluded from a
    key that is missing here. `names` finds the entry that counts by its key's text: the last one.
    """

    span: Span
    entries: tuple["Entry", ...]
    flow: bool = False
    open: bool = False
    tag: str | None = None
    anchor: str | None = None
    start: int = -1
    names: "Dict[str, Entry]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Items in the order of the text; `span` begins at the first dash or at `[`.

    `open` as in Mapping.
    """

    span: Span
    items: tuple["Node", ...]
    flow: bool = False
    open: bool = False
    tag: str | None = None
    anchor: str | None = None
    start: int = -1


@final
@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """`*name`, and the node that the name stood for at that place.

    `target` is None where no such anchor came before, or where the alias stands inside of the very
    node that it names: trees hold no cycles.
    """

    span: Span
    name: str
    target: "Scalar | Mapping | Sequence | None"

    @property
    def start(self) -> int:
        """Where the node begins: an alias has no properties."""
        return self.span.start


Node: TypeAlias = Scalar | Mapping | Sequence | Alias


class Entry(NamedTuple):
    """One `key: value` of a mapping."""

    key: Node
    value: Node


def names_of(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The entries by the text of their keys, where that is a scalar; the last one of a name."""
    return {entry[0].value: entry for entry in entries if isinstance(entry[0], Scalar)}


def is_merge(key: Node) -> bool:
    """Whether a key merges the entries of other mappings: `<<`, not quoted and without a tag."""
    if not isinstance(key, Scalar) or key.value != "<<":
        return False
    return key.tag == "!!merge" or (not key.style and key.tag is None)


class Problem(NamedTuple):
    """Why a text is not YAML, at the token that shows it; one line, in words."""

    span: Span
    message: str

    @property
    def is_of_kubectl(self) -> bool:
        """Whether the text is YAML, and only kubectl refuses or drops it: the message says so."""
        return self.message.startswith("kubectl ")


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What was read from one unit.

    `roots` has one node for each document with content (a unit holds several only where `...`
    ends one). `problems` has at most one syntax error. `limit` names the limit (depth, nodes) that
    was reached; then the tree is empty, and is not that of a clean file. `as_written` says that the
    parser was shown the very text, and had nothing to object to it.
    """

    text: str
    roots: tuple[Node, ...] = ()
    problems: tuple[Problem, ...] = ()
    limit: str | None = None
    as_written: bool = False
