"""`python -m k8s_lsp` is the command `k8s-lsp`."""

import sys

from k8s_lsp.cli import main

if __name__ == "__main__":
    sys.exit(main())
