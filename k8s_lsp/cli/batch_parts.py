"""Parts of manifests in some storage, and what is found in each, written whole or not at all.

That a part is done is told by the file of its findings alone, which says what it was made from:
the content of the part, the version of this product and the settings. It takes its place in one
step, so that a run may be ended at any time, or a part be done twice at once.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from k8s_lsp import __version__
from k8s_lsp.cli.batch_tables import MANIFESTS, Judgement, Table, fingerprint_of, judge
from k8s_lsp.cli.one_repository import Choices
from k8s_lsp.files.writing import successor

NDJSON: Final = (".ndjson", ".jsonl")
PARQUET: Final = (".parquet",)
COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst")
"""How files of parts are called; NDJSON may be compressed."""

RANGE: Final = 32 << 20
"""Into pieces of so many bytes a larger file of NDJSON is cut, between lines."""

FINDINGS_FOLDER: Final = "findings"
KEY: Final = b"k8s-lsp"
"""Of the metadata of a file of findings: the JSON of its record."""

Record: TypeAlias = dict[str, Any]
"""What the findings of a part were made from, and how many they are."""

Storage: TypeAlias = Any
"""A file system of fsspec; the library does not tell its types."""


class Part(NamedTuple):
    """What is judged at a time, by its address: a row group of Parquet, or a range of NDJSON.

    `start` is the number of the row group, or the offset at which the range begins; `end` is None
    where that reaches to the end of the file. The `name` is that of its findings.
    """

    name: str
    input: str
    url: str
    start: int = 0
    end: int | None = None


class Done(NamedTuple):
    """What became of a part: its record, or why there is none."""

    part: Part
    record: Record | None
    is_new: bool = False
    error: str | None = None


def parts_in(url: str) -> list[Part]:
    """The parts of a file, of all files below a folder, or of those that a pattern names.

    Raises OSError, and ValueError where there are none.
    """
    storage, root = fsspec.core.url_to_fs(url)
    name = url.removeprefix("file://")
    if any(character in url for character in "*?["):
        files = storage.glob(root)
        root = os.path.commonpath([os.path.dirname(file) for file in files]) if files else root
    elif storage.isdir(root):
        files = storage.find(root)
    elif storage.exists(root):
        files, root = [root], os.path.dirname(root)
    else:
        raise ValueError(f"{name}: no such file or folder")
    parts = [
        part
        for file in sorted(files)
        if file.endswith(PARQUET) or _is_ndjson(file)
        for part in _parts_of(storage, file, file[len(root) :].lstrip("/"))
    ]
    if not parts:
        raise ValueError(f"{name} holds no file of Parquet or NDJSON")
    return parts


def _is_ndjson(file: str) -> bool:
    stem, end = os.path.splitext(file)
    return (stem if end in COMPRESSED else file).endswith(NDJSON)


def _parts_of(storage: Storage, file: str, name: str) -> Iterator[Part]:
    url = storage.unstrip_protocol(file)
    if file.endswith(PARQUET):
        with storage.open(file, "rb") as stream:
            groups = pq.ParquetFile(stream).num_row_groups
        for group in range(groups):
            yield Part(_name_of(name, group), name, url, group)
    elif file.endswith(COMPRESSED):
        yield Part(_name_of(name, 0), name, url)
    else:
        size = storage.size(file)
        for start in range(0, max(size, 1), RANGE):
            end = start + RANGE if start + RANGE < size else None
            yield Part(_name_of(name, start), name, url, start, end)


def _name_of(name: str, start: int) -> str:
    """A name that no other part has, whatever folders their files lie in."""
    import hashlib

    digest = hashlib.sha256(f"{name}#{start}".encode()).hexdigest()[:8]
    return f"{os.path.basename(name).partition('.')[0]}-{start}-{digest}"


def read_part(part: Part) -> Table:
    """The manifests of a part; raises OSError, and ValueError where they cannot be understood."""
    if part.url.endswith(PARQUET):
        with fsspec.open(part.url, "rb") as stream:
            return pq.ParquetFile(stream).read_row_group(part.start)
    with fsspec.open(part.url, "rb", compression="infer") as stream:
        return pa.Table.from_pylist([_row_of(line) for line in _lines_of(stream, part)], MANIFESTS)


def _lines_of(stream: Any, part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in the range of a part, each with its number of order there."""
    at = part.start
    if at:
        # A line belongs to the range that its first byte lies in.
        stream.seek(at - 1)
        at += len(stream.readline()) - 1
    number = 0
    while part.end is None or at < part.end:
        line = stream.readline()
        if not line:
            return
        at += len(line)
        number += 1
        if line.strip():
            yield number, line


def _row_of(numbered: tuple[int, bytes]) -> Mapping[str, Any]:
    """A line as a row; one that is none has its error."""
    number, line = numbered
    try:
        row = json.loads(line)
        texts = {name: row.get(name) for name in ("repository", "path", "settings", "error")}
        content = row["content"]
        if not all(text is None or isinstance(text, str) for text in (*texts.values(), content)):
            raise TypeError
        data = None if content is None else content.encode("utf-8", "surrogatepass")
        return {**texts, "content": data, "is_context": row.get("is_context") is True}
    except (ValueError, TypeError, KeyError, AttributeError):
        why = "is no JSON object with path and content, which are texts"
        return {"path": f"<line {number} of the part>", "error": why}


# What is done.


def do_part(part: Part, *, output: str, choices: Choices) -> Done:
    """Judge a part and write what is found, unless that was done before.

    Whatever keeps it from being done is told: nothing is raised.
    """
    try:
        storage, folder = fsspec.core.url_to_fs(output)
        place = f"{folder.rstrip('/')}/{FINDINGS_FOLDER}/{part.name}.parquet"
        table = read_part(part)
        origin: Record = {
            "part": part.name,
            "input": part.input,
            "start": part.start,
            "fingerprint": fingerprint_of(table),
            "version": __version__,
            "settings": choices._asdict(),
        }
        # What was written is read again from JSON, which knows no tuples.
        origin = json.loads(json.dumps(origin))
        record = _record_in(storage, place)
        if record is not None and origin.items() <= record.items():
            return Done(part, record)
        record = write_findings(storage, place, judge(table, choices), origin)
        return Done(part, record, is_new=True)
    except Exception as error:
        return Done(part, None, error=str(error) or repr(error))


def _record_in(storage: Storage, place: str) -> Record | None:
    """What is told of the findings that lie there, if they are whole."""
    try:
        with storage.open(place, "rb") as stream:
            metadata = pq.read_schema(stream).metadata or {}
        record = json.loads(metadata[KEY])
    except (OSError, ValueError, KeyError):
        return None
    return record if isinstance(record, dict) else None


def write_findings(storage: Storage, place: str, judgement: Judgement, origin: Record) -> Record:
    """Write a table of findings with its record, and give that; raises OSError."""
    table, files = judgement
    errors = table.num_rows - table.column("error").null_count
    counts = {"files": files, "findings": table.num_rows - errors, "errors": errors}
    record = {**origin, **counts}
    table = table.replace_schema_metadata({KEY: json.dumps(record).encode()})
    write_whole(storage, place, parquet_bytes(table))
    return record


def parquet_bytes(table: Table) -> bytes:
    """A table as one row group of Parquet: the same bytes for the same table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=max(table.num_rows, 1))
    return bytes(sink.getvalue())


def write_whole(storage: Storage, place: str, data: bytes) -> None:
    """Let a file have some bytes, all or none of them; raises OSError."""
    protocols = storage.protocol
    if "file" not in ((protocols,) if isinstance(protocols, str) else protocols):
        # An object of a store is there once all of it is.
        storage.makedirs(place.rpartition("/")[0], exist_ok=True)
        storage.pipe_file(place, data)
        return
    target = Path(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    with successor(target, data) as temporary:
        temporary.chmod(0o644)
