"""kubectl's own decoder, as a process that is asked what a text says.

`decoder/main.go` is the program, `decoder/go.mod` the one place that pins the Kubernetes version
whose decoder it is. It is built once, into the folder that K8S_LSP_ORACLES names or into
`.pytest_cache/oracles`, and again where its source has changed. To build takes Go and, the first
time, the network.
"""

import json
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from tests.oracles.go_programs import go_program

SOURCE = Path(__file__).with_suffix("")


class Answer(NamedTuple):
    """What kubectl takes of a text, and the message with which it then stops, if it does.

    Documents that say null are not among them: kubectl passes over these.
    """

    documents: list[Any]
    refusal: str | None


Ask: TypeAlias = Callable[[str], Answer]
"""Gives kubectl's answer to a text."""


class Decoder:
    """The running program. As a context manager it ends with its block."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
        )

    def ask(self, text: str) -> Answer:
        """What kubectl reads in a text, which holds no lone surrogates."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        data = text.encode()
        self._process.stdin.write(struct.pack(">I", len(data)) + data)
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the decoder ended with {self._process.wait()}"
        return Answer(**json.loads(line))

    def close(self) -> None:
        """End the process."""
        # At the end of its input it ends by itself.
        self._process.communicate()

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def built() -> Path:
    """The program's path. Raises NoGoError where there is no Go to build it with."""
    return go_program(SOURCE, ".")
