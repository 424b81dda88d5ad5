"""What earlier runs have left for a report: the folder of `batch`, or the JSON of `check`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.reading import Source, read
from k8s_lsp.reports.entries import STANDARD_INPUT, ObjectName
from k8s_lsp.reports.overview.found import (
    UNNAMED,
    BrokenInput,
    JudgedFiles,
    ReportedFinding,
    Told,
    UnjudgedFile,
    read_check_json,
    severity_of,
)

MANIFEST: Final = "manifest.json"
"""The file that `batch` writes last: the run has come to its end."""

BATCH_SIZE: Final = 8192
"""How many rows of a table become values at a time."""

_COLUMNS: Final = (
    *("repository", "path", "rule", "severity", "message", "start_line"),
    *("api_version", "kind", "name", "namespace", "field"),
    *("pod_security_level", "pod_security_control"),
    *("fix", "fixed_in_bulk", "left_because", "fingerprint", "error"),
)


class Input(NamedTuple):
    """What a run has left, by the name that messages have for it.

    JSON has the `text` and the `repository` that its files are of, a batch its `folder`, at any
    address of fsspec, and the `files` in it, which are of whole parts. `note` is what a reader of
    the report has to know.
    """

    name: str
    text: str | None = None
    repository: str | None = UNNAMED
    storage: Any = None
    folder: str = ""
    files: tuple[str, ...] = ()
    note: str | None = None


def open_inputs(names: Sequence[str], *, is_named: bool) -> list[Input]:
    """What the arguments name; of JSON, each is a repository by the name of its file if `is_named`.

    Raises UsageError.
    """
    if names.count("-") > 1:
        raise _broken("-", "standard input can be read once")
    return [_open(name, is_named=is_named) for name in names]


def told_by(inputs: Iterable[Input]) -> Iterator[Told]:
    """What all inputs tell; raises UsageError where one of them is broken."""
    for each in inputs:
        try:
            if each.text is not None:
                yield from read_check_json(each.text, each.repository)
            else:
                for file in each.files:
                    yield from _read_table(each, file)
        except BrokenInput as error:
            raise _broken(each.name, str(error)) from None


def _broken(name: str, why: str) -> UsageError:
    return UsageError(f"k8s-lsp report: error: {name}: {why}")


def _open(name: str, *, is_named: bool) -> Input:
    place = Path(name)
    if place.suffix == ".parquet":
        raise _broken(name, "is a part: give the folder that k8s-lsp batch has written")
    if name == "-" or (name.endswith(".json") and place.name != MANIFEST) or place.is_file():
        if place.name == MANIFEST:
            return _open_batch(str(place.parent))
        try:
            _, text = read(Source(name, None if name == "-" else name))
        except FileError as error:
            raise _broken(name, str(error)) from None
        stem = STANDARD_INPUT if name == "-" else place.stem
        return Input(name, text, stem if is_named else UNNAMED)
    return _open_batch(name)


# What `batch` leaves.


def _open_batch(name: str) -> Input:
    try:
        import fsspec
        import pyarrow  # noqa: F401

        from k8s_lsp.cli.batch_parts import FINDINGS_FOLDER
    except ImportError as error:
        raise _broken(
            name, f"{error.name} is not installed: pip install 'k8s-lsp[batch]'"
        ) from None
    try:
        storage, folder = fsspec.core.url_to_fs(name)
        folder = folder.rstrip("/")
        if not storage.exists(folder):
            raise _broken(name, "no such file or folder")
        if storage.exists(f"{folder}/{MANIFEST}"):
            manifest = json.loads(storage.cat_file(f"{folder}/{MANIFEST}"))
            files = [str(part["path"]) for part in manifest["parts"]]
            return Input(name, None, None, storage, folder, tuple(files))
        found = storage.glob(f"{folder}/{FINDINGS_FOLDER}/*.parquet")
    except OSError as error:
        raise _broken(name, reason_of(error)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(f"{name}/{MANIFEST}", f"is no manifest of k8s-lsp batch: {error}") from None
    if not found:
        raise _broken(name, "holds no findings; k8s-lsp batch writes them")
    files = [f"{FINDINGS_FOLDER}/{PurePosixPath(file).name}" for file in sorted(found)]
    note = f"the run that wrote {name} has not come to its end: this is what it had found."
    return Input(name, None, None, storage, folder, tuple(files), note)


def _read_table(source: Input, file: str) -> Iterator[Told]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from k8s_lsp.cli.batch_parts import KEY

    try:
        with source.storage.open(f"{source.folder}/{file}", "rb") as stream:
            table = pq.ParquetFile(stream)
            record = json.loads((table.schema_arrow.metadata or {})[KEY])
            yield JudgedFiles(int(record["files"]))
            for batch in table.iter_batches(BATCH_SIZE, columns=list(_COLUMNS)):
                columns = [batch.column(name).to_pylist() for name in _COLUMNS]
                for row in zip(*columns, strict=True):
                    yield _told_by_row(row)
    except OSError as error:
        raise BrokenInput(f"{file}: {reason_of(error)}") from error
    except (KeyError, ValueError, TypeError, pa.ArrowException) as error:
        raise BrokenInput(f"{file} is no table of k8s-lsp batch: {error}") from error


def _told_by_row(row: tuple[Any, ...]) -> Told:
    repository, path, rule, severity, message, line, *names = row
    api_version, kind, name, namespace, field, level, control, *fixes = names
    fix, in_bulk, because, fingerprint, error = fixes
    if rule is None:
        return UnjudgedFile(repository, path, error)
    return ReportedFinding(
        repository,
        path,
        rule,
        severity_of(severity),
        message,
        line,
        ObjectName(api_version, kind, name, namespace),
        field,
        level,
        control,
        fix is not None,
        bool(in_bulk),
        because,
        fingerprint,
    )
