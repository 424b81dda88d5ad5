"""Programs in Go that the tests ask, built once each, and files that come in Go's modules.

The `go.mod` of each is the one place that pins its version. It is built into the folder that
K8S_LSP_ORACLES names or into `.pytest_cache/oracles`, and again where its source has changed. To
build or to fetch takes Go and, the first time, the network.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_CACHE = ".pytest_cache/oracles"

OLDEST_GO = (1, 24)
"""From 1.21 on, Go fetches by itself the newer one that `go.mod` asks for."""


class NoGoError(Exception):
    """The program has not been built, and cannot be; the message tells why."""


class NoModuleError(Exception):
    """A module cannot be had, as without a network or a proxy that serves it; the message says."""


def go_program(source: Path, package: str, flags: str = "") -> Path:
    """The path of a program, given the folder of its module and the package that it is made of.

    `flags` go to the linker. Raises NoGoError where there is no Go to build it with.
    """
    folder = cache_folder()
    suffix = sysconfig.get_config_var("EXE") or ""
    program = folder / f"{source.name}-{_fingerprint(source)}{suffix}"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Another run may build it at the same time: each gives it its name when it is whole.
        unfinished = program.with_name(f"{program.name}.{os.getpid()}")
        _build(source, package, flags, unfinished)
        unfinished.replace(program)
    return program


def go_modules(source: Path, kept: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    """The folders with the files of the modules that a `go.mod` requires, by the module's path.

    Of each only the files are kept that match one of its patterns. Nothing is compiled, and what
    the modules themselves require is not fetched. Raises NoGoError where there is no Go, and
    NoModuleError where a module cannot be fetched.
    """
    folder = cache_folder() / f"{source.name}-{_fingerprint(source, repr(sorted(kept.items())))}"
    if not folder.exists():
        go = _go()
        folder.parent.mkdir(parents=True, exist_ok=True)
        # As with a program: another run may fetch them at the same time.
        unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        for module, patterns in kept.items():
            _keep(_fetched(go, source, module), patterns, unfinished / module)
        try:
            unfinished.rename(folder)
        except OSError:
            shutil.rmtree(unfinished)
            assert folder.exists()
    return {module: folder / module for module in kept}


def _fetched(go: str, source: Path, module: str) -> Path:
    """The folder in which Go keeps a module, whose sum `go.sum` has."""
    result = subprocess.run(
        [
            *(go, "mod", "download", "-json", "-modcacherw"),
            f"{module}@{pinned_version(source, module)}",
        ],
        cwd=source,
        env={**os.environ, "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise NoModuleError(f"go mod download {module}: {result.stdout}{result.stderr}".strip())
    return Path(json.loads(result.stdout)["Dir"])


def _keep(module: Path, patterns: Sequence[str], folder: Path) -> None:
    for pattern in patterns:
        for path in module.glob(pattern):
            copy = folder / path.relative_to(module)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def cache_folder() -> Path:
    """The folder in which what was built or fetched is kept."""
    return ROOT / (os.environ.get("K8S_LSP_ORACLES") or DEFAULT_CACHE)


def _go() -> str:
    """The path of a Go that fetches what else is needed."""
    go = shutil.which("go")
    if go is None:
        raise NoGoError("it is not on PATH")
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True)
    match = re.match(r"go(\d+)\.(\d+)", version.stdout)
    if match is not None and (int(match[1]), int(match[2])) < OLDEST_GO:
        raise NoGoError(f"{match[0]} is too old")
    return go


def _build(source: Path, package: str, flags: str, program: Path) -> None:
    go = _go()
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


def _fingerprint(source: Path, more: str = "") -> str:
    """What tells this source, for this machine, from any other; `more` is what else counts."""
    digest = hashlib.sha256(f"{sysconfig.get_platform()}{more}".encode())
    for path in sorted([source / "go.mod", source / "go.sum", *source.glob("*.go")]):
        # Git may have given them the line breaks of Windows.
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]
