"""What each command does, and with which status it ends."""

import argparse
import contextlib
import os
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TextIO, TypeVar

from k8s_lsp import engine
from k8s_lsp.cli import files, pool
from k8s_lsp.cli.arguments import UsageError, help_text, parsed
from k8s_lsp.cli.configurations import Configurations
from k8s_lsp.cli.files import FileError, Source
from k8s_lsp.cli.pool import WorkerLost
from k8s_lsp.configuration import Mistake, Values, listed
from k8s_lsp.engine import Analysis
from k8s_lsp.garbage import tune_gc
from k8s_lsp.kubernetes.versions import NEWEST, is_newer_than_known
from k8s_lsp.reports import text_report
from k8s_lsp.reports.entries import FileReport, file_report, line_span
from k8s_lsp.reports.json_report import file_json, findings_json
from k8s_lsp.reports.text_report import Tally, counted, tally_of
from k8s_lsp.rules.catalogue import RULES
from k8s_lsp.settings import SEVERITIES, Settings
from k8s_lsp.text import line_starts

OK, FOUND, FAILED = 0, 1, 2
"""Exit statuses: nothing to complain about; findings; the run could not do what was asked."""

INTERRUPTED, BROKEN_PIPE = 130, 141
"""What a shell reports of a program that SIGINT or SIGPIPE has ended."""

EXPLANATION_WIDTH = 100
"""The longest lines of an explanation; wider ones are hard to read."""

PROGRESS_AFTER = 1.0
"""Seconds before progress is shown; most runs are over by then."""

Complaint = tuple[str, str]
"""Why something was not read, or not whole: its name in the output, and the reason."""

Item = TypeVar("Item")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, as `k8s_lsp.cli.main` does."""
    if arguments is not None:
        return _run(arguments)
    _settle_process()
    status = _run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    # The interpreter would take all objects apart first, one by one.
    os._exit(status)


def _run(arguments: Sequence[str]) -> int:
    try:
        options = parsed(arguments)
        if options is None:
            print(help_text(), end="", file=sys.stderr)
            return FAILED
        try:
            status = _COMMANDS[options.command](options)
        except WorkerLost as error:
            _tell(f"k8s-lsp: error: {error}")
            status = FAILED
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(text_report.printable(str(error)), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # The output cannot be written. The interpreter would try again at its end and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"k8s-lsp: error: {files.reason(error)}", file=sys.stderr)
        return FAILED


def _settle_process() -> None:
    """Choices that only a process of our own may make, not a program that calls `main`."""
    tune_gc()
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


# Commands.


def _check(options: argparse.Namespace) -> int:
    tasks, complaints, misconfigured = _gathered(options)
    if options.fix and _has_standard_input(tasks):
        raise UsageError(
            "k8s-lsp check: error: --fix cannot change standard input; k8s-lsp harden - can"
        )
    as_text = options.output_format == "text"
    show = (
        partial(text_report.file_text, colour=_wants_colour(sys.stdout)) if as_text else file_json
    )
    tally, fixed = Tally(), 0
    findings: list[str] = []
    progress = _Progress(len(tasks))
    work = partial(_check_file, show=show, fix=options.fix)
    with pool.shared(work, tasks, _processes(tasks, writes=options.fix)) as results:
        for checked in pool.in_order(progress.over(results)):
            tally.add(checked.tally)
            fixed += checked.fixed
            complaints += checked.complaints
            # Text is told file by file, so that only what is told at the end needs to be kept.
            if not as_text:
                findings.append(checked.shown)
            elif checked.shown:
                progress.clear()
                sys.stdout.write(checked.shown)
    if not as_text:
        errors = sorted(complaints + misconfigured, key=_path)
        sys.stdout.writelines(findings_json(findings, errors, tally.files))
    elif tally.files:
        print(text_report.summary(tally))
    if fixed:
        _tell(f"safe fixes changed {counted(fixed, 'file')}")
    if _tell_complaints(complaints, tasks, tally.templates, options) or misconfigured:
        return FAILED
    if options.fail_on == "never":
        return OK
    failing = SEVERITIES[: SEVERITIES.index(options.fail_on) + 1]
    return FOUND if any(tally.severities[severity] for severity in failing) else OK


def _harden(options: argparse.Namespace) -> int:
    tasks, complaints, misconfigured = _gathered(options)
    # Standard output gets the diff, or the hardened standard input, and nothing else then.
    is_taken = options.diff or _has_standard_input(tasks)
    out = sys.stderr if is_taken else sys.stdout
    colour = _wants_colour(out)
    tally, changed, findings = Tally(), 0, 0
    progress = _Progress(len(tasks))
    work = partial(_harden_file, write=not options.diff)
    with pool.shared(work, tasks, _processes(tasks, writes=not options.diff)) as results:
        for hardened in pool.in_order(progress.over(results)):
            before, after = hardened.before, hardened.after
            complaints += _complaints(after)
            if hardened.output:
                progress.clear()
                files.write_out(hardened.output)
            if before is None:
                continue
            tally.add(tally_of(after))
            changed += hardened.changed
            findings += len(before.entries)
            if before.entries:
                # Lines are those of the file as it is on disk now.
                without_fix = (entry for entry in before.entries if entry.fix is None)
                left = without_fix if options.diff else after.entries
                progress.clear()
                out.write(
                    text_report.hardened_text(
                        before,
                        after,
                        left,
                        changed=hardened.changed,
                        written=not options.diff,
                        colour=colour,
                    )
                )
    if tally.files:
        print(
            text_report.hardened_summary(tally, changed, findings, written=not options.diff),
            file=out,
        )
    failed = _tell_complaints(complaints, tasks, tally.templates, options)
    return FAILED if failed or misconfigured else OK


def _rules(options: argparse.Namespace) -> int:
    # Checks, which are most runs, need none of this.
    from k8s_lsp.reports.rule_list import rules_json, rules_markdown, rules_text

    render = {"text": rules_text, "json": rules_json, "markdown": rules_markdown}
    files.write_out(render[options.output_format](RULES) + "\n")
    return OK


def _explain(options: argparse.Namespace) -> int:
    import shutil

    from k8s_lsp.reports.rule_list import rule_text

    width = min(shutil.get_terminal_size().columns, EXPLANATION_WIDTH)
    print(rule_text(options.rule, width))
    return OK


def _server(options: argparse.Namespace) -> int:
    # The protocol's libraries take longer to load than most checks run.
    from k8s_lsp.server import connections

    client = options.clientProcessId
    if options.tcp is None:
        return connections.serve_stdio(client)
    host, port = options.tcp
    return connections.serve_tcp(host, port, client)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "harden": _harden,
    "rules": _rules,
    "explain": _explain,
    "server": _server,
}


def _configurations(options: argparse.Namespace) -> Configurations:
    version = options.kubernetes_version
    if version is not None and is_newer_than_known(version):
        _tell(
            f"warning: Kubernetes {version} is newer than {NEWEST}, the newest version that these "
            f"rules know; judging by {NEWEST}"
        )
    chosen: Values = {"rules": {slug: {"severity": level} for slug, level in options.rules}}
    if options.profile is not None:
        chosen["profile"] = options.profile
    if version is not None:
        chosen["kubernetes-version"] = version
    only = None if options.config is None else Path(options.config)
    if only is not None and not only.is_file():
        why = "is a folder" if only.is_dir() else "no such file"
        raise UsageError(f"k8s-lsp {options.command}: error: --config: {options.config}: {why}")
    return Configurations(chosen, only=only, use_files=not options.no_config)


class _Task(NamedTuple):
    """A file to read, and the settings that hold for it."""

    source: Source
    settings: Settings


def _gathered(
    options: argparse.Namespace,
) -> tuple[list[_Task], list[Complaint], list[Complaint]]:
    """What there is to do, the paths with nothing behind them, and what is wrong with settings."""
    configurations = _configurations(options)
    found, missing = files.find(
        options.paths or ["."],
        exclude=options.exclude,
        use_gitignore=not options.no_ignore,
        stdin_name=options.stdin_filename,
        layers_of=configurations.of,
    )
    tasks = [_Task(each.source, configurations.settings_for(each)) for each in found]
    return tasks, missing, _tell_mistakes(configurations)


def _has_standard_input(tasks: Iterable[_Task]) -> bool:
    return any(task.source.place is None for task in tasks)


def _processes(tasks: Sequence[_Task], *, writes: bool) -> int:
    """How many processes a run may have: no other one reads what comes in, or writes files."""
    return 1 if writes or _has_standard_input(tasks) else pool.processes_for(len(tasks))


# What goes to standard error.


def _tell(message: str) -> None:
    sys.stdout.flush()
    print(message, file=sys.stderr)


def _tell_mistakes(configurations: Configurations) -> list[Complaint]:
    """Say what is wrong with configuration files, and give what must fail the run."""
    complaints = []
    for path, configuration in configurations.broken():
        shown, text = text_report.printable(path), configuration.text
        starts = line_starts(text)
        for mistake in configuration.mistakes:
            kind = "warning" if mistake.is_warning else "error"
            line = bisect_right(starts, mistake.span.start)
            column = mistake.span.start - starts[line - 1] + 1
            if text:
                _tell(f"{kind}: {shown}:{line}:{column}: {text_report.printable(mistake.message)}")
                _tell(_excerpt(text, starts, line, mistake))
            else:
                _tell(f"{kind}: {shown}: {mistake.message}")
            if not mistake.is_warning:
                where = f"line {line}, column {column}: " if text else ""
                complaints.append((path, where + mistake.message))
    return complaints


def _excerpt(text: str, starts: Sequence[int], line: int, mistake: Mistake) -> str:
    begin, end = line_span(text, starts, line)
    start, stop = mistake.span.start - begin, min(mistake.span.end, end) - begin
    source, carets = text_report.excerpt(text, begin, end, start, stop)
    return f"{line} | {source}".rstrip() + f"\n{' ' * len(str(line))} | {carets}"


def _tell_complaints(
    complaints: Iterable[Complaint],
    tasks: Sequence[_Task],
    templates: int,
    options: argparse.Namespace,
) -> bool:
    """Say what was not read, or not whole; return whether that makes the run fail."""
    failed = False
    for path, message in sorted(complaints, key=_path):
        _tell(f"error: {text_report.printable(path)}: {message}")
        failed = True
    if not tasks and not failed:
        paths = text_report.printable(", ".join(options.paths or ["."]))
        _tell(f"warning: nothing to check: no {listed(files.SUFFIXES)} file in {paths}")
    if templates:
        _tell(text_report.templates_note(templates))
    return failed


def _path(complaint: Complaint) -> str:
    return complaint[0]


def _wants_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that understands colours, and nobody asked for none."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)


class _Progress:
    """One line on standard error that tells how far a long run is, where somebody watches."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._next = time.monotonic() + PROGRESS_AFTER
        self._is_watched = sys.stderr.isatty()
        self._is_shown = False

    def over(self, results: Iterable[Item]) -> Iterator[Item]:
        """The same results; between them, the line is written now and then."""
        try:
            for done, result in enumerate(results, start=1):
                yield result
                if self._is_watched and time.monotonic() >= self._next:
                    self._next = time.monotonic() + 0.1
                    self._is_shown = True
                    print(f"\r{done} of {self._total} files", end="", file=sys.stderr, flush=True)
        finally:
            self.clear()

    def clear(self) -> None:
        """Take the line away, so that something else can be written there."""
        if self._is_shown:
            self._is_shown = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


# One file. These functions share nothing, so that processes can divide the files among them.


class _Checked(NamedTuple):
    """What was found in a file, `shown` in the output format: small, whoever has to keep it."""

    complaints: list[Complaint]
    tally: Tally
    shown: str = ""
    fixed: bool = False


class _Hardened(NamedTuple):
    """The findings of a file after and before; `before` is None where it could not be read.

    `output` belongs on standard output.
    """

    after: FileReport
    before: FileReport | None = None
    output: str = ""
    changed: bool = False


def _check_file(task: _Task, *, show: Callable[[FileReport, str], str], fix: bool) -> _Checked:
    source, settings = task
    try:
        mark, text = files.read(source)
    except FileError as error:
        return _Checked([(source.path, str(error))], Tally())
    analysis = engine.analyze(text, settings, sparing=True)
    complaints: list[Complaint] = []
    if fix and source.place is not None:
        try:
            better = _rewritten(analysis, engine.fix_all)
            if better.text != text:
                files.replace(Path(source.place), mark + better.text)
            analysis = better
        except FileError as error:
            complaints.append((source.path, str(error)))
    report = file_report(source.path, analysis)
    return _Checked(
        _complaints(report) + complaints,
        tally_of(report),
        show(report, analysis.text),
        analysis.text != text,
    )


def _complaints(report: FileReport) -> list[Complaint]:
    return [(report.path, message) for message in report.errors]


def _harden_file(task: _Task, *, write: bool) -> _Hardened:
    source, settings = task
    try:
        mark, text = files.read(source)
    except FileError as error:
        return _Hardened(FileReport(source.path, errors=(str(error),)))
    analysis = engine.analyze(text, settings, sparing=True)
    before = after = file_report(source.path, analysis)
    try:
        better = _rewritten(analysis, engine.harden)
        if write and source.place is not None and better.text != text:
            files.replace(Path(source.place), mark + better.text)
        analysis = better
        after = file_report(source.path, analysis)
    except FileError as error:
        after = before._replace(errors=(*before.errors, str(error)))
    output = ""
    if not write:
        from k8s_lsp.reports.diff import unified_diff

        output = unified_diff(source.path, mark + text, mark + analysis.text)
    elif source.place is None:
        output = mark + analysis.text
    return _Hardened(after, before, output, analysis.text != text)


def _rewritten(before: Analysis, rewrite: Callable[[str, Settings], str]) -> Analysis:
    """The analysis of what `rewrite` makes of a text.

    Raises FileError where less could be read of that text. It should not happen, and if it does,
    the file is worth more than the fix.
    """
    if not any(result.reported for result in before.units):
        return before
    try:
        text = rewrite(before.text, before.settings)
    except Exception as error:
        raise FileError(f"left as it was: a fix failed: {error!r}") from error
    if text == before.text:
        return before
    after = engine.analyze(text, before.settings, sparing=True)
    if _unread(after) > _unread(before):
        raise FileError("left as it was: with its fixes it would not parse, which is our mistake")
    return after


def _unread(analysis: Analysis) -> int:
    """How many obstacles there were to reading a text."""
    return len(analysis.failures) + sum(len(result.tree.problems) for result in analysis.units)
