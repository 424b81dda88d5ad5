"""What is measured. Each scenario gives its tables one by one, as soon as it has them."""

import os
import select
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from subprocess import DEVNULL, Popen
from time import perf_counter
from typing import IO, Any, NamedTuple

import yaml
from ruamel.yaml.error import YAMLError

from k8s_lsp.syntax.reading.events import PARSER, StreamEndEvent, events_of
from tests.benchmarks import clusters, indexing
from tests.benchmarks.client import PATIENCE, Client, SilentError, memory
from tests.benchmarks.keystrokes import keystrokes, written
from tests.benchmarks.manifests import Manifest, manifests
from tests.benchmarks.rivals import (
    Checker,
    LanguageServer,
    checkers,
    environment,
    language_servers,
)
from tests.benchmarks.schema import write_schema
from tests.benchmarks.table import Figures, table

ROOT = Path(__file__).resolve().parent.parent.parent
EDITS = 10_000
BURST = 50
"""How many of the edits are sent before anybody waits: one at a time, a delay would take hours."""

SHORT = 3
"""How many times in a round is measured what gives one sample each time."""

STARTS = 10
"""How many times in a round a server is started: that is quick, and varies."""

QUICK, AGAIN = 10.0, 12
"""Runs of so many seconds are short, and repeated so many times more in a round."""

TYPED = 3
"""How many times in a round the line is typed: a 99th percentile wants more than a hundred keys."""

SILENT = f"no answer within {PATIENCE:.0f} s"

Samples = defaultdict[str, list[float]]
"""What was measured, by the name of whom."""


class Options(NamedTuple):
    """How often each measurement is made, and on which manifests."""

    rounds: int
    manifests: Sequence[Manifest]


def start(options: Options) -> Iterator[str]:
    """From the start of the process to its answer to `initialize`, and to its first diagnostics."""
    answered, worked, diagnosed = (defaultdict[str, list[float]](list) for _ in range(3))
    notes: dict[str, str] = {}
    manifest = next(manifests())
    with _setting() as (servers, folder):
        for server in _present(servers) * (STARTS * options.rounds):
            with closing(Client(server, folder)) as client:
                answered[server.name].append(1_000 * client.starting)
                worked[server.name].append(client.processor_time() / 1e6)
                if server.name in notes:
                    continue
                try:
                    seconds, _ = client.open(manifest.text, client.began)
                except SilentError:
                    notes[server.name] = SILENT
                    continue
                diagnosed[server.name].append(1_000 * (seconds - server.delay))
    yield table("spawn → initialize, ms", [("", _beside(servers, answered))])
    yield table("processor time spawn → initialize, ms", [("", _beside(servers, worked))])
    name = f"spawn → first diagnostics, {manifest.name} opened at once, ms"
    yield table(name, [("", _beside(servers, diagnosed, _delays(servers), notes))])


def opening(options: Options) -> Iterator[str]:
    """From a text that is sent to its first diagnostics, and the memory that is held then."""
    times, sizes = [], []
    with _setting() as (servers, folder):
        for manifest in options.manifests:
            took: Samples = defaultdict(list)
            held: Samples = defaultdict(list)
            counts: dict[str, str] = {}
            present = _present(servers)
            for server in present * (SHORT * options.rounds):
                if counts.get(server.name) != SILENT:
                    with closing(Client(server, folder)) as client:
                        try:
                            seconds, count = client.open(manifest.text)
                        except SilentError:
                            counts[server.name] = SILENT
                            continue
                        took[server.name].append(1_000 * (seconds - server.delay))
                        held[server.name].append(client.resident_memory / 1e6)
                        counts[server.name] = f"{count:,} diagnostics"
            times.append((manifest.name, _beside(servers, took, counts, _delays(servers))))
            sizes.append((manifest.name, _beside(servers, held)))
    yield table("open → first diagnostics, ms", times)
    yield table("resident memory with the text open, MB", sizes)


def keystroke(options: Options) -> Iterator[str]:
    """From a change that is sent to the diagnostics of the text after it."""
    with _setting() as (servers, folder):
        for manifest in options.manifests:
            states: dict[str, Samples] = {
                "valid states": defaultdict(list),
                "broken states": defaultdict(list),
            }
            notes: dict[str, str] = {}
            for _ in range(options.rounds):
                with ExitStack() as stack:
                    clients = []
                    for server in _present(servers):
                        client = stack.enter_context(closing(Client(server, folder)))
                        try:
                            client.open(manifest.text)
                        except SilentError:
                            notes[server.name] = SILENT
                            continue
                        clients.append(client)
                        for key in keystrokes(manifest, "x"):
                            client.type(key)
                    keys = list(keystrokes(manifest, written(manifest)))
                    for key in keys * TYPED:
                        is_valid, floor = _parsed(key.document)
                        took = states["valid states" if is_valid else "broken states"]
                        took[FLOOR] += floor
                        for client in clients:
                            seconds = client.type(key) - client.server.delay
                            took[client.server.name].append(1_000 * seconds)
                            client.rest()
            yield table(
                f"keystroke → diagnostics, {manifest.name}, ms",
                [
                    (state, [*_beside(servers, took, _delays(servers), notes), _floor(took)])
                    for state, took in states.items()
                ],
            )


def growth(_: Options) -> Iterator[str]:
    """Resident memory before and after thousands of edits of a small text."""
    before: Samples = defaultdict(list)
    after: Samples = defaultdict(list)
    manifest = next(each for each in manifests() if each.name == "150 lines")
    with _setting() as (servers, folder):
        # Once, whatever the rounds: the edits are many enough.
        for server in _present(servers):
            with closing(Client(server, folder)) as client:
                client.open(manifest.text)
                before[server.name].append(client.resident_memory / 1e6)
                keys = islice(cycle(keystrokes(manifest, "x")), EDITS)
                while burst := list(islice(keys, BURST)):
                    for key in burst[:-1]:
                        client.change(key)
                    client.type(burst[-1])
                client.settle()
                after[server.name].append(client.resident_memory / 1e6)
    groups = [
        ("before", _beside(servers, before)),
        (f"after {EDITS:,} edits", _beside(servers, after)),
    ]
    yield table(f"resident memory, {manifest.name}, MB", groups)


def check(options: Options) -> Iterator[str]:
    """Whole runs over manifests that others wrote."""
    folder = ROOT / (os.environ.get("K8S_LSP_CORPORA") or "../shared/corpora") / "real"
    folder = folder.resolve()  # Checkov finds nothing behind a `..`.
    if not folder.is_dir():
        yield "check: missing: K8S_LSP_CORPORA names a folder that has manifests in `real`\n"
        return
    tools = checkers()
    paths = {tool.name: _readable(tool, folder) for tool in tools if tool.command}
    runs: dict[str, list[Run]] = defaultdict(list)

    def measure(tool: Checker) -> None:
        arguments = [folder] if tool.takes_folders else paths[tool.name]
        runs[tool.name].append(_run(tool, arguments))

    present = [tool for tool in tools if tool.command]
    for _ in range(SHORT * options.rounds):
        for tool in present:
            measure(tool)
    # While the others run for minutes, the machine changes its pace: these run in turns as well.
    quick = [tool for tool in present if runs[tool.name][0].seconds < QUICK]
    for _ in range(AGAIN * options.rounds):
        for tool in quick:
            measure(tool)

    def compared(value: Callable[[Checker, Run], float]) -> list[Figures]:
        return [
            Figures(tool.name, [value(tool, run) for run in runs[tool.name]], notes[tool.name])
            for tool in tools
        ]

    notes = {tool.name: tool.note for tool in tools}
    for name, (run, *_) in runs.items():
        notes[name] += f"; {run.findings:,} findings in {len(paths[name]):,} files"
    yield table(
        "check of manifests that others wrote",
        [
            ("seconds", compared(lambda _, run: run.seconds)),
            ("ms per file", compared(lambda tool, run: 1e3 * run.seconds / len(paths[tool.name]))),
            ("memory at most, MB", compared(lambda _, run: run.memory / 1e6)),
        ],
    )


def index(options: Options) -> Iterator[str]:
    """What it costs to know 8,000 files."""
    yield from indexing.measure(options.rounds, options.manifests)


def production(options: Options) -> Iterator[str]:
    """20,000 pods of a cluster in one List through a pipe, beside the same in files."""
    yield from clusters.measure(options.rounds)


SCENARIOS: Mapping[str, Callable[[Options], Iterator[str]]] = {
    "start": start,
    "open": opening,
    "keystroke": keystroke,
    "growth": growth,
    "check": check,
    "index": index,
    "production": production,
}


# Language servers.


@contextmanager
def _setting() -> Iterator[tuple[list[LanguageServer], Path]]:
    """The servers, and a folder for them to work in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        schema = folder / "schema.json"
        write_schema(schema)
        yield language_servers(schema.as_uri()), folder


def _present(servers: Sequence[LanguageServer]) -> list[LanguageServer]:
    return [server for server in servers if server.command]


def _beside(
    servers: Sequence[LanguageServer], samples: Samples, *notes: Mapping[str, str]
) -> list[Figures]:
    """The figures of all servers, with notes by their names."""
    return [
        Figures(
            server.name,
            samples[server.name],
            "; ".join([server.note, *(each[server.name] for each in notes if server.name in each)]),
        )
        for server in servers
    ]


def _delays(servers: Sequence[LanguageServer]) -> dict[str, str]:
    """What was taken off the times of those that wait by design."""
    return {
        server.name: f"and {1_000 * server.delay:.0f} ms more, by design"
        for server in _present(servers)
        if server.delay
    }


# The floor: what anybody pays who reads the changed document with libyaml.

FLOOR = "one raw pass of the C parser"
HAS_FLOOR = find_spec("_ruamel_yaml") is not None


def _parsed(document: str) -> tuple[bool, list[float]]:
    """Whether a document is YAML, and the milliseconds of a raw pass, where there is a C parser."""
    floor = []
    if HAS_FLOOR:
        parser: Any = import_module("_ruamel_yaml").CParser(document)
        begin = perf_counter()
        with suppress(YAMLError):
            parser.raw_parse()
        floor.append(1_000 * (perf_counter() - begin))
    following = events_of(document, PARSER)
    try:
        while not isinstance(following(), StreamEndEvent):
            pass
    except YAMLError:
        return False, floor
    return True, floor


def _floor(samples: Samples) -> Figures:
    return Figures(
        FLOOR, samples[FLOOR], "" if HAS_FLOOR else "missing: pip install ruamel.yaml.clib"
    )


# Command-line tools.


class Run(NamedTuple):
    """One run: how long it took, how many bytes of memory it held at most, what it counted."""

    seconds: float
    memory: int
    findings: int


def _run(tool: Checker, paths: Sequence[Path]) -> Run:
    with tempfile.TemporaryFile() as output:
        begin = perf_counter()
        process = _started(tool, paths, output)
        ending = os.pidfd_open(process.pid)
        most = 0
        while not select.select([ending], [], [], 0.01)[0]:
            most = max(most, memory(process.pid, "VmHWM"))
        seconds = perf_counter() - begin
        os.close(ending)
        process.wait()
        output.seek(0)
        return Run(seconds, most, tool.findings(output.read()))


def _started(tool: Checker, paths: Sequence[Path], output: IO[bytes] | int) -> Popen[bytes]:
    command = (*tool.command, *map(str, paths))
    return Popen(command, stdin=DEVNULL, stdout=output, stderr=DEVNULL, env=environment())


def _readable(tool: Checker, folder: Path) -> list[Path]:
    """The files that a tool is measured on: all, or those that do not end its run."""
    files = sorted(each for each in folder.rglob("*") if each.suffix in (".yaml", ".yml"))
    if tool.takes_folders:
        return files
    return _accepted(tool, [each for each in files if _holds_objects(each)])


def _accepted(tool: Checker, files: list[Path]) -> list[Path]:
    """The files without those that make the tool give up, which are found by halving."""
    with tempfile.TemporaryFile() as output:
        _started(tool, files, output).wait()
        if output.tell():
            return files
    half = len(files) // 2
    return _accepted(tool, files[:half]) + _accepted(tool, files[half:]) if half else []


def _holds_objects(path: Path) -> bool:
    """Whether a file holds nothing but objects that say what they are."""
    try:
        text = path.read_text(encoding="utf-8")
        documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    except (UnicodeDecodeError, yaml.YAMLError, ValueError):
        return False
    objects = [each for each in documents if each is not None]
    return bool(objects) and all(
        isinstance(each, dict) and isinstance(each.get("kind"), str) for each in objects
    )
