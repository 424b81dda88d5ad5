"""From arguments to the command that they name, and to the status with which the process ends."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence

from k8s_lsp.cli.arguments import UsageError, help_text, parse_arguments
from k8s_lsp.cli.exit_status import BROKEN_PIPE, FAILED, INTERRUPTED
from k8s_lsp.cli.output import print_error
from k8s_lsp.cli.pool import WorkerLost
from k8s_lsp.files.errors import reason_of
from k8s_lsp.garbage import tune_gc
from k8s_lsp.reports.text_report import printable


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


def _settle_process() -> None:
    """Choices that only a process of our own may make, not a program that calls `main`."""
    tune_gc()
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is that of the closed stream, which no file of ours may get.
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        # Whoever closes it wants to hear nothing; print would write to standard output instead.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str]) -> int:
    try:
        options = parse_arguments(arguments)
        if options is None:
            print(help_text(), end="", file=sys.stderr)
            return FAILED
        closed = _closed_stream(options)
        if closed is not None:
            raise UsageError(f"k8s-lsp {options.command}: error: {closed} is closed")
        try:
            status = _COMMANDS[options.command](options)
        except WorkerLost as error:
            print_error(f"k8s-lsp: error: {error}")
            status = FAILED
        sys.stdout.flush()
        return status
    except UsageError as error:
        # Where nothing can be said, the status still tells.
        with contextlib.suppress(OSError):
            print(printable(str(error)), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # The output cannot be written. The interpreter would try again at its end and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        with contextlib.suppress(OSError):
            print(f"k8s-lsp: error: {reason_of(error)}", file=sys.stderr)
        return FAILED


def _closed_stream(options: argparse.Namespace) -> str | None:
    """The stream that a command cannot do without, if it was closed when the process started."""
    is_server = options.command == "server"
    if is_server and options.tcp is not None:
        return None
    if sys.stdout is None:
        return "standard output"
    return "standard input" if is_server and sys.stdin is None else None


# Only the command that runs is loaded: the protocol's libraries take longer than most checks run.


def _check(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import check

    return check.run(options)


def _harden(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import harden

    return harden.run(options)


def _rules(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import rules

    return rules.run(options)


def _explain(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import explain

    return explain.run(options)


def _export(options: argparse.Namespace) -> int:
    if options.subject == "namespace-labels":
        from k8s_lsp.cli import export_namespace_labels

        return export_namespace_labels.run(options)
    from k8s_lsp.cli import export_admission_policy

    return export_admission_policy.run(options)


def _batch(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import batch

    return batch.run(options)


def _report(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import report

    return report.run(options)


def _server(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import server

    return server.run(options)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "harden": _harden,
    "rules": _rules,
    "explain": _explain,
    "export": _export,
    "batch": _batch,
    "report": _report,
    "server": _server,
}
