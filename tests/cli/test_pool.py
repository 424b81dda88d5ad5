"""Many files are shared out among processes, and only the clock can tell."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from k8s_lsp.cli import pool
from k8s_lsp.cli.pool import WorkerLost, in_order, processes_for, worker_pool
from tests.cli.conftest import Command, Result
from tests.cli.manifests import BASELINE, HARDENED, HOST_PATH, PRIVILEGED

copies = pytest.mark.skipif(
    pool.START_METHOD != "fork", reason="absent: processes that are copies of their parent"
)

PROGRAM = """\
import os, signal, sys
from k8s_lsp.cli import main, one_file, pool

# A shell that starts the tests in the background has their processes ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
parent, analyze = os.getpid(), one_file.analyze
pool.processes_for = lambda tasks: {processes}
pool.START_METHOD = "{method}"
pool.CHUNK = 1
{more}
if __name__ == "__main__":
    sys.exit(main())
"""
"""The command with so many processes, in a file that spawned processes may import."""

GUARD = 120
"""Seconds after which a test gives up a command that hangs."""


def begun(
    folder: Path, *arguments: str, processes: int = 2, method: str = "fork", more: str = ""
) -> "subprocess.Popen[bytes]":
    """Start the command in a folder, and in a process group of its own."""
    program = folder / "program.py"
    program.write_text(PROGRAM.format(processes=processes, method=method, more=more))
    return subprocess.Popen(
        [sys.executable, str(program), *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def ended(process: "subprocess.Popen[bytes]") -> Result:
    """What a command said; its pipes have no end before every process that has them is gone."""
    try:
        out, err = process.communicate(timeout=GUARD)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Result(process.returncode, (out or b"").decode(), err.decode())


# The same as one process.


@pytest.fixture
def medley(folder: Path) -> Path:
    """Give a folder with all that a run can meet, and files enough for every process."""
    for number in range(9):
        (folder / f"{number}.yaml").write_text(PRIVILEGED.replace("web", f"web-{number}"))
        (folder / f"{number}/x").mkdir(parents=True)
        (folder / f"{number}/x/pod.yaml").write_text(HOST_PATH)
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("3.yaml\n")
    (folder / "5/.k8s-lsp.yaml").write_text("rules: {host-path-volume: loud}\n")
    (folder / "6/.k8s-lsp.yaml").write_text("ignore: [{path: x, rules: [host-path-volume]}]\n")
    (folder / "no-manifests").mkdir()
    (folder / "no-manifests/.k8s-lsp.yaml").write_text("rules: {host-path-volume: loud}\n")
    (folder / "7/.k8s-lsp.yaml").write_text("exclude: [x/]\n")
    (folder / "4.yaml").write_bytes(PRIVILEGED.encode("utf-16"))
    (folder / "5.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: " + "[" * 300 + "]" * 300)
    (folder / "6.yaml").write_text(HARDENED.replace("web", "{{ .Release.Name }}"))
    (folder / "é\u2028.yaml").write_text(PRIVILEGED.replace("web", "wéb"))
    return folder


@pytest.mark.parametrize(
    "command",
    [("check",), ("check", "--output-format", "json"), ("harden", "--diff")],
    ids=" ".join,
)
@copies
def test_the_output_is_that_of_one_process(
    medley: Path, run: Command, command: tuple[str, ...]
) -> None:
    arguments = (*command, *BASELINE, "--exclude", "8.yaml", ".", "gone.yaml")
    many = [ended(begun(medley, *arguments, processes=count)) for count in (2, 3)]
    alone = run(*arguments)
    assert alone.status == 2
    assert alone.err.count("error: ") == 4
    assert "0.yaml" in alone.out
    assert many == [alone, alone]


def test_the_output_is_that_of_one_process_where_processes_start_anew(
    medley: Path, run: Command
) -> None:
    alone = run("check", *BASELINE)
    assert ended(begun(medley, "check", *BASELINE, method="spawn")) == alone
    assert "13 findings" in alone.out


ALONE = """
def analyze_here(*arguments, **more):
    return analyze(*arguments, **more) if os.getpid() == parent else os._exit(3)

one_file.analyze = analyze_here
"""
"""No process but the first can do its work."""


@copies
@pytest.mark.parametrize(
    "command", [("check", "--fix"), ("harden",), ("check", "--stdin-filename=c.yaml", "-", ".")]
)
def test_one_process_alone_writes_files_and_reads_standard_input(
    folder: Path, command: tuple[str, ...]
) -> None:
    (folder / "a.yaml").write_text(PRIVILEGED)
    (folder / "b.yaml").write_text(PRIVILEGED)
    result = ended(begun(folder, *command, *BASELINE, more=ALONE))
    assert (result.status, result.err) == (0 if command == ("harden",) else 1, "")


PROBE = """
def written(event, arguments, log=os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
    if event == "open" and isinstance(arguments[0], str):
        os.write(log, f"{arguments[0]!r}\\n".encode())

sys.addaudithook(written)
"""
"""Writes down every file that a process opens, and every copy of that process."""


@copies
@pytest.mark.parametrize("processes", [1, 2])
def test_each_file_is_opened_once(medley: Path, processes: int) -> None:
    paths = (".", "0", "1", "0/x/pod.yaml", str(medley / "2"))
    ended(begun(medley, "check", *paths, processes=processes, more=PROBE))
    opened = Counter(
        path.relative_to(medley).as_posix()
        for line in (medley / "log").read_text().splitlines()
        if (path := (medley / line[1:-1]).resolve()).is_relative_to(medley)
    )
    assert set(opened.values()) == {1}
    expected = {".gitignore", "5/.k8s-lsp.yaml", "0.yaml", "0/x/pod.yaml", "2/x/pod.yaml"}
    assert opened.keys() > expected
    assert not opened.keys() & {"3.yaml", "7/x/pod.yaml"}


# What can go wrong.


@copies
@pytest.mark.parametrize("output_format", ["text", "json"])
@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
        ("os._exit(3)", "ended with status 3"),
        ("1 / 0", "ended with status 1"),
    ],
)
def test_a_process_that_ends_early_ends_the_run(
    folder: Path, end: str, how: str, output_format: str
) -> None:
    for name in "abcdef":
        (folder / f"{name}.yaml").write_text(PRIVILEGED.replace("web", name))
    more = f'one_file.analyze = lambda *_, **__: {end} if "name: c" in _[0] else analyze(*_, **__)'
    command = ("check", *BASELINE, "--output-format", output_format)
    result = ended(begun(folder, *command, more=more))
    assert result.status == 2
    assert result.err.splitlines()[-1] == (
        f"k8s-lsp: error: one of the processes that share the work {how}; the run is not complete"
    )
    assert ("ZeroDivisionError" in result.err) == (end == "1 / 0")
    # What was in order is told, and nothing behind the gap.
    told = [line[0] for line in result.out.splitlines() if line.startswith(tuple("abcdef"))]
    assert "".join(told) in (("", "a", "ab") if output_format == "text" else ("",))


WAITING = """
def begin(*_, **__):
    os.write(1, b"!")
    signal.pause()

one_file.analyze = begin
"""
"""The processes say that they have begun, and then do nothing but wait for a signal."""


@copies
@pytest.mark.parametrize("send", ["killpg", "kill"])
def test_an_interrupt_ends_every_process_quietly(folder: Path, send: str) -> None:
    """Ctrl-C reaches all processes; other programs send SIGINT to the first one alone."""
    for name in "abcdef":
        (folder / f"{name}.yaml").write_text(PRIVILEGED)
    process = begun(folder, "check", more=WAITING)
    assert process.stdout is not None
    assert process.stdout.read(2) == b"!!"
    getattr(os, send)(process.pid, signal.SIGINT)
    assert ended(process) == (130, "", "")


ORPHANED = """
def outlast(*_, **more):
    os.write(1, b"!")
    multiprocessing.parent_process().join()
    return analyze(*_, **more)

import multiprocessing
one_file.analyze = outlast
"""
"""The processes go on once their parent is gone."""


@copies
def test_no_process_outlives_the_command(folder: Path) -> None:
    for name in "abcdef":
        (folder / f"{name}.yaml").write_text(PRIVILEGED)
    process = begun(folder, "check", more=ORPHANED, processes=3)
    assert process.stdout is not None
    assert process.stdout.read(3) == b"!!!"
    process.kill()
    assert ended(process) == (-signal.SIGKILL, "", "")


@copies
def test_a_reader_that_has_enough_ends_every_process_quietly(folder: Path) -> None:
    for name in "abcdef":
        # More than a pipe holds, so that the command must notice that its reader is gone.
        (folder / f"{name}.yaml").write_text("---\n".join([PRIVILEGED] * 300))
    process = begun(folder, "check", *BASELINE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"a.yaml:10:21: ")
    process.stdout.close()
    process.stdout = None
    assert ended(process) == (141, "", "")


# The pool itself.


def process_of(task: int) -> tuple[int, int]:
    return task, os.getpid()


def dead_at_seven(task: int) -> int:
    return os._exit(7) if task == 7 else task


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("tasks", [0, 1, 8, 100])
def test_every_task_is_done_once(processes: int, tasks: int) -> None:
    with worker_pool(process_of, range(tasks), processes) as results:
        done = dict(results)
    assert {index: task for index, (task, _) in done.items()} == {n: n for n in range(tasks)}
    workers = {worker for _, worker in done.values()}
    assert len(workers) <= processes
    assert (os.getpid() in workers) == (processes == 1 and tasks > 0)


def test_a_process_that_starts_anew_may_end_early_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "START_METHOD", "spawn")
    with worker_pool(process_of, range(20), 2) as results:
        assert [task for task, _ in in_order(results)] == list(range(20))
    with (
        pytest.raises(WorkerLost, match="ended with status 7"),
        worker_pool(dead_at_seven, range(20), 2) as results,
    ):
        list(results)


def test_results_are_given_in_order_as_soon_as_they_can_be() -> None:
    drawn: list[int] = []

    def drawing(indexes: list[int]) -> Iterator[tuple[int, str]]:
        for index in indexes:
            drawn.append(index)
            yield index, f"result {index}"

    ordered = in_order(drawing([1, 0, 2, 4, 3]))
    assert [(next(ordered), len(drawn)) for _ in range(5)] == [
        ("result 0", 2),
        ("result 1", 2),
        ("result 2", 3),
        ("result 3", 5),
        ("result 4", 5),
    ]
    shuffled = random.Random(1).sample(range(100), 100)
    assert list(in_order(drawing(shuffled))) == [f"result {index}" for index in range(100)]


class TestProcesses:
    @pytest.fixture(autouse=True)
    def cores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pool, "START_METHOD", "fork")
        self.allow(monkeypatch, 4)

    def allow(self, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)

    def test_few_files_do_not_repay_a_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert [processes_for(files) for files in (0, 1, 127, 128, 192, 10_000)] == [
            1,
            1,
            1,
            2,
            3,
            4,
        ]
        monkeypatch.setattr(pool, "START_METHOD", "spawn")
        assert [processes_for(files) for files in (511, 512, 10_000)] == [1, 2, 4]

    def test_only_the_cores_that_are_allowed_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.allow(monkeypatch, 1)
        assert processes_for(10_000) == 1
        self.allow(monkeypatch, 100)
        assert processes_for(10_000) == pool.MOST_PROCESSES
        monkeypatch.delattr(os, "sched_getaffinity")
        monkeypatch.setattr(os, "cpu_count", lambda: 3)
        assert processes_for(10_000) == 3

    def test_a_program_with_threads_is_not_copied(self) -> None:
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        assert processes_for(10_000) == 1
        done.set()
        thread.join()
        assert processes_for(10_000) == 4
