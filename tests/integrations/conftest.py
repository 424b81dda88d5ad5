"""A repository as teams have one, and this project as they install it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import k8s_lsp
from tests.conftest import ROOT, absent
from tests.integrations.recipes import EXAMPLE

Shell = Callable[..., subprocess.CompletedProcess[str]]
"""Runs a script as CI does, given the folder and the environment; one stream has all it says."""

INSTALLED = (
    ".pre-commit-hooks.yaml",
    "LICENSE",
    "README.md",
    "action.yml",
    "k8s_lsp",
    "pyproject.toml",
    "requirements.lock",
)
"""What of this project others install."""

NO_INDEX = ("No matching distribution", "Connection", "Temporary failure", "Max retries")
"""What pip says where there is no package index, or no network to it."""


@pytest.fixture(scope="session")
def shell() -> Shell:
    """Give bash, told as GitHub tells it to run a block."""
    bash = shutil.which("bash")
    if os.name != "posix" or bash is None:
        absent("bash", "what Windows calls so may be another machine")

    def run(
        script: str, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give an environment in which git is nobody in particular, and nothing colours."""
    if shutil.which("git") is None:
        absent("git", "it is not on PATH")
    home = tmp_path_factory.mktemp("home")
    kept = ("PATH", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    taken = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(("PIP_", "UV_", "K8S_LSP_", "http", "HTTP", "no_proxy"))
    }
    # What this machine says about package indexes holds in another home, too.
    configuration = Path.home() / ".config/pip/pip.conf"
    if configuration.is_file() and "PIP_CONFIG_FILE" not in taken:
        taken["PIP_CONFIG_FILE"] = str(configuration)
    return {
        **taken,
        "HOME": str(home),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "x",
        "GIT_AUTHOR_EMAIL": "x",
        "GIT_COMMITTER_NAME": "x",
        "GIT_COMMITTER_EMAIL": "x",
    }


@pytest.fixture(scope="session")
def source(
    shell: Shell, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give a repository with this project as it is here, tagged as this version."""
    folder = tmp_path_factory.mktemp("source")
    for name in INSTALLED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / name)
    tag = f"v{k8s_lsp.__version__}"
    script = f"git init -q -b main; git add -A; git commit -qm x; git tag {tag}"
    assert shell(script, folder, environment).returncode == 0
    return folder


@pytest.fixture
def repository(shell: Shell, environment: Mapping[str, str], tmp_path: Path) -> Path:
    """Give the repository of the page, on the branch that adds a manifest."""
    script = f"{EXAMPLE}git update-ref refs/remotes/origin/main main"
    done = shell(script, tmp_path, environment)
    assert done.returncode == 0, done.stdout
    return tmp_path / "shop"


def installed(result: subprocess.CompletedProcess[str]) -> str:
    """What an installation said, which worked; skips the test where there is no package index."""
    if result.returncode and any(word in result.stdout for word in NO_INDEX):
        absent("package-index", "pip could not reach one")
    assert result.returncode == 0, result.stdout
    return result.stdout
