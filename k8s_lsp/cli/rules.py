"""`k8s-lsp rules`: list all rules."""

import argparse

from k8s_lsp.cli.exit_status import OK
from k8s_lsp.cli.output import write_output
from k8s_lsp.reports.rule_list import rules_json, rules_markdown, rules_text
from k8s_lsp.rules.catalogue import RULES

_RENDERERS = {"text": rules_text, "json": rules_json, "markdown": rules_markdown}


def run(options: argparse.Namespace) -> int:
    """Print the list in the output format that the options name, and return the exit status."""
    write_output(_RENDERERS[options.output_format](RULES) + "\n")
    return OK
