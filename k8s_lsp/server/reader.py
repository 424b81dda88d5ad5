"""What a worker does beside the server: it finds the files of the open folders, reads and judges.

A `Reader` remembers what it has read, so that it is asked again whenever something has changed and
answers with what differs. It goes through its work in small steps: whoever takes the answers one by
one decides where that happens, in another process or in slices.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.reading import findings_only
from k8s_lsp.engine.results import Limits, asked_in
from k8s_lsp.features.client import Client
from k8s_lsp.features.convert import Document, lines_of
from k8s_lsp.files.charts import is_chart_template, is_chart_values
from k8s_lsp.files.errors import FileError
from k8s_lsp.files.gitignore import GITIGNORE
from k8s_lsp.files.paths import SUFFIXES
from k8s_lsp.files.reading import Source, read
from k8s_lsp.files.walking import FoundFile, find_files
from k8s_lsp.kubernetes.queries import Asked, Reach, still_holds
from k8s_lsp.server.diagnostics_json import report_of
from k8s_lsp.server.folders import NO_CHOICES, Choices, Folders, path_of
from k8s_lsp.settings import Settings
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import NO_INDEX, FileFacts, FilePlace

MOST_FILES = 20_000
"""How many files of all open folders are read: the index of so many takes about 200 MB."""

LARGEST_FILE = 5_000_000
"""The longest file that is read, in bytes; one that is open has its own limit."""

BATCH_FILES, BATCH_BYTES = 32, 200_000
"""How many files, and about how much of them, an answer tells of: the server stops for each."""

MOST_PASSED_OVER = 10_000
"""How many files that are not read are remembered: when they change, nothing is looked for."""

LIMITS = Limits(text_length=LARGEST_FILE, findings=10_000)

FileChange = tuple[FilePlace, FileFacts | None]
"""What a file tells; None for one that tells nothing any more."""


class Request(NamedTuple):
    """What may have changed since the last one.

    `choices` are the folders and the settings, None where these are the same. `written` are the
    addresses of what was written, created or deleted. `own` is what open texts tell, None for one
    that is closed again. Files that are not open are judged for the `client`, None for no
    judgement.
    """

    choices: Choices | None = None
    written: frozenset[str] = frozenset()
    own: Mapping[FilePlace, FileFacts | None] = {}
    client: Client | None = None


class Counted(NamedTuple):
    """How many files will be read, and how many are not, because there are too many."""

    files: int
    left_out: int


class Told(NamedTuple):
    """What some files tell now; and what went wrong with some of them."""

    changes: list[FileChange]
    failures: list[str]


class Read(NamedTuple):
    """All has been told; `judges` says that files that are not open are to be judged somewhere."""

    judges: bool


class Judged(NamedTuple):
    """The diagnostics of files, as a list in JSON; None where nothing is said of one any more."""

    reports: list[tuple[str, bytes | None]]


class Finished(NamedTuple):
    """Nothing is left to do, unless `is_interrupted` by the next request."""

    is_interrupted: bool


Answer = Counted | Told | Read | Judged | Finished


Stamp = tuple[int, int, int]
"""What differs when a file was written: its time in nanoseconds, its size, its inode."""


class _File(NamedTuple):
    """A file that was found.

    `facts` are kept where files are judged by them. `is_judged` says that the settings want that
    of this one.
    """

    place: FilePlace
    source: str
    stamp: Stamp
    settings: Settings
    is_judged: bool
    is_read: bool = False
    facts: FileFacts | None = None


class _Judgement(NamedTuple):
    """What a judgement rests on, and which diagnostics came of it."""

    stamp: Stamp
    settings: Settings
    client: Client
    asked: Asked
    digest: bytes


class Reader:
    """What was found in the open folders, and was told of it."""

    def __init__(self) -> None:
        self._folders = Folders(NO_CHOICES)
        self._files: dict[str, _File] = {}
        self._holding: set[str] | None = None
        self._passed_over: set[str] = set()
        self._own: dict[str, FileFacts] = {}
        self._index = NO_INDEX
        self._judged: dict[str, _Judgement] = {}

    def answers(self, request: Request, is_interrupted: Callable[[], bool]) -> Iterator[Answer]:
        """What differs from what was told before, step by step.

        `is_interrupted` tells whether there is another request: judging ends then, and goes on with
        that one.
        """
        if request.choices is not None:
            self._folders = Folders(request.choices)
            self._passed_over.clear()
        written = self._paths_of(request.written)
        gone: list[FilePlace] = []
        if request.choices is not None or self._needs_walk(written):
            gone = yield from self._walk()
            self._pass_over(written)
        else:
            written &= self._files.keys()
            self._stamp_again(written)
        judges = request.client is not None and any(file.is_judged for file in self._files.values())
        unread = [
            path
            for path, file in self._files.items()
            if path in written or not file.is_read or (judges and file.facts is None)
        ]
        yield from self._read_all(gone, unread, keeps=judges)
        yield Read(judges)
        if request.client is None:
            return
        self._take_own(request.own)
        stopped = False
        for reports in self._judge_all(request.client if judges else None):
            yield Judged(reports)
            if is_interrupted():
                stopped = True
                break
        yield Finished(stopped)

    # What there is.

    def _paths_of(self, addresses: Iterable[str]) -> set[str]:
        paths = (path_of(address) for address in addresses)
        return {os.path.realpath(path).replace(os.sep, "/") for path in paths if path is not None}

    def _needs_walk(self, written: set[str]) -> bool:
        """Whether what was written may be other than the files that were found the last time."""
        for path in written:
            if path in self._files:
                if not Path(path).is_file():
                    return True
                continue
            name = path.rpartition("/")[2]
            if name == GITIGNORE:
                self._passed_over.clear()
                return True
            if path in self._passed_over or self._is_hidden(path):
                continue
            if os.path.lexists(path):
                if name.lower().endswith(SUFFIXES) or Path(path).is_dir():
                    return True
            elif path in self._known_folders():
                return True
        return False

    def _known_folders(self) -> set[str]:
        """The folders that hold a file that was found, at any depth."""
        if self._holding is None:
            self._holding = set()
            for path in self._files:
                folder = path.rpartition("/")[0]
                while folder and folder not in self._holding:
                    self._holding.add(folder)
                    folder = folder.rpartition("/")[0]
        return self._holding

    def _is_hidden(self, path: str) -> bool:
        """Whether a path lies in a folder that is never looked into, or in none that is open."""
        for folder in self._folders.paths:
            top = folder.replace(os.sep, "/").rstrip("/") + "/"
            if f"{path}/".startswith(top):
                folders = path[len(top) :].split("/")[:-1]
                return any(name.startswith(".") or name == "node_modules" for name in folders)
        return True

    def _pass_over(self, written: set[str]) -> None:
        """Remember which files are there and were not found, because they are left out."""
        if len(self._passed_over) > MOST_PASSED_OVER:
            self._passed_over.clear()
        others = written - self._files.keys()
        self._passed_over.update(path for path in others if Path(path).is_file())

    def _stamp_again(self, written: set[str]) -> None:
        for path in written:
            # One that is gone by now is missed when its end is told.
            with contextlib.suppress(OSError):
                stamp, _ = _stamp_of(self._files[path].source)
                self._files[path] = self._files[path]._replace(stamp=stamp)

    def _walk(self) -> Generator[Answer, None, list[FilePlace]]:
        """Find the files; gives the places of those that are gone, or stand elsewhere now."""
        self._folders.reload()
        found = find_files(
            self._folders.paths,
            exclude=(),
            use_gitignore=True,
            stdin_name="",
            layers_of=self._folders.layers_of,
            looked_through=0,
        ).files
        known, self._files, self._holding = self._files, {}, None
        for each in found[:MOST_FILES]:
            file = self._file_of(each)
            if file is None:
                continue
            before = known.get(file.place.path)
            if before is not None and (before.place, before.stamp) == (file.place, file.stamp):
                file = file._replace(is_read=before.is_read, facts=before.facts)
            self._files[file.place.path] = file
        count = sum(not file.is_read for file in self._files.values())
        yield Counted(count, max(len(found) - MOST_FILES, 0))
        return [
            before.place
            for path, before in known.items()
            if path not in self._files or self._files[path].place != before.place
        ]

    def _file_of(self, found: FoundFile) -> _File | None:
        """A file that was found; None where it is gone by now, or stands in no open folder."""
        source = found.source.place
        assert source is not None
        try:
            stamp, is_link = _stamp_of(source)
        except OSError:
            return None
        name = Path(source).name
        place = self._folders.place_in(found.folder, name)
        if is_link:
            # An open text is known by the real path of its file.
            place = self._folders.place_of_path(os.path.realpath(source)) or place
        if place is None:
            return None
        layers = found.layers
        settings = layers.settings_for(Path(found.folder, name))
        return _File(place, source, stamp, settings, layers.judges_closed_files)

    # What the files tell.

    def _read_all(
        self, gone: Iterable[FilePlace], unread: Iterable[str], *, keeps: bool
    ) -> Iterator[Answer]:
        """Read some files; they are told in batches, behind those that are gone."""
        changes: list[FileChange] = [(place, None) for place in gone]
        failures: list[str] = []
        left = {place: None for place in gone if place.path not in self._own}
        self._index = self._index.updated(left)
        size = 0
        for path in unread:
            file = self._files[path]
            facts, failure = _facts_of(file)
            failures += [failure] if failure else []
            kept = file._replace(is_read=True, facts=facts if keeps else None)
            self._files[path] = kept
            changes.append((file.place, facts))
            size += file.stamp[1]
            if len(changes) >= BATCH_FILES or size >= BATCH_BYTES:
                yield self._told(changes, failures, keeps=keeps)
                changes, failures, size = [], [], 0
        if changes or failures:
            yield self._told(changes, failures, keeps=keeps)

    def _told(self, changes: list[FileChange], failures: list[str], *, keeps: bool) -> Told:
        if keeps:
            disk = {place: facts for place, facts in changes if place.path not in self._own}
            self._index = self._index.updated(disk)
        return Told(changes, failures)

    def _take_own(self, own: Mapping[FilePlace, FileFacts | None]) -> None:
        """Let what open texts tell count, in the stead of their files."""
        for place, facts in own.items():
            self._judged.pop(place.path, None)
            if facts is not None:
                self._own[place.path] = facts
            else:
                self._own.pop(place.path, None)
                file = self._files.get(place.path)
                facts = None if file is None else file.facts
            self._index = self._index.updated({place: facts})

    # What is wrong with them.

    def _judge_all(self, client: Client | None) -> Iterator[list[tuple[str, bytes | None]]]:
        """Judge each file that is to be judged, and whose last judgement may not hold any more."""
        wanted = {
            path: file
            for path, file in self._files.items()
            if client is not None and file.is_judged and path not in self._own
        }
        for path in [path for path in self._judged if path not in wanted]:
            del self._judged[path]
            yield [(path, None)]
        for path, file in wanted.items():
            known = self._judged.get(path)
            if client is None or (known is not None and self._still_holds(known, file, client)):
                continue
            report, asked = self._judge(file, client)
            digest = blake2b(report, digest_size=16).digest()
            self._judged[path] = _Judgement(file.stamp, file.settings, client, asked, digest)
            is_news = known is None or known.digest != digest
            yield [(path, report)] if is_news else []

    def _still_holds(self, known: _Judgement, file: _File, client: Client) -> bool:
        if (known.stamp, known.settings, known.client) != (file.stamp, file.settings, client):
            return False
        if not known.asked:
            return True
        objects = () if file.facts is None else file.facts.objects
        own = tuple(replace(obj, path="") for obj in objects)
        return still_holds(known.asked, Reach(own, self._index.surroundings(file.place)))

    def _judge(self, file: _File, client: Client) -> tuple[bytes, Asked]:
        """The diagnostics of a file, and what was asked of others to know them."""
        text = _text_of(file)
        if text is None:
            return b"[]", {}
        analysis = analyze(
            text,
            file.settings,
            is_chart_template=_is_filled_in(file.source, text),
            is_values=is_chart_values(file.source),
            surroundings=self._index.surroundings(file.place),
            limits=LIMITS,
            read=findings_only,
        )
        uri = self._folders.uri_of(file.place.path)
        document = Document(uri, None, lines_of(text, client.encoding), analysis)
        return b"".join(report_of(document, client).pieces()), asked_in(analysis)


def _stamp_of(path: str) -> tuple[Stamp, bool]:
    """What tells whether a file was written, and whether it is a link; raises OSError."""
    status = os.lstat(path)
    is_link = stat.S_ISLNK(status.st_mode)
    if is_link:
        status = Path(path).stat()
    return (status.st_mtime_ns, status.st_size, status.st_ino), is_link


def _text_of(file: _File) -> str | None:
    """The text of a file; None where it cannot be read, or is too long."""
    if file.stamp[1] > LARGEST_FILE:
        return None
    try:
        return read(Source(file.source, file.source))[1]
    except FileError:
        return None


def _facts_of(file: _File) -> tuple[FileFacts, str | None]:
    """What a file tells, and what went wrong; one that cannot be read tells nothing."""
    text = _text_of(file)
    if text is None:
        return FileFacts(), None
    try:
        facts = facts_of_text(
            file.place.path,
            text,
            is_chart_template=_is_filled_in(file.source, text),
            is_values=is_chart_values(file.source),
        )
        return facts, None
    except Exception as error:
        # A mistake of ours in one file must not keep the others from being read.
        return FileFacts(), f"{file.source}: {error!r}"


def _is_filled_in(source: str, text: str) -> bool:
    return "{{" in text and is_chart_template(source)
