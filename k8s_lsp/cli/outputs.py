"""Which formats the findings are written in, and where to: standard output, and files.

Each format is made of the same reports, and only those that are asked for are loaded.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from k8s_lsp.cli.arguments import OUTPUT_FORMATS, UsageError
from k8s_lsp.cli.output import wants_colour, write_output
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.paths import place_below, repository_of
from k8s_lsp.reports.entries import Details, Seen
from k8s_lsp.reports.formats import Format, RunReport, json_format, text_format
from k8s_lsp.settings import SEVERITIES, Severity


class Output(NamedTuple):
    """A format and the file that gets it; None for standard output.

    Text for people `is_streamed`: it is shown while the run goes on, and nothing of it is kept.
    What `appends` leaves in the file what others wrote.
    """

    format: Format
    path: str | None = None
    is_streamed: bool = False
    appends: bool = False


def chosen_outputs(options: argparse.Namespace) -> list[Output]:
    """The outputs that the options name, standard output first.

    Raises UsageError where a file cannot be one, before anything is read.
    """
    files = [Output(_made(name, options), _checked(path)) for name, path in options.outputs]
    places = [os.path.realpath(output.path) for output in files if output.path is not None]
    for place, (name, path) in zip(places, options.outputs, strict=True):
        if places.count(place) > 1:
            raise UsageError(
                f"k8s-lsp check: error: --output {name}={path}: two formats cannot share a file"
            )
    return [_of_standard_output(options), *files, *_summaries(options)]


def _checked(path: str) -> str:
    """The path of a file to be written, whose folder is made if need be."""
    place = Path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        why = "is a folder" if place.is_dir() else None
    except OSError as error:
        why = reason_of(error)
    if why is not None:
        raise UsageError(f"k8s-lsp check: error: --output: {path}: {why}")
    return path


def _of_standard_output(options: argparse.Namespace) -> Output:
    name = options.output_format
    if options.statistics:
        from k8s_lsp.reports.statistics import statistics_json, statistics_text

        statistics = {"text": statistics_text, "json": statistics_json}
        if name not in statistics:
            raise UsageError(
                f"k8s-lsp check: error: --statistics has no form for --output-format {name}; "
                f"write that one to a file: --output {name}=FILE"
            )
        return Output(statistics[name]())
    if name == "text":
        return Output(text_format(colour=wants_colour(sys.stdout)), is_streamed=True)
    return Output(_made(name, options))


def _summaries(options: argparse.Namespace) -> Iterator[Output]:
    """The page of a job of GitHub Actions, where one runs and gets annotations."""
    names = (options.output_format, *(name for name, _ in options.outputs))
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path and "github" in names:
        from k8s_lsp.reports.github_report import github_summary_format

        variables = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")
        server, repository, commit = (os.environ.get(name) for name in variables)
        is_known = server and repository and commit
        blob = f"{server}/{repository}/blob/{commit}" if is_known else None
        yield Output(github_summary_format(_seen(options), blob), path, appends=True)


def details_of(outputs: Sequence[Output], *, identify: bool) -> Details:
    """What the report of a file must hold for some outputs; `identify` if it is to in any case."""
    details = Details(identify)
    for output in outputs:
        details |= output.format.details
    return details


def write_run(output: Output, files: Sequence[Any], run: RunReport) -> tuple[str, ...]:
    """Write what came of all files, and give what has to be said of it; raises FileError."""
    written = output.format.of_run(files, run)
    text = "".join(written.pieces)
    if output.path is None:
        write_output(text)
        return written.notes
    try:
        with Path(output.path).open("ab" if output.appends else "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise FileError(f"cannot be written: {reason_of(error)}") from error
    return written.notes


def failing_severities(fail_on: str) -> tuple[Severity, ...]:
    """The severities at or above the one that makes a run fail; none where nothing does."""
    if fail_on == "never":
        return ()
    return SEVERITIES[: list[str](SEVERITIES).index(fail_on) + 1]


# The formats by their names. Code hosts know files by their place in the repository.


def _seen(options: argparse.Namespace) -> Seen:
    """Gives the place of a file below the root of its repository, else of the current folder."""
    first = os.path.realpath(next((path for path in options.paths if path != "-"), "."))
    folder = first if Path(first).is_dir() else str(Path(first).parent)
    return partial(place_below, repository_of(folder) or str(Path.cwd()))


def _sarif(options: argparse.Namespace) -> Format:
    from k8s_lsp.reports.sarif_report import sarif_format

    return sarif_format(_seen(options), with_suppressed=options.suppressed)


def _github(options: argparse.Namespace) -> Format:
    from k8s_lsp.reports.github_report import github_format

    return github_format(_seen(options))


def _gitlab(options: argparse.Namespace) -> Format:
    from k8s_lsp.reports.gitlab_report import gitlab_format

    return gitlab_format(_seen(options))


def _gitlab_sast(options: argparse.Namespace) -> Format:
    from k8s_lsp.reports.gitlab_report import gitlab_sast_format

    return gitlab_sast_format(_seen(options))


def _junit(options: argparse.Namespace) -> Format:
    from k8s_lsp.reports.junit_report import junit_format

    return junit_format(_seen(options), failing_severities(options.fail_on))


_FORMATS: dict[str, Callable[[argparse.Namespace], Format]] = {
    "text": lambda options: text_format(colour=False),
    "json": lambda options: json_format(),
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "gitlab-sast": _gitlab_sast,
    "junit": _junit,
}
assert tuple(_FORMATS) == OUTPUT_FORMATS


def _made(name: str, options: argparse.Namespace) -> Format:
    return _FORMATS[name](options)
