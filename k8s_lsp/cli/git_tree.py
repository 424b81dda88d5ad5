"""The manifests of a commit, as files of a folder: git is asked for its objects.

Only commands do that. The server starts no other program.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.files.paths import SUFFIXES, is_repository
from k8s_lsp.workspace.file_facts import KUSTOMIZATIONS


class GitError(Exception):
    """Why git has not told what was asked, in one line."""


def repository_at(folder: str) -> str:
    """The root of the work tree that a folder lies in, by its real path; raises GitError."""
    root = _git(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape")
    return os.path.realpath(root.rstrip("\n"))


def commit_of(repository: str, revision: str) -> str:
    """The hash of the commit that a revision names; raises GitError."""
    # A name that begins with a dash would be an option, and is none of a branch or a tag.
    if not revision.startswith("-"):
        with contextlib.suppress(GitError):
            asked = f"{revision}^{{commit}}"
            return _git(repository, "rev-parse", "--verify", "--quiet", asked).decode().strip()
    raise GitError(
        f'there is no commit "{revision}"; where the clone is shallow, git fetch gets it'
    )


def base_of(repository: str, revision: str) -> str:
    """The hash of the commit where what is checked out has left a revision; raises GitError.

    It is the revision's own where the two have no commit in common, or a shallow clone lacks it.
    """
    commit = commit_of(repository, revision)
    with contextlib.suppress(GitError):
        return _git(repository, "merge-base", commit, "HEAD").decode().split()[0]
    return commit


def write_manifests(repository: str, commit: str, folder: Path) -> list[str]:
    """Write the manifests of a commit below a folder, which git and charts would know again.

    Gives their paths, with `/` between the parts. Symbolic links are left out, because what they
    lead to is written itself. Submodules are written where they are there. Raises GitError.
    """
    # This alone makes the folder a root like the one of the work tree.
    (folder / ".git").mkdir(parents=True)
    listed = list(_entries(repository, commit))
    blobs = [entry for entry in listed if entry.mode in _FILES and _is_wanted(entry.path)]
    for entry, data in zip(blobs, _contents(repository, blobs), strict=True):
        place = folder / entry.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    paths = [entry.path for entry in blobs]
    for entry in listed:
        inner = Path(repository, entry.path)
        if entry.mode == _SUBMODULE and is_repository(inner):
            below = write_manifests(str(inner), entry.hash, folder / entry.path)
            paths += [f"{entry.path}/{path}" for path in below]
    return paths


class _Entry(NamedTuple):
    """An entry of a tree: what it is, the hash of its object, and its path."""

    mode: bytes
    hash: str
    path: str


_FILES: Final = (b"100644", b"100755", b"100664")
"""The modes of regular files; the last one is that of old repositories."""

_SUBMODULE: Final = b"160000"


def _entries(repository: str, commit: str) -> Iterator[_Entry]:
    """What the tree of a commit holds, but for what no work tree could hold."""
    for line in _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        head, _, path = line.partition(b"\t")
        if head:
            mode, _, digest = head.split()
            name = os.fsdecode(path)
            if _is_safe(name):
                yield _Entry(mode, digest.decode(), name)


def _is_safe(path: str) -> bool:
    """Whether a path stays below the folder that it is written to.

    git takes care of that when it checks files out; an object may say what it likes.
    """
    parts = path.split("/")
    if os.name == "nt" and any(character in path for character in '\\:*?"<>|'):
        return False
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def _is_wanted(path: str) -> bool:
    """Whether a file is a manifest, or says what belongs together."""
    name = path.rpartition("/")[2]
    return name.lower().endswith(SUFFIXES) or name in (FILE_NAME, *KUSTOMIZATIONS)


def _contents(repository: str, entries: list[_Entry]) -> Iterator[bytes]:
    """What files hold, one after the other."""
    # Answers come while questions are still asked, and both pipes would fill up: these are a file.
    import tempfile

    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{entry.hash}\n" for entry in entries).encode())
        asked.seek(0)
        with subprocess.Popen(
            [*_GIT, "-C", repository, "cat-file", "--batch", "--buffer"],
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as git:
            assert git.stdout is not None
            for entry in entries:
                head = git.stdout.readline().split()
                if len(head) != 3:
                    raise GitError(f"the object of {entry.path} is missing; git fetch may get it")
                data = git.stdout.read(int(head[2]))
                git.stdout.read(1)
                yield data


_GIT: Final = ("git", "--no-replace-objects")


def _environment() -> dict[str, str]:
    """The environment, but for what git tells its hooks: it would hold for submodules too.

    What git complains is in English, as all that is told.
    """
    of_hooks = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE")
    kept = {name: value for name, value in os.environ.items() if name not in of_hooks}
    return {**kept, "LC_ALL": "C"}


def _git(folder: str, *arguments: str) -> bytes:
    """What git says; raises GitError with the last line of what it complains."""
    try:
        done = subprocess.run(
            [*_GIT, "-C", folder, *arguments], capture_output=True, check=False, env=_environment()
        )
    except OSError as error:
        raise GitError("git cannot be started; --diff-base asks it for the commit") from error
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(complaint[-1].removeprefix("fatal: ") if complaint else "git has failed")
    return done.stdout
