"""What goes to standard output and to standard error, and how."""

import os
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TextIO

from k8s_lsp.cli.configurations import Broken
from k8s_lsp.configuration.choices import ConfigError
from k8s_lsp.configuration.words import listed
from k8s_lsp.files.errors import ReadError
from k8s_lsp.files.paths import SUFFIXES
from k8s_lsp.files.walking import LeftOut
from k8s_lsp.reports.text_report import (
    excerpt,
    left_out_note,
    line_span,
    printable,
)
from k8s_lsp.text import first_line, line_starts

by_path = attrgetter("path")
"""The order in which errors are told."""


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that understands colours, and its user did not refuse them."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)


def write_output(text: str) -> None:
    """Write to standard output as UTF-8, line breaks as they are."""
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        # A program that calls `main` collects what is printed as text.
        sys.stdout.write(text)
        return
    stream.write(text.encode("utf-8", "surrogateescape"))
    stream.flush()


def print_error(message: str) -> None:
    """Write a line to standard error, behind all that standard output got before."""
    sys.stdout.flush()
    print(message, file=sys.stderr)


def print_read_errors(errors: Iterable[ReadError]) -> None:
    """Say what could not be read, or not whole."""
    for path, message in sorted(errors, key=by_path):
        print_error(f"error: {printable(path)}: {message}")


def print_nothing_to_check(paths: Sequence[str], *, is_some_left_out: bool) -> None:
    """Say that the paths hold no file that is read."""
    what = f"no {listed(SUFFIXES)} file in {printable(', '.join(paths))}"
    if is_some_left_out:
        what += " that is not left out"
    print_error(f"warning: nothing to check: {what}")


def print_warnings(warnings: Iterable[ReadError]) -> None:
    """Say what cannot be taken into account, though that fails no run."""
    for path, message in sorted(warnings, key=by_path):
        print_error(f"warning: {printable(path)}: {message}")


def print_left_out(left_out: Sequence[LeftOut], *, all_counted: bool, by_name: bool) -> None:
    """Say how many files of folders are not read, and why; where that is asked for, which ones."""
    if by_name:
        for path, reason in left_out:
            print_error(f"left out ({reason}): {printable(path)}")
    counts = Counter[str](reason for _, reason in left_out)
    print_error(left_out_note(counts, all_counted=all_counted, by_name=by_name))


def print_configuration_errors(broken: Iterable[Broken]) -> list[ReadError]:
    """Say what is wrong with configuration files, and give what must fail the run."""
    errors = []
    for path, configuration in broken:
        shown, text = printable(path), configuration.text
        starts = line_starts(text)
        for error in configuration.errors:
            kind = "warning" if error.is_warning else "error"
            line = bisect_right(starts, error.span.start)
            column = error.span.start - starts[line - 1] + 1
            if text:
                print_error(f"{kind}: {shown}:{line}:{column}: {printable(error.message)}")
                print_error(_excerpt(text, starts, line, error))
            else:
                print_error(f"{kind}: {shown}: {error.message}")
            if not error.is_warning:
                where = f"line {line}, column {column}: " if text else ""
                errors.append(ReadError(path, where + error.message))
    return errors


def _excerpt(text: str, starts: Sequence[int], line: int, error: ConfigError) -> str:
    token = first_line(text, error.span)
    source, carets = excerpt(text, line_span(text, starts, line), token)
    return f"{line} | {source}".rstrip() + f"\n{' ' * len(str(line))} | {carets}"
