"""The text that a parser is shown in the place of the user's, and the way back from it."""

from bisect import bisect_left
from collections.abc import Sequence as List
from typing import Final, Literal, NamedTuple

from k8s_lsp.syntax.json_values import json_string
from k8s_lsp.syntax.limits import PLACES
from k8s_lsp.syntax.nodes import Style
from k8s_lsp.syntax.repair.openness import Place, places_of
from k8s_lsp.syntax.repair.repairs import Repair
from k8s_lsp.syntax.repair.templates import braces_in
from k8s_lsp.text import Span


class MaskedText(NamedTuple):
    """What a unit's nodes are made from: the user's text, and the masked one that is read.

    `colon_as` is the character that hides colons in the masked text. `templates` and `growing` are
    the repairs of these roles, and `places` where the repairs stand, in order, unless there are too
    many, so that `everything_open`. Outside of the `changes`, which are in order, all is read as it
    is written; inside, it may be the same where the repairs are `local`. The strings of a text that
    `is_json` say what JSON says of them, however they are masked. `has_expressions` says that some
    scalar within the changes may hold a template expression that is not hidden.
    """

    original: str
    masked: str
    colon_as: str = ""
    templates: List[Span] = ()
    growing: List[Span] = ()
    places: List[Place] = ()
    everything_open: bool = False
    changes: List[Span] = ()
    local: bool = True
    is_json: bool = False
    has_expressions: bool = False


BOM_AS: Final = "\ufefe"
"""What stands for a byte order mark within a text: libyaml would skip one that begins a line."""


def mask(
    original: str,
    masked: str,
    repairs: tuple[Repair, ...],
    colon_as: str = "",
    *,
    is_json: bool = False,
) -> MaskedText:
    """What is read of a text, given the repairs that made the masked one."""
    templates = [repair.span for repair in repairs if repair.role in ("template", "template line")]
    # Where expressions are hidden, all of them are.
    braces = None if templates else braces_in(original)
    if masked is original:
        if braces is None:
            return MaskedText(original, masked)
        return MaskedText(original, masked, changes=[braces], local=False, has_expressions=True)
    growing = [repair.span for repair in repairs if repair.role == "grows"]
    places = places_of(original, repairs[: PLACES + 1])
    everything_open = len(places) > PLACES
    return MaskedText(
        original,
        masked,
        colon_as,
        templates,
        growing,
        () if everything_open else places,
        everything_open,
        _changes(original, masked, repairs, colon_as, braces),
        not growing and not colon_as and braces is None,
        is_json,
        braces is not None,
    )


def _changes(
    original: str,
    masked: str,
    repairs: tuple[Repair, ...],
    colon_as: str,
    braces: Span | None,
) -> list[Span]:
    """The parts of the text outside of which all was read as it is written."""
    changes: list[Span] = []
    spans = [repair.span for repair in repairs]
    for span in sorted(spans if braces is None else [*spans, braces]):
        if changes and span.start <= changes[-1].end:
            changes[-1] = Span(changes[-1].start, max(span.end, changes[-1].end))
        else:
            changes.append(span)
    done = 0
    for start, end in (*changes, Span(len(original), len(original))):
        if colon_as or original[done:start] != masked[done:start]:
            return [Span(0, len(original))]
        done = end
    return changes


def as_written(
    text: MaskedText, token: int, end: int, value: str, style: Style
) -> tuple[str, Style, int]:
    """Value, style and end of a scalar, undoing what the parser was shown instead of the text."""
    original, masked = text.original, text.masked
    for repaired in text.growing:
        if token <= repaired.start <= end < repaired.end:
            end = repaired.end
            written = original[token:end]
            return written.strip("\"'"), _quote(written) or style, end
    index = bisect_left(text.templates, Span(end, end)) - 1
    if index >= 0 and text.templates[index].end > token:
        return original[token:end], "{{", end
    if text.colon_as:
        value = value.replace(text.colon_as, ":")
    written, shown = original[token:end], masked[token:end]
    if written == shown:
        return value, style, end
    if text.is_json and style == '"':
        return json_string(written), style, end
    if BOM_AS in shown:
        value = value.replace(BOM_AS, "\ufeff")
    if "\n" in shown or "\r" in shown:
        return value, style, end
    if not style:
        # A quote or a bracket that was never closed was hidden from the parser.
        quote = _quote(written)
        if quote:
            return written[1:], quote, end
        if written[0] in "[{":
            return written[1:], style, end
        return written, style, end
    if style in "\"'" and style not in written[1:-1] and "\\" not in masked[token:end]:
        return written[1:-1], style, end
    return value, style, end


def _quote(written: str) -> Literal["", "'", '"']:
    """The quote with which a scalar begins."""
    return "'" if written[0] == "'" else '"' if written[0] == '"' else ""
