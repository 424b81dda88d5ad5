"""What may be typed in a manifest where security is decided: at its level, and in its style.

The text mostly does not parse at that moment. So a word that stands in no text is put in the place
of the one that is being typed, in the ways in which that may go on, and what is read then tells
what is meant.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lsprotocol import types

from k8s_lsp.edits import Data, block_lines, in_one_line
from k8s_lsp.engine.reading import objects_in
from k8s_lsp.engine.results import UnitResult
from k8s_lsp.features.client import Client
from k8s_lsp.features.completion import could_become, documentation_of
from k8s_lsp.features.convert import Document
from k8s_lsp.features.levels import Level, level_at
from k8s_lsp.features.new_objects import NEW_OBJECTS
from k8s_lsp.features.offered import Offer, Place, items_at, keys_at, leads_deeper, values_at
from k8s_lsp.features.tokens import Token, token_at
from k8s_lsp.kubernetes.fields import Path
from k8s_lsp.kubernetes.objects import KubeObject, may_hold_objects
from k8s_lsp.syntax.comments import is_json
from k8s_lsp.syntax.nodes import Mapping, Scalar, Sequence
from k8s_lsp.syntax.parse import parse
from k8s_lsp.text import Span, line_end, line_start, newline_of

_MARK: Final = "\ue000here"
"""Stands for the word that is being typed; no text has it."""

_WORD: Final = re.compile(r"[\w./*][\w./*-]*")

_LONGEST: Final = 200_000
"""How many code points a unit may have: it is read again for each answer."""

_NOT_BLANK: Final = re.compile(r"^(?!---)[ \t]*[^\s#].*", re.MULTILINE)


class _Typed(NamedTuple):
    """The word that is being typed, in the offsets of a unit, and how its line looks.

    `quote` is the one that the word stands behind. `is_own_line` says that nothing but blanks and
    dashes stands before it, `has_colon` that one follows, and `has_children` that lines stand below
    which belong to the key that is being typed.
    """

    text: str
    word: Span
    quote: str
    is_own_line: bool
    has_colon: bool
    has_children: bool

    @property
    def needs_blank(self) -> bool:
        """Whether the word stands right behind the colon of a key."""
        return self.text[self.word.start - 1 : self.word.start] == ":"


class _Found(NamedTuple):
    """Where the word stands in the tree that was read with the mark in its place."""

    object: KubeObject
    token: Token


def manifest_completions(
    document: Document, client: Client, position: types.Position
) -> list[types.CompletionItem]:
    """The keys, values and blocks that fit at a position, the safest first."""
    offset = document.lines.offset_of(position)
    found = document.unit_at(offset)
    if document.analysis.is_values and document.analysis.is_encrypted:
        return []
    result, start = found or (None, 0)
    text = document.lines.text if result is None else result.unit.text
    if len(text) > _LONGEST:
        return []
    typed = _typed(text, offset - start)
    writer = _Writer(document, client, typed, start, offset)
    if not document.analysis.is_values and _is_empty(typed) and not is_json(text):
        return _sorted(writer.new_objects())
    if result is None or not (document.analysis.is_values or may_hold_objects(text)):
        return []
    marked = _found(document, result, typed)
    return [] if marked is None else _sorted(writer.items(marked))


def _sorted(items: Iterable[types.CompletionItem]) -> list[types.CompletionItem]:
    return sorted(items, key=lambda item: item.sort_text or "")


# The place.


def _typed(text: str, offset: int) -> _Typed:
    start, end = line_start(text, offset), line_end(text, offset)
    word = Span(offset, offset)
    for match in _WORD.finditer(text, start, end):
        if match.start() <= offset <= match.end():
            word = Span(*match.span())
    before = text[start : word.start]
    quote = before[-1:] if before[-1:] in ("'", '"') else ""
    is_own_line = not before.removesuffix(quote).removeprefix("\ufeff").strip(" -")
    after = text[word.end : end].removeprefix(quote)
    has_colon = after.lstrip().startswith(":")
    has_children = is_own_line and not after.strip() and _stands_deeper(text, end, len(before))
    return _Typed(text, word, quote, is_own_line, has_colon, has_children)


_NEXT_LINE: Final = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r(?!\n)|\r?\n))+( *)(- )?(?=[^\s#])")
"""What stands before the next line that says something."""


def _stands_deeper(text: str, end: int, column: int) -> bool:
    """Whether the next line belongs to a key of that column, if there is one."""
    line = _NEXT_LINE.match(text, end)
    if line is None:
        return False
    return len(line[1]) > column or (len(line[1]) == column and line[2] is not None)


def _is_empty(typed: _Typed) -> bool:
    """Whether a document holds nothing but comments, and one word that is being typed."""
    if not typed.is_own_line or typed.quote or typed.has_colon:
        return False
    lines = [match.span() for match in _NOT_BLANK.finditer(typed.text.removeprefix("\ufeff"))]
    start, end = line_start(typed.text, typed.word.start), line_end(typed.text, typed.word.end)
    line = typed.text[start:end].removeprefix("\ufeff")
    if line.startswith(("---", " ", "-", "#")) or line.strip() != typed.text[slice(*typed.word)]:
        return False
    return len(lines) == bool(line.strip())


def _found(document: Document, result: UnitResult, typed: _Typed) -> _Found | None:
    """The token that the mark is, in the first reading that has no fault, else in the first."""
    partial: _Found | None = None
    for text, offset in _readings(typed):
        is_template = document.analysis.is_template
        tree = parse(text, template=is_template, read_as=result.unit.read_as)
        unit = result.unit._replace(text=text)
        marked = _marked(objects_in(unit, tree, result.places), offset)
        if marked is not None:
            if not tree.problems:
                return marked
            partial = partial or marked
    return partial


def _readings(typed: _Typed) -> Iterator[tuple[str, int]]:
    """The text with the mark in it, as it may go on, and an offset within the mark."""
    text, word = typed.text, typed.word
    end = line_end(text, word.end)
    before, rest, below = text[: word.start], text[word.end : end], text[end:]
    rest = rest.rstrip("\r")
    if typed.quote and typed.quote not in rest:
        rest = typed.quote + rest
    blank = " " if typed.needs_blank else ""
    closing = _closing(text[_line_of(typed)] + rest)
    # What is open on a line may be closed on one below.
    for closed in dict.fromkeys(("", closing)):
        for colon in _colons(typed):
            if colon and typed.quote:
                # Behind the quote.
                marked = f"{_MARK}{typed.quote}:{rest.removeprefix(typed.quote)}"
            else:
                marked = f"{blank}{_MARK}{colon}{rest}"
            yield f"{before}{marked}{closed}{below}", len(before) + len(blank) + 1


def _colons(typed: _Typed) -> tuple[str, ...]:
    """What may follow the word, the likelier first: each reading costs as much as an analysis."""
    if typed.has_colon or typed.needs_blank:
        return ("",)
    is_key = typed.is_own_line and "-" not in typed.text[_line_of(typed)]
    return (":", "") if is_key else ("", ":")


def _line_of(typed: _Typed) -> slice:
    """What stands before the word in its line."""
    return slice(line_start(typed.text, typed.word.start), typed.word.start)


def _closing(line: str) -> str:
    """The brackets that are missing at the end of a line."""
    closing: list[str] = []
    for each in re.sub(r"\"[^\"]*\"|'[^']*'", "", line):
        if each in "[{":
            closing.append("]" if each == "[" else "}")
        elif closing and each == closing[-1]:
            closing.pop()
    return "".join(reversed(closing))


def _marked(objects: Iterable[KubeObject], offset: int) -> _Found | None:
    """The mark among the tokens of some objects, in the innermost that holds it."""
    found: _Found | None = None
    for obj in objects:
        written = obj.root.written
        token = None if written is None else token_at(written, offset)
        if token is None or not isinstance(token.node, Scalar) or token.node.value != _MARK:
            continue
        if found is None or len(obj.root.path) >= len(found.object.root.path):
            found = _Found(obj, token)
    return found


# What fits there.


def _siblings(parent: Mapping | Sequence | None) -> dict[str, str]:
    """The keys beside the mark, with their values where those are scalars."""
    if not isinstance(parent, Mapping):
        return {}
    return {
        key.value: value.value if isinstance(value, Scalar) else ""
        for key, value in parent.entries
        if isinstance(key, Scalar) and key.value != _MARK
    }


class _Writer(NamedTuple):
    """Writes what is offered at one place as the items of a client.

    `start` is where the unit begins in the text, and `offset` where the cursor stands in that.
    """

    document: Document
    client: Client
    typed: _Typed
    start: int
    offset: int

    def new_objects(self) -> Iterator[types.CompletionItem]:
        """What an empty document may begin with."""
        for index, new in enumerate(NEW_OBJECTS):
            lines = new.text.rstrip("\n").split("\n")
            kind = types.CompletionItemKind.Snippet
            item = types.CompletionItem(
                new.label, kind=kind, documentation=documentation_of(new.about, self.client)
            )
            yield from self._finished(item, index, lines, has_places=True)

    def items(self, found: _Found) -> Iterator[types.CompletionItem]:
        """What fits at the mark of an object, in its order."""
        token, path = found.token, found.token.path
        offers: list[Offer] = []
        if token.is_key:
            siblings = _siblings(token.parent)
            offers += self._keys(found, path[:-1], siblings)
            if self.typed.is_own_line and not siblings:
                offers += self._first_items(found, path[:-1])
        elif isinstance(token.parent, Sequence):
            if self.typed.is_own_line:
                offers += self._keys(found, path, {})
            offers += self._items(found, path, token.parent)
        elif self.typed.is_own_line:
            offers += self._keys(found, path, {})
            offers += self._first_items(found, path)
        elif path and isinstance(path[-1], str):
            offers += self._values(found, path[:-1], path[-1])
        for index, offer in enumerate(offers):
            yield from self._item(found, offer, index)

    def _items(self, found: _Found, path: Path, parent: Sequence) -> Iterator[Offer]:
        level = level_at(found.object, path)
        if level is not None:
            listed = frozenset(each.value for each in parent.items if isinstance(each, Scalar))
            yield from items_at(self._place(level, {}), listed)

    def _values(self, found: _Found, path: Path, key: str) -> Iterator[Offer]:
        level = level_at(found.object, path)
        if level is not None:
            siblings = _siblings(found.token.parent)
            siblings.pop(key, None)
            yield from values_at(self._place(level, siblings), key)

    def _keys(self, found: _Found, path: Path, siblings: dict[str, str]) -> Iterator[Offer]:
        level = level_at(found.object, path)
        if level is not None:
            yield from keys_at(self._place(level, siblings))

    def _first_items(self, found: _Found, path: Path) -> Iterator[Offer]:
        """The items that a list may begin with, each with its dash."""
        level = level_at(found.object, path)
        if level is not None and level.is_list:
            for offer in items_at(self._place(level, {}), frozenset()):
                yield offer._replace(label=f"- {offer.label}")

    def _place(self, level: Level, siblings: dict[str, str]) -> Place:
        context = self.document.analysis.context
        return Place(level, siblings, context.version, context.settings.resources)

    def _item(self, found: _Found, offer: Offer, index: int) -> Iterator[types.CompletionItem]:
        lines = self._lines(found, offer)
        if lines is None:
            return
        kinds = types.CompletionItemKind
        kind = {"key": kinds.Property, "value": kinds.EnumMember, "block": kinds.Snippet}
        item = types.CompletionItem(
            offer.label,
            kind=kind[offer.kind],
            documentation=documentation_of(offer.about, self.client) if offer.about else None,
        )
        yield from self._finished(item, index, lines)

    def _lines(self, found: _Found, offer: Offer) -> list[str] | None:
        """What takes the place of the word, line by line; the column of the word is that of all.

        None where it cannot stand there.
        """
        typed, token = self.typed, found.token
        text, blank = typed.text, " " if typed.needs_blank else ""
        parent = token.parent
        if offer.kind == "value":
            data = offer.data
            if typed.quote:
                # A value that is no string must not have quotes.
                return [data] if isinstance(data, str) else None
            dash = "- " if offer.label.startswith("- ") else ""
            assert data is not None
            return [f"{blank}{dash}{in_one_line(text, data)}"]
        if typed.has_colon or typed.quote:
            return [offer.name] if offer.kind == "key" else None
        is_flow = not typed.is_own_line or (
            token.is_key and isinstance(parent, Mapping) and parent.flow
        )
        values: dict[str, Data]
        if offer.kind == "block":
            if typed.has_children:
                return None
            assert isinstance(offer.data, dict)
            values = offer.data
        elif offer.data is None or typed.has_children:
            deep = leads_deeper(self._type(found), offer.name)
            name = in_one_line(text, offer.name)
            return [f"{name}:" if deep and not is_flow else f"{name}: "]
        else:
            values = {offer.name: offer.data}
        if is_flow:
            return [in_one_line(text, values)[1:-1]]
        return block_lines(text, typed.word.start, values)

    def _type(self, found: _Found) -> str:
        token = found.token
        level = level_at(found.object, token.path[:-1] if token.is_key else token.path)
        return "" if level is None else level.type

    def _finished(
        self, item: types.CompletionItem, index: int, lines: list[str], *, has_places: bool = False
    ) -> Iterator[types.CompletionItem]:
        """The item with its edit, if the letters before the cursor can become its label."""
        word = self.typed.word.shifted(self.start)
        letters = self.document.lines.text[word.start : self.offset]
        if not could_become(letters, item.label):
            return
        # What begins with the letters is meant before what only holds them.
        begins = item.label.lower().startswith(letters.lower())
        item.sort_text = f"{not begins:d}{index:03}"
        item.filter_text = item.label.removeprefix("- ") if item.label[:1] == "-" else None
        if len(lines) > 1:
            text = self._multi_line(item, lines, has_places)
        else:
            text = self._one_line(item, lines[0])
        item.text_edit = types.TextEdit(self.document.lines.range_of(word), text)
        yield item

    def _one_line(self, item: types.CompletionItem, line: str) -> str:
        """One line as the client takes it.

        Of a plain text Neovim 0.11 writes what stands before the first blank, so that of a key with
        its value there would be the key alone; of a snippet it writes all.
        """
        if not self.client.snippets or " " not in line:
            return line
        item.insert_text_format = types.InsertTextFormat.Snippet
        return re.sub(r"[\\$]", r"\\\g<0>", line)

    def _multi_line(self, item: types.CompletionItem, lines: list[str], has_places: bool) -> str:
        """Several lines as the client takes them.

        One that knows snippets puts the indentation of the line before each further one, as all
        that do are seen to do. Others take a text as it is.
        """
        text = self.typed.text
        line = text[_line_of(self.typed)]
        columns = len(line.removeprefix("\ufeff"))
        if self.client.snippets:
            item.insert_text_format = types.InsertTextFormat.Snippet
            self._say(item, types.InsertTextMode.AdjustIndentation)
            deeper = " " * (columns - (len(line) - len(line.lstrip(" "))))
            return f"\n{deeper}".join(lines)
        self._say(item, types.InsertTextMode.AsIs)
        plain = [_PLACE.sub(r"\1", each) for each in lines] if has_places else lines
        return f"{newline_of(self.document.lines.text)}{' ' * columns}".join(plain)

    def _say(self, item: types.CompletionItem, mode: types.InsertTextMode) -> None:
        if mode in self.client.insert_text_modes:
            item.insert_text_mode = mode


_PLACE: Final = re.compile(r"\$\{\d+:([^}]*)\}")
