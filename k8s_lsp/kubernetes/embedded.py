"""YAML that stands in a string of a manifest, such as the values of a chart in an Application.

What is read has its places in the text around it, so that a finding is told where it is written and
an edit of what is inside is an edit of the file. That is so of literal block scalars alone: of all
other strings what is written is not what they say.
"""

import re
from dataclasses import replace

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.syntax.nodes import Mapping, Scalar, Tree
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import has_hidden_breaks, next_line

_AT_FIRST_COLUMN = re.compile(r"^[ \t]*(?:---|\.\.\.|%)", re.MULTILINE)
"""What begins or ends a document where it is not indented: within the block it always is."""


def embedded_tree(text: str, node: Scalar) -> Tree | None:
    """The YAML in a literal block scalar of a text, with spans in that text.

    None for every other scalar, and for what has template expressions or several documents in it,
    has lines that end where YAML alone sees it, or is no YAML.
    """
    if node.style != "|" or node.tag is not None or node.anchor is not None:
        return None
    start, end = next_line(text, node.span.start), node.span.end
    if start >= end:
        return None
    content = text[start:end]
    if "{{" in content or _AT_FIRST_COLUMN.search(content) or has_hidden_breaks(content):
        return None
    # All that comes before is one blank line: the block's indentation becomes that of the root.
    tree = parse(" " * (start - 1) + "\n" + content)
    if tree.problems or tree.limit is not None or len(tree.roots) != 1:
        return None
    return replace(tree, text=text)


def embedded_field(text: str, field: Field) -> Field | None:
    """The mapping in the string of a field, as if it were written there without being a string.

    Its parent is that of the field: what empties the string takes its key away, and what is shared
    above it is shared below. None where no mapping can be read there.
    """
    node = field.written
    tree = embedded_tree(text, node) if isinstance(node, Scalar) else None
    root = None if tree is None else tree.roots[0]
    if not isinstance(root, Mapping):
        return None
    return Field(field.path, field.parent, field.key, root, root, field.shared)
