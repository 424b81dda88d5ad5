"""What an installation consists of."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import metadata, requires, version
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import k8s_lsp

ROOT = Path(__file__).resolve().parent.parent


def test_the_version_is_written_once() -> None:
    assert version("k8s-lsp") == k8s_lsp.__version__


def test_the_module_is_the_command() -> None:
    result = run("-m", "k8s_lsp", "--version")
    assert result.stdout.split()[-1] == k8s_lsp.__version__


def test_every_dependency_is_bounded_above() -> None:
    open_ended = [
        requirement.name
        for requirement in requirements()
        if not any(part.operator in {"<", "=="} for part in requirement.specifier)
    ]
    assert open_ended == []


def test_the_lock_holds_a_version_of_every_dependency_that_its_range_allows() -> None:
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            pin = Requirement(line)
            pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    for requirement in requirements():
        locked = pins.get(canonicalize_name(requirement.name), [])
        assert locked, f"{requirement.name} is not in requirements.lock; run `make lock`"
        for pin in locked:
            pinned = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(pinned), f"{pin}; run `make lock`"


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "k8s_lsp",
        f"k8s_lsp-{k8s_lsp.__version__}.dist-info",
    }
    assert "k8s_lsp/py.typed" in names
    assert metadata("k8s-lsp")["License-Expression"] == "Apache-2.0"


def requirements() -> Iterator[Requirement]:
    return map(Requirement, requires("k8s-lsp") or ())


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result
