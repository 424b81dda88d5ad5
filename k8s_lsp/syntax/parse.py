"""YAML text -> trees with spans: what a text means, whatever it was before."""

from functools import partial

from k8s_lsp.syntax.limits import LimitError
from k8s_lsp.syntax.nodes import Mapping, Problem, Tree
from k8s_lsp.syntax.reading.events import ParserName
from k8s_lsp.syntax.reading.refused import refusal_in
from k8s_lsp.syntax.reading.source import Source, is_json_text, read, read_repaired, source_of
from k8s_lsp.syntax.repair.attempt import ParseAttempt
from k8s_lsp.syntax.repair.messages import explain, explain_dropped
from k8s_lsp.syntax.repair.repairs import blanked
from k8s_lsp.syntax.repair.search import NO_HINTS, Hints, recover
from k8s_lsp.syntax.units import ReadAs
from k8s_lsp.text import Span, line_end


def parse(
    text: str,
    *,
    template: bool = False,
    skipped: str | None = None,
    parser: ParserName | None = None,
    read_as: ReadAs = "start",
) -> Tree:
    """Read one unit, in the way in which the decoder reads it; never raises.

    A `template` is a text with Go template expressions: what they stand for is unknown, and no
    problem is reported. `skipped` is read in place of a text without odd characters: it is as long,
    and lacks what `reading.skip` left out. `parser` is for tests, which hold the two parsers to one
    another.
    """
    source = source_of(text, template=template, skipped=skipped, parser=parser, read_as=read_as)
    try:
        first = read(source)
        return finish(source, first, mend(source, first))
    except LimitError as limit:
        return Tree(text, limit=str(limit))


def mend(source: Source, first: ParseAttempt, hints: Hints = NO_HINTS) -> ParseAttempt:
    """The best that can be read, given the first attempt; raises LimitError."""
    if first.failure is None:
        is_object = any(isinstance(root, Mapping) and root.entries for root in first.roots)
        return first if is_object or first.dropped is None else _with_dropped(source, first)
    return recover(source.masked, first, partial(read_repaired, source), source.repairs, hints)


def _with_dropped(source: Source, first: ParseAttempt) -> ParseAttempt:
    """All that was read of a text whose first document is no object, and is refused for that.

    What was meant to be the object stands in what the decoder drops.
    """
    dropped = first.dropped
    assert dropped is not None, "there is something behind the document"
    masked = blanked(source.masked[:dropped]) + source.masked[dropped:]
    source = source._replace(masked=masked)
    rest = mend(source, read(source))
    below = tuple(root for root in rest.roots if root.start >= dropped)
    return first._replace(roots=first.roots + below)


def finish(source: Source, first: ParseAttempt, mended: ParseAttempt) -> Tree:
    """The tree of what was read in the end; why it had to be mended, the first attempt tells."""
    problem = None if source.template else _problem_of(source, first, mended)
    problems = () if problem is None else (problem,)
    as_written = source.is_as_written and problem is None
    return Tree(source.text, mended.roots, problems, as_written=as_written)


def _problem_of(source: Source, first: ParseAttempt, mended: ParseAttempt) -> Problem | None:
    """What the decoder refuses, or drops; None where it takes all of the text."""
    if source.refused is not None:
        return source.refused
    if first.failure is not None:
        return explain(source.text, first)
    if mended.unknown is not None:
        alias = mended.unknown
        return Problem(alias.span, f'no anchor "{alias.name}" before this alias')
    refusal = refusal_in(source, mended)
    dropped = mended.dropped
    if dropped is not None and (refusal is None or refusal.span.start >= dropped):
        is_json = is_json_text(source.text, source.read_as)
        return explain_dropped(source.text, dropped, is_json=is_json)
    if refusal is None and source.read_as in ("json", "rest"):
        return _no_object(source.text, mended)
    return refusal


def _no_object(text: str, mended: ParseAttempt) -> Problem | None:
    """What is wrong with a value that follows JSON objects, and is none."""
    for root in mended.roots:
        if not isinstance(root, Mapping):
            span = Span(root.start, min(root.span.end, line_end(text, root.start)))
            return Problem(span, "kubectl refuses what is no object behind JSON")
    return None
