"""`k8s-lsp server`: run the language server."""

import argparse

from k8s_lsp.server import lazy_types


def run(options: argparse.Namespace) -> int:
    """Serve over the streams or the address that the options name, and return the exit status."""
    lazy_types.load()
    from k8s_lsp.server import connections

    client = options.clientProcessId
    if options.tcp is None:
        return connections.serve_stdio(client)
    host, port = options.tcp
    return connections.serve_tcp(host, port, client)
