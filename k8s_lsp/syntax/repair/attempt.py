"""What an attempt to read a text gives, and why and where it failed."""

from typing import Literal, NamedTuple, TypeAlias

from k8s_lsp.syntax.nodes import Alias, Node
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.text import Span

FailureKind: TypeAlias = Literal[
    "anchor",
    "block",
    "colon",
    "content",
    "dash",
    "directive",
    "document",
    "escape",
    "flow",
    "indent",
    "misplaced",
    "nested",
    "other",
    "quote",
    "start",
    "tab",
    "tag",
    "word",
]
"""What kind of mistake ended the reading, independent of the parser's words."""


class ParseFailure(NamedTuple):
    """Why and where reading stopped.

    `offset` is where the parser noticed it, `begin` where the construct began that it was in.
    """

    kind: FailureKind
    offset: int
    begin: int


class ParseAttempt(NamedTuple):
    """What one attempt to read a text gave: all of it, or what came before the failure.

    `quoted` is the last quoted scalar, `flow` where the outermost flow collection begins that the
    failure left open, and `unknown` the first alias without an anchor. `repairs` are those with
    which recovery read a text to its end. `dropped` is where what follows the end of the document
    begins, which the decoder does not look at. What `is_odd` has a tag, a merge, a null or another
    odd thing as a key: what is YAML, but may be refused when JSON is made of it.
    """

    roots: tuple[Node, ...]
    failure: ParseFailure | None
    quoted: Span | None = None
    flow: int | None = None
    unknown: Alias | None = None
    repairs: tuple[Repair, ...] = ()
    dropped: int | None = None
    is_odd: bool = False
