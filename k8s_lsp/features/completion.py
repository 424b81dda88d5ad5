"""What may be typed: at a place of a configuration file, and in an ignore comment."""

import re
from collections.abc import Iterator

from lsprotocol import types

from k8s_lsp.configuration import Shape, shape_at
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.features.settings_file import SettingsFile, described
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.rules.explanation import brief, unmarked
from k8s_lsp.suppression import OURS, may_be_typed, typed_at
from k8s_lsp.syntax.nodes import Alias, Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Encoding, Span, line_end, line_start

_MARK = "\ue000here"
"""Stands for the word that is being typed; nobody else writes it."""

_WORD = re.compile(r"[\w.-]*")


def is_in_ignore_comment(text: str, encoding: Encoding, position: types.Position) -> bool:
    """Whether anything may be completed at a position of a manifest.

    Of what is typed there, nearly everything is something else: that is seen without an analysis.
    """
    return OURS in text and may_be_typed(text, lines_of(text, encoding).offset_of(position))


def ignore_completions(
    document: Document, position: types.Position, *, is_markdown: bool
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
    typed = typed_at(result.tree, result.objects, offset)
    if typed is None:
        return []
    silenced = {
        each.rule.slug
        for each in result.reported
        if not each.rule.is_unnecessary and typed.reach.holds(each.object, each.finding)
    }
    where = document.lines.range_of(typed.word.shifted(start))
    items = [
        types.CompletionItem(
            rule.slug if typed.others is not None else f"ignore[{rule.slug}]",
            kind=types.CompletionItemKind.EnumMember,
            detail=rule.summary,
            documentation=_documentation(brief(rule), is_markdown),
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
    letters = result.unit.text[typed.word.start : offset].lower()
    return [item for item in items if _fits(letters, item.label)]


def _fits(letters: str, label: str) -> bool:
    """Whether the letters occur in a label in their order: no client asks for less."""
    rest = iter(label)
    return all(letter in rest for letter in letters)


def _documentation(text: str, is_markdown: bool) -> types.MarkupContent | str:
    """A text of this project for any client: one that declares no format is given none."""
    return types.MarkupContent(types.MarkupKind.Markdown, text) if is_markdown else unmarked(text)


def settings_completions(
    file: SettingsFile, position: types.Position, *, is_markdown: bool
) -> list[types.CompletionItem]:
    """The keys, rules and levels that fit at a position."""
    text, offset = file.lines.text, file.lines.offset_of(position)
    word = _word_at(text, offset)
    place = _place(text, word)
    if place is None:
        return []
    path, siblings, is_key, is_own_line = place
    shape = shape_at(path)
    if shape is None:
        return []
    has_colon = text[word.end : line_end(text, word.end)].lstrip().startswith(":")
    where = file.lines.range_of(word)
    items: list[types.CompletionItem] = []
    if is_key or is_own_line:
        for name, each in shape.keys.items():
            if name not in siblings:
                colon = "" if has_colon else ": " if _is_scalar(each) else ":"
                items.append(_item(name, name + colon, each, where, is_markdown))
    if not is_key and not has_colon:
        words = shape.keys[shape.short] if shape.short and not is_own_line else shape
        for value in words.words:
            items.append(_item(value, value, _of_word(value, words), where, is_markdown))
    return items


def _item(
    label: str, text: str, shape: Shape, where: types.Range, is_markdown: bool
) -> types.CompletionItem:
    about = brief(shape.rule) if shape.rule is not None else described(label, shape)
    is_key = text != label
    kind = types.CompletionItemKind.Property if is_key else types.CompletionItemKind.EnumMember
    return types.CompletionItem(
        label,
        kind=kind,
        documentation=_documentation(about, is_markdown),
        text_edit=types.TextEdit(where, text),
    )


def _of_word(word: str, shape: Shape) -> Shape:
    """What a word means: a rule's name does what the rule does."""
    rules = shape_at(("rules",))
    known = rules.keys.get(word) if rules is not None else None
    return known or Shape("word", shape.doc)


def _is_scalar(shape: Shape) -> bool:
    """Whether a value follows on the key's own line."""
    return shape.kind not in ("mapping", "list") or bool(shape.short)


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
        for root in tree.roots[:1]:
            found = next(_found(root, ()), None)
            if found is not None:
                if not tree.problems:
                    return (*found, own_line)
                partial = partial or found
    return None if partial is None else (*partial, own_line)


def _found(node: Node, path: Path) -> Iterator[tuple[Path, frozenset[str], bool]]:
    """Where the mark is below a node."""
    if isinstance(node, Mapping):
        keys = [entry.key.value for entry in node.entries if isinstance(entry.key, Scalar)]
        others = frozenset(key for key in keys if key != _MARK)
        for entry in node.entries:
            if isinstance(entry.key, Scalar):
                if entry.key.value == _MARK:
                    yield path, others, True
                yield from _found(entry.value, (*path, entry.key.value))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _found(item, (*path, index))
    elif not isinstance(node, Alias) and node.value == _MARK:
        yield path, frozenset(), False
