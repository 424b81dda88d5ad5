"""The names of rules in a text -> links to what explains them."""

from collections.abc import Iterator
from typing import Final

from lsprotocol import types

from k8s_lsp.configuration.schema import SCHEMA, Schema
from k8s_lsp.engine.suppression.comments import slug_tokens
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, Lines
from k8s_lsp.features.hardenings import units_of
from k8s_lsp.features.rule_links import link_of
from k8s_lsp.features.settings_file import SettingsFile
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.syntax.nodes import Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Span

_BY_SLUG: Final = {rule.slug: rule for rule in RULES}


def document_links(text: Document | SettingsFile, client: Client) -> list[types.DocumentLink]:
    """A link at each rule that an ignore comment of a manifest names, or a configuration file."""
    if isinstance(text, SettingsFile):
        found = _named_in(text.lines)
    else:
        found = _ignored_in(text)
    return [
        types.DocumentLink(
            text.lines.token_range_of(span),
            target=link_of(_BY_SLUG[slug], client),
            tooltip=f"Explain {slug}",
        )
        for slug, span in found
        if slug in _BY_SLUG
    ]


def _ignored_in(document: Document) -> Iterator[tuple[str, Span]]:
    for result, offset in units_of(document.analysis):
        for token in slug_tokens(result.tree):
            yield token.text, token.span.shifted(offset)


def _named_in(lines: Lines) -> Iterator[tuple[str, Span]]:
    for root in parse(lines.text).roots[:1]:
        yield from _named_at(root, SCHEMA)


def _named_at(node: Node, schema: Schema | None) -> Iterator[tuple[str, Span]]:
    """The rules that are named at a node or below it, where the schema has rules."""
    if schema is None:
        return
    if isinstance(node, Scalar) and schema.kind == "word" and node.value in schema.words:
        yield node.value, node.span
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _named_at(item, schema.item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if isinstance(key, Scalar):
                below = schema.keys.get(key.value)
                if below is not None and below.rule is not None:
                    yield key.value, key.span
                yield from _named_at(value, below)
