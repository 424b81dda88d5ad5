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
        try:
            status = _COMMANDS[options.command](options)
        except WorkerLost as error:
            print_error(f"k8s-lsp: error: {error}")
            status = FAILED
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(printable(str(error)), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # The output cannot be written. The interpreter would try again at its end and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"k8s-lsp: error: {reason_of(error)}", file=sys.stderr)
        return FAILED


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


def _server(options: argparse.Namespace) -> int:
    from k8s_lsp.cli import server

    return server.run(options)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "harden": _harden,
    "rules": _rules,
    "explain": _explain,
    "server": _server,
}
