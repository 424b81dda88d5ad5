"""Small changes of YAML text, in the style of what surrounds them.

Every function takes the text of a unit and nodes that were read from it, and returns the edits, or
None where the place is written in a way that cannot be changed without risk. A missing fix is
better than a wrong one.
"""

import json
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from collections.abc import Sequence as List
from itertools import pairwise
from typing import TypeAlias

from k8s_lsp.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence
from k8s_lsp.syntax.scalars import is_null, is_string
from k8s_lsp.text import Edit, Span, line_end, line_start, newline_of

Data: TypeAlias = "str | bool | int | Dict[str, Data] | List[Data]"
"""What to write. Strings are written plain where YAML reads them back as the same string."""

Edits: TypeAlias = tuple[Edit, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_./][-A-Za-z0-9_./]*")

_WORD = re.compile(r"[A-Za-z0-9_./](?:[-A-Za-z0-9_./@]|:(?=[^\s]))*")
"""What may take the place of a plain scalar: an image's name too."""


def set_value(text: str, node: Node, data: str | bool | int) -> Edits:
    """Replace a scalar, with its tag if it has one, or an alias; a text keeps its quotes."""
    start = node.start if isinstance(node, Scalar) and node.tag else node.span.start
    gap = " " if node.span.start == node.span.end and text[start - 1 : start] in ":-?" else ""
    new = _scalar(data, _is_json(text))
    if isinstance(node, Scalar) and isinstance(data, str) and not _is_json(text):
        if _WORD.fullmatch(data) and node.style in ("'", '"'):
            new = f"{node.style}{data}{node.style}"
        elif _WORD.fullmatch(data) and not node.style and is_string(Scalar(node.span, data)):
            new = data
    return (Edit(Span(start, node.span.end), gap + new),)


def set_key(
    text: str, mapping: Mapping, key: str, data: Data, after: Iterable[str] = ()
) -> Edits | None:
    """Give `key` the value `data`.

    A key that is not there yet goes behind the last of the keys `after` that the mapping has, else
    to its end. A key that is there must be empty (`key:`, `key: null`, `key: {}`, `key: []`) or
    hold a scalar.
    """
    entry = _entry(mapping, key)
    if entry is None:
        return _insert(text, mapping, key, data, tuple(after))
    value = entry.value
    if isinstance(value, Scalar) and (value.anchor or value.tag or value.style == "{{"):
        return None
    if isinstance(value, Scalar) and (isinstance(data, (str, bool, int)) or mapping.flow):
        return _replace(text, entry, data)
    empty = is_null(value) if isinstance(value, Scalar) else not _children(value)
    if not empty or getattr(value, "anchor", None) or getattr(value, "tag", None):
        return None
    if mapping.flow or isinstance(data, (str, bool, int)):
        return _replace(text, entry, data)
    return _fill(text, mapping, entry, data)


def remove_key(text: str, mapping: Mapping, key: str) -> Edits | None:
    """Take `key` and its value away; a comment beside it stays."""
    position = _position(mapping, key)
    if position is None:
        return None
    spans = [Span(entry.key.start, _end(entry)) for entry in mapping.entries]
    return _remove(text, mapping, spans, position)


def append_item(text: str, sequence: Sequence, data: Data) -> Edits | None:
    """Write one more item at the end of a sequence that has items already, or of `[]`."""
    is_json = _is_json(text)
    if sequence.flow:
        item = _flow(data, is_json, ": ")
        if not sequence.items:
            return (Edit(sequence.span, f"[{item}]"),)
        return _append_flow(text, sequence.items[-1].span, item)
    start = sequence.span.start
    dash = text[line_start(text, start) : start]
    if dash.lstrip("\ufeff").strip():
        return None
    end = line_end(text, sequence.items[-1].span.end)
    lines = _block_item(data, dash, _step(text, None), _indentless(text))
    return (Edit(Span(end, end), "".join(newline_of(text) + line for line in lines)),)


def together(*parts: Edits | None) -> Edits | None:
    """Edits that only make sense as one; None where one of them cannot be made.

    Where several write at one offset, because one block ends with another, the deeper one goes
    first, and an item before a key of the same column.
    """
    joined: list[Edit] = []
    for part in parts:
        # Two parts that each bring the comma behind the same child would write it twice.
        if part is None or any(edit.text == "," and edit in joined for edit in part):
            return None
        joined += part
    ordered = sorted(joined, key=_depth)
    if any(later.span.start < edit.span.end for edit, later in pairwise(ordered)):
        return None
    return tuple(ordered)


def _depth(edit: Edit) -> tuple[Span, bool, int, bool]:
    """What fills a value on its own line comes before the lines below it, the deepest one first."""
    line = edit.text.lstrip("\r\n")
    content = line.lstrip(" ")
    indent = len(line) - len(content)
    return edit.span, line != edit.text, -indent, not content.startswith("- ")


def remove_item(text: str, sequence: Sequence, index: int) -> Edits | None:
    """Take one item away; a comment beside it stays. The only item leaves `[]`, or nothing."""
    spans = [Span(item.start, item.span.end) for item in sequence.items]
    if not sequence.flow:
        dashes = [text.rfind("-", 0, span.start) for span in spans]
        if any(
            text[dash + 1 : span.start].strip() for dash, span in zip(dashes, spans, strict=True)
        ):
            return None
        spans = [Span(dash, span.end) for dash, span in zip(dashes, spans, strict=True)]
    return _remove(text, sequence, spans, index)


# How one entry is found.


def _position(mapping: Mapping, key: str) -> int | None:
    """The index of the entry that counts: the last one of that name."""
    for index in range(len(mapping.entries) - 1, -1, -1):
        name = mapping.entries[index].key
        if isinstance(name, Scalar) and name.value == key:
            return index
    return None


def _entry(mapping: Mapping, key: str) -> Entry | None:
    position = _position(mapping, key)
    return None if position is None else mapping.entries[position]


def _children(node: Node) -> tuple[object, ...]:
    if isinstance(node, Mapping):
        return node.entries
    return node.items if isinstance(node, Sequence) else (node,)


def _end(entry: Entry) -> int:
    return max(entry.value.span.end, entry.key.span.end)


# Adding.


def _insert(
    text: str, mapping: Mapping, key: str, data: Data, after: tuple[str, ...]
) -> Edits | None:
    if mapping.flow:
        return _insert_flow(text, mapping, key, data)
    indent = _indent(text, mapping)
    if indent is None:
        return None
    positions = [_position(mapping, name) for name in after]
    known = [position for position in positions if position is not None]
    end = line_end(text, _end(mapping.entries[max(known, default=-1)]))
    lines = _block(key, data, indent, _step(text, mapping), _indentless(text))
    newline = newline_of(text)
    return (Edit(Span(end, end), "".join(newline + line for line in lines)),)


def _insert_flow(text: str, mapping: Mapping, key: str, data: Data) -> Edits | None:
    is_json = _is_json(text)
    separator = _separator(text, mapping)
    if not mapping.entries:
        pair = _flow_pair(key, data, is_json, separator)
        if text[mapping.span.start : mapping.span.end].strip("{} ") or _is_template(text, mapping):
            return None
        return (Edit(mapping.span, "{" + pair + "}"),)
    last = mapping.entries[-1]
    own_line = text[line_start(text, last.key.start) : last.key.start]
    if not own_line.strip() and is_json:
        step = _step(text, mapping)
        pair = _json_pair(key, data, own_line, step, newline_of(text), separator)
    else:
        pair = _flow_pair(key, data, is_json, separator)
    return _append_flow(text, Span(last.key.start, _end(last)), pair)


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
        return (Edit(Span(end, end), line),)
    return (Edit(Span(last.end, last.end), "," + line),)


def _comma(text: str, last: Span) -> str:
    """The comma in the style of the collection: `{"a":1,"b":2}` has no space behind it."""
    before = text[last.start - 1 : last.start]
    compact = before == "{" and _COMPACT_PAIR.match(text, last.start, last.end)
    return "," if before == "," or compact else ", "


def _replace(text: str, entry: Entry, data: Data) -> Edits:
    value = entry.value
    is_json = _is_json(text)
    new = _flow(data, is_json, ": ")
    gap = " " if value.span.start == value.span.end else ""
    return (Edit(value.span, gap + new),)


def _fill(
    text: str, mapping: Mapping, entry: Entry, data: Dict[str, Data] | List[Data]
) -> Edits | None:
    """Give an empty key of a block mapping a block of children."""
    indent = _indent(text, mapping)
    if indent is None:
        return None
    value = entry.value.span
    between = text[entry.key.span.end : value.start]
    if "#" in between or ("\n" in between and text[value.end : line_end(text, value.end)].strip()):
        return None
    lines = _children_of_block(data, indent, _step(text, mapping), _indentless(text))
    end = line_end(text, value.end)
    addition = Edit(Span(end, end), "".join(newline_of(text) + line for line in lines))
    if value.start == value.end:
        return (addition,)
    # The space before `{}` or `null` goes with it.
    start = value.start - (len(between) - len(between.rstrip()))
    if value.end == end:
        return (Edit(Span(start, end), addition.text),)
    return (Edit(Span(start, value.end), ""), addition)


# Removing.


def _remove(
    text: str, collection: Mapping | Sequence, spans: list[Span], position: int
) -> Edits | None:
    span = spans[position]
    if _has_inner_comment(text, span, collection, position):
        return None
    if collection.flow:
        if position:
            return (Edit(Span(spans[position - 1].end, span.end), ""),)
        if len(spans) > 1:
            between = text[span.end : spans[1].start]
            return None if "#" in between else (Edit(Span(span.start, spans[1].start), ""),)
        return (Edit(span, ""),)
    start, end = line_start(text, span.start), line_end(text, span.end)
    own_line = not text[start : span.start].strip()
    rest = text[span.end : end]
    if rest.strip():
        if not own_line or not rest.lstrip().startswith("#"):
            return None
        # The comment beside what goes stays where a reader looks for it.
        return (Edit(Span(span.start, span.end + len(rest) - len(rest.lstrip())), ""),)
    if own_line:
        return (Edit(Span(start, _after_break(text, end)), ""),)
    # The first entry of a mapping stands behind a dash: the next entry takes its place.
    if position + 1 < len(spans) and not text[span.end : spans[position + 1].start].strip():
        return (Edit(Span(span.start, spans[position + 1].start), ""),)
    return None


def _has_inner_comment(
    text: str, span: Span, collection: Mapping | Sequence, position: int
) -> bool:
    """Whether a comment stands inside of what is to be removed."""
    if isinstance(collection, Mapping):
        entry = collection.entries[position]
        scalars = [*_scalars(entry.key), *_scalars(entry.value)]
    else:
        scalars = list(_scalars(collection.items[position]))
    done = span.start
    for scalar in scalars:
        if "#" in text[done : scalar.start]:
            return True
        done = max(done, scalar.end)
    return "#" in text[done : span.end]


def _scalars(node: Node) -> Iterator[Span]:
    """The spans of the leaves below a node, in the order of the text."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from _scalars(entry.key)
            yield from _scalars(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        yield Span(node.start, node.span.end)


def _after_break(text: str, end: int) -> int:
    return end + (2 if text.startswith("\r\n", end) else 1 if end < len(text) else 0)


# The style of the surroundings.

_JSON = re.compile(r'\ufeff?\s*[{\[]\s*["{\[}\]]')
_COMPACT_JSON = re.compile(r'\ufeff?\s*\{"[^"]*":\S')
_COMPACT_PAIR = re.compile(r'"[^"]*":\S')
_CHILD_OBJECT = re.compile(r"\ufeff?\s*[{\[]\s*?\r?\n( +)")
_CHILD_BLOCK = re.compile(
    r"^( *)[^\s#'\"{\[-][^\n\r]*:[ \t]*(?:#[^\n\r]*)?\r?\n( +)(?=[^\s#-])", re.M
)
_CHILD_ITEM = re.compile(r"^( *(?:- +)*)[^\s#-][^\n\r]*:[ \t]*(?:#[^\n\r]*)?\r?\n( *)- ", re.M)


def _indent(text: str, mapping: Mapping) -> str | None:
    """What stands before the keys of a block mapping, or None where they share a line."""
    start = mapping.entries[0].key.start
    before = text[line_start(text, start) : start]
    return " " * len(before) if not before.lstrip("\ufeff").replace("-", "").strip() else None


def _step(text: str, mapping: Mapping | None) -> str:
    """One more level of indentation, as this mapping, its neighbours or the text have it."""
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
    if _is_json(text):
        found = _CHILD_OBJECT.match(text)
        return found[1] if found else "  "
    for found in _CHILD_BLOCK.finditer(text):
        deeper = len(found[2]) - len(found[1])
        if deeper > 0:
            return " " * deeper
    return "  "


def _indentless(text: str) -> bool:
    """Whether the dashes of the text stand under the first letter of their key."""
    found = _CHILD_ITEM.search(text)
    return found is not None and len(found[1]) == len(found[2])


def _column(text: str, offset: int) -> int:
    return offset - line_start(text, offset)


def _is_json(text: str) -> bool:
    """Whether the text is JSON, where every key and text is quoted."""
    return _JSON.match(text) is not None


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


def _scalar(data: str | bool | int, is_json: bool) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return str(data)
    plain = _PLAIN.fullmatch(data) and is_string(Scalar(Span(0, len(data)), data))
    return data if plain and not is_json else json.dumps(data, ensure_ascii=False)


def _key(key: str, is_json: bool) -> str:
    return _scalar(key, is_json)


def _block(key: str, data: Data, indent: str, step: str, indentless: bool) -> list[str]:
    head = f"{indent}{_key(key, False)}:"
    if isinstance(data, (str, bool, int)):
        return [f"{head} {_scalar(data, False)}"]
    if not data:
        return [f"{head} {_flow(data, False, ': ')}"]
    return [head, *_children_of_block(data, indent, step, indentless)]


def _children_of_block(
    data: Dict[str, Data] | List[Data], indent: str, step: str, indentless: bool
) -> list[str]:
    """The lines below a key that stands at `indent`."""
    lines: list[str] = []
    if isinstance(data, Dict):
        for child, value in data.items():
            lines += _block(child, value, indent + step, step, indentless)
        return lines
    dash = indent if indentless else indent + step
    for item in data:
        lines += _block_item(item, dash, step, indentless)
    return lines


def _block_item(data: Data, dash: str, step: str, indentless: bool) -> list[str]:
    if not isinstance(data, Dict) or not data:
        return [f"{dash}- {_flow(data, False, ': ')}"]
    lines: list[str] = []
    for key, value in data.items():
        lines += _block(key, value, dash + "  ", step, indentless)
    return [f"{dash}- {lines[0].lstrip()}", *lines[1:]]


def _flow(data: Data, is_json: bool, separator: str) -> str:
    if isinstance(data, (str, bool, int)):
        return _scalar(data, is_json)
    comma = "," if separator == ":" else ", "
    if isinstance(data, Dict):
        pairs = (_flow_pair(key, value, is_json, separator) for key, value in data.items())
        return "{" + comma.join(pairs) + "}"
    return "[" + comma.join(_flow(item, is_json, separator) for item in data) + "]"


def _flow_pair(key: str, data: Data, is_json: bool, separator: str) -> str:
    return f"{_key(key, is_json)}{separator}{_flow(data, is_json, separator)}"


def _json_pair(key: str, data: Data, indent: str, step: str, newline: str, separator: str) -> str:
    """A pair of pretty-printed JSON: nested objects on lines of their own."""
    value = json.dumps(data, ensure_ascii=False, indent=step, separators=(",", separator))
    return f"{_key(key, True)}{separator}" + value.replace("\n", newline + indent)
