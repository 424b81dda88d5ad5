"""What an earlier commit would have been told: the findings of its files, among themselves.

Both trees are judged by the settings of today, so that only what manifests say makes a finding new.
"""

import argparse
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from k8s_lsp.cli import one_file
from k8s_lsp.cli.arguments import UsageError
from k8s_lsp.cli.context import Judged, run_in_context
from k8s_lsp.cli.git_tree import GitError, base_of, repository_at, write_manifests
from k8s_lsp.cli.progress import Progress
from k8s_lsp.cli.tasks import DEFAULTS, Gathered, Task
from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.configuration.patterns import leaves_out, parse_patterns
from k8s_lsp.engine.results import asked_in
from k8s_lsp.files.errors import FileError, reason_of
from k8s_lsp.files.paths import SUFFIXES, from_here
from k8s_lsp.files.reading import Source
from k8s_lsp.files.roots import Roots
from k8s_lsp.files.walking import FoundFile
from k8s_lsp.kubernetes.queries import Surroundings
from k8s_lsp.reports.fingerprints import Identity, identity_of
from k8s_lsp.reports.known_findings import Located
from k8s_lsp.workspace.file_facts import facts_of_analysis


def repository_of(gathered: Gathered) -> str:
    """The one repository that all named paths lie in; raises UsageError."""
    try:
        roots = {repository_at(_folder_of(path)): path for path in gathered.paths}
    except GitError as error:
        raise _usage_error(str(error)) from None
    if len(roots) > 1:
        first, second, *_ = roots.values()
        raise _usage_error(f"{first} and {second} lie in different repositories")
    return next(iter(roots))


def findings_at(
    revision: str,
    repository: str,
    checked: Collection[str],
    gathered: Gathered,
    options: argparse.Namespace,
) -> list[Located]:
    """The findings of the commit that a branch comes from, which left `revision` there.

    They are those in the files that are `checked` and in those that are gone. Paths are those from
    the root of the repository. Raises UsageError.
    """
    with tempfile.TemporaryDirectory(prefix="k8s-lsp-") as temporary:
        top = Path(temporary).resolve() / "tree"
        try:
            paths = write_manifests(repository, base_of(repository, revision), top)
        except GitError as error:
            raise _usage_error(str(error)) from None
        except OSError as error:
            raise _usage_error(f"{from_here(str(top))}: {reason_of(error)}") from None
        at_commit = _gather(repository, top, paths, checked, gathered, options)
        progress = Progress(len(at_commit.tasks) + len(at_commit.around))
        with run_in_context(_identify, at_commit, progress, writes=False) as results:
            return [
                Located(identity, task.source.path)
                for task, identities in zip(at_commit.tasks, results, strict=True)
                for identity in identities
            ]


def _usage_error(why: str) -> UsageError:
    return UsageError(f"k8s-lsp check: error: --diff-base: {why}")


def _folder_of(path: str) -> str:
    """The folder that a named path is, or lies in."""
    place = Path("." if path == "-" else path).resolve()
    return str(place if place.is_dir() else place.parent)


def _gather(
    repository: str,
    top: Path,
    paths: Collection[str],
    checked: Collection[str],
    gathered: Gathered,
    options: argparse.Namespace,
) -> Gathered:
    """What there is to do in the tree that was written below `top`."""
    configurations = gathered.configurations
    excluded = parse_patterns(options.exclude) or ()
    roots = None if options.no_context else Roots(frozenset((str(top),)), are_bounds=False)
    tasks, around = [], []
    for path in paths:
        source, now = Source(path, str(top / path)), Path(repository, path)
        folder = str(now.parent)
        layers = configurations.of(folder)
        settings = configurations.settings_for(FoundFile(source, folder, layers))
        task = Task(source, settings, None if roots is None else roots.place_of(str(top / path)))
        is_excluded = leaves_out(excluded, from_here(str(now))) or layers.excludes(now)
        if path in checked:
            tasks.append(task)
        elif not _is_walked_to(path) or is_excluded:
            continue
        elif os.path.lexists(now):
            around.append(task._replace(settings=DEFAULTS))
        else:
            tasks.append(task)
    return gathered._replace(tasks=tasks, around=around if roots is not None else [])


def _is_walked_to(path: str) -> bool:
    """Whether a file is found without being named."""
    *folders, name = path.split("/")
    hidden = any(part.startswith(".") or part == "node_modules" for part in folders)
    return not hidden and name != FILE_NAME and name.lower().endswith(SUFFIXES)


def _identify(task: Task, surroundings: Surroundings) -> Judged[list[Identity]]:
    """What is found in a file; one that cannot be read had nothing, so that what it has is new."""
    try:
        analysis = one_file.analyze_file(task.source, task.settings, surroundings).analysis
    except FileError:
        return Judged([])
    identities = [identity_of(diagnosis) for _, diagnosis in analysis.published()]
    if task.place is None:
        return Judged(identities)
    return Judged(
        identities,
        facts_of_analysis(task.place.path, analysis, locates_names=False),
        asked_in(analysis),
    )
