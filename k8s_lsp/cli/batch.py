"""`k8s-lsp batch`: judge the manifests of an organisation, and write what is found as tables."""

import argparse
import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

from k8s_lsp import __version__
from k8s_lsp.cli import pool
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.exit_status import FAILED, OK
from k8s_lsp.cli.one_repository import Choices
from k8s_lsp.cli.output import print_error
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.report_inputs import MANIFEST
from k8s_lsp.cli.tasks import chosen_values, only_configuration
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.reading import read_text
from k8s_lsp.reports.text_report import counted, printable

try:
    import fsspec

    from k8s_lsp.cli import batch_engines, batch_inputs
    from k8s_lsp.cli.batch_parts import (
        FINDINGS_FOLDER,
        NDJSON,
        PARQUET,
        Done,
        Part,
        do_part,
        parts_in,
        write_whole,
    )
except ImportError as error:
    raise UsageError(
        f"k8s-lsp batch: error: {error.name} is not installed: pip install 'k8s-lsp[batch]'"
    ) from None

MANIFEST_VERSION: Final = 1
"""Goes up when a reader of the former shape would no longer understand the manifest."""


def run(options: argparse.Namespace) -> int:
    """Judge the input that the options name, and give the exit status; raises UsageError."""
    choices = _choices(options)
    output = _absolute(options.output)
    try:
        parts = _parts(options, output)
        work = partial(do_part, output=output, choices=choices)
        results = _results(options, work, parts)
        done = _gathered(results, parts)
        records = [of.record for of in done if of.record is not None]
        if len(records) == len(parts):
            _finish(output, records, choices)
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else str(error)
        place = getattr(error, "filename", None)
        raise UsageError(f"k8s-lsp batch: error: {f'{place}: ' if place else ''}{why}") from None
    _print_summary(done, output)
    return OK if len(records) == len(parts) else FAILED


def _choices(options: argparse.Namespace) -> Choices:
    only = only_configuration(options)
    try:
        config = None if only is None else read_text(only)
    except FileError as error:
        raise UsageError(f"k8s-lsp batch: error: --config: {options.config}: {error}") from None
    return Choices(
        chosen_values(options),
        config,
        not options.no_config,
        not options.no_context,
        tuple(options.exclude),
    )


def _absolute(place: str) -> str:
    """An address that means the same to processes which run elsewhere."""
    storage, path = fsspec.core.url_to_fs(place)
    return str(storage.unstrip_protocol(path))


def _parts(options: argparse.Namespace, output: str) -> list["Part"]:
    """The parts of the input, which are made where it is none; raises UsageError."""
    source = options.source or _kind_of(options.input)
    if source == "parts":
        return parts_in(_absolute(options.input))
    if source == "folder":
        if not Path(options.input).is_dir():
            raise UsageError(f"k8s-lsp batch: error: {options.input}: no such folder")
        repositories = batch_inputs.repositories_of_folder(options, options.input)
        return batch_inputs.make_parts(repositories, output)
    if source == "repositories":
        listed = batch_inputs.repositories_listed(options, options.input)
        return batch_inputs.make_parts(listed, output)
    if options.input == "-":
        return batch_inputs.make_parts(
            batch_inputs.repositories_of_cluster(sys.stdin, "cluster"), output
        )
    with Path(options.input).open(encoding="utf-8") as stream:
        name = Path(options.input).stem
        return batch_inputs.make_parts(batch_inputs.repositories_of_cluster(stream, name), output)


def _kind_of(place: str) -> str:
    """What an input is, by its name: what is neither of the others is parts, at any address."""
    if place == "-" or place.endswith(".json"):
        return "cluster"
    if place.endswith(".txt"):
        return "repositories"
    folder = Path(place)
    if not folder.is_dir():
        return "parts"
    # A repository may hold such files too, further down.
    is_parts = any(file.suffix in (*PARQUET, *NDJSON) for file in folder.iterdir())
    return "parts" if is_parts else "folder"


def _results(
    options: argparse.Namespace, work: "batch_engines.Work", parts: list["Part"]
) -> Iterable["Done"]:
    if options.scheduler is not None:
        return batch_engines.on_dask(work, parts, options.scheduler)
    processes = min(options.processes or pool.cores(), len(parts))
    return batch_engines.on_all_cores(work, parts, processes)


def _gathered(results: Iterable["Done"], parts: list["Part"]) -> list["Done"]:
    """What became of the parts, in their order, while it is told how far that is."""
    progress = Progress(len(parts), "parts")
    done = {}
    for of in progress.over(results):
        done[of.part.name] = of
        if of.error is not None:
            progress.clear()
            print_error(
                f"error: part {printable(of.part.name)} of {printable(of.part.input)}: "
                f"{printable(of.error)}"
            )
    return [done[part.name] for part in parts]


def _finish(output: str, records: list[dict[str, Any]], choices: Choices) -> None:
    """Say what belongs to the run, which makes it whole, and take away what does not."""
    storage, folder = fsspec.core.url_to_fs(output)
    folder = folder.rstrip("/")
    paths = {f"{FINDINGS_FOLDER}/{record['part']}.parquet": record for record in records}
    totals = {
        key: sum(record[key] for record in records) for key in ("files", "findings", "errors")
    }
    manifest = {
        "version": MANIFEST_VERSION,
        "product": f"k8s-lsp {__version__}",
        "settings": choices._asdict(),
        **totals,
        "parts": [{"path": path, **record} for path, record in paths.items()],
    }
    text = json.dumps(manifest, indent=1) + "\n"
    write_whole(storage, f"{folder}/{MANIFEST}", text.encode())
    if not records:
        return
    for file in storage.ls(f"{folder}/{FINDINGS_FOLDER}", detail=False):
        path = f"{FINDINGS_FOLDER}/{PurePosixPath(file).name}"
        if path.endswith(".parquet") and path not in paths:
            storage.rm_file(file)


def _print_summary(done: list["Done"], output: str) -> None:
    records = [of.record for of in done if of.record is not None]
    judged = sum(of.is_new for of in done)
    files = sum(record["files"] for record in records)
    findings = sum(record["findings"] for record in records)
    errors = sum(record["errors"] for record in records)
    print(
        f"{counted(findings, 'finding')} in {counted(files, 'file')}, "
        f"{counted(errors, 'error')}; {counted(len(done), 'part')}, of which {judged} judged and "
        f"{len(records) - judged} done before"
    )
    if len(records) < len(done):
        missing = counted(len(done) - len(records), "part")
        print_error(f"error: {missing} could not be done: the same command does these alone")
    else:
        print(f"{output.removeprefix('file://')}/{MANIFEST}")
