"""What an installation consists of."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, distribution, metadata, requires, version
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import k8s_lsp
from tests.conftest import absent
from tests.server.real_server import EXIT, INITIALIZE, SHUTDOWN, framed, unframed

ROOT = Path(__file__).resolve().parent.parent
PIP = ("-m", "pip", "--disable-pip-version-check")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
"""Without what would lead an interpreter to this checkout."""


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


def test_the_licence_is_named_and_comes_along() -> None:
    told = metadata("k8s-lsp")
    assert told["License-Expression"] == "Apache-2.0"
    assert told.get_all("License-File") == ["LICENSE"]


# The distributions.


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the source distribution and the wheel that somebody makes from it."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", str(folder))
    (source,) = folder.iterdir()
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder))
    run(*PIP, "wheel", *options, str(source))
    return folder


def test_the_source_distribution_is_the_repository(
    dist: Path, program: Callable[[str], str]
) -> None:
    """Who packages it for others finds the tests and the licence there, and can run them."""
    git = program("git")
    if not (ROOT / ".git").exists():
        absent("repository", f"{ROOT} is no checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = {name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()}
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        members = [PurePosixPath(member.name) for member in archive if member.isfile()]
    assert {member.parts[0] for member in members} == {f"k8s_lsp-{k8s_lsp.__version__}"}
    assert {str(PurePosixPath(*member.parts[1:])) for member in members} == files | {"PKG-INFO"}


def test_the_wheel_holds_the_package_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {name for name in names if name.startswith("k8s_lsp/")}
    description = f"k8s_lsp-{k8s_lsp.__version__}.dist-info"
    assert {name.partition("/")[0] for name in names - package} == {description}
    assert package == {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "k8s_lsp").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    data = (
        "kubernetes/controllers.txt",
        "kubernetes/custom_resources.txt",
        "kubernetes/image_needs.json",
        "kubernetes/image_sources.json",
    )
    others = ("py.typed", "settings.schema.json", "rules/README.md")
    assert package > {f"k8s_lsp/{name}" for name in (*data, *others)}


def test_the_repository_makes_the_same_wheel_as_its_source_distribution(
    dist: Path, tmp_path: Path
) -> None:
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (ours,), (theirs,) = tmp_path.iterdir(), dist.glob("*.whl")
    assert (ours.name, ours.read_bytes()) == (theirs.name, theirs.read_bytes())


# The wheel in an environment that has what it says that it needs, and nothing else.


@pytest.fixture(scope="module")
def command(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the path of the installed command."""
    folder = tmp_path_factory.mktemp("environment")
    run("-m", "venv", "--without-pip", str(folder))
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(programs / "python")
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run("-c", where, python=python).stdout.strip())
    # Copied from here, so that nothing is asked of a network.
    for needed in needs("k8s-lsp"):
        for file in needed.files or ():
            if ".." not in file.parts:
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)
    (wheel,) = dist.glob("*.whl")
    run(*PIP, "--python", python, "install", "--no-index", str(wheel))
    return str(programs / "k8s-lsp")


def test_the_installed_command_tells_its_version(command: str) -> None:
    assert ran(command, "--version").decode().split() == ["k8s-lsp", k8s_lsp.__version__]


def test_the_installed_command_finds_what_this_one_finds(command: str) -> None:
    # What reads patterns is imported by those alone who give one.
    options = ("--fail-on", "never", "--exclude", "vendor/")
    arguments = ("check", *options, str(ROOT / "tests/demo/nginx.yaml"))
    here = run("-m", "k8s_lsp", *arguments).stdout
    assert "8 findings" in here
    assert ran(command, *arguments).decode().splitlines() == here.splitlines()


def test_the_installed_server_answers(command: str) -> None:
    answers = unframed(ran(command, "server", messages=framed(INITIALIZE, SHUTDOWN, EXIT)))
    assert answers[0]["result"]["serverInfo"] == {
        "name": "k8s-lsp",
        "version": k8s_lsp.__version__,
    }


def needs(name: str) -> Iterator[Distribution]:
    """What a distribution needs on this machine, and what that needs."""
    seen, waiting = set(), [name]
    while waiting:
        for requirement in map(Requirement, requires(waiting.pop()) or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if (needed := canonicalize_name(requirement.name)) not in seen:
                seen.add(needed)
                waiting.append(needed)
                yield distribution(needed)


def requirements() -> Iterator[Requirement]:
    return map(Requirement, requires("k8s-lsp") or ())


def run(*arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [python, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def ran(command: str, *arguments: str, messages: bytes = b"") -> bytes:
    """What the installed command writes, far from this checkout."""
    result = subprocess.run(
        [command, *arguments],
        cwd=Path(command).parent,
        input=messages,
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout
