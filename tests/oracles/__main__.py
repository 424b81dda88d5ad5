"""Builds the programs in Go that tests ask: `make oracles`.

A test that finds one missing builds it too, and the first one of them then takes minutes.
"""

import sys

from tests.oracles import actionlint, admission, api_server, decoder
from tests.oracles.go_programs import NoGoError

PROGRAMS = {
    "kubectl's decoder": decoder.built,
    "actionlint": actionlint.actionlint,
    "the evaluator of admission policies": admission.program,
    "the API server": api_server.program,
}


def main() -> None:
    """Build what has not been built; ends with a message where there is no Go."""
    for name, build in PROGRAMS.items():
        try:
            print(f"{name}: {build()}", flush=True)
        except NoGoError as reason:
            sys.exit(f"{name} is built with Go 1.24 or newer: {reason}")


if __name__ == "__main__":
    main()
