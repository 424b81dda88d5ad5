"""`k8s-lsp batch` says what `check` says, does nothing twice and loses nothing."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k8s_lsp import batch
from k8s_lsp.cli import batch_engines, batch_inputs, batch_parts
from k8s_lsp.cli.batch_parts import Done, Part, do_part, parts_in
from k8s_lsp.cli.batch_tables import Repository
from k8s_lsp.cli.one_repository import GivenFile
from tests.batch.comparison import findings_in, found_by_batch, found_by_check, write_part
from tests.batch.conftest import Command
from tests.batch.manifests import BINDING, POD, write_repositories

ROWS: list[dict[str, Any]] = [
    {
        "repository": f"team/{number // 10}",
        "path": f"pod-{number}.yaml",
        "content": POD.format(name=f"web-{number}", account="x").encode(),
    }
    for number in range(40)
]


def test_the_findings_are_those_of_check(run: Command, folder: Path) -> None:
    write_repositories(folder / "src")
    assert run("batch", "src", "out").status == 0
    rows = findings_in(folder / "out")
    names = {row["repository"] for row in rows}
    assert names == {"src", "shop", "bank"}
    for row in rows:
        row["repository"] = "src" if row["repository"] == "src" else f"src/{row['repository']}"
    checked = run("check", "--output-format", "json", "--fail-on", "never", "src")
    found = found_by_batch(rows)
    assert found == found_by_check(checked.out)
    assert {finding[0] for finding in found} == {
        "src/bank/broken.yaml",
        "src/bank/pod.yaml",
        "src/loose.yaml",
        "src/shop/base/pod.yaml",
        "src/shop/chart/templates/pod.yaml",
        "src/shop/chart/values.yaml",
        "src/shop/deploy/account.yaml",
        "src/shop/deploy/pod.yaml",
    }
    # Another file of its repository speaks against the one pod, and no file of any other.
    related = {finding[0] for finding in found if finding[-1]}
    assert "src/shop/deploy/pod.yaml" in related
    assert "src/bank/pod.yaml" not in related
    errors = {(f"{row['repository']}/{row['path']}", row["error"]) for row in rows if row["error"]}
    told = json.loads(checked.out)["errors"]
    # That a settings file has a mistake, check says at its place in the text.
    assert {error["path"] for error in told} | {"src/shop/.k8s-lsp.yaml"} == dict(errors).keys()
    assert {(error["path"], error["message"]) for error in told} <= errors


def test_a_folder_below_that_of_its_settings_is_judged_by_them(run: Command, folder: Path) -> None:
    (folder / "src/deploy").mkdir(parents=True)
    (folder / "src/.k8s-lsp.yaml").write_text("exclude: [deploy/old.yaml]\nprofile: baseline\n")
    for name in ("old", "new"):
        (folder / f"src/deploy/{name}.yaml").write_text(POD.format(name=name, account="x"))
    assert run("batch", "src/deploy", "out").status == 0
    rows = findings_in(folder / "out")
    assert [(row["path"], row["rule"]) for row in rows] == [
        ("deploy/new.yaml", "privileged-container")
    ]
    # Settings are no manifest, and what they exclude is not looked at.
    assert json.loads((folder / "out/manifest.json").read_text())["files"] == 1


def test_every_bad_file_is_a_row_with_its_error() -> None:
    pod = POD.format(name="web", account="x").encode()
    given: list[tuple[str | None, str, bytes | None]] = [
        ("r", "good.yaml", pod),
        ("r", "good.yaml", pod),
        ("r", "../outside.yaml", pod),
        ("r", "/absolute.yaml", pod),
        ("r", ".git/config.yaml", pod),
        ("r", "", pod),
        ("r", "good.yaml/below.yaml", pod),
        ("r", "nul\0.yaml", pod),
        ("r", "x" * 300 + ".yaml", pod),
        ("r", "latin.yaml", b"name: caf\xe9"),
        ("r", "unread.yaml", None),
    ]
    columns = dict(zip(("repository", "path", "content"), zip(*given, strict=True), strict=True))
    found = batch.judge_table(pa.table({**columns, "stars": range(len(given))})).to_pylist()
    assert {row["path"] for row in found if row["rule"]} == {"good.yaml"}
    errors = [row for row in found if row["error"]]
    assert sorted(row["path"] for row in errors) == sorted(path for _, path, _ in given[1:])
    assert all(row["fingerprint"] is None and row["message"] is None for row in errors)


def test_what_has_no_repository_stands_alone() -> None:
    texts = [POD.format(name="web", account="porter"), BINDING]
    part = pa.table({"path": ["same.yaml", "same.yaml"], "content": texts})
    rows = batch.judge_table(part).to_pylist()
    assert not any(row["error"] for row in rows)
    assert not any(row["related"] for row in rows)
    together = pa.table({"path": ["a", "b"], "content": texts, "repository": ["r", "r"]})
    assert any(row["related"] for row in batch.judge_table(together).to_pylist())


def test_settings_of_a_row_hold_for_it_alone() -> None:
    pod = POD.format(name="web", account="x")
    off = "rules: {privileged-container: off}"
    part = pa.table(
        {
            "repository": ["r"] * 3,
            "path": ["a.yaml", "b.yaml", ".k8s-lsp.yaml"],
            "content": [pod, pod, "profile: baseline"],
            "settings": [off, None, None],
        }
    )
    rules = {(row["path"], row["rule"]) for row in batch.judge_table(part).to_pylist()}
    assert ("a.yaml", "missing-cpu-limit") in rules
    assert ("a.yaml", "privileged-container") not in rules
    assert {rule for path, rule in rules if path == "b.yaml"} == {"privileged-container"}


def test_a_part_without_content_is_refused() -> None:
    with pytest.raises(ValueError, match="no column content"):
        batch.judge_table(pa.table({"path": ["a.yaml"]}))


def test_an_engine_may_cut_its_batches_anywhere() -> None:
    table = pa.Table.from_pylist(ROWS)
    whole = batch.judge_table(table)
    assert whole.schema == batch.FINDINGS
    for size in (1, 7, 10):
        cut = batch.judge_batches(table.to_batches(max_chunksize=size))
        assert pa.Table.from_batches(cut).equals(whole)


def test_fingerprints_tell_the_findings_of_a_repository_apart_and_stay() -> None:
    table = pa.Table.from_pylist(ROWS)
    found = [
        (row["repository"], row["fingerprint"]) for row in batch.judge_table(table).to_pylist()
    ]
    assert len(set(found)) == len(found)
    moved = [{**row, "content": b"# moved\n\n" + row["content"]} for row in ROWS]
    again = batch.judge_table(pa.Table.from_pylist(moved)).to_pylist()
    assert [(row["repository"], row["fingerprint"]) for row in again] == found


# Runs.


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file of findings, and what is another one when it is written again."""
    return {
        file.name: (file.stat().st_ino, file.stat().st_mtime_ns)
        for file in (folder / "out/findings").iterdir()
    }


def test_a_part_is_done_again_only_where_something_differs(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in").mkdir()
    for number in range(4):
        write_part(folder / f"in/{number}.parquet", ROWS[10 * number : 10 * number + 10])
    first = run("batch", "in", "out")
    assert "4 parts, of which 4 judged" in first.out
    before = written(folder)
    assert "0 judged and 4 done before" in run("batch", "in", "out").out
    assert written(folder) == before
    changed = [{**row, "content": b"kind: Pod\n"} for row in ROWS[:10]]
    write_part(folder / "in/0.parquet", changed)
    assert "1 judged and 3 done before" in run("batch", "in", "out").out
    assert sum(written(folder)[name] != state for name, state in before.items()) == 1
    assert "4 judged" in run("batch", "in", "out", "--profile", "baseline").out
    monkeypatch.setattr(batch_parts, "__version__", "99.0.0")
    assert "4 judged" in run("batch", "in", "out", "--profile", "baseline").out
    (folder / "in/3.parquet").unlink()
    assert "3 parts, of which 0 judged" in run("batch", "in", "out", "--profile", "baseline").out
    manifest = json.loads((folder / "out/manifest.json").read_text())
    assert {part["path"] for part in manifest["parts"]} == {
        f"findings/{name}" for name in written(folder)
    }
    assert manifest["files"] == 30


def test_what_an_ended_run_has_left_is_not_taken_for_done(run: Command, folder: Path) -> None:
    write_part(folder / "in.parquet", ROWS)
    run("batch", "in.parquet", "out")
    (file,) = (folder / "out/findings").iterdir()
    data = file.read_bytes()
    for torn in (b"", data[: len(data) // 2], b"PAR1"):
        file.write_bytes(torn)
        assert "1 judged" in run("batch", "in.parquet", "out").out
        assert file.read_bytes() == data


def test_a_write_that_fails_leaves_what_was_there(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_part(folder / "in.parquet", ROWS)
    run("batch", "in.parquet", "out")
    before = written(folder)
    manifest = (folder / "out/manifest.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    result = run("batch", "in.parquet", "out", "--profile", "all")
    assert (result.status, "No space left" in result.err) == (2, True)
    assert written(folder) == before
    assert (folder / "out/manifest.json").read_bytes() == manifest


def test_a_part_that_cannot_be_read_keeps_no_other_from_being_done(
    run: Command, folder: Path
) -> None:
    (folder / "in").mkdir()
    write_part(folder / "in/good.parquet", ROWS)
    pq.write_table(pa.table({"text": ["a"]}), folder / "in/other.parquet")
    result = run("batch", "in", "out")
    assert result.status == 2
    assert "no column path" in result.err
    assert len(findings_in(folder / "out")) > 40
    assert not (folder / "out/manifest.json").exists()


@pytest.mark.parametrize("name", ["in.ndjson", "in.jsonl.gz"])
def test_lines_of_json_are_parts(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import gzip

    rows = [{**row, "content": row["content"].decode()} for row in ROWS]
    lines = [json.dumps(row) + "\n" for row in rows] + ["\n", "{}\n", "no JSON\n", "[1]"]
    text = "".join(lines).encode()
    (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    for size in (1 << 20, 1000, len(lines[0])):
        monkeypatch.setattr(batch_parts, "RANGE", size)
        assert run("batch", name, "out").status == 0
        found = findings_in(folder / "out")
        privileged = [row["path"] for row in found if row["rule"] == "privileged-container"]
        assert sorted(privileged) == sorted(row["path"] for row in ROWS)
        assert sum(row["error"] is not None for row in found) == 3


def test_what_is_no_input_is_said_in_one_line(run: Command, folder: Path) -> None:
    (folder / "empty").mkdir()
    for arguments, words in (
        (("none.parquet", "out"), "none.parquet: no such file or folder"),
        (("none", "out"), "none: no such file or folder"),
        (("none.json", "out"), "none.json: no such file or folder"),
        (("none.txt", "out"), "none.txt: no such file or folder"),
        (("none", "out", "--from", "folder"), "none: no such folder"),
        (("-", "out"), "no JSON"),
        (("empty", "out", "--from", "parts"), "holds no file of Parquet or NDJSON"),
        (("empty", "out", "--config", "none.yaml"), "--config: none.yaml: no such file"),
    ):
        result = run("batch", *arguments)
        assert result.status == 2
        assert words in result.err
        assert result.err.startswith("k8s-lsp batch: error: ")


# Inputs.


def test_repositories_are_listed_by_line(run: Command, folder: Path, program: Any) -> None:
    git = program("git")
    write_repositories(folder / "src")
    (folder / "src/shop/.git/HEAD").unlink()
    (folder / "src/shop/.git").rmdir()
    commands = (
        ("init", "--quiet", "src/shop"),
        ("-C", "src/shop", "add", "."),
        ("-C", "src/shop", *IDENTITY, "commit", "--quiet", "-m", "Begin"),
        ("clone", "--quiet", "--bare", "src/shop", "mirror.git"),
    )
    for command in commands:
        subprocess.run([git, *command], check=True, cwd=folder)
    (folder / "repositories.txt").write_text("# ours\nsrc/shop\n\nmirror.git/\nnowhere\n")
    assert run("batch", "repositories.txt", "out").status == 0
    rows = findings_in(folder / "out")
    found: dict[str, list[tuple[Any, ...]]] = {"src/shop": [], "mirror.git": [], "nowhere": []}
    for row in rows:
        found[row["repository"]].append(
            (row["path"], row["rule"], row["fingerprint"], row["error"])
        )
    assert found["mirror.git"] == found["src/shop"]
    assert len(found["src/shop"]) > 10
    assert found["nowhere"] == [(".", None, None, "no such folder")]


IDENTITY = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")


def cluster() -> str:
    """What kubectl writes of a cluster."""
    names = [("web", "porter"), ("db", "x"), ("a" * 250, "x"), ("odd:name/", "x")]
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {
                "serviceAccountName": account,
                "automountServiceAccountToken": True,
                "containers": [{"name": "app", "image": "example.com/app:1.4.2"}],
            },
        }
        for name, account in names
    ]
    account = {"name": "porter", "namespace": "shop"}
    others = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "porters", "namespace": "shop"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{"kind": "ServiceAccount", **account}],
        },
    ]
    return json.dumps({"apiVersion": "v1", "items": pods + others, "kind": "List"}, indent=4)


@pytest.mark.parametrize("block", [64, 1 << 20])
def test_a_cluster_is_judged_as_its_list(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(batch_inputs, "_BLOCK", block)
    (folder / "prod.json").write_text(cluster())
    checked = run("check", "--output-format", "json", "--fail-on", "never", "prod.json")
    expected = sorted(
        (finding["object"]["name"], finding["rule"], finding["message"])
        for finding in json.loads(checked.out)["findings"]
    )
    assert len({name for name, _, _ in expected}) > 3
    for arguments in (("prod.json",), ("-",)):
        result = run("batch", *arguments, "out", stdin=cluster().encode())
        assert result.status == 0
        rows = findings_in(folder / "out")
        assert sorted((row["name"], row["rule"], row["message"]) for row in rows) == expected
    assert {row["repository"] for row in rows} == {"cluster"}


def test_json_that_ends_too_soon_is_told(run: Command, folder: Path) -> None:
    (folder / "prod.json").write_text(cluster()[:-200])
    assert "ends too soon" in run("batch", "prod.json", "out").err


def test_a_new_repository_has_few_parts_made_anew(run: Command, folder: Path) -> None:
    def repositories(count: int) -> list[Repository]:
        files = [GivenFile(f"{number}.yaml", b"a: 1") for number in range(100)]
        return [Repository(f"team/{number:03}", files) for number in range(count)]

    many = repositories(60)
    before = {part.name for part in batch_inputs.make_parts(many, str(folder / "out"))}
    more = [Repository("team/001-new", many[0].files), *many]
    more.sort()
    after = {part.name for part in batch_inputs.make_parts(more, str(folder / "out"))}
    assert len(before) > 8
    assert len(after - before) < 4
    held = [len(pq.read_table(file)) for file in (folder / "out/input").iterdir()]
    assert sum(held) == 6100
    assert max(held) <= 1000


def test_a_repository_that_is_too_large_is_judged_in_pieces(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_inputs, "MOST_FILES", 5)
    (folder / "src").mkdir()
    for number in range(12):
        (folder / f"src/{number}.yaml").write_text(POD.format(name=f"p{number}", account="x"))
    (folder / "src/.k8s-lsp.yaml").write_text("profile: baseline\n")
    result = run("batch", "src", "out")
    assert "src is too large to be judged at once" in result.err
    assert "12 findings in 12 files, 0 errors; 3 parts" in result.out


# Engines.


def dies_once(part: Part, *, mark: str, output: str) -> Done:
    """Do a part, but for the first one, at which the process is killed."""
    try:
        Path(mark).touch(exist_ok=False)
    except FileExistsError:
        return do_part(part, output=output, choices=batch.NO_CHOICES)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def hundreds(folder: Path) -> list[Part]:
    """Twenty parts of some hundred manifests."""
    for number in range(20):
        rows = [{**row, "repository": f"{number}/{row['repository']}"} for row in ROWS[:15]]
        write_part(folder / f"{number}.parquet", rows)
    return parts_in(str(folder / "*.parquet"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process kills itself")
@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_a_worker_that_is_killed_loses_nothing(folder: Path, engine: str) -> None:
    parts = hundreds(folder)
    work = partial(dies_once, mark=str(folder / "mark"), output=str(folder / "out"))
    if engine == "dask":
        distributed = pytest.importorskip("distributed", reason="absent: distributed")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as workers:
            done = list(batch_engines.on_dask(work, parts, workers.scheduler_address))
            again = list(batch_engines.on_dask(work, parts, workers.scheduler_address))
    else:
        done = list(batch_engines.on_all_cores(work, parts, 2))
        again = list(batch_engines.on_all_cores(work, parts, 2))
    assert sorted(of.part for of in done) == sorted(of.part for of in again) == sorted(parts)
    assert all(of.error is None for of in (*done, *again))
    assert not any(of.is_new for of in again)
    rows = findings_in(folder / "out")
    privileged = [
        (row["repository"], row["path"]) for row in rows if row["rule"] == "privileged-container"
    ]
    assert len(privileged) == len(set(privileged)) == 300


def test_where_no_scheduler_answers_that_is_said(run: Command, folder: Path) -> None:
    pytest.importorskip("distributed", reason="absent: distributed")
    write_part(folder / "in.parquet", ROWS)
    result = run("batch", "in.parquet", "out", "--scheduler", "nonsense://x")
    assert (result.status, "does not answer" in result.err) == (2, True)


@pytest.mark.parametrize(("library", "script"), [("pyspark", "on_spark"), ("ray", "on_ray")])
def test_other_engines_find_the_same(folder: Path, library: str, script: str) -> None:
    pytest.importorskip(library, reason=f"absent: {library}")
    write_part(folder / "in.parquet", ROWS)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", f"tests.batch.{script}", str(folder / "in.parquet")]
    target = folder / "out"
    subprocess.run([*command, str(target)], check=True, env=environment, capture_output=True)
    found = pq.read_table(target).to_pylist()
    expected = batch.judge_table(pa.Table.from_pylist(ROWS)).to_pylist()
    assert sorted(found, key=json.dumps) == sorted(expected, key=json.dumps)


@pytest.mark.sweep
def test_the_findings_of_all_corpora_are_those_of_check(
    run: Command, folder: Path, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpora.resolve())
    for corpus in sorted(path.name for path in corpora.iterdir() if path.is_dir()):
        checked = run("check", "--output-format", "json", "--fail-on", "never", corpus)
        output = folder / corpus
        assert run("batch", corpus, str(output), "--from", "folder").status == 0
        rows = findings_in(output) if (output / "findings").exists() else []
        for row in rows:
            if row["repository"] != corpus:
                row["repository"] = f"{corpus}/{row['repository']}"
        assert found_by_batch(rows) == found_by_check(checked.out), corpus
