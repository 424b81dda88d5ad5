"""The command `k8s-lsp`: arguments, files and exit statuses. What it shows is made by reports."""

import gc
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` and return its status.

    Without any, those of the process count, and the process ends. Raises SystemExit after --help
    and --version, as argparse does.
    """
    if arguments is None:
        # What is imported stays: to look for garbage meanwhile takes a fifteenth of the start.
        gc.disable()
    from k8s_lsp.cli import commands

    return commands.main(arguments)
