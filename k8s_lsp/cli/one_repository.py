"""The files of one repository, given as values, judged among each other as `check` judges them.

They are written to a folder of their own for as long as that takes: which files make a folder a
chart or a root, and what a settings file excludes, is then told by the very code of `check`.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from k8s_lsp.cli import one_file
from k8s_lsp.cli.configurations import Broken, Configurations
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import DEFAULTS, Gathered, Task
from k8s_lsp.configuration.choices import FILE_NAME, Values
from k8s_lsp.configuration.patterns import leaves_out, parse_patterns
from k8s_lsp.engine.results import asked_in
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.paths import SUFFIXES, folders_to, place_below
from k8s_lsp.files.reading import Source
from k8s_lsp.files.roots import Roots
from k8s_lsp.files.walking import FoundFile
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.reports.entries import FileReport, file_report
from k8s_lsp.text import line_starts
from k8s_lsp.workspace.file_facts import KUSTOMIZATIONS, facts_of_analysis
from k8s_lsp.workspace.index import FileFacts


class GivenFile(NamedTuple):
    """A file of a repository, whose path counts from the top, with `/` between its parts.

    One without `content` could not be read, for the reason in `error`. `settings` is the text of a
    settings file that holds for it alone, instead of those of the repository, as if it lay at the
    top. What `is_context` tells the others what it holds, and is not judged.
    """

    path: str
    content: bytes | None
    settings: str | None = None
    is_context: bool = False
    error: str | None = None


class Choices(NamedTuple):
    """What is chosen for all files, as options of `check` do.

    `config` is the text of the one settings file that counts. Where neither it nor `use_files`
    is there, none counts. Patterns of `exclude` speak of paths from the top of a repository.
    """

    values: Values
    config: str | None = None
    use_files: bool = True
    use_context: bool = True
    exclude: tuple[str, ...] = ()


NO_CHOICES: Final = Choices({})


def judge_repository(files: Sequence[GivenFile], choices: Choices = NO_CHOICES) -> list[FileReport]:
    """What is found in each file, by its path; findings have their identities.

    What is left out by the settings has no report. A settings file has one where it has mistakes.
    Whatever is wrong with a file is an error of its report: nothing is raised.
    """
    with tempfile.TemporaryDirectory(prefix="k8s-lsp-") as temporary:
        top = os.path.join(os.path.realpath(temporary), "tree")
        # This alone makes the folder the root of a repository.
        os.makedirs(os.path.join(top, ".git"))
        written, reports = _write(files, top)
        settings = _Settings(choices, top)
        gathered = _gather(written, top, settings, choices)
        judge = partial(_judge, top=top)
        progress = Progress(0, is_watched=False)
        with run_in_context(judge, gathered, progress, writes=False, is_shared=False) as results:
            reports += results
        reports += settings.reports()
    return sorted(reports, key=lambda report: report.path)


def _write(files: Sequence[GivenFile], top: str) -> tuple[list[GivenFile], list[FileReport]]:
    """Write the files below a folder; those that this was done for, and why not for others."""
    written: list[GivenFile] = []
    reports: list[FileReport] = []
    folders = {top}
    for file in files:
        try:
            _write_one(file, top, folders)
        except FileError as error:
            # Of what is only there for others, check says nothing either.
            if not file.is_context:
                reports.append(FileReport(file.path, errors=(str(error),)))
        else:
            written.append(file)
    return written, reports


def _write_one(file: GivenFile, top: str, folders: set[str]) -> None:
    """Write a file, and its folder where that is not among the known ones; raises FileError."""
    if file.content is None:
        raise FileError(file.error or "has no content")
    if not _is_safe(file.path):
        raise FileError("its path does not lie below the top of its repository")
    place = os.path.join(top, *file.path.split("/"))
    folder = os.path.dirname(place)
    try:
        if folder not in folders:
            os.makedirs(folder, exist_ok=True)
            folders.add(folder)
        with open(place, "xb") as stream:
            stream.write(file.content)
    except FileExistsError as error:
        raise FileError("another file of its repository has the same path") from error
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else str(error)
        raise FileError(f"cannot be written to be judged: {why}") from error


def _is_safe(path: str) -> bool:
    """Whether a path stays below the folder that it is written to."""
    parts = path.split("/")
    if os.name == "nt" and any(character in path for character in '\\:*?"<>|'):
        return False
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


class _Settings:
    """The settings of all files of a repository, and what is wrong with them."""

    def __init__(self, choices: Choices, top: str) -> None:
        self._choices = choices
        self._top = top
        self._by_text: dict[str | None, Configurations] = {}

    def of(self, file: GivenFile) -> Configurations:
        """Those that hold for a file."""
        text = self._choices.config if file.settings is None else file.settings
        if text not in self._by_text:
            self._by_text[text] = self._configurations(text)
        return self._by_text[text]

    def reports(self) -> Iterator[FileReport]:
        """The mistakes of settings files, of each file once."""
        for text, configurations in self._by_text.items():
            for broken in configurations.broken():
                path = os.path.relpath(os.path.abspath(broken.path), self._top)
                shown = path.replace(os.sep, "/") if text is None else _GIVEN
                errors = tuple(_mistakes(broken))
                if errors:
                    yield FileReport(shown, errors=errors)

    def _configurations(self, text: str | None) -> Configurations:
        if text is None:
            return Configurations(self._choices.values, use_files=self._choices.use_files)
        # Its patterns speak of paths from its folder.
        place = Path(self._top, f".k8s-lsp-settings-{len(self._by_text)}.yaml")
        place.write_bytes(text.encode("utf-8", "surrogatepass"))
        return Configurations(self._choices.values, only=place)


_GIVEN: Final = "<settings>"
"""How settings are called that are no file of the repository."""


def _mistakes(broken: Broken) -> Iterator[str]:
    """What is wrong with a settings file, and where, but for mere warnings."""
    text = broken.configuration.text
    starts = line_starts(text)
    for error in broken.configuration.errors:
        if error.is_warning:
            continue
        line = sum(start <= error.span.start for start in starts)
        where = f"line {line}, column {error.span.start - starts[line - 1] + 1}: " if text else ""
        yield where + error.message


def _gather(
    files: Sequence[GivenFile], top: str, settings: _Settings, choices: Choices
) -> Gathered:
    """What there is to judge, and what stands around it, by what was written below `top`."""
    roots = Roots(frozenset((top,)), are_bounds=False) if choices.use_context else None
    excluded = parse_patterns(choices.exclude) or ()
    tasks: list[Task] = []
    around: list[Task] = []
    for file in sorted(files, key=lambda file: file.path):
        name = file.path.rpartition("/")[2]
        # These only say what belongs together, and what holds there.
        if name == FILE_NAME or (name in KUSTOMIZATIONS and not name.endswith(SUFFIXES)):
            continue
        configurations = settings.of(file)
        place = os.path.join(top, *file.path.split("/"))
        if leaves_out(excluded, file.path) or _is_excluded(configurations, top, place):
            continue
        source, folder = Source(file.path, place), os.path.dirname(place)
        where = None if roots is None else roots.place_of(place)
        if file.is_context:
            if where is not None:
                around.append(Task(source, DEFAULTS, where))
        else:
            found = FoundFile(source, folder, configurations.of(folder))
            tasks.append(Task(source, configurations.settings_for(found), where))
    return Gathered(tasks, [top], [], [], [], True, around, Configurations(choices.values))


def _is_excluded(configurations: Configurations, top: str, place: str) -> bool:
    """Whether settings exclude a file or a folder around it: each folder's speak of its entries."""
    folders = folders_to(top, os.path.dirname(place))
    for folder, entry in zip(folders, (*folders[1:], place), strict=True):
        layers = configurations.of(folder)
        if layers.excludes_some and layers.excludes(Path(entry), is_folder=entry != place):
            return True
    return False


def _judge(task: Task, surroundings: Surroundings, *, top: str) -> Judged[FileReport]:
    """What is found in a file; one that cannot be judged says so."""
    path = task.source.path
    try:
        analysis = one_file.analyze_file(task.source, task.settings, surroundings).analysis
        report = file_report(path, analysis, partial(place_below, top), identify=True)
        facts = FileFacts() if task.place is None else facts_of_analysis(task.place.path, analysis)
        return Judged(report, facts, asked_in(analysis))
    except FileError as error:
        return Judged(FileReport(path, errors=(str(error),)))
    except Exception as error:
        # A mistake of ours about one file must not keep a million others from being judged.
        return Judged(FileReport(path, errors=(f"could not be judged: {error!r}",)))
