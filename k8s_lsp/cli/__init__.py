"""The command `k8s-lsp`: arguments, files and exit statuses. What it shows is made by reports."""

import sys
from collections.abc import Sequence

from k8s_lsp.garbage import pause_gc


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` and return its status.

    Without any, those of the process count, and the process ends. Raises SystemExit after --help
    and --version, as argparse does.
    """
    if arguments is None:
        # The process is ours: `commands.main` turns it on again.
        pause_gc()
        if sys.argv[1:2] == ["server"]:
            # A client waits for its answer, and need not wait for all that is loaded below.
            from k8s_lsp.server import greeting

            greeting.greet(sys.argv[2:])
    from k8s_lsp.cli import commands

    return commands.main(arguments)
