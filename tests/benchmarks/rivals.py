"""Who is measured, and how it is found: by a variable of the environment, or on PATH."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.benchmarks.manifests import HEADING
from tests.benchmarks.schema import NEWEST, published

OURS = (sys.executable, "-m", "k8s_lsp")


class LanguageServer(NamedTuple):
    """A server and what it is told: `settings` when it asks, `options` when it is initialized.

    `fetch` gives what stands at an address, to a server that asks its client for that, as it does
    in VS Code. `heading` is the first line of each text, where some servers look for orders.
    `delay` is how many seconds it waits by design before it begins to work: they are taken off its
    times. An empty command means that it is missing, and `note` says how to get it, else which
    version it is.
    """

    name: str
    command: tuple[str, ...]
    note: str
    settings: dict[str, Any]
    options: dict[str, Any]
    heading: str = HEADING
    delay: float = 0.0
    fetch: Callable[[str], str] | None = None


class Checker(NamedTuple):
    """A command-line tool that checks files; `findings` counts them in what it prints.

    `takes_folders` says that it finds the files of a folder itself, and that one which it cannot
    read does not end its run.
    """

    name: str
    command: tuple[str, ...]
    note: str
    findings: Callable[[bytes], int]
    takes_folders: bool = True


def language_servers(schema: str) -> list[LanguageServer]:
    """Ours first. `schema` is the address of a JSON schema of the manifests' kinds alone."""
    command, note = _found("yaml-language-server", "npm install -g yaml-language-server@2")
    yaml_language_server = LanguageServer(
        "yaml-language-server",
        (*command, "--stdio") if command else (),
        note,
        settings={},
        options={},
        # yamlSettings.validationDelayMs, which no setting changes.
        delay=0.2,
    )
    rlsp_yaml, rlsp_yaml_note = _found("rlsp-yaml", "cargo install rlsp-yaml", version=None)
    return [
        LanguageServer("k8s-lsp", (*OURS, "server"), _version((*OURS, "--version")), {}, {}),
        # As its README has it for Kubernetes.
        yaml_language_server._replace(
            settings=_yaml({"schemas": {"kubernetes": ["*.yaml"]}, "kubernetesVersion": NEWEST}),
            fetch=published,
        ),
        yaml_language_server._replace(
            name="the same, told these kinds alone",
            settings=_yaml({"schemas": {schema: ["*.yaml"]}, "kubernetesCRDStore": _OFF}),
        ),
        LanguageServer(
            "rlsp-yaml",
            rlsp_yaml,
            rlsp_yaml_note,
            settings={},
            options={"schemaStore": False},
            # It takes schemas from the network only; this line keeps it from trying.
            heading="# yaml-language-server: $schema=none",
        ),
    ]


_OFF = {"enable": False}


def _yaml(settings: dict[str, Any]) -> dict[str, Any]:
    return {"yaml": {"schemaStore": _OFF, **settings}}


def environment() -> dict[str, str]:
    """What the tools run in: that of this process, but that Python keeps what it compiles.

    Whoever installs a program has it compiled; where that is forbidden, each start takes longer.
    """
    return {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def checkers() -> list[Checker]:
    """Ours first, with all of its rules; the others with the ones that they run by themselves."""
    checkov, checkov_note = _found("checkov", "pip install checkov")
    kube_linter, kube_linter_note = _found(
        "kube-linter", "go install golang.stackrox.io/kube-linter/cmd/kube-linter@latest", "version"
    )
    kube_score, kube_score_note = _found(
        "kube-score", "go install github.com/zegl/kube-score/cmd/kube-score@latest", "version"
    )
    plain = "--skip-download --compact --quiet --output json"
    options = "check --profile all --no-config --no-ignore --fail-on never --output-format json"
    return [
        Checker(
            "k8s-lsp",
            (*OURS, *options.split()),
            _version((*OURS, "--version")),
            lambda output: len(json.loads(output)["findings"]),
        ),
        Checker("Checkov", _with(checkov, f"{plain} -d"), checkov_note, _failed),
        Checker(
            "Checkov, Kubernetes alone",
            _with(checkov, f"--framework kubernetes {plain} -d"),
            checkov_note,
            _failed,
        ),
        Checker(
            "kube-linter",
            # Its JSON repeats the whole object in every finding.
            _with(kube_linter, "lint --format plain"),
            kube_linter_note,
            lambda output: output.count(b"(check: "),
        ),
        Checker(
            "kube-score",
            _with(kube_score, "score --output-format json"),
            kube_score_note,
            lambda output: sum(
                len(check["comments"] or ())
                for each in json.loads(output)
                for check in each["checks"]
                if not check["skipped"] and check["grade"] < 10
            ),
            takes_folders=False,
        ),
    ]


def _failed(output: bytes) -> int:
    """How many checks failed in a report of Checkov, which is a list where several looked."""
    reports = json.loads(output)
    reports = reports if isinstance(reports, list) else [reports]
    return sum(report["summary"]["failed"] for report in reports)


def _found(
    name: str, installation: str, version: str | None = "--version"
) -> tuple[tuple[str, ...], str]:
    """A program's command and its version; no command and how to get it where it is missing.

    K8S_LSP_… names a command line that comes before PATH; the words of `version` make the program
    say its version, where it can.
    """
    variable = "K8S_LSP_" + name.upper().replace("-", "_")
    command = tuple(shlex.split(os.environ.get(variable, ""))) or (name,)
    if shutil.which(command[0]) is None:
        return (), f"missing: {installation}"
    return command, "version unknown" if version is None else _version((*command, version))


def _with(command: tuple[str, ...], options: str) -> tuple[str, ...]:
    return (*command, *options.split()) if command else ()


def _version(command: tuple[str, ...]) -> str:
    """The version in the first line of what a program prints."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    found = re.search(r"v?\d+\.\d+\.\d+\S*|development", done.stdout)
    return found[0].rstrip(",") if found else "version unknown"
