"""What is read back from a cluster: one List of everything, as long as the cluster is large."""

import json
import os
import select
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, NamedTuple

from tests.benchmarks.client import memory
from tests.benchmarks.rivals import environment
from tests.benchmarks.table import Figures, table
from tests.production import list_of, owned_by, pod, pod_spec

PODS = 20_000
PODS_OF_EACH = 40
"""How many pods each Deployment has."""

COMMAND = (sys.executable, "-m", "k8s_lsp", "check", "--no-config", "--no-context", "--no-ignore")


class Run(NamedTuple):
    """The processor's seconds of all processes of a run, and most bytes that the first one held."""

    seconds: float
    memory: int


def pods(count: int) -> Iterator[dict[str, Any]]:
    """Running pods of Deployments in twenty namespaces."""
    for number in range(count):
        deployment = number // PODS_OF_EACH
        template = f"{deployment:05}c9b8f"
        owner = f"web-{deployment}-{template}"
        labels = {"app": "web", "pod-template-hash": template}
        yield pod(
            f"{owner}-{number:05}",
            pod_spec(),
            f"shop-{deployment % 20}",
            labels=labels,
            **owned_by("apps/v1", "ReplicaSet", owner),
        )


def measure(rounds: int) -> Iterator[str]:
    """The table of a List and of the same pods in files, one after the other in each round.

    Files are shared out among processes and a pipe is not, so that what is compared is the work.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = folder / "pods.list"
        text.write_text(list_of(*pods(PODS)), encoding="utf-8")
        files = folder / "files"
        files.mkdir()
        for number, each in enumerate(pods(PODS)):
            (files / f"{number:05}.json").write_text(json.dumps(each, indent=4) + "\n")
        runs: dict[str, list[Run]] = {"files": [], "a List": []}
        for _ in range(rounds):
            runs["files"].append(_run((*COMMAND, str(files))))
            runs["a List"].append(_run((*COMMAND, "-"), text))
        size = text.stat().st_size
    yield table(
        f"check of {PODS:,} pods in {size / 1e6:.0f} MB of JSON",
        [
            (
                "processor time, s",
                [Figures(who, [run.seconds for run in found]) for who, found in runs.items()],
            ),
            (
                "memory at most, times the text",
                [Figures(who, [run.memory / size for run in found]) for who, found in runs.items()],
            ),
        ],
    )


def _run(command: Sequence[str], text: Path | None = None) -> Run:
    with (text or Path(os.devnull)).open("rb") as stdin:
        process = Popen(command, stdin=stdin, stdout=DEVNULL, stderr=DEVNULL, env=environment())
        ending = os.pidfd_open(process.pid)
        most = 0
        # What `wait4` tells counts what this process held when it made the other one.
        while not select.select([ending], [], [], 0.01)[0]:
            most = max(most, memory(process.pid, "VmHWM"))
        os.close(ending)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), process.returncode
    return Run(usage.ru_utime + usage.ru_stime, most)
