"""Starts the command `k8s-lsp` that the extension brings along, or that of the environment.

    python -I launch.py {useBundled|fromEnvironment} ARGUMENT ...

`-I` keeps out whatever the environment variables, the user's folders and the current folder would
add to the modules: what is executed is what the extension brings and what the interpreter has.
"""

import os
import sys
import sysconfig
from pathlib import Path

BUNDLED = Path(__file__).parent / "bundled"


def platform_tag() -> str:
    """The platform of this interpreter as the tags of wheels name it, without versions.

    The folder of that name in `bundled/clib` holds the C parser for several versions of Python,
    and their importers find their own by its suffix. Where there is no such folder or none that
    fits, ruamel.yaml reads with its pure parser.
    """
    if sys.platform == "win32":
        return sysconfig.get_platform().replace("-", "_")
    machine = os.uname().machine
    if sys.platform == "darwin":
        return f"macosx_{machine}"
    return f"{'manylinux' if _has_gnu_libc() else 'musllinux'}_{machine}"


def _has_gnu_libc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (OSError, ValueError):
        return False


def main() -> int:
    """Run the command with the arguments that follow the import strategy."""
    strategy = sys.argv.pop(1)
    bundled = [str(BUNDLED / "libs"), str(BUNDLED / "clib" / platform_tag())]
    # What comes first wins; what the environment does not have still comes from here.
    position = len(sys.path) if strategy == "fromEnvironment" else 0
    sys.path[position:position] = bundled
    from k8s_lsp.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
