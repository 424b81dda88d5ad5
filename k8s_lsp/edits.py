"""Small changes of YAML text, in the style of what surrounds them.

Every function takes the text of a unit and nodes that were read from it, and returns the edits, or
None where the place is written in a way that cannot be changed without risk. A missing fix is
better than a wrong one.
"""

import json
import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Mapping as Dict
from collections.abc import Sequence as List
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.comments import (
    end_with_comments,
    is_json,
    names_one,
    start_of_comments,
    start_with_comments,
)
from k8s_lsp.syntax.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.scalars import is_null, is_string
from k8s_lsp.text import (
    Edit,
    Span,
    end_above,
    line_end,
    line_start,
    may_hold_comments,
    newline_of,
)

Data: TypeAlias = "str | bool | int | Dict[str, Data] | List[Data]"
"""What to write. Strings are written plain where YAML reads them back as the same string."""


class Insertions:
    """Edits, one or more, that insert lines and nothing else; made when somebody looks at them.

    Most who ask for a fix want to know that there is one, and its title: a report tells of
    thousands. Of 31.7 million calls of a check of them, 3.2 million wrote lines that nobody read.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Iterable[Edit]]) -> None:
        self._make = make
        self._made: tuple[Edit, ...] | None = None

    def __iter__(self) -> Iterator[Edit]:
        if self._made is None:
            self._made = _ordered(self._make())
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, Insertions)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


Edits: TypeAlias = tuple[Edit, ...] | Insertions
"""Edits of one text, in its order."""

_PLAIN = regex(r"[A-Za-z0-9_./][-A-Za-z0-9_./]*")

_WORD = regex(r"[A-Za-z0-9_./](?:[-A-Za-z0-9_./@]|:(?=[^\s]))*")
"""What may take the place of a plain scalar: an image's name too."""


def set_value(text: str, node: Node, data: str | bool | int) -> Edits:
    """Replace a scalar, with its tag if it has one, or an alias; a text keeps its quotes."""
    start = node.start if isinstance(node, Scalar) and node.tag else node.span.start
    gap = " " if node.span.start == node.span.end and text[start - 1 : start] in ":-?" else ""
    span = _with_loose_end(text, node.span) if gap else Span(start, node.span.end)
    new = _scalar(data, '"' if is_json(text) else "")
    if isinstance(node, Scalar) and isinstance(data, str) and not is_json(text):
        if _WORD.fullmatch(data) and node.style in ("'", '"'):
            new = f"{node.style}{data}{node.style}"
        elif _WORD.fullmatch(data) and not node.style and is_string(Scalar(node.span, data)):
            new = data
    return (Edit(span, gap + new),)


class Placement(NamedTuple):
    """Where a key goes that is not there yet, and how the strings that come with it are quoted.

    It goes behind the last of the keys `after` that the mapping has; without one, before the first
    of the keys `before`; else to the end. Where keys are `sorted`, it goes where the letters of its
    name have it among the last ones that are in order. `quote` is that of the neighbours.
    """

    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    sorted: bool = False
    quote: str = ""


FindPlace: TypeAlias = Callable[[], Placement]
"""Finds out where new keys go. It is not called before they are written."""


def set_keys(
    text: str, mapping: Mapping, data: Dict[str, Data], find_place: FindPlace = Placement
) -> Edits | None:
    """Give keys their values.

    A key that is there must be empty (`key:`, `key: null`, `key: {}`, `key: []`) or hold a scalar.
    The new ones stand together, unless they are `sorted` among others.
    """
    if mapping.names.keys().isdisjoint(data):
        return _insert(text, mapping, data, find_place) if data else ()
    place = find_place()
    new = {key: value for key, value in data.items() if key not in mapping.names}
    entries = [(_entry(mapping, key), value) for key, value in data.items()]
    return together(
        *(
            _set(text, mapping, entry, value, place.quote)
            for entry, value in entries
            if entry is not None
        ),
        _insert(text, mapping, new, lambda: place) if new else (),
    )


@lru_cache(maxsize=8)
def quote_of(node: Mapping | Sequence) -> str | None:
    """The quotes that all strings below a node have where none is needed; None without such ones.

    Keys do not count. Of one plain string it follows that strings are plain.
    """
    found: str | None = None
    stack: list[Node] = [node]
    while stack:
        below = stack.pop()
        if isinstance(below, Mapping):
            stack += [entry.value for entry in reversed(below.entries)]
        elif isinstance(below, Sequence):
            stack += reversed(below.items)
        elif (
            isinstance(below, Scalar)
            and below.style in ("", "'", '"')
            and _WORD.fullmatch(below.value)
            and is_string(Scalar(below.span, below.value))
        ):
            if not below.style or (found and below.style != found):
                return ""
            found = below.style
    return found


def _set(text: str, mapping: Mapping, entry: Entry, data: Data, quote: str) -> Edits | None:
    """Give a key that is there a value."""
    value = entry.value
    if _is_explicit(text, entry.key):
        return None
    if isinstance(value, Scalar) and (value.anchor or value.tag or value.style == "{{"):
        return None
    if isinstance(value, Scalar) and (isinstance(data, (str, bool, int)) or mapping.flow):
        return _replace(text, entry, data, quote)
    if isinstance(value, Alias):
        return None
    if isinstance(value, Scalar):
        empty = is_null(value)
    else:
        # Between its brackets may stand a comment.
        empty = not _children(value) and "#" not in text[value.span.start : value.span.end]
    if not empty or getattr(value, "anchor", None) or getattr(value, "tag", None):
        return None
    if mapping.flow or isinstance(data, (str, bool, int)):
        return _replace(text, entry, data, quote)
    return _fill(text, mapping, entry, data, quote)


def block_lines(text: str, offset: int, data: Dict[str, Data]) -> list[str]:
    """A mapping as the lines of a new block at an offset; the first column is that of its keys."""
    indentless = _indentless(text, Mapping(Span(offset, offset), ()), offset)
    look = _Look(_step(text, None, offset), indentless)
    return [line for key, value in data.items() for line in _block(key, value, "", look)]


def in_one_line(text: str, data: Data) -> str:
    """A value in flow style, with the quotes and blanks that the text has."""
    separator = ":" if _COMPACT_JSON.match(text) else ": "
    return _flow(data, '"' if is_json(text) else "", separator)


def remove_key(text: str, mapping: Mapping, key: str) -> Edits | None:
    """Take `key` and its value away, with the comments that belong to them."""
    position = _position(mapping, key)
    if position is None:
        return None
    spans = [Span(entry.key.start, _end(entry)) for entry in mapping.entries]
    return _remove(text, mapping, spans, position)


def append_items(text: str, sequence: Sequence, data: List[Data]) -> Edits | None:
    """Write more items at the end of a sequence that has items already, or of `[]`."""
    quote = '"' if is_json(text) else quote_of(sequence) or ""
    if sequence.flow:
        items = [_flow(item, '"' if is_json(text) else "", ": ", quote) for item in data]
        if not sequence.items:
            if "#" in text[sequence.span.start : sequence.span.end]:
                return None
            pretty = _is_pretty(text, sequence.span)
            new = _json_value(text, sequence.span, data) if pretty else f"[{', '.join(items)}]"
            return (Edit(sequence.span, new),)
        last = sequence.items[-1].span
        own_line = text[line_start(text, last.start) : last.start]
        comma = ", "
        if is_json(text) and not own_line.strip():
            items = [_json_value(text, last, item) for item in data]
            comma = f",{newline_of(text)}{own_line}"
        return _append_flow(text, last, comma.join(items))
    start = sequence.span.start
    dash = text[line_start(text, start) : start]
    if dash.lstrip("\ufeff").strip(" "):
        return None
    end = end_with_comments(text, sequence.items[-1].span.end, len(dash))
    look = _Look(_step(text, None, start), True, "", quote)
    lines = [line for item in data for line in _block_item(item, dash, look)]
    return (Edit(Span(end, end), "".join(newline_of(text) + line for line in lines)),)


def together(*parts: Edits | None) -> Edits | None:
    """Edits that only make sense as one; None where one of them cannot be made.

    Where several write at one offset, because one block ends with another, the deeper one goes
    first, and an item before a key of the same column.
    """
    if None in parts:
        return None
    made = [part for part in parts if part]
    if len(made) == 1:
        return made[0]
    late = [part for part in made if isinstance(part, Insertions)]
    if made and len(late) == len(made):
        return Insertions(lambda: chain.from_iterable(late))
    joined: list[Edit] = []
    for part in made:
        # Two parts that each bring the comma behind the same child would write it twice.
        if any(edit.text == "," and edit in joined for edit in part):
            return None
        joined += part
    ordered = _ordered(joined)
    if any(later.span.start < edit.span.end for edit, later in pairwise(ordered)):
        return None
    return ordered


def _ordered(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(edits, key=_depth))


def _depth(edit: Edit) -> tuple[Span, bool, int, bool]:
    """What fills a value on its own line comes before the lines below it, the deepest one first."""
    line = edit.text.lstrip("\r\n")
    content = line.lstrip(" ")
    indent = len(line) - len(content)
    return edit.span, line != edit.text, -indent, not content.startswith("- ")


def remove_item(text: str, sequence: Sequence, index: int) -> Edits | None:
    """Take one item away, with the comments that belong to it.

    The only item leaves `[]`, or nothing.
    """
    spans = [Span(item.start, item.span.end) for item in sequence.items]
    if not sequence.flow:
        dashes = [text.rfind("-", 0, span.start) for span in spans]
        if any(
            text[dash + 1 : span.start].strip() for dash, span in zip(dashes, spans, strict=True)
        ):
            return None
        spans = [Span(dash, span.end) for dash, span in zip(dashes, spans, strict=True)]
    return _remove(text, sequence, spans, index)


def carry_comments(
    text: str, mapping: Mapping, key: str, writing: Edits | None, name: str
) -> Edits | None:
    """The edits that write `name` elsewhere, with the comments of the `key` whose place it takes.

    None where there is no room for them, within brackets, or where they stand inside of the value.
    """
    position = _position(mapping, key)
    if position is None or writing is None:
        return None
    entry = mapping.entries[position]
    whole = Span(entry.key.start, _end(entry))
    start, line = line_start(text, whole.start), line_end(text, whole.end)
    beside = text[whole.end : line].rstrip() if "#" in text[whole.end : line] else ""
    above = ""
    if not text[start : whole.start].strip():
        floor = _end(mapping.entries[position - 1]) if position else 0
        names = _names(mapping, position)
        above = text[start_with_comments(text, whole.start, floor, names) : start]
    inside = any("#" in text[gap.start : gap.end] for gap in _gaps(whole, _nodes(entry)))
    if inside or end_with_comments(text, whole.end, _column(text, whole.start)) > line:
        return None
    if not beside and not above:
        return writing
    is_block = isinstance(entry.value, (Mapping, Sequence)) and not entry.value.flow
    pattern = re.compile(rf"(?m)^ *[\"']?{re.escape(name)}[\"']?:[^\r\n]*")
    places = [pattern.search(edit.text) for edit in writing]
    if mapping.flow or (beside and is_block) or not any(places):
        return None
    return tuple(
        edit if place is None else _commented(edit, Span(*place.span()), above, beside)
        for edit, place in zip(writing, places, strict=True)
    )


def _commented(edit: Edit, line: Span, above: str, beside: str) -> Edit:
    """An edit with comments above and beside one of the lines that it writes."""
    content = edit.text[line.start : line.end]
    margin = content[: len(content) - len(content.lstrip(" "))]
    lines = "".join(margin + comment.lstrip(" ") for comment in above.splitlines(keepends=True))
    new = f"{edit.text[: line.start]}{lines}{content}{beside}{edit.text[line.end :]}"
    return Edit(edit.span, new)


def would_keep_comment(
    text: str, key: Node | None, collection: Mapping | Sequence, gone: Edits | None
) -> bool:
    """Whether a collection that loses its only child would still hold a comment of its own line.

    `key` is the collection's own, None for an item. `gone` are the edits that take the child away,
    None where that cannot be done alone.
    """
    child = _children(collection)[0]
    end = collection.span.end
    if not collection.flow:
        column = (
            _column(text, key.start) if key is not None else _column(text, collection.start) - 1
        )
        end = end_with_comments(text, end, column)
    whole = Span(collection.start if key is None else key.span.end, end)
    return any(
        not any(edit.span.start <= at.start and at.end <= edit.span.end for edit in gone or ())
        for at in _own_lines(text, whole, _nodes(child))
    )


# How one entry is found.


def _position(mapping: Mapping, key: str) -> int | None:
    """The index of the entry that counts: the last one of that name."""
    for index in range(len(mapping.entries) - 1, -1, -1):
        name = mapping.entries[index].key
        if isinstance(name, Scalar) and name.value == key:
            return index
    return None


def _entry(mapping: Mapping, key: str) -> Entry | None:
    return mapping.names.get(key)


def _children(collection: Mapping | Sequence) -> tuple[Node | Entry, ...]:
    return collection.entries if isinstance(collection, Mapping) else collection.items


def _key_start(entry: Entry) -> int:
    return entry.key.start


def _end(entry: Entry) -> int:
    return max(entry.value.span.end, entry.key.span.end)


# Adding.


def _insert(
    text: str, mapping: Mapping, data: Dict[str, Data], find_place: FindPlace
) -> Edits | None:
    """Write keys that are not there yet."""
    if mapping.flow:
        place = find_place()
        return together(
            *(
                _insert_flow(text, mapping, group, place, position)
                for position, group in _groups(mapping, data, place)
            )
        )
    indent = _indent(text, mapping)
    if indent is None:
        return None

    def make() -> Iterator[Edit]:
        place = find_place()
        for position, group in _groups(mapping, data, place):
            yield _insert_block(text, mapping, group, place, position, indent)

    return Insertions(make)


def _groups(
    mapping: Mapping, data: Dict[str, Data], place: Placement
) -> Iterable[tuple[int | None, Dict[str, Data]]]:
    """New keys, with the index of the entry before which they go; None where it is behind others.

    They go together, unless they are `sorted` among others.
    """
    if not place.sorted:
        return ((_position_for(mapping, next(iter(data)), place), data),)
    groups: dict[int | None, dict[str, Data]] = {}
    for key, value in sorted(data.items()):
        groups.setdefault(_position_for(mapping, key, place), {})[key] = value
    return groups.items()


def _insert_block(
    text: str,
    mapping: Mapping,
    data: Dict[str, Data],
    place: Placement,
    position: int | None,
    indent: str,
) -> Edit:
    look = _look(text, mapping)._replace(value_quote=place.quote)
    lines = [line for key, value in data.items() for line in _block(key, value, indent, look)]
    end = None if position is None else _end_before(text, mapping, position)
    if end is None:
        known = [mapping.names[name] for name in place.after if name in mapping.names]
        above = max(known, key=_key_start) if known else mapping.entries[-1]
        end = end_with_comments(text, _end(above), len(indent))
    newline = newline_of(text)
    return Edit(Span(end, end), "".join(newline + line for line in lines))


def _position_for(mapping: Mapping, key: str, place: Placement) -> int | None:
    """The index of the entry before which a new key goes; None where it goes behind others."""
    if not place.sorted and not (place.before and mapping.names.keys().isdisjoint(place.after)):
        return None
    names = [entry.key.value if isinstance(entry.key, Scalar) else "" for entry in mapping.entries]
    if place.sorted:
        # What was written last is in order, whatever the author's own keys are in.
        start = max(len(names) - 1, 0)
        while start > 0 and names[start - 1] <= names[start]:
            start -= 1
        return next((index for index in range(start, len(names)) if names[index] > key), None)
    return next((index for index, name in enumerate(names) if name in place.before), None)


def _end_before(text: str, mapping: Mapping, position: int) -> int | None:
    """Where the line ends above an entry and its comments; None where it has no line of its own."""
    start = mapping.entries[position].key.start
    if text[line_start(text, start) : start].strip():
        return None
    floor = _end(mapping.entries[position - 1]) if position else 0
    start = start_of_comments(text, start, floor)
    if not start:
        return None
    return end_above(text, start)


def _insert_flow(
    text: str, mapping: Mapping, data: Dict[str, Data], place: Placement, position: int | None
) -> Edits | None:
    separator = _separator(text, mapping)
    quote = _quote(text, mapping)
    pairs = [
        _flow_pair(key, value, quote, separator, quote or place.quote)
        for key, value in data.items()
    ]
    comma = "," if separator == ":" else ", "
    if not mapping.entries:
        if text[mapping.span.start : mapping.span.end].strip("{} ") or _is_template(text, mapping):
            return None
        if _is_pretty(text, mapping.span):
            return (Edit(mapping.span, _json_value(text, mapping.span, data)),)
        return (Edit(mapping.span, "{" + comma.join(pairs) + "}"),)
    last = mapping.entries[-1]
    own_line = text[line_start(text, last.key.start) : last.key.start]
    if not own_line.strip():
        newline = newline_of(text)
        comma = "," + newline + own_line
        if is_json(text):
            pairs = [
                f"{_scalar(key, quote)}{separator}{_json_value(text, last.key.span, value)}"
                for key, value in data.items()
            ]
    addition = comma.join(pairs)
    if position is not None:
        start = mapping.entries[position].key.start
        floor = _end(mapping.entries[position - 1]) if position else mapping.span.start
        if not own_line.strip():
            # A comment behind what stands above stays there; one of its own line would not.
            floor = line_end(text, floor)
        if "#" not in text[floor:start]:
            if own_line.strip():
                comma = _comma(text, Span(last.key.start, _end(last)))
            return (Edit(Span(start, start), addition + comma),)
    return _append_flow(text, Span(last.key.start, _end(last)), addition)


def _append_flow(text: str, last: Span, addition: str) -> Edits:
    """Write `addition` behind the last child of a flow collection."""
    start = line_start(text, last.start)
    own_line = text[start : last.start]
    if own_line.strip() or (start == 0 and not own_line):
        return (Edit(Span(last.end, last.end), _comma(text, last) + addition),)
    end = line_end(text, last.end)
    rest = text[last.end : end].strip()
    line = newline_of(text) + own_line + addition
    if rest.startswith("#"):
        # The comment stays beside the child that it speaks of.
        return (Edit(Span(last.end, last.end), ","), Edit(Span(end, end), line))
    if rest.startswith(","):
        if rest[1:].lstrip()[:1] not in ("", "#"):
            return (Edit(Span(last.end, last.end), ", " + addition),)
        return (Edit(Span(end, end), line + ","),)
    return (Edit(Span(last.end, last.end), "," + line),)


def _comma(text: str, last: Span) -> str:
    """The comma in the style of the collection: `{"a":1,"b":2}` has no space behind it."""
    before = text[last.start - 1 : last.start]
    compact = before == "{" and _COMPACT_PAIR.match(text, last.start, last.end)
    return "," if before == "," or compact else ", "


def _replace(text: str, entry: Entry, data: Data, quote: str) -> Edits:
    span = entry.value.span
    new = _flow(data, '"' if is_json(text) else "", ": ", quote)
    if span.start < span.end:
        pretty = isinstance(data, (Dict, List)) and not isinstance(data, str)
        if pretty and _is_pretty(text, span):
            new = _json_value(text, span, data)
        return (Edit(span, new),)
    return (Edit(_with_loose_end(text, span), " " + new),)


def _with_loose_end(text: str, span: Span) -> Span:
    """An empty span, with the white space between it and the end of its line, if that is all."""
    end = line_end(text, span.end)
    return span if text[span.end : end].strip(" \t") else Span(span.start, end)


def _fill(
    text: str, mapping: Mapping, entry: Entry, data: Dict[str, Data] | List[Data], quote: str
) -> Edits | None:
    """Give an empty key of a block mapping a block of children."""
    indent = _indent(text, mapping)
    if indent is None:
        return None
    value = entry.value.span
    between = text[entry.key.span.end : value.start]
    if "#" in between or ("\n" in between and text[value.end : line_end(text, value.end)].strip()):
        return None
    look = _look(text, mapping)._replace(value_quote=quote)
    lines = _children_of_block(data, indent, look)
    end = line_end(text, value.end)
    addition = Edit(Span(end, end), "".join(newline_of(text) + line for line in lines))
    if value.start == value.end:
        return (addition,)
    # The space before `{}` or `null` goes with it.
    start = value.start - (len(between) - len(between.rstrip()))
    if not text[value.end : end].strip():
        return (Edit(Span(start, end), addition.text),)
    return (Edit(Span(start, value.end), ""), addition)


# Removing.


def _remove(
    text: str, collection: Mapping | Sequence, spans: list[Span], position: int
) -> Edits | None:
    span = spans[position]
    gone = tuple(_nodes(_children(collection)[position]))
    if any(getattr(node, "anchor", None) for node in gone):
        return None
    names = _names(collection, position) if may_hold_comments(text) else set()
    if any(names_one(text[at.start : at.end], names) for at in _own_lines(text, span, gone)):
        return None
    if isinstance(collection, Mapping) and _is_explicit(text, collection.entries[position].key):
        return None
    if collection.flow:
        return _remove_flow(text, spans, position, names)
    start, end = line_start(text, span.start), line_end(text, span.end)
    own_line = not text[start : span.start].strip()
    rest = text[span.end : end].strip()
    if rest and not rest.startswith("#"):
        return None
    if own_line:
        floor = spans[position - 1].end if position else 0
        start = start_with_comments(text, span.start, floor, names)
        below = end_with_comments(text, span.end, _column(text, span.start))
        end = end if names_one(text[end:below], names) else below
        return (Edit(Span(start, _after_break(text, end)), ""),)
    # The first entry of a mapping stands behind a dash: the next entry takes its place.
    if position + 1 < len(spans) and not text[end : spans[position + 1].start].strip():
        return (Edit(Span(span.start, spans[position + 1].start), ""),)
    return None


def _remove_flow(
    text: str, spans: list[Span], position: int, names: Collection[str]
) -> Edits | None:
    """Take a child of a flow collection away, with one of the commas beside it."""
    span = spans[position]
    start, end = line_start(text, span.start), line_end(text, span.end)
    comma = _COMMA_BEHIND.match(text, span.end)
    tail = text[comma.end() if comma else span.end : end].strip()
    if not text[start : span.start].strip() and start > 0 and (not tail or tail[0] == "#"):
        # It has its lines for itself.
        floor = spans[position - 1].end if position else 0
        start = start_with_comments(text, span.start, floor, names)
        gone = Edit(Span(start, _after_break(text, end)), "")
        if comma or not position:
            return (gone,)
        before = text.find(",", spans[position - 1].end, span.start)
        if text[spans[position - 1].end : before].strip():
            return None
        return Edit(Span(before, before + 1), ""), gone
    if position:
        if "#" in text[spans[position - 1].end : span.start]:
            return None
        return (Edit(Span(spans[position - 1].end, span.end), ""),)
    if len(spans) > 1:
        between = text[span.end : spans[1].start]
        return None if "#" in between else (Edit(Span(span.start, spans[1].start), ""),)
    return (Edit(Span(span.start, comma.end() if comma else span.end), ""),)


_COMMA_BEHIND = regex(r"[ \t]*,[ \t]*")


def _is_explicit(text: str, key: Node) -> bool:
    """Whether a key is written as `? key`, which nothing here knows how to change."""
    return text[line_start(text, key.start) : key.start].rstrip().endswith("?")


def _nodes(child: Node | Entry) -> Iterator[Node]:
    """A child and all that stands below it, in the order of the text; no alias is followed."""
    if isinstance(child, Entry):
        yield from _nodes(child.key)
        yield from _nodes(child.value)
        return
    yield child
    if isinstance(child, (Mapping, Sequence)):
        for deeper in _children(child):
            yield from _nodes(deeper)


def _names(collection: Mapping | Sequence, position: int) -> set[str]:
    """The words that tell the neighbours of a child from it: keys, or what items hold."""
    if isinstance(collection, Mapping):
        return collection.names.keys() - {getattr(collection.entries[position].key, "value", "")}
    words = [
        {node.value for node in _nodes(item) if isinstance(node, Scalar)}
        for item in collection.items
    ]
    own = words.pop(position)
    return set().union(*words) - own


def _own_lines(text: str, span: Span, nodes: Iterable[Node]) -> Iterator[Span]:
    """The comments on lines of their own within a span that holds some nodes."""
    for gap in _gaps(span, nodes):
        yield from (Span(*match.span(1)) for match in _OWN.finditer(text, gap.start, gap.end))


def _gaps(span: Span, nodes: Iterable[Node]) -> Iterator[Span]:
    """What is between the scalars of a span: there alone a `#` can begin a comment."""
    done = span.start
    for node in nodes:
        if isinstance(node, (Scalar, Alias)):
            yield Span(done, node.start)
            done = max(done, node.span.end)
    yield Span(done, span.end)


_OWN = regex(r"(?m)^[ \t]*(#[^\r\n]*)")


def _after_break(text: str, end: int) -> int:
    return end + (2 if text.startswith("\r\n", end) else 1 if end < len(text) else 0)


# The style of the surroundings.

_COMPACT_JSON = regex(r'\ufeff?\s*\{"[^"]*":\S')
_COMPACT_PAIR = regex(r'"[^"]*":\S')
_CHILD_OBJECT = regex(r"\ufeff?\s*([{\[])\s*?\r?\n([ \t]+)")
_CHILD_BLOCK = regex(r":[ \t]*(?:#[^\n\r]*)?(?:\r?\n(?:( +)(?=[^\s#-]))?|\r|\Z)")
_CHILD_ITEM = regex(r":[ \t]*(?:#[^\n\r]*)?(?:\r?\n(?:( *)- )?|\r|\Z)")
"""What stands between a key and what belongs to it, which makes the group: without one, it is the
end of another line, passed over so that it is not looked for behind each of the line's colons.

The keys themselves begin like this:"""
_ABOVE_BLOCK = regex(r"( *)[^\s#'\"{\[-]")
_ABOVE_ITEM = regex(r"( *(?:- +)*)[^\s#-]")


def _indent(text: str, mapping: Mapping) -> str | None:
    """What stands before the keys of a block mapping, or None where they share a line."""
    start = mapping.entries[0].key.start
    before = text[line_start(text, start) : start]
    return " " * len(before) if not before.lstrip("\ufeff").strip("- ") else None


class _Look(NamedTuple):
    """How new lines look: the indentation of a level, the place of dashes, and quotes.

    `quote` is that of keys, and of all that are values too; `value_quote` that of values alone.
    """

    step: str
    indentless: bool
    quote: str = ""
    value_quote: str = ""

    @property
    def string_quote(self) -> str:
        """The quotes of a string that is a value."""
        return self.quote or self.value_quote


@lru_cache(maxsize=4)
def _look(text: str, mapping: Mapping) -> _Look:
    """How the lines of a block mapping and those around it look."""
    start = mapping.span.start
    step = _step(text, mapping, start)
    return _Look(step, _indentless(text, mapping, start), _quote(text, mapping))


def _quote(text: str, mapping: Mapping) -> str:
    """The quotes that each key of a mapping has; those of JSON have them always."""
    if is_json(text):
        return '"'
    styles = {each.style if isinstance(each, Scalar) else "" for each, _ in mapping.entries}
    return next(iter(styles)) if styles in ({"'"}, {'"'}) else ""


def _step(text: str, mapping: Mapping | None, offset: int) -> str:
    """One more level of indentation, as this mapping or the text around an offset has it."""
    entries = mapping.entries if mapping is not None else ()
    column = _column(text, entries[0].key.start) if entries else 0
    for entry in entries:
        child = entry.value
        if isinstance(child, Mapping) and child.entries:
            first = child.entries[0].key.start
            if line_start(text, first) == line_start(text, entry.key.start):
                continue
            deeper = _column(text, first) - column
            if deeper > 0:
                return " " * deeper
    if is_json(text):
        found = _CHILD_OBJECT.match(text)
        # An item of a List in JSON begins in the middle of a line.
        return (found and found[2][_column(text, found.start(1)) :]) or "  "
    for above, below in _nearest_first(_ABOVE_BLOCK, _CHILD_BLOCK, text, offset):
        if below > above:
            return " " * (below - above)
    return "  "


def _indentless(text: str, mapping: Mapping, offset: int) -> bool:
    """Whether dashes stand under the first letter of their key, here or in the text around."""
    for entry in mapping.entries:
        if isinstance(entry.value, Sequence) and not entry.value.flow and entry.value.items:
            return _column(text, entry.value.span.start) == _column(text, entry.key.start)
    nearest = next(_nearest_first(_ABOVE_ITEM, _CHILD_ITEM, text, offset), None)
    return nearest is not None and nearest[0] == nearest[1]


def _nearest_first(
    above: re.Pattern[str], below: re.Pattern[str], text: str, offset: int
) -> Iterator[tuple[int, int]]:
    """The columns of keys and of what belongs to them, above an offset from there up, then below.

    What stands between the two is looked for, because it is rarer than what looks like a key.
    """
    matches = _matches(below, text)
    place = bisect(matches, offset, key=re.Match.end)
    for match in chain(reversed(matches[:place]), matches[place:]):
        key = above.match(text, line_start(text, match.start()), match.start())
        if key is not None:
            yield len(key[1]), len(match[1])


@lru_cache(maxsize=4)
def _matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """All matches, in order: every fix of a text asks for the ones that are near to it."""
    return [match for match in pattern.finditer(text) if match[1] is not None]


def _column(text: str, offset: int) -> int:
    return offset - line_start(text, offset)


def _is_template(text: str, mapping: Mapping) -> bool:
    return "{{" in text[mapping.span.start : mapping.span.end]


def _separator(text: str, mapping: Mapping) -> str:
    """What stands between a key and its value in this flow mapping, else in the text."""
    for entry in mapping.entries:
        between = text[entry.key.span.end : entry.value.start]
        if between.strip() == ":" and "\n" not in between:
            return ": " if between != ":" else ":"
    return ":" if _COMPACT_JSON.match(text) else ": "


# Writing.


@lru_cache(maxsize=512, typed=True)
def _scalar(data: str | bool | int, quote: str) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return str(data)
    is_word = _PLAIN.fullmatch(data) is not None
    if quote == "'" and is_word:
        return f"'{data}'"
    plain = is_word and not quote and is_string(Scalar(Span(0, len(data)), data))
    return data if plain else json.dumps(data, ensure_ascii=False)


def _block(key: str, data: Data, indent: str, look: _Look) -> list[str]:
    head = f"{indent}{_scalar(key, look.quote)}:"
    if isinstance(data, (str, bool, int)):
        return [f"{head} {_scalar(data, look.string_quote)}"]
    if not data:
        return [f"{head} {_flow(data, look.quote, ': ')}"]
    return [head, *_children_of_block(data, indent, look)]


def _children_of_block(data: Dict[str, Data] | List[Data], indent: str, look: _Look) -> list[str]:
    """The lines below a key that stands at `indent`."""
    lines: list[str] = []
    if isinstance(data, Dict):
        for child, value in data.items():
            lines += _block(child, value, indent + look.step, look)
        return lines
    dash = indent if look.indentless else indent + look.step
    for item in data:
        lines += _block_item(item, dash, look)
    return lines


def _block_item(data: Data, dash: str, look: _Look) -> list[str]:
    if not isinstance(data, Dict) or not data:
        return [f"{dash}- {_flow(data, look.quote, ': ', look.string_quote)}"]
    lines: list[str] = []
    for key, value in data.items():
        lines += _block(key, value, dash + "  ", look)
    return [f"{dash}- {lines[0].lstrip()}", *lines[1:]]


def _flow(data: Data, quote: str, separator: str, value_quote: str = "") -> str:
    """A value in one line; `quote` is that of keys, and of strings that have no other one."""
    if isinstance(data, (str, bool, int)):
        return _scalar(data, value_quote or quote)
    comma = "," if separator == ":" else ", "
    if isinstance(data, Dict):
        pairs = (
            _flow_pair(key, value, quote, separator, value_quote) for key, value in data.items()
        )
        return "{" + comma.join(pairs) + "}"
    return "[" + comma.join(_flow(item, quote, separator, value_quote) for item in data) + "]"


def _flow_pair(key: str, data: Data, quote: str, separator: str, value_quote: str) -> str:
    return f"{_scalar(key, quote)}{separator}{_flow(data, quote, separator, value_quote)}"


def _is_pretty(text: str, span: Span) -> bool:
    """Whether a value stands behind its key on a line of pretty-printed JSON."""
    before = text[line_start(text, span.start) : span.start]
    return is_json(text) and before[:1].isspace() and before.lstrip().startswith('"')


def _json_value(text: str, span: Span, data: Data) -> str:
    """Pretty-printed JSON, each child on a line of its own, for a value on the line of a span."""
    line = text[line_start(text, span.start) : span.start]
    indent = line[: len(line) - len(line.lstrip())]
    written = json.dumps(data, ensure_ascii=False, indent=_step(text, None, span.start))
    return written.replace("\n", newline_of(text) + indent)
