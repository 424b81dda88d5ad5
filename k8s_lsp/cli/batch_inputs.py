"""What an organisation has becomes parts of manifests: folders, git repositories, a cluster.

A repository lies in one part, because its files tell one another what they hold. Where one part
ends depends on the repositories beside it alone, so that a new one has few parts made anew.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO
from urllib.parse import quote

import fsspec
import pyarrow as pa

from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.batch_parts import Part, parquet_bytes, parts_in, write_whole
from k8s_lsp.cli.batch_tables import MANIFESTS, Repository
from k8s_lsp.cli.git_tree import GitError, commit_of, write_manifests
from k8s_lsp.cli.one_repository import GivenFile
from k8s_lsp.cli.output import print_error
from k8s_lsp.cli.tasks import Gathered, gather_tasks
from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.files.errors import reason_of
from k8s_lsp.files.paths import SUFFIXES, folders_to, is_repository
from k8s_lsp.files.reading import BYTES_LIMIT
from k8s_lsp.reports.text_report import counted, printable
from k8s_lsp.workspace.file_facts import KUSTOMIZATIONS

INPUT_FOLDER: Final = "input"

MOST_FILES, MOST_BYTES = 20_000, 256 << 20
"""A repository that is larger is judged in pieces, each by itself, because memory is bounded."""

PART_FILES, PART_BYTES = 250, 16 << 20
"""From so much on a part may end; at four times as much it does."""


def make_parts(repositories: Iterable[Repository], output: str) -> list[Part]:
    """Write repositories as parts of Parquet below the output, and give those; raises OSError.

    Parts of an earlier run that are not made again are taken away.
    """
    storage, folder = fsspec.core.url_to_fs(output)
    folder = f"{folder.rstrip('/')}/{INPUT_FOLDER}"
    made = set()
    for number, packed in _packed(repositories):
        name = f"part-{hashlib.sha256(f'{packed[0].name}#{number}'.encode()).hexdigest()[:12]}"
        write_whole(storage, f"{folder}/{name}.parquet", parquet_bytes(_table_of(packed)))
        made.add(f"{name}.parquet")
    if not made:
        return []
    for file in storage.ls(folder, detail=False):
        if file.endswith(".parquet") and os.path.basename(file) not in made:
            storage.rm_file(file)
    return parts_in(storage.unstrip_protocol(folder))


def _packed(repositories: Iterable[Repository]) -> Iterator[tuple[int, list[Repository]]]:
    """Repositories that make a part, and the number of it among those that begin with one name."""
    packed: list[Repository] = []
    files = size = number = 0
    for repository in repositories:
        is_torn = bool(packed) and packed[-1].name == repository.name
        if packed and (is_torn or _is_full(packed[-1], files, size)):
            yield number, packed
            number = number + 1 if is_torn else 0
            packed, files, size = [], 0, 0
        packed.append(repository)
        files += len(repository.files)
        size += sum(len(file.content or b"") for file in repository.files)
    if packed:
        yield number, packed


def _is_full(last: Repository, files: int, size: int) -> bool:
    """Whether a part ends behind its last repository.

    Among those behind which it may end, the names decide: so the same parts come again behind a
    repository that has changed.
    """
    if files < PART_FILES and size < PART_BYTES:
        return False
    if files >= 4 * PART_FILES or size >= 4 * PART_BYTES:
        return True
    return hashlib.sha256(str(last.name).encode()).digest()[0] % 2 == 0


def _table_of(repositories: Sequence[Repository]) -> Any:
    rows = [
        (name, path, content, settings, is_context, error)
        for name, files in repositories
        for path, content, settings, is_context, error in files
    ]
    columns = zip(zip(*rows, strict=True), MANIFESTS, strict=True)
    arrays = [pa.array(values, field.type) for values, field in columns]
    return pa.Table.from_arrays(arrays, schema=MANIFESTS)


# Folders and git repositories.


def repositories_of_folder(
    options: argparse.Namespace, folder: str, prefix: str = ""
) -> Iterator[Repository]:
    """The repositories below a folder, with what `check` would read there; raises UsageError.

    Each is called by its path from the folder, behind the `prefix`. What lies in none belongs to
    the folder itself, or to the repository around it.
    """
    chosen = {**vars(options), "paths": [folder], "no_context": False, "verbose": False}
    gathered = gather_tasks(argparse.Namespace(**chosen))
    for error in gathered.read_errors:
        print_error(f"error: {printable(error.path)}: {printable(error.message)}")
    if gathered.left_out:
        print_error(f"left out: {counted(len(gathered.left_out), 'file')} of {printable(folder)}")
    by_top: dict[str, list[_Found]] = defaultdict(list)
    for tasks, is_context in ((gathered.tasks, False), (gathered.around, True)):
        for task in tasks:
            if task.place is not None and task.source.place is not None:
                found = _Found(task.place.path, task.source.place, is_context)
                by_top[_base_of(task.place.top, gathered)].append(found)
    here = os.path.realpath(folder)
    for top, files in sorted(by_top.items()):
        yield from _pieces(_name_of(top, here, prefix), top, sorted(files))


class _Found(NamedTuple):
    """A file by its real path, which may be that of a link, and by the one to read it from."""

    path: str
    place: str
    is_context: bool


def _base_of(top: str, gathered: Gathered) -> str:
    """The folder from which paths count: that of the settings, where these lie further up."""
    layers = gathered.configurations.of(top.rstrip("/") or "/").layers
    folder = layers[0].folder if len(layers) > 1 else None
    if folder is None or is_repository(top):
        return top
    above = folder.as_posix()
    return above if top.startswith(above.rstrip("/") + "/") else top


def _name_of(top: str, here: str, prefix: str) -> str:
    if top == here or not top.startswith(here.rstrip("/") + "/"):
        return prefix or os.path.basename(top) or "."
    inside = top[len(here) :].strip("/")
    return f"{prefix}/{inside}" if prefix else inside


def _pieces(name: str, top: str, found: Sequence[_Found]) -> Iterator[Repository]:
    """A repository with its content, in more than one piece where it is too large."""
    marks = _marks(top, found)
    files = list(marks)
    size = 0
    is_torn = False
    for path, place, is_context in found:
        if len(files) >= MOST_FILES or size >= MOST_BYTES:
            yield Repository(name, files)
            files, size, is_torn = list(marks), 0, True
        file = _read(path[len(top) :].lstrip("/"), place, is_context)
        files.append(file)
        size += len(file.content or b"")
    if is_torn:
        print_error(f"{printable(name)} is too large to be judged at once; its pieces are alone")
    if len(files) > len(marks):
        yield Repository(name, files)


def _read(path: str, place: str, is_context: bool) -> GivenFile:
    try:
        with open(place, "rb") as stream:
            # A few bytes more than the limit tell that it is too long.
            return GivenFile(path, stream.read(BYTES_LIMIT + 1), None, is_context)
    except OSError as error:
        return GivenFile(path, None, None, is_context, reason_of(error))


_MARKS: Final = (FILE_NAME, *(name for name in KUSTOMIZATIONS if not name.endswith(SUFFIXES)))
"""Files that are not judged, and say what belongs together and what holds there."""


def _marks(top: str, found: Iterable[_Found]) -> list[GivenFile]:
    """The files that say what holds in the folders of others, and around them."""
    folders = {folder for file in found for folder in folders_to(top, os.path.dirname(file.path))}
    places = [f"{folder.rstrip('/')}/{name}" for folder in sorted(folders) for name in _MARKS]
    return [
        _read(place[len(top) :].lstrip("/"), place, True)
        for place in places
        if os.path.isfile(place)
    ]


def repositories_listed(options: argparse.Namespace, listing: str) -> Iterator[Repository]:
    """The repositories of the folders that a file names, a line each; raises UsageError.

    Of one without a work tree, a mirror, the manifests of HEAD are taken. Lines that begin with
    `#` and blank ones say nothing.
    """
    try:
        lines = Path(listing).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "is not UTF-8"
        raise _usage_error(f"{listing}: {why}") from None
    for line in sorted({line.strip() for line in lines}):
        if not line or line.startswith("#"):
            continue
        name = line.rstrip("/") or line
        if not os.path.isdir(line):
            yield Repository(name, [GivenFile(".", None, error="no such folder")])
        elif is_repository(line) or not os.path.isfile(os.path.join(line, "HEAD")):
            yield from repositories_of_folder(options, line, name)
        else:
            yield from _mirrored(options, line, name)


def _mirrored(options: argparse.Namespace, mirror: str, name: str) -> Iterator[Repository]:
    """A repository that has no work tree."""
    with tempfile.TemporaryDirectory(prefix="k8s-lsp-") as temporary:
        top = Path(temporary).resolve() / "tree"
        try:
            write_manifests(mirror, commit_of(mirror, "HEAD"), top)
        except GitError as error:
            yield Repository(name, [GivenFile(".", None, error=str(error))])
        else:
            yield from repositories_of_folder(options, str(top), name)


def _usage_error(why: str) -> UsageError:
    return UsageError(f"k8s-lsp batch: error: {why}")


# Clusters.


def repositories_of_cluster(stream: TextIO, name: str) -> Iterator[Repository]:
    """What `kubectl get … -A -o json` says, an object a file; raises UsageError.

    All lie in one folder, because all are there at once.
    """
    files: dict[str, GivenFile] = {}
    size = 0
    for obj in objects_in(stream):
        path = _path_of(obj)
        content = json.dumps(obj, indent=2).encode("utf-8", "surrogatepass")
        if len(files) >= MOST_FILES or size >= MOST_BYTES:
            print_error(
                f"{printable(name)} is too large to be judged at once; its pieces are alone"
            )
            yield Repository(name, [*files.values()])
            files, size = {}, 0
        files[path] = GivenFile(path, content)
        size += len(content)
    if files:
        yield Repository(name, [*files.values()])


def _path_of(obj: dict[str, Any]) -> str:
    """What the file of an object is called: its namespace, kind, group and name."""
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    group, _, _ = str(obj.get("apiVersion", "")).rpartition("/")
    words = (metadata.get("namespace"), obj.get("kind"), group, metadata.get("name"))
    path = ".".join(quote(str(word), safe="") for word in words if word)
    if len(path) > _LONGEST_NAME:
        path = f"{path[:_LONGEST_NAME]}.{hashlib.sha256(path.encode()).hexdigest()[:12]}"
    return f"{path}.json"


_LONGEST_NAME: Final = 200
"""Of a file, on most file systems, with room for what is added."""

_ITEMS: Final = re.compile(r'"items"\s*:\s*\[')
_SEPARATOR: Final = re.compile(r"[\s,]*")
_BLOCK: Final = 1 << 20


def objects_in(stream: TextIO) -> Iterator[dict[str, Any]]:
    """The objects of a List in JSON, of any length, or the one object that is no List.

    Raises UsageError where it is none, or ends too soon.
    """
    text = stream.read(_BLOCK)
    start = _ITEMS.search(text)
    if start is None:
        yield from _one_object(text + stream.read())
        return
    decoder = json.JSONDecoder()
    at = start.end()
    while True:
        at = _SEPARATOR.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "]":
            return
        try:
            obj, at = decoder.raw_decode(text, at)
        except ValueError:
            # It goes on in what was not read yet; twice as much is read each time.
            more = stream.read(max(_BLOCK, len(text) - at))
            if not more:
                raise _usage_error("the JSON of the cluster ends too soon, or is none") from None
            text, at = text[at:] + more, 0
            continue
        if isinstance(obj, dict):
            yield obj


def _one_object(text: str) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(ValueError):
        obj = json.loads(text)
        if isinstance(obj, dict) and "kind" in obj:
            yield obj
            return
    raise _usage_error("the input is no JSON that kubectl get -A -o json writes")
