"""actionlint, which knows what GitHub makes of workflows and actions.

`actionlint/go.mod` is the one place that pins its version. As kubectl's decoder, it is built once.
"""

from pathlib import Path

from tests.oracles.go_programs import go_program

SOURCE = Path(__file__).with_suffix("")


def actionlint() -> Path:
    """The path of the program; raises NoGoError where there is no Go to build it with."""
    return go_program(SOURCE, "github.com/rhysd/actionlint/cmd/actionlint")
