"""The API server's own evaluator of ValidatingAdmissionPolicies, without a server.

`admission/go.mod` pins its version: the same as that of the API server, which shares most of what
is compiled. It decodes objects by the server's own types, gives them its defaults, and says which
policies refuse them in either form.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.oracles.go_programs import go_program

SOURCE = Path(__file__).with_suffix("")


class Form(NamedTuple):
    """An object as a server has it: what policies refuse it, by their names, with the messages.

    `errors` are those of policies that could not be evaluated.
    """

    object: dict[str, Any]
    refusals: dict[str, list[str]]
    errors: dict[str, list[str]]


class Evaluator:
    """A running evaluator."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def install(self, key: str, policies: Sequence[Any], minor: int = 0) -> None:
        """Set the policies that are asked by a key; each has to compile as a server demands.

        It is one of the `minor` version of Kubernetes, with what CEL has there, or of the newest.
        """
        chosen = [each for each in policies if each["kind"] == "ValidatingAdmissionPolicy"]
        answer = self._ask({"key": key, "policies": chosen, "minor": minor})
        assert not answer.get("uncompiled"), json.dumps(answer["uncompiled"], indent=1)

    def judge(self, key: str, obj: Any) -> tuple[Form, ...]:
        """An object as it is decoded, and with the defaults; none where it cannot be decoded."""
        answer = self._ask({"key": key, "object": obj})
        return tuple(Form(**form) for form in answer.get("forms", ()))

    def _ask(self, question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the evaluator has ended"
        return json.loads(line)


def program() -> Path:
    """The evaluator's path. Raises NoGoError where there is no Go to build it with."""
    return go_program(SOURCE, ".")


@contextmanager
def evaluator() -> Iterator[Evaluator]:
    """An evaluator that ends with its block. Raises NoGoError where there is no Go to build it."""
    with subprocess.Popen(
        [program()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        # To compile policies leaves much behind; collected rarely, that costs a third less.
        env={**os.environ, "GOGC": "400"},
    ) as process:
        yield Evaluator(process)
        assert process.stdin is not None
        process.stdin.close()
