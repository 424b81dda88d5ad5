"""`k8s-lsp report`: tell what the findings of many files come to, as Markdown or as a page."""

import argparse
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.output import print_error, print_read_errors, write_output
from k8s_lsp.cli.report_inputs import Input, open_inputs, told_by
from k8s_lsp.files.errors import FileError, ReadError
from k8s_lsp.files.reading import read_text
from k8s_lsp.files.writing import write_whole
from k8s_lsp.reports.overview.listed import Listed
from k8s_lsp.reports.overview.sections import Report, report_of
from k8s_lsp.reports.overview.teams import (
    Assignment,
    BrokenLine,
    assignment,
    read_code_owners,
    team_of,
)
from k8s_lsp.reports.overview.totals import Earlier, TeamOf, Totals
from k8s_lsp.reports.text_report import printable


def run(options: argparse.Namespace) -> int:
    """Write the report that the options ask for, and return the exit status; raises UsageError."""
    if not options.paths:
        raise UsageError("k8s-lsp report: error: the following arguments are required: FINDINGS")
    outputs = _outputs(options)
    assignments = _assignments(options)
    # The findings of a file come one after another.
    teams = lru_cache(maxsize=1024)(partial(team_of, assignments=assignments))
    # A name tells repositories apart, and what was one of several stays one.
    is_named = max(len(options.paths), len(options.since)) > 1
    since = open_inputs(options.since, is_named=is_named)
    inputs = open_inputs(options.paths, is_named=is_named)
    earlier = Earlier(told_by(since), teams) if since else None
    wants_page = any(name == "html" for name, _ in outputs)
    totals, listed = _counted(inputs, teams, earlier, wants_page=wants_page)
    notes = _notes(inputs, since)
    report = report_of(totals, options.title, notes, with_teams=bool(assignments))
    chosen_by = _chosen_by(totals, with_teams=bool(assignments))
    errors = []
    for name, path in outputs:
        text = "".join(_pieces(name, report, listed, chosen_by))
        try:
            _write(text, path)
        except FileError as error:
            errors.append(ReadError(str(path), str(error)))
    for note in notes:
        print_error(f"warning: {printable(note)}")
    print_read_errors(errors)
    return FAILED if errors else OK


def _outputs(options: argparse.Namespace) -> list[tuple[str, str | None]]:
    """Each format with its file, None for standard output; raises UsageError."""
    places: list[str] = []
    for name, path in options.outputs:
        place = os.path.realpath(path)
        if place in places:
            raise UsageError(
                f"k8s-lsp report: error: --output {name}={path}: two formats cannot share a file"
            )
        places.append(place)
        if Path(path).is_dir():
            raise UsageError(f"k8s-lsp report: error: --output: {path}: is a folder")
    outputs = [(options.output_format, None), *options.outputs]
    if any(name == "html" for name, _ in outputs):
        try:
            import vl_convert  # noqa: F401
        except ImportError:
            raise UsageError(
                "k8s-lsp report: error: vl-convert-python, which draws the charts of a page, is "
                "not installed: pip install 'k8s-lsp[report]'"
            ) from None
    return outputs


def _assignments(options: argparse.Namespace) -> list[Assignment]:
    """Who answers for which files: the file first, so that what is typed goes before it."""
    assignments = []
    if options.team_file is not None:
        try:
            assignments += read_code_owners(read_text(Path(options.team_file)))
        except (FileError, BrokenLine) as error:
            raise UsageError(
                f"k8s-lsp report: error: --teams: {options.team_file}: {error}"
            ) from None
    for name, pattern in options.teams:
        try:
            assignments.append(assignment(name, pattern))
        except BrokenLine as error:
            raise UsageError(f"k8s-lsp report: error: --team: {error}") from None
    return assignments


def _counted(
    inputs: Sequence[Input], teams: TeamOf, earlier: Earlier | None, *, wants_page: bool
) -> tuple[Totals, Listed]:
    totals, listed = Totals(teams, earlier), Listed()
    for piece in told_by(inputs):
        row = totals.add(piece)
        if wants_page and row is not None:
            listed.add(row)
    totals.finish()
    return totals, listed


def _notes(inputs: Sequence[Input], since: Sequence[Input]) -> list[str]:
    return [each.note for each in (*inputs, *since) if each.note is not None]


def _chosen_by(totals: Totals, *, with_teams: bool) -> list[str]:
    """The columns of the list that tell findings apart."""
    return [
        *("severity", "rule"),
        *(("team",) if with_teams else ()),
        *(("repository",) if len(totals.repositories) > 1 else ()),
        *(("change",) if totals.earlier is not None else ()),
    ]


def _pieces(name: str, report: Report, listed: Listed, chosen_by: Sequence[str]) -> Iterator[str]:
    if name == "html":
        from k8s_lsp.reports.overview.html_page import html_page

        return html_page(report, listed, chosen_by)
    from k8s_lsp.reports.overview.markdown_page import markdown_page

    return markdown_page(report)


def _write(text: str, path: str | None) -> None:
    """Write a whole report; raises FileError."""
    if path is None:
        write_output(text)
        return
    write_whole(Path(path), text)
