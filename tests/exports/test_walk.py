"""The walk through the cluster in TEAM.md: each command runs on a real API server."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.integrations.conftest import Shell, environment, shell
from tests.integrations.recipes import EXAMPLE, recipes, spoken
from tests.oracles.api_server import ApiServer, Verdict, started

__all__ = ["environment", "shell"]

WALK = recipes("4. At admission") | recipes("5. On what runs")

CONTAINER = {"name": "app", "image": "x", "securityContext": {"privileged": True}}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [CONTAINER]},
}
"""A pod that breaks the same rule as the Deployment."""


def test_there_is_the_whole_walk() -> None:
    assert list(WALK) == ["From audit to deny", "What runs", "Pod Security labels"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ApiServer]:
    with started(tmp_path / "audit.log") as server:
        yield server


@pytest.mark.sweep
def test_the_walk_prints_what_it_says(
    server: ApiServer,
    tmp_path: Path,
    shell: Shell,
    environment: Mapping[str, str],
    program: Callable[[str], str],
) -> None:
    kubectl = Path(program("kubectl"))
    configuration = tmp_path / "kubeconfig"
    configuration.write_text(json.dumps(server.kubectl_configuration), encoding="utf-8")
    folders = (str(Path(sys.executable).parent), str(kubectl.parent), environment["PATH"])
    variables = {
        **environment,
        "PATH": os.pathsep.join(folders),
        "KUBECONFIG": str(configuration),
    }
    assert shell(EXAMPLE, tmp_path, variables).returncode == 0
    folder = tmp_path / "shop"
    # Where the audit log of a cluster is depends on the cluster.
    (folder / "audit.log").symlink_to(tmp_path / "audit.log")
    action = ""
    for recipe in WALK.values():
        for command, printed in (pair for session in recipe.sessions for pair in session):
            told = shell(command, folder, variables).stdout
            assert spoken(told) == spoken(printed), command
            if command.startswith("k8s-lsp export admission-policy"):
                action = found[1] if (found := re.search(r"--action (\w+)", command)) else "deny"
            elif command.startswith("kubectl apply --kustomize"):
                # What was applied is not in force at once.
                server.wait_for(action, partial(TOLD[action], server, tmp_path))


def audited(server: ApiServer, folder: Path) -> bool:
    verdict_of(server)
    return "validation_failure" in (folder / "audit.log").read_text(encoding="utf-8")


def warned(server: ApiServer, folder: Path) -> bool:
    verdict = verdict_of(server)
    return verdict.is_accepted and bool(verdict.warnings)


def denied(server: ApiServer, folder: Path) -> bool:
    return not verdict_of(server).is_accepted


TOLD = {"audit": audited, "warn": warned, "deny": denied}


def verdict_of(server: ApiServer) -> Verdict:
    verdict = server.verdict(POD, "shop")
    assert verdict is not None
    return verdict
