"""An open configuration file: its mistakes, and what its keys mean."""

from collections.abc import Iterator
from typing import NamedTuple

from lsprotocol import types

from k8s_lsp.configuration.choices import ConfigError, Configuration
from k8s_lsp.configuration.schema import Schema, schema_at
from k8s_lsp.edits import Edits
from k8s_lsp.features.client import Client, marked_up
from k8s_lsp.features.convert import Lines
from k8s_lsp.features.diagnostics import Diagnostic, diagnostic_without_rule, token_range
from k8s_lsp.features.finding_texts import reference
from k8s_lsp.features.markdown import literal
from k8s_lsp.features.tokens import Token, token_at
from k8s_lsp.kubernetes.fields import root_field
from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import why
from k8s_lsp.syntax.nodes import Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.syntax.units import cut
from k8s_lsp.text import Edit, Span, newline_of


class SettingsFile(NamedTuple):
    """One version of an open configuration file. What holds is what is on disk, not this."""

    uri: str
    version: int | None
    lines: Lines
    configuration: Configuration


def diagnostics_of(file: SettingsFile) -> list[Diagnostic]:
    """The mistakes, in the order of the text."""
    return [_diagnostic_of(file, mistake) for mistake in file.configuration.errors]


def _diagnostic_of(file: SettingsFile, mistake: ConfigError) -> Diagnostic:
    return diagnostic_without_rule(
        token_range(*file.lines.token_of(mistake.span)),
        mistake.message,
        "warning" if mistake.is_warning else "error",
    )


class Correction(NamedTuple):
    """What a mistake's token is to be instead, in words and as an edit."""

    title: str
    edit: Edit
    diagnostic: Diagnostic


def corrections_at(file: SettingsFile, touched: Span) -> Iterator[Correction]:
    """The word that is meant, for each mistake at a span of which one is near."""
    for mistake in file.configuration.errors:
        start, end = mistake.span
        written = file.lines.text[start:end]
        # A value of several lines, or one that stands elsewhere, is no token to be replaced.
        if mistake.meant is None or "\n" in written or written.startswith("*"):
            continue
        if touched.touches(mistake.span):
            quote = written[:1] if written[:1] in ("'", '"') else ""
            edit = Edit(mistake.span, f"{quote}{mistake.meant}{quote}")
            title = f'Change "{written.strip(quote or None)}" to "{mistake.meant}"'
            yield Correction(title, edit, _diagnostic_of(file, mistake))


def profile_edits(text: str, profile: str) -> Edits | None:
    """What has a settings file choose a profile; None where it is written in a way that cannot.

    Comments and everything else stay as they are.
    """
    document = cut(text)[0].text
    tree = parse(document)
    if any(not problem.is_of_kubectl for problem in tree.problems):
        return None
    if not tree.roots:
        newline = newline_of(text)
        gap = "" if document.endswith(("\n", "\r")) or not document else newline
        end = Span(len(document), len(document))
        return (Edit(end, f"{gap}profile: {profile}{newline}"),)
    root = root_field(tree.roots[0])
    return root.get("profile").set(document, profile)


def hover_at(file: SettingsFile, client: Client, position: types.Position) -> types.Hover | None:
    """What the key or the rule at a position means."""
    offset = file.lines.offset_of(position)
    for root in parse(file.lines.text).roots[:1]:
        token = token_at(root, offset)
        text = None if token is None else _meaning(token)
        if token is not None and text is not None:
            content = marked_up(text, client.markdown_hover)
            return types.Hover(content, file.lines.token_range_of(token.node.span))
    return None


def described(name: str, schema: Schema) -> str:
    """A setting as Markdown: what it means, its default, and what else there is."""
    return "\n\n".join((f"**{literal(name)}**", *_description(schema)))


def _description(schema: Schema) -> Iterator[str]:
    if schema.doc:
        yield schema.doc
    facts = []
    if schema.words:
        facts.append(f"- One of {', '.join(f'`{word}`' for word in schema.words)}")
    if schema.default:
        facts.append(f"- Default: `{schema.default}`")
    if facts:
        yield "\n".join(facts)


def _described_rule(rule: Rule) -> str:
    """What a rule finds, and what may be set about it."""
    facts = [f"- Default severity: {rule.severity}"]
    facts += [f"- Option `{option.name}`: {option.doc}" for option in rule.options]
    explain = reference(rule, f"Explain {rule.slug}")
    return "\n\n".join((why(rule), "\n".join(facts), explain))


def _meaning(token: Token) -> str | None:
    """What a key means, or the key of a value; a rule is explained wherever it is named."""
    schema = schema_at(token.path)
    if schema is None:
        return None
    name = str(token.path[-1]) if token.path else ""
    if not token.is_key:
        if isinstance(token.node, Scalar) and token.node.value in schema.words:
            rule = next((each for each in RULES if each.slug == token.node.value), None)
            if rule is not None:
                return _described_rule(rule)
        if schema.shorthand:
            name, schema = schema.shorthand, schema.keys[schema.shorthand]
    elif schema.rule is not None:
        return _described_rule(schema.rule)
    return described(name, schema) if schema.doc else None
