"""Options and fixtures that every test may ask for."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent

# What tests share asserts too, and should say as much as they do when it fails.
pytest.register_assert_rewrite("tests.fixes", "tests.markers", "tests.oracle")

# The same examples on every machine and on every day, and no verdict that depends on its speed.
settings.register_profile(
    "k8s-lsp",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("k8s-lsp")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="rewrite the markers and expected files from what the code does now, for review",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("update") and os.environ.get("CI"):
        raise pytest.UsageError("--update is for a person who reads the diff; CI is set")


GROUPS = {
    "editors/": "editors",
    "exports/": "API server",
    "test_api_server.py": "API server",
    "test_operators.py": "API server",
}
"""Which tests one process runs alone: those in editors, of which two at once are too much for two
cores, and those that ask an API server, which takes minutes to build."""

FIRST = ("test_lint.py",)
"""What few tests take long for: begun last, it would keep one process busy after the others."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the tests of a file together, and of a group, where processes share the tests."""
    from xdist.scheduler import LoadFileScheduling

    class ByGroup(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0].removeprefix("tests/")
            return next((name for start, name in GROUPS.items() if path.startswith(start)), path)

        def _assign_work_unit(self, node: object) -> None:
            for path in FIRST:
                if path in self.workqueue:
                    self.workqueue.move_to_end(path, last=False)
            super()._assign_work_unit(node)

    return ByGroup(config, log)


@pytest.fixture(scope="session")
def update(pytestconfig: pytest.Config) -> bool:
    """Whether expectations are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("update"))


def absent(thing: str, reason: str) -> NoReturn:
    """Skip a test for want of `thing`, or fail it where K8S_LSP_REQUIRE lists that thing.

    The reason's first word is how `.ci/run` tells this skip from one that hides a test.
    """
    if thing in os.environ.get("K8S_LSP_REQUIRE", "").split(","):
        pytest.fail(f"required but absent: {thing}: {reason}", pytrace=False)
    pytest.skip(f"absent: {thing}: {reason}")


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Give the path of an installed program by its name, first of those beside Python."""
    beside = str(Path(sys.executable).parent)

    def find(name: str) -> str:
        found = shutil.which(name, path=beside) or shutil.which(name)
        return found or absent(name, "it is not on PATH")

    return find


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Give the folder of manifests written by others, which is not part of this repository."""
    folder = ROOT / (os.environ.get("K8S_LSP_CORPORA") or "../shared/corpora")
    if not folder.is_dir():
        absent("corpora", f"{folder} is no folder; K8S_LSP_CORPORA names it")
    return folder


@pytest.fixture(scope="session")
def manifest(corpora: Path) -> list[dict[str, Any]]:
    """Give the records of the corpora: where each file comes from and what is expected of it."""
    lines = (corpora / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
