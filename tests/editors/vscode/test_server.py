"""The server's process: what starts it, and what becomes of it."""

import os
import signal
import sys
from pathlib import Path

from tests.editors.vscode.manifests import PRIVILEGED
from tests.editors.vscode.workbench import Workbench, command_line


def test_the_restart_command(vscode: Workbench) -> None:
    name = vscode.write("restart.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    before = vscode.servers()
    vscode.run("k8s-lsp.restart")
    vscode.until("another server", vscode.servers, lambda now: len(now) == 1 and now != before)
    vscode.change(name, "privileged: true", "privileged: false")
    vscode.until_rules(name, "privilege-escalation-allowed")


def test_a_server_that_crashes_comes_back(vscode: Workbench) -> None:
    name = vscode.write("crash.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    [crashing] = vscode.servers()
    os.kill(crashing, signal.SIGKILL)
    vscode.until("another server", vscode.servers, lambda now: len(now) == 1 and now != [crashing])
    vscode.change(name, "privileged: true", "privileged: false")
    vscode.until_rules(name, "privilege-escalation-allowed")

    # It is the one that a restart ends.
    revived = vscode.servers()
    vscode.run("k8s-lsp.restart")
    vscode.until("a third one", vscode.servers, lambda now: len(now) == 1 and now != revived)


def test_nothing_of_the_folder_is_executed(vscode: Workbench, executed: Path) -> None:
    name = vscode.write("executed.yaml", PRIVILEGED)
    vscode.open(name)
    vscode.until_rules(name, "privileged-container")
    assert vscode.probe.ask("setting", "k8s-lsp.interpreter") == ""
    assert not executed.exists()

    # An installed server has less that keeps the modules of a folder out.
    vscode.configure("k8s-lsp.interpreter", sys.executable)
    vscode.configure("k8s-lsp.importStrategy", "fromEnvironment")
    vscode.until(
        "the server of the tests' own environment",
        lambda: [command_line(server) for server in vscode.servers()],
        # The server that is replaced may end between the two looks, and has no words then.
        lambda now: (
            len(now) == 1 and now[0][:1] == [sys.executable] and "fromEnvironment" in now[0]
        ),
    )
    vscode.change(name, "privileged: true", "privileged: false")
    vscode.until_rules(name, "privilege-escalation-allowed")
    assert not executed.exists()
