"""The validator of SARIF logs, by its makers, and what it has in it: the schema, and CWE's names.

It is a package of npm with a program for Linux, and is kept in the folder that K8S_LSP_ORACLES
names or in `.pytest_cache/oracles`. To fetch it takes npm and, the first time, the network.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.oracles.go_programs import cache_folder

PACKAGE = "@microsoft/sarif-multitool-linux"
VERSION = "5.7.0"

# .NET would want a library of languages, which few containers have.
_ENVIRONMENT = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}


class NoMultitoolError(Exception):
    """The validator cannot be had; the message tells why."""


class Multitool:
    """The validator in the folder of its package."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def schema(self) -> Any:
        """The schema of SARIF 2.1.0."""
        return json.loads((self._folder / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))

    def findings(self, log: Path, folder: Path) -> set[tuple[str, str]]:
        """The rules that a log breaks, with their levels, such as ("warning", "SARIF2005").

        All rules run, those of GitHub too, but for the one that asks the network for every
        address. What they find is written into the folder.
        """
        policy, found = folder / "policy.xml", folder / "found.sarif"
        policy.write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n<Properties>\n'
            '  <Properties Key="SARIF2006.UrisShouldBeReachable.Options">\n'
            '    <Property Key="RuleEnabled" Value="Disabled" Type="Driver.RuleEnabledState" />\n'
            "  </Properties>\n</Properties>\n",
            encoding="utf-8",
        )
        self._run(
            *("validate", str(log), "--config", str(policy), "--output", str(found)),
            *("--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"),
            # Logs of many files are larger than what it looks at unasked.
            *("--max-file-size-in-kb", "10000000", "--log", "ForceOverwrite", "--quiet"),
        )
        (run,) = json.loads(found.read_text(encoding="utf-8-sig"))["runs"]
        (invocation,) = run["invocations"]
        told = invocation.get("toolExecutionNotifications", ())
        assert not [each for each in told if each.get("level") == "error"], told
        return {(each.get("level", "warning"), each["ruleId"]) for each in run["results"]}

    def weakness_titles(self, weaknesses: list[str]) -> dict[str, str]:
        """MITRE's titles of some weaknesses, by their ids."""
        out = self._run("get-cwe", "--concise", ",".join(weaknesses))
        return {each["id"]: each["title"] for each in json.loads(out)}

    def _run(self, *arguments: str) -> str:
        result = subprocess.run(
            [self._folder / "Sarif.Multitool", *arguments],
            env={**os.environ, **_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
        # 1 says that rules are broken.
        assert result.returncode in (0, 1), result.stdout + result.stderr
        return result.stdout


def installed() -> Multitool:
    """The validator, fetched if need be. Raises NoMultitoolError where it cannot be had."""
    folder = cache_folder() / f"sarif-multitool-{VERSION}"
    if not folder.exists():
        if sys.platform != "linux" or platform.machine() != "x86_64":
            raise NoMultitoolError("it is a program for Linux on x86-64")
        npm = shutil.which("npm")
        if npm is None:
            raise NoMultitoolError("npm is not on PATH")
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Another run may fetch it at the same time: each gives it its name when it is whole.
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        result = subprocess.run(
            [
                *(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"),
                *("--prefix", str(unfinished), f"{PACKAGE}@{VERSION}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise NoMultitoolError(f"npm install: {result.stderr.strip()}")
        try:
            unfinished.rename(folder)
        except OSError:
            # It has.
            shutil.rmtree(unfinished)
    package = folder / "node_modules" / PACKAGE
    (package / "Sarif.Multitool").chmod(0o755)
    return Multitool(package)
