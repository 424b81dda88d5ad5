"""Programs in Go that the tests ask, built once each.

The `go.mod` of each is the one place that pins its version. It is built into the folder that
K8S_LSP_ORACLES names or into `.pytest_cache/oracles`, and again where its source has changed. To
build takes Go and, the first time, the network.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_CACHE = ".pytest_cache/oracles"

OLDEST_GO = (1, 24)
"""From 1.21 on, Go fetches by itself the newer one that `go.mod` asks for."""


class NoGoError(Exception):
    """The program has not been built, and cannot be; the message tells why."""


def go_program(source: Path, package: str, flags: str = "") -> Path:
    """The path of a program, given the folder of its module and the package that it is made of.

    `flags` go to the linker. Raises NoGoError where there is no Go to build it with.
    """
    folder = ROOT / (os.environ.get("K8S_LSP_ORACLES") or DEFAULT_CACHE)
    suffix = sysconfig.get_config_var("EXE") or ""
    program = folder / f"{source.name}-{_fingerprint(source)}{suffix}"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may build it at the same time: each gives it its name when it is whole.
        unfinished = program.with_name(f"{program.name}.{os.getpid()}")
        _build(source, package, flags, unfinished)
        unfinished.replace(program)
    return program


def _build(source: Path, package: str, flags: str, program: Path) -> None:
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
            *(go, "build", "-trimpath", "-buildvcs=false", "-modcacherw"),
            *(f"-ldflags=-s -w {flags}".rstrip(), "-o", program, package),
        ],
        cwd=source,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"go build in {source}\n{result.stdout}{result.stderr}"


def pinned_version(source: Path, module: str) -> str:
    """The version of a Go module that a program is made of, such as `v0.37.2`."""
    for line in (source / "go.mod").read_text(encoding="utf-8").splitlines():
        name, _, version = line.removeprefix("require").strip().partition(" ")
        if name == module and version:
            return version.split()[0]
    raise KeyError(module)


def _fingerprint(source: Path) -> str:
    """What tells this source, for this machine, from any other."""
    digest = hashlib.sha256(sysconfig.get_platform().encode())
    for path in sorted([source / "go.mod", source / "go.sum", *source.glob("*.go")]):
        # Git may have given them the line breaks of Windows.
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
