"""What it costs to know a folder of 8,000 files: until it is known, afterwards, and in memory."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path
from time import perf_counter

from tests.benchmarks.client import Client
from tests.benchmarks.keystrokes import keystrokes, written
from tests.benchmarks.manifests import Manifest, manifests
from tests.benchmarks.rivals import checkers, language_servers
from tests.benchmarks.table import Figures, table

ROOT = Path(__file__).resolve().parent.parent.parent

FILES = 8_000

TURNS = 3
"""How often in a round is indexed and checked, and a text typed in."""

KEYS = 150
"""How many keys are typed in a turn once the index is there."""

BEING_BUILT, AFTERWARDS = "while it is built", "afterwards"
WITHOUT, WITH = "without an index", "with an index"


def fill(folder: Path) -> None:
    """Fill a folder: with what others wrote, where that is there, else with what is generated."""
    corpora = ROOT / (os.environ.get("K8S_LSP_CORPORA") or "../shared/corpora") / "real"
    found = 0
    for copy in range(2 if corpora.is_dir() else 0):
        target = folder / f"others-{copy}"
        shutil.copytree(corpora, target)
        found += sum(1 for path in target.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))
    small = next(each for each in manifests() if each.name == "150 lines").text
    for number in range(found, FILES):
        path = folder / "own" / str(number // 50) / f"{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(small.replace("name: web", f"name: web-{number}"), encoding="utf-8")


def measure(rounds: int, chosen: Sequence[Manifest]) -> Iterator[str]:
    """An index of 8,000 files beside a `check` of them, and keys beside it."""
    server, checker = language_servers("")[0], checkers()[0]
    took: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        full, empty = Path(name, "full"), Path(name, "empty")
        full.mkdir()
        empty.mkdir()
        fill(full)
        for _ in range(TURNS * rounds):
            begin = perf_counter()
            _check(checker.command, full)
            took["check"].append(perf_counter() - begin)
            begin = perf_counter()
            with closing(Client(server, full)) as client:
                client.until_indexed()
                took["index"].append(perf_counter() - begin)
                client.rest()
                sizes["now"].append(client.resident_memory / 1e6)
                sizes["at most"].append(client.most_memory / 1e6)
        yield table(
            f"{FILES:,} files",
            [
                ("seconds", [Figures(who, took[who]) for who in ("index", "check")]),
                ("memory of the server, MB", [Figures(*each) for each in sizes.items()]),
            ],
        )
        for manifest in chosen:
            yield _typed(rounds, manifest, full, empty)


def _check(command: Sequence[str], folder: Path) -> None:
    from subprocess import DEVNULL, run

    run([*command, str(folder)], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=False)


def _typed(rounds: int, manifest: Manifest, full: Path, empty: Path) -> str:
    """The times of keys, typed in turns without an index and beside one: at first it is built."""
    server = language_servers("")[0]
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(TURNS * rounds):
        with closing(Client(server, empty)) as alone, closing(Client(server, full)) as beside:
            for client in (alone, beside):
                client.open(manifest.text)
            typed = 0
            for key in cycle(keystrokes(manifest, written(manifest))):
                when = AFTERWARDS if beside.is_indexed else BEING_BUILT
                typed += beside.is_indexed
                for client, who in ((alone, WITHOUT), (beside, WITH)):
                    took[when, who].append(1_000 * client.type(key))
                    if when == AFTERWARDS:
                        client.rest()
                if typed == KEYS:
                    break
    groups = [
        (when, [Figures(who, took[when, who]) for who in (WITHOUT, WITH)])
        for when in (BEING_BUILT, AFTERWARDS)
    ]
    return table(f"keystroke → diagnostics, {manifest.name}, ms", groups)
