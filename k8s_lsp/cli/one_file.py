"""One file: what is found in it, and how it is written again with its fixes.

Only this module asks the engine. Its functions share nothing, so that processes can divide the
files among them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from k8s_lsp.engine import analysis, fixing
from k8s_lsp.engine.hardened import Hardened
from k8s_lsp.engine.reading import findings_only
from k8s_lsp.engine.results import Analysis
from k8s_lsp.files.charts import is_chart_template, is_chart_values
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.paths import from_here
from k8s_lsp.files.reading import Source, read
from k8s_lsp.files.writing import replace_text
from k8s_lsp.kubernetes.facts import ObjectFacts
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Asked, Surroundings
from k8s_lsp.reports.entries import STANDARD_INPUT, FileReport
from k8s_lsp.settings import Settings
from k8s_lsp.syntax.units import CUT_LISTS_ABOVE
from k8s_lsp.workspace.file_facts import PartFacts, facts_of_text
from k8s_lsp.workspace.index import FileFacts, FilePlace

Fixing = Callable[[Analysis], Hardened]
"""From the analysis of a text to what becomes of it with its fixes."""


class ReadFile(NamedTuple):
    """A file that was read; `mark` is its byte order mark, which the text does without."""

    source: Source
    mark: str
    text: str


class AnalyzedFile(NamedTuple):
    """A file that was read; `mark` is its byte order mark, which the text does without."""

    source: Source
    mark: str
    analysis: Analysis


def analyze_file(
    source: Source, settings: Settings, surroundings: Surroundings = NO_SURROUNDINGS
) -> AnalyzedFile:
    """Read and analyse a file; raises FileError."""
    return analyze_read(read_file(source), settings, surroundings)


def read_file(source: Source) -> ReadFile:
    """Read a file; raises FileError."""
    mark, text = read(source)
    # A shell goes on where the command before a pipe has failed; that is not to be called clean.
    if not text and source == (STANDARD_INPUT, None):
        raise FileError("is empty; the command before the pipe may have failed")
    return ReadFile(source, mark, text)


def analyze_read(
    file: ReadFile, settings: Settings, surroundings: Surroundings = NO_SURROUNDINGS
) -> AnalyzedFile:
    """Analyse a file that was read."""
    source, mark, text = file
    analysis = analyze(
        text,
        settings,
        is_chart_template=is_filled_in(source, text),
        is_values=holds_values(source),
        surroundings=surroundings,
    )
    return AnalyzedFile(source, mark, analysis)


class CheckedParts(NamedTuple):
    """What was found in a text that was judged part by part, told as that of one text."""

    report: FileReport
    facts: FileFacts
    asked: Asked


def check_parts(
    file: ReadFile,
    settings: Settings,
    place: FilePlace | None,
    surroundings: Surroundings,
    details: Mapping[str, bool],
) -> CheckedParts | None:
    """What is found in a long List or stream of JSON; None for a text that is read as a whole.

    `place` is where the file stands among others, which want to know then what it tells.
    """
    path, text = file.source.path, file.text
    if len(text) <= CUT_LISTS_ABOVE:
        return None
    # Few texts are so long, and what divides them need not be loaded for the others.
    from k8s_lsp.engine import lists
    from k8s_lsp.reports.parts import PartLines, part_report, whole_report
    from k8s_lsp.syntax.parts import may_be_divided

    if not may_be_divided(text) or is_filled_in(file.source, text) or holds_values(file.source):
        return None
    parts = lists.divided(text)
    if parts is None:
        return None
    lines, located = PartLines(text), None if place is None else PartFacts(place.path, text)
    facts: dict[int, tuple[ObjectFacts, ...]] = {}

    def keep(result: lists.PartResult) -> FileReport:
        part, analysis = result
        if located is not None and part.start not in facts:
            facts[part.start] = located.of(analysis, part.start)
        return part_report(
            path, analysis, from_here, details, lines.at(part.start), part.first_item
        )

    reports, asked = lists.analyze_parts(parts, text, settings, surroundings, keep)
    told = FileFacts(tuple(fact for of_part in facts.values() for fact in of_part))
    return CheckedParts(whole_report(path, reports), told, asked)


def read_facts(source: Source, place: FilePlace) -> FileFacts:
    """Read what a file tells others, and judge nothing; raises FileError."""
    _, text = read(source)
    return facts_of_text(
        place.path,
        text,
        is_chart_template=is_filled_in(source, text),
        is_values=holds_values(source),
        locates_names=False,
    )


def is_filled_in(source: Source, text: str) -> bool:
    """Whether Helm fills in what stands in double braces in the text of a file."""
    return "{{" in text and is_chart_template(source.place or source.path)


def holds_values(source: Source) -> bool:
    """Whether a file holds the values of a chart."""
    return is_chart_values(source.place or source.path)


def analyze(
    text: str,
    settings: Settings,
    *,
    is_chart_template: bool = False,
    is_values: bool = False,
    surroundings: Surroundings = NO_SURROUNDINGS,
) -> Analysis:
    """What is wrong with a text: the findings alone."""
    return analysis.analyze(
        text,
        settings,
        is_chart_template=is_chart_template,
        is_values=is_values,
        surroundings=surroundings,
        read=findings_only,
    )


def fix_all(before: Analysis) -> Hardened:
    """What becomes of the text with all its safe fixes."""
    return fixing.fix_all(before, _analyze_like(before))


def harden(before: Analysis) -> Hardened:
    """What becomes of the text with the preferred fix of every finding, but for what is left."""
    return fixing.harden(before, _analyze_like(before))


def _analyze_like(before: Analysis) -> fixing.Analyze:
    """A function that analyses what becomes of a text, which stays where it is."""
    return partial(
        analyze,
        is_chart_template=before.is_chart_template,
        is_values=before.is_values,
        surroundings=before.context.facts.reach.others,
    )


def rewrite(file: AnalyzedFile, fix: Fixing, *, write: bool) -> Hardened:
    """What becomes of the file with its fixes, which is written where that is wanted.

    Standard input is not written. Raises FileError, and leaves the file as it was, where a fix
    crashes, where less could be read of the new text, or where it cannot be written.
    """
    before = file.analysis
    if not any(unit.published for unit in before.units):
        return Hardened(before)
    try:
        after = fix(before)
    except Exception as error:
        raise FileError(f"left as it was: a fix failed: {error!r}") from error
    # It should not happen, and if it does, the file is worth more than the fix.
    if _unread(after.analysis) > _unread(before):
        raise FileError("left as it was: with its fixes it would not parse, which is our mistake")
    if write and file.source.place is not None and after.text != before.text:
        place = Path(file.source.place)
        replace_text(place, file.mark + after.text, expected=file.mark + before.text)
    return after


def _unread(read: Analysis) -> int:
    """How many obstacles there were to reading a text."""
    return len(read.incomplete) + sum(len(unit.tree.problems) for unit in read.units)
