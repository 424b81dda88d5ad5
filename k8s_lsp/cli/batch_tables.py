"""Tables of manifests become tables of findings. `k8s_lsp.batch` explains their columns."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

import pyarrow as pa

from k8s_lsp.cli.one_repository import NO_CHOICES, Choices, GivenFile, judge_repository
from k8s_lsp.reports.entries import Entry, FileReport, Note
from k8s_lsp.reports.fingerprints import Identity, fingerprints

MANIFESTS: Final = pa.schema(
    [
        ("repository", pa.string()),
        pa.field("path", pa.string(), nullable=False),
        ("content", pa.binary()),
        ("settings", pa.string()),
        ("is_context", pa.bool_()),
        ("error", pa.string()),
    ]
)
"""The columns of a part of manifests; all but `path` and `content` may be absent."""

FINDINGS: Final = pa.schema(
    [
        ("repository", pa.string()),
        pa.field("path", pa.string(), nullable=False),
        ("rule", pa.string()),
        ("severity", pa.string()),
        ("message", pa.string()),
        ("start_line", pa.int32()),
        ("start_column", pa.int32()),
        ("end_line", pa.int32()),
        ("end_column", pa.int32()),
        ("api_version", pa.string()),
        ("kind", pa.string()),
        ("namespace", pa.string()),
        ("name", pa.string()),
        ("field", pa.string()),
        ("pod_security_level", pa.string()),
        ("pod_security_control", pa.string()),
        ("fix", pa.string()),
        ("fix_title", pa.string()),
        ("fixed_in_bulk", pa.bool_()),
        ("left_because", pa.string()),
        (
            "related",
            pa.list_(
                pa.struct([("path", pa.string()), ("line", pa.int32()), ("message", pa.string())])
            ),
        ),
        ("fingerprint", pa.string()),
        ("error", pa.string()),
    ]
)
"""The columns of a table of findings; those of an error are null from `rule` to `fingerprint`."""

Table: TypeAlias = Any
"""A `pyarrow.Table`; the library does not tell its types."""

Row: TypeAlias = tuple[Any, ...]
"""What a row of FINDINGS has in its columns."""


class Repository(NamedTuple):
    """Files that are judged among each other; without a name, a file that stands alone."""

    name: str | None
    files: list[GivenFile]


class Judgement(NamedTuple):
    """A table of findings, and how many files it is about."""

    table: Table
    files: int


def judge(part: Table, choices: Choices = NO_CHOICES) -> Judgement:
    """What is found in a table of manifests; raises ValueError where its columns do not fit."""
    return judge_repositories(repositories_in(part), choices)


def judge_repositories(
    repositories: Iterable[Repository], choices: Choices = NO_CHOICES
) -> Judgement:
    """What is found in the files of some repositories."""
    rows: list[Row] = []
    files = 0
    for repository in repositories:
        reports = _judged(repository, choices)
        rows += _rows_of(repository.name, reports)
        # As `check` counts them: without settings, and what they exclude.
        files += len(reports)
    return Judgement(table_of(rows), files)


def _judged(repository: Repository, choices: Choices) -> list[FileReport]:
    """What is found in the files of a repository, or of each, why nothing could be looked for."""
    try:
        return judge_repository(repository.files, choices)
    except Exception as error:
        # A mistake of ours about one repository must not keep all others from being judged.
        why = f"could not be judged: {error!r}"
        return [
            FileReport(file.path, errors=(why,)) for file in repository.files if not file.is_context
        ]


def table_of(rows: Sequence[Row]) -> Table:
    """A table of FINDINGS."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(FINDINGS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, FINDINGS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=FINDINGS)


def repositories_in(part: Table) -> list[Repository]:
    """The repositories of a table of manifests, as they come; raises ValueError.

    The rows of one need not stand together. Where there is no name, each file stands alone.
    """
    named: dict[str, list[GivenFile]] = defaultdict(list)
    alone: list[Repository] = []
    for name, file in _files_in(part):
        if name is None:
            alone.append(Repository(None, [file]))
        else:
            named[name].append(file)
    return [*(Repository(name, files) for name, files in named.items()), *alone]


def repositories_over(batches: Iterable[Table]) -> Iterator[Repository]:
    """The repositories of batches in which the rows of each stand together, one at a time.

    An engine cuts batches where it likes: a repository may reach over several. Raises ValueError.
    """
    files = (pair for batch in batches for pair in _files_in(batch))
    for name, group in groupby(files, key=lambda pair: pair[0]):
        if name is None:
            yield from (Repository(None, [file]) for _, file in group)
        else:
            yield Repository(name, [file for _, file in group])


def _files_in(part: Table) -> Iterator[tuple[str | None, GivenFile]]:
    """The files of a table, each with the name of its repository; raises ValueError."""
    names = part.schema.names
    missing = [name for name in ("path", "content") if name not in names]
    if missing:
        raise ValueError(f"there is no column {missing[0]}: a part needs path and content")
    columns = [
        part.column(field.name).to_pylist() if field.name in names else [None] * part.num_rows
        for field in MANIFESTS
    ]
    for repository, path, content, settings, is_context, error in zip(*columns, strict=True):
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        yield repository, GivenFile(path or "", data, settings, bool(is_context), error)


def _rows_of(repository: str | None, reports: Sequence[FileReport]) -> Iterator[Row]:
    """The rows of a repository, by path and place."""
    known = fingerprints(_identities(reports))
    for report in reports:
        for entry in report.entries:
            yield _finding_row(repository, report.path, entry, next(known))
        for message in report.errors:
            yield repository, report.path, *_NO_FINDING, message


def _identities(reports: Iterable[FileReport]) -> Iterator[Identity]:
    for report in reports:
        for entry in report.entries:
            assert entry.identity is not None
            yield entry.identity


_NO_FINDING: Final = (None,) * (len(FINDINGS) - 3)


def _finding_row(repository: str | None, path: str, entry: Entry, fingerprint: str) -> Row:
    obj, control, fix = entry.object, entry.control, entry.fix
    return (
        repository,
        path,
        entry.rule,
        entry.severity,
        entry.message,
        entry.line,
        entry.column,
        entry.line,
        entry.end_column,
        obj.api_version,
        obj.kind,
        obj.namespace,
        obj.name,
        entry.field,
        None if control is None else control.level,
        None if control is None else control.id,
        None if fix is None else fix.safety,
        None if fix is None else fix.title,
        entry.is_fixed_in_bulk,
        entry.left_because,
        [_related(note) for note in entry.notes if note.path],
        fingerprint,
        None,
    )


def _related(note: Note) -> dict[str, Any]:
    return {"path": note.path, "line": note.line, "message": note.message}


def fingerprint_of(part: Table) -> str:
    """64 hexadecimal digits that tell what a table of manifests holds, whatever its layout."""
    import hashlib

    digest = hashlib.sha256()
    for repository, file in _files_in(part):
        data = b"" if file.content is None else file.content
        told = (repository, *file._replace(content=None), file.content is None, len(data))
        digest.update(json.dumps(told).encode())
        digest.update(data)
    return digest.hexdigest()
