"""What may be typed: at a place of a configuration file, and in an ignore comment."""

import re

from lsprotocol import types

from k8s_lsp.configuration.schema import Schema, schema_at
from k8s_lsp.engine.suppression.comments import MARKER
from k8s_lsp.engine.suppression.reach import Reaches
from k8s_lsp.engine.suppression.typing import may_be_ignore, partial_ignore_at
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.settings_file import SettingsFile, described
from k8s_lsp.features.tokens import Token, token_at
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import brief, unmarked
from k8s_lsp.syntax.nodes import Mapping, Scalar
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Encoding, Span, line_end, line_start

_MARK = "\ue000here"
"""Stands for the word that is being typed; no text has it."""

_WORD = re.compile(r"[\w.-]*")


def is_in_ignore_comment(text: str, encoding: Encoding, position: types.Position) -> bool:
    """Whether anything may be completed at a position of a manifest.

    Of what is typed there, nearly everything is something else: that is seen without an analysis.
    """
    return MARKER in text and may_be_ignore(text, lines_of(text, encoding).offset_of(position))


def ignore_completions(
    document: Document, client: Client, position: types.Position
) -> list[types.CompletionItem]:
    """The rules that an ignore comment at a position may name; first those that it would silence.

    Before the brackets, these come with the whole `ignore[…]`, so that one choice is enough.
    """
    offset = document.lines.offset_of(position)
    found = document.unit_at(offset)
    if found is None:
        return []
    result, start = found
    offset -= start
    typed = partial_ignore_at(result.tree, result.objects, offset)
    if typed is None:
        return []
    reaches = Reaches((typed.reach,))
    silenced = {
        each.rule.slug
        for each in result.published
        if not each.rule.is_unnecessary and reaches.hold(each.object, each.finding)
    }
    where = document.lines.range_of(typed.word.shifted(start))
    items = [
        types.CompletionItem(
            rule.slug if typed.others is not None else f"ignore[{rule.slug}]",
            kind=types.CompletionItemKind.EnumMember,
            detail=rule.summary,
            documentation=documentation_of(brief(rule), client),
            sort_text=f"{rule.slug not in silenced:d} {rule.slug}",
        )
        for rule in RULES
        if rule.slug in silenced or typed.others is not None
        if rule.slug not in (typed.others or ())
    ]
    if typed.others is None:
        items.append(
            types.CompletionItem(
                "ignore[",
                kind=types.CompletionItemKind.Keyword,
                detail="Ignore rules by their names",
                sort_text="1",
            )
        )
    for item in items:
        item.text_edit = types.TextEdit(where, item.label)
    # Some clients take a hyphen for the beginning of a new word, and would show everything.
    letters = result.unit.text[typed.word.start : offset]
    return [item for item in items if could_become(letters, item.label)]


def could_become(letters: str, label: str) -> bool:
    """Whether the letters occur in a label in their order: no client asks for less."""
    rest = iter(label.lower())
    return all(letter in rest for letter in letters.lower())


def documentation_of(text: str, client: Client) -> types.MarkupContent | str:
    """A text of this project for any client: one that declares no format is given none."""
    if not client.markdown_completion:
        return unmarked(text)
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def settings_completions(
    file: SettingsFile, client: Client, position: types.Position
) -> list[types.CompletionItem]:
    """The keys, rules and levels that fit at a position."""
    text, offset = file.lines.text, file.lines.offset_of(position)
    word = _word_at(text, offset)
    place = _place(text, word)
    if place is None:
        return []
    path, siblings, is_key, is_own_line = place
    schema = schema_at(path)
    if schema is None:
        return []
    has_colon = text[word.end : line_end(text, word.end)].lstrip().startswith(":")
    where = file.lines.range_of(word)
    items: list[types.CompletionItem] = []
    if is_key or is_own_line:
        for name, each in schema.keys.items():
            if name not in siblings:
                colon = "" if has_colon else ": " if _is_scalar(each) else ":"
                items.append(_item(name, name + colon, each, where, client))
    if not is_key and not has_colon:
        words = schema.keys[schema.shorthand] if schema.shorthand and not is_own_line else schema
        for value in words.words:
            items.append(_item(value, value, _of_word(value, words), where, client))
    return items


def _item(
    label: str, text: str, schema: Schema, where: types.Range, client: Client
) -> types.CompletionItem:
    about = brief(schema.rule) if schema.rule is not None else described(label, schema)
    is_key = text != label
    kind = types.CompletionItemKind.Property if is_key else types.CompletionItemKind.EnumMember
    return types.CompletionItem(
        label,
        kind=kind,
        documentation=documentation_of(about, client),
        text_edit=types.TextEdit(where, text),
    )


def _of_word(word: str, schema: Schema) -> Schema:
    """What a word means: a rule's name does what the rule does."""
    rules = schema_at(("rules",))
    known = rules.keys.get(word) if rules is not None else None
    return known or Schema("word", schema.doc)


def _is_scalar(schema: Schema) -> bool:
    """Whether a value follows on the key's own line."""
    return schema.kind not in ("mapping", "list") or bool(schema.shorthand)


def _word_at(text: str, offset: int) -> Span:
    start = line_start(text, offset)
    for match in _WORD.finditer(text, start, line_end(text, offset)):
        if match.start() <= offset <= match.end() and match[0]:
            return Span(*match.span())
    return Span(offset, offset)


def _place(text: str, word: Span) -> tuple[Path, frozenset[str], bool, bool] | None:
    """The mapping or value that a word belongs to, as a reader would see it once it is finished.

    Gives the path, the keys that stand beside it, whether it is a key, and, for a value, whether
    it stands in a line of its own, where it may become a key.
    """
    before, after = text[: word.start], text[word.end :]
    own_line = not text[line_start(text, word.start) : word.start].strip(" -")
    if "#" in text[line_start(text, word.start) : word.start]:
        return None
    partial: tuple[Path, frozenset[str], bool] | None = None
    for stand_in in (_MARK, f"{_MARK}:", f" {_MARK}", f" {_MARK}:"):
        tree = parse(before + stand_in + after)
        # Inside of the mark, where no other token ends.
        offset = len(before) + stand_in.index(_MARK) + 1
        for root in tree.roots[:1]:
            found = _marked(token_at(root, offset))
            if found is not None:
                if not tree.problems:
                    return (*found, own_line)
                partial = partial or found
    return None if partial is None else (*partial, own_line)


def _marked(token: Token | None) -> tuple[Path, frozenset[str], bool] | None:
    """The mapping or value that the mark is in; None for a token that is something else."""
    if token is None or not isinstance(token.node, Scalar) or token.node.value != _MARK:
        return None
    if not token.is_key:
        return token.path, frozenset(), False
    assert isinstance(token.parent, Mapping)
    keys = (key.value for key, _ in token.parent.entries if isinstance(key, Scalar))
    return token.path[:-1], frozenset(key for key in keys if key != _MARK), True
