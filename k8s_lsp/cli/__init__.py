"""The command `k8s-lsp`: arguments, files and exit statuses. What it shows is made by reports."""

from k8s_lsp.cli.commands import main

__all__ = ["main"]
