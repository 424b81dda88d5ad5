"""kubectl's own decoder, as a process that is asked what a text says.

`decoder/main.go` is the program, `decoder/go.mod` the one place that pins the Kubernetes version
whose decoder it is. It is built once, into the folder that K8S_LSP_ORACLES names or into
`.pytest_cache/oracles`, and again where its source has changed. To build takes Go and, the first
time, the network.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_suffix("")
DEFAULT_CACHE = ".pytest_cache/oracles"
OLDEST_GO = (1, 24)
"""From 1.21 on, Go fetches by itself the newer one that `go.mod` asks for."""


class Answer(NamedTuple):
    """What kubectl takes of a text, and the message with which it then stops, if it does.

    Documents that say null are not among them: kubectl passes over these.
    """

    documents: list[Any]
    refusal: str | None


Ask: TypeAlias = Callable[[str], Answer]
"""Gives kubectl's answer to a text."""


class NoGoError(Exception):
    """The program has not been built, and cannot be; the message tells why."""


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
    folder = ROOT / (os.environ.get("K8S_LSP_ORACLES") or DEFAULT_CACHE)
    program = folder / f"decoder-{_fingerprint()}{sysconfig.get_config_var('EXE') or ''}"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may build it at the same time: each gives it its name when it is whole.
        unfinished = program.with_name(f"{program.name}.{os.getpid()}")
        _build(unfinished)
        unfinished.replace(program)
    return program


def _build(program: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise NoGoError("it is not on PATH")
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True)
    match = re.match(r"go(\d+)\.(\d+)", version.stdout)
    if match is not None and (int(match[1]), int(match[2])) < OLDEST_GO:
        raise NoGoError(f"{match[0]} is too old")
    result = subprocess.run(
        # As a part of a repository it would want to know its commit, which git may refuse to tell.
        # What it fetches may go into a folder that is taken away afterwards: `-modcacherw`.
        [
            *(go, "build", "-trimpath", "-buildvcs=false", "-modcacherw", "-ldflags=-s -w"),
            *("-o", program, "."),
        ],
        cwd=SOURCE,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"go build in {SOURCE}\n{result.stdout}{result.stderr}"


def pinned_version(module: str) -> str:
    """The version of a Go module that the program is made of, such as `v0.37.2`."""
    for line in (SOURCE / "go.mod").read_text(encoding="utf-8").splitlines():
        name, _, version = line.removeprefix("require").strip().partition(" ")
        if name == module:
            return version.split()[0]
    raise KeyError(module)


def _fingerprint() -> str:
    """What tells this source, for this machine, from any other."""
    digest = hashlib.sha256(sysconfig.get_platform().encode())
    for name in ("go.mod", "go.sum", "main.go"):
        # Git may have given them the line breaks of Windows.
        digest.update((SOURCE / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
