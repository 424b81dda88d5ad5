"""`k8s-lsp explain`: tell what a rule finds, why, and what to do."""

import argparse
import shutil

from k8s_lsp.cli.exit_status import OK
from k8s_lsp.reports.rule_list import rule_text

WIDTH = 100
"""The longest lines of an explanation; wider ones are hard to read."""


def run(options: argparse.Namespace) -> int:
    """Print the explanation of the rule that the options name, and return the exit status."""
    print(rule_text(options.rule, min(shutil.get_terminal_size().columns, WIDTH)))
    return OK
