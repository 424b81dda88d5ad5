"""Cut a text into units: documents, values of a JSON stream, and the items of a large List.

A unit is what is parsed, cached and broken alone. A text is cut where Kubernetes' decoder cuts it,
which takes every line that begins with `---` for a separator, and knows no other.

Source: `YAMLReader` and `YAMLOrJSONDecoder` in k8s.io/apimachinery/pkg/util/yaml/decoder.go.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

from k8s_lsp.regexes import regex
from k8s_lsp.syntax.json_values import begins_with_brace, json_end
from k8s_lsp.text import end_above, has_hidden_breaks, line_end, line_start, next_line

ReadAs: TypeAlias = Literal["start", "document", "yaml", "json", "rest", "refused", "values"]
"""How the decoder reads a unit.

`start` begins the text: JSON if it is JSON, else YAML. `document` is YAML below a separator, whose
line is not read, and `yaml` is YAML that begins with a separator which is read. `json` is a value
behind another value of JSON, `rest` the YAML that follows one such value, and `refused` is what
follows several of them. `values` are those of a chart, which Helm reads, as a whole.
"""


class Unit(NamedTuple):
    """A piece of a text; where it stands follows from those before it.

    `is_item` says that it is one item of a List that was cut; its text then begins with the line
    of the item's dash, or with comments right above it, so that it is a sequence of one item. What
    stands above and below the items is a unit of its own. An item of a List in JSON is an object
    alone. `listed_as` is the `apiVersion` and the `kind` that a typed List gives to items which do
    not tell theirs; empty where they have to.
    """

    text: str
    is_item: bool = False
    read_as: ReadAs = "start"
    listed_as: tuple[str, str] = ("", "")


CUT_LISTS_ABOVE = 65_536
"""How many characters a List must have more than to be cut into its items."""


def cut(text: str, read_as: ReadAs = "start") -> list[Unit]:
    """The units of a text, in order and without gaps; the first one is read in the given way."""
    if read_as == "values":
        return [Unit(text, False, "values")]
    units: list[Unit] = []
    start = 0
    for end in [*_document_starts(text), len(text)]:
        document = text[start:end]
        places = _item_starts(document) if end - start > CUT_LISTS_ABOVE else []
        if units:
            read_as = _read_below(units[-1])
        if places:
            head, tail = places[0], places[-1]
            units.append(Unit(document[:head], False, read_as))
            units += items_between(document, places)
            if tail < len(document):
                units.append(Unit(document[tail:], False, "document"))
        elif read_as == "start" and begins_with_brace(document):
            units += _values_of(document)
        else:
            units.append(Unit(document, False, read_as))
        start = end
    return units


def _read_below(above: Unit) -> ReadAs:
    """How the decoder reads the document whose separator follows a unit."""
    if above.read_as == "json":
        return "refused"
    # The decoder takes a separator away that ends something; it does not see two in a row.
    return "yaml" if is_lone_separator(above) else "document"


def is_lone_separator(unit: Unit) -> bool:
    """Whether a unit has nothing but the separator's line that the decoder takes away."""
    text = unit.text
    return unit.read_as == "document" and 0 <= text.find("\n") == len(text) - 1


def _values_of(document: str) -> list[Unit]:
    """The values of a document that begins with a brace, where they are JSON.

    What follows the last one belongs to that if it is a bracket or comma too many, and so does a
    comment behind the only one.
    """
    if not _BEHIND_BRACE.search(document):
        return [Unit(document)]
    places = [0]
    end = json_end(document)
    while end is not None:
        places.append(_behind_blanks(document, end))
        end = json_end(document, places[-1])
    if len(places) == 1:
        return [Unit(document)]
    rest = document[places[-1] :]
    is_comment = len(places) == 2 and _COMMENTS.fullmatch(rest) is not None
    if rest[:1] in ("", "}", "]", ",") or is_comment:
        places[-1] = len(document)
        rest = ""
    units = [Unit(document[: places[1]])]
    units += [Unit(document[start:end], False, "json") for start, end in pairwise(places[1:])]
    if rest:
        # Three dashes that end the text are a separator at the beginning of a line alone.
        is_cut_short = rest == "---" and document[places[-1] - 1] != "\n"
        is_yaml = len(units) == 1 and not is_cut_short
        units.append(Unit(rest, False, "rest" if is_yaml else "refused"))
    return units


def _behind_blanks(document: str, position: int) -> int:
    while document[position : position + 1] in (" ", "\t", "\r", "\n"):
        position += 1
    return position


_BEHIND_BRACE: Final = regex(r"\}[ \t\r\n]*[^ \t\r\n,\]}]")
"""What no JSON has but within strings: a value behind an object, without a comma."""

_COMMENTS: Final = regex(r"(?:#[^\n\r\x85\u2028\u2029]*[\s]*)*")


def items_between(document: str, places: Sequence[int]) -> list[Unit]:
    """The items between the places."""
    return [Unit(document[start:end], True, "document") for start, end in pairwise(places)]


def offsets_of(units: Iterable[Unit]) -> list[int]:
    """Where each unit begins, in code points from the start of the text."""
    *offsets, _ = accumulate((len(unit.text) for unit in units), initial=0)
    return offsets


def items_in(window: str) -> list[int]:
    """Where items begin in a few of them, of which the first and the last have not changed.

    Nothing if what was written there could make another List of it, or none: an anchor, something
    that begins a document or a directive, or a line that belongs to no item.
    """
    has_names = _has_names(window, "&") or _has_names(window, "*")
    if "%" in window or has_names or has_hidden_breaks(window):
        return []
    position = 0
    while window[position : line_end(window, position)].lstrip(" ").startswith("#"):
        position = next_line(window, position)
    first_line = window[position : line_end(window, position)]
    indent = first_line[: len(first_line) - len(first_line.lstrip(" "))]
    places = _irregular_items(window, 0, len(window), indent)
    return places if places[:1] == [0] else []


def says_kind(document: str, kind: str) -> bool:
    """Whether a line `kind: …` of that kind stands at the first column, plain and alone."""
    word = f"kind: {kind}"
    place = _key_line(document, word)
    return place >= 0 and not document[place + len(word) : line_end(document, place)].strip()


def list_places(text: str) -> list[int]:
    """Where the items of a text begin that is one List in YAML, and where the last one ends."""
    return [] if _document_starts(text) else _item_starts(text)


def _item_starts(document: str) -> list[int]:
    """Where the items of a List begin, and where the last one ends; nothing if it is not safe.

    It is safe where each line below `items:` that is not deeper than the dashes is one of them, a
    comment, or the first of the List's other keys, if those follow. The content of a block
    scalar is deeper than its item's dash, so a dash there is never mistaken for an item's. A quote
    or bracket that was left open breaks at the next item, which is what is wanted.
    """
    items = _key_line(document, "items:")
    if items < 0 or not says_kind(document, "List"):
        return []
    if _has_names(document, "&") and _has_names(document, "*"):
        # An alias may reach across items, to an anchor: neither does so without the other.
        return []
    if has_hidden_breaks(document):
        # Lines end where nothing here looks for their ends.
        return []
    position = line_end(document, items)
    if document[items + 6 : position].strip():
        return []
    position = next_line(document, position)
    while document[position : line_end(document, position)].strip()[:1] in ("", "#"):
        position = next_line(document, position)
        if position >= len(document):
            return []
    first_line = document[position : line_end(document, position)]
    indent = first_line[: len(first_line) - len(first_line.lstrip(" "))]
    if not _is_item(first_line[len(indent) :]):
        return []
    end = min(_end_of_items(document, position), len(document))
    if _reopens(document, end):
        return []
    places = _regular_items(document, position, end, indent)
    places = places or _irregular_items(document, position, end, indent)
    if places:
        places[0] = _with_comments(document, places[0], indent)
    return places


def _end_of_items(document: str, position: int) -> int:
    """Where the List's other keys begin, if any of them follows the items."""
    found = (document.find(f"\n{key}:", position) for key in ("apiVersion", "kind", "metadata"))
    return min((place + 1 for place in found if place >= 0), default=len(document))


def _regular_items(document: str, position: int, end: int, indent: str) -> list[int]:
    """The places, if the lines are simple enough to be counted, which takes a tenth of the time."""
    deeper = document.count(f"\n{indent} ", position, end)
    dashes = document.count(f"\n{indent}- ", position, end)
    lines = document.count("\n", position, end - 1)
    if deeper + dashes != lines or document.find("\r", position, end) >= 0:
        return []
    starts = [position]
    dash = document.find(f"\n{indent}- ", position, end)
    while dash >= 0:
        starts.append(dash + 1)
        dash = document.find(f"\n{indent}- ", dash + 1, end)
    return [*starts, end]


def _irregular_items(document: str, position: int, end: int, indent: str) -> list[int]:
    """The places, line by line; nothing if a line belongs to no item."""
    starts: list[int] = []
    while position < end:
        line = document[position : line_end(document, position)]
        content = line.lstrip(" ")
        column = len(line) - len(content)
        if column == len(indent) and _is_item(content):
            starts.append(_with_comments(document, position, indent))
        elif column <= len(indent) and content.strip() and not content.startswith("#"):
            return []
        position = next_line(document, position)
    return [*starts, end]


def _with_comments(document: str, start: int, indent: str) -> int:
    """Where the comments begin that stand right above an item, no deeper than its dash.

    A line that begins with `#` and is deeper may be content of the item above.
    """
    while start > 0:
        above = line_start(document, end_above(document, start))
        content = document[above:start].lstrip(" ")
        if not content.startswith("#") or start - above - len(content) > len(indent):
            break
        start = above
    return start


def _is_item(content: str) -> bool:
    return content.startswith("- ") or content.rstrip() == "-"


def _reopens(document: str, position: int) -> bool:
    """Whether `items:` comes again, or a directive or the end of a document."""
    return any(_key_line(document[position:], word) >= 0 for word in ("items:", "%", "..."))


def _key_line(document: str, word: str) -> int:
    """Where a line begins with the word; -1 where none does."""
    position = document.find(word)
    while position > 0 and document[position - 1] not in "\r\n":
        position = document.find(word, position + 1)
    return position


def _has_names(document: str, indicator: str) -> bool:
    """Whether something looks like an anchor, by its `&`, or like an alias, by its `*`."""
    position = document.find(indicator)
    while position >= 0:
        following = document[position + 1 : position + 2]
        if (following.isalnum() or following in ("_", "-")) and (
            position == 0 or document[position - 1] in " \t\r\n[{,:-?"
        ):
            return True
        position = document.find(indicator, position + 1)
    return False


def _document_starts(text: str) -> list[int]:
    """The offsets of the lines that begin another document than the text's first one.

    The decoder ends lines at line feeds alone here, and takes what stands behind a byte order mark
    for text. What is meant to be a document is told apart all the same, because it is refused.
    """
    starts: list[int] = []
    position = text.find("---")
    while position >= 0:
        start = position - (text[position - 1 : position] == "\ufeff")
        if start > 0 and text[start - 1] == "\n":
            starts.append(start)
        position = text.find("---", position + 3)
    return starts
